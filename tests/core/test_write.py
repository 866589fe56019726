"""What is written in place and through `out=`: targets that are operands, that share memory, that must grow; what
becomes of gradients.
"""

from __future__ import annotations

import numpy as np
import pytest

import pellucid as torch

pytestmark = pytest.mark.filterwarnings("ignore:An output with one or more elements was resized")


# out= of another shape
# ----------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("size", [8, 1000, 300_000])
@pytest.mark.parametrize("call, right", [
    (lambda t: torch.sum(t, 0, out=t), lambda n: float(n)),
    (lambda t: torch.mean(t, 0, out=t), lambda n: 1.0),
    (lambda t: torch.amax(t, 0, out=t), lambda n: 1.0),
    (lambda t: torch.prod(t, 0, out=t), lambda n: 1.0),
    (lambda t: torch.mv(t.view(4, -1), torch.ones(t.numel() // 4), out=t), lambda n: n / 4),
    (lambda t: torch.mm(t.view(-1, 2), torch.ones(2, 3), out=t), lambda n: 2.0),
    (lambda t: torch.sum(t[1:], 0, out=t[:4]), lambda n: n - 1.0),
    (lambda t: torch.sum(t.detach(), 0, out=t), lambda n: float(n)),
    (lambda t: torch.sum(t.data, 0, out=t), lambda n: float(n)),
], ids="sum mean amax prod mv mm part detached data".split())
def test_operands_are_read_before_an_out_in_their_memory_is_resized(call, right, size):
    t = torch.ones(size)
    found = call(t)
    assert set(found.flatten().tolist()) == {right(size)}


@pytest.mark.parametrize("call",
                         [lambda t: torch.add(t, torch.ones(2, 8), out=t),
                          lambda t: torch.maximum(t, torch.ones(2, 8), out=t),
                                  lambda t: torch.where(t > 0, t, torch.zeros(2, 8), out=t),
                          lambda t: torch.lerp(t, torch.ones(2, 8), 0.5, out=t)])
def test_a_map_does_not_resize_its_own_operand(call):
    with pytest.raises(RuntimeError, match=r"output with shape \[8\] doesn't match the broadcast shape \[2, 8\]"):
        call(torch.ones(8))


def test_an_out_that_is_a_view_grows_within_its_base():
    base = torch.arange(6.0).view(2, 3)
    part = base[0]
    torch.add(torch.ones(2, 2), 1, out=part)
    assert part.tolist() == [[2, 2], [2, 2]] and base.tolist() == [[2, 2, 2], [2, 4, 5]] and base._version == 1
    torch.add(torch.ones(100), 1, out=part)                     # beyond the base: the memory grows, for both
    assert base.tolist() == [[2, 2, 2], [2, 2, 2]]
    part.fill_(7)
    assert base[1, 2] == 7


def test_a_map_gives_its_order_of_elements_to_an_out_without_one():
    t = torch.ones(3, 4).t()
    assert torch.exp(t, out=torch.empty(0)).stride() == (1, 4)
    assert torch.cumsum(t, 0, out=torch.empty(0)).stride() == (3, 1)
    assert torch.exp(t, out=torch.empty(4, 3)).stride() == (3, 1)


@pytest.mark.parametrize("call", [lambda t: torch.add(t[1:], 2, out=t[:-1]), lambda t: torch.pow(t[1:], 2, out=t[:-1]),
                                  lambda t: torch.exp(t[1:], out=t[:-1]), lambda t: torch.exp(t.data[1:], out=t[:-1])])
def test_an_out_that_overlaps_an_operand_in_part_raises(call):
    with pytest.raises(RuntimeError, match="refer to a single memory location"):
        call(torch.ones(10))


# resize_
# ----------------------------------------------------------------------------------------------------------------------

def test_views_see_what_is_written_after_their_base_has_grown():
    t = torch.arange(6.0)
    v, d, w = t[:3], t.detach(), t.data
    t.resize_(100_000)
    t[0] = 7
    assert v.tolist() == [7, 1, 2] and d[0] == 7 and w[0] == 7
    v.fill_(3)
    assert t[:4].tolist() == [3, 3, 3, 3][:3] + [3.0] and t.untyped_storage().nbytes() == 400_000


def test_a_tensor_whose_memory_others_hold_is_not_resized():
    t = torch.ones(3)
    array = t.numpy()
    with pytest.raises(RuntimeError, match="Trying to resize storage that is not resizable"):
        t.resize_(1000)
    assert array.tolist() == [1, 1, 1] and t.shape == (3,)
    t.resize_(2)                                                 # no need of memory
    with pytest.raises(RuntimeError, match="not resizable"):
        torch.from_numpy(np.ones(3)).resize_(1000)
    del array
    assert t.resize_(1000)[:2].tolist() == [1, 1]


def test_data_and_set_share_memory_but_not_the_version():
    t = torch.ones(3)
    t.data.resize_(100)[0] = 7
    assert t[0] == 7 and t._version == 0 and t.untyped_storage().nbytes() == 400
    u = torch.zeros(3)
    u.add_(1).add_(1)
    t.set_(u)
    assert (t._version, u._version) == (1, 2)
    t.add_(1)
    assert (t._version, u._version) == (2, 2) and u.tolist() == [3, 3, 3]
    assert t.untyped_storage() is u.untyped_storage()


# Gradients of what is overwritten
# ------------------------------------------------------------------------------------------------------

COMPARISONS = "eq_ ne_ lt_ le_ gt_ ge_ logical_and_ logical_or_".split()


@pytest.mark.parametrize("name", COMPARISONS)
def test_no_gradient_passes_what_a_comparison_has_overwritten(name):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    getattr(y, name)(torch.tensor([2.0, 3.0]))
    assert y.requires_grad
    (y * 3).sum().backward()
    assert x.grad.tolist() == [0, 0]
    z = x * 2
    getattr(z[:1], name)(torch.tensor([2.0]))
    z.sum().backward()
    assert x.grad.tolist() == [0, 2]


@pytest.mark.parametrize("name", COMPARISONS)
def test_a_comparison_does_not_overwrite_a_leaf(name):
    x = torch.ones(2, requires_grad=True)
    for target in (x, x[:1]):
        with pytest.raises(RuntimeError,
                           match="a leaf Variable that requires grad is being used in an in-place operation"):
            getattr(target, name)(torch.ones(target.shape))
    with torch.no_grad():
        getattr(x, name)(torch.ones(2))
    assert x.requires_grad and x.is_leaf


@pytest.mark.parametrize("dtype", [torch.int64, torch.uint8, torch.bool])
def test_integers_never_come_to_require_grad(dtype):
    x = torch.ones(3, requires_grad=True)

    def made():
        return torch.zeros(3, dtype=dtype)
    whole, part, copied, filled = made(), made(), made(), made()
    whole[:] = x * 2
    part[1] = x.sum()
    copied.copy_(x)
    filled.fill_(x.sum())
    base = made()
    view = base[1:]
    view.copy_(x[1:])
    for one in (whole, part, copied, filled, base, view):
        assert not one.requires_grad and one.grad_fn is None and one.numpy().any()


# Saved tensors
# ----------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("change",
                         [lambda y: y.resize_(2, 3), lambda y: y.resize_(40, 3), lambda y: y.set_(torch.zeros(4, 3)),
                                    lambda y: torch.add(torch.ones(3), 1, out=y[0]),
                          lambda y: torch.add(torch.ones(2, 3), 1, out=y[0]),
                                    lambda y: torch.add(torch.ones(40, 3), 1, out=y)])
def test_a_change_of_what_was_saved_is_noticed(change):
    x, y = torch.ones(4, 3, requires_grad=True), torch.ones(4, 3)
    z = (x * y).sum()
    change(y)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        z.backward()


# Views
# ----------------------------------------------------------------------------------------------------------------------

def test_a_write_to_the_last_of_many_views_takes_no_longer():
    x = torch.ones(4, requires_grad=True)
    base = x * 1
    view = base
    for _ in range(2000):
        view = view.view(2, 2).t().t().view(4)
    view.add_(1)
    steps, trail = 0, view.view_of.trail
    while trail is not None:
        steps, trail = steps + 1, trail.parent
    assert steps <= 5
    view.mul_(torch.arange(4.0))
    base.sum().backward()
    assert x.grad.tolist() == [0, 1, 2, 3] and base.tolist() == [0, 2, 4, 6]


def test_many_views_of_another_type():
    x = torch.ones(4, dtype=torch.complex64, requires_grad=True)
    base = x * 1
    view = torch.view_as_real(base)[1:]
    for _ in range(20):
        view = view.view(6).view(3, 2)[:, :]
    view[:, 0].mul_(torch.tensor([2.0, 3.0, 4.0]))
    base.real.sum().backward()
    assert x.grad.real.tolist() == [1, 2, 3, 4]


# Small things
# ----------------------------------------------------------------------------------------------------------------------

def test_a_tensor_is_assigned_to_itself():
    x = torch.arange(4.0).view(2, 2)
    x[None] = x
    x[None, None] = x
    x[:, None] = x[:, None]
    assert x.tolist() == [[0, 1], [2, 3]]


@pytest.mark.parametrize("dtype", [torch.int64, torch.float32, torch.bool, torch.complex64])
@pytest.mark.parametrize("number", [3, True, 2.5])
def test_a_number_is_copied(number, dtype):
    assert torch.zeros(2, dtype=dtype).copy_(number).tolist() == torch.full((2,), number,
                                                                            dtype=torch.float64).to(dtype).tolist()


def test_a_number_has_no_gradient_to_copy():
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    y.copy_(3)
    y.sum().backward()
    assert x.grad.tolist() == [0, 0]
    with pytest.raises(TypeError):
        torch.zeros(2).copy_("3")
