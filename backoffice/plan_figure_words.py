"""Figures of instalment plans in words: where plans stand, why they are at risk, what they are counted by."""

from collections.abc import Mapping

from backoffice import backoffice
from backoffice.plan_words import KINDS
from models.errors import N_
from models.plans.figures import By, Change, Figures, Kept, Line, When
from models.policies.plans.keeping import Told
from models.policies.plans.risks import Risk, Standing
from models.words import date, gettext, number

STANDINGS: Mapping[Standing, tuple[str, str]] = {
    Standing.GOOD: (N_("In good order"), "ok"),
    Standing.AT_RISK: (N_("At risk"), "warn"),
    Standing.BROKEN: (N_("Failed"), "bad"),
}
RISKS: Mapping[Risk, str] = {
    Risk.MISSED: N_("A payment was missed"),
    Risk.WAITS: N_("A charge waits for the customer"),
    Risk.LATE: N_("A payment is past its day"),
    Risk.NO_CONSENT: N_("Nobody agrees to charges any more"),
    Risk.NO_CARD: N_("No card or account that can be charged"),
    Risk.CARD_ENDS: N_("The card runs out before the last payment"),
}
WHENS: Mapping[When, str] = {
    When.ON_ITS_WAY: N_("On its way"),
    When.OVERDUE: N_("Past its day"),
    When.LATER: N_("Later"),
    When.FAILED: N_("Of plans that failed"),
}
WAYS: Mapping[str, str] = {"automatic": N_("Charged automatically"), "transfer": N_("By bank transfer")}


@backoffice.app_template_global()
def standing_word(standing: Standing) -> tuple[str, str]:
    """A word and its tone."""
    word, tone = STANDINGS[standing]
    return gettext(word), tone


@backoffice.app_template_global()
def risk_word(risk: Risk) -> str:
    return gettext(RISKS[risk])


@backoffice.app_template_global()
def when_word(line: Line) -> str:
    if line.when is When.WEEK and line.week:
        week = number(line.week.isocalendar().week)
        return gettext("Week %(number)s, from %(day)s", number=week, day=date(line.week))
    return gettext(WHENS[line.when])


@backoffice.app_template_global()
def kept_by(row: Kept, found: Figures) -> str:
    """What the plans of a row have in common."""
    if row.by is By.ALL:
        return gettext("All plans")
    if row.by is By.CUSTOMERS:
        return gettext(KINDS[str(row.key)])
    if row.by is By.WAY:
        return gettext(WAYS[str(row.key)])
    if row.key is None:
        return gettext("No version of the rules") if row.by is By.VERSION else gettext("No rule: a person decided")
    if row.by is By.VERSION:
        return gettext("Version %(number)s", number=number(found.numbers.get(row.key) or 0))
    return gettext("Rule %(name)s", name=found.rules.get(int(row.key), ""))


@backoffice.app_template_global()
def told_of(change: Change) -> str:
    """What the share of plans kept tells, beside the version before."""
    sample = change.kept.plans.sample
    said = {
        Told.TOO_FEW: gettext(
            "Too few plans have ended to tell it from the version before: %(count)s of this one.", count=number(sample)
        ),
        Told.MORE: gettext("More of its plans were kept than of those before, and that is hardly chance."),
        Told.LESS: gettext("Fewer of its plans were kept than of those before, and that is hardly chance."),
        Told.UNCLEAR: gettext("What differs from the version before may be chance."),
    }
    return said[change.told] if change.told else ""
