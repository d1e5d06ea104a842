"""Reading nodes: person, Page, Instagram account, customer, app, business."""

from typing import Any

from sandbox import tokens
from sandbox.graph import errors, fields
from sandbox.graph.call import Context
from sandbox.graph.fields import MISSING, Field, Reader
from sandbox.model import Business, Customer, InstagramAccount, Page, Person


def plain(name: str) -> Reader:
    return lambda context, node, field: getattr(node, name)


def fixed(value: Any) -> Reader:
    return lambda context, node, field: value


def picture(context: Context, node: Any, field: Field) -> dict[str, Any]:
    size = int(field.options.get("width") or field.options.get("height") or 50)
    url = picture_url(context, node.id)
    data = {"height": size, "is_silhouette": False, "url": url, "width": size}
    names = [one.name for one in field.inside]
    return {"data": {name: data[name] for name in names if name in data} if names else data}


def picture_url(context: Context, node_id: str) -> str:
    return f"{context.call.origin}/pictures/{node_id}.svg"


def page_access_token(context: Context, page: Page, field: Field) -> Any:
    """A user token with a role on the Page earns the Page's token; a Page token sees itself."""
    if context.token.kind == "PAGE":
        return context.token.value if context.token.page_id == page.id else MISSING
    return tokens.page_token(context.state, context.sandbox.settings, context.token, page.id).value


def page_tasks(context: Context, page: Page, field: Field) -> Any:
    return list(page.roles.get(context.token.person_id, []))


def linked_account(context: Context, page: Page, field: Field) -> Any:
    if context.state.flagged("link_incomplete", page.id):
        return MISSING
    return _account_field(context, page, page.instagram_id, field)


def connected_account(context: Context, page: Page, field: Field) -> Any:
    return _account_field(context, page, page.connected_instagram_id, field)


def _account_field(context: Context, page: Page, account_id: str | None, field: Field) -> Any:
    """Absent when unlinked, without instagram_basic, or when the account could be ticked and was not.

    An account whose link is half-finished is not among those to tick, so nobody can leave it out.
    """
    account = context.state.instagram.get(account_id or "")
    if account is None or context.state.flagged("instagram_unlinked", page.id):
        return MISSING
    tickable = account_id == page.instagram_id
    if not context.grant.has("instagram_basic") or (tickable and not context.grant.covers_instagram(account.id)):
        return MISSING
    return fields.read(context, account, "IGUser", INSTAGRAM, fields.wanted_or("id", field.inside))


def messaging_features(context: Context, page: Page, field: Field) -> dict[str, bool]:
    routed = context.state.flagged("other_app_default", page.id)
    return {"hop_v2": False, "msgr_multi_app": routed, "ig_multi_app": routed and bool(page.instagram_id)}


def categories(context: Context, page: Page, field: Field) -> list[dict[str, str]]:
    return [{"id": f"2{page.id[-9:]}", "name": page.category}]


def names(whole: str) -> tuple[str, str]:
    """First name and family name: of "Peter Huang" by the space, of 吳美玲 the family comes first and is one sign."""
    if whole.isascii() or " " in whole:
        first, _, last = whole.partition(" ")
        return first, last
    return whole[1:], whole[:1]


PERSON: dict[str, Reader] = {
    "id": plain("id"),
    "name": plain("name"),
    "email": plain("email"),
    "first_name": lambda context, who, field: names(who.name)[0],
    "last_name": lambda context, who, field: names(who.name)[1],
    "picture": picture,
}
PAGE: dict[str, Reader] = {
    "id": plain("id"),
    "name": plain("name"),
    "category": plain("category"),
    "category_list": categories,
    "access_token": page_access_token,
    "tasks": page_tasks,
    "picture": picture,
    "link": lambda context, page, field: f"https://www.facebook.com/{page.id}",
    "username": fixed(MISSING),
    "is_published": fixed(True),
    "instagram_business_account": linked_account,
    "connected_instagram_account": connected_account,
    "messaging_feature_status": messaging_features,
    "has_transitioned_to_new_page_experience": fixed(True),
}
INSTAGRAM: dict[str, Reader] = {
    "id": plain("id"),
    "ig_id": lambda context, account, field: int(account.id[-11:]),
    "username": plain("username"),
    "name": plain("name"),
    "profile_picture_url": lambda context, account, field: picture_url(context, account.id),
    "followers_count": plain("followers"),
    "follows_count": fixed(180),
    "media_count": fixed(64),
    "biography": fixed(""),
    "website": fixed(""),
    "has_profile_pic": fixed(True),
    "is_published": fixed(True),
}
INSTAGRAM_CUSTOMER: dict[str, Reader] = {
    "id": plain("id"),
    "name": plain("name"),
    "username": plain("username"),
    "profile_pic": lambda context, customer, field: picture_url(context, customer.id),
    "follower_count": plain("followers"),
    "is_user_follow_business": fixed(True),
    "is_business_follow_user": fixed(False),
    "is_verified_user": fixed(False),
}
MESSENGER_CUSTOMER: dict[str, Reader] = {
    "id": plain("id"),
    "name": plain("name"),
    "first_name": lambda context, who, field: names(who.name)[0],
    "last_name": lambda context, who, field: names(who.name)[1],
    "profile_pic": lambda context, customer, field: picture_url(context, customer.id),
    "locale": fixed("zh_TW"),
    "timezone": fixed(8),
}
BUSINESS: dict[str, Reader] = {"id": plain("id"), "name": plain("name")}


def wanted(context: Context, default: str) -> list[Field]:
    return fields.parse(context.call.text("fields") or default)


def person_node(context: Context, person: Person) -> dict[str, Any]:
    if context.token.person_id != person.id or context.token.kind != "USER":
        raise errors.no_such_object(person.id)
    return fields.read(context, person, "User", PERSON, wanted(context, "name,id"))


def page_node(context: Context, page: Page) -> dict[str, Any]:
    check_page_readable(context, page)
    return fields.read(context, page, "Page", PAGE, wanted(context, "name,id"))


def check_page_readable(context: Context, page: Page) -> None:
    """By its own token, or by a user token with a role and the Page ticked."""
    state, token = context.state, context.token
    if state.flagged("page_deleted", page.id):
        raise errors.no_such_object(page.id)
    if token.kind == "PAGE" and token.page_id == page.id:
        return
    lost = state.flagged("role_lost", f"{token.person_id}:{page.id}")
    if token.kind != "USER" or token.person_id not in page.roles or lost:
        raise errors.no_such_object(page.id)
    if not context.grant.covers_page(page.id):
        raise errors.impersonation()
    if tokens.needs_two_factor(state, token.person_id, page.id):
        raise errors.role_lost()


def instagram_node(context: Context, account: InstagramAccount) -> dict[str, Any]:
    page = context.state.page_of_instagram(account.id)
    visible = context.grant.has("instagram_basic") and context.grant.covers_instagram(account.id)
    if page is None or not visible or context.state.flagged("instagram_unlinked", page.id):
        raise errors.no_such_object(account.id)
    check_page_readable(context, page)
    return fields.read(context, account, "IGUser", INSTAGRAM, wanted(context, "id"))


def customer_node(context: Context, customer: Customer) -> dict[str, Any]:
    """A profile. People who blocked the business cannot be seen; a closed account shows nobody."""
    page = context.state.page_of_instagram(customer.account_id) or context.state.pages.get(customer.account_id)
    if page is None or context.token.page_id != page.id:
        raise errors.no_such_object(customer.id)
    if customer.account_id in context.state.instagram:
        check_instagram_open(context, page)
        readers, default = INSTAGRAM_CUSTOMER, "name,username,profile_pic,id"
    else:
        context.require("pages_messaging")
        readers, default = MESSENGER_CUSTOMER, "first_name,last_name,profile_pic,id"
    if context.state.flagged("customer_blocked", customer.id):
        raise errors.GraphError(230, "(#230) User consent is required to access user profile", 2534030)
    return fields.read(context, customer, "UserProfile", readers, wanted(context, default))


def check_instagram_open(context: Context, page: Page) -> None:
    """What stands between a Page token and Instagram messages, in the order Meta is seen to answer."""
    state = context.state
    unlinked = state.flagged("instagram_unlinked", page.id) or state.flagged("link_incomplete", page.id)
    if not page.instagram_id or unlinked:
        raise errors.not_linked()
    context.require("instagram_manage_messages")
    if not context.grant.covers_instagram(page.instagram_id):
        raise errors.permission_needed("instagram_manage_messages")
    if state.flagged("not_business", page.instagram_id):
        raise errors.not_eligible()
    if state.flagged("message_access_off", page.id):
        raise errors.message_access_off()
    if state.flagged("connection_unverified", page.id):
        raise errors.connection_unverified()


def business_node(context: Context, business: Business) -> dict[str, Any]:
    context.require("business_management")
    return fields.read(context, business, "Business", BUSINESS, wanted(context, "id,name"))


def app_node(context: Context, node_id: str) -> dict[str, Any]:
    settings = context.sandbox.settings
    return {"id": settings.app_id, "name": settings.app_name, "link": "https://www.facebook.com/games/"}
