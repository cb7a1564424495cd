"""`flask import`: what it prints, and how it ends."""

import json
from pathlib import Path

from click.testing import Result
from flask import Flask
from sqlalchemy import text

from models.database import session
from models.imports import runs

FILES = Path(__file__).parents[1] / "models" / "imports" / "files"


def run(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=["import", *arguments])


def test_the_result_is_json_with_counts_that_add_up(app: Flask) -> None:
    result = run(app, "invoices", str(FILES / "rejects.csv"), "--format", "json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    rejected = told.pop("rejected_file")
    assert told == {
        "files": [
            {
                "file": "rejects.csv",
                "mapping": "duewell_invoices",
                "encoding": "utf-8",
                "delimiter": ",",
                "rows": 13,
            }
        ],
        "new": 2,
        "changed": 0,
        "unchanged": 1,
        "rejected": 10,
        "rounded": 0,
        "sums": {"EUR": "60.00"},
    }
    assert Path(rejected).is_file()


def test_as_text_people_read_what_was_detected_and_booked(app: Flask) -> None:
    first = run(app, "invoices", str(FILES / "rejects.csv"))
    assert "rejects.csv: mapping duewell_invoices, encoding utf-8, delimiter comma, 13 rows" in first.stdout
    assert "new 2  changed 0  unchanged 1  rejected 10" in first.stdout
    again = run(app, "invoices", str(FILES / "rejects.csv"))
    assert "new 0  changed 0  unchanged 3  rejected 10" in again.stdout
    assert "rejects.csv was imported before" in again.stderr


def test_a_dry_run_says_so_and_books_nothing(app: Flask) -> None:
    result = run(app, "invoices", str(FILES / "rejects.csv"), "--dry-run")
    assert "Dry run: nothing was booked." in result.stdout
    assert session.scalar(text("select count(*) from invoices")) == 0


def test_a_refused_file_is_one_sentence_and_exit_1(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "paper.csv").write_bytes(b"%PDF-1.7")
    result = run(app, "invoices", str(tmp_path / "paper.csv"), "--format", "json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: paper.csv claims to be a text file, but it is a PDF.\n"
    assert runs.latest() == []


def test_a_mapping_that_is_not_there_is_exit_1_and_an_unknown_kind_exit_2(app: Flask) -> None:
    assert run(app, "invoices", str(FILES / "rejects.csv"), "--mapping", "nonsense").exit_code == 1
    assert run(app, "wishes", str(FILES / "rejects.csv")).exit_code == 2
    assert run(app, "invoices").exit_code == 2
