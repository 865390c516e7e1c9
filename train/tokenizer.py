"""The line reader's vocabulary: Gemma's scheme (BPE with byte fallback, the same special tokens,
locations and segments) over single characters, so that a name is spelt as it is seen."""
import json

from .alphabet import ALPHABET

PAD, EOS, BOS = 0, 1, 2
SPECIAL = ["<pad>", "<eos>", "<bos>", "<unk>"]
BYTES = [f"<0x{b:02X}>" for b in range(256)]
CHARACTERS = ["\n"] + [c.replace(" ", "▁") for c in ALPHABET]
LOCATIONS = [f"<loc{i:04d}>" for i in range(1024)]
SEGMENTS = [f"<seg{i:03d}>" for i in range(128)]
PIECES = SPECIAL + BYTES + CHARACTERS + LOCATIONS + SEGMENTS
IMAGE = len(PIECES)
VOCAB_SIZE = -(-(IMAGE + 1) // 64) * 64
ID = {piece.replace("▁", " "): i for i, piece in enumerate(PIECES)}


def encode(text):
    """Ids of a text within the alphabet."""
    return [ID[c] for c in text]


def decode(ids):
    return "".join(PIECES[i].replace("▁", " ") for i in ids if i < IMAGE and i >= len(SPECIAL))


def prompt(text):
    """<bos>, the prompt, a newline."""
    return [BOS] + encode(text + "\n")


def write_json(path):
    """`tokenizer.json` as Hugging Face's `tokenizers` and the engine read it."""
    write(path, PIECES, len(SPECIAL) + len(BYTES) + len(CHARACTERS), [])


def write(path, pieces, first, merges):
    """The same of any vocabulary of this scheme: locations and segments begin at `first`, <image> follows the pieces."""
    def added(i, content, special):
        return {"id": i, "content": content, "single_word": False, "lstrip": False, "rstrip": False,
                "normalized": False, "special": special}

    document = {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [added(i, p, True) for i, p in enumerate(SPECIAL)]
        + [added(first + i, p, False) for i, p in enumerate(LOCATIONS + SEGMENTS)]
        + [added(len(pieces), "<image>", True)],
        "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
        "pre_tokenizer": None, "post_processor": None,
        "decoder": {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
            {"type": "ByteFallback"}, {"type": "Fuse"}]},
        "model": {"type": "BPE", "dropout": None, "unk_token": "<unk>",
                  "continuing_subword_prefix": None, "end_of_word_suffix": None, "fuse_unk": True,
                  "byte_fallback": True, "vocab": {p: i for i, p in enumerate(pieces)}, "merges": merges},
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file, ensure_ascii=False)
