"""Each check on data made to have just that fault, and on data that has it not."""

import json

import numpy as np
import polars as pl
import pytest
from scipy.stats import binomtest, spearmanr
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.metrics import roc_auc_score

from assay.data import read
from assay.data.checks import check
from assay.data.checks.alone import auc, code_numbers, pure_levels, rates

N = 600
RNG = np.random.default_rng(5)
Y = np.arange(N) % 3 == 0
NOISE = {f"noise{i}": RNG.normal(size=N) for i in range(9)}


def findings(columns, code, *, y=Y, **arguments):
    data = read(pl.DataFrame({**NOISE, **columns, "y": y}, strict=False), target="y", **arguments)
    found = check(data)
    for finding in found:
        json.dumps(finding.to_json(), allow_nan=False)
    return [finding for finding in found if finding.code == code]


def names(columns, code, **arguments):
    return {name for finding in findings(columns, code, **arguments) for name in finding.columns}


def test_clean_data_give_no_finding():
    data = read(pl.DataFrame({**NOISE, "y": Y}), target="y")
    assert check(data) == []


def test_missing_constant_and_empty_columns_are_found():
    some = [None if i % 10 == 0 else float(i % 7) for i in range(N)]
    most = [None if i % 10 else float(i % 7) for i in range(N)]
    columns = {"some": some, "most": most, "empty": [None] * N, "same": ["x"] * N}
    assert names(columns, "missing") == {"some", "most"}
    assert findings(columns, "missing")[0].evidence["counts"] == {"some": 60, "most": 540}
    assert names(columns, "mostly-missing") == {"most"}
    assert names(columns, "all-missing") == {"empty"}
    assert names(columns, "constant") == {"same"}


def test_infinite_cells_are_an_error_with_their_first_row():
    values = [float(i) for i in range(N)]
    values[41] = float("-inf")
    (finding,) = findings({"a": values}, "infinite")
    assert (finding.level, finding.columns, finding.evidence) == ("error", ("a",), {"count": 1, "first_row": 42})


def test_repeated_and_conflicting_rows_are_counted():
    frame = pl.DataFrame({"a": [1, 1, 1, 2, 3] * 20, "y": ["u", "u", "v", "u", "v"] * 20})
    found = {finding.code: finding.evidence for finding in check(read(frame, target="y"))}
    assert found["duplicate-rows"]["count"] == 96
    assert found["conflicting-rows"]["count"] == 60


def test_names_of_rows_are_found_as_text_and_as_numbers():
    columns = {
        "key": [f"u{i}" for i in range(N)],
        "row": list(range(7, N + 7)),
        "customer_id": RNG.permutation(10**6)[:N].tolist(),
        "amount": RNG.permutation(10**6)[:N].tolist(),
        "age": RNG.integers(18, 90, N).tolist(),
    }
    assert names(columns, "id-like") == {"key", "row", "customer_id"}


@pytest.mark.parametrize("values", [(865, 971, 1001), (10, 20, 31, 55, 99), (41011, 41012, 52001)])
def test_codes_written_as_numbers_are_asked_about(values):
    (finding,) = findings({"code": RNG.choice(values, N)}, "codes")
    assert finding.columns == ("code",)
    assert "--kind code=category" in finding.advice


@pytest.mark.parametrize(
    "values",
    [
        (0, 1),
        (1, 2, 3, 4, 5),
        (1998, 2003, 2004, 2011),
        (0, 1, 2, 3, 5, 8, 20),
        (60, 120, 180, 360),
        (100, 200, 500, 1000),
        (18, 19, 20, 21),
    ],
)
def test_flags_counts_years_and_amounts_are_not_taken_for_codes(values):
    assert findings({"a": RNG.choice(values, N)}, "codes") == []


def test_too_few_rows_of_a_class_are_an_error_or_a_warning():
    for count, level in ((3, "error"), (20, "warning")):
        (finding,) = findings({}, "few-positives", y=np.arange(N) < count)
        assert (finding.level, finding.evidence["rows"], finding.evidence["class"]) == (level, count, "true")
    rare = np.where(np.arange(N) < 2, "c", np.where(Y, "a", "b"))
    (finding,) = findings({}, "few-positives", y=rare)
    assert finding.level == "warning"


COPIES = {
    "same": Y.astype(int),
    "other_way": 1 - Y.astype(int),
    "renamed": np.where(Y, "stay", "go"),
    "finer": np.where(Y, "p", np.where(np.arange(N) % 2, "q", "r")),
    "spread": np.where(Y, 100.0, 1.0) + RNG.normal(size=N),
    "absence": [None if flag else 1.5 + i % 9 for i, flag in enumerate(Y)],
    "remark": [f"some long remark on the case {i}" if flag else None for i, flag in enumerate(Y)],
}


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_of_the_target_in_any_disguise_is_found(name):
    assert names({name: COPIES[name]}, "target-copy") == {name}


def test_a_number_that_decides_without_order_is_suspicious():
    middle = np.where(Y, 0.0, np.where(np.arange(N) % 2, -5.0, 5.0)) + RNG.normal(size=N) * 0.1
    assert roc_auc_score(Y, middle) < 0.6
    assert names({"middle": middle}, "suspicious") == {"middle"}


def test_many_levels_alone_are_no_copy():
    columns = {"street": [f"s{i // 2}" for i in RNG.permutation(N)], "town": RNG.choice([f"t{i}" for i in range(60)], N)}
    assert names(columns, "target-copy") | names(columns, "suspicious") == set()


def test_a_level_without_one_class_is_suspicious_with_its_exact_probability():
    level = np.where(Y, "x", np.where(np.arange(N) % 4 == 0, "set later", "x"))
    (finding,) = findings({"status": level}, "suspicious")
    (pure,) = finding.evidence["pure_levels"]
    rows = int((level == "set later").sum())
    assert (pure["level"], pure["rows"]) == ("set later", rows)
    assert pure["p"] == pytest.approx(2 * binomtest(rows, rows, 1 - Y.mean(), alternative="greater").pvalue)
    assert finding.evidence["pure_share"] == pytest.approx(rows / N)


def test_a_strong_column_among_weak_ones_is_suspicious_and_among_strong_ones_is_not():
    def told(strength):
        return Y * strength + RNG.normal(size=N)

    assert names({"strong": told(1.5)}, "suspicious") == {"strong"}
    crowd = {f"noise{i}": told(0.3 * i) for i in range(9)}
    assert names({**crowd, "strong": told(1.5)}, "suspicious") == set()


def test_classes_and_numbers_have_copies_too():
    classes = np.array(["a", "b", "c"])[RNG.integers(0, 3, N)]
    codes = np.unique(classes, return_inverse=True)[1]
    columns = {
        "finer": [f"{label}:{i % 3}" for i, label in enumerate(classes)],
        "number": codes * 10 + 3,
        "hint": codes + RNG.normal(size=N),
    }
    assert names(columns, "target-copy", y=classes) == {"finer", "number"}
    values = RNG.normal(size=N)
    columns = {"log": np.exp(values), "near": values + RNG.normal(size=N) * 0.05, "far": values + RNG.normal(size=N)}
    assert names(columns, "target-copy", y=values) == {"log"}
    (near,) = findings(columns, "suspicious", y=values)
    assert near.columns == ("near",)
    assert near.evidence["spearman"] == pytest.approx(spearmanr(columns["near"], values).statistic)


@pytest.mark.parametrize("load", [load_breast_cancer, load_wine, load_diabetes])
def test_sound_tables_raise_no_suspicion(load):
    found = check(read(load(as_frame=True).frame, target="target"))
    assert [f.columns for f in found if f.code in ("target-copy", "suspicious")] == []


def test_the_auc_is_that_of_scikit_learn():
    score = RNG.integers(0, 20, N)
    assert auc(Y, score) == pytest.approx(roc_auc_score(Y, score), abs=1e-12)


def test_the_rate_of_a_level_is_that_of_the_other_folds():
    codes = RNG.integers(0, 6, 100)
    y = RNG.random(100)
    fold = np.arange(100) % 5
    expected = [
        (y[(codes == codes[i]) & (fold != fold[i])].sum() + 5 * y.mean()) / (((codes == codes[i]) & (fold != fold[i])).sum() + 5)
        for i in range(100)
    ]
    assert rates(codes, y) == pytest.approx(expected)


def test_pure_levels_are_those_of_one_class():
    codes = np.array([0] * 6 + [1, 1, 2])
    positive = np.array([True] * 6 + [True, False, False])
    found = {code: (rows, p) for code, rows, p in pure_levels(codes, positive)}
    assert found == {0: (6, pytest.approx(3 * (7 / 9) ** 6)), 2: (1, pytest.approx(3 * 2 / 9))}


def test_a_number_of_many_values_is_coded_in_bins_of_equal_share():
    values = np.append(RNG.normal(size=5000), np.nan)
    coded = code_numbers(values)
    assert not coded.exact
    assert coded.codes[-1] == 0
    assert np.bincount(coded.codes[:-1])[1:].tolist() == [100] * 50
