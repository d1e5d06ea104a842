"""Stylesheets and scripts are kept by the browser, and never longer than they are true."""

import re
import shutil
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config import Config
from webapp.app import create_app
from webapp.web import assets

# What a page names itself; modules name each other.
NAMED = re.compile(r'(?:href|src)="(/static/[^"#]+)"')
IMPORTED = re.compile(r'^import .*?"\./([\w.]+)";$', re.MULTILINE)


def named(client: FlaskClient) -> list[str]:
    found = NAMED.findall(client.get("/sign-in").text)
    assert len(found) >= 4, "a stylesheet, two scripts, an icon"
    return sorted(set(found))


def modules(client: FlaskClient, address: str) -> set[str]:
    """The script's address and those of all it imports."""
    folder = address.rpartition("/")[0]
    with client.get(address) as answer:
        imported = {f"{folder}/{name}" for name in IMPORTED.findall(answer.text)}
    return {address}.union(*(modules(client, one) for one in imported))


def test_what_a_page_is_made_of_is_asked_for_once(client: FlaskClient) -> None:
    addresses = set(named(client))
    for script in [one for one in addresses if "/js/" in one]:
        addresses |= modules(client, script)
    assert len(addresses) > 15
    for address in addresses:
        with client.get(address) as answer:
            assert answer.status_code == 200, address
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable", address
            assert not {"Set-Cookie", "Vary"} & set(answer.headers.keys()), address


def test_a_page_of_another_version_gets_what_is_here_and_does_not_keep_it(client: FlaskClient) -> None:
    for address in named(client):
        with client.get(re.sub(r"^/static/\w+/", "/static/0123456789/", address)) as answer:
            assert answer.status_code == 200, address
            assert answer.headers["Cache-Control"] == "no-cache", address


@pytest.mark.parametrize("name", ["nothing.css", "../config.py", "css/../../config.py", "%2e%2e/config.py"])
def test_only_what_is_in_the_folder_is_given_out(client: FlaskClient, name: str) -> None:
    version = named(client)[0].split("/")[2]
    answer = client.get(f"/static/{version}/{name}")
    assert answer.status_code == 404
    assert not answer.cache_control.immutable, "what is missing may come"


def test_every_stylesheet_is_among_those_that_a_page_gets_and_in_their_order(client: FlaskClient) -> None:
    assert {Path(name).name for name in assets.SHEETS[1:]} == {one.name for one in (assets.FOLDER / "css").glob("*")}
    whole = client.get(next(one for one in named(client) if one.endswith(".css")))
    assert whole.mimetype == "text/css"
    places = [whole.text.index((assets.FOLDER / name).read_text()) for name in assets.SHEETS]
    assert places == sorted(places)


def test_a_file_that_changed_has_another_address(
    app: Flask, config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = assets.address(app, "js/app.js")
    shutil.copytree(assets.FOLDER, tmp_path, dirs_exist_ok=True)
    monkeypatch.setattr(assets, "FOLDER", tmp_path)
    assert assets.address(create_app(config), "js/app.js") == before
    running = create_app(config)
    (tmp_path / "js" / "dom.js").write_text("// another one")
    address = assets.address(create_app(config), "js/dom.js")
    assert address != assets.address(running, "js/dom.js")
    # Under the address before nobody keeps what stands under the new one.
    kept = running.test_client().get(assets.address(running, "js/dom.js"))
    assert "another one" not in kept.text
