"""A Vision Transformer for pictures of about 32 pixels a side: patches of 4, seven layers of width 256.

Source: Hassani, Walton, Shah, Abuduweili, Li & Shi (2021), their ViT-Lite-7/4, with biases in the projections of attention as in
the larger ones.
"""

from functools import partial

from assay.nets.image.network import Network
from assay.nets.image.vit import Form, build

PATCH = 4

VIT_SMALL = Network(
    "vit-small",
    "Vision Transformer for small pictures",
    partial(build, Form(PATCH, layers=7, heads=4, width=256, hidden=512, dropout=0.1)),
    32,
    PATCH,
    ("heads.",),
    "Hassani et al. (2021)",
    step=PATCH,
)
