"""Whether the engine and transformers write the same tokens.

    python -m train.check_engine --model lines-f32 --rxscan build/rxscan --squares build/bench/page_squares FOLDER...

Every square of the pages of the folders, or every N-th, is put to both, greedily, or with `--beams N` to N beams. Prints how many answers
differ, and, of greedy ones, in how many the two likeliest tokens were closer than a hundredth where they part.
"""
import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import torch
from PIL import Image
from transformers import PaliGemmaForConditionalGeneration

from . import tokenizer
from .page_lines import PageReader

LONGEST, BATCH = 90, 32


def reference(model, pictures, beams):
    """Per picture: the tokens, and, of greedy answers, the probabilities of the two likeliest at each."""
    prompt = torch.tensor([[tokenizer.IMAGE] * model.config.text_config.num_image_tokens + tokenizer.prompt("ocr")])
    answers = []
    for at in range(0, len(pictures), BATCH):
        pixels = torch.stack([torch.tensor(p).div(127.5).sub(1).expand(3, -1, -1) for p in pictures[at:at + BATCH]])
        out = model.generate(input_ids=prompt.expand(len(pixels), -1), pixel_values=pixels, do_sample=False,
                             token_type_ids=torch.zeros(len(pixels), prompt.shape[1], dtype=torch.long),
                             max_new_tokens=LONGEST, num_beams=beams, length_penalty=0.0, return_dict_in_generate=True,
                             output_scores=True)
        best = torch.stack(out.scores, 1).softmax(-1).topk(2).values.tolist() if beams == 1 else [None] * len(pixels)
        for row, top in zip(out.sequences[:, prompt.shape[1]:].tolist(), best):
            end = row.index(tokenizer.EOS) if tokenizer.EOS in row else len(row)
            answers.append((row[:end], top))
    return answers


def engine(rxscan, model, folder, beams):
    command = [rxscan, "run", "--model", model, "--max-new-tokens", str(LONGEST), "--beams", str(beams), "--format", "jsonl",
               "--quiet", folder, "ocr"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    found = {Path(d["input"]).name: [t["id"] for t in d["tokens"]] for d in map(json.loads, lines)}
    return [[i for i in found[name] if i != tokenizer.EOS] for name in sorted(found)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--rxscan", required=True)
    parser.add_argument("--squares", required=True)
    parser.add_argument("--beams", type=int, default=1)
    parser.add_argument("--limit", type=int, default=100, help="pages of each folder")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="of a page's squares the first, and every N-th from there")
    parser.add_argument("folders", nargs="+")
    args = parser.parse_args()
    torch.set_flush_denormal(True)
    model = PaliGemmaForConditionalGeneration.from_pretrained(args.model, attn_implementation="eager").eval()
    reader, pictures = PageReader(args.squares), []
    with tempfile.TemporaryDirectory() as folder:
        for path in (p for f in args.folders for p in sorted(Path(f).glob("*.jpg"))[:args.limit]):
            for square in reader.squares(path)[::args.every]:
                Image.fromarray(square[-1]).convert("RGB").save(f"{folder}/{len(pictures):06}.png")
                pictures.append(square[-1])
        ours = engine(args.rxscan, args.model, folder, args.beams)
    order = sorted(range(len(ours)), key=lambda i: len(ours[i]))  # a batch takes as long as its longest answer
    ours, pictures = [ours[i] for i in order], [pictures[i] for i in order]
    with torch.no_grad():
        theirs = reference(model, pictures, args.beams)
    different = ties = 0
    for (tokens, top), mine in zip(theirs, ours, strict=True):
        if tokens != mine:
            at = next((i for i, (a, b) in enumerate(zip(tokens, mine)) if a != b), min(len(tokens), len(mine)))
            different, ties = different + 1, ties + (top is not None and top[at][0] - top[at][1] < 0.01)
    print(f"{len(pictures)} squares, {different} answers differ, {ties} of them known to be in a near tie")


if __name__ == "__main__":
    main()
