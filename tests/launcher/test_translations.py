"""The gate of the catalogues sees what a reader of Chinese would stumble over."""

from pathlib import Path

import pytest

from tools import translations

PO = """\
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

"""


@pytest.fixture
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that says two sentences, and the place of its Chinese catalogue."""
    monkeypatch.setattr(translations, "ROOT", tmp_path)
    (tmp_path / "webapp").mkdir()
    (tmp_path / "webapp" / "views.py").write_text("def view():\n    return _('Hello %(name)s', name='x')\n")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text("{% trans %}Sign in{% endtrans %}")
    file = tmp_path / "webapp" / "translations" / "zh_Hant_TW" / "LC_MESSAGES" / "messages.po"
    file.parent.mkdir(parents=True)
    return file


def entries(**said: str) -> str:
    return PO + "".join(
        f'#, python-format\nmsgid "{english.replace("_", " ")}"\nmsgstr "{chinese}"\n\n'
        if "%" in english
        else f'msgid "{english.replace("_", " ")}"\nmsgstr "{chinese}"\n\n'
        for english, chinese in said.items()
    )


HELLO = "Hello %(name)s"


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({HELLO: "%(name)s 你好", "Sign in": "登入"}, None),
        ({HELLO: "%(name)s 你好"}, "missing: 'Sign in'"),
        ({HELLO: "%(name)s 你好", "Sign in": ""}, "not translated: 'Sign in'"),
        ({HELLO: "%(nmae)s 你好", "Sign in": "登入"}, "Hello %(name)s"),
        ({HELLO: "%(name)s 你好", "Sign in": "Sign in"}, "left in English: 'Sign in'"),
        ({HELLO: "%(name)s 您好", "Sign in": "登入"}, "say 你, not 您"),
        (
            {HELLO: "%(name)s 你好", "Sign in": "登入", "Sign out": "登出"},
            "nobody says this any more",
        ),
    ],
)
def test_the_check_names_what_is_wrong_and_passes_what_is_complete(
    catalogue: Path, capsys: pytest.CaptureFixture[str], said: dict[str, str], complaint: str | None
) -> None:
    catalogue.write_text(entries(**said))
    assert translations.check() == (1 if complaint else 0)
    assert (complaint or "complete") in capsys.readouterr().out


def test_an_update_adds_the_new_keeps_the_translated_and_drops_the_unsaid(
    catalogue: Path,
) -> None:
    catalogue.write_text(entries(**{"Sign in": "登入", "Sign out": "登出"}))
    translations.update()
    text = catalogue.read_text()
    assert HELLO in text
    assert "登入" in text
    assert "登出" not in text


def test_a_compiled_catalogue_is_the_one_that_is_read(catalogue: Path) -> None:
    catalogue.write_text(entries(**{"Sign in": "登入"}))
    translations.compile_all()
    assert "登入".encode() in catalogue.with_suffix(".mo").read_bytes()
