"""Storages: bytes and elements over the memory that tensors share. Against PyTorch: tests/parity/surface.txt."""

from __future__ import annotations

import copy
import os
import pickle
import warnings

import pytest

import pellucid
from pellucid.storage import TypedStorage, UntypedStorage


@pytest.fixture
def x():
    return pellucid.arange(6.0).reshape(2, 3)


def test_bytes_are_shared_with_the_tensor(x):
    storage = x.untyped_storage()
    assert (storage is x[1].untyped_storage() and storage == x.t().untyped_storage()
            and storage != x.clone().untyped_storage())
    storage[0:4] = 0
    storage[4:8].fill_(0)                                    # a slice is a storage over the same memory
    assert x.tolist() == [[0, 0, 2], [3, 4, 5]]
    storage.copy_(pellucid.ones(2, 3).untyped_storage())
    assert x.sum().item() == 6 and storage.tolist()[:4] == list(storage)[:4] == [0, 0, 128, 63]
    storage.byteswap(pellucid.float32)
    assert storage.tolist()[:4] == [63, 128, 0, 0]


def test_bytes_of_their_own():
    assert UntypedStorage([1, 2, 3]).tolist() == [1, 2, 3] and UntypedStorage(4).nbytes() == len(UntypedStorage(4)) == 4
    assert UntypedStorage().new().size() == 0 and UntypedStorage(5, device="meta").device.type == "meta"
    assert str(UntypedStorage([7, 8])) == " 7\n 8\n[torch.storage.UntypedStorage(device=cpu) of size 2]"
    assert repr(UntypedStorage(2, device="meta")) == "...\n[torch.storage.UntypedStorage(device=meta) of size 2]"
    assert UntypedStorage.from_buffer(b"\1\2\0\0", "big", dtype=pellucid.int16).tolist() == [2, 1, 0, 0]


@pytest.mark.parametrize("error, said, wrong", [
    (RuntimeError, "Expected a sequence type, but got float", lambda s: UntypedStorage(1.5)),
    (RuntimeError, "one of the items was of type float", lambda s: UntypedStorage([1.5])),
    (RuntimeError, "a step of 1", lambda s: s[::2]), (TypeError, "can't index", lambda s: s["a"]),
    (IndexError, "out of range", lambda s: s[24]),
    (RuntimeError, "from 0 to 255", lambda s: s.fill_(300)),
    (RuntimeError, "size does not match", lambda s: s.copy_(UntypedStorage(3))),
    (NotImplementedError, "meta", lambda s: UntypedStorage(3, device="meta").tolist()),
    (RuntimeError, "accelerator", lambda s: s.pin_memory()), (AssertionError, "CUDA", lambda s: s.cuda()),
])
def test_what_bytes_refuse(x, error, said, wrong):
    with pytest.raises(error, match=said):
        wrong(x.untyped_storage())


def test_a_file_in_memory(tmp_path):
    path = tmp_path / "numbers"
    path.write_bytes(b"12345678")
    private, shared = UntypedStorage.from_file(path, False, 8), UntypedStorage.from_file(path, True, 12)
    private[0] = shared[1] = 0
    assert path.read_bytes() == b"1\x00345678\x00\x00\x00\x00" and private.tolist()[0] == 0
    tensor = pellucid.from_file(tmp_path / "new", shared=True, size=3)
    tensor.fill_(1)
    assert pellucid.from_file(tmp_path / "new", size=2).tolist() == [1, 1]
    with pytest.raises(RuntimeError, match="unable to open file"):
        UntypedStorage.from_file(tmp_path / "missing", False, 8)
    with pytest.raises(RuntimeError, match="asked for"):
        UntypedStorage.from_file(path, False, 100)


def test_elements_are_shared_with_the_tensor(x):
    storage = x._typed_storage()
    assert (len(storage) == storage.size() == 6 and storage.nbytes() == 24 and storage.element_size() == 4
            and storage.dtype is pellucid.float32)
    storage[0] = 7
    storage[1:3] = 8
    assert (x.tolist() == [[7, 8, 8], [3, 4, 5]] and storage[-1] == 5.0 and list(storage) == storage.tolist()
            and x[1]._typed_storage().size() == 6)
    assert (storage.fill_(2) is storage and x.sum().item() == 12 and storage.untyped() is x.untyped_storage()
            and storage.data_ptr() == x.data_ptr())
    assert storage.int().tolist() == [2] * 6 and storage.int().dtype is pellucid.int32 and storage.float() is storage
    assert storage.type() == "torch.FloatStorage" and storage.type("torch.LongStorage").dtype is pellucid.int64
    for made in (copy.copy(storage), copy.deepcopy(storage), pickle.loads(pickle.dumps(storage)), storage.clone()):
        assert made.tolist() == storage.tolist() and made.data_ptr() != storage.data_ptr()
    assert (isinstance(storage, pellucid.FloatStorage) and not isinstance(storage, pellucid.LongStorage)
            and pellucid.is_storage(storage))
    assert str(pellucid.tensor([1, 2])._typed_storage()) == (
        " 1\n 2\n[torch.storage.TypedStorage(dtype=torch.int64, device=cpu) of size 2]")


def test_the_deprecated_method_warns(x):
    with pytest.warns(UserWarning, match="TypedStorage is deprecated"):
        storage = x.storage()
    assert storage.dtype is x.dtype and storage.untyped() is x.untyped_storage()
    with pytest.warns(UserWarning, match="TypedStorage is deprecated"):
        assert pellucid.nn.Parameter(pellucid.ones(2)).storage().tolist() == [1, 1]


def test_tensors_of_a_storage(x):
    storage = x._typed_storage()
    assert pellucid.Tensor(storage).tolist() == pellucid.FloatTensor(
        x.untyped_storage()).tolist() == x.flatten().tolist()
    assert (pellucid.empty(0).set_(storage, 1, (2,), (2,)).tolist() == [1, 3]
            and x.new(storage).data_ptr() == x.data_ptr())
    with pytest.raises(RuntimeError, match="Expected a Storage of type Long"):
        pellucid.LongTensor(storage)


def test_the_old_classes_warn_once_a_place():
    for make in (lambda: pellucid.FloatStorage([1, 2]), lambda: TypedStorage(2, dtype=pellucid.float32),
                 lambda: UntypedStorage(2).float()):
        with pytest.warns(UserWarning, match="TypedStorage is deprecated"):
            assert make().size() == 2
    with warnings.catch_warnings(), pytest.raises(RuntimeError, match="wrap_storage= and dtype="):
        warnings.simplefilter("ignore")
        TypedStorage(wrap_storage=UntypedStorage(4))
    assert (pellucid.IntStorage.from_buffer(b"\0\0\0\1", "big").tolist() == [1]
            and repr(pellucid.IntStorage) == "<class 'torch.IntStorage'>")


@pytest.mark.parametrize("wrong", ["a", 1.5, slice(0, 1)])
def test_what_elements_refuse(x, wrong):
    with pytest.raises(RuntimeError):
        x._typed_storage()[wrong]


# Resizing -------------------------------------------------------------------------------------------------------------

def test_a_storage_is_emptied_and_filled_again():
    x = pellucid.arange(4.0)
    view, storage, other = x[1:3], x.untyped_storage(), x.data
    assert storage.resizable() and storage.resize_(0) is storage
    assert storage.nbytes() == storage.size() == len(storage) == storage.data_ptr() == x.data_ptr() == 0
    assert storage.tolist() == [] and storage.clone().nbytes() == 0 and x.shape == (4,) and x[:0].tolist() == []
    storage.resize_(16)
    storage.copy_(pellucid.ones(4).untyped_storage())
    assert x.tolist() == other.tolist() == [1] * 4 and view.tolist() == [1, 1] and x._version == 0
    storage.resize_(4000)
    assert x.tolist() == [1] * 4 and x.as_strided((1000,), (1,))[:4].tolist() == [1] * 4
    with pytest.raises(RuntimeError, match="out of bounds for storage of size 4000"):
        x.as_strided((1001,), (1,))


@pytest.mark.parametrize("name, use", {
    "a map": lambda x: x + 1, "in place": lambda x: x.add_(1), "out=": lambda x: pellucid.neg(pellucid.ones(4), out=x),
    "a reduction": lambda x: x.sum(), "a product": lambda x: x @ x, "a copy of it": lambda x: pellucid.ones(4).copy_(x),
    "a copy to it": lambda x: x.copy_(pellucid.ones(4)), "zeros": lambda x: x.zero_(), "an item": lambda x: x[0].item(),
    "a list": lambda x: x.tolist(), "a text": repr, "an array": lambda x: x.numpy(), "a truth": lambda x: bool(x[3]),
    "DLPack": pellucid.from_dlpack, "numbers drawn": lambda x: x.uniform_(),
    "an index": lambda x: x[x.new_tensor([0]).int()],
    "an assignment": lambda x: x.__setitem__(0, 1), "a view of another type": lambda x: x.view(pellucid.int32).clone(),
    "a gradient": lambda x: (x.requires_grad_() * x).sum(), "its data": lambda x: x.data + 1,
}.items())
@pytest.mark.parametrize("size", [0, 8])
def test_a_tensor_outside_of_its_storage_is_refused(name, use, size):
    x = pellucid.arange(4.0)
    x.untyped_storage().resize_(size)
    with pytest.raises(RuntimeError, match=f"outside of its storage, which has been resized to {size} bytes"):
        use(x)
    x.detach().untyped_storage().resize_(16)
    x.detach().fill_(1)
    use(x.detach() if name == "in place" else x)


def test_tensors_that_fit_stay_usable():
    x = pellucid.arange(4.0)
    first, last, storage = x[:2], x[2:], x.untyped_storage()
    storage.resize_(8)
    assert storage.nbytes() == 8 and first.add_(1).tolist() == [1, 2] and (first * 2).tolist() == [2, 4]
    with pytest.raises(RuntimeError, match="outside of its storage"):
        last.sum()
    with pytest.raises(RuntimeError, match="out of bounds for storage of size 8"):
        first.as_strided((3,), (1,))
    assert x.resize_(2).tolist() == [1, 2] and x.untyped_storage() is storage
    storage.resize_(16)
    last.fill_(5)
    assert first.tolist() == [1, 2] and first.as_strided((4,), (1,)).tolist() == [1, 2, 5, 5]


def test_a_step_of_training_with_a_storage_that_comes_and_goes():
    """What sharded training does: weights have memory only while they are used."""
    weight = pellucid.nn.Parameter(pellucid.ones(3, 3))
    whole, storage = weight.detach().clone(), weight.untyped_storage()
    for _ in range(3):
        storage.resize_(0)
        storage.resize_(36)
        weight.data.copy_(whole)
        (weight * 2).sum().backward()
    assert weight.grad.tolist() == [[6] * 3] * 3 and weight.tolist() == [[1] * 3] * 3


def test_emptied_tensors_get_memory_by_resize_and_set():
    x = pellucid.ones(4)
    storage = x.untyped_storage()
    storage.resize_(0)
    assert x.resize_(4) is x and storage.nbytes() == 0       # nothing to do
    assert x.resize_(2).shape == (2,) and storage.nbytes() == 8 and x.fill_(3).tolist() == [3, 3]
    storage.resize_(0)
    y = pellucid.empty(0).set_(storage, 0, (3,))
    assert storage.nbytes() == 12 and y.fill_(2).tolist() == [2] * 3
    y = pellucid.empty(0).set_(storage, 0, (5,))
    assert storage.nbytes() == 20 and y.untyped_storage() is storage


def test_resize_leaves_a_tensor_of_that_size_as_it_is():
    x = pellucid.arange(6.0).reshape(2, 3).t()
    assert x.resize_(3, 2).stride() == (1, 3) and x._version == 0
    assert x.resize_(3, 2, memory_format=pellucid.contiguous_format).stride() == (2, 1) and x._version == 1


def test_memory_of_others_is_not_resizable():
    x = pellucid.ones(3)
    array = x.numpy()
    taken = pellucid.from_numpy(array)
    assert not x.untyped_storage().resizable() and not taken.untyped_storage().resizable()
    for tensor in (x, taken):
        for resize in (lambda tensor: tensor.untyped_storage().resize_(0), lambda tensor: tensor.resize_(100)):
            with pytest.raises(RuntimeError, match="Trying to resize storage that is not resizable"):
                resize(tensor)
    assert taken.resize_(1).shape == (1,)
    del array, taken, tensor
    assert x.untyped_storage().resizable()                   # nobody holds it any more


@pytest.mark.parametrize("size, kind", [(2.5, "float"), ("a", "str"), (True, "bool")])
def test_sizes_are_whole_numbers(x, size, kind):
    with pytest.raises(RuntimeError, match=f"resize_ expects an int, but got {kind}"):
        x.untyped_storage().resize_(size)
    with pytest.raises(RuntimeError, match="negative"):
        x.untyped_storage().resize_(-1)


def test_storages_of_elements_and_without_data_resize():
    typed = pellucid.ones(3)._typed_storage()
    assert typed.resizable() and typed.resize_(5) is None and len(typed) == 5 and typed.nbytes() == 20
    meta = pellucid.ones(3, device="meta")
    assert meta.untyped_storage().resize_(0).nbytes() == 0 and (meta + 1).shape == (3,)


# Sharing --------------------------------------------------------------------------------------------------------------

def test_a_child_writes_to_shared_memory():
    x = pellucid.zeros(3)
    view = x[1:]
    assert not x.is_shared() and x.share_memory_() is x and x.is_shared() and view.is_shared() and x.data.is_shared()
    child = os.fork()
    if not child:
        view.fill_(7)
        os._exit(0)
    os.waitpid(child, 0)
    assert x.tolist() == [0, 7, 7] and x.untyped_storage().is_shared() and x.untyped_storage().filename is None
    assert x.share_memory_().data_ptr() == x.data_ptr() and (x + 1).is_shared() is False
    x.untyped_storage().resize_(64)                          # into memory of our own
    assert not x.is_shared() and x.tolist() == [0, 7, 7]


def test_a_module_and_a_file_are_shared(tmp_path):
    module = pellucid.nn.BatchNorm1d(2)
    assert module.share_memory() is module and all(t.is_shared() for t in module.state_dict().values())
    assert pellucid.empty(0).share_memory_().is_shared() and UntypedStorage(4).share_memory_().is_shared()
    mapped = UntypedStorage.from_file(tmp_path / "numbers", True, 16)
    assert mapped.is_shared() and not mapped.resizable() and mapped.filename == str(tmp_path / "numbers")
    with pytest.raises(RuntimeError, match="_share_fd_: only available on CPU"):
        pellucid.ones(2, device="meta").share_memory_()
    lent = pellucid.ones(2)
    array = lent.numpy()
    with pytest.raises(RuntimeError, match="an array or a buffer holds cannot move"):
        lent.share_memory_()
    del array


def test_a_tensor_is_back_as_soon_as_its_storage_is_large_enough():
    x = pellucid.arange(4.0)
    storage, first = x.untyped_storage(), x[:1]
    for sizes in ((800, 12, 16), (800, 12, 700, 4, 600), (12, 4, 0, 8, 16)):
        for size in sizes:
            assert storage.resize_(size).nbytes() == size
            for tensor, end in ((x, 16), (first, 4)):
                if end <= size:
                    tensor.fill_(size)
                    assert tensor.tolist() == [size] * (end // 4)
                else:
                    with pytest.raises(RuntimeError, match="outside of its storage"):
                        tensor.fill_(size)
