"""The critical-difference diagram: what stands on it, where, and that its bytes are equal from call to call."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from assay.measure.compare.ranks import not_separated
from assay.report.pictures.ranks import RankPicture, rank_diagram, rank_drawing, standalone

NAMES = ("boosting+class-weight", "boosting", "forest", "logistic", "baseline")
MEANS = (1.4, 2.0, 2.3, 4.4, 4.9)
GROUP = "stroke-width: 3.2"
"""The style of the bars of groups."""


def picture(names: tuple[str, ...] = NAMES, means: tuple[float, ...] = MEANS, critical: float = 1.2) -> RankPicture:
    return RankPicture(names, means, not_separated(means, critical), critical)


def drawn(given: RankPicture) -> str:
    return str(rank_diagram(rank_drawing(given, "ranks", "ROC AUC over 9 data sets"), given))


def spans(svg: str, style: str) -> list[tuple[float, float]]:
    """Left and right end of every line of that style."""
    found = []
    for path in ElementTree.fromstring(svg).iter("path"):
        if style in path.get("style", ""):
            across = [float(x) for x in re.findall(r"[ML] (-?[\d.]+)", path.get("d", ""))]
            found.append((min(across), max(across)))
    return found


def test_every_name_stands_there_with_its_mean_rank() -> None:
    texts = ["".join(text.itertext()) for text in ElementTree.fromstring(drawn(picture())).iter("text")]
    assert {"boosting+class-weight 1.40", "boosting 2.00", "forest 2.30", "4.40 logistic", "4.90 baseline"} < set(texts)
    assert "critical difference 1.20" in texts


def test_bars_lie_over_what_is_not_told_apart_and_nothing_else() -> None:
    assert len(spans(drawn(picture()), GROUP)) == 2
    assert spans(drawn(picture(critical=0.2)), GROUP) == []
    (left, right), (low, high) = sorted(spans(drawn(picture()), GROUP))
    assert right < low
    assert (right - left) / (high - low) == pytest.approx((2.3 - 1.4 + 0.1) / (4.9 - 4.4 + 0.1), rel=0.01)


def test_the_bar_of_the_critical_difference_is_on_the_scale_of_the_axis() -> None:
    svg = drawn(picture())
    critical = max(right - left for left, right in spans(svg, "stroke-width: 1.4"))
    ticks = {"".join(text.itertext()): float(text.get("x")) for text in ElementTree.fromstring(svg).iter("text")}
    assert critical == pytest.approx(1.2 * (ticks["5"] - ticks["1"]) / 4, rel=0.01)


def test_it_says_itself_aloud() -> None:
    root = ElementTree.fromstring(drawn(picture()))
    assert root.get("role") == "img"
    assert root.findtext("title") == "Mean ranks, ROC AUC over 9 data sets"
    assert "boosting+class-weight 1.40; boosting 2.00" in root.findtext("desc")


def test_equal_pictures_have_equal_bytes() -> None:
    given = picture()
    drawing = rank_drawing(given, "ranks", "ROC AUC")
    assert standalone(rank_diagram(drawing, given)) == standalone(rank_diagram(drawing, given))


def test_a_file_of_its_own_needs_no_page_around_it_and_embeds_no_font() -> None:
    given = picture()
    content = standalone(rank_diagram(rank_drawing(given, "ranks", "ROC AUC"), given))
    root = ElementTree.fromstring(content)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert b"var(" not in content
    assert b"@font-face" not in content
    assert b"base64" not in content
    assert len(content) < 10_000
    assert len(list(root.iter("{http://www.w3.org/2000/svg}text"))) == len(NAMES) + len(NAMES) + 1


@pytest.mark.parametrize("k", [2, 3, 20])
def test_any_number_of_candidates_is_drawn_inside_the_picture(k: int) -> None:
    means = tuple(1 + (k - 1) * place / (k - 1) for place in range(k))
    given = picture(tuple(f"recipe-{place}" for place in range(k)), means, critical=2.5)
    root = ElementTree.fromstring(drawn(given))
    width, height = (float(size) for size in root.get("viewBox").split()[2:])
    for text in root.iter("text"):
        x, y = float(text.get("x")), float(text.get("y"))
        assert 0 <= x <= width
        assert 0 <= y <= height
    rows = sorted(float(text.get("y")) for text in root.iter("text") if "".join(text.itertext()).startswith("recipe-"))
    assert all(below - above > 8 for above, below in pairwise(rows))


def test_a_name_is_text_and_never_markup(hostile_text: str) -> None:
    svg = drawn(picture((hostile_text, "b"), (1.2, 1.8)))
    root = ElementTree.fromstring(svg)
    assert [element.tag for element in root.iter() if element.tag in ("script", "img")] == []
    assert any("<script>alert(2)</script>" in "".join(text.itertext()) for text in root.iter("text"))
