"""Storages: bytes and elements over the memory that tensors share. Against PyTorch: tests/parity/surface.txt."""

from __future__ import annotations

import copy
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
