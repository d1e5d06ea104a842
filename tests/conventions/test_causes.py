"""Each cause says what is wrong and what to do now, in words of its own, in both languages."""

from pathlib import Path

import pytest
from flask import Flask
from flask_babel import force_locale

from webapp.channels.remedies import Remedy, remedy
from webapp.meta.errors import Cause

FOLDER = Path(__file__).resolve().parents[2] / "templates" / "channels" / "causes"
LOCALES = pytest.mark.parametrize("locale", ["en", "zh_Hant_TW"])
REAUTHORISE = ("“Reauthorise”", "reauthorise", "Reauthorise", "重新授權")
BUTTONS = (*REAUTHORISE, "Check now", "立即檢查", "“Disconnect”", "「不連接」")


def said(app: Flask, locale: str, macro: str, *values: object) -> str:
    source = f'{{% from "channels/causes.html" import {macro} %}}{{{{ {macro}(*values) }}}}'
    with app.app_context(), force_locale(locale):
        return app.jinja_env.from_string(source).render(values=values).strip()


def test_there_is_one_file_a_cause_and_no_other() -> None:
    assert sorted(path.stem for path in FOLDER.iterdir()) == sorted(Cause)


@LOCALES
@pytest.mark.parametrize("macro", ["cause_title", "cause_advice", "cause_steps"])
def test_no_two_causes_say_the_same(built_app: Flask, locale: str, macro: str) -> None:
    values = () if macro == "cause_title" else ("林小姐",)
    sentences = [said(built_app, locale, macro, cause, *values) for cause in Cause]
    assert all(len(one) > 3 for one in sentences)
    assert len(set(sentences)) == len(Cause)


@LOCALES
def test_whoever_may_not_repair_is_told_of_no_button(built_app: Flask, locale: str) -> None:
    for cause in Cause:
        sentence = said(built_app, locale, "cause_next", cause, "林小姐", False, ["Alice", "Carol"])
        assert [word for word in BUTTONS if word in sentence] == [], cause
        assert remedy(cause) is Remedy.WAIT or "Alice" in sentence, cause


@LOCALES
def test_whoever_may_repair_reads_the_advice(built_app: Flask, locale: str) -> None:
    for cause in Cause:
        advice = said(built_app, locale, "cause_advice", cause, "林小姐")
        assert said(built_app, locale, "cause_next", cause, "林小姐", True, ["Alice"]) == advice
        assert said(built_app, locale, "cause_steps", cause, "林小姐").count("<li>") >= 2, cause


@LOCALES
def test_advice_names_signing_in_again_only_where_it_helps(built_app: Flask, locale: str) -> None:
    for cause in Cause:
        advice = said(built_app, locale, "cause_advice", cause, "林小姐")
        names_it = any(word in advice for word in REAUTHORISE)
        if remedy(cause) in (Remedy.CHECK, Remedy.WAIT):
            assert not names_it, cause
        elif remedy(cause) is Remedy.REAUTHORISE:
            assert names_it, cause


@LOCALES
@pytest.mark.parametrize(
    ("cause", "where"),
    [
        ("security_check", "facebook.com"),
        ("role_lost", ("an admin of the Page", "專頁管理員")),
        ("app_fault", ("operators", "維運")),
    ],
)
def test_what_must_be_done_elsewhere_comes_first(
    built_app: Flask, locale: str, cause: str, where: str | tuple[str, str]
) -> None:
    advice = said(built_app, locale, "cause_advice", cause, "林小姐")
    expected = where if isinstance(where, str) else where[locale != "en"]
    assert expected in advice


def test_a_cause_that_is_not_known_is_spoken_of_all_the_same(built_app: Flask) -> None:
    assert "without naming the reason" in said(built_app, "en", "cause_title", None)
