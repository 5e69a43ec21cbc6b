"""Over-sampling by augmentation: which rows and columns are altered, and that the rest are copies."""

import io
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from PIL import Image

from assay.balance.augmentation import AugmentOversample, altered_kinds
from assay.balance.augmenters.augmenter import AUGMENTERS
from assay.core.errors import ConfigError, DataError
from assay.data.images import decode
from assay.data.rows import Rows

WORDS = [f"word{number}" for number in range(20)]


def table(seed=0, weights=False):
    """30 rows of class 0, 8 of class 1, 4 of class 2: a text, a number, a category and a picture."""
    rng = np.random.default_rng(seed)
    target = rng.permutation(np.repeat([0, 1, 2], [30, 8, 4]))
    frame = pl.DataFrame(
        {
            "said": [" ".join(rng.permutation(WORDS)[:12]) for _ in target],
            "price": np.arange(42.0),
            "town": rng.choice(["a", "b"], 42),
            "photo": pl.Series([png(rng) for _ in target], dtype=pl.Binary),
        }
    )
    return Rows(frame, target, 3, rng.uniform(0.5, 2, 42) if weights else None)


def png(rng):
    into = io.BytesIO()
    Image.fromarray(rng.integers(0, 255, (14, 14), dtype=np.uint8)).save(into, format="PNG")
    return into.getvalue()


def test_texts_and_pictures_of_new_rows_are_altered_and_the_rest_is_copied():
    rows = table(weights=True)
    before = replace(rows).fingerprint
    done = AugmentOversample().apply(rows, 0)
    assert replace(rows).fingerprint == before
    assert np.bincount(done.rows.target).tolist() == [30, 30, 30]
    assert done.rows.features.schema == rows.features.schema
    assert done.rows.features[:42].equals(rows.features)
    assert done.source_rows.tolist() == [*range(42), *[-1] * 48]
    for made, label, weight in zip(
        done.rows.features[42:].iter_rows(named=True), done.rows.target[42:], done.rows.weights[42:], strict=True
    ):
        source = int(made["price"])  # names its row
        given = rows.features.row(source, named=True)
        assert label == rows.target[source]
        assert weight == rows.weights[source]
        assert made["town"] == given["town"]
        assert made["said"] != given["said"]
        assert set(made["said"].split()) <= set(given["said"].split())
        assert made["photo"] != given["photo"]
    shares = np.bincount(done.rows.target, weights=done.rows.weights)
    assert done.prior_after == pytest.approx(shares / shares.sum())


def test_the_same_seed_gives_the_same_rows_and_another_others():
    first, second, other = (AugmentOversample().apply(table(), seed).rows.fingerprint for seed in (1, 1, 2))
    assert first == second != other


def test_a_ratio_below_1_makes_fewer_and_even_classes_get_none():
    assert np.bincount(AugmentOversample(ratio=0.5).apply(table(), 0).rows.target).tolist() == [30, 15, 15]
    done = AugmentOversample(ratio=0.1).apply(table(), 0)
    assert done.rows.features.equals(table().features)


def test_pictures_in_arrays_stay_arrays():
    rng = np.random.default_rng(0)
    frame = pl.DataFrame({"photo": pl.Series(rng.integers(0, 255, (12, 8, 8), dtype=np.uint8))})
    done = AugmentOversample().apply(Rows(frame, np.repeat([0, 1], [9, 3]), 2), 0)
    assert done.rows.features.schema == frame.schema
    assert len(done.rows) == 18


def test_paths_of_pictures_become_the_bytes_of_the_files(tmp_path):
    rng = np.random.default_rng(0)
    paths = []
    for number in range(12):
        paths.append(str(tmp_path / f"{number}.png"))
        (tmp_path / f"{number}.png").write_bytes(png(rng))
    frame = pl.DataFrame({"photo": paths})
    done = AugmentOversample().apply(Rows(frame, np.repeat([0, 1], [9, 3]), 2), 0)
    photos = done.rows.features["photo"]
    assert photos.dtype == pl.Binary
    np.testing.assert_array_equal(decode(photos[:12], size=None, channels=1), decode(frame["photo"], size=None, channels=1))
    (tmp_path / "3.png").unlink()
    with pytest.raises(DataError, match=r"row 4, column 'photo'.*3\.png"):
        AugmentOversample().apply(Rows(frame, np.repeat([0, 1], [9, 3]), 2), 0)


def test_a_table_without_texts_and_pictures_is_sent_to_random_oversample():
    numbers = pl.DataFrame({"a": np.arange(12.0), "town": list("abcabcabcabc")})
    with pytest.raises(DataError, match="none of the 2 columns is one; use random-oversample"):
        AugmentOversample().apply(Rows(numbers, np.repeat([0, 1], [9, 3]), 2), 0)
    with pytest.raises(DataError, match="these features are none; use random-oversample"):
        AugmentOversample().apply(Rows(np.eye(12), np.repeat([0, 1], [9, 3]), 2), 0)


def test_a_kind_that_is_told_goes_before_what_the_values_look_like():
    frame = pl.DataFrame({"note": ["yes please", "no thanks"] * 6, "price": np.arange(12.0)})
    rows = Rows(frame, np.repeat([0, 1], [9, 3]), 2)
    with pytest.raises(DataError, match="use random-oversample"):
        AugmentOversample().apply(rows, 0)
    assert len(AugmentOversample(kinds=(("note", "text"),)).apply(rows, 0).rows) == 18
    assert altered_kinds(table().features, {"said": "category"}) == {"photo": "image"}


def test_targets_that_are_no_classes_are_refused():
    rows = table()
    with pytest.raises(DataError, match="treatments are for classes"):
        AugmentOversample().apply(Rows(rows.features, np.linspace(0, 1, 42), 0), 0)
    with pytest.raises(DataError, match="all 42 training rows are of one class"):
        AugmentOversample().apply(Rows(rows.features, np.zeros(42, dtype=np.int64), 2), 0)
    with pytest.raises(ConfigError, match="ratio"):
        AugmentOversample(ratio=0)


@pytest.mark.parametrize("kind", AUGMENTERS.names())
def test_every_augmenter_keeps_name_type_length_and_missing_cells(kind):
    given = table().features["said" if kind == "text" else "photo"]
    series = pl.concat([given, pl.Series(given.name, [None], dtype=given.dtype)])
    made = AUGMENTERS.get(kind)()(series, np.random.default_rng(0))
    assert (made.name, made.dtype, len(made)) == (series.name, series.dtype, 43)
    assert made.is_null().to_list() == [False] * 42 + [True]
    assert (made[:42] != given).all()
    assert AUGMENTERS.get(kind)()(series[:0], np.random.default_rng(0)).dtype == series.dtype


def test_a_column_is_altered_when_its_rows_say_that_it_is_text():
    """Short codes do not look like text; the schema of a study may know better."""
    codes = pl.Series("c", [f"{number} red car" for number in range(30)])
    rows = Rows(pl.DataFrame({"c": codes}), np.repeat([0, 1], [24, 6]), 2, kinds=(("c", "text"),))
    done = AugmentOversample().apply(rows, 0)
    assert done.rows.features["c"].is_in(codes.to_list()).sum() < 48
    with pytest.raises(DataError, match="none of the 1 columns is one"):
        AugmentOversample().apply(replace(rows, kinds=(("c", "category"),)), 0)
