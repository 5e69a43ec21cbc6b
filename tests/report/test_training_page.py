"""The page of a training as a document: what stands on it, that nothing leaves it, that hostile names stay text."""

import dataclasses
import re
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from tests.report.test_report_page import Page
from tests.report.training_records import bowl, inside

from assay.nets.inside.graph import Edge, Graph, Node, Numbers
from assay.nets.inside.record import Layer
from assay.nets.inside.sign import Sign
from assay.nets.inside.views import Activations, Landscape, LayerActivations
from assay.report.training_page import CONTENTS, TrainingReport, render_training, write_training_page

SIGN = Sign("vanishing", "layers.0", 5, "Vanishing gradients: layers.0 gets 1e-08 (since step 5); use ReLU.")


def graph():
    one = Numbers((1,), 2.0, (2.0,))
    nodes = (
        Node("x", "input", "", "", one, None),
        Node("w", "parameter", "", "", one, one),
        Node("out", "operation", "linear", "x·w", one, one),
        Node("L", "loss", "squared error", "(out - y)²", one, one),
    )
    edges = (Edge("x", "out", one, None), Edge("w", "out", one, one), Edge("out", "L", one, one))
    return Graph(nodes, edges, 2.0)


def report(**changes):
    rng = np.random.default_rng(0)
    layers = (
        LayerActivations("features", "ReLU", rng.random((2, 3, 8, 8)).astype(np.float32), 4),
        LayerActivations("out", "Linear", rng.normal(size=(2, 5)).astype(np.float32)),
    )
    fields = {
        "title": "loans.csv",
        "recipe": "mlp",
        "about": "neural network",
        "target": "denied",
        "inside": dataclasses.replace(inside(), chance=2.3),
        "signs": (SIGN,),
        "landscape": Landscape(*bowl(), rows=100, seed=0),
        "activations": Activations(layers, ("row 3: no", "row 9: yes")),
        "graph": graph(),
        "provenance": {"Command": "assay train-report loans.csv", "Versions": {"assay": "0.1.0"}, "Seed": 0},
    }
    return TrainingReport(**{**fields, **changes})


@cache
def usual():
    """The page of ``report()``, rendered once."""
    return render_training(report())


def test_the_document_is_whole_loads_nothing_and_holds_no_script():
    text = usual()
    page = Page(text)
    assert page.unbalanced == []
    assert page.stack == []
    assert not {"script", "img", "iframe", "object", "link", "form"} & {tag for tag, _ in page.tags}
    links = [value for _, attributes in page.tags for name, value in attributes.items() if name in ("href", "src", "action")]
    assert all(link.startswith("#") for link in links)
    assert "http://" not in text
    assert "https://" not in text
    assert "@import" not in text
    pictures = "".join(re.findall(r"<svg.*?</svg>", text, flags=re.S))
    assert not re.search(r"#[0-9a-fA-F]{6}\b", pictures)


def test_ids_are_unique_links_arrive_pictures_speak_and_no_heading_is_skipped():
    text = usual()
    page = Page(text)
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    aims = [a["href"][1:] for _, a in page.tags if "href" in a] + re.findall(r"url\(#([^)]+)\)", text)
    assert set(aims) <= set(ids)
    for picture in page.all("svg"):
        if picture.get("aria-hidden") != "true":
            assert set(picture["aria-labelledby"].split()) <= set(ids)
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert len(page.all("table")) == len(page.all("caption")) == 1


def test_a_wide_picture_is_scrolled_and_says_how_wide_it_is_for_its_text_to_be_read():
    sized = re.findall(r'<div class="scroll"[^>]*><svg style="--inches:([\d.]+)" viewBox="0 0 ([\d.]+) ', usual())
    assert len(sized) == 3  # the graph and two layers
    for inches, units in sized:
        assert float(inches) * 72 == pytest.approx(float(units), abs=0.5)
    assert "&lt;svg" not in usual()


def test_warnings_stand_before_everything_that_is_drawn():
    text = usual()
    assert "1 thing looks wrong." in text
    assert text.index(SIGN.sentence) < text.index('id="losses"')
    healthy = Page(render_training(report(signs=(), landscape=None, activations=None, graph=None))).text
    assert "Nothing in this training looks wrong." in healthy
    assert "None: no vanishing" in healthy


def test_the_headline_is_the_validation_loss_of_the_epoch_that_is_kept():
    content = report()
    page = Page(usual())
    assert content.inside.best_epoch == 3
    assert "Validation loss of epoch 4 (lower is better)0.800" in page.text.replace(") 0", ")0")
    assert "One constant answer for every row has 2.300." in page.text
    assert "assay run measures" in page.text


def test_without_validation_rows_it_is_the_training_loss_of_the_last_epoch():
    page = Page(render_training(report(inside=inside(validation_loss=np.full(4, np.nan)))))
    assert "Training loss of epoch 4" in page.text
    assert "no rows were set apart" in page.text
    assert "constant answer" not in page.text.split("How to read this")[1].split("Layers")[0]


def test_the_table_of_layers_has_every_layer_with_its_numbers():
    dead = np.full((3, 20), np.nan)
    dead[1] = 0.25
    weights = np.full((3, 20), np.nan)
    weights[0], weights[2] = np.linspace(2, 3, 20), np.linspace(1e-5, 2e-5, 20)
    layers = (Layer("first", "Linear", 1200, True), Layer("act", "ReLU", 0, False), Layer("", "Linear", 10, True))
    text = render_training(report(inside=dataclasses.replace(inside(), weights=weights, dead=dead, layers=layers)))
    table = Page(re.search(r'<table class="layers">.*?</table>', text, flags=re.S)[0])
    said = "|".join(table.texts)
    assert "1\u202f200" in said
    assert "2.000 → 3.000" in said
    assert "10⁻⁵ → 2·10⁻⁵" in said
    assert "25.0 % dead" in said
    assert "the net" in said


def test_a_failed_training_gives_a_page_of_what_was_seen():
    seen = dataclasses.replace(inside(epochs=0), activations=np.full((3, 20), np.inf))
    content = report(inside=seen, failure="the loss was nan in batch 3.", landscape=None, activations=None, graph=None)
    page = Page(render_training(content))
    assert page.unbalanced == []
    assert "The training failed. The loss was nan in batch 3." in page.text
    assert "It ended before its first epoch was done." in page.text
    assert "No epoch was finished." in page.text
    anchors = {attributes.get("id") for _, attributes in page.tags}
    assert not anchors & {"graph", "landscape", "activations"}
    assert "20 of 96 steps" in page.text


def test_every_section_is_in_the_contents():
    anchors = {attributes.get("id") for _, attributes in Page(usual()).tags}
    assert {anchor for anchor, _ in CONTENTS} <= anchors


def test_equal_content_gives_equal_bytes(tmp_path):
    write_training_page(report(), tmp_path / "a.html")
    assert (tmp_path / "a.html").read_bytes() == usual().encode()


def test_hostile_names_are_text_everywhere(hostile_text):
    layers = (Layer(hostile_text, "Linear", 3, True), *inside().layers[1:])
    content = report(
        title=hostile_text,
        target=hostile_text,
        failure=hostile_text,
        inside=dataclasses.replace(inside(), layers=layers),
        signs=(dataclasses.replace(SIGN, sentence=hostile_text),),
        activations=Activations((LayerActivations(hostile_text, "ReLU", np.ones((1, 2), dtype=np.float32)),), (hostile_text,)),
        provenance={"Command": hostile_text, hostile_text: [hostile_text]},
    )
    text = render_training(content)
    page = Page(text)
    assert page.unbalanced == []
    assert page.stack == []
    assert not {"script", "img"} & {tag for tag, _ in page.tags}
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    assert "<img" not in text
    assert "\x00" not in text
    assert page.text.count("<img src=x onerror=alert(1)>") > 10


@pytest.mark.parametrize("layers", [1, 30])
def test_few_and_many_layers_make_a_page(layers):
    many = tuple(LayerActivations(f"l{place}", "ReLU", np.ones((1, 2), dtype=np.float32)) for place in range(layers))
    content = report(inside=inside(layers=layers), activations=Activations(many, ("row 1: no",)))
    text = render_training(content)
    assert Page(text).unbalanced == []
    assert len(text) < 600_000
