# Made by tools/stubs.py from the declarations: edit those, or tools/*.pyi, and run it again.
from typing import Any

def empty_cache() -> None:
    """Hand all memory that is kept for reuse back to the system."""
    ...

def memory_stats() -> dict[str, int]:
    """What the allocator has done, in bytes (live, peak, pooled, limit) and in numbers of calls (hits, misses,
    system_calls)."""
    ...

def __getattr__(name: str) -> Any: ...
