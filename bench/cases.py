"""What is measured. A case is a function of the framework that prepares and returns the call to be timed.

Cases say what they must move at least: `bytes` read and written by an ideal program, `flops` counted as two for a
multiply-add. From these and the machine's roof (roof.py) follows the time that no program can beat, and from it the
share of the roof that was reached. `target` is the ratio time(pellucid) / time(PyTorch) to reach; `limit` an absolute
time in seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

TINY = 16


@dataclass(frozen=True)
class Case:
    name: str
    prepare: Callable[[Any], Callable[[], Any]] | None  # None: __main__ measures it in fresh processes
    target: float | None = None
    limit: float | None = None
    bytes: float = 0
    flops: float = 0


CASES: list[Case] = []


def case(name: str, **facts: float) -> Callable:
    """Declare the function below as a case."""

    def declare(prepare: Callable) -> Callable:
        CASES.append(Case(name, prepare, **facts))
        return prepare

    return declare


# ----------------------------------------------------------------------------------------------------- what one
# operation costs


@case("a + b, tiny", target=0.35)
def _(torch):
    a, b = torch.rand(TINY), torch.rand(TINY)
    return lambda: a + b


@case("a + b, tiny, recorded", target=0.35)
def _(torch):
    a, b = torch.rand(TINY, requires_grad=True), torch.rand(TINY, requires_grad=True)
    return lambda: a + b


@case("(x * y).sum().backward(), tiny", target=0.3)
def _(torch):
    x, y = torch.rand(TINY, requires_grad=True), torch.rand(TINY, requires_grad=True)
    return lambda: (x * y).sum().backward()


# ------------------------------------------------------------------------------------------------------------- maps and
# reductions


def unary(name: str, n: int, target: float) -> None:
    def prepare(torch):
        x, function = torch.randn(n), getattr(torch, name)
        return lambda: function(x)

    CASES.append(Case(f"{name}, {n:.0e}".replace("e+0", "e"), prepare, target=target, bytes=8 * n))


unary("exp", 10**5, 0.5)
unary("exp", 10**6, 0.5)
unary("tanh", 10**5, 0.5)
unary("tanh", 10**6, 0.5)


@case("where, 1e6", target=0.2, bytes=13e6)
def _(torch):
    x, y = torch.randn(10**6), torch.randn(10**6)
    mask = x > 0
    return lambda: torch.where(mask, x, y)


@case("a + b, 1.6e7", target=0.4, bytes=12 * 1.6e7)
def _(torch):
    a, b = torch.rand(16_000_000), torch.rand(16_000_000)
    return lambda: a + b


@case("sum, 1e6", target=1.1, bytes=4e6)
def _(torch):
    x = torch.rand(10**6)
    return lambda: x.sum()


@case("softmax, 512 x 4096", target=0.9, bytes=8 * 512 * 4096)
def _(torch):
    x = torch.randn(512, 4096)
    return lambda: torch.softmax(x, 1)


@case("layer_norm, 512 x 4096", target=0.9, bytes=8 * 512 * 4096)
def _(torch):
    x, weight, bias = torch.randn(512, 4096), torch.rand(4096), torch.rand(4096)
    return lambda: torch.nn.functional.layer_norm(x, (4096,), weight, bias)


# --------------------------------------------------------------------------------------------------------- products and
# convolution


def matrix_product(n: int, target: float) -> None:
    def prepare(torch):
        a, b = torch.randn(n, n), torch.randn(n, n)
        return lambda: a @ b

    CASES.append(Case(f"matrix product, n = {n}", prepare, target=target, flops=2 * n**3))


matrix_product(256, 1.05)
matrix_product(512, 0.95)
matrix_product(1024, 0.95)
matrix_product(2048, 0.95)


@case("conv2d 3x3, 64-64, 56x56, batch 8", target=0.75, flops=2 * 8 * 64 * 64 * 9 * 56 * 56)
def _(torch):
    x, weight = torch.randn(8, 64, 56, 56), torch.randn(64, 64, 3, 3)
    return lambda: torch.nn.functional.conv2d(x, weight, padding=1)


# -------------------------------------------------------------------------------------------------------------------
# training steps


def training_step(torch, model, optimizer, images, labels):
    """The step a user writes."""
    loss_function = torch.nn.CrossEntropyLoss()

    def step():
        optimizer.zero_grad()
        loss = loss_function(model(images), labels)
        loss.backward()
        optimizer.step()

    return step


def mlp(torch, *sizes):
    layers = []
    for inputs, outputs in zip(sizes, sizes[1:], strict=False):
        layers += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


def linear_flops(batch: int, *sizes: int) -> int:
    """Forward, gradient of the weights, and gradient of the inputs except the first layer's."""
    products = [a * b for a, b in zip(sizes, sizes[1:], strict=False)]
    return 2 * batch * (3 * sum(products) - products[0])


WEIGHTS = 784 * 512 + 512 * 512 + 512 * 10


# Adam reads parameter, gradient and two moments and writes three of them; the gradient is written once before.
@case("MLP 784-512-512-10, batch 64, Adam", target=0.7, flops=linear_flops(64, 784, 512, 512, 10),
      bytes=WEIGHTS * 4 * 8)
def _(torch):
    torch.manual_seed(0)
    model = mlp(torch, 784, 512, 512, 10)
    return training_step(torch, model, torch.optim.Adam(model.parameters()), torch.randn(64, 784),
                         torch.randint(10, (64,)))


@case("MLP 4-16-16-2, batch 8, Adam", target=0.25)
def _(torch):
    torch.manual_seed(0)
    model = mlp(torch, 4, 16, 16, 2)
    return training_step(torch, model, torch.optim.Adam(model.parameters()), torch.randn(8, 4), torch.randint(2, (8,)))


def small_cnn_step(torch):
    nn = torch.nn
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32 * 7 * 7, 128), nn.ReLU(), nn.Linear(128, 10),
    )  # fmt: skip
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    return training_step(torch, model, optimizer, torch.randn(64, 1, 28, 28), torch.randint(10, (64,)))


CNN_FLOPS = 2 * 64 * 9 * (2 * 16 * 28 * 28
                          + 3 * 16 * 32 * 14 * 14) + linear_flops(64, 32 * 7 * 7, 128, 10) + 2 * 64 * 32 * 7 * 7 * 128
CASES.append(Case("CNN 28x28, batch 64, SGD", small_cnn_step, target=0.9, flops=CNN_FLOPS))

# ----------------------------------------------------------------------------------------------------- fresh processes
# (worker.py)

CASES.append(Case("import", None, target=0.2))
CASES.append(Case("first CNN step, empty kernel cache", None, limit=1.5))
