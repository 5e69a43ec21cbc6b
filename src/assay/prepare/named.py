"""Ways to prepare a table by name, as users give them, each a change to what a recipe does anyway.

``logistic`` prepared by ``target`` is everything that ``logistic`` is but for its categories.  So two preparations differ
in one thing, and a verdict between them is about that thing.  Those that need a net are added in ``recipes.preparations``.
UMAP is not among them: its map for new rows is an index and a random search of its library's, kept by pickle alone; it is a
picture of ``assay project``.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from assay.core.errors import ConfigError
from assay.core.registry import Registry
from assay.prepare.columns import ColumnsStep
from assay.prepare.matrix.components import Pca
from assay.prepare.matrix.crosses import Crosses
from assay.prepare.matrix.imputation import Imputation
from assay.prepare.matrix.landmarks import Landmarks
from assay.prepare.matrix.neighbourhood import Neighbourhood
from assay.prepare.matrix.svd import TruncatedSvd
from assay.prepare.matrix.then import ThenStep
from assay.prepare.matrix.transform import Transform
from assay.prepare.net_columns import SCALERS as NET_SCALERS
from assay.prepare.net_columns import NetColumnsStep
from assay.prepare.step import Step
from assay.prepare.text.cleaning import SOCIAL
from assay.prepare.vision.colour_histogram import ColourHistogram
from assay.prepare.vision.eigenfaces import Eigenfaces
from assay.prepare.vision.hog_row import Hog
from assay.prepare.vision.keypoints import Describer
from assay.prepare.vision.words import VisualWords

Prepared = ColumnsStep | ThenStep
ALL = frozenset({"binary", "multiclass", "regression"})


@dataclass(frozen=True)
class Preparation:
    """title: one line for a list.  tasks: those whose target it can be made from, or without."""

    name: str
    title: str
    change: Callable[[Prepared], Prepared]
    tasks: frozenset[str] = ALL

    def __call__(self, step: Step) -> Step:
        """The step, changed.  Raises ConfigError for a step that does not read the columns of a table in this way."""
        if isinstance(step, NetColumnsStep) and self.name in NET_SCALERS:
            scaling: Any = self.name
            return replace(step, numbers=scaling)
        if not isinstance(step, ColumnsStep | ThenStep):
            known = f"; nets with embeddings take {', '.join(NET_SCALERS)}" if isinstance(step, NetColumnsStep) else ""
            raise ConfigError(f"preparation {self.name!r} is for recipes that read a table column by column{known}.")
        return self.change(step)


def preparation_named(name: str) -> Preparation:
    """Raises UnknownNameError with the nearest name.

    >>> preparation_named("target")(ColumnsStep(mode="linear")).categories
    'target'
    """
    return PREPARATIONS.get(name)


def first_of(step: Prepared) -> ColumnsStep:
    return step.first if isinstance(step, ThenStep) else step


def _with(step: Prepared, **settings: Any) -> Prepared:
    first = replace(first_of(step), **settings)
    return replace(step, first=first) if isinstance(step, ThenStep) else first


def _columns(**settings: Any) -> Callable[[Prepared], Prepared]:
    return lambda step: _with(step, **settings)


def _terms(**settings: Any) -> Callable[[Prepared], Prepared]:
    return lambda step: _with(step, terms=replace(first_of(step).terms, **settings))


def _bins(step: Prepared) -> Prepared:
    return _with(step, numbers="bins", missing=None)


def _gaps(how: str) -> Callable[[Prepared], Prepared]:
    def change(step: Prepared) -> Prepared:
        if how == "native" and first_of(step).mode != "trees":
            raise ConfigError("preparation 'native' leaves numbers missing, and this recipe's learner cannot; use indicator.")
        return _with(step, missing=how)

    return change


def then(transform: Transform, *, needs_dense: bool = True) -> Callable[[Prepared], Prepared]:
    """A change that puts ``transform`` after all there is.

    needs_dense: codes, gaps and sparse texts are no coordinates; columns are then prepared as for distances.
    """

    def change(step: Prepared) -> Prepared:
        first, before = first_of(step), step.then if isinstance(step, ThenStep) else ()
        if needs_dense or first.mode == "trees":
            first = replace(first, mode="dense")
        return ThenStep(first=first, then=(*before, transform))

    return change


def _crosses(step: Prepared) -> Prepared:
    before = step.then if isinstance(step, ThenStep) else ()
    return ThenStep(first=first_of(step), then=(*before, Crosses()))


def _iterative(step: Prepared) -> Prepared:
    first, before = first_of(step), step.then if isinstance(step, ThenStep) else ()
    if first.mode == "linear":
        first = replace(first, mode="dense")
    return ThenStep(first=replace(first, missing="native"), then=(Imputation(), *before))


ONE_HOT = Preparation("one-hot", "categories: a 0/1 column a level", _columns(categories="one-hot"))
ORDINAL = Preparation("ordinal", "categories whose levels have an order: their position in it", _columns(categories="ordinal"))
LABEL = Preparation("label", "categories: a number a level, in the order of names", _columns(categories="label"))
TARGET = Preparation("target", "categories: the mean target of the level, smoothed, cross-fitted", _columns(categories="target"))
COUNT = Preparation("count", "categories: how common the level is", _columns(categories="count"))
HASHING = Preparation("hashing", "categories: thrown into 128 columns by a hash", _columns(categories="hashing"))
WOE = Preparation(
    "woe", "categories: the weight of evidence of the level, cross-fitted", _columns(categories="woe"), frozenset({"binary"})
)
LEVELS = Preparation(
    "levels", "categories: 0/1 columns for just the levels that differ from the rest", _columns(categories="levels")
)

PLAIN = Preparation("plain", "numbers: as they are", _columns(numbers="plain"))
STANDARD = Preparation("standard", "numbers: mean 0 and deviation 1, clipped at 10", _columns(numbers="standard"))
ROBUST = Preparation("robust", "numbers: by median and quartiles, tails bent at 3", _columns(numbers="robust"))
QUANTILE = Preparation("quantile", "numbers: the normal score of their rank", _columns(numbers="quantile"))
LOG = Preparation("log", "numbers: logarithm on both sides of a shift, standardised", _columns(numbers="log"))
BINS = Preparation("bins", "numbers: the weight of evidence of monotone bins, cross-fitted", _bins, frozenset({"binary"}))

INDICATOR = Preparation("indicator", "missing numbers: the median, and a flag", _gaps("indicator"))
CONSTANT = Preparation("constant", "missing numbers: 0", _gaps("constant"))
MEDIAN = Preparation("median", "missing numbers: the median, and no flag", _gaps("median"))
NATIVE = Preparation("native", "missing numbers: left to the learner", _gaps("native"))
ITERATIVE = Preparation("iterative", "missing numbers: from the other columns by chained regressions, and a flag", _iterative)

DATE_PARTS = Preparation("date-parts", "dates: years, month, weekday, hour", _columns(dates="parts"))
DATE_CYCLES = Preparation("date-cycles", "dates: years, and the others as points on circles", _columns(dates="cycles"))

STEMS = Preparation("stems", "texts: the Snowball stems of words (needs assay[text])", _terms(words="stems"))
LEMMAS = Preparation("lemmas", "texts: words in the form of a dictionary (needs assay[text])", _terms(words="lemmas"))
STOP_WORDS = Preparation("stop-words", "texts: without the words that stand in every text", _terms(stop="drop"))
EMOTICONS = Preparation("emoticons", "texts: emoticons and emoji are terms too", _terms(signs="emoticons"))
SIGNS = Preparation("signs", "texts: emoticons, emoji and all punctuation are terms too", _terms(signs="all"))
CHAR_N_GRAMS = Preparation("char-n-grams", "texts: runs of 3 to 5 characters beside the words", _terms(characters=(3, 5)))
CLEAN_TEXTS = Preparation("clean-texts", "texts: HTML dropped, links, mentions and emoji named", _terms(cleaning=SOCIAL))
HASHED_TERMS = Preparation("hashed-terms", "texts: terms thrown into 262,144 columns by a hash", _terms(hashed=1 << 18))

HOG = Preparation("hog", "pictures: histograms of oriented gradients", _columns(pictures=Hog()))
COLOUR_HISTOGRAM = Preparation(
    "colour-histogram", "pictures: how often each hue, saturation and value occurs", _columns(pictures=ColourHistogram())
)
EIGENFACES = Preparation(
    "eigenfaces", "pictures: standardised principal components of their pixels", _columns(pictures=Eigenfaces())
)
SIFT_WORDS = Preparation(
    "sift-words",
    "pictures: counts of 200 visual words, by SIFT (needs assay[vision])",
    _columns(pictures=VisualWords(describer=Describer(method="sift"))),
)
SIFT_GRID = Preparation(
    "sift-grid",
    "pictures: counts of 200 visual words, by SIFT at even places (needs assay[vision])",
    _columns(pictures=VisualWords(describer=Describer(method="sift", points="grid"))),
)
ORB_WORDS = Preparation(
    "orb-words",
    "pictures: counts of 200 visual words, by ORB (needs assay[vision])",
    _columns(pictures=VisualWords(describer=Describer(method="orb"))),
)

PCA = Preparation("pca", "all columns: principal components of the covariance, 95 % of the variance", then(Pca()))
PCA_CORRELATION = Preparation(
    "pca-correlation", "all columns: principal components of the correlation, 95 %", then(Pca(of="correlation"))
)
TRUNCATED_SVD = Preparation(
    "truncated-svd", "all columns: the 20 largest singular directions", then(TruncatedSvd(), needs_dense=False)
)
NCA = Preparation(
    "nca", "all columns: 10 directions that bring classes together", then(Neighbourhood()), frozenset({"binary", "multiclass"})
)
CROSSES = Preparation("crosses", "numbers: their squares and products beside all columns", _crosses)
LANDMARKS = Preparation("landmarks", "all columns, and the nearness to 50 support points beside them", then(Landmarks()))

PREPARATIONS: Registry[Preparation] = Registry("preparation")

for _constant in (
    *("ONE_HOT", "ORDINAL", "LABEL", "TARGET", "COUNT", "HASHING", "WOE", "LEVELS"),
    *("PLAIN", "STANDARD", "ROBUST", "QUANTILE", "LOG", "BINS"),
    *("INDICATOR", "CONSTANT", "MEDIAN", "NATIVE", "ITERATIVE", "DATE_PARTS", "DATE_CYCLES"),
    *("STEMS", "LEMMAS", "STOP_WORDS", "EMOTICONS", "SIGNS", "CHAR_N_GRAMS", "CLEAN_TEXTS", "HASHED_TERMS"),
    *("HOG", "COLOUR_HISTOGRAM", "EIGENFACES", "SIFT_WORDS", "SIFT_GRID", "ORB_WORDS"),
    *("PCA", "PCA_CORRELATION", "TRUNCATED_SVD", "NCA", "CROSSES", "LANDMARKS"),
):
    PREPARATIONS.add(_constant.lower().replace("_", "-"), f"assay.prepare.named:{_constant}")
