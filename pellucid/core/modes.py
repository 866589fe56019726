"""Those who see operators before they run: modes, and subclasses of Tensor with a `__torch_function__`.

A mode is asked first, then subclasses; only then does core/op.py do the work. The fast path asks one question of the
State for all of this (`watched`) and one of each operand (`overrides`); when the answer is yes, `Op.dispatch` comes
here.
"""

import threading

import cython

from pellucid.core.slots import register

__all__ = ["Mode", "DisableTorchFunctionSubclass", "ask", "overloaded", "disabled_torch_function",
           "default_torch_function",
           "plain_results"]

if not cython.compiled:                          # compiled, these come from modes.pxd
    from pellucid.core.slots import slots
    from pellucid.core.state import current
    from pellucid.core.tensor import TensorBase


class Mode:
    """Sees every operator called in its `with` block, in this thread, before it runs. Tracing, vmap, autocast and
    profiling are modes.

    `handle` decides what is done instead. What it calls is seen by the modes outside of this one, not by this one.
    With `inside` it is not shown composites and derivatives that would run as one kernel, but the operators that they
    consist of.
    """

    inside = False

    def handle(self, op, args, kwargs):
        """The result of op(*args, **kwargs), or whatever shall take its place."""
        return op(*args, **kwargs)

    def __enter__(self):
        state = current()
        state.modes = [*state.modes, self]
        state.update()
        return self

    def __exit__(self, *exception):
        state = current()
        state.modes = state.modes[:-1]
        state.update()


def overloaded(args, kwargs):
    """The arguments whose class has a __torch_function__ of its own, one a class, subclasses before their bases."""
    found = []
    for x in (*args, *kwargs.values()):
        for item in x if isinstance(x, (tuple, list)) else (x,):
            kind = type(item)
            if isinstance(item, TensorBase):
                if not item.overrides:
                    continue
            elif getattr(kind, "__torch_function__", slots.disabled) is slots.disabled:
                continue
            if any([kind is type(other) for other in found]):
                continue
            place = next((k for k, other in enumerate(found) if issubclass(kind, type(other))), len(found))
            found.insert(place, item)
    return found


_asked = threading.local()                       # what is being asked, and answered, in this thread, the innermost last


def ask(function, name, args, kwargs):
    """Let the arguments' __torch_function__ do it, subclasses before their bases, else from left to right.

    One that only calls the function again, as another framework's tensors do, has nothing to say: the function does its
    own work then."""
    calls = _asked.__dict__.setdefault("calls", [])
    if _is_last(calls, function, args, kwargs):
        return disabled_torch_function(function, (), args, kwargs)
    candidates = overloaded(args, kwargs)
    types = tuple(type(x) for x in candidates)
    calls.append((function, args, kwargs))
    try:
        for x in candidates:
            found = type(x).__torch_function__(function, types, args, kwargs)
            if found is not NotImplemented:
                return found
    finally:
        calls.pop()
    raise TypeError(f"no implementation found for 'torch.{name}' on types that implement __torch_function__: "
                    f"{list(types)}")


def _is_last(calls, function, args, kwargs):
    """Whether the last of the calls under way is just this one."""
    if not calls or calls[-1][0] is not function:
        return False
    last, now = (*calls[-1][1], *calls[-1][2].values()), (*args, *kwargs.values())
    return len(last) == len(now) and all([a is b for a, b in zip(last, now)])


class DisableTorchFunctionSubclass:
    """In its `with` block, no __torch_function__ of a subclass of Tensor is asked."""

    def __enter__(self):
        self.before = current().no_overrides
        current().no_overrides = True

    def __exit__(self, *exception):
        current().no_overrides = self.before


def disabled_torch_function(func, types, args=(), kwargs=None):
    """As a class's __torch_function__: operators treat its instances as plain tensors."""
    with DisableTorchFunctionSubclass():
        return func(*args, **(kwargs or {}))


def default_torch_function(cls, func, types, args, kwargs):
    """What Tensor.__torch_function__ does: the operator's work, then results become instances of the subclass."""
    calls = _asked.__dict__.setdefault("answered", [])
    if not all([issubclass(cls, kind) for kind in types]) or _is_last(calls, func, args, kwargs):
        return NotImplemented                    # another framework's function asks us, and would again
    calls.append((func, args, kwargs))
    try:
        with DisableTorchFunctionSubclass():
            found = func(*args, **kwargs)
    finally:
        calls.pop()
    return found if func in plain_results else _as(found, cls)


plain_results = set()  # functions whose results stay what they are: what a tensor holds, as it was put there


def _as(found, cls):
    """Results as instances of a subclass."""
    if isinstance(found, TensorBase):
        return found if cls is slots.tensor_type or isinstance(found, cls) else found.as_subclass(cls)
    if isinstance(found, (tuple, list)):
        items = [_as(item, cls) for item in found]
        return type(found)._make(items) if hasattr(found, "_make") else type(found)(items)
    return found


register(disabled=disabled_torch_function, torch_function=default_torch_function)
