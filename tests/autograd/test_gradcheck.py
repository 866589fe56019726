"""gradcheck finds what is wrong, and nothing else."""

from __future__ import annotations

import pytest

import pellucid as torch
from pellucid.autograd import Function, gradcheck, gradgradcheck
from pellucid.autograd.gradcheck import GradcheckError


def double(*shape, dtype=torch.float64):
    torch.manual_seed(1)
    return torch.randn(*shape, dtype=dtype).requires_grad_()


@pytest.mark.parametrize("fast_mode", [False, True])
def test_right_derivatives(fast_mode):
    assert gradcheck(lambda x, y: (x @ y, x.sum(0)), (double(2, 3), double(3, 2)), fast_mode=fast_mode)
    assert gradgradcheck(lambda x, y: (x @ y).tanh(), (double(2, 3), double(3, 2)), fast_mode=fast_mode)
    assert gradcheck(torch.sin, double(2), fast_mode=fast_mode)
    assert gradcheck(lambda x, n: x * n, (double(2), 3), fast_mode=fast_mode)
    assert gradcheck(lambda x: x.transpose(0, 1)[1:], (double(2, 3).detach().t().requires_grad_(),),
                     fast_mode=fast_mode)


def test_complex_numbers():
    z = double(3, dtype=torch.complex128)
    assert gradcheck(lambda z: z * z.conj(), (z,)) and gradcheck(torch.exp, (z,)) and gradcheck(torch.abs, (z,))
    assert gradcheck(lambda z: (z.conj(), z.conj().imag), (z,)) and gradgradcheck(lambda z: z.conj() * z, (z,))
    for view in (z.detach().conj(), torch._neg_view(z.detach().conj())):
        for fast in (False, True):
            assert gradcheck(lambda z: z * z * 1j, (view.requires_grad_(),), fast_mode=fast)
    assert gradcheck(torch.view_as_real, (z,)) and gradcheck(lambda x: x * (1 + 2j), (double(2),))
    assert gradgradcheck(torch.exp, (z,)) and gradgradcheck(lambda z: z * z.conj(), (z,))


class Wrong(Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, grad):
        return grad * 3


@pytest.mark.parametrize("fast_mode", [False, True])
def test_wrong_derivatives(fast_mode):
    with pytest.raises(GradcheckError, match="mismatch for output 0 with respect to input 0,?\nnumerical"):
        gradcheck(Wrong.apply, (double(2),), fast_mode=fast_mode)
    assert gradcheck(Wrong.apply, (double(2),), raise_exception=False, fast_mode=fast_mode) is False
    with pytest.raises(GradcheckError):
        gradcheck(lambda x: x.detach() * 2 + 0 * x, (double(2),), fast_mode=fast_mode)
    with pytest.raises(GradcheckError):
        gradgradcheck(lambda x: Wrong.apply(x) * x, (double(2),), fast_mode=fast_mode)


def test_random_derivatives():
    class Shaky(Function):
        calls = 0

        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, grad):
            Shaky.calls += 1
            return grad * (2 + 1e-7 * (Shaky.calls % 2))
    with pytest.raises(GradcheckError, match="Backward is not reentrant"):
        gradcheck(Shaky.apply, (double(3),))
    assert gradcheck(Shaky.apply, (double(3),), nondet_tol=1e-5)


def test_derivatives_that_need_all_gradients():
    class Fragile(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.set_materialize_grads(False)
            return x * 1, x * 2

        @staticmethod
        def backward(ctx, a, b):
            if a is None or b is None:
                raise RuntimeError("no gradient")
            return a + 2 * b
    with pytest.raises(GradcheckError, match="Expected backward function to handle undefined output grads|no gradient"):
        try:
            gradcheck(Fragile.apply, (double(2),))
        except RuntimeError as error:
            raise GradcheckError(str(error)) from error


def test_bad_inputs():
    with pytest.raises(ValueError, match="gradcheck expects at least one input tensor to require gradient"):
        gradcheck(torch.sin, (torch.ones(2),))
    with pytest.warns(UserWarning, match="Input #0 requires gradient and is not a double precision"):
        gradcheck(torch.sin, (torch.ones(2, requires_grad=True),), eps=1e-3, atol=1e-2)
    with pytest.raises(RuntimeError, match="has a dimension with stride 0"):
        gradcheck(torch.sin, (torch.ones(1, dtype=torch.float64).expand(3).requires_grad_(),))
    with pytest.raises(ValueError, match="forward mode"):
        gradcheck(torch.sin, (double(1),), check_forward_ad=True)


def test_given_gradients():
    assert gradgradcheck(lambda x: x ** 3, (double(2),), (double(2),))
    assert gradgradcheck(lambda x: x ** 3, (double(2, 2),), gen_non_contig_grad_outputs=True)


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize("use", [lambda y: y.register_hook(lambda g: g), lambda y: y.retain_grad(),
                                 lambda y: torch.autograd.grad(y.sum(), y, retain_graph=True)])
def test_a_function_may_count_on_being_recorded(use, fast):
    def function(x):
        y = x * 2
        use(y)
        return y.sin()

    x = torch.ones(2, dtype=torch.float64, requires_grad=True)
    assert gradcheck(function, (x,), fast_mode=fast) and gradgradcheck(function, (x,), fast_mode=fast)
