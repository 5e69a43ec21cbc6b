"""Recurrent encoder-decoders against implementations of their own, and what holds for every encoder-decoder."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from assay.core.errors import ConfigError, DataError
from assay.nets.architectures import assemble, spec_from_json, spec_to_json, weights_of
from assay.nets.text.encoder_decoder import EncoderDecoderSpec
from assay.nets.text.pairs import END, START
from assay.nets.text.seq2seq import AlignedSpec, StatePassingSpec

TRANSFORMER = {"width": 8, "heads": 2, "hidden": 12, "encoders": 2, "decoders": 2}
NETS: dict[str, Callable[[], nn.Module]] = {
    "state-passing": StatePassingSpec(11, 5, 7, 2).build,
    "aligned": AlignedSpec(11, 5, 7).build,
    "post-norm": EncoderDecoderSpec(11, **TRANSFORMER).build,
    "pre-norm": EncoderDecoderSpec(11, **TRANSFORMER, norm_first=True).build,
}
every_net = pytest.mark.parametrize("name", NETS)

SOURCE = torch.tensor([[4, 5, 6, END, 0, 0], [7, END, 0, 0, 0, 0], [9, 8, 7, 6, 5, END]])
TARGET = torch.tensor([[START, 4, 5, 6], [START, 10, 9, 8], [START, 5, 5, 5]])


def built(name: str) -> nn.Module:
    torch.manual_seed(0)
    return NETS[name]().double().eval()


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def lstm_step(x: np.ndarray, h: np.ndarray, c: np.ndarray, weights: tuple[np.ndarray, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Hochreiter & Schmidhuber with a forget gate, gates in the order input, forget, cell, output."""
    into, over, bias_in, bias_over = weights
    i, f, g, o = np.split(into @ x + bias_in + over @ h + bias_over, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def lstm(
    xs: list[np.ndarray], h: np.ndarray, c: np.ndarray, weights: tuple[np.ndarray, ...]
) -> list[tuple[np.ndarray, np.ndarray]]:
    states = []
    for x in xs:
        h, c = lstm_step(x, h, c, weights)
        states.append((h, c))
    return states


def of_layer(layer: nn.Module, suffix: str = "") -> tuple[np.ndarray, ...]:
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    return tuple(getattr(layer, name + suffix).detach().numpy() for name in names)


def test_state_passing_is_two_lstms_in_a_row() -> None:
    torch.manual_seed(1)
    net = StatePassingSpec(11, 5, 7, 1).build().double().eval()
    table, out = net.table.weight.detach().numpy(), net.out
    with torch.no_grad():
        found = net(SOURCE, TARGET).numpy()
    for row, length in enumerate((4, 2, 6)):
        read = lstm([table[t] for t in SOURCE[row, :length]], np.zeros(7), np.zeros(7), of_layer(net.encoder, "_l0"))
        said = lstm([table[t] for t in TARGET[row]], *read[-1], of_layer(net.decoder, "_l0"))
        expected = np.stack([out.weight.detach().numpy() @ h + out.bias.detach().numpy() for h, _ in said])
        assert found[row] == pytest.approx(expected, abs=1e-12)


def test_the_aligned_net_is_the_formulas_of_bahdanau_with_an_lstm() -> None:
    torch.manual_seed(1)
    net = AlignedSpec(11, 5, 7).build().double().eval()
    weights = {name: value.numpy() for name, value in net.state_dict().items()}
    table = weights["table.weight"]
    with torch.no_grad():
        found, alignment = net(SOURCE, TARGET).numpy(), net.alignment(SOURCE, TARGET).numpy()
    for row, length in enumerate((4, 2, 6)):
        xs = [table[t] for t in SOURCE[row, :length]]
        forth = lstm(xs, np.zeros(7), np.zeros(7), of_layer(net.encoder, "_l0"))
        back = lstm(xs[::-1], np.zeros(7), np.zeros(7), of_layer(net.encoder, "_l0_reverse"))
        memory = np.stack([np.concatenate([h, g]) for (h, _), (g, _) in zip(forth, back[::-1], strict=True)])
        ends = [np.concatenate([forth[-1][part], back[-1][part]]) for part in (0, 1)]
        s = np.tanh(weights["first_hidden.weight"] @ ends[0] + weights["first_hidden.bias"])
        c = weights["first_cell.weight"] @ ends[1] + weights["first_cell.bias"]
        for place, token in enumerate(TARGET[row]):
            energies = np.tanh(weights["attention.of_state.weight"] @ s + memory @ weights["attention.of_memory.weight"].T)
            energies = energies @ weights["attention.score.weight"][0]
            shares = np.exp(energies) / np.exp(energies).sum()
            context = shares @ memory
            s, c = lstm_step(np.concatenate([table[token], context]), s, c, of_layer(net.cell))
            mixed = np.concatenate([table[token], s, context])
            readout = np.tanh(weights["mix.weight"] @ mixed + weights["mix.bias"])
            assert alignment[row, place, :length] == pytest.approx(shares, abs=1e-12)
            assert (alignment[row, place, length:] == 0).all()
            assert found[row, place] == pytest.approx(weights["out.weight"] @ readout + weights["out.bias"], abs=1e-12)


@every_net
def test_token_by_token_gives_what_the_whole_answer_at_once_gives(name: str) -> None:
    net = built(name)
    with torch.no_grad():
        whole, state = net(SOURCE, TARGET), net.start(SOURCE)
        for place in range(TARGET.shape[1]):
            logits, state = net.step(TARGET[:, place], state)
            torch.testing.assert_close(logits, whole[:, place], rtol=0, atol=1e-12)


@every_net
def test_no_token_depends_on_a_later_one_on_padding_or_on_other_rows(name: str) -> None:
    net = built(name)
    with torch.no_grad():
        whole = net(SOURCE, TARGET)
        changed = TARGET.clone()
        changed[:, 2:] = 4
        torch.testing.assert_close(net(SOURCE, changed)[:, :2], whole[:, :2], rtol=0, atol=1e-12)
        assert (net(SOURCE, changed)[:, 2] != whole[:, 2]).any()
        for row, length in enumerate((4, 2, 6)):
            alone = net(SOURCE[row : row + 1, :length], TARGET[row : row + 1])
            torch.testing.assert_close(alone[0], whole[row], rtol=0, atol=1e-12)


@every_net
def test_every_part_of_the_net_learns(name: str) -> None:
    net = built(name).train()
    net(SOURCE, TARGET).square().sum().backward()
    assert all(weight.grad is not None and (weight.grad != 0).any() for weight in net.parameters())


@pytest.mark.parametrize("name", ["aligned", "post-norm", "pre-norm"])
def test_an_alignment_shares_each_answer_token_among_the_source_tokens_that_are_there(name: str) -> None:
    with torch.no_grad():
        found = built(name).alignment(SOURCE, TARGET)
    assert found.shape == (3, 4, 6)
    torch.testing.assert_close(found.sum(dim=2), torch.ones(3, 4, dtype=torch.float64))
    assert (found[SOURCE[:, None].expand(3, 4, 6) == 0] == 0).all()


@pytest.mark.parametrize(
    ("architecture", "spec"),
    [
        ("seq2seq-lstm", StatePassingSpec(11, 5, 7, 2)),
        ("seq2seq-attention", AlignedSpec(11, 5, 7)),
        ("seq2seq-transformer", EncoderDecoderSpec(11, **TRANSFORMER, norm_first=True)),
    ],
)
def test_a_net_is_built_again_from_its_settings_and_arrays(
    architecture: str, spec: StatePassingSpec | AlignedSpec | EncoderDecoderSpec
) -> None:
    torch.manual_seed(0)
    net = spec.build().eval()
    again = spec_from_json(architecture, spec_to_json(spec))
    assert again == spec
    with torch.no_grad():
        found = assemble(again, weights_of(net))(again.tensor(SOURCE.numpy()), TARGET)
        torch.testing.assert_close(found, net.double()(SOURCE, TARGET))


def test_settings_that_cannot_be_are_one_clear_line() -> None:
    for impossible in (
        lambda: StatePassingSpec(3),
        lambda: StatePassingSpec(11, layers=0),
        lambda: AlignedSpec(11, dropout=1.0),
        lambda: EncoderDecoderSpec(11, width=10, heads=3),
        lambda: EncoderDecoderSpec(11, encoders=0),
    ):
        with pytest.raises(ConfigError):
            impossible()


def test_numbers_without_a_vector_are_read_as_the_unknown_token_and_other_forms_are_refused() -> None:
    spec = AlignedSpec(11)
    assert spec.tensor(np.array([[4, 99, -3, 3]])).tolist() == [[4, 1, 1, 3]]
    for wrong in (np.zeros((2, 0), int), np.zeros(3, int), np.zeros((2, 2))):
        with pytest.raises(DataError, match="integer token numbers"):
            spec.tensor(wrong)
