"""Writes tests/golden/models: tiny random checkpoints and what Hugging Face transformers makes of
them.

    python make_golden.py [CASE...]

transformers reads the files that are committed, and hooks record every stage (reference.py). The
reference runs in float32 on the weights as stored; files of half precision also record a run in
their own type. README.md describes the tensors.
"""

import json
import pathlib
import shutil
import sys

import numpy as np
import PIL
import safetensors.torch
import tokenizers
import torch
import transformers
from PIL import Image
from transformers import PaliGemmaForConditionalGeneration

import tiny_tokenizer
from cases import CASES, TORCH_DTYPES, make_config, random_weights, table_normalizer
from reference import Recorder, Reference, difference, preprocess

MODELS = pathlib.Path(__file__).parent / "models"
NEW_TOKENS = 16
STOP_IDS = {1, 107}
SMALLEST_MARGIN = 0.01  # between the best and the second logit of every generated token

# ---- files ---------------------------------------------------------------------------------------


def new_name(name):
    """The module tree of transformers 5."""
    name = name.replace("vision_tower.vision_model.", "vision_tower.")
    return "model." + name.replace("language_model.model.", "language_model.")


def write_weights(case, directory, weights):
    if case.get("new_names"):  # as a stray writer would: with the tied head, norms in F32
        table = weights["language_model.model.embed_tokens.weight"]
        weights = {
            new_name(name): value.float() if "norm" in name else value
            for name, value in weights.items()
        }
        weights["lm_head.weight"] = table.clone()
    safetensors.torch.save_file(weights, directory / "model.safetensors", {"format": "pt"})
    if "shard_size" in case:  # as transformers writes today, with its config.json
        model = PaliGemmaForConditionalGeneration.from_pretrained(directory, dtype=torch.float32)
        (directory / "model.safetensors").unlink()
        model.save_pretrained(directory, max_shard_size=case["shard_size"])


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def write_small_files(case, directory):
    size = case["vision"]["image_size"]
    write_json(directory / "config.json", make_config(case))
    write_json(
        directory / "generation_config.json",
        {
            "_from_model_config": True,
            "bos_token_id": 2,
            "cache_implementation": "hybrid",
            "eos_token_id": 1,
            "pad_token_id": 0,
        },
    )
    write_json(
        directory / "preprocessor_config.json",
        {
            "do_convert_rgb": None,
            "do_normalize": True,
            "do_rescale": True,
            "do_resize": True,
            "image_mean": [0.5] * 3,
            "image_std": [0.5] * 3,
            "rescale_factor": 0.00392156862745098,
            "image_processor_type": "SiglipImageProcessor",
            "processor_class": "PaliGemmaProcessor",
            "image_seq_length": (size // case["vision"]["patch_size"]) ** 2,
            "resample": 3,
            "size": {"height": size, "width": size},
        },
    )
    tiny_tokenizer.write(directory / "tokenizer.json")


# ---- inputs --------------------------------------------------------------------------------------


def draw_picture(width, height, seed):
    """[height, width, 3] u8: a gradient, bars, a disc and some noise."""
    y, x = np.mgrid[0:height, 0:width]
    picture = np.stack([x * 255 // width, y * 255 // height, (x * 7 + y * 5) % 256], axis=-1)
    picture[(x // 4 + seed) % 3 == 0] //= 2
    disc = (x - width * 0.6) ** 2 + (y - height * 0.4) ** 2 < (min(width, height) * 0.3) ** 2
    picture[disc] = [240, 30 + 60 * seed, 20]
    noise = np.random.Generator(np.random.PCG64(seed)).integers(-20, 21, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def prefix_ids(tokenizer, prompt, num_image_tokens):
    text = tokenizer.encode(prompt + "\n", add_special_tokens=False).ids
    return [tiny_tokenizer.IMAGE_ID] * num_image_tokens + [2] + text


# ---- runs ----------------------------------------------------------------------------------------


def run_prompt(reference, ids, pixels, features):
    """Stages of one prompt, NEW_TOKENS greedy tokens, and their smallest margin."""
    recorder = Recorder(reference)
    recorder.watch_text()
    try:
        embeds, logits = reference.explicit(ids, features, len(ids))
    finally:
        stages = recorder.close()
    stages["input_ids"] = torch.tensor(ids, dtype=torch.int32)
    stages["text.input_embeddings"] = embeds
    stages["logits"] = logits[-1]

    tokens, cached, capped = reference.native(torch.tensor([ids]), pixels, NEW_TOKENS)
    tokens, cached = tokens[0].tolist(), cached[0]
    full = [
        reference.explicit(ids + tokens[:t], features, len(ids))[1][-1] for t in range(NEW_TOKENS)
    ]
    stages["generated.ids"] = torch.tensor(tokens, dtype=torch.int32)
    stages["generated.logits"] = torch.stack(full)
    stages["logits_capped"] = capped[0, 0]
    assert difference(cached, stages["generated.logits"]) < 2e-5
    assert [int(row.argmax()) for row in full] == tokens
    best = stages["generated.logits"].topk(2).values
    return stages, float((best[:, 0] - best[:, 1]).min())


def acceptable(stages, margin):
    """No token ends an answer or is no text, none is a close call, and they are not all alike."""
    ids = stages["generated.ids"].tolist()
    return (
        margin >= SMALLEST_MARGIN
        and not STOP_IDS & set(ids)
        and len(set(ids)) >= 8
        and max(ids) < tiny_tokenizer.IMAGE_ID
    )


def run_batch(reference, stages, pixels):
    """The prompts together, padded on the left; each must give what it gives alone."""
    rows = [stages[f"prompt.{n}.input_ids"].tolist() for n in range(2)]
    longest = max(len(row) for row in rows)
    ids = torch.tensor([[0] * (longest - len(row)) + row for row in rows])
    mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in rows])
    tokens, uncapped, _ = reference.native(ids, pixels.repeat(2, 1, 1, 1), NEW_TOKENS, mask)
    for n in range(2):
        assert tokens[n].tolist() == stages[f"prompt.{n}.generated.ids"].tolist()
        assert difference(uncapped[n], stages[f"prompt.{n}.generated.logits"]) < 2e-5
    return {
        "batch.input_ids": ids.int(),
        "batch.attention_mask": mask.int(),
        "batch.generated.ids": tokens.int(),
        "batch.generated.logits": uncapped,
    }


def own_dtype(case, directory, stages, prefixes, pixels):
    """The same in the file's own type: logits along the f32 run's tokens."""
    reference = Reference(directory, TORCH_DTYPES[case["dtype"]], None)
    out = {}
    for prefix in prefixes:
        ids = stages[prefix + "input_ids"].long()[None]
        forced = stages[prefix + "generated.ids"].long()
        _, uncapped, _ = reference.native(
            ids, pixels.to(reference.dtype), NEW_TOKENS, forced=forced
        )
        out[prefix + "own_dtype.generated.logits"] = uncapped[0]
    return out


# ---- a case --------------------------------------------------------------------------------------


def attempt(case, directory, seed):
    """(all expected tensors, smallest margin), or None if this seed does not do."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    write_small_files(case, directory)
    write_weights(case, directory, random_weights(case, seed))
    tokenizer = tokenizers.Tokenizer.from_file(str(directory / "tokenizer.json"))
    reference = Reference(directory, torch.float32, table_normalizer(case))

    names = ["image.png", "image2.png"][: case["pictures"]]
    pictures = [draw_picture(*size, seed=n) for n, size in enumerate([(53, 37), (31, 64)])]
    inputs = [
        preprocess(picture, case["vision"]["image_size"])
        for picture in pictures[: case["pictures"]]
    ]
    for name, picture in zip(names, pictures):
        Image.fromarray(picture).save(directory / name)
    pixels = torch.from_numpy(np.stack([planes for _, planes in inputs]))

    recorder = Recorder(reference)
    recorder.watch_vision()
    with torch.no_grad():
        features = reference.model.get_image_features(pixels).pooler_output
    stages = recorder.close()
    stages["pixel_values"] = pixels
    stages["resized"] = torch.from_numpy(np.stack([resized for resized, _ in inputs]))
    features = features.reshape(-1, features.shape[-1])

    prefixes = [
        f"prompt.{n}." if len(case["prompts"]) > 1 else "" for n in range(len(case["prompts"]))
    ]
    margins = []
    for prefix, prompt in zip(prefixes, case["prompts"]):
        ids = prefix_ids(tokenizer, prompt, len(features))
        found, margin = run_prompt(reference, ids, pixels, features)
        if not acceptable(found, margin):
            return None
        stages |= {prefix + name: value for name, value in found.items()}
        margins.append(margin)
    if case.get("batch"):
        stages |= run_batch(reference, stages, pixels)
    if case["dtype"] != "F32":
        stages |= own_dtype(case, directory, stages, prefixes, pixels)
    return stages, prefixes, margins, names


def describe(case, seed, stages, prefixes, margins, names):
    return {
        "prompts": [
            {
                "text": prompt,
                "prefix": prefix,
                "prefix_length": len(stages[prefix + "input_ids"]),
                "smallest_margin": margin,
            }
            for prompt, prefix, margin in zip(case["prompts"], prefixes, margins)
        ],
        "images": names,
        "dtype": case["dtype"],
        "seed": seed,
        "text_normalizer": table_normalizer(case),
        "versions": {
            "transformers": transformers.__version__,
            "torch": torch.__version__,
            "tokenizers": tokenizers.__version__,
            "numpy": np.__version__,
            "pillow": PIL.__version__,
        },
        "notes": [
            "float32 arithmetic on the weights as stored, eager attention, positions from 0",
            "text_normalizer is sqrt(hidden_size) rounded to the type of the embedding table",
            "the window limits generated rows only; prefix rows see the whole prefix",
            "logits and generated.logits are before the final soft-cap, logits_capped after it",
            f"{NEW_TOKENS} greedy tokens, not stopped by <eos>",
        ],
    }


def make(name):
    case, directory = CASES[name], MODELS / name
    for seed in range(case["seed"] * 1000, case["seed"] * 1000 + 500):
        result = attempt(case, directory, seed)
        if result:
            break
    else:
        raise SystemExit(f"{name}: no seed gives a usable continuation")
    stages = {key: value.contiguous() for key, value in result[0].items()}
    safetensors.torch.save_file(stages, directory / "expected.safetensors")
    for file in directory.glob("*.safetensors"):
        file.chmod(0o644)
    write_json(directory / "expected.json", describe(case, seed, *result))
    size = sum(file.stat().st_size for file in directory.iterdir())
    print(f"{name}: seed {seed}, margins {[round(m, 3) for m in result[2]]}, {size >> 10} KiB")


if __name__ == "__main__":
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    for wanted in sys.argv[1:] or CASES:
        make(wanted)
