"""A state whose checksums hold and whose values do not: it is refused, or it predicts; it never crashes."""

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from tests.bundle.models import model, table

from assay.archive import files, weights
from assay.archive.manifest import Manifest, check, listing
from assay.archive.state import encode
from assay.bundle.model import build
from assay.core.errors import AssayError
from assay.core.files import canonical_json

GONE = object()
WRONG = (GONE, 3, -1, 2**40, None, [], {}, "text", True, np.zeros(2), float("nan"), ["a"])


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    keys = value if isinstance(value, dict) else range(min(len(value), 2)) if isinstance(value, list) else ()
    for key in keys:
        yield (*path, key)
        yield from _places(value[key], (*path, key))


def _with(state: dict[str, Any], path: tuple[Any, ...], wrong: object) -> dict[str, Any]:
    changed = copy.deepcopy(state)
    inner: Any = changed
    for key in path[:-1]:
        inner = inner[key]
    if wrong is GONE:
        del inner[path[-1]]
    else:
        inner[path[-1]] = wrong
    return changed


@pytest.mark.parametrize(("recipe", "task"), [("logistic", "binary"), ("tree", "regression")])
def test_a_state_with_one_entry_changed_is_refused_or_predicts(recipe, task):
    fitted = model(recipe, task).fitted
    state, rows = fitted.state(), table(task, 6).features
    refused = 0
    for path in _places(state):
        for wrong in WRONG:
            value, arrays = encode(_with(state, path, wrong))
            parts = {files.STATE: canonical_json(value).encode(), files.WEIGHTS: weights.pack(arrays)}
            told = {key: value.get(key) for key in ("recipe", "task", "schema")}
            manifest = Manifest(assay="0", libraries={}, threshold=None, card={}, files=listing(parts), **told)
            parts[files.MANIFEST] = manifest.to_bytes()
            try:
                assert build(check(parts, "m"), parts, "m").predict_features(rows).height == 6
            except AssayError:
                refused += 1
    assert refused > 300
