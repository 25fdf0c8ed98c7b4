"""What requests carry: the Fashion-MNIST test set, or noise of a bundle's shape."""

import gzip
import pathlib
import sys

import numpy as np

from harness import client, paths

FASHION_MNIST_FOLDER = pathlib.Path("/usr/share/datasets/fashion-mnist")


def _idx(stem, axes):
    """An IDX file of unsigned bytes, plain or gzip."""
    for path in (FASHION_MNIST_FOLDER / stem, FASHION_MNIST_FOLDER / f"{stem}.gz"):
        if path.exists():
            opened = gzip.open if path.suffix == ".gz" else open
            with opened(path, "rb") as file:
                raw = file.read()
            shape = np.frombuffer(raw, ">i4", count=axes, offset=4)
            return np.frombuffer(raw, np.uint8, offset=4 + 4 * axes).reshape(shape)
    sys.exit(f"{FASHION_MNIST_FOLDER / stem} is missing: install Debian's dataset-fashion-mnist")


def fashion_mnist():
    """The test set as (model, labels): 10000 images that nothing was trained or tuned on."""
    samples = paths.OUT / "fashion-mnist.f32"
    images = _idx("t10k-images-idx3-ubyte", 3)
    if not samples.exists() or samples.stat().st_size != images.size * 4:
        samples.parent.mkdir(parents=True, exist_ok=True)
        (images.astype("<f4") / np.float32(255)).tofile(samples)
    model = client.Model("fashion-mnist", "image", (1, 28, 28), samples)
    return model, _idx("t10k-labels-idx1-ubyte", 1).astype(int)


def noise(name, input_name, width, rows=256):
    """Uniform random rows [rows, width] for a bundle of models/make_test_models.py."""
    samples = paths.OUT / f"noise-{width}.f32"
    if not samples.exists():
        samples.parent.mkdir(parents=True, exist_ok=True)
        np.random.default_rng(1).random((rows, width), np.float32).tofile(samples)
    return client.Model(name, input_name, (width,), samples)
