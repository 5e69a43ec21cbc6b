"""Recipes of a picture's own numbers and a linear model on them."""

from assay.prepare.columns import ColumnsStep
from assay.prepare.vision.colour_histogram import ColourHistogram
from assay.prepare.vision.eigenfaces import Eigenfaces
from assay.prepare.vision.hog_row import Hog
from assay.prepare.vision.keypoints import Describer
from assay.prepare.vision.words import VisualWords
from assay.recipes.linear import Logistic
from assay.recipes.outputs import CLASSIFICATION
from assay.recipes.recipe import Recipe
from assay.recipes.space import Real

_PICTURE = frozenset({"image"})

HOG_LINEAR = Recipe(
    name="hog-linear",
    title="Logistic regression on histograms of oriented gradients",
    tasks=CLASSIFICATION,
    step=ColumnsStep(mode="dense", kinds=_PICTURE, pictures=Hog()),
    learner=Logistic(),
    simplicity=15,
    reads=_PICTURE,
    needs=_PICTURE,
    space={"penalty_strength": Real(1e-3, 1e3, log=True)},
)

SIFT_WORDS = Recipe(
    name="sift-words",
    title="Logistic regression on bags of 200 visual words, by SIFT",
    tasks=CLASSIFICATION,
    step=ColumnsStep(mode="dense", kinds=_PICTURE, pictures=VisualWords(describer=Describer(method="sift"))),
    learner=Logistic(penalty_strength=0.1),
    simplicity=31,
    reads=_PICTURE,
    needs=_PICTURE,
    extra="vision",
    space={"penalty_strength": Real(1e-3, 1e2, log=True)},
)

ORB_WORDS = Recipe(
    name="orb-words",
    title="Logistic regression on bags of 200 visual words, by ORB",
    tasks=CLASSIFICATION,
    step=ColumnsStep(mode="dense", kinds=_PICTURE, pictures=VisualWords(describer=Describer(method="orb"))),
    learner=Logistic(penalty_strength=0.1),
    simplicity=31,
    reads=_PICTURE,
    needs=_PICTURE,
    extra="vision",
    space={"penalty_strength": Real(1e-3, 1e2, log=True)},
)

EIGENFACES = Recipe(
    name="eigenfaces",
    title="Logistic regression on principal components of pixels (eigenfaces)",
    tasks=CLASSIFICATION,
    step=ColumnsStep(mode="dense", kinds=_PICTURE, pictures=Eigenfaces()),
    learner=Logistic(),
    simplicity=14,
    reads=_PICTURE,
    needs=_PICTURE,
    space={"penalty_strength": Real(1e-3, 1e3, log=True)},
)

COLOUR_HISTOGRAM = Recipe(
    name="colour-histogram",
    title="Logistic regression on histograms of colours",
    tasks=CLASSIFICATION,
    step=ColumnsStep(mode="dense", kinds=_PICTURE, pictures=ColourHistogram()),
    learner=Logistic(penalty_strength=0.1),
    simplicity=13,
    reads=_PICTURE,
    needs=_PICTURE,
    space={"penalty_strength": Real(1e-3, 1e2, log=True)},
)
