"""What the core settles with CPython itself, past the documented ways, and what therefore has to be tried on every
version of it:

    named_type     builds static classes of nodes by hand (core/derivative.pxd)
    make_methods   makes Op a method descriptor, and puts a faster function in the place of its tp_call (core/op.pxd)
    export_buffer  gives Storage and TensorBase the buffer protocol after PyType_Ready (core/system.pxd,
                   core/tensor.pxd)

All of it also holds where the core runs as Python, but for `memoryview` before Python 3.12. The flags of the
interpreter stand here too.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import weakref
from pathlib import Path

import pytest

import pellucid as torch
from pellucid.core import is_compiled
from pellucid.core.derivative import OpNode, node_type
from pellucid.core.op import Op

ROOT = Path(__file__).resolve().parents[2]


# ---- classes of nodes ------------------------------------------------------------------------------------------------

def node_of(function):
    return function(torch.ones(2, requires_grad=True)).grad_fn


def test_a_class_of_nodes_is_an_ordinary_class():
    kind = type(node_of(torch.tanh))
    assert (kind.__name__ == kind.__qualname__ == "TanhBackward0" and kind.__module__ == "builtins"
            and repr(kind) == "<class 'TanhBackward0'>")
    assert (kind.__mro__[:2] == (kind, OpNode) and kind.__bases__ == (OpNode,
            ) and issubclass(kind, OpNode) and kind in OpNode.__subclasses__())
    assert (kind is type(node_of(torch.tanh)) is not type(node_of(torch.exp)) and hash(kind) == hash(kind)
            and {kind: 1}[kind] == 1)
    assert kind.__basicsize__ == OpNode.__basicsize__ and kind.__dictoffset__ == OpNode.__dictoffset__
    assert kind.apply.__name__ == "apply"


def test_names_that_are_not_ascii_and_many_of_them():
    kinds = [node_type(f"Ünicode{i}Backward0") for i in range(200)]
    gc.collect()
    assert [kind.__name__ for kind in kinds] == [f"Ünicode{i}Backward0" for i in range(200)] and len({*kinds}) == 200


def test_objects_of_such_a_class_are_collected():
    kind = type(node_of(torch.tanh))
    assert gc.is_tracked(node_of(torch.tanh))
    references = sys.getrefcount(kind)
    for _ in range(1000):
        node_of(torch.tanh)
    gc.collect()
    # those of a static class do not count references to it
    assert sys.getrefcount(kind) <= references + (0 if is_compiled() else 1)

    class Kept:
        pass

    kept = Kept()
    x = torch.ones(2, requires_grad=True)
    y = x.tanh()
    y.grad_fn.register_hook(lambda *_, held=(kept, y): None)                             # a cycle through the node
    seen = weakref.ref(kept)
    del kept, x, y
    gc.collect()
    assert seen() is None


def test_a_node_cannot_be_changed_from_outside():
    node = node_of(torch.tanh)
    if is_compiled():
        with pytest.raises(AttributeError):
            node.recipe = None
    assert node.next_functions[0][0].variable.shape == (2,)


# ---- an operator is a function and a method --------------------------------------------------------------------------

METHOD_DESCRIPTOR = 1 << 17                      # Py_TPFLAGS_METHOD_DESCRIPTOR


class Sub(torch.Tensor):
    pass


def test_an_operator_is_a_method_descriptor():
    if is_compiled():
        assert Op.__flags__ & METHOD_DESCRIPTOR
    x = torch.tensor([1.0, -2.0])
    bound = x.add
    assert bound.__self__ is x and bound.__func__ is torch.Tensor.add is torch.add and bound(1).tolist() == [2.0, -1.0]
    assert torch.Tensor.add(x, 1).tolist() == x.add(1).tolist() == torch.add(x, 1).tolist() == [2.0, -1.0]


CALLS = {
    "method": lambda x: x.add(x),
    "keyword": lambda x: x.add(other=x),
    "keywords": lambda x: torch.add(input=x, other=x, alpha=1),
    "spread": lambda x: x.add(*(x,)),
    "spread keywords": lambda x: x.add(x, **{"alpha": 1}),
    "no keywords": lambda x: x.add(x, **{}),
    "unbound": lambda x: torch.Tensor.add(x, x),
    "function": lambda x: torch.add(x, x),
    "by name": lambda x: getattr(x, "add")(x),                                           # noqa: B009
    "kept bound": lambda x: [*map(x.add, [x])][0],
    "dunder": lambda x: torch.add.__call__(x, x),
    "type": lambda x: Op.__call__(torch.add, x, x),
    "in place": lambda x: x.clone().add_(x),
}


@pytest.mark.parametrize("form", CALLS)
def test_every_form_of_call_also_once_the_interpreter_has_specialised_it(form):
    call = CALLS[form]
    for x in [torch.tensor([1.0, 2.0])] * 100 + [torch.tensor([1.0, 2.0]).as_subclass(Sub),
                                                 torch.tensor([1.0, 2.0], dtype=torch.float64)] * 20:
        assert call(x).tolist() == [2.0, 4.0]


def test_a_method_that_is_replaced_or_shadowed_is_the_one_called():
    class Other(torch.Tensor):
        pass

    x = torch.tensor([1.0]).as_subclass(Other)

    def ask():
        return x.tanh()

    assert [ask().item() for _ in range(100)] == [pytest.approx(0.7615942)] * 100        # the call has been specialised
    Other.tanh = lambda self: "replaced"
    assert ask() == "replaced"
    x.tanh = lambda: "shadowed"
    assert ask() == "shadowed"
    del x.tanh, Other.tanh
    assert ask().item() == pytest.approx(0.7615942)


def test_wrong_calls_raise():
    x = torch.ones(2)
    for call in (lambda: torch.add(), lambda: x.add(), lambda: x.add(1, 2, 3, 4), lambda: x.add(other=1, nonsense=2),
                 lambda: torch.Tensor.tanh()):
        with pytest.raises(TypeError):
            call()


# ---- buffers ---------------------------------------------------------------------------------------------------------

HAS_BUFFER = is_compiled() or sys.version_info >= (3, 12)


@pytest.mark.parametrize("kind", [torch.Tensor, Sub])
def test_a_tensor_lends_its_memory(kind):
    if not HAS_BUFFER:
        return
    x = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]).as_subclass(kind)
    view = memoryview(x)
    assert view.shape == (2, 3) and view.strides == (12, 4) and view.format == "f" and not view.readonly
    view[1, 2] = 9.0
    assert x[1, 2] == 9.0
    assert (memoryview(x.t()).strides == (4, 12)
            and bytes(memoryview(torch.tensor([1, 2], dtype=torch.uint8).as_subclass(kind))) == b"\1\2")
    del x
    assert view[0, 0] == 1.0, "the view keeps the memory"
    view.release()


def test_an_object_that_lends_nothing_says_so():
    with pytest.raises((BufferError, TypeError)):
        memoryview(torch.empty(2, device="meta"))


# ---- flags of the interpreter ----------------------------------------------------------------------------------------

TRAINING = """
import sys, gc
import pellucid as torch
model = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(4 * 36, 3))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
torch.manual_seed(0)
x, y = torch.randn(16, 1, 8, 8), torch.randint(0, 3, (16,))
losses = []
for _ in range(30):
    loss = torch.nn.functional.cross_entropy(model(x), y)
    optimizer.zero_grad(); loss.backward(); optimizer.step()
    losses.append(loss.item())
try:
    torch.ones(2) @ torch.ones(3)
except RuntimeError:
    print(losses[-1] < losses[0] / 2)
gc.collect()
"""


@pytest.mark.parametrize("flags", [["-O"], ["-OO"], ["-X", "dev"], ["-I", "-E"], ["-bb"]], ids=" ".join)
def test_the_interpreters_flags(flags, tmp_path):
    """Nothing relies on an assert or a docstring, and no file stays open; a warning is an error."""
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{TRAINING}"
    done = subprocess.run([sys.executable, *flags, "-W", "error", "-c", program], capture_output=True, text=True,
                          timeout=300, cwd=tmp_path, env={**os.environ, "PYTHONPYCACHEPREFIX": str(tmp_path)})
    assert (done.stdout, done.stderr) == ("True\n", ""), done.stderr
