"""What came in by files: each run, its figures, and the rows that were not booked with the reason."""

from decimal import Decimal

from flask import abort, render_template, request

from backoffice import backoffice, requires
from frame.forms import row_id
from models.imports import runs
from models.money import Money
from models.policies.permissions import Permission

PAGE = 50


@backoffice.get("/imports")
@requires(Permission.IMPORT)
def import_list() -> str:
    listed = runs.latest(PAGE + 1, before=request.args.get("before", type=row_id))
    return render_template("backoffice/imports.html", runs=listed[:PAGE], more=len(listed) > PAGE)


@backoffice.get("/imports/<int:run_id>")
@requires(Permission.IMPORT)
def import_run(run_id: int) -> str:
    run = runs.find(run_id) or abort(404)
    rejects = runs.rejects_of(run.id, after=request.args.get("after", 0, type=row_id), limit=PAGE + 1)
    return render_template(
        "backoffice/import_run.html",
        run=run,
        sums=[Money.of(Decimal(amount), currency) for currency, amount in run.sums.items()],
        rejects=rejects[:PAGE],
        more=len(rejects) > PAGE,
    )
