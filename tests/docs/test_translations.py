"""The Russian guides keep to the English ones, and no local link of the documentation leads nowhere.

A translation holds the code blocks of its original byte for byte, in the same order: so ``test_guides.py``, which runs the
English guides, runs the Russian ones block for block, and need not run them a second time.
"""

import re
import unicodedata
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
RUSSIAN = sorted((DOCS / "ru").glob("*.md"))
FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"`[^`\n]+`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^(#+) +(.+)$", re.MULTILINE)


def prose(path: Path) -> str:
    """A page without its code blocks and code spans."""
    return SPAN.sub("", FENCED.sub("", path.read_text(encoding="utf-8")))


def code(path: Path) -> list[str]:
    return FENCED.findall(path.read_text(encoding="utf-8"))


def levels(path: Path) -> list[int]:
    return [len(marks) for marks, _ in HEADING.findall(FENCED.sub("", path.read_text(encoding="utf-8")))]


def anchors(path: Path) -> set[str]:
    """Names that the site gives the headings of a page (those without a Latin letter get numbers, and no link may use them)."""
    headings = FENCED.sub("", path.read_text(encoding="utf-8")).replace("`", "")
    plain = [unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode() for _, title in HEADING.findall(headings)]
    return {re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", title).strip().lower()) for title in plain} - {""}


def foreign(path: Path) -> list[str]:
    """Paragraphs of more than 80 characters in which fewer than half of the letters are Cyrillic."""
    found = []
    for paragraph in re.split(r"\n\s*\n", LINK.sub("", prose(path))):
        letters = [sign for sign in paragraph if sign.isalpha()]
        cyrillic = [sign for sign in letters if unicodedata.name(sign, "").startswith("CYRILLIC")]
        if len(paragraph) > 80 and len(cyrillic) < 0.5 * len(letters):
            found.append(paragraph)
    return found


def astray(path: Path) -> list[str]:
    """Local links of a page to a file, or to a heading of a page, that does not exist."""
    found = []
    for link in LINK.findall(prose(path)):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        aim = path.parent / name if name else path
        if not aim.is_file() or (anchor and aim.suffix == ".md" and anchor not in anchors(aim)):
            found.append(link)
    return found


def test_the_first_two_guides_are_there_in_russian() -> None:
    assert {"tables.md", "balance.md"} <= {path.name for path in RUSSIAN}


@pytest.mark.parametrize("path", RUSSIAN, ids=lambda path: path.name)
def test_a_russian_guide_shows_the_code_of_the_english_one(path: Path) -> None:
    english = code(DOCS / path.name)
    assert english, "a guide shows something that is run"
    assert code(path) == english


@pytest.mark.parametrize("path", RUSSIAN, ids=lambda path: path.name)
def test_a_russian_guide_has_the_sections_of_the_english_one(path: Path) -> None:
    assert levels(path) == levels(DOCS / path.name)


@pytest.mark.parametrize("path", RUSSIAN, ids=lambda path: path.name)
def test_a_russian_guide_leaves_no_paragraph_in_english(path: Path) -> None:
    assert foreign(DOCS / path.name), "what is not translated is noticed"
    assert foreign(path) == []


@pytest.mark.parametrize("path", RUSSIAN, ids=lambda path: path.name)
def test_a_russian_guide_names_its_original(path: Path) -> None:
    assert f"../{path.name}" in LINK.findall(prose(path))


@pytest.mark.parametrize("path", sorted(DOCS.rglob("*.md")), ids=lambda path: path.relative_to(DOCS).as_posix())
def test_no_local_link_of_a_page_leads_nowhere(path: Path) -> None:
    assert astray(path) == []


def test_a_link_to_a_page_or_a_heading_that_is_not_there_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Rare classes\n\n[a](#rare-classes) [b](page.md#rare) [c](gone.md) [d](https://example.org/gone)\n")
    assert astray(page) == ["page.md#rare", "gone.md"]
