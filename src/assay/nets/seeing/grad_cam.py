"""Grad-CAM: where in the picture the last maps spoke for a class.

The weight of a map is the mean gradient of the class's score over its cells; the weighted sum of the maps, cut at 0, is laid
over the picture.  Source: Selvaraju et al. (2017).
"""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from assay.nets.seeing.layers import MapLayer, captured
from assay.nets.seeing.scores import as_floats, in_batches, of_targets

ROWS = 64


def cam_cells(model: nn.Module, pictures: np.ndarray | Tensor, targets: np.ndarray, layer: MapLayer) -> np.ndarray:
    """float64 (n, height, width) of the layer's cells: below 0 where they speak against the class.

    pictures: (n, channels, h, w), uint8 or floating.  targets: int (n,), class codes.  layer: see ``layers.layer_named``.
    """
    codes, parts, start = torch.from_numpy(np.asarray(targets, dtype=np.int64)), [], 0
    with captured(model, [layer.name]) as given, torch.enable_grad():
        for part in in_batches(as_floats(model, pictures), ROWS):
            scores = of_targets(model(part.requires_grad_()), codes[start : start + len(part)])
            (slope,) = torch.autograd.grad(scores.sum(), given[layer.name])
            maps, slopes = layer.maps(given[layer.name].detach()), layer.maps(slope)
            parts.append((slopes.mean(dim=(2, 3), keepdim=True) * maps).sum(dim=1).double().cpu().numpy())
            start += len(part)
    return np.concatenate(parts)


def grad_cam(model: nn.Module, pictures: np.ndarray | Tensor, targets: np.ndarray, layer: MapLayer) -> np.ndarray:
    """float64 (n, h, w) of the size of the pictures, at least 0: the cells cut at 0 and enlarged (bilinear)."""
    cells = torch.from_numpy(cam_cells(model, pictures, targets, layer)).clamp_min(0)[:, None]
    height, width = pictures.shape[2:]
    enlarged = functional.interpolate(cells, size=(height, width), mode="bilinear", align_corners=False)
    return np.asarray(enlarged[:, 0].numpy())
