# Made by tools/stubs.py from the declarations: edit those, or tools/*.pyi, and run it again.
from typing import Any

from pellucid.tensor import Tensor

class TensorBase(Tensor):
    """The compiled half of Tensor."""

    ...

def __getattr__(name: str) -> Any: ...
