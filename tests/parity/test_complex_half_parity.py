"""Complex halves beside PyTorch's, wherever PyTorch has them: values to the bit, types, refusals."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.filterwarnings("ignore")

CALLS = """c | c.dtype | c[0].item() | c.tolist() | c.numpy() | c + 1 | c * c | c + h | h * c | c - 1j | c + f
c * b | c + d | c * s | c.abs() | -c | c.conj() | c.conj().imag | c.real | c.imag | torch.view_as_real(c)
torch.view_as_complex(p) | c.chalf() is c | f.chalf() | d.chalf() | c.cfloat() | c.to(torch.complex128)
c.float() | c.half() | c.bool() | c.int() | c == c | c != 0 | torch.tensor([1 + 2j, 3], dtype=torch.complex32)
torch.zeros(2, dtype=torch.chalf) | torch.ones(2, dtype=torch.chalf)
torch.full((2,), 1 + 2j, dtype=torch.chalf) | torch.empty(2, dtype=torch.chalf).shape | torch.from_dlpack(c)
c.clone() | c.isfinite() | c.isnan() | torch.cat([c, c]) | torch.stack([c, c]) | torch.where(h > 0, c, -c)
c.roll(1) | c[[1, 0]] | c.index_select(0, torch.tensor([1])) | c.masked_fill(h > 0, 3) | c.sgn()
torch.finfo(torch.chalf) | h * 1j | h + 1j | torch.result_type(h, 1j) | torch.can_cast(torch.chalf, torch.half)
c.type() | torch.isclose(c, c) | torch.allclose(c, c) | c.view(torch.half) | c.view(torch.int32)
c.view(torch.complex64) | torch.tensor(c) | f"{c[0]}" | repr(c) | c.element_size() | torch.complex(h, h)
torch.complex(h, f) | torch.complex(b, b) | c.nonzero() | c.add_(c) | c.mul_(2j) | c.copy_(d) | c.fill_(1j)
torch.promote_types(torch.bfloat16, torch.chalf) | bytes(c.untyped_storage()) | c.conj().clone() | c.t()
c[::2] | c.sum(0).dtype | torch.complex(h, h * 3).conj_physical() | c.to(torch.complex64).to(torch.complex32)
c.new_zeros(2) | c.mean().dtype | torch.set_default_dtype(torch.half) or torch.tensor([1, 1j]).dtype"""
CALLS = CALLS.replace("\n", " | ").split(" | ")


def outcome(framework, call):
    h = framework.tensor([1.5, -2.25, 0.3], dtype=framework.half)
    names = {"torch": framework, "h": h, "c": framework.complex(h, h * 2), "p": framework.stack([h, h + 1], 1),
             "f": framework.tensor([0.5, 2, 1e-3]), "b": framework.ones(3, dtype=framework.bfloat16),
             "d": framework.tensor([1 + 1j, 2, 3e5], dtype=framework.complex128), "s": framework.tensor(2.5 - 1j)}
    try:
        found = eval(call, names)
    except Exception as error:
        return type(error).__name__, str(error)
    finally:
        framework.set_default_dtype(framework.float32)
    if isinstance(found, framework.Tensor):
        return tuple(found.shape), str(found.dtype), str(found.tolist()), found.is_conj(), repr(found)
    return str(found)


@pytest.mark.parametrize("call", CALLS)
def test_calls(ours, theirs, call):
    found, expected = outcome(ours, call), outcome(theirs, call)
    if expected[0] == "NotImplementedError":                 # PyTorch has few operators for them
        return
    assert found == expected
