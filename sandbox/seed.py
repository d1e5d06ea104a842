"""The people, Pages, accounts and conversations that every sandbox starts with. Ids never change."""

from sandbox import talk
from sandbox.model import (
    EDITOR_ROLE,
    FULL_ROLE,
    INSTAGRAM,
    MESSENGER,
    AppSubscription,
    Business,
    Customer,
    InstagramAccount,
    Page,
    Person,
)
from sandbox.settings import Settings
from sandbox.state import State
from sandbox.subscription_fields import INSTAGRAM_DEFAULT, PAGE_DEFAULT, PERMISSION_FIELDS

LIN = "10158249017483553"
CHEN = "10160044556677881"
WANG = "10159933221144770"

MORNING_PAGE = "102938475610293"
SHANHAI_PAGE = "104756382910475"
AMING_PAGE = "107364528190736"
BOOKSHOP_PAGE = "109182736450918"
FLOWERS_PAGE = "111847362950184"
TEA_PAGE = "113765849201376"

MORNING_INSTAGRAM = "17841405822301001"
SHANHAI_INSTAGRAM = "17841408833402002"
AMING_INSTAGRAM = "17841411844503003"
FLOWERS_INSTAGRAM = "17841414855604004"
TEA_INSTAGRAM = "17841417866705005"

ISLAND_BUSINESS = "207364518273645"

_PEOPLE = (
    Person(LIN, "林小姐", "Ms Lin", "lin@example.com"),
    Person(CHEN, "陳先生", "Mr Chen", "chen@example.com"),
    Person(WANG, "王編輯", "Editor Wang", "wang@example.com"),
)

_INSTAGRAM = (
    InstagramAccount(MORNING_INSTAGRAM, "morninglight.coffee", "晨光咖啡", "business", 8421),
    InstagramAccount(SHANHAI_INSTAGRAM, "shanhai.select", "山海選物", "business", 23150),
    InstagramAccount(AMING_INSTAGRAM, "aming.photo", "阿明攝影", "creator", 51804),
    InstagramAccount(FLOWERS_INSTAGRAM, "hanami.flora", "花見花店", "business", 1290),
    InstagramAccount(TEA_INSTAGRAM, "island.teahouse", "島嶼茶行", "business", 4077),
)

_ALONE = {LIN: FULL_ROLE}
_BOTH = {LIN: FULL_ROLE, CHEN: FULL_ROLE}
_EDITED = {LIN: FULL_ROLE, WANG: EDITOR_ROLE}

# id, names, category, roles, then the Instagram account linked for business and the one connected in settings
_PAGES: tuple[tuple[str, str, str, str, dict[str, list[str]], str | None, str | None], ...] = (
    (MORNING_PAGE, "晨光咖啡", "Morning Light Coffee", "Coffee shop", _BOTH, MORNING_INSTAGRAM, MORNING_INSTAGRAM),
    (SHANHAI_PAGE, "山海選物", "Shanhai Select", "Gift shop", _EDITED, SHANHAI_INSTAGRAM, SHANHAI_INSTAGRAM),
    (AMING_PAGE, "阿明攝影", "Aming Photo", "Photographer", _BOTH, AMING_INSTAGRAM, AMING_INSTAGRAM),
    (BOOKSHOP_PAGE, "巷口書店", "Corner Books", "Bookshop", _EDITED, None, None),
    (FLOWERS_PAGE, "花見花店", "Hanami Flowers", "Florist", _ALONE, None, FLOWERS_INSTAGRAM),
    (TEA_PAGE, "島嶼茶行", "Island Teahouse", "Tea room", _ALONE, TEA_INSTAGRAM, TEA_INSTAGRAM),
)

# account, customer id, name, username, then the history: who ("<" customer, ">" business), hours ago, text
_CONVERSATIONS: tuple[tuple[str, str, str, str, tuple[tuple[str, float, str], ...]], ...] = (
    (
        MORNING_INSTAGRAM,
        "5614879045272581",
        "張雅婷",
        "yating.daily",
        (
            ("<", 50.0, "請問週末有營業嗎？"),
            (">", 49.6, "有的，週六日 8:00 到 18:00，歡迎你來坐坐！"),
            ("<", 2.2, "想訂 20 杯拿鐵，明天早上可以外送嗎？"),
        ),
    ),
    (
        MORNING_INSTAGRAM,
        "5614879045272599",
        "Kevin Wu",
        "kevin.wu",
        (
            ("<", 9.5, "Do you have oat milk?"),
            (">", 9.3, "Yes, no extra charge ☕"),
            ("<", 9.2, "Great, see you on Sunday"),
        ),
    ),
    (MORNING_INSTAGRAM, "5614879045272613", "許志豪", "zhihao_hsu", (("<", 80.0, "咖啡豆可以寄到金門嗎？"),)),
    (
        SHANHAI_INSTAGRAM,
        "5720031948801122",
        "李佳穎",
        "jiaying.lee",
        (
            ("<", 26.5, "這款陶杯還有藍色嗎？"),
            (">", 26.0, "藍色下週到貨，要幫你留一個嗎？"),
            ("<", 5.0, "好，請留一個 🙏"),
        ),
    ),
    (SHANHAI_INSTAGRAM, "5720031948801139", "Emma Chan", "emma.c.hk", (("<", 1.1, "請問可以寄香港嗎？"),)),
    (AMING_INSTAGRAM, "5833117204956641", "周子涵", "zihan.chou", (("<", 3.4, "婚攝檔期還有 12 月嗎？"),)),
    (AMING_INSTAGRAM, "5833117204956658", "Mika", "mika_0x", (("<", 30.0, "想問形象照的價格"),)),
    (
        FLOWERS_INSTAGRAM,
        "5911882736450017",
        "劉芷若",
        "zhiruo",
        (("<", 6.0, "母親節花束什麼時候開始預訂？"),),
    ),
    (
        TEA_INSTAGRAM,
        "5988374655102938",
        "黃建明",
        "jm.huang",
        (
            ("<", 12.0, "高山烏龍有四兩裝嗎？"),
            (">", 11.0, "有的，一罐 480 元。"),
        ),
    ),
    (TEA_INSTAGRAM, "5988374655102944", "Sophie", "sophie.tea", (("<", 0.6, "Do you ship to Singapore?"),)),
    (MORNING_PAGE, "6110298374655001", "吳美玲", "", (("<", 4.0, "發票可以打統編嗎？"),)),
    (MORNING_PAGE, "6110298374655002", "Peter Huang", "", (("<", 28.0, "Is there parking nearby?"),)),
    (SHANHAI_PAGE, "6110298374655003", "鄭淑芬", "", (("<", 7.0, "請問實體店在哪裡？"),)),
    (
        BOOKSHOP_PAGE,
        "6110298374655004",
        "蔡宗翰",
        "",
        (
            ("<", 20.0, "想找《山之生》，還有庫存嗎？"),
            (">", 19.0, "還有兩本，幫你留一本。"),
        ),
    ),
    (BOOKSHOP_PAGE, "6110298374655005", "Nina", "", (("<", 1.8, "書店今天開到幾點？"),)),
    (TEA_PAGE, "6110298374655006", "林大同", "", (("<", 15.0, "可以開收據嗎？"),)),
)


def planted(settings: Settings) -> State:
    """A fresh state: nothing granted, nothing subscribed, one creator account that the API refuses."""
    state = State()
    state.people = {person.id: Person(**vars(person)) for person in _PEOPLE}
    state.instagram = {account.id: InstagramAccount(**vars(account)) for account in _INSTAGRAM}
    state.businesses = {ISLAND_BUSINESS: Business(ISLAND_BUSINESS, "島嶼集團", [LIN])}
    state.pages = {page.id: page for page in _pages()}
    state.flag("not_business", AMING_INSTAGRAM)
    for account_id, customer_id, name, username, lines in _CONVERSATIONS:
        state.customers[customer_id] = Customer(customer_id, account_id, name, username, 120 + len(name) * 37)
        _converse(state, account_id, customer_id, lines)
    subscribe_app(state, settings)
    return state


def _pages() -> list[Page]:
    pages = [
        Page(
            page_id,
            name,
            name_en,
            category,
            {person: list(tasks) for person, tasks in roles.items()},
            linked,
            connected,
        )
        for page_id, name, name_en, category, roles, linked, connected in _PAGES
    ]
    tea = pages[-1]
    tea.business_id, tea.portfolio_only = ISLAND_BUSINESS, True
    return pages


def _converse(state: State, account_id: str, customer_id: str, lines: tuple[tuple[str, float, str], ...]) -> None:
    platform = INSTAGRAM if account_id in state.instagram else MESSENGER
    conversation = talk.conversation_with(state, platform, account_id, customer_id)
    for who, hours_ago, text in lines:
        at_ms = state.now_ms() - int(hours_ago * 3_600_000)
        talk.write(state, conversation, {"text": text}, from_customer=who == "<", at_ms=at_ms)


def subscribe_app(state: State, settings: Settings) -> None:
    """The app's callback for Pages, Instagram and permissions; none without an address."""
    state.subscriptions.clear()
    if not settings.webhook_url:
        return
    for name, fields in (
        ("page", PAGE_DEFAULT),
        ("instagram", INSTAGRAM_DEFAULT),
        ("permissions", PERMISSION_FIELDS),
    ):
        state.subscriptions[name] = AppSubscription(name, settings.webhook_url, list(fields), settings.verify_token)
