"""A tokenizer of 320 entries with the structure of Gemma's: byte-fallback BPE, space as U+2581,
newline runs and markers as added tokens. The ids of the four control tokens are Gemma's own."""

import json

VOCAB_SIZE = 320
IMAGE_ID = 319
CONTROL = ["<pad>", "<eos>", "<bos>", "<unk>"]
SPACE = "\u2581"

# Left and right part of each merge, most urgent first. Every result becomes a piece.
MERGES = [
    ("e", "n"),
    (SPACE, "en"),
    ("a", "n"),
    ("e", "r"),
    ("an", "s"),
    ("w", "er"),
    ("ans", "wer"),
    ("i", "n"),
    (SPACE, "t"),
    ("t", "e"),
]


def added_token(index, content, special):
    return {
        "id": index,
        "content": content,
        "single_word": False,
        "lstrip": False,
        "rstrip": False,
        "normalized": False,
        "special": special,
    }


def byte_piece(value):
    """Gemma spells the tab as itself."""
    return "\t" if value == 9 else f"<0x{value:02X}>"


def build():
    """The document of tokenizer.json."""
    pieces = CONTROL + ["<mask>", "\n", "\n\n", "\n\n\n", SPACE * 2]
    pieces += [byte_piece(value) for value in range(256)]
    pieces += [SPACE] + [chr(ord("a") + i) for i in range(26)]
    pieces += [left + right for left, right in MERGES]
    pieces += [".", "?", "1"]
    added = [added_token(i, CONTROL[i], True) for i in range(4)]
    added += [added_token(i, pieces[i], False) for i in range(4, 9)]
    markers = [f"<loc{i:04d}>" for i in range(8)] + [f"<seg{i:03d}>" for i in range(6)]
    first = IMAGE_ID - len(markers)
    assert len(pieces) <= first, len(pieces)
    pieces += [f"<unused{i}>" for i in range(first - len(pieces))]
    added += [added_token(first + i, name, False) for i, name in enumerate(markers)]
    added.append(added_token(IMAGE_ID, "<image>", True))
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": SPACE},
        "pre_tokenizer": {
            "type": "Split",
            "pattern": {"String": " "},
            "behavior": "MergedWithPrevious",
            "invert": False,
        },
        "post_processor": None,
        "decoder": {
            "type": "Sequence",
            "decoders": [
                {"type": "Replace", "pattern": {"String": SPACE}, "content": " "},
                {"type": "ByteFallback"},
                {"type": "Fuse"},
            ],
        },
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": "<unk>",
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": True,
            "byte_fallback": True,
            "ignore_merges": False,
            "vocab": {piece: i for i, piece in enumerate(pieces)},
            "merges": [list(pair) for pair in MERGES],
        },
    }


def write(path):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(build(), file, ensure_ascii=False, indent=1)
        file.write("\n")
