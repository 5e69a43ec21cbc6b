"""Many pictures decoded by several processes: the bytes and the errors of one, and nobody is left behind."""

import io
import os
import signal
import subprocess
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from assay.core.errors import DataError
from assay.core.threads import allowed_threads, usable_threads
from assay.data import decoding
from assay.data.decoding import Cells, Job, Shared, blocks_of, decode_all
from assay.data.images import decode, unreadable

N = 200


@pytest.fixture
def eager(monkeypatch):
    """Helpers are asked for however little there is to do, and how many were is told."""
    started = []
    start = subprocess.Popen

    def counted(command, **options):
        process = start(command, **options)
        if "assay.data.decoding_helper" in command:
            started.append(process)
        return process

    monkeypatch.setattr(decoding, "PAYS", -1.0)
    monkeypatch.setattr(decoding.subprocess, "Popen", counted)
    return started


def pictures(form="PNG", n=N, side=12):
    random = np.random.default_rng(0)
    cells = []
    for _ in range(n):
        into = io.BytesIO()
        Image.fromarray(random.integers(0, 256, (side, side + 2, 3), dtype=np.uint8)).save(into, form)
        cells.append(into.getvalue())
    return cells


@pytest.fixture
def paths(tmp_path):
    found = []
    for number, cell in enumerate(pictures("JPEG")):
        path = tmp_path / f"{number:03}.jpg"
        path.write_bytes(cell)
        found.append(str(path))
    return found


@pytest.mark.parametrize("workers", [2, 3])
def test_paths_and_bytes_give_the_bytes_of_one_process(paths, eager, workers):
    cells = [Path(path).read_bytes() for path in paths]
    for series in (pl.Series("p", paths), pl.Series("p", cells)):
        for size, channels in (((8, 8), 3), (None, 1)):
            alone = decode(series, size=size, channels=channels, workers=1)
            assert np.array_equal(decode(series, size=size, channels=channels, workers=workers), alone)
    assert len(eager) == 4 * (workers - 1)
    assert all(process.returncode is not None for process in eager)  # waited for, so no zombie is left


def test_the_first_broken_row_is_named_whoever_meets_it(paths, eager):
    for row in (150, 31, 90):
        Path(paths[row]).write_bytes(b"no picture")
    for workers in (1, 3):
        with pytest.raises(DataError, match=r"^row 32, column 'p': the picture .*031\.jpg does not open"):
            decode(pl.Series("p", paths), size=(8, 8), channels=3, workers=workers)


def test_every_broken_row_is_told_by_as_many_as_look(paths, eager):
    for row, content in ((3, b""), (77, b"no picture"), (199, None)):
        if content is None:
            Path(paths[row]).unlink()
        else:
            Path(paths[row]).write_bytes(content)
    series = pl.Series("p", [*paths, None])
    alone = unreadable(series, workers=1)
    assert unreadable(series, workers=2) == alone
    assert sorted(alone) == [3, 77, 199, 200]
    assert "it is empty (0 bytes)" in alone[3]
    assert len(eager) == 1


def test_pictures_of_a_helper_that_dies_are_decoded_here(paths, monkeypatch):
    start = subprocess.Popen

    def dying(command, **options):
        process = start(command, **options)
        os.kill(process.pid, signal.SIGKILL)
        return process

    alone = decode(pl.Series("p", paths), size=(8, 8), channels=3, workers=1)
    monkeypatch.setattr(decoding, "PAYS", -1.0)
    monkeypatch.setattr(decoding.subprocess, "Popen", dying)
    assert np.array_equal(decode(pl.Series("p", paths), size=(8, 8), channels=3, workers=3), alone)


def test_few_pictures_and_quick_ones_are_decoded_alone(paths, monkeypatch, eager):
    decode(pl.Series("p", paths[: decoding.FEWEST - 1]), size=(8, 8), channels=3, workers=4)
    monkeypatch.setattr(decoding, "PAYS", 1e9)
    decode(pl.Series("p", paths), size=(8, 8), channels=3, workers=4)
    assert not eager


def test_an_error_here_ends_the_helpers(paths, eager, monkeypatch):
    done = []

    def interrupted(self, cells, rows, positions, into):
        done.append(positions)
        if len(done) == 2:
            raise KeyboardInterrupt
        return []

    monkeypatch.setattr(Job, "do_block", interrupted)
    with pytest.raises(KeyboardInterrupt):
        decode_all(Job("p", (8, 8), 3), paths, Shared.new(N * 192), workers=3)
    assert len(eager) == 2
    assert all(process.returncode is not None for process in eager)


def test_a_worker_of_a_study_takes_no_more_processors_than_it_was_given(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert allowed_threads() == 1
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert allowed_threads() == usable_threads()
    monkeypatch.setenv("OMP_NUM_THREADS", "1000000,2")
    assert allowed_threads() == usable_threads()


def test_cells_come_back_as_they_were_laid():
    for cells in (["a", None, "дом.png", ""], [b"\x00\xff", None, b""], [None]):
        laid = Cells.lay(cells, range(7, 7 + len(cells)))
        found = Cells.of(memoryview(laid.memory))
        assert [found[position] for position in range(len(found))] == cells
        assert list(found.rows) == list(range(7, 7 + len(cells)))


@pytest.mark.parametrize("count", [0, 1, 8, 9, 7_999, 8_001, 123_456])
def test_blocks_hold_every_position_once_and_their_numbers_fit_into_a_page(count):
    blocks = blocks_of(count)
    assert [position for block in blocks for position in block] == list(range(count))
    assert len(blocks) * 4 <= 4096


def test_a_large_jpeg_is_decoded_at_the_eighth_that_leaves_two_pixels_for_each():
    ramp = np.add.outer(np.arange(640), np.arange(480)) * 255 // 1120
    into = io.BytesIO()
    photo = Image.fromarray(np.stack([ramp, ramp[::-1], 255 - ramp], axis=-1).astype(np.uint8))
    photo.save(into, "JPEG", quality=95)
    [found] = decode(pl.Series("p", [into.getvalue()]), size=(40, 40), channels=3)
    with Image.open(io.BytesIO(into.getvalue())) as picture:
        picture.draft(None, (80, 80))
        assert picture.size == (120, 160)  # a quarter: an eighth would leave 60 × 80
        assert np.array_equal(found, np.asarray(picture.resize((40, 40), Image.Resampling.BILINEAR)))
    whole = np.asarray(photo.resize((40, 40), Image.Resampling.BILINEAR)).astype(int)
    assert np.abs(found - whole).max() <= 4
    [same] = decode(pl.Series("p", [into.getvalue()]), size=(400, 400), channels=3)
    assert np.abs(same - np.asarray(photo.resize((400, 400), Image.Resampling.BILINEAR)).astype(int)).mean() < 1.5
