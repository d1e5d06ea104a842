"""Start the console (`python3 run.py`) or run every test (`python3 run.py test`) from a fresh clone.

Needs Python 3.11 or newer and nothing else.
"""

import sys

# Said before anything is imported: older Pythons cannot even read the rest.
if sys.version_info < (3, 11):
    TOO_OLD = "需要 Python 3.11 以上，目前是 {0}.{1}。\nPython 3.11 or newer is needed, this is {0}.{1}."
    sys.exit(TOO_OLD.format(*sys.version_info))

from tools.launcher.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
