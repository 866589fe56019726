"""The table of element types, and the rules by which they combine.

One row a type; everything else in the package asks the row and never switches on a type's name.
Knows nothing of tensors, kernels or devices.

    kind      b bool, u unsigned, i signed, f float, c complex (the promotion categories are b < u,i < f < c); s a float
              that is only stored: it converts, copies and views as others do, promotes with none, and operators that
              compute do not list its kind; o opaque: bytes that are made, viewed and moved, but no numbers
    title     what PyTorch's messages call it
    ir        the name of its memory type in `codegen.ir`; a complex number is a pair of `ir` values
    compute   the type in which kernels do arithmetic on it

A view may show the conjugates or the negatives of what lies in memory (`x.conj()`). The memory of such a view has a
type of its own, a *form* of the type that users see, its `plain`: whatever is told apart by types, a kernel say, is
told apart by forms too, and nothing else need know of them.
"""

from __future__ import annotations

from builtins import bool as _bool
from builtins import complex as _complex
from builtins import float as _float
from builtins import int as _int
from collections.abc import Callable
from typing import Any

__all__ = [
    "dtype", "DTYPES", "PYTHON_TYPES", "element_type", "promote_types", "can_cast", "scalar_dtype", "get_default_dtype",
    "set_default_dtype",
    "bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64",
    "complex64", "complex128", "uint16", "uint32", "uint64", "float8_e4m3fn", "float8_e5m2",
    "float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e8m0fnu", "half", "short", "int", "long", "float", "double",
    "cfloat", "cdouble", "complex32", "chalf", "OPAQUE", "finfo", "iinfo",
]


class dtype:
    """An element type. There is one object a type, so `is` compares; it pickles by name."""

    __module__ = "pellucid"
    __slots__ = ("name", "title", "code", "itemsize", "kind", "ir", "compute", "numpy_name", "typestr", "bits",
                 "is_floating_point", "is_complex", "is_signed", "is_integral", "category", "_real", "_complex",
                 "plain", "conj", "neg", "_forms")

    code: _int
    name: str
    title: str
    itemsize: _int
    kind: str
    ir: str
    compute: str
    typestr: str | None
    numpy_name: str | None
    bits: _int
    category: _int
    is_floating_point: _bool
    is_complex: _bool
    is_signed: _bool
    is_integral: _bool
    _real: dtype
    _complex: dtype | None
    plain: dtype
    conj: _bool
    neg: _bool

    def __init__(self, code: _int, name: str, title: str, itemsize: _int, kind: str, ir: str, compute: str,
                 typestr: str | None):
        self.code, self.name, self.title, self.itemsize, self.kind = code, name, title, itemsize, kind
        self.ir, self.compute = ir, compute
        # NumPy's array-interface code, None where NumPy has no such type
        self.typestr = typestr
        self.numpy_name = None if typestr is None else name
        self.bits = itemsize * 8
        self.category = {"b": 0, "u": 1, "i": 1, "f": 2, "s": 2, "c": 3, "o": 1 + name.startswith("float")}[kind]
        self.is_floating_point = self.category == 2
        self.is_complex = kind == "c"
        self.is_signed = (kind in "ifsc" or name.startswith(("int", "float"))) and name != "float8_e8m0fnu"
        self.is_integral = kind in "bui"
        self.plain, self.conj, self.neg = self, False, False
        self._forms: dict[tuple[_bool, _bool], dtype] = {(False, False): self}

    def form(self, conj: _bool, neg: _bool) -> dtype:
        """The form of this type whose memory holds the conjugates, the negatives, or the negatives of the conjugates,
        of what a view shows. There is one object a form too."""
        found = self.plain._forms.get((conj, neg))
        if found is None:
            found = object.__new__(dtype)
            for name in dtype.__slots__:
                setattr(found, name, getattr(self.plain, name))
            found.conj, found.neg = conj, neg
            found = self.plain._forms.setdefault((conj, neg), found)
        return found

    def to_real(self) -> dtype:
        return self._real

    def to_complex(self) -> dtype:
        if self._complex is None:
            raise RuntimeError(f"Unknown Complex ScalarType for {self.title}")
        return self._complex

    def __repr__(self) -> str:
        return "torch." + self.name               # PyTorch's spelling: programs match on it

    def __reduce__(self) -> tuple[Any, ...]:
        return (_by_name, (self.name, self.conj, self.neg) if self is not self.plain else (self.name,))

    def __copy__(self) -> dtype:
        return self

    def __deepcopy__(self, memo: object) -> dtype:
        return self


#    name             title            size kind ir        compute typestr
_ROWS = [
    ("bool",          "Bool",          1,  "b", "b8",     "i1",  "|b1"),
    ("uint8",         "Byte",          1,  "u", "u8",     "u8",  "|u1"),
    ("int8",          "Char",          1,  "i", "i8",     "i8",  "|i1"),
    ("int16",         "Short",         2,  "i", "i16",    "i16", "<i2"),
    ("int32",         "Int",           4,  "i", "i32",    "i32", "<i4"),
    ("int64",         "Long",          8,  "i", "i64",    "i64", "<i8"),
    ("float16",       "Half",          2,  "f", "f16",    "f32", "<f2"),
    ("bfloat16",      "BFloat16",      2,  "f", "bf16",   "f32", None),
    ("float32",       "Float",         4,  "f", "f32",    "f32", "<f4"),
    ("float64",       "Double",        8,  "f", "f64",    "f64", "<f8"),
    ("complex64",     "ComplexFloat",  8,  "c", "f32",    "f32", "<c8"),
    ("complex128",    "ComplexDouble", 16, "c", "f64",    "f64", "<c16"),
    ("uint16",        "UInt16",        2,  "u", "u16",    "u16", "<u2"),
    ("uint32",        "UInt32",        4,  "u", "u32",    "u32", "<u4"),
    ("uint64",        "UInt64",        8,  "u", "u64",    "u64", "<u8"),
    ("float8_e4m3fn", "Float8_e4m3fn", 1,  "s", "e4m3fn", "f32", None),
    ("float8_e5m2",   "Float8_e5m2",   1,  "s", "e5m2",   "f32", None),
    ("float8_e4m3fnuz", "Float8_e4m3fnuz", 1, "s", "e4m3fnuz", "f32", None),
    ("float8_e5m2fnuz", "Float8_e5m2fnuz", 1, "s", "e5m2fnuz", "f32", None),
    ("float8_e8m0fnu", "Float8_e8m0fnu", 1, "s", "e8m0fnu", "f32", None),
    ("complex32",     "ComplexHalf",   4,  "c", "f16",    "f32", None),
]
DTYPES: list[dtype] = [dtype(code, *row) for code, row in enumerate(_ROWS)]

_OPAQUE = """
float4_e2m1fn_x2 Float4_e2m1fn_x2  bits8 Bits8  bits16 Bits16  bits1x8 Bits1x8  bits2x4 Bits2x4  bits4x2 Bits4x2
qint8 QInt8  qint32 QInt32  quint8 QUInt8  quint2x4 QUInt2x4  quint4x2 QUInt4x2
int1 Int1  int2 Int2  int3 Int3  int4 Int4  int5 Int5  int6 Int6  int7 Int7
uint1 UInt1  uint2 UInt2  uint3 UInt3  uint4 UInt4  uint5 UInt5  uint6 UInt6  uint7 UInt7
"""
OPAQUE: dict[str, dtype] = {
    name: dtype(len(DTYPES), name, title, size, "o", f"u{8 * size}", f"u{8 * size}", None)
    for name, title in zip(_OPAQUE.split()[::2], _OPAQUE.split()[1::2])
    for size in ({"bits16": 2, "qint32": 4}.get(name, 1),)}
_NAMED = {d.name: d for d in DTYPES} | OPAQUE


def _by_name(name: str, conj: _bool = False, neg: _bool = False) -> dtype:
    return _NAMED[name].form(conj, neg)


bool, uint8, int8, int16, int32, int64, float16, bfloat16, float32, float64, complex64, complex128, uint16, uint32, \
    uint64, float8_e4m3fn, float8_e5m2, float8_e4m3fnuz, float8_e5m2fnuz, float8_e8m0fnu, complex32 = DTYPES
half, short, int, long, float, double, chalf, cfloat, cdouble = (float16, int16, int32, int64, float32, float64,
                                                                 complex32, complex64, complex128)

for _d in _NAMED.values():
    _d._real, _d._complex = _d, complex64 if _d is bfloat16 else None
for _real, _d in ((float16, complex32), (float32, complex64), (float64, complex128)):
    _d._real, _d._complex, _real._complex = _real, _d, _d


def _pair(a: dtype, b: dtype) -> dtype | None:
    """The promotion of two types, None where PyTorch refuses: wide unsigned with all but floats, a stored float with
    anything.
    """
    if a is b:
        return a
    if "s" in (a.kind, b.kind) or any(x in (uint16, uint32, uint64) and y.kind != "f" for x, y in ((a, b), (b, a))):
        return None
    if a.category < b.category:
        a, b = b, a
    if a.is_complex:                                          # complex64 with float64 is complex128
        return _pair(a.to_real(), b.to_real()).to_complex() if b.category >= 2 else a
    if a.category > b.category:
        return a
    if a.is_floating_point:
        return float32 if a.itemsize == b.itemsize else max(a, b, key=lambda d: d.itemsize)
    if a.kind == b.kind:
        return max(a, b, key=lambda d: d.itemsize)
    signed = a if a.kind == "i" else b                        # uint8 with a signed type
    return int16 if signed is int8 else signed


_PROMOTED = [[_pair(a, b) for b in DTYPES] for a in DTYPES]


PYTHON_TYPES: dict[Any, dtype] = {_bool: bool, _int: int64, _float: float64, _complex: complex128}


def element_type(name: str, given: object) -> dtype:
    """The dtype that a user of `name` means, perhaps by a Python type. TypeError for anything else."""
    if type(given) is dtype:
        return given
    if not (isinstance(given, type) and given in PYTHON_TYPES):
        raise TypeError(f"{name}(): argument 'dtype' must be torch.dtype, not {type(given).__name__}")
    return PYTHON_TYPES[given]


def promote_types(type1: dtype, type2: dtype) -> dtype:
    """The smallest type that PyTorch promotes both to. Raises RuntimeError for wide unsigned integers with all but
    floats, and for 8-bit floats with anything."""
    type1, type2 = element_type("promote_types", type1), element_type("promote_types", type2)
    if "o" in (type1.kind, type2.kind):
        if type1 is type2:
            return type1
        raise RuntimeError(f"Promotion from {type1.title} and {type2.title} is unsupported.")
    found = _PROMOTED[type1.code][type2.code]
    if found is None:
        which = "Float8 Types" if "s" in (type1.kind, type2.kind) else "uint16, uint32, uint64 types"
        raise RuntimeError(
            f"Promotion for {which} is not supported, attempted to promote {type1.title} and {type2.title}")
    return found


def can_cast(from_: dtype, to: dtype) -> _bool:
    """Whether a result of type `from_` may be written to a tensor of type `to` (no category is lost)."""
    from_, to = element_type("can_cast", from_), element_type("can_cast", to)
    return not ((from_.is_complex and not to.is_complex)
                or (from_.is_floating_point and to.is_integral)
                or (from_.is_integral and from_ is not bool and to is bool))


class _Default:
    """The one mutable thing here: the type of new floating tensors, and whom to tell when it becomes another."""

    floating = float32
    listeners: list[Callable[[], None]] = []


def get_default_dtype() -> dtype:
    return _Default.floating


def set_default_dtype(d: dtype) -> None:
    """Set the type given to new floating tensors. Raises TypeError unless `d` is a floating type."""
    if not (isinstance(d, dtype) and d.kind == "f"):
        raise TypeError(f"only floating-point types are supported as the default type, got {d}")
    if d is not _Default.floating:
        _Default.floating = d
        for listener in _Default.listeners:
            listener()


def on_default_dtype(listener: Callable[[], None]) -> None:
    """Call this whenever the default type has become another: for those who keep what they have found out with it."""
    _Default.listeners.append(listener)


def scalar_dtype(kind: type[Any]) -> dtype:
    """The type of a tensor made of one Python number of type `kind`."""
    if kind is _bool:
        return bool
    if kind is _int:
        return int64
    return _Default.floating if kind is _float else _Default.floating.to_complex()


#                 bits  eps                 max                     tiny (smallest normal)   resolution
_FLOATS = {
    "float16":  (16, 2.0**-10, 65504.0, 2.0**-14, 1e-3, 2.0**-24),
    "bfloat16": (16, 2.0**-7, 3.3895313892515355e38, 2.0**-126, 1e-2, 2.0**-133),
    "float32":  (32, 2.0**-23, 3.4028234663852886e38, 2.0**-126, 1e-6, 2.0**-149),
    "float64":  (64, 2.0**-52, 1.7976931348623157e308, 2.0**-1022, 1e-15, 5e-324),
    "float8_e4m3fn": (8, 2.0**-3, 448.0, 2.0**-6, 1.0, 2.0**-9),
    "float8_e5m2": (8, 2.0**-2, 57344.0, 2.0**-14, 1.0, 2.0**-16),
    "float8_e4m3fnuz": (8, 2.0**-3, 240.0, 2.0**-7, 1.0, 2.0**-10),
    "float8_e5m2fnuz": (8, 2.0**-3, 57344.0, 2.0**-15, 1.0, 2.0**-17),
    "float8_e8m0fnu": (8, 1.0, 2.0**127, 2.0**-127, 1.0, 2.0**-127),
}


class finfo:
    """Limits of a floating type: bits, eps, max, min, tiny, smallest_normal, resolution, dtype."""

    bits: _int
    eps: _float
    max: _float
    min: _float
    tiny: _float
    resolution: _float
    smallest_normal: _float
    smallest_subnormal: _float

    def __init__(self, type: dtype | None = None):
        type = PYTHON_TYPES.get(type, type)
        if type is not None and not isinstance(type, dtype):
            raise TypeError(f"finfo(): argument 'type' (position 1) must be torch.dtype, not {type.__class__.__name__}")
        d = (type or get_default_dtype()).to_real()
        if d.name not in _FLOATS:
            raise TypeError(f"torch.finfo() requires a floating point input type. Use torch.iinfo to handle '{d.name}'")
        self.bits, self.eps, self.max, self.tiny, self.resolution, self.smallest_subnormal = _FLOATS[d.name]
        self.min, self.smallest_normal = self.tiny if d is float8_e8m0fnu else -self.max, self.tiny
        self.dtype: str = d.name

    def __repr__(self) -> str:
        return (f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, eps={self.eps:g}, "
                f"smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, dtype={self.dtype})")


class iinfo:
    """Limits of an integer type: bits, min, max, dtype."""

    bits: _int
    min: _int
    max: _int

    def __init__(self, type: dtype):
        type = PYTHON_TYPES.get(type, type)
        if not isinstance(type, dtype):
            raise TypeError(f"iinfo(): argument 'type' (position 1) must be torch.dtype, not {type.__class__.__name__}")
        if type is bool:
            raise TypeError("torch.bool is not supported by torch.iinfo")
        if type.kind not in "ui":
            raise TypeError(f"torch.iinfo() requires an integer input type. Use torch.finfo to handle '{type.name}'")
        self.bits = type.bits
        self.dtype: str = type.name
        self.min = -(1 << (self.bits - 1)) if type.is_signed else 0
        self.max = (1 << (self.bits - type.is_signed)) - 1

    def __repr__(self) -> str:
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"
