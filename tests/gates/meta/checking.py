"""A check of channels without a fault, and what of its findings is an error."""

from tests.gates.meta.conftest import PAGE_TOKEN, ROOT, Question
from webapp.core.crypto import Secret
from webapp.meta.errors import GraphError
from webapp.meta.gateway import Findings, Probe

BATCH_URL = f"{ROOT}/"
ALIVE = {"data": {"is_valid": True, "type": "PAGE", "scopes": ["pages_messaging"]}}


def well(path: str, params: Question) -> object:
    """A channel without a fault."""
    if path == "debug_token":
        return ALIVE
    if path.endswith("/subscribed_apps"):
        return {"data": [{"id": "123456", "subscribed_fields": ["messages"]}]}
    if path.endswith("/conversations"):
        return {"data": []}
    return {"id": path, "name": "晨光咖啡", "instagram_business_account": {"id": "1784", "username": "morning"}}


def probe(number: int = 1, token: str = PAGE_TOKEN) -> Probe:
    return Probe("instagram", str(number), Secret(token))


def errors(findings: Findings) -> list[GraphError]:
    answers = (findings.token, findings.page, findings.subscribed, findings.access)
    return [answer for answer in answers if isinstance(answer, GraphError)]
