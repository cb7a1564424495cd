"""Cases: a board in columns and a list, each case with all that is known of it, and whose it is."""

from datetime import date
from functools import partial

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from backoffice import backoffice, requires
from backoffice.dispute_forms import MoveForm, NoteForm, SayForm
from backoffice.dispute_words import STATES
from backoffice.task_forms import HandForm
from backoffice.tasks import WHOSE
from models import accounts, audit, causes, clock, customers, disputes, files, payments
from models.customers import merges
from models.disputes import Card, Dispute, DisputeState
from models.policies.permissions import Permission
from models.transactions import transaction
from models.words import gettext
from models.worklist import Whose

COLUMNS = tuple(state for state in DisputeState if state is not DisputeState.WITHDRAWN)


@backoffice.get("/disputes")
@requires(Permission.READ_ACCOUNTS)
def dispute_board() -> str:
    whose, today = whose_asked(), today_here()
    cards = disputes.cards(
        today,
        owner_id=current_user.staff_id if whose == Whose.MINE else None,
        nobodys=whose == Whose.NOBODYS,
    )
    return render_template(
        "backoffice/disputes.html",
        columns=[(state, *STATES[state], _in_column(cards, state)) for state in COLUMNS],
        cards=cards,
        as_list=request.args.get("show") == "list",
        chargebacks=payments.open_chargebacks() if whose == Whose.ALL else (),
        whose=whose,
        whose_words=WHOSE,
        moves=disputes.MOVES,
        today=today,
        now=clock.now(),
    )


@backoffice.get("/disputes/<int:customer_id>/<int:dispute_id>")
@requires(Permission.READ_ACCOUNTS)
def dispute(customer_id: int, dispute_id: int) -> str:
    return render_template("backoffice/dispute.html", **page_of(dispute_or_404(customer_id, dispute_id)))


@backoffice.post("/disputes/<int:customer_id>/<int:dispute_id>/take")
@requires(Permission.WORK_DISPUTES)
def take_dispute(customer_id: int, dispute_id: int) -> Response:
    found = dispute_or_404(customer_id, dispute_id)
    with transaction():
        disputes.take(found, current_user.staff_id, by=current_user.actor, now=clock.now())
    flash(gettext("The case is yours."), "ok")
    return redirect(_back(found), 303)


@backoffice.post("/disputes/<int:customer_id>/<int:dispute_id>/owner")
@requires(Permission.WORK_DISPUTES)
def hand_dispute(customer_id: int, dispute_id: int) -> Response:
    found, form = dispute_or_404(customer_id, dispute_id), HandForm(request.form)
    if not form.validate():
        abort(422)
    with transaction():
        disputes.hand_to(found, form.staff_id, by=current_user.actor, now=clock.now())
    flash(gettext("The case has been handed over."), "ok")
    return redirect(address_of(found), 303)


@backoffice.post("/disputes/<int:customer_id>/<int:dispute_id>/move")
@requires(Permission.WORK_DISPUTES)
def move_dispute(customer_id: int, dispute_id: int) -> Response:
    """From a button, or from the board where somebody dragged the case: the same form."""
    found, form = dispute_or_404(customer_id, dispute_id), MoveForm(request.form)
    if not form.validate():
        abort(422)
    with transaction():
        target = DisputeState(form.state.data)
        disputes.move(found, target, by=current_user.actor, on=today_here(), now=clock.now())
    return redirect(_back(found), 303)


@backoffice.get("/customers/<int:customer_id>/disputes")
@requires(Permission.READ_ACCOUNTS)
def account_disputes(customer_id: int) -> str:
    from backoffice.customers import customer_or_404, frame_of

    customer = customer_or_404(customer_id)
    return render_template(
        "backoffice/account_disputes.html",
        cards=disputes.cards_of(merges.family(customer.id)),
        **frame_of(customer, "disputes"),
    )


def page_of(found: Dispute) -> dict[str, object]:
    """What the page of a case shows, and every page of a form about it beside its form."""
    customer = customers.find(found.customer_id) or abort(404)
    questions = disputes.questions_of(found)
    return {
        "dispute": found,
        "card": disputes.card_of(found),
        "customer": customer,
        "contact": disputes.reader_of(found),
        "lines": disputes.lines_of(found),
        "item": accounts.debit_document(found.customer_id, found.entry_id, today_here()),
        "files_of": partial(files.of, found.customer_id),
        "messages": disputes.messages_of(found),
        "notes": disputes.notes_of(found),
        "questions": questions,
        "added_to_answer": disputes.added_to_answer,
        "decisions": disputes.decisions_of(found),
        "causes": causes,
        "returns": disputes.returns_of(found),
        "credited": disputes.credited(found),
        "about_paid": disputes.is_about_paid(found),
        "moves": disputes.MOVES[found.state],
        "events": audit.events_about(found.customer_id, found.source),
        "hand_form": HandForm(owner=str(found.owner_id or "")),
        "say_form": say_form(found),
        "note_form": note_form(found),
        "today": today_here(),
    }


def say_form(found: Dispute) -> SayForm:
    form = SayForm(request.form)
    form.lies_at(found.customer_id, found.source)
    return form


def note_form(found: Dispute) -> NoteForm:
    form = NoteForm(request.form)
    form.lies_at(found.customer_id, f"notes:{found.id}")
    return form


def dispute_or_404(customer_id: int, dispute_id: int) -> Dispute:
    return disputes.find(customer_id, dispute_id) or abort(404)


def address_of(found: Dispute) -> str:
    return url_for("backoffice.dispute", customer_id=found.customer_id, dispute_id=found.id)


def today_here() -> date:
    today: date = g.company.today(clock.now())
    return today


def whose_asked() -> Whose:
    asked = request.args.get("whose", Whose.ALL)
    return Whose(asked) if asked in list(Whose) else abort(404)


def _back(found: Dispute) -> str:
    """To the board, where the button stood there; else to the case."""
    looking = {name: request.form.get(name) or None for name in ("whose", "show")}
    board = url_for("backoffice.dispute_board", **looking)
    return board if request.form.get("from") == "board" else address_of(found)


def _in_column(cards: list[Card], column: DisputeState) -> list[Card]:
    """What was withdrawn stands with what is closed."""
    also = DisputeState.WITHDRAWN if column is DisputeState.CLOSED else column
    return [card for card in cards if card.dispute.state in (column, also)]
