"""One thread that does one piece of work after another, and whose end is noticed.

A pool of the standard library goes on taking work when its only thread has died, and waits for a thread that never comes
back when the process stops; here whoever waits on a dead thread is told, another takes its place, and a stop waits no longer
than it is told to.
"""

import asyncio
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


class WorkerDied(RuntimeError):  # noqa: N818 - what happened, and the word for it
    """The thread ended in the middle of this work, or before it came to it."""


@dataclass(frozen=True, eq=False)
class Work:
    do: Callable[[], Any]
    told: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop

    def tell(self, found: Any, error: BaseException | None) -> None:
        """From any thread; a loop that is closed hears nothing any more."""
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self._tell, found, error)

    def _tell(self, found: Any, error: BaseException | None) -> None:
        if self.told.done():
            return
        if error is None:
            self.told.set_result(found)
        else:
            self.told.set_exception(error)


class Worker:
    """deaths: how often its thread ended by itself.  problem: of the last time."""

    def __init__(self, name: str) -> None:
        self.name, self.deaths, self.problem = name, 0, ""
        self._queue: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._at: Work | None = None
        self._since = 0.0
        self._closed = False

    def do(self, work: Callable[[], Any]) -> asyncio.Future[Any]:
        """What the work gives, in the running event loop.  WorkerDied where the thread ends before it is done."""
        loop = asyncio.get_running_loop()
        told: asyncio.Future[Any] = loop.create_future()
        if self._closed:
            told.set_exception(WorkerDied(f"{self.name} was closed."))
            return told
        self._queue.put(Work(work, told, loop))
        self.revive()
        return told

    @property
    def is_dead(self) -> bool:
        """Whether its thread ended by itself, and no other has taken its place yet."""
        return self._thread is not None and not self._closed and not self._thread.is_alive()

    @property
    def busy_for(self) -> float:
        """Seconds for which it has been at the same piece of work; 0 where it waits for some."""
        return time.monotonic() - self._since if self._at is not None else 0.0

    def revive(self) -> None:
        """Another thread in the place of one that died, or the first one."""
        if self._thread is not None and self._thread.is_alive():
            return
        # daemon: a stop must not wait for work that never ends
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
        self._thread.start()

    def close(self, seconds: float | None = None) -> bool:
        """Ends it when it has done what waits; False where that takes longer."""
        self._closed = True
        self._queue.put(None)
        if self._thread is None:
            return True
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        problem = "was ended from outside"
        ended = False
        try:
            while (work := self._queue.get()) is not None:
                if work.told.cancelled():  # nobody waits for it any more
                    continue
                self._since, self._at = time.monotonic(), work
                found, error = _outcome(work.do)
                self._at = None
                work.tell(found, error)
                del work, found, error  # what was asked is not kept until the next request
            ended = True
        except BaseException as error:  # noqa: BLE001 - the last thing that this thread does is to say why it ends
            problem = f"{type(error).__name__}: {error}"
        finally:
            if not ended:
                self._bury(f"{self.name} died ({problem}).")

    def _bury(self, problem: str) -> None:
        """Tell whoever waits.  Work that came in between is told too, or done by the next thread."""
        self.deaths, self.problem = self.deaths + 1, problem
        lost, self._at = self._at, None
        if lost is not None:
            lost.tell(None, WorkerDied(problem))
        while not self._queue.empty():
            waiting = self._queue.get()
            if waiting is not None:
                waiting.tell(None, WorkerDied(problem))


def _outcome(do: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    """A model that calls for the end of the program, as sys.exit does, has failed: no more than that."""
    try:
        return do(), None
    except Exception as error:  # noqa: BLE001 - told to whoever asked
        return None, error
    except BaseException as error:  # noqa: BLE001 - likewise; as itself it would end the event loop
        failed = RuntimeError(f"a model ended with {type(error).__name__}: {error}")
        failed.__cause__ = error
        return None, failed
