"""Files that are sent to the studio: where they lie, what they are called, and what is not taken."""

import gzip
import hashlib
import io
import stat
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.serve.studio.posting import Client

from assay.core.errors import ConfigError, DataError
from assay.serve.studio import uploads
from assay.serve.studio.app import make_studio
from assay.serve.studio.place import Place
from assay.serve.studio.uploads import Receiving, is_readable, safe_name, shown_name, uploads_in
from assay.serve.studio.uploads_zip import unpack_pictures

TABLE = b"age,city,denied\n1,x,0\n2,y,1\n"


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    folder = tmp_path / "runs"
    folder.mkdir()
    return folder


@pytest.fixture
def client(runs: Path) -> Client:
    return client_of(runs)


def client_of(runs: Path, **settings: object) -> Client:
    return Client(make_studio(Place(runs), **settings))  # type: ignore[arg-type]


def sent(client: Client, name: str, content: bytes = TABLE) -> Path:
    """Where the upload lies, by the address that the studio leads to."""
    answer = client.post("/new/upload", files={"file": (name, content)})
    assert answer.status_code == 303, answer.text
    return Path(parse_qs(urlsplit(answer.headers["location"]).query)["data"][0])


def kept(runs: Path) -> list[str]:
    """Every file below the runs, relative to where uploads lie; names of hidden files aside."""
    home = runs / ".studio" / "uploads"
    assert not [path for path in runs.rglob("*") if path.is_file() and not path.is_relative_to(home)]
    return sorted(str(path.relative_to(home)) for path in home.rglob("*") if path.is_file() and path.name != ".names.json")


def packed(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def picture(grey: int = 7) -> bytes:
    stream = io.BytesIO()
    Image.new("L", (4, 4), grey).save(stream, "PNG")
    return stream.getvalue()


# ---- names


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=300))
def test_a_safe_name_is_one_plain_part_that_is_not_hidden(said: str) -> None:
    name = safe_name(said)
    assert Path(name).name == name
    assert name[0] not in ".-"
    assert all(sign.isalnum() or sign in "_.-" for sign in name)
    assert 0 < len(name.encode()) <= 255
    assert safe_name(name) == name


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("loans.csv", "loans.csv"),
        ("../../../etc/cron.d/x.csv", "x.csv"),
        ("C:\\Users\\me\\loans 2024.csv", "loans_2024.csv"),
        ("/absolute/.hidden.csv", "hidden.csv"),
        ("-rf.csv", "rf.csv"),
        ("<img src=x onerror=alert(1)>.csv", "_img_src_x_onerror_alert_1__.csv"),
        ("заявки.csv", "заявки.csv"),
        ("a\0b\n.csv", "a_b_.csv"),
    ],
)
def test_an_upload_lies_under_its_digest_and_a_safe_name(client: Client, runs: Path, said: str, name: str) -> None:
    if "\0" in said or "\n" in said:  # no client of HTTP sends them; the name is made safe all the same
        assert safe_name(said) == name
        return
    path = sent(client, said)
    assert kept(runs) == [f"{hashlib.sha256(TABLE).hexdigest()}/{name}"]
    assert path.read_bytes() == TABLE


def test_the_name_of_the_sender_is_shown_as_text(client: Client) -> None:
    hostile = "<script>alert(1)</script>.csv"
    path = sent(client, hostile)
    for page in (client.get("/new").text, client.get("/new/preview", params={"data": str(path)}).text):
        assert "&lt;script&gt;alert(1)&lt;/script&gt;.csv" in page
        assert "<script>alert" not in page


def test_equal_files_lie_once_and_their_names_beside_each_other(client: Client, runs: Path) -> None:
    assert sent(client, "a.csv") == sent(client, "a.csv")
    other = sent(client, "b.csv")
    assert len(kept(runs)) == 2
    assert [one.shown for one in uploads_in(runs / ".studio" / "uploads")].count("b.csv") == 1
    assert shown_name(runs / ".studio" / "uploads", other) == "b.csv"


@pytest.mark.parametrize("name", ["a.csv", "A.TSV", "a.csv.gz", "a.zip", "a.parquet", "a.jsonl", "a.npz"])
def test_names_of_tables_are_readable(name: str) -> None:
    assert is_readable(name)


# ---- what is refused


@pytest.mark.parametrize("declares", [True, False], ids=["declared", "streamed"])
def test_a_file_beyond_the_cap_is_refused_and_leaves_nothing(runs: Path, declares: bool) -> None:
    client = client_of(runs, more_bytes={"/new": 100_000})
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n' + b"1,2\n" * 100_000 + b"\r\n--x--\r\n"

    async def parts() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 10_000):
            yield body[start : start + 10_000]

    headers = {"content-type": "multipart/form-data; boundary=x"}
    answer = client.post("/new/upload", content=body if declares else parts(), headers=headers)
    assert answer.status_code == 413
    assert not (runs / ".studio").exists() or kept(runs) == []


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"file": ("a.exe", TABLE)}, "such files are not read"),
        ({"file": ("noending", TABLE)}, "such files are not read"),
        ({"file": ("a.exe.gz", TABLE)}, "such files are not read"),
        ({"file": ("a.csv", b"")}, "the file is empty"),
        ({"other": (None, "text")}, "no file was chosen"),
        ([("file", ("a.csv", TABLE)), ("file", ("b.csv", TABLE))], "one file at a time"),
        ({"file": ("a.csv.gz", b"not packed")}, "damaged"),
        ({"file": ("a.zip", b"PK not a zip")}, "damaged"),
        ({"file": ("a.csv.gz", gzip.compress(TABLE)[:-9])}, "damaged"),
    ],
    ids=["exe", "no ending", "packed exe", "empty", "no file", "two", "no gz", "no zip", "cut gz"],
)
def test_what_no_run_could_read_is_refused_in_one_sentence(client: Client, runs: Path, files: object, words: str) -> None:
    answer = client.post("/new/upload", files=files)  # type: ignore[arg-type]
    assert answer.status_code == 422
    assert words in answer.text
    assert kept(runs) == []


@pytest.mark.parametrize(
    ("kind", "body", "words"),
    [
        ("application/json", b"{}", "sent as a form"),
        ("multipart/form-data", b"", "sent as a form"),
        ("multipart/form-data; boundary=x", b"nonsense", "damaged"),
        ("multipart/form-data; boundary=x", b"--x\r\nA: " + b"v" * 20_000, "damaged"),
        ("multipart/form-data; boundary=x", b"", "no file was chosen"),
    ],
)
def test_a_body_that_is_no_form_is_refused(client: Client, runs: Path, kind: str, body: bytes, words: str) -> None:
    answer = client.post("/new/upload", content=body, headers={"content-type": kind})
    assert answer.status_code == 422
    assert words in answer.text


def test_a_file_that_ends_in_the_middle_is_not_kept(client: Client, runs: Path) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n1,2\n3,'
    answer = client.post("/new/upload", content=body, headers={"content-type": "multipart/form-data; boundary=x"})
    assert answer.status_code == 422
    assert kept(runs) == []


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}])
def test_an_upload_from_a_page_elsewhere_is_refused(client: Client, runs: Path, headers: dict[str, str]) -> None:
    assert client.post("/new/upload", files={"file": ("a.csv", TABLE)}, headers=headers).status_code == 403
    assert not (runs / ".studio").exists()


def test_a_packed_file_larger_than_may_be_unpacked_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_UNPACKED", 1000)
    bomb = b"0" * 100_000
    for name, content in (("a.csv.gz", gzip.compress(bomb)), ("a.zip", packed({"a.csv": bomb}))):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DataError, match="unpacked it is larger"):
            uploads.check_packed(tmp_path / name, name, name)


def test_a_form_is_taken_apart_the_same_however_it_is_cut(tmp_path: Path) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n' + TABLE + b"\r\n--x--\r\n"
    for length in (1, 7, len(body)):
        receiving = Receiving(tmp_path, "multipart/form-data; boundary=x")
        for start in range(0, len(body), length):
            receiving.write(body[start : start + length])
        assert receiving.finish().path.read_bytes() == TABLE
    with pytest.raises(ConfigError):
        Receiving(tmp_path, "text/plain")


# ---- zips of pictures


@pytest.mark.parametrize("above", ["", "pets/"])
def test_a_zip_of_pictures_becomes_a_folder_of_classes(client: Client, above: str) -> None:
    names = [f"{above}{kind}/{n}.png" for kind in ("cat", "dog") for n in range(3)]
    members = {name: picture(n) for n, name in enumerate(names)}
    path = sent(client, "pets.zip", packed({**members, f"{above}readme.txt": b"x", f"__MACOSX/{above}cat/1.png": b"x"}))
    assert sorted(str(file.relative_to(path)) for file in path.rglob("*.png")) == sorted(
        name.removeprefix(above) for name in names
    )
    assert not list(path.rglob("*.txt"))
    assert sent(client, "pets.zip", packed({**members, f"{above}readme.txt": b"x", f"__MACOSX/{above}cat/1.png": b"x"})) == path
    page = client.get("/new/preview", params={"data": str(path)})
    assert page.status_code == 200
    assert "6 rows" in page.text
    assert "pets.zip" in page.text


def test_a_zip_of_one_table_stays_a_file(client: Client) -> None:
    path = sent(client, "a.zip", packed({"a.csv": TABLE}))
    assert path.is_file()
    assert "2 rows" in client.get("/new/preview", params={"data": str(path)}).text


LEADING_OUT = ["../cat/1.png", "/cat/1.png", "cat\\..\\1.png", "C:/cat/1.png", "a/b/c/d/e/1.png", f"{'x' * 250}/1.png"]


@pytest.mark.parametrize("name", LEADING_OUT)
def test_a_zip_whose_names_lead_out_is_refused_whole(client: Client, runs: Path, name: str) -> None:
    answer = client.post("/new/upload", files={"file": ("a.zip", packed({"cat/0.png": picture(), name: picture()}))})
    assert answer.status_code == 422
    assert "leads out" in answer.text
    assert not list(runs.parent.rglob("*.png"))


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("cat/1.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("cat/0.png", picture())
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(DataError, match="leads out"):
        unpack_pictures(tmp_path / "a.zip", "a.zip")


def test_a_damaged_picture_in_a_zip_leaves_no_folder(tmp_path: Path) -> None:
    content = bytearray(packed({"cat/0.png": picture(), "dog/0.png": picture(9)}))
    content[60] ^= 0xFF
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(DataError, match="damaged"):
        unpack_pictures(tmp_path / "a.zip", "a.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]
