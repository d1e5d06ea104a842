"""The demo people and their workspaces. For a laptop and the tests; production never runs it."""

from typing import Any

from flask import current_app

from config import Config
from webapp.accounts import passwords, queries
from webapp.accounts.models import Membership, Person, Workspace
from webapp.core import db

WORKSPACES = {"aurora": "晨曦選品 Aurora", "borealis": "極光生活 Borealis"}
# Alice belongs to both, so that the workspace switch has something to switch.
GUESTS = (("alice@aurora.example", "borealis", "supervisor"),)


class NotHere(RuntimeError):
    """Demo people have published passwords: production refuses them."""


def settle(people: list[dict[str, Any]]) -> None:
    """Create what is missing; changes nothing that exists."""
    config: Config = current_app.extensions["config"]
    if config.environment == "production":
        raise NotHere("demo people are not for production")
    if queries.person_by_email(people[0]["email"]):
        return
    hashes = {one["email"]: passwords.hashed(one["password"]) for one in people}
    with db.transaction() as session:
        places = {slug: Workspace(slug=slug, name=name) for slug, name in WORKSPACES.items()}
        found: dict[str, Person] = {}
        for one in people:
            person = Person(
                email=one["email"],
                name=one["name"],
                locale=one["locale"],
                password_hash=hashes[one["email"]],
                is_operator=one.get("operator", False),
            )
            found[one["email"]] = person
            session.add(Membership(person=person, workspace=places[one["workspace"]], role=one["role"]))
        for email, slug, role in GUESTS:
            session.add(Membership(person=found[email], workspace=places[slug], role=role))
