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


class Settings:
    """The settings; `fad.config` is their only instance.

    `threads`: on how many threads the blocks of an entrywise computation on large arrays may run; 1, the default, for
    the calling thread alone.
    `cache_size`: how many graphs each transform remembers its programs for, the most recent ones; 512 by default.
    Setting it forgets them all.
    """

    __slots__ = ("_cache_size", "_infos", "_remember", "_threads")

    def __init__(self) -> None:
        self._threads = 1
        self._cache_size = 512
        self._remember: list[Callable[[int], Info]] = []
        self._infos: list[Info] = []

    @property
    def threads(self) -> int:
        return self._threads

    @threads.setter
    def threads(self, n: int) -> None:
        if n < 1:
            raise ArgumentError(f"fad.config got threads={n!r}", edit="give a whole number of 1 or more")
        self._threads = n

    @property
    def cache_size(self) -> int:
        return self._cache_size

    @cache_size.setter
    def cache_size(self, n: int) -> None:
        if n < 0:
            raise ArgumentError(f"fad.config got cache_size={n!r}", edit="give a whole number of 0 or more")
        self._cache_size = n
        self._infos = [remember(n) for remember in self._remember]

    def remember_by(self, remember: Callable[[int], Info]) -> None:
        """Make a cache of the present size, and again whenever that changes; `remember` returns what tells its state."""
        self._remember.append(remember)
        self._infos.append(remember(self._cache_size))

    def cache_info(self) -> CacheInfo:
        """What all caches of graphs have done together."""
        infos = [info() for info in self._infos]
        return CacheInfo(sum(i.hits for i in infos), sum(i.misses for i in infos), sum(i.currsize for i in infos))

    def forget(self) -> None:
        """Empty the caches."""
        self.cache_size = self._cache_size

    @contextmanager
    def __call__(self, *, threads: int | None = None, cache_size: int | None = None) -> Iterator[Settings]:
        """Change settings within a `with` block."""
        before = self._threads, self._cache_size
        if threads is not None:
            self.threads = threads
        if cache_size is not None:
            self.cache_size = cache_size
        try:
            yield self
        finally:
            self.threads = before[0]
            if cache_size is not None:
                self.cache_size = before[1]


settings = Settings()


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
