"""What every fitted preparation of columns must do, in every mode, on one table of all kinds."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from io import BytesIO
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image
from scipy import sparse
from tests.contracts.learning import state_bytes

from assay.core.errors import BundleError
from assay.data.schema import Column, Schema
from assay.nets.generate.bottleneck import Bottleneck
from assay.prepare.columns import ENCODERS, ColumnsStep, FittedColumns
from assay.prepare.fitting import LooksAtTarget
from assay.prepare.matrix.components import Pca
from assay.prepare.matrix.crosses import Crosses
from assay.prepare.matrix.imputation import Imputation
from assay.prepare.matrix.landmarks import Landmarks
from assay.prepare.matrix.neighbourhood import Neighbourhood
from assay.prepare.matrix.svd import TruncatedSvd
from assay.prepare.matrix.then import TRANSFORMS, FittedThen, ThenStep
from assay.prepare.net_columns import NetColumnsStep
from assay.prepare.registry import FITTED_STEPS
from assay.prepare.step import FittedStep, Matrix, Step, fit_and_encode
from assay.prepare.terms import TermSettings
from assay.prepare.text.cleaning import SOCIAL
from assay.prepare.vision.colour_histogram import ColourHistogram
from assay.prepare.vision.eigenfaces import Eigenfaces
from assay.prepare.vision.hog_row import Hog
from assay.prepare.vision.keypoints import Describer
from assay.prepare.vision.window import Window
from assay.prepare.vision.words import VisualWords

N = 90
SCHEMA = Schema(
    (
        Column("number", "number"),
        Column("category", "category"),
        Column("date", "date"),
        Column("text", "text"),
        Column("image", "image"),
        Column("key", "id"),
        Column("boxes", "boxes"),
    )
)
SHORT = frozenset({"number", "category", "date"})
ORDER = tuple(str(v) for v in range(20))
DENSE = ColumnsStep(mode="dense", kinds=SHORT)
PICTURED = frozenset({"number", "image"})
GRID = VisualWords(words=8, describer=Describer(points="grid"), weighting="tf-idf")
CHARACTERS = TermSettings(characters=(1, 3), stop="drop", signs="all", cleaning=SOCIAL, logarithm="10", frequency="count")
BITS = VisualWords(words=8, describer=Describer(method="orb"))
STEPS: dict[str, Step] = {
    "linear": ColumnsStep(mode="linear"),
    "dense": ColumnsStep(mode="dense"),
    "trees": ColumnsStep(mode="trees"),
    "counts": ColumnsStep(mode="linear", kinds=frozenset({"text"}), terms=TermSettings(weighting="counts")),
    "characters": ColumnsStep(mode="linear", kinds=frozenset({"text", "number"}), terms=CHARACTERS),
    "hashed terms": ColumnsStep(mode="linear", kinds=frozenset({"text", "number"}), terms=replace(CHARACTERS, hashed=50)),
    "hashed directions": ColumnsStep(mode="dense", kinds=frozenset({"text"}), terms=replace(CHARACTERS, hashed=50)),
    "nothing": ColumnsStep(mode="dense", kinds=frozenset()),
    "orders": ColumnsStep(mode="linear", kinds=SHORT, categories="ordinal", orders=(("category", ORDER),)),
    "orders, trees": ColumnsStep(mode="trees", kinds=SHORT, categories="label", numbers="log"),
    "target": ColumnsStep(mode="dense", kinds=SHORT, categories="target", numbers="log", dates="parts"),
    "target, trees": ColumnsStep(mode="trees", kinds=SHORT, categories="target", missing="median", dates="cycles"),
    "evidence": ColumnsStep(mode="linear", kinds=SHORT, categories="woe", numbers="bins"),
    "counted": ColumnsStep(mode="linear", kinds=SHORT, categories="count", numbers="robust", missing="constant", constant=2.0),
    "counted, trees": ColumnsStep(mode="trees", kinds=SHORT, categories="count", numbers="quantile"),
    "hashed": ColumnsStep(mode="linear", kinds=SHORT, categories="hashing", hashed=300),
    "differing": ColumnsStep(mode="dense", kinds=SHORT, categories="levels"),
    "components": ThenStep(first=DENSE, then=(Pca(),)),
    "components of the correlation": ThenStep(first=DENSE, then=(Pca(of="correlation", width=4),)),
    "singular directions": ThenStep(first=ColumnsStep(mode="linear"), then=(TruncatedSvd(width=6),)),
    "neighbourhoods": ThenStep(first=DENSE, then=(Neighbourhood(width=3),)),
    "crosses": ThenStep(first=ColumnsStep(mode="linear"), then=(Crosses(),)),
    "narrow": ThenStep(first=DENSE, then=(Bottleneck(width=3, hidden=(8,), steps=20),)),
    "landmarks": ThenStep(first=DENSE, then=(Landmarks(count=7),)),
    "drawn landmarks": ThenStep(first=DENSE, then=(Landmarks(count=7, points="drawn"),)),
    "imputed": ThenStep(first=replace(DENSE, missing="native"), then=(Imputation(), Crosses(), Pca())),
    "imputed, trees": ThenStep(first=ColumnsStep(mode="trees", kinds=SHORT), then=(Imputation(),)),
    "gradients": ColumnsStep(mode="linear", kinds=PICTURED, pictures=Hog()),
    "colours": ColumnsStep(mode="trees", kinds=PICTURED, pictures=ColourHistogram(), missing="median"),
    "faces": ThenStep(first=ColumnsStep(mode="dense", kinds=PICTURED, pictures=Eigenfaces(faces=6)), then=(Pca(),)),
    "windows": ColumnsStep(mode="dense", kinds=PICTURED, pictures=Window(side=8)),
    "visual words": ColumnsStep(mode="dense", kinds=PICTURED, pictures=VisualWords(words=8)),
    "visual words on a grid": ColumnsStep(mode="dense", kinds=PICTURED, pictures=GRID),
    "visual words by bits": ColumnsStep(mode="dense", kinds=PICTURED, pictures=BITS),
    "nets, by rank": NetColumnsStep(numbers="quantile"),
    "nets, by quartiles": NetColumnsStep(numbers="robust"),
    "nets, standardised": NetColumnsStep(numbers="standard"),
    "nets, nothing": NetColumnsStep(kinds=frozenset()),
}


def png(pixels: np.ndarray) -> bytes:
    stream = BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def table() -> pl.DataFrame:
    rng = np.random.default_rng(0)
    return pl.DataFrame(
        {
            "number": [None if i % 7 == 0 else float(v) for i, v in enumerate(rng.normal(size=N))],
            "category": [None if i % 11 == 0 else str(v) for i, v in enumerate(rng.integers(0, 12, N) ** 2 // 12)],
            "date": [None if i % 13 == 0 else datetime(2020, 1, 1) + timedelta(hours=i * 31) for i in range(N)],
            "text": [None if i % 17 == 0 else " ".join(rng.choice(list("abcdefgh"), 6)) for i in range(N)],
            "image": [png(rng.integers(0, 256, (5, 4), dtype=np.uint8)) for _ in range(N)],
            "key": [str(i) for i in range(N)],
        }
    )


FRAME = table()
UNSEEN = FRAME[:3].with_columns(
    number=pl.Series([np.inf, None, 1e300]),
    category=pl.Series(["never", None, ""]),
    date=pl.Series([None, datetime(1800, 1, 1), datetime(2900, 1, 1)], dtype=pl.Datetime("us")),
    text=pl.Series(["zz yy", None, ""]),
)


TARGET = (FRAME["category"].fill_null("0").cast(pl.Int64) % 3 == 0).to_numpy().astype(np.int64)
GAPS = {"trees", "orders, trees", "target, trees", "counted, trees", "imputed, trees"}
"""Steps for learners that take NaN."""


@cache
def fitted_once(name: str) -> FittedStep:
    return fit(name)


def fit(name: str, seed: int = 0) -> FittedStep:
    return STEPS[name].fit(FRAME, SCHEMA, TARGET, seed)


def columns_of(fitted: FittedStep) -> FittedColumns:
    return fitted.first if isinstance(fitted, FittedThen) else fitted


def as_dense(matrix: Matrix) -> np.ndarray:
    return matrix.toarray() if sparse.issparse(matrix) else matrix


def copied(value: Any) -> Any:
    """Through JSON and array copies, as a bundle keeps it; anything else fails."""
    if isinstance(value, np.ndarray):
        assert value.dtype.kind in "fiub"
        return value.copy()
    if isinstance(value, dict):
        assert all(isinstance(key, str) for key in value)
        return {key: copied(part) for key, part in value.items()}
    if isinstance(value, list):
        return [copied(part) for part in value]
    back = json.loads(json.dumps(value, allow_nan=False))
    assert type(back) is type(value)
    return back


def paths(value: Any, before: tuple = ()) -> list[tuple]:
    """Every leaf of a state."""
    if isinstance(value, dict | list) and value:
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return [path for key, part in items for path in paths(part, (*before, key))]
    return [before]


def with_value(state: Any, path: tuple, new: Any) -> Any:
    copy = dict(state) if isinstance(state, dict) else list(state)
    copy[path[0]] = new if len(path) == 1 else with_value(state[path[0]], path[1:], new)
    return copy


def test_every_encoder_is_reached_by_these_steps() -> None:
    kinds = {encoder.KIND for name in STEPS for encoder in columns_of(fitted_once(name)).encoders}
    assert kinds == set(ENCODERS)
    transforms = {one.KIND for name in STEPS for one in getattr(fitted_once(name), "then", ())}
    assert transforms == set(TRANSFORMS)


@pytest.mark.parametrize("name", STEPS)
def test_the_state_gives_back_the_same_matrix(name: str) -> None:
    fitted = fitted_once(name)
    state = copied(fitted.state())
    back = FITTED_STEPS.get(state["kind"]).from_state(state)
    assert back.blocks == fitted.blocks
    for rows in (FRAME, UNSEEN):
        np.testing.assert_array_equal(as_dense(back.transform(rows)), as_dense(fitted.transform(rows)))


@pytest.mark.parametrize("name", STEPS)
def test_a_fit_leaves_its_input_alone(name: str) -> None:
    before = FRAME.clone()
    fit(name).transform(FRAME)
    assert FRAME.equals(before)


@pytest.mark.parametrize("name", STEPS)
def test_one_seed_gives_one_state(name: str) -> None:
    first, second = fit(name, 3).state(), fit(name, 3).state()
    assert paths(first) == paths(second)
    for path in paths(first):
        a, b = first, second
        for key in path:
            a, b = a[key], b[key]
        assert np.array_equal(a, b)


@pytest.mark.parametrize("name", STEPS)
def test_a_row_is_encoded_alone_as_in_company(name: str) -> None:
    fitted = fitted_once(name)
    whole = as_dense(fitted.transform(FRAME))
    alone = np.vstack([as_dense(fitted.transform(FRAME[row])) for row in range(0, N, 6)])
    np.testing.assert_allclose(alone, whole[::6], atol=1e-12)


@pytest.mark.parametrize("name", STEPS)
def test_unseen_missing_and_infinite_values_are_encoded(name: str) -> None:
    matrix = as_dense(fitted_once(name).transform(UNSEEN))
    assert matrix.shape == (3, max((block.stop for block in fitted_once(name).blocks), default=0))
    assert not np.isinf(matrix).any()
    if name not in GAPS:
        assert np.isfinite(matrix).all()


@pytest.mark.parametrize("name", STEPS)
def test_only_the_columns_it_reads_need_be_there(name: str) -> None:
    fitted = fitted_once(name)
    names = columns_of(fitted).names
    few = FRAME.select(names) if names else FRAME
    np.testing.assert_array_equal(as_dense(fitted.transform(few)), as_dense(fitted.transform(FRAME)))
    assert not {"key", "boxes"} & set(names)


@pytest.mark.parametrize("name", [name for name in STEPS if name not in ("counts", "nothing", "nets, nothing")])
def test_a_state_with_any_one_value_of_another_type_is_refused(name: str) -> None:
    state = fitted_once(name).state()
    leaves = [path for path in paths(state) if path != ("kind",) and path[-2:-1] not in [("levels",), ("terms",)]]
    assert len(leaves) > 5
    for path in leaves:
        with pytest.raises(BundleError):
            FITTED_STEPS.get(state["kind"]).from_state(with_value(state, path, {"not": "this"}))


@pytest.mark.parametrize("name", STEPS)
def test_training_rows_are_encoded_as_new_ones_unless_the_target_is_in_the_encoding(name: str) -> None:
    step = STEPS[name]
    fitted, training = fit_and_encode(step, FRAME, SCHEMA, TARGET, 0)
    assert state_bytes(fitted.state()) == state_bytes(fitted_once(name).state())
    new = as_dense(fitted.transform(FRAME))
    assert training.shape == new.shape
    looks = any(isinstance(encoder, LooksAtTarget) for encoder in columns_of(fitted).encoders)
    assert looks == (name in ("target", "target, trees", "evidence"))
    assert looks != np.array_equal(as_dense(training), new, equal_nan=True)
