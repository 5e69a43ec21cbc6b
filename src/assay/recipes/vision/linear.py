"""Recipes of a picture's own numbers and a linear model on them."""

from assay.prepare.columns import ColumnsStep
from assay.prepare.vision.colour_histogram import ColourHistogram
from assay.prepare.vision.eigenfaces import Eigenfaces
from assay.prepare.vision.hog_row import Hog
from assay.prepare.vision.keypoints import Describer, Method
from assay.prepare.vision.way import PictureWay
from assay.prepare.vision.words import VisualWords
from assay.recipes.linear import Logistic
from assay.recipes.outputs import CLASSIFICATION
from assay.recipes.recipe import Recipe
from assay.recipes.space import Real

_PICTURE = frozenset({"image"})


def _logistic(name: str, of_what: str, pictures: PictureWay, *, simplicity: int, penalty: float = 1.0) -> Recipe:
    """Logistic regression on pictures encoded in one way; what needs OpenCV is in the extra "vision"."""
    return Recipe(
        name=name,
        title=f"Logistic regression on {of_what}",
        tasks=CLASSIFICATION,
        step=ColumnsStep(mode="dense", kinds=_PICTURE, pictures=pictures),
        learner=Logistic(penalty_strength=penalty),
        simplicity=simplicity,
        reads=_PICTURE,
        needs=_PICTURE,
        extra="vision" if isinstance(pictures, VisualWords) else None,
        space={"penalty_strength": Real(1e-3, 1e3 * penalty, log=True)},
    )


def _words(method: Method) -> VisualWords:
    return VisualWords(describer=Describer(method=method))


HOG_LINEAR = _logistic("hog-linear", "histograms of oriented gradients", Hog(), simplicity=15)
SIFT_WORDS = _logistic("sift-words", "bags of 200 visual words, by SIFT", _words("sift"), simplicity=31, penalty=0.1)
ORB_WORDS = _logistic("orb-words", "bags of 200 visual words, by ORB", _words("orb"), simplicity=31, penalty=0.1)
EIGENFACES = _logistic("eigenfaces", "principal components of pixels (eigenfaces)", Eigenfaces(), simplicity=14)
COLOUR_HISTOGRAM = _logistic("colour-histogram", "histograms of colours", ColourHistogram(), simplicity=13, penalty=0.1)
