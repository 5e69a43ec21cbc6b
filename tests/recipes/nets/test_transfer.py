"""Recipes that begin from weights learnt elsewhere: what a base is, what is taken over, and what a frozen network sees."""

import sqlite3
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

import assay
from assay.bundle.model import Model, load_model
from assay.core.errors import AssayError, BundleError, ConfigError, DataError
from assay.data.dataset import Dataset
from assay.data.schema import Column, Schema
from assay.data.task import Task
from assay.nets.architectures import spec_to_json, weights_of
from assay.nets.image.network import HALVES, IMAGENET_MEAN, IMAGENET_SCALE
from assay.nets.image.picture_net import PictureSpec
from assay.nets.image.registry import network_named
from assay.nets.seeding import isolated
from assay.prepare.pixels import FittedPixels
from assay.recipes.fitted import Fitted
from assay.recipes.named import recipe_named
from assay.recipes.nets.bases import base_named, take_over_base
from assay.recipes.nets.embedding import EmbeddingStep, FittedEmbedding
from assay.recipes.nets.fitted import FittedNet
from assay.recipes.nets.pretraining import pretraining_pairs
from assay.recipes.steps import FITTED_STEPS

SIZE = 16


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def net(seed: int = 0, channels: int = 1) -> tuple[PictureSpec, torch.nn.Module]:
    spec = PictureSpec("resnet20", 3, channels, SIZE)
    with isolated(seed):
        model = spec.build()
    draws = torch.Generator().manual_seed(seed)
    for name, value in model.named_buffers():  # as if it had been trained
        if name.endswith("running_mean"):
            value.normal_(std=0.1, generator=draws)
        elif name.endswith("running_var"):
            value.uniform_(0.5, 1.5, generator=draws)
    model.standardise.mean.fill_(100.0)
    model.standardise.scale.fill_(50.0)
    return spec, model.eval()


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    spec, model = net()
    task, schema = Task("multiclass", "label", ("a", "b", "c")), Schema((Column("picture", "image"),))
    step = FittedPixels(("picture",), (1,), SIZE)
    learner = FittedNet("multiclass", "picture", spec_to_json(spec), weights_of(model))
    Model(Fitted("network:resnet20@16", task, schema, step, learner)).save(tmp_path / "base.assay")
    return tmp_path / "base.assay"


def pictures(rows: int = 24, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (rows, SIZE, SIZE), dtype=np.uint8)


def frame(rows: int = 24, seed: int = 1) -> pl.DataFrame:
    return pl.DataFrame({"picture": pl.Series(pictures(rows, seed))})


def test_the_one_spelling_of_a_base_names_the_same_base(saved: Path) -> None:
    base = base_named(str(saved))
    assert (base.network, base.saved, base.size) == ("resnet20", True, SIZE)
    assert base_named(base.text) == base
    assert base_named(f"{saved}@24").size == 24
    assert recipe_named(recipe_named(f"transfer:{saved}").name) == recipe_named(f"transfer:{saved}")


def test_weights_that_have_changed_since_are_refused(saved: Path) -> None:
    text = base_named(str(saved)).text
    model = load_model(saved)
    model.fitted.learner.weights["net.linear.bias"][:] = 7
    model.save(saved)
    with pytest.raises(ConfigError, match="has changed since it was named as a base"):
        base_named(text)


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("nowhere.assay", BundleError, "nowhere.assay"),
        ("resnet20=nowhere.pth", ConfigError, "no file of weights at nowhere.pth"),
        ("a+b.assay", ConfigError, "without plus signs and commas"),
        ("", ConfigError, "names no base"),
    ],
)
def test_what_is_no_base_is_refused(text: str, error: type[AssayError], said: str) -> None:
    with pytest.raises(error, match=said):
        base_named(text)


def test_a_recipe_without_its_base_says_what_it_needs() -> None:
    with pytest.raises(ConfigError, match="'transfer' needs a base: transfer:MODEL"):
        recipe_named("transfer")


def test_a_size_that_the_network_cannot_take_is_refused(saved: Path) -> None:
    with pytest.raises(ConfigError, match="at least 8 × 8 pixels, not 4"):
        base_named(f"{saved}@4")


def test_a_model_of_tables_is_no_base(tmp_path: Path) -> None:
    rows = pl.DataFrame({"x": np.arange(40.0), "y": ["a", "b"] * 20})
    result = assay.Study(assay.read(rows, target="y"), ["logistic"], folds=2).run(tmp_path / "run", jobs=1)
    result.finish().save(tmp_path / "table.assay")
    with pytest.raises(ConfigError, match="no model of a network for pictures"):
        base_named(str(tmp_path / "table.assay"))


def test_a_saved_model_gives_its_weights_and_its_idea_of_pixels_but_not_the_layer_of_other_classes(saved: Path) -> None:
    _, theirs = net()
    with isolated(9):
        ours = PictureSpec("resnet20", 5, 1, SIZE).build()
    head = ours.net.linear.weight.detach().clone()
    take_over_base(base_named(str(saved)), ours, 1)
    for name, value in theirs.state_dict().items():
        if not name.startswith("net.linear."):
            assert torch.equal(ours.state_dict()[name], value), name
    assert torch.equal(ours.net.linear.weight, head)


def test_published_weights_come_with_the_pixels_of_imagenet(tmp_path: Path) -> None:
    _, theirs = net(channels=3)
    torch.save(theirs.net.state_dict(), tmp_path / "weights.pth")
    ours = PictureSpec("resnet20", 3, 3, 32).build()
    take_over_base(base_named(f"resnet20={tmp_path / 'weights.pth'}"), ours, 3)
    assert torch.equal(ours.net.conv1.weight, theirs.net.conv1.weight)
    np.testing.assert_allclose(ours.standardise.mean.numpy() / 255, IMAGENET_MEAN, rtol=1e-6)
    np.testing.assert_allclose(ours.standardise.scale.numpy() / 255, IMAGENET_SCALE, rtol=1e-6)


def test_the_inceptions_want_pixels_between_minus_one_and_one() -> None:
    """As torchvision turns them (transform_input) where it loads the published weights."""
    for name in ("googlenet", "inception-v3", "inception-v4", "inception-resnet-v2"):
        one = network_named(name)
        assert one.mean == one.scale == HALVES, name
    assert network_named("resnet18").mean == IMAGENET_MEAN


def test_a_grey_picture_through_a_base_of_colours_gives_what_it_gives_there_in_three_channels(tmp_path: Path) -> None:
    _, theirs = net(channels=3)
    torch.save(theirs.net.state_dict(), tmp_path / "weights.pth")
    base = base_named(f"resnet20={tmp_path / 'weights.pth'}@{SIZE}")
    grey, colour = PictureSpec("resnet20", 3, 1, SIZE).build().eval(), PictureSpec("resnet20", 3, 3, SIZE).build().eval()
    take_over_base(base, grey, 1)
    take_over_base(base, colour, 3)
    colour.standardise.mean.fill_(float(np.mean(IMAGENET_MEAN)) * 255)  # the grey one has the mean over the channels
    colour.standardise.scale.fill_(float(np.mean(IMAGENET_SCALE)) * 255)
    seen = torch.from_numpy(pictures(4))[:, None]
    with torch.inference_mode():
        torch.testing.assert_close(grey(seen), colour(seen.expand(-1, 3, -1, -1)), rtol=1e-4, atol=1e-4)


def test_weights_of_another_network_are_refused_by_their_names(tmp_path: Path) -> None:
    _, theirs = net(channels=3)
    torch.save(theirs.net.state_dict(), tmp_path / "weights.pth")
    base = base_named(f"resnet18={tmp_path / 'weights.pth'}")
    with pytest.raises(DataError, match="weights of another network than 'resnet18'"):
        take_over_base(base, PictureSpec("resnet18", 3, 3, 32).build(), 3)


def fitted(saved: Path, rows: pl.DataFrame) -> FittedEmbedding:
    schema = Schema((Column("picture", "image"),))
    return EmbeddingStep(base_named(str(saved))).fit(rows, schema, np.zeros(len(rows)), seed=0)


def test_a_frozen_network_sees_what_its_last_layer_reads_standardised_by_training_rows(saved: Path) -> None:
    _, theirs = net()
    rows = frame()
    read: list[torch.Tensor] = []
    theirs.net.linear.register_forward_pre_hook(lambda _layer, inputs: read.append(inputs[0]))
    with torch.inference_mode():
        theirs(torch.from_numpy(pictures())[:, None])
    expected = read[0].double().numpy()
    spread = expected.std(axis=0)
    expected = (expected - expected.mean(axis=0)) / np.where(spread > 0, spread, 1)
    np.testing.assert_allclose(fitted(saved, rows).transform(rows), expected, rtol=1e-3, atol=1e-3)


def test_what_was_seen_is_kept_for_other_folds_and_gone_over_when_the_file_is_damaged(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step, other = fitted(saved, frame()), frame(6, seed=2)
    both = pl.concat([frame(3), other])
    first = step.transform(both)
    passed: list[int] = []
    through = FittedEmbedding._through_net

    def counted(self: FittedEmbedding, given: np.ndarray) -> np.ndarray:
        passed.append(len(given))
        return through(self, given)

    monkeypatch.setattr(FittedEmbedding, "_through_net", counted)
    assert np.array_equal(step.transform(both), first)
    assert passed == []
    assert step.cache is not None
    step.cache.path.write_bytes(b"no database " * 1000)
    np.testing.assert_allclose(step.transform(both), first, rtol=1e-5, atol=1e-5)
    assert passed == [9]
    assert step.transform(both).shape == first.shape
    assert passed == [9]
    sqlite3.connect(step.cache.path).execute("SELECT COUNT(*) FROM seen")


def test_a_loaded_model_sees_the_same_and_keeps_nothing(saved: Path) -> None:
    step, rows = fitted(saved, frame()), frame(5, seed=3)
    back = FITTED_STEPS.get("embedding").from_state(step.state())
    assert isinstance(back, FittedEmbedding)
    assert back.cache is None
    np.testing.assert_allclose(back.transform(rows), step.transform(rows), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("change", ["mean", "scale", "weights", "size"])
def test_a_changed_state_is_refused(saved: Path, change: str) -> None:
    state = dict(fitted(saved, frame()).state())
    if change == "mean":
        state["mean"] = state["mean"][:-1]
    elif change == "scale":
        state["scale"] = -state["scale"]
    elif change == "weights":
        state["weights"] = {**state["weights"], "net.conv1.weight": state["weights"]["net.conv1.weight"][:, :, :2]}
    else:
        state["settings"] = {**state["settings"], "size": 24}
    with pytest.raises(BundleError):
        FITTED_STEPS.get("embedding").from_state(state)


def test_a_base_is_held_against_the_same_network_of_the_same_size_from_first_weights(saved: Path) -> None:
    texts = [f"transfer:{saved}", "network:resnet20@16", "network:resnet20@24", f"linear-probe:{saved}", "logistic", "blend"]
    assert pretraining_pairs(texts) == [(texts[0], texts[1]), (texts[3], texts[1])]
    assert pretraining_pairs(["network:resnet20@16", "logistic"]) == []


def patches(rows: int, seed: int) -> Dataset:
    """Noise with a bright bar: its direction is the class."""
    draw = np.random.default_rng(seed)
    noise = draw.integers(0, 120, (rows, SIZE, SIZE), dtype=np.uint8)
    labels = draw.integers(0, 2, rows)
    for picture, label, place in zip(noise, labels, draw.integers(3, SIZE - 3, rows), strict=True):
        bar = picture[place - 1 : place + 1] if label else picture[:, place - 1 : place + 1]
        bar += 30
    return assay.read(pl.DataFrame({"picture": pl.Series(noise), "y": np.array(["down", "across"])[labels]}), target="y")


@pytest.mark.slow
def test_pretraining_on_the_same_question_helps_and_the_study_says_so(tmp_path: Path) -> None:
    first = assay.Study(patches(800, 0), ["network:resnet20@16"], folds=2).run(tmp_path / "first", jobs=1)
    first.finish().save(tmp_path / "bars.assay")
    texts = [f"transfer:{tmp_path / 'bars.assay'}", f"linear-probe:{tmp_path / 'bars.assay'}", "network:resnet20@16"]
    result = assay.Study(patches(80, 1), texts, folds=8, metric="log_loss").run(tmp_path / "second", jobs=1)
    told = {verdict.a.partition(":")[0]: verdict for verdict in result.verdicts if verdict.family == "pretraining"}
    assert set(told) == {"transfer", "linear-probe"}
    assert {verdict.b for verdict in told.values()} == {"network:resnet20@16"}
    assert all(verdict.call == "a better" for verdict in told.values())
    model = result.finish()
    model.save(tmp_path / "small.assay")
    rows = patches(10, 2)
    assert load_model(tmp_path / "small.assay").predict(rows).equals(model.predict(rows))
