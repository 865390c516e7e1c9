"""How well the line reader reads single lines: characters and whole lines, by class of writing.

    python -m train.evaluate_lines MODEL --material DIR [--count 200] [--json]

MODEL is a run's state.pt, or a directory as `train.export` or `rxscan quantize --to int8` wrote it. Lines are drawn
from a fixed seed with fonts and names that training never sees; `words` are pictures of real handwriting whose words were kept from training
(data.py), undamaged and as long as the scanner draws them. CER: edits a character. Exact: share of lines without any. As names: of those
that are right but for capitals and signs, about which the labels of the real words are careless.
"""
import argparse
import json
from pathlib import Path

import cv2
import numpy as np
import torch

from . import tokenizer, weights
from .data import SHARES, renderer
from .evaluate import distance, name_form
from .model import PaliGemma
from .real_words import words
from .strips import ROW, SIDE, Square, fold, lay_out, stretched

PROMPT = tokenizer.prompt("ocr")
SEED = 4
LONGEST = 100   # characters of an answer
BATCH = 50
# The published pictures of words are squares whatever the word: pixels a character, and of height, in a strip.
WORD_WIDTH, WORD_HEIGHT, WORD_MARGIN = 11, 28, 6


def load(path):
    """The model of a run's state or of an exported directory."""
    if Path(path).is_dir():
        with open(Path(path) / "config.json", encoding="utf-8") as file:
            model = PaliGemma(json.load(file))
        weights.load(model, path)
    else:
        state = torch.load(path, weights_only=False, map_location="cpu")
        model = PaliGemma(state["config"])
        model.load_state_dict(state["model"])
    return model.eval()


def drawn(material, cls, count):
    # Printed labels stand before handwriting.
    source, rng = renderer(material, "test", {"print": 0} | {cls: 1}, 0), np.random.default_rng([SEED, list(SHARES).index(cls)])
    return [source.square(rng) for _ in range(count)]


def word_square(ink, text):
    """A real word [H, W] on a square, as long as the scanner would draw it; None where it does not fit on one."""
    ink = cv2.resize(ink, (max(8, WORD_WIDTH * len(text)), WORD_HEIGHT), interpolation=cv2.INTER_AREA)
    high = ROW - WORD_HEIGHT
    strip, _ = stretched(255 - np.pad(ink, ((high // 2, high - high // 2), (WORD_MARGIN, WORD_MARGIN))), np.zeros(1))
    rows = fold(strip)
    return Square(lay_out(strip, rows[0]), text, None) if len(rows) == 1 else None


@torch.no_grad()
def read(model, squares):
    """The texts that the model reads."""
    answers = []
    for k in range(0, len(squares), BATCH):
        pixels = torch.from_numpy(np.stack([s.picture for s in squares[k:k + BATCH]]))[:, None].float() / 127.5 - 1
        patches = model.encode(pixels.expand(-1, 3, SIDE, SIDE))
        answers += [tokenizer.decode(a) for a in model.generate(patches, PROMPT, tokenizer.EOS, LONGEST)]
    return answers


def score(answers, texts):
    edits = sum(distance(text, answer) for answer, text in zip(answers, texts))
    return {"lines": len(texts), "cer": edits / max(1, sum(map(len, texts))),
            "exact": sum(a == t for a, t in zip(answers, texts)) / len(texts),
            "as_names": sum(name_form(a) == name_form(t) for a, t in zip(answers, texts)) / len(texts)}


def main():
    parser = argparse.ArgumentParser(description="Scores the line reader on single lines.")
    parser.add_argument("model", help="state.pt or an exported directory")
    parser.add_argument("--material", required=True)
    parser.add_argument("--count", type=int, default=200, help="lines of each class")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    model = load(options.model)
    sets = {cls: drawn(options.material, cls, options.count) for cls in SHARES}
    real = [word_square(word.ink, word.text) for word in words(options.material, "test")]
    sets["words"] = [square for square in real if square]
    report = {}
    for name, squares in sets.items():
        if squares:
            squares = sorted(squares, key=lambda s: len(s.text))
            report[name] = score(read(model, squares), [s.text for s in squares])
            if not options.json:
                print("{0:<8} {lines:>5} lines  CER {1:5.1f} %  exact {2:5.1f} %  as names {3:5.1f} %".format(
                    name, 100 * report[name]["cer"], 100 * report[name]["exact"], 100 * report[name]["as_names"],
                    **report[name]), flush=True)
    if options.json:
        print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
