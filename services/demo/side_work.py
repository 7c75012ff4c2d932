"""Further processes for what is large: each does one function, and what it raises is raised here."""

import os
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from types import TracebackType
from typing import ParamSpec, Self

P = ParamSpec("P")
_MOST = 3
_PATIENT = 15
"""Steps down in priority, where the system knows them."""


class SideWork:
    """Runs functions beside this process, or here at once when `apart` is false: a process costs a second to start."""

    def __init__(self, *, apart: bool) -> None:
        # Spawned, not forked: the same on every system, and no lock of a thread is inherited.
        self._pool = ProcessPoolExecutor(_MOST, mp_context=get_context("spawn")) if apart else None
        self._begun: list[Future[None]] = []

    @property
    def apart(self) -> bool:
        return self._pool is not None

    def start(self, work: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        """Begin `work`, a function at the top of a module, with arguments that can be pickled."""
        if self._pool is None:
            work(*args, **kwargs)
        else:
            self._begun.append(self._pool.submit(work, *args, **kwargs))

    def start_patiently(self, work: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        """Like `start`, for what nobody waits for: apart, it takes what processor time the others leave."""
        if self._pool is None:
            work(*args, **kwargs)
        else:
            self._begun.append(self._pool.submit(_patiently, partial(work, *args, **kwargs)))

    def check(self) -> None:
        """Raise what one of them has raised so far."""
        for one in self._begun:
            if one.done():
                one.result()

    def finish(self) -> None:
        """Wait for all of them; raises what one raised."""
        for one in self._begun:
            one.result()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=kind is None, cancel_futures=True)


def _patiently(work: Callable[[], None]) -> None:
    if hasattr(os, "nice"):
        os.nice(_PATIENT)
    work()
