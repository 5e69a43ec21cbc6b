"""A run as other tools keep it: plain Parquet tables, or a tracking server of MLflow."""

from assay.study.tracking.parquet import write_tables
from assay.study.tracking.tables import tables_of

__all__ = ["tables_of", "write_tables"]
