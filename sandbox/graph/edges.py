"""Lists that hang on a person, a Page or a business."""

from typing import Any

from sandbox import grants
from sandbox.graph import errors, fields, nodes, paging
from sandbox.graph.call import Context
from sandbox.model import Business, Page, Person
from sandbox.subscription_fields import PAGE_FIELDS

LISTING_TASKS = {"MANAGE", "CREATE_CONTENT", "MODERATE", "ADVERTISE"}
ACCOUNT_FIELDS = "access_token,category,category_list,name,id,tasks"


def accounts(context: Context, person: Person) -> dict[str, Any]:
    """Ticked Pages on which the person has a classic role; portfolio-only Pages are not among them."""
    _own(context, person)
    listed = [page for page in context.state.pages.values() if _listed(context, person, page)]
    if not context.grant.has("pages_show_list"):
        listed = []
    return _pages(context, listed, f"{person.id}/accounts")


def _listed(context: Context, person: Person, page: Page) -> bool:
    state = context.state
    if page.portfolio_only or state.flagged("page_deleted", page.id):
        return False
    if state.flagged("role_lost", f"{person.id}:{page.id}"):
        return False
    can = LISTING_TASKS.intersection(page.roles.get(person.id, ()))
    return bool(can) and context.grant.covers_page(page.id)


def _pages(context: Context, pages: list[Page], path: str, default: str = ACCOUNT_FIELDS) -> dict[str, Any]:
    wanted = nodes.wanted(context, default)
    return paging.page(
        context.call,
        pages,
        lambda page: page.id,
        lambda page: fields.read(context, page, "Page", nodes.PAGE, wanted),
        path,
    )


def _own(context: Context, person: Person) -> None:
    if context.token.kind != "USER" or context.token.person_id != person.id:
        raise errors.no_such_object(person.id)


def permissions(context: Context, person: Person) -> dict[str, Any]:
    _own(context, person)
    rows = [
        {"permission": name, "status": status}
        for name, status in context.grant.permissions.items()
        if context.call.text("permission") in ("", name) and context.call.text("status") in ("", status)
    ]
    return {"data": rows}


def remove_permissions(context: Context, person: Person) -> dict[str, Any]:
    """DELETE without a name removes the whole app."""
    _own(context, person)
    grants.remove_app(context.sandbox, person.id)
    return {"success": True}


def remove_permission(context: Context, person: Person, permission: str) -> dict[str, Any]:
    _own(context, person)
    grants.set_permission(context.sandbox, person.id, permission, granted=False)
    return {"success": True}


def businesses(context: Context, person: Person) -> dict[str, Any]:
    _own(context, person)
    context.require("business_management")
    own = [row for row in context.state.businesses.values() if person.id in row.people]
    wanted = nodes.wanted(context, "id,name")
    return paging.page(
        context.call,
        own,
        lambda row: row.id,
        lambda row: fields.read(context, row, "Business", nodes.BUSINESS, wanted),
        f"{person.id}/businesses",
    )


def owned_pages(context: Context, business: Business) -> dict[str, Any]:
    """Pages of the portfolio, ticked or not; a Page that was not ticked shows its name but earns no token."""
    context.require("business_management")
    if context.token.person_id not in business.people:
        raise errors.no_such_object(business.id)
    own = [
        page
        for page in context.state.pages.values()
        if page.business_id == business.id and not context.state.flagged("page_deleted", page.id)
    ]
    asked = {one.name for one in nodes.wanted(context, "id,name")}
    if asked - {"id", "name", "category"}:
        for page in own:
            nodes.check_page_readable(context, page)
    return _pages(context, own, f"{business.id}/owned_pages", "id,name")


def client_pages(context: Context, business: Business) -> dict[str, Any]:
    """No portfolio of the seed manages Pages of others; the edge exists and is empty."""
    context.require("business_management")
    return {"data": []}


def subscribed_apps(context: Context, page: Page) -> dict[str, Any]:
    context.require_page_token(page)
    context.require("pages_manage_metadata")
    settings = context.sandbox.settings
    if page.subscription is None:
        return {"data": []}
    row = {
        "category": "Business",
        "link": "https://www.facebook.com/games/?app_id=" + settings.app_id,
        "name": settings.app_name,
        "id": settings.app_id,
        "subscribed_fields": list(page.subscription),
    }
    return {"data": [row]}


def subscribe(context: Context, page: Page) -> dict[str, Any]:
    """Replaces the field list. Whoever has no MANAGE on the Page is refused, as in the field."""
    context.require_page_token(page)
    context.require("pages_manage_metadata")
    names = context.call.names("subscribed_fields")
    if not names:
        raise errors.bad_parameter("The parameter subscribed_fields is required.")
    for position, name in enumerate(names):
        if name not in PAGE_FIELDS:
            text = f"Param subscribed_fields[{position}] must be one of {{{', '.join(PAGE_FIELDS)}}}"
            raise errors.bad_parameter(text)
    if "MANAGE" not in page.roles.get(context.token.person_id, ()):
        raise errors.insufficient_role()
    if any(name.startswith(("message", "messaging", "standby")) for name in names):
        context.require("pages_messaging")
    page.subscription = list(names)
    context.state.flag("subscription_removed", page.id, on=False)
    return {"success": True}


def unsubscribe(context: Context, page: Page) -> dict[str, Any]:
    context.require_page_token(page)
    context.require("pages_manage_metadata")
    page.subscription = None
    return {"success": True}
