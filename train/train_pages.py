"""Trains the model of whole pages: transcriptions, questions, places, and `scan en`.

    python -m train.train_pages --material DIR --run train/runs/pages --minutes 25

A picture is a whole page or a rectangle of one; several tasks are put about each, so that the vision tower's work serves
them all. What is learnt is the answers; how many of their tokens are right is told by kind of task, on pages with
fonts and names that training never sees.
"""
import argparse
import collections
import functools
import json
import os
import random

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from . import export, page_tokenizer, pages, run, tasks, weights
from .data import PAGE_SHARES
from .model import PaliGemma
from .run import POOL

VIEWS_OF_PAGE = 4      # of which the first is the whole page
TASKS_OF_VIEW = 3
LONGEST = 400          # tokens of an answer; longer ones are not asked for
LENGTHS = 32           # texts are padded to multiples of this: few shapes
TILES = (0.35, 0.8)    # a tile's width, as a share of the page's
CHECK_SEED, CHECK_POOLS = 12345, 1


def view(rng, width, height, whole):
    """The whole page or a tile, about square, as tasks.View."""
    box = (0, 0, 1, 1)
    if not whole:
        w = width * rng.uniform(*TILES)
        h = min(w * rng.uniform(0.75, 1.3), height)
        x, y = rng.uniform(0, width - w), rng.uniform(0, height - h)
        box = (x / width, y / height, (x + w) / width, (y + h) / height)
    return tasks.View(box, width, height)


def cut(picture, seen, side):
    """The view's pixels [3, side, side] (R, G, B), as the scanner brings pictures to size: the whole view, squeezed."""
    h, w = picture.shape[:2]
    x0, y0, x1, y1 = seen.box
    part = picture[round(y0 * h):max(round(y1 * h), 1), round(x0 * w):max(round(x1 * w), 1)]
    part = cv2.resize(part, (side, side), interpolation=cv2.INTER_AREA)
    if part.ndim == 2:
        part = cv2.merge([part] * 3)
    return part[..., ::-1].transpose(2, 0, 1)


class PageViews:
    """Pools of batches: pixels [V, 3, S, S] u8, tokens [V * TASKS_OF_VIEW, T], prefix and length of each row, kinds."""

    def __init__(self, material, split, views, side, seed):
        cv2.setNumThreads(1)
        self.generator, self.views, self.side, self.seed = pages.Generator(material, split), views, side, seed
        self.classes, shares = list(PAGE_SHARES), np.array(list(PAGE_SHARES.values()), float)
        self.shares = shares / shares.sum()

    def pool(self, k):
        rng, words = np.random.default_rng([self.seed, k]), random.Random(f"{self.seed}:{k}")
        drawn, index = [], 0
        seed = int(rng.integers(1 << 62))
        while len(drawn) < POOL * self.views:
            cls = self.classes[rng.choice(len(self.classes), p=self.shares)]
            drawn += self.page(rng, words, cls, seed, index)
            index += 1
        order = rng.permutation(POOL * self.views)
        return [collate([drawn[i] for i in order[b * self.views:(b + 1) * self.views]]) for b in range(POOL)]

    def page(self, rng, words, cls, seed, index):
        """Of a new page: (pixels, [(kind, prompt ids, answer ids)])."""
        picture, label, said, look = self.generator.drawn(cls, seed, index)
        picture = cv2.imdecode(np.frombuffer(pages.camera.encode(look, picture), np.uint8), cv2.IMREAD_COLOR)
        found = []
        for k in range(VIEWS_OF_PAGE):
            of_page = view(rng, picture.shape[1], picture.shape[0], k == 0)
            seen = tasks.Seen(label, said, of_page, self.side)
            found.append((cut(picture, of_page, self.side), asked(seen, words)))
        return found


def asked(seen, rng):
    found, put = [], set()
    for prompt, answer in tasks.prompts(seen, rng):
        if prompt in put:
            continue
        ids = page_tokenizer.encode(answer) + [page_tokenizer.EOS]
        if len(ids) <= LONGEST:
            found.append((prompt.split(" ")[0], page_tokenizer.prompt(prompt), ids))
            put.add(prompt)
        if len(found) == TASKS_OF_VIEW:
            return found


def collate(views):
    rows = [row for _, of_view in views for row in of_view]
    longest = -(-max(len(prompt) + len(answer) for _, prompt, answer in rows) // LENGTHS) * LENGTHS
    tokens = np.full((len(rows), longest), page_tokenizer.PAD)
    for line, (_, prompt, answer) in zip(tokens, rows):
        line[:len(prompt) + len(answer)] = prompt + answer
    return (torch.from_numpy(np.stack([pixels for pixels, _ in views])), torch.from_numpy(tokens),
            torch.tensor([len(prompt) for _, prompt, _ in rows]), [kind for kind, _, _ in rows])


class Answers(nn.Module):
    """For each row: loss of each token of the answer [B, T - 1], 0 elsewhere; whether the likeliest is right; whether it
    belongs to the answer."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, pixels, tokens, prefix):
        patches = self.model.encode(pixels.float() / 127.5 - 1)
        patches = patches.repeat_interleave(len(tokens) // len(pixels), 0)
        logits = self.model(patches, tokens[:, :-1], prefix).float()
        position = torch.arange(tokens.shape[1] - 1, device=tokens.device)
        following = tokens[:, 1:]
        counts = (position >= prefix[:, None] - 1) & (following != page_tokenizer.PAD)
        loss = F.cross_entropy(logits.flatten(0, 1), following.flatten(), reduction="none").view_as(following)
        return loss * counts, logits.argmax(-1) == following, counts


@torch.no_grad()
def validate(answers, batches, device):
    """Loss of a token of an answer, and the share of right tokens by kind of task, each given the right ones before."""
    total, right, count = 0.0, collections.Counter(), collections.Counter()
    for batch in map(device.moved, batches):
        with device.autocast():
            loss, hit, counts = answers(*batch[:3])
        total += float(loss.sum())
        for kind, hits, of in zip(batch[3], (hit & counts).sum(1).tolist(), counts.sum(1).tolist()):
            right[kind] += hits
            count[kind] += of
    return {"check": round(total / sum(count.values()), 4),
            "right": {kind: round(right[kind] / n, 4) for kind, n in sorted(count.items())}}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    run.add_options(parser)
    parser.add_argument("--material", required=True, help="folder with fonts/ and data/ (see README)")
    parser.add_argument("--begin-with", metavar="DIR", help="a new run's weights: a model as `train.export` wrote it")
    parser.add_argument("--config", default=os.path.join(os.path.dirname(__file__), "pages.json"))
    parser.add_argument("--views", type=int, default=16, help=f"pictures of a batch; {TASKS_OF_VIEW} tasks are put about each")
    parser.add_argument("--rate", type=float, default=2e-3)
    args = parser.parse_args()

    device = run.Device(args.device, args.float32, args.compile)
    torch.manual_seed(args.seed)
    config = json.load(open(args.config))
    config["text_config"]["vocab_size"] = page_tokenizer.VOCAB_SIZE
    side = config["vision_config"]["image_size"]
    model = PaliGemma(config)
    if args.begin_with:
        weights.load(model, args.begin_with)
    training = run.Run(args, device, config, {"model": model})
    answers = device.compiled(Answers(model))

    def losses(batch, done):
        with device.autocast():
            loss, _, counts = answers(*batch[:3])
        return {"answer": (loss.sum() / counts.sum(), 1.0)}

    views = functools.partial(PageViews, args.material, views=args.views, side=side)
    checks = []

    def check():
        if not checks:
            drawn = run.pools(functools.partial(views, split="test", seed=CHECK_SEED), 0, 1, False)
            checks.extend(batch for _ in range(CHECK_POOLS) for batch in next(drawn))
        return validate(answers, checks, device)

    torch.set_num_threads(args.threads)
    training.go(functools.partial(views, split="train", seed=args.seed), losses, check, export.write_pages, args.views)


if __name__ == "__main__":
    main()
