"""Gradients that are the result's as it came are handed on, by reference, to whoever they go to."""

from __future__ import annotations

import pytest

import pellucid as torch


@pytest.mark.parametrize("function, passed", [
    (lambda x, y: x + y, (True, True)), (lambda x, y: torch.add(x, y, alpha=2), (True, False)),
    (lambda x, y: x - y, (True, False)), (lambda x, y: torch.fmod(x, y), (True, False)),
    (lambda x, y: torch.addcmul(x, y, y), (True, False)), (lambda x, y: x * y, (False, False)),
])
def test_a_gradient_that_is_the_result_s_is_handed_on(function, passed):
    """Nobody copies what is not changed; leaves do not share it."""
    x, y = torch.tensor([3.0, 4.0], requires_grad=True), torch.tensor([2.0, 5.0], requires_grad=True)
    grad = torch.ones(()).expand(2)
    found = torch.autograd.grad(function(x, y), (x, y), grad)
    assert tuple(one is grad for one in found) == passed
    function(x, y).backward(torch.ones(2))
    assert x.grad is not y.grad and x.grad.data_ptr() != y.grad.data_ptr()
    assert torch.equal(x.grad, found[0]) and torch.equal(y.grad, found[1])
    x.grad.mul_(5)
    assert torch.equal(y.grad, found[1])


def test_a_gradient_that_is_handed_on_has_its_operand_s_type_and_shape():
    x, z = torch.ones(3, requires_grad=True), torch.ones(2, 3, dtype=torch.complex64, requires_grad=True)
    of_x, of_z = torch.autograd.grad(x + z, (x, z), torch.full((2, 3), 2 + 1j))
    assert of_x.dtype is torch.float32 and of_x.tolist() == [4, 4, 4] and of_z[0, 0] == 2 + 1j
    half, wide = torch.ones(2, dtype=torch.float16, requires_grad=True), torch.ones(2, requires_grad=True)
    grads = torch.autograd.grad((half + wide).sum(), (half, wide))
    assert [g.dtype for g in grads] == [torch.float16, torch.float32]
