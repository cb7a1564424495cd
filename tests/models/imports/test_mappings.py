"""Mappings: chosen by name, refused in a sentence where they cannot be followed."""

from pathlib import Path

import pytest

from models.errors import Refused
from models.imports.mappings import SHIPPED, Kind, MappingRefused, choose, load
from models.imports.reading import FileRefused

PLAIN = """
kind = "invoices"
files = ["debtors_*"]
[columns]
customer = "c"
number = "n"
amount = "a"
issued = "i"
due = "d"
"""
FIXED = '[fixed]\ncurrency = "EUR"\n'


def own(folder: Path, text: str, name: str = "debtors") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.toml")), ids=lambda path: path.stem)
def test_every_mapping_that_comes_with_duewell_can_be_followed(path: Path) -> None:
    assert load(path).name == path.stem


@pytest.mark.parametrize(
    ("file", "mapping"),
    [
        ("ibm_late_payments_with_blanks.csv", "ibm_late_payments"),
        ("SAP_Open_Items_2020.CSV", "sap_open_items"),
        ("sap_open_items.rejected.csv", "sap_open_items"),
        ("anything else.csv", "duewell_invoices"),
    ],
)
def test_the_mapping_is_chosen_by_the_name_of_the_file(file: str, mapping: str, tmp_path: Path) -> None:
    assert choose(Kind.INVOICES, file, None, tmp_path).name == mapping


def test_a_mapping_of_the_company_comes_first(tmp_path: Path) -> None:
    own(tmp_path, PLAIN.replace("debtors_*", "sap_open_items*") + FIXED)
    assert choose(Kind.INVOICES, "sap_open_items.csv", None, tmp_path).name == "debtors"
    assert choose(Kind.INVOICES, "sap_open_items.csv", "sap_open_items", tmp_path).name == "sap_open_items"


def test_a_mapping_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(MappingRefused, match=r"There is no mapping nonsense\. There are: duewell_customers"):
        choose(Kind.INVOICES, "x.csv", "nonsense", tmp_path)


def test_a_mapping_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MappingRefused, match="reads invoices, not payments"):
        choose(Kind.PAYMENTS, "x.csv", "sap_open_items", tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,  # No currency, neither in a column nor fixed.
        PLAIN + '[fixed]\ncurrency = "EUX"\n',
        PLAIN + FIXED + '[colours]\nsky = "blue"\n',
        PLAIN.replace('amount = "a"', 'amuont = "a"') + FIXED,
        PLAIN + FIXED + '[numbers]\ndecimal = ","\nthousands = ","\n',
        PLAIN + FIXED + '[derived]\ndue = { from = "nowhere" }\n',
        PLAIN + FIXED + "[keys]\nnumber = { padd = 3 }\n",
        PLAIN + FIXED + '[dates]\nformats = ["DD/MM/YYYY", "MM/DD/YYYY"]\n',
        'kind = "wishes"\n',
        "not toml",
    ],
)
def test_a_mapping_that_cannot_be_followed_is_refused(text: str, tmp_path: Path) -> None:
    own(tmp_path, text)
    with pytest.raises(Refused):
        choose(Kind.INVOICES, "debtors_1.csv", None, tmp_path)


def test_a_missing_column_is_named_and_the_amount_first(tmp_path: Path) -> None:
    mapping = load(own(tmp_path, PLAIN + FIXED))
    with pytest.raises(FileRefused) as refusal:
        mapping.places(("c", "x"), "debtors_1.csv")
    assert str(refusal.value) == "debtors_1.csv has no column with an amount (looked for: a)."


def test_columns_are_found_whatever_their_capitals_and_spaces(tmp_path: Path) -> None:
    mapping = load(own(tmp_path, PLAIN.replace('"c"', '"Debtor  No."') + FIXED))
    assert mapping.places(("DEBTOR no.", "n", "a", "i", "d"), "f")["customer"] == (0,)


def test_a_column_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="two columns named a"):
        load(own(tmp_path, PLAIN + FIXED)).places(("c", "n", "a", "A", "i", "d"), "f")
