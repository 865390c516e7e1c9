"""Runs Hugging Face transformers on a checkpoint, one picture and one prompt; keeps the results.

    python run_reference.py DIR IMAGE PROMPT --dtype bfloat16 -o ref.npz

ref.npz: `logits` (F32, last prefix position, before the final soft-cap), `logits_capped`,
`input_ids`, `generated_ids` (greedy, not stopped by <eos>), `features` (projector output) and
`pixel_values`. Times and peak memory go to standard output.
"""

import argparse
import pathlib
import resource
import time

import numpy as np
import tokenizers
import torch
import transformers
from PIL import Image, ImageOps

from reference import difference, preprocess


def prefix_ids(directory, config, prompt):
    tokenizer = tokenizers.Tokenizer.from_file(str(directory / "tokenizer.json"))
    text = tokenizer.encode(prompt + "\n", add_special_tokens=False).ids
    vision = config.vision_config
    num_image_tokens = (vision.image_size // vision.patch_size) ** 2
    return [config.image_token_id] * num_image_tokens + [config.bos_token_id] + text


def peak_gib():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)


@torch.no_grad()
def run(model, ids, pixels, steps):
    """Uncapped and capped logits [V] of the prefix, tokens [steps], image features, seconds."""
    kept = {}
    model.lm_head.register_forward_hook(lambda m, i, out: kept.update(logits=out[0, -1].float()))
    model.model.multi_modal_projector.register_forward_hook(
        lambda m, i, out: kept.update(features=out.float().flatten(0, 1))
    )
    cache = transformers.DynamicCache(config=model.config.text_config)
    tokens, seconds, first = [], [], None
    inputs = {
        "input_ids": torch.tensor([ids]),
        "pixel_values": pixels,
        "token_type_ids": torch.zeros(1, len(ids), dtype=torch.long),
    }
    for step in range(steps):
        seen = len(ids) + step
        begin = time.perf_counter()
        out = model(
            **inputs,
            attention_mask=torch.ones(1, seen, dtype=torch.long),
            cache=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        seconds.append(time.perf_counter() - begin)
        first = first or (kept["logits"], out.logits[0, -1].float())
        tokens.append(int(kept["logits"].argmax()))
        inputs = {
            "input_ids": torch.tensor([tokens[-1:]]),
            "token_type_ids": torch.ones(1, 1, dtype=torch.long),
        }
    return first, tokens, kept["features"], seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("image")
    parser.add_argument("prompt")
    parser.add_argument("--dtype", default="bfloat16", choices=["bfloat16", "float16", "float32"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--tokens", type=int, default=4)
    parser.add_argument("--compare", help="an earlier .npz whose logits these are compared with")
    parser.add_argument("-o", "--output", required=True)
    arguments = parser.parse_args()

    torch.set_num_threads(arguments.threads)
    transformers.logging.disable_progress_bar()
    begin = time.perf_counter()
    model = transformers.PaliGemmaForConditionalGeneration.from_pretrained(
        arguments.directory, attn_implementation="eager", dtype=getattr(torch, arguments.dtype)
    )
    model.eval()
    loading = time.perf_counter() - begin

    picture = np.asarray(ImageOps.exif_transpose(Image.open(arguments.image)).convert("RGB"))
    _, planes = preprocess(picture, model.config.vision_config.image_size)
    ids = prefix_ids(arguments.directory, model.config, arguments.prompt)
    (logits, capped), tokens, features, seconds = run(
        model, ids, torch.from_numpy(planes)[None].to(model.dtype), arguments.tokens
    )
    np.savez(
        arguments.output,
        logits=logits.numpy(),
        logits_capped=capped.numpy(),
        input_ids=np.array(ids, np.int32),
        generated_ids=np.array(tokens, np.int32),
        features=features.numpy(),
        pixel_values=planes,
    )

    best = logits.topk(2)
    print(
        f"transformers {transformers.__version__}, torch {torch.__version__}, eager, "
        f"{arguments.dtype}, {arguments.threads} threads"
    )
    print(
        f"{len(ids)} prefix tokens; load {loading:.1f} s, vision and prefill {seconds[0]:.2f} s, "
        f"then {np.mean(seconds[1:]):.3f} s a token; peak memory {peak_gib():.2f} GiB"
    )
    print(
        f"tokens {tokens}; best logits {best.values.tolist()} of {best.indices.tolist()}; "
        f"deviation {logits.std():.3f}"
    )
    if arguments.compare:
        other = torch.from_numpy(np.load(arguments.compare)["logits"])
        print(
            f"logits differ from {arguments.compare} by {difference(logits, other):.2e} "
            f"(relative, Frobenius)"
        )


if __name__ == "__main__":
    main()
