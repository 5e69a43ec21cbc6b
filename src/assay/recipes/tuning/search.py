"""How a space of settings is searched: a method by name, and how many trials it has.

What users write is METHOD@TRIALS, such as "tpe@50".
"""

from dataclasses import dataclass

from assay.core.errors import ConfigError
from assay.core.names import did_you_mean

METHODS = {
    "random": "settings drawn evenly (Sobol)",
    "grid": "evenly spaced settings, all combinations",
    "halving": "drawn settings, the worse two thirds dropped on few rows and folds first",
    "tpe": "settings like the better ones so far (optuna)",
    "cmaes": "a normal law that follows the better ones (optuna)",
}
OF_OPTUNA = frozenset({"tpe", "cmaes"})
USUAL_SEARCH, USUAL_TRIALS = "halving", 30
MOST_TRIALS = 100_000
AT = "@"


@dataclass(frozen=True, slots=True)
class Search:
    """trials: settings tried, those the recipe has among them and first.

    metric: the name of what is tuned for; None for the log loss of classes and the squared error of numbers.
    """

    method: str
    trials: int = USUAL_TRIALS
    metric: str | None = None

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ConfigError(f"no search {self.method!r}{did_you_mean(self.method, METHODS)}")
        if not 1 <= self.trials <= MOST_TRIALS:
            raise ConfigError(f"search {self.method!r}: {self.trials} trials; a whole number from 1 to {MOST_TRIALS} is needed.")

    def __str__(self) -> str:
        return f"{self.method}{AT}{self.trials}"


def is_search(text: str) -> bool:
    return text.partition(AT)[0] in METHODS


def parse_search(text: str, metric: str | None = None) -> Search:
    """The search behind "METHOD" or "METHOD@TRIALS".  Raises ConfigError.

    >>> parse_search("tpe@50"), str(parse_search("random"))
    (Search(method='tpe', trials=50, metric=None), 'random@30')
    """
    method, at, trials = text.partition(AT)
    if at and not (trials.isascii() and trials.isdigit()):
        raise ConfigError(f"search {text!r}: write a number of trials after {AT}, such as {method}{AT}{USUAL_TRIALS}.")
    return Search(method, int(trials) if at else USUAL_TRIALS, metric)
