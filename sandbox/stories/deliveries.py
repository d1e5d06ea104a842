"""Stories about messages and how they travel."""

from sandbox.stories.script import Story, cue, step

ASKING = ("請問今天有開嗎？", "可以外帶嗎？", "有幾號的？", "可以刷卡嗎？", "幾點打烊？")

STORIES = (
    Story(
        "story-mention-rush",
        ("限動提及大爆發", "A rush of story mentions"),
        (
            "活動一上線，大家都在限時動態提及 {account}。",
            "A campaign starts and everybody mentions {account} in a story.",
        ),
        (
            step(
                1,
                ("第一波：十二則限動提及。", "First wave: twelve story mentions."),
                cue("crowd", "story_mention", ("",), 12),
                look=(
                    "每一則都打開回覆視窗，也能點開限時動態。",
                    "Each opens the reply window and leads to the story.",
                ),
            ),
            step(
                6,
                (
                    "有人回覆店家的限動、按愛心、改了字、又收回。",
                    "Some reply to the shop's story, react, edit, and unsend.",
                ),
                cue("does", "story_reply", "在哪裡買得到？"),
                cue("does", "reaction", "love"),
                cue("writes", "我要兩個", 1),
                cue("does", "edit", "我要三個", 1),
                cue("writes", "打錯了", 2),
                cue("does", "unsend", "", 2),
                look=(
                    "改過的顯示新內容，收回的只剩一行說明。",
                    "Edits show the new words; the unsent one leaves a line that says so.",
                ),
            ),
            step(
                6,
                ("第二波：三十則訊息。", "Second wave: thirty messages."),
                cue("crowd", "text", ASKING, 30),
                look=("清單不會跳來跳去，未讀數正確。", "The list stays calm and the counts are right."),
            ),
        ),
    ),
    Story(
        "duplicated-and-shuffled",
        ("重複又亂序", "Duplicated and shuffled"),
        (
            "Meta 每則送三次，而且順序亂掉、還晚到。",
            "Meta delivers each message three times, in another order, and late.",
        ),
        (
            step(
                1,
                ("打開「送三次」和「順序打亂」。", "Three times each and shuffled are switched on."),
                cue("fault", "webhook_duplicated"),
                cue("fault", "webhook_shuffled"),
            ),
            step(
                1,
                ("客人連傳八則，從 1 到 8。", "A customer sends eight messages, 1 to 8."),
                *(cue("writes", f"第 {number} 則") for number in range(1, 9)),
                look=("對話裡剛好八則，由 1 到 8。", "The thread has exactly eight, from 1 to 8."),
            ),
            step(
                12,
                ("送法恢復正常。", "Deliveries are normal again."),
                cue("fault", "webhook_duplicated", on=False),
                cue("fault", "webhook_shuffled", on=False),
            ),
        ),
    ),
    Story(
        "silent-afternoon",
        ("安靜得不尋常的下午", "An unusually quiet afternoon"),
        (
            "授權正常、訂閱正常，但 Meta 一則訊息都沒送來。",
            "Every login and subscription is good, but Meta delivers nothing.",
        ),
        (
            step(1, ("Meta 的訊息在路上遺失。", "Meta's deliveries get lost."), cue("fault", "webhook_lost")),
            step(
                3,
                ("三位客人來問。", "Three customers ask."),
                cue("crowd", "text", ASKING, 3),
                look=(
                    "等一分鐘再打開「收不到訊息？」：它會比對 Meta 和這裡最新的訊息，發現少了。",
                    "After a minute open “No messages arrive?”: it compares the newest at Meta with the newest here.",
                ),
            ),
            step(
                90,
                ("恢復正常，再來一則。", "All is well again; one more arrives."),
                cue("fault", "webhook_lost", on=False),
                cue("writes", "終於通了嗎？"),
                look=("即時測試會打勾，並顯示花了幾秒。", "The live test ticks and shows how long it took."),
            ),
        ),
    ),
    Story(
        "forged-letters",
        ("有人冒名送訊息", "Somebody forges deliveries"),
        (
            "有人把假訊息送到 webhook，簽章不對。",
            "Somebody posts false messages to the webhook, with a wrong signature.",
        ),
        (
            step(
                1,
                ("三則簽章錯誤的訊息。", "Three messages with a wrong signature."),
                cue("fault", "webhook_forged"),
                cue("crowd", "text", ("匯款到這個帳號",), 3),
                look=(
                    "一則都不會出現；診斷看得到簽章失敗。",
                    "None appears; the diagnosis shows the failed signature.",
                ),
            ),
            step(
                10,
                ("真的客人來了。", "A real customer comes."),
                cue("fault", "webhook_forged", on=False),
                cue("writes", "你好，請問有開嗎？"),
                look=("這一則正常出現。", "This one appears."),
            ),
        ),
    ),
)
