"""Grad-CAM and integrated gradients equal captum's for the same model and settings; integrated gradients are complete."""

import captum.attr
import numpy as np
import pytest
import torch
from tests.nets.seeing.corner import corner_pictures, trained, untrained
from torch import Tensor, nn

from assay.core.errors import ConfigError
from assay.nets.image.picture_net import PictureSpec
from assay.nets.seeding import isolated
from assay.nets.seeing.grad_cam import cam_cells, grad_cam
from assay.nets.seeing.integrated import baseline_of, integrated_gradients
from assay.nets.seeing.layers import last_maps, layer_named, map_layers
from assay.nets.seeing.scores import class_scores

TARGETS = np.array([0, 3, 2])


def network(name: str, size: int, outputs: int = 5) -> nn.Module:
    with isolated(0):
        model = PictureSpec(name, outputs, 3, size).build()
        for parameter in model.parameters():  # heads that begin at 0 have no gradient
            if not bool(parameter.any()):
                nn.init.normal_(parameter, std=0.1)
    model.standardise.mean.fill_(120)
    model.standardise.scale.fill_(60)
    return model.eval()


def pictures(size: int, rows: int = 3) -> Tensor:
    return torch.randint(0, 256, (rows, 3, size, size), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)


@pytest.mark.parametrize(("name", "size"), [("resnet20", 32), ("resnet18", 64), ("googlenet", 64)])
@pytest.mark.parametrize("layer", [None, "conv1"])
def test_grad_cam_is_captums(name: str, size: int, layer: str | None) -> None:
    model, given = network(name, size), pictures(size)
    chosen = layer_named(map_layers(model, 3, size), layer)
    found = cam_cells(model, given.numpy(), TARGETS, chosen)
    peer = captum.attr.LayerGradCam(model, model.get_submodule(chosen.name)).attribute(given.float(), torch.tensor(TARGETS))
    expected = peer[:, 0].detach().numpy()
    assert np.abs(expected).max() > 0
    assert found == pytest.approx(expected, abs=1e-6 * float(np.abs(expected).max()))


def test_grad_cam_over_the_picture_is_captums_cut_and_enlarged() -> None:
    model, given = network("resnet20", 32), pictures(32)
    layer = last_maps(map_layers(model, 3, 32))
    peer = captum.attr.LayerGradCam(model, model.net.layer3).attribute(
        given.float(), torch.tensor(TARGETS), relu_attributions=True
    )
    expected = captum.attr.LayerAttribution.interpolate(peer, (32, 32), interpolate_mode="bilinear")[:, 0]
    assert grad_cam(model, given, TARGETS, layer) == pytest.approx(expected.detach().numpy(), abs=1e-6)


def test_grad_cam_of_a_transformer_weighs_its_patch_tokens_by_their_gradients() -> None:
    model, given = network("vit-b-32", 64), pictures(64)
    layer = last_maps(map_layers(model, 3, 64))
    tokens: list[Tensor] = []
    hook = model.get_submodule(layer.name).register_forward_hook(lambda _module, _inputs, output: tokens.append(output))
    scores = model(given)
    hook.remove()
    slope = torch.autograd.grad(scores[range(3), TARGETS.tolist()].sum(), tokens[0])[0]
    weights = slope[:, 1:].mean(dim=1, keepdim=True)  # over the patches; the token of the class is none
    expected = (weights * tokens[0][:, 1:]).sum(dim=2).reshape(3, 2, 2).detach().numpy()
    assert np.abs(slope[:, 1:].numpy()).max() > 0
    assert cam_cells(model, given, TARGETS, layer) == pytest.approx(expected, abs=1e-5 * float(np.abs(expected).max()))


@pytest.mark.parametrize("baseline", ["black", "mean", "blurred"])
def test_integrated_gradients_are_captums(baseline: str) -> None:
    model, given = network("resnet20", 32), pictures(32, rows=2)
    empty = baseline_of(baseline, model, given.float())
    peer = captum.attr.IntegratedGradients(model).attribute(
        given.float(), empty, torch.tensor(TARGETS[:2]), n_steps=24, method="gausslegendre"
    )
    found = integrated_gradients(model, given, TARGETS[:2], baseline=baseline, points=24, most_points=24)
    assert found.values == pytest.approx(peer.detach().numpy(), abs=1e-5 * float(peer.abs().max()))


@pytest.mark.parametrize("baseline", ["black", "mean", "blurred"])
def test_integrated_gradients_sum_to_the_score_less_that_of_the_baseline(baseline: str) -> None:
    model = trained()
    given, classes = corner_pictures(6, 9)
    empty = baseline_of(baseline, model, torch.from_numpy(given).float())
    found = integrated_gradients(model, given, classes, baseline=baseline, tolerance=1e-3, most_points=4096)
    rows = np.arange(len(given))
    difference = class_scores(model, given)[rows, classes] - class_scores(model, empty)[rows, classes]
    assert found.difference == pytest.approx(difference, rel=1e-4, abs=1e-4)
    assert found.values.sum(axis=(1, 2, 3)) == pytest.approx(difference, rel=2e-3)
    assert found.missed == pytest.approx(found.values.sum(axis=(1, 2, 3)) - found.difference, abs=1e-12)


def test_points_are_added_until_little_is_missed() -> None:
    given, classes = corner_pictures(4, 9)
    few = integrated_gradients(trained(), given, classes, points=2, most_points=2)
    enough = integrated_gradients(trained(), given, classes, points=2, most_points=512)
    assert few.points.tolist() == [2] * 4
    assert enough.points.max() > 2
    assert np.abs(enough.missed).max() < np.abs(few.missed).max()
    assert (np.abs(enough.missed) <= 0.01 * np.abs(enough.difference)).all()


def test_a_single_logit_speaks_for_one_class_as_much_as_against_the_other() -> None:
    model, (given, _) = untrained(outputs=1), corner_pictures(2, 3)
    scores = class_scores(model, given)
    assert scores.shape == (2, 2)
    assert scores[:, 0] == pytest.approx(-scores[:, 1])
    layer = last_maps(map_layers(model, 1, 16))
    against, speaking = (cam_cells(model, given, np.array([code, code]), layer) for code in (0, 1))
    assert np.abs(speaking).max() > 0
    assert against == pytest.approx(-speaking)


def test_the_blurred_baseline_keeps_the_mean_of_an_even_picture_and_an_unknown_one_is_refused() -> None:
    even = torch.full((1, 1, 16, 16), 90.0)
    assert torch.allclose(baseline_of("blurred", untrained(), even), even, atol=1e-4)
    assert torch.equal(baseline_of("mean", untrained(), even)[0, 0, 0, 0], untrained().standardise.mean[0])
    with pytest.raises(ConfigError, match="black"):
        baseline_of("blak", untrained(), even)
