"""A process that helps to decode pictures: ``python -m assay.data.decoding_helper JOB CELLS INTO DONE QUEUE``.

JOB is JSON, the others are descriptors that were handed down (``decoding``).  It takes blocks until there are no more, or the
process that started it is gone, and writes what it failed at as JSON.
"""

import json
import mmap
import os
import sys

from assay.data.decoding import Cells, Failures, Job, blocks_of, numbers_from


def help_with(given: str, cells: int, into: int, done: int, queue: int) -> None:
    asked = json.loads(given)
    job = Job(**{**asked["job"], "size": tuple(asked["job"]["size"])})
    pixels, marks = mmap.mmap(into, 0), mmap.mmap(done, 0)
    laid = Cells.of(memoryview(mmap.mmap(cells, 0, access=mmap.ACCESS_READ)))
    blocks = blocks_of(len(laid))
    failures: Failures = []
    for block in numbers_from(queue):
        if os.getppid() != asked["parent"]:
            return
        failures += job.do_block(laid, laid.rows, blocks[block], pixels)
        marks[block] = 1
        if failures and job.stop:
            for _ in numbers_from(queue):  # nobody finds another one
                pass
            break
    sys.stdout.write(json.dumps(failures))
    sys.stdout.flush()


if __name__ == "__main__":
    help_with(sys.argv[1], *map(int, sys.argv[2:]))
    os._exit(0)  # without tidying up, for which another waits
