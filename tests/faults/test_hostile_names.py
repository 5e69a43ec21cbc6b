"""Names of columns, classes, files, folders and models that are HTML or paths: they stay text, and nothing is written outside."""

import csv
import json
import random
from html.parser import HTMLParser
from pathlib import Path

from tests.faults.processes import Ended, Starter

TAG = "assay-evil"
HOSTILE = (
    f"<{TAG} onclick=alert(1)>",
    f"</script></style></title><{TAG}>",
    f"\"><{TAG} x='",
    "../../../outside/column",
    "{{ 7 * 7 }}{% raw %}",
)
CLASSES = (f"</textarea>'\"><{TAG}>", "../../outside/class")
FILE = f"<{TAG}>.csv"


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def hostile_table(path: Path) -> Path:
    draw = random.Random(1)
    with path.open("w", newline="", encoding="utf-8") as stream:
        rows = csv.writer(stream)
        rows.writerow([*HOSTILE, "target</td>"])
        for _ in range(80):
            code = draw.random() < 0.5
            rows.writerow(
                [f"{draw.gauss(code, 1):.3f}", *(draw.choice([CLASSES[0], "../x", "=1+1"]) for _ in HOSTILE[1:]), CLASSES[code]]
            )
    return path


def well(ended: Ended) -> Ended:
    assert ended.code == 0, ended
    return ended


def test_hostile_names_stay_text_from_the_run_to_the_predictions(assay: Starter, workplace: Path, monkeypatch) -> None:
    inner = workplace / "a" / "b"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    table, run = hostile_table(inner / FILE), f"<{TAG}>run"
    words = ("--target", "target</td>", "--recipes", "baseline,logistic", "--folds", "2", "--jobs", "1", "--out", run)
    well(assay("run", FILE, *words, "--finish"))
    page = (inner / run / "report.html").read_text(encoding="utf-8")
    tags = Tags()
    tags.feed(page)
    assert [tag for tag, _ in tags.found if tag == TAG] == []
    assert [attributes for _, attributes in tags.found if any(name.startswith("on") for name in attributes)] == []
    assert any(TAG in text for text in tags.text), "the names are shown"
    assert "49" not in "".join(text for text in tags.text if "% raw %" in text), "no name is a template"
    well(assay("predict", f"{run}/model", FILE, "-o", f"<{TAG}>said.csv"))
    with (inner / f"<{TAG}>said.csv").open(newline="", encoding="utf-8") as stream:
        answers = list(csv.DictReader(stream))
    assert {row["prediction"] for row in answers} <= set(CLASSES)
    card = json.loads((inner / run / "model" / "manifest.json").read_text(encoding="utf-8"))
    assert {column["name"] for column in card["schema"]} >= set(HOSTILE)
    well(assay("model", "show", f"{run}/model"))
    assert sorted(path.name for path in workplace.iterdir()) == ["a"]
    assert sorted(path.name for path in (workplace / "a").iterdir()) == ["b"]
    assert sorted(path.name for path in inner.iterdir()) == sorted([FILE, run, f"<{TAG}>said.csv"])
    assert table.exists()


def test_a_run_without_a_name_gets_one_that_stays_below_runs(assay: Starter, workplace: Path) -> None:
    (workplace / "deep").mkdir()
    table = hostile_table(workplace / "deep" / "..<b>..x.csv")
    well(assay("run", table, "--target", "target</td>", "--recipes", "baseline", "--folds", "2", "--jobs", "1"))
    [run] = (workplace / "runs").iterdir()
    assert run.resolve().parent == (workplace / "runs").resolve()
    assert (run / "study.toml").is_file()
