"""How often a healthy channel is called unusually quiet, and how soon a real stop is noticed: on generated customers.

    python -m bench.silence [years of the calmest]

Prints counts only: nothing here depends on how fast or busy the machine is. Takes about three minutes.
"""

import math
import sys

from tests.rooms.diagnosis.traffic import Shop, live

KINDS = {
    "Poisson, day and week cycles": {},
    "and bursts of 4, days differ by 30 %": {"messages": 4.0, "days_differ": 0.1},
    "and bursts of 4, days differ by 70 %": {"messages": 4.0, "days_differ": 0.5},
}
# Conversations a day: share of the years.
RATES = {0.2: 1.0, 1: 1.0, 5: 0.5, 20: 0.25, 60: 0.1, 200: 0.05}


def main(most: int) -> None:
    print(f"{'':38} a day  years  false alarms  a year   noticed within: half, 90 %  never")
    for kind, changes in KINDS.items():
        for per_day, share in RATES.items():
            seeds = range(max(1, int(most * share)))
            years = [live(Shop(seed, per_day, **changes), every=2, stops=True) for seed in seeds]
            alarms = sum(year.false_alarms for year in years)
            waits = sorted(wait for year in years for wait in year.noticed)
            half, most_of = (waits[int(len(waits) * part)] for part in (0.5, 0.9))
            never = sum(map(math.isinf, waits)) / len(waits)
            print(
                f"{kind:38} {per_day:5} {len(years):6} {alarms:13} {alarms / len(years):7.2f}"
                f"   {half:12.1f} h {most_of:8.1f} h {never:6.0%}",
                flush=True,
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
