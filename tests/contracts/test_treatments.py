"""What every member of TREATMENTS must do, on tables before encoding and on matrices after it."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy import sparse

from assay.core.errors import ConfigError, DataError
from assay.data.rows import Block, Rows
from assay.recipes.treatments import TREATMENTS

NAMES = [name for name in TREATMENTS.names() if not name.startswith("augment-")]
"""Those left out need texts or pictures (tests/balance/test_augmentation.py)."""
LOSSES = {"focal", "class-balanced", "ldam", "logit-adjustment", "complement-cross-entropy"}
"""They leave rows and weights as they are and name a loss; the prior afterwards is the one that the loss learns under."""
WEIGHTS = {"class-weight", "weighted-sampling", "effective-number", "scale-pos-weight", "cost-weight"}
CLEANING = {"tomek-links", "edited-nearest-neighbours", "one-sided-selection"}
"""They leave out as many rows as lie badly."""
COMBINED = {"smote-enn", "smote-tomek"}
NOTHING_DRAWN = {"none", "threshold-only", "tomek-links", "edited-nearest-neighbours", "near-miss"} | WEIGHTS | LOSSES
GENERATED = {"vae", "ctgan", "diffusion"}
"""They make rows of a table, and know nothing of matrices; here after a training of a few steps."""
DENSITIES = {"copula", "kernel-density", "gaussian-mixture"}
"""So do these."""
MADE = GENERATED | DENSITIES
UNEVEN = {"none", "threshold-only", "effective-number", "cost-weight"} | (LOSSES - {"logit-adjustment"}) | CLEANING | COMBINED
"""They do not promise equal classes."""
ROUNDED = {"adasyn": 0.02}
"""How far from equal shares the rounding of each row's own share may leave it."""
REMOVING = {"random-undersample", "near-miss", "cluster-centroids"} | CLEANING
ALL_KEPT = [name for name in NAMES if name not in REMOVING | COMBINED]

BLOCKS = (
    Block("income", "number", 0, 1),
    Block("age", "number", 1, 2),
    Block("town", "one-hot", 2, 6),
    Block("job", "code", 6, 7),
    Block("text", "other", 7, 10),
)


def target_of(n_classes: int) -> np.ndarray:
    sizes = {2: [120, 21], 3: [100, 30, 9]}[n_classes]
    return np.random.default_rng(1).permutation(np.repeat(np.arange(n_classes), sizes)).astype(np.int64)


def table(n_classes: int) -> Rows:
    rng = np.random.default_rng(0)
    target = target_of(n_classes)
    n = len(target)
    numbers = pl.Series([None if rng.random() < 0.1 else float(value) for value in rng.normal(size=n)])
    frame = pl.DataFrame(
        {"income": numbers, "age": rng.integers(18, 80, n).astype(float), "town": rng.choice(["a", "b", "c"], n)}
    )
    return Rows(frame, target, n_classes)


def matrix(n_classes: int) -> Rows:
    rng = np.random.default_rng(0)
    target = target_of(n_classes)
    n = len(target)
    income = np.where(rng.random(n) < 0.1, np.nan, rng.normal(50_000, 9_000, n) + 1_000 * target)
    town = np.eye(4)[rng.integers(0, 4, n)]
    job = np.where(rng.random(n) < 0.1, np.nan, rng.integers(0, 6, n))
    text = rng.random((n, 3)) * (rng.random((n, 3)) < 0.4)
    return Rows(np.column_stack([income, rng.integers(18, 80, n), town, job, text]), target, n_classes, blocks=BLOCKS)


def as_csr(rows: Rows) -> Rows:
    return replace(rows, features=sparse.csr_matrix(rows.features))


def weighted(rows: Rows) -> Rows:
    return replace(rows, weights=np.random.default_rng(3).uniform(0.5, 2.0, len(rows)))


RAW = {
    "a table": table(2),
    "a weighted table": weighted(table(2)),
    "a table of three classes": table(3),
}
ENCODED = {
    "a matrix": matrix(2),
    "a weighted matrix": weighted(matrix(2)),
    "a matrix of three classes": matrix(3),
    "a sparse matrix": as_csr(matrix(2)),
    "a weighted sparse matrix of three classes": as_csr(weighted(matrix(3))),
}
MATRIX_CASES = [(name, kind) for name in NAMES for kind in ENCODED if name not in MADE]
TABLE_CASES = [(name, kind) for name in NAMES for kind in RAW if TREATMENTS.get(name)().stage != "encoded"]
CASES = MATRIX_CASES + TABLE_CASES
RANDOM_CASES = [(name, kind) for name, kind in CASES if name not in NOTHING_DRAWN]


def rows_of(kind: str) -> Rows:
    return RAW.get(kind) or ENCODED[kind]


def apply(name: str, rows: Rows, seed: int = 0):
    treatment = TREATMENTS.get(name)()
    return (replace(treatment, steps=2) if name in GENERATED else treatment).apply(rows, seed)


def dense(rows: Rows) -> np.ndarray:
    return rows.features.toarray() if sparse.issparse(rows.features) else rows.features


@pytest.mark.parametrize("name", NAMES)
def test_a_treatment_calls_itself_by_its_name_in_the_registry(name):
    treatment = TREATMENTS.get(name)()
    assert treatment.name == name
    assert treatment.stage in {"raw", "encoded", "learner", "decision"}
    assert treatment.correction in {"none", "prior", "calibrate"}


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_a_treatment_leaves_its_input_alone(name, kind):
    before = replace(rows_of(kind)).fingerprint
    apply(name, rows_of(kind))
    assert replace(rows_of(kind)).fingerprint == before


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_the_same_seed_gives_the_same_bytes(name, kind):
    first, second = apply(name, rows_of(kind), 5), apply(name, rows_of(kind), 5)
    assert first.rows.fingerprint == second.rows.fingerprint
    assert np.array_equal(first.source_rows, second.source_rows)


@pytest.mark.parametrize(("name", "kind"), RANDOM_CASES)
def test_another_seed_gives_other_rows(name, kind):
    assert apply(name, rows_of(kind), 5).rows.fingerprint != apply(name, rows_of(kind), 6).rows.fingerprint


@pytest.mark.parametrize(("name", "kind"), [case for case in CASES if case[0] not in LOSSES])
def test_the_priors_are_those_of_the_rows_before_and_after(name, kind):
    rows = rows_of(kind)
    done = apply(name, rows)
    for prior, of in ((done.prior_before, rows), (done.prior_after, done.rows)):
        weights = np.ones(len(of)) if of.weights is None else of.weights
        shares = [weights[of.target == code].sum() / weights.sum() for code in range(of.n_classes)]
        assert prior == pytest.approx(shares)


@pytest.mark.parametrize("kind", [kind for kind in [*RAW, *ENCODED] if "weighted" not in kind])
@pytest.mark.parametrize("name", [name for name in NAMES if name not in UNEVEN])
def test_the_classes_weigh_the_same_afterwards(name, kind):
    if (name, kind) in CASES:
        rows = rows_of(kind)
        equal = np.full(rows.n_classes, 1 / rows.n_classes)
        assert apply(name, rows).prior_after == pytest.approx(equal, abs=ROUNDED.get(name, 1e-9))


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_source_rows_point_at_equal_rows(name, kind):
    rows = replace(rows_of(kind), weights=None)
    done = apply(name, rows_of(kind))
    assert done.source_rows.shape == (len(done.rows),)
    copies = np.flatnonzero(done.source_rows >= 0)
    assert replace(done.rows.take(copies), weights=None).fingerprint == rows.take(done.source_rows[copies]).fingerprint


@pytest.mark.parametrize(("name", "kind"), [(n, k) for n, k in CASES if n in ALL_KEPT])
def test_all_rows_stay_and_the_majority_gets_no_more(name, kind):
    rows = rows_of(kind)
    done = apply(name, rows)
    assert done.source_rows[: len(rows)].tolist() == list(range(len(rows)))
    assert np.sum(done.rows.target == 0) == np.sum(rows.target == 0)


@pytest.mark.parametrize(("name", "kind"), [(n, k) for n, k in CASES if n in REMOVING | COMBINED])
def test_real_rows_stay_in_their_order_and_only_smote_makes_more(name, kind):
    rows = rows_of(kind)
    done = apply(name, rows)
    real = done.source_rows[done.source_rows >= 0]
    assert 0 < len(real) < len(rows)
    assert (np.diff(real) > 0).all()
    assert (done.source_rows[len(real) :] == -1).all()
    assert (len(real) < len(done.rows)) == (name in COMBINED)
    if name in REMOVING:
        smallest = np.bincount(rows.target).argmin()
        assert np.sum(done.rows.target == smallest) == np.sum(rows.target == smallest)


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_the_type_of_the_features_and_the_blocks_stay(name, kind):
    rows = rows_of(kind)
    done = apply(name, rows).rows
    assert type(done.features) is type(rows.features)
    assert done.blocks == rows.blocks
    assert done.target.dtype == rows.target.dtype
    assert done.features.shape == (len(done), rows.features.shape[1])


@pytest.mark.parametrize(("name", "kind"), MATRIX_CASES)
def test_no_value_goes_missing_in_a_column_that_was_whole(name, kind):
    whole = ~np.isnan(dense(rows_of(kind))).any(axis=0)
    assert whole.sum() == 8
    assert not np.isnan(dense(apply(name, rows_of(kind)).rows)[:, whole]).any()


@pytest.mark.parametrize(("name", "kind"), MATRIX_CASES)
def test_no_category_is_a_fraction(name, kind):
    after = dense(apply(name, rows_of(kind)).rows)
    town, job = after[:, 2:6], after[:, 6]
    assert set(np.unique(town).tolist()) == {0.0, 1.0}
    assert np.all(town.sum(axis=1) == 1)
    assert set(job[~np.isnan(job)].tolist()) <= set(range(6))


@pytest.mark.parametrize(("name", "kind"), [case for case in CASES if "weighted" in case[1]])
def test_every_row_has_a_positive_weight_where_rows_had_weights(name, kind):
    done = apply(name, rows_of(kind)).rows
    assert done.weights is not None
    assert done.weights.shape == (len(done),)
    assert (done.weights > 0).all()


@pytest.mark.parametrize("name", [name for name in NAMES if name not in MADE])
def test_a_dense_and_a_sparse_matrix_are_treated_alike(name):
    full, thin = apply(name, matrix(2)), apply(name, as_csr(matrix(2)))
    np.testing.assert_allclose(dense(thin.rows), dense(full.rows), rtol=1e-12, atol=1e-12)
    assert np.array_equal(full.rows.target, thin.rows.target)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "none"])
def test_a_target_of_numbers_is_a_data_error(name):
    rows = Rows(np.ones((5, 1)), np.linspace(0, 1, 5), 0)
    with pytest.raises(DataError, match="treatments are for classes"):
        apply(name, rows)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "none"])
def test_rows_of_one_class_are_a_data_error(name):
    with pytest.raises(DataError, match="all 5 training rows are of one class"):
        apply(name, Rows(np.ones((5, 1)), np.zeros(5, dtype=np.int64), 2))


@pytest.mark.parametrize(("name", "kind"), [case for case in TABLE_CASES if case[0] in MADE])
def test_made_rows_have_the_columns_of_the_table_and_gaps_only_where_it_has_some(name, kind):
    rows = rows_of(kind)
    done = apply(name, rows)
    made = done.rows.features.filter(pl.Series(done.source_rows < 0))
    assert made.schema == rows.features.schema
    assert made.height == len(done.rows) - len(rows) > 0
    assert made.select("age", "town").null_count().sum_horizontal()[0] == 0
    assert set(made["town"]) <= {"a", "b", "c"}
    assert (made["age"] == made["age"].round()).all()
    if rows.weights is not None:
        for code in range(rows.n_classes):
            found = done.rows.weights[(done.source_rows < 0) & (done.rows.target == code)]
            assert found == pytest.approx(np.full(len(found), rows.weights[rows.target == code].mean()))


@pytest.mark.parametrize("name", sorted(MADE))
def test_a_generator_is_told_apart_from_what_it_cannot_make(name):
    with pytest.raises(DataError, match="makes rows of a table with columns"):
        apply(name, matrix(2))
    texts = replace(table(2), features=table(2).features.with_columns(b=pl.lit(b"png")))
    with pytest.raises(DataError, match="column 'b' is of kind image"):
        apply(name, texts)
    if name in GENERATED:
        with pytest.raises(ConfigError):
            replace(TREATMENTS.get(name)(), steps=0)
    with pytest.raises(ConfigError):
        replace(TREATMENTS.get(name)(), ratio=0.0)


@pytest.mark.parametrize("name", sorted(MADE))
def test_balanced_rows_are_left_as_they_are_by_a_generator(name):
    rows = table(2)
    even = rows.take(np.concatenate([np.flatnonzero(rows.target == 0)[:21], np.flatnonzero(rows.target == 1)]))
    assert apply(name, even).source_rows.tolist() == list(range(42))
