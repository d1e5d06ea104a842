"""Deliveries about permissions and users: whose authorisation may have changed. Never a verdict.

Source: webhooks of the objects `permissions` and `user` (v25.0): `uid` is the app-scoped Facebook user,
`changes[].value.target_ids` are Pages and Instagram accounts.
"""

from webapp.meta.values import Json, a_list, an_id, an_object

OBJECTS = frozenset({"permissions", "user"})
MOST_IDS = 1_000
# Meta's own test deliveries name the user "0".
NOBODY = frozenset({"", "0"})


def read_hints(envelope: Json) -> frozenset[str]:
    """Ids of users, Pages and Instagram accounts that are named."""
    named: list[str] = []
    for entry in (an_object(one) for one in a_list(envelope.get("entry"))):
        named += [an_id(entry.get("uid")), an_id(entry.get("id"))]
        for change in (an_object(one) for one in a_list(entry.get("changes"))):
            named += [an_id(one) for one in a_list(an_object(change.get("value")).get("target_ids"))]
    return frozenset(named[:MOST_IDS]) - NOBODY
