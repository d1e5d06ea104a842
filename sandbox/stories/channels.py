"""Stories about accounts: links, switches and who receives the conversations."""

from sandbox.stories.script import Story, cue, step

STORIES = (
    Story(
        "unlinked-instagram",
        ("Instagram 被解除連結", "Instagram comes unlinked"),
        (
            "有人在專頁設定裡把 {account} 解除連結，又連回去。",
            "Somebody unlinks {account} in the Page settings and links it again.",
        ),
        (
            step(
                1,
                ("{account} 和 {page} 解除連結。", "{account} is unlinked from {page}."),
                cue("switch", "instagram_unlinked"),
                look=(
                    "按「立即檢查」：Instagram 需要留意，同一個專頁的 Messenger 正常。",
                    "Check now: Instagram needs attention, Messenger of the same Page is well.",
                ),
            ),
            step(
                25,
                ("重新連結了。", "It is linked again."),
                cue("switch", "instagram_unlinked", on=False),
                look=("再檢查一次就恢復，不必重新授權。", "The next check finds it well; no new login is needed."),
            ),
            step(
                5,
                ("客人傳來訊息，確認真的通了。", "A customer writes, to be sure."),
                cue("writes", "連上了嗎？"),
                look=("訊息進來了。", "The message arrives."),
            ),
        ),
    ),
    Story(
        "message-access-off",
        ("「允許使用訊息功能」被關掉", "Message access switched off"),
        (
            "有人在手機上關掉了「允許使用訊息功能」：授權都正常，訊息卻一則都不來。",
            "Somebody switches off “Allow access to messages” on the phone: every login is good, yet nothing arrives.",
        ),
        (
            step(1, ("手機上的開關被關掉。", "The switch on the phone goes off."), cue("switch", "message_access_off")),
            step(
                4,
                ("客人連問三次，沒有人聽到。", "A customer asks three times and nobody hears it."),
                cue("writes", "哈囉？"),
                cue("writes", "有人嗎？"),
                cue("writes", "我想訂蛋糕"),
                look=(
                    "打開「收不到訊息？」：診斷說得出是哪個開關、在手機的哪裡。",
                    "Open “No messages arrive?”: the diagnosis names the switch and where it is.",
                ),
            ),
            step(
                30,
                ("開關打開了。", "The switch is on again."),
                cue("switch", "message_access_off", on=False),
                look=(
                    "檢查之後恢復，三則訊息補回來。",
                    "After a check it is well, and the three messages are fetched.",
                ),
            ),
        ),
    ),
    Story(
        "default-receiver-taken",
        ("別的應用程式搶走對話", "Another app takes the conversations"),
        (
            "另一個應用程式變成預設接收者：看得到訊息，卻回不了。",
            "Another app becomes the default receiver: messages can be read and not answered.",
        ),
        (
            step(
                1,
                (
                    "另一個應用程式成為 {page} 的預設應用程式。",
                    "Another app becomes the default application of {page}.",
                ),
                cue("switch", "other_app_default"),
            ),
            step(
                4,
                ("{customer} 傳訊息，只能旁聽。", "{customer} writes; it comes to listen only."),
                cue("writes", "請問可以客製嗎？"),
                look=(
                    "訊息看得到；回覆會失敗並說出原因。診斷指向「預設應用程式」。",
                    "The message is there; a reply fails and says why. The diagnosis names the default application.",
                ),
            ),
            step(
                25,
                ("那個應用程式把這個對話交過來。", "That app passes this one thread over."),
                cue("passes_thread"),
                look=("這個對話現在回得了。", "This conversation can be answered now."),
            ),
            step(
                20,
                ("設定改回來了。", "The setting is put right."),
                cue("switch", "other_app_default", on=False),
                look=("檢查之後不再需要留意。", "After a check nothing needs attention."),
            ),
        ),
    ),
    Story(
        "one-customer-blocks",
        ("一位客人封鎖了店家", "One customer blocks the shop"),
        (
            "只有一個對話回不了，其他都正常。",
            "One conversation cannot be answered while all others can.",
        ),
        (
            step(
                1,
                ("{customer} 傳完訊息就封鎖了店家。", "{customer} writes, then blocks the shop."),
                cue("writes", "算了，不用了"),
                cue("switch", "customer_blocked"),
                look=(
                    "回覆 {customer} 會失敗並說明；渠道仍然是綠色。",
                    "A reply to {customer} fails with the reason; the channel stays green.",
                ),
            ),
            step(
                15,
                ("另一位客人一切正常。", "For another customer all is well."),
                cue("writes", "請問有停車位嗎？", 1),
                look=("這一則可以回。", "This one can be answered."),
            ),
            step(
                20,
                ("{customer} 解除封鎖。", "{customer} unblocks the shop."),
                cue("switch", "customer_blocked", on=False),
            ),
        ),
    ),
)
