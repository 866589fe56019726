"""Networks: modules, parameters, functions and initialisation, laid out as PyTorch's `torch.nn`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pellucid.absent import absent as _absent
from pellucid.nn import common_types as common_types
from pellucid.nn import functional as functional
from pellucid.nn import init as init
from pellucid.nn import modules as modules
from pellucid.nn import parameter as parameter
from pellucid.nn import utils as utils
from pellucid.nn.modules import *  # noqa: F403
from pellucid.nn.modules import __all__ as _modules
from pellucid.nn.parameter import Buffer as Buffer
from pellucid.nn.parameter import Parameter as Parameter

__all__ = ["Buffer", "Parameter", "common_types", "functional", "init", "modules", "parameter", "utils", *_modules]

if not TYPE_CHECKING:                            # to checkers an absent name is an error
    __getattr__ = _absent(__name__)
