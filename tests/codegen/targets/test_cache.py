"""Compiled kernels on disk: whole or not at all, whoever writes at once, and never in the way."""

from __future__ import annotations

import os
import platform
import stat
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
    return sorted(cache.directory().glob("*.kernel"))


def path(name: str) -> Path:
    return cache.directory() / f"{name}.kernel"


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


DAMAGE = [lambda data: data[:-1], lambda data: b"", lambda data: data[:-1] + bytes([data[-1] ^ 1]),
          lambda data: b"x" + data]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_entry_is_thrown_away(damage):
    cache.put(NAME, b"code" * 100)
    path(NAME).write_bytes(damage(path(NAME).read_bytes()))
    assert cache.get(NAME) is None
    assert stored() == []


def test_an_entry_under_another_name_is_not_taken():
    cache.put(NAME, b"code")
    other = cache.key("another kernel")
    os.replace(path(NAME), path(other))
    assert cache.get(other) is None


def test_the_oldest_go_when_there_are_too_many():
    names = [cache.key(k) for k in range(5)]
    for age, name in enumerate(names):
        cache.put(name, bytes(1000))
        os.utime(path(name), (1e9 + age, 1e9 + age))
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
    old, new = (cache.directory() / f".new-{word}" for word in ("0123456789abcdef", "fedcba9876543210"))
    for half in (old, new):
        half.write_bytes(b"half of")
    os.utime(old, (1e9, 1e9))
    cache.set_limit(cache.limit())
    assert not old.exists() and new.exists() and cache.get(NAME) == b"code"
    cache.clear()
    assert cache.size() == 0 and new.exists(), "a process that writes meanwhile is not disturbed"


def test_entries_that_may_not_be_removed_are_left(monkeypatch):
    """Making room fails, and storing does not."""
    cache.put(NAME, b"code" * 1000)

    def refuse(path, dir_fd):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "unlink", refuse)
    cache.set_limit(100)
    for k in range(20):
        cache.put(cache.key(k), bytes(1000))
    assert cache.get(NAME) == b"code" * 1000
    with pytest.raises(PermissionError):
        cache.clear()


def test_a_full_disk(monkeypatch):
    """Part of an entry is written, then there is no room: no entry, nothing left over, and the kernel runs."""
    write = cache._write

    def fill(file, data):
        write(file, data[: len(data) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache, "_write", fill)
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
    monkeypatch.setattr(cpu, "_translate", lambda *_: pytest.fail("compiled again"))
    assert works(double())


@pytest.mark.parametrize("image",
                         [b"this is no image", b"", b"pdp11 0\n" + bytes(64),
                          platform.machine().encode() + b" 64\n" + bytes(64)])
def test_what_cannot_be_placed_is_made_again(image):
    assert works(double())
    (entry,) = stored()
    whole = cache.get(entry.stem)
    cache.put(entry.stem, image)
    cpu._ADDRESSES.clear()
    assert works(double())
    assert cache.get(entry.stem) == whole


def test_the_key_covers_text_and_processor(monkeypatch):
    assert works(double()) and works(double("double2"))
    assert len(stored()) == 2
    cpu._ADDRESSES.clear()
    monkeypatch.setattr(cpu, "host", lambda: ("another processor", frozenset()))
    assert works(double())
    assert len(stored()) == 3


def test_the_key_covers_versions_and_what_makes_machine_code(monkeypatch, tmp_path):
    """The same text is another entry after an update of LLVM, or of a line of the files that make machine code of it.
    """
    def found() -> str:
        cache._versions.cache_clear()
        return cache.key("some kernel")

    monkeypatch.setattr(cache, "_TRANSLATORS", [tmp_path / "llvm.py", tmp_path / "lost.py"])
    keys = [NAME, found()]
    (tmp_path / "llvm.py").write_text("as it was")
    keys.append(found())
    (tmp_path / "llvm.py").write_text("mended")
    keys.append(found())
    monkeypatch.setattr(cache, "_llvmlite", lambda: b"another")
    keys.append(found())
    monkeypatch.undo()
    assert len(set(keys)) == len(keys) and found() == NAME
    assert ({source.name for source in cache._TRANSLATORS} == {"llvm.py", "cpu.py", "loader.py"}
            and all(source.exists() for source in cache._TRANSLATORS))


def test_the_version_of_llvm_is_known_without_importing_it(monkeypatch):
    import importlib.util

    import llvmlite
    assert llvmlite.__version__.encode() in cache._llvmlite()
    monkeypatch.setattr(Path, "read_bytes",
                        lambda path: (_ for _ in ()).throw(FileNotFoundError(2, "No such file or directory",
                                                                             str(path))))
    assert cache._llvmlite() == llvmlite.__version__.encode(), "from the description of the package"
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="pip install llvmlite"):
        cache._llvmlite()


def test_threads_that_want_the_same_kernel_share_it(monkeypatch):
    made, translate = [], cpu._translate
    monkeypatch.setattr(cpu, "_translate", lambda *what: made.append(what) or translate(*what))
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
    assert list(cache.directory().glob(".new-*")) == []


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
    assert list(cache.directory().glob(".new-*")) == []


@pytest.mark.parametrize(("what", "sign"),
                         [("ir", "kernel double("), ("llvm", "define void @double"), ("asm", "double:")])
def test_kernels_can_be_shown(monkeypatch, capfd, what, sign):
    monkeypatch.setenv("PELLUCID_SHOW", what)
    assert works(double())
    assert sign in capfd.readouterr().err


def test_what_to_show_is_checked(monkeypatch):
    monkeypatch.setenv("PELLUCID_SHOW", "everything")
    with pytest.raises(RuntimeError, match="expected ir, llvm or asm"):
        works(double())


# ---- whom to trust ---------------------------------------------------------------------------------------------------

@pytest.fixture
def belongs(monkeypatch):
    """Lets a path seem to belong to a user."""
    owners, fstat = {}, os.fstat

    def pretend(file):
        found = fstat(file)
        return os.stat_result((*found[:4], owners.get((found.st_dev, found.st_ino), found.st_uid), *found[5:]))

    def to(path: Path, user: int) -> None:
        owners[path.stat().st_dev, path.stat().st_ino] = user

    monkeypatch.setattr(os, "fstat", pretend)
    return to


@pytest.fixture(autouse=True)
def nothing_said_yet(monkeypatch):
    monkeypatch.setattr(cache, "_warned", set())


@pytest.mark.parametrize("umask", [0o000, 0o002, 0o077])
def test_a_new_directory_is_its_owners_alone(umask):
    before = os.umask(umask)
    try:
        cache.put(NAME, b"code")
    finally:
        os.umask(before)
    assert stat.S_IMODE(cache.directory().stat().st_mode) == 0o700
    assert stat.S_IMODE(path(NAME).stat().st_mode) == 0o600
    assert cache.get(NAME) == b"code"


STRANGER = os.geteuid() + 12345


@pytest.mark.parametrize(("mode", "owner", "why"),
                         [(0o770, None, "written to by other users"), (0o702, None, "written to by other users"),
                                                    (0o700, STRANGER, f"belongs to the user with number {STRANGER}")])
def test_a_directory_of_others_is_left_alone_and_said_so_once(belongs, mode, owner, why):
    cache.put(NAME, b"code")
    cache.directory().chmod(mode)
    if owner is not None:
        belongs(cache.directory(), owner)
    with pytest.warns(RuntimeWarning, match=rf"{why}: .*PELLUCID_CACHE") as said:
        assert cache.get(NAME) is None
        assert works(double()) and cache.size() == 0
        cache.clear()
        cache.remove(NAME)
    assert len(said) == 1 and stored() == [path(NAME)]


def test_a_directory_that_root_fills_may_be_read(belongs, monkeypatch):
    cache.put(NAME, b"code")
    cache.directory().chmod(0o755)
    belongs(cache.directory(), 0)
    belongs(path(NAME), 0)
    monkeypatch.setattr(os, "geteuid", lambda: STRANGER)
    opened = os.open

    def read_only(path, flags, *rest, **more):
        if flags & os.O_CREAT:
            raise PermissionError(13, "Permission denied", path)
        return opened(path, flags, *rest, **more)

    monkeypatch.setattr(os, "open", read_only)
    assert cache.get(NAME) == b"code" and works(double())
    assert stored() == [path(NAME)]


def linked(entry: Path) -> None:
    entry.rename(entry.with_suffix(".elsewhere"))
    entry.symlink_to(entry.with_suffix(".elsewhere"))


def writable(entry: Path) -> None:
    entry.chmod(0o620)


def empty(entry: Path) -> None:
    entry.write_bytes(b"")


@pytest.mark.parametrize("spoil", [linked, writable, empty])
def test_entries_that_others_may_have_made_are_thrown_away(spoil):
    cache.put(NAME, b"code")
    spoil(path(NAME))
    assert cache.get(NAME) is None
    assert not os.path.lexists(path(NAME))


def test_an_entry_of_another_user_is_thrown_away(belongs):
    cache.put(NAME, b"code")
    belongs(path(NAME), STRANGER)
    assert cache.get(NAME) is None and stored() == []


def test_what_cannot_be_thrown_away_is_said_once():
    cache.put(cache.key("another kernel"), b"code")
    path(NAME).mkdir()
    with pytest.warns(RuntimeWarning, match=r"no compiled kernel that can be trusted.*PELLUCID_CACHE") as said:
        assert cache.get(NAME) is None and cache.get(NAME) is None
        cache.put(NAME, b"code")
    assert len(said) == 1 and path(NAME).is_dir()


PIPE = """
import os
from pellucid.codegen.targets import cache
name = cache.key("some kernel")
cache.put(name, b"code")
os.unlink(cache.directory() / f"{name}.kernel")
os.mkfifo(cache.directory() / f"{name}.kernel")
assert cache.get(name) is None
assert not os.path.lexists(cache.directory() / f"{name}.kernel")
"""


def test_a_pipe_in_the_place_of_an_entry_is_not_waited_for():
    subprocess.run([sys.executable, "-c", PIPE], timeout=60, check=True)
