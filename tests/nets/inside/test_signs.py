"""Each warning is shown by a training that has the disease, and none by healthy ones."""

import dataclasses
from functools import partial

import numpy as np
import pytest
import torch
from tests.nets.inside.trainings import deep, digits, lenet, mlp, pictures, squared, train
from torch import nn

from assay.nets.inside.probes import Probes
from assay.nets.inside.signs import RULES, signs
from assay.nets.seeding import isolated

CHANCE = float(np.log(10))


def watched(model, rows, *, every=5, chance=None, **settings):
    probes = Probes(every)
    train(model, rows, watch=probes, **settings)
    return dataclasses.replace(probes.inside(), chance=chance)


def kinds(inside):
    return {sign.kind for sign in signs(inside)}


def the(kind, inside):
    return next(sign for sign in signs(inside) if sign.kind == kind)


def small_and_noisy(n=60):
    x, y, x_held, y_held = digits()
    noise = partial(torch.randn, generator=torch.Generator().manual_seed(1))
    return x[:n] + 1.5 * noise(n, 64), y[:n], x_held + 1.5 * noise(len(x_held), 64), y_held


def numbers():
    x, _, x_held, _ = digits()
    return x, x[:, 20] + x[:, 30], x_held, x_held[:, 20] + x_held[:, 30]


HEALTHY = {
    "relu": (mlp, {"rate": 2e-3}),
    "relu, gradient descent": (mlp, {"rate": 0.1, "optimizer": "sgd"}),
    "relu, clipped": (mlp, {"rate": 2e-3, "clip": 1.0}),
    "tanh": (partial(mlp, activation="tanh"), {"rate": 2e-3}),
    "sigmoid": (partial(mlp, activation="sigmoid"), {"rate": 5e-3}),
    "gelu, wide": (partial(mlp, activation="gelu", hidden=(128, 128)), {"rate": 1e-3}),
    "deep, first weights of He": (lambda seed: deep(6, nn.ReLU, gain=2**0.5, seed=seed), {"rate": 1e-3}),
}


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 8))])
@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_training_brings_no_warning(name, seed):
    net, settings = HEALTHY[name]
    inside = watched(net(seed=seed), digits(), seed=seed, epochs=12, **settings)
    assert inside.validation_loss[-1] < 0.35  # it is one
    for chance in (None, CHANCE):
        assert signs(dataclasses.replace(inside, chance=chance)) == ()


@pytest.mark.parametrize("seed", [0, 1, pytest.param(2, marks=pytest.mark.slow), pytest.param(3, marks=pytest.mark.slow)])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_a_healthy_lenet_brings_no_warning(activation, seed):
    x, y, x_held, y_held = digits()
    rows = (pictures(x[:640]), y[:640], pictures(x_held), y_held)
    inside = watched(lenet(seed, activation), rows, seed=seed, epochs=5, rate=2e-3, chance=CHANCE)
    assert inside.validation_loss[-1] < 0.35
    assert signs(inside) == ()


@pytest.mark.parametrize("seed", [0, 1])
def test_a_healthy_regression_brings_no_warning(seed):
    inside = watched(mlp(seed, outputs=1), numbers(), loss=squared, seed=seed, epochs=12, rate=2e-3, chance=2.0)
    assert inside.validation_loss[-1] < 0.2
    assert signs(inside) == ()


def test_gradients_that_vanish_are_named_with_the_first_layer():
    for optimizer, rate in (("sgd", 0.1), ("adam", 1e-3)):
        inside = watched(deep(8, nn.Sigmoid), digits(), optimizer=optimizer, rate=rate, epochs=5, chance=CHANCE)
        sign = the("vanishing", inside)
        assert (sign.layer, sign.since) == ("0", 0)
        assert "0 (Linear)" in sign.sentence
        assert "step 0" in sign.sentence
        assert "ReLU" in sign.sentence
        assert inside.gradients[0, 0] * 1e3 < inside.gradients[-1, 0]


@pytest.mark.parametrize(
    ("net", "settings"),
    [
        (lambda: deep(10, nn.ReLU, gain=2.5), {"rate": 1e-6, "optimizer": "sgd"}),
        (lambda: deep(10, nn.ReLU, gain=2.5), {"rate": 1e-3, "clip": 1.0}),
    ],
    ids=["gradients", "outputs, where gradients are clipped"],
)
def test_gradients_that_explode_are_named(net, settings):
    inside = watched(net(), digits(), epochs=3, **settings)
    sign = the("exploding", inside)
    assert "clip" in sign.sentence
    assert f"step {sign.since}" in sign.sentence


def test_weights_of_almost_0_are_not_taken_for_gradients_that_explode():
    net = mlp()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.zero_()
    # Gradients are infinitely many times the weights, yet short; every ReLU gives 0, and only the last biases learn.
    assert kinds(watched(net, digits(), epochs=4, chance=CHANCE)) == {"not learning", "dead"}


def test_where_outputs_explode_only_after_the_first_step_the_learning_rate_is_named():
    sign = the("exploding", watched(mlp(), digits(), epochs=3, rate=1.0, clip=1.0, every=1))
    assert sign.since > 0
    assert "lower the learning rate" in sign.sentence
    assert "first weights" not in sign.sentence
    begun = the("exploding", watched(deep(10, nn.ReLU, gain=2.5), digits(), epochs=1, clip=1.0, every=1))
    assert begun.since == 0
    assert "first weights" in begun.sentence


def test_a_gradient_that_grows_on_its_way_back_is_named_with_the_first_layer():
    # With a gain above 1 a tanh net is chaotic: forward all is bounded, backward it grows with depth (Poole et al., 2016).
    sign = the("exploding", watched(deep(20, nn.Tanh, gain=4), digits(), epochs=1, clip=1.0))
    assert sign.layer == "0"
    assert "way back" in sign.sentence


def test_a_gradient_that_grows_from_step_to_step_is_named():
    with isolated(0):
        line = nn.Sequential(nn.Linear(64, 1))
    x, *_ = digits()
    largest = float(torch.linalg.eigvalsh(2 * x.T @ x / len(x))[-1])  # of the curvature: beyond 2 over it, descent climbs
    rows = (x, x[:, 20])
    sign = the("exploding", watched(line, rows, loss=squared, epochs=1, rate=2.5 / largest, optimizer="sgd", every=1))
    assert "grown from" in sign.sentence
    assert sign.since > 0
    with isolated(0):
        line = nn.Sequential(nn.Linear(64, 1))
    assert "exploding" not in kinds(watched(line, rows, loss=squared, epochs=1, rate=0.5 / largest, optimizer="sgd", every=1))


def test_saturated_units_are_named():
    inside = watched(deep(3, nn.Tanh, gain=8), digits(), epochs=4, chance=CHANCE)
    sign = the("saturated", inside)
    assert sign.since == 0
    assert "Tanh" in sign.sentence
    assert "3 other layers" in sign.sentence
    x, y, x_held, y_held = digits()
    assert "saturated" in kinds(watched(mlp(activation="sigmoid"), (x * 300, y, x_held * 300, y_held), epochs=4))


def test_an_output_that_is_sure_is_not_called_saturated():
    net = nn.Sequential(mlp(outputs=1), nn.Sigmoid())
    x, y, *_ = digits()
    keep = y < 2
    rows = (x[keep], y[keep].float())
    loss = lambda out, target: nn.functional.binary_cross_entropy(out[:, 0], target)  # noqa: E731
    inside = watched(net, rows, loss=loss, epochs=40, rate=5e-3)
    assert inside.saturated[-1, -1] > 0.9
    assert signs(inside) == ()


def test_dead_units_are_named_and_not_taken_for_vanishing_gradients():
    net = mlp()
    with torch.no_grad():
        net.layers[0].bias.fill_(-30.0)
    inside = watched(net, digits(), epochs=4, chance=CHANCE)
    sign = the("dead", inside)
    assert sign.layer in ("layers.1", "layers.4")
    assert "100 %" in sign.sentence
    assert kinds(inside) == {"dead", "not learning"}
    assert "dead" in kinds(watched(mlp(), digits(), epochs=4, rate=0.5))


def test_a_training_that_diverges_is_named_with_the_layer_and_the_step():
    x, y, *_ = digits()
    sign = the("diverged", watched(mlp(outputs=1), (x, y.float() * 10), loss=squared, rate=0.1, optimizer="sgd", every=1))
    assert "layers." in sign.sentence
    assert f"step {sign.since}" in sign.sentence
    assert "learning rate" in sign.sentence


def test_a_loss_that_rises_and_weights_that_run_away_are_divergence():
    rows = digits()
    assert "diverged" in kinds(watched(mlp(), rows, rate=3.0, optimizer="sgd", epochs=4))
    healthy = watched(mlp(), rows, rate=2e-3, epochs=4)
    assert "diverged" not in kinds(healthy)
    risen = dataclasses.replace(healthy, train_loss=healthy.train_loss[::-1] * np.array([1, 1, 1, 1.5]))
    sign = the("diverged", risen)
    assert "rose" in sign.sentence
    assert sign.since == healthy.epoch_steps[0]


def test_a_training_that_does_not_learn_is_named_with_and_without_a_known_chance():
    for chance in (None, CHANCE):
        inside = watched(mlp(), digits(), rate=1e-7, epochs=6, chance=chance)
        assert kinds(inside) == {"not learning"}
        assert "raise the learning rate" in the("not learning", inside).sentence


def test_a_lucky_first_guess_that_never_moves_is_not_learning_and_one_that_was_learnt_at_once_is():
    inside = watched(mlp(), digits(), rate=1e-7, epochs=6)
    lucky = dataclasses.replace(inside, chance=float(inside.train_loss.min() * 1.05))
    assert kinds(lucky) == {"not learning"}
    learnt = dataclasses.replace(inside, chance=float(inside.train_loss.min() * 2))
    assert kinds(learnt) == set()
    moving = dataclasses.replace(lucky, updates=np.where(np.isnan(inside.updates), np.nan, 1e-3))
    assert kinds(moving) == set()


def test_noise_that_nothing_can_be_learnt_from_is_not_learning():
    generator = torch.Generator().manual_seed(0)
    x, y = torch.randn(1500, 20, generator=generator), torch.randint(0, 2, (1500,), generator=generator).float()
    loss = lambda out, target: nn.functional.binary_cross_entropy_with_logits(out[:, 0], target)  # noqa: E731
    inside = watched(
        mlp(inputs=20, outputs=1, hidden=(4,), dropout=0.5), (x, y), loss=loss, epochs=6, rate=1e-3, chance=float(np.log(2))
    )
    assert kinds(inside) == {"not learning"}


def test_a_net_that_learns_only_its_training_rows_is_not_learning():
    generator = torch.Generator().manual_seed(0)
    x, y = torch.randn(300, 20, generator=generator), torch.randint(0, 2, (300,), generator=generator)
    inside = watched(mlp(inputs=20, outputs=2), (x[:200], y[:200], x[200:], y[200:]), epochs=8, chance=float(np.log(2)))
    assert inside.train_loss.min() < 0.99 * np.log(2)
    sign = the("not learning", inside)
    assert f"lowest validation loss of 8 epochs is {inside.validation_loss.min():.3f}" in sign.sentence
    assert "ask whether the columns say anything of the target" in sign.sentence
    told = dataclasses.replace(inside, validation_loss=inside.validation_loss - inside.validation_loss.min() + 0.65)
    assert "not learning" not in kinds(told)


def test_a_rise_that_is_small_against_all_that_was_won_is_not_over_fitting():
    healthy = watched(mlp(), digits(), rate=2e-3, epochs=8, chance=2.3)
    begun_low = dataclasses.replace(healthy, validation_loss=np.array([0.3, 0.1, 0.1, 0.15, 0.2, 0.2, 0.2, 0.2]))
    assert kinds(begun_low) == set()
    assert kinds(dataclasses.replace(begun_low, chance=None)) == {"over-fitting"}
    assert kinds(dataclasses.replace(begun_low, validation_loss=begun_low.validation_loss * 8)) >= {"over-fitting"}


def test_over_fitting_is_named_with_the_epoch_to_keep():
    inside = watched(mlp(dropout=0.0, hidden=(256, 256)), small_and_noisy(), epochs=60, rate=3e-3, every=1)
    sign = the("over-fitting", inside)
    assert kinds(inside) == {"over-fitting"}
    assert f"the weights of epoch {inside.best_epoch + 1}" in sign.sentence
    assert sign.since == inside.epoch_steps[inside.best_epoch]
    lowest, last = inside.validation_loss.min(), inside.train_loss[-1]
    assert f"from {lowest:.2f}" in sign.sentence
    assert f"fell to {last:.1e}" in sign.sentence


def test_a_training_stopped_soon_after_its_best_epoch_is_not_over_fitting():
    probes = Probes(1)
    train(mlp(dropout=0.0, hidden=(256, 256)), small_and_noisy(), epochs=10, rate=3e-3, watch=probes)
    assert probes.inside().validation_loss[-1] > probes.inside().validation_loss.min()
    assert kinds(probes.inside()) == set()


def test_every_sign_is_one_sentence_with_a_number_a_step_and_what_to_do():
    ill = (
        watched(deep(8, nn.Sigmoid), digits(), epochs=3, chance=CHANCE),
        watched(deep(10, nn.ReLU, gain=2.5), digits(), epochs=2, rate=1e-6, optimizer="sgd"),
        watched(mlp(), digits(), epochs=3, rate=3.0, optimizer="sgd"),
        watched(deep(3, nn.Tanh, gain=8), digits(), epochs=3),
        watched(mlp(dropout=0.0, hidden=(256, 256)), small_and_noisy(), epochs=60, rate=3e-3, every=1),
    )
    found = [sign for inside in ill for sign in signs(inside)]
    assert len({sign.kind for sign in found}) == len(RULES)
    for sign in found:
        assert sign.sentence.lower().startswith(sign.kind)
        assert sign.sentence.endswith(".")
        assert ". " not in sign.sentence
        assert "; " in sign.sentence
        assert f"step {sign.since}" in sign.sentence
        assert any(character.isdigit() for character in sign.sentence)


def test_nothing_recorded_brings_no_warning():
    assert signs(Probes().inside()) == ()
