"""Run folders with small models for the tests of trying them, a client, and a studio that a browser can open."""

import io
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import polars as pl
import uvicorn
from PIL import Image
from tests.bundle.models import model, table
from tests.serve.studio.posting import Client

from assay.balance.registry import TREATMENTS
from assay.bundle.model import Model
from assay.data.dataset import Dataset
from assay.data.reference import spreads_of
from assay.data.schema import Column, Schema
from assay.data.task import Task
from assay.measure.conformal.fitting import fit_split
from assay.measure.payload import Truth
from assay.recipes.fitting import fit
from assay.recipes.learner import Budget, Context
from assay.recipes.registry import RECIPES
from assay.serve.studio.app import make_studio
from assay.serve.studio.place import Place


@cache
def tried_model(recipe: str = "logistic", task: str = "binary") -> Model:
    """As a study finishes one: with the spread of its training rows and what sets and intervals are made with."""
    one, data = model(recipe, task), table(task)
    truth = Truth("value", np.arange(len(data)), {"target": data.target})
    conformal = fit_split(truth, one.fitted.predict(data.features))
    return Model(one.fitted, one.threshold, one.card, conformal, spreads_of(data.frame, one.fitted.schema, np.arange(len(data))))


def fitted_on(data: Dataset, recipe: str = "logistic") -> Model:
    work = {"groups": None, "seed": 0, "budget": Budget(), "context": Context()}
    fitted = fit(RECIPES.get(recipe), TREATMENTS.get("none")(), data, **work)
    return Model(fitted, reference=spreads_of(data.frame, fitted.schema, np.arange(len(data))))


@cache
def model_of_texts() -> Model:
    """Says "up" of texts with good words; <b>bold</b> is one of them."""
    draw = np.random.default_rng(0)
    filler, good, bad = ["the", "room", "was", "near", "our", "hotel"], ["great", "<b>bold</b>", "warm"], ["cold", "rude", "dull"]
    up = draw.random(160) < 0.5
    texts = [
        " ".join(
            draw.permutation([*draw.choice(filler, 6), draw.choice(good if one else bad), draw.choice(good if one else bad)])
        )
        for one in up
    ]
    frame = pl.DataFrame({"review": texts, "said": np.where(up, "up", "down")})
    columns = (Column("review", "text"), Column("said", "category", role="target", levels=("down", "up")))
    return fitted_on(Dataset(frame, Schema(columns), Task("binary", "said", ("down", "up"))))


SIDE = 8


def bars(n: int = 120) -> tuple[np.ndarray, np.ndarray]:
    """uint8 (n, SIDE, SIDE) light on dark, an upright or a lying bar, and whether each is upright."""
    draw = np.random.default_rng(1)
    upright = draw.random(n) < 0.5
    pixels = draw.integers(0, 20, (n, SIDE, SIDE))
    for picture, stands in zip(pixels, upright, strict=True):
        at = draw.integers(2, 5)
        (picture if not stands else picture.T)[at : at + 2, 1:7] = draw.integers(200, 256)
    return pixels.astype(np.uint8), upright


def png(pixels: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def _task_of_bars() -> tuple[Column, Task]:
    return Column("bar", "category", role="target", levels=("lying", "upright")), Task("binary", "bar", ("lying", "upright"))


@cache
def model_of_pictures() -> Model:
    pixels, upright = bars()
    cells = pl.Series("scan", [png(one) for one in pixels], dtype=pl.Binary)
    target, task = _task_of_bars()
    frame = pl.DataFrame([cells, pl.Series("bar", np.where(upright, "upright", "lying"))])
    return fitted_on(Dataset(frame, Schema((Column("scan", "image"), target)), task))


@cache
def model_of_pixels() -> Model:
    """The same pictures as number columns, 0 to 16."""
    pixels, upright = bars()
    names = [f"pixel_{row}_{column}" for row in range(SIDE) for column in range(SIDE)]
    values = np.rint(pixels.reshape(len(pixels), -1) / 255 * 16)
    target, task = _task_of_bars()
    frame = pl.DataFrame(dict(zip(names, values.T, strict=True))).with_columns(
        bar=pl.Series(np.where(upright, "upright", "lying"))
    )
    return fitted_on(Dataset(frame, Schema((*(Column(name, "number", whole=True) for name in names), target)), task))


def put(runs: Path, name: str, one: Model | None) -> Path:
    """A run folder with this model, or one that is not finished."""
    folder = runs / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "study.toml").write_text("")
    if one is not None:
        one.save(folder / "model")
    return folder


def client(runs: Path, **models: Model) -> Client:
    for name, one in models.items():
        put(runs, name, one)
    return Client(make_studio(Place(runs)))


def form(cells: dict[str, str], **more: str) -> dict[str, object]:
    """Settings of a request that sends the form of a row."""
    pairs = [*((f"c.{name}", value) for name, value in cells.items()), *more.items()]
    return {"content": urlencode(pairs), "headers": {"content-type": "application/x-www-form-urlencoded"}}


def pasted(said: str) -> dict[str, object]:
    return {"content": urlencode({"csv": said}), "headers": {"content-type": "application/x-www-form-urlencoded"}}


class Seen(HTMLParser):
    """The elements and the words of a page.  tags: (name, attributes), in their order.  notes: words by the id they stand in."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.notes: dict[str, str] = {}
        self._words: list[str] = []
        self._inside = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {key: value or "" for key, value in attrs}))
        self._inside = dict(attrs).get("id") or ""

    def handle_data(self, data: str) -> None:
        self._words.append(data)
        self.notes[self._inside] = self.notes.get(self._inside, "") + data

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self._words))

    def one(self, attribute: str, value: str | None = None) -> dict[str, str]:
        """The attributes of the first element that has this one."""
        return next(one for _, one in self.tags if attribute in one and value in (None, one[attribute]))

    @property
    def said(self) -> str:
        """The label or the number of the answer, as it is shown."""
        return self.one("data-said")["data-said"]

    @property
    def shares(self) -> dict[str, float]:
        return {one["data-class"]: float(one["data-value"]) for _, one in self.tags if "data-class" in one}

    @property
    def cells(self) -> dict[str, str]:
        """What the form holds, of fields that keep their value in themselves."""
        return {
            one["name"][2:]: one.get("value", "")
            for tag, one in self.tags
            if tag == "input" and one.get("name", "").startswith("c.")
        }


@contextmanager
def open_studio(runs: Path) -> Iterator[str]:
    """The address of a studio over ``runs`` that a browser can ask."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(make_studio(Place(runs)), log_level="error"))
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive(), "the studio ended before it could be asked"
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=20)
