"""What is taken of what people send: four kinds, opened and drawn anew, looked at by a scanner where one is set."""

import io
import struct
import zipfile
import zlib
from pathlib import Path

import pillow_heif
import pytest
from PIL import Image

from models.files import FileKind, FileRefused, ScannerSilent, check, cleaning
from models.files.checking import MOST_BYTES
from models.gateways.scanner import scanner_of
from tests import clamd

PDF = cleaning.cleaned(
    b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n"
    b"3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>\nendobj\ntrailer\n<</Root 1 0 R>>\n%%EOF\n"
)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def picture(form: str, size: tuple[int, int] = (40, 20), **more: object) -> bytes:
    pillow_heif.register_heif_opener()
    drawn = io.BytesIO()
    left = Image.new("RGB", size, "white")
    left.paste("red", (0, 0, size[0] // 2, size[1]))
    left.save(drawn, form, **more)
    return drawn.getvalue()


def zipped() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("a", bytes(10_000_000))
    return packed.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes that says it is larger than any camera's."""
    head = struct.pack("!LLBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack("!L", len(body)) + name + body + struct.pack("!L", zlib.crc32(name + body)) for name, body in chunks
    )


JPEG = picture("JPEG")


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("photo.svg", SVG, "We cannot take"),
        ("photo.jpg.php", b"<?php system($_GET[0]); ?>", "We cannot take"),
        ("photo.jpg", zipped(), "We cannot take"),
        ("moving.gif", picture("GIF"), "We cannot take"),
        ("late.pdf", b"GIF89a" + PDF, "We cannot take"),
        ("nothing.pdf", b"", "We cannot take"),
        ("torn.pdf", PDF[:20], "damaged"),
        ("torn.jpg", JPEG[: len(JPEG) // 2], "damaged"),
        ("torn.heic", picture("HEIF")[:200], "damaged"),
        ("named.png", b"\x89PNG\r\n\x1a\n" + SVG, "damaged"),
        ("bomb.png", bomb(6400, 6400), "megapixels"),
        ("bomb.png", bomb(60_000, 60_000), "megapixels"),
        ("long.pdf", PDF + bytes(MOST_BYTES), "larger than 10 MB"),
    ],
)
def test_what_is_no_whole_photo_or_pdf_of_a_bearable_size_is_refused(name: str, content: bytes, sentence: str) -> None:
    with pytest.raises(FileRefused, match=sentence) as told:
        check(name, content, None)
    assert name in str(told.value)


def test_pictures_are_drawn_anew_upright_and_without_what_the_camera_wrote() -> None:
    notes = Image.Exif()
    notes[0x0112] = 6  # Orientation: the camera was held on its side.
    notes[0x010E] = "secret place"
    notes.get_ifd(0x8825)[1] = "N"  # Where it was.
    for form, ending in (("JPEG", "jpg"), ("HEIF", "jpg"), ("PNG", "png")):
        sent = picture(form, exif=notes.tobytes())
        kept = check(f"../../C:\\me/ph\u202eoto.tar.{form}", sent + SVG, None)
        assert kept.name == f"ph-oto-tar.{ending}"
        with Image.open(io.BytesIO(kept.content)) as opened:
            assert opened.size == ((20, 40) if form != "HEIF" else opened.size)
            assert not dict(opened.getexif())
            assert "exif" not in opened.info
        assert b"secret place" in sent
        assert not any(left in kept.content for left in (b"secret place", b"<svg"))
    assert check("a.pdf", PDF, None).content == PDF


def test_the_scanner_has_a_word_and_its_silence_is_a_no(tmp_path: Path) -> None:
    marked = PDF + clamd.EICAR + PDF[-8:]
    for path in ("", str(tmp_path / "clamd")):
        with clamd.running(path) as address:
            scanner = scanner_of(address)
            assert check("a.pdf", PDF, scanner).kind is FileKind.PDF
            with pytest.raises(FileRefused, match="virus scanner warns"):
                check("a.pdf", marked, scanner)
        with pytest.raises(ScannerSilent, match="did not take it"):
            check("a.pdf", PDF, scanner)
