"""Which files each platform takes, and how large. Pure.

Sources: "Upload Media for Instagram Messaging" (2026-04), Messenger Send API, attachments.
"""

from webapp.inbox.filetypes import AUDIOS, IMAGES, VIDEOS, kind_of

MEGABYTE = 1024 * 1024
MOST_FILES = 10
# All files of one reply together; what a browser may send us at once.
MOST_UPLOAD = 60 * MEGABYTE

# Kind → what may be sent as it (None: anything), and the most bytes.
Limits = dict[str, tuple[frozenset[str] | None, int]]
INSTAGRAM: Limits = {
    "image": (frozenset({"image/png", "image/jpeg", "image/gif"}), 8 * MEGABYTE),
    "audio": (frozenset({"audio/aac", "audio/mp4", "audio/wav"}), 25 * MEGABYTE),
    "video": (VIDEOS, 25 * MEGABYTE),
    "file": (frozenset({"application/pdf"}), 25 * MEGABYTE),
}
MESSENGER: Limits = {
    "image": (IMAGES, 25 * MEGABYTE),
    "audio": (AUDIOS, 25 * MEGABYTE),
    "video": (VIDEOS, 25 * MEGABYTE),
    "file": (None, 25 * MEGABYTE),
}


def limits(platform: str) -> Limits:
    return INSTAGRAM if platform == "instagram" else MESSENGER


def refusal(platform: str, mime: str, size: int) -> str:
    """Why a file cannot be sent: empty, type, size; nothing when it can. `size` is in bytes."""
    types, most = limits(platform)[kind_of(mime)]
    if size == 0:
        return "empty"
    if types is not None and mime not in types:
        return "type"
    return "size" if size > most else ""


def most_megabytes(platform: str, mime: str) -> int:
    return limits(platform)[kind_of(mime)][1] // MEGABYTE


def accepted(platform: str) -> str:
    """For a file input: what the browser should offer."""
    kinds = limits(platform).values()
    if any(types is None for types, _ in kinds):
        return ""
    return ",".join(sorted({mime for types, _ in kinds for mime in types or ()} | {"audio/x-m4a", "audio/x-wav"}))


def file_limits(platform: str) -> dict[str, int]:
    """For the browser, which tells kinds apart by the beginning of the type: the most bytes of each, and of all."""
    found = {kind: most for kind, (_, most) in limits(platform).items()}
    return found | {"count": MOST_FILES, "all": MOST_UPLOAD}
