"""Fashion-MNIST as Debian packages it: four gzipped IDX files.

Images are uint8 tensors [n, 1, 28, 28], labels int64 tensors [n]. The 60,000 training images are
split once, with a fixed seed, into 55,000 that are learned from and 5,000 held out for calibration
and the exit profile. The 10,000 test images are for the report alone.
"""

import gzip
import pathlib
import struct
from typing import NamedTuple

import numpy as np
import torch

DEBIAN_PACKAGE = "dataset-fashion-mnist"
DEFAULT_FOLDER = pathlib.Path("/usr/share/datasets/fashion-mnist")
LABELS = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker",
          "Bag", "Ankle boot"]
HELD_OUT_IMAGES = 5000
SPLIT_SEED = 1

_IDX_UINT8 = 0x08


class DatasetError(Exception):
    """The data set is missing or is not what we expect; the text says what to do."""


class Samples(NamedTuple):
    """Images as uint8 [n, 1, 28, 28] and their classes as int64 [n]."""
    images: torch.Tensor
    labels: torch.Tensor


class Dataset(NamedTuple):
    """The three disjoint parts; only `train` may be learned from."""
    train: Samples
    held_out: Samples
    test: Samples


def ToModelInput(images: torch.Tensor) -> torch.Tensor:
    """The model's input contract: FP32, pixel / 255."""
    return images.to(torch.float32) / 255.0


def Load(folder: pathlib.Path = DEFAULT_FOLDER) -> Dataset:
    """Reads and splits the data set; raises DatasetError."""
    learn = _ReadPair(folder, "train", 60000)
    order = torch.randperm(len(learn.labels), generator=torch.Generator().manual_seed(SPLIT_SEED))
    held_out, train = order[:HELD_OUT_IMAGES], order[HELD_OUT_IMAGES:]
    return Dataset(train=Samples(learn.images[train], learn.labels[train]),
                   held_out=Samples(learn.images[held_out], learn.labels[held_out]),
                   test=_ReadPair(folder, "t10k", 10000))


def _ReadPair(folder: pathlib.Path, part: str, count: int) -> Samples:
    images = _ReadIdx(folder / f"{part}-images-idx3-ubyte.gz", (count, 28, 28))
    labels = _ReadIdx(folder / f"{part}-labels-idx1-ubyte.gz", (count,))
    return Samples(torch.from_numpy(images.reshape(count, 1, 28, 28).copy()),
                   torch.from_numpy(labels.astype(np.int64)))


def _ReadIdx(path: pathlib.Path, shape: tuple) -> np.ndarray:
    """An IDX file: two zero bytes, element type, rank, big-endian sizes, then the elements."""
    try:
        with gzip.open(path) as file:
            raw = file.read()
    except FileNotFoundError:
        raise DatasetError(
            f"{path}: not found; install it with: apt-get install {DEBIAN_PACKAGE}") from None
    except (OSError, EOFError) as error:
        raise DatasetError(
            f"{path}: {error}; expected a gzipped IDX file; reinstall it with: "
            f"apt-get install --reinstall {DEBIAN_PACKAGE}") from None
    expected = struct.pack(f">HBB{len(shape)}I", 0, _IDX_UINT8, len(shape), *shape)
    elements = int(np.prod(shape))
    if raw[:len(expected)] != expected or len(raw) != len(expected) + elements:
        raise DatasetError(f"{path}: expected IDX, uint8, sizes {shape}; found "
                           f"{len(raw)} bytes beginning with {raw[:len(expected)].hex()}")
    return np.frombuffer(raw, np.uint8, offset=len(expected)).reshape(shape)
