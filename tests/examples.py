"""How many made-up examples a rule is held to: few each time, many before a release (`EXAMPLES=thorough`)."""

import os
from typing import Any

from hypothesis import settings

IS_THOROUGH = os.environ.get("EXAMPLES") == "thorough"


def examples(few: int, thorough: int, **more: Any) -> settings:
    """As a decorator. No deadline: machines that run tests are busy."""
    return settings(max_examples=thorough if IS_THOROUGH else few, deadline=None, **more)
