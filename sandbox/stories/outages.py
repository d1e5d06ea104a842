"""Stories about Meta's own bad days: nobody may be marked, nobody may be mailed."""

from sandbox.stories.script import Story, cue, step

NOBODY = (
    "沒有任何渠道失效，店家不會收到信，只有維運人員收到一封通知；橫幅說明是 Meta 的問題。",
    "No channel is lost and no shop gets a mail, only the operator one notice; a banner says that Meta is in trouble.",
)

STORIES = (
    Story(
        "meta-outage-at-noon",
        ("中午 Meta 大當機", "Meta is down at noon"),
        (
            "最忙的時候，Graph API 全部回錯誤。",
            "At the busiest hour every Graph call fails.",
        ),
        (
            step(
                1,
                ("Graph API 全部回覆錯誤代碼 2。", "Every Graph call answers with code 2."),
                cue("fault", "outage"),
                look=NOBODY,
            ),
            step(
                5,
                ("客人的訊息還是送得到。", "Customers' messages still arrive."),
                cue("writes", "你們的系統還好嗎？"),
                look=(
                    "收得到；回覆會稍後再試，不會說是授權的問題。",
                    "They arrive; a reply is tried later and does not blame the login.",
                ),
            ),
            step(
                30,
                ("換成整頁的 503。", "Now whole pages of 503."),
                cue("fault", "outage", on=False),
                cue("fault", "unavailable"),
                look=NOBODY,
            ),
            step(
                30,
                ("Meta 恢復了。", "Meta is back."),
                cue("fault", "unavailable", on=False),
                look=("下一次檢查通過，橫幅自己消失。", "The next check passes and the banner goes away by itself."),
            ),
        ),
    ),
    Story(
        "slow-morning",
        ("慢吞吞的早晨", "A slow morning"),
        (
            "Meta 每個回應都慢，最後乾脆卡住。",
            "Every answer of Meta is slow, and then they hang.",
        ),
        (
            step(
                1,
                ("每個回應慢 4 秒。", "Every answer takes 4 seconds."),
                cue("fault", "slow", seconds=4.0),
                look=("頁面不會卡住；檢查比較久，但會完成。", "Pages stay quick; checks take longer and finish."),
            ),
            step(
                30,
                ("只剩 {page} 的對話查詢卡住。", "Now only asking for the conversations of {page} hangs."),
                cue("fault", "slow", on=False),
                cue("fault", "hang", endpoint="{page}/conversations"),
                look=(
                    "算是暫時錯誤，狀態不變；其他專頁照常檢查。",
                    "A temporary error: no state changes, other Pages are checked as usual.",
                ),
            ),
            step(
                40,
                ("恢復正常。", "Back to normal."),
                cue("fault", "hang", on=False, endpoint="{page}/conversations"),
                look=("檢查回到正常速度。", "Checks are quick again."),
            ),
        ),
    ),
    Story(
        "rate-limited-afternoon",
        ("用量超過上限", "Over the limit"),
        (
            "Meta 說呼叫太多次，要等一等。",
            "Meta says there were too many calls and to wait.",
        ),
        (
            step(
                1,
                ("每個請求都回「超過用量」。", "Every call answers that the limit is reached."),
                cue("fault", "rate_limited"),
                look=("檢查暫停，不會一直打；沒有人失效。", "Checks pause instead of hammering on; nobody is lost."),
            ),
            step(
                40,
                ("用量恢復。", "The limit is over."),
                cue("fault", "rate_limited", on=False),
                look=("檢查自己接著做完。", "Checks go on by themselves."),
            ),
        ),
    ),
    Story(
        "answers-get-lost",
        ("送出去了，回應不見", "Sent, and the answer gets lost"),
        (
            "回覆其實送達了，但 Meta 的回應沒有回來。",
            "A reply reaches the customer, but Meta's answer never comes back.",
        ),
        (
            step(
                1,
                ("接下來回覆的回應都會遺失。", "From now on answers to replies get lost."),
                cue("writes", "可以幫我留一份嗎？"),
                cue("fault", "lost_answer", endpoint="*/messages"),
                look=(
                    "現在回覆 {customer}：先顯示不確定，回音到了就更正，客人只收到一次。",
                    "Answer {customer} now: first uncertain, then settled by the echo; the customer gets it once.",
                ),
            ),
            step(
                40,
                ("連線恢復。", "The line is good again."),
                cue("fault", "lost_answer", on=False, endpoint="*/messages"),
            ),
            step(1, ("結束。", "That was it.")),
        ),
    ),
)
