"""Trains an MLP in PyTorch, for comparing Reel's accuracy with it at the same settings.

    apt-get install python3-torch
    /usr/bin/python3 accuracy_torch.py --data FOLDER --layers 784-10-10 --activation relu \\
        --optimizer sgd --lr 0.1 --epochs 10 --seeds 1 2 3 4 5

Use the system's python3, the one that the package python3-torch (1.13) belongs to. FOLDER holds the
four IDX files, gzipped. Pixels are divided by 255, all training images are used, the last short
batch is dropped, and layers start as torch.nn.Linear does. Prints the test accuracy after the last
epoch, a line for each seed, and their mean.
"""

import argparse
import gzip
import itertools
import pathlib
import time

import torch
import torch.nn.functional as F

ACTIVATIONS = {"relu": torch.nn.ReLU, "sigmoid": torch.nn.Sigmoid, "tanh": torch.nn.Tanh}

OPTIMIZERS = {
    "sgd": torch.optim.SGD,
    "momentum": lambda p, lr: torch.optim.SGD(p, lr, momentum=0.9),
    "nesterov": lambda p, lr: torch.optim.SGD(p, lr, momentum=0.9, nesterov=True),
    "adagrad": torch.optim.Adagrad,
    "rmsprop": torch.optim.RMSprop,
    "adam": torch.optim.Adam,
}


def read_idx(path):
    """[samples, ...] from a gzipped IDX file of bytes."""
    raw = gzip.decompress(path.read_bytes())
    shape = [int.from_bytes(raw[4 + 4 * i : 8 + 4 * i], "big") for i in range(raw[3])]
    return torch.frombuffer(bytearray(raw[4 + 4 * raw[3] :]), dtype=torch.uint8).reshape(shape)


def load(folder, part):
    images = read_idx(folder / f"{part}-images-idx3-ubyte.gz")
    labels = read_idx(folder / f"{part}-labels-idx1-ubyte.gz")
    return images.flatten(1).float() / 255, labels.long()


def network(sizes, activation):
    """An activation between the layers, none after the last."""
    parts = []
    for inputs, outputs in itertools.pairwise(sizes):
        parts += [torch.nn.Linear(inputs, outputs), ACTIVATIONS[activation]()]
    return torch.nn.Sequential(*parts[:-1])


def accuracy(model, images, labels):
    with torch.no_grad():
        return (model(images).argmax(1) == labels).float().mean().item()


def train(model, optimizer, images, labels, batch, epochs):
    for _ in range(epochs):
        for rows in torch.randperm(len(labels)).split(batch):
            if len(rows) < batch:
                continue
            optimizer.zero_grad()
            F.cross_entropy(model(images[rows]), labels[rows]).backward()
            optimizer.step()


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--layers", default="784-10-10")
    parser.add_argument("--activation", choices=ACTIVATIONS, default="relu")
    parser.add_argument("--optimizer", choices=OPTIMIZERS, default="sgd")
    parser.add_argument("--lr", type=float, default=0.1)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    return parser.parse_args()


def main():
    options = parse_arguments()
    training, test = load(options.data, "train"), load(options.data, "t10k")
    sizes = [int(size) for size in options.layers.split("-")]
    results = []
    for seed in options.seeds:
        torch.manual_seed(seed)
        model = network(sizes, options.activation)
        optimizer = OPTIMIZERS[options.optimizer](model.parameters(), lr=options.lr)
        start = time.perf_counter()
        train(model, optimizer, *training, options.batch, options.epochs)
        seconds = time.perf_counter() - start
        results.append(accuracy(model, *test))
        print(f"seed {seed}: {results[-1]:.4f}  ({seconds:.1f} s of training)", flush=True)
    print(f"mean: {sum(results) / len(results):.4f}")


if __name__ == "__main__":
    main()
