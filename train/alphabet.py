"""The characters that the line reader writes, and their ids in the training's frame labels."""

ALPHABET = "".join(map(chr, range(32, 127))) + "½¼¾°µ×–’•→₹"
IDS = {c: i + 1 for i, c in enumerate(ALPHABET)}  # 0: no character here
