"""The pages of the login dialog: who you are, which Pages, which Instagram accounts, which permissions."""

from urllib.parse import urlsplit

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException, NotFound

from sandbox import faults, login
from sandbox.login import Refusal
from sandbox.runtime import LoginRun, Sandbox, this_sandbox

blueprint = Blueprint("dialog", __name__)
PERSON_COOKIE = "sandbox_person"
STEPS = ("pages", "instagram", "permissions")


@blueprint.before_request
def broken() -> Response | None:
    """Only faults aimed at the dialog by name meet it: dialog/oauth is its beginning, dialog/pages that step, dialog/*
    all of it. An outage of the Graph leaves facebook.com up.
    """
    sandbox = this_sandbox()
    with sandbox.lock:
        met = faults.meeting(sandbox.state, f"dialog/{request.path.rsplit('/', 1)[-1]}", aimed_only=True)
    faults.wait(met, sandbox.settings.pace)
    if any(fault.kind in ("outage", "rate_limited") for fault in met):
        return make_response(render_template("dialog/refused.html", reason="facebook_down"), 500)
    return faults.raw_answer(met)


@blueprint.get("/dialog/oauth")
@blueprint.get("/<version>/dialog/oauth")
def start(version: str = "") -> Response:
    sandbox = this_sandbox()
    with sandbox.lock:
        run = login.begin(sandbox, request.args.to_dict())
        person_id = request.cookies.get(PERSON_COOKIE, "")
        if person_id in sandbox.state.people:
            run.person_id = person_id
    return _go(run, _first_step(sandbox, run))


def _first_step(sandbox: Sandbox, run: LoginRun) -> str:
    if not run.person_id:
        return "person"
    if login.blocked_by(sandbox.state, run.person_id):
        return "blocked"
    if login.remembered(sandbox, run):
        return "continue"
    return "pages" if run.params.get("auth_type") == "rerequest" else "person"


def _go(run: LoginRun, step: str) -> Response:
    return make_response(redirect(url_for("dialog.show", run_id=run.id, step=step), 303))


def _run(run_id: str) -> LoginRun:
    run = this_sandbox().logins.get(run_id)
    if run is None:
        raise NotFound
    parts = urlsplit(run.params["redirect_uri"])
    g.form_target = f"{parts.scheme}://{parts.netloc}"
    return run


@blueprint.get("/dialog/run/<run_id>/<any(person,blocked,continue,pages,instagram,permissions):step>")
def show(run_id: str, step: str) -> Response:
    sandbox, run = this_sandbox(), _run(run_id)
    with sandbox.lock:
        if step != "person" and not run.person_id:
            return _go(run, "person")
        context = _context(sandbox, run, step)
        page = render_template(f"dialog/{step}.html", run=run, app_name=sandbox.settings.app_name, **context)
    return make_response(page)


def _context(sandbox: Sandbox, run: LoginRun, step: str) -> dict[str, object]:
    state = sandbox.state
    grant = state.grants.get(run.person_id)
    context: dict[str, object] = {"person": state.people.get(run.person_id), "grant": grant, "step": step}
    if step == "person":
        context["people"] = list(state.people.values())
    elif step == "blocked":
        context["cause"] = login.blocked_by(state, run.person_id) or "security_check"
    elif step in ("pages", "continue"):
        context["pages"] = login.pages_of(state, run.person_id)
    elif step == "permissions":
        context["permissions"] = login.asked_permissions(sandbox, run)
        context["all_or_nothing"] = login.all_or_nothing(sandbox, run)
    if step in ("instagram", "continue"):
        context["accounts"] = login.instagram_of(state, run.person_id)
    return context


@blueprint.post("/dialog/run/<run_id>/person")
def choose_person(run_id: str) -> Response:
    sandbox, run = this_sandbox(), _run(run_id)
    person_id = request.form.get("person", "")
    if person_id not in sandbox.state.people:
        return _go(run, "person")
    run.person_id = person_id
    if login.blocked_by(sandbox.state, person_id):
        response = _go(run, "blocked")
    else:
        response = _go(run, "continue" if login.remembered(sandbox, run) else "pages")
    response.set_cookie(PERSON_COOKIE, person_id, max_age=31536000, samesite="Lax", httponly=True)
    return response


@blueprint.post("/dialog/run/<run_id>/continue")
def continue_as(run_id: str) -> Response:
    """Take the remembered choice over; only permissions that were never asked are asked."""
    sandbox, run = this_sandbox(), _run(run_id)
    with sandbox.lock:
        grant = sandbox.state.grants.get(run.person_id)
        if grant is None or login.blocked_by(sandbox.state, run.person_id):
            return _go(run, _first_step(sandbox, run))
        run.page_ids, run.instagram_ids = grant.page_ids, grant.instagram_ids
        if login.new_permissions(sandbox, run):
            return _go(run, "permissions")
        return _leave(login.finish(sandbox, run, *_as_before(run, grant.permissions)))


def _as_before(run: LoginRun, permissions: dict[str, str]) -> tuple[list[str], list[str]]:
    asked = [scope for scope in run.scopes if scope in permissions]
    return [scope for scope in asked if permissions[scope] == "granted"], asked


@blueprint.post("/dialog/run/<run_id>/pages")
def choose_pages(run_id: str) -> Response:
    sandbox, run = this_sandbox(), _run(run_id)
    offered = [page.id for page in login.pages_of(sandbox.state, run.person_id)]
    run.page_ids = _chosen("page", offered)
    has_accounts = bool(login.instagram_of(sandbox.state, run.person_id))
    if has_accounts and login.asks_instagram(run):
        return _go(run, "instagram")
    run.instagram_ids = []
    return _go(run, "permissions")


@blueprint.post("/dialog/run/<run_id>/instagram")
def choose_instagram(run_id: str) -> Response:
    sandbox, run = this_sandbox(), _run(run_id)
    offered = [account.id for account in login.instagram_of(sandbox.state, run.person_id)]
    run.instagram_ids = _chosen("account", offered)
    return _go(run, "permissions")


def _chosen(name: str, offered: list[str]) -> list[str] | None:
    if request.form.get("which") == "all":
        return None
    ticked = request.form.getlist(name)
    return [one for one in offered if one in ticked]


@blueprint.post("/dialog/run/<run_id>/permissions")
def choose_permissions(run_id: str) -> Response:
    sandbox, run = this_sandbox(), _run(run_id)
    with sandbox.lock:
        if not run.person_id or login.blocked_by(sandbox.state, run.person_id):
            return _go(run, _first_step(sandbox, run))
        asked = login.asked_permissions(sandbox, run)
        ticked = request.form.getlist("permission")
        accepted = [scope for scope in asked if scope in ticked]
        return _leave(login.finish(sandbox, run, accepted, asked))


@blueprint.post("/dialog/run/<run_id>/cancel")
def cancel(run_id: str) -> Response:
    sandbox, run = this_sandbox(), _run(run_id)
    with sandbox.lock:
        return _leave(login.cancel(sandbox, run))


def _leave(address: str) -> Response:
    """Back to the app. Written by hand: the fragment must survive as it is."""
    response = make_response("", 302)
    response.headers["Location"] = address
    response.autocorrect_location_header = False
    return response


@blueprint.errorhandler(Refusal)
def refused(refusal: Refusal) -> Response:
    return make_response(render_template("dialog/refused.html", reason=refusal.reason), 400)


@blueprint.errorhandler(404)
def run_over(error: HTTPException) -> Response:
    return make_response(render_template("dialog/refused.html", reason="run_over"), 404)
