"""Meta's official SDK works against the sandbox for every call that the console makes.

It brings a top-level package called `test` and much else, so it lives in an environment of its own under var/,
made once from requirements-sdk.txt (about 20 s with a network) and kept until that file changes.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.settings import DEFAULT_APP_ID, DEFAULT_APP_SECRET
from tests.sandbox.stand import AMING, BOOKSHOP, FLOWERS, LIN, MORNING, SHANHAI, YATING, Stand

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements-sdk.txt"
CALLS = Path(__file__).parent / "sdk" / "calls.py"


@pytest.fixture(scope="session")
def sdk_python() -> Path:
    """The Python of the SDK's environment."""
    state = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()[:16]
    place = ROOT / "var" / "sdk" / state
    python = place / "bin" / "python"
    if not (place / "complete").exists():
        shutil.rmtree(place.parent, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True, timeout=120)
        pip = [sys.executable, "-m", "pip", "--python", python, "--quiet", "--disable-pip-version-check"]
        install = ["install", "--no-compile", "--require-hashes", "-r", LOCK]
        done = subprocess.run([*pip, *install], stderr=subprocess.PIPE, text=True, timeout=300)
        if done.returncode and not os.environ.get("CI"):
            pytest.skip(f"The SDK has to be fetched once: {done.stderr.strip().splitlines()[-1]}")
        assert done.returncode == 0, done.stderr
        (place / "complete").touch()
    return python


def test_the_official_sdk_makes_every_call_of_the_console(stand: Stand, sdk_python: Path) -> None:
    user_token = stand.log_in(LIN)
    arguments = [stand.origin, DEFAULT_APP_ID, DEFAULT_APP_SECRET, user_token, MORNING, YATING]
    done = subprocess.run([sdk_python, CALLS, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["me"] == {"id": LIN, "name": "林小姐"}
    assert said["accounts"] == [MORNING, SHANHAI, AMING, BOOKSHOP, FLOWERS]
    assert said["total"] == 5
    assert said["permissions"]["instagram_manage_messages"] == "granted"
    assert said["businesses"] == ["島嶼集團"]
    assert said["page"] == {"name": "晨光咖啡", "instagram": "morninglight.coffee"}
    assert (said["debug"]["is_valid"], said["debug"]["type"], said["debug"]["profile_id"]) == (True, "PAGE", MORNING)
    assert said["subscribed"] == ["messages", "message_echoes"]
    assert said["threads"] == 3
    assert said["messages"][0] == [said["sent"]["message_id"], "官方 SDK 的問候"]
    assert (said["left"], said["owner"]) == ([], [])
    assert said["batch"] == ["晨光咖啡", 100]
    assert said["refused"] == {
        "status": 400,
        "code": 190,
        "subcode": None,
        "type": "OAuthException",
        "transient": False,
    }
