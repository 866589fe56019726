"""Values that are not there yet: what a body computes from them is unknown too."""

from __future__ import annotations

__all__ = ["UNKNOWN", "Given", "Unknown"]


class Unknown:
    """Stands for a value that this pass of a row program cannot know yet; whatever is computed from it is unknown too.
    """

    def _unknown(self, *args: object) -> Unknown:
        return UNKNOWN

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _unknown
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __pow__ = __rpow__ = __neg__ = __abs__ = __invert__ = _unknown
    __and__ = __rand__ = __or__ = __ror__ = __xor__ = _unknown
    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = __lshift__ = __rshift__ = _unknown     # type: ignore[assignment]
    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        raise TypeError("a kernel body cannot branch on a value: use where(condition, a, b)")


UNKNOWN = Unknown()


class Given(Unknown):
    """An unknown value that is recognised where a body returns it as it came: what need not be computed, then."""

    def __mul__(self, other: object) -> Unknown:
        return self if type(other) is int and other == 1 else UNKNOWN

    __rmul__ = __mul__
