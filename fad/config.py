"""Settings of fad as a whole, for a while or for good.

>>> import fad
>>> with fad.config(threads=2):
...     fad.config.threads
2
>>> fad.config.threads
1
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple, Protocol, TypeAlias

from .errors import ArgumentError

__all__ = ["CacheInfo", "Info", "Lock", "Settings", "renewed_in_a_fork", "settings"]


class CacheInfo(NamedTuple):
    """What fad remembers of the graphs it has met: programs and derived graphs found, made, and kept now."""

    hits: int
    misses: int
    size: int


class Counts(Protocol):
    """What an `lru_cache` has counted."""

    @property
    def hits(self) -> int: ...

    @property
    def misses(self) -> int: ...

    @property
    def currsize(self) -> int: ...


Info: TypeAlias = Callable[[], Counts]
"""Tells the state of one cache."""


def renewed_in_a_fork(renew: Callable[[], object]) -> None:
    """Run `renew` in each process that is forked off this one: a lock that another thread holds stays locked there for ever,
    and the threads of a pool are not there."""
    renew()
    if sys.platform != "win32":
        os.register_at_fork(after_in_child=renew)


class Lock:
    """A lock that a thread may take again, and that is free in a forked process."""

    def __init__(self) -> None:
        renewed_in_a_fork(self._renew)

    def _renew(self) -> None:
        self._lock = threading.RLock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *error: object) -> None:
        self._lock.release()


# -- settings -------------------------------------------------------------------------------------


class Settings:
    """The settings; `fad.config` is their only instance.

    A setting holds for the whole process. Within `with fad.config(...)`, `threads` holds for the block alone, as
    `np.errstate` does: other threads and tasks do not see it. The caches are everybody's, and so is their size: of
    blocks that overlap, the one that was opened last decides, and after the last block all is as before.

    `threads`: on how many threads the blocks of an entrywise computation on large arrays may run; 1, the default, for
    the calling thread alone.
    `cache_size`: how many graphs each transform remembers its programs for, the most recent ones; 512 by default.
    Setting it forgets them all.
    """

    __slots__ = ("_infos", "_lock", "_remember", "_sizes", "_threads")

    def __init__(self) -> None:
        self._threads = 1
        self._sizes: dict[object, int] = {None: 512}  # for good, and for each block that is open
        self._lock = Lock()
        self._remember: list[Callable[[int], Info]] = []
        self._infos: list[Info] = []

    @property
    def threads(self) -> int:
        return _threads_here.get() or self._threads

    @threads.setter
    def threads(self, n: int) -> None:
        _check("threads", n, 1)
        if _threads_here.get():
            _threads_here.set(n)  # to the end of the block
        else:
            self._threads = n

    @property
    def cache_size(self) -> int:
        return next(reversed(self._sizes.values()))

    @cache_size.setter
    def cache_size(self, n: int) -> None:
        _check("cache_size", n, 0)
        with self._lock:
            self._sizes[next(reversed(self._sizes))] = n
            self._remake()

    def _remake(self) -> None:
        self._infos = [remember(self.cache_size) for remember in self._remember]

    def remember_by(self, remember: Callable[[int], Info]) -> None:
        """Make a cache of the present size, and again whenever that changes; `remember` returns what tells its state."""
        self._remember.append(remember)
        self._infos.append(remember(self.cache_size))

    def cache_info(self) -> CacheInfo:
        """What all caches of graphs have done together."""
        infos = [info() for info in self._infos]
        return CacheInfo(sum(i.hits for i in infos), sum(i.misses for i in infos), sum(i.currsize for i in infos))

    def forget(self) -> None:
        """Empty the caches."""
        with self._lock:
            self._remake()

    @contextmanager
    def __call__(self, *, threads: int | None = None, cache_size: int | None = None) -> Iterator[Settings]:
        """Change settings within a `with` block."""
        if threads is not None:
            _check("threads", threads, 1)
        token = _threads_here.set(threads or self.threads)
        block = object()
        try:
            if cache_size is not None:
                _check("cache_size", cache_size, 0)
                with self._lock:
                    self._sizes[block] = cache_size
                    self._remake()
            yield self
        finally:
            _threads_here.reset(token)
            with self._lock:
                before = self.cache_size
                self._sizes.pop(block, None)
                if self.cache_size != before:
                    self._remake()


def _check(name: str, n: int, least: int) -> None:
    if n < least:
        raise ArgumentError(f"fad.config got {name}={n!r}", edit=f"give a whole number of {least} or more")


_threads_here: ContextVar[int | None] = ContextVar("threads", default=None)


settings = Settings()
