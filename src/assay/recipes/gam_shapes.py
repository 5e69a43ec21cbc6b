"""What an additive model says of each column: step functions of one column or of two, and the model that adds them up.

A tree that asks of one column only is a step function of it, and so is any sum of such trees.  Where the trees ask of
two columns along a path, each leaf is a box over these two.  So the booster's whole sum is read out as tables, exactly.
Source: Lou, Caruana & Gehrke (2012); Lou, Caruana, Gehrke & Hooker (2013) for pairs.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from assay.core.errors import BundleError
from assay.core.state import State
from assay.data.rows import Block
from assay.prepare import checks
from assay.prepare.step import Matrix
from assay.recipes.learner import Output
from assay.recipes.lightgbm_text import BoostedTree
from assay.recipes.outputs import MOST_FEATURES, check_width, dense, from_logits, task_and_classes, task_header

MOST_SHAPES = 1_000_000
MOST_STEPS = 100_000


@dataclass(frozen=True)
class Shape:
    """A step function of one column, or of two.

    columns: which columns of the matrix, one or two.  edges: for each of them float64 (k,), rising; step i holds the values
    above edge i - 1 and up to edge i, the last step those above all edges.
    values: float64 (k + 2, n_scores) or (k + 2, l + 2, n_scores); after the steps stands what is said of a missing value.
    """

    columns: tuple[int, ...]
    edges: tuple[np.ndarray, ...]
    values: np.ndarray

    def steps(self, rows: np.ndarray) -> tuple[np.ndarray, ...]:
        """For each column int64 (n,), the step each row is in. rows: (n, width)."""
        return tuple(step_of(rows[:, column], edges) for column, edges in zip(self.columns, self.edges, strict=True))

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """float64 (n, n_scores): what it adds for each row."""
        return np.asarray(self.values[self.steps(rows)])

    def __add__(self, other: "Shape") -> "Shape":
        """The sum of two shapes of the same columns: a step wherever one of them has one."""
        edges = tuple(np.union1d(a, b) for a, b in zip(self.edges, other.edges, strict=True))
        asked = [np.concatenate([one, [np.inf, np.nan]]) for one in edges]

        def spread(shape: Shape) -> np.ndarray:
            places = [step_of(at, own) for at, own in zip(asked, shape.edges, strict=True)]
            return np.asarray(shape.values[np.ix_(*places)])

        return Shape(self.columns, edges, spread(self) + spread(other))

    def state(self) -> State:
        return {"columns": np.array(self.columns), "edges": list(self.edges), "values": self.values}

    @classmethod
    def from_state(cls, state: State, *, width: int, n_scores: int) -> Self:
        columns = checks.integers(state, "columns", (None,), low=0, high=width - 1)
        edges = checks.entry(state, "edges")
        if len(columns) not in (1, 2) or not isinstance(edges, list) or len(edges) != len(columns):
            raise BundleError("the saved model's shapes must be of one column or of two, with edges for each.")
        read = tuple(checks.floats({"edges": one}, "edges", (None,)) for one in edges)
        if any(len(one) > MOST_STEPS or (np.diff(one) <= 0).any() for one in read):
            raise BundleError(f"the saved model's edges must be at most {MOST_STEPS} rising numbers.")
        values = checks.floats(state, "values", (*(len(one) + 2 for one in read), n_scores))
        return cls(tuple(columns.tolist()), read, values)


def step_of(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """int64 (n,): the step that each value is in; after the last one where it is missing."""
    return np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values, side="left"))


@dataclass(frozen=True)
class FittedGam:
    """base + what each shape adds.

    names: of the columns of the matrix.  base: float64 (n_scores,), the mean over the training rows.
    shapes: each of mean 0 over the training rows.
    """

    KIND: ClassVar[str] = "gam"

    task: str
    n_classes: int
    names: tuple[str, ...]
    base: np.ndarray
    shapes: tuple[Shape, ...]

    def predict(self, matrix: Matrix) -> Output:
        """score: the logit (binary), the logits, or the value."""
        check_width(matrix, len(self.names))
        raw = self.raw(dense(matrix))
        return Output(raw[:, 0], None) if self.task == "regression" else from_logits(self.task, raw)

    def raw(self, rows: np.ndarray) -> np.ndarray:
        """float64 (n, n_scores). rows: float64 (n, width)."""
        total = np.tile(self.base, (len(rows), 1))
        for shape in self.shapes:
            total += shape(rows)
        return total

    def name(self, shape: Shape) -> str:
        """What a shape is of, such as "age" or "age × job"."""
        return " × ".join(self.names[column] for column in shape.columns)

    def by_name(self) -> dict[str, Shape]:
        """The shapes by what they are of; level codes are the places among the levels of the preparation."""
        return {self.name(shape): shape for shape in self.shapes}

    def state(self) -> State:
        return {
            **task_header(self.KIND, self.task, self.n_classes),
            "names": list(self.names),
            "base": self.base,
            "shapes": [shape.state() for shape in self.shapes],
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        task, n_classes = task_and_classes(state)
        n_scores = n_classes if task == "multiclass" else 1
        names = checks.distinct_texts(state, "names", most=MOST_FEATURES)
        base = checks.floats(state, "base", (n_scores,))
        parts = checks.states(state, "shapes", most=MOST_SHAPES)
        shapes = tuple(Shape.from_state(part, width=len(names), n_scores=n_scores) for part in parts)
        if len({shape.columns for shape in shapes}) != len(shapes):
            raise BundleError("the saved model has two shapes of the same columns.")
        return cls(task, n_classes, names, base, shapes)


def column_names(blocks: tuple[Block, ...], width: int) -> tuple[str, ...]:
    """Different names of the columns of a matrix: the table's, numbered where it makes several of one."""
    names = [f"column {number}" for number in range(width)]
    for block in blocks:
        for column in range(block.start, block.stop):
            names[column] = block.name if block.stop - block.start == 1 else f"{block.name} [{column - block.start + 1}]"
    if len(set(names)) == width:
        return tuple(names)
    return tuple(f"{name} (column {number})" for number, name in enumerate(names))


def shapes_of(trees: Iterable[BoostedTree], n_scores: int, width: int) -> tuple[np.ndarray, tuple[Shape, ...]]:
    """What trees add up to, as (base, shapes); tree t adds to score t % n_scores.

    Raises ValueError when a path asks of more than two columns.
    """
    trees = tuple(trees)
    edges = _edges(trees, width)
    base, tables = np.zeros(n_scores), {}
    for number, tree in enumerate(trees):
        for boxes, value in _leaves(tree, edges):
            columns = tuple(sorted(boxes))
            if len(columns) > 2:
                raise ValueError(f"a path asks of {len(columns)} columns; an additive model has shapes of two at most.")
            if not columns:
                base[number % n_scores] += value
                continue
            if columns not in tables:
                tables[columns] = np.zeros((*(len(edges[column]) + 2 for column in columns), n_scores))
            tables[columns][..., number % n_scores][np.ix_(*(boxes[column] for column in columns))] += value
    return base, tuple(Shape(columns, tuple(edges[c] for c in columns), tables[columns]) for columns in sorted(tables))


def _edges(trees: tuple[BoostedTree, ...], width: int) -> dict[int, np.ndarray]:
    """By column: all thresholds, rising."""
    features = np.concatenate([tree.split_feature for tree in trees])
    thresholds = np.concatenate([_numbers(tree.threshold) for tree in trees])
    return {column: np.unique(thresholds[features == column]) for column in range(width)}


def _numbers(text: str) -> np.ndarray:
    return np.array([float(token) for token in text.split(" ")]) if text else np.zeros(0)


def _leaves(tree: BoostedTree, edges: dict[int, np.ndarray]) -> list[tuple[dict[int, np.ndarray], float]]:
    """Each leaf: by column asked on its path the steps that lead to it, and its value."""
    values, thresholds = _numbers(tree.leaf_value), _numbers(tree.threshold)
    found: list[tuple[dict[int, np.ndarray], float]] = []
    waiting: list[tuple[int, dict[int, np.ndarray]]] = [(0 if tree.n_leaves > 1 else -1, {})]
    while waiting:
        node, boxes = waiting.pop()
        if node < 0:
            found.append((boxes, float(values[-node - 1])))
            continue
        column = int(tree.split_feature[node])
        left = _goes_left(edges[column], thresholds[node], int(tree.decision_type[node]))
        so_far = boxes.get(column, np.ones(len(left), dtype=bool))
        waiting.append((int(tree.left_child[node]), boxes | {column: so_far & left}))
        waiting.append((int(tree.right_child[node]), boxes | {column: so_far & ~left}))
    return found


def _goes_left(edges: np.ndarray, threshold: float, decision: int) -> np.ndarray:
    """bool (k + 2,): by step whether LightGBM goes left; a missing value is 0 to a split that saw none in training."""
    knows_missing, default_left = decision & 8, bool(decision & 2)
    missing = default_left if knows_missing else threshold >= 0.0
    return np.concatenate([edges <= threshold, [False, missing]])
