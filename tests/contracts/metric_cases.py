"""One small case of every task, and an independent oracle for every metric, for the contract tests."""

from collections.abc import Callable

import numpy as np
from imblearn.metrics import geometric_mean_score
from scipy.special import comb
from scipy.stats import foldnorm, norm
from sklearn import metrics as sk

from assay.measure.payload import Predictions, Truth
from assay.measure.registry import EXAMPLES, METRICS

TASKS = ("binary", "multiclass", "regression", "ranking", "clustering")
N_CLASSES = 6
COSTS = np.abs(np.subtract.outer(np.arange(6.0), np.arange(6.0))) ** 1.5 + np.diag([0.5, 0, 0, 0, 0, 0])
COSTS_NAME = "expected_cost@" + ";".join(",".join(f"{cost:.6f}" for cost in row) for row in COSTS)
NAMES = [*METRICS.names(), *(example for example, _ in EXAMPLES.values()), COSTS_NAME]


def case(task: str, n: int = 200, seed: int = 0) -> tuple[Truth, Predictions]:
    """Rows with ties among the scores."""
    random = np.random.default_rng(seed)
    units = np.arange(n)
    if task in ("ranking", "clustering"):
        return queries(n, random) if task == "ranking" else blobs(n, random)
    if task == "regression":
        target = random.normal(20, 2, n)  # all above 0, predictions too: deviances need it
        spread = random.uniform(0.5, 2.0, n)
        value = target + spread * random.normal(size=n)
        return Truth("value", units, {"target": target}), Predictions("value", units, {"value": value, "spread": spread})
    if task == "binary":
        target = (random.random(n) < 0.3).astype(np.int64)
        score = np.round(target + random.normal(size=n), 1)
        probability = 1 / (1 + np.exp(-score))
        label = (probability >= 0.6).astype(np.int64)
    else:
        target = random.integers(0, N_CLASSES, n)
        score = np.round(random.normal(size=(n, N_CLASSES)) + 1.6 * np.eye(N_CLASSES)[target], 1) + 0.01 * np.arange(N_CLASSES)
        probability = np.exp(score) / np.exp(score).sum(axis=1, keepdims=True)
        label = probability.argmax(axis=1)
    return Truth(task, units, {"target": target}), Predictions(
        task, units, {"score": score, "probability": probability, "label": label}
    )


def queries(n: int, random: np.random.Generator) -> tuple[Truth, Predictions]:
    """Queries of 2 to 30 documents, at least one of them relevant."""
    offsets = np.cumsum([0, *random.integers(2, 31, n)])
    relevance = np.where(random.random(offsets[-1]) < 0.3, random.integers(1, 4, offsets[-1]), 0)
    relevance[offsets[:-1] + random.integers(0, np.diff(offsets))] = 1
    score = np.round(0.5 * relevance + random.normal(size=offsets[-1]), 1)
    units = np.arange(n)
    return Truth("ranking", units, {"relevance": relevance}, offsets), Predictions("ranking", units, {"score": score}, offsets)


def blobs(n: int, random: np.random.Generator) -> tuple[Truth, Predictions]:
    target = random.integers(0, 3, n)
    features = random.normal(size=(n, 2)) + 3 * np.eye(3, 2)[target]
    label = np.where(random.random(n) < 0.2, random.integers(0, 3, n), target)
    arrays = {"target": target, "features": features}
    return Truth("clustering", np.arange(n), arrays), Predictions("clustering", np.arange(n), {"label": label})


def perfect_of(task: str, truth: Truth, predictions: Predictions) -> Predictions:
    if task == "ranking":
        return predictions.with_array("score", truth["relevance"].astype(float))
    target = truth["target"]
    if task == "regression":
        return predictions.with_array("value", target)
    if task == "clustering":
        return predictions.with_array("label", target)
    hot = target.astype(float) if task == "binary" else np.eye(N_CLASSES)[target]
    return predictions.with_array("score", hot).with_array("probability", hot).with_array("label", target)


def _labels(call: Callable[..., float], **settings: object) -> Callable[..., float]:
    return lambda t, p, w, task: call(
        t["target"], p["label"], sample_weight=w, average="binary" if task == "binary" else "macro", zero_division=0, **settings
    )


def _auc(t: Truth, p: Predictions, w: np.ndarray, task: str) -> float:
    if task == "binary":
        return sk.roc_auc_score(t["target"], p["score"], sample_weight=w)
    return sk.roc_auc_score(t["target"], p["probability"], sample_weight=w, multi_class="ovr", average="macro")


def _average(call: Callable[..., float], average: str, **settings: object) -> Callable[..., float]:
    return lambda t, p, w, _: call(t["target"], p["label"], sample_weight=w, average=average, zero_division=0, **settings)


def _ks(t: Truth, p: Predictions, w: np.ndarray, _: str) -> float:
    alarms, found, _ = sk.roc_curve(t["target"], p["score"], sample_weight=w, drop_intermediate=False)
    return float(np.max(found - alarms))


def _gain(share: float, unit: float = 1.0) -> Callable[..., float]:
    def at_share(t: Truth, p: Predictions, w: np.ndarray, _: str) -> float:
        alarms, found, _ = sk.roc_curve(t["target"], p["score"], sample_weight=w, drop_intermediate=False)
        positive = w[t["target"] == 1].sum() / w.sum()
        return float(np.interp(share, positive * found + (1 - positive) * alarms, found)) / unit

    return at_share


def _per_query(one: Callable[[np.ndarray, np.ndarray], float]) -> Callable[..., float]:
    def mean(t: Truth, p: Predictions, w: np.ndarray, _: str) -> float:
        bounds = list(zip(t.offsets[:-1], t.offsets[1:], strict=True))
        return float(np.average([one(t["relevance"][a:b], p["score"][a:b]) for a, b in bounds], weights=w))

    return mean


def _reciprocal(relevance: np.ndarray, score: np.ndarray, k: int = 10**6) -> float:
    """Ties in any order: the first of r relevant among m comes after the j-th place with chance C(m − r, j) / C(m, j)."""
    top = score[relevance > 0].max()
    ahead, m = np.count_nonzero(score > top), np.count_nonzero(score == top)
    r, place = np.count_nonzero((score == top) & (relevance > 0)), np.arange(m + 1)
    later = comb(m - r, place) / comb(m, place)
    return float(sum((later[j] - later[j + 1]) / (ahead + j + 1) for j in range(m) if ahead + j + 1 <= k))


def _rand(t: Truth, p: Predictions, w: np.ndarray, _: str) -> float:
    """By all pairs of two units, each with the product of their weights."""
    pairs = np.triu(np.outer(w, w), 1)
    same_class = t["target"][:, None] == t["target"]
    same_cluster = p["label"][:, None] == p["label"]
    alike, classes, clusters = (pairs[which].sum() for which in (same_class & same_cluster, same_class, same_cluster))
    chance = classes * clusters / pairs.sum()
    return (alike - chance) / ((classes + clusters) / 2 - chance)


def _silhouette(t: Truth, p: Predictions, w: np.ndarray, _: str) -> float:
    distance, label = sk.pairwise_distances(t["features"]), p["label"]
    width = np.zeros(len(w))
    for i in range(len(w)):
        mean = {}
        for cluster in np.unique(label[w > 0]):
            there = (label == cluster) & (np.arange(len(w)) != i) & (w > 0)
            mean[cluster] = np.average(distance[i, there], weights=w[there]) if there.any() else None
        own = mean.pop(label[i])
        near = min(value for value in mean.values() if value is not None)
        width[i] = 0 if own is None else (near - own) / max(near, own)
    return float(np.average(width, weights=w))


def _ranked_probability(t: Truth, p: Predictions, w: np.ndarray, _: str) -> float:
    """The mean over the cuts between levels of the Brier score of being above the cut."""
    above = np.cumsum(p["probability"][:, ::-1], axis=1)[:, ::-1]
    cuts = range(1, p["probability"].shape[1])
    return float(np.mean([sk.brier_score_loss(t["target"] >= k, np.clip(above[:, k], 0, 1), sample_weight=w) for k in cuts]))


def _crps(error: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """E|X - y| - E|X - X'| / 2 of a normal X and its independent copy X'."""
    return foldnorm.mean(np.abs(error) / spread, scale=spread) - spread / np.sqrt(np.pi)


ORACLES: dict[str, Callable[..., float]] = {
    "roc_auc": _auc,
    "average_precision": lambda t, p, w, _: sk.average_precision_score(t["target"], p["score"], sample_weight=w),
    "log_loss": lambda t, p, w, _: sk.log_loss(t["target"], p["probability"], sample_weight=w),
    "brier": lambda t, p, w, _: sk.brier_score_loss(t["target"], p["probability"], sample_weight=w),
    "accuracy": lambda t, p, w, _: sk.accuracy_score(t["target"], p["label"], sample_weight=w),
    "balanced_accuracy": lambda t, p, w, _: sk.balanced_accuracy_score(t["target"], p["label"], sample_weight=w),
    "precision": _labels(sk.precision_score),
    "recall": _labels(sk.recall_score),
    "f1": _labels(sk.f1_score),
    "g_mean": lambda t, p, w, _: geometric_mean_score(t["target"], p["label"], sample_weight=w, average="multiclass"),
    "specificity": lambda t, p, w, _: sk.recall_score(t["target"], p["label"], sample_weight=w, pos_label=0),
    "cohen_kappa": lambda t, p, w, _: sk.cohen_kappa_score(t["target"], p["label"], sample_weight=w),
    "quadratic_kappa": lambda t, p, w, _: sk.cohen_kappa_score(
        t["target"], p["label"], sample_weight=w, weights="quadratic", labels=np.arange(N_CLASSES)
    ),
    "rps": _ranked_probability,
    "mean_level_error": lambda t, p, w, _: sk.mean_absolute_error(t["target"], p["label"], sample_weight=w),
    "precision_micro": _average(sk.precision_score, "micro"),
    "precision_weighted": _average(sk.precision_score, "weighted"),
    "recall_micro": _average(sk.recall_score, "micro"),
    "recall_weighted": _average(sk.recall_score, "weighted"),
    "f1_micro": _average(sk.f1_score, "micro"),
    "f1_weighted": _average(sk.f1_score, "weighted"),
    "fbeta@2": _labels(sk.fbeta_score, beta=2),
    "top_3_accuracy": lambda t, p, w, _: sk.top_k_accuracy_score(t["target"], p["probability"], k=3, sample_weight=w),
    "top_5_accuracy": lambda t, p, w, _: sk.top_k_accuracy_score(t["target"], p["probability"], k=5, sample_weight=w),
    "top_k@3": lambda t, p, w, _: sk.top_k_accuracy_score(t["target"], p["probability"], k=3, sample_weight=w),
    "ks": _ks,
    "gini": lambda t, p, w, _: 2 * sk.roc_auc_score(t["target"], p["score"], sample_weight=w) - 1,
    "gain_at_10pct": _gain(0.1),
    "lift_at_10pct": _gain(0.1, 0.1),
    "gain@5%": _gain(0.05),
    "lift@5%": _gain(0.05, 0.05),
    "expected_cost@5,1": lambda t, p, w, _: (
        sk.confusion_matrix(t["target"], p["label"], sample_weight=w, normalize="all") * [[0, 1], [5, 0]]
    ).sum(),
    COSTS_NAME: lambda t, p, w, _: (
        sk.confusion_matrix(t["target"], p["label"], sample_weight=w, normalize="all", labels=range(6)) * np.round(COSTS, 6)
    ).sum(),
    "mcc": lambda t, p, w, _: sk.matthews_corrcoef(t["target"], p["label"], sample_weight=w),
    "rmse": lambda t, p, w, _: sk.root_mean_squared_error(t["target"], p["value"], sample_weight=w),
    "mae": lambda t, p, w, _: sk.mean_absolute_error(t["target"], p["value"], sample_weight=w),
    "r2": lambda t, p, w, _: sk.r2_score(t["target"], p["value"], sample_weight=w),
    "mape": lambda t, p, w, _: sk.mean_absolute_percentage_error(t["target"], p["value"], sample_weight=w),
    "median_absolute_error": lambda t, p, w, _: sk.median_absolute_error(t["target"], p["value"], sample_weight=w),
    "pinball@0.9": lambda t, p, w, _: sk.mean_pinball_loss(t["target"], p["value"], sample_weight=w, alpha=0.9),
    "poisson_deviance": lambda t, p, w, _: sk.mean_poisson_deviance(t["target"], p["value"], sample_weight=w),
    "gamma_deviance": lambda t, p, w, _: sk.mean_gamma_deviance(t["target"], p["value"], sample_weight=w),
    "crps": lambda t, p, w, _: np.average(_crps(t["target"] - p["value"], p["spread"]), weights=w),
    "gaussian_log_score": lambda t, p, w, _: -np.average(norm.logpdf(t["target"], p["value"], p["spread"]), weights=w),
    "interval_coverage@0.9": lambda t, p, w, _: np.average(
        np.abs(norm.cdf(t["target"], p["value"], p["spread"]) - 0.5) <= 0.45, weights=w
    ),
    "ndcg": _per_query(lambda relevance, score: sk.ndcg_score([relevance], [score])),
    "ndcg@10": _per_query(lambda relevance, score: sk.ndcg_score([relevance], [score], k=10)),
    "mrr": _per_query(_reciprocal),
    "map": _per_query(lambda relevance, score: sk.average_precision_score(relevance > 0, score)),
    "mrr@10": _per_query(lambda relevance, score: _reciprocal(relevance, score, 10)),
    "adjusted_rand": _rand,
    "silhouette": _silhouette,
}
