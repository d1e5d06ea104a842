"""Somebody's browser and the sandbox's dialog, in the words of the page."""

from urllib.parse import urlsplit

from flask.testing import FlaskClient

from tests.running import Sandbox


class Story:
    """Alice's browser and the sandbox's dialog, in the words of the page; `slug` is the workspace's."""

    def __init__(self, client: FlaskClient, sandbox: Sandbox, slug: str = "aurora") -> None:
        self.client = client
        self.sandbox = sandbox
        self.slug = slug

    def press_connect(self, **fields: str) -> str:
        answer = self.client.post(f"/w/{self.slug}/authorizations", data={"platform": "instagram"} | fields)
        assert answer.status_code == 303
        return answer.headers["Location"]

    def in_dialog(self, url: str, person: str = "林小姐", **choices: object) -> str:
        """Go through the dialog; returns the path of the callback."""
        back = self.sandbox.control("login", url=url, person=person, **choices)["location"]
        parts = urlsplit(back)
        return f"{parts.path}?{parts.query}"

    def land(self, callback: str) -> str:
        """Open the callback; returns the page's path that it leads to."""
        answer = self.client.get(callback)
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def choose(self, page: str, *accounts: str) -> str:
        text = self.client.get(page).text
        keys = [key for key in _keys(text) if any(account in key for account in accounts)]
        return self.client.post(f"{page}/channels", data={"account": keys}).text

    def connect(self, *ids: str, **dialog: object) -> str:
        return self.choose(self.land(self.in_dialog(self.press_connect(), **dialog)), *ids)


def _keys(text: str) -> list[str]:
    return [part.split('"')[0] for part in text.split('name="account" value="')[1:]]
