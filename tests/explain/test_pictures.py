"""What is said of a model of pictures: which are looked at, by which model, and what is left out with its reason."""

import numpy as np
import pytest
from tests.explain.picture_models import held_of, net_of, pictures, plain_of, same, training_of

from assay.core.errors import ConfigError
from assay.explain.occlusion import occlusion
from assay.explain.picture_explanation import PictureExplanation, PictureSettings
from assay.explain.pictures import explain_pictures
from assay.nets.seeing.integrated import integrated_gradients
from assay.nets.seeing.scores import class_scores

BRIEF = PictureSettings(pictures=5, climbed=1, steps=3, near=3, points=32)
DATA = pictures(40, 8)


@pytest.fixture(scope="module")
def found() -> PictureExplanation:
    return explain_pictures(held_of(net_of(DATA), DATA), BRIEF, [training_of(DATA)])


def test_the_most_wrong_pictures_come_first_and_the_others_are_drawn(found: PictureExplanation) -> None:
    assert found.gallery is not None
    assert [look.why for look in found.looks] == ["most wrong"] * 3 + ["drawn"] * 2
    assert [look.row.unit for look in found.looks[:3]] == [one.unit for one in found.gallery.wrong[:3]]
    assert len({look.row.unit for look in found.looks}) == 5
    probability = net_of(DATA).predict(DATA.features)["probability"]
    loss = -np.log(probability[np.arange(40), DATA.target])
    loss[probability.argmax(axis=1) == DATA.target] = -1
    assert found.looks[0].row.unit == int(loss.argmax())
    assert found.right is not None
    assert found.right.value == pytest.approx((probability.argmax(axis=1) == DATA.target).mean())
    assert found.right.low is not None


def test_its_maps_are_those_of_the_answer_that_was_given(found: PictureExplanation) -> None:
    model = net_of(DATA).learner.net[1]
    look = found.looks[0]
    pixels = np.stack([look.pixels.transpose(2, 0, 1)])
    target = DATA.question.classes.index(look.row.said)
    values = integrated_gradients(model, pixels, np.array([target]), most_points=32).values[0].sum(axis=0)
    assert look.integrated == pytest.approx(values, abs=1e-6 * float(np.abs(values).max()))
    cover = pixels[0].mean(axis=(1, 2)).round()
    fall = occlusion(lambda some: class_scores(model, some)[:, target], pixels[0], window=8, stride=4, cover=cover)
    assert look.occluded == pytest.approx(fall, abs=1e-5)
    assert look.cam is not None
    assert look.cam.min() >= 0
    assert look.cam.shape == look.integrated.shape == (32, 32)


def test_the_nearest_training_picture_of_one_that_is_among_them_is_itself(found: PictureExplanation) -> None:
    for look in found.looks:
        assert look.near[0].unit == 100 + look.row.unit
        assert look.near[0].similarity == pytest.approx(1.0)
        assert look.near[0].label == look.row.truth
        assert same(look.near[0].pixels, look.pixels)
        assert [one.similarity for one in look.near] == sorted((one.similarity for one in look.near), reverse=True)
    assert found.training == "the pictures that were given"


def test_the_same_seed_gives_the_same_explanation_and_json_tells_it(found: PictureExplanation) -> None:
    again = explain_pictures(held_of(net_of(DATA), DATA), BRIEF, [training_of(DATA)])
    assert again.to_json() == found.to_json()
    assert all(same(one.cam, other.cam) for one, other in zip(found.looks, again.looks, strict=True))
    told = found.to_json()["pictures"][0]
    assert np.sum(told["occlusion"]["ninths"]) == pytest.approx(1.0)
    assert all(0 <= at <= 1 for at in told["integrated_gradients"]["centre"])
    assert abs(told["integrated_gradients"]["missed"]) < 0.2
    layers = [one.layer for one in found.maps]
    assert layers[-1] == found.layer
    assert layers[0] != found.layer


def test_a_row_that_is_asked_for_stands_first() -> None:
    settings = PictureSettings(pictures=1, climbed=0, near=0, row=17, layer="features.0", baseline="blurred", window=8, points=8)
    found = explain_pictures(held_of(net_of(DATA), DATA), settings)
    assert [(look.row.unit, look.why) for look in found.looks] == [(17, "asked")]
    assert (found.layer, found.baseline, found.training) == ("net.features.0", "blurred", "")


def test_pictures_without_a_truth_are_looked_at_all_the_same() -> None:
    found = explain_pictures(held_of(net_of(DATA), DATA, known=False), BRIEF)
    assert (found.gallery, found.right) == (None, None)
    assert [look.why for look in found.looks] == ["drawn"] * 5
    assert all(look.row.truth is None and look.row.loss is None for look in found.looks)
    assert any("kind" in reason for _, reason in found.left_out)


def test_two_classes_have_a_map_each_way() -> None:
    data = pictures(20, 3, classes=("no", "yes"))
    found = explain_pictures(held_of(net_of(data), data), BRIEF)
    assert all(look.integrated is not None and look.integrated.any() for look in found.looks)
    assert {look.row.said for look in found.looks} <= {"no", "yes"}


def test_a_recipe_without_a_net_is_asked_by_covering_alone() -> None:
    data = pictures(60, 4)
    found = explain_pictures(held_of(plain_of(data), data), BRIEF)
    assert all(look.cam is None and look.integrated is None for look in found.looks)
    assert all(look.occluded is not None and look.occluded.any() for look in found.looks)
    assert (found.layer, found.filters, found.maps, found.climbed) == ("", None, (), ())
    assert [reason for _, reason in found.left_out] == ["recipe 'logistic' is no net, so it has no gradients and no features"]


def test_occlusion_of_a_plain_recipe_points_where_the_class_is_told() -> None:
    data = pictures(300, 4)
    found = explain_pictures(held_of(plain_of(data), pictures(60, 5)), PictureSettings(pictures=16, window=4))
    marked = [np.maximum(look.occluded, 0) for look in found.looks if look.row.is_right and look.row.said != "nothing"]
    assert len(marked) > 3
    assert np.median([one[:7, :7].sum() / one.sum() for one in marked]) > 2 * 49 / 256


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        (PictureSettings(row=40), "row 40"),
        (PictureSettings(layer="layer9"), "layer9"),
        (PictureSettings(baseline="white"), "white"),
    ],
)
def test_what_there_is_not_is_refused(settings: PictureSettings, word: str) -> None:
    with pytest.raises(ConfigError, match=word):
        explain_pictures(held_of(net_of(DATA), DATA), settings)
