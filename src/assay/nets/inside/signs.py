"""What is wrong with a training, in plain words: from the record of its inside to warnings.

Every sign is a rule on numbers; its bound stands where the rule does.  The tests show each on a
training that has the disease, and its silence on healthy ones.  A sign is no proof: it says where to look.
"""

import numpy as np

from assay.nets.inside.record import Inside
from assay.nets.inside.sign import Sign
from assay.nets.inside.signs_of_flow import dead, exploding, saturated, vanishing
from assay.nets.inside.signs_of_losses import diverged, not_learning, over_fitting

RULES = (diverged, exploding, not_learning, vanishing, dead, saturated, over_fitting)
"""The worst first."""


def signs(inside: Inside) -> tuple[Sign, ...]:
    """Every sign of a training gone wrong, the worst first; none for a healthy one, nor for one that recorded nothing."""
    with np.errstate(all="ignore"):  # NaN stands where a layer has no such number, and compares as it should
        return tuple(found for rule in RULES if (found := rule(inside)) is not None)
