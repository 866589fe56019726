"""Loss layers: that each calls its function with its arguments; weights are buffers."""

from __future__ import annotations

import pytest

import pellucid
from pellucid import nn
from pellucid.nn import functional as F

X, Y = pellucid.tensor([[0.5, -1.0, 2.0], [0.1, 0.2, -0.3]]), pellucid.tensor([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
SIGN, CLASSES, WEIGHT = pellucid.tensor([1.0, -1.0]), pellucid.tensor([2, 0]), pellucid.tensor([2.0, 1.0, 3.0])
P, Z = X.sigmoid(), pellucid.tensor([[0.2, 0.1, -0.5], [1.0, -2.0, 0.7]])

CASES = [
    (nn.L1Loss, {}, (X, Y), F.l1_loss), (nn.MSELoss, {}, (X, Y), F.mse_loss),
    (nn.SmoothL1Loss, {"beta": 0.3}, (X, Y), F.smooth_l1_loss),
    (nn.HuberLoss, {"delta": 0.3}, (X, Y), F.huber_loss), (nn.NLLLoss, {"ignore_index": 2}, (X, CLASSES), F.nll_loss),
    (nn.CrossEntropyLoss, {"label_smoothing": 0.1}, (X, CLASSES), F.cross_entropy),
    (nn.KLDivLoss, {"log_target": True}, (X, Z), F.kl_div),
    (nn.PoissonNLLLoss, {"full": True}, (X, Y), F.poisson_nll_loss),
    (nn.GaussianNLLLoss, {"full": True}, (X, Y, P), F.gaussian_nll_loss),
    (nn.BCELoss, {}, (P, Y), F.binary_cross_entropy),
    (nn.BCEWithLogitsLoss, {}, (X, Y), F.binary_cross_entropy_with_logits),
    (nn.SoftMarginLoss, {}, (X[:, 0], SIGN), F.soft_margin_loss),
    (nn.MultiLabelSoftMarginLoss, {}, (X, Y), F.multilabel_soft_margin_loss),
    (nn.HingeEmbeddingLoss, {"margin": 0.7}, (X[:, 0], SIGN), F.hinge_embedding_loss),
    (nn.CosineEmbeddingLoss, {"margin": 0.1}, (X, Z, SIGN), F.cosine_embedding_loss),
    (nn.MarginRankingLoss, {"margin": 0.1}, (X[:, 0], Z[:, 0], SIGN), F.margin_ranking_loss),
    (nn.MultiMarginLoss, {"p": 2, "margin": 0.7}, (X, CLASSES), F.multi_margin_loss),
    (nn.TripletMarginLoss, {"swap": True, "p": 1.0}, (X, Y, Z), F.triplet_margin_loss),
    (nn.TripletMarginWithDistanceLoss, {"margin": 2.0}, (X, Y, Z), F.triplet_margin_with_distance_loss),
]


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("kind, options, arguments, function", CASES, ids=[case[0].__name__ for case in CASES])
@pytest.mark.filterwarnings("ignore:reduction. .mean. divides")
def test_each(kind, options, arguments, function, reduction):
    loss = kind(reduction=reduction, **options)
    assert loss(*arguments).tolist() == function(*arguments, reduction=reduction, **options).tolist()
    assert repr(loss) == (f"{kind.__name__}()" if "distance_function" not in loss._modules else repr(loss))


@pytest.mark.parametrize("kind, arguments",
                         [(nn.NLLLoss, (X, CLASSES)), (nn.CrossEntropyLoss, (X, CLASSES)), (nn.BCELoss, (P, Y)),
                                             (nn.BCEWithLogitsLoss, (X, Y)), (nn.MultiMarginLoss, (X, CLASSES))])
def test_weights_are_buffers(kind, arguments):
    loss = kind(weight=WEIGHT)
    assert loss.state_dict()["weight"].tolist() == WEIGHT.tolist()
    assert loss(*arguments).item() != kind()(*arguments).item()


def test_pos_weight():
    loss = nn.BCEWithLogitsLoss(pos_weight=WEIGHT)
    assert list(loss.state_dict()) == ["pos_weight"]
    assert loss(X, Y).item() == F.binary_cross_entropy_with_logits(X, Y, pos_weight=WEIGHT).item()


def test_old_spelling_of_reduction():
    for options, reduction in (({"size_average": False}, "sum"), ({"reduce": False}, "none"),
                               ({"reduce": True}, "mean")):
        with pytest.warns(UserWarning, match=f"please use reduction='{reduction}' instead"):
            assert nn.MSELoss(**options).reduction == reduction


def test_arguments():
    with pytest.raises(TypeError, match="delta must be a float or int"):
        nn.HuberLoss(delta="1")
    with pytest.raises(ValueError, match="only p == 1 and p == 2 supported"):
        nn.MultiMarginLoss(p=3)
    for kind in (nn.TripletMarginLoss, nn.TripletMarginWithDistanceLoss):
        with pytest.raises(ValueError, match=f"{kind.__name__}: expected margin to be greater than 0, got 0 instead"):
            kind(margin=0)


LONG = pellucid.int64


@pytest.mark.parametrize("input, target, options, error, message", [
    ((4,), (2,), {}, ValueError, "1D target must have size 1"),
    ((2, 4), (), {}, ValueError, r"match target batch_size \(0\)"),
    ((2, 4), (3,), {}, ValueError, "match target batch_size"),
    ((2, 4), (2, 3), {}, RuntimeError, "multi-target not supported"),
    ((2, 4, 3), (2, 4), {}, RuntimeError, r"Expected target size \[2, 3\]"),
    ((), (), {}, ValueError, "Expected 2 or more dimensions"),
    ((2, 4), (2,), {"weight": pellucid.ones(4, dtype=pellucid.float64)}, RuntimeError,
     "expected scalar type Float but found Double")])
def test_shapes_of_classes(input, target, options, error, message):
    with pytest.raises(error, match=message):
        nn.functional.nll_loss(pellucid.ones(input), pellucid.zeros(target, dtype=LONG), **options)


def test_targets():
    F, x = nn.functional, pellucid.arange(8.0).view(2, 4)
    assert F.cross_entropy(x[0], pellucid.tensor([1])).item() == F.cross_entropy(x[0], pellucid.tensor(1)).item()
    for kind in (pellucid.int32, pellucid.int8, pellucid.float32):
        with pytest.raises(RuntimeError, match="expected target dtype to be Long or Byte"):
            F.cross_entropy(x, pellucid.zeros(2, dtype=kind))
    with pytest.raises(RuntimeError, match="expected scalar type Long but found Byte"):
        F.nll_loss(pellucid.ones(2, 4, 3), pellucid.zeros(2, 3, dtype=pellucid.uint8))
    with pytest.raises(RuntimeError, match="ignore_index is not supported for floating point target"):
        F.cross_entropy(x, x / 28, ignore_index=1)
    with pytest.raises(RuntimeError, match="Expected floating point type for target with class probabilities"):
        F.cross_entropy(x.long(), x.long())
    for weight in (pellucid.ones(()), pellucid.ones(1), pellucid.ones(4, 1)):
        with pytest.raises(RuntimeError, match="either for all 4 classes or no classes"):
            F.cross_entropy(x, x / 28, weight=weight)


@pytest.mark.parametrize("name", ["mse_loss", "smooth_l1_loss", "huber_loss", "binary_cross_entropy", "nll_loss"])
def test_whole_numbers_have_no_loss(name):
    for kind in (pellucid.bool, pellucid.uint8, LONG):
        x = pellucid.ones(2, 2).to(kind)
        with pytest.raises(NotImplementedError, match=f"not implemented for '{kind.title}'"):
            getattr(nn.functional, name)(x, pellucid.zeros(2, dtype=LONG) if name == "nll_loss" else x)
