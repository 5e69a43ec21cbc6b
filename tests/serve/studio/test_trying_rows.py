"""Several rows at once: what is pasted is answered as a file is, and what comes back is safe in a spreadsheet."""

import csv
import io
from pathlib import Path

import polars as pl
import pytest
from tests.bundle.models import HOSTILE, table
from tests.serve.studio.posting import Client
from tests.serve.studio.tried_models import Seen, client, fitted_on, model_of_pictures, pasted, tried_model

from assay.data.dataset import Dataset
from assay.data.safe_csv import write_csv
from assay.data.schema import Column, Schema
from assay.data.task import Task
from assay.serve.studio.trying_rows import MOST_ROWS, MOST_SHOWN


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Client:
    return client(tmp_path_factory.mktemp("runs"), loans=tried_model(), scans=model_of_pictures())


def rows(n: int = 12, separator: str = ",") -> str:
    return table("binary").features.head(n).write_csv(separator=separator)


def cells_of(page: str) -> list[list[str]]:
    """The table of answers, a list a line, its head first."""
    found: list[list[str]] = []
    for part in page.split("<tr>")[1:]:
        found.append([Seen(cell).text.strip() for cell in part.replace("<th", "<td").split("<td")[1:]])
    return [[cell.partition(">")[2].strip() for cell in line] for line in found]


@pytest.mark.parametrize("separator", [",", "\t", ";"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_pasted_rows_are_answered_as_by_the_model(studio: Client, separator: str, ends: str) -> None:
    answer = studio.post("/try/loans/rows", **pasted(rows(separator=separator).replace("\n", ends)))
    assert answer.status_code == 200
    head, *lines = cells_of(answer.text)
    expected = tried_model().predict(table("binary").features.head(12))
    assert head == ["row", "prediction", "probability", "score"]
    assert [line[1] for line in lines] == expected["prediction"].to_list()
    for line, row in zip(lines, expected.iter_rows(named=True), strict=True):
        assert float(line[2]) == pytest.approx(row["probability"], abs=1e-4)


def test_the_download_is_what_predict_writes(studio: Client) -> None:
    answer = studio.post("/try/loans/rows.csv", **pasted(rows()))
    stream = io.BytesIO()
    write_csv(tried_model().predict(io_frame(rows())), stream)
    assert answer.content == stream.getvalue()
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]


def io_frame(said: str) -> pl.DataFrame:
    return pl.read_csv(io.StringIO(said), infer_schema=False)


def test_labels_that_a_spreadsheet_would_run_are_escaped_in_the_download(tmp_path: Path) -> None:
    levels = ("+1 day", "=HYPERLINK(1)")
    frame = pl.DataFrame({"x": [float(n) for n in range(40)], "t": [levels[n >= 20] for n in range(40)]})
    columns = (Column("x", "number", whole=True), Column("t", "category", role="target", levels=levels))
    one = fitted_on(Dataset(frame, Schema(columns), Task("binary", "t", levels)))
    answer = client(tmp_path, evil=one).post("/try/evil/rows.csv", **pasted("x\n1\n39\n"))
    assert [line["prediction"] for line in csv.DictReader(io.StringIO(answer.text))] == ["'+1 day", "'=HYPERLINK(1)"]


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("", "nothing was pasted"),
        ("a b\n", "there is a line of column names, and no row below it."),
        ("a b,day\n1,2024-01-01\n", f"column {HOSTILE!r} is missing"),
        (rows(3).replace("2024", "x024"), "expected a date such as 2024-12-31"),
        (rows(2) + "q,north,2024-01-01,1\n", "row 3, column 'a b': expected a number, found 'q'."),
        ("a,b\n1,2,3,4\n", "no CSV"),
        ("x\n" + "1\n" * (MOST_ROWS + 1), f"more than {MOST_ROWS} rows were pasted"),
    ],
)
@pytest.mark.parametrize("address", ["rows", "rows.csv"])
def test_what_cannot_be_answered_is_one_sentence_and_what_was_pasted_stays(
    studio: Client, said: str, sentence: str, address: str
) -> None:
    answer = studio.post(f"/try/loans/{address}", **pasted(said))
    found = Seen(answer.text)
    assert answer.status_code == 400
    assert sentence in found.text
    assert said.split("\n")[-2 if said.endswith("\n") else -1] in found.text


def test_new_levels_and_columns_that_are_not_read_are_told(studio: Client) -> None:
    said = f"a b,{HOSTILE},day,$array,<i>more</i>\n1,moon,2024-01-01,1,x\n1,north,2024-01-01,1,x\n"
    found = Seen(studio.post("/try/loans/rows", **pasted(said)).text)
    assert "Not read by the model: <i>more</i>." in found.text
    assert f"{HOSTILE}: 1 cell has a value that no training row had." in found.text
    assert not {"i", "img", "b"} & {tag for tag, _ in found.tags}


def test_a_long_paste_is_answered_whole_and_shown_in_part(studio: Client) -> None:
    head, *lines = rows(12).splitlines()
    said = "\n".join([head, *lines * 40]) + "\n"
    shown = studio.post("/try/loans/rows", **pasted(said)).text
    assert f"480 rows, the first {MOST_SHOWN} shown" in Seen(shown).text
    assert len(cells_of(shown)) == MOST_SHOWN + 1
    assert len(studio.post("/try/loans/rows.csv", **pasted(said)).text.splitlines()) == 481


def test_the_form_holds_a_row_that_can_be_answered_at_once(studio: Client) -> None:
    example = studio.get("/try/loans/rows").text.split("<textarea")[1].split(">", 1)[1].split("</textarea>")[0]
    answer = studio.post("/try/loans/rows", **pasted(Seen(f"<p>{example}</p>").notes[""]))
    assert answer.status_code == 200
    assert len(cells_of(answer.text)) == 2


def test_pictures_are_not_pasted(studio: Client) -> None:
    assert "try them one by one" in Seen(studio.get("/try/scans/rows").text).text
    answer = studio.post("/try/scans/rows", **pasted("scan\n/etc/hostname\n"))
    assert answer.status_code == 400
    assert "do not fit into CSV" in Seen(answer.text).text
