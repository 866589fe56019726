"""Six mistakes of the sort that users make, each on a line marked `# wrong`. pyright and mypy must find all six, and
nothing else.
"""

from __future__ import annotations

import pellucid as torch
import pellucid.nn.functional as F
from pellucid import Tensor, nn


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Linear(4, 8)
        self.out = nn.Linear(8)                                          # wrong: a size is missing

    def forward(self, x: Tensor) -> Tensor:
        return self.out(F.relu(self.hidden(x), inplce=True))             # wrong: no such argument


def main() -> None:
    net = Net()
    optimizer = torch.optim.SGD(net.parameters(), learning_rate=0.1)     # wrong: it is called lr
    x = torch.rand(3, 4)
    loss = torch.softmax(net(x), dim="rows").sum()                       # wrong: dimensions are numbers
    loss.backward()
    net([1.0, 2.0])                                                      # wrong: a list is not a tensor
    print(x.shpae)                                                       # wrong: no such attribute
    optimizer.step()
