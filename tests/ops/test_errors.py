"""What PyTorch looks at first: where several things are wrong with a call, which error it raises."""

from __future__ import annotations

import pytest

import pellucid as torch

F = torch.nn.functional
LEAF, NUMBER, WHOLE, TRUTH, COMPLEX = (lambda: torch.ones(2, requires_grad=True), lambda: torch.ones(2),
                                       lambda: torch.ones(2, dtype=torch.int64), lambda: torch.ones(2) > 0,
                                       lambda: torch.ones(2) * 1j)

CASES = {
    "a leaf before a type": (lambda: LEAF().bitwise_and_(1), RuntimeError, "leaf Variable"),
    "a leaf, in place by an operator": (lambda: LEAF().__ixor__(LEAF()), RuntimeError, "leaf Variable"),
    "a gradient before a type": (lambda: torch.erfc(COMPLEX().requires_grad_(), out=COMPLEX()), RuntimeError,
                                 "automatic differentiation"),
    "what it is cast to before a kernel": (lambda: WHOLE().bitwise_or_(NUMBER()), RuntimeError, "result type Float"),
    "the type of out= before a kernel": (lambda: torch.floor(TRUTH(), out=WHOLE()), RuntimeError, "Expected out"),
    "shapes before a kernel": (lambda: torch.bitwise_or(NUMBER(), torch.ones(3)), RuntimeError, "must match the size"),
    "a kernel, nothing else being wrong": (lambda: NUMBER().bitwise_and_(1), NotImplementedError, "bitwise_and"),
    "no maximum of complex numbers": (lambda: COMPLEX().maximum(NUMBER()), RuntimeError, "maximum"),
    "no product of bools to add": (lambda: TRUTH().addcmul_(TRUTH(), TRUTH()), NotImplementedError, "addcmul"),
    "one type in addmm": (lambda: torch.addmm(WHOLE(), torch.ones(2, 2), torch.ones(2, 2)), RuntimeError, "dtype"),
    "one type in baddbmm": (lambda: torch.baddbmm(WHOLE(), torch.ones(1, 2, 2), torch.ones(1, 2, 2)), RuntimeError,
                            "dtype"),
    "a dimension before a type": (lambda: torch.softmax(torch.tensor(1), 1), IndexError, "out of range"),
    "a dimension of a scan before a type": (lambda: COMPLEX().cummin(1), IndexError, "out of range"),
    "a truth resized": (lambda: torch.any(torch.ones(3), out=torch.ones(1)), RuntimeError, "only supports bool"),
    "the same element under other strides": (lambda: (x := torch.ones(1))[None].nextafter_(x), RuntimeError, "clone"),
    "no dimension to take along": (lambda: torch.take_along_dim(torch.tensor(1), torch.tensor(0), 0), IndexError,
                                   "no dimensions"),
    "a loss that takes its input's shape": (lambda: F.soft_margin_loss(torch.ones(3), torch.ones(2, 3)), RuntimeError,
                                            "broadcast shape"),
    "bools have no quotients, by zero neither": (lambda: TRUTH() // (NUMBER() > 2), NotImplementedError, "Bool"),
    "an overlap before a shape": (lambda: torch.sign((x := torch.ones(2, 2)), out=x[1:]), RuntimeError, "clone"),
    "an overlap where out= is resized": (lambda: torch.arctan((x := torch.ones(1)), out=x[0]), RuntimeError, "clone"),
    "no gradient is asked of integers' operators": (lambda: torch.bitwise_and(LEAF(), LEAF(), out=NUMBER()),
                                                    NotImplementedError, "bitwise_and"),
    "a dimension of a reduction before a type": (lambda: COMPLEX().amin(1), IndexError, "out of range"),
    "running sums have no bools": (lambda: torch.cumsum(NUMBER(), 0, out=TRUTH()), NotImplementedError,
                                   "cumsum_out_cpu"),
    "lerp takes one type": (lambda: torch.lerp(NUMBER(), NUMBER(), WHOLE()), RuntimeError, "expected dtype"),
    "addcdiv does not divide integers": (lambda: torch.addcdiv(NUMBER(), WHOLE(), WHOLE()), RuntimeError,
                                         "Integer division"),
    "vecdot takes one type": (lambda: torch.linalg.vecdot(NUMBER(), WHOLE()), RuntimeError, "same dtype"),
    "cross takes one type": (lambda: torch.cross(torch.ones(3), torch.ones(3).double(), dim=0), RuntimeError,
                             "scalar type"),
    "a target without a gradient": (lambda: F.soft_margin_loss(LEAF(), LEAF()), RuntimeError, "not differentiable"),
    "no sign of bounds": (lambda: torch.arange(-2, -1, -2), RuntimeError, "inconsistent"),
    "diagonals are whole": (lambda: torch.ones(2, 2).tril(1.0), TypeError, "must be int"),
    "windows are whole": (lambda: torch.ones(4).unfold(0, 1, True), TypeError, "must be int"),
    "pads are whole": (lambda: F.pad(NUMBER(), (None,)), TypeError, "tuple of ints"),
    "a pad of the type": (lambda: F.pad(WHOLE().byte(), (1, 1), value=-300), RuntimeError, "overflow"),
    "a fill of the type": (lambda: torch.full((), 1j, out=torch.empty(1)), RuntimeError, "overflow"),
    "an exponent of the type": (lambda: NUMBER().half() ** 1e10, RuntimeError, "overflow"),
    "an index_add of a scalar": (lambda: torch.tensor(1.0).index_add_(0, torch.tensor(0), torch.ones(1)), RuntimeError,
                                 "shape"),
    "as many places as sources": (lambda: WHOLE().put_(torch.tensor([0]), WHOLE()), IndexError, "same number"),
    "a storage of the type": (lambda: WHOLE().set_(NUMBER()), RuntimeError, "Could not set"),
    "a loss that takes its input's type": (lambda: F.huber_loss(WHOLE(), NUMBER()), RuntimeError, "result type"),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.filterwarnings("ignore")
def test_which_error(case):
    call, error, words = CASES[case]
    with pytest.raises(error, match=words) as found:
        call()
    assert found.type is error


def test_numbers_count_in_the_order_of_dimensions():
    """A number is a tensor without dimensions: the result's dimensions are then ordered by strides."""
    turned = torch.ones(1, 2).t()
    assert (turned + 1).stride() == (1, 2) and (turned + turned).stride() == (1, 1)
    assert (1 != torch.empty(0, 1)).stride() == (1, 0) and torch.empty(0, 1).neg().stride() == (1, 1)
    assert torch.addr(torch.tensor(1.0), torch.ones(1).half(), torch.ones(1).half()).dtype is torch.float32
