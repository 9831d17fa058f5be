"""The training loop of `compare`: scikit-learn's MLPClassifier. Arguments as in training.h."""
import gzip
import os
import sys
import time

import numpy
import sklearn
from sklearn.neural_network import MLPClassifier


def read_idx(folder, name, header):
    path = os.path.join(folder, name)
    reader = gzip.open(path + ".gz") if os.path.exists(path + ".gz") else open(path, "rb")
    with reader:
        return numpy.frombuffer(reader.read(), dtype=numpy.uint8)[header:]


def main(layers, batch, optimizer, lr, threads, epochs, folder):
    hidden = tuple(int(width) for width in layers.split("-")[1:-1])
    labels = read_idx(folder, "train-labels-idx1-ubyte", 8)
    images = read_idx(folder, "train-images-idx3-ubyte", 16).reshape(len(labels), -1)
    images = images.astype(numpy.float32) / 255
    model = MLPClassifier(
        hidden, solver="adam" if optimizer == "adam" else "sgd", batch_size=int(batch), alpha=0,
        learning_rate_init=float(lr), momentum=0.9 if optimizer == "momentum" else 0,
        nesterovs_momentum=False, random_state=1)
    print(f"scikit-learn {sklearn.__version__}, threads: {threads}")
    model.partial_fit(images, labels, classes=numpy.unique(labels))
    for _ in range(int(epochs)):
        start = time.perf_counter()
        model.partial_fit(images, labels)
        print(f"{time.perf_counter() - start:.6f} {model.loss_:.6f}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
