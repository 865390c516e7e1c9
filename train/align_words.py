"""What the real words show, and where their letters part: makes data/word_cuts.tsv.

    python -m train.align_words --model models/rxscan-lines --material DIR

The pictures of words have their texts, not the places of their letters. A linear reader of the vision tower's patches is
taught those on drawn lines, whose places are known. It says which way of writing a text the picture shows: the labels are careless of
capitals, and write "Tablet" where "Tab." stands. Then it learns from the real words too, as it places them itself. Between every two
letters the cut is where least ink is crossed. The file has the picture's name, the text, and the cuts as thousandths of the width;
words whose letters do not show have none.
"""
import argparse

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from .alphabet import IDS
from .data import SHARES, renderer
from .evaluate_lines import load, word_square
from .real_words import CUTS, pictures
from .strips import ROW, ROWS, SIDE, SLOT
from .train import FrameHead

DRAWN, STEPS, BATCH, SEED = 3000, 600, 64, 5
ROUNDS = 2                  # of learning from the real words as they were placed before
NEAR = 0.5                  # a cut lies within so much of a letter's width from the middle between two
NOTHING, LEAST = 0, -12.0   # how much less likely than nothing a letter can be
CLEAR, USEFUL = -2.0, -4.0  # that, on average, in words whose letters show, and in those that are learnt from
SURE = 2.0                  # a text is not as it is labelled if another way to write it is likelier by so much
SHORT = {"tablet": ("Tab.", "Tab"), "injection": ("Inj.", "Inj"), "syrup": ("Syp.", "Syp")}  # what such labels stand under


@torch.no_grad()
def patches_of(model, squares):
    """The vision tower's patches [N, patches, hidden_size]."""
    found = []
    for at in range(0, len(squares), BATCH):
        pixels = torch.from_numpy(np.stack([s.picture for s in squares[at:at + BATCH]]))[:, None].float() / 127.5 - 1
        found.append(model.encode(pixels.expand(-1, 3, SIDE, SIDE)))
    return torch.cat(found)


def teach(head, patches, frames, rng):
    """Frames [N, slots]: the character whose centre lies in the slot, 0 for none, -1 for unknown."""
    optimiser = torch.optim.AdamW(head.parameters(), 3e-3)
    for _ in range(STEPS):
        some = torch.from_numpy(rng.integers(0, len(patches), BATCH))
        loss = F.cross_entropy(head(patches[some]).flatten(0, 1), frames[some].flatten(), ignore_index=-1)
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()
    return loss.item()


def ways_of_writing(text):
    """The likeliest first."""
    for word in SHORT.get(text.lower(), (text,)):
        yield from dict.fromkeys((word, word.lower(), word.upper(), word.title(), word[:1].upper() + word[1:]))


def as_seen(scores, text, slots):
    """The text as the picture shows it, of those ways to write it."""
    first, *others = ways_of_writing(text)
    usual = placed(scores, first, slots)[1]
    likeliest = max(others, key=lambda way: placed(scores, way, slots)[1], default=first)
    return likeliest if placed(scores, likeliest, slots)[1] > usual + SURE else first


def placed(scores, text, slots):
    """The slot of each character, in order, by Viterbi's search over the log-probabilities scores [slots, classes], and how much
    likelier that is than nothing at all; None where there is no room."""
    ids = [IDS[c] for c in text]
    if len(ids) > slots:
        return None, -np.inf
    gain = (scores[:slots, ids] - scores[:slots, NOTHING:NOTHING + 1]).clip(min=LEAST)  # over nothing being there
    best = np.full((len(ids), slots), -np.inf)
    came = np.zeros((len(ids), slots), int)
    best[0] = gain[:, 0]
    for k in range(1, len(ids)):
        before = np.maximum.accumulate(best[k - 1])
        at = np.maximum.accumulate(np.where(best[k - 1] == before, np.arange(slots), 0))
        best[k, 1:] = before[:-1] + gain[1:, k]
        came[k, 1:] = at[:-1]
    path = [int(best[-1].argmax())]
    for k in range(len(ids) - 1, 0, -1):
        path.append(int(came[k, path[-1]]))
    return path[::-1], float(best[-1].max())


def columns(square):
    """First and last column with ink of the square's first row, on which a word lies."""
    return np.flatnonzero((square.picture[:ROW] < 128).any(0))[[0, -1]]


def room(square):
    return min(SIDE, columns(square)[1] + SLOT) // SLOT


def cuts(square, path):
    """Between every two neighbours of `path`: thousandths of the ink's width."""
    ink = cv2.GaussianBlur((255 - square.picture[:ROW].astype(np.float32)).sum(0)[None], (3, 1), 0)[0]
    first, last = columns(square)
    found = []
    for left, right in zip(path, path[1:]):
        middle, reach = (left + right + 1) * SLOT / 2, NEAR * (right - left) * SLOT
        near = np.arange(max(0, int(middle - reach)), min(SIDE, int(middle + reach) + 1))
        cost = ink[near] / 255 + 0.5 * np.abs(near - middle) / SLOT
        found.append(int(np.clip(round(1000 * (near[cost.argmin()] - first) / (last + 1 - first)), 1, 999)))
    return found


def frames_of(text, path, gain):
    """Frame labels of a word, unknown where it is not useful."""
    frames = torch.full((ROWS * SIDE // SLOT,), -1)
    if path and gain > USEFUL * len(text):
        frames[:SIDE // SLOT] = NOTHING
        frames[torch.tensor(path)] = torch.tensor([IDS[c] for c in text])
    return frames


def aligned(model, drawn, squares, labels):
    """For each square of a real word: its text as it looks, and path and gain as of `placed`."""
    rng = np.random.default_rng([SEED, 1])
    patches, seen = patches_of(model, drawn), patches_of(model, squares)
    frames = torch.from_numpy(np.stack([s.frames for s in drawn]))
    head = FrameHead(patches.shape[-1], SIDE // int(patches.shape[1] ** 0.5))
    rooms, texts = [room(s) for s in squares], None
    print(f"drawn lines: loss {teach(head, patches, frames, rng):.3f}")
    for turn in range(ROUNDS + 1):
        with torch.no_grad():
            scores = head(seen).log_softmax(-1).numpy()
        texts = texts or [as_seen(*of) for of in zip(scores, labels, rooms)]
        found = [placed(*of) for of in zip(scores, texts, rooms)]
        if turn < ROUNDS:
            own = torch.stack([frames_of(text, *place) for text, place in zip(texts, found)])
            loss = teach(head, torch.cat((patches, seen)), torch.cat((frames, own)), rng)
            print(f"and real words: loss {loss:.3f}")
    return [(text, *place) for text, place in zip(texts, found)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--material", required=True)
    parser.add_argument("--output", default=CUTS)
    args = parser.parse_args()
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    source, rng = renderer(args.material, "train", SHARES, 0), np.random.default_rng([SEED, 0])
    drawn = [source.square(rng) for _ in range(DRAWN)]
    words = [(name, label, word_square(ink, label)) for name, ink, label in pictures(args.material, "train")]
    names, labels, squares = zip(*(w for w in words if w[2]))
    found = aligned(load(args.model), drawn, squares, labels)
    with open(args.output, "w", encoding="utf-8") as out:
        for name, square, (text, path, gain) in zip(names, squares, found):
            clear = path and gain > CLEAR * len(text)
            print(name, text, *(cuts(square, path) if clear else ()), sep="\t", file=out)


if __name__ == "__main__":
    main()
