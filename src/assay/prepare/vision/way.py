"""What turns a column of pictures into numbers, before it has seen any: the settings of an encoder."""

from typing import Protocol

import polars as pl

from assay.prepare.encoder import Encoder


class PictureWay(Protocol):
    """Settings only."""

    def fit(self, series: pl.Series, seed: int) -> Encoder:
        """series: a column of training pictures.  Raises DataError for one that does not open."""
        ...
