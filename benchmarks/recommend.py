"""Recommenders on a simulated table of ratings: seconds on one thread, and what is found, beside the peers.

The table has popularity, hidden tastes and noise; every recommender learns from four fifths of the pairs.  Peers, on the same
pairs with one thread: the package ``implicit`` for weighted alternating least squares (left out, and said, where it is not
installed), and scikit-learn's TruncatedSVD, whose reconstruction must be that of our truncated SVD.  Seconds are wall clock, with
those of the processor beside them; the checks read the latter, which other work on the machine moves less.

    python benchmarks/recommend.py [--users 6000 --items 4000 --rows 1000000 --rank 32] [--out results.json]
"""

import argparse
import os
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from harness import main
from threadpoolctl import threadpool_limits

from assay.core.seeds import generator
from assay.measure.ranked import ranked_at
from assay.recipes.recommend.choosing import with_rank
from assay.recipes.recommend.factors import FittedFactors
from assay.recipes.recommend.implicit_als import ImplicitAls
from assay.recipes.recommend.interactions import Interactions
from assay.recipes.recommend.pure_svd import PureSvd
from assay.recipes.recommend.recommender import FittedRecommender, batches, scores_to_rank
from assay.recipes.recommend.registry import RECOMMENDERS

TASTES, LENGTH = 8, 10
ALPHA, RIDGE, TURNS = 10.0, 0.03, 15


def simulated(users: int, items: int, rows: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(user, item, rating): each user takes what it wants most, by popularity, taste and chance (Gumbel), and rates by taste."""
    rng = generator(seed, "table")
    wants = rng.normal(size=(users, TASTES))
    has = rng.normal(size=(items, TASTES)) / np.sqrt(TASTES)
    popular = rng.normal(scale=1.2, size=items)
    counts = np.minimum(rng.multinomial(rows, rng.dirichlet(np.full(users, 1.5))), items // 2)
    kind_user, kind_item = rng.normal(scale=0.4, size=users), rng.normal(scale=0.3, size=items)
    taken, rated = [], []
    for user in range(users):
        fit = has @ wants[user]
        chosen = np.argsort(-(popular + fit + rng.gumbel(size=items)))[: counts[user]]
        rating = 3.6 + kind_user[user] + kind_item[chosen] + 0.6 * fit[chosen] + rng.normal(scale=0.8, size=len(chosen))
        taken.append(chosen)
        rated.append(np.clip(np.round(rating * 2) / 2, 0.5, 5))
    return np.repeat(np.arange(users), counts), np.concatenate(taken), np.concatenate(rated)


def found_by(fitted: FittedRecommender, seen: Interactions, held: Interactions) -> dict[str, float]:
    users = np.flatnonzero(held.taken > 0)
    ndcg = recall = 0.0
    for part in batches(users, seen.n_items):
        rows = held.counts[part]
        lengths = np.diff(rows.indptr)
        owner = np.repeat(np.arange(len(part)), lengths)
        one = ranked_at(scores_to_rank(fitted, seen, part), owner, rows.indices, lengths, LENGTH)
        ndcg, recall = ndcg + float(one.ndcg.sum()), recall + float(one.recall.sum())
    told = {"ndcg@10": ndcg / len(users), "recall@10": recall / len(users)}
    expected = fitted.ratings(held.owner, held.items)
    if expected is not None and held.rating is not None:
        told["rmse"] = float(np.sqrt(np.mean((expected - held.rating) ** 2)))
    return told


def benchmark(arguments: argparse.Namespace, _folder: Path) -> dict[str, Any]:
    user, item, rating = simulated(arguments.users, arguments.items, arguments.rows, 0)
    shape = arguments.users, arguments.items
    aside = generator(0, "aside").random(len(user)) < 0.2
    seen, held = (Interactions.of(user[part], item[part], shape, rating[part]) for part in (~aside, aside))
    rows: dict[str, dict[str, Any]] = {}

    def measured(name: str, recommender: Any) -> FittedRecommender:
        began, worked = time.perf_counter(), time.process_time()
        with threadpool_limits(limits=1):
            fitted: FittedRecommender = recommender.fit(seen, 0)
        seconds = {"seconds": time.perf_counter() - began, "processor_seconds": time.process_time() - worked}
        rows[name] = {**seconds, **found_by(fitted, seen, held)}
        print(name, rows[name], flush=True)
        return fitted

    for name in RECOMMENDERS.names():
        measured(name, with_rank(RECOMMENDERS.get(name), arguments.rank))
    plain = ImplicitAls(rank=arguments.rank, alpha=ALPHA, ridge=RIDGE, turns=TURNS)
    measured("implicit-als, one ridge", plain)
    peer = with_implicit(seen, held, plain)
    mine = measured("pure-svd, one rank", PureSvd(rank=arguments.rank))
    oracle = with_scikit_learn(seen, arguments.rank, mine)
    slowest = max(row["processor_seconds"] for row in rows.values())
    checks = {
        "plain implicit ALS takes less than half a minute": rows["implicit-als, one ridge"]["processor_seconds"] < 30,
        "no recommender takes more than a minute": slowest < 60,
        "our truncated SVD is scikit-learn's": oracle["largest_difference"] < 1e-6,
        "factors find more than popularity": rows["implicit-als"]["ndcg@10"] > rows["popularity"]["ndcg@10"],
        "with ratings, factors err less than biases": rows["svd"]["rmse"] < rows["popularity"]["rmse"],
    }
    table = {"users": shape[0], "items": shape[1], "rows": len(user), "rank": arguments.rank, "threads": 1}
    return {"table": table, "rows": rows, "implicit": peer, "scikit-learn": oracle, "checks": checks}


def with_implicit(seen: Interactions, held: Interactions, plain: ImplicitAls) -> dict[str, Any]:
    """The package's own loss has one ridge for all rows: it is given the mean of ours, which is the nearest it can do."""
    try:
        from implicit.als import AlternatingLeastSquares
    except ImportError:
        return {"installed": False, "said": "the package implicit is not installed; the peer was left out"}
    from scipy.sparse import csr_matrix

    ridge = float(np.mean(np.concatenate(plain.ridges(seen))))
    model = AlternatingLeastSquares(
        factors=plain.rank, regularization=ridge, alpha=1.0, iterations=TURNS, num_threads=1, random_state=0, use_cg=False
    )
    matrix = csr_matrix((1 + ALPHA * seen.counts.data, seen.counts.indices, seen.counts.indptr), shape=seen.counts.shape)
    began, worked = time.perf_counter(), time.process_time()
    with threadpool_limits(limits=1):
        model.fit(matrix.astype(np.float32), show_progress=False)
    seconds = {"seconds": time.perf_counter() - began, "processor_seconds": time.process_time() - worked}
    fitted = FittedFactors(np.asarray(model.user_factors, dtype=np.float64), np.asarray(model.item_factors, dtype=np.float64))
    return {"installed": True, "solver": "Cholesky", **seconds, "ridge": ridge, **found_by(fitted, seen, held)}


def with_scikit_learn(seen: Interactions, rank: int, mine: FittedRecommender) -> dict[str, Any]:
    from scipy.sparse import csr_matrix
    from sklearn.decomposition import TruncatedSVD

    matrix = csr_matrix((np.ones(len(seen.items)), seen.counts.indices, seen.counts.indptr), shape=seen.counts.shape)
    model = TruncatedSVD(rank, algorithm="arpack", random_state=0)
    began = time.perf_counter()
    with threadpool_limits(limits=1):
        users = model.fit_transform(matrix)
    seconds = time.perf_counter() - began
    some = np.arange(0, seen.n_users, max(1, seen.n_users // 200))
    difference = mine.scores(some, seen.counts[some]) - users[some] @ model.components_
    return {"seconds": seconds, "largest_difference": float(np.abs(difference).max())}


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--users", type=int, default=6000)
    parser.add_argument("--items", type=int, default=4000)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rank", type=int, default=32)


if __name__ == "__main__":
    main("recommend", benchmark, needs_data=False, options=options)
