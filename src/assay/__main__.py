"""``python -m assay`` and the command ``assay``."""

import sys

from assay.core.optional import leave_out_other_frames


def main() -> int:
    """Run the command line of this process and return its exit code."""
    leave_out_other_frames()
    from assay.cli.main import run

    return run()


if __name__ == "__main__":
    sys.exit(main())
