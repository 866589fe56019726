"""No method of a compiled class, however it is called, may do anything but raise: not on a wrong self, not on an object
that `__new__` made, not with wrong arguments, not where an attribute holds what it should not; and no operator that is
handed the core's own objects.

A class in the place of an instance is not among the wrong arguments of operators: CPython 3.11 to 3.13.0 itself ends
where `x.encode()`, used with strings before, meets `str`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import pellucid as torch
from pellucid.core import is_compiled

ROOT = Path(__file__).resolve().parents[2]

# Run in a child: what this looks for ends the process.
WALK = r"""
import functools, gc, importlib, operator, os, sys, types, warnings
import pellucid as torch
import pellucid.core as core
warnings.simplefilter("ignore")

modules = [importlib.import_module(f"pellucid.core.{name}") for name in core._MODULES]
x = torch.ones(3, requires_grad=True)
(x * 2).sum().grad_fn.next_functions                  # classes that are made on demand
roots = {kind for module in modules for kind in vars(module).values() if isinstance(kind, type)
         and kind.__module__.startswith("pellucid.core")}
seen, pending = set(), list(roots)
while pending:
    kind = pending.pop()
    if kind not in seen and kind is not type:
        seen.add(kind)
        pending += type.__subclasses__(kind)
# not made by Python
classes = sorted((kind for kind in seen if not kind.__flags__ & (1 << 9)), key=lambda kind: kind.__qualname__)
assert len(classes) >= 18, classes

class Stranger: pass
class Text(str): pass
wrong = [None, 5, 1.5, "text", b"bytes", (), [], {}, object(), Stranger(), Text("x"), print, type, x, (x * 2).grad_fn,
         x.meta, x.memory, torch.add]
calls = errors = 0

def attempt(function, *args, **kwargs):
    global calls, errors
    calls += 1
    try:
        function(*args, **kwargs)
    except Exception:
        errors += 1
    except BaseException as error:
        print(type(error)); raise

for kind in classes:
    for name, member in list(vars(kind).items()):
        if name in ("__class__", "__doc__", "__module__", "__dict__", "__weakref__", "__del__", "__dealloc__"):
            continue
        for value in wrong:
            if isinstance(value, kind):
                continue
            if isinstance(member, (staticmethod, classmethod)) or isinstance(member, types.BuiltinFunctionType):
                continue
            if callable(member):
                for args in ((), (value,), (1,), (None, None), ("a", "b", "c")):
                    attempt(member, value, *args)
                attempt(member)
                attempt(functools.partial(member, value))
                attempt(lambda: list(map(member, [value])))
                attempt(member, value, keyword=3)
            if hasattr(type(member), "__get__"):
                attempt(type(member).__get__, member, value, type(value))
                attempt(lambda: type(member).__get__(member, value)())
            if hasattr(type(member), "__set__"):
                attempt(type(member).__set__, member, value, 1)
                attempt(type(member).__set__, member, value, None)
            if hasattr(type(member), "__delete__"):
                attempt(type(member).__delete__, member, value)

    # objects that no constructor has seen, and constructors that see anything
    for args in ((), (1,), (None, None), ("a", "b", "c"), (x, x, x, x)):
        attempt(kind, *args)
    attempt(kind, surprise=1)
    try:
        bare = kind.__new__(kind)
    except TypeError:
        continue
    for args in ((), (1,), (None, None), (x,), ("a", "b", "c")):
        attempt(kind.__init__, bare, *args)
    bare = kind.__new__(kind)
    for name in dir(kind):
        if name in ("__class__", "__init_subclass__", "__subclasshook__", "__del__", "__dealloc__"):
            continue
        try:
            member = getattr(bare, name)
        except Exception:
            continue
        if callable(member) and not isinstance(member, type):
            for args in ((), (1,), (None,), (x,), (bare,), (None, None), ([], False), ([None], True), ((), {}),
                         (1, 2, 3), (x, x, x)):
                attempt(member, *args)
    for text in (repr, str, hash, len, bool, int, iter, operator.index):
        attempt(text, bare)
    for other in wrong:
        for operation in (operator.add, operator.eq, operator.lt, operator.getitem, operator.matmul):
            attempt(operation, bare, other)
            attempt(operation, other, bare)
    del bare
gc.collect()
print("done", len(classes), calls, errors)
"""


@pytest.mark.skipif(not is_compiled(), reason="uncompiled, these are Python's own classes")
def test_every_method_of_every_compiled_class():
    run(WALK)


def run(program):
    done = subprocess.run([sys.executable, "-X", "faulthandler", "-c", program], capture_output=True, text=True,
                          timeout=300, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 0 and "done" in done.stdout, done.stdout[-2000:] + done.stderr[-4000:]


# What the two programs below share: things of every kind, and `note`, whose last line says what was being tried.
WRONG = r"""
import gc, operator, sys, warnings
import numpy as np
import pellucid as torch
from pellucid.core import memory, op as core_op
from pellucid.core.derivative import Recipe
from pellucid.core.plan import Plan, Step
from pellucid.core.state import current
warnings.simplefilter("ignore")
class Text(str): pass

def wrong():
    x = torch.ones(3, requires_grad=True)
    return [None, 5, -1, 1 << 62, -(1 << 62), 1 << 70, 1.5, "text", Text("x"), b"bytes", (), (None,), (1, 2, 3, 4), [],
            [None], {}, object(), print, (lambda *args: None), ..., slice(None), np.ones(2), x, x[1:] * 2,
            torch.ones(3, 4), torch.empty(3, 4, device="meta"), (x * 2).grad_fn, x.meta, (x.meta,), x.memory,
            torch.add, torch.float32, memory.take_frame()]

def note(*words):
    print(*words, file=sys.stderr)

def attempt(function, *args, **kwargs):
    try:
        return function(*args, **kwargs)
    except Exception:
        pass

def leaf():
    return torch.ones(3, 4, requires_grad=True)

def view():
    whole = leaf() * 2
    return whole[1:], whole

def viewed():
    part, whole = view()
    return part.view_of, part, whole

def trail():
    whole = leaf() * 2
    part = whole[1:][:, 1:]
    return part.view_of.trail, part, whole

def copy_slices():
    part, whole = view()
    part.mul_(3)
    return whole.grad_fn, whole, part

def overwritten():
    part, whole = view()
    whole.mul_(3)
    return part.grad_fn, part, whole

def nodes():
    y = leaf().tanh().exp()
    return y.grad_fn.next_functions[0][0], y

def accumulating():
    y = leaf() * 2
    return y.grad_fn.next_functions[0][0], y

def several():
    parts = torch.split(leaf() * 1, 1)
    return parts[0].grad_fn, *parts[:2]

def storage():
    x = torch.ones(3, 4)
    return x.memory, x, x[1:]

def declared():
    from pellucid.ops.families.maps import pointwise
    def probe(input):
        return input * 2
    probe = pointwise(public=False)(probe)
    probe.derivative(lambda grad: grad * 2)
    return probe, probe(leaf())

def step():
    return Step("step", lambda words, begin, end: None, (1, 2), 1, 0),

# each makes an instance, and tensors that depend on it
MAKERS = [lambda: (leaf(), leaf() * 2), lambda: (torch.ones(3, 4),), view, viewed, trail, copy_slices, overwritten,
          nodes, accumulating, several, storage, declared, step, lambda: (Plan((leaf().meta,)),),
          lambda: (Recipe(torch.tanh, (True,)),), lambda: (leaf().meta,), lambda: (memory.take_frame(),),
          lambda: (memory.Template((1, 2)),), lambda: (current(), leaf() * 2)]
"""

# `__init__` of a running thread's state and the like is tried on objects that nobody else uses
ARGUMENTS = WRONG + r"""
SKIPPED = {"__class__", "__init_subclass__", "__subclasshook__", "__del__", "__dealloc__", "__dir__",
           "__getattribute__", "__setattr__", "__delattr__"}

for make in MAKERS:
    kind = type(make()[0])
    if kind.__name__ == "State":
        continue
    for name in dir(kind):
        if name in SKIPPED:
            continue
        note(kind.__name__, name)
        attempt(lambda: getattr(make()[0], name)(surprise=1))
        for value in wrong():
            for args in ((value,), (value, value), (1, value)):
                made = make()
                member = attempt(getattr, made[0], name)
                if callable(member) and not isinstance(member, type):
                    note(kind.__name__, name, len(args), type(value))
                    attempt(member, *args)
gc.collect()
print("done")
"""

ATTRIBUTES = WRONG + r"""
def use(t):
    for work in (lambda: repr(t), lambda: t * 2, lambda: t.add_(1), lambda: t[0].mul_(2), lambda: t.grad_fn,
                 lambda: t.view(-1), lambda: torch.autograd.grad(t, [t], torch.ones_like(t)),
                 lambda: (t * 2).sum().backward(retain_graph=True), lambda: t.sum().backward(create_graph=True),
                 lambda: t.detach().numpy(), lambda: t.resize_(5, 5), lambda: t.set_(torch.ones(2)),
                 lambda: t.requires_grad_(False), lambda: t.register_hook(id), lambda: setattr(t, "data", t.clone()),
                 lambda: torch.cat([t, t]), lambda: t.sum().backward()):
        attempt(work)

for make in MAKERS:
    kind = type(make()[0])
    names = [n for k in kind.__mro__ for n, member in vars(k).items() if hasattr(type(member), "__set__")]
    for name in names:
        if name == "__class__":
            continue
        for value in wrong():
            one, *rest = make()
            before = attempt(getattr, one, name)
            note(kind.__name__, name, type(value))
            try:
                setattr(one, name, value)
            except Exception:
                continue
            for t in [one, *rest]:
                if isinstance(t, torch.Tensor):
                    use(t)
            attempt(repr, one), attempt(one) if callable(one) else None
            if kind.__name__ == "State":
                setattr(one, name, before)
gc.collect()
print("done")
"""

OPERATORS = WRONG + r"""
import inspect
from tests.ops.calls import operator, sample
from tests.ops.samples import SAMPLES

x = torch.ones(2, 3)
things = [x.meta, torch.ones(2, dtype=torch.complex64).conj().meta, (x.meta,), x.memory, memory.take_frame(), torch.add,
          leaf().exp().grad_fn]
for name in sorted(SAMPLES):
    function = operator(name)
    args, kwargs = sample(name, 0, dtype=torch.float32)
    names = list(attempt(inspect.signature, function).parameters)
    calls = [([*args[:i], thing, *args[i + 1:]], kwargs) for i in range(len(args) + 1) for thing in things]
    calls += [(args, {**kwargs, n: thing}) for n in names[len(args):] for thing in things]
    for given, named in calls:
        note(name, [type(a) for a in given], {n: type(v) for n, v in named.items()})
        attempt(function, *given, **named)
print("done")
"""


@pytest.mark.skipif(not is_compiled(), reason="uncompiled, these are Python's own classes")
@pytest.mark.parametrize("program", [ARGUMENTS, ATTRIBUTES, OPERATORS], ids=["arguments", "attributes", "operators"])
def test_wrong_arguments_and_attributes(program):
    run(program)


def test_what_was_found():
    """A Meta stands for a tensor in the key of a call: handed in as another argument it was taken for one."""
    x = torch.ones(3)
    with pytest.raises(TypeError, match="'eps' .* must be .*, not Meta"):
        x.logit(x.meta)
    with pytest.raises(TypeError, match="logit|maximum"):
        x.logit("text")
    with pytest.raises(TypeError, match="batch_norm.*'weight' .* must be Tensor, not int"):
        torch.nn.functional.batch_norm(torch.ones(2, 3), None, None, 5, None, True)
    with pytest.raises(TypeError, match="must be Number, not str"):
        torch.index_fill(x, 0, torch.tensor([0]), "text")
