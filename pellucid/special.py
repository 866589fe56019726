"""Special functions, under the names of torch.special."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .absent import absent as _absent
from .ops import erf, erfc, exp2, expm1, log1p, log_softmax, logit, logsumexp, sinc, softmax, xlogy
from .ops import sigmoid as expit
from .ops import special_entr as entr
from .ops import special_ndtr as ndtr
from .ops import special_round as round
from .ops import special_xlog1py as xlog1py

__all__ = ["entr", "erf", "erfc", "exp2", "expit", "expm1", "log1p", "log_softmax", "logit", "logsumexp", "ndtr",
           "round", "sinc", "softmax", "xlog1py", "xlogy"]

if not TYPE_CHECKING:                            # to checkers an absent name is an error
    __getattr__ = _absent(__name__)
