"""Pictures to pixels, against Pillow's own conversions and pixels that are known."""

import io
import struct
import zlib

import numpy as np
import polars as pl
import pytest
from PIL import Image

from assay.core.errors import DataError
from assay.data.images import decode, picture_size

RNG = np.random.default_rng(0)
COLOUR = RNG.integers(0, 256, (5, 7, 3), dtype=np.uint8)


def png(array, mode=None, **options):
    stream = io.BytesIO()
    picture = Image.fromarray(array) if mode is None else Image.fromarray(array).convert(mode)
    picture.save(stream, "PNG", **options)
    return stream.getvalue()


def huge_png():
    """A valid header of 50 000 × 50 000 pixels and hardly any content."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 50_000, 50_000, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


def test_colour_pixels_come_back_as_they_are():
    found = decode(pl.Series("p", [png(COLOUR)]), size=None, channels=3)
    assert np.array_equal(found, COLOUR[None])


def test_paths_bytes_and_arrays_give_the_same_pixels(tmp_path):
    path = tmp_path / "x.png"
    path.write_bytes(png(COLOUR))
    for channels in (1, 3):
        for size in (None, (4, 4), (10, 9)):
            found = [
                decode(series, size=size, channels=channels)
                for series in (pl.Series([str(path)]), pl.Series([png(COLOUR)]), pl.Series("a", COLOUR[None]))
            ]
            assert np.array_equal(found[0], found[1])
            assert np.array_equal(found[0], found[2])
            assert found[0].shape == (1, *(size or (5, 7)), channels)
            assert found[0].dtype == np.uint8


def test_grey_is_what_pillow_calls_grey():
    found = decode(pl.Series("a", COLOUR[None]), size=None, channels=1)
    assert np.array_equal(found[0, :, :, 0], np.asarray(Image.fromarray(COLOUR).convert("L")))


def test_a_grey_picture_has_three_equal_channels_when_colour_is_asked():
    found = decode(pl.Series("a", COLOUR[None, :, :, 0]), size=None, channels=3)
    assert np.array_equal(found[0], np.repeat(COLOUR[:, :, :1], 3, axis=2))


def test_alpha_is_laid_on_white():
    rgba = np.zeros((1, 3, 4), dtype=np.uint8)
    rgba[0, :, 3] = (0, 255, 51)  # clear, black, a fifth of black
    for series in (pl.Series([png(rgba)]), pl.Series("a", rgba[None])):
        assert decode(series, size=None, channels=1)[0, 0, :, 0].tolist() == [255, 0, 204]


def test_a_clear_colour_of_a_palette_becomes_white():
    palette = Image.new("P", (2, 1))
    palette.putpalette([10, 20, 30, 200, 100, 50])
    palette.putpixel((1, 0), 1)
    stream = io.BytesIO()
    palette.save(stream, "PNG", transparency=0)
    assert decode(pl.Series([stream.getvalue()]), size=None, channels=3)[0, 0].tolist() == [[255] * 3, [200, 100, 50]]


def test_sixteen_bits_become_eight():
    deep = np.array([[0, 257, 65535]], dtype=np.uint16)
    assert decode(pl.Series([png(deep)]), size=None, channels=1)[0, 0, :, 0].tolist() == [0, 1, 255]


def test_an_exif_turn_is_applied_and_known_to_the_size():
    picture = Image.fromarray(COLOUR)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned by 90 degrees clockwise
    stream = io.BytesIO()
    picture.save(stream, "PNG", exif=exif)
    series = pl.Series([stream.getvalue()])
    assert np.array_equal(decode(series, size=None, channels=3)[0], np.rot90(COLOUR, k=-1))
    assert picture_size(series) == (7, 5, 3)


def test_a_huge_picture_is_refused_by_its_header(tmp_path):
    path = tmp_path / "huge.png"
    path.write_bytes(huge_png())
    assert path.stat().st_size < 1000
    for ask in (lambda s: decode(s, size=(8, 8), channels=1), picture_size):
        with pytest.raises(DataError, match=r"huge\.png has 2500 megapixels; 50 are the most") as caught:
            ask(pl.Series("p", [str(path)]))
        assert "\n" not in str(caught.value)


def test_a_picture_just_beyond_the_limit_is_refused_too(tmp_path):
    path = tmp_path / "large.png"
    Image.new("1", (7_100, 7_100)).save(path)
    with pytest.raises(DataError, match="has 50 megapixels"):
        decode(pl.Series([str(path)]), size=(8, 8), channels=1)


@pytest.mark.parametrize("content", [b"", b"no picture", png(COLOUR)[:60], png(COLOUR)[:40]])
def test_a_picture_that_does_not_open_is_named_with_its_row(tmp_path, content):
    good, bad = tmp_path / "good.png", tmp_path / "bad.png"
    good.write_bytes(png(COLOUR))
    bad.write_bytes(content)
    with pytest.raises(DataError, match=r"row 2, column 'p': the picture .*bad\.png does not open"):
        decode(pl.Series("p", [str(good), str(bad)]), size=None, channels=3)


def test_a_missing_picture_is_named_with_its_row():
    with pytest.raises(DataError, match="row 2, column 'p': the picture is missing"):
        decode(pl.Series("p", [png(COLOUR), None]), size=None, channels=3)


def test_pictures_of_different_sizes_need_a_size():
    series = pl.Series("p", [png(COLOUR), png(COLOUR[:4])])
    with pytest.raises(DataError, match="row 2, column 'p': the picture is 4×7, the first is 5×7"):
        decode(series, size=None, channels=3)
    assert decode(series, size=(5, 5), channels=3).shape == (2, 5, 5, 3)


def test_the_size_is_the_commonest_and_grey_needs_every_picture_to_be_grey():
    grey, small = COLOUR[:, :, 0], COLOUR[:2, :2, 0]
    assert picture_size(pl.Series([png(grey), png(small), png(grey)])) == (5, 7, 1)
    assert picture_size(pl.Series([png(grey), png(COLOUR), png(grey)])) == (5, 7, 3)
    assert picture_size(pl.Series("a", np.zeros((2, 4, 6), np.uint8))) == (4, 6, 1)
    assert picture_size(pl.Series("a", np.zeros((2, 4, 6, 3), np.uint8))) == (4, 6, 3)
    assert picture_size(pl.Series([None, png(grey)])) == (5, 7, 1)


def test_no_rows_give_no_pixels():
    assert decode(pl.Series("p", [], dtype=pl.String), size=(2, 3), channels=1).shape == (0, 2, 3, 1)
