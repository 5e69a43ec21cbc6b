"""A worker process: receives the workload once, then cells, and sends outcomes back.

Started as ``python -m assay.study.worker FD`` over an inherited socket, so that a user's
script needs no ``if __name__ == "__main__"`` and nothing of it is imported again.
"""

import os
import sys
import threading
import warnings
from multiprocessing.connection import Connection

from assay.core.optional import leave_out_other_frames
from assay.study.work import Workload, run_cell


def main(descriptor: int) -> None:
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # libraries' warnings would tear the parent's progress bar
    _die_with_parent(os.getppid())
    leave_out_other_frames()
    connection: Connection = Connection(descriptor)
    work: Workload = connection.recv()
    while True:
        try:
            cell, seconds = connection.recv()
        except EOFError:
            return
        connection.send(run_cell(work, cell, seconds))


def _die_with_parent(parent: int) -> None:
    """End this process soon after its parent is gone, even in the middle of a fit."""

    def watch() -> None:
        pause = threading.Event()
        while os.getppid() == parent:
            pause.wait(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    main(int(sys.argv[1]))
