"""Storage, the allocator, frames and launching; the kernels here are Python functions behind C addresses."""

import copy
import ctypes
import os
import pickle
import random
import struct
import subprocess
import sys

import numpy as np
import pytest

import pellucid
from pellucid.core import is_compiled, memory
from pellucid.core.inplace import wrote
from pellucid.core.memory import (
    Storage,
    Template,
    adopt,
    allocate,
    give_frame,
    phantom,
    run,
    run_body,
    take_frame,
    twin,
    view_as_array,
)
from pellucid.device import CPU, META

KERNEL = ctypes.CFUNCTYPE(None, ctypes.POINTER(ctypes.c_int64), ctypes.c_int64, ctypes.c_int64)


def kernel(function):
    """(address, the object that keeps it) of a kernel written in Python."""
    made = KERNEL(function)
    return ctypes.cast(made, ctypes.c_void_p).value, made


def octets(storage):
    return view_as_array(storage, 0, (storage.nbytes,), (1,), "|u1")


@pytest.fixture(autouse=True)
def clean_pool():
    memory.empty_cache()
    limit = memory.memory_stats()["limit"]
    yield
    memory.set_pool_limit(limit)


# Storage

@pytest.mark.parametrize("uncompiled", ["", "1"])
def test_storages_that_live_to_the_end_go_quietly(uncompiled):
    code = "from pellucid.core import memory; memory.kept = memory.allocate(8)"
    found = subprocess.run([sys.executable, "-c", code], env=os.environ | {"PELLUCID_UNCOMPILED": uncompiled},
                           capture_output=True, text=True, timeout=60)
    assert found.returncode == 0 and found.stderr == ""


def test_alignment_and_size():
    for nbytes in (0, 1, 63, 64, 65, 1000, 4097, 1 << 20, (2 << 20) - 1, 2 << 20, 5 << 20):
        storage = allocate(nbytes)
        assert storage.nbytes == nbytes and storage.device is CPU and storage.owner is None
        assert storage.data_ptr() % (64 if nbytes <= 1 << 20 else 4096) == 0
        octets(storage)[:] = 255


def test_blocks_do_not_overlap():
    held = [allocate(random.Random(i).randrange(5000)) for i in range(200)]
    for number, storage in enumerate(held):
        octets(storage)[:] = number
    assert all((octets(storage) == number).all() for number, storage in enumerate(held))


@pytest.mark.parametrize("nbytes", [1, 200, 100_000, 3 << 20])
def test_zero(nbytes):
    for _ in range(2):                                   # fresh memory, then the same from the pool
        storage = allocate(nbytes, zero=True)
        assert not octets(storage).any()
        octets(storage)[:] = 7
        del storage


def test_reuse_and_statistics():
    before = memory.memory_stats()
    storage = allocate(1000)
    address, live = storage.data_ptr(), memory.memory_stats()["live"]
    assert live - before["live"] == 1024 and memory.memory_stats()["misses"] == before["misses"] + 1
    del storage
    after = memory.memory_stats()
    assert after["live"] == before["live"] and after["pooled"] == before["pooled"] + 1024
    assert allocate(1020).data_ptr() == address          # the same class
    now = memory.memory_stats()
    assert now["hits"] == after["hits"] + 1 and now["system_calls"] == after["system_calls"]


def test_size_classes_waste_at_most_a_quarter():
    for nbytes in [2 ** k + d for k in range(8, 20) for d in (-1, 0, 1, 2 ** (k - 1))]:
        live = memory.memory_stats()["live"]
        storage = allocate(nbytes)
        size = memory.memory_stats()["live"] - live
        assert nbytes <= size <= 1.25 * nbytes + 64 and storage.nbytes == nbytes
        del storage


def test_peak():
    memory.reset_peak_memory_stats()
    live = memory.memory_stats()["live"]
    storage = allocate(1 << 20)
    del storage
    assert memory.memory_stats()["peak"] == live + (1 << 20)
    memory.reset_peak_memory_stats()
    assert memory.memory_stats()["peak"] == live


def test_empty_cache_and_limit():
    held = [allocate(size) for size in (100, 10_000, 3 << 20)]
    del held
    assert memory.memory_stats()["pooled"] >= 3 << 20
    memory.empty_cache()
    assert memory.memory_stats()["pooled"] == 0
    memory.set_pool_limit(5000)
    held = [allocate(1024) for _ in range(20)]
    del held
    assert 0 < memory.memory_stats()["pooled"] <= 5000
    storage = allocate(1 << 20)
    del storage                                          # larger than all that may be kept: goes straight back
    assert 0 < memory.memory_stats()["pooled"] <= 5000
    with pytest.raises(RuntimeError):
        memory.set_pool_limit(-1)


# from 1 << 47 on no process has room, however much memory the system is willing to promise
@pytest.mark.parametrize("nbytes", [1 << 47, 1 << 48, (1 << 62) + 1, (1 << 63) - 1])
def test_failure_names_the_size_and_changes_nothing(nbytes):
    kept = allocate(1000)
    before = memory.memory_stats()
    with pytest.raises(RuntimeError,
                       match=f"DefaultCPUAllocator: can't allocate memory: you tried to allocate {nbytes} bytes"):
        allocate(nbytes)
    after = memory.memory_stats()
    assert (after["live"], after["peak"], after["hits"],
            after["misses"]) == tuple(before[k] for k in ("live", "peak", "hits", "misses"))
    del kept


def test_failure_empties_the_pool_first():
    storage = allocate(3 << 20)
    del storage
    with pytest.raises(RuntimeError, match="kept for reuse: 0 bytes"):
        allocate(1 << 47)


@pytest.mark.parametrize("nbytes", [-1, -(1 << 40), 1 << 64, -(1 << 70)])
def test_impossible_sizes(nbytes):
    with pytest.raises((RuntimeError, OverflowError)):
        allocate(nbytes)


def test_a_storage_cannot_be_forged():
    storage = allocate(64)
    for attempt in (lambda: Storage(), lambda: copy.copy(storage), lambda: copy.deepcopy(storage),
                    lambda: pickle.dumps(storage)):
        with pytest.raises(TypeError):
            attempt()
    empty = Storage.__new__(Storage)
    assert empty.data_ptr() == 0 and empty.nbytes == 0
    if is_compiled():
        with pytest.raises(TypeError):
            type("Sub", (Storage,), {})
        for name in ("nbytes", "owner", "device", "readonly", "version"):
            with pytest.raises(AttributeError):
                setattr(storage, name, 1)
        assert not hasattr(storage, "address")


def test_version_and_the_place_of_the_last_change():
    storage = allocate(8)
    assert storage.version == 0 and storage.changed is None
    written = pellucid.zeros(2)
    wrote(written)
    assert written.memory.version == 1 and written.memory.changed is None
    storage.changed = ("file.py", 3)
    assert storage.changed == ("file.py", 3)
    written.memory.unseen()
    assert written._version == 0


def test_phantom():
    storage = phantom(1 << 60)
    assert storage.nbytes == 1 << 60 and storage.data_ptr() == 0 and storage.device is META
    with pytest.raises(RuntimeError, match="meta"):
        view_as_array(storage, 0, (1,), (1,), "|u1")


# NumPy and buffers

def test_adopt_shares_and_keeps_alive():
    array = np.arange(6, dtype=np.float32)
    storage = adopt(array)
    assert (storage.data_ptr() == array.ctypes.data and storage.nbytes == 24 and storage.owner is array
            and not storage.readonly)
    array[2] = 9
    view = view_as_array(storage, 4, (2,), (4,), "<f4")
    del array, storage
    assert view.tolist() == [1, 9]


def test_adopt_spans_what_strides_touch():
    array = np.arange(20, dtype=np.int16)[15:3:-3]
    storage = adopt(array)
    assert storage.data_ptr() == array.ctypes.data - 9 * 2 and storage.nbytes == 10 * 2
    assert adopt(np.empty((3, 0))).nbytes == 0


@pytest.mark.parametrize("source, readonly",
                         [(b"abcd", True), (bytearray(b"abcd"), False), (memoryview(b"abcd"), True)])
def test_adopt_buffers(source, readonly):
    storage = adopt(source)
    assert bytes(octets(storage)) == b"abcd" and storage.readonly is readonly
    assert octets(storage).flags.writeable is not readonly


def test_an_adopted_buffer_cannot_be_moved():
    source = bytearray(b"abcd")
    storage = adopt(source)
    with pytest.raises(BufferError):
        source.extend(b"x" * 1000)
    assert bytes(octets(storage)) == b"abcd"


def test_adopt_refuses():
    with pytest.raises(TypeError):
        adopt(np.array([object()]))
    with pytest.raises(TypeError):
        adopt([1, 2])


def test_view_as_array_stays_inside():
    storage = allocate(40)
    assert view_as_array(storage, 0, (10,), (4,), "<i4").shape == (10,)
    assert view_as_array(storage, 36, (10,), (-4,), "<i4").strides == (-4,)
    assert view_as_array(storage, 40, (0, 5), (4, 4), "<i4").size == 0
    for offset, shape, strides in ((4, (10,), (4,)), (-4, (1,), (4,)), (32, (10,), (-4,)), (0, (11,), (4,)),
                                   (0, (2, 2), (4,)), (0, (1 << 62, 8), (8, 8))):
        with pytest.raises((RuntimeError, OverflowError)):
            view_as_array(storage, offset, shape, strides, "<i4")


@pytest.mark.skipif(not is_compiled(), reason="storages have the buffer protocol in the compiled core only")
def test_a_storage_lends_its_bytes():
    storage = allocate(40, zero=True)
    view = memoryview(storage)
    view[3] = 7
    assert (view.nbytes == 40 and not view.readonly and octets(storage)[3] == 7
            and type(octets(storage).base).__name__ == "Loan")
    assert memoryview(adopt(b"abc")).readonly and bytes(adopt(b"abc")) == b"abc"
    with pytest.raises(ValueError):
        octets(adopt(b"abc")).flags.writeable = True
    for nothing in (phantom(8), Storage.__new__(Storage)):
        with pytest.raises(BufferError):
            memoryview(nothing)


def test_lists_stay_inside():
    storage = adopt(np.arange(6, dtype=np.int32))
    assert memory.read_list(storage, 20, (2, 3), (-3, -1), 4, "<i4") == [[5, 4, 3], [2, 1, 0]]
    assert (memory.read_list(storage, 0, (0, 2), (2, 1), 4, "<i4") == []
            and memory.read_list(storage, 8, (), (), 4, "<i4") == 2)
    for offset, shape, strides in ((0, (7,), (1,)), (4, (6,), (1,)), (-4, (1,), (1,)), (0, (2,), (-1,)),
                                   (0, (2,), (1 << 62,)),
                                   (0, (1 << 62, 8), (2, 2)), (0, (2, 2), (1,)), (0, (2,), (-1 << 63,))):
        with pytest.raises((RuntimeError, OverflowError)):
            memory.read_list(storage, offset, shape, strides, 4, "<i4")


@pytest.mark.skipif(not is_compiled(), reason="the compiled core only writes numbers by itself")
def test_numbers_stay_inside_and_fit():
    storage = allocate(8, zero=True)
    write = memory.write_numbers
    assert write(storage, [1, -2], 4, "<i4") and octets(storage).view("<i4").tolist() == [1, -2]
    for numbers, size, kind in (([1, 2, 3], 4, "<i4"), ([1 << 31], 4, "<i4"), ([True], 4, "<i4"), ([1], 1, "|b1"),
                                ([1j], 8, "<f8"),
                                ([(1 << 53) + 1], 8, "<f8"), ({1: 2}, 4, "<i4"), ([1.5], 4, "<i4"), ([1.0], 2, "<f2"),
                                ([1], 9, "<i9")):
        assert not write(storage, numbers, size, kind)
    assert not write(adopt(b"abcdefgh"), [1], 4, "<i4") and not write(phantom(8), [1], 4, "<i4")
    assert not memory.write_same(storage, 1.0, 3, 4, "<f4") and not memory.write_ramp(storage, 0, 1, 2, 8, "<i8")
    assert [memory.number_kind(n)
            for n in ([1, 2.0], [1], (True,), [True, 1], [], "ab", [1j])] == ["f", "i", "b", None, None, None, None]


def test_an_array_outlives_the_storage():
    storage = allocate(1 << 16, zero=True)
    live = memory.memory_stats()["live"]
    view = view_as_array(storage, 0, (1 << 16,), (1,), "|u1")
    del storage
    others = [allocate(1 << 16) for _ in range(3)]
    for other in others:
        octets(other)[:] = 1
    assert not view.any()
    del view, others, other
    assert memory.memory_stats()["live"] < live


# Frames

def test_words():
    frame, storage = take_frame(), allocate(64)
    assert (frame.put_pointer(0, storage, 8) == 1 and frame.put(1, -5) == 1
            and frame.put_template(2, Template((1, -2, 3))) == 3)
    assert frame.words() == [storage.data_ptr() + 8, -5, 1, -2, 3] and frame.count == 5
    frame.put_template(2, Template((7,)))                # the next step of a plan has a template of its own
    assert frame.words() == [storage.data_ptr() + 8, -5, 7]
    give_frame(frame)
    assert take_frame().count == 0


@pytest.mark.parametrize("value, words", [
    (0, [0]), (True, [1]), (-1, [-1]), ((1 << 63) - 1, [(1 << 63) - 1]), (-(1 << 63), [-(1 << 63)]),
    ((1 << 64) - 1, [-1]),
    (1 << 63, [-(1 << 63)]),
    (1.5, list(struct.unpack("q", struct.pack("d", 1.5)))),
    (float("nan"), list(struct.unpack("q", struct.pack("d", float("nan"))))),
    (np.float64(-2.0), list(struct.unpack("q", struct.pack("d", -2.0)))),
    (1 - 2j, list(struct.unpack("2q", struct.pack("2d", 1.0, -2.0)))),
])
def test_scalars(value, words):
    frame = take_frame()
    assert frame.put_scalar(0, value) == len(words) and frame.words() == words


def test_scalars_that_do_not_fit():
    frame = take_frame()
    for value in (1 << 64, -(1 << 63) - 1, 10 ** 40):
        with pytest.raises(RuntimeError, match="value cannot be converted to type int64_t without overflow"):
            frame.put_scalar(0, value)
    for value in ("1", None, [1]):
        with pytest.raises(TypeError):
            frame.put_scalar(0, value)


def test_long_frames():
    frame, storage = take_frame(), allocate(64)
    for i in range(1000):
        frame.put_pointer(i, storage, i % 64)
    frame.put_template(1000, Template(range(3000)))
    assert (frame.count == 4000 and frame.words() == [storage.data_ptr() + i % 64 for i in range(1000)]
            + list(range(3000)))


def test_a_frame_keeps_its_storages():
    frame, storage = take_frame(), allocate(1 << 14)
    live = memory.memory_stats()["live"]
    for i in range(50):
        frame.put_pointer(i, storage, 0)
    del storage
    assert memory.memory_stats()["live"] == live
    give_frame(frame)
    assert memory.memory_stats()["live"] == live - (1 << 14)


def test_frames_refuse():
    frame, storage = take_frame(), allocate(64)
    for offset in (-1, 65, 1 << 62):
        with pytest.raises(RuntimeError):
            frame.put_pointer(0, storage, offset)
    for place in (-1, -(1 << 60), 1 << 40, (1 << 63) - 1):
        with pytest.raises((IndexError, OverflowError)):
            frame.put(place, 1)
    with pytest.raises(RuntimeError, match="meta"):
        frame.put_pointer(0, phantom(64), 0)
    with pytest.raises((TypeError, AttributeError)):
        frame.put_pointer(0, None, 0)
    give_frame(frame)
    with pytest.raises(RuntimeError):
        give_frame(frame)
    for cls in (memory.Frame, type(take_frame())):
        with pytest.raises(TypeError):
            cls()
    for holder in (frame, Template((1,))):
        for attempt in (copy.copy, pickle.dumps):
            with pytest.raises(TypeError):
                attempt(holder)
    template = Template((1, 2))
    with pytest.raises(TypeError):
        template.__init__((3,))
    assert template.words() == [1, 2]


def test_raw_objects_are_harmless():
    for cls in (Storage, memory.Frame, Template):
        raw = cls.__new__(cls)
        repr(raw)
    with pytest.raises((IndexError, RuntimeError, TypeError)):
        memory.Frame.__new__(memory.Frame).put(0, 1)


# Launching

def test_run():
    seen = []
    address, keep = kernel(lambda words, begin, end: seen.append((words[0], words[1], begin, end)))
    frame = take_frame()
    frame.put(0, 7)
    frame.put(1, -1)
    run(address, frame, 3, 100)
    assert seen == [(7, -1, 0, 3)]
    run(address, frame, 0, 100)
    assert len(seen) == 1
    with pytest.raises(RuntimeError):
        run(0, frame, 1, 1)


@pytest.mark.parametrize("work", [0, 9_999, 15_000, 30_000, 100_000, 10 ** 12])
@pytest.mark.parametrize("chunks", [1, 2, 7, 64, 1000, 100_000])
def test_every_chunk_is_done_once(work, chunks):
    done = np.zeros(chunks, np.int32)

    def body(words, begin, end):
        done[begin:end] += 1

    address, keep = kernel(body)
    run(address, take_frame(), chunks, work)
    assert (done == 1).all()


def test_run_body():
    seen = []
    frame = take_frame()
    frame.put_scalar(0, 5)
    frame.put_template(1, Template((6, 7)))
    run_body(lambda words, begin, end: seen.append((words, begin, end)), frame, 4)
    assert seen == [([5, 6, 7], 0, 4)]


def test_launches_nest():
    inner, keep_inner = kernel(lambda words, begin, end: words[0])
    values = []

    def outer_body(words, begin, end):
        frame = take_frame()
        frame.put(0, 99)
        run(inner, frame, 1, 10)
        values.append(words[0])
        give_frame(frame)

    outer, keep_outer = kernel(outer_body)
    frame = take_frame()
    frame.put(0, 42)
    run(outer, frame, 1, 10)
    assert values == [42]


# Growing

def test_a_storage_grows_where_it_is():
    storage = allocate(8)
    octets(storage)[:] = range(8)
    for nbytes in (8, 60, 64, 65, 100_000, 3 << 20):
        storage.resize(nbytes)
        assert storage.nbytes == nbytes and storage.version == 0 and octets(storage)[:8].tolist() == list(range(8))


def test_blocks_of_what_has_grown_are_given_back():
    before = memory.memory_stats()["live"]
    storage = allocate(64)
    for nbytes in (1000, 10_000, 100_000):
        storage.resize(nbytes)
    assert memory.memory_stats()["live"] - before < 150_000
    del storage
    assert memory.memory_stats()["live"] == before


@pytest.mark.parametrize("hold", [octets, lambda storage: octets(storage)[2:3], lambda storage: octets(twin(storage)),
                                  pytest.param(memoryview,
                                               marks=pytest.mark.skipif(not is_compiled(),
                                                                        reason="no buffer protocol"))])
def test_memory_that_others_hold_does_not_move(hold):
    storage = allocate(8)
    held = hold(storage)
    with pytest.raises(RuntimeError, match="Trying to resize storage that is not resizable"):
        storage.resize(1000)
    assert storage.nbytes == 8
    del held
    storage.resize(1000)


def test_memory_of_others_does_not_grow():
    with pytest.raises(RuntimeError, match="Trying to resize storage that is not resizable"):
        adopt(np.zeros(3)).resize(100)


def test_memory_in_use_by_a_long_kernel_does_not_move():
    storage = allocate(8)
    frame = take_frame()
    frame.put_pointer(0, storage, 0)
    with pytest.raises(RuntimeError, match="not resizable"):
        storage.resize(1000)
    give_frame(frame)
    storage.resize(1000)
    frame = take_frame()
    frame.put_pointer(0, storage, 0)
    del frame                                            # an exception drops it
    storage.resize(2000)


def test_twins_share_all_but_the_version():
    tensor = pellucid.zeros(2)
    wrote(tensor)
    storage = tensor.memory
    twins = [twin(storage), twin(twin(storage))]
    assert all(one.root() is storage and one.version == 0 and one.data_ptr() == storage.data_ptr() for one in twins)
    twins[1].resize(1000)
    assert {one.nbytes for one in (storage, *twins)} == {1000}
    assert len({one.data_ptr() for one in (storage, *twins)}) == 1
    for _ in range(1000):                                # those that are gone are forgotten
        twin(storage)
    alone = twin(allocate(8))
    alone.resize(100)
    octets(alone)[:] = 7
    assert phantom(8).root().nbytes == 8


def test_a_phantom_grows():
    storage = phantom(8)
    storage.resize(1 << 40)
    assert storage.nbytes == 1 << 40
