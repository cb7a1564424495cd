"""Looking a file over before it is kept: its size, its first bytes, the scanner's word, then by writing it anew."""

import io
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from models.errors import N_, Refused
from models.files import papers
from models.files.kinds import FileKind, kept_name, plain_name

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 40_000_000
PDF_ENDS_WITHIN = 1024  # Bytes at its end in which a PDF says that it is whole.
QUALITIES = (90, 75, 50)  # Of a JPEG, the first at which it is small enough.
# By an ending that `puremagic` finds in the first bytes: what opens it, and what it is kept as.
OPENED_AS: Mapping[str, tuple[str, FileKind]] = {
    ".pdf": ("", FileKind.PDF),
    ".png": ("PNG", FileKind.PNG),
    ".jpg": ("JPEG", FileKind.JPEG),
    ".heic": ("HEIF", FileKind.JPEG),
    ".heif": ("HEIF", FileKind.JPEG),
}
_opening = threading.Semaphore(2)  # A picture of 40 megapixels takes 160 MB while it is open.


class FileRefused(Refused):
    """One sentence about one file; whoever sent it may send another."""


class ScannerSilent(FileRefused):
    """It could not be looked at, so it is not taken."""


class Scanner(Protocol):
    def scan(self, content: bytes) -> str | None:
        """
        The name of what was found, or None.

        :raises OSError: it does not answer, or not in words that it should.
        """
        ...


@dataclass(frozen=True, slots=True)
class Checked:
    """What may be kept: not the bytes that came, but the picture drawn anew, or the pages without what acts in them."""

    name: str
    kind: FileKind
    content: bytes


def check(name: str | None, content: bytes, scanner: Scanner | None) -> Checked:
    """
    Nothing is open meanwhile: the scanner is a server, and pictures take a second.

    :raises FileRefused: it is too large, of another kind, broken, or the scanner warns of it.
    """
    shown = plain_name(name)
    if len(content) > MOST_BYTES:
        raise FileRefused(N_("%(name)s is larger than 10 MB. Please send a smaller file."), name=shown)
    form, kind = _kind(content, shown)
    _scan(content, scanner, shown)
    if kind is FileKind.PDF:
        return Checked(kept_name(name, kind), kind, _written_anew(content, shown))
    with _opening:
        kind, drawn = _drawn_anew(content, form, kind, shown)
    return Checked(kept_name(name, kind), kind, drawn)


def _kind(content: bytes, shown: str) -> tuple[str, FileKind]:
    import puremagic

    try:
        found = {match.extension for match in puremagic.magic_string(content)} if content else set()
    except puremagic.PureError:
        found = set()
    known = next((OPENED_AS[ending] for ending in OPENED_AS if ending in found), None)
    if known is None or (known[1] is FileKind.PDF and not content.startswith(b"%PDF-")):
        raise FileRefused(N_("We cannot take %(name)s. You can send PDF, JPEG, PNG and HEIC files."), name=shown)
    return known


def _scan(content: bytes, scanner: Scanner | None, shown: str) -> None:
    if scanner is None:
        return
    try:
        warned = scanner.scan(content)
    except OSError as error:
        raise ScannerSilent(
            N_("We cannot check %(name)s for viruses right now, so we did not take it. Please try again later."),
            name=shown,
        ) from error
    if warned is not None:
        raise FileRefused(N_("We did not take %(name)s: our virus scanner warns of it."), name=shown)


def _written_anew(content: bytes, shown: str) -> bytes:
    """The pages and nothing that acts by itself."""
    try:
        if b"%%EOF" not in content[-PDF_ENDS_WITHIN:]:
            raise papers.PaperBroken
        written = papers.harmless(content)
        if len(written) > MOST_BYTES:
            raise papers.PaperTooMuch
    except papers.PaperLocked as error:
        raise FileRefused(N_("%(name)s opens with a password only. Please send it without one."), name=shown) from error
    except papers.PaperTooMuch as error:
        raise FileRefused(
            N_("We cannot make %(name)s safe to open. Please print it to a new PDF, or send photos of it."), name=shown
        ) from error
    except papers.PaperBroken as error:
        raise _damaged(shown) from error
    return written


def _drawn_anew(content: bytes, form: str, kind: FileKind, shown: str) -> tuple[FileKind, bytes]:
    """The picture and nothing else: upright, without what the camera wrote about place and time."""
    from PIL import Image, ImageOps
    from pillow_heif import register_heif_opener

    register_heif_opener()
    try:
        with Image.open(io.BytesIO(content), formats=[form]) as found:
            if found.width * found.height > MOST_PIXELS:
                raise _too_many_pixels(shown)
            found.load()
            return _encoded(ImageOps.exif_transpose(found), kind)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels(shown) from error
    except (OSError, ValueError, SyntaxError, EOFError, RuntimeError, TypeError, KeyError, IndexError) as error:
        raise _damaged(shown) from error


def _encoded(picture: "Image", kind: FileKind) -> tuple[FileKind, bytes]:
    if kind is FileKind.PNG:
        plain = picture if picture.mode in ("1", "L", "LA", "P", "RGB", "RGBA") else picture.convert("RGBA")
        drawn = io.BytesIO()
        plain.info = {name: value for name, value in plain.info.items() if name == "transparency"}
        plain.save(drawn, "PNG")
        if drawn.tell() <= MOST_BYTES:
            return kind, drawn.getvalue()
    plain = picture.convert("RGB")
    plain.info = {}
    for quality in QUALITIES:
        drawn = io.BytesIO()
        plain.save(drawn, "JPEG", quality=quality)
        if drawn.tell() <= MOST_BYTES:
            break
    return FileKind.JPEG, drawn.getvalue()


def _damaged(shown: str) -> FileRefused:
    return FileRefused(N_("%(name)s is damaged or not complete. Please choose another file."), name=shown)


def _too_many_pixels(shown: str) -> FileRefused:
    return FileRefused(N_("%(name)s has more than 40 megapixels. Please send a smaller picture."), name=shown)
