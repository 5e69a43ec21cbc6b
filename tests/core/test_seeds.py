"""Streams belong to purposes: they do not repeat, and they do not depend on order."""

import numpy as np

from assay.core.seeds import derive, generator, seed32


def test_streams_of_different_purposes_are_uncorrelated() -> None:
    streams = np.stack([generator(0, "replicate", number).standard_normal(2000) for number in range(20)])
    correlation = np.corrcoef(streams) - np.eye(20)
    assert np.abs(correlation).max() < 5 / np.sqrt(2000)


def test_a_path_is_not_its_own_concatenation() -> None:
    assert derive(0, "a", "b") != derive(0, "ab")
    assert derive(0, "1") != derive(0, 1)
    assert derive(1, "a") != derive(0, "a")


def test_a_small_seed_fits_libraries_that_take_31_bits() -> None:
    assert all(0 <= seed32(seed, "x") < 2**31 for seed in range(200))


def test_seeds_are_pinned_because_saved_studies_rely_on_them() -> None:
    assert derive(0, "cell", "logistic", 0, 0) == 7190498687272161375
