"""The same program and seed in both frameworks: bit-identical weights at the start, losses that agree to 1e-4 for 50 steps."""

from __future__ import annotations

import pytest

from examples import digits

STEPS = 50


def mlp(torch):
    nn = torch.nn
    return nn.Sequential(
        nn.Flatten(), nn.Linear(64, 128), nn.ReLU(), nn.Dropout(0.1), nn.Linear(128, 64), nn.GELU(), nn.LayerNorm(64), nn.Linear(64, 10)
    )


MODELS = {"cnn": digits.network, "mlp": mlp}
OPTIMIZERS = {
    "sgd": lambda torch, parameters: torch.optim.SGD(parameters, lr=0.01, momentum=0.9, nesterov=True, weight_decay=1e-4),
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


def losses(torch, model_name, optimizer_name):
    torch.manual_seed(3)
    train_set, _ = digits.datasets(torch)
    loader = torch.utils.data.DataLoader(train_set, batch_size=32, shuffle=True)
    model = MODELS[model_name](torch)
    optimizer = OPTIMIZERS[optimizer_name](torch, model.parameters())
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=STEPS)
    trace = []
    while len(trace) < STEPS:
        for images, labels in loader:
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(model(images), labels)
            loss.backward()
            optimizer.step()
            scheduler.step()
            trace.append(loss.item())
            if len(trace) == STEPS:
                break
    return trace


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("model", MODELS)
def test_losses_of_fifty_steps_agree(ours, theirs, model, optimizer):
    our, their = losses(ours, model, optimizer), losses(theirs, model, optimizer)
    apart = [abs(a - b) / abs(b) for a, b in zip(our, their, strict=True)]
    assert max(apart) < 1e-4, f"step {apart.index(max(apart))}: {our[apart.index(max(apart))]} against {their[apart.index(max(apart))]}"


def test_a_state_dict_moves_across(ours, theirs):
    """Weights of one framework loaded into the other give the same outputs."""
    theirs.manual_seed(0)
    their = digits.network(theirs).eval()
    our = digits.network(ours).eval()
    missing = our.load_state_dict({key: ours.from_numpy(value.numpy().copy()) for key, value in their.state_dict().items()})
    assert not missing.missing_keys and not missing.unexpected_keys
    image = theirs.rand(4, 1, 8, 8)
    with theirs.no_grad(), ours.no_grad():
        expected = their(image).numpy()
        got = our(ours.from_numpy(image.numpy())).numpy()
    assert abs(got - expected).max() < 1e-5
