"""What the site makes of the code itself: the page of commands from the manual that ``--help`` prints, and the gallery."""

import re
import shutil
from pathlib import Path

import typer

from assay.cli.main import app
from assay.cli.manual import MANUAL, Entry

COMMANDS, GALLERY = "<!-- the commands, from the code -->", "<!-- the gallery -->"
SHIM = "https://unpkg.com/iframe-worker/shim"
PAGES = Path("build/gallery")
"""Where `make site` has put the reports; without them the page says how they are made."""


def on_page_markdown(markdown: str, **_: object) -> str:
    """MkDocs calls it for every page."""
    if COMMANDS in markdown:
        return markdown.replace(COMMANDS, commands())
    return markdown.replace(GALLERY, gallery()) if GALLERY in markdown else markdown


def on_post_page(output: str, page: object, **_: object) -> str:
    """MkDocs calls it for every page.

    Those in Russian say so, for whoever reads them aloud; and what the theme would load from elsewhere, so that the search works
    from disk, is a file of the site.
    """
    depth = page.url.count("/")  # type: ignore[attr-defined]
    output = output.replace(SHIM, "../" * depth + "vendored/iframe-worker.js")
    is_russian = page.file.src_uri.startswith("ru/")  # type: ignore[attr-defined]
    return output.replace('<html lang="en"', '<html lang="ru"', 1) if is_russian else output


def on_post_template(output: str, **_: object) -> str:
    """MkDocs calls it for what is no page, such as 404.html."""
    return output.replace(SHIM, "vendored/iframe-worker.js")


def on_post_build(config: object) -> None:
    """MkDocs calls it when the site is written."""
    for page in sorted(PAGES.glob("*.html")):
        shutil.copy(page, Path(config["site_dir"], "gallery", page.name))  # type: ignore[index]


def gallery() -> str:
    titles = {
        page.name: re.search("<title>(.*?)</title>", page.read_text(encoding="utf-8")) for page in sorted(PAGES.glob("*.html"))
    }
    lines = [f'- <a href="{name}">{title[1] if title else name}</a>' for name, title in titles.items()]
    return "\n".join(lines) or "(This site was built without them: `make site` makes them first.)"


def commands() -> str:
    group = typer.main.get_command(app)
    return "\n\n".join(_section(name, entry, _help(group, name)) for name, entry in MANUAL.items())


def _help(group: object, name: str) -> object:
    found = group
    for part in name.split():
        found = found.commands[part]  # type: ignore[attr-defined]
    return found


def _section(name: str, entry: Entry, command: object) -> str:
    lines = [f"## assay {name}", "", _paragraphs(command.help), ""]  # type: ignore[attr-defined]
    lines += ["```sh", *(f"{line}    # {what}" for what, line in entry.examples), "```", ""]
    lines += ["In Python:", "", "```python", entry.python, "```", ""]
    options = [
        (", ".join(param.opts), " ".join((param.help or "").split()))
        for param in command.params  # type: ignore[attr-defined]
        if param.opts[0].startswith("-") and param.opts != ["--help"]
    ]
    lines += ["| option | |", "| --- | --- |", *(f"| `{names}` | {_cell(about)} |" for names, about in options)]
    return "\n".join(lines)


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n") if not part.lstrip().startswith("Example"))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")
