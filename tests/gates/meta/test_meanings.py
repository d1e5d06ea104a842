"""Each row of the reference's tables, and the order in which they are read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.meta.errors import AppRefused, Cause, GraphError, Kind, Meaning, OutcomeUnknown, meaning

CREDENTIALS, PERMISSION, CHANNEL = Kind.CREDENTIALS, Kind.PERMISSION, Kind.CHANNEL
codes = st.none() | st.integers(-5, 90_000) | st.sampled_from([10, 100, 102, 190, 200, 368, 551, 36103])
subcodes = st.none() | st.integers(0, 3_000_000) | st.sampled_from([452, 458, 460, 492, 2534041, 2018300])

SENDING = [
    (10, 2534022, Kind.WINDOW, None),
    (10, 2018278, Kind.WINDOW, None),
    (10, 2018065, Kind.WINDOW, None),
    (10, 2018108, Kind.RECIPIENT, None),
    (10, 2018300, Kind.ROUTING, Cause.OTHER_RECEIVER),
    (2018300, None, Kind.ROUTING, Cause.OTHER_RECEIVER),
    (100, 2534037, Kind.ROUTING, Cause.OTHER_RECEIVER),
    (2018321, None, Kind.ROUTING, None),
    (551, 1545041, Kind.RECIPIENT, None),
    (200, 1545041, Kind.RECIPIENT, None),
    (551, None, Kind.RECIPIENT, None),
    (100, 2018001, Kind.RECIPIENT, None),
    (100, 2534014, Kind.RECIPIENT, None),
    (100, 2534013, CHANNEL, Cause.INSTAGRAM_UNLINKED),
    (100, 2534015, Kind.REQUEST, None),
    (100, 2534025, Kind.REQUEST, None),
    (100, 2534029, CHANNEL, Cause.RESTRICTED),
    (10, 1893063, CHANNEL, Cause.RESTRICTED),
    (200, 2534041, CHANNEL, Cause.ACCESS_OFF),
    (10, 2534077, CHANNEL, Cause.TWO_FACTOR),
    (200, 2018028, Kind.APP, Cause.APP_FAULT),
    (100, 2018008, Kind.REQUEST, None),
    (100, 2018047, Kind.REQUEST, None),
    (100, 2018109, Kind.REQUEST, None),
    (100, 2018294, Kind.REQUEST, None),
    (613, 2534040, Kind.TRANSIENT, None),
    (4, None, Kind.TRANSIENT, None),
    (80006, None, Kind.TRANSIENT, None),
    (2, None, Kind.TRANSIENT, None),
    (9000001, None, Kind.REQUEST, None),
]
ACCESS_PROBE = [
    (200, 2534041, CHANNEL, Cause.ACCESS_OFF),
    (100, 2534013, CHANNEL, Cause.INSTAGRAM_UNLINKED),
    (10, 2534077, CHANNEL, Cause.TWO_FACTOR),
    (36103, None, CHANNEL, Cause.NOT_BUSINESS),
    (10, None, PERMISSION, None),
    (200, None, PERMISSION, None),
]
SESSIONS = [
    (None, None),
    (452, Cause.PASSWORD_CHANGED),
    (458, Cause.APP_REMOVED),
    (459, Cause.SECURITY_CHECK),
    (460, Cause.PASSWORD_CHANGED),
    (463, Cause.EXPIRED),
    (464, Cause.SECURITY_CHECK),
    (467, Cause.SIGNED_OUT),
    (490, Cause.SECURITY_CHECK),
    (492, Cause.ROLE_LOST),
    (99999, Cause.UNKNOWN),
]
OTHER_CODES = [
    (1, None, Kind.TRANSIENT, None),
    (1, 1357046, Kind.TRANSIENT, None),
    (3, None, Kind.APP, Cause.APP_FAULT),
    (17, None, Kind.TRANSIENT, None),
    (27, None, Kind.REQUEST, None),
    (32, None, Kind.TRANSIENT, None),
    (100, None, Kind.REQUEST, None),
    (100, 33, Kind.REQUEST, None),
    (100, 36007, Kind.REQUEST, None),
    (100, 36008, Kind.REQUEST, None),
    (100, 36009, Kind.REQUEST, None),
    (101, None, Kind.APP, Cause.APP_FAULT),
    (191, None, Kind.APP, Cause.APP_FAULT),
    (210, None, PERMISSION, None),
    (230, None, Kind.RECIPIENT, None),
    (299, None, PERMISSION, None),
    (300, None, Kind.REQUEST, None),
    (341, None, Kind.TRANSIENT, None),
    (368, None, CHANNEL, Cause.RESTRICTED),
    (506, None, Kind.REQUEST, None),
    (613, 2018338, Kind.TRANSIENT, None),
    (803, None, Kind.REQUEST, None),
    (2500, None, Kind.REQUEST, None),
    (80001, None, Kind.TRANSIENT, None),
    (80002, None, Kind.TRANSIENT, None),
    (80009, None, Kind.TRANSIENT, None),
    (1609005, None, Kind.REQUEST, None),
    (9, 2018352, Kind.TRANSIENT, None),
    (1705, None, Kind.REQUEST, None),
    (None, None, Kind.TRANSIENT, None),
    (123456, None, Kind.REQUEST, None),
]


@pytest.mark.parametrize(("code", "subcode", "kind", "cause"), SENDING + ACCESS_PROBE + OTHER_CODES)
def test_a_refusal_means_what_the_reference_says(
    code: int, subcode: int | None, kind: Kind, cause: Cause | None
) -> None:
    assert meaning(GraphError(code=code, subcode=subcode)) == Meaning(kind, cause)


@pytest.mark.parametrize(("subcode", "cause"), SESSIONS)
@pytest.mark.parametrize("code", [190, 102])
def test_a_dead_session_names_its_cause_by_subcode(code: int, subcode: int | None, cause: Cause | None) -> None:
    assert meaning(GraphError(code=code, subcode=subcode)) == Meaning(CREDENTIALS, cause)


@pytest.mark.parametrize("code", [10, 200, 452, None])
def test_a_session_subcode_counts_under_other_codes_too(code: int | None) -> None:
    assert meaning(GraphError(code=code, subcode=460)).cause is Cause.PASSWORD_CHANGED


@pytest.mark.parametrize("code", [1, 2, 4, 17, 32, 341, 613, 80002])
def test_a_temporary_code_stays_temporary_whatever_the_subcode(code: int) -> None:
    assert meaning(GraphError(code=code, subcode=460)).kind is Kind.TRANSIENT


@given(code=codes, subcode=subcodes)
def test_is_transient_wins_over_every_code(code: int | None, subcode: int | None) -> None:
    assert meaning(GraphError(code=code, subcode=subcode, is_transient=True)) == Meaning(Kind.TRANSIENT)
    assert meaning(AppRefused(code=code, subcode=subcode, is_transient=True)) == Meaning(Kind.TRANSIENT)


@given(code=codes, subcode=subcodes, text=st.text(), type_=st.text(), status=st.none() | st.integers(100, 599))
def test_text_type_and_status_never_change_the_meaning(
    code: int | None, subcode: int | None, text: str, type_: str, status: int | None
) -> None:
    bare = GraphError(code=code, subcode=subcode)
    dressed = GraphError(text, code=code, subcode=subcode, type=type_, http_status=status, retry_after=5)
    assert dressed.meaning == bare.meaning


@given(code=codes, subcode=subcodes)
def test_a_refusal_of_our_own_app_never_speaks_about_a_channel(code: int | None, subcode: int | None) -> None:
    assert meaning(AppRefused(code=code, subcode=subcode)).kind in (Kind.APP, Kind.TRANSIENT)


def test_an_unknown_outcome_is_nobody_s_fault() -> None:
    assert OutcomeUnknown().meaning == Meaning(Kind.TRANSIENT)
