"""The vocabulary of the model of whole pages: Gemma's scheme (BPE with byte fallback, blanks as "▁", the same special
tokens, locations and segments) with pieces of the words of prescriptions.

    python -m train.page_tokenizer --material DIR        writes data/page_merges.txt anew

Pieces are learnt from the language of the generator. A piece begins at a blank at most and has no digit beside another
sign: figures are spelt, since a figure of several digits read as one token is a guess at all of them. The same material
gives the same file.
"""
import argparse
import collections
import functools
import heapq
import os
import random
import re
import tempfile

from . import tokenizer
from .alphabet import ALPHABET
from .tokenizer import BOS, BYTES, EOS, LOCATIONS, PAD, SEGMENTS, SPECIAL  # noqa: F401 (a vocabulary has the first three)

SIZE = 6144  # tokens
MERGES = os.path.join(os.path.dirname(__file__), "data", "page_merges.txt")
CHARACTERS = ["\n"] + [c.replace(" ", "▁") for c in ALPHABET]
NUM_MERGES = SIZE - len(SPECIAL) - len(BYTES) - len(CHARACTERS) - len(LOCATIONS) - len(SEGMENTS) - 1
LINES, PAGES, SEED = 120_000, 6_000, 17
WORD = re.compile(r"▁?[^▁\d\n|]+")  # what a piece may be part of


def corpus(material):
    """Words and how often they come."""
    from .language import Language
    from .tasks import spoken
    language, rng, words = Language(material, "train"), random.Random(SEED), collections.Counter()
    for _ in range(LINES):
        words.update(WORD.findall(language.line(rng).replace(" ", "▁")))
    for text in spoken(language, rng, PAGES):
        words.update(WORD.findall(text.replace(" ", "▁")))
    return words


def learnt(words, count):
    """The first `count` merges: each time the commonest pair of neighbours, of equals the first in order."""
    spelt = [[list(word), n] for word, n in sorted(words.items())]
    pairs, where = collections.Counter(), collections.defaultdict(set)
    for i, (parts, n) in enumerate(spelt):
        for pair in zip(parts, parts[1:]):
            pairs[pair] += n
            where[pair].add(i)
    heap = [(-n, pair) for pair, n in pairs.items()]
    heapq.heapify(heap)
    merges, made = [], set()
    while len(merges) < count:
        n, pair = heapq.heappop(heap)
        if pairs[pair] != -n:  # it has become rarer since
            if pairs[pair] > 0:
                heapq.heappush(heap, (-pairs[pair], pair))
            continue
        piece = "".join(pair)
        changed = set()
        for i in sorted(where.pop(pair)):
            parts, times = spelt[i]
            for old in zip(parts, parts[1:]):
                pairs[old] -= times
            at, joined = 0, []
            while at < len(parts):
                both = tuple(parts[at:at + 2]) == pair
                joined.append(piece if both else parts[at])
                at += 1 + both
            spelt[i][0] = joined
            for new in zip(joined, joined[1:]):
                pairs[new] += times
                where[new].add(i)
                changed.add(new)
        for new in sorted(changed):
            heapq.heappush(heap, (-pairs[new], new))
        if piece not in made:
            merges.append(pair)
            made.add(piece)
    return merges


@functools.cache
def merges():
    with open(MERGES, encoding="utf-8") as file:
        return [tuple(line.split(" ")) for line in file.read().split("\n") if line]


@functools.cache
def pieces():
    return SPECIAL + BYTES + CHARACTERS + ["".join(pair) for pair in merges()] + LOCATIONS + SEGMENTS


IMAGE = SIZE - 1
VOCAB_SIZE = SIZE


def write_json(path):
    first = len(SPECIAL) + len(BYTES) + len(CHARACTERS) + len(merges())
    tokenizer.write(path, pieces(), first, [" ".join(pair) for pair in merges()])


@functools.cache
def reader():
    from tokenizers import Tokenizer
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "tokenizer.json")
        write_json(path)
        return Tokenizer.from_file(path)


def encode(text):
    """Ids of any text."""
    return reader().encode(text, add_special_tokens=False).ids


def decode(ids):
    return reader().decode([int(i) for i in ids])


def prompt(text):
    """<bos>, the prompt, a newline."""
    return [BOS] + encode(text + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--material", required=True)
    args = parser.parse_args()
    found = learnt(corpus(args.material), NUM_MERGES)
    with open(MERGES, "w", encoding="utf-8") as file:
        file.writelines(" ".join(pair) + "\n" for pair in found)


if __name__ == "__main__":
    main()
