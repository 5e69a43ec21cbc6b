"""Networks of timm by name; skipped where timm is not installed."""

import importlib
import importlib.util
from types import ModuleType

import numpy as np
import pytest
import torch
from tests.torchvision_oracle import torchvision_models

from assay.core.errors import BundleError, ConfigError, MissingExtraError, UnknownNameError
from assay.nets.architectures import assemble, outputs, spec_from_json, spec_to_json, weights_of
from assay.nets.image.picture_net import PictureSpec
from assay.nets.image.registry import is_network_name, network_named
from assay.nets.image.timm_network import timm_network
from assay.nets.image.weights import TakenOver, take_over
from assay.nets.seeding import isolated
from assay.recipes.named import recipe_named


@pytest.fixture
def timm() -> ModuleType:
    torchvision_models()  # timm imports it
    if importlib.util.find_spec("timm") is None:
        pytest.skip("timm is not installed here.")
    return importlib.import_module("timm")


def test_it_is_timms_network_with_timms_size_and_layer_of_classes(timm: ModuleType) -> None:
    network = network_named("timm/resnet26d")
    assert (network.name, network.size, network.head) == ("timm/resnet26d", 224, ("fc.",))
    with isolated(0):
        ours = network.build(5, 3, 64)
    with isolated(0):
        theirs = timm.create_model("resnet26d", pretrained=False, num_classes=5)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert all(torch.equal(value, theirs.state_dict()[key]) for key, value in ours.state_dict().items())


def test_a_recipe_takes_it_at_a_size(timm: ModuleType) -> None:
    recipe = recipe_named("network:timm/resnet26d@64")
    assert recipe.name == "network:timm/resnet26d@64"
    assert recipe.title == "resnet26d of timm"
    assert recipe_named("network:timm/efficientvit_b0").name == "network:timm/efficientvit_b0"


# the second keeps a table that no saved weights hold, and takes the size when it is built
@pytest.mark.parametrize(("name", "size"), [("timm/mobilenetv3_small_050", 32), ("timm/swin_tiny_patch4_window7_224", 56)])
def test_a_saved_one_gives_what_it_gave(timm: ModuleType, name: str, size: int) -> None:
    spec = PictureSpec(name, 3, 1, size)
    with isolated(2):
        model = spec.build()
    rows = np.random.default_rng(0).integers(0, 256, (3, 1, size, size), dtype=np.uint8)
    model.standardise.learn(rows)
    before = torch.default_generator.get_state()
    back = spec_from_json("picture", spec_to_json(spec))
    found = outputs(back, assemble(back, weights_of(model)), rows)
    assert torch.equal(before, torch.default_generator.get_state())
    with torch.inference_mode():
        expected = model.eval()(torch.from_numpy(rows)).double().numpy()
    assert expected.std() > 0
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4 * max(1.0, np.abs(expected).max()))


def test_weights_for_other_classes_leave_those_of_the_network(timm: ModuleType) -> None:
    network = network_named("timm/mobilenetv3_small_050")
    with isolated(0):
        theirs, ours = network.build(7, 3, 32), network.build(2, 1, 32)
    assert take_over(ours, network, theirs.state_dict(), "a.pth") == TakenOver(
        ("classifier.weight", "classifier.bias"), ("conv_stem.weight",)
    )


def test_a_size_that_it_cannot_take_is_told_before_anything_is_trained(timm: ModuleType) -> None:
    with pytest.raises(ConfigError, match=r"'timm/vit_tiny_patch16_224' cannot be used on pictures of 8 × 8 pixels .*224 × 224"):
        recipe_named("network:timm/vit_tiny_patch16_224@8")
    assert recipe_named("network:timm/vit_tiny_patch16_224@48").name == "network:timm/vit_tiny_patch16_224@48"
    with pytest.raises(ConfigError, match="cannot be used on pictures of 0 × 0 pixels"):
        recipe_named("network:timm/resnet26d@0")


def test_a_network_of_billions_of_parameters_is_refused(timm: ModuleType) -> None:
    with pytest.raises(ConfigError, match="more than 2,000,000,000 parameters"):
        recipe_named("network:timm/vit_7b_patch16_dinov3")


@pytest.mark.parametrize("name", ["resnet26", "hf-hub:someone/model", "resnet26d.bt_in1k", "local-dir:/", "", "../resnet"])
def test_a_name_that_timm_does_not_list_is_refused(timm: ModuleType, name: str) -> None:
    if name == "resnet26":
        name = "resnt26d"
    with pytest.raises(UnknownNameError, match=r"has no network"):
        network_named(f"timm/{name}")


def test_without_timm_a_recipe_and_a_saved_model_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.import_module

    def without(name: str, package: str | None = None) -> ModuleType:
        if name.split(".")[0] == "timm":
            raise ModuleNotFoundError("No module named 'timm'", name="timm")
        return real(name, package)

    monkeypatch.setattr(importlib, "import_module", without)
    assert is_network_name("timm/resnet26d")
    said = r"the network 'timm/resnet26d' needs timm, which is not installed: pip install 'assay\[timm\]'"
    with pytest.raises(MissingExtraError, match=said):
        recipe_named("network:timm/resnet26d@64")
    with pytest.raises(MissingExtraError, match=said):
        spec_from_json("picture", {"network": "timm/resnet26d", "outputs": 1, "channels": 3, "size": 64})


@pytest.mark.parametrize(
    "error", [RuntimeError("operator torchvision::nms does not exist"), ModuleNotFoundError("No module", name="torchvision")]
)
def test_a_timm_that_cannot_be_imported_is_told_in_one_line(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str, package: str | None = None) -> ModuleType:
        raise error

    monkeypatch.setattr(importlib, "import_module", broken)
    with pytest.raises(
        MissingExtraError, match=r"installed and cannot be imported \((operator|No module).*\); install the torchvision"
    ):
        timm_network("resnet26d")


def test_a_saved_one_of_an_impossible_size_is_refused(timm: ModuleType) -> None:
    with pytest.raises(BundleError, match="impossible settings"):
        spec_from_json("picture", {"network": "timm/vit_tiny_patch16_224", "outputs": 1, "channels": 3, "size": 8})
