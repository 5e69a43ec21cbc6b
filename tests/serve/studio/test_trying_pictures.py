"""Pictures that are dropped or drawn, and the number columns that are the pixels of one."""

import base64
import io
import struct
import zlib

import numpy as np
import polars as pl
import pytest
from PIL import Image
from tests.serve.studio.posting import Client
from tests.serve.studio.tried_models import SIDE, Seen, bars, client, form, model_of_pictures, model_of_pixels, png, tried_model

from assay.core.errors import AssayError, DataError
from assay.data.reference import Spread
from assay.data.schema import Column
from assay.serve.studio.drawn import as_picture, framed, ink_of
from assay.serve.studio.drawn_grid import grid_of

PNG = {"content-type": "image/png"}


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Client:
    runs = tmp_path_factory.mktemp("runs")
    return client(runs, scans=model_of_pictures(), pixels=model_of_pixels(), loans=tried_model())


def address_of(picture: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(picture).decode()


def strokes(*boxes: tuple[int, int, int, int], side: int = 280) -> bytes:
    """A drawing as the page sends it: black boxes (left, top, right, bottom) on nothing."""
    pixels = np.zeros((side, side, 4), dtype=np.uint8)
    for left, top, right, bottom in boxes:
        pixels[top:bottom, left:right, 3] = 255
    return png(pixels)


UPRIGHT, LYING = (105, 35, 175, 245), (35, 105, 245, 175)


# ---- a picture column


def test_a_sent_picture_is_answered_as_by_the_model(studio: Client) -> None:
    for pixels in bars()[0][:4]:
        sent = address_of(png(pixels))
        expected = model_of_pictures().predict([{"scan": sent}]).row(0, named=True)
        found = Seen(studio.post("/try/scans/answer", **form({"scan": sent})).text)
        assert (found.said, found.shares["upright"]) == (expected["prediction"], expected["probability"])


def test_a_picture_is_no_part_of_an_address(studio: Client) -> None:
    answer = studio.post("/try/scans/answer", **form({"scan": address_of(png(bars()[0][0]))}))
    assert answer.headers["hx-replace-url"] == "/try/scans"


def test_a_form_of_pictures_waits_for_one(studio: Client) -> None:
    found = Seen(studio.get("/try/scans").text)
    assert "Drop a picture, choose one or draw one" in found.text
    assert found.one("type", "file")["accept"] == "image/*"


def bomb() -> bytes:
    """A PNG of 60 000 × 60 000 pixels in some hundred bytes: only its header says so."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (address_of(bomb()), "megapixels; 50 are the most"),
        (address_of(b"<html>"), "does not open: it is no picture"),
        (address_of(png(bars()[0][0])[:60]), "does not open"),
        ("data:image/png;base64,@@@@", "not valid base64"),
        ("data:text/html;base64,PGI+", "expected a picture as data:image/png;base64"),
        ("/etc/hostname", "expected a picture as data:image/png;base64"),
        ("https://example.org/x.png", "expected a picture as data:image/png;base64"),
    ],
)
def test_what_is_no_picture_is_refused_beside_its_field(studio: Client, cell: str, said: str) -> None:
    found = Seen(studio.post("/try/scans/answer", **form({"scan": cell})).text)
    assert said in found.notes["n-f0"]
    assert not found.shares


def test_a_drawing_becomes_the_picture_that_the_model_takes(studio: Client) -> None:
    for box, said in ((UPRIGHT, "upright"), (LYING, "lying")):
        cells = studio.post("/try/scans/drawn?column=scan&side=8&fit=drawn", content=strokes(box), headers=PNG).json()["cells"]
        picture = Image.open(io.BytesIO(base64.b64decode(cells["scan"].partition(",")[2])))
        assert (picture.size, picture.mode) == ((SIDE, SIDE), "L")
        assert Seen(studio.post("/try/scans/answer", **form(cells)).text).said == said


def test_a_drawing_is_dark_on_light_where_that_is_chosen(studio: Client) -> None:
    pictures = []
    for ink in ("light", "dark"):
        cells = studio.post(f"/try/scans/drawn?column=scan&ink={ink}", content=strokes(UPRIGHT), headers=PNG).json()["cells"]
        pictures.append(np.asarray(Image.open(io.BytesIO(base64.b64decode(cells["scan"].partition(",")[2])))).astype(int))
    np.testing.assert_array_equal(pictures[0], 255 - pictures[1])
    assert pictures[0].max() == 255


def test_a_model_says_how_large_the_pictures_were_that_it_reads_as_they_are(studio: Client) -> None:
    page = studio.get("/try/scans").text
    assert "<option selected>8</option>" in page


@pytest.mark.parametrize(
    ("query", "body", "said"),
    [
        ("column=scan", strokes(), "nothing is drawn yet"),
        ("column=scan", b"no picture", "does not open: it is no picture"),
        ("column=scan", bomb(), "megapixels; 50 are the most"),
        ("column=scan", png(np.zeros((1025, 8), np.uint8)), "1024 a side are the most"),
        ("column=scan&fit=edge", strokes(UPRIGHT), "did you mean 'edges'?"),
        ("column=scan&side=4000", strokes(UPRIGHT), "side='4000' is none of"),
        ("column=<b>", strokes(UPRIGHT), "the model has no picture column '<b>'"),
        ("", strokes(UPRIGHT), "the model has no picture column ''"),
    ],
)
def test_a_drawing_that_cannot_be_used_is_one_sentence(studio: Client, query: str, body: bytes, said: str) -> None:
    answer = studio.post(f"/try/scans/drawn?{query}", content=body, headers=PNG)
    assert answer.status_code == 400
    assert said in Seen(answer.text).text
    assert "Traceback" not in answer.text


# ---- how a drawing is placed


@pytest.mark.parametrize(("fit", "first", "last"), [("edges", 0, 27), ("margin", 4, 23), ("drawn", 4, 24)])
def test_strokes_fill_the_frame_a_part_of_it_or_stay_where_they_are(fit: str, first: int, last: int) -> None:
    found = framed(ink_of(strokes((120, 40, 170, 250))), fit, 28)
    rows, columns = (np.flatnonzero((found > 0.01).any(axis=axis)) for axis in (1, 0))
    assert (rows[0], rows[-1]) == (first, last)
    assert abs((columns[0] + columns[-1]) / 2 - 13.5) <= (0.5 if fit != "drawn" else 1)


def test_a_pixel_is_the_mean_ink_of_what_it_covers() -> None:
    ink = np.random.default_rng(0).random((280, 280))
    expected = ink.reshape(8, 35, 8, 35).mean(axis=(1, 3))
    np.testing.assert_allclose(framed(ink, "drawn", 8), expected, atol=1e-5)


def test_ink_is_where_the_strokes_are() -> None:
    ink = ink_of(strokes(UPRIGHT))
    assert ink[100, 140] == 1.0
    assert ink[100, 100] == 0.0
    with pytest.raises(DataError, match="nothing is drawn"):
        framed(np.zeros((10, 10)), "edges", 8)


def test_a_picture_holds_the_ink_in_256_steps() -> None:
    ink = np.linspace(0, 1, 64).reshape(8, 8)
    shown = Image.open(io.BytesIO(base64.b64decode(as_picture(ink, light=False).partition(",")[2])))
    np.testing.assert_allclose(np.asarray(shown) / 255, 1 - ink, atol=0.5 / 255)


# ---- number columns that are pixels


def numbers(*names: str) -> list[Column]:
    return [Column(name, "number") for name in names]


@pytest.mark.parametrize(
    "names",
    [
        [f"pixel_{row}_{column}" for row in range(8) for column in range(8)],
        [f"{row}x{column}" for row in range(1, 9) for column in range(1, 9)],
        [f"r{row}c{column}" for row in range(8) for column in range(8)],
        [f"pixel{place}" for place in range(64)],
        [f"V{place}" for place in range(1, 65)],
    ],
)
def test_names_that_count_rows_and_columns_lie_in_a_grid_in_any_order(names: list[str]) -> None:
    shuffled = list(np.random.default_rng(0).permutation(names))
    found = grid_of(numbers("age", *shuffled), ())
    assert (found.side, list(found.places)) == (8, names)


@pytest.mark.parametrize(
    "names",
    [
        [f"x{place}" for place in range(60)],  # no square
        [f"x{place}" for place in range(100) if place % 3],
        [f"x{place}" for place in range(9)],  # 3 × 3 is too small to be a picture
        [f"pixel_{row}_{row}" for row in range(8)],  # mostly gaps
        ["age", "wage"],
    ],
)
def test_other_names_are_no_grid(names: list[str]) -> None:
    assert grid_of(numbers(*names), ()) is None


def test_texts_that_are_named_like_pixels_are_no_grid() -> None:
    assert grid_of([Column(f"p{place}", "category") for place in range(64)], ()) is None


def test_pixels_that_were_left_out_of_the_table_stay_empty() -> None:
    names = [f"p_{row}_{column}" for row in range(8) for column in range(8) if (row, column) not in {(0, 0), (4, 0)}]
    found = grid_of(numbers(*names), ())
    assert len(found.names) == 62
    assert set(found.cells(np.ones((8, 8)))) == set(names)
    assert found.shown([255.0] * 62)[4, 0] == 0.0


@pytest.mark.parametrize(("scale", "top"), [(1.0, 1.0), (16.0, 16.0), (255.0, 255.0), (40.0, 255.0), (1000.0, 1000.0)])
@pytest.mark.parametrize("light", [True, False])
def test_a_grid_knows_full_ink_and_which_side_ink_is_on(scale: float, top: float, light: bool) -> None:
    draw = np.random.default_rng(0)
    columns, spreads = [], []
    for row in range(8):
        for column in range(8):
            rim = {row, column} & {0, 7}
            ink = draw.random(300) ** (4 if rim else 0.5)
            values = np.append(scale * (ink if light else 1 - ink), [scale] * 10)
            columns.append(Column(f"p_{row}_{column}", "number"))
            spreads.append(Spread.of(pl.Series(columns[-1].name, values), columns[-1]))
    found = grid_of(columns, spreads)
    assert (found.top, found.light) == (top, light)
    full = found.cells(np.ones((8, 8)))["p_3_3"]
    assert float(full) == (top if light else 0.0)


def test_a_drawing_fills_the_pixel_columns_with_whole_numbers_on_their_scale(studio: Client) -> None:
    for box, said in ((UPRIGHT, "upright"), (LYING, "lying")):
        cells = studio.post("/try/pixels/drawn?fit=drawn", content=strokes(box), headers=PNG).json()["cells"]
        values = np.array([[int(cells[f"pixel_{row}_{column}"]) for column in range(SIDE)] for row in range(SIDE)])
        assert (values.min(), values.max()) == (0, 16)
        expected = model_of_pixels().predict([{name: int(value) for name, value in cells.items()}]).row(0, named=True)
        found = Seen(studio.post("/try/pixels/answer", **form(cells)).text)
        assert (found.said, found.shares["upright"]) == (said, expected["probability"])
        lit = {(one["x"], one["y"]): float(one["fill-opacity"]) for tag, one in found.tags if one.get("class") == "lit"}
        assert lit == {
            (str(c), str(r)): pytest.approx(values[r, c] / 16, abs=1e-3) for r, c in zip(*values.nonzero(), strict=True)
        }


def test_a_drawn_row_stands_in_the_address(studio: Client) -> None:
    cells = studio.post("/try/pixels/drawn", content=strokes(UPRIGHT), headers=PNG).json()["cells"]
    answer = studio.post("/try/pixels/answer", **form(cells))
    again = Seen(studio.get(answer.headers["hx-replace-url"]).text)
    assert again.shares == Seen(answer.text).shares
    assert "Against the starting row" not in again.text  # a typical drawing is nothing to compare with


def test_a_table_without_pixels_offers_nothing_to_draw_on(studio: Client) -> None:
    assert "<canvas" not in studio.get("/try/loans").text
    assert "64 columns are the pixels of a picture of 8 × 8" in Seen(studio.get("/try/pixels").text).text
    assert studio.post("/try/loans/drawn", content=strokes(UPRIGHT), headers=PNG).status_code == 400


def test_refusals_are_errors_of_the_user() -> None:
    with pytest.raises(AssayError):
        ink_of(b"")
