"""Launches that tell observers (core/observe.py) what they did, and can do it again."""

from __future__ import annotations

from typing import Any

from ...codegen.ir import Launch
from ...codegen.targets.target import Code
from ...core.memory import give_frame, run, take_frame
from ...core.observe import tell

__all__ = ["Launched", "Observed"]


class Launched:
    """A kernel that has run.

    operator     the name of the operator whose plan this was a part of
    kernel       the kernel's name
    words        what the kernel was given: 64-bit words, addresses among them, as signed integers
    storages     the storages that its addresses point into, those of results first; they are kept alive
    chunks       into how many pieces the work is cut, and work: the time of one thread for all of them in ns

    Called, it runs once more on the same memory: what it reads may have changed since. Its numbers have not: a learning
    rate, Adam's bias corrections, which count steps, are those of then. Random numbers are drawn from where the
    generator is. RuntimeError if a storage has moved, as one does that grows.
    """

    __slots__ = ("operator", "kernel", "words", "storages", "chunks", "work", "_code", "_place", "_addresses")

    def __init__(self, operator: str, kernel: str, words: list[int], storages: list[Any], chunks: int, work: int,
                 code: Code, place: tuple[Any, int] | None = None) -> None:
        self.operator, self.kernel, self.words, self.storages = operator, kernel, words, storages
        self.chunks, self.work, self._code = chunks, work, code
        self._place = place                      # another type of device, and the number of one, than the host
        self._addresses = [storage.data_ptr() for storage in storages]

    def __call__(self) -> None:
        if self._addresses != [storage.data_ptr() for storage in self.storages]:
            raise RuntimeError(f"{self!r} cannot run again: the memory that it used has moved (resize_?)")
        if self._place is not None:
            kind, index = self._place
            kind.launch(self._code, self.words, self.chunks, self.work, index)
            return
        if callable(self._code):
            self._code(self.words, 0, self.chunks)
            return
        frame = take_frame()
        for index, word in enumerate(self.words):
            frame.put(index, word)
        run(self._code, frame, self.chunks, self.work)
        give_frame(frame)

    def __repr__(self) -> str:
        return f"<{self.operator}: {self.kernel}, {self.chunks} chunks>"


class Observed:
    """The code of a launch, which is run and told of. The core calls `launched` with the frame; it has put the name of
    the operator into `operator`."""

    __slots__ = ("kernel", "code", "work", "operator")

    def __init__(self, launch: Launch, code: Code) -> None:
        self.kernel, self.code, self.work, self.operator = launch.kernel.name, code, int(launch.work), ""

    def __call__(self, words: list[int], begin: int, end: int) -> None:
        raise TypeError(f"{self.kernel} is observed: it runs as a whole")

    def launched(self, frame: Any, chunks: int) -> None:
        self._done(Launched(self.operator, self.kernel, frame.words(), frame.storages(), chunks, self.work, self.code))

    def launched_on(self, kind: Any, index: int, words: list[int], storages: list[Any], chunks: int) -> None:
        """The same on device `index` of another type than the host."""
        self._done(Launched(self.operator, self.kernel, words, storages, chunks, self.work, self.code, (kind, index)))

    def _done(self, launch: Launched) -> None:
        launch()
        tell("launched", launch)
