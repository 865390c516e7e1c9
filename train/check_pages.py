"""Whether the engine and transformers write the same tokens about whole pictures, and read texts as the same tokens.

    python -m train.check_pages --model pages-bf16 --rxscan build/rxscan PICTURE... [--prompt "scan en"]

Every picture is put to both with every prompt, greedily, in f32 arithmetic. Prints how many answers differ, and in how many
of these the two likeliest tokens were closer than a hundredth where they part; then, of lines of the generator's
language and of answers in the grammar, how many are cut into tokens differently.
"""
import argparse
import json
import random
import subprocess

import numpy as np
import torch
from PIL import Image
from transformers import PaliGemmaForConditionalGeneration, PreTrainedTokenizerFast

from . import page_tokenizer, tasks
from .language import Language

PROMPTS = ("ocr", "scan en", "caption en", "answer en Which medicines are mentioned in the prescription", "detect medicine line")


@torch.no_grad()
def reference(model, picture, prompt, longest):
    """Tokens, and the probabilities of the two likeliest at each."""
    side, n = model.config.vision_config.image_size, model.config.text_config.num_image_tokens
    pixels = np.array(Image.open(picture).convert("RGB").resize((side, side), Image.Resampling.BICUBIC))
    pixels = torch.tensor(pixels).permute(2, 0, 1)[None].float().div(127.5).sub(1)
    ids = torch.tensor([[page_tokenizer.IMAGE] * n + page_tokenizer.prompt(prompt)])
    out = model.generate(input_ids=ids, pixel_values=pixels, do_sample=False, token_type_ids=torch.zeros_like(ids),
                         max_new_tokens=longest, return_dict_in_generate=True, output_scores=True)
    tokens = out.sequences[0, ids.shape[1]:].tolist()
    end = tokens.index(page_tokenizer.EOS) if page_tokenizer.EOS in tokens else len(tokens)
    return tokens[:end], torch.stack(out.scores, 1)[0].softmax(-1).topk(2).values.tolist()


def engine(rxscan, model, picture, prompt, longest):
    out = subprocess.run([rxscan, "run", "--model", model, "--max-new-tokens", str(longest), "--format", "jsonl", "--quiet",
                          picture, prompt], check=True, capture_output=True, text=True).stdout
    return [t["id"] for t in json.loads(out)["tokens"] if t["id"] != page_tokenizer.EOS]


def cut_differently(rxscan, folder, count):
    """Of `count` texts: how many the engine or transformers cut into other tokens than training does."""
    language, rng = Language(None, "all"), random.Random(3)
    texts = [language.line(rng) for _ in range(count)] + [t for t in tasks.spoken(language, rng, count // 3) if "\n" not in t]
    texts += ["€ Ω 🙂 नमस्ते", "<loc0012><seg001> x", "a|b\\|c", "  two  blanks "]
    out = subprocess.run([rxscan, "tokenize", folder, "--json"], input="\n".join(texts) + "\n", check=True, capture_output=True,
                         text=True).stdout
    ours = [json.loads(line) for line in out.splitlines()]
    theirs = PreTrainedTokenizerFast(tokenizer_file=folder + "/tokenizer.json")
    different = [t for t, mine in zip(texts, ours, strict=True)
                 if not mine == page_tokenizer.encode(t) == theirs.encode(t, add_special_tokens=False)]
    return len(texts), different


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--rxscan", required=True)
    parser.add_argument("--prompt", action="append")
    parser.add_argument("--longest", type=int, default=60, help="tokens of an answer")
    parser.add_argument("--texts", type=int, default=5000)
    parser.add_argument("pictures", nargs="+")
    args = parser.parse_args()
    model = PaliGemmaForConditionalGeneration.from_pretrained(args.model, attn_implementation="eager", dtype=torch.float32).eval()
    asked = different = ties = 0
    for picture in args.pictures:
        for prompt in args.prompt or PROMPTS:
            tokens, top = reference(model, picture, prompt, args.longest)
            mine = engine(args.rxscan, args.model, picture, prompt, args.longest)
            asked += 1
            if tokens != mine:
                at = next((i for i, (a, b) in enumerate(zip(tokens, mine)) if a != b), min(len(tokens), len(mine)))
                different, ties = different + 1, ties + (top[at][0] - top[at][1] < 0.01)
    print(f"{asked} answers, {different} differ, {ties} of them in a near tie")
    count, texts = cut_differently(args.rxscan, args.model, args.texts)
    print(f"{count} texts, {len(texts)} cut differently" + "".join(f"\n  {text!r}" for text in texts[:5]))


if __name__ == "__main__":
    main()
