"""Pictures, a voice note, a clip and a document to attach, drawn or written here so that no network is needed."""

import io
import math
import struct
import wave
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, abort

blueprint = Blueprint("media", __name__)
Colour = tuple[int, int, int]
SIDE = 320
RATE = 8000


def _png(pixel: Callable[[float, float], Colour], wide: int = SIDE, high: int = SIDE) -> bytes:
    """A picture whose colour at (x, y), both 0 to 1, is what `pixel` says."""
    rows = bytearray()
    for y in range(high):
        rows.append(0)
        for x in range(wide):
            rows.extend(pixel(x / wide, y / high))
    header = struct.pack(">IIBBBBB", wide, high, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _cup(x: float, y: float) -> Colour:
    """A cup of coffee from above, with a heart of milk."""
    far = math.hypot(x - 0.5, y - 0.5)
    if far > 0.42:
        return (214 - int(30 * y), 190 - int(30 * y), 160 - int(30 * y))
    if far > 0.34:
        return (250, 248, 244)
    return (244, 226, 196) if _in_heart((x - 0.5) * 5.2, (0.52 - y) * 5.2) else (122 - int(90 * far), 74, 44)


def _in_heart(x: float, y: float) -> bool:
    return (x * x + y * y - 1) ** 3 - x * x * y**3 < 0


def _dusk(x: float, y: float) -> Colour:
    """Hills at dusk: what somebody's story might show."""
    if y > 0.62 + 0.1 * math.sin(x * 7) + 0.03 * math.sin(x * 19):
        return (38, 46, 66)
    if math.hypot((x - 0.68) * 0.6, y - 0.4) < 0.07:
        return (255, 232, 178)
    return (int(88 + 160 * y), int(70 + 90 * y), int(130 - 20 * y))


def _heart(x: float, y: float) -> Colour:
    return (224, 54, 82) if _in_heart((x - 0.5) * 2.8, (0.5 - y) * 2.8) else (255, 255, 255)


def _voice() -> bytes:
    """A second and a half of two soft tones, 8 kHz mono."""
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        for n in range(RATE * 3 // 2):
            tone = 392 if n < RATE * 3 // 4 else 523
            fade = math.sin(math.pi * (n % (RATE * 3 // 4)) / (RATE * 3 // 4))
            sound.writeframesraw(struct.pack("<h", int(9000 * fade * math.sin(2 * math.pi * tone * n / RATE))))
    return out.getvalue()


def _document() -> bytes:
    """One page that says "Order 20 lattes"."""
    text = b"BT /F1 24 Tf 72 720 Td (Order: 20 lattes) Tj ET"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start, count = len(out), len(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n%s" % (count, table)
    return bytes(out) + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, start)


def _clip() -> bytes:
    return Path(__file__).with_name("static").joinpath("clip.webm").read_bytes()


MAKERS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "photo.png": ("image/png", lambda: _png(_cup)),
    "story.png": ("image/png", lambda: _png(_dusk, 240, 400)),
    "heart.png": ("image/png", lambda: _png(_heart, 120, 120)),
    "voice.wav": ("audio/wav", _voice),
    "clip.webm": ("video/webm", _clip),
    "order.pdf": ("application/pdf", _document),
}


@cache
def made(name: str) -> bytes:
    return MAKERS[name][1]()


@blueprint.get("/media/<name>")
def media(name: str) -> Response:
    if name not in MAKERS:
        abort(404)
    response = Response(made(name), mimetype=MAKERS[name][0])
    response.headers["Cache-Control"] = "public, max-age=86400"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
