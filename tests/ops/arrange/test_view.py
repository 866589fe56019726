"""Views: shapes, strides, shared memory, errors, derivatives. Against PyTorch, at random: tests/parity/test_surface.py.
"""

from __future__ import annotations

import numpy as np
import pytest

import pellucid


@pytest.fixture
def x():
    return pellucid.arange(24.0).reshape(2, 3, 4)


@pytest.fixture
def a():
    return np.arange(24.0, dtype=np.float32).reshape(2, 3, 4)


SAME = [                                                   # the same expression of a tensor and of an array
    "x.reshape(4, 6)", "x.reshape(-1)", "x.transpose(0, 1).reshape(-1)" , "x.T", "x[None]", "x[..., None, 0]",
        "x[1, :, ::2]", "x[::-1]",
    "x[:, ::-2, 1:3]", "x[-1, 2:0:-1]", "x[5:]", "x.squeeze()", "x[:1].squeeze(0)", "x.flatten()",
]


@pytest.mark.filterwarnings("ignore:The use of")
@pytest.mark.parametrize("expression", SAME)
def test_same_as_numpy(x, a, expression):
    array = eval(expression.replace("x.transpose(0, 1)", "np.swapaxes(x, 0, 1)"), {"x": a, "np": np})
    assert np.array_equal(eval(expression, {"x": x}).numpy(), array)


def test_views_share_memory_and_version(x):
    views = [x.view(6, 4), x.view(-1), x.mT, x.permute(2, 0, 1), x.transpose(0, 1), x.expand(5, 2, 3, 4), x[0],
             x[:, 1:], x.unsqueeze(0), x.squeeze(), x.diagonal(), x.unfold(2, 2, 1), x.narrow(1, 0, 2), x.select(0, 0),
             x.as_strided((2, 2), (1, 2)), x.detach(),
             x.movedim(0, 2), x.flatten(), x.unflatten(2, (2, 2)), x.view(pellucid.int32), x.chunk(2)[0], x.split(1)[0],
             x.unbind()[0]]
    assert all(view.untyped_storage() is x.untyped_storage() and view._version == 0 for view in views)
    x.view(-1)[0] = 5
    assert x[0, 0, 0].item() == 5 and all(view._version == 1 for view in views)


@pytest.mark.parametrize("make, shape, stride, offset", [
    (lambda x: x.permute(2, 0, 1), (4, 2, 3), (1, 12, 4), 0),
    (lambda x: x.movedim((0, 1), (2, 0)), (3, 4, 2), (4, 1, 12), 0),
    (lambda x: x.mT, (2, 4, 3), (12, 1, 4), 0),
    (lambda x: x.transpose(0, 1).unsqueeze(1), (3, 1, 2, 4), (4, 24, 12, 1), 0),
    (lambda x: x[:1].expand(3, -1, -1), (3, 3, 4), (0, 4, 1), 0),
    (lambda x: x.diagonal(1, 1, 2), (2, 3), (12, 5), 1),
    (lambda x: x.diagonal(-1, 1, 2), (2, 2), (12, 5), 4),
    (lambda x: x.unfold(2, 2, 1), (2, 3, 3, 2), (12, 4, 1, 1), 0),
    (lambda x: x.narrow(1, -1, 1), (2, 1, 4), (12, 4, 1), 8),
    (lambda x: x[::-1], (2, 3, 4), (-12, 4, 1), 12),
    (lambda x: x.as_strided((2, 2), (1, 2), 3), (2, 2), (1, 2), 3),
    (lambda x: x[::-1].as_strided((3,), (-1,), 5), (3,), (-1,), 5),
    (lambda x: x.view(pellucid.float64), (2, 3, 2), (6, 2, 1), 0),
    (lambda x: x.view(dtype=pellucid.int16), (2, 3, 8), (24, 8, 1), 0),
    (lambda x: pellucid.view_as_complex(x.view(2, 3, 2, 2)).imag, (2, 3, 2), (12, 4, 2), 1),
])
def test_geometry(x, make, shape, stride, offset):
    view = make(x)
    assert (tuple(view.shape), view.stride(), view.storage_offset()) == (shape, stride, offset)


def test_pieces(x):
    shapes = lambda pieces: [tuple(piece.shape) for piece in pieces]
    assert shapes(x.split(2, 1)) == [(2, 2, 4), (2, 1, 4)] == shapes(x.chunk(2, 1)) == shapes(x.split([2, 1], dim=1))
    assert shapes(x.unbind(2)) == [(2, 3)] * 4 and shapes(x.tensor_split(3, 2)) == [(2, 3, 2), (2, 3, 1), (2, 3, 1)]
    assert shapes(pellucid.tensor_split(x, (1, 3), dim=2)) == [(2, 3, 1), (2, 3, 2), (2, 3, 1)]
    assert shapes(pellucid.hsplit(x, 3)) == [(2, 1, 4)] * 3 and shapes(pellucid.empty(0, 2).split(1)) == [(0, 2)]
    assert [shapes(pellucid.broadcast_tensors(pellucid.ones(2, 1), pellucid.ones(3)))] == [[(2, 3), (2, 3)]]
    assert (pellucid.broadcast_shapes((2, 1), 3) == (2, 3) and tuple(pellucid.atleast_3d(pellucid.ones(3)).shape)
            == (1, 3, 1))


@pytest.mark.parametrize("make, error, message", [
    (lambda x: x.view(5, -1), RuntimeError, "shape '[5, -1]' is invalid for input of size 24"),
    (lambda x: x.view(-1, -1), RuntimeError, "only one dimension can be inferred"),
    (lambda x: x.transpose(0, 1).view(-1), RuntimeError,
     "view size is not compatible with input tensor's size and stride"),
    (lambda x: x.reshape(7), RuntimeError, "shape '[7]' is invalid for input of size 24"),
    (lambda x: x.expand(2, 3, 5), RuntimeError,
     "The expanded size of the tensor (5) must match the existing size (4) at non-singleton dimension 2.  Target "
     "sizes: [2, 3, 5].  Tensor sizes: [2, 3, 4]"),
    (lambda x: x.transpose(0, 3), IndexError, "Dimension out of range (expected to be in range of [-3, 2], but got 3)"),
    (lambda x: x.permute(2, 0, 0), RuntimeError, "permute(): duplicate dims are not allowed."),
    (lambda x: x.select(0, 2), IndexError,
     "select(): index 2 out of range for tensor of size [2, 3, 4] at dimension 0"),
    (lambda x: x.narrow(1, 1, 3), RuntimeError, "start (1) + length (3) exceeds dimension size (3)."),
    (lambda x: x.unfold(2, 5, 1), RuntimeError, "maximum size for tensor at dimension 2 is 4 but size is 5"),
    (lambda x: x.diagonal(0, 1, 1), RuntimeError, "diagonal dimensions cannot be identical 1, 1"),
    (lambda x: x.split([1, 1], 1), RuntimeError, "split_with_sizes expects split_sizes to sum exactly to 3"),
    (lambda x: x.t(), RuntimeError, "t() expects a tensor with <= 2 dimensions, but self is 3D"),
    (lambda x: x.as_strided((20, 2), (1, 20)), RuntimeError, "are out of bounds for storage of size 96"),
    (lambda x: x.as_strided((2, 2), (1, -2)), RuntimeError, "are out of bounds for storage of size 96"),
    (lambda x: x[:, :, 1:3].view(pellucid.float64), RuntimeError, "self.storage_offset() must be divisible by 2"),
    (lambda x: x.imag, RuntimeError, "imag is not implemented for tensors with non-complex dtypes."),
    (lambda x: x.flatten(2, 1), RuntimeError, "flatten() has invalid args: start_dim cannot come after end_dim"),
    (lambda x: pellucid.view_as_complex(x), RuntimeError, "Tensor must have a last dimension of size 2"),
    (lambda x: x.unflatten(2, (2, 3)), RuntimeError,
     "unflatten: Provided sizes [2, 3] don't multiply up to the size of dim 2 (4)"),
])
def test_errors(x, make, error, message):
    with pytest.raises(error) as caught:
        make(x)
    assert message in str(caught.value)


VIEWS = {
    "reshape": lambda w: w.t().reshape(-1), "expand": lambda w: w.unsqueeze(0).expand(4, 2, 3),
    "select": lambda w: w[1],
    "slice": lambda w: w[:, 1:], "backwards": lambda w: w[:, ::-2], "narrow": lambda w: w.narrow(1, 1, 2),
    "diagonal": lambda w: w.diagonal(),
    "unfold": lambda w: w.unfold(1, 2, 1), "as_strided": lambda w: w.as_strided((3, 2), (1, 2), 1),
    "overlapping": lambda w: w.as_strided((3, 2), (1, 1)), "split": lambda w: w.split([1, 2], 1)[1],
    "unbind": lambda w: w.unbind(1)[2],
    "permute": lambda w: w.permute(1, 0), "movedim": lambda w: w.movedim(0, 1),
    "squeeze": lambda w: w.unsqueeze(1).squeeze(),
    "sum_to_size": lambda w: w.sum_to_size(1, 3), "select_scatter": lambda w: w.select_scatter(pellucid.ones(3), 0, 1),
}


@pytest.mark.parametrize("name", VIEWS)
def test_first_and_second_derivatives(name):
    """Views are linear: the gradient of the sum of weighted elements is found by moving each input element alone."""
    look = VIEWS[name]
    w = pellucid.arange(1.0, 7.0).reshape(2, 3).requires_grad_()
    weights = (pellucid.arange(look(w).numel()) + 1.0).view(look(w).shape)
    (look(w) * look(w) * weights).sum().backward()
    grad, = pellucid.autograd.grad((look(w) * look(w) * weights).sum(), w, create_graph=True)
    assert np.array_equal(grad.detach().numpy(), w.grad.numpy())
    expected = np.zeros(6, np.float32)
    twice = np.zeros(6, np.float32)
    with pellucid.no_grad():
        zero = look(pellucid.zeros(2, 3)).clone()
        for k in range(6):
            one = pellucid.zeros(6)
            one[k] = 1
            shown = look(one.view(2, 3)) - zero
            expected[k] = (2 * shown * look(w) * weights).sum()
            twice[k] = (2 * look(w * 0 + 1) * shown * weights).sum()
    assert np.allclose(w.grad.numpy().ravel(), expected)
    second, = pellucid.autograd.grad(grad.sum(), w)
    if name != "select_scatter":
        assert np.allclose(second.numpy().ravel(), twice)


def test_complex_parts():
    z = pellucid.tensor([1 + 2j, 3 - 4j], requires_grad=True)
    (z.real * 2 + z.imag * 3).sum().backward()
    assert z.grad.tolist() == [2 + 3j, 2 + 3j]
    assert z.mH.tolist() if z.ndim > 1 else z.conj().tolist() == [1 - 2j, 3 + 4j]
    w = z.detach().clone()
    w.imag = pellucid.zeros(2)
    assert w.tolist() == [1, 3] and pellucid.view_as_real(w).tolist() == [[1, 0], [3, 0]]


def test_meta_views():
    x = pellucid.empty(2, 3, 4, device="meta")
    assert tuple(x.permute(2, 0, 1)[1:, :, None].reshape(-1).shape) == (18,) and x[0].device.type == "meta"


@pytest.mark.parametrize("sections, error", [(2**33, RuntimeError), (2**64, ValueError), (0, RuntimeError)])
def test_too_many_pieces_are_refused_before_they_are_made(sections, error):
    with pytest.raises(error, match="number of sections"):
        pellucid.zeros(3).tensor_split(sections)


def test_sum_to_size():
    x = pellucid.ones(2, 3)
    assert (x.sum_to_size(2, 3) is x and x.sum_to_size((1, 3)).tolist() == [[2, 2, 2]]
            and x.sum_to_size(3).tolist() == [2, 2, 2])
    for d in (pellucid.bool, pellucid.int32):
        y = x.to(d)
        assert (y.sum_to_size(2, 3) is y and y.sum_to_size(1, 3).tolist() == [[2, 2, 2]]
                and y.sum_to_size(3).dtype is pellucid.int64)
    assert pellucid.tensor(True).sum_to_size(()).dtype is pellucid.int64
    with pytest.raises(RuntimeError, match="is not expandable to size"):
        x.sum_to_size(4)


@pytest.mark.parametrize("size, stride, offset, expected", [
    ((2, 1), (0, 1), 0, [3, 0, 0, 0]), ((1, 2), (0, 0), 1, [0, 3, 0, 0]), ((1, 3), (2, 0), 1, [0, 6, 0, 0]),
    ((3,), (0,), 2, [0, 0, 6, 0]),
    ((2, 2), (0, 0), 3, [0, 0, 0, 10]), ((2, 1, 2), (1, 0, 1), 0, [1, 5, 4, 0]),
    ((2, 1, 2), (2, 1, 0), 0, [3, 0, 7, 0]),
])
def test_gradient_of_elements_shown_many_times(size, stride, offset, expected):
    x = pellucid.zeros(4, requires_grad=True)
    shown = x.as_strided(size, stride, offset)
    (shown * (pellucid.arange(shown.numel()) + 1.0).reshape(size)).sum().backward()
    assert x.grad.tolist() == expected
    x.grad = None
    x.as_strided(size, stride, offset).sum().backward()
    assert x.grad.sum().item() == shown.numel()


def test_strides_of_what_is_put_together():
    last = pellucid.zeros(2, 4, 5, 6).contiguous(memory_format=pellucid.channels_last)
    for part in (last, last[:, :2], last[:, 1:3], last[:, :, :3]):
        for dim in range(4):
            assert pellucid.cat([part, part], dim).is_contiguous(memory_format=pellucid.channels_last)
    assert pellucid.cat([last, last.contiguous()]).is_contiguous()
    assert pellucid.nn.functional.pad(last[:, :2], (1, 1)).is_contiguous(memory_format=pellucid.channels_last)
    for new in (last.scatter(0, pellucid.zeros(1, 1, 1, 1, dtype=pellucid.int64), 1.0),
                last.index_add(0, pellucid.tensor([0]), last[:1]), last.index_copy(0, pellucid.tensor([0]), last[:1])):
        assert new.is_contiguous()
    assert (pellucid.arange(12)[::3].ravel().stride() == (1,
            ) and pellucid.arange(6).view(2, 3)[:, ::2].ravel().tolist() == [0, 2, 3, 5])


def test_what_has_the_shape_already_is_broadcast_to_itself():
    x, y = pellucid.ones(2, 3, requires_grad=True), pellucid.ones(3)
    a, b = pellucid.broadcast_tensors(x, y)
    assert a is x and b._is_view() and b.shape == (2, 3) and pellucid.broadcast_tensors(y)[0] is y


@pytest.mark.parametrize("made", [
    lambda x: x.flip(0), lambda x: x.flip([]), lambda x: x.rot90(), lambda x: x.tile(2), lambda x: x.repeat(2, 1),
    lambda x: x.t().reshape(-1), lambda x: x.roll(1), lambda x: pellucid.kron(x, x), lambda x: x.nonzero(),
    lambda x: pellucid.nn.functional.group_norm(x[None, :, :1], 1),
])
def test_what_is_made_anew_is_no_view(made):
    """In-place operations on it are as any tensor's, with gradients."""
    x = pellucid.arange(6.0).reshape(2, 3).requires_grad_()
    found = made(x)
    assert not found._is_view() and found._base is None
    if found.requires_grad:
        found.mul_(3)
        again, = pellucid.autograd.grad((made(x) * 3).sum(), x)
        assert pellucid.equal(pellucid.autograd.grad(found.sum(), x)[0], again)
    assert found.detach_() is found
