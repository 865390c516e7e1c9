"""Trains the line reader.

    python -m train.train --material DIR --run train/runs/lines --minutes 80

Two losses. The decoder's: the next character of the line, as in every language model. And one on the
vision tower alone: which character lies where. The renderer knows the places, so that each square
teaches a hundred local things instead of one long answer; the head for it is thrown away afterwards.

A run is a folder: `state.pt` (weights, optimisers, clock), `log.jsonl`. It resumes when it exists. A run that begins
with a model's weights learns to read alone, and sees no plain squares: that is behind it.
"""
import argparse
import itertools
import json
import os
import time

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from . import tokenizer, weights
from .alphabet import IDS
from .data import Mixture
from .model import PaliGemma
from .muon import Muon
from .strips import ROWS, SIDE, SLOT

PROMPT = tokenizer.prompt("ocr")
CLASSES = len(IDS) + 1
POOL = 4                # batches that are drawn together
EASY_SAMPLES = 120_000  # until then, fewer and fewer of the squares are plain


class Squares(IterableDataset):
    """Batches without end: pixels [B, 1, S, S] u8, tokens [B, T], frames [B, slots] (-1: unknown)."""

    def __init__(self, material, split, program, batch, seed, seen=EASY_SAMPLES):
        self.source = material, split, program, seed
        self.batch, self.seed, self.seen = batch, seed, seen

    def __iter__(self):
        cv2.setNumThreads(1)
        torch.set_num_threads(1)
        info = get_worker_info()
        rng = np.random.default_rng([self.seed, info.id if info else 0])
        source = Mixture(*self.source)
        for seen in itertools.count(self.seen, POOL * self.batch):
            source.ease = max(0.0, 1 - seen / EASY_SAMPLES)
            # Squares of like length go together: little is padded.
            pool = sorted((source.square(rng) for _ in range(POOL * self.batch)), key=lambda s: len(s.text))
            for i in rng.permutation(POOL):
                yield collate(pool[i * self.batch:(i + 1) * self.batch])


def collate(squares):
    sequences = [PROMPT + tokenizer.encode(s.text) + [tokenizer.EOS] for s in squares]
    tokens = np.full((len(squares), max(map(len, sequences))), tokenizer.PAD)
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


def losses(model, head, batch, read, place, dtype):
    """Mean loss of a character read (0 unless `read`), of a character placed (0 unless `place`)."""
    pixels, tokens, frames = batch
    pixels = (pixels.float() / 127.5 - 1).expand(-1, 3, -1, -1)
    with torch.autocast("cpu", dtype, enabled=dtype != torch.float32):
        patches = model.encode(pixels)
        placed = head(patches) if place else None
        logits = model(patches, tokens[:, :-1], len(PROMPT)) if read else None
    of_read = of_place = torch.zeros(())
    if place:
        known = max(int((frames > 0).sum()), 1)
        of_place = F.cross_entropy(placed.float().flatten(0, 1), frames.flatten(), ignore_index=-1,
                                   reduction="sum") / known
    if read:
        begin = len(PROMPT) - 1
        of_read = F.cross_entropy(logits[:, begin:].float().flatten(0, 1), tokens[:, begin + 1:].flatten(),
                                  ignore_index=tokenizer.PAD)
    return of_read, of_place


def optimisers(model, head, dtype):
    """Muon for the matrices inside, AdamW for what enters, leaves or scales."""
    inner, outer = [], list(head.parameters())
    for name, p in model.named_parameters():
        (inner if p.ndim == 2 and "embed" not in name else outer).append(p)
    return [Muon(inner, weight_decay=0.05, dtype=dtype),
            torch.optim.AdamW(outer, lr=1.0, betas=(0.9, 0.98), weight_decay=0.0)]


def rate(done):
    """Share of the peak rate at share `done` of the run: warm-up, plateau, decay to a hundredth."""
    return min(1, done / 0.01 + 0.01) * min(1, max((1 - done) / 0.5, 0.01))


def distance(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (x != y))
    return row[-1]


@torch.no_grad()
def validate(model, batches, dtype):
    """Character error rate and share of lines read exactly."""
    wrong = length = exact = count = 0
    for pixels, tokens, _ in batches:
        with torch.autocast("cpu", dtype, enabled=dtype != torch.float32):
            patches = model.encode((pixels.float() / 127.5 - 1).expand(-1, 3, -1, -1))
            answers = model.generate(patches, PROMPT, tokenizer.EOS, 70)
        for answer, row in zip(answers, tokens):
            truth = tokenizer.decode([i for i in row.tolist()[len(PROMPT):] if i > 3])
            text = tokenizer.decode(answer)
            wrong, length = wrong + distance(text, truth), length + len(truth)
            exact, count = exact + (text == truth), count + 1
    return wrong / length, exact / count


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--material", required=True, help="folder with fonts/ and data/ (see README)")
    parser.add_argument("--page-squares", metavar="PROGRAM", help="the built bench/page_squares: adds squares of "
                        "whole pages, cut by the scanner's own page reader")
    parser.add_argument("--run", required=True, help="folder of the run; resumed if it exists")
    parser.add_argument("--begin-with", metavar="DIR", help="a new run's weights: a model as `train.export` or "
                        "`rxscan quantize --to int8` wrote it")
    parser.add_argument("--config", default=os.path.join(os.path.dirname(__file__), "lines.json"))
    parser.add_argument("--minutes", type=float, required=True, help="length of the whole run")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--place-only", type=float, default=0.06,
                        help="share of the run at its begin that trains the vision tower alone")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--float32", action="store_true",
                        help="no bfloat16: faster where its products are slow (Intel's AVX-512 without AMX)")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    config = json.load(open(args.config))
    config["text_config"]["vocab_size"] = tokenizer.VOCAB_SIZE
    model = PaliGemma(config)
    head = FrameHead(config["vision_config"]["hidden_size"], config["vision_config"]["patch_size"])
    if args.begin_with:
        weights.load(model, args.begin_with)
    dtype = torch.float32 if args.float32 else torch.bfloat16
    optimiser = optimisers(model, head, dtype)
    os.makedirs(args.run, exist_ok=True)
    state_path = os.path.join(args.run, "state.pt")
    step, spent, samples = 0, 0.0, EASY_SAMPLES if args.begin_with else 0
    if os.path.exists(state_path):
        state = torch.load(state_path, weights_only=False)
        model.load_state_dict(state["model"])
        head.load_state_dict(state["head"])
        for o, s in zip(optimiser, state["optimiser"]):
            o.load_state_dict(s)
        step, spent, samples = state["step"], state["spent"], state["samples"]

    def save():
        torch.save({"model": model.state_dict(), "head": head.state_dict(), "config": config,
                    "optimiser": [o.state_dict() for o in optimiser], "step": step, "spent": spent,
                    "samples": samples}, state_path + ".new")
        os.replace(state_path + ".new", state_path)

    check = iter(Squares(args.material, "test", args.page_squares, args.batch, 12345))
    check = [next(check) for _ in range(8)]
    stream = iter(DataLoader(Squares(args.material, "train", args.page_squares, args.batch,
                                     args.seed * 1000 + step, samples),
                             batch_size=None, num_workers=1, prefetch_factor=12))
    torch.set_num_threads(args.threads)
    log = open(os.path.join(args.run, "log.jsonl"), "a", buffering=1)
    mean, last, saved = np.zeros(2), time.monotonic(), spent
    while (done := spent / (60 * args.minutes)) < 1:
        batch = next(stream)
        for o in optimiser:
            for group in o.param_groups:
                group["lr"] = args.rate * rate(done) * (1 if isinstance(o, Muon) else 0.5)
        read, place = losses(model, head, batch, done >= args.place_only, not args.begin_with, dtype)
        (read + 0.5 * place).backward()
        nn.utils.clip_grad_norm_([*model.parameters(), *head.parameters()], 1.0)
        for o in optimiser:
            o.step()
            o.zero_grad()
        now = time.monotonic()
        spent, last, step, samples = spent + min(now - last, 5), now, step + 1, samples + args.batch
        mean += (float(read.detach()), float(place.detach()))
        if step % 100 == 0:
            entry = {"step": step, "minutes": round(spent / 60, 2), "samples": samples,
                     "read": round(mean[0] / 100, 4), "place": round(mean[1] / 100, 4)}
            mean[:] = 0
            if step % 800 == 0 and done >= args.place_only:
                error, exact = validate(model, check, dtype)
                entry.update(cer=round(error, 4), exact=round(exact, 4))
                last = time.monotonic()
            log.write(json.dumps(entry) + "\n")
        if spent - saved > 180:
            save()
            saved = spent
    save()


if __name__ == "__main__":
    main()
