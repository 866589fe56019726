"""Compiled kernels on disk: whole or not at all, whoever writes at once, and never in the way."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from pellucid.codegen.targets import cache, cpu
from tests.codegen.helpers import call, elementwise

NAME = cache.key("some kernel")


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch) -> Path:
    """A cache of this test's own, on disk and in memory."""
    monkeypatch.setenv("PELLUCID_CACHE", str(tmp_path / "kernels"))
    monkeypatch.setattr(cpu, "_ADDRESSES", {})
    monkeypatch.setattr(cache, "_limit", cache.limit())
    return tmp_path / "kernels"


def stored() -> list[Path]:
    return sorted(cache.directory().glob("??/*.o"))


def double(name: str = "double"):
    return elementwise(name, lambda x: x + x, ["f32"], ["f32"], 8)


def works(kernel) -> bool:
    out = np.zeros(5, np.float32)
    call(kernel, [out, np.ones(5, np.float32), 5])
    return out.tolist() == [2.0] * 5


def test_what_is_put_is_got():
    assert cache.get(NAME) is None
    cache.put(NAME, b"code")
    assert cache.get(NAME) == b"code"
    cache.put(NAME, b"other")
    assert cache.get(NAME) == b"other"
    cache.remove(NAME)
    cache.remove(NAME)
    assert cache.get(NAME) is None


DAMAGE = [lambda data: data[:-1], lambda data: b"", lambda data: data[:-1] + bytes([data[-1] ^ 1]), lambda data: b"x" + data]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_entry_is_thrown_away(damage):
    cache.put(NAME, b"code" * 100)
    (path,) = stored()
    path.write_bytes(damage(path.read_bytes()))
    assert cache.get(NAME) is None
    assert stored() == []


def test_an_entry_under_another_name_is_not_taken():
    cache.put(NAME, b"code")
    (path,) = stored()
    other = cache.key("another kernel")
    target = cache.directory() / other[:2] / (other[2:] + ".o")
    target.parent.mkdir(exist_ok=True)
    os.replace(path, target)
    assert cache.get(other) is None


def test_the_oldest_go_when_there_are_too_many():
    names = [cache.key(k) for k in range(5)]
    for age, name in enumerate(names):
        cache.put(name, bytes(1000))
        os.utime(cache._path(name), (1e9 + age, 1e9 + age))
    assert cache.size() > 5000
    cache.set_limit(2500)
    assert [cache.get(n) is not None for n in names] == [False, False, False, True, True]
    assert cache.limit() == 2500


def test_writing_keeps_to_the_limit():
    cache.set_limit(20_000)
    for k in range(100):
        cache.put(cache.key(k), bytes(1000))
    assert cache.size() < 30_000


def test_clear():
    cache.put(NAME, b"code")
    cache.clear()
    assert cache.size() == 0 and cache.get(NAME) is None


def test_what_an_interrupted_process_left_is_swept_away():
    """A name that is being written now stays; one that nobody will finish goes, when the directory is looked at."""
    cache.put(NAME, b"code")
    old, new = (cache._path(NAME).parent / f".new-{word}" for word in ("0123456789abcdef", "fedcba9876543210"))
    for path in (old, new):
        path.write_bytes(b"half of")
    os.utime(old, (1e9, 1e9))
    cache.set_limit(cache.limit())
    assert not old.exists() and new.exists() and cache.get(NAME) == b"code"
    cache.clear()
    assert cache.size() == 0 and new.exists(), "a process that writes meanwhile is not disturbed"


def test_entries_that_may_not_be_removed_are_left(monkeypatch):
    """In a directory shared with others: making room fails, and storing does not."""
    cache.put(NAME, b"code" * 1000)

    def refuse(path, missing_ok=False):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "unlink", refuse)
    cache.set_limit(100)
    for k in range(20):
        cache.put(cache.key(k), bytes(1000))
    assert cache.get(NAME) == b"code" * 1000
    with pytest.raises(PermissionError):
        cache.clear()


def test_a_full_disk(monkeypatch):
    """Part of an entry is written, then there is no room: no entry, nothing left over, and the kernel runs."""
    write = Path.write_bytes

    def fill(path, data):
        write(path, data[: len(data) // 2])
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_bytes", fill)
    cache.put(NAME, b"code")
    assert cache.get(NAME) is None and works(double())
    assert [path for path in cache.directory().rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("nowhere", ["/dev/null/kernels", "/proc/kernels"])
def test_where_nothing_can_be_stored_kernels_still_run(monkeypatch, nowhere):
    monkeypatch.setenv("PELLUCID_CACHE", nowhere)
    cache.put(NAME, b"code")
    assert cache.get(NAME) is None and cache.size() == 0
    assert works(double())


def test_the_place_can_be_chosen(monkeypatch, tmp_path):
    monkeypatch.delenv("PELLUCID_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.directory() == tmp_path / "pellucid" / "kernels"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache.directory() == tmp_path / ".cache" / "pellucid" / "kernels"


def test_a_kernel_is_compiled_once_a_machine(monkeypatch):
    assert works(double())
    assert len(stored()) == 1
    cpu._ADDRESSES.clear()
    monkeypatch.setattr(cpu, "emit", lambda *_: pytest.fail("compiled again"))
    assert works(double())


def test_object_code_that_does_not_link_is_made_again():
    assert works(double())
    (path,) = stored()
    name = path.parent.name + path.stem
    cache.put(name, b"this is no object file")
    cpu._ADDRESSES.clear()
    assert works(double())
    assert cache.get(name).startswith(b"\x7fELF")


def test_the_key_covers_text_and_processor(monkeypatch):
    assert works(double()) and works(double("double2"))
    assert len(stored()) == 2
    cpu._ADDRESSES.clear()
    monkeypatch.setattr(cpu, "host", lambda: ("another processor", frozenset()))
    assert works(double())
    assert len(stored()) == 3


def test_the_key_covers_versions_and_what_makes_machine_code(monkeypatch, tmp_path):
    """The same text is another entry after an update of LLVM, or of a line of the files that make machine code of it."""
    import importlib.metadata

    def found() -> str:
        cache._versions.cache_clear()
        return cache.key("some kernel")

    monkeypatch.setattr(cache, "_TRANSLATORS", [tmp_path / "llvm.py", tmp_path / "lost.py"])
    keys = [NAME, found()]
    (tmp_path / "llvm.py").write_text("as it was")
    keys.append(found())
    (tmp_path / "llvm.py").write_text("mended")
    keys.append(found())
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "another")
    keys.append(found())
    monkeypatch.undo()
    assert len(set(keys)) == len(keys) and found() == NAME
    assert {path.name for path in cache._TRANSLATORS} == {"llvm.py", "cpu.py"} and all(path.exists() for path in cache._TRANSLATORS)


def test_threads_that_want_the_same_kernel_share_it(monkeypatch):
    made, emit = [], cpu.emit
    monkeypatch.setattr(cpu, "emit", lambda kernel: made.append(kernel) or emit(kernel))
    barrier = threading.Barrier(4)

    def one(_: int) -> int:
        kernel = double()
        barrier.wait()
        return cpu.compile(kernel)

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(one, range(4)))) == 1
    assert len(made) == 1


WRITER = """
import sys
from pellucid.codegen.targets import cache
names = [cache.key(k) for k in range(4)]
for turn in range(150):
    name = names[turn % 4]
    cache.put(name, bytes([turn]) * (50 + 37 * turn))
    found = cache.get(name)
    assert found is not None and len(set(found)) == 1 and len(found) == 50 + 37 * found[0], found
"""


def test_many_processes_write_at_once():
    others = [subprocess.Popen([sys.executable, "-c", WRITER]) for _ in range(4)]
    assert [other.wait(60) for other in others] == [0] * 4
    assert len(stored()) == 4
    assert list(cache.directory().glob("??/.new-*")) == []


CLEARER = """
import sys, time
from pellucid.codegen.targets import cache
end = time.monotonic() + 120             # longer than the writers may take
while not sys.stdin.closed and time.monotonic() < end:
    cache.clear()
    assert cache.size() >= 0
    cache.set_limit(3000)
"""


def test_clearing_and_trimming_while_others_write():
    """Entries vanish under readers and writers, directories are looked at while they change; what is got is whole."""
    clearers = [subprocess.Popen([sys.executable, "-c", CLEARER]) for _ in range(2)]
    writer = WRITER.replace("found is not None and ", "found is None or ")
    others = [subprocess.Popen([sys.executable, "-c", writer]) for _ in range(2)]
    try:
        assert [other.wait(60) for other in others] == [0] * 2
        assert [clearer.poll() for clearer in clearers] == [None] * 2, "clearing failed"
    finally:
        for clearer in clearers:
            clearer.kill()
            clearer.wait()
    assert list(cache.directory().glob("??/.new-*")) == []


@pytest.mark.parametrize(("what", "sign"), [("ir", "kernel double("), ("llvm", "define void @double"), ("asm", "double:")])
def test_kernels_can_be_shown(monkeypatch, capfd, what, sign):
    monkeypatch.setenv("PELLUCID_SHOW", what)
    assert works(double())
    assert sign in capfd.readouterr().err


def test_what_to_show_is_checked(monkeypatch):
    monkeypatch.setenv("PELLUCID_SHOW", "everything")
    with pytest.raises(RuntimeError, match="expected ir, llvm or asm"):
        works(double())
