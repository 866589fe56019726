"""Both frameworks, for the tests that compare them. PARITY_FRAMEWORK=torch holds these tests themselves against torch.
"""

from __future__ import annotations

import importlib
import os

import pytest


@pytest.fixture(scope="session")
def theirs():
    import torch  # a missing PyTorch fails these tests: `make parity` installs it

    torch.set_num_threads(1)
    return torch


@pytest.fixture(scope="session")
def ours():
    return importlib.import_module(os.environ.get("PARITY_FRAMEWORK", "pellucid"))
