"""The end of a comparison of recommenders: the winner learns from all rows that are not locked, and the lock is opened on record.

What was recommended is fixed in the ledger before it is compared with what was taken.  Popularity is measured beside the winner,
under the same opening, as the one comparison that was planned.  The recommender that is handed over is the one that was measured;
what users took in the locked rows is kept with it only so that it is not shown to them again.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from assay.bundle.recommender import RecommenderModel
from assay.core.errors import StudyError
from assay.core.files import canonical_json, sha256_bytes
from assay.core.shown import Shown
from assay.measure.interval import Interval
from assay.recipes.recommend.interactions import Interactions
from assay.recipes.recommend.recommender import FittedRecommender, batches, scores_to_rank, top_items
from assay.recipes.recommend.registry import BASELINE
from assay.splits.ledger import Ledger
from assay.splits.plan import Fold
from assay.study.recommend.compare import Comparison, Measured, fit_one, measure_parts, told
from assay.study.recommend.measuring import Held, held_of, ranking_part, rating_part, training_of
from assay.study.verdicts import Verdict
from assay.study.versions import library_versions


@dataclass(frozen=True, eq=False)
class Finished(Shown):
    """name: the winner.  measured: it and the baseline on the locked rows.  verdicts: the winner against the baseline.

    openings: how often these rows were opened until now.  seen_before: of them, rows that another opening had shown.
    """

    name: str
    held: Held
    measured: Measured
    verdicts: tuple[Verdict, ...]
    openings: int
    seen_before: int
    notes: tuple[str, ...]
    model: RecommenderModel

    def intervals(self) -> dict[str, Interval]:
        """Of the winner, by metric; without those it has not."""
        found = {one.name: self.measured.interval(self.name, one.name) for one in self.measured.metrics}
        return {name: interval for name, interval in found.items() if interval is not None}

    def to_json(self) -> dict[str, Any]:
        baseline = {one.name: self.measured.interval(BASELINE, one.name) for one in self.measured.metrics}
        return {
            "name": self.name,
            "metrics": {name: interval.to_json() for name, interval in self.intervals().items()},
            "baseline": {name: one.to_json() for name, one in baseline.items() if one is not None},
            "verdicts": [verdict.to_json() for verdict in self.verdicts],
            "users": len(self.held.users),
            "openings": self.openings,
            "seen_before": self.seen_before,
            "warnings": list(self.notes),
        }


def finish(found: Comparison, reason: str = "") -> Finished:
    """Refit the winner, open the lock, measure.  Raises StudyError where nobody took anything new in the locked rows."""
    if found.winner is None:
        raise StudyError(f"no recommender has a value of {found.settings.metric_name}, so none can be chosen.")
    table, settings, plan = found.table, found.settings, found.plan
    fold = Fold(0, 0, plan.development, plan.locked)
    held = held_of(table, fold, found.liked)
    if not len(held.users):
        raise StudyError("in the locked rows no user took a new item, so nothing can be measured there; lock a larger share.")
    names = tuple(dict.fromkeys((BASELINE, found.winner)))
    fitted = {name: fit_one(name, held, settings) for name in names}
    ledger = Ledger()
    identity = [settings.to_json(), plan.digest, found.liked, library_versions()]
    opening = ledger.begin(
        plan.lock_key,
        study=sha256_bytes(canonical_json(identity).encode()),
        candidate=found.winner,
        when=datetime.now(UTC).isoformat(timespec="seconds"),
        reason=reason,
        fingerprint=plan.fingerprint,
        data_key=plan.data_key,
        rows=plan.locked,
    )
    ledger.record_predictions(opening, _digest(fitted[found.winner], held, settings.k))
    ranking = {name: [ranking_part(one, held, settings.k)] for name, one in fitted.items()}
    rated = {name: rating_part(one, held, table) for name, one in fitted.items()}
    rating = {name: [part] for name, part in rated.items() if part is not None}
    measured = measure_parts(names, ranking, rating, table, settings, "this model")
    verdicts = [] if found.winner == BASELINE else measured.verdicts(settings.metric_name, settings, None)
    ledger.finish(opening)
    openings = len(ledger.openings(plan.lock_key))
    seen_before = ledger.seen_before(plan.data_key, plan.locked)
    notes = tuple(told(table, [held], None)[1:])
    model = _model(found, fitted[found.winner], held, measured, openings)
    return Finished(found.winner, held, measured, tuple(verdicts), openings, seen_before, notes, model)


def _digest(fitted: FittedRecommender, held: Held, k: int) -> str:
    """Of the lists of every measured user."""
    shown = [
        top_items(scores_to_rank(fitted, held.seen, users), held.seen.takers, k)
        for users in batches(held.users, held.seen.n_items)
    ]
    return sha256_bytes(np.concatenate(shown).tobytes())


def _model(found: Comparison, fitted: FittedRecommender, held: Held, measured: Measured, openings: int) -> RecommenderModel:
    table, plan, winner = found.table, found.plan, str(found.winner)
    card = {
        "name": winner,
        "metric": found.settings.metric_name,
        "metrics": {
            one.name: interval.to_json()
            for one in measured.metrics
            if (interval := measured.interval(winner, one.name)) is not None
        },
        "openings": openings,
        "verdicts": [verdict.to_json() for verdict in found.verdicts],
        "fingerprints": {"data": table.fingerprint, "plan": plan.digest},
        "seed": found.settings.seed,
        "versions": library_versions(),
    }
    later = training_of(table, plan.locked).counts
    seen = Interactions(held.seen.counts)
    return RecommenderModel(
        winner, fitted, table.user_column, table.item_column, table.user_names, table.item_names, seen, later, card
    )
