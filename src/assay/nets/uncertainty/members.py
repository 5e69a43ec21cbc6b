"""The outputs of a net, or of several, as the members of one prediction: (n, members, outputs).

Deep ensembles are nets of one form trained from other first weights and in another order of the rows; their outputs stand
side by side like those of any other method.  Source: Lakshminarayanan, Pritzel & Blundell (2017).
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from assay.core.errors import ConfigError

BATCH_ROWS = 1024


def outputs_of(model: nn.Module, tensor: Tensor, *, batch_rows: int = BATCH_ROWS) -> np.ndarray:
    """What the net gives for the rows of ``tensor`` (n, …), in evaluation mode: float64 (n, members, outputs).

    A net that gives (n, outputs) has one member; one that is an ensemble inside has as many as it gives.
    """
    model.eval()
    with torch.inference_mode():
        parts = [model(rows).double().cpu() for rows in torch.split(tensor, batch_rows)]
    found = torch.cat(parts).numpy()
    return np.asarray(found[:, None] if found.ndim == 2 else found)


def ensemble_outputs(models: Sequence[nn.Module], tensor: Tensor, *, batch_rows: int = BATCH_ROWS) -> np.ndarray:
    """The outputs of several nets on the same rows: float64 (n, members, outputs), members in the order of the nets.

    Raises ConfigError without a net, and where the nets differ in the number of their outputs.
    """
    found = [outputs_of(model, tensor, batch_rows=batch_rows) for model in models]
    widths = sorted({outputs.shape[2] for outputs in found})
    if len(widths) != 1:
        raise ConfigError(f"an ensemble needs nets with equally many outputs; these {len(found)} nets have {widths or 'none'}.")
    return np.concatenate(found, axis=1)
