#!/usr/bin/env python3
"""Compares the tokenizer with the packages that define its files, on random strings: Unicode of every
plane, runs of spaces and newlines, control tokens, location tokens, and broken UTF-8 (which both
sides see with U+FFFD for each byte that is part of no valid sequence).

    pip install tokenizers==0.23.3 sentencepiece==0.2.3 protobuf
    python3 tests/unit/compare_tokenizer.py build/tests/unit/tokenize_lines FILE [COUNT]

FILE is a tokenizer.json, for `tokenizers`, with control tokens recognised and with them as text; or a
tokenizer.model, for `sentencepiece`, which takes them as text. With --as-model before FILE, a
tokenizer.model is made of FILE's pieces and compared. Prints the first difference and exits with 1,
or says that there is none.
"""

import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

import sentencepiece
from tokenizers import Tokenizer

from sentencepiece_file import GEMMA_PIECES, MARKERS, entries_of_json, model_bytes

ALPHABETS = [
    "abcdefghijklmnopqrstuvwxyz ",
    "Tab. Cap. Inj. 500 mg 1-0-1 x 5/7 BD TDS \u00bd \u00b5g ",
    " \t\n\r\u00a0\u3000",
    "\u00e9\u00e8\u00fc\u00df\u0131\u0130\u00c5 \u0301\u0302",
    "\u65e5\u672c\u8a9e\ud55c\uad6d\uc5b4\u0938\u094d\u0924\u0947 ",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\U0001f48a\U00013000",
]
WORDS = ["<bos>", "<eos>", "<pad>", "<unk>", "<loc0001>", "<loc1023>", "<seg127>", "<loc12>", "<image>",
         "<start_of_turn>", "<unused7>", "<0x41>", "\u2581", "<b>", "</h1>", "\n\n\n", "  ", "answer en "]


def random_bytes(rng):
    parts = []
    for _ in range(rng.randint(0, 12)):
        kind = rng.random()
        if kind < 0.5:
            alphabet = rng.choice(ALPHABETS)
            parts.append("".join(rng.choice(alphabet) for _ in range(rng.randint(1, 20))).encode())
        elif kind < 0.7:
            parts.append(rng.choice(WORDS).encode())
        elif kind < 0.8:
            parts.append(rng.choice(" \n") .encode() * rng.randint(1, 70))
        elif kind < 0.92:
            code = rng.choice([rng.randrange(1, 0xD800), rng.randrange(0xE000, 0x110000)])
            parts.append(chr(code).encode())
        else:
            parts.append(bytes(rng.randrange(1, 256) for _ in range(rng.randint(1, 4))))
    return b"".join(parts)


def repaired(data):
    """U+FFFD for every byte that belongs to no valid sequence."""
    out, i = [], 0
    while i < len(data):
        for size in (1, 2, 3, 4):
            try:
                out.append(data[i : i + size].decode())
                i += size
                break
            except UnicodeDecodeError:
                continue
        else:
            out.append("\ufffd")
            i += 1
    return "".join(out)


def ours(program, file, mode, texts):
    stream = b"".join(len(t).to_bytes(4, "little") + t for t in texts)
    lines = subprocess.run([program, file, mode], input=stream, stdout=subprocess.PIPE, check=True)
    ids = [[int(x) for x in line.split()] for line in lines.stdout.decode().splitlines()]
    assert len(ids) == len(texts), (len(ids), len(texts))
    return ids


def references(file):
    """(name, mode of ours, bytes to ids) for each way to read the file."""
    if file.endswith(".model"):
        model = sentencepiece.SentencePieceProcessor(model_file=file)
        return [("sentencepiece", "text", model.encode)]
    result = []
    for mode in ("special", "text"):
        tokenizer = Tokenizer.from_file(file)
        if tokenizer.get_vocab_size() == GEMMA_PIECES:
            tokenizer.add_tokens(MARKERS)
            tokenizer.add_special_tokens(["<image>"])
        tokenizer.encode_special_tokens = mode == "text"
        result.append(("tokenizers", mode, lambda data, t=tokenizer: t.encode(
            repaired(data), add_special_tokens=False).ids))
    return result


def compare(program, file, texts):
    for name, mode, reference in references(file):
        for text, got in zip(texts, ours(program, file, mode, texts)):
            want = reference(text)
            if want != got:
                print(name, mode, "differs on", text, "\nreference", want, "\nours     ", got)
                return 1
        print(f"{name}, control tokens as {mode}: {len(texts)} strings, no difference")
    return 0


def main():
    arguments = [a for a in sys.argv[1:] if a != "--as-model"]
    program, file = arguments[:2]
    rng = random.Random(20261124)
    texts = [random_bytes(rng) for _ in range(int(arguments[2]) if len(arguments) > 2 else 200_000)]
    if "--as-model" not in sys.argv:
        return compare(program, file, texts)
    with tempfile.TemporaryDirectory() as folder:
        model = os.path.join(folder, "tokenizer.model")
        document = json.loads(pathlib.Path(file).read_text(encoding="utf-8"))
        pathlib.Path(model).write_bytes(model_bytes(entries_of_json(document)))
        return compare(program, model, texts)


if __name__ == "__main__":
    sys.exit(main())
