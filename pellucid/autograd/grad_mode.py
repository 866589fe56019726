"""Whether operations are recorded: `no_grad`, `enable_grad`, `set_grad_enabled`, `inference_mode`. Per thread; contexts
and decorators.

They set fields of the thread's State. What core/op.py reads, `grad_enabled`, is False in inference mode whatever users
ask for there: then `lifted` remembers what they asked.
"""

from __future__ import annotations

import functools
import inspect
import sys
import warnings
from collections.abc import Callable, Generator
from typing import Any, Self, TypeVar, overload

from ..core.state import current

__all__ = ["no_grad", "enable_grad", "set_grad_enabled", "inference_mode", "set_multithreading_enabled",
           "is_grad_enabled", "is_inference_mode_enabled"]


def is_grad_enabled() -> bool:
    """Whether grad mode is on: then operations are recorded, except in inference mode."""
    state = current()
    return state.grad_enabled or state.lifted


def _set(state: Any, mode: bool) -> None:
    state.grad_enabled, state.lifted = mode and not state.inference, mode and state.inference


def is_inference_mode_enabled() -> bool:
    """Whether new tensors are inference tensors."""
    return current().inference


def _modes(state: Any) -> tuple[bool, bool, bool]:
    return state.grad_enabled, state.inference, state.lifted


_F = TypeVar("_F", bound=Callable[..., Any])


class _Context:
    """A context that is also a decorator, of generators too: then it is entered whenever the generator runs."""

    before: tuple[bool, bool, bool]

    def again(self) -> _Context:
        """A context like this one, for one more call."""
        return type(self)()

    def __call__(self, function: _F) -> _F:
        if inspect.isclass(function):
            warnings.warn("Decorating classes is deprecated and will be disabled in future versions. You should only "
                          "decorate functions or methods. To preserve the current behavior of class decoration, you "
                          "can directly decorate the `__init__` method and nothing else.",
                          FutureWarning, stacklevel=2 + (sys._getframe(1).f_globals is globals()))
            function.__init__ = self(function.__init__)
            return function
        if inspect.isgeneratorfunction(function):
            return functools.wraps(function)(functools.partial(self._generate, function))

        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with self.again():
                return function(*args, **kwargs)

        return wrapper

    def _generate(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        generator = function(*args, **kwargs)
        act: Callable[..., Any] = functools.partial(next, generator)
        while True:
            try:
                with self.again():
                    item = act()
            except StopIteration as end:
                return end.value
            try:
                sent = yield item
                act = functools.partial(generator.send, sent)
            except GeneratorExit:
                with self.again():
                    generator.close()
                raise
            except BaseException as error:       # what the caller throws in belongs to the function
                act = functools.partial(generator.throw, error)

    def __enter__(self) -> None:
        state = current()
        self.before = _modes(state)
        self.enter(state)

    def __exit__(self, *exception: object) -> None:
        state = current()
        state.grad_enabled, state.inference, state.lifted = self.before


class _Bare(_Context):
    """A context that may decorate without being called: `@no_grad`."""

    @overload
    def __new__(cls, function: None = None) -> Self: ...
    @overload
    def __new__(cls, function: _F) -> _F: ...
    def __new__(cls, function: Any = None) -> Any:
        self = object.__new__(cls)
        return self if function is None else self(function)


class no_grad(_Bare):
    """Do not record: results do not require grad."""

    def enter(self, state: Any) -> None:
        _set(state, False)


class enable_grad(_Bare):
    """Record, inside of `no_grad`. Inference mode, in which nothing can be recorded, it does not lift."""

    def enter(self, state: Any) -> None:
        _set(state, True)


class set_grad_enabled(_Context):
    """Record or not, from the call on; as a context or decorator until its end."""

    mode: bool
    found: tuple[bool, bool, bool]
    before: tuple[bool, bool, bool]

    def __init__(self, mode: bool):
        state = current()
        self.mode, self.found = bool(mode), _modes(state)
        self.enter(state)

    def again(self) -> _Context:
        return set_grad_enabled(self.mode)

    def __call__(self, function: _F) -> _F:
        state = current()
        state.grad_enabled, state.inference, state.lifted = self.found
        return super().__call__(function)

    def __enter__(self) -> None:
        self.before = self.found
        self.enter(current())

    def enter(self, state: Any) -> None:
        _set(state, self.mode)


class inference_mode(_Context):
    """As no_grad, and results are inference tensors, which can never be recorded: a little less work for each
    operation.
    """

    def __new__(cls, mode: bool | Callable[..., Any] = True) -> Any:
        return object.__new__(cls) if isinstance(mode, bool) else cls()(mode)

    def __init__(self, mode: bool | Callable[..., Any] = True):
        self.mode = mode

    def again(self) -> _Context:
        return inference_mode(self.mode)

    def enter(self, state: Any) -> None:
        state.inference = self.mode
        _set(state, not self.mode)


class set_multithreading_enabled(_Context):
    """Accepted for PyTorch's sake: backward always runs on the calling thread here."""

    def __init__(self, mode: bool):
        self.mode = mode

    def again(self) -> _Context:
        return set_multithreading_enabled(self.mode)

    def enter(self, state: Any) -> None:
        pass
