"""`torch.layout` and `torch.strided`: how a tensor's elements are kept."""

__all__ = ["layout", "strided"]


class layout:
    """How a tensor's elements are kept. There is one: at regular distances."""

    __slots__ = ("name",)
    __module__ = "pellucid"

    def __init__(self, name: str):
        self.name: str = name

    def __repr__(self) -> str:
        return "torch." + self.name

    def __reduce__(self) -> str:
        return self.name


strided = layout("strided")
