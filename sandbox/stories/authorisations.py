"""Stories about people and their logins."""

from sandbox.stories.script import Story, cue, step

LOST = (
    "按「立即檢查」，或等一小時內的自動檢查：{account} 變成「串接失效」，信箱只有一封信。",
    "Press Check now, or wait for the hourly one: {account} turns to “Connection lost”, with one mail in the mailbox.",
)
AGAIN = (
    "用「重新授權」修好它：漏掉的訊息會自己補回來，順序正確，沒有重複。",
    "Mend it with Reauthorise: the missed messages come back by themselves, in order and once.",
)

STORIES = (
    Story(
        "two-factor-night",
        ("深夜開啟雙重驗證", "Two-factor at night"),
        (
            "{person} 睡前開了雙重驗證，客人卻還在問。",
            "{person} turns on two-factor before bed, while customers keep asking.",
        ),
        (
            step(
                1,
                ("晚上的客人：「明天幾點開門？」", "A customer at night: “When do you open tomorrow?”"),
                cue("writes", "明天幾點開門？"),
                look=("訊息進到對話。", "The message is in Conversations."),
            ),
            step(
                6,
                (
                    "{person} 開啟雙重驗證，Facebook 讓所有登入失效。",
                    "{person} turns on two-factor; Facebook ends every session.",
                ),
                cue("switch", "two_factor"),
                look=LOST,
            ),
            step(
                15,
                ("又有兩位客人來問。", "Two more customers ask."),
                cue("crowd", "text", ("可以訂位嗎？", "有素食嗎？"), 2),
                look=(
                    "訊息照樣收下；輸入框說明：現在寫的回覆，會等串接恢復後再送出。",
                    "They are stored all the same; the composer says that a reply written now waits for the repair.",
                ),
            ),
            step(20, ("天亮了。", "Morning comes."), look=AGAIN),
        ),
    ),
    Story(
        "password-changed-everyone",
        ("大家一起改密碼", "Everybody changes the password"),
        (
            "公司要求全員改密碼，每個人授權的帳號都斷了。",
            "The company makes everybody change passwords; every login breaks.",
        ),
        (
            step(
                1,
                ("每個授權過的人都改了 Facebook 密碼。", "Everybody who authorised changes their Facebook password."),
                cue("everyone", "password_changed"),
                look=(
                    "檢查之後：每個渠道都標成失效，同一個團隊只收到一封信，信裡列出全部帳號。",
                    "After the check: every channel is lost, and a workspace gets one mail that names them all.",
                ),
            ),
            step(
                25,
                ("客人不知道，照樣傳訊息。", "Customers do not know and keep writing."),
                cue("crowd", "text", ("請問還有貨嗎？",), 3),
                look=(
                    "重新授權一次，同一位使用者的渠道一起恢復。",
                    "Reauthorise once: all channels of the same Facebook user come back together.",
                ),
            ),
        ),
    ),
    Story(
        "page-unticked-by-second-login",
        ("第二次登入少勾了一個專頁", "A second login leaves a Page out"),
        (
            "{person} 幫別的服務登入，這次沒有勾選 {page}。",
            "{person} logs in again for something else and leaves {page} unticked.",
        ),
        (
            step(
                1,
                (
                    "{person} 再次登入，{page} 沒有勾選。新的授權取代舊的。",
                    "{person} logs in again without {page}. The new grant replaces the old one.",
                ),
                cue("logs_in_without_the_page"),
                look=(
                    "{account} 失效，原因是專頁沒有勾選，並提供「編輯設定」。",
                    "{account} is lost because the Page was unticked, and “Edit settings” is offered.",
                ),
            ),
            step(
                20,
                ("客人的訊息從此不再通知。", "From now on nobody is told of messages."),
                cue("writes", "在嗎？我昨天下的單"),
                look=("重新勾選之後，這則訊息會補回來。", "Tick the Page again and this message is fetched."),
            ),
        ),
    ),
    Story(
        "security-check",
        ("Facebook 要求安全檢查", "Facebook asks for a security check"),
        (
            "{person} 的帳號被要求安全檢查，還沒完成之前怎麼授權都沒用。",
            "The account of {person} has to pass a security check; before that no login helps.",
        ),
        (
            step(
                1,
                ("Facebook 覺得 {person} 的帳號有異常。", "Facebook finds the account of {person} suspicious."),
                cue("switch", "security_check"),
                look=(
                    "檢查之後：失效，並請本人先到 facebook.com。現在按「重新授權」會被擋下，而且說得出原因。",
                    "After the check: lost, facebook.com comes first. Reauthorise now is turned away, and says why.",
                ),
            ),
            step(
                40,
                ("{person} 在 facebook.com 完成檢查。", "{person} clears the check on facebook.com."),
                cue("switch", "security_check", on=False),
                look=(
                    "再按「立即檢查」：不必重新授權就恢復，事件自己關閉。",
                    "Check now again: it works without a new login, and the incident closes by itself.",
                ),
            ),
        ),
    ),
    Story(
        "app-removed-by-mistake",
        ("手滑移除應用程式", "The app removed by mistake"),
        (
            "{person} 清理 Facebook 設定時，把應用程式移除了。",
            "{person} tidies up Facebook's settings and removes the app.",
        ),
        (
            step(
                1,
                (
                    "{person} 移除應用程式，Facebook 立刻通知控制台。",
                    "{person} removes the app; Facebook calls the console at once.",
                ),
                cue("switch", "app_removed"),
                look=("不必等檢查就變成失效；只有一封信。", "Lost without waiting for a check; one mail only."),
            ),
            step(20, ("客人繼續傳訊息。", "Customers keep writing."), cue("writes", "請問可以改地址嗎？"), look=AGAIN),
        ),
    ),
)
