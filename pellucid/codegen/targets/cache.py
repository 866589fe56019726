"""Compiled kernels on disk, so that the next process need not compile.

One file a kernel: a line with the key's and the content's digests, then the object code. Written to a temporary name and moved,
so any number of processes may write at once and a reader sees whole files only; a damaged file is thrown away and made again.
The key covers the kernel's text, the processor, LLVM's version and the files that make machine code of the text. The oldest entries
go when the limit is passed. Where the directory cannot be written, nothing is stored and nothing fails.
"""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

__all__ = ["key", "get", "put", "remove", "directory", "size", "clear", "set_limit", "limit"]

_FORMAT = 1
_TRANSLATORS = [Path(__file__).with_name(name) for name in ("llvm.py", "cpu.py")]     # after a change in them old entries are another's
_limit = 256 << 20
_written = 0


def directory() -> Path:
    """Where kernels are stored: PELLUCID_CACHE, else $XDG_CACHE_HOME/pellucid, else ~/.cache/pellucid."""
    named = os.environ.get("PELLUCID_CACHE")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "pellucid" / "kernels"


@lru_cache(None)
def _versions() -> str:
    from importlib.metadata import version
    sources = hashlib.blake2b(digest_size=16)
    for path in _TRANSLATORS:
        with suppress(OSError):             # an installation without sources changes as a whole
            sources.update(path.read_bytes())
    return f"{_FORMAT} llvmlite {version('llvmlite')} sources {sources.hexdigest()}"


def key(*parts: object) -> str:
    """The name under which a kernel is stored: a digest of everything that decides its machine code."""
    return hashlib.blake2b(repr((_versions(), *parts)).encode(), digest_size=20).hexdigest()


def _path(name: str) -> Path:
    return directory() / name[:2] / (name[2:] + ".o")


def _head(name: str, content: bytes) -> bytes:
    return f"pellucid {_FORMAT} {name} {hashlib.blake2b(content, digest_size=16).hexdigest()}\n".encode()


def get(name: str) -> bytes | None:
    """The stored object code, or None. A damaged entry is removed."""
    try:
        data = _path(name).read_bytes()
    except OSError:
        return None
    head, newline, content = data.partition(b"\n")
    if newline and head + newline == _head(name, content):
        return content
    remove(name)
    return None


def put(name: str, content: bytes) -> None:
    """Store object code; where that is not possible, do nothing."""
    global _written
    path = _path(name)
    temporary = path.parent / f".new-{os.urandom(8).hex()}"          # nobody else's: tempfile does no more, and takes 4 ms to import
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(_head(name, content) + content)
        os.replace(temporary, path)
    except OSError:
        with suppress(OSError):
            temporary.unlink()
        return
    _written += len(content)
    if _written > _limit // 8:              # look at the whole directory now and then only
        _written = 0
        _trim()


def remove(name: str) -> None:
    try:
        _path(name).unlink()
    except OSError:
        pass                                # another process was faster, or the directory is read-only


def _entries() -> list[tuple[float, int, Path]]:
    found = []
    for path in directory().glob("??/*.o"):
        try:
            stat = path.stat()
        except OSError:
            continue
        found.append((stat.st_mtime, stat.st_size, path))
    return found


def size() -> int:
    """Bytes stored."""
    return sum(bytes for _, bytes, _ in _entries())


def limit() -> int:
    """Bytes that may be stored before the oldest entries are removed."""
    return _limit


def set_limit(bytes: int) -> None:
    global _limit
    _limit = bytes
    _trim()


def clear() -> None:
    """Remove every stored kernel. Kernels already in memory stay."""
    for _, _, path in _entries():
        path.unlink(missing_ok=True)


def _trim() -> None:
    """Keep to the limit, as far as that is allowed: in a shared directory others' entries may not be ours to remove."""
    for path in directory().glob("??/.new-*"):
        with suppress(OSError):
            if path.stat().st_mtime < time.time() - 3600:              # its process has ended before it was whole
                path.unlink()
    entries = sorted(_entries())
    total = sum(bytes for _, bytes, _ in entries)
    for _, bytes, path in entries:
        if total <= _limit:
            break
        with suppress(OSError):
            path.unlink()
        total -= bytes
