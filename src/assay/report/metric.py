"""What the page says about a metric: its title, its direction, and the notes of the glossary."""

from dataclasses import dataclass

from assay.measure.registry import metric_named


@dataclass(frozen=True, slots=True)
class MetricInfo:
    name: str
    title: str
    greater_is_better: bool
    note: str

    @property
    def direction(self) -> str:
        return "higher is better" if self.greater_is_better else "lower is better"


_NOTES = {
    "roc_auc": "How often a random positive row gets a higher score than a random negative one: 0.5 is chance, 1 is perfect.",
    "average_precision": "The area under the precision-recall curve; chance is the share of positives, 1 is perfect.",
    "log_loss": "The mean surprise of the probabilities; 0 is perfect, and confident mistakes cost most.",
    "brier": "The mean squared error of the probabilities; 0 is perfect.",
    "accuracy": "The share of rows whose label is right; with rare classes it is high for a model that never finds them.",
    "balanced_accuracy": "The mean over the classes of the share found; chance is one over the number of classes.",
    "precision": "Of the rows that were called positive, the share that is.",
    "recall": "Of the rows that are positive, the share that was found.",
    "f1": "The harmonic mean of precision and recall.",
    "mcc": "The correlation of the labels with the truth; 0 is chance, 1 is perfect.",
    "specificity": "Of the rows that are negative, the share that was called negative.",
    "g_mean": "The geometric mean of the shares found of each class; 0 where a class is never found.",
    "cohen_kappa": "How far the labels agree with the truth beyond chance; 0 is chance, 1 is perfect.",
    "quadratic_kappa": "How far labels agree with the truth beyond chance; two levels off count four times as much as one.",
    "rps": "The mean squared error of “at most this level”, over the levels; 0 is perfect, and being far off costs most.",
    "mean_level_error": "How many levels the label lies from the truth, on average.",
    "poisson_deviance": "An error by the spread that counts of such a mean have; 0 is perfect.",
    "gamma_deviance": "An error in proportion to the mean; 0 is perfect.",
    "ndcg": "How much of the relevance stands near the top of each query’s list; 1 is the best order.",
    "ndcg@10": "How much of the relevance stands near the top of each query’s first ten; 1 is the best order.",
    "mrr": "One over the place of the first relevant row of a query, on average.",
    "map": "The precision at the place of each relevant row, averaged within a query and then over queries.",
    "ks": "The greatest lead of the share of positives found over the share of negatives called, over all cuts of the score.",
    "gini": "Twice the ROC AUC less one: 0 is chance, 1 is perfect.",
    "gain_at_10pct": "Of all positives, the share among the tenth of the rows with the highest scores.",
    "lift_at_10pct": "How many times more positives that tenth holds than a tenth drawn at random.",
    "rmse": "The typical size of an error in the target's unit; large errors weigh more.",
    "mae": "The mean size of an error in the target's unit.",
    "r2": "The share of the target's variance that is explained; 0 is no better than the mean.",
}


def describe(name: str) -> MetricInfo:
    """Raises UnknownNameError for a name that is no metric's."""
    metric = metric_named(name)
    return MetricInfo(name, metric.title, metric.greater_is_better, _NOTES.get(name, ""))
