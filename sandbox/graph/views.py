"""HTTP in front of the Graph: any version prefix and none, parameters from query, form or JSON."""

import time
from typing import Any

from flask import Blueprint, Response, request

from sandbox import faults
from sandbox.files import File
from sandbox.graph import batch, dispatch
from sandbox.graph.call import LATEST, GraphCall
from sandbox.runtime import LoggedRequest, Sandbox, this_sandbox

blueprint = Blueprint("graph", __name__)


@blueprint.route("/", methods=["POST"], defaults={"path": ""})
@blueprint.route("/<path:path>", methods=["GET", "POST", "DELETE"])
def graph(path: str) -> Response:
    sandbox, began = this_sandbox(), time.monotonic()
    call = _call(path)
    with sandbox.lock:
        sandbox.count_call()
        met = faults.meeting(sandbox.state, call.path, dispatch.page_of_call(sandbox, call))
    faults.wait(met, sandbox.settings.pace)
    raw = faults.raw_answer(met)
    if raw is not None:
        _log(sandbox, call, raw.status_code, met[-1].kind, began)
        return raw
    is_batch = call.method == "POST" and not call.path and "batch" in call.params
    whole = is_batch and not any(fault.kind in faults.REFUSING for fault in met)
    answer = batch.run(sandbox, call) if whole else dispatch.answer(sandbox, call, met)
    _log(sandbox, call, answer.status, answer.error, began)
    text = dispatch.dumped(answer.body)
    response = Response(faults.spoiled(met, text), answer.status)
    response.headers.update({**dispatch.common_headers(sandbox, call, text), **answer.headers})
    return response


def _call(path: str) -> GraphCall:
    params: dict[str, Any] = {**request.args.to_dict(), **request.form.to_dict()}
    body = request.get_json(silent=True) if request.is_json else None
    if isinstance(body, dict):
        params.update(body)
    method = str(params.pop("method", "") or request.method).upper()
    version, rest = batch.split_version(path.strip("/"))
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    token = str(params.pop("access_token", "") or (bearer if scheme.lower() == "bearer" else ""))
    return GraphCall(method, rest, params, version or LATEST, request.host_url.rstrip("/"), token, _file())


def _file() -> File | None:
    """The part `filedata` of a multipart request."""
    part = request.files.get("filedata")
    return File("", part.mimetype, part.read(), part.filename or "") if part else None


def _log(sandbox: Sandbox, call: GraphCall, status: int, error: str, began: float) -> None:
    sandbox.requests.append(
        LoggedRequest(
            time.time(),
            call.method,
            f"/{call.version}/{call.path}",
            tuple(sorted(call.params)),
            status,
            error,
            round((time.monotonic() - began) * 1000),
            _masked(call.token),
        )
    )


def _masked(token: str) -> str:
    if "|" in token:
        return "app"
    return f"{token[:3]}…{token[-4:]}" if len(token) > 20 else ("…" if token else "")
