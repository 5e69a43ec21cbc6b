"""LightGBM's model text, read by our own strict parser and written anew before LightGBM sees it.

LightGBM trusts its text: one edited child index makes it read outside its arrays or never end.
So the text of a saved model is taken apart here, every number is checked, and only what passed
is put together again; lines that prediction does not need are left out.  Categorical splits and
linear leaves are refused: our recipe grows neither.
Format: LightGBM 4, src/io/tree.cpp and src/boosting/gbdt_model_text.cpp.
"""

import re
from dataclasses import dataclass
from typing import Self

import numpy as np

from assay.core.errors import BundleError
from assay.recipes.tree_arrays import LEAF, check_tree_shapes

MOST_TREES = 1_000_000
MOST_LEAVES = 1024
MOST_COLUMNS = 1_000_000
MOST_CLASSES = 10_000
MOST_CHARACTERS = 1_000_000_000

_WHOLE = re.compile(r"-?[0-9]{1,9}")
_REAL = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?(e[+-]?[0-9]{1,3})?")
_LARGE = {"inf": "1e300", "-inf": "-1e300"}
_DECISIONS = frozenset({0, 2, 8, 10})
"""Numerical splits: missing to the right or (2) to the left, where missing is never or (8) NaN."""

_HEADER = (
    "version",
    "num_class",
    "num_tree_per_iteration",
    "label_index",
    "max_feature_idx",
    "objective",
    "feature_names",
    "feature_infos",
    "tree_sizes",
)
_NEEDED = frozenset(
    {
        "num_leaves",
        "num_cat",
        "split_feature",
        "threshold",
        "decision_type",
        "left_child",
        "right_child",
        "leaf_value",
        "is_linear",
        "shrinkage",
    }
)
_LEFT_OUT = frozenset(
    {
        "split_gain",
        "leaf_weight",
        "leaf_count",
        "internal_value",
        "internal_weight",
        "internal_count",
        "leaf_features",
        "leaf_coeff",
    }
)
_END = "end of trees"


@dataclass(frozen=True)
class BoostedTree:
    """One tree: whole numbers as arrays, real numbers also as they were written (so that no digit is lost)."""

    split_feature: np.ndarray
    decision_type: np.ndarray
    left_child: np.ndarray
    right_child: np.ndarray
    threshold: str
    leaf_value: str
    n_leaves: int
    shrinkage: str

    def render(self, number: int) -> str:
        lines = [f"Tree={number}", f"num_leaves={self.n_leaves}", "num_cat=0"]
        lines += [f"split_feature={_joined(self.split_feature)}", f"threshold={self.threshold}"]
        lines += [f"decision_type={_joined(self.decision_type)}", f"left_child={_joined(self.left_child)}"]
        lines += [f"right_child={_joined(self.right_child)}", f"leaf_value={self.leaf_value}"]
        return "\n".join([*lines, "is_linear=0", f"shrinkage={self.shrinkage}", "", "", ""])


@dataclass(frozen=True)
class BoostedModel:
    """objective: "binary sigmoid:1", "multiclass num_class:K" or "regression".  n_scores: trees of one round."""

    objective: str
    n_scores: int
    width: int
    trees: tuple[BoostedTree, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """The model behind a text; raises BundleError for anything that LightGBM would not write for our recipe."""
        if len(text) > MOST_CHARACTERS or not text.isascii():
            raise BundleError("the saved boosting model is not a LightGBM text.")
        head, *blocks = text.split(f"\n{_END}\n", 1)[0].split("\nTree=")
        if not text.startswith("tree\n") or f"\n{_END}\n" not in text or not 1 <= len(blocks) <= MOST_TREES:
            raise BundleError("the saved boosting model has no trees, or no end.")
        header = _fields(head.removeprefix("tree\n"), frozenset(_HEADER), frozenset())
        width = _number(header, "max_feature_idx", 0, MOST_COLUMNS - 1) + 1
        n_scores = _number(header, "num_tree_per_iteration", 1, MOST_CLASSES)
        if _number(header, "num_class", 1, MOST_CLASSES) != n_scores or len(blocks) % n_scores:
            raise BundleError("the saved boosting model's trees do not fit its number of classes.")
        objective = "regression" if header["objective"] == "regression" else "binary sigmoid:1"
        if n_scores > 1:
            objective = f"multiclass num_class:{n_scores}"
        if header["objective"] != objective or header["version"] != "v4":
            raise BundleError(f"the saved boosting model has objective {header['objective'][:40]!r}, expected {objective!r}.")
        trees = tuple(_tree(number, block, width) for number, block in enumerate(blocks))
        _check_shapes(trees)
        return cls(objective, n_scores, width, trees)

    def render(self) -> str:
        """The text of this model: equal models give equal texts."""
        blocks = [tree.render(number) for number, tree in enumerate(self.trees)]
        header = {
            "version": "v4",
            "num_class": str(self.n_scores),
            "num_tree_per_iteration": str(self.n_scores),
            "label_index": "0",
            "max_feature_idx": str(self.width - 1),
            "objective": self.objective,
            "feature_names": " ".join(f"Column_{column}" for column in range(self.width)),
            "feature_infos": " ".join(["none"] * self.width),
            "tree_sizes": " ".join(str(len(block)) for block in blocks),
        }
        lines = [f"{name}={header[name]}" for name in _HEADER]
        return "\n".join(["tree", *lines, "", "".join(blocks) + _END, ""])


def _fields(block: str, needed: frozenset[str], left_out: frozenset[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in block.split("\n"):
        if not line:
            continue
        name, sign, value = line.partition("=")
        if not sign or name in found or name not in needed | left_out:
            raise BundleError(f"the saved boosting model has an unexpected line {line[:40]!r}.")
        found[name] = value
    missing = needed - set(found)
    if missing:
        raise BundleError(f"the saved boosting model has no {sorted(missing)[0]!r} where one must be.")
    return found


def _tree(number: int, block: str, width: int) -> BoostedTree:
    first, _, rest = block.partition("\n")
    if first != str(number):
        raise BundleError(f"the saved boosting model's tree {number} is numbered {first[:20]!r}.")
    lines = _fields(rest, _NEEDED, _LEFT_OUT)
    n_leaves = _number(lines, "num_leaves", 1, MOST_LEAVES)
    _number(lines, "num_cat", 0, 0)
    _number(lines, "is_linear", 0, 0)
    splits = n_leaves - 1
    decisions = _wholes(lines, "decision_type", splits, 0, max(_DECISIONS))
    if not _DECISIONS.issuperset(decisions.tolist()):
        raise BundleError("the saved boosting model has a split of a kind that our recipe does not grow.")
    return BoostedTree(
        split_feature=_wholes(lines, "split_feature", splits, 0, width - 1),
        decision_type=decisions,
        left_child=_wholes(lines, "left_child", splits, -n_leaves, splits - 1),
        right_child=_wholes(lines, "right_child", splits, -n_leaves, splits - 1),
        threshold=_reals(lines | {"threshold": _without_infinity(lines["threshold"])}, "threshold", splits),
        leaf_value=_reals(lines, "leaf_value", n_leaves),
        n_leaves=n_leaves,
        shrinkage=_reals(lines, "shrinkage", 1),
    )


def _check_shapes(trees: tuple[BoostedTree, ...]) -> None:
    """Nodes of a tree: its splits in order, then its leaves; LightGBM writes leaf j as child -(j + 1)."""
    sizes = [2 * tree.n_leaves - 1 for tree in trees]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    left, right = np.full((2, starts[-1]), LEAF)
    for start, tree in zip(starts, trees, strict=False):
        splits = tree.n_leaves - 1
        for children, own in ((left, tree.left_child), (right, tree.right_child)):
            children[start : start + splits] = np.where(own >= 0, own, splits - own - 1)
    check_tree_shapes(starts, left, right)


def _number(lines: dict[str, str], name: str, low: int, high: int) -> int:
    return int(_wholes(lines, name, 1, low, high)[0])


def _wholes(lines: dict[str, str], name: str, count: int, low: int, high: int) -> np.ndarray:
    """int64 (count,), each in low..high."""
    tokens = _tokens(lines, name, count, _WHOLE)
    values = np.array([int(token) for token in tokens], dtype=np.int64)
    if count and (values.min() < low or values.max() > high):
        raise BundleError(f"the saved boosting model's {name!r} must be whole numbers from {low} to {high}.")
    return values


def _reals(lines: dict[str, str], name: str, count: int) -> str:
    tokens = _tokens(lines, name, count, _REAL)
    if not np.isfinite([float(token) for token in tokens]).all():
        raise BundleError(f"the saved boosting model's {name!r} must be finite numbers.")
    return " ".join(tokens)


def _without_infinity(thresholds: str) -> str:
    """LightGBM writes inf where only a missing value goes right; no encoded value comes near 1e300, so it says the same."""
    return " ".join(_LARGE.get(token, token) for token in thresholds.split(" "))


def _tokens(lines: dict[str, str], name: str, count: int, pattern: re.Pattern[str]) -> list[str]:
    tokens = lines[name].split(" ") if lines[name] else []
    if len(tokens) != count or not all(pattern.fullmatch(token) for token in tokens):
        raise BundleError(f"the saved boosting model's {name!r} must be {count} numbers.")
    return tokens


def _joined(values: np.ndarray) -> str:
    return " ".join(map(str, values.tolist()))
