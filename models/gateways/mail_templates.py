"""The words of our mails: a subject, a text and its twin in HTML, in the reader's language."""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from models import words

FOLDER = Path(__file__).parent.parent.parent / "templates" / "mail"


class Mail(NamedTuple):
    subject: str
    text: str
    html: str


def render_mail(name: str, language: str, **values: object) -> Mail:
    """Render templates/mail/<name>.txt (first line: the subject) and <name>.html."""
    import css_inline

    environment = _environment()
    with words.speak(language):
        subject, _, text = environment.get_template(f"{name}.txt").render(values).partition("\n")
        html = environment.get_template(f"{name}.html").render(values, subject=subject, lang=language)
    return Mail(subject.strip(), text.strip() + "\n", css_inline.inline(html, keep_at_rules=True))


@lru_cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words.teach(environment)
    environment.globals["direction"] = words.direction
    return environment
