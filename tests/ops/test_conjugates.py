"""Views that show conjugates and negatives, as operands, targets and in place: every operator does with them what it
does with the numbers that they show, and so do its gradients.
"""

from __future__ import annotations

import copy
import pickle
import warnings
import zlib

import numpy as np
import pytest

import pellucid as torch
from pellucid.ops import REGISTRY
from tests.ops.calls import CASES, SMALL, Findings, mapped, operator, sample, tensors_of

REFUSED = (RuntimeError, TypeError, ValueError, NotImplementedError, IndexError)
# what a call draws or leaves unwritten
RANDOM = {"empty_like", "rand_like", "randn_like", "randint_like", "bernoulli", "multinomial", "normal", "dropout",
          "poisson", "binomial", "rrelu"}
# by definition not of what a tensor shows: the storage
OF_MEMORY = {"as_strided", "as_strided_copy", "as_strided_scatter", "is_set_to"}
# PyTorch refuses these views: what they would show cannot be memory
REFUSING = {"view_as_real", "view_as_real_copy"}
# only called with gradients of what takes no complex numbers
INNER = {"average_pool_gradient", "max_pool_gradient"}


def lazily(kind, x):
    """A view that shows x, over memory that holds other numbers; its memory is `x._held`."""
    if kind == "conj" and x.is_complex():
        held = x.detach().conj_physical().requires_grad_(x.requires_grad)
        return held.conj(), held
    if kind == "neg" and x.dtype.is_floating_point or kind == "neg of conj" and x.is_complex():
        held = (-x.detach() if kind == "neg" else -x.detach().conj_physical()).requires_grad_(x.requires_grad)
        return torch._neg_view(held if kind == "neg" else held.conj()), held
    return x, x


def arguments(kind, name, k, large, grad=False):
    """A sample's arguments, of complex numbers for the kinds of views that need them, the same ones each time."""
    rng = np.random.default_rng(zlib.crc32(name.encode()) + k)

    def turned(x):
        if kind == "neg" or not x.dtype.is_floating_point:
            return x.detach().requires_grad_(grad and x.dtype.is_floating_point)
        return (x.detach() + 1j * torch.tensor(rng.uniform(-1, 1, tuple(x.shape)))).requires_grad_(grad)

    args, kwargs = sample(name, k, large=large)
    return mapped(args, turned), mapped(kwargs, turned)


def called(name, args, kwargs, **more):
    """(what a call returned, None) or (None, the kind of exception)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return operator(name)(*args, **kwargs, **more), None
    except REFUSED as error:
        return None, type(error)


def same(found, expected):
    for a, b in zip(tensors_of(found), tensors_of(expected), strict=True):
        assert a.shape == b.shape and a.dtype is b.dtype, f"{a.meta}, not {b.meta}"
        a, b = (t.detach().numpy(force=True) for t in (a, b))
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)
    if not tensors_of(expected) and not isinstance(expected, (tuple, list)):
        assert found == expected


def views_of(kind, args, kwargs):
    """The arguments as views, and the tensors under them."""
    held = []

    def view(x):
        shown, memory = lazily(kind, x)
        held.append(memory)
        return shown

    return mapped(args, view), mapped(kwargs, view), held


def applicable(kind, table):
    for case in table:
        name, k, large = case.values
        if name in RANDOM | OF_MEMORY | REFUSING or kind != "neg" and name in INNER:
            continue
        args, kwargs = arguments(kind, name, k, large)
        if all(lazily(kind, x)[1] is x for x in tensors_of((args, kwargs))):
            continue
        if called(name, args, kwargs)[1] is None:
            yield pytest.param(kind, *case.values, id=f"{kind}-{case.id}")


WIDE = [*applicable("conj", CASES), *applicable("neg of conj", SMALL), *applicable("neg", SMALL)]
NARROW = [case for case in WIDE if not case.values[3] and case.values[0] != "neg of conj"]


def test_many_operators_are_tried():
    assert len({c.values[1] for c in WIDE if c.values[0] == "conj"}) > 170


@pytest.mark.parametrize("kind, name, k, large", WIDE)
def test_values(kind, name, k, large):
    findings = Findings()
    args, kwargs = arguments(kind, name, k, large)
    expected, _ = called(name, args, kwargs)
    with findings("every operand"):
        shown, more, _ = views_of(kind, args, kwargs)
        found, error = called(name, shown, more)
        assert error is None, f"raised {error}"
        same(found, expected)
    with findings("the first operand alone"):
        shown, more, _ = views_of(kind, args[:1], {})
        found, error = called(name, (*shown, *args[1:]), kwargs)
        assert error is None, f"raised {error}"
        same(found, expected)
    findings.settle()


@pytest.mark.parametrize("kind, name, k, large", NARROW)
def test_gradients(kind, name, k, large):
    args, kwargs = arguments(kind, name, k, large, grad=True)
    expected, error = called(name, args, kwargs)
    leaves = [t for t in tensors_of((args, kwargs)) if t.requires_grad]
    results = [t for t in tensors_of(expected) if t.requires_grad]
    if error is not None or not results or not leaves:
        return
    shown, more, held = views_of(kind, args, kwargs)
    found = called(name, shown, more)[0]
    weights = [torch.full(t.shape, 0.5 + 0.25j if t.is_complex() else 0.5, dtype=t.dtype) for t in results]
    try:
        wanted = torch.autograd.grad(results, leaves, weights, allow_unused=True)
    except REFUSED:
        return
    got = torch.autograd.grad([t for t in tensors_of(found) if t.requires_grad],
                              [t for t in held if t.requires_grad], weights, allow_unused=True)
    for a, b, leaf in zip(got, wanted, leaves, strict=True):
        assert (a is None) == (b is None)
        if b is not None:
            same(a, lazily(kind, b)[1] if lazily(kind, leaf)[1] is not leaf else b)


@pytest.mark.parametrize("kind, name, k, large", NARROW)
def test_targets(kind, name, k, large):
    """`out=` a view, and in place on one: its memory holds what shows the result."""
    findings = Findings()
    args, kwargs = arguments(kind, name, k, large)
    expected, _ = called(name, args, kwargs)
    parts = tensors_of(expected)
    rooms = [torch.empty_like(t) for t in parts]
    single = isinstance(expected, torch.Tensor)
    if parts and called(name, args, kwargs, out=rooms[0] if single else tuple(rooms))[1] is None:
        with findings("out="):
            views = [lazily(kind, torch.zeros(t.shape, dtype=t.dtype))[0] for t in parts]
            found, error = called(name, args, kwargs, out=views[0] if single else tuple(views))
            assert error is None, f"raised {error}"
            same(views, parts)
            if found is not None:                        # split_copy and its kin return nothing
                assert all(a is b for a, b in zip(tensors_of(found), views, strict=True))
            assert all(a.is_conj() == (kind != "neg" and a.is_complex()) for a in views), "the view was replaced"
    inplace = REGISTRY.get(name + "_")
    if inplace is not None and args and isinstance(args[0], torch.Tensor):
        with findings("in place"):
            target = args[0].clone()
            try:
                wanted = inplace(target, *args[1:], **kwargs)
            except REFUSED:
                wanted = None
            if wanted is not None:
                view, held = lazily(kind, args[0])
                version = held._version
                assert inplace(view, *args[1:], **kwargs) is view
                same(view, target)
                if view is not held and name not in ("transpose", "swapaxes", "swapdims", "t", "squeeze", "unsqueeze"):
                    same(lazily(kind, held.detach())[1], target)
                    assert held._version > version
    findings.settle()


# ---- the views themselves --------------------------------------------------------------------------------------------

def complexes():
    return torch.tensor([[1 + 2j, 3 - 4j], [5 + 6j, -1j]])


def test_what_is_written_reaches_the_base():
    x = complexes()
    y = x.conj()
    y[0, 0] = 7 + 1j
    y.imag[1] = torch.tensor([2.0, 3.0])
    y.real.mul_(2)
    assert x.tolist() == [[14 - 1j, 6 - 4j], [10 - 2j, -3j]] and y.tolist() == [[14 + 1j, 6 + 4j], [10 + 2j, 3j]]
    assert x._version == y._version == 3 and y._base is x and y.data_ptr() == x.data_ptr()
    x.mH[0].zero_()
    assert x[:, 0].tolist() == [0, 0]
    x.copy_(x.conj())
    assert x[:, 1].tolist() == [6 + 4j, 3j]


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_bits(device):
    x = complexes().to(device)
    conj, neg, none = (True, False), (False, True), (False, False)
    for bits, views in {
            conj: (x.conj(), x.H, x.mH, x.adjoint(), x.conj().T, x.conj()[0], x.conj().detach(),
                   x.conj().expand(3, 2, 2)),
            neg: (x.conj().imag, torch._neg_view(x).imag, torch._neg_view(x).real),
            (True, True): (torch._neg_view(x.conj()), torch._neg_view(x).conj()),
            none: (x, x.conj().conj(), x.conj().real, x.imag, x.conj().clone(), x.conj() + 1,
                   torch.empty_like(x.conj()))}.items():
        assert [(view.is_conj(), view.is_neg()) for view in views] == [bits] * len(views)
    assert torch.is_conj(x.conj()) and torch.is_neg(x.conj().imag) and not torch.is_conj(x.conj().resolve_conj())
    assert x.resolve_conj() is x and x.resolve_neg() is x and x.imag.conj().dtype is torch.float32


def test_where_memory_itself_is_asked_for():
    x = complexes()
    for call, error, text in (
            (lambda: x.conj().numpy(), RuntimeError, "conjugate bit set. Use tensor.resolve_conj"),
            (lambda: np.asarray(x.conj().imag), RuntimeError, "negative bit set. Use tensor.resolve_neg"),
            (lambda: torch.view_as_real(x.conj()), RuntimeError, "unresolved conjugated tensors"),
            (lambda: x.conj().view(torch.float32), RuntimeError, "conjugate view tensors"),
            (lambda: x.conj().imag.view(torch.int32), RuntimeError, "negative bit set"),
            (lambda: x.conj().__dlpack__(), BufferError, "conjugate bit"),
            (lambda: x.conj().imag.__dlpack__(), BufferError, "negative bit"),
            (lambda: x.real._conj(), RuntimeError, "complex")):
        with pytest.raises(error, match=text):
            call()
    assert x.conj().numpy(force=True).tolist() == x.conj().tolist() == [[1 - 2j, 3 + 4j], [5 - 6j, 1j]]
    assert x.conj()[0, 0].item() == complex(x.conj()[0, 0]) == 1 - 2j and f"{x.conj()[0, 0]}" == "(1-2j)"
    assert repr(x.conj()[0]) == "tensor([1.-2.j, 3.+4.j])" and repr(x.conj().imag[0]) == "tensor([-2.,  4.])"


def test_copies_and_pickles():
    x = complexes().conj()
    again = pickle.loads(pickle.dumps(x))
    assert again.is_conj() and again.tolist() == x.tolist() and again.untyped_storage()[0] == x.untyped_storage()[0]
    deep = copy.deepcopy(x)
    assert not deep.is_conj() and deep.tolist() == x.tolist() and copy.copy(x).is_conj()
    other = torch.empty(0, dtype=x.dtype).set_(x)
    assert not other.is_conj() and other.tolist() == x.conj().tolist()
    assert x.resize_(1, 2).is_conj() and x.tolist() == [[1 - 2j, 3 + 4j]]


def test_histories():
    a = torch.tensor([1 + 1j, 2 + 2j, 3 + 3j], requires_grad=True)
    b = a * 1
    c = b.conj()
    c[1] *= 3j
    c.imag[0] *= 7
    b.real.mul_(2)
    (b * torch.tensor([1j, 2, 3 - 1j])).sum().real.backward()
    assert a.grad.tolist() == [-7j, 12j, 6 + 1j] and b.tolist() == [2 + 7j, 12 - 6j, 6 + 3j]
    assert c.grad_fn.name() == "ConjBackward0" and c.tolist() == [2 - 7j, 12 + 6j, 6 - 3j]
    assert torch._neg_view(b).grad_fn.name() == "NegViewBackward0"
    x = complexes().requires_grad_()
    given = torch.ones(2, 2, dtype=x.dtype)
    x.conj().backward(given)
    given.zero_()
    assert x.grad.is_conj() and x.grad.tolist() == [[1, 1], [1, 1]], "the gradient is a tensor of its own"


def test_a_matrix_made_hermitian_in_place():
    """PyTorch copies here too, where it refuses `a += a.mT`."""
    x = complexes()
    wanted = x.clone() + x.clone().mH
    x += x.mH
    assert torch.equal(x, wanted) and torch.equal(x, x.mH)
    with pytest.raises(RuntimeError, match="single memory location"):
        x.add_(x.mT)


@pytest.mark.parametrize("look", [torch.conj, torch._neg_view, lambda b: torch._neg_view(b.conj())])
def test_a_base_that_comes_to_lie_otherwise(look):
    a = complexes().requires_grad_()
    b = a * 1
    view = look(b)
    b.t_()
    weight = torch.tensor([[1, 2], [3, 4.0]])
    found, = torch.autograd.grad((view * weight).sum().real, a)
    expected, = torch.autograd.grad((look(a) * weight).sum().real, a)
    assert torch.equal(found, expected) and view.tolist() == look(a).tolist()
    view.mul_(2)
    assert b.mT.tolist() == (a * 2).tolist()


def test_strided_views_of_complex_numbers_twice():
    a = complexes().requires_grad_()
    found, = torch.autograd.grad(a.diagonal().as_strided((2,), (3,)).conj().sum().imag, a)
    assert found.tolist() == [[-1j, 0], [0, -1j]]
