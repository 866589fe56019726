"""No method of a compiled class, however it is called, may do anything but raise: not on a wrong self, not on an object
that `__new__` made.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from pellucid.core import is_compiled

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
    done = subprocess.run([sys.executable, "-X", "faulthandler", "-c", WALK], capture_output=True, text=True,
                          timeout=300)
    assert done.returncode == 0 and "done" in done.stdout, done.stdout[-2000:] + done.stderr[-4000:]
