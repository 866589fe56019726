"""NumPy, buffers and DLPack. Pickles and copies are in tests/test_tensor.py."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import pellucid
from pellucid import tensor as t
from pellucid.core import is_compiled


def test_numpy_shares_memory():
    array = np.arange(6.0).reshape(2, 3)
    x = pellucid.from_numpy(array)
    x[0, 0] = 9
    array[1, 1] = 7
    assert array[0, 0] == 9 and x[1, 1].item() == 7 and pellucid.as_tensor(array).data_ptr() == x.data_ptr()
    back = pellucid.from_numpy(array[::-1, ::2])
    assert back.stride() == (-3, 2) and back.tolist() == array[::-1, ::2].tolist()
    back[0, 0] = -1
    assert array[1, 0] == -1
    fixed = np.arange(3)
    fixed.flags.writeable = False
    with pytest.raises(RuntimeError):
        pellucid.from_numpy(fixed).fill_(1)
    assert pellucid.asarray(array).data_ptr() == x.data_ptr() != pellucid.asarray(array, copy=True).data_ptr()
    with pytest.raises(ValueError, match="can't alias"):
        pellucid.asarray([1, 2], copy=False)
    assert pellucid.from_numpy(np.empty((0, 3))).shape == (0, 3) and pellucid.from_numpy(np.array(5)).item() == 5


def test_buffers():
    memory = bytearray(b"\x01\x00\x00\x00\x02\x00\x00\x00")
    x = pellucid.frombuffer(memory, dtype=pellucid.int32)
    x[1] = 7
    assert (x.tolist() == [1, 7] and memory[4] == 7
            and pellucid.frombuffer(memory, dtype=pellucid.int32, count=1, offset=4).tolist() == [7])
    for options, message in [({"count": 3}, "requested buffer length"),
                             ({"offset": 3}, "must be a multiple of element size"),
                             ({"offset": 8}, "must be non-negative and no greater than"),
                             ({"count": 0}, "must not be 0")]:
        with pytest.raises(ValueError, match=message):
            pellucid.frombuffer(memory, dtype=pellucid.int32, **options)
    with pytest.raises(ValueError, match="does not implement Python buffer protocol"):
        pellucid.frombuffer([1], dtype=pellucid.int32)
    with pytest.raises(RuntimeError, match="could not retrieve buffer from object"):
        pellucid.frombuffer(memoryview(memory)[::2], dtype=pellucid.uint8)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float16", "float32", "complex64", "bfloat16"])
def test_dlpack_both_ways(dtype):
    x = t([[0, 1, 2], [3, 4, 5]], dtype=getattr(pellucid, dtype)).t()
    y = pellucid.from_dlpack(x)
    assert y.dtype is x.dtype and y.tolist() == x.tolist() and y.stride() == x.stride() and y.data_ptr() == x.data_ptr()
    assert (pellucid.from_dlpack(x.__dlpack__()).tolist() == x.tolist() and pellucid.from_dlpack(x[1:]).tolist()
            == x[1:].tolist())
    y[0, 0] = 1
    assert x[0, 0].item() == 1 and pellucid.from_dlpack(x, copy=True).data_ptr() != x.data_ptr()
    if dtype != "bfloat16":
        assert np.array_equal(np.from_dlpack(x), x.numpy()) and pellucid.from_dlpack(np.arange(3)).tolist() == [0, 1, 2]


def test_dlpack_errors():
    with pytest.raises(BufferError, match="require gradient"):
        pellucid.ones(2, requires_grad=True).__dlpack__()
    with pytest.raises(BufferError, match="Cannot pack tensors on meta"):
        pellucid.ones(2, device="meta").__dlpack__()
    with pytest.raises(RuntimeError, match="invalid capsule"):
        pellucid.from_dlpack([1])
    capsule = pellucid.ones(2).__dlpack__()
    pellucid.from_dlpack(capsule)
    with pytest.raises(RuntimeError, match="invalid capsule"):
        pellucid.from_dlpack(capsule)


@pytest.mark.skipif(not is_compiled() and sys.version_info < (3, 12),
                    reason="Python has no word for the buffer protocol before 3.12")
def test_the_buffer_protocol_shares_memory():
    x = pellucid.arange(6.0).reshape(2, 3)
    view = memoryview(x.t())
    assert view.shape == (3, 2) and view.strides == (4, 12) and view.format == "f"
    memoryview(x)[1, 2] = 9.0
    assert x[1, 2].item() == 9.0
    with pytest.raises(TypeError, match="BFloat16"):
        memoryview(x.bfloat16())


def test_strides_that_bytes_cannot_count():
    x = pellucid.ones(1).as_strided((1, 1), (2**62, 1))
    assert (x.numpy().tolist() == x.tolist() == [[1.0]] and x.numpy().strides == (0, 4)
            and x.numpy().ctypes.data == x.data_ptr())
