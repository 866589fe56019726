"""Compiled kernels on disk, so that the next process need not compile.

One file a kernel: a line with the key's and the content's digests, then the content. Written to a temporary name and
moved, so any number of processes may write at once and a reader sees whole files only; what is damaged is thrown away
and made again. The key covers the kernel's text, the processor, LLVM's version and the files that make machine code of
the text. The oldest entries go when the limit is passed. Where the directory cannot be written, nothing is stored and
nothing fails.

What is read here is run. So it is read only from a directory that nobody but its owner may write to, the owner being
this user or root, and from a file of which the same holds. A directory that root fills for all may be read by anyone;
nobody else can add to it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import stat
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path

__all__ = ["key", "get", "put", "remove", "directory", "size", "clear", "set_limit", "limit"]

_FORMAT = 2
_SUFFIX = ".kernel"
# after a change in them old entries are another's
_TRANSLATORS = [Path(__file__).with_name(name) for name in ("llvm.py", "cpu.py", "loader.py")]
_limit = 256 << 20
_written = 0
_warned: set[str] = set()


def directory() -> Path:
    """Where kernels are stored: PELLUCID_CACHE, else $XDG_CACHE_HOME/pellucid, else ~/.cache/pellucid."""
    named = os.environ.get("PELLUCID_CACHE")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "pellucid" / "kernels"


@lru_cache(None)
def _versions() -> str:
    sources = hashlib.blake2b(_llvmlite(), digest_size=16)
    for path in _TRANSLATORS:
        with suppress(OSError):             # an installation without sources changes as a whole
            sources.update(path.read_bytes())
    return f"{_FORMAT} {sources.hexdigest()}"


def _llvmlite() -> bytes:
    """What tells llvmlite's version, without importing it (60 ms) or the reader of packages' descriptions (15 ms)."""
    spec = importlib.util.find_spec("llvmlite")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("kernels are compiled by llvmlite, which is not installed: pip install llvmlite")
    with suppress(OSError):
        return Path(spec.origin).with_name("_version.py").read_bytes()
    from importlib.metadata import version
    return version("llvmlite").encode()


def key(*parts: object) -> str:
    """The name under which a kernel is stored: a digest of everything that decides its machine code."""
    return hashlib.blake2b(repr((_versions(), *parts)).encode(), digest_size=20).hexdigest()


def _head(name: str, content: bytes) -> bytes:
    return f"pellucid {_FORMAT} {name} {hashlib.blake2b(content, digest_size=16).hexdigest()}\n".encode()


# ---- whom to trust ---------------------------------------------------------------------------------------------------

def _doubt(found: os.stat_result) -> str:
    """Why what was opened may be another user's; empty if it is this user's or root's alone."""
    if found.st_uid not in (os.geteuid(), 0):
        return f"belongs to the user with number {found.st_uid}"
    return "may be written to by other users" if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH) else ""


def _warn(message: str) -> None:
    """Once a process and message."""
    if message not in _warned:
        _warned.add(message)
        warnings.warn(message, RuntimeWarning, stacklevel=2)


@contextmanager
def _opened(make: bool = False) -> Iterator[int | None]:
    """The directory, to be named in calls instead of its path, so that it cannot be exchanged after the check; None
    where there is none to trust.
    """
    path = directory()
    try:
        if make:
            path.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileExistsError):
                path.mkdir(mode=0o700)
        opened = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        yield None
        return
    try:
        doubt = _doubt(os.fstat(opened))
        if doubt:
            _warn(f"compiled kernels are neither read from nor stored in {path}, which {doubt}: make it this user's "
                  "alone (chown, chmod go-w), or name another directory in PELLUCID_CACHE")
        yield None if doubt else opened
    finally:
        os.close(opened)


# ---- entries ---------------------------------------------------------------------------------------------------------

def get(name: str) -> bytes | None:
    """What is stored, or None. An entry that is damaged, or another user's, is removed."""
    with _opened() as place:
        if place is None:
            return None
        try:                                # not through a link, and not waiting for the other end of a pipe
            file = os.open(name + _SUFFIX, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=place)
        except FileNotFoundError:
            return None
        except OSError:
            return _refuse(place, name)
        try:
            found = os.fstat(file)
            data = b"" if _doubt(found) or not stat.S_ISREG(found.st_mode) else _read(file, found.st_size)
        except OSError:
            data = b""
        finally:
            os.close(file)
        head, newline, content = data.partition(b"\n")
        return content if newline and head + newline == _head(name, content) else _refuse(place, name)


def _read(file: int, size: int) -> bytes:
    parts = []
    while size > 0 and (part := os.read(file, size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _refuse(place: int, name: str) -> None:
    """Remove an entry that cannot be used, or say that somebody should."""
    try:
        os.unlink(name + _SUFFIX, dir_fd=place)
    except FileNotFoundError:
        pass                                # another process was faster
    except OSError as failure:
        _warn(f"{directory() / (name + _SUFFIX)} is no compiled kernel that can be trusted, and cannot be removed "
              f"({failure.strerror}): remove it, or name another directory in PELLUCID_CACHE")


def put(name: str, content: bytes) -> None:
    """Store content; where that is not possible, do nothing."""
    global _written
    with _opened(make=True) as place:
        if place is None:
            return
        # nobody else's: tempfile does no more, and takes 4 ms to import
        temporary = f".new-{os.urandom(8).hex()}"
        try:
            file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600,
                           dir_fd=place)
            try:
                _write(file, _head(name, content) + content)
            finally:
                os.close(file)
            os.rename(temporary, name + _SUFFIX, src_dir_fd=place, dst_dir_fd=place)
        except OSError:
            with suppress(OSError):
                os.unlink(temporary, dir_fd=place)
            return
        _written += len(content)
        if _written > _limit // 8:          # look at the whole directory now and then only
            _written = 0
            _trim(place)


def _write(file: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(file, left):]


def remove(name: str) -> None:
    with _opened() as place:
        if place is not None:
            with suppress(OSError):         # another process was faster, or the directory may only be read
                os.unlink(name + _SUFFIX, dir_fd=place)


# ---- the directory as a whole ----------------------------------------------------------------------------------------

def _entries(place: int, suffix: str = _SUFFIX, prefix: str = "") -> list[tuple[float, int, str]]:
    """When each file was written, its bytes, its name; the oldest first."""
    found = []
    with os.scandir(place) as files:
        for file in files:
            if file.name.endswith(suffix) and file.name.startswith(prefix):
                with suppress(OSError):     # gone meanwhile
                    entry = file.stat(follow_symlinks=False)
                    found.append((entry.st_mtime, entry.st_size, file.name))
    return sorted(found)


def size() -> int:
    """Bytes stored."""
    with _opened() as place:
        return 0 if place is None else sum(bytes for _, bytes, _ in _entries(place))


def limit() -> int:
    """Bytes that may be stored before the oldest entries are removed."""
    return _limit


def set_limit(bytes: int) -> None:
    global _limit
    _limit = bytes
    with _opened() as place:
        if place is not None:
            _trim(place)


def clear() -> None:
    """Remove every stored kernel. Kernels already in memory stay."""
    with _opened() as place:
        for _, _, name in [] if place is None else _entries(place):
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=place)


def _trim(place: int) -> None:
    """Keep to the limit, as far as that is allowed: what root has stored is not ours to remove."""
    for written, _, name in _entries(place, "", ".new-"):
        if written < time.time() - 3600:    # its process has ended before it was whole
            with suppress(OSError):
                os.unlink(name, dir_fd=place)
    entries = _entries(place)
    total = sum(bytes for _, bytes, _ in entries)
    for _, bytes, name in entries:
        if total <= _limit:
            break
        with suppress(OSError):
            os.unlink(name, dir_fd=place)
        total -= bytes
