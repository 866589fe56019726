"""The same bits: for any number of threads, and with the core compiled or not. Of whole training runs, and of each
family of kernels.
"""

from __future__ import annotations

import json
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


# each is long enough to be cut into many chunks, and adds up numbers of very different sizes, so that another order
# shows
FAMILIES = textwrap.dedent("""
    import hashlib, json, sys
    import pellucid as torch

    F = torch.nn.functional
    torch.set_num_threads(int(sys.argv[1]))
    torch.manual_seed(0)

    def make(*shape, grad=False):
        return (torch.randn(*shape) * torch.randn(*shape).exp()).requires_grad_(grad)

    def gradients(function, *leaves):
        out = function(*leaves)
        return torch.autograd.grad(out, leaves, torch.randn_like(out))

    x, long, tall, wide = make(300, 700), make(400_003), make(50_000, 9), make(5, 60_000)
    image, filters, odd = make(4, 16, 40, 40, grad=True), make(32, 16, 3, 3, grad=True), make(8, 16, 5, 5, grad=True)
    index, rows = torch.randint(0, 7, (60_000,)), make(60_000, 9)
    found = {
        "map": x.exp() * x, "sum": long.sum(), "sum of halves": long.bfloat16().sum(),
        "sum of complex": torch.complex(long, -long).sum(), "mean": tall.mean(0),
        "sum of long rows": wide.sum(1), "sum of columns": tall.sum(0), "sum of two dimensions": image.sum((0, 2)),
        "variance": long.var(), "norm": long.norm(),
        "product": (1 + long / 1e6).prod(), "logsumexp": long.logsumexp(0), "softmax": torch.softmax(wide, 1),
        "softmax of columns": torch.softmax(tall, 0),
        "layer norm": F.layer_norm(wide, (60_000,)), "running sum": long.cumsum(0), "running sums": wide.cumsum(1),
        "running logsumexp": long.logcumsumexp(0),
        "dot": long.dot(long), "vector": wide @ long[:60_000], "deep product": wide @ wide.t(),
        "product of matrices": x @ x.t(),
        "batches": torch.bmm(make(7, 90, 110), make(7, 110, 70)), "product of halves": x.bfloat16() @ x.bfloat16().t(),
        "index_add": torch.zeros(7, 9).index_add(0, index, rows),
        "scatter_add": torch.zeros(7).scatter_add(0, index, rows[:, 0]),
        "index_put": torch.zeros(7).index_put((index,), rows[:, 1], accumulate=True),
        "index_add of columns": torch.zeros(5, 9000).index_add(1, index[:9000] * 1000, wide[:, :9000]),
        "rows of an embedding": torch.zeros(7, 700).index_add(0, index[:300], x),
        "scatter_add of columns": torch.zeros(7, 9).scatter_add(0, index[:, None].expand(60_000, 9), rows),
        "running extremes": long.cummax(0).indices, "true elements": (long > 0).nonzero(),
        "bincount": torch.bincount(index, rows[:, 2]),
        "cross entropy": F.cross_entropy(rows, index), "random": torch.randn(100_003), "order": torch.randperm(50_000),
        "pooling": F.avg_pool2d(image, 3, 2, 1), "convolution": F.conv2d(image, filters, padding=1),
        "other convolution": F.conv2d(image, odd, stride=2),
    }
    for name, parts in {
        "Winograd's": gradients(lambda i, w: F.conv2d(i, w, padding=1), image, filters),
        "convolution's": gradients(lambda i, w: F.conv2d(i, w), image, odd),
        "batch norm's": gradients(lambda i: F.batch_norm(i, None, None, training=True), image),
        "pooling's": gradients(lambda i: F.max_pool2d(i, 3, 1), image),
        "embedding's": gradients(lambda w: F.embedding(index, w), make(7, 9, grad=True)),
        "layer norm's": gradients(lambda i, w, b: F.layer_norm(i, (9,), w, b), rows.requires_grad_(),
                                  make(9, grad=True), make(9, grad=True)),
        "linear's": gradients(F.linear, rows, make(20, 9, grad=True), make(20, grad=True)),
        "gather's": gradients(lambda t: t[index], make(7, 9, grad=True)),
    }.items():
        found |= {f"{name} gradient {k}": part for k, part in enumerate(parts)}
    bits = lambda t: (torch.view_as_real(t) if t.is_complex() else t).detach().double().numpy().tobytes()
    print(json.dumps({name: hashlib.sha256(bits(value)).hexdigest() for name, value in found.items()}))
""")


def run(program: str, threads: int, uncompiled: bool = False) -> str:
    environment = dict(os.environ)
    environment.pop("PELLUCID_UNCOMPILED", None)
    if uncompiled:
        environment["PELLUCID_UNCOMPILED"] = "1"
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", program, str(threads)], env=environment,
                         capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return run.stdout


def train(threads: int, uncompiled: bool = False) -> str:
    return run(TRAIN, threads, uncompiled)


@pytest.fixture(scope="module")
def reference() -> str:
    return train(1)


@pytest.fixture(scope="module")
def alone() -> dict[str, str]:
    return json.loads(run(FAMILIES, 1))


@pytest.mark.parametrize("threads", [2, 3, 7])
def test_no_family_of_kernels_depends_on_threads(alone, threads):
    found = json.loads(run(FAMILIES, threads))
    assert [name for name in alone if found[name] != alone[name]] == [] and len(alone) > 45


@pytest.mark.parametrize("threads", [2, 3])
def test_weights_do_not_depend_on_threads(reference, threads):
    assert train(threads) == reference


@pytest.mark.skipif(not is_compiled(), reason="the core under test is uncompiled: there is nothing to compare it with")
def test_weights_do_not_depend_on_compilation(reference):
    assert train(2, uncompiled=True) == reference
