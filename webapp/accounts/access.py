"""Who may open which address. Every view wears exactly one of these; a convention test looks."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from flask import g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from webapp.accounts import queries
from webapp.accounts.models import Membership, Person, SignIn
from webapp.accounts.rules import Right, may
from webapp.web.errors import Refused
from webapp.web.htmx import wants_fragment

P = ParamSpec("P")
View = Callable[P, ResponseReturnValue]

login = LoginManager()


class SignedIn(UserMixin):  # type: ignore[misc]
    """Flask-Login's user: a person in one browser, with their places. The id in the cookie is the sign-in's key."""

    def __init__(self, sign_in: SignIn, key: str, places: Sequence[Membership]) -> None:
        self.sign_in = sign_in
        self.places = places
        self.person: Person = sign_in.person
        self.key = key

    def get_id(self) -> str:
        return self.key


@login.user_loader  # type: ignore[untyped-decorator]
def load(key: str) -> SignedIn | None:
    found = queries.live_sign_in(key)
    return SignedIn(found[0], key, found[1]) if found else None


def to_sign_in() -> Response:
    """To the door, and back here afterwards. htmx is told to load the whole page."""
    here = request.full_path.rstrip("?") if request.method == "GET" and not wants_fragment() else None
    door = url_for("accounts.sign_in", next=here)
    if wants_fragment():
        return Response("", 401, {"HX-Redirect": door})
    return redirect(door, 303)


login.unauthorized_handler(to_sign_in)


def public(view: View[P]) -> View[P]:
    """Open to everybody."""
    view.access = "public"  # type: ignore[attr-defined]
    return view


def signed_in(view: Callable[Concatenate[SignedIn, P], ResponseReturnValue]) -> View[P]:
    """Open to everybody who signed in. The view gets the signed-in user first."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if not current_user.is_authenticated:
            return to_sign_in()
        return view(_user(), *args, **kwargs)

    guarded.access = "signed-in"  # type: ignore[attr-defined]
    return guarded


def operator(view: Callable[Concatenate[SignedIn, P], ResponseReturnValue]) -> View[P]:
    """Open to those who run the console; for everybody else it is not there."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if not current_user.is_authenticated:
            return to_sign_in()
        if not current_user.person.is_operator:
            raise NotFound
        return view(_user(), *args, **kwargs)

    guarded.access = "operator"  # type: ignore[attr-defined]
    return guarded


def member(right: Right | None = None) -> Callable[[Callable[..., ResponseReturnValue]], View[...]]:
    """Open to members of the workspace named in the address, who have the right.

    A stranger gets 404, a colleague without the right 403 with the names of those who have it. The view gets the
    Membership in place of `slug`.
    """

    def decorate(view: Callable[..., ResponseReturnValue]) -> View[...]:
        @wraps(view)
        def guarded(*args: Any, slug: str, **kwargs: Any) -> ResponseReturnValue:
            if not current_user.is_authenticated:
                return to_sign_in()
            found = next((one for one in current_user.places if one.workspace.slug == slug), None)
            if found is None:
                raise NotFound
            if right is not None and not may(found.role, right):
                raise Refused(whom(found, right))
            g.member = found
            return view(found, *args, **kwargs)

        guarded.access = f"member:{right}"  # type: ignore[attr-defined]
        return guarded

    return decorate


def current_member() -> Membership:
    """Who asks, for the error handlers of views that `member` guards."""
    found: Membership = g.member
    return found


def _user() -> SignedIn:
    """The user behind Flask-Login's proxy."""
    return current_user._get_current_object()  # type: ignore[no-any-return]


def whom(found: Membership, right: Right) -> list[str]:
    """Names of the members to ask."""
    return [other.person.name for other in queries.members_with(found.workspace, right)]
