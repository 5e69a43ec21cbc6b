"""Lines through outer quantiles: what nine of ten targets lie below, or above."""

from dataclasses import replace

from assay.recipes.linear_quantile import QUANTILE_LINEAR, Quantile

QUANTILE_LINEAR_10, QUANTILE_LINEAR_90 = (
    replace(
        QUANTILE_LINEAR,
        name=f"quantile-linear-{percent}",
        title=f"A line through the {percent} % quantile",
        learner=Quantile(quantile=percent / 100),
    )
    for percent in (10, 90)
)
