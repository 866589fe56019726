"""The same program and seed in both frameworks: bit-identical weights at the start, losses that agree for 50 steps.

How far a loss is determined depends on the number type. A ReLU, or a maximum of four, whose arguments lie within
rounding of each other is decided by the rounding, and a decision changes a gradient by a jump; after some dozens of
steps the losses of two correct float32 runs may be 1e-3 apart. PyTorch's own float32 run is 5e-4 from its float64 run
at step 48 of the digits CNN with AdamW, on a machine without AVX-512; of eight seeds of the demo, four of PyTorch's
float32 runs are further than 1e-4 from its float64 runs within 50 steps. Hence five demands:

- in float64, where rounding decides nothing, all programs agree to 1e-11 for every seed: the arithmetic, the order of
  the data, the masks are the same;
- in float32, programs without such decisions (`smooth`), or with few (`mlp`), agree to 1e-4 for every seed;
- in float32, each step of the digits CNN from the same weights and optimizer state has the same loss to 1e-5, for every
  seed;
- in float32, for some of six seeds the digits CNN agrees to 1e-4 all the same: where no decision is that close;
- in float32, for one seed, the digits CNN is within 1e-4 of PyTorch's *float64* losses, and so no further from its
  float32 losses than these are, plus 1e-4.
"""

from __future__ import annotations

import numpy as np
import pytest

from examples import digits

STEPS = 50


def mlp(torch):
    nn = torch.nn
    return nn.Sequential(
        nn.Flatten(), nn.Linear(64, 128), nn.ReLU(), nn.Dropout(0.1), nn.Linear(128, 64), nn.GELU(), nn.LayerNorm(64),
        nn.Linear(64, 10)
    )


def smooth(torch):
    """The digits CNN's layers, but nothing that decides."""
    nn = torch.nn
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.GELU(), nn.Conv2d(16, 32, 3, padding=1),
        nn.BatchNorm2d(32), nn.SiLU(), nn.AvgPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(), nn.Dropout(0.25),
        nn.Linear(256, 10),
    )  # fmt: skip


MODELS = {"cnn": digits.network, "mlp": mlp, "smooth": smooth}
SEEDS = [3, 4]
OPTIMIZERS = {
    "sgd": lambda torch, parameters: torch.optim.SGD(parameters, lr=0.01, momentum=0.9, nesterov=True,
                                                     weight_decay=1e-4),
    "adam": lambda torch, parameters: torch.optim.Adam(parameters, lr=1e-3),
    "adamw": lambda torch, parameters: torch.optim.AdamW(parameters, lr=2e-3, weight_decay=1e-2),
}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("seed", [0, 1, 12345])
def test_weights_at_the_start_are_the_same_bits(ours, theirs, name, seed):
    states = []
    for torch in ours, theirs:
        torch.manual_seed(seed)
        states.append({key: value.numpy().copy() for key, value in MODELS[name](torch).state_dict().items()})
    assert list(states[0]) == list(states[1])
    for key in states[1]:
        assert (states[0][key].dtype, states[0][key].shape) == (states[1][key].dtype, states[1][key].shape), key
        assert states[0][key].tobytes() == states[1][key].tobytes(), key


def losses(torch, model_name, optimizer_name, seed, dtype="float32"):
    """Weights and data are drawn in float32 and then converted: the same numbers for each dtype. Dropout draws the same
    mask for each, as tested below.
    """
    torch.manual_seed(seed)
    train_set, _ = digits.datasets(torch)
    loader = torch.utils.data.DataLoader(train_set, batch_size=32, shuffle=True)
    model = MODELS[model_name](torch).to(getattr(torch, dtype))
    optimizer = OPTIMIZERS[optimizer_name](torch, model.parameters())
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=STEPS)
    trace = []
    while len(trace) < STEPS:
        for images, labels in loader:
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(model(images.to(getattr(torch, dtype))), labels)
            loss.backward()
            optimizer.step()
            scheduler.step()
            trace.append(loss.item())
            if len(trace) == STEPS:
                break
    return trace


def demand(our, their, tolerances):
    """At every step the loss is within a relative tolerance, one number for all steps or one for each."""
    tolerances = tolerances if isinstance(tolerances, list) else [tolerances] * STEPS
    for step, (a, b, tolerance) in enumerate(zip(our, their, tolerances, strict=True)):
        assert abs(a
                   - b) <= tolerance * abs(
            b), f"step {step}: {a} against {b}, {abs(a - b) / abs(b):.1e} apart; {tolerance:.1e} is allowed"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("model", MODELS)
def test_float64_losses_of_fifty_steps_agree(ours, theirs, model, optimizer, seed):
    demand(losses(ours, model, optimizer, seed, "float64"), losses(theirs, model, optimizer, seed, "float64"), 1e-11)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("model", ["mlp", "smooth"])
def test_losses_of_fifty_steps_agree(ours, theirs, model, optimizer, seed):
    demand(losses(ours, model, optimizer, seed), losses(theirs, model, optimizer, seed), 1e-4)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_losses_of_the_digits_network_agree(ours, theirs, optimizer):
    """From a seed for which no maximum and no ReLU is decided by rounding."""
    our, single, double = losses(ours, "cnn", optimizer, 4), losses(theirs, "cnn", optimizer, 4), losses(theirs, "cnn",
        optimizer, 4, "float64")
    demand(our, double, 1e-4)
    demand(our, single, [1e-4 + abs(a - b) / abs(b) for a, b in zip(double, single)])


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_losses_of_the_digits_network_agree_for_seeds_without_a_decision(ours, theirs, optimizer):
    """Which seeds these are depends on the machine; here it is three to five of six, and most of them agree to 1e-6."""
    apart = []
    for seed in range(6):
        pairs = zip(losses(ours, "cnn", optimizer, seed), losses(theirs, "cnn", optimizer, seed))
        apart.append(max(abs(our - their) / abs(their) for our, their in pairs))
    assert sum(distance <= 1e-4 for distance in apart) >= 2, apart


def moved(state, torch):
    """A state_dict of either framework with its tensors copied into `torch`."""
    if isinstance(state, dict):
        return {key: moved(value, torch) for key, value in state.items()}
    if isinstance(state, list):
        return [moved(value, torch) for value in state]
    return torch.from_numpy(state.numpy().copy()) if hasattr(state, "numpy") else state


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_each_of_fifty_steps_agrees(ours, theirs, optimizer, seed):
    """From the same weights and optimizer state, step by step along PyTorch's way: the float32 loss of the digits CNN,
    and what the step makes of it.

    No decision of an earlier step is carried on, so this holds for every seed and machine. A decision that falls
    otherwise in the step itself still changes some gradients by a jump: a few weights may differ by more.
    """
    runs = []
    for torch in ours, theirs:
        torch.manual_seed(seed)
        loader = torch.utils.data.DataLoader(digits.datasets(torch)[0], batch_size=32, shuffle=True)
        model = digits.network(torch)
        runs.append((torch, loader, model, OPTIMIZERS[optimizer](torch, model.parameters())))
    taken, lr = 0, runs[1][3].param_groups[0]["lr"]
    while taken < STEPS:
        for batches in zip(*(loader for _, loader, *_ in runs)):
            runs[0][2].load_state_dict(moved(runs[1][2].state_dict(), ours))
            runs[0][3].load_state_dict(moved(runs[1][3].state_dict(), ours))
            found = []
            for (torch, _, model, steps), (images, labels) in zip(runs, batches):
                steps.zero_grad()
                loss = torch.nn.functional.cross_entropy(model(images), labels)
                loss.backward()
                steps.step()
                found.append(loss.item())
            assert abs(found[0] - found[1]) <= 1e-5 * abs(found[1]), f"step {taken}: {found}"
            apart = [abs(a.detach().numpy() - b.detach().numpy()).ravel()
                     for a, b in zip(runs[0][2].parameters(), runs[1][2].parameters())]
            assert (np.concatenate(apart) > 0.01 * lr).mean() < 0.01, f"step {taken}"
            taken += 1
            if taken == STEPS:
                break


def test_dropout_draws_the_same_mask_for_each_dtype(ours, theirs):
    masks = []
    for torch in ours, theirs:
        for dtype in torch.float32, torch.float64:
            torch.manual_seed(5)
            masks.append(torch.nn.functional.dropout(torch.ones(33, 70, dtype=dtype), 0.25).ne(0).tolist())
    assert all(mask == masks[0] for mask in masks)


def test_a_state_dict_moves_across(ours, theirs):
    """Weights of one framework loaded into the other give the same outputs."""
    theirs.manual_seed(0)
    their = digits.network(theirs).eval()
    our = digits.network(ours).eval()
    missing = our.load_state_dict({key: ours.from_numpy(value.numpy().copy())
                                   for key, value in their.state_dict().items()})
    assert not missing.missing_keys and not missing.unexpected_keys
    image = theirs.rand(4, 1, 8, 8)
    with theirs.no_grad(), ours.no_grad():
        expected = their(image).numpy()
        got = our(ours.from_numpy(image.numpy())).numpy()
    assert abs(got - expected).max() < 1e-5
