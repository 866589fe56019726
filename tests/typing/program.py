"""A program as its users type theirs. test_checkers.py has pyright and mypy read it: neither may find a fault, and both
must know these types.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, assert_type

import pellucid as torch
import pellucid.nn.functional as F
from pellucid import Tensor, nn
from pellucid.optim.lr_scheduler import StepLR
from pellucid.types import Device, Number
from pellucid.utils.data import DataLoader, TensorDataset


class Block(nn.Module):
    """A block with a short cut."""

    def __init__(self, width: int, *, activation: nn.Module | None = None) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.activation = nn.ReLU() if activation is None else activation
        self.scale = nn.Parameter(torch.ones(width, 1, 1))
        self.register_buffer("seen", torch.zeros((), dtype=torch.int64))

    def forward(self, x: Tensor) -> Tensor:
        h = self.norm(self.first(x))
        assert_type(h, Tensor)
        return F.relu(x + h * self.scale, inplace=True)


class Net(nn.Module):
    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, 8, (3, 3), stride=2)
        self.blocks = nn.ModuleList([Block(8) for _ in range(2)])
        self.head = nn.Linear(8, classes)
        with torch.no_grad():
            self.head.weight.mul_(0.5)
            if self.head.bias is not None:
                self.head.bias.zero_()

    def forward(self, x: Tensor, *, features: bool = False) -> tuple[Tensor, Tensor | None]:
        x = F.max_pool2d(self.stem(x), 2)
        for block in self.blocks:
            x = block(x)
        pooled = x.mean((2, 3)).flatten(1)
        return self.head(pooled), pooled if features else None


def shapes(x: Tensor) -> None:
    assert_type(x.shape, torch.Size)
    assert_type(x.shape[0], int)
    assert_type(x.size(), torch.Size)
    assert_type(x.size(-1), int)
    assert_type(x.dtype, torch.dtype)
    assert_type(x.device, torch.device)
    assert_type(x.ndim, int)
    assert_type(x.grad, Tensor | None)
    assert_type(x.view(2, -1).permute(1, 0).reshape((8, 1)).t(), Tensor)
    assert_type(x[0], Tensor)
    assert_type(x[..., None, 1:3], Tensor)
    assert_type(x.split(2, dim=1), tuple[Tensor, ...])
    assert_type(x.requires_grad, bool)
    assert_type(x.is_contiguous(), bool)
    assert_type([row for row in x], list[Tensor])
    x[0] = 1
    x[x > 0] = x.new_zeros(1)


def arithmetic(x: Tensor, y: Tensor, k: Number) -> Tensor:
    assert_type(x + 1, Tensor)
    assert_type(2.5 * x, Tensor)
    assert_type(1 / x, Tensor)
    assert_type(x == y, Tensor)
    assert_type(x != 0, Tensor)
    assert_type(-x @ y, Tensor)
    assert_type(x > k, Tensor)
    assert_type(torch.where(x > 0, x, 0.0), Tensor)
    assert_type(torch.where(x > 0), tuple[Tensor, ...])
    values, indices = x.max(dim=1)
    assert_type(values, Tensor)
    assert_type(x.max(), Tensor)
    assert_type(torch.max(x, y), Tensor)
    assert_type(torch.max(x, 0).indices, Tensor)
    assert_type(torch.sum(x, dim=(0, 1), keepdim=True, dtype=torch.float64), Tensor)
    assert_type(torch.std(x, 0, correction=0), Tensor)
    assert_type(torch.allclose(x, y, atol=1e-6), bool)
    assert_type(torch.nonzero(x, as_tuple=True), tuple[Tensor, ...])
    assert_type(torch.einsum("ij,jk->ik", x, y), Tensor)
    assert_type(torch.cat([x, y], dim=-1), Tensor)
    assert_type(torch.stack((x, y)), Tensor)
    x += y
    x.add_(y, alpha=2).clamp_(min=0.0)
    return torch.softmax(x, dim=-1).gather(1, indices[:, None])


def made(device: Device) -> list[Tensor]:
    return [
        torch.zeros(2, 3, device=device), torch.zeros((2, 3), dtype=torch.bool), torch.ones([4]), torch.empty(0),
        torch.full((2,), 7),
        torch.arange(10), torch.arange(0, 1, 0.1, dtype=torch.float32), torch.linspace(0, 1, 5), torch.eye(3),
        torch.tensor([[1, 2], [3, 4]]),
        torch.rand(3, generator=torch.Generator().manual_seed(0)), torch.randn(2, 2, requires_grad=True),
        torch.randint(10, (2,)),
        torch.randint(low=0, high=5, size=(3,)), torch.normal(0.0, 1.0, (2, 2)), torch.randperm(5),
        torch.zeros_like(torch.ones(2)),
    ]


def converted(x: Tensor) -> list[Any]:
    return [x.to(torch.float64), x.to("cpu"), x.to(device="cpu", dtype=torch.int32), x.float(), x.bool(),
            x.cpu().numpy(), x.tolist(), x.item(),
            x.detach().clone(), x.type(torch.int64), x.int().long().half(), float(x.sum()), int(x.sum()), len(x)]


def train(net: Net, loader: DataLoader[Any], epochs: int = 1) -> Iterator[float]:
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=1e-2)
    scheduler = StepLR(optimizer, step_size=1, gamma=0.5)
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
    for _ in range(epochs):
        net.train()
        for x, target in loader:
            optimizer.zero_grad(set_to_none=True)
            logits, _features = net(x)
            loss = criterion(logits, target)
            assert_type(loss, Tensor)
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            yield loss.item()
        scheduler.step()
    net.eval()
    with torch.no_grad():
        assert_type(net(torch.zeros(1, 1, 28, 28)), tuple[Tensor, Tensor | None])


@torch.no_grad()
def copied(net: Net) -> Net:
    other = Net()
    other.load_state_dict(net.state_dict())
    for name, parameter in other.named_parameters():
        print(name, parameter.shape.numel(), parameter.grad_fn)
        parameter.requires_grad_(False)
    return other.to("cpu").double()


def main() -> None:
    net = Net()
    data = TensorDataset(torch.randn(8, 1, 28, 28), torch.randint(0, 10, (8,)))
    for loss in train(net, DataLoader(data, batch_size=4, shuffle=True)):
        print(loss)
    x = torch.rand(4, 4)
    shapes(torch.rand(2, 4))
    arithmetic(x, x.clone(), 0.5)
    print(made("cpu"), converted(torch.ones(1)), copied(net))
    handle = x.requires_grad_().register_hook(lambda grad: grad * 2)
    handle.remove()


if __name__ == "__main__":
    main()
