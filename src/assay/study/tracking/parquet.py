"""The tables of a run as Parquet files, which every data tool reads."""

from io import BytesIO
from pathlib import Path

from assay.core.errors import ConfigError
from assay.core.files import write_atomic
from assay.study.result import StudyResult
from assay.study.tracking.tables import tables_of


def write_tables(result: StudyResult, folder: str | Path) -> list[Path]:
    """Write FOLDER/candidates.parquet, metrics.parquet … (see ``tables_of``), each whole or not at all; equal runs give equal
    bytes, but for the seconds and the memory of fits.  Files of these names are replaced.

    Raises ConfigError where the folder cannot be made or written.
    """
    folder, written = Path(folder), []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, frame in tables_of(result).items():
            stream = BytesIO()
            frame.write_parquet(stream)
            written.append(folder / f"{name}.parquet")
            write_atomic(written[-1], stream.getvalue())
    except OSError as error:
        raise ConfigError(f"{folder} cannot be written: {error.strerror or error}; name another folder.") from error
    return written
