"""The list of protections that tests must notice stays in step with the code."""

import pytest

from tools.protections import ROOT, Protection, protections


@pytest.mark.parametrize("one", protections(), ids=lambda one: one.name)
def test_a_listed_protection_stands_where_the_list_says(one: Protection) -> None:
    assert (ROOT / one.file).read_text().count(one.old) == 1
    assert all((ROOT / path).exists() for path in one.tests)
