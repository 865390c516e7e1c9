#!/usr/bin/env python3
"""Writes the tokenizer that test_tokenizer reads, and what the reference packages make of hard texts.

    python3 -m venv venv && venv/bin/pip install sentencepiece==0.2.3 tokenizers==0.23.3 protobuf
    venv/bin/python make_tokenizer.py

gives, in tokenizer/ beside this script,
    tokenizer.json   a vocabulary built like Gemma's: control tokens, runs of newlines and spaces, HTML tags,
                     bytes (the tab spelled as itself), pieces, characters; then PaliGemma's <locXXXX>,
                     <segXXX> and <image>
    tokenizer.model  the same vocabulary for SentencePiece
    vectors.json     {"encode": [...], "decode": [...]}, see `encode_vector`

The pieces are trained by SentencePiece on the lines below, which are ours.
"""
import io
import json
import pathlib
import random
import re
import sys

import sentencepiece
from sentencepiece import sentencepiece_model_pb2 as protobuf
from tokenizers import Tokenizer

here = pathlib.Path(__file__).parent
sys.path.insert(0, str(here.parent))
from compare_tokenizer import random_bytes, repaired  # noqa: E402
from sentencepiece_file import CONTROL, model_bytes  # noqa: E402

SPACE = "\u2581"
RUN = 8  # longest run of newlines, spaces, tabs that is a piece
TAGS = [f"<{slash}{name}>" for slash in ("", "/") for name in ("table", "tr", "td", "h1", "b", "s")]
MATCHED = ["<mask>"] + ["\n" * n for n in range(1, RUN + 1)] + [SPACE * n for n in range(2, RUN + 1)] + TAGS
MARKERS = [f"<loc{i:04d}>" for i in range(16)] + [f"<seg{i:03d}>" for i in range(8)]
IMAGE = "<image>"

CORPUS = """
caption en
describe en
answer en what is written on the label?
answer en where is the signature of the doctor?
answer es ¿Qué color tiene la tableta?
answer fr combien de comprimés par jour ?
answer de welche Tabletten stehen auf dem Rezept?
question en yes
ocr
ocr this page and read every line of the table, please
detect medicine ; tablet ; capsule ; syrup ; signature
detect a person ; a table ; a label
segment the red capsule
segment the white tablet on the table
Tab. Amoxicillin 500 mg, one tablet three times a day after food for 7 days
Tab. Paracetamol 650 mg, one tablet when there is fever, at most four in a day
Cap. Omeprazole 20 mg, one capsule in the morning before food for 14 days
Syr. Cetirizine 5 ml at night for 5 days
Inj. Diclofenac 75 mg, one dose now
Tab. Metformin 500 mg 1-0-1 after food, to be continued
Tab. Atorvastatin 10 mg 0-0-1 at bed time for 30 days
Tab. Amlodipine 5 mg OD, Tab. Telmisartan 40 mg OD, Tab. Aspirin 75 mg OD
½ tab. twice a day, then ¼ tab. once a day; 250 µg daily
Rx: the patient takes the medicine with water, in the evening and in the morning
The doctor writes the name of the medicine, the strength, the dose and the number of days
This is to be taken with the other tablets, not without them, and not on an empty stomach
review after two weeks with the report of the blood test
Nehmen Sie täglich eine Tablette nach dem Frühstück, außer am Wochenende
Überempfindlichkeit gegen Wirkstoff, für Erwachsene über 12 Jahre, schön größer
Prendre un comprimé après le dîner, à jeun le matin, dès que possible, où ça
Tome una cápsula después de la comida, mañana y noche, según el médico
Prendere una compressa al giorno, perché è già più di così
Принимать по одной таблетке после еды два раза в день
दवा दिन में दो बार खाने के बाद
薬は食後に一日三回 日本語
식후에 하루 세 번
دواء بعد الطعام
a b c d e f g h i j k l m n o p q r s t u v w x y z
A B C D E F G H I J K L M N O P Q R S T U V W X Y Z
0 1 2 3 4 5 6 7 8 9 . , ; : ! ? ' " ( ) [ ] { } < > / \\ | - _ + = * & % $ # @ ~ ^ `
""".strip().split("\n")


def trained_pieces():
    """The pieces of several characters, most urgent first, and the characters."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS), model_writer=model, model_type="bpe", vocab_size=700,
        normalization_rule_name="identity", add_dummy_prefix=False, remove_extra_whitespaces=False,
        split_digits=True, character_coverage=1.0, num_threads=1, hard_vocab_limit=False,
        minloglevel=2)
    proto = protobuf.ModelProto.FromString(model.getvalue())
    pieces = [p.piece for p in proto.pieces if p.type == protobuf.ModelProto.SentencePiece.NORMAL]
    return [p for p in pieces if len(p) > 1][:320], [p for p in pieces if len(p) == 1]


def vocabulary():
    """(text, kind) by id; the tab's byte is the piece of both kinds of file that differs in its spelling."""
    several, single = trained_pieces()
    entries = [(p, "unknown" if p == "<unk>" else "control") for p in CONTROL]
    entries += [(p, "matched") for p in MATCHED]
    entries += [(f"<0x{b:02X}>", "byte") for b in range(256)]
    entries += [(p, "normal") for p in several]
    entries += [("\t" * n, "normal") for n in range(2, RUN + 1)]
    entries += [(p, "normal") for p in single + ["\r", "\u00a0", "\u0301", "\u200d", "\U0001f48a"]]
    entries += [(p, "matched") for p in MARKERS] + [(IMAGE, "control")]
    assert len({text for text, _ in entries}) == len(entries)
    return entries


def merges_of(vocab):
    """Every way to make a piece out of two, by the id of the result, then of the parts."""
    merges = []
    for text, i in vocab.items():
        if text in CONTROL or text in MARKERS or text == IMAGE or text.startswith("<0x"):
            continue
        splits = [(text[:k], text[k:]) for k in range(1, len(text))]
        known = [(vocab[a], vocab[b], a, b) for a, b in splits if a in vocab and b in vocab]
        merges += [(i, left, right, a, b) for left, right, a, b in known]
    return [[a, b] for _, _, _, a, b in sorted(merges)]


def added_token(i, text, kind):
    """Gemma's own are matched in the text as it comes, the markers after spaces are escaped."""
    return {"id": i, "content": text, "single_word": False, "lstrip": False, "rstrip": False,
            "normalized": text in MARKERS, "special": kind in ("control", "unknown")}


def json_document(entries):
    vocab = {}
    for i, (text, _) in enumerate(entries):
        vocab["\t" if text == "<0x09>" else text] = i
    added = [added_token(i, *entry) for i, entry in enumerate(entries)
             if entry[1] in ("control", "unknown", "matched")]
    outside = set(MARKERS) | {IMAGE}  # added by PaliGemma: no part of the model's vocabulary
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added,
        "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": SPACE},
        "pre_tokenizer": {"type": "Split", "pattern": {"String": " "},
                          "behavior": "MergedWithPrevious", "invert": False},
        "post_processor": None,
        "decoder": {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": SPACE}, "content": " "},
            {"type": "ByteFallback"}, {"type": "Fuse"}]},
        "model": {"type": "BPE", "dropout": None, "unk_token": "<unk>",
                  "continuing_subword_prefix": None, "end_of_word_suffix": None, "fuse_unk": True,
                  "byte_fallback": True, "ignore_merges": False,
                  "vocab": {text: i for text, i in vocab.items() if text not in outside},
                  "merges": merges_of(vocab)},
    }


# ---- texts ----

PROMPTS = """caption en|caption fr|cap en|describe en|ocr|ocr |answer en what is it?|answer es ¿Qué color?
question en yes|detect cat ; dog|detect a person ; car ; dog|detect |segment the red car
answer en what is written in the "sum" field?|what is <loc0001>?|Hello, World!|don't|naïve café 你好 🙂
https://example.com/a_b?c=1|3.14 + 2,718|1234567|0|on the beach|Tab. Amoxicillin 500 mg 1-0-1 x 7 d
Cap. Omeprazole 20mg OD BBF|½ tab BD, ¼ tab HS, 250 µg|T. PARACETAMOL 650 SOS|Rx|R/ 1) 2) 3)
Принимать 2 раза в день|दवा दिन में दो बार|薬は食後に|식후에 하루 세 번|دواء بعد الطعام|שלום|ไทย
ångström ÅNGSTRÖM ﬁ ﬀ|İstanbul ı|straße STRASSE|𝔘𝔫𝔦𝔠𝔬𝔡𝔢|Ⅷ ㎎ ㎖ ℞|１２３ ＡＢＣ""".replace("\n", "|").split("|")

CONTROL_TEXTS = """<bos>|<eos>|<pad>|<unk>|<image>|<mask>|a<bos>b|<bos><bos>|a <eos>|<eos> a|<image>caption en
<image> caption en|<pad|pad>|<<bos>>|<bos|bos>|<BOS>|< bos>|<bos >|a<pad><pad>b|<unk><unk>|x<image><image>y
▁<bos>▁|<bos>\\n\\n<eos>|<b<bos>|<b><bos></b>|<im<image>age>|<image|<mask>a<mask>|<ma<mask>sk>
<loc0000>|<loc0015>|<loc0016>|<loc1023>|<loc12>|<loc00001>|<LOC0001>|<loc0001|loc0001>|<loc 0001>|<loc0001><loc0002><loc0003><loc0004> cat
<loc0000> <seg000>|<seg000>|<seg007>|<seg008>|<seg127>|<seg0>|<seg000><seg001><seg002>|a<loc0003>b|a <loc0003> b
<loc0<loc0001>|<loc0001><|<loc<seg000>|<seg00<loc0002>|  <loc0002>  |\\n<loc0002>\\n|<bos><loc0002><eos>|▁<seg003>▁
<table>|<tr>|<table><tr><td>1</td></tr></table>|</b><h1>hi|<b>|<b >|<B>|<s>|</s>|<h2>|<t<td>|<td><|<td>></td>
<0x41>|<0x0A>|<0x09>|<0xFF>|<0xff>|<0x4>|<0x41|a<0x41>b|<0xE2><0x96><0x81>|\\u2581|&lt;bos&gt;""".replace("\n", "|").replace("\\n", "\n").split("|")

SPACES = ([" " * n for n in (*range(1, 20), 31, 32, 33, 64, 100)] +
          ["\n" * n for n in (*range(1, 20), 33)] +
          ["\t" * n for n in (*range(1, 12), 17)] +
          [f"a{' ' * n}b" for n in (1, 2, 3, 7, 8, 9, 15, 16, 17, 40)] +
          [f"x{chr(10) * n}y" for n in (1, 2, 8, 9, 16, 17)] +
          ["  leading", "trailing  ", " a", "a ", "  ", " \n ", "\n \n", "\r", "\r\n", "a\r\nb\r\n", "\n\r",
           " \t ", "\t \t", "\t\n\t", "\v\f", "a\u00a0b", "\u00a0\u00a0", "\u2003x", "\u3000x", "\u200b", "\u2028\u2029",
           SPACE, SPACE * 2, SPACE * 9, f" {SPACE} ", f"{SPACE}a", f"a{SPACE}b", f" {SPACE * 7}", f"{SPACE * 3}  ",
           "cap en\n", "cap en \n", "cap en\n\n", " \n" * 9, "\n " * 9])

UNICODE = ["e\u0301", "a\u0301\u0301\u0301", "\u0301", "\u0301a", " \u0301", "o\u0308\u0323 \u1ed9", "\u00e9 e\u0301",
           "Z\u0351\u036b\u0343\u036a\u0302\u036bA\u034c", "क्षि", "க்ஷ", "\u0e01\u0e33", "\u1100\u1161\u11a8", "각",
           "👨‍👩‍👧", "👩🏽‍⚕️", "💊", "💊💊💊", "a💊b", "🇮🇳🇩🇪", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "☺️☺", "1️⃣", "\u200d", "\u200d\u200d", "\U0001f48a\u200d",
           "\ufeffx", "x\ufeff", "\u202eabc\u202c", "\u061c", "\u0000", "a\u0000b", "\u0000\u0000", "\u0001", "\u007f", "\u0080", "\u0085",
           "\ufffd", "\ufffe", "\uffff", "\ufdd0", "\U0010ffff", "\U0001fffe", "\ud7ff", "\ue000", "\uf8ff", "\U000f0000",
           "\u07ff", "\u0800", "\U00010000", "\U00013000", "\U0002070e", "漢字かな交じり文", "中文 English 中文", "ｶﾀｶﾅ", "𠮷野家"]

BROKEN = [b"\x80", b"\xbf\xbf", b"a\x80b", b"\xc3", b"\xc3(", b"a\xc3", b"\xc3\xa9\xa9", b"\xe2\x82", b"\xe2\x82z", b"\xe2", b"\xe2\x96",
          b"\xe2\x96\xe2\x96\x81", b"\xf0\x9f\x92", b"\xf0\x9f", b"\xf0", b"\xf0\x9f\x92a", b"\xf0\x9f\x92\x8a\x8a", b"\xc0\x80", b"\xc1\xbf",
          b"\xe0\x80\x80", b"\xe0\x9f\xbf", b"\xf0\x80\x80\x80", b"\xf0\x8f\xbf\xbf", b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xed\xa0\xbd\xed\xb2\x8a",
          b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80", b"\xfe", b"\xff", b"\xff\xfe",
          b"a\xff\xe2\x82z\xed\xa0\x80", b"<bos\xff>", b"<b\xc3os>", b"\xff<bos>\xff", b"\xff<loc0001>\xff", b" \xff ", b"\xff\n\xff", b"caf\xe9 au lait",
          b"\xe9\x74\xe9", b"500 \xb5g \xbd tab", b"\x00\xff", bytes(range(128, 256)), bytes(range(1, 128))]

LONG = ["a" * 20, "a" * 999, "ab" * 300, "tablet" * 100, "Donaudampfschifffahrtsgesellschaftskapitän", "pneumonoultramicroscopicsilicovolcanoconiosis",
        "methionylthreonylthreonylglutaminylarginyl" * 8, "1" * 300, "the" * 101 + "r", "<" * 200, "ß" * 120, "日" * 100, "語" * 100, "\u0301" * 100,
        "💊" * 60, "🙂" * 40, "<bos>" * 30, "<loc0001>" * 40, "<lo" * 60, " a" * 150, "the tablet " * 30]


def texts():
    rng = random.Random(11)
    plain = [""] + PROMPTS + CONTROL_TEXTS + SPACES + UNICODE + LONG + CORPUS
    everything = [t.encode() for t in plain] + BROKEN + [random_bytes(rng) for _ in range(120)]
    return list(dict.fromkeys(everything))


# ---- what the packages make of them ----

def split_at_control(text):
    """SentencePiece has no way to recognise control tokens: they are cut out before."""
    pattern = "|".join(re.escape(t) for t in CONTROL + [IMAGE])
    return re.split(f"({pattern})", text)


class Reference:
    def __init__(self, folder):
        self.recognising = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.plain = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.plain.encode_special_tokens = True
        self.model = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))

    def model_with_control(self, text):
        ids = []
        for i, part in enumerate(split_at_control(text)):
            ids += [self.model.piece_to_id(part)] if i % 2 else self.model.encode(part)
        return ids

    def encode_vector(self, data):
        """{"text" or, if it is no valid UTF-8, "hex", and the ids by which a test names them:
        "json", "json_plain": by tokenizers from tokenizer.json, control tokens recognised or spelled;
        "model", "model_plain": the same by sentencepiece from tokenizer.model}.
        Broken UTF-8 is U+FFFD a byte, which sentencepiece does by itself. Absent "json_plain" and
        "model" are as "json", absent "model_plain" is as "json_plain"."""
        text = repaired(data)
        ids = {"json": self.recognising.encode(text, add_special_tokens=False).ids,
               "json_plain": self.plain.encode(text, add_special_tokens=False).ids,
               "model": self.model_with_control(text),
               "model_plain": self.model.encode(data)}
        same = {"json_plain": "json", "model": "json", "model_plain": "json_plain"}
        vector = {"text": text} if text.encode() == data else {"hex": data.hex()}
        vector.update({k: v for k, v in ids.items() if k not in same or v != ids[same[k]]})
        return vector

    def decode_vector(self, ids):
        """{"ids", "text"}: what tokenizers gives, special tokens left out."""
        return {"ids": ids, "text": self.recognising.decode(ids, skip_special_tokens=True)}


def id_lists(reference, entries):
    """Ids as a model may give them: in any order, bytes that are no text, ids that are no token."""
    rng = random.Random(12)
    byte = next(i for i, entry in enumerate(entries) if entry[1] == "byte")
    pill = [byte + b for b in "💊".encode()]
    lists = [[], [byte + 0xFF], [byte + 0xC3], pill, pill[:3], pill + pill[:1], pill[:2] + [2] + pill[2:],
             pill[:2] + [len(entries) - 2] + pill[2:], [byte + 0x41], [byte + 0x09], [byte + 0xC3, byte + 0x41],
             [len(entries)], pill[:1] + [len(entries) + 7] + pill[1:], list(range(len(entries)))]
    for _ in range(60):
        some = [rng.randrange(len(entries)) for _ in range(rng.randint(1, 12))]
        for _ in range(rng.randint(0, 3)):
            some[rng.randint(0, len(some)):0] = [byte + b for b in rng.choice(["é", "語", "💊", "x"]).encode()]
        lists.append(some)
    return lists


def write_vectors(path, reference, entries):
    encode = [reference.encode_vector(data) for data in texts()]
    decode = [reference.decode_vector(ids) for ids in id_lists(reference, entries)]
    with open(path, "w", encoding="utf-8") as file:
        lines = [",\n".join(json.dumps(v, separators=(",", ":")) for v in part) for part in (encode, decode)]
        file.write('{"encode":[\n%s\n],\n"decode":[\n%s\n]}\n' % tuple(lines))
    return len(encode), len(decode)


def main():
    folder = here / "tokenizer"
    folder.mkdir(exist_ok=True)
    entries = vocabulary()
    (folder / "tokenizer.model").write_bytes(model_bytes(entries))
    document = json.dumps(json_document(entries), ensure_ascii=False, separators=(",", ":"))
    (folder / "tokenizer.json").write_text(document + "\n", encoding="utf-8")
    print(len(entries), "entries;", *write_vectors(folder / "vectors.json", Reference(folder), entries), "vectors")


if __name__ == "__main__":
    main()
