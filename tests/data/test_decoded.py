"""Decoded pictures that are kept during a run: decoded once, the same bytes, and gone afterwards."""

import io
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

import assay
from assay.core.errors import DataError
from assay.data import decoded as module
from assay.data.decoded import PictureStore
from assay.data.images import decode
from assay.prepare.pixels import PixelsStep, stored

MEMORY = 1 << 30


def png(number: int) -> bytes:
    into = io.BytesIO()
    Image.fromarray(np.random.default_rng(number).integers(0, 256, (9, 7, 3), dtype=np.uint8)).save(into, "PNG")
    return into.getvalue()


@pytest.fixture
def paths(tmp_path: Path) -> list[str]:
    found = [tmp_path / f"{number}.png" for number in range(20)]
    for number, path in enumerate(found):
        path.write_bytes(png(number))
    return [str(path) for path in found]


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many pictures were decoded at each call."""
    counts: list[int] = []
    real = module.decode_into

    def counted(job, series, into, workers=None, rows=None):
        counts.append(len(series))
        real(job, series, into, workers, rows)

    monkeypatch.setattr(module, "decode_into", counted)
    return counts


def pixels(store: PictureStore, cells: list, size=(6, 5), channels=3) -> np.ndarray:
    found = store.empty((len(cells), channels, *size))
    store.pixels(pl.Series("p", cells), size, channels, found)
    return found


def plain(cells: list, size=(6, 5), channels=3) -> np.ndarray:
    return decode(pl.Series("p", cells), size=size, channels=channels).transpose(0, 3, 1, 2)


def test_a_picture_is_decoded_once_whatever_rows_ask_for_it(tmp_path, paths, decoded):
    store = PictureStore.new(tmp_path / "store", MEMORY)
    for rows in (paths[:12], paths[6:], [*paths[3:9], paths[4], paths[4]], paths[::-1]):
        assert np.array_equal(pixels(store, rows), plain(rows))
    assert decoded == [12, 8]
    assert np.array_equal(pixels(store, paths, (3, 3), 1), plain(paths, (3, 3), 1))
    assert decoded == [12, 8, 20]


def test_encoded_pictures_are_known_by_their_bytes(tmp_path, decoded):
    store = PictureStore.new(tmp_path / "store", MEMORY)
    cells = [png(1), png(2), png(1)]
    assert np.array_equal(pixels(store, cells), plain(cells))
    assert np.array_equal(pixels(store, cells[::-1]), plain(cells[::-1]))
    assert decoded == [2]


def test_a_file_that_is_written_anew_is_decoded_anew(tmp_path, paths, decoded):
    store = PictureStore.new(tmp_path / "store", MEMORY)
    pixels(store, paths)
    Path(paths[7]).write_bytes(png(99))
    assert np.array_equal(pixels(store, paths), plain(paths))
    assert decoded == [20, 1]


def test_another_process_finds_what_is_kept_and_not_what_is_half_written(tmp_path, paths, decoded):
    store = PictureStore.new(tmp_path / "store", MEMORY)
    pixels(store, paths[:10])
    (store.folder / "6x5x3-torn.pixels").write_bytes(b"\0" * 11)
    (store.folder / "6x5x3-torn.part").write_bytes(b"\0" * 16)
    other = PictureStore(store.folder, store.above)
    assert np.array_equal(pixels(other, paths), plain(paths))
    assert decoded == [10, 10]


def test_an_array_that_is_too_large_for_memory_is_mapped_and_holds_the_same_bytes(tmp_path, paths):
    small, large = PictureStore.new(tmp_path / "a", MEMORY), PictureStore.new(tmp_path / "b", MEMORY)
    mapped = PictureStore(large.folder, above=0)
    found = pixels(mapped, paths)
    assert np.array_equal(found, pixels(small, paths))
    base = found
    while base.base is not None and isinstance(base.base, np.ndarray):
        base = base.base
    assert type(base.base).__name__ == "memoryview" or "mmap" in repr(base.base)
    assert not list(mapped.folder.glob("*.array"))  # nobody else can open it, and it goes with the array


def test_a_full_disk_is_decoded_past(tmp_path, paths, decoded, monkeypatch):
    store = PictureStore.new(tmp_path / "store", MEMORY)
    monkeypatch.setattr(module, "SHARE_OF_DISK", 0.0)
    for _ in range(2):
        assert np.array_equal(pixels(store, paths), plain(paths))
    assert decoded == [20, 20]
    assert not list(store.folder.iterdir())


def test_a_broken_picture_is_named_by_its_own_row_and_nothing_is_kept_of_the_others(tmp_path, paths, decoded):
    store = PictureStore.new(tmp_path / "store", MEMORY)
    pixels(store, paths[:10])
    Path(paths[15]).write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"row 16, column 'p': the picture .*15\.png does not open"):
        pixels(store, paths)
    Path(paths[12]).unlink()
    with pytest.raises(DataError, match=r"row 13, column 'p': the picture .*12\.png"):
        pixels(store, paths)
    assert len(list(store.folder.glob("*.keys"))) == len(list(store.folder.glob("*.pixels"))) == 1


def test_a_step_with_a_store_gives_the_pixels_of_one_without_also_when_the_run_is_over(tmp_path, paths):
    data = assay.read(pl.DataFrame({"p": paths, "y": [0.5 * row for row in range(20)]}), target="y", kinds={"p": "image"})
    store = PictureStore.new(tmp_path / "store", MEMORY)
    features = data.features
    alone = PixelsStep(8).fit(features, data.schema, data.target, 0)
    kept = stored(PixelsStep(8), store).fit(features, data.schema, data.target, 0)
    assert np.array_equal(kept.transform(features), alone.transform(features))
    assert list(store.folder.glob("*.keys"))
    store.remove()
    assert np.array_equal(kept.transform(features), alone.transform(features))
    assert not store.folder.exists()
    assert kept.state() == alone.state()
    assert kept == alone
