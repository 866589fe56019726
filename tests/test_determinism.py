"""The same bits: for any number of threads, and with the core compiled or not."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest

from pellucid.core import is_compiled

TRAIN = textwrap.dedent("""
    import hashlib, sys
    import pellucid as torch

    nn = torch.nn
    torch.set_num_threads(int(sys.argv[1]))
    torch.manual_seed(3)
    model = nn.Sequential(nn.Conv2d(1, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
                          nn.Conv2d(32, 64, 3, padding=1), nn.GELU(), nn.Flatten(),
                          nn.LayerNorm(64 * 14 * 14), nn.Dropout(0.2), nn.Linear(64 * 14 * 14, 10))
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3)
    images, labels = torch.randn(32, 1, 28, 28), torch.randint(0, 10, (32,))
    for _ in range(20):
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        optimiser.step()
    digest = hashlib.sha256()
    for value in model.state_dict().values():
        digest.update(value.numpy().tobytes())
    print(digest.hexdigest(), f"{loss.item():.6f}")
""")


def train(threads: int, uncompiled: bool = False) -> str:
    environment = dict(os.environ)
    environment.pop("PELLUCID_UNCOMPILED", None)
    if uncompiled:
        environment["PELLUCID_UNCOMPILED"] = "1"
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", TRAIN, str(threads)], env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.fixture(scope="module")
def reference() -> str:
    return train(1)


@pytest.mark.parametrize("threads", [2, 3])
def test_weights_do_not_depend_on_threads(reference, threads):
    assert train(threads) == reference


@pytest.mark.skipif(not is_compiled(), reason="the core under test is uncompiled: there is nothing to compare it with")
def test_weights_do_not_depend_on_compilation(reference):
    assert train(2, uncompiled=True) == reference
