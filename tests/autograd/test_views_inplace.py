"""Views and writes in place: gradients against the same program written without them, and the errors, which name lines.
"""

from __future__ import annotations

import re

import pytest

import pellucid as torch


def leaf(*shape, seed=0):
    torch.manual_seed(seed)
    return (torch.rand(*shape, dtype=torch.float64) + 0.4).requires_grad_()


def put(x, index, value):
    x[index] = value
    return x


def act(x, what):
    what(x)
    return x


MASK = torch.tensor([[1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0, 0]], dtype=torch.bool)
COLUMN = torch.tensor([[0, 1, 0]], dtype=torch.bool)
ROW = torch.tensor([[1], [0], [0], [0]], dtype=torch.bool)
# (in place, the same without), of x and y, both 4 x 3
PROGRAMS = {
    "add": (lambda x, y: x.add_(y), lambda x, y: x + y),
    "mul_view": (lambda x, y: act(x, lambda x: x[0].mul_(y[0])), lambda x, y: torch.where(ROW, x * y, x)),
    "iadd_slice": (lambda x, y: put(x, 0, x[0] + y[0]), lambda x, y: torch.where(ROW, x + y, x)),
    "set_column": (lambda x, y: put(x, (slice(None), 1), y[:, 1]), lambda x, y: torch.where(COLUMN, y, x)),
    "set_mask": (lambda x, y: put(x, MASK, 0.0), lambda x, y: x * ~MASK),
    "set_mask_tensor": (lambda x, y: put(x, MASK, y[MASK]), lambda x, y: torch.where(MASK, y, x)),
    "masked_fill": (lambda x, y: x.masked_fill_(MASK, 2.0) * y, lambda x, y: torch.where(MASK, 2.0, x) * y),
    "set_all": (lambda x, y: put(x, ..., y), lambda x, y: y * 1),
    "view_of_view": (lambda x, y: act(x, lambda x: x.view(2, 6)[0].view(2, 3)[0].mul_(3)),
                     lambda x, y: torch.where(ROW, x * 3, x)),
    "chain_then_base": (lambda x, y: act(x, lambda x: (x.t()[1].add_(3), x.mul_(y))),
                        lambda x, y: torch.where(COLUMN, x + 3, x) * y),
    "view_read_after_base_write": (lambda x, y: (lambda v: (x.mul_(y), v * v)[1])(x[1:]),
                                   lambda x, y: (x * y)[1:] ** 2),
    "base_read_after_view_write": (lambda x, y: (lambda v: (v.mul_(y[:, 1]), x**2)[1])(x[:, 1]),
                                   lambda x, y: torch.where(COLUMN, x * y, x) ** 2),
    "views_written_in_turn": (lambda x, y: act(x, lambda x: [v.mul_(2) for v in (x[0], x.view(-1)[:3], x[:1])]),
                              lambda x, y: torch.where(ROW, 8 * x, x)),
    "constant_base": (
        lambda x, y: act(torch.zeros(4, 3, dtype=torch.float64), lambda z: (z[1:3].copy_(x[1:3]), z[1:].mul_(y[1:]))),
        lambda x, y: torch.cat([x[:1] * 0, x[1:3] * y[1:3], x[3:] * 0]),
    ),
    "diagonal": (lambda x, y: act(x, lambda x: x.diagonal().mul_(0)),
                 lambda x, y: x * (1 - torch.eye(4, 3, dtype=torch.float64))),
    "strides_outside_of_their_source": (
        lambda x, y: (lambda v: (x.mul_(y), v[1:].mul_(3), x + v.sum())[2])(x[:, 1:2].as_strided((3,), (1,))),
        lambda x, y: (lambda z: z
                      + z.view(-1)[1:4].sum())((x * y).view(-1).mul(torch.tensor([1, 1, 3, 3] + [1] * 8)).view(4, 3))),
    "base_turned": (lambda x, y: (lambda v: (x.t_(), v * y[0])[1])(x[0]), lambda x, y: x[0] * y[0]),
    "written_after_base_turned": (lambda x, y: (lambda v: (x.t_(), v[1:].mul_(y[0, 1:]), v.mul_(y[0]), x * x)[3])(x[0]),
                                  lambda x, y: (torch.where(ROW, x * y * torch.cat([y[:, :1] * 0 + 1, y[:, 1:]], 1), x)
                                                ** 2).t()),
    "view_and_base_turned": (lambda x, y: (lambda v: (v.unsqueeze_(1), x.unsqueeze_(0), v.mul_(2), x.transpose_(0, 1),
                                                      v * x)[4])(x[:, 1]),
                             lambda x, y: x[:, 1:2] * 2 * torch.where(COLUMN, 2 * x, x).unsqueeze(1)),
    "base_resized": (lambda x, y: (lambda z: (lambda v: (z.resize_(2, 3), v.mul_(y[0]), z * 1)[2])(z[1]))(torch.ones(4,
    3, dtype=torch.float64)),
                     lambda x, y: torch.cat([y[:1] * 0 + 1, y[:1]])),
    "indices": (lambda x, y: put(x, (torch.tensor([0, 1, 2, 2]), torch.tensor([0, 1, 0, 1])), 5.0),
                lambda x, y: torch.where(MASK, 5.0, x)),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_gradients(name):
    written, plain = PROGRAMS[name]
    found = []
    for function in (lambda x, y: written(x.clone(), y), plain):
        x, y = leaf(4, 3), leaf(4, 3, seed=1)
        out = function(x, y)
        loss = (out.sin() * torch.arange(1, out.numel() + 1, dtype=torch.float64).view(out.shape)).sum()
        first = torch.autograd.grad(loss, (x, y), create_graph=True, materialize_grads=True)
        second = torch.autograd.grad(sum((g ** 2).sum() for g in first), (x, y), materialize_grads=True)
        found.append((out, *first, *second))
    for a, b in zip(*found):
        assert torch.allclose(a, b)


def viewed(x, context):
    with context():
        return x[0]


@pytest.mark.parametrize(
    "write, message",
    [
        (lambda x: x.add_(1), "a leaf Variable that requires grad is being used in an in-place operation."),
        (lambda x: x[0].add_(1),
         "a view of a leaf Variable that requires grad is being used in an in-place operation."),
        (lambda x: put(x, 0, 1.0), "a view of a leaf Variable that requires grad"),
        (lambda x: put(x, MASK, 1.0), "a leaf Variable that requires grad"),
        (
            lambda x: (x * 2).unbind(0)[1].add_(1),
            r"Output 1 of Unbind is a view and is being modified inplace. This view is the output of a function that",
        ),
        (lambda x: (x * 2).split(2)[0].mul_(2), r"Output 0 of Split is a view"),
        (lambda x: viewed(x * 2, torch.no_grad).mul_(2),
         "A view was created in no_grad mode and is being modified inplace with grad mode enabled."),
        (lambda x: viewed(x * 2, torch.inference_mode).mul_(2),
         "A view was created in inference mode and is being modified inplace in normal mode."),
        (lambda x: (x * 2)[0].detach_(), "Can't detach views in-place"),
        (lambda x: (x * 2)[:1].expand(4, 3).add_(1), "unsupported operation"),
    ],
)
def test_forbidden_writes_change_nothing(write, message):
    x = leaf(4, 3)
    before, version = x.detach().clone(), x._version
    with pytest.raises(RuntimeError, match=message):
        write(x)
    assert torch.equal(x.detach(), before) and x._version == version


def test_a_view_of_another_type_does_not_follow_a_turned_base():
    base = torch.ones(2, 3, dtype=torch.complex64, requires_grad=True).clone()
    real = base.real
    base.t_()
    with pytest.raises(RuntimeError, match="cannot follow a change of the tensor's shape or strides in place"):
        real.sum()


def test_a_view_of_memory_that_its_base_has_left_is_none():
    base = torch.zeros(4)
    view = base[1:3]
    base.data = torch.ones(2)
    view.add_(torch.ones(2, requires_grad=True))
    assert (not base.requires_grad and base.tolist() == [1, 1] and view.requires_grad and view.tolist() == [1, 1]
            and not view._is_view())


def test_one_tensor_as_two_objects_has_two_histories_to_follow():
    class Other(torch.Tensor):
        pass

    x = leaf(4)
    base = x.clone()
    view = base[1:]
    other = view.as_subclass(Other)
    base.mul_(3)
    assert view.grad_fn is not None
    (other * 1).sum().backward()
    assert x.grad.tolist() == [0, 3, 3, 3]


def test_view_made_unrecorded_of_what_was_written_to():
    y = leaf(4, 3) * 2
    v = viewed(y, torch.no_grad)
    y.mul_(2)
    with pytest.raises(RuntimeError,
                       match="A view was created in no_grad mode and its base or another view of its base has been "
                             "modified inplace"):
        v * 2
    with torch.no_grad():
        v.mul_(2)                                # unrecorded, all of this is allowed
    assert "grad_fn=<Invalid>" in repr(v)


@pytest.mark.parametrize("write", [
    lambda y: y.add_(1), lambda y: y[0].zero_(), lambda y: put(y, 0, 1.0), lambda y: y.detach().mul_(2),
    lambda y: y.view(-1)[3:].copy_(y.view(-1)[:-3] * 1),
    lambda y: y.masked_fill_(MASK, 0.0), lambda y: torch.add(y.detach(), 1, out=y.detach())])
def test_error_of_a_changed_saved_tensor_names_both_lines(write):
    x = leaf(4, 3)
    y = x.exp()                                  # saves its result
    write(y)
    with pytest.raises(RuntimeError) as caught:
        y.sum().backward()
    text = str(caught.value)
    assert text.startswith(
        "one of the variables needed for gradient computation has been modified by an inplace operation: "
        "[torch.DoubleTensor [4, 3]]")
    assert "is at version 1; expected version 0 instead" in text or "expected version 0" in text
    assert re.search(r"saved by ExpBackward0, at .*test_views_inplace\.py:\d+, in test_error_of.*y = x\.exp\(\)", text)
    assert re.search(r"modified in place, at .*test_views_inplace\.py:\d+, in (<lambda>|put)", text)


def test_data_is_written_behind_the_back_of_autograd():
    x = leaf(4, 3)
    y = x.exp()
    y.data.fill_(2)
    assert y._version == 0
    y.sum().backward()
    assert x.grad.eq(2).all()
    y = x.exp()
    y.detach().fill_(2)
    assert y._version == 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


def test_versions_are_shared_by_views():
    x = torch.zeros(4, 3)
    writes = [
        lambda: x.add_(1),
        lambda: put(x, 0, 2),
        lambda: x[1:].mul_(2),
        lambda: x.t().zero_(),
        lambda: torch.add(x, 1, out=x),
        lambda: x.detach().fill_(3),
    ]
    for count, write in enumerate(writes, 1):
        write()
        assert x._version == count == x.view(-1)._version
    x + 1
    x.data.add_(1)
    assert x._version == len(writes)


def test_writes_to_parameters_without_recording():
    x = leaf(4, 3)
    with torch.no_grad():
        x[0] = 1
        x[1:].mul_(2)
        x -= 0.5
    assert x.is_leaf and x.requires_grad and x._version == 3
    x.sum().backward()
    assert x.grad.eq(1).all()
