"""The reader of delimited text against Python's csv module, which writes what it must read back."""

import csv
import gzip
import io
import zipfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.core.errors import DataError
from assay.data import read
from assay.data.sources.delimited import find_dialect, parse_delimited

# Everything a cell may hold, the separators, quotes and line ends among it. "\r" alone is left to its own test.
CELLS = st.text(alphabet="abcxyzЖé09 ,;|\t\"'\n.-", max_size=8)
NAMES = st.text(alphabet="abcdef", min_size=1, max_size=5)


@st.composite
def tables(draw):
    names = draw(st.lists(NAMES, min_size=2, max_size=5, unique=True))
    rows = draw(st.lists(st.lists(CELLS, min_size=len(names), max_size=len(names)), min_size=1, max_size=8))
    return names, rows


def written(names, rows, separator, line_end):
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=separator, quoting=csv.QUOTE_ALL, lineterminator=line_end)
    writer.writerows([names, *rows])
    return stream.getvalue()


@settings(max_examples=150, deadline=None)
@given(table=tables(), separator=st.sampled_from(",;\t|"), line_end=st.sampled_from(["\n", "\r\n"]))
def test_a_quoted_table_reads_back_as_it_was_written(table, separator, line_end):
    names, rows = table
    frame, _ = parse_delimited(written(names, rows, separator, line_end), "t", separator)
    assert frame.columns == names
    assert [["" if cell is None else cell for cell in row] for row in frame.rows()] == rows


@settings(max_examples=150, deadline=None)
@given(
    separator=st.sampled_from(",;\t|"),
    names=st.lists(NAMES, min_size=2, max_size=5, unique=True),
    n=st.integers(2, 12),
    data=st.data(),
)
def test_the_separator_is_found_when_another_one_stands_inside_quotes(separator, names, n, data):
    cells = st.one_of(st.integers(-99, 99).map(str), st.text(alphabet="ab ,;|\t", min_size=1, max_size=6))
    rows = data.draw(st.lists(st.lists(cells, min_size=len(names), max_size=len(names)), min_size=n, max_size=n))
    text = written(names, rows, separator, "\n")
    assert find_dialect(text).separator == separator


def test_single_quotes_are_understood_where_no_double_ones_are():
    frame, notes = parse_delimited("a,b\n'x,y',1\n'z,w',2\n", "t")
    assert frame["a"].to_list() == ["x,y", "z,w"]
    assert "quotes: '" in notes


@pytest.mark.parametrize(
    ("text", "line", "fields"),
    [
        ("a,b\n1,2\n3\n4,5\n", 3, 1),
        ("a,b\n1,2\n3,4\n5,6,7\n", 4, 3),
        ("a,b\n1,2,9\n3\n", 2, 3),  # one too many and one too few: the sum of separators is right
        ('a,b\n"x\ny",2\n3\n', 4, 1),  # a quoted line end counts as a line
        ("\n\na,b\n1,2\n3\n", 5, 1),  # blank lines above the header count too
        ("sep=,\na,b\n1,2\n3\n", 4, 1),
        ("a,b\n1,2\n\n3\n", 4, 1),
    ],
)
def test_a_ragged_row_is_named_with_its_line_and_both_counts(text, line, fields):
    with pytest.raises(DataError, match=rf"^t: line {line} has {fields} fields?, the header has 2;"):
        parse_delimited(text, "t")


def test_blank_lines_between_rows_are_skipped():
    frame, _ = parse_delimited("a,b\n1,2\n\n3,4\n\n", "t")
    assert frame.rows() == [("1", "2"), ("3", "4")]


def test_a_name_that_stands_twice_in_the_header_is_refused_with_its_places():
    with pytest.raises(DataError, match=r"'a' stands 2 times in the header \(columns 1, 3\)"):
        parse_delimited("a,b,a\n1,2,3\n", "t")


def test_a_nameless_column_gets_a_name_and_a_note():
    frame, notes = parse_delimited(",b\n1,2\n", "t")
    assert frame.columns == ["column_1", "b"]
    assert any("column 1 has no name" in note for note in notes)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"  \n"])
def test_an_empty_file_is_refused(tmp_path, content):
    path = tmp_path / "e.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"e\.csv: the file is empty"):
        read(path)


def test_a_header_without_rows_is_refused(tmp_path):
    path = tmp_path / "h.csv"
    path.write_text("a,b\n")
    with pytest.raises(DataError, match="has a header but no rows"):
        read(path)


def test_a_name_that_is_broken_into_lines_becomes_one_line():
    assert parse_delimited('"loan\n amount",b\n1,2\n', "t")[0].columns == ["loan amount", "b"]


def test_bare_quotes_in_a_table_without_quoting_are_text():
    frame, notes = parse_delimited('size,n\n5" disk,1\n3" disk,2\n', "t")
    assert frame["size"].to_list() == ['5" disk', '3" disk']
    frame, notes = parse_delimited('a\tb\n"hello\t1\nx\t2\n', "t")
    assert frame["a"].to_list() == ['"hello', "x"]
    assert "quotes are read as text" in notes


def test_an_open_quote_that_swallows_rows_is_refused():
    with pytest.raises(DataError, match="a quote is not closed"):
        parse_delimited('a,b\n1,"2\n3,4,5\n', "t")


def test_decimal_commas_are_numbers_where_the_semicolon_separates(tmp_path):
    path = tmp_path / "d.csv"
    path.write_text("a;b\n1,5;x\n2;y\n;z\n")
    data = read(path)
    assert data.frame["a"].to_list() == [1.5, 2.0, None]
    assert "decimal commas in a" in data.notes


def test_a_column_of_texts_with_commas_is_one_column(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("text\nhello, world\nfoo\nbar, baz, qux\n")
    assert read(path).frame.rows() == [("hello, world",), ("foo",), ("bar, baz, qux",)]


def test_old_line_ends_of_a_lone_return_are_read():
    frame, _ = parse_delimited("a,b\r1,2\r3,4\r", "t")
    assert frame.rows() == [("1", "2"), ("3", "4")]


RUSSIAN = "имя;город;сумма\nАнна;Москва;12\nПётр;Казань;15\nОльга;Самара;3\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1251", "koi8-r", "cp866"])
def test_russian_text_is_read_from_every_common_encoding(tmp_path, encoding):
    path = tmp_path / "r.csv"
    mark = b"\xff\xfe" if encoding == "utf-16-le" else b""
    path.write_bytes(mark + RUSSIAN.encode(encoding))
    data = read(path)
    assert data.frame["имя"].to_list() == ["Анна", "Пётр", "Ольга"]
    assert data.frame["сумма"].to_list() == [12.0, 15.0, 3.0]
    assert data.notes[0].startswith("encoding: ")


def test_western_text_is_read_from_cp1252(tmp_path):
    path = tmp_path / "w.csv"
    path.write_bytes("nom,ville\nJosé,Besançon\nZoë,Orléans\nNoël,Nîmes\n".encode("cp1252"))
    assert read(path).frame["ville"].to_list() == ["Besançon", "Orléans", "Nîmes"]


def test_the_encoding_is_judged_on_the_lines_that_tell(tmp_path):
    path = tmp_path / "late.csv"
    path.write_bytes(("a,b\n" + "x,1\n" * 100_000 + "Привет мир и все остальные,2\n").encode("cp1251"))
    assert read(path).frame["a"][-1] == "Привет мир и все остальные"


def test_a_binary_file_under_a_name_of_text_is_refused(tmp_path):
    path = tmp_path / "b.csv"
    path.write_bytes(b"PK\0\0\1\2,\0\n\0")
    with pytest.raises(DataError, match="no text file"):
        read(path)


@pytest.mark.parametrize("suffix", ["csv", "tsv"])
def test_a_packed_file_reads_like_the_plain_one(tmp_path: Path, suffix):
    separator = "\t" if suffix == "tsv" else ","
    text = separator.join("ab") + "\n" + separator.join("12") + "\n"
    plain, packed, zipped = (tmp_path / name for name in (f"p.{suffix}", f"g.{suffix}.gz", "z.zip"))
    plain.write_text(text)
    packed.write_bytes(gzip.compress(text.encode()))
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr(f"inner/t.{suffix}", text)
        archive.writestr("__MACOSX/._t", "junk")
    expected = pl.DataFrame({"a": [1.0], "b": [2.0]})
    for path in (plain, packed, zipped):
        assert read(path).frame.equals(expected)
