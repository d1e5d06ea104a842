"""Repair links of a channel, as its managers see them: make one, send it, take it back."""

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext
from werkzeug.exceptions import NotFound

from webapp.accounts import access
from webapp.accounts.models import Membership
from webapp.accounts.rules import Right
from webapp.channels import actions, link_queries
from webapp.channels.forms import RepairLinkForm
from webapp.channels.models import Channel
from webapp.channels.views.blueprint import bp, channel_or_404
from webapp.core import clock
from webapp.web.addresses import address_of
from webapp.web.htmx import go


@bp.get("/w/<slug>/channels/<int:channel_id>/repair-links")
@access.member(Right.MANAGE_CHANNELS)
def repair_links(member: Membership, channel_id: int) -> ResponseReturnValue:
    found = channel_or_404(member.workspace, channel_id)
    return _page(found, RepairLinkForm(locale=str(get_locale())))


@bp.post("/w/<slug>/channels/<int:channel_id>/repair-links")
@access.member(Right.MANAGE_CHANNELS)
def create_repair_link(member: Membership, channel_id: int) -> ResponseReturnValue:
    """The answer shows the link; it is the only one that ever does."""
    found = channel_or_404(member.workspace, channel_id)
    form = RepairLinkForm()
    if not form.validate():
        return _page(found, form), 422
    address = form.address.data or ""
    _link, token = actions.create_link(found, member.person, address=address, locale=form.locale.data, now=clock.now())
    fresh = RepairLinkForm(formdata=None, locale=form.locale.data)
    return _page(found, fresh, url=address_of("channels.repair", token=token), mailed_to=address), 201


@bp.post("/w/<slug>/channels/<int:channel_id>/repair-links/<int:link_id>/revocation")
@access.member(Right.MANAGE_CHANNELS)
def revoke_repair_link(member: Membership, channel_id: int, link_id: int) -> ResponseReturnValue:
    link = link_queries.link(member.workspace, channel_id, link_id)
    if link is None:
        raise NotFound
    here = url_for("channels.repair_links", slug=member.workspace.slug, channel_id=channel_id)
    if actions.revoke_link(link, member.person, now=clock.now()):
        return go(here, gettext("The link no longer works."))
    return go(here, gettext("The link had already ended."), "info")


@bp.errorhandler(actions.TooManyLinks)
def too_many_links(error: actions.TooManyLinks) -> ResponseReturnValue:
    return _refusal(
        error.channel, gettext("There are enough open links. Revoke one that nobody needs, then create a new one.")
    )


@bp.errorhandler(actions.MailedTooOften)
def mailed_too_often(error: actions.MailedTooOften) -> ResponseReturnValue:
    words = gettext("This address had several mails within the hour. Create a link without an address and send it.")
    return _refusal(error.channel, words)


@bp.errorhandler(actions.NothingToRepair)
def nothing_to_repair(error: actions.NothingToRepair) -> ResponseReturnValue:
    return _refusal(error.channel, gettext("This account is not connected. Connect it again under Social channels."))


def _refusal(channel: Channel, problem: str) -> ResponseReturnValue:
    return _page(channel, RepairLinkForm(formdata=None, locale=str(get_locale())), problem=problem), 409


def _page(channel: Channel, form: RepairLinkForm, url: str = "", mailed_to: str = "", problem: str = "") -> str:
    return render_template(
        "channels/repair/links.html",
        channel=channel,
        form=form,
        url=url,
        mailed_to=mailed_to,
        problem=problem,
        links=link_queries.links_of(channel),
        now=clock.now(),
    )
