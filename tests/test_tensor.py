"""The Tensor class: what it tells, Python's protocols, copies and pickles, subclasses."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import pellucid
from pellucid import Tensor
from pellucid import tensor as t


def test_numbers():
    assert (float(t([[2.5]])) == 2.5 and int(t(2.7)) == 2 and complex(t(1.0)) == 1 and bool(t([0])) is False
            and t(3).__index__() == 3)
    assert (t(True).item() is True and t(2, dtype=pellucid.bfloat16).item() == 2.0
            and t([[1, 2], [3, 4]]).tolist() == [[1, 2], [3, 4]])
    assert t(7).tolist() == 7 and t([], dtype=pellucid.int32).tolist() == []
    for act, error in [(lambda: t([1, 2]).item(), RuntimeError), (lambda: float(t([1, 2])), ValueError),
                       (lambda: bool(t([1, 2])), RuntimeError),
                       (lambda: bool(t([])), RuntimeError), (lambda: len(t(1)), TypeError),
                       (lambda: list(t(1)), TypeError),
                       (lambda: range(t(1.5)), TypeError), (lambda: float(t(1j)), RuntimeError),
                       (lambda: int(t(1 + 1j)), RuntimeError), (lambda: ~t(1.5), TypeError),
                       (lambda: pellucid.ones(1, device="meta").tolist(), NotImplementedError)]:
        with pytest.raises(error):
            act()


def test_containers():
    x = t([[1, 2], [3, 4]])
    assert len(x) == 2 and [row.tolist() for row in x] == [[1, 2], [3, 4]] and 3 in x and 5 not in x and t(4) in x
    assert reversed(x).tolist() == [[3, 4], [1, 2]] and {x: 1}[x] == 1 and "shape" in dir(x)
    assert (x == None) is False      # noqa: E711
    with pytest.raises(RuntimeError, match="only supports Tensor or scalar"):
        assert "a" in x
    with pytest.raises(TypeError, match="does not support deleting items"):
        del x[0]


def test_setting_parts_of_complex_numbers():
    x, y = t([1 + 2j, 3]), t([1.0, 2.0])
    x.real, x.imag, y.real = 5, t([1.0, 2.0]), t(7)
    assert x.tolist() == [5 + 1j, 5 + 2j] and y.tolist() == [7, 7] and x._version == 2
    with pytest.raises(RuntimeError, match="imag is not implemented"):
        y.imag = 1


def test_numpy():
    x = pellucid.arange(6.0).view(2, 3)
    assert np.shares_memory(np.asarray(x), x.numpy()) and np.asarray(x, dtype=np.int32).dtype == np.int32
    assert (not np.shares_memory(np.array(x, copy=True), x.numpy()) and x.numpy().flags.writeable
            and np.asarray(x.t()).strides == (4, 12))
    with pytest.raises(ValueError):
        np.asarray(x, dtype=np.float64, copy=False)
    assert isinstance(np.sin(x), Tensor) and (np.float32(2) * x).tolist() == (x * 2).tolist()
    for bad, error in [(x.clone().requires_grad_(), RuntimeError), (x.to("meta"), TypeError),
                       (x.bfloat16(), TypeError)]:
        with pytest.raises(error):
            bad.numpy()
    assert x.clone().requires_grad_().numpy(force=True).shape == (2, 3)
    empty = pellucid.empty(0, 3).numpy()
    assert empty.shape == (0, 3)
    array = x.numpy()
    del x
    assert array[1].tolist() == [3, 4, 5]                       # the array keeps the memory alive


def test_questions():
    x = pellucid.ones(2, 3, dtype=pellucid.float64)
    assert x.type() == "torch.DoubleTensor" and x.type("torch.IntTensor").dtype is pellucid.int32
    assert x.type(pellucid.LongTensor).dtype is pellucid.int64
    assert isinstance(x, pellucid.DoubleTensor) and not isinstance(x, pellucid.FloatTensor) and pellucid.is_tensor(x)
    assert not pellucid.is_tensor(1)
    assert (x.is_signed() and not x.is_cuda and x.layout is pellucid.strided and x.get_device() == -1
            and x.dim_order() == (0, 1))
    assert x.nbytes == 48 and x.element_size() == x.itemsize == 8 and x.ndimension() == 2 and pellucid.numel(x) == 6
    assert (not x.is_conj() and x.resolve_conj() is x and x.is_same_size(x) and x.is_set_to(x.view(2, 3))
            and not x.is_set_to(x.clone()))
    assert x.t().is_contiguous() is False and pellucid.is_floating_point(x) and not pellucid.is_complex(x)
    with pytest.raises(ValueError, match="invalid type"):
        x.type("foo")


def test_old_constructors():
    assert Tensor(2, 3).shape == (2, 3) and Tensor([2, 3]).tolist() == [2, 3] and Tensor().shape == (0,)
    assert Tensor(pellucid.Size([2])).shape == (2,)
    assert pellucid.LongTensor([1.0]).dtype is pellucid.int64 and pellucid.BoolTensor(3).shape == (3,)
    assert (pellucid.ones(2, dtype=pellucid.int8).new([1, 2]).dtype is pellucid.int8
            and Tensor(np.ones(2)).tolist() == [1, 1])
    whole = t([1, 2])
    # of a tensor: another one over the same memory, whatever its type
    Tensor(whole)[0] = 5
    assert (whole.tolist() == [5, 2] and Tensor(whole).dtype is pellucid.int64
            and not Tensor(pellucid.ones(1, requires_grad=True)).is_leaf)
    for made in (lambda: Tensor(2.5), lambda: pellucid.FloatTensor(whole), lambda: pellucid.ones(1).new(whole)):
        with pytest.raises(TypeError, match="data must be a sequence|expected a tensor of"):
            made()


def test_storages():
    x = pellucid.arange(4.0)
    assert (x.untyped_storage().nbytes() == 16 and x[1:].untyped_storage() == x.untyped_storage()
            != x.clone().untyped_storage())
    assert x.untyped_storage().data_ptr() == x.data_ptr() and x[1:].untyped_storage() is x.untyped_storage()
    x.resize_(2, 4)
    assert x.shape == (2, 4) and x[0].tolist() == [0, 1, 2, 3]
    y = pellucid.empty(0).set_(x.untyped_storage(), 1, (3,), (1,))
    assert y.tolist() == [1, 2, 3] and pellucid.empty(0).set_(x).data_ptr() == x.data_ptr()
    with pytest.raises(RuntimeError, match="not resizable"):
        pellucid.empty(0).set_(pellucid.from_numpy(np.zeros(4)).untyped_storage(), 0, (100,), (1,))
    with pytest.raises(RuntimeError, match="cannot resize variables that require grad"):
        pellucid.ones(2, requires_grad=True).resize_(3)
    assert x._version == 1 and y._version == 1
    leaf = pellucid.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        leaf.set_(x)
    with pytest.raises(NotImplementedError):
        (leaf * 1).set_(x)
    with pellucid.no_grad():
        assert leaf.set_(x).shape == (2, 4) and leaf.requires_grad
    s = t([1.0]).untyped_storage()
    s[-1] = 0x40
    assert s[3] == 64 and len(s) == 4 and s.tolist() == [0, 0, 128, 64]
    for index in (4, -5):
        with pytest.raises(IndexError):
            s[index]


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickle(protocol):
    roundtrip = lambda value: pickle.loads(pickle.dumps(value, protocol))
    x = pellucid.arange(6.0).view(2, 3)
    again = roundtrip(x.t()[1:])
    assert (again.tolist() == x.t()[1:].tolist() and again.stride() == (1, 3)
            and again.data_ptr() != x.t()[1:].data_ptr())
    whole, row = roundtrip((x, x[1]))
    whole[1, 0] = -1
    assert row[0].item() == -1 and x[1, 0].item() == 3          # what shared memory does again
    for dtype in ("bool", "bfloat16", "complex64", "uint8"):
        y = t([[0, 1], [1, 1]], dtype=getattr(pellucid, dtype))
        assert roundtrip(y).tolist() == y.tolist() and roundtrip(y).dtype is y.dtype
    leaf = pellucid.ones(2, requires_grad=True)
    assert (roundtrip(leaf).requires_grad and roundtrip(leaf * 2).is_leaf and roundtrip(pellucid.empty(0, 3)).shape
            == (0, 3))
    meta = roundtrip(pellucid.empty(2, 3, device="meta"))
    assert meta.is_meta and meta.shape == (2, 3)
    x.note = {"a": 1}
    assert roundtrip(x).note == {"a": 1} and roundtrip(pellucid.channels_last) is pellucid.channels_last
    assert roundtrip(pellucid.float16) is pellucid.float16


def test_a_forged_pickle_cannot_leave_its_storage():
    function, (cls, storage, dtype, offset, sizes, strides, grad), _ = pellucid.ones(2).__reduce_ex__(2)
    for bad in [(offset, (100,), strides), (1, sizes, strides), (offset, sizes, (5,)), (-1, sizes, strides)]:
        with pytest.raises(RuntimeError):
            function(cls, storage, dtype, *bad, grad)


def test_copies():
    x = pellucid.arange(6.0).view(2, 3).requires_grad_()
    (x * x).sum().backward()
    x.note = [1]
    deep = copy.deepcopy(x)
    assert deep.grad.tolist() == x.grad.tolist() and deep.requires_grad and deep.note == [1] and deep.note is not x.note
    assert deep.data_ptr() != x.data_ptr()
    shallow = copy.copy(x.detach())
    shallow[0, 0] = 5
    assert x[0, 0].item() == 5
    a, b = copy.deepcopy((x.detach(), x.detach()[0]))
    a[0, 0] = 7
    assert b[0].item() == 7
    with pytest.raises(RuntimeError, match="Only Tensors created explicitly by the user"):
        copy.deepcopy(x * 2)
    twice = copy.deepcopy([x, x])
    assert twice[0] is twice[1]


def test_subclasses():
    class Mine(Tensor):
        pass

    a = t([1.0, 2.0]).as_subclass(Mine)
    assert type(a + 1) is Mine and type(a[0]) is Mine and type(a.view(2, 1)) is Mine and isinstance(Mine([1, 2]), Mine)
    assert type(copy.deepcopy(a)) is Mine
    made = Tensor._make_subclass(Mine, t([1.0]), True)
    assert type(made) is Mine and made.requires_grad and made.is_leaf

    # an object of these would be too small for a tensor's fields
    for kind in (int, list, object, 5, None, type):
        for make in (lambda kind=kind: a.as_subclass(kind), lambda kind=kind: a.alias(kind),
                     lambda kind=kind: Tensor._make_subclass(kind, a)):
            with pytest.raises(TypeError, match="cls must be a type that inherits from Tensor"):
                make()

    seen = []

    class Watching(Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            seen.append(func.__name__)
            return super().__torch_function__(func, types, args, kwargs or {})

    b = t([1.0, 2.0]).as_subclass(Watching)
    type_of_sum = type(b + b[0])
    assert type_of_sum is Watching and seen == ["__getitem__", "add"]


def test_a_torch_function_sees_methods_and_attributes():
    seen = []

    class Watching(Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            seen.append(func)
            return super().__torch_function__(func, types, args, kwargs or {})

        def dim(self):
            return "mine"

    x = t([[1.0, 2.0]], requires_grad=True).as_subclass(Watching)
    assert (x.shape == (1, 2) and x.size(1) == 2 and len(x) == 1 and x.tolist() == [[1, 2]] and x.dim() == "mine"
            and type(x.T) is Watching)
    x.retain_grad()
    (x * 2).sum().backward()
    assert type(x.grad) is Tensor and repr(x).startswith("Watching(") and x.dtype is pellucid.float32
    for func in (Tensor.shape.__get__, Tensor.size, Tensor.__len__, Tensor.tolist, Tensor.T.__get__, Tensor.mul,
                 Tensor.sum, Tensor.backward,
                 Tensor.grad.__get__, Tensor.dtype.__get__, Tensor.__repr__, Tensor.retain_grad):
        assert func in seen
    assert pellucid.numel(x) == 2 and Tensor.numel in seen
    assert Tensor.dim not in seen and len([f for f in seen if f == Tensor.shape.__get__]) == 1
    y = x.detach()
    y.requires_grad = True
    assert Tensor.requires_grad.__set__ in seen and type(y) is Watching and y.requires_grad
    with pytest.raises(AttributeError):
        x.shape = 3
    assert ("size" not in vars(type("Plain", (Tensor,), {})) and "size" in vars(Watching)
            and "size" not in vars(type("Below", (Watching,), {})))

    class Other(Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            return NotImplemented if func is Tensor.numel else 7

    other = t([1.0]).as_subclass(Other)
    assert other.shape == other.size() == other.T == other + 1 == 7
    with pytest.raises(TypeError, match="no implementation found for 'torch.Tensor.numel'"):
        other.numel()


def test_modes_do_not_matter_for_printing():
    with pellucid.no_grad():
        assert repr(pellucid.ones(1, requires_grad=True)) == "tensor([1.], requires_grad=True)"


def test_python_functions_of_elements():
    x = pellucid.arange(6).view(2, 3).t()
    assert (x.apply_(lambda v: v + 0.5) is x and x.tolist() == [[0, 3], [1, 4], [2, 5]]
            and x._base.apply_(lambda v: 2 * v).tolist() == [0, 2, 4, 6, 8, 10])
    y = pellucid.tensor([1.0, 2.0])
    assert y.map_(pellucid.tensor(3.0), lambda a, b: a * b).tolist() == [3, 6]
    assert y.map2_(y, pellucid.tensor([1.0]), lambda a, b, c: a + b + c).tolist() == [7, 13]
    for call, error, text in [
        (lambda: pellucid.ones(2, requires_grad=True).apply_(abs), RuntimeError,
         r"Can't call apply_\(\) on Variable that requires grad"),
        (lambda: y.apply_(str), TypeError, "must be real number, not str"),
        (lambda: y.map_(3, max), TypeError, "must be Tensor, not int"),
        (lambda: y.map_(x[0], max), TypeError,
         r"map_: expected torch.FloatTensor for 'other' \(got torch.LongTensor\)"),
        (lambda: y.map_(pellucid.ones(3), max), RuntimeError, "expand"),
    ]:
        with pytest.raises(error, match=text):
            call()
    assert y.tolist() == [7, 13] and pellucid.ones(2, device="meta").apply_(abs).is_meta


def test_storages_are_made_of_bytes():
    storage = pellucid.UntypedStorage([1, 2, 3])
    assert storage.tolist() == [1, 2, 3] and len(storage) == 3 and pellucid.UntypedStorage(10).nbytes() == 10
    x = pellucid.empty(0, dtype=pellucid.uint8).set_(storage)
    assert x.tolist() == [1, 2, 3] and x.untyped_storage() is storage
    with pytest.raises(ValueError):
        pellucid.UntypedStorage([256])


def test_subclasses_that_are_not_asked():
    class Plain(pellucid.Tensor):
        __torch_function__ = pellucid._C._disabled_torch_function_impl

    x = pellucid.ones(2).as_subclass(Plain)
    assert type(x) is Plain and type(x + x) is type(pellucid.add(x, 1)) is pellucid.Tensor

    class Asked(pellucid.Tensor):
        pass

    y = pellucid.ones(2).as_subclass(Asked)
    assert type(y + x) is Asked
    with pellucid._C.DisableTorchFunctionSubclass():
        assert type(y + 1) is pellucid.Tensor


def test_arrays_beside_tensors():
    """A comparison takes an array for the tensor over its memory, on either side; functions do not, and arithmetic is
    NumPy's.
    """
    x, a = pellucid.tensor([0.0, 1.0, 2.0]), np.array([0.0, 1.0, 5.0], np.float32)
    assert ((x == a).tolist() == (a == x).tolist() == [True, True, False] and (x != a).tolist() == (a != x).tolist()
            == [False, False, True])
    assert ((x < a).tolist() == (a > x).tolist() == [False, False, True] and (a <= x).tolist() == (x >= a).tolist()
            == [True, True, False])
    assert ((x.requires_grad_() == a).tolist() == [True, True, False]
            and (x.detach() * a.astype(int)).dtype is pellucid.float64)
    with pytest.raises(RuntimeError, match="must match the size"):
        _ = x == np.ones(2)
    with pytest.raises(TypeError, match="must be Tensor, not ndarray"):
        pellucid.eq(x, a)


class Caller:
    """Another framework's tensor: its __torch_function__ calls the function again."""

    __dlpack__ = staticmethod(lambda **options: pellucid.ones(2).__dlpack__(**options))
    __dlpack_device__ = staticmethod(lambda: (1, 0))

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return func(*args, **(kwargs or {}))


def test_a_stranger_that_only_calls_back_has_nothing_to_say():
    assert pellucid.from_dlpack(Caller()).tolist() == pellucid.as_tensor(Caller()).tolist() == pellucid.tensor(
        Caller()).tolist() == [1, 1]
    for call in (lambda: pellucid.add(pellucid.ones(2), Caller()), lambda: pellucid.ones(2) + Caller(),
                 lambda: pellucid.ones(2).mul_(Caller())):
        with pytest.raises(TypeError, match="must be Tensor, not Caller"):
            call()

    def foreign(*args):
        return pellucid.Tensor.__torch_function__(foreign, (pellucid.Tensor,), args)

    assert foreign(pellucid.ones(2)) is NotImplemented


def test_composites_take_the_other_names_of_their_arguments():
    x = pellucid.arange(6.0).reshape(2, 3)
    assert pellucid.stack([x, x], axis=1).shape == (2, 2, 3) and pellucid.std(x, axis=1, keepdims=True).shape == (2, 1)
    assert pellucid.div(x1=x, x2=2).tolist() == (x / 2).tolist()
    with pytest.raises(TypeError, match="multiple values for argument 'dim'"):
        pellucid.std(x, dim=1, axis=0)


def test_factors_by_position():
    one = pellucid.ones(2)
    with pytest.warns(UserWarning, match="This overload of add is deprecated"):
        assert pellucid.add(one, 2, one).tolist() == [3, 3]
    with pytest.warns(UserWarning, match="overload"):
        assert one.add_(2, pellucid.ones(2)).tolist() == [3, 3] and one.sub(2, pellucid.ones(2)).tolist() == [1, 1]
    with pytest.warns(UserWarning, match="overload"):
        assert (pellucid.addcmul(one, 2, one, one).tolist() == [21, 21]
                and one.addcdiv_(2, one.clone(), one.clone()).tolist() == [5, 5])
