"""Whatever JSON comes back, nothing but a GraphError comes out."""

from collections.abc import Callable
from contextlib import suppress

import pytest
import requests_mock
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from tests.examples import examples
from tests.gates.meta.conftest import SETTINGS
from tests.gates.meta.test_secrecy import CALLS
from webapp.core.crypto import Secret
from webapp.meta.client import GraphClient
from webapp.meta.errors import GraphError
from webapp.meta.gateway import Findings, Probe

NAMES = [
    *("data", "error", "id", "name", "access_token", "expires_in", "is_valid", "scopes", "granular_scopes"),
    *("target_ids", "scope", "paging", "next", "cursors", "after", "success", "message_id", "picture", "tasks"),
    *("instagram_business_account", "connected_instagram_account", "subscribed_fields", "permission", "code"),
    *("body", "expires_at", "error_message", "error_subcode", "first_name"),
]
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["https://graph.meta.example/?after=x", "https://[", '{"id":"1"}', "true"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=3), inner, max_size=5)
    ),
    max_leaves=15,
)


@pytest.mark.parametrize("call", CALLS)
@examples(15, thorough=100, suppress_health_check=[HealthCheck.too_slow])
@given(answer=json_values, status=st.sampled_from([200, 200, 200, 204, 302, 400, 500]))
def test_any_answer_is_a_result_or_a_graph_error(
    call: Callable[[GraphClient], object], answer: object, status: int
) -> None:
    with requests_mock.Mocker() as mocker:
        # The second answer ends a listing that the first one began.
        answers = [{"json": answer, "status_code": status}, {"json": {"data": []}}]
        mocker.register_uri(requests_mock.ANY, requests_mock.ANY, answers)
        with suppress(GraphError):
            call(GraphClient(SETTINGS))


@examples(50, thorough=500, suppress_health_check=[HealthCheck.too_slow])
@given(items=st.lists(json_values, max_size=9) | json_values)
def test_a_check_never_raises(items: object) -> None:
    probes = [Probe("instagram", "1", Secret("EAAone")), Probe("messenger", "2", Secret("EAAtwo"))]
    with requests_mock.Mocker() as mocker:
        mocker.post(requests_mock.ANY, json=items)
        findings = GraphClient(SETTINGS).check(probes)
    assert [type(one) for one in findings] == [Findings, Findings]


@examples(50, thorough=500)
@given(body=st.binary(max_size=40))
def test_any_bytes_are_a_result_or_a_graph_error(body: bytes) -> None:
    with requests_mock.Mocker() as mocker:
        mocker.get(requests_mock.ANY, content=body)
        with pytest.raises(GraphError):
            GraphClient(SETTINGS).whoami(Secret("EAAone"))
