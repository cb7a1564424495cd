"""Files as other systems write them: encodings, delimiters, quotation marks, workbooks, and what is no table at all."""

import datetime as dt
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from models.imports.reading import FileRefused, Table, open_table

HEADER = "number,name,amount"
NAMES = {
    "utf-8": "Žalias Namas,Πόπη,Łódź,شرکت",
    "cp1252": "Müller Straßenbau,Société Générale,Nuñez,Åse",
    "cp1250": "Zażółć gęślą jaźń,Łódź,Kraków Śródmieście",
    "cp1257": "Žalias Namas,Šiaulių grūdai,Ąžuolynė,Įmonė",
    "cp1253": "Ελληνικά Τρόφιμα,Παπαδόπουλος,Θεσσαλονίκη",
}


def written(folder: Path, text: str, *, encoding: str = "utf-8", name: str = "file.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def rows(table: Table) -> list[list[str]]:
    return [row for chunk in table.chunks() for row in chunk.rows]


@pytest.mark.parametrize("encoding", NAMES)
def test_the_encoding_of_a_file_is_told_from_its_letters(encoding: str, tmp_path: Path) -> None:
    names = NAMES[encoding].split(",")
    text = "number;name\n" + "".join(f"{number};{name}\n" for number, name in enumerate(names))
    table = open_table(written(tmp_path, text, encoding=encoding))
    assert table.encoding == encoding
    assert [row[1] for row in rows(table)] == names


def test_czech_is_told_from_german_and_french_from_lithuanian(tmp_path: Path) -> None:
    for encoding, text in (("cp1250", "Příliš žluťoučký kůň\n"), ("cp1252", "Évènement à l'hôtel\n")):
        assert open_table(written(tmp_path, "a,b\n1," + text, encoding=encoding)).encoding == encoding


def test_a_pound_sign_alone_is_western(tmp_path: Path) -> None:
    assert open_table(written(tmp_path, "a,b\n1,£5\n", encoding="cp1252")).encoding == "cp1252"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_byte_order_marks_and_utf_16_are_understood(encoding: str, tmp_path: Path) -> None:
    table = open_table(written(tmp_path, f"{HEADER}\n1,Žalias,2.00\n", encoding=encoding))
    assert table.header == ("number", "name", "amount")
    assert rows(table) == [["1", "Žalias", "2.00"]]


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_even_where_others_stand_in_the_text(sign: str, tmp_path: Path) -> None:
    text = sign.join(["number", "name", "amount"]) + "\n"
    text += "".join(sign.join([str(n), f'"a{sign}b, c; d"', "1.00"]) + "\n" for n in range(5))
    table = open_table(written(tmp_path, text))
    assert (table.delimiter, len(table.header)) == (sign, 3)
    assert {len(row) for row in rows(table)} == {3}


def test_the_line_in_which_excel_names_its_delimiter_is_no_header(tmp_path: Path) -> None:
    table = open_table(written(tmp_path, "sep=;\r\nnumber;name\r\n1;x,y\r\n"))
    assert (table.header, rows(table)) == (("number", "name"), [["1", "x,y"]])


def test_rows_are_numbered_as_a_spreadsheet_counts_them(tmp_path: Path) -> None:
    table = open_table(written(tmp_path, f'{HEADER}\n1,"two\nlines",1\n\n,,\n2,b,1\n'))
    (chunk,) = table.chunks()
    assert chunk.rows == [["1", "two\nlines", "1"], ["2", "b", "1"]]
    assert list(chunk.numbers) == [2, 5]


def test_a_quotation_mark_that_never_closes_costs_one_row(tmp_path: Path) -> None:
    text = f'{HEADER}\n1,a,1\n2,"b,1\n' + "".join(f"{n},c,1\n" for n in range(3, 300))
    chunks = list(open_table(written(tmp_path, text)).chunks())
    assert [(row, line) for chunk in chunks for row, line in chunk.broken] == [(3, '2,"b,1')]
    assert sum(len(chunk.rows) for chunk in chunks) == 298


def test_line_breaks_inside_quotation_marks_survive_the_border_between_chunks(tmp_path: Path) -> None:
    text = HEADER + "\n" + "".join(f'{n},"first\nsecond\nthird",1\n' for n in range(50))
    table = open_table(written(tmp_path, text))
    for size in (1, 2, 3, 7, 1000):
        chunks = list(table.chunks(size))
        assert [row[0] for chunk in chunks for row in chunk.rows] == [str(n) for n in range(50)]
        assert [n for chunk in chunks for n in chunk.numbers] == list(range(2, 52))


def test_half_a_quotation_mark_at_the_end_of_the_file_is_one_broken_row(tmp_path: Path) -> None:
    (chunk,) = open_table(written(tmp_path, f'{HEADER}\n1,a,1\n2,"b')).chunks()
    assert ([row[0] for row in chunk.rows], chunk.broken) == (["1"], [(3, '2,"b')])


def test_a_workbook_is_read_with_its_numbers_and_dates(tmp_path: Path) -> None:
    path = tmp_path / "file.xlsx"
    book = xlsxwriter.Workbook(path)
    book.add_worksheet("secret").hide()
    sheet = book.add_worksheet("Items")
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    sheet.write_row(2, 1, ["number", "day", "amount"])
    sheet.write_row(3, 1, ["0012"])
    sheet.write_datetime(3, 2, dt.datetime(2020, 3, 4), day)
    sheet.write_number(3, 3, 2309.79)
    sheet.write_number(5, 1, 200769623)
    sheet.activate()
    book.close()
    table = open_table(path)
    (chunk,) = table.chunks()
    assert (table.encoding, table.delimiter, table.header) == ("xlsx", None, ("number", "day", "amount"))
    assert chunk.rows == [["0012", "2020-03-04", "2309.79"], ["200769623", "", ""]]
    assert list(chunk.numbers) == [4, 6]


PRETENDERS = {
    "nothing.csv": (b"", "nothing.csv is empty."),
    "blank.csv": (b"\n\n  \n", "blank.csv is empty."),
    "commas.csv": (b",,,\n,,,\n", "commas.csv has no header: its first row must name the columns."),
    "paper.csv": (b"%PDF-1.7 ...", "paper.csv claims to be a text file, but it is a PDF."),
    "old.csv": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document"),
    "page.csv": (b"\n<!DOCTYPE html><html>", "claims to be a table, but it is a web page or XML."),
    "zero.csv": (b"number,name\n1,\x00\x01\x02\n", "zero.csv claims to be a text file, but holds binary data."),
    "mixed.csv": ("a,b\n1,Žalias Ąžuolas\n".encode() + b"2,M\xfcller\n", "mixes UTF-8 with another encoding"),
    "text.xlsx": (b"number,name\n1,x\n", "text.xlsx claims to be an Excel workbook, but it is none."),
    "secret.xlsx": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "locked with a password or saved in the old .xls way."),
    "torn.xlsx": (b"PK\x03\x04 torn", "torn.xlsx is damaged: it cannot be unpacked."),
    "file.pdf": (b"number,name\n1,x\n", "neither CSV nor XLSX"),
}


@pytest.mark.parametrize("name", PRETENDERS)
def test_a_file_that_is_not_what_it_claims_is_refused_in_one_sentence(name: str, tmp_path: Path) -> None:
    content, sentence = PRETENDERS[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FileRefused) as refusal:
        open_table(tmp_path / name)
    assert sentence in str(refusal.value)
    assert str(refusal.value).startswith(name)


def test_an_archive_is_refused_under_either_name(tmp_path: Path) -> None:
    for name in ("archive.csv", "archive.xlsx"):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("readme.txt", "not a table")
        with pytest.raises(FileRefused):
            open_table(tmp_path / name)


def test_a_workbook_that_unpacks_to_more_than_memory_holds_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            for _ in range(520):
                sheet.write(bytes(1 << 20))
    with pytest.raises(FileRefused, match="too large"):
        open_table(tmp_path / "bomb.xlsx")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match=r"There is no file gone\.csv"):
        open_table(tmp_path / "gone.csv")
