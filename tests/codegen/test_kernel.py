"""Finished kernels: known by a digest, forgotten once there is machine code, and written once more for who asks."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

from pellucid.codegen import interpret
from pellucid.codegen.ir import Builder, Kernel, writer
from pellucid.codegen.targets import cpu
from tests.codegen.helpers import call, elementwise

written: list[float] = []


@writer
def scaled(factor: float, lanes: int = 8) -> Kernel:
    written.append(factor)
    return elementwise("scaled", lambda x: x * factor, ["f32"], ["f32"], lanes)


@writer
def with_words(count: int) -> tuple[Kernel, tuple[str, ...]]:
    b = Builder("words")
    b.store(b.word(0, "ptr"), b.word(count), "i64")
    return b.kernel(), ("out", *map(str, range(count)))


@pytest.fixture(autouse=True)
def fresh():
    written.clear()
    scaled.cache_clear()
    with_words.cache_clear()


def doubled(kernel: Kernel, run) -> list[float]:
    out = np.zeros(3, np.float32)
    run(kernel, [out, np.array([1, 2, 3], np.float32), 3])
    return out.tolist()


def test_a_writer_writes_once_for_the_same_arguments():
    assert scaled(2.0) is scaled(2.0) and scaled(2.0) is not scaled(3.0)
    assert written == [2.0, 3.0]
    assert scaled.__name__ == "scaled"


def test_the_digest_is_that_of_the_text():
    assert scaled(2.0).digest() == scaled(2.0, lanes=8).digest() != scaled(3.0).digest()
    assert len(scaled(2.0).digest()) == 20


def test_a_compiled_kernel_is_forgotten_and_runs_on():
    kernel, text = scaled(2.0), scaled(2.0).text()
    instruction = weakref.ref(kernel.program().body.instrs[0].result.builder)
    assert doubled(kernel, call) == [2.0, 4.0, 6.0]
    assert instruction() is None, "the program is gone at once, without the collector's help"
    assert doubled(kernel, call) == [2.0, 4.0, 6.0] and written == [2.0]
    assert kernel.text() == text and written == [2.0, 2.0]
    assert doubled(kernel, interpret.run) == [2.0, 4.0, 6.0]
    assert [i.op for i in kernel.walk()].count("mul") >= 2


def test_a_kernel_that_nobody_can_write_again_is_kept():
    kernel = elementwise("double", lambda x: x + x, ["f32"], ["f32"], 8)
    assert doubled(kernel, call) == doubled(kernel, interpret.run) == [2.0, 4.0, 6.0]


def test_what_a_writer_returns_beside_the_kernel():
    kernel, words = with_words(2)
    assert with_words(2) == (kernel, ("out", "0", "1")) == (kernel, words)
    kernel.forget()
    assert "kernel words(" in kernel.text()


def test_a_writer_must_write_the_same_each_time():
    @writer
    def moody() -> Kernel:
        written.append(0.0)
        return elementwise("moody", lambda x: x * float(len(written)), ["f32"], ["f32"], 8)

    kernel = moody()
    kernel.forget()
    with pytest.raises(RuntimeError, match="kernel moody is written in more than one way"):
        kernel.text()


def test_building_leaves_nothing_behind():
    """Values know their builder; a finished builder knows none of them, so that they go when their kernel goes."""
    gc.collect()
    gc.disable()
    try:
        kernel = elementwise("double", lambda x: x + x, ["f32"], ["f32"], 8)
        builder = weakref.ref(kernel.program().words.builder)
        del kernel
        assert builder() is None
    finally:
        gc.enable()


def test_kernels_of_one_text_share_an_address():
    first, second = scaled(5.0), elementwise("scaled", lambda x: x * 5.0, ["f32"], ["f32"], 8)
    assert first is not second and cpu.compile(first) == cpu.compile(second)
