"""Views that show conjugates and negatives beside PyTorch's: what each call of them gives, shares and refuses."""

from __future__ import annotations

import copy
import pickle
import warnings

import numpy as np
import pytest

SOURCES = """x.conj() | x.conj().imag | x.conj().real | torch._neg_view(x) | torch._neg_view(x.conj()) | x.H
x.mT.conj()[1:] | torch._neg_view(x.imag) | x.conj()[:, ::2] | torch._neg_view(n)""".replace("\n", " | ").split(" | ")

CALLS = """{} | {}.conj() | torch.conj({}) | {}._conj() | {}.conj_physical() | torch.conj_physical({})
{}.resolve_conj() | torch.resolve_conj({}) | {}.resolve_neg() | torch.resolve_neg({}) | {}.H | {}.mH
{}.adjoint() | {}.T | {}.t() | {}.real | {}.imag | torch._neg_view({}) | {}.clone() | {}.contiguous()
{}.detach() | {}.data | {}.view(-1) | {}[0] | {}[:, 1] | {}[..., None] | {}[[0, 1]] | {}[{}.abs() > 4]
{}.numpy() | {}.numpy(force=True) | np.asarray({}) | {}.tolist() | {}[0, 0].item() | complex({}[0, 0])
{}.view(torch.float32) | {}.view(torch.complex64) | torch.view_as_real({}) | torch.zeros_like({})
{}.new_zeros(2) | {}.to(torch.complex128) | {}.to(torch.complex64) | {}.to(torch.complex64, copy=True)
{}.cfloat() | {}.cpu() | {}.to('meta') | copy.copy({}) | copy.deepcopy({}) | pickle.loads(pickle.dumps({}))
{}.expand(2, *{}.shape) | torch.chunk({}, 2)[0] | {}.unbind()[0] | {}.squeeze()
torch.as_strided({}, (2,), (1,)) | {}.data_ptr() == x.data_ptr() | torch.positive({}) | -{} | {}.neg()
{}.abs() | torch.is_conj({}) | torch.is_neg({}) | repr({}) | {}.clone().copy_({}) | torch.asarray({})
torch.tensor({}) | torch.as_tensor({}) | {}.resize_(1) | {}.swapaxes(0, 1) | {}.unfold(0, 1, 1) | {}.diagonal()
{}.movedim(0, 1) | {}.unsqueeze(0) | {}.type(torch.complex64) | {}.sum() | {}.mul(2) | torch.cat([{}, {}])
torch.stack([{}, {}]) | {}.tril() | {}.index_select(0, torch.tensor([0])) | {}.ravel() | {}.fill_(1 + 1j)
{}.zero_() | {}.mul_(2) | {}.sgn() | torch.result_type({}, 1) | {}.conj().conj() | {}.t_() | {}.unsqueeze_(0)
{}.is_contiguous() | {} @ {}.mT | {}.add_({}) | {}.copy_({}.conj()) | torch.equal({}, {}.clone())
{} == {}.clone() | {}.cumsum(0) | {}.prod() | torch.where({} == 0, {}, 2) | {}.untyped_storage()[1]
torch.add({}, 1, out={}) | torch.mm({}, {}.mT, out=torch.zeros(0, dtype={}.dtype)) | {}.masked_fill({} == 0, 3)
{}.storage_offset() | {}._is_view() | {}._base is x | torch.complex({}.real, {}.real) | {}.squeeze_()
{}.swapdims_(0, 1) | {}.index_fill(0, torch.tensor([0]), 1) | {}.masked_scatter({} == {}, {}) | {}.dot({})
torch.vdot({}[0], {}[0]) | {}.isreal() | {}.logical_not() | {}.mean() | {}.round() | {}.tanh() | {}.max()
{}.float_power(2) | {}.requires_grad_()"""
CALLS = CALLS.replace("\n", " | ").split(" | ")

NODES = ("ConjBackward0", "ConjPhysicalBackward0", "NegViewBackward0")


def facts(framework, value, x):
    if isinstance(value, framework.Tensor):
        memory = value.untyped_storage()
        return {
            "shape": tuple(value.shape), "dtype": str(value.dtype), "conj": value.is_conj(), "neg": value.is_neg(),
            "strides": value.stride() if value.numel() else None, "view": value._is_view(),
            "offset": value.storage_offset() if value.numel() else 0, "grad": value.requires_grad,
            "node": value.grad_fn.name() if value.grad_fn and value.grad_fn.name() in NODES else None,
            "shares": bool(value.numel()) and memory.data_ptr() == x.untyped_storage().data_ptr(),
            "value": None if value.is_meta else np.array(value.detach().numpy(force=True)),
        }
    if isinstance(value, tuple) and value and isinstance(value[0], framework.Tensor):
        return [facts(framework, item, x) for item in value]
    return value if isinstance(value, (bool, int, float, complex, str, list, np.ndarray)) else str(value)


def outcome(framework, source, call, grad):
    """What a call gives, and what it left in x; or what it raises."""
    x = framework.tensor([[1 + 2j, 3 - 4j, 5 + 6j], [7 + 8j, -9 - 1j, 2j]])
    n = framework.tensor([[1, 2], [3, -4]])
    if grad:
        x.requires_grad_()
        x = x * 1
    text = call.replace("{}", source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            names = {"torch": framework, "x": x, "n": n, "np": np, "copy": copy, "pickle": pickle}
            found = facts(framework, eval(text, names), x)
    except Exception as error:
        return type(error).__name__, str(error).split("\n")[0]
    return found, x.detach().numpy(force=True), x._version


def agree(a, b):
    if isinstance(b, dict):
        return a.keys() == b.keys() and all(agree(a[k], b[k]) for k in b)
    if isinstance(b, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(agree, a, b))
    if isinstance(b, np.ndarray):
        return isinstance(a, np.ndarray) and a.dtype == b.dtype and np.allclose(a, b, equal_nan=True)
    return a == b


@pytest.mark.parametrize("grad", [False, True], ids=["", "grad"])
@pytest.mark.parametrize("call", CALLS)
def test_calls(ours, theirs, call, grad):
    wrong = []
    for source in SOURCES:
        a, b = outcome(ours, source, call, grad), outcome(theirs, source, call, grad)
        if isinstance(b[0], str) and isinstance(a[0], str) and a[0] == b[0]:
            continue                                         # refused alike: words are compared where programs see them
        if not agree(a, b):
            wrong.append(f"{call.replace('{}', source)}\n   ours   {a}\n   theirs {b}")
    assert not wrong, "\n".join(wrong)
