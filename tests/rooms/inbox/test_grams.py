"""What the search finds in a text, and what it marks."""

import pytest

from webapp.inbox.grams import Wanted, numbers

SPACE = "1/messages"


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("茶", "想喝茶"),
        ("咖啡", "請問有賣咖啡豆嗎"),
        ("咖啡豆", "請問有賣咖啡豆嗎"),
        ("𠮷野家", "我在𠮷野家門口"),
        ("COFFEE", "one coffee please"),
        ("coff", "Coffee"),
        ("offe", "Coffee"),
        ("o", "one"),
        ("ok吧", "那就OK吧"),
        ("iphone15", "我的iPhone15壞了"),
        ("ＡＢＣ", "abc"),
        ("cafe\u0301", "Café"),
        ("☕", "早安☕️"),
        ("👍🏽", "讚👍🏽"),
        ("豆 買", "我想買咖啡豆"),
        ("مرحبا", "قال مرحبا بكم"),
        ("カフェ", "渋谷のｶﾌｪ"),
        ("a@b.tw", "mail: A@B.tw"),
        ("straße", "STRASSE 5"),
        ("0912-345", "電話0912-345-678"),
    ],
)
def test_a_text_is_found_and_its_index_entry_proposes_it(query: str, text: str) -> None:
    wanted = Wanted.parse(query)
    assert wanted.finds(text)
    assert wanted.numbers(SPACE)
    assert wanted.numbers(SPACE) <= numbers(SPACE, text)


@pytest.mark.parametrize(
    ("query", "text"),
    [("豆咖", "咖啡豆"), ("咖豆", "咖啡豆"), ("tea", "te a"), ("n", "one"), ("ne", "one"), ("豆 賣", "我想買咖啡豆")],
)
def test_what_a_text_does_not_say_is_not_found(query: str, text: str) -> None:
    assert not Wanted.parse(query).finds(text)


@pytest.mark.parametrize("query", ["", "   ", "?!", "。。", "\u200d", "-- ."])
def test_signs_alone_are_nothing_to_look_for(query: str) -> None:
    assert Wanted.parse(query).terms == ()


def test_workspaces_have_no_gram_in_common() -> None:
    assert not numbers("1/messages", "請問有賣咖啡豆嗎 coffee") & numbers("2/messages", "請問有賣咖啡豆嗎 coffee")


def test_finds_are_marked_in_the_text_as_it_was_written() -> None:
    assert Wanted.parse("strasse 豆").pieces("Straße 5，咖啡豆") == [
        ("Straße", True),
        (" 5，咖啡", False),
        ("豆", True),
    ]


def test_a_long_text_is_shown_from_shortly_before_the_first_find() -> None:
    pieces = Wanted.parse("豆").pieces("一" * 300 + "豆腐", 10)
    assert pieces == [("…", False), ("一" * 10, False), ("豆", True), ("腐", False)]


def test_no_text_is_too_odd() -> None:
    for text in ("", "\x00", "\ud800", "e" + "\u0301" * 50, "👩‍👩‍👧‍👦", "a" * 100_000):
        assert isinstance(Wanted.parse("家").pieces(text), list)
        assert len(numbers(SPACE, text)) < 20_000
