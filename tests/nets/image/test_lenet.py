"""LeNet-5 in both forms: layer by layer as it was published, and against plain calls."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from assay.nets.image.costs import parameters_of
from assay.nets.image.lenet import READS, LeNet5, LeNet1998
from assay.nets.image.registry import NETWORKS
from assay.nets.seeding import isolated


def drawn(rows: int, size: int = 32) -> Tensor:
    return torch.randn(rows, 1, size, size, generator=torch.Generator().manual_seed(0))


def published(outputs: int = 10) -> LeNet1998:
    with isolated(3):
        return LeNet1998(outputs, 1, 32)


def test_the_layers_of_todays_form_have_their_parameters() -> None:
    layers = [layer for layer in LeNet5(10, 1, 32).modules() if isinstance(layer, (nn.Conv2d, nn.Linear))]
    assert [parameters_of(layer) for layer in layers] == [156, 2416, 48_120, 10_164, 850]


def test_todays_form_gives_what_plain_calls_give() -> None:
    with isolated(0):
        net = LeNet5(10, 1, 32, "tanh")
    w = dict(net.named_parameters())
    x = drawn(3)
    given = net(x)
    x = functional.avg_pool2d(torch.tanh(functional.conv2d(x, w["features.0.weight"], w["features.0.bias"])), 2)
    x = functional.avg_pool2d(torch.tanh(functional.conv2d(x, w["features.3.weight"], w["features.3.bias"])), 2)
    x = torch.tanh(x.reshape(3, 400) @ w["classifier.1.weight"].T + w["classifier.1.bias"])
    x = torch.tanh(x @ w["classifier.3.weight"].T + w["classifier.3.bias"])
    torch.testing.assert_close(given, x @ w["classifier.5.weight"].T + w["classifier.5.bias"])


def test_the_layers_of_1998_have_the_papers_parameters_and_the_output_layer_has_none() -> None:
    net = published()
    found = {name: parameters_of(layer) for name, layer in net.named_children()}
    assert found == {"c1": 156, "s2": 12, "c3": 1516, "s4": 32, "c5": 48_120, "f6": 10_164, "output": 0}


def test_the_table_of_c3_is_table_1_of_the_paper() -> None:
    """A row a map of S2, a column a map of C3, an X where the second reads the first."""
    table = [
        "X...XXX..XXXX.XX",
        "XX...XXX..XXXX.X",
        "XXX...XXX..X.XXX",
        ".XXX..XXXX..X.XX",
        "..XXX..XXXX.XX.X",
        "...XXX..XXXX.XXX",
    ]
    assert [[place for place in range(6) if table[place][number] == "X"] for number in range(16)] == [
        sorted(reads) for reads in READS
    ]


def test_c3_is_a_convolution_whose_other_weights_are_nought() -> None:
    layer = published().c3
    whole = torch.zeros(16, 6, 5, 5)
    parts = [(weight, bias) for part in layer.parts for weight, bias in zip(part.weight, part.bias, strict=True)]
    for number, (reads, (weight, _)) in enumerate(zip(READS, parts, strict=True)):
        for place, kernel in zip(reads, weight, strict=True):
            whole[number, place] = kernel.detach()
    maps = torch.randn(2, 6, 14, 14, generator=torch.Generator().manual_seed(1))
    expected = functional.conv2d(maps, whole, torch.stack([bias for _, bias in parts]))
    torch.testing.assert_close(layer(maps), expected)


def test_the_form_of_1998_gives_what_plain_arithmetic_gives() -> None:
    net = published().double()

    def squash(a: np.ndarray) -> np.ndarray:
        return 1.7159 * np.tanh(2 * a / 3)

    def pooled(maps: np.ndarray, layer: nn.Module) -> np.ndarray:
        n, c, h, w = maps.shape
        total = maps.reshape(n, c, h // 2, 2, w // 2, 2).sum(axis=(3, 5))
        coefficient, bias = (value.detach().numpy() for value in layer.parameters())
        return squash(total * coefficient + bias)

    x = drawn(4).double()
    s2 = pooled(squash(net.c1(x).detach().numpy()), net.s2)
    s4 = pooled(squash(net.c3(torch.from_numpy(s2)).detach().numpy()), net.s4)
    c5 = squash(s4.reshape(4, 400) @ net.c5.weight.detach().numpy().reshape(120, 400).T + net.c5.bias.detach().numpy())
    f6 = squash(c5 @ net.f6.weight.detach().numpy().T + net.f6.bias.detach().numpy())
    far = [[((row - code) ** 2).sum() for code in net.output.codes.numpy()] for row in f6]
    np.testing.assert_allclose(net(x).detach().numpy(), -np.array(far), rtol=1e-10)


def test_an_output_is_highest_for_the_class_whose_code_it_is_and_one_logit_is_the_difference_of_two() -> None:
    many, one = published(10).output, published(1).output
    assert torch.equal(one.codes, many.codes[:2])
    assert set(many.codes.unique().tolist()) == {-1.0, 1.0}
    assert torch.equal(many(many.codes).argmax(dim=1), torch.arange(10))
    x = torch.randn(5, 84, generator=torch.Generator().manual_seed(2))
    both = many(x)
    torch.testing.assert_close(one(x), both[:, 1:2] - both[:, :1])


def test_codes_are_as_far_from_each_other_as_drawn_ones_are_and_not_trained() -> None:
    codes = published(200).output.codes
    apart = (codes[:, None] != codes).sum(dim=2)[~torch.eye(200, dtype=torch.bool)]
    assert float(apart.double().mean()) == pytest.approx(42, abs=0.5)
    assert int(apart.min()) >= 20
    assert [name for name, _ in published().named_parameters() if name.startswith("output")] == []


def test_first_weights_of_1998_end_at_2_4_over_the_inputs_of_their_unit() -> None:
    net = published()
    ends = {"c1": 25, "c5": 400, "f6": 120, "s2": 4, "s4": 4, "c3.parts.0": 75, "c3.parts.1": 100, "c3.parts.2": 150}
    for name, inputs in ends.items():
        for value in net.get_submodule(name).parameters():
            assert float(value.detach().abs().max()) <= 2.4 / inputs
    assert float(net.c5.weight.detach().abs().max()) > 0.999 * 2.4 / 400


@pytest.mark.parametrize("name", ["lenet5", "lenet5-1998"])
@pytest.mark.parametrize("size", [16, 28, 47, 64])
def test_both_forms_take_other_sizes_from_16_on(name: str, size: int) -> None:
    build = NETWORKS.get(name).build
    with torch.device("meta"):
        assert build(3, 1, size)(torch.empty(2, 1, size, size)).shape == (2, 3)


def test_of_15_pixels_the_second_pooling_leaves_none() -> None:
    features = LeNet5(3, 1, 16).features
    assert features(torch.empty(1, 1, 16, 16)).shape == (1, 16, 1, 1)
    with pytest.raises(RuntimeError, match="too small"):
        features(torch.empty(1, 1, 15, 15))
