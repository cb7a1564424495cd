"""The words of our mails: a subject, a text and its twin in HTML, in the reader's language."""

from contextlib import nullcontext
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from models import words

if TYPE_CHECKING:
    from css_inline import CSSInliner
    from jinja2 import Environment

FOLDER = Path(__file__).resolve().parents[2] / "templates" / "mail"


class Mail(NamedTuple):
    subject: str
    text: str
    html: str


def render_mail(name: str, language: str, **values: object) -> Mail:
    """
    Render `templates/mail/<name>.txt`, whose block `subject` is the subject, and `<name>.html`.

    Whoever speaks the reader's language already keeps its calendar and its clock. `values` always hold `company`:
    name, address, registration, help_phone, help_email.
    """
    environment = _environment()
    speaking = nullcontext() if words.language() == language else words.speak(language)
    with speaking:
        frame = {"subject": "", "lang": words.language(), "dir": words.direction(), **values}
        template = environment.get_template(f"{name}.txt")
        subject = " ".join("".join(template.blocks["subject"](template.new_context(frame))).split())
        text = template.render(frame)
        html = environment.get_template(f"{name}.html").render(frame | {"subject": subject})
    return Mail(subject, _calm(text), _inliner().inline(html))


def _calm(text: str) -> str:
    """Templates leave empty lines where something is absent."""
    paragraphs = "\n".join(line.rstrip() for line in text.splitlines()).split("\n\n")
    return "\n\n".join(paragraph.strip("\n") for paragraph in paragraphs if paragraph.strip("\n")) + "\n"


def ending(number: object) -> str:
    """The last four characters: enough to recognise an invoice by, for a mail that may be read by others."""
    text = str(number)
    return text if len(text) <= 4 else f"…{text[-4:]}"


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        auto_reload=False,  # A run renders thousands: the file system is not asked for each whether a file changed.
        autoescape=select_autoescape(["html"], default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words.teach(environment)
    environment.filters["ending"] = ending
    return environment


@cache
def _inliner() -> "CSSInliner":
    """Styles go into the elements, for mail programs that drop style sheets; dark mode stays in one."""
    from css_inline import CSSInliner

    return CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
