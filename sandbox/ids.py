"""Identifiers that look like Meta's: tokens, message ids, trace ids."""

import base64
import secrets

PLAIN = str.maketrans("-_", "Zz")


def _letters(length: int) -> str:
    # One draw instead of one a letter: hundreds of letters an answer were a good part of its time.
    return secrets.token_urlsafe(length).translate(PLAIN)[:length]


def access_token() -> str:
    return "EAA" + _letters(180)


def login_code() -> str:
    return "AQ" + _letters(220)


def debug_id() -> str:
    return _letters(86) + "=="


def trace_id() -> str:
    return "A" + _letters(22)


def digits(length: int) -> str:
    least = 10 ** (length - 1)
    return str(least + secrets.randbelow(9 * least))


def instagram_mid(account_id: str, thread_id: str) -> str:
    """An opaque id of the form real ones decode to, with the escape that Meta inserts."""
    raw = f"ig_dm_item:1:IGMessageID:{account_id}:{thread_id}:{digits(35)}"
    return _escaped(raw)


def instagram_conversation_id(account_id: str, thread_id: str) -> str:
    return _escaped(f"ig_dm_thread:1:IGMessageThread:{account_id}:{thread_id}")


def messenger_mid() -> str:
    return "m_" + _letters(86)


def messenger_conversation_id() -> str:
    return "t_" + digits(15)


def _escaped(raw: str) -> str:
    text = base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")
    return f"{text[:8]}ZA{text[8:]}ZD"
