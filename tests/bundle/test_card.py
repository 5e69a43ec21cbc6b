"""The card and the verification."""

import copy
import subprocess
import sys
from dataclasses import replace

import pytest
from tests.bundle.models import CARD, model

from assay.bundle.card import markdown, text, verify
from assay.bundle.model import Model, read_manifest
from assay.cli.model import lines
from assay.core.errors import BundleError


def test_the_card_says_what_it_is_and_shows_names_as_text(tmp_path):
    model().save(tmp_path / "m.assay")
    page = markdown(read_manifest(tmp_path / "m.assay"))
    assert "<" not in page
    assert page.startswith("# loans \\*and\\* &lt;b&gt;more&lt;/b&gt;\n")
    for fact in (
        "- recipe: logistic",
        "- positive class: &lt;b&gt;yes&lt;/b&gt;, from a probability of 0.3 on",
        "| roc\\_auc | 0.91 | 0.87 | 0.94 | 0.95 | delong |",
        "- logistic against baseline by roc\\_auc: a better, difference 0.4 [0.3, 0.5]",
        "| &lt;img src=x onerror=alert(1)&gt; | category | 3 |",
        "- created: 2024-05-01T12:00:00Z",
    ):
        assert fact in page


@pytest.mark.parametrize(
    "card",
    [
        {},
        {"metrics": {"auc": None, "f1": {"value": None, "undefined": "one class"}}, "verdicts": ["as good"]},
        {"metrics": [], "verdicts": {}, "prior": [0.1, 0.9], "fingerprints": 3},
        {
            "verdicts": [
                {"a": "x", "b": "y", "metric": "m", "difference": {"value": 1.0, "low": 0.5, "high": 2.0}, "call": "a better"}
            ]
        },
    ],
)
def test_a_card_with_little_on_it_is_still_a_page(tmp_path, card):
    Model(model("baseline", "regression").fitted, None, card).save(tmp_path / "m")
    assert markdown(read_manifest(tmp_path / "m")).startswith("# baseline\n")


FULL = {
    **CARD,
    "metric": "roc_auc",
    "cross_validation": CARD["metrics"],
    "openings": 2,
    "seed": 0,
    "intended_use": {"question": "which of 2 classes", "stated": "a second look"},
    "data": {
        "source": "loans.csv",
        "rows": 500,
        "locked": 100,
        "learned_from": 400,
        "columns": {"number": 3},
        "groups": 7,
        "time": {"day": ["2023-01-01", "2024-05-14"]},
        "classes": {"no": {"rows": 300, "share": 0.75}},
    },
    "limits": ["It learned from 400 rows."],
    "warnings": [{"message": "a column is missing"}],
    "fairness": [
        {
            "column": "sex",
            "groups": [{"group": "a", "rows": 20, "base_rate": {"value": 0.5}, "rates": {"precision": {"value": 0.5}}}],
            "differences_tested": 5,
            "differences_shown": [{"what": "precision", "first": "a", "second": "b", "difference": {"value": 0.1}}],
            "correction": "Holm",
        },
        {"column": "town", "undefined": "one group"},
    ],
    "conformal": {"guarantee": "about", "notes": [], "coverage": [{"level": 0.9, "overall": {"value": 0.9}, "mean_size": 1.0}]},
}
WRONG = (None, True, -1, 1e300, "<b>text</b>", [], {}, [[[]]], {"<i>": {"<i>": []}}, [None, 3, {}], {"value": "x", "low": []})


def test_nothing_on_a_card_is_trusted(tmp_path):
    """A manifest vouches for its bytes, not for what somebody wrote: any JSON value may stand in any place."""
    Model(model("baseline").fitted, None, FULL).save(tmp_path / "m")
    whole = read_manifest(tmp_path / "m")
    assert "| a | 20 | 0.5 [, ] | 0.5 [, ] |" in markdown(whole)
    places = list(_places(FULL))
    assert len(places) > 70
    for place in places:
        for wrong in WRONG:
            card = copy.deepcopy(FULL)
            inner = card
            for key in place[:-1]:
                inner = inner[key]
            inner[place[-1]] = wrong
            manifest = replace(whole, card=card)
            page = markdown(manifest)
            assert "<" not in page
            assert page.startswith("# ")
            assert all(isinstance(line, str) for line in lines(manifest))


def _places(value, path=()):
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield (*path, key)
        yield from _places(value[key], (*path, key))


def test_markdown_of_a_value_is_one_line_that_means_itself():
    assert text("a|b\n# <x> [y](z) `w` &") == "a\\|b \\# &lt;x&gt; \\[y\\](z) \\`w\\` &amp;"


def test_verify_lists_what_it_checked_and_stops_at_what_is_wrong(tmp_path):
    model().save(tmp_path / "m")
    facts = verify(tmp_path / "m")
    assert facts[0].startswith("format 1, written by Assay")
    assert any("weights.safetensors" in fact and "SHA-256" in fact for fact in facts)
    assert "recipe logistic, 4 columns" in facts[-1]
    (tmp_path / "m" / "state.json").write_bytes(b"{}")
    with pytest.raises(BundleError, match=r"state\.json"):
        verify(tmp_path / "m")


def test_the_bundle_package_alone_loads_nothing_heavy_and_no_pickle_is_used():
    code = "import sys, assay.bundle; print([m for m in ('numpy', 'polars', 'torch', 'sklearn') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
