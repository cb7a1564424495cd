"""The same words inside Jinja templates: pages, mails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from jinja2 import pass_eval_context
from markupsafe import Markup, escape

from models.words import dates, numbers
from models.words.catalogues import spoken
from models.words.sentences import filled, written

if TYPE_CHECKING:
    from jinja2 import Environment
    from jinja2.nodes import EvalContext


def teach(environment: Environment) -> None:
    """
    Give a Jinja environment {% trans %}, `_`, `ngettext`, `pgettext`, `npgettext`, and the filters money, amount,
    date, datetime, number, percent, digits and list_of.

    Values inside a message need no filter: `_("Pay %(amount)s", amount=invoice.open)`.
    """
    environment.add_extension("jinja2.ext.i18n")
    environment.policies["ext.i18n.trimmed"] = True
    environment.newstyle_gettext = True  # type: ignore[attr-defined]
    environment.globals.update(_=_gettext, gettext=_gettext, ngettext=_ngettext)
    environment.globals.update(pgettext=_pgettext, npgettext=_npgettext)
    environment.filters.update(
        money=numbers.money,
        amount=numbers.amount,
        date=dates.date,
        datetime=dates.datetime,
        number=numbers.number,
        percent=numbers.percent,
        digits=numbers.digits,
        list_of=numbers.list_of,
    )


@pass_eval_context
def _gettext(context: EvalContext, message: str, /, **values: object) -> str:
    return _shown(context, spoken().gettext(message), values)


@pass_eval_context
def _ngettext(context: EvalContext, singular: str, plural: str, n: int, /, **values: object) -> str:
    return _shown(context, spoken().ngettext(singular, plural, n), {"num": n, **values})


@pass_eval_context
def _pgettext(context: EvalContext, about: str, message: str, /, **values: object) -> str:
    return _shown(context, spoken().pgettext(about, message), values)


@pass_eval_context
def _npgettext(context: EvalContext, about: str, singular: str, plural: str, n: int, /, **values: object) -> str:
    return _shown(context, spoken().npgettext(about, singular, plural, n), {"num": n, **values})


def _shown(context: EvalContext, sentence: str, values: Mapping[str, object]) -> str:
    """A message may hold tags, which translators keep; a value never brings any, unless it is Markup itself."""
    if not context.autoescape:
        return filled(sentence, values)
    if not values and "%" not in sentence:
        return Markup(sentence)
    return Markup(sentence % {name: escape(written(value)) for name, value in values.items()})
