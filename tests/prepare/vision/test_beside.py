"""Columns of pictures beside columns of a table, prepared by name."""

import numpy as np
import polars as pl
import pytest

from assay.core.errors import ConfigError, DataError
from assay.data.schema import Column, Schema
from assay.prepare.columns import ColumnsStep
from assay.prepare.named import preparation_named
from assay.prepare.net_columns import NetColumnsStep
from assay.prepare.registry import FITTED_STEPS
from assay.prepare.vision.window import Window
from assay.recipes.named import recipe_named

RNG = np.random.default_rng(0)
N = 16
FRAME = pl.DataFrame({"age": RNG.normal(size=N), "photo": RNG.integers(0, 256, (N, 20, 18, 3), dtype=np.uint8)})
FRAME = FRAME.with_columns(back=pl.Series(RNG.integers(0, 256, (N, 12, 12), dtype=np.uint8)))
SCHEMA = Schema((Column("age", "number"), Column("photo", "image"), Column("back", "image")))
TARGET = np.arange(N) % 2


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        *((name, mode) for name in ("hog", "colour-histogram", "eigenfaces") for mode in ("linear", "dense", "trees")),
        *(("sift-words", "linear"), ("sift-grid", "trees"), ("orb-words", "dense")),
    ],
)
def test_each_picture_column_is_a_block_of_its_own_beside_the_numbers(name: str, mode: str) -> None:
    if "words" in name or "grid" in name:
        pytest.importorskip("cv2")
    step = preparation_named(name)(ColumnsStep(mode=mode))
    fitted = step.fit(FRAME, SCHEMA, TARGET, 0)
    matrix = fitted.transform(FRAME)
    blocks = {block.name: block for block in fitted.blocks if block.kind == "other"}
    assert set(blocks) == {"photo", "back"}
    for column, block in blocks.items():
        alone = step.fit(FRAME, Schema((Column(column, "image"),)), TARGET, 0).transform(FRAME)
        np.testing.assert_array_equal(matrix[:, block.start : block.stop], alone)
    plain = ColumnsStep(mode=mode).fit(FRAME, Schema((Column("age", "number"),)), TARGET, 0).transform(FRAME)
    np.testing.assert_array_equal(matrix[:, : plain.shape[1]], plain)
    back = FITTED_STEPS.get("columns").from_state(fitted.state())
    np.testing.assert_array_equal(back.transform(FRAME), matrix)


def test_a_preparation_of_pictures_goes_with_any_recipe_of_columns_and_with_others() -> None:
    recipe = recipe_named("boosting:colour-histogram")
    assert recipe.step.pictures.space == "hsv"
    assert recipe_named("logistic:hog:pca:random@5").name == "logistic:hog:pca:random@5"
    with pytest.raises(ConfigError, match="is for recipes that read a table column by column"):
        preparation_named("hog")(NetColumnsStep())


def test_a_missing_picture_is_named_with_its_row() -> None:
    fitted = ColumnsStep(mode="dense", pictures=Window()).fit(FRAME, SCHEMA, TARGET, 0)
    gap = FRAME.with_columns(photo=pl.when(pl.int_range(pl.len()) == 4).then(None).otherwise("photo"))
    with pytest.raises(DataError, match="row 5, column 'photo': the picture is missing"):
        fitted.transform(gap)
