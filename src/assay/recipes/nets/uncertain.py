"""Nets that say how sure they are: the usual one in four ways, from five trainings to draws of a whole posterior.

For numbers each prediction has a spread, to be measured by crps, gaussian_log_score and interval_coverage; for classes the
doubt is in the probability.
"""

from assay.prepare.columns import ColumnsStep
from assay.recipes.learner import Learner
from assay.recipes.nets.bayes import BayesLearner
from assay.recipes.nets.dropout import DropoutLearner
from assay.recipes.nets.ensemble import EnsembleLearner
from assay.recipes.nets.laplace import LaplaceLearner
from assay.recipes.nets.tables import ANY_TASK, USUAL_MLP
from assay.recipes.recipe import Recipe


def _uncertain(name: str, title: str, simplicity: int, learner: Learner) -> Recipe:
    return Recipe(
        name=name,
        title=title,
        tasks=ANY_TASK,
        step=ColumnsStep(mode="dense"),
        learner=learner,
        simplicity=simplicity,
        extra="nets",
    )


MLP_ENSEMBLE = _uncertain("mlp-ensemble", "five neural networks from other first weights", 67, EnsembleLearner(base=USUAL_MLP))

MLP_MC_DROPOUT = _uncertain(
    "mlp-mc-dropout", "neural network asked 30 times with other units left out", 62, DropoutLearner(base=USUAL_MLP)
)

MLP_LAPLACE = _uncertain(
    "mlp-laplace", "neural network with a posterior of its last layer (Laplace)", 62, LaplaceLearner(base=USUAL_MLP)
)

BAYES_LINEAR = _uncertain("bayes-linear", "Bayesian regression on all columns, sampled (HMC)", 25, BayesLearner())

BAYES_MLP = _uncertain("bayes-mlp", "Bayesian neural network of 8 hidden units, sampled (HMC)", 64, BayesLearner(hidden=8))
