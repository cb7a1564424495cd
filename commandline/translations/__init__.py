"""`flask translations …`: what is said in English, gathered, handed to translators, checked when it comes back."""

import sys

import click


@click.group()
def translations() -> None:
    """Messages and their translations."""


@translations.command()
def extract() -> None:
    """Write translations/*.pot from the sources."""
    from commandline.translations.catalogues import SIDES, gathered, template_path, template_text

    for side in SIDES:
        messages = gathered(side)
        template_path(side).write_text(template_text(messages), encoding="utf-8")
        click.echo(f"{template_path(side).name}: {len(messages)}")


@translations.command()
def update() -> None:
    """Bring each language's catalogue to the template's messages; nothing is guessed."""
    from commandline.translations.catalogues import PLURAL_FORMS, gathered, missing, update_language

    template = gathered("portal")
    for language in PLURAL_FORMS:
        catalogue = update_language(language, template)
        click.echo(f"{language}: {len(catalogue)}, {len(missing(catalogue))} to translate")


@translations.command(name="compile")
def compile_() -> None:
    """Write the .mo files that the server reads."""
    from commandline.translations.catalogues import PLURAL_FORMS, compile_language

    for language in PLURAL_FORMS:
        click.echo(compile_language(language))


@translations.command()
def check() -> None:
    """Fail where a template is stale or a translation is missing, fuzzy or not like its original."""
    from commandline.translations.catalogues import PLURAL_FORMS, gathered
    from commandline.translations.checks import problems_of, stale_templates

    template = gathered("portal")
    problems = stale_templates()
    for language in PLURAL_FORMS:
        problems += problems_of(language, template)
    for problem in problems:
        click.echo(problem)
    if problems:
        click.echo(f"{len(problems)} to put right.", err=True)
        sys.exit(1)
