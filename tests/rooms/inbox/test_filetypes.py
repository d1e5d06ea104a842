"""What a file is, by its bytes."""

import pytest

from webapp.inbox.filetypes import UNKNOWN, fits, is_shown, kind_of, sniffed


@pytest.mark.parametrize(
    ("head", "mime"),
    [
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"\xff\xd8\xff\xe0..JFIF", "image/jpeg"),
        (b"GIF89a..", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
        (b"RIFF\0\0\0\0AVI LIST", "video/x-msvideo"),
        (b"\0\0\0\x20ftypisom....", "video/mp4"),
        (b"\0\0\0\x20ftypM4A ....", "audio/mp4"),
        (b"\0\0\0\x14ftypqt  ....", "video/quicktime"),
        (b"\0\0\0\x18ftypheic....", UNKNOWN),
        (b"\x1aE\xdf\xa3....", "video/webm"),
        (b"OggS" + bytes(25) + b"OpusHead", "audio/ogg"),
        (b"OggS" + bytes(25) + b"\x80theora", "video/ogg"),
        (b"ID3\x04", "audio/mpeg"),
        (b"\xff\xfb\x90\x00", "audio/mpeg"),
        (b"\xff\xf1\x50\x80", "audio/aac"),
        (b"%PDF-1.7", "application/pdf"),
        (b"<!DOCTYPE html><script>", UNKNOWN),
        (b"<svg xmlns=", UNKNOWN),
        (b"", UNKNOWN),
        (b"\xff", UNKNOWN),
    ],
)
def test_a_file_is_known_by_its_first_bytes(head: bytes, mime: str) -> None:
    assert sniffed(head) == mime


@pytest.mark.parametrize("mime", ["text/html", "image/svg+xml", "application/pdf", UNKNOWN])
def test_what_could_run_something_is_never_shown_in_place(mime: str) -> None:
    assert not is_shown(mime)
    assert kind_of(mime) == "file"
    assert not fits("image", mime)
    assert fits("file", mime)
