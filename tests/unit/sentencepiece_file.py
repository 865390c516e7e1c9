"""A tokenizer.model made from a list of pieces, as SentencePiece and Gemma have them."""

from sentencepiece import sentencepiece_model_pb2 as protobuf

KINDS = protobuf.ModelProto.SentencePiece
TYPES = {"unknown": KINDS.UNKNOWN, "control": KINDS.CONTROL, "matched": KINDS.USER_DEFINED,
         "byte": KINDS.BYTE, "normal": KINDS.NORMAL}
CONTROL = ["<pad>", "<eos>", "<bos>", "<unk>"]
GEMMA_PIECES = 256000
MARKERS = [f"<loc{i:04d}>" for i in range(1024)] + [f"<seg{i:03d}>" for i in range(128)]


def model_bytes(entries):
    """`entries`: (text, kind) by id, the kind a key of TYPES. Scores fall with the id, as a trainer of
    BPE leaves them. Text is taken as it is, with spaces escaped."""
    proto = protobuf.ModelProto()
    for i, (text, kind) in enumerate(entries):
        score = -float(i) if kind == "normal" else 0.0
        proto.pieces.add(piece=text, score=score, type=TYPES[kind])
    trainer = proto.trainer_spec
    trainer.model_type = protobuf.TrainerSpec.BPE
    trainer.vocab_size = len(entries)
    trainer.byte_fallback = True
    trainer.pad_id, trainer.eos_id, trainer.bos_id, trainer.unk_id = range(4)
    trainer.pad_piece, trainer.eos_piece, trainer.bos_piece, trainer.unk_piece = CONTROL
    normalizer = proto.normalizer_spec
    normalizer.name = "identity"
    normalizer.add_dummy_prefix = False
    normalizer.remove_extra_whitespaces = False
    normalizer.escape_whitespaces = True
    return proto.SerializeToString(deterministic=True)


def entries_of_json(document):
    """The pieces of a tokenizer.json with no gaps between its ids, the tab's byte spelled as a byte; to
    Gemma's own, PaliGemma's markers are added as in its paligemma_tokenizer.model."""
    texts = {i: text for text, i in document["model"]["vocab"].items()}
    kinds = {}
    for token in document["added_tokens"]:
        texts[token["id"]] = token["content"]
        kinds[token["id"]] = "control" if token["special"] else "matched"
    bytes_at = next(i for i, text in texts.items() if text == "<0x00>")
    texts[bytes_at + 9] = "<0x09>"
    kinds.update({bytes_at + b: "byte" for b in range(256)})
    kinds[CONTROL.index("<unk>")] = "unknown"
    entries = [(texts[i], kinds.get(i, "normal")) for i in range(len(texts))]
    return entries + [(m, "matched") for m in MARKERS if len(texts) == GEMMA_PIECES]
