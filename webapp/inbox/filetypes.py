"""What a file is, told by its first bytes and by nothing else. Pure.

Source: the formats' own signatures (PNG, JFIF, GIF, RIFF, ISO base media, EBML, Ogg, MPEG audio, ADTS, PDF).
"""

HEAD = 64  # bytes that tell enough
UNKNOWN = "application/octet-stream"

# Types that a browser shows in place; everything else is only ever downloaded.
IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
VIDEOS = frozenset({"video/mp4", "video/quicktime", "video/webm", "video/ogg", "video/x-msvideo"})
AUDIOS = frozenset({"audio/mpeg", "audio/aac", "audio/mp4", "audio/wav", "audio/ogg"})

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"ID3", "audio/mpeg"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_BRANDS = {b"M4A ": "audio/mp4", b"M4B ": "audio/mp4", b"qt  ": "video/quicktime"}
_PICTURE_BRANDS = (b"heic", b"heix", b"mif1", b"msf1", b"avif")


def sniffed(head: bytes) -> str:
    """The media type of a file that begins with these bytes, `UNKNOWN` where they tell none."""
    for signature, mime in _SIGNATURES:
        if head.startswith(signature):
            return mime
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12], UNKNOWN)
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return UNKNOWN if brand in _PICTURE_BRANDS else _BRANDS.get(brand, "video/mp4")
    if head[:4] == b"OggS":
        return "video/ogg" if b"theora" in head else "audio/ogg"
    return _mpeg(head)


def kind_of(mime: str) -> str:
    """image, video, audio or file, as the platforms tell attachments apart."""
    for kind, known in (("image", IMAGES), ("video", VIDEOS), ("audio", AUDIOS)):
        if mime in known:
            return kind
    return "file"


def is_shown(mime: str) -> bool:
    """Whether a browser may show it in place."""
    return kind_of(mime) != "file"


def fits(kind: str, mime: str) -> bool:
    """Whether a file is what its message said. Sound may come in the container of a film, and the other way round."""
    if kind in ("image", "sticker"):
        return mime in IMAGES
    if kind in ("video", "audio"):
        return mime in VIDEOS | AUDIOS
    return True


def _mpeg(head: bytes) -> str:
    """Frames of MPEG audio begin with eleven set bits; layer 0 is AAC's own (ADTS)."""
    if len(head) < 2 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return UNKNOWN
    if head[1] & 0xF6 == 0xF0:
        return "audio/aac"
    return "audio/mpeg" if head[1] & 0x06 else UNKNOWN
