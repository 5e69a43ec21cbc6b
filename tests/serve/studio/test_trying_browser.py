"""Trying a model in a browser: fields, sliders, pictures, drawings and texts move the numbers, which stay the model's."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.bundle.models import HOSTILE, table
from tests.serve.studio.tried_models import (
    bars,
    model_of_pictures,
    model_of_pixels,
    model_of_texts,
    open_studio,
    png,
    put,
    tried_model,
)

if TYPE_CHECKING:
    from tests.chromium import Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    runs = tmp_path_factory.mktemp("runs")
    models = {"loans": tried_model(), "texts": model_of_texts(), "scans": model_of_pictures(), "pixels": model_of_pixels()}
    for name, one in models.items():
        put(runs, name, one)
    with open_studio(runs) as address:
        yield address


def share(page: "Page", label: str) -> float:
    return float(page.ask(f"document.querySelector('[data-class=' + CSS.escape({json.dumps(label)}) + ']').dataset.value"))


def wait_for(page: "Page", label: str, value: float) -> None:
    """Until the page shows this probability."""
    where = f"document.querySelector('[data-class=' + CSS.escape({json.dumps(label)}) + ']')"
    page.wait(f"{where} !== null && Math.abs(Number({where}.dataset.value) - {value!r}) < 1e-12", 20)


def row_of(page: "Page") -> dict[str, str]:
    """The cells of the form as they are."""
    pairs = page.ask("[...new FormData(document.getElementById('row'))].filter(pair => pair[0].startsWith('c.'))")
    return {name[2:]: value for name, value in pairs}


def loans_of(cells: dict[str, str]) -> dict[str, object]:
    return {**cells, "a b": float(cells["a b"]), "$array": float(cells["$array"])}


YES = "<b>yes</b>"


def test_a_changed_field_changes_the_answer_and_the_address(chromium: "Page", studio: str) -> None:
    chromium.goto(f"{studio}/try/loans")
    before = share(chromium, YES)
    chromium.type("#f0", "1.25")
    chromium.type("#f1", "<south>")
    row = loans_of(row_of(chromium))
    expected = tried_model().predict([row])["probability"][0]
    assert (row["a b"], row[HOSTILE]) == (1.25, "<south>")
    wait_for(chromium, YES, expected)
    assert expected != before
    assert chromium.ask("document.getElementById('s-f0').value") == "1.25"
    chromium.wait("location.search.includes('c.a+b=1.25')")
    chromium.goto(chromium.ask("location.href"))
    assert share(chromium, YES) == expected
    assert not chromium.ask("document.querySelector('main img, main b')")
    assert chromium.errors == []


def test_a_slider_moved_by_the_keyboard_moves_the_numbers_and_no_last_move_is_lost(chromium: "Page", studio: str) -> None:
    chromium.goto(f"{studio}/try/loans")
    start = float(row_of(chromium)["a b"])
    chromium.ask("document.getElementById('s-f0').focus()")
    for _ in range(25):
        chromium.key("ArrowRight")
    row = loans_of(row_of(chromium))
    assert row["a b"] == pytest.approx(start + 25 * float(chromium.ask("document.getElementById('s-f0').step")), abs=0.05)
    wait_for(chromium, YES, tried_model().predict([row])["probability"][0])
    for key in ("Home", *["ArrowRight"] * 5, "End", "ArrowLeft"):
        chromium.key(key)
    row = loans_of(row_of(chromium))
    wait_for(chromium, YES, tried_model().predict([row])["probability"][0])
    assert "Against the starting row" in chromium.text("#answer")
    assert f"→ {row['a b']:g}" in chromium.text(".changes")
    answers = [one for one in chromium.requests() if one.endswith("/answer")]
    assert 2 <= len(answers) <= 33
    assert chromium.errors == []


def test_the_curve_is_that_of_the_field_that_was_last_looked_at(chromium: "Page", studio: str) -> None:
    chromium.goto(f"{studio}/try/loans")
    chromium.send("Emulation.setFocusEmulationEnabled", enabled=True)  # as in a window that is in front
    assert chromium.text(".curve h3") == "Probability over a b"
    chromium.ask("document.getElementById('f3').focus()")
    chromium.wait("document.querySelector('.curve h3').innerText === 'Probability over $array'", 20)
    chromium.ask("document.getElementById('f1').focus()")
    chromium.wait("document.querySelectorAll('.curve .levels li').length === 3", 20)
    assert {"north", "<south>", "$array"} == set(
        chromium.ask("[...document.querySelectorAll('.curve .levels bdi')].map(e => e.innerText)")
    )
    assert chromium.errors == []


def test_a_field_that_cannot_be_read_says_so_and_recovers(chromium: "Page", studio: str) -> None:
    chromium.goto(f"{studio}/try/loans")
    chromium.type("#f0", "<i>lots</i>")
    chromium.wait("document.getElementById('n-f0').innerText.includes(\"expected a number, found '<i>lots</i>'\")", 20)
    chromium.wait("document.getElementById('f0').getAttribute('aria-invalid') === 'true'", 20)
    chromium.wait("document.getElementById('answer').innerText.includes('No answer')", 20)
    chromium.type("#f0", "0.5")
    wait_for(chromium, YES, tried_model().predict([loans_of(row_of(chromium))])["probability"][0])
    chromium.wait("document.getElementById('n-f0').innerText === ''", 20)
    chromium.wait("document.getElementById('f0').getAttribute('aria-invalid') === 'false'", 20)
    assert chromium.errors == []


def draw(page: "Page", selector: str, *line: tuple[float, float]) -> None:
    """A stroke through these points of the canvas, in shares of its sides."""
    page.ask(f"document.querySelector({json.dumps(selector)}).scrollIntoView({{block: 'center'}})")
    box = page.ask(
        f"(() => {{ const r = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
        " return [r.left, r.top, r.width, r.height]; })()"
    )
    page.drag([(box[0] + x * box[2], box[1] + y * box[3]) for x, y in line])


def test_a_stroke_on_the_canvas_fills_the_pixels_and_is_answered(chromium: "Page", studio: str) -> None:
    chromium.goto(f"{studio}/try/pixels")
    for place, line in enumerate(
        [[(0.5, 0.1 + 0.05 * step) for step in range(17)], [(0.1 + 0.05 * step, 0.5) for step in range(17)]]
    ):
        before = json.dumps(",".join(row_of(chromium).values()))
        draw(chromium, ".draw canvas", *line)
        chromium.wait(f"[...document.querySelectorAll('.grid-cells input')].map(e => e.value).join() !== {before}", 20)
        row = {name: float(value) for name, value in row_of(chromium).items()}
        expected = model_of_pixels().predict([row]).row(0, named=True)
        wait_for(chromium, "upright", expected["probability"])
        assert expected["prediction"] == ["upright", "lying"][place]
        assert chromium.ask("document.querySelectorAll('.seen .lit').length") == sum(value > 0 for value in row.values())
        chromium.click("[data-clear]")
    assert chromium.errors == []


def test_a_drawing_becomes_the_picture_of_a_picture_column(chromium: "Page", studio: str) -> None:
    chromium.goto(f"{studio}/try/scans")
    chromium.click(".draws summary")
    draw(chromium, ".draws canvas", *((0.5, 0.1 + 0.05 * step) for step in range(17)))
    chromium.wait("document.querySelector('[data-picture]').value.startsWith('data:image/png')", 20)
    expected = model_of_pictures().predict([row_of(chromium)]).row(0, named=True)
    wait_for(chromium, "upright", expected["probability"])
    chromium.wait("!document.querySelector('.thumb').hidden", 20)
    assert chromium.errors == []


def test_a_chosen_and_a_dropped_picture_are_shown_and_answered(chromium: "Page", studio: str, tmp_path: Path) -> None:
    pixels = bars()[0]
    for place, way in enumerate(("chosen", "dropped")):
        chromium.goto(f"{studio}/try/scans")
        content = png(pixels[place])
        if way == "chosen":
            (tmp_path / "scan.png").write_bytes(content)
            chromium.files("#f0", tmp_path / "scan.png")
        else:
            chromium.ask(
                f"(() => {{ const bytes = Uint8Array.from(atob('{base64.b64encode(content).decode()}'), c => c.charCodeAt(0));"
                " const sent = new DataTransfer(); sent.items.add(new File([bytes], '<b>scan.png', {type: 'image/png'}));"
                " const dropped = new DragEvent('drop', {bubbles: true, cancelable: true, dataTransfer: sent});"
                " document.querySelector('.drop-zone').dispatchEvent(dropped); })()"
            )
        sent = "data:image/png;base64," + base64.b64encode(content).decode()
        wait_for(chromium, "upright", model_of_pictures().predict([{"scan": sent}])["probability"][0])
        chromium.wait("!document.querySelector('.thumb').hidden", 20)
        assert chromium.text("[data-name]").endswith("scan.png")
    assert not chromium.ask("document.querySelector('main b')")
    assert chromium.errors == []


def test_what_is_no_picture_has_its_sentence_and_a_large_file_is_not_sent(chromium: "Page", studio: str, tmp_path: Path) -> None:
    chromium.goto(f"{studio}/try/scans")
    (tmp_path / "page.html").write_text("<p>")
    chromium.files("#f0", tmp_path / "page.html")
    chromium.wait("document.getElementById('n-f0').innerText.includes('expected a picture')", 20)
    sent = len(chromium.requests())
    with (tmp_path / "large.png").open("wb") as stream:
        stream.truncate(17 * 2**20)
    chromium.files("#f0", tmp_path / "large.png")
    chromium.wait(
        "document.querySelector('[data-note]').innerText === 'large.png is larger than 16 MiB; choose a smaller one.'", 20
    )
    assert len(chromium.requests()) == sent
    assert chromium.errors == []


def test_a_text_is_answered_and_its_words_are_marked(chromium: "Page", studio: str) -> None:
    chromium.goto(f"{studio}/try/texts")
    text = "our room was great but <i>cold</i> near"
    chromium.type("textarea", text)
    wait_for(chromium, "up", model_of_texts().predict([{"review": text}])["probability"][0])
    marked = chromium.ask("[...document.querySelectorAll('.words mark.for')].map(e => e.innerText)")
    assert "great" in marked
    assert "<i>cold</i>" in chromium.ask("[...document.querySelectorAll('.words mark.against')].map(e => e.innerText)")
    assert chromium.text(".marked") == text
    chromium.wait("document.getElementById('told').innerText.startsWith('The model says')", 20)
    assert chromium.errors == []


def test_pasted_rows_become_a_table(chromium: "Page", studio: str) -> None:
    chromium.goto(f"{studio}/try/loans/rows")
    rows = table("binary").features.head(4)
    chromium.type("textarea", rows.write_csv())
    chromium.click("button.main")
    chromium.wait("document.querySelectorAll('tbody tr').length === 4", 20)
    said = chromium.ask("[...document.querySelectorAll('tbody tr')].map(row => row.cells[1].innerText)")
    assert said == tried_model().predict(rows)["prediction"].to_list()
    assert chromium.errors == []


def test_every_page_fits_a_narrow_screen_with_the_answer_in_sight(chromium: "Page", studio: str) -> None:
    chromium.size(400, 800)
    for page in ("loans", "pixels", "texts", "scans", "loans/rows"):
        chromium.goto(f"{studio}/try/{page}")
        assert chromium.ask("document.documentElement.scrollWidth") <= 400
        if "rows" not in page:
            assert chromium.ask("document.getElementById('answer').getBoundingClientRect().top") < 800
    assert chromium.errors == []
