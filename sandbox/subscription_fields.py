"""Which webhook fields exist where, as Meta's SDK and reference pages list them."""

PAGE_FIELDS = (
    "feed", "mention", "name", "picture", "category", "description", "conversations", "leadgen", "ratings",
    "messages", "message_context", "message_deliveries", "message_echoes", "message_edits", "message_mention",
    "message_reactions", "message_reads", "messaging_account_linking", "messaging_appointments",
    "messaging_customer_information", "messaging_direct_sends", "messaging_feedback", "messaging_game_plays",
    "messaging_handovers", "messaging_in_thread_lead_form_submit", "messaging_integrity", "messaging_optins",
    "messaging_optouts", "messaging_payments", "messaging_policy_enforcement", "messaging_postbacks",
    "messaging_referrals", "response_feedback", "send_cart", "standby", "inbox_labels",
    "message_template_status_update",
)  # fmt: skip

PAGE_DEFAULT = (
    "messages", "message_echoes", "message_reads", "message_deliveries", "message_reactions", "message_edits",
    "messaging_postbacks", "messaging_referrals", "messaging_optins", "messaging_handovers", "standby",
    "messaging_policy_enforcement",
)  # fmt: skip

INSTAGRAM_FIELDS = (
    "messages", "message_reactions", "message_edit", "messaging_postbacks", "messaging_seen",
    "messaging_referral", "messaging_handover", "messaging_handovers", "messaging_optins", "standby",
    "comments", "live_comments", "mentions", "story_insights",
)  # fmt: skip

INSTAGRAM_DEFAULT = (
    "messages", "message_reactions", "message_edit", "messaging_postbacks", "messaging_seen",
    "messaging_referral", "messaging_handover", "messaging_optins", "standby",
)  # fmt: skip

PERMISSION_FIELDS = (
    "pages_show_list", "pages_messaging", "pages_manage_metadata", "pages_read_engagement", "instagram_basic",
    "instagram_manage_messages", "business_management",
)  # fmt: skip

FIELDS_BY_OBJECT = {
    "page": PAGE_FIELDS,
    "instagram": INSTAGRAM_FIELDS,
    "permissions": PERMISSION_FIELDS,
    "user": ("name", "email", "picture"),
}

# The Page's field names for events whose Instagram field is named otherwise.
PAGE_NAME = {
    "message_echo": "message_echoes",
    "messaging_seen": "message_reads",
    "messaging_referral": "messaging_referrals",
    "messaging_handover": "messaging_handovers",
    "message_edit": "message_edits",
}
INSTAGRAM_NAME = {"message_echo": "messages"}
