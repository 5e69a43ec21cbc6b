"""The form of a new run: which data may be named, what is shown of them, and what is started."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image
from tests.serve.studio.posting import Client

from assay.core.errors import AssayError, ConfigError
from assay.serve.studio import preview_part, starting_checks
from assay.serve.studio.app import make_studio
from assay.serve.studio.jobs import jobs
from assay.serve.studio.place import Place
from assay.serve.studio.preview import preview
from assay.serve.studio.preview_part import part_of
from assay.serve.studio.preview_sources import allowed, listed
from assay.serve.studio.starting_checks import Checked, Found
from assay.serve.studio.starting_form import Asked, check_name


@pytest.fixture
def place(tmp_path: Path) -> Place:
    for name in ("runs", "data", "data/inner", "elsewhere"):
        (tmp_path / name).mkdir()
    table().write_csv(tmp_path / "data" / "loans.csv")
    table().write_csv(tmp_path / "elsewhere" / "secret.csv")
    return Place(tmp_path / "runs", (tmp_path / "data",))


@pytest.fixture
def client(place: Place) -> Client:
    return Client(make_studio(place))


def table(rows: int = 60) -> pl.DataFrame:
    random = np.random.default_rng(0)
    return pl.DataFrame(
        {
            "age": random.integers(18, 80, rows),
            "zip": random.integers(10_000, 10_005, rows),
            "city": random.choice(["north", "south"], rows),
            "day": [f"2024-01-{1 + n % 28:02d}" for n in range(rows)],
            "denied": random.integers(0, 2, rows),
        }
    )


def loans(place: Place) -> str:
    return str(place.data[0] / "loans.csv")


# ---- which data may be named


def hostile(place: Place) -> dict[str, str]:
    root = place.data[0]
    outside = root.parent / "elsewhere" / "secret.csv"
    (root / "link.csv").symlink_to(outside)
    (root / "folder").symlink_to(outside.parent)
    (root / "loop").symlink_to(root / "loop")
    (root / ".hidden.csv").write_bytes(outside.read_bytes())
    return {
        "outside": str(outside),
        "traversal": f"{root}/../elsewhere/secret.csv",
        "link": f"{root}/link.csv",
        "folder of links": f"{root}/folder/secret.csv",
        "loop": f"{root}/loop",
        "hidden": f"{root}/.hidden.csv",
        "relative": "loans.csv",
        "not there": f"{root}/nothing.csv",
        "a neighbour whose name begins the same": f"{root}-2/secret.csv",
        "zero": f"{root}/loans.csv\0",
        "the uploads themselves": str(place.kept / "uploads"),
        "the runs": str(place.runs),
        "a device": "/dev/zero",
        "too long": "/" + "x" * 5000,
        "nothing": "",
    }


def test_only_what_lies_inside_the_named_folders_may_be_read(place: Place, client: Client) -> None:
    (place.kept / "uploads").mkdir(parents=True)
    for what, path in hostile(place).items():
        with pytest.raises(ConfigError, match="not in a folder whose data may be read"):
            allowed(place, path)
        for address in ("/new/preview", "/new/checks"):
            answer = client.get(address, params={"data": path, "target": "denied"})
            assert answer.status_code == 422, what
            assert "<td" not in answer.text
        answer = client.post("/new", data={"data": path, "target": "denied", "name": "a"})
        assert answer.status_code == 422, what
    assert jobs(place) == []
    assert allowed(place, loans(place)) == Path(loans(place)).resolve()


def test_a_link_inside_the_folder_to_inside_the_folder_is_followed(place: Place) -> None:
    (place.data[0] / "inner" / "same.csv").symlink_to(loans(place))
    assert allowed(place, str(place.data[0] / "inner" / "same.csv")) == Path(loans(place)).resolve()


def test_a_list_shows_folders_and_tables_and_nothing_that_leads_out(place: Place, client: Client) -> None:
    hostile(place)
    (place.data[0] / "notes.md").write_text("x")
    found = listed(place, str(place.data[0]))
    assert [entry.name for entry in found.entries] == ["inner", "loans.csv"]
    assert found.above is None
    assert listed(place, str(place.data[0] / "inner")).above == place.data[0].resolve()
    page = client.get("/new").text
    assert "loans.csv" in page
    assert "secret" not in page
    for path in (str(place.runs), f"{place.data[0]}/..", "/", loans(place)):
        assert client.get("/new", params={"folder": path}).status_code == 422


# ---- the first rows


def test_the_form_shows_kinds_and_first_values_as_a_run_would_read_them(place: Place, client: Client) -> None:
    page = client.get("/new/preview", params={"data": loans(place), "target": "denied"}).text
    for column, kind in (("age", "number"), ("city", "category"), ("day", "date")):
        row = re.search(rf"<bdi>{column}</bdi></th>.*?</tr>", page, re.S)
        assert row is not None
        assert f"{kind} (inferred)" in row[0]
        assert str(table()[column][0]) in row[0]
    assert "60 rows, 5 columns" in page
    assert "Binary target" in page


def test_a_corrected_kind_and_role_stand_in_the_form_and_in_the_command(place: Place, client: Client) -> None:
    said = {"data": loans(place), "target": "denied", "kind": "zip=category", "role": ["age=ignored", "day=time"]}
    page = client.get("/new/preview", params=said).text
    for value in ("zip=category", "age=ignored", "day=time"):
        assert f'<option value="{value}" selected>' in page
    assert "--time day --kind zip=category --drop age" in page


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"target": "denid"}, "did you mean &#39;denied&#39;"),
        ({"target": "city", "task": "regression"}, "which is no number"),
        ({"target": "denied", "kind": "city=number"}, "expected a number"),
        ({"target": "denied", "kind": "nowhere=number"}, "no column"),
        ({"target": "denied", "kind": "age=colour"}, "a column can be"),
        ({"target": "denied", "role": ["age=time", "day=time"]}, "both have the role time"),
        ({"target": "denied", "role": "day=time", "in_order": "1"}, "choose one of the two"),
        ({"target": "denied", "metric": "rmse"}, "is not for binary"),
        ({"target": "denied", "recipes": "logstic"}, "did you mean"),
        ({"target": "denied", "recipes": "lenet"}, "lenet"),
        ({"target": "denied", "folds": "five"}, "no whole number"),
        ({"target": "denied", "cost_missed": "5"}, "write both"),
        ({"target": "denied", "positive": "9"}, "positive"),
        ({"target": "denied", "budget": "soon"}, "soon"),
    ],
)
def test_a_mistake_is_one_sentence_beside_the_form_that_loses_nothing(
    place: Place, client: Client, said: dict[str, Any], words: str
) -> None:
    filled = {"data": loans(place), "repeats": "3", "name": "kept-name", **said}
    answer = client.get("/new/preview", params=filled)
    posted = client.post("/new", data=filled)
    for one in (answer, posted):
        alert = re.search(r'role="alert"><bdi>(.*?)</bdi>', one.text, re.S)
        assert one.status_code == 422
        assert alert is not None
        assert words in alert[1]
        assert "\n" not in alert[1]
        assert 'name="repeats" value="3"' in one.text
        assert 'value="kept-name"' in one.text
    assert jobs(place) == []
    assert [path.name for path in place.runs.iterdir() if not path.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("ragged.csv", b"a,b\n1,2\n3\n4,5\n", "line 3"),
        ("empty.csv", b"\n\n", "empty"),
        ("head.csv", b"a,b\n", "no rows"),
        ("twice.csv", b"a,a\n1,2\n", "stands 2 times"),
        ("not.parquet", b"PAR1 but no more", "not.parquet"),
        ("bad.npz", b"PK\3\4", "npz"),
        ("bad.jsonl", b'{"a": 1}\n{"a": \n', "line 2"),
        ("bad.csv.gz", b"\x1f\x8b nothing", "damaged"),
    ],
)
def test_data_that_cannot_be_read_are_refused_with_the_reader_s_sentence(
    place: Place, client: Client, name: str, content: bytes, words: str
) -> None:
    (place.data[0] / name).write_bytes(content)
    answer = client.get("/new/preview", params={"data": str(place.data[0] / name)})
    assert answer.status_code == 422
    assert words in answer.text
    assert "Choose other data" in answer.text


def test_names_of_columns_and_cells_stay_text(place: Place, client: Client) -> None:
    evil = "<script>alert(1)</script>"
    frame = table().rename({"city": evil, "age": '"><img src=x>'}).with_columns(pl.lit("{{ 7*7 }}<b>").alias("note"))
    frame.write_csv(place.data[0] / "evil.csv")
    said = {"data": str(place.data[0] / "evil.csv"), "target": "denied", "kind": f"{evil}=text", "role": '"><img src=x>=ignored'}
    page = client.get("/new/preview", params=said)
    assert page.status_code == 200
    assert evil not in page.text
    assert "<img" not in page.text
    assert "{{ 7*7 }}&lt;b&gt;" in page.text


# ---- pictures that a table names


def pictures(place: Place, cells: list[str], name: str = "pictures.csv") -> dict[str, str]:
    rows = {"file": cells * 10, "label": [n % 2 for n in range(10 * len(cells))]}
    pl.DataFrame(rows).write_csv(place.data[0] / name)
    return {"data": str(place.data[0] / name), "target": "label", "name": "a"}


def test_a_table_names_pictures_of_its_own_folder_only(place: Place, client: Client) -> None:
    inner, outside = place.data[0] / "inner", place.data[0].parent / "elsewhere" / "secret.png"
    for path in (inner / "1.png", outside):
        Image.new("L", (4, 4), 7).save(path)
    (inner / "link.png").symlink_to(outside)
    assert "image (inferred)" in client.get("/new/preview", params=pictures(place, ["inner/1.png"])).text
    for cells in (
        [str(outside)],
        ["/no/such/file.png"],
        ["../elsewhere/secret.png"],
        ["inner/1.png", "inner/link.png"],
        ["inner/../../elsewhere/secret.png"],
    ):
        for answer in (
            client.get("/new/preview", params=pictures(place, cells)),
            client.post("/new", data=pictures(place, cells)),
            client.post("/new", data={**pictures(place, cells), "kind": "file=image"}),
        ):
            assert answer.status_code == 422
            assert "leads out of the folder of the table" in answer.text
        left_out = {**pictures(place, cells), "role": "file=ignored"}
        assert "no column besides the target" in client.get("/new/preview", params=left_out).text
    assert jobs(place) == []


def test_paths_of_pictures_beyond_the_part_that_is_looked_at_start_no_run(
    place: Place, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preview_part, "MOST_BYTES", 300)
    said = pictures(place, ["inner/1.png"] * 20 + ["/etc/secret.png"])
    answer = client.post("/new", data=said)
    assert answer.status_code == 422
    assert "too large to follow them here" in answer.text


# ---- a bounded part


def test_a_large_file_is_looked_at_in_part_and_says_so(place: Place, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview_part, "MOST_BYTES", 2_000)
    big = table(5_000)
    big.write_csv(place.data[0] / "big.csv")
    part = part_of(place.data[0] / "big.csv")
    assert not part.is_whole
    assert 20 < part.table.frame.height < 200
    assert part.table.frame.rows() == [tuple(map(str, row)) for row in big.head(part.table.frame.height).rows()]
    page = client.get("/new/preview", params={"data": str(place.data[0] / "big.csv"), "target": "denied"})
    assert page.status_code == 200
    assert f"inferred from the first {part.table.frame.height} rows" in page.text


def test_a_row_with_a_line_end_in_quotes_is_not_cut_in_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview_part, "MOST_BYTES", 100)
    rows = [f'{n},"line\nline\nline"' for n in range(50)]
    (tmp_path / "a.csv").write_text("n,text\n" + "\n".join(rows) + "\n")
    frame = part_of(tmp_path / "a.csv").table.frame
    assert 1 < frame.height < 10
    assert frame["text"].unique().to_list() == ["line\nline\nline"]


@pytest.mark.parametrize("name", ["a.parquet", "a.csv.gz", "a.csv.zip", "a.arrow", "a.jsonl"])
def test_other_forms_are_looked_at_in_part_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    import gzip
    import zipfile

    monkeypatch.setattr(preview_part, "MOST_BYTES", 2_000)
    monkeypatch.setattr(preview_part, "MOST_ROWS", 50)
    frame, path = table(2_000), tmp_path / name
    if name == "a.parquet":
        frame.write_parquet(path)
    elif name == "a.arrow":
        frame.write_ipc(path)
    elif name == "a.jsonl":
        frame.write_ndjson(path)
    elif name == "a.csv.gz":
        path.write_bytes(gzip.compress(frame.write_csv().encode()))
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.csv", frame.write_csv())
    part = part_of(path)
    assert not part.is_whole
    assert 0 < part.table.frame.height <= 50
    assert part.table.frame["age"].cast(pl.Int64).to_list() == frame["age"].head(part.table.frame.height).to_list()


def test_a_target_of_one_class_in_the_first_rows_does_not_stop_a_run_on_all(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preview_part, "MOST_BYTES", 500)
    table(500).sort("denied").write_csv(place.data[0] / "sorted.csv")
    found = preview(Asked(data="x", target="denied"), place.data[0] / "sorted.csv", "sorted.csv")
    assert "one class only" in found.problem
    assert not found.stops
    assert [column.name for column in found.columns] == table().columns


# ---- what is started

HOSTILE_RUNS = [
    "",
    " ",
    ".",
    "..",
    ".studio",
    "a/b",
    "../a",
    "a\0b",
    "-rf",
    "--out",
    "a b",
    "<b>",
    "x" * 81,
    "a\n",
    "_a",
    "a\\b",
    "é\u202e",
]


@pytest.mark.parametrize("name", HOSTILE_RUNS)
def test_a_hostile_name_of_a_run_is_refused_in_one_sentence(place: Place, client: Client, name: str) -> None:
    with pytest.raises(ConfigError) as refused:
        check_name(name)
    assert "\n" not in str(refused.value)
    if not name.isspace() and name not in ("", "a\n"):  # a browser's form holds no such text; spaces around it are taken off
        answer = client.post("/new", data={"data": loans(place), "target": "denied", "name": name})
        assert answer.status_code == 422
        assert "cannot be a run&#39;s name" in answer.text
    assert jobs(place) == []


@pytest.mark.parametrize("name", ["loans", "loans-1", "2024_v1.2", "заявки"])
def test_a_plain_name_is_a_name(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize(
    "address", ["/new", "/finish/a", "/jobs/20250101-000000-00000000/stop", "/jobs/20250101-000000-00000000/again"]
)
def test_a_page_elsewhere_changes_nothing(place: Place, client: Client, address: str) -> None:
    for headers in ({"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}):
        answer = client.post(address, data={"data": loans(place), "target": "denied", "name": "a"}, headers=headers)
        assert answer.status_code == 403
    assert client.post(address, data={}, headers={"host": "evil.example"}).status_code == 421
    assert list(place.runs.iterdir()) == []


def test_a_form_of_another_type_or_without_end_is_refused(place: Place, client: Client) -> None:
    assert client.post("/new", json={"data": loans(place)}).status_code in (400, 422)
    assert client.post("/new", data={"name": "x" * 2**21}).status_code in (400, 413, 422)
    many = {f"k{n}": "1" for n in range(30_000)}
    assert client.post("/new", data=many).status_code in (400, 422)


# ---- the checks


def test_the_checks_of_the_command_line_are_shown_kept_and_stop_the_start(
    place: Place, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = table().with_columns(copy=pl.col("denied"), pixel=pl.when(pl.int_range(60) == 7).then(float("inf")).otherwise(1.0))
    frame.write_csv(place.data[0] / "leaky.csv")
    said = {"data": str(place.data[0] / "leaky.csv"), "target": "denied", "name": "leaky"}
    shown = client.get("/new/checks", params=said).text
    from assay.data import read
    from assay.study.study import Study

    expected = Study(read(said["data"], target="denied")).findings
    assert {one.code for one in expected} >= {"target-copy"}
    text = re.sub(r"&#\d+;|&\w+;", "", shown)
    for one in expected:
        assert re.sub(r"['\"<>&]", "", one.message) in text
        assert f">{one.level}</span>" in shown

    async def fail(*_: object, **__: object) -> object:
        raise RuntimeError("it was run again")

    monkeypatch.setattr(starting_checks.asyncio, "create_subprocess_exec", fail)
    assert client.get("/new/checks", params=said).text == shown
    assert re.search(r'href="/new/preview\?[^"]*role=copy%3Dignored', shown)
    assert re.search(r'id="start"[^>]*disabled', shown)
    errors = [one for one in expected if one.level == "error"]
    assert len(errors) == 1
    began = client.post("/new", data=said)
    assert began.status_code == 422
    assert re.sub(r"['\"<>&]", "", errors[0].message) in re.sub(r"&#\d+;|&\w+;", "", began.text)
    assert jobs(place) == []
    frame.head(59).write_csv(said["data"])
    with pytest.raises(RuntimeError, match="run again"):
        client.get("/new/checks", params=said)


def test_an_error_stops_a_run_and_a_warning_only_where_that_is_asked_for() -> None:
    def checked(*levels: str) -> Checked:
        return Checked(tuple(Found(level, f"{level} here.", "", "Do this.") for level in levels))

    assert checked("error", "warning").refusal(strict=False) == "error here. Do this."
    assert checked("warning", "note").refusal(strict=False) == ""
    assert "warning here" in checked("warning", "note").refusal(strict=True)
    assert checked("note").refusal(strict=True) == ""
    assert Checked(problem="no column.").refusal(strict=False) == "no column."


def test_a_check_that_takes_too_long_is_ended_and_says_so(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting_checks, "SECONDS", 0.01)
    checker = starting_checks.Checker(place, seconds=0.01)
    import asyncio

    found = asyncio.run(checker.check(["check", loans(place), "--target", "denied"], Path(loans(place))))
    assert not found.in_time
    assert found.refusal(strict=True) == ""


def test_errors_of_the_form_are_errors_of_the_user() -> None:
    assert issubclass(ConfigError, AssayError)
    with pytest.raises(ConfigError):
        Asked().check()
    assert json.loads(json.dumps(Asked().query())) == ""
