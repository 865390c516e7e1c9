"""How well the whole scanner reads single words of doctors' hands that were kept from training: all views, all rounds.

    python -m train.evaluate_words --material DIR --rxscan build/rxscan [--model MODEL]

The words stand below each other on white pages, as long as evaluate_lines.py draws them, at three times that size. What the
scanner finds at a word's height counts as its reading. Figures as those of evaluate_lines.py.
"""
import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import cv2
import numpy as np

from .evaluate_lines import WORD_HEIGHT, WORD_WIDTH, score
from .real_words import words

WORDS, SCALE, PAPER = 20, 3, 250  # of a page
LEFT, TOP, PITCH, WIDTH = 80, 60, 150, 1240
NEAR = 8  # pixels that a line may be off


def drawn(page_words):
    """A page, and the middle of each word's height on it as a share of the page's."""
    page = np.full((TOP + PITCH * WORDS, WIDTH), PAPER, np.uint8)
    height, middles = WORD_HEIGHT * SCALE, []
    for i, word in enumerate(page_words):
        width = min(max(8, WORD_WIDTH * len(word.text) * SCALE), WIDTH - LEFT)
        ink, top = cv2.resize(word.ink, (width, height), interpolation=cv2.INTER_AREA), TOP + PITCH * i
        place = page[top:top + height, LEFT:LEFT + width]
        np.minimum(place, 255 - ink, out=place)
        middles.append((top + height / 2) / len(page))
    return page, middles


def reading(lines, middle):
    """What stands at that height, from left to right."""
    off = NEAR / (TOP + PITCH * WORDS)
    there = [line for line in lines if line["box"][1] - off <= middle <= line["box"][3] + off]
    return " ".join(line["text"] for line in sorted(there, key=lambda line: line["box"][0]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--material", required=True)
    parser.add_argument("--rxscan", required=True, help="the built program")
    parser.add_argument("--model", help="in the place of the program's own")
    args = parser.parse_args()
    kept = words(args.material, "test")
    pages = [kept[i:i + WORDS] for i in range(0, len(kept), WORDS)]
    with tempfile.TemporaryDirectory() as folder:
        middles = {}
        for i, page_words in enumerate(pages):
            picture, middles[f"{i:04}.png"] = drawn(page_words)
            cv2.imwrite(str(Path(folder) / f"{i:04}.png"), picture)
        command = [args.rxscan, "scan", "--format", "jsonl", "--quiet", folder] + (["--model", args.model] if args.model else [])
        output = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False).stdout
    answers = {name: [""] * len(found) for name, found in middles.items()}
    for result in map(json.loads, output.splitlines()):
        name = Path(result["input"]).name
        answers[name] = [reading(result.get("lines", []), middle) for middle in middles[name]]
    figures = score([answer for name in sorted(answers) for answer in answers[name]], [word.text for word in kept])
    print("{0} words  CER {1:.1f} %  exact {2:.1f} %  as names {3:.1f} %".format(
        figures["lines"], 100 * figures["cer"], 100 * figures["exact"], 100 * figures["as_names"]))


if __name__ == "__main__":
    main()
