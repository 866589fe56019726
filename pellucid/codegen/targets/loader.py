"""Machine code into memory: LLVM's object file laid out as an image, and an image placed where it can be called.

`layout(object_code, name)` runs once a kernel and machine, after LLVM; `place(image)` once a kernel and process.
Between them lies the disk (`cache.py`). An object file has its code, its constants and a list of places in the code
that depend on where both come to lie (relocations). All of it goes into one block here, so that nothing is out of reach
of anything, and every relocation that kernels have is a distance within the block: they are settled by `layout`, for
whatever page the block begins at. What is left is the addresses of the few functions that kernels may call, each in a
stub that jumps there:

    image   a line of text: processor, where the kernel begins, then slot:function for each stub
            the block: code, constants, stubs (8 bytes of code, 8 bytes for the address)

Memory is written first and made executable then, and is never both. A kernel has pages of its own, private to the
process: nothing is shared between kernels, threads or, after a fork, processes, so there is nothing to lock. Kernels
stay for as long as the process runs.

Knows nothing of LLVM's interface, kernels or the cache.
"""

from __future__ import annotations

import ctypes
import mmap
import platform
from collections.abc import Callable, Iterator
from functools import lru_cache
from struct import Struct, error
from typing import NamedTuple

__all__ = ["layout", "place", "Unusable", "FUNCTIONS"]

# What kernels may call: mathematics that they name, and what LLVM calls where the processor has no instruction for it
FUNCTIONS = {
    "libm.so.6":
    "cos exp log log1p sin tan  ceil ceilf floor floorf fma fmaf fmod fmodf rint rintf trunc truncf".split(),
    "libgcc_s.so.1": "__extendhfsf2 __truncdfhf2 __truncsfhf2".split(),
}


class Unusable(RuntimeError):
    """What was given is not an object file or an image that can run here."""


class _Processor(NamedTuple):
    """`relocate(type, there, here, word)` is the instruction (or datum) `word` that lies at `here`, made to reach
    `there`.
    """

    name: str
    stub: bytes                                 # jumps to the address that stands 8 bytes after its beginning
    relocate: Callable[[int, int, int, int], int]


def _signed(value: int, bits: int) -> int:
    """A distance as a field of so many bits."""
    if not -1 << bits - 1 <= value < 1 << bits - 1:
        raise Unusable(f"a distance of {value} does not fit {bits} bits")
    return value & (1 << bits) - 1


def _relocate_x86_64(type: int, there: int, here: int, word: int) -> int:
    if type not in (2, 4):                      # R_X86_64_PC32, R_X86_64_PLT32
        raise Unusable(f"relocation of type {type} for x86-64")
    return _signed(there - here, 32)


# R_AARCH64_ADD_ABS_LO12_NC, _LDST8_, _LDST16_, ... _LDST128_
_SHIFTS = {277: 0, 278: 0, 284: 1, 285: 2, 286: 3, 299: 4}


def _relocate_aarch64(type: int, there: int, here: int, word: int) -> int:
    if type == 275:                             # R_AARCH64_ADR_PREL_PG_HI21: adrp
        pages = _signed((there >> 12) - (here >> 12), 21)
        return word & 0x9F00001F | (pages & 3) << 29 | pages >> 2 << 5
    if type in (282, 283):                      # R_AARCH64_JUMP26, R_AARCH64_CALL26: b, bl
        return word & 0xFC000000 | _signed(there - here, 28) >> 2
    if type in _SHIFTS:                         # the place in the page, in units of what is loaded: add, ldr, str
        if there % (1 << _SHIFTS[type]):
            raise Unusable("a constant that is not aligned")
        return word & 0xFFC003FF | (there & 0xFFF) >> _SHIFTS[type] << 10
    if type == 261:                             # R_AARCH64_PREL32
        return _signed(there - here, 32)
    raise Unusable(f"relocation of type {type} for aarch64")


_PROCESSORS = {                                 # by the number that ELF has for them
    62: _Processor("x86_64", bytes.fromhex("ff2502000000cccc"), _relocate_x86_64),                 # jmp [rip + 2]
    183: _Processor("aarch64", bytes.fromhex("5000005800021fd6"), _relocate_aarch64),              # ldr x16, 8; br x16
}

# ---- object files ----------------------------------------------------------------------------------------------------

_HEADER, _SECTION = Struct("<4sBB10xHHI QQQ I HHHHHH"), Struct("<II QQQQ II QQ")
_SYMBOL, _RELOCATION, _WORD = Struct("<IBBHQQ"), Struct("<QQq"), Struct("<I")
_CONTENT, _SYMBOLS, _RELOCATIONS, _BARE_RELOCATIONS = 1, 2, 4, 9           # types of sections
_WRITABLE, _LOADED = 1, 2                                                  # flags of sections
# bytes of the cache's lines: code and constants share none
_LINE = 64


class _Section(NamedTuple):
    name: int
    type: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int
    align: int
    entry: int


class _Symbol(NamedTuple):
    name: str
    section: int                                # 0 where it is another's
    value: int


class _Object:
    """The parts of an object file, each held against the file's size when it is looked at."""

    def __init__(self, data: bytes):
        self.data = data
        try:
            magic, wide, order, kind, machine, *_, sections, _, _, _, _, size, count, _ = _HEADER.unpack_from(data)
        except error:
            raise Unusable("no object file: it is too short") from None
        if magic != b"\x7fELF" or (wide, order, kind) != (2, 1, 1) or size != _SECTION.size:
            raise Unusable("no object file in ELF's form of 64 bits, little end first: kernels run on Linux")
        if machine not in _PROCESSORS:
            raise Unusable(f"an object file for processor {machine} of ELF's table; kernels run on x86-64 and aarch64")
        self.processor = _PROCESSORS[machine]
        self.sections = [_Section(*row) for row in _SECTION.iter_unpack(self.bytes(sections, count * size))]

    def bytes(self, offset: int, size: int) -> bytes:
        if offset + size > len(self.data):
            raise Unusable("an object file that is cut short")
        return self.data[offset:offset + size]

    def section(self, number: int) -> _Section:
        if number >= len(self.sections):
            raise Unusable(f"section {number} of {len(self.sections)}")
        return self.sections[number]

    def content(self, section: _Section) -> bytes:
        return self.bytes(section.offset, section.size)

    def table(self, section: _Section, form: Struct) -> Iterator[tuple]:
        if section.size % form.size:
            raise Unusable("a table of symbols or relocations that is cut short")
        return form.iter_unpack(self.content(section))

    def symbols(self, section: _Section) -> list[_Symbol]:
        names = self.content(self.section(section.link))
        return [_Symbol(names[at:names.find(b"\0", at)].decode("ascii", "replace"), home, value)
                for at, _, _, home, value, _ in self.table(section, _SYMBOL)]


class _Block:
    """The block of an image while it is put together."""

    def __init__(self, file: _Object):
        self.file, self.data = file, bytearray()
        self.places: dict[int, int] = {}        # number of a section -> where it begins
        self.stubs: dict[str, int] = {}         # function -> where its stub begins
        for number, section in enumerate(file.sections):
            if section.type == _CONTENT and section.flags & _LOADED:
                if section.flags & _WRITABLE or section.align > mmap.PAGESIZE or section.align & section.align - 1:
                    raise Unusable(f"a section of variables, or aligned to {section.align} bytes")
                self._align(max(section.align, _LINE))
                self.places[number] = len(self.data)
                self.data += file.content(section)

    def _align(self, bytes: int) -> None:
        self.data += b"\0" * (-len(self.data) % bytes)

    def place(self, symbol: _Symbol) -> int:
        """Where a symbol is: in a section, or the stub of a function of others."""
        if symbol.section in self.places:
            if symbol.value > self.file.section(symbol.section).size:
                raise Unusable(f"{symbol.name} lies outside of its section")
            return self.places[symbol.section] + symbol.value
        if symbol.section:
            raise Unusable(f"{symbol.name} lies in section {symbol.section}, which is not loaded")
        if symbol.name not in self.stubs:
            self._align(16)
            self.stubs[symbol.name] = len(self.data)
            self.data += self.file.processor.stub + bytes(8)
        return self.stubs[symbol.name]

    def relocate(self, relocations: _Section) -> None:
        file, target = self.file, self.file.section(relocations.info)
        symbols = file.symbols(file.section(relocations.link))
        for offset, info, addend in file.table(relocations, _RELOCATION):
            if info >> 32 >= len(symbols) or offset + _WORD.size > target.size:
                raise Unusable("a relocation of nothing")
            here, there = self.places[relocations.info] + offset, self.place(symbols[info >> 32]) + addend
            (word,) = _WORD.unpack_from(self.data, here)
            _WORD.pack_into(self.data, here, file.processor.relocate(info & 0xFFFFFFFF, there, here, word))


def layout(object_code: bytes, name: str) -> bytes:
    """The image of an object file whose function `name` is the kernel."""
    file = _Object(object_code)
    block = _Block(file)
    for section in file.sections:
        if section.type in (_RELOCATIONS, _BARE_RELOCATIONS) and section.info in block.places:
            if section.type == _BARE_RELOCATIONS:
                raise Unusable("relocations without addends")
            block.relocate(section)
    entries = [block.place(s) for section in file.sections if section.type == _SYMBOLS for s in file.symbols(section)
               if s.name == name and s.section]
    if len(entries) != 1:
        raise Unusable(f"an object file with {len(entries)} functions {name}")
    slots = [f"{stub + 8}:{function}" for function, stub in block.stubs.items()]
    return " ".join([file.processor.name, str(entries[0]), *slots]).encode() + b"\n" + block.data


# ---- memory ----------------------------------------------------------------------------------------------------------

@lru_cache(None)
def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
    libc.mmap.restype = ctypes.c_void_p
    libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    return libc


@lru_cache(None)
def _address_of(function: str) -> int:
    """Where a function of the C library is, if kernels may call it."""
    for library, functions in FUNCTIONS.items():
        if function in functions:
            try:
                found = ctypes.CDLL(library)
            except OSError:                     # another C library, all of it one file
                found = ctypes.CDLL(None)
            if not hasattr(found, function):
                raise RuntimeError(f"a kernel calls {function}, which neither {library} nor this program has")
            return ctypes.cast(getattr(found, function), ctypes.c_void_p).value
    raise Unusable(f"a kernel calls {function}, which is not among the functions that kernels may call "
                   "(codegen/targets/loader.py)")


def place(image: bytes) -> int:
    """Put an image into memory and return the kernel's address. Raises Unusable, and leaves nothing behind, where it is
    no image for this processor.
    """
    head, newline, code = image.partition(b"\n")
    try:
        processor, entry, *stubs = head.decode("ascii").split(" ")
        slots = [(int(slot), function) for slot, _, function in (stub.partition(":") for stub in stubs)]
        first = int(entry)
    except ValueError:
        raise Unusable("no image of a kernel") from None
    if not newline or processor != platform.machine() or not 0 <= first < len(code):
        raise Unusable(f"an image of a kernel for {processor[:20]}, not {platform.machine()}")
    if not all(0 <= slot <= len(code) - 8 for slot, _ in slots):
        raise Unusable("an image of a kernel whose stubs lie outside of it")
    filled = bytearray(code)
    for slot, function in slots:
        filled[slot:slot + 8] = _address_of(function).to_bytes(8, "little")
    return _executable(filled) + first


def _executable(code: bytearray) -> int:
    """The address of fresh pages that hold `code`, for reading and running only."""
    libc = _libc()
    address = libc.mmap(None, len(code), mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
    if address == ctypes.c_void_p(-1).value:
        raise MemoryError(f"no {len(code)} bytes for a kernel's machine code")
    ctypes.memmove(address, bytes(code), len(code))
    # On aarch64 the kernel of the system cleans the caches of pages that become executable for the first time, which
    # these do
    if libc.mprotect(address, len(code), mmap.PROT_READ | mmap.PROT_EXEC):
        failure = ctypes.get_errno()
        libc.munmap(address, len(code))
        raise RuntimeError(f"the system does not let memory become executable (error {failure}), which kernels need; "
                           "where a policy forbids it (SELinux: execmem), allow it to this program")
    return address
