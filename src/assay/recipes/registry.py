"""The recipes by name, and the fitted learners by the ``kind`` in their state."""

from assay.core.registry import Registry
from assay.recipes.learner import FittedLearner
from assay.recipes.recipe import Recipe

RECIPES: Registry[Recipe] = Registry("recipe")

RECIPES.add("baseline", "assay.recipes.baseline:BASELINE")
RECIPES.add("logistic", "assay.recipes.linear:LOGISTIC")
RECIPES.add("naive-bayes", "assay.recipes.bayes:NAIVE_BAYES")
RECIPES.add("knn", "assay.recipes.neighbours:KNN")
RECIPES.add("tree", "assay.recipes.trees:TREE")
RECIPES.add("forest", "assay.recipes.trees:FOREST")
RECIPES.add("boosting", "assay.recipes.boosting:BOOSTING")
RECIPES.add("tfidf-logistic", "assay.recipes.texts:TFIDF_LOGISTIC")
RECIPES.add("tfidf-naive-bayes", "assay.recipes.texts:TFIDF_NAIVE_BAYES")
RECIPES.add("perceptron", "assay.recipes.nets.tables:PERCEPTRON")
RECIPES.add("mlp", "assay.recipes.nets.tables:MLP")
RECIPES.add("mlp-ordinal", "assay.recipes.nets.tables:ORDINAL_MLP")
RECIPES.add("mlp-quantile", "assay.recipes.nets.tables:QUANTILE_MLP")
RECIPES.add("entity-mlp", "assay.recipes.nets.tables:ENTITY_MLP")
RECIPES.add("mlp-plr", "assay.recipes.nets.tables:MLP_PLR")
RECIPES.add("mlp-ple", "assay.recipes.nets.tables:MLP_PLE")
RECIPES.add("resnet-mlp", "assay.recipes.nets.tables:RESNET_MLP")
RECIPES.add("tabm", "assay.recipes.nets.tables:TABM")
RECIPES.add("ft-transformer", "assay.recipes.nets.tables:FT_TRANSFORMER")
RECIPES.add("lenet", "assay.recipes.nets.pictures:LENET")
RECIPES.add("embedding-bag", "assay.recipes.nets.texts:EMBEDDING_BAG")

FITTED_LEARNERS: Registry[type[FittedLearner]] = Registry("learner")

FITTED_LEARNERS.add("constant", "assay.recipes.baseline:FittedConstant")
FITTED_LEARNERS.add("linear", "assay.recipes.linear:FittedLinear")
FITTED_LEARNERS.add("gaussian-bayes", "assay.recipes.bayes:FittedGaussianBayes")
FITTED_LEARNERS.add("multinomial-bayes", "assay.recipes.bayes:FittedMultinomialBayes")
FITTED_LEARNERS.add("neighbours", "assay.recipes.neighbours:FittedNeighbours")
FITTED_LEARNERS.add("trees", "assay.recipes.trees:FittedTrees")
FITTED_LEARNERS.add("lightgbm", "assay.recipes.boosting:FittedBoosting")
FITTED_LEARNERS.add("net", "assay.recipes.nets.fitted:FittedNet")
