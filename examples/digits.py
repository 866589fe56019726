"""Train a small convolutional network on the handwritten digits that scikit-learn ships.

    python examples/digits.py                        # pellucid
    python examples/digits.py --framework torch      # the same program, PyTorch

1797 grey images of 8x8 pixels; a fifth of them is held out. Everything below is ordinary PyTorch code. The framework is
imported by name, in the one line marked, so that nothing else can differ between the two.
"""

from __future__ import annotations

import argparse
import importlib
import json
import time

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from tqdm import tqdm

# For this seed no ReLU or maximum of the first fifty steps is decided by rounding where it was tried, so the losses of
# both frameworks can be compared step by step; for others they part at some step, as PyTorch's own do in float32 and
# float64 (docs/differences.md).
SEED = 2


def network(torch):
    """Two convolutions, pool, one more, two linear layers: about 70 000 weights."""
    nn = torch.nn

    class DigitNet(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
            self.norm1 = nn.BatchNorm2d(16)
            self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
            self.norm2 = nn.BatchNorm2d(32)
            self.conv3 = nn.Conv2d(32, 64, 3, padding=1)
            self.norm3 = nn.BatchNorm2d(64)
            self.pool = nn.MaxPool2d(2)
            self.dropout = nn.Dropout(0.25)
            self.hidden = nn.Linear(64 * 2 * 2, 128)
            self.output = nn.Linear(128, 10)

        def forward(self, images):
            x = torch.relu(self.norm1(self.conv1(images)))
            x = self.pool(torch.relu(self.norm2(self.conv2(x))))
            x = self.pool(torch.relu(self.norm3(self.conv3(x))))
            x = self.dropout(torch.relu(self.hidden(x.flatten(1))))
            return self.output(x)

    return DigitNet()


def datasets(torch):
    """Training and held-out images (N, 1, 8, 8) in 0..1 with their labels; the split is always the same."""
    digits = load_digits()
    split = train_test_split(digits.images, digits.target, test_size=0.2, stratify=digits.target, random_state=0)
    train_images, test_images, train_labels, test_labels = (torch.tensor(part) for part in split)

    def dataset(images, labels):
        return torch.utils.data.TensorDataset((images / 16).float().unsqueeze(1), labels)

    return dataset(train_images, train_labels), dataset(test_images, test_labels)


def evaluate(torch, model, dataset):
    """Share of the images whose digit is found, and the digit found for each."""
    model.eval()
    with torch.no_grad():
        images, labels = dataset.tensors
        predictions = model(images).argmax(1)
    return (predictions == labels).float().mean().item(), predictions


def train(torch, seed=SEED, epochs=20, batch_size=64, progress=True):
    """Train from a seed. Returns the model, the held-out set and the history: the loss of each step, the accuracy after
    each epoch.
    """
    torch.manual_seed(seed)
    train_set, test_set = datasets(torch)
    loader = torch.utils.data.DataLoader(train_set, batch_size=batch_size, shuffle=True, drop_last=True)
    model = network(torch)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-2)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs * len(loader))
    loss_function = torch.nn.CrossEntropyLoss()

    history = {"loss": [], "accuracy": []}
    with tqdm(total=epochs * len(loader), unit="step", disable=not progress) as bar:
        for _ in range(epochs):
            model.train()
            for images, labels in loader:
                optimizer.zero_grad()
                loss = loss_function(model(images), labels)
                loss.backward()
                optimizer.step()
                scheduler.step()
                history["loss"].append(loss.item())
                bar.update()
            accuracy, _ = evaluate(torch, model, test_set)
            history["accuracy"].append(accuracy)
            bar.set_postfix(loss=f"{history['loss'][-1]:.4f}", held_out=f"{accuracy:.2%}")
    return model, test_set, history


def plot(path, torch, model, test_set, history):
    """The curve above, predictions below."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    accuracy, predictions = evaluate(torch, model, test_set)
    images, labels = test_set.tensors
    images, labels, predictions = images[:, 0].numpy(), labels.tolist(), predictions.tolist()
    wrong = [i for i in range(len(labels)) if labels[i] != predictions[i]]
    right = [i for i in range(len(labels)) if labels[i] == predictions[i]]
    chosen = (wrong[:8] + right)[:24]

    ink, loss_colour, accuracy_colour, wrong_colour = "#333333", "#7a8ca0", "#0b6e4f", "#c0392b"
    plt.rcParams.update(
        {"font.size": 10, "text.color": ink, "axes.labelcolor": ink, "xtick.color": ink, "ytick.color": ink,
         "axes.edgecolor": "#bbbbbb"}
    )
    figure = plt.figure(figsize=(9, 7), dpi=140, facecolor="white")
    grid = figure.add_gridspec(
        5, 8, height_ratios=[3.2, 0.35, 1, 1, 1], hspace=0.42, wspace=0.05, left=0.09, right=0.91, top=0.92, bottom=0.03
    )

    axes = figure.add_subplot(grid[0, :])
    steps_per_epoch = len(history["loss"]) / len(history["accuracy"])
    axes.plot(range(1, len(history["loss"]) + 1), history["loss"], color=loss_colour, linewidth=1)
    axes.set(xlabel="step", ylabel="training loss", yscale="log", xlim=(0, len(history["loss"])))
    axes.yaxis.label.set_color(loss_colour)
    right_axes = axes.twinx()
    epochs = [(i + 1) * steps_per_epoch for i in range(len(history["accuracy"]))]
    right_axes.plot(epochs, [100 * a for a in history["accuracy"]], color=accuracy_colour, marker="o", markersize=3.5,
                    linewidth=1.6, clip_on=False)
    right_axes.axhline(98, color=accuracy_colour, linewidth=0.8, linestyle=":")
    right_axes.set(ylabel="held-out accuracy, %", ylim=(70, 101), yticks=(70, 80, 90, 98))
    right_axes.yaxis.label.set_color(accuracy_colour)
    for side in axes, right_axes:
        side.spines["top"].set_visible(False)
    axes.set_title(
        f"{torch.__name__}: {accuracy:.2%} of {len(labels)} held-out digits, {len(wrong)} wrong", loc="left",
        fontsize=12, pad=12
    )

    for place, i in enumerate(chosen):
        cell = figure.add_subplot(grid[2 + place // 8, place % 8])
        cell.imshow(images[i], cmap="gray_r", interpolation="nearest")
        cell.set_xticks([])
        cell.set_yticks([])
        good = labels[i] == predictions[i]
        cell.set_title(
            f"{predictions[i]}" if good else f"{predictions[i]}, is {labels[i]}", fontsize=9, pad=3,
            color=ink if good else wrong_colour
        )
        for spine in cell.spines.values():
            spine.set(color="#dddddd" if good else wrong_colour, linewidth=0.8 if good else 1.4)
    figure.savefig(path)
    plt.close(figure)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--framework", choices=("pellucid", "torch"), default="pellucid")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--threads", type=int, help="default: the framework's own choice")
    parser.add_argument("--plot", metavar="FILE", help="write the curve and some predictions to a PNG")
    parser.add_argument("--log-json", metavar="FILE", help="write the losses and accuracies")
    options = parser.parse_args()

    torch = importlib.import_module(options.framework)  # the one difference

    if options.threads:
        torch.set_num_threads(options.threads)
    started = time.perf_counter()
    model, test_set, history = train(torch, options.seed, options.epochs)
    seconds = time.perf_counter() - started
    print(
        f"{options.framework}: {history['accuracy'][-1]:.2%} of {len(test_set)} held-out digits "
        f"after {options.epochs} epochs, {seconds:.1f} s"
    )
    if options.plot:
        plot(options.plot, torch, model, test_set, history)
    if options.log_json:
        with open(options.log_json, "w") as file:
            json.dump({"framework": options.framework, "seed": options.seed, "seconds": seconds, **history}, file)


if __name__ == "__main__":
    main()
