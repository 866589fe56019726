# Made by tools/stubs.py from the declarations: edit those, or tools/*.pyi, and run it again.
from typing import Any

def set_num_threads(threads: int) -> None:
    """Use `threads` threads, the caller among them. Results do not depend on it, not in a single bit."""
    ...

def get_num_threads() -> int:
    """How many threads a large kernel may use: PELLUCID_NUM_THREADS, OMP_NUM_THREADS or the CPUs of this process at the
    start."""
    ...

def __getattr__(name: str) -> Any: ...
