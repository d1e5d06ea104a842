"""What the console shows after each step of each story, in the order of the steps: its own words, held to it."""

from collections.abc import Callable

import pytest

from tests.causes.world import PAGE
from tests.stories.house import MORNING, SHANHAI, House

Claim = Callable[[House], None]

EVERYBODY = (MORNING, PAGE, SHANHAI)
YATING, KEVIN, HAO = "張雅婷", "Kevin Wu", "許志豪"
WELL = ("connected", "")
BANNER = "Facebook does not answer at the moment"


def nothing(house: House) -> None:
    """The step claims nothing yet."""


def each(*claims: Claim) -> Claim:
    def claim(house: House) -> None:
        for one in claims:
            one(house)

    return claim


def found(cause: str, *accounts: str, status: str = "lost") -> Claim:
    """The next hourly check finds these, and only these; Alice and Carol get one mail each, whatever comes after."""

    def claim(house: House) -> None:
        house.an_hour_passes()
        house.an_hour_passes()
        expected = {one: (status, cause) if one in accounts else WELL for one in EVERYBODY}
        assert {one: house.status(one) for one in EVERYBODY} == expected
        assert _readers(house) == ["alice@example.com", "carol@example.com"]
        count = str(len(accounts)) if len(accounts) > 1 else ""
        assert all("@morninglight.coffee" in mail and count in mail for mail in house.mails())

    return claim


def _readers(house: House) -> list[str]:
    return [one.split(":")[0] for one in house.mails()]


def shows(page: str, *words: str) -> Claim:
    def claim(house: House) -> None:
        text = house.page(page)
        assert [one for one in words if one not in text] == []

    return claim


def thread_shows(customer: str, *words: str) -> Claim:
    def claim(house: House) -> None:
        text = house.thread(customer)
        assert [one for one in words if one not in text] == []

    return claim


def wrote(customer: str, *texts: str) -> Claim:
    def claim(house: House) -> None:
        assert house.texts(customer) == list(texts)

    return claim


def silent(house: House) -> None:
    assert not any(house.has(one) for one in (YATING, KEVIN, HAO))


def reauthorised(house: House) -> None:
    house.reauthorise()
    assert [house.status(one) for one in EVERYBODY] == [WELL] * 3


def well(house: House) -> None:
    """The next check finds nothing amiss."""
    house.an_hour_passes()
    assert [house.status(one) for one in EVERYBODY] == [WELL] * 3


def checked(*accounts: str) -> Claim:
    def claim(house: House) -> None:
        well(house)
        assert house.all_checked() == set(accounts)

    return claim


def no_shop_is_told(house: House) -> None:
    for _ in range(2):
        well(house)
    assert BANNER in house.page("conversations")
    assert [mail for mail in house.mails() if "Meta" not in mail] == []
    assert _readers(house) == ["alice@example.com"], "the operator"


def no_banner(house: House) -> None:
    assert BANNER not in house.page("conversations")


def turned_away(house: House) -> None:
    with pytest.raises(AssertionError, match="security_check"):
        house.world.story.in_dialog(house.dialog())


def told_at_once(house: House) -> None:
    """Without any check: Facebook has called. The mail waits for those that its call about permissions asks for."""
    assert {house.status(one) for one in EVERYBODY} == {("lost", "app_removed")}
    house.tick("scheduler.sweep")
    house.tell()
    assert _readers(house) == ["alice@example.com", "carol@example.com"]


def attention_until_linked(house: House) -> None:
    house.check_now()
    assert (house.status(), house.status(PAGE)) == (("attention", "instagram_unlinked"), WELL)


def checked_well(house: House) -> None:
    house.check_now()
    assert house.status() == WELL


def diagnosed(*words: str) -> Claim:
    def claim(house: House) -> None:
        text = house.diagnose()
        assert [one for one in words if one not in text] == []

    return claim


def answers(customer: str, text: str, *words: str) -> Claim:
    def claim(house: House) -> None:
        house.reply(customer, text)
        house.arrive()
        thread_shows(customer, text, *words)(house)

    return claim


def two_minutes_earlier(house: House) -> None:
    """What customers write next was written two minutes ago."""
    house.world.sandbox.control("clock", advance=-120)


def lost_on_the_way(house: House) -> None:
    house.world.sandbox.control("clock", advance=120)
    silent(house)
    diagnosed("Newest message at Meta and here", "that never reached us")(house)
    house.start_live_test()


def ticked(house: House) -> None:
    assert "It arrived after" in house.live_test()


def paused(house: House) -> None:
    well(house)
    meta = house.world.app.extensions["meta"]
    asked = meta.requests_sent
    house.tick("scheduler.sweep")
    assert meta.requests_sent == asked
    assert house.mails() == []


def settled_by_the_echo(house: House) -> None:
    house.reply(YATING, "幫你留了")
    thread_shows(YATING, "this may or may not have arrived")(house)
    house.arrive()
    assert "may or may not" not in house.thread(YATING)
    assert house.at_meta("幫你留了") == 1


def unread(*rows: tuple[str, int]) -> Claim:
    def claim(house: House) -> None:
        text = house.page("conversations")
        assert [row for row in rows if f"{row[1]} unread messages" not in text.split(row[0], 1)[1][:200]] == []

    return claim


CLAIMS: dict[str, tuple[Claim, ...]] = {
    "two-factor-night": (
        wrote(YATING, "明天幾點開門？"),
        found("password_changed", *EVERYBODY),
        each(wrote(KEVIN, "有素食嗎？"), thread_shows(YATING, "可以訂位嗎？", "what you write now waits")),
        each(reauthorised, wrote(YATING, "明天幾點開門？", "可以訂位嗎？"), wrote(KEVIN, "有素食嗎？")),
    ),
    "password-changed-everyone": (
        found("password_changed", *EVERYBODY),
        each(wrote(HAO, "請問還有貨嗎？"), reauthorised),
    ),
    "page-unticked-by-second-login": (
        each(found("page_unticked", MORNING, PAGE), shows("social-channels", "left this Page out", "“Edit settings”")),
        each(silent, reauthorised, wrote(YATING, "在嗎？我昨天下的單")),
    ),
    "security-check": (
        each(found("security_check", *EVERYBODY), shows("social-channels", "First open facebook.com"), turned_away),
        each(well, shows("social-channels", "3 accounts work")),
    ),
    "app-removed-by-mistake": (
        told_at_once,
        each(reauthorised, wrote(YATING, "請問可以改地址嗎？")),
    ),
    "unlinked-instagram": (attention_until_linked, checked_well, wrote(YATING, "連上了嗎？")),
    "message-access-off": (
        nothing,
        each(silent, diagnosed("“Allow access to messages” is switched off", "Connected tools")),
        each(checked_well, wrote(YATING, "哈囉？", "有人嗎？", "我想訂蛋糕")),
    ),
    "default-receiver-taken": (
        nothing,
        each(
            wrote(YATING, "請問可以客製嗎？"),
            answers(YATING, "可以", "another app is in charge of this conversation"),
            diagnosed("Conversation routing › Default application"),
        ),
        answers(YATING, "當然可以", "Sent"),
        well,
    ),
    "one-customer-blocks": (
        each(answers(YATING, "好的", "They may have blocked you"), well),
        answers(KEVIN, "有的", "Sent"),
        nothing,
    ),
    "story-mention-rush": (
        thread_shows(YATING, "Mentioned you in a story", "Open it", "You can reply until"),
        each(
            thread_shows(YATING, "在哪裡買得到？"),
            thread_shows(KEVIN, "我要三個", "edited"),
            thread_shows(HAO, "This message was taken back"),
        ),
        unread((YATING, 10), (KEVIN, 10), (HAO, 10)),
    ),
    "duplicated-and-shuffled": (
        nothing,
        wrote(YATING, *(f"第 {number} 則" for number in range(1, 9))),
        nothing,
    ),
    "silent-afternoon": (two_minutes_earlier, lost_on_the_way, ticked),
    "forged-letters": (
        each(silent, diagnosed("A delivery with a wrong signature was refused")),
        wrote(YATING, "你好，請問有開嗎？"),
    ),
    "meta-outage-at-noon": (
        no_shop_is_told,
        each(wrote(YATING, "你們的系統還好嗎？"), answers(YATING, "都好", "Sending")),
        no_shop_is_told,
        each(well, no_banner),
    ),
    "slow-morning": (checked(*EVERYBODY), checked(SHANHAI), checked(*EVERYBODY)),
    "rate-limited-afternoon": (paused, checked(*EVERYBODY)),
    "answers-get-lost": (settled_by_the_echo, nothing, nothing),
}
