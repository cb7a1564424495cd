"""A PDF that somebody sends keeps its pages and loses whatever acts in it, asks elsewhere or carries other files."""

import io
import zlib
from collections.abc import Callable

import pikepdf
import pytest
import typst
from pikepdf import Array, Dictionary, Name, Pdf, Stream, String
from pypdf import PdfReader

from models.files import FileRefused, check, papers

BAD = (
    b"app.alert",
    b"JavaScript",
    b"evil",
    b"secret",
    b"Launch",
    b"/AA",
    b"OpenAction",
    b"XFA",
    b"/EF",
    b"/AF",
    b"/Strange",
)


def page_says(content: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]


def all_of(content: bytes) -> bytes:
    """Everything that is in it, with nothing packed."""
    with Pdf.open(io.BytesIO(content)) as paper:
        found = [one.unparse(resolved=True) for one in (*paper.objects, paper.trailer) if one is not None]
        return b"\n".join([*found, *(one.read_bytes() for one in paper.objects if isinstance(one, Stream))])


def script(**more: object) -> Dictionary:
    return Dictionary(S=Name.JavaScript, JS=String("app.alert('evil')"), **more)


def action(kind: str, **more: object) -> Dictionary:
    return Dictionary(S=Name(kind), F=String("\\\\evil\\share"), **more)


def attached(paper: Pdf) -> Dictionary:
    inside = paper.make_stream(b"secret", Type=Name.EmbeddedFile)
    return paper.make_indirect(Dictionary(Type=Name.Filespec, F=String("evil.exe"), EF=Dictionary(F=inside, UF=inside)))


def note(paper: Pdf, kind: str, **more: object) -> Dictionary:
    return paper.make_indirect(Dictionary(Type=Name.Annot, Subtype=Name(kind), Rect=Array([0, 0, 9, 9]), **more))


def infect(paper: Pdf) -> None:
    """With everything at once, in ordinary places and in strange ones."""
    root, page = paper.Root, paper.pages[0].obj
    root.OpenAction = paper.make_indirect(script(Next=Array([script(), action("/Launch")])))
    root.AA = Dictionary(WC=script())
    page.AA = Dictionary(O=paper.make_indirect(script()))
    page.AF = Array([attached(paper)])
    tree = Dictionary(Names=Array([String("a"), script()]))
    root.Names = Dictionary(JavaScript=tree, EmbeddedFiles=Dictionary(Names=Array([String("a"), attached(paper)])))
    root.AF = Array([attached(paper)])
    root.Strange = Dictionary(Kept=script())
    paper.trailer.Strange = script()
    field = note(paper, "/Widget", FT=Name.Tx, T=String("a"), V=String("typed"), AA=Dictionary(K=script()), A=script())
    hidden = Dictionary(T=String("b"), AA=Dictionary(C=script()), Kids=Array([]))
    root.AcroForm = Dictionary(Fields=Array([field, hidden]), XFA=Array([String("t"), paper.make_stream(b"evil")]))
    bad = [action(f"/{kind}") for kind in ("Launch", "SubmitForm", "ImportData", "GoToR", "GoToE", "RichMediaExecute")]
    bad += [
        Dictionary(S=Name.Rendition, JS=paper.make_stream(b"app.alert")),
        Dictionary(S=Name.URI, URI="file:///evil"),
    ]
    bad.append(Dictionary(S=Name.GoTo, D=Array([page, Name.Fit]), Next=script()))
    links = [note(paper, "/Link", A=one, PA=script()) for one in bad]
    good = note(paper, "/Link", A=Dictionary(S=Name.URI, URI=String("https://example.com/bill")))
    sheets = [note(paper, "/FileAttachment", FS=attached(paper)), note(paper, "/RichMedia", RichMediaContent="evil")]
    page.Annots = Array([*page.get(Name.Annots, []), *links, *sheets, field, good])
    page.Contents = paper.make_stream(page.Contents.read_bytes(), F=String("evil.bin"), FFilter=Name.FlateDecode)
    bookmark = Dictionary(Title=String("mark"), A=script())
    root.Outlines = paper.make_indirect(Dictionary(First=paper.make_indirect(bookmark)))


def letter() -> bytes:
    head = b'#set document(title: "Bill")\n= Bill 7\n#link("https://example.com")[Pay]\n'
    return typst.compile(head + b"#lorem(200)\n#pagebreak()\nPage two")


def test_what_acts_is_gone_and_the_pages_are_as_they_were() -> None:
    sent = letter()
    worse = io.BytesIO()
    with Pdf.open(io.BytesIO(sent)) as paper:
        infect(paper)
        paper.save(worse)
    before = all_of(worse.getvalue())
    assert [one for one in BAD if one not in before] == []
    kept = check("bill.pdf", worse.getvalue() + b"PK\x03\x04<script>evil</script>", None).content
    after = all_of(kept)
    assert [one for one in BAD if one in kept or one in after] == []
    assert b"<script>" not in kept
    assert page_says(kept) == page_says(sent)
    assert [word in after for word in (b"https://example.com/bill", b"typed", b"mark")] == [True] * 3


def test_an_ordinary_pdf_stays_as_it_is_read_and_the_same_bytes_give_the_same() -> None:
    sent = letter()
    kept = papers.harmless(sent)
    assert page_says(kept) == page_says(sent)
    assert papers.harmless(kept) == kept
    with Pdf.open(io.BytesIO(kept)) as paper:
        assert paper.pages[0].obj.Annots[0].A.URI == "https://example.com"
        assert Name.StructTreeRoot in paper.Root


def test_names_that_mean_something_else_stay() -> None:
    """A font may be called AA, a picture EF."""
    drawn = io.BytesIO()
    with Pdf.new() as paper:
        paper.add_blank_page()
        form = paper.make_stream(b"", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 1, 1]))
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        fonts, pictures = Dictionary(AA=font, AF=font), Dictionary(AA=form, EF=form)
        paper.pages[0].obj.Resources = Dictionary(Font=fonts, XObject=pictures)
        paper.save(drawn)
    with Pdf.open(io.BytesIO(papers.harmless(drawn.getvalue()))) as paper:
        resources = paper.pages[0].obj.Resources
        assert (set(resources.Font.keys()), set(resources.XObject.keys())) == ({"/AA", "/AF"}, {"/AA", "/EF"})


def locked(password: str) -> bytes:
    kept = io.BytesIO()
    with Pdf.open(io.BytesIO(letter())) as paper:
        paper.save(kept, encryption=pikepdf.Encryption(owner="owner", user=password))
    return kept.getvalue()


def bare(head: bytes = b"", kids: bytes = b"3 0 R", more: bytes = b"") -> bytes:
    return (
        b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R" + head + b">>\nendobj\n"
        b"2 0 obj\n<</Type/Pages/Kids[" + kids + b"]/Count 1>>\nendobj\n"
        b"3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R>>\nendobj\n"
        + more
        + b"trailer\n<</Root 1 0 R>>\n%%EOF\n"
    )


def many(pages: int) -> bytes:
    drawn = io.BytesIO()
    with Pdf.new() as paper:
        for _ in range(pages):
            paper.add_blank_page()
        paper.save(drawn)
    return drawn.getvalue()


def packed(size: int) -> bytes:
    pack = zlib.compressobj(9)
    body = b"".join(pack.compress(bytes(1_000_000)) for _ in range(size)) + pack.flush()
    return b"4 0 obj\n<</Filter/FlateDecode/Length %d>>\nstream\n" % len(body) + body + b"\nendstream\nendobj\n"


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (lambda: locked("user"), "opens with a password only"),
        (lambda: b"%PDF-1.7\nnothing of the kind\n%%EOF\n", "damaged"),
        (lambda: bare(kids=b""), "damaged"),
        (lambda: bare(kids=b"2 0 R"), "damaged"),
        (lambda: bare(head=b"/Names" + b"[" * 100_000 + b"]" * 100_000), "damaged"),
        (lambda: many(2_001), "make x.pdf safe to open"),
    ],
)
def test_what_cannot_be_read_or_takes_too_long_is_refused(made: Callable[[], bytes], sentence: str) -> None:
    with pytest.raises(FileRefused, match=sentence):
        check("x.pdf", made(), None)


def test_pages_are_not_unpacked_and_a_lock_for_changes_alone_is_none() -> None:
    sent = bare(more=packed(70))
    assert len(papers.harmless(sent)) < len(sent) + 1_000
    assert page_says(papers.harmless(locked(""))) == page_says(letter())
