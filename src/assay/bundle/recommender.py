"""A saved recommender: the files and checks of every saved model, around users, items and what each user has.

It is written and read by the parts that other models use (manifest with checksums, canonical JSON, safetensors; no pickle), under
the task "recommendation", which ``load_model`` does not take for one of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from scipy.sparse import csr_array

import assay
from assay.archive import files, weights
from assay.archive.manifest import Manifest, check, listing, versions_here
from assay.archive.state import decode, encode
from assay.archive.strict import parse_canonical
from assay.core.errors import AssayError, BundleError, ConfigError, DataError
from assay.core.files import canonical_json
from assay.core.state import State
from assay.measure.ranked import TASK
from assay.prepare.checks import distinct_texts, entry, text
from assay.recipes.recommend.interactions import Interactions
from assay.recipes.recommend.neighbours import csr_of_state
from assay.recipes.recommend.recommender import NEW, FittedRecommender, batches, scores_to_rank, top_items
from assay.recipes.recommend.registry import read_fitted

MOST_NAMES = 50_000_000


@dataclass(frozen=True, eq=False)
class RecommenderModel:
    """recipe: its name.  user_column, item_column: as in the table it learned from.  users, items: names in order of code.

    seen: what ``fitted`` learned from, without ratings.  taken: (n_users, n_items), pairs that came later; never shown either.
    card: JSON values without NaN.
    """

    recipe: str
    fitted: FittedRecommender
    user_column: str
    item_column: str
    users: tuple[str, ...]
    items: tuple[str, ...]
    seen: Interactions
    taken: csr_array
    card: Mapping[str, Any] = field(default_factory=dict)

    def recommend(self, users: Sequence[str] | None = None, k: int = 10) -> pl.DataFrame:
        """At most k items a user: columns user, rank (from 1), item, score, known (False: new, so by popularity).

        users: names, each answered once, in their order; None: all that are known.
        """
        if k < 1:
            raise ConfigError(f"top={k}: a list has at least 1 item.")
        names = list(self.users) if users is None else list(dict.fromkeys(users))
        place = {name: code for code, name in enumerate(self.users)}
        codes = np.array([place.get(name, -1) for name in names], dtype=np.int64)
        parts = [self._shown(part, codes[part], k) for part in batches(np.arange(len(codes)), len(self.items))]
        who, rank, item, score = (
            (np.concatenate(column) for column in zip(*parts, strict=True)) if parts else [np.zeros(0, int)] * 4
        )
        known = np.where(codes >= 0, self.seen.taken[np.maximum(codes, 0)] > 0, False)
        return pl.DataFrame(
            {
                self.user_column: pl.Series(names, dtype=pl.String).gather(who),
                "rank": rank,
                self.item_column: pl.Series(self.items, dtype=pl.String).gather(item),
                "score": score,
                "known": known[who],
            }
        )

    def _shown(self, places: np.ndarray, codes: np.ndarray, k: int) -> tuple[np.ndarray, ...]:
        """(place of the user, rank, item, score), one entry a recommendation."""
        scores = np.tile(np.where(self.seen.takers > 0, self.seen.takers, NEW).astype(np.float64), (len(codes), 1))
        there = np.flatnonzero(codes >= 0)
        scores[there] = scores_to_rank(self.fitted, self.seen, codes[there], self.taken)
        shown = top_items(scores, self.seen.takers, k)
        row, rank = np.nonzero(shown >= 0)
        item = shown[row, rank]
        return places[row], rank + 1, item, scores[row, item]

    def state(self) -> State:
        return {
            "recipe": self.recipe,
            "user_column": self.user_column,
            "item_column": self.item_column,
            "users": list(self.users),
            "items": list(self.items),
            "fitted": self.fitted.state(),
            "seen": _csr_state(self.seen.counts),
            "taken": _csr_state(self.taken),
        }

    @classmethod
    def from_state(cls, state: State, card: Mapping[str, Any]) -> "RecommenderModel":
        """Raises BundleError for a state that ``state`` does not write."""
        users, items = (distinct_texts(state, name, most=MOST_NAMES) for name in ("users", "items"))
        if not users or not items:
            raise BundleError("the saved recommender knows no users or no items.")
        shape = len(users), len(items)
        seen, taken = (_canonical(csr_of_state(entry(state, name), shape), name) for name in ("seen", "taken"))
        return cls(
            text(state, "recipe"),
            read_fitted(entry(state, "fitted"), *shape),
            text(state, "user_column"),
            text(state, "item_column"),
            users,
            items,
            Interactions(seen),
            taken,
            card,
        )

    def save(self, path: str | Path) -> None:
        """As ``Model.save``."""
        value, arrays = encode(self.state())
        parts = {files.STATE: canonical_json(value).encode(), files.WEIGHTS: weights.pack(arrays)}
        columns = [
            {"name": name, "kind": "id", "role": role, "levels": [], "whole": False}
            for name, role in ((self.user_column, "group"), (self.item_column, "target"))
        ]
        manifest = Manifest(
            assay=assay.__version__,
            libraries=versions_here(),
            recipe=self.recipe,
            task={"name": TASK, "target": self.item_column, "classes": []},
            schema=columns,
            threshold=None,
            card=self.card,
            files=listing(parts),
        )
        files.write(Path(path), {files.MANIFEST: manifest.to_bytes(), **parts})


def load_recommender(path: str | Path) -> RecommenderModel:
    """The recommender back, every checksum and value checked before use.  Raises BundleError."""
    return read_recommender(files.read(Path(path)), str(path))


def read_recommender(parts: Mapping[str, bytes], where: str) -> RecommenderModel:
    """As ``load_recommender``, of the files' bytes."""
    manifest = check(parts, where)
    if manifest.task["name"] != TASK:
        raise BundleError(f"{where} is a saved model of the task {manifest.task['name'][:40]!r}; assay predict answers with it.")
    name = f"{where}: {files.STATE}"
    arrays = weights.unpack(parts[files.WEIGHTS], f"{where}: {files.WEIGHTS}")
    try:
        found = RecommenderModel.from_state(decode(parse_canonical(parts[files.STATE], name), arrays, name), manifest.card)
    except AssayError as error:
        raise BundleError(f"{name}: {error}") from error
    if found.recipe != manifest.recipe:
        raise BundleError(f"{where}: {files.MANIFEST} and {files.STATE} describe different models; save the model again.")
    return found


def names_in(column: pl.Series, source: str) -> list[str]:
    """The users of a column as the model spells them; raises DataError for a missing one."""
    from assay.data.kinds import typed

    names = typed(column, kind="id").series
    if names.null_count():
        row = int(names.is_null().arg_true()[0])
        raise DataError(f"{source}: row {row + 1}: the user {column.name!r} is missing; remove the row.")
    return list(names.to_list())


def _csr_state(matrix: csr_array) -> State:
    parts = {name: np.asarray(getattr(matrix, name), dtype=np.int64) for name in ("indptr", "indices")}
    return {**parts, "values": np.asarray(matrix.data, dtype=np.float64)}


def _canonical(matrix: csr_array, name: str) -> csr_array:
    """Raises BundleError where a pair stands twice or out of order, or counts nothing."""
    inside = np.ones(max(len(matrix.indices) - 1, 0), dtype=bool)
    starts = matrix.indptr[1:-1]
    inside[starts[(starts > 0) & (starts < len(matrix.indices))] - 1] = False
    if (np.diff(matrix.indices)[inside] <= 0).any() or (matrix.data <= 0).any():
        raise BundleError(f"the saved model's {name!r} must name each pair once, in order, with a count above 0.")
    return matrix
