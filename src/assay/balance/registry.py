"""The treatments that need no net, by name; those that do are added to these in recipes.treatments.

Each target is called without arguments to make one with its default settings.
"""

from collections.abc import Callable

from assay.balance.treatment import Treatment
from assay.core.registry import Registry

TREATMENTS: Registry[Callable[[], Treatment]] = Registry("treatment")

TREATMENTS.add("none", "assay.balance.weights:NoTreatment")
TREATMENTS.add("class-weight", "assay.balance.weights:ClassWeight")
TREATMENTS.add("weighted-sampling", "assay.balance.weights:WeightedSampling")
TREATMENTS.add("random-oversample", "assay.balance.resample:RandomOversample")
TREATMENTS.add("random-undersample", "assay.balance.resample:RandomUndersample")
TREATMENTS.add("smote", "assay.balance.interpolate:SmoteTreatment")
TREATMENTS.add("adasyn", "assay.balance.interpolate:AdasynTreatment")
TREATMENTS.add("borderline-smote", "assay.balance.interpolate:BorderlineTreatment")
TREATMENTS.add("borderline-smote-2", "assay.balance.interpolate:Borderline2Treatment")
TREATMENTS.add("copula", "assay.balance.densities.treatment:CopulaTreatment")
TREATMENTS.add("kernel-density", "assay.balance.densities.treatment:KernelDensityTreatment")
TREATMENTS.add("gaussian-mixture", "assay.balance.densities.treatment:MixtureTreatment")
TREATMENTS.add("effective-number", "assay.balance.weights:EffectiveNumber")
TREATMENTS.add("scale-pos-weight", "assay.balance.weights:ScalePosWeight")
TREATMENTS.add("cost-weight", "assay.balance.costs:CostWeight")
TREATMENTS.add("focal", "assay.balance.losses:FocalLoss")
TREATMENTS.add("class-balanced", "assay.balance.losses:ClassBalancedLoss")
TREATMENTS.add("ldam", "assay.balance.losses:LDAMLoss")
TREATMENTS.add("logit-adjustment", "assay.balance.losses:LogitAdjustmentLoss")
TREATMENTS.add("complement-cross-entropy", "assay.balance.losses:ComplementCrossEntropyLoss")
TREATMENTS.add("tomek-links", "assay.balance.cleaning:TomekLinksTreatment")
TREATMENTS.add("edited-nearest-neighbours", "assay.balance.cleaning:EditedNearestNeighboursTreatment")
TREATMENTS.add("near-miss", "assay.balance.cleaning:NearMissTreatment")
TREATMENTS.add("cluster-centroids", "assay.balance.cleaning:ClusterCentroidsTreatment")
TREATMENTS.add("one-sided-selection", "assay.balance.cleaning:OneSidedSelectionTreatment")
TREATMENTS.add("smote-enn", "assay.balance.cleaning:SmoteEnnTreatment")
TREATMENTS.add("smote-tomek", "assay.balance.cleaning:SmoteTomekTreatment")
TREATMENTS.add("svm-smote", "assay.balance.more_interpolation:SvmSmoteTreatment")
TREATMENTS.add("kmeans-smote", "assay.balance.more_interpolation:KMeansSmoteTreatment")
TREATMENTS.add("augment-oversample", "assay.balance.augmentation:AugmentOversample")
TREATMENTS.add("augment-synonyms", "assay.balance.augmentation:AugmentSynonyms")
