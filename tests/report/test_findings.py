"""What the checks find is told in Russian from the evidence alone: every code, with every number of the English."""

import re
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.data.checks.test_checks import COPIES, NOISE, RNG, N, Y

import assay
from assay.data import read
from assay.data.checks import Finding, check
from assay.data.copies import copies_across, pictures_across
from assay.report.findings import CODES, composed, evidence_in, told
from assay.report.language import ENGLISH, Words

RUSSIAN = Words("ru")
SOURCE = Path(assay.__file__).parent / "data"


def found(columns: dict, *, y=Y, folds: int = 5, **arguments) -> list[Finding]:
    return check(read(pl.DataFrame({**NOISE, **columns, "y": y}, strict=False), target="y", **arguments), folds=folds)


def _pictures(folder: Path) -> list[Finding]:
    made = []
    for name, broken in (("one", 1), ("more", 3)):
        paths = [folder / f"{name}{place}.png" for place in range(12)]
        for place, path in enumerate(paths):
            path.write_bytes(b"no picture" if place < broken else _png())
        columns = {"p": [str(path) for path in paths], "y": [0.5 * place for place in range(12)]}
        rest = {"x": list(range(12))} if broken > 1 else {}
        made += check(read(pl.DataFrame({**columns, **rest}), target="y", kinds={"p": "image"}))
    pixels = np.random.default_rng(0).integers(0, 256, (12, 8, 8), dtype=np.uint8)
    pixels[9] = np.clip(pixels[2].astype(int) + 3, 0, 255)  # a little brighter
    like = read((pixels, np.arange(12) % 2))
    across = pictures_across(like, np.array([2, 5]))
    assert across is not None
    made += [*check(like, folds=2), across]
    return [finding for finding in made if "pictures" in finding.code]


def _png() -> bytes:
    import io

    from PIL import Image

    stream = io.BytesIO()
    Image.new("RGB", (8, 8)).save(stream, "PNG")
    return stream.getvalue()


@cache
def every() -> tuple[Finding, ...]:
    cells = [float(place % 7) for place in range(N)]
    holes = {f"hole{place}": [None if row % 10 == 0 else 1.5 + row % 3 for row in range(N)] for place in range(8)}
    level = np.where(Y, "x", np.where(np.arange(N) % 4 == 0, "set later", "x"))
    middle = np.where(Y, 0.0, np.where(np.arange(N) % 2, -5.0, 5.0)) + RNG.normal(size=N) * 0.1
    rare = np.where(
        np.arange(N) < 2, "c", np.where(np.arange(N) < 5, "d", np.where(np.arange(N) < 35, "e", np.where(Y, "a", "b")))
    )
    values = RNG.normal(size=N)
    classes = np.array(["a", "b", "c"])[RNG.integers(0, 3, N)]
    mixed = [f"{place}" if place % 100 else "n/k" for place in range(N)]
    days = ["2024-01-31" if place % 2 else "31.12.2023" for place in range(N)]
    pairs = pl.DataFrame({"a": [1, 1, 1, 2, 3] * 20, "y": ["u", "u", "v", "u", "v"] * 20})
    short = pl.DataFrame({"x": RNG.normal(size=30), "y": RNG.normal(size=30)})
    across = copies_across(read(pairs, target="y"), np.arange(90, 100))
    assert across is not None
    return (
        *found({"far": [*cells[:40], float("inf"), float("-inf"), *cells[42:]]}),
        *found({**holes, "mostly": [None if row % 10 else 1.0 for row in range(N)], "empty": [None] * N, "same": ["x"] * N}),
        *found({"street": [f"s{row // 2}" for row in range(N)], "key": [f"k{row}" for row in range(N)], "row": list(range(N))}),
        *found({"code": RNG.choice([865, 971, 1001, 1004], N), "mixed": mixed, "days": days}),
        *found({"status": level, "middle": middle, "strong": Y * 1.5 + RNG.normal(size=N)}),
        *[one for name in COPIES for one in found({name: COPIES[name]})],
        *found({"finer": [f"{label}:{row % 3}" for row, label in enumerate(classes)]}, y=classes),
        *found({"log": np.exp(values), "near": values + RNG.normal(size=N) * 0.05}, y=values),
        *[one for count in (1, 3, 20) for one in found({}, y=np.arange(N) < count)],
        *found({}, y=rare),
        *check(read(pairs, target="y")),
        *check(read(short, target="y")),
        across,
    )


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> list[Finding]:
    return [*every(), *_pictures(tmp_path_factory.mktemp("pictures"))]


def test_every_code_of_the_checks_can_be_told() -> None:
    codes = set()
    for path in (*(SOURCE / "checks").glob("*.py"), SOURCE / "copies.py"):
        codes |= set(re.findall(r'Finding\(\s*(?:code=)?"([a-z-]+)"', path.read_text(encoding="utf-8")))
    assert codes == set(CODES)


def test_code_columns_and_evidence_say_all_that_the_english_says(findings: list[Finding]) -> None:
    assert {finding.code for finding in findings} == set(CODES)
    for finding in findings:
        assert composed(finding.to_json(), ENGLISH) == (finding.message, finding.advice)


def test_the_russian_message_holds_every_number_and_column_of_the_english(findings: list[Finding]) -> None:
    for finding in findings:
        message, advice = told(finding.to_json(), RUSSIAN)
        assert _numbers(finding.message) <= _numbers(message), (finding.message, message)
        assert _numbers(finding.advice) <= _numbers(advice), (finding.advice, advice)
        assert re.search("[а-яё]", message)
        assert bool(finding.advice) == bool(advice)
        for name in finding.columns[:1] if finding.code not in ("few-positives",) else ():
            assert name in message, finding.code
        assert told(finding.to_json()) == (finding.message, finding.advice)


def _numbers(text: str) -> set[str]:
    return set(re.findall(r"\d+(?:\.\d+)?", re.sub(r"(?<=\d),(?=\d)", ".", text)))


def test_a_finding_without_its_evidence_and_a_warning_of_the_run_keep_their_words() -> None:
    bare = {"code": "infinite", "columns": ["a"], "message": "column 'a' is infinite.", "advice": "mend it"}
    assert told(bare, RUSSIAN) == ("column 'a' is infinite.", "mend it")
    assert told({"message": "something"}, RUSSIAN) == ("something", "")
    advice = "give more --memory, or name recipes that learn in batches (sgd-logistic, boosting)"
    assert "--memory" in told({"code": "sampled", "message": "m", "advice": advice}, RUSSIAN)[1]
    assert re.search("[а-яё]", told({"code": "sampled", "message": "m", "advice": advice}, RUSSIAN)[1])


def test_evidence_is_one_line_in_the_language_and_says_what_it_leaves_out() -> None:
    evidence = {"auc": 0.93127, "n": 41188, "rows": list(range(12)), "note": "said above", "fence": None}
    assert evidence_in(evidence) == "auc 0.931; n 41\u202f188; rows 0, 1, 2, 3, 4, 5, 6, 7 and 4 more"
    assert evidence_in(evidence, RUSSIAN) == "AUC 0,931; n 41\u202f188; строк 0; 1; 2; 3; 4; 5; 6; 7 и ещё 4"
    assert evidence_in({"shares": {"my_column": 0.25}}, RUSSIAN) == "доли my_column 0,250"
