"""What every net for tables must do, whatever columns it reads; taken up by name from the registry."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from assay.core.errors import BundleError, ConfigError, DataError
from assay.nets.architectures import ARCHITECTURES, assemble, spec_from_json, spec_to_json, weights_of
from assay.nets.seeding import isolated, threads


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Nets this small are slower on two, and equal bits need one."""
    with threads(1):
        yield


@dataclass(frozen=True)
class Case:
    """A net's name in the registry and small settings of it."""

    name: str
    settings: dict[str, Any]

    def spec(self, numbers: int = 3, levels: tuple[int, ...] = (4, 12), outputs: int = 1, **other: Any) -> Any:
        return ARCHITECTURES.get(self.name)(numbers, levels, outputs, **self.settings, **other)

    def __str__(self) -> str:
        return "-".join([self.name, *(str(value) for value in self.settings.values() if isinstance(value, str))])


CASES = [
    Case("mlp-plr", {"embedding": 4, "frequencies": 5, "hidden": (16, 8)}),
    Case("mlp-ple", {"embedding": 4, "bins": 6, "hidden": (16, 8)}),
    Case("entity-mlp", {"hidden": (16, 8)}),
    Case("resnet-mlp", {"width": 12}),
    Case("tabm", {"members": 3, "hidden": (16, 8), "embedding_width": 4, "bins": 6, "one_hot": 5}),
    Case("tabm", {"members": 3, "hidden": (16, 8), "embedding": "none", "variant": "mini"}),
    Case("ft-transformer", {"width": 8, "heads": 2}),
    Case("ft-transformer", {"width": 8, "heads": 2, "embedding": "piecewise", "bins": 6}),
]
COLUMNS = [(3, (4, 12)), (3, ()), (0, (4, 12)), (1, (1,))]
EVERY = pytest.mark.parametrize("case", CASES, ids=str)


def table(numbers: int, levels: tuple[int, ...], rows: int = 64, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    codes = [rng.permutation(np.arange(rows) % count) for count in levels]  # every level is there
    return np.column_stack([rng.normal(size=(rows, numbers)), *codes])


def built(spec: Any, matrix: np.ndarray, seed: int = 0) -> nn.Module:
    with isolated(seed):
        model: nn.Module = spec.build()
    model.learn(matrix)
    return model


def test_every_registered_net_for_tables_is_tried_here():
    registered = {name for name in ARCHITECTURES.names() if "nets.tabular." in ARCHITECTURES.target(name)}
    assert registered - {"mlp"} == {case.name for case in CASES}  # "mlp" reads any dense matrix, and has no columns


@EVERY
@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize(("numbers", "levels"), COLUMNS)
def test_outputs_have_their_form(case: Case, numbers: int, levels: tuple[int, ...], outputs: int):
    spec = case.spec(numbers, levels, outputs)
    matrix = table(numbers, levels)
    form = (64, 3, outputs) if case.name == "tabm" else (64, outputs)
    model = built(spec, matrix)
    assert spec.outputs == outputs
    assert model(spec.tensor(matrix).float()).shape == form
    assert model.eval()(spec.tensor(matrix[:1]).float()).shape == (1, *form[1:])
    assert model.eval()(spec.tensor(matrix[:0]).float()).shape == (0, *form[1:])


@EVERY
@pytest.mark.parametrize(("numbers", "levels"), COLUMNS)
def test_one_row_alone_is_the_row_in_a_batch(case: Case, numbers: int, levels: tuple[int, ...]):
    spec = case.spec(numbers, levels, 2)
    matrix = table(numbers, levels, rows=300)
    model = assemble(spec, weights_of(built(spec, matrix)))
    with torch.inference_mode():
        together = model(spec.tensor(matrix))
        alone = torch.cat([model(spec.tensor(matrix[[row]])) for row in range(0, 300, 37)])
        backwards = model(spec.tensor(matrix[::-1])).flip(0)
    torch.testing.assert_close(alone, together[::37], rtol=0, atol=1e-9)
    torch.testing.assert_close(backwards, together, rtol=0, atol=1e-9)


@EVERY
@pytest.mark.parametrize(("numbers", "levels"), COLUMNS)
def test_settings_and_weights_come_back_from_a_file(case: Case, numbers: int, levels: tuple[int, ...]):
    spec = case.spec(numbers, levels)
    matrix = table(numbers, levels)
    model = built(spec, matrix)
    model(spec.tensor(matrix).float())  # batch statistics move, where there are some
    back = spec_from_json(case.name, json.loads(json.dumps(spec_to_json(spec))))
    assert back == spec
    copied = assemble(back, weights_of(model))
    model.double().eval()
    with torch.inference_mode():
        assert torch.equal(copied(back.tensor(matrix)), model(spec.tensor(matrix)))


@EVERY
def test_weights_of_other_settings_are_refused(case: Case):
    weights = weights_of(case.spec(3, (4, 12)).build())
    with pytest.raises(BundleError):
        assemble(case.spec(3, (4, 13)), weights)


@EVERY
def test_gradients_reach_every_parameter(case: Case):
    spec = case.spec(3, (4, 12), 2)
    matrix = table(3, (4, 12), rows=500)
    model = built(spec, matrix).eval()  # without dropout
    model(spec.tensor(matrix).float()).square().sum().backward()
    dead = [name for name, value in model.named_parameters() if value.grad is None or not value.grad.abs().sum() > 0]
    assert dead == []


@EVERY
def test_first_weights_follow_torchs_global_generator_alone(case: Case):
    spec, matrix = case.spec(), table(3, (4, 12))
    one, same, other = (weights_of(built(spec, matrix, seed)) for seed in (0, 0, 1))
    assert all(np.array_equal(one[name], same[name]) for name in one)
    assert any(not np.array_equal(one[name], other[name]) for name in one)


@EVERY
def test_the_net_is_not_sure_of_anything_before_it_has_learnt(case: Case):
    spec, matrix = case.spec(), table(3, (4, 12), rows=300)
    logits = assemble(spec, weights_of(built(spec, matrix)))(spec.tensor(matrix)).detach()
    assert logits.abs().quantile(0.9) < 2.0


@EVERY
def test_a_matrix_of_other_columns_is_refused(case: Case):
    for columns in (4, 6):
        with pytest.raises(DataError, match=r"the net reads 5 columns"):
            case.spec().tensor(np.zeros((2, columns)))


@EVERY
@pytest.mark.parametrize(
    ("column", "value", "said"),
    [(0, np.nan, "column 0 .*nan"), (2, np.inf, "column 2 .*inf"), (3, 4, "column 3 .*code 4"), (4, -1, "column 4 .*code -1")],
)
def test_what_no_column_can_hold_is_refused_by_its_place(case: Case, column: int, value: float, said: str):
    matrix = table(3, (4, 12))
    matrix[5, column] = value
    with pytest.raises(DataError, match=said + ".* in row 5"):
        case.spec().tensor(matrix)


@EVERY
def test_columns_that_cannot_be_are_refused(case: Case):
    for numbers, levels, outputs in ((0, (), 1), (-1, (2,), 1), (2, (0,), 1), (2, (2**24 + 1,), 1), (2, (), 0)):
        with pytest.raises(ConfigError):
            case.spec(numbers, levels, outputs)


@EVERY
def test_settings_of_a_foreign_file_cannot_ask_for_endless_work(case: Case):
    good = spec_to_json(case.spec())
    names = {field.name for field in fields(ARCHITECTURES.get(case.name))}
    assert {"numbers", "levels", "outputs"} <= names
    huge = [name for name, value in good.items() if type(value) is int]
    assert len(huge) >= 3
    for name in huge:
        with pytest.raises(BundleError):
            spec_from_json(case.name, good | {name: 10**8})
    for name in (name for name, value in good.items() if isinstance(value, float)):
        with pytest.raises(BundleError):
            spec_from_json(case.name, good | {name: float("nan")})


@EVERY
@pytest.mark.parametrize(
    "kind", ["both", pytest.param("numbers", marks=pytest.mark.slow), pytest.param("categories", marks=pytest.mark.slow)]
)
def test_an_interaction_that_no_single_column_shows_is_learnt(case: Case, kind: str):
    """The sign of a product of two columns: each alone says nothing, and 400 rows are enough."""
    rng = np.random.default_rng(1)
    numbers = rng.uniform(-2, 2, size=(800, 2))
    codes = rng.integers(0, 6, size=(800, 2))
    sides = {"numbers": numbers, "categories": codes % 2 - 0.5, "both": np.column_stack([numbers[:, 0], codes[:, 0] % 2 - 0.5])}
    matrix = np.column_stack([numbers, codes])
    target = torch.from_numpy(sides[kind].prod(axis=1) > 0).float()
    roomy = {"width": 32} if "width" in case.settings else {"hidden": (32, 32)}
    spec = replace(case.spec(2, (6, 6)), **roomy)
    with isolated(0):
        model = spec.build()
        model.learn(matrix[:400])
        x = spec.tensor(matrix).float()
        optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
        for _ in range(250):
            rows = torch.randint(0, 400, (64,))
            logits = model(x[rows])[..., 0]
            wanted = target[rows] if logits.ndim == 1 else target[rows, None].expand_as(logits)
            optimizer.zero_grad()
            functional.binary_cross_entropy_with_logits(logits, wanted).backward()
            optimizer.step()
        with torch.inference_mode():
            logits = model.eval()(x[400:])[..., 0]
        score = logits.sigmoid() if logits.ndim == 1 else logits.sigmoid().mean(dim=1)
    assert ((score > 0.5) == target[400:].bool()).float().mean() > 0.9
