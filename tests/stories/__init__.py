"""Every story of the sandbox, played to a running console: it must show what the story says it shows."""

import pytest

pytest.register_assert_rewrite("tests.stories.claims")
