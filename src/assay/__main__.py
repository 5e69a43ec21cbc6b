"""``python -m assay`` is the command ``assay``."""

import sys

from assay.cli.main import run

if __name__ == "__main__":
    sys.exit(run())
