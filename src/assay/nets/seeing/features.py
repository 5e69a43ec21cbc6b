"""What the last layer of a network reads of each picture: the space in which like pictures lie near each other."""

import numpy as np
import torch
from torch import Tensor, nn

from assay.nets.image.last_layer import last_layer, reading
from assay.nets.seeing.scores import as_floats, in_batches


def features_of(model: nn.Module, pictures: np.ndarray | Tensor) -> np.ndarray:
    """float64 (n, d): the input of the last layer with weights that runs; of maps the mean over their cells.

    The model must be in evaluation mode.  Raises ConfigError for a net without such a layer.
    """
    floats = as_floats(model, pictures)
    with torch.no_grad(), reading(last_layer(model, *floats.shape[1:3])) as seen:
        for part in in_batches(floats):
            model(part)
    return np.concatenate([part.double().cpu().numpy() for part in seen])
