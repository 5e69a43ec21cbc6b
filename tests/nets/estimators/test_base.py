"""What all nets share: settings that are checked, nets that are reproducible, and their place in scikit-learn's tools."""

import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from tests.nets.estimators.simulations import ring

from assay.core.errors import AssayError
from assay.nets import EmbeddedMLPClassifier, MLPClassifier, MLPRegressor, ResNetClassifier, TabMClassifier
from assay.nets.estimators.errors import InputError, SettingError
from assay.nets.initialise import initialise
from assay.nets.tabular.mlp import MLPSpec

X, Y = ring(200, seed=0)
QUICK = {"hidden": (8,), "epochs": 4, "threads": 1, "random_state": 0}


def bytes_of(net: MLPClassifier) -> bytes:
    return b"".join(value.numpy().tobytes() for value in net.module_.state_dict().values())


@pytest.mark.parametrize("kind", [MLPClassifier, TabMClassifier])
def test_one_random_state_gives_the_same_bytes_and_another_one_others(kind):
    torch.manual_seed(1)
    first = kind(**QUICK).fit(X, Y)
    torch.manual_seed(2)
    assert bytes_of(kind(**QUICK).fit(X, Y)) == bytes_of(first)
    assert bytes_of(kind(**{**QUICK, "random_state": np.random.RandomState(0)}).fit(X, Y)) == bytes_of(first)
    assert bytes_of(kind(**{**QUICK, "random_state": 1}).fit(X, Y)) != bytes_of(first)


def test_no_random_state_gives_another_net_each_time():
    nets = [MLPClassifier(**{**QUICK, "random_state": None}).fit(X, Y) for _ in range(2)]
    assert bytes_of(nets[0]) != bytes_of(nets[1])


def test_training_leaves_torchs_own_randomness_and_threads_alone():
    threads = torch.get_num_threads()
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    MLPClassifier(**QUICK).fit(X, Y).predict(X)
    assert torch.rand(1) == expected
    assert torch.get_num_threads() == threads


def test_a_pickled_net_predicts_the_same_bytes():
    net = MLPClassifier(**QUICK).fit(X, Y)
    assert pickle.loads(pickle.dumps(net)).predict_proba(X).tobytes() == net.predict_proba(X).tobytes()  # noqa: S301


def test_what_is_fitted_is_kept_under_names_that_end_in_an_underscore():
    net = MLPClassifier(**QUICK).fit(X, Y)
    assert net.n_iter_ == len(net.history_) == 4
    losses = [epoch.validation_loss for epoch in net.history_]
    assert net.best_epoch_ == int(np.argmin(losses))
    assert not net.module_.training
    assert (net.n_features_in_, net.classes_.tolist()) == (2, [0, 1])


def test_a_net_in_a_pipeline_predicts_as_alone():
    net = MLPClassifier(**QUICK)
    scaled = StandardScaler().fit(X)
    together = make_pipeline(StandardScaler(), clone(net)).fit(X, Y)
    assert together.predict_proba(X).tobytes() == net.fit(scaled.transform(X), Y).predict_proba(scaled.transform(X)).tobytes()


def test_a_parameter_that_is_set_through_a_pipeline_is_the_one_that_is_trained_with():
    pipeline = make_pipeline(StandardScaler(), MLPClassifier(**QUICK)).set_params(mlpclassifier__hidden=(5, 3))
    assert pipeline.fit(X, Y)[-1].spec_.hidden == (5, 3)
    assert clone(pipeline)[-1].hidden == (5, 3)


def test_weights_reach_the_net_of_a_pipeline():
    weights = np.linspace(0.1, 2, 200)
    alone = MLPClassifier(**QUICK).fit(X, Y, sample_weight=weights)
    pipeline = make_pipeline(FunctionTransformer(), MLPClassifier(**QUICK)).fit(X, Y, mlpclassifier__sample_weight=weights)
    assert bytes_of(pipeline[-1]) == bytes_of(alone) != bytes_of(MLPClassifier(**QUICK).fit(X, Y))


def test_grid_search_ends_with_the_net_of_its_best_parameters():
    search = GridSearchCV(MLPClassifier(**QUICK), {"learning_rate": [1e-4, 3e-2], "hidden": [(4,), (8,)]}, cv=2).fit(X, Y)
    alone = MLPClassifier(**{**QUICK, **search.best_params_}).fit(X, Y)
    assert search.best_params_["learning_rate"] == 3e-2
    assert search.predict_proba(X).tobytes() == alone.predict_proba(X).tobytes()


def test_calibration_in_folds_holds_the_nets_of_these_folds():
    folds = StratifiedKFold(2)
    calibrated = CalibratedClassifierCV(MLPClassifier(**QUICK), cv=folds).fit(X, Y)
    for (train, _), inner in zip(folds.split(X, Y), calibrated.calibrated_classifiers_, strict=True):
        alone = MLPClassifier(**QUICK).fit(X[train], Y[train])
        assert inner.estimator.predict_proba(X).tobytes() == alone.predict_proba(X).tobytes()


def test_zero_first_weights_keep_hidden_neurons_identical():
    settings = {"hidden": (6,), "activation": "sigmoid", "dropout": 0.0, "epochs": 5, "threads": 1, "random_state": 0}
    first = dict(MLPClassifier(init="zeros", **settings).fit(X, Y).module_.named_parameters())["layers.0.weight"].detach().numpy()
    assert np.abs(first).min() > 0
    np.testing.assert_allclose(first, np.tile(first[:1], (6, 1)), rtol=1e-5)
    usual = dict(MLPClassifier(**settings).fit(X, Y).module_.named_parameters())["layers.0.weight"].detach().numpy()
    assert np.abs(usual - usual[0]).max() > 0.1


def test_a_scheme_of_first_weights_is_the_one_of_nets_initialise():
    net = MLPClassifier(init="orthogonal", hidden=(8, 8), learning_rate=1e-30, weight_decay=0.0, threads=1, epochs=1).fit(X, Y)
    weight = net.module_.layers[3].weight.detach()
    torch.testing.assert_close(weight @ weight.T, torch.eye(8, dtype=torch.float64), atol=1e-5, rtol=0)
    with torch.no_grad():
        model = MLPSpec(2, 1, (8, 8)).build()
        initialise(model, "relu", "orthogonal")
        made = model.layers[3].weight
        torch.testing.assert_close(made @ made.T, torch.eye(8), atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", [EmbeddedMLPClassifier, ResNetClassifier])
def test_other_nets_take_a_scheme_too(kind):
    assert bytes_of(kind(init="zeros", epochs=1, threads=1, random_state=0).fit(X[:60], Y[:60])) != bytes_of(
        kind(epochs=1, threads=1, random_state=0).fit(X[:60], Y[:60])
    )


def test_rows_of_weight_0_are_as_if_they_had_never_been_given():
    weights = np.ones(200)
    weights[::3] = 0
    kept = np.flatnonzero(weights)
    given = MLPClassifier(**QUICK).fit(X, Y, sample_weight=weights)
    assert bytes_of(given) == bytes_of(MLPClassifier(**QUICK).fit(X[kept], Y[kept]))


def test_without_validation_all_rows_train_for_all_epochs():
    net = MLPClassifier(**{**QUICK, "patience": 1}, validation_fraction=0).fit(X, Y)
    assert (net.n_iter_, net.best_epoch_) == (4, 3)
    assert all(epoch.validation_loss is None for epoch in net.history_)


def test_a_verbose_training_prints_a_line_an_epoch(capsys):
    MLPClassifier(verbose=True, **QUICK).fit(X, Y)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert lines[3].startswith("epoch 4: training loss 0.")
    assert ", validation loss 0." in lines[3]


def test_an_automatic_batch_size_leaves_a_small_table_twenty_steps_an_epoch():
    same = {**QUICK, "validation_fraction": 0}
    assert bytes_of(MLPClassifier(**same).fit(X, Y)) == bytes_of(MLPClassifier(**same, batch_size=10).fit(X, Y))


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"batch_size": 171}, "batch_size=171 is above the 170 rows"),
        ({"batch_size": "atuo"}, "did you mean 'auto'"),
        ({"batch_size": 2.5}, "whole number"),
        ({"batch_size": 0}, "batch_size=0"),
        ({"epochs": 0}, "epochs=0"),
        ({"epochs": 1.5}, "epochs=1.5 must be a whole number"),
        ({"learning_rate": -1.0}, "learning_rate=-1.0"),
        ({"learning_rate": "fast"}, "learning_rate='fast' must be a number"),
        ({"weight_decay": -0.1}, "weight_decay=-0.1"),
        ({"mixup": -1.0}, "mixup=-1.0"),
        ({"ema": 1.0}, "ema=1.0"),
        ({"threads": 0}, "threads=0"),
        ({"validation_fraction": 1.0}, "validation_fraction=1.0"),
        ({"optimizer": "adamm"}, "did you mean 'adam"),
        ({"schedule": "cosin"}, "did you mean 'cosine'"),
        ({"scaling": "quantiles"}, "did you mean 'quantile'"),
        ({"loss": "focl"}, "did you mean 'focal'"),
        ({"loss": "mse"}, "is for numbers"),
        ({"activation": "rellu"}, "did you mean 'relu'"),
        ({"init": "zeroes"}, "did you mean 'zeros'"),
        ({"hidden": 64}, "hidden=64 must be a tuple"),
        ({"hidden": (8, 2.5)}, "whole numbers"),
        ({"hidden": (0,)}, "at least 1"),
        ({"dropout": 1.0}, "dropout"),
        ({"label_smoothing": 1.0}, "label_smoothing=1.0"),
        ({"label_smoothing": 0.1, "loss": "focal"}, "label_smoothing"),
        ({"class_weight": "balancd"}, "did you mean 'balanced'"),
        ({"class_weight": {0: 1.0, 1: -1.0}}, "above 0"),
        ({"class_weight": {0: 1.0, 1: "much"}}, "above 0"),
        ({"class_weight": [1.0, 2.0]}, 'None, "balanced" or a dict'),
        ({"device": "gpu"}, "no device 'gpu'"),
        ({"device": None}, "device=None must be a text"),
        ({"optimizer": None}, "optimizer=None must be a text"),
        ({"scaling": 1}, "scaling=1 must be a text or None"),
        ({"dropout": "much"}, "dropout='much' must be a number"),
        ({"ema": "slow"}, "ema='slow' must be a number or None"),
        ({"patience": True}, "patience=True must be a whole number or None"),
        ({"optimizer": "sgd", "learning_rate": 1e30, "clip_norm": None}, "diverged; use a learning_rate below 1e"),
    ],
)
def test_a_setting_that_cannot_be_is_a_value_error_of_one_line(settings, match):
    with pytest.raises(SettingError, match=match) as caught:
        MLPClassifier(**{**QUICK, **settings}).fit(X, Y)
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, AssayError)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_a_device_that_is_not_there_is_named():
    with pytest.raises(SettingError, match="'cuda' is not on this machine; here: cpu"):
        MLPClassifier(**QUICK, device="cuda").fit(X, Y)


def test_mixup_refuses_codes_and_says_which_net_takes_it():
    codes = np.column_stack([X, Y])
    with pytest.raises(SettingError, match="MLPClassifier"):
        TabMClassifier(mixup=0.2, categorical_features=[2], threads=1).fit(codes, Y)
    assert MLPClassifier(**QUICK, mixup=0.2, categorical_features=[2]).fit(codes, Y).score(codes, Y) >= 0


def test_weights_of_0_everywhere_and_too_few_rows_are_refused():
    with pytest.raises(ValueError, match="at least one non-zero"):
        MLPRegressor(**QUICK).fit(X, Y, sample_weight=np.zeros(200))
    with pytest.raises(InputError, match="n_samples = 1"):
        MLPRegressor(**QUICK).fit(X[:1], Y[:1])
