"""Trains the line reader.

    python -m train.train --material DIR --run train/runs/lines --minutes 80

Two losses. The decoder's: the next character of the line, as in every language model. And one on the
vision tower alone: which character lies where. The renderer knows the places, so that each square
teaches a hundred local things instead of one long answer; the head for it is thrown away afterwards.

A run that begins with a model's weights learns to read alone, and sees no plain squares: that is behind it.
"""
import argparse
import functools
import json
import os

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from . import cpu, export, run, tokenizer, weights
from .alphabet import IDS
from .data import Mixture
from .evaluate import distance
from .model import PaliGemma
from .run import POOL
from .strips import ROWS, SIDE, SLOT

PROMPT = tokenizer.prompt("ocr")
CLASSES = len(IDS) + 1
EASY_SAMPLES = 120_000  # until then, fewer and fewer of the squares are plain
CHECK_SEED, CHECK_POOLS = 12345, 2
LENGTHS = 16            # on a GPU texts are padded to multiples of this: few shapes


class Squares:
    """Pools of batches: pixels [B, 1, S, S] u8, tokens [B, T], frames [B, slots] (-1: unknown)."""

    def __init__(self, material, split, program, batch, seed, seen=EASY_SAMPLES, first=0, lengths=1):
        """`seen`: samples before pool `first`."""
        cv2.setNumThreads(1)
        self.source, self.batch, self.seed = Mixture(material, split, program), batch, seed
        self.seen, self.first, self.lengths = seen, first, lengths

    def pool(self, k):
        rng = np.random.default_rng([self.seed, k])
        self.source.restart(int(rng.integers(1 << 62)))
        self.source.ease = max(0.0, 1 - (self.seen + (k - self.first) * POOL * self.batch) / EASY_SAMPLES)
        # Squares of like length go together: little is padded.
        drawn = sorted((self.source.square(rng) for _ in range(POOL * self.batch)), key=lambda s: len(s.text))
        return [collate(drawn[i * self.batch:(i + 1) * self.batch], self.lengths) for i in rng.permutation(POOL)]


def collate(squares, lengths=1):
    sequences = [PROMPT + tokenizer.encode(s.text) + [tokenizer.EOS] for s in squares]
    longest = -(-max(map(len, sequences)) // lengths) * lengths
    tokens = np.full((len(squares), longest), tokenizer.PAD)
    for row, sequence in zip(tokens, sequences):
        row[:len(sequence)] = sequence
    slots = ROWS * SIDE // SLOT
    frames = np.stack([np.full(slots, -1) if s.frames is None else s.frames for s in squares])
    pixels = np.stack([s.picture for s in squares])[:, None]
    return torch.from_numpy(pixels), torch.from_numpy(tokens), torch.from_numpy(frames)


class FrameHead(nn.Module):
    """Patches [B, N, d] to characters [B, slots, CLASSES]: two patches make a column of a row."""

    def __init__(self, d, patch):
        super().__init__()
        self.columns, self.parts = SIDE // patch, patch // SLOT
        self.linear = nn.Linear(2 * d, self.parts * CLASSES)

    def forward(self, x):
        b, _, d = x.shape
        x = x.view(b, ROWS, 2, self.columns, d).transpose(2, 3).reshape(b, ROWS, self.columns, 2 * d)
        return self.linear(x).view(b, -1, CLASSES)


class Losses(nn.Module):
    """Mean loss of a character read (0 unless `read`), of a character placed (0 unless `place`)."""

    def __init__(self, model, head):
        super().__init__()
        self.model, self.head = model, head

    def forward(self, pixels, tokens, frames, read, place):
        pixels = (pixels.float() / 127.5 - 1).expand(-1, 3, -1, -1)
        patches = self.model.encode(pixels)
        of_read = of_place = torch.zeros((), device=pixels.device)
        if place:
            known = (frames > 0).sum().clamp(min=1)
            of_place = F.cross_entropy(self.head(patches).float().flatten(0, 1), frames.flatten(), ignore_index=-1,
                                       reduction="sum") / known
        if read:
            begin = len(PROMPT) - 1
            logits = self.model(patches, tokens[:, :-1], len(PROMPT))[:, begin:].float()
            of_read = F.cross_entropy(logits.flatten(0, 1), tokens[:, begin + 1:].flatten(), ignore_index=tokenizer.PAD)
        return of_read, of_place


@torch.no_grad()
def validate(model, batches, device):
    """Character error rate and share of lines read exactly."""
    wrong = length = exact = count = 0
    for pixels, tokens, _ in map(device.moved, batches):
        with device.autocast():
            patches = model.encode((pixels.float() / 127.5 - 1).expand(-1, 3, -1, -1))
            answers = model.generate(patches, PROMPT, tokenizer.EOS, 70)
        for answer, row in zip(answers, tokens.tolist()):
            truth = tokenizer.decode([i for i in row[len(PROMPT):] if i > 3])
            text = tokenizer.decode(answer)
            wrong, length = wrong + distance(text, truth), length + len(truth)
            exact, count = exact + (text == truth), count + 1
    return {"cer": round(wrong / length, 4), "exact": round(exact / count, 4)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    run.add_options(parser)
    parser.add_argument("--material", required=True, help="folder with fonts/ and data/ (see README)")
    parser.add_argument("--page-squares", metavar="PROGRAM", help="the built bench/page_squares: adds squares of "
                        "whole pages, cut by the scanner's own page reader")
    parser.add_argument("--begin-with", metavar="DIR", help="a new run's weights: a model as `train.export` or "
                        "`rxscan quantize --to int8` wrote it")
    parser.add_argument("--config", default=os.path.join(os.path.dirname(__file__), "lines.json"))
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--place-only", type=float, default=0.06,
                        help="share of the run at its begin that trains the vision tower alone")
    args = parser.parse_args()

    device = run.Device(args.device, args.float32, args.compile)
    torch.manual_seed(args.seed)
    config = json.load(open(args.config))
    config["text_config"]["vocab_size"] = tokenizer.VOCAB_SIZE
    model = PaliGemma(config)
    head = FrameHead(config["vision_config"]["hidden_size"], config["vision_config"]["patch_size"])
    if args.begin_with:
        weights.load(model, args.begin_with)
    training = run.Run(args, device, config, {"model": model, "head": head}, EASY_SAMPLES if args.begin_with else 0)
    of_batch = device.compiled(Losses(model, head))
    learner = cpu.Learner(model, args.threads) if args.begin_with and device.multiplies_tiles() else None

    def losses(batch, done):
        if learner:
            return {"read": (learner.loss(*batch[:2], len(PROMPT), tokenizer.PAD), 1.0)}
        with device.autocast():
            read, place = of_batch(*batch, done >= args.place_only, not args.begin_with)
        return {"read": (read, 1.0), "place": (place, 0.5)}

    squares = functools.partial(Squares, args.material, batch=args.batch, program=args.page_squares)
    checks = []

    def check():
        if training.done < args.place_only:
            return {}
        if not checks:
            drawn = run.pools(functools.partial(squares, split="test", seed=CHECK_SEED), 0, min(CHECK_POOLS, device.workers()),
                              False)
            checks.extend(batch for _ in range(CHECK_POOLS) for batch in next(drawn))
        return validate(model, checks, device)

    torch.set_num_threads(args.threads)
    first = training.step // POOL
    seen = training.samples - training.step % POOL * args.batch
    training.go(functools.partial(squares, split="train", seed=args.seed, seen=seen, first=first,
                                  lengths=LENGTHS if device.name == "cuda" else 1),
                losses, check, export.write, args.batch)


if __name__ == "__main__":
    main()
