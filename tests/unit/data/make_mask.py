#!/usr/bin/env python3
"""Writes mask.txt: what PyTorch makes of sixteen mask codes with weights from a formula, which
test_objects follows too. The layers are those of big_vision's decoder (segmentation.py).

    pip install torch numpy pillow
    python3 make_mask.py

mask.txt: a line of the codes; the 64 rows of the mask in a box of 64 x 64 pixels; the 90 rows of the same in
a box of 30 x 90, resized by Pillow.
"""
import pathlib

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F

CODES = [(37 * i + 5) % 128 for i in range(16)]
FIRST = 1600  # number of the first array: one with which half of the mask is inside


def values(number, shape, fan_in):
    """Uniform in [-1, 1) times sqrt(3 / fan_in), by SplitMix64 of array and index."""
    z = (np.arange(1, np.prod(shape) + 1, dtype=np.uint64) + (np.uint64(number) << np.uint64(32)))
    z = z * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    uniform = (z >> np.uint64(40)).astype(np.float64) * 2.0**-23 - 1.0
    return torch.tensor((uniform * np.sqrt(3.0 / fan_in)).astype(np.float32).reshape(shape))


class Weights:
    """Arrays numbered as they are taken: a layer's weight, then its bias."""

    def __init__(self):
        self.number = FIRST

    def take(self, shape, fan_in):
        self.number += 1
        return values(self.number - 1, shape, fan_in)

    def pair(self, shape, out, fan_in):
        return self.take(shape, fan_in), self.take((out,), 12)


def decode(codes):
    weights = Weights()
    x = weights.take((128, 512), 3)[codes].T.reshape(1, 512, 4, 4)
    x = F.relu(F.conv2d(x, *weights.pair((128, 512, 1, 1), 128, 512)))
    for _ in range(2):
        y = F.relu(F.conv2d(x, *weights.pair((128, 128, 3, 3), 128, 128 * 9), padding=1))
        y = F.relu(F.conv2d(y, *weights.pair((128, 128, 3, 3), 128, 128 * 9), padding=1))
        x = x + F.conv2d(y, *weights.pair((128, 128, 1, 1), 128, 128))
    for wide, narrow in ((128, 128), (128, 64), (64, 32), (32, 16)):
        x = F.relu(F.conv_transpose2d(x, *weights.pair((wide, narrow, 4, 4), narrow, wide * 4), stride=2,
                                      padding=1))
    return F.conv2d(x, *weights.pair((1, 16, 1, 1), 1, 16))[0, 0].numpy()


def rows(field):
    assert np.abs(field).min() > 1e-5, "a value too near to 0 to hold others to"
    return "\n".join("".join("01"[int(v > 0)] for v in row) for row in field)


def main():
    field = decode(CODES)
    box = np.asarray(Image.fromarray(field).resize((30, 90), Image.Resampling.BILINEAR))
    text = " ".join(map(str, CODES)) + "\n" + rows(field) + "\n" + rows(box) + "\n"
    pathlib.Path(__file__).with_name("mask.txt").write_text(text)
    print(f"{(field > 0).mean():.0%} inside")


if __name__ == "__main__":
    main()
