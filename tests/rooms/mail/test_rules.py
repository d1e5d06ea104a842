from datetime import timedelta

from tests.people import NOON
from webapp.mail.rules import next_try


def minutes(tries: int, *, server_down: bool) -> float:
    return (next_try(tries, server_down=server_down, now=NOON) - NOON) / timedelta(minutes=1)


def test_pauses_double_from_a_minute_up_to_an_hour() -> None:
    assert [minutes(tries, server_down=False) for tries in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]


def test_while_the_server_is_down_no_mail_waits_longer_than_five_minutes() -> None:
    assert [minutes(tries, server_down=True) for tries in range(1, 6)] == [1, 2, 4, 5, 5]


def test_pauses_stay_at_an_hour_however_often_it_failed() -> None:
    assert minutes(5000, server_down=False) == 60
