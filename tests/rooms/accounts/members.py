"""How members stand in the database, and the password that somebody new takes."""

from flask import Flask
from sqlalchemy import select

from webapp.accounts.models import Membership, Person
from webapp.core import db

NEW = "a long enough password"


def role_of(app: Flask, email: str) -> tuple[str, bool]:
    with app.app_context():
        found = db.session().scalars(
            select(Membership).join(Membership.person).where(Person.email == email, Membership.workspace_id == 1)
        )
        return next((one.role, one.disabled_at is None) for one in found)
