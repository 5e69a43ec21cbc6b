"""Fenced code blocks of a Markdown file, to be run as written."""

import re
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """language: as after the opening fence.  line: of the file, for messages."""

    language: str
    text: str
    line: int


def blocks(path: Path) -> list[Block]:
    text = path.read_text(encoding="utf-8")
    return [Block(m[1], m[2], text.count("\n", 0, m.start()) + 2) for m in FENCE.finditer(text)]


@dataclass(frozen=True)
class Command:
    """One ``$ command`` of a console block; code: the exit code it promises by ``# exit N`` (0 unless said)."""

    text: str
    code: int
    line: int


def commands(block: Block) -> list[Command]:
    found = []
    lines = block.text.splitlines()
    for number, line in enumerate(lines):
        if not line.startswith("$ "):
            continue
        text = line.removeprefix("$ ")
        following = number + 1
        while text.endswith("\\"):
            text = text.removesuffix("\\").rstrip() + " " + lines[following].strip()
            following += 1
        promised = re.search(r"\s+# exit (\d)$", text)
        found.append(Command(re.sub(r"\s+#.*$", "", text), int(promised[1]) if promised else 0, block.line + number))
    return found
