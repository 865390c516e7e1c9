"""Compares 4-bit formats for weights: relative error (Frobenius), on the matrices of a checkpoint and
on random numbers with the tails of trained weights.

    python bench/int4_formats.py [CHECKPOINT]...

Bits a weight count scales. bitsandbytes' NF4 (Dettmers et al. 2023) has blocks of 64 with a scale of
32 bits, 4.5 bits; its double quantisation, 4.127 bits, is given the same exact scales here, which
flatters it. Formats of ours search their scales for the least squared error, as kernels/weights.c.
"""
import sys
from pathlib import Path

import numpy as np

NF4 = np.array([-1.0, -0.6961928, -0.52507305, -0.3949175, -0.28444138, -0.18477343, -0.091050036,
                0.0, 0.0795803, 0.1609302, 0.2461123, 0.33791524, 0.44070983, 0.562617, 0.72295684, 1.0])
WHOLE = np.array([-11, -8, -6, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 7, 9, 11.0])
REACHES = (1.0, 0.86, 0.73, 0.6, 0.45)


def nearest(x, values):
    return values[np.searchsorted((values[1:] + values[:-1]) / 2, x)]


def blocks_of(w, size):
    """[rows, blocks, size], padded with zeros."""
    return np.pad(w, ((0, 0), (0, -w.shape[1] % size))).reshape(w.shape[0], -1, size)


def half(x):
    return x.astype(np.float16).astype(np.float64)


def keep_best(blocks, candidates):
    """Of each block the candidate of least squared error; the errors [rows, blocks]."""
    best = np.full(blocks.shape[:2], np.inf)
    for candidate in candidates:
        best = np.minimum(best, ((blocks - candidate) ** 2).sum(2))
    return best


def nf4(w, size=64):
    b = blocks_of(w, size)
    peak = np.abs(b).max(2, keepdims=True)
    peak[peak == 0] = 1
    return keep_best(b, [nearest(b / peak, NF4) * peak]).sum()


def scaled(w, size):
    """One f16 scale a block, whole numbers -8 to 7."""
    b = blocks_of(w, size)
    at = np.abs(b).argmax(2)[..., None]
    peak = np.take_along_axis(b, at, 2)
    peak[peak == 0] = 1

    def candidates():
        for steps in np.arange(-8.0, 8.5, 0.25):
            if abs(steps) >= 5.5:
                scale = half(peak / steps)
                scale[scale == 0] = 1
                yield np.clip(np.rint(b / scale), -8, 7) * scale
    return keep_best(b, candidates()).sum()


def scale_and_offset(w, size):
    """f16 scale and offset a block, whole numbers 0 to 15."""
    b = blocks_of(w, size)
    low, high = b.min(2, keepdims=True), b.max(2, keepdims=True)

    def candidates():
        for inner in np.arange(0.0, 0.26, 0.05):
            scale = half((high - low) * (1 - inner) / 15)
            scale[scale == 0] = 1
            offset = half(low + (high - low) * inner / 2)
            yield np.clip(np.rint((b - offset) / scale), 0, 15) * scale + offset
    return keep_best(b, candidates()).sum()


def whole(w, size, values=WHOLE, largest=11):
    """Values and scales of blocks are whole numbers, a row has an f32 scale."""
    b = blocks_of(w, size)
    peak = np.abs(w).max(1)
    peak[peak == 0] = 1
    best = np.full(len(w), np.inf)
    for reach in REACHES:
        unit = (peak * reach / (values[-1] * largest))[:, None, None]
        steps = b / unit
        errors = keep_best(steps, (nearest(steps / s, values) * s for s in range(1, largest + 1)))
        best = np.minimum(best, errors.sum(1) * unit[:, 0, 0] ** 2)
    return best.sum()


FORMATS = (
    ("NF4, blocks of 64", 4.5, nf4),
    ("whole numbers, f16 scale, 32", 4.5, lambda w: scaled(w, 32)),
    ("whole numbers, f16 scale, 64", 4.25, lambda w: scaled(w, 64)),
    ("f16 scale and offset, 32", 5.0, lambda w: scale_and_offset(w, 32)),
    ("f16 scale and offset, 64", 4.5, lambda w: scale_and_offset(w, 64)),
    ("16 values, whole scales, 32", 4.125, lambda w: whole(w, 32)),
    ("16 values, whole scales, 16", 4.25, lambda w: whole(w, 16)),
)


def random_weights():
    rng = np.random.default_rng(0)
    shape = (128, 2304)
    yield "normal", [rng.standard_normal(shape)]
    yield "Laplace", [rng.laplace(size=shape)]
    yield "Student t, 5", [rng.standard_t(5, shape)]
    yield "Student t, 3", [rng.standard_t(3, shape)]
    columns = rng.standard_normal(shape) * np.exp(0.4 * rng.standard_normal((1, shape[1])))
    columns[:, rng.integers(0, shape[1], 6)] *= 8
    yield "uneven columns", [columns]


def checkpoint_weights(directory):
    from safetensors import safe_open
    for path in sorted(Path(directory).glob("*.safetensors")):
        with safe_open(path, "pt") as file:
            for name in file.keys():
                if name.endswith("proj.weight") or ".fc" in name and name.endswith("weight"):
                    yield file.get_tensor(name).double().numpy()


def main():
    sets = list(random_weights())
    sets += [(Path(d).name, list(checkpoint_weights(d))) for d in sys.argv[1:]]
    print("| format | bits |", " | ".join(name for name, _ in sets), "|")
    print("|---|---|" + "---|" * len(sets))
    for name, bits, error_of in FORMATS:
        shares = [np.sqrt(sum(map(error_of, ws)) / sum((w * w).sum() for w in ws)) for _, ws in sets]
        print(f"| {name} | {bits} |", " | ".join(f"{100 * s:.2f} %" for s in shares), "|", flush=True)


if __name__ == "__main__":
    main()
