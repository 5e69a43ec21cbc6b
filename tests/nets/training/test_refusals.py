"""What cannot be trained is refused in one sentence: too large a batch, codes without an output, a device that is not there."""

import json

import pytest
import torch
from tests.nets.training.trainings import Kept, bytes_of, fit, net, plain, refused, rows, smooth_net
from torch import nn
from torch.nn import functional

from assay.core.errors import ConfigError, DataError
from assay.nets.losses.binary import BinaryCrossEntropy
from assay.nets.losses.categorical import CrossEntropy
from assay.nets.losses.deferred import Deferred
from assay.nets.losses.focal import Focal
from assay.nets.losses.members import PerMember
from assay.nets.losses.mse import SquaredError
from assay.nets.losses.ordinal import Ordinal
from assay.nets.losses.posterior import LogLoss
from assay.nets.settings import Checkpoints, LayerGroup, Run
from assay.nets.training.checkpoint import NAME
from assay.nets.training.examples import Examples
from assay.nets.training.loop import train
from assay.nets.training.work import Objective, Validation, Work, supervised


class Small(nn.Module):
    """A net on a device with room for so many rows."""

    def __init__(self, room, error):
        super().__init__()
        self.layer, self.room, self.error = nn.Linear(4, 3), room, error

    def forward(self, x):
        if len(x) > self.room:
            raise self.error
        return self.layer(x)


SHORT = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
    RuntimeError(
        "[enforce fail at alloc_cpu.cpp:119] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."
    ),
    RuntimeError("MPS backend out of memory (MPS allocated: 1 GB)"),
]


@pytest.mark.parametrize("error", SHORT, ids=["cuda", "cpu", "mps"])
def test_a_batch_that_does_not_fit_names_one_that_does(error):
    said, begun = refused(
        rows(),
        plain(batch_size=48),
        match="a batch of 48 rows does not fit into the memory of 'cpu'; 6 rows do",
        model=Small(11, error),
    )
    assert said.endswith("Use batch_size=6, with accumulate=8 for steps of the same size.")
    assert begun == 1
    model = Small(11, error)
    settings = plain(batch_size=6, accumulate=8)
    assert fit(model, rows(), settings).stopped == "epochs"


def test_steps_of_the_same_size_count_what_was_accumulated_already():
    said, _ = refused(rows(), plain(batch_size=24, accumulate=2), match="a batch of 24 rows", model=Small(12, SHORT[0]))
    assert "Use batch_size=12, with accumulate=4 " in said


def test_a_net_that_does_not_fit_with_one_row_is_said_to_be_too_large():
    refused(rows(), match="no smaller one was found that does", model=Small(0, SHORT[0]))


def test_the_allocators_own_words_are_understood():
    class Greedy(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(4, 3)

        def forward(self, x):
            return self.layer(x) + (torch.empty(2**60 // 4).sum() if len(x) > 4 else 0)

    refused(rows(), plain(batch_size=16), match="a batch of 16 rows does not fit .*; 4 rows do", model=Greedy())


def test_another_error_of_the_net_is_not_taken_for_a_lack_of_memory():
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        fit(smooth_net(inputs=5), rows(), plain())


def test_the_last_good_checkpoint_is_kept_and_training_goes_on_from_it(tmp_path):
    run, whole = Run(checkpoints=Checkpoints(tmp_path, 0.0)), fit(smooth_net(), rows(), plain())
    for fault in (float("nan"), float("inf"), "memory"):
        calls = []

        def loss(output, target, fault=fault, calls=calls):
            calls.append(0)
            if len(calls) == 2:
                if fault == "memory":
                    raise SHORT[0]
                return functional.cross_entropy(output, target, reduction="none") * fault
            return functional.cross_entropy(output, target, reduction="none")

        with pytest.raises(ConfigError):
            fit(smooth_net(), rows(), plain(), loss=loss, run=run)
    kept = json.loads((tmp_path / NAME).read_text())["progress"]
    assert (kept["epoch"], kept["batches"]) == (1, 0)
    assert bytes_of(fit(smooth_net(), rows(), plain(), run=run).model) == bytes_of(whole.model)


def test_a_batch_above_the_rows_is_refused():
    with pytest.raises(ConfigError, match="batch_size=64 is above the 48 training rows"):
        fit(net(), rows(48), plain(batch_size=64))


@pytest.mark.parametrize(
    ("loss", "outputs", "code", "known"),
    [
        (CrossEntropy(), 3, 3, "0 to 2"),
        (BinaryCrossEntropy(), 1, 2, "0 to 1"),
        (Focal(), 3, 3, "0 to 2"),
        (Focal(), 1, 2, "0 to 1"),
        (Ordinal(), 3, 4, "0 to 3"),
        (Deferred(CrossEntropy(), Focal()), 3, 3, "0 to 2"),
    ],
)
@pytest.mark.parametrize("where", ["training", "validation"])
def test_a_class_code_without_an_output_is_refused(loss, outputs, code, known, where):
    good, bad = rows(classes=2), rows(classes=2)
    bad.target[17] = code
    first, held = (bad, good) if where == "training" else (good, bad)
    with pytest.raises(
        DataError,
        match=f"the {where} rows hold the class code {code}, and a net of {outputs} outputs? knows the codes {known} only",
    ):
        fit(smooth_net(outputs=outputs), first, plain(), loss=loss, validation=Validation(held, loss))
    bad.target[17] = code - 1
    fit(smooth_net(outputs=outputs), first, plain(epochs=1), loss=loss, validation=Validation(held, loss))


def test_a_class_code_without_an_output_is_refused_for_nets_of_members_too():
    class Members(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(4, 6)

        def forward(self, x):
            return self.layer(x).view(-1, 2, 3)

    loss = PerMember(CrossEntropy())
    bad = rows(classes=4)
    with pytest.raises(DataError, match="validation rows hold the class code 3, and a net of 3 outputs"):
        fit(Members(), rows(classes=3), plain(), loss=loss, validation=Validation(bad, LogLoss(loss)))
    with pytest.raises(DataError, match="training rows hold the class code 3"):
        fit(Members(), bad, plain(), loss=loss)


def test_whole_numbers_as_values_are_no_class_codes():
    examples = rows(48)
    trained = fit(
        smooth_net(outputs=1), Examples(examples.inputs, examples.target + 40), plain(learning_rate=1e-3), loss=SquaredError()
    )
    assert trained.history[-1].train_loss < trained.history[0].train_loss


def test_negative_class_codes_are_refused():
    examples = rows()
    examples.target[:2] = -100
    with pytest.raises(DataError, match="2 of the 48 training rows have a negative class code"):
        supervised(examples, CrossEntropy())


def test_parts_of_different_lengths_are_refused():
    examples = rows()
    with pytest.raises(DataError, match="48 targets, but inputs and weights of 47, 48 rows"):
        supervised(Examples((examples.inputs[0][:47],), examples.target, torch.ones(48)), CrossEntropy())


def test_a_source_that_gives_less_than_it_promised_is_refused():
    usual = supervised(rows(), CrossEntropy())

    class Short:
        rows = 48

        def count(self, batch_size):
            return 5

        def epoch(self, *where):
            yield from usual.batches.epoch(*where)

    with pytest.raises(ConfigError, match="gave 3 in epoch 1 and had promised 5"):
        train(net(), Work(Short(), usual.objectives), plain(), seed=0)


def test_a_batch_without_rows_is_refused():
    usual = supervised(rows(), CrossEntropy())

    class Empty:
        rows = 48

        def count(self, batch_size):
            return 1

        def epoch(self, *where):
            yield rows(48).take(torch.arange(0))

    with pytest.raises(ConfigError, match="a batch without rows"):
        train(net(), Work(Empty(), usual.objectives), plain(), seed=0)


def test_a_work_without_objectives_is_refused():
    with pytest.raises(ConfigError, match="needs an objective"):
        Work(supervised(rows(), CrossEntropy()).batches, ())


@pytest.mark.parametrize("device", ["cud", "cuda:99", "processor"])
def test_a_device_that_is_not_there_is_refused(device):
    with pytest.raises(ConfigError, match=f"device='{device}' cannot be used here"):
        fit(net(), rows(), plain(), run=Run(device))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Run(threads=0),
        lambda: plain(learning_rate=float("inf")),
        lambda: plain(weight_decay=float("inf")),
        lambda: plain(l1=float("nan")),
        lambda: LayerGroup(prefix="a.", rate=float("inf")),
        lambda: LayerGroup(prefix="a.", thaw=-1),
        lambda: LayerGroup(prefix=""),
        lambda: Checkpoints("x", -1.0),
        lambda: plain(ema=1.0),
        lambda: plain(nesterov=True),
    ],
)
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(ConfigError):
        wrong()


@pytest.mark.parametrize("fault", ["loss", "memory", "watch", "interrupt"])
def test_generators_threads_hooks_and_gradients_come_back_after_any_fault(fault):
    model, drawn, threads = net(), torch.get_rng_state(), torch.get_num_threads()

    def loss(model, batch, generator):
        torch.rand(3)
        if fault == "memory":
            raise SHORT[0]
        if fault == "interrupt":
            raise KeyboardInterrupt
        return model(batch.inputs[0]).mean() * float("nan")

    usual = supervised(rows(), CrossEntropy(), watch=Kept())
    with pytest.raises((ConfigError, KeyboardInterrupt)):
        train(
            model,
            Work(usual.batches, (Objective(loss),)),
            plain(groups=(LayerGroup(prefix="0.", thaw=1),)),
            seed=0,
            run=Run(threads=threads + 1),
        )
    assert torch.equal(torch.get_rng_state(), drawn)
    assert torch.get_num_threads() == threads
    assert all(not module._forward_hooks for module in model.modules())
    assert all(parameter.requires_grad for parameter in model.parameters())
