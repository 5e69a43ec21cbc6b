"""The fitted detectors by the ``detector`` in their state: the only classes a saved anomaly model may ask for."""

from assay.core.registry import Registry
from assay.recipes.anomaly.detector import FittedDetector

FITTED_DETECTORS: Registry[type[FittedDetector]] = Registry("detector")

FITTED_DETECTORS.add("isolation-forest", "assay.recipes.anomaly.forest:FittedForest")
FITTED_DETECTORS.add("local-outlier-factor", "assay.recipes.anomaly.factor:FittedFactor")
FITTED_DETECTORS.add("elliptic-envelope", "assay.recipes.anomaly.envelope:FittedEnvelope")
FITTED_DETECTORS.add("one-class-svm", "assay.recipes.anomaly.support:FittedSupport")
FITTED_DETECTORS.add("pca-distance", "assay.recipes.anomaly.components:FittedResidual")
FITTED_DETECTORS.add("cluster-distance", "assay.recipes.anomaly.centres:FittedCentres")
FITTED_DETECTORS.add("autoencoder-distance", "assay.recipes.anomaly.reconstruction:FittedReconstruction")
