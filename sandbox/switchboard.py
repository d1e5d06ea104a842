"""The switches of the control page: which there are for what the page is looking at, and which are on."""

from dataclasses import dataclass, field, replace

from sandbox import causes, courier, faults
from sandbox.causes import TABLE, Subject
from sandbox.model import Fault
from sandbox.state import State


@dataclass(frozen=True)
class Switch:
    """One switch as drawn; `fields` are the hidden inputs that say for whom."""

    name: str
    label: str
    on: bool
    heals: str
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return "-".join([self.name, *self.fields.values()]).replace("*", "any").replace("/", "-")


def switches(state: State, subject: Subject) -> dict[str, list[Switch]]:
    """By group. Causes whose subject is missing, such as an account that is not linked, are left out."""
    groups: dict[str, list[Switch]] = {"person": [], "permission": [], "page": [], "customer": [], "app": []}
    for cause in TABLE.values():
        drawable = all(getattr(subject, part) for part in cause.scope if part != "permission")
        if cause.group in groups and cause.scope != causes.PERMISSION and drawable:
            groups[cause.group].append(_switch(state, cause.name, subject))
    grant = state.grants.get(subject.person)
    for permission in grant.permissions if grant else {}:
        if permission != "public_profile":
            one = replace(subject, permission=permission)
            groups["permission"].append(_switch(state, "permission_cancelled", one))
    return {**groups, "fault": broken(state, faults.KINDS), "webhook": broken(state, courier.KINDS)}


def _switch(state: State, name: str, subject: Subject) -> Switch:
    cause = TABLE[name]
    fields = {part: getattr(subject, part) for part in cause.scope}
    label = subject.permission if name == "permission_cancelled" else ""
    return Switch(name, label, causes.is_on(state, name, subject), cause.heals, fields)


def broken(state: State, kinds: tuple[str, ...]) -> list[Switch]:
    """One switch for each kind of fault, and one more for each that is aimed at something."""
    drawn = [Switch(kind, "", any(_is_plain(fault, kind) for fault in state.faults), "self") for kind in kinds]
    for fault in state.faults:
        if fault.kind in kinds and not _is_plain(fault, fault.kind):
            fields = {"endpoint": fault.endpoint, "page": fault.page_id}
            drawn.append(Switch(fault.kind, fault.endpoint or fault.page_id, True, "self", fields))
    return drawn


def _is_plain(fault: Fault, kind: str) -> bool:
    return fault.kind == kind and not fault.endpoint and not fault.page_id


def on_for_account(state: State, subject: Subject) -> list[str]:
    """The causes that hold for a Page or its account."""
    return [
        cause.name
        for cause in TABLE.values()
        if cause.scope in (causes.PAGE, causes.ACCOUNT)
        and getattr(subject, cause.scope[0])
        and causes.is_on(state, cause.name, subject)
    ]
