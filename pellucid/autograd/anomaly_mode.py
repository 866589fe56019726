"""`detect_anomaly`: every node keeps the stack it was recorded in, and gradients are searched for NaN."""

from __future__ import annotations

import warnings

from ..core.state import current

__all__ = ["detect_anomaly", "set_detect_anomaly", "is_anomaly_enabled", "is_anomaly_check_nan_enabled"]


def is_anomaly_enabled() -> bool:
    """Whether anomaly detection is on in this thread."""
    return current().anomaly


def is_anomaly_check_nan_enabled() -> bool:
    """Whether it looks for NaN."""
    return current().check_nan


class set_detect_anomaly:
    """Turn anomaly detection on or off, from the call on; as a context until its end."""

    before: tuple[bool, bool]

    def __init__(self, mode: bool, check_nan: bool = True):
        state = current()
        self.before = state.anomaly, state.check_nan
        self.set(bool(mode), check_nan)

    @staticmethod
    def set(mode: bool, check_nan: bool) -> None:
        state = current()
        state.anomaly, state.check_nan = mode, check_nan
        state.update()

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exception: object) -> None:
        self.set(*self.before)


class detect_anomaly(set_detect_anomaly):
    """A context in which a failing derivative shows the stack of its forward operation, and in which a NaN gradient is
    an error.
    """

    def __init__(self, check_nan: bool = True):
        self.check_nan = check_nan
        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for "
            "debugging.",
                      UserWarning, stacklevel=2)

    def __enter__(self) -> None:
        super().__init__(True, self.check_nan)
