"""
A program of its own: a PDF comes in, the same pages go out, and nothing in it acts by itself, asks another computer or
carries other files. It runs apart (see `papers`), because whoever wrote the PDF may mean harm to whatever reads it.
"""

import io
import resource
import sys

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream

DONE, LOCKED, TOO_MUCH, BROKEN = 0, 3, 4, 5
MOST_OBJECTS = 200_000
MOST_PAGES = 2_000
MOST_MEMORY = 768 * 1024 * 1024
MOST_SECONDS = 10  # Of computing.
MOST_DECODED = 64 * 1024 * 1024  # Of one stream that has to be read for the others: lists of objects, nothing drawn.
# Of the catalog and the trailer nothing else stays: what a reader may do by itself is said there.
CATALOG = {
    *("/Type", "/Version", "/Extensions", "/Pages", "/PageLabels", "/PageLayout", "/PageMode", "/Outlines"),
    *("/Names", "/Dests", "/AcroForm", "/Lang", "/MarkInfo", "/StructTreeRoot", "/OCProperties", "/OutputIntents"),
    *("/Metadata", "/ViewerPreferences"),
}
TRAILER = {"/Root", "/Info", "/ID", "/Size"}
# Actions wherever they hang: on opening, on a page, a link, a field, a bookmark, behind another action.
ACTIONS = {
    *("/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToR", "/GoToE", "/GoToDp", "/Rendition", "/Movie"),
    *("/Sound", "/RichMediaExecute", "/GoTo3DView", "/ResetForm"),
}
ANNOTATIONS = {"/FileAttachment", "/Movie", "/Sound", "/Screen", "/RichMedia", "/3D"}
LINKS = (b"http://", b"https://", b"mailto:", b"tel:")
OUTSIDE = {"/F", "/FFilter", "/FDecodeParms", "/Ref", "/OPI"}  # A stream whose bytes lie in another file.
FILES = {"/F", "/UF", "/DOS", "/Mac", "/Unix"}


class TooMuch(Exception):
    pass


def cleaned(content: bytes) -> bytes:
    """
    :raises pikepdf.PasswordError: it can only be read with a password.
    :raises pikepdf.PdfError: it is broken.
    :raises TooMuch: of objects or pages.
    """
    pikepdf.settings.set_qpdf_limits(
        flate_max_memory=MOST_DECODED, run_length_max_memory=MOST_DECODED, png_max_memory=MOST_DECODED
    )
    with Pdf.open(io.BytesIO(content)) as paper:
        if len(paper.objects) > MOST_OBJECTS or len(paper.pages) > MOST_PAGES:
            raise TooMuch
        if not len(paper.pages):
            raise pikepdf.PdfError("no pages")
        _clean_head(paper)
        for one in paper.objects:
            _clean_below(one)
        saved = io.BytesIO()
        paper.save(
            saved,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            stream_decode_level=pikepdf.StreamDecodeLevel.none,
            deterministic_id=True,
            fix_metadata_version=False,
            preserve_pdfa=False,
        )
    return saved.getvalue()


def _clean_head(paper: Pdf) -> None:
    _keep_only(paper.trailer, TRAILER)
    paper.trailer.Size = len(paper.objects) + 1  # Written only where it stood before, which a mended file may lack.
    _keep_only(paper.Root, CATALOG)
    names, fields = paper.Root.get(Name.Names), paper.Root.get(Name.AcroForm)
    if isinstance(names, Dictionary):
        _keep_only(names, {"/Dests"})
    if isinstance(fields, Dictionary) and Name.XFA in fields:
        del fields[Name.XFA]


def _keep_only(holder: Object, kept: set[str]) -> None:
    for key in set(holder.keys()) - kept:
        del holder[key]


def _clean_below(one: Object) -> None:
    """What hangs on an object directly; what it only refers to is an object of its own."""
    waiting = [one]
    while waiting:
        holder = waiting.pop()
        if isinstance(holder, Array):
            for place in reversed(range(len(holder))):
                _look(holder, place, holder[place], waiting)
        elif isinstance(holder, (Dictionary, Stream)):
            for key, value in list(holder.items()):
                if _is_gone(holder, key, value):
                    del holder[key]
                else:
                    _look(holder, key, value, waiting)


def _look(holder: Object, place: "str | int", value: object, waiting: list[Object]) -> None:
    if not isinstance(value, (Array, Dictionary, Stream)):
        return
    if _acts(value):
        del holder[place]
    elif not value.is_indirect:
        waiting.append(value)


def _acts(value: Object) -> bool:
    """Whether it is an action, an annotation or a file that may not stay, by what it says it is."""
    if isinstance(value, Array):
        return False
    does = value.get(Name.S)
    if does == Name.URI:
        address = value.get(Name.URI)
        return not isinstance(address, pikepdf.String) or not bytes(address).lower().startswith(LINKS)
    kind = value.get(Name.Subtype)
    return (
        (isinstance(does, Name) and str(does) in ACTIONS)
        or (isinstance(kind, Name) and str(kind) in ANNOTATIONS)
        or value.get(Name.Type) == Name.EmbeddedFile
    )


def _is_gone(holder: Object, key: str, value: object) -> bool:
    """
    Keys that hold actions or files. A font or picture may bear any of these names; it is told by its shape, and what
    acts in it is removed all the same.
    """
    if key == "/AA":
        return isinstance(value, Dictionary) and all(isinstance(one, Dictionary) for _, one in value.items())
    if key == "/AF":
        several = isinstance(value, Array) and all(isinstance(one, Dictionary) for one in value)
        return several or _names_files(value)
    if key == "/EF":
        return _names_files(value)
    return isinstance(holder, Stream) and key in OUTSIDE


def _names_files(value: object) -> bool:
    return isinstance(value, Dictionary) and not FILES.isdisjoint(value.keys())


def main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    try:
        sys.stdout.buffer.write(cleaned(sys.stdin.buffer.read()))
    except pikepdf.PasswordError:
        return LOCKED
    except (TooMuch, MemoryError, RecursionError):
        return TOO_MUCH
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, IndexError, RuntimeError):
        return BROKEN
    return DONE


if __name__ == "__main__":
    sys.exit(main())
