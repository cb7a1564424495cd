"""The words of an agreement as somebody would sign them: filled with an invented plan, facts and payments and all."""

from flask import Response, abort, g, render_template, request
from markupsafe import Markup

from frame import files
from models import accounts, clock, words
from models.accounts import Drawn
from models.dunning import reading, templates
from models.dunning.placeholders import Text
from models.dunning.templates import Template, TemplateVersion

NAMES = ("ordinary", "longest")


def agreement_page(known: Template, version: TemplateVersion) -> str:
    language, text, name, drawn = _example(known, version)
    composed = accounts.example_words(text, drawn, language)
    today, rows = g.company.today(clock.now()), drawn.instalments
    told = {"lines": [(row.due_on, row.amount) for row in rows], "whole": drawn.plan.balance + drawn.plan.fee}
    with words.speak(language):
        facts = render_template("backoffice/_agreement_facts.html", plan=drawn.plan, lines=rows)
        schedule = render_template("backoffice/_agreement_schedule.html", today=today, **told)
    return render_template(
        "backoffice/agreement_preview.html",
        template=known,
        version=version,
        language=language,
        name=name,
        text_direction=words.direction(language),
        all_languages=[(one, words.native_name(one)) for one in templates.wording(version).texts],
        composed=composed,
        length=reading.length(composed.said),
        # Both are made by templates of ours, which escape what they are given.
        facts=Markup(facts),
        schedule=Markup(schedule),
    )


def agreement_pdf(known: Template, version: TemplateVersion) -> Response:
    language, text, _, drawn = _example(known, version)
    paper = accounts.example_pdf(templates.wording(version), text, drawn, language, now=clock.now())
    return files.pdf(paper, "preview", known.key, language)


def _example(known: Template, version: TemplateVersion) -> tuple[str, Text, str, Drawn]:
    said = templates.wording(version)
    if not said.texts:
        abort(404)
    language, text = said.text(request.args.get("language", ""), g.company.language)
    name = request.args.get("case", "")
    name = name if name in NAMES else NAMES[0]
    return language, text, name, accounts.example_plan(known.key, name, language, g.company.today(clock.now()))
