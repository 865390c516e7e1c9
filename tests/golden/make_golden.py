"""Writes tests/golden/models: tiny random checkpoints and what Hugging Face transformers makes of them.

    python make_golden.py [CASE...]

Weights come from a seeded NumPy generator; transformers reads the files that are committed, with
eager attention, and hooks record every stage. The reference runs in float32 on the weights as stored;
files of half precision also record a run in their own type. README.md describes the tensors.
"""

import copy
import json
import math
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
from transformers import DynamicCache, PaliGemmaForConditionalGeneration
from transformers.models.gemma import modeling_gemma
from transformers.models.gemma2 import modeling_gemma2

import tiny_tokenizer

MODELS = pathlib.Path(__file__).parent / "models"
NEW_TOKENS = 16
TORCH_DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
STOP_IDS = {1, 107}
SMALLEST_MARGIN = 0.01  # between the best and the second logit of every generated token

# ---- configurations ------------------------------------------------------------------------------

BASE_VISION = {
    "model_type": "siglip_vision_model", "hidden_size": 36, "intermediate_size": 74,
    "num_hidden_layers": 3, "num_attention_heads": 3, "image_size": 42, "patch_size": 14,
    "projection_dim": 48, "torch_dtype": "float32", "vision_use_head": False}
BASE_TEXT = {
    "model_type": "gemma2", "hidden_size": 48, "intermediate_size": 54, "num_hidden_layers": 5,
    "num_attention_heads": 6, "num_key_value_heads": 2, "head_dim": 12, "vocab_size": 320,
    "query_pre_attn_scalar": 10, "attn_logit_softcapping": 2.0, "final_logit_softcapping": 3.0,
    "sliding_window": 6, "max_position_embeddings": 512, "eos_token_id": [1, 107],
    "hidden_act": "gelu_pytorch_tanh", "hidden_activation": "gelu_pytorch_tanh",
    "cache_implementation": "hybrid", "num_image_tokens": 9, "torch_dtype": "float32"}


def small_vision(**changes):
    return BASE_VISION | {"hidden_size": 24, "intermediate_size": 50, "num_hidden_layers": 2,
                          "num_attention_heads": 2, "projection_dim": 32} | changes


def small_text(**changes):
    return BASE_TEXT | {"hidden_size": 32, "intermediate_size": 40, "num_hidden_layers": 3,
                        "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 10,
                        "query_pre_attn_scalar": 8} | changes


def gemma1_text():
    text = {key: value for key, value in small_text().items()
            if "softcapping" not in key and key not in (
                "sliding_window", "query_pre_attn_scalar", "hidden_activation", "cache_implementation")}
    return text | {"model_type": "gemma", "head_dim": 8, "num_key_value_heads": 1}


BASE = {"vision": BASE_VISION, "text": BASE_TEXT, "dtype": "F32", "seed": 1,
        "prompts": ["answer en what is it?"], "pictures": 1}
SMALL = BASE | {"vision": small_vision(), "text": small_text()}

CASES = {
    "base-f32": BASE,
    "base-f16": BASE | {"dtype": "F16"},
    "base-bf16": BASE | {"dtype": "BF16"},
    "sharded": SMALL | {"seed": 2, "shard_size": "100KB"},
    "scaling-28b": SMALL | {
        "seed": 3, "text": small_text(hidden_size=48, intermediate_size=60, head_dim=8,
                                      query_pre_attn_scalar=12),
        "vision": small_vision(projection_dim=48)},
    "long-window": SMALL | {"seed": 4, "text": small_text(sliding_window=64)},
    "paligemma1": SMALL | {"seed": 5, "text": gemma1_text()},
    "two-images": SMALL | {"seed": 6, "pictures": 2},
    "several-prompts": SMALL | {
        "seed": 7, "prompts": ["", "answer en what is it?", "cap en ", "d\u00e9tecte\nla t\u00eate"]},
    "batch": SMALL | {"seed": 8, "prompts": ["ocr", "answer en where is the cow?"], "batch": True},
    "odd-sizes": SMALL | {
        "seed": 9,
        "vision": BASE_VISION | {"image_size": 70, "intermediate_size": 75, "num_hidden_layers": 2,
                                 "projection_dim": 63},
        "text": small_text(hidden_size=63, intermediate_size=53, num_hidden_layers=3,
                           num_attention_heads=9, num_key_value_heads=3, head_dim=6)},
    "new-names": SMALL | {"seed": 10, "dtype": "BF16", "new_names": True},
}


def make_config(case):
    """config.json in the manner of the official files: what equals a default is left out."""
    text, vision = copy.deepcopy(case["text"]), copy.deepcopy(case["vision"])
    tokens = (vision["image_size"] // vision["patch_size"]) ** 2
    text["num_image_tokens"] = vision["num_image_tokens"] = tokens
    vision["num_positions"] = 256
    return {"architectures": ["PaliGemmaForConditionalGeneration"], "model_type": "paligemma",
            "_vocab_size": 257152, "bos_token_id": 2, "eos_token_id": 1, "pad_token_id": 0,
            "hidden_size": 2048, "image_token_index": tiny_tokenizer.IMAGE_ID,
            "num_hidden_layers": text["num_hidden_layers"], "projection_dim": text["hidden_size"],
            "torch_dtype": {"F32": "float32", "F16": "float16", "BF16": "bfloat16"}[case["dtype"]],
            "text_config": text, "vision_config": vision}


# ---- weights -------------------------------------------------------------------------------------


def weight_shapes(case):
    """{classic name: shape}"""
    v, t = case["vision"], case["text"]
    dv, d = v["hidden_size"], t["hidden_size"]
    q, kv = (t[key] * t["head_dim"] for key in ("num_attention_heads", "num_key_value_heads"))
    tower = "vision_tower.vision_model."
    shapes = {
        tower + "embeddings.patch_embedding.weight": (dv, 3, v["patch_size"], v["patch_size"]),
        tower + "embeddings.patch_embedding.bias": (dv,),
        tower + "embeddings.position_embedding.weight":
            ((v["image_size"] // v["patch_size"]) ** 2, dv)}
    linear = {f"self_attn.{part}_proj": (dv, dv) for part in ("q", "k", "v", "out")}
    linear |= {"mlp.fc1": (v["intermediate_size"], dv), "mlp.fc2": (dv, v["intermediate_size"])}
    for i in range(v["num_hidden_layers"]):
        layer = f"{tower}encoder.layers.{i}."
        for name, shape in linear.items():
            shapes |= {f"{layer}{name}.weight": shape, f"{layer}{name}.bias": shape[:1]}
        for norm in ("layer_norm1", "layer_norm2"):
            shapes |= {f"{layer}{norm}.weight": (dv,), f"{layer}{norm}.bias": (dv,)}
    shapes |= {tower + "post_layernorm.weight": (dv,), tower + "post_layernorm.bias": (dv,),
               "multi_modal_projector.linear.weight": (d, dv),
               "multi_modal_projector.linear.bias": (d,),
               "language_model.model.embed_tokens.weight": (t["vocab_size"], d)}
    norms = ["input_layernorm", "post_attention_layernorm"]
    if t["model_type"] == "gemma2":
        norms += ["pre_feedforward_layernorm", "post_feedforward_layernorm"]
    linear = {"self_attn.q_proj": (q, d), "self_attn.k_proj": (kv, d), "self_attn.v_proj": (kv, d),
              "self_attn.o_proj": (d, q), "mlp.gate_proj": (t["intermediate_size"], d),
              "mlp.up_proj": (t["intermediate_size"], d), "mlp.down_proj": (d, t["intermediate_size"])}
    for j in range(t["num_hidden_layers"]):
        layer = f"language_model.model.layers.{j}."
        shapes |= {f"{layer}{name}.weight": shape for name, shape in linear.items()}
        shapes |= {f"{layer}{name}.weight": (d,) for name in norms}
    return shapes | {"language_model.model.norm.weight": (d,)}


def random_weights(case, seed):
    """Matrices of deviation 0.2; biases and norm weights of 0.3, so that none can be forgotten. The
    table is smaller and the final norm larger: a tied head otherwise repeats its input."""
    generator = np.random.Generator(np.random.PCG64(seed))
    weights = {}
    for name, shape in weight_shapes(case).items():
        values = generator.standard_normal(shape) * (0.2 if len(shape) > 1 else 0.3)
        if "embed_tokens" in name:
            values *= 0.4
        if name == "language_model.model.norm.weight":
            values += 2.0
        if "vision_tower" in name and "norm" in name and name.endswith(".weight"):
            values += 1.0
        weights[name] = torch.from_numpy(values.astype(np.float32)).to(TORCH_DTYPES[case["dtype"]])
    return weights


def new_name(name):
    """The module tree of transformers 5."""
    name = name.replace("vision_tower.vision_model.", "vision_tower.")
    return "model." + name.replace("language_model.model.", "language_model.")


def write_weights(case, directory, weights):
    if case.get("new_names"):  # as a stray writer would: with the tied head, norms in F32
        table = weights["language_model.model.embed_tokens.weight"]
        weights = {new_name(name): value.float() if "norm" in name else value
                   for name, value in weights.items()}
        weights["lm_head.weight"] = table.clone()
    safetensors.torch.save_file(weights, directory / "model.safetensors", {"format": "pt"})
    if "shard_size" in case:  # as transformers writes today, with its config.json
        model = PaliGemmaForConditionalGeneration.from_pretrained(directory, dtype=torch.float32)
        (directory / "model.safetensors").unlink()
        model.save_pretrained(directory, max_shard_size=case["shard_size"])


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


def preprocess(picture, size):
    """(resized [size, size, 3] u8, [3, size, size] f32) as the slow SigLIP processor has it."""
    resized = np.asarray(Image.fromarray(picture).resize((size, size), Image.Resampling.BICUBIC))
    half = np.float32(0.5)
    rescaled = (resized.astype(np.float64) * 0.00392156862745098).astype(np.float32)
    return resized, np.ascontiguousarray(((rescaled - half) / half).transpose(2, 0, 1))


def prefix_ids(tokenizer, prompt, num_image_tokens):
    text = tokenizer.encode(prompt + "\n", add_special_tokens=False).ids
    return [tiny_tokenizer.IMAGE_ID] * num_image_tokens + [2] + text


# ---- the reference -------------------------------------------------------------------------------


class Reference:
    """transformers on a checkpoint directory, with a recorder."""

    def __init__(self, directory, dtype, normalizer):
        self.model, report = PaliGemmaForConditionalGeneration.from_pretrained(
            directory, attn_implementation="eager", dtype=dtype, output_loading_info=True)
        assert not report["missing_keys"] and not report["mismatched_keys"], report
        self.model.eval()
        self.dtype = dtype
        self.text = self.model.config.text_config
        if normalizer is not None:
            self.model.model.language_model.embed_tokens.embed_scale.fill_(normalizer)
        self.uncapped = None
        self.model.lm_head.register_forward_hook(self.keep_uncapped)

    def keep_uncapped(self, module, inputs, output):
        self.uncapped = output.detach()

    def masks(self, length, prefix):
        """{kind of layer: [1, 1, length, length]}: the prefix sees itself whole, the window binds
        generated rows only."""
        i, j = torch.arange(length)[:, None], torch.arange(length)[None, :]
        full = (j <= i) | ((i < prefix) & (j < prefix))
        masks = {"full_attention": full}
        window = getattr(self.text, "sliding_window", None)
        if window is not None:
            masks["sliding_attention"] = full & ((i < prefix) | (j > i - window))
        lowest = torch.finfo(self.dtype).min
        return {kind: torch.where(seen, 0.0, lowest).to(self.dtype)[None, None]
                for kind, seen in masks.items()}

    @torch.no_grad()
    def explicit(self, ids, features, prefix):
        """Uncapped logits [S, V] of one sequence under masks of our own, positions from 0."""
        ids = torch.tensor([ids])
        embeds = self.model.model.language_model.embed_tokens(ids)
        embeds[:, : len(features)] = features
        masks = self.masks(ids.shape[1], prefix)
        if self.text.model_type == "gemma":
            masks = masks["full_attention"]
        hidden = self.model.model.language_model(
            inputs_embeds=embeds, attention_mask=masks, use_cache=False,
            position_ids=torch.arange(ids.shape[1])[None]).last_hidden_state
        return embeds[0], self.model.lm_head(hidden)[0]

    @torch.no_grad()
    def native(self, ids, pixels, steps, attention_mask=None, forced=None):
        """The model's own forward with its own masks, positions and cache, greedy, `ids` [B, P]: tokens
        [B, steps], uncapped and capped logits [B, steps, V]. `forced` [steps] overrides the choice."""
        mask = torch.ones_like(ids) if attention_mask is None else attention_mask
        cache = DynamicCache(config=self.text)
        inputs = {"input_ids": ids, "pixel_values": pixels, "token_type_ids": torch.zeros_like(ids)}
        tokens, uncapped, capped = [], [], []
        for step in range(steps):
            positions = mask.cumsum(-1).clamp(min=1)[:, -inputs["input_ids"].shape[1]:]
            out = self.model(**inputs, attention_mask=mask, position_ids=positions, cache=cache,
                             use_cache=True)
            uncapped.append(self.uncapped[:, -1].float())
            capped.append(out.logits[:, -1].float())
            choice = uncapped[-1].argmax(-1) if forced is None else forced[step].expand(len(ids))
            tokens.append(choice)
            mask = torch.cat([mask, torch.ones_like(choice)[:, None]], dim=-1)
            inputs = {"input_ids": choice[:, None], "token_type_ids": torch.ones_like(choice)[:, None]}
        return (torch.stack(value, dim=1) for value in (tokens, uncapped, capped))


class Recorder:
    """Collects the outputs of modules, rows [S, width], while it is open."""

    def __init__(self, reference):
        self.stages, self.handles = {}, []
        self.reference = reference

    def on_output(self, module, name):
        def hook(module, inputs, output):
            value = output[0] if isinstance(output, tuple) else output
            self.stages[name] = value.detach().reshape(-1, value.shape[-1]).clone()
        self.handles.append(module.register_forward_hook(hook))

    def on_input(self, module, name):
        def hook(module, inputs):
            self.stages[name] = inputs[0].detach().reshape(-1, inputs[0].shape[-1]).clone()
        self.handles.append(module.register_forward_pre_hook(hook))

    def watch_vision(self):
        model = self.reference.model.model
        tower = model.vision_tower

        def patches(module, inputs, output):
            value = output.detach().flatten(2).transpose(1, 2)
            self.stages["vision.patch_embedding"] = value.reshape(-1, value.shape[-1]).clone()
        self.handles.append(tower.embeddings.patch_embedding.register_forward_hook(patches))
        self.on_output(tower.embeddings, "vision.embeddings")
        for i, layer in enumerate(tower.encoder.layers):
            self.on_output(layer, f"vision.layer.{i}")
        self.on_output(tower.post_layernorm, "vision.post_layernorm")
        self.on_output(model.multi_modal_projector, "projector")

    def watch_text(self):
        decoder = self.reference.model.model.language_model
        for j, layer in enumerate(decoder.layers):
            name = f"text.layer.{j}."
            self.on_output(layer.input_layernorm, name + "input_layernorm")
            for part in "qkv":
                self.on_output(getattr(layer.self_attn, f"{part}_proj"), name + part)
            self.on_input(layer.self_attn.o_proj, name + "attention")
            self.on_output(layer.self_attn, name + "attention_output")
            self.on_output(layer.post_attention_layernorm, name + "post_attention_layernorm")
            self.on_input(layer.mlp.down_proj, name + "gated")
            self.on_output(layer.mlp, name + "mlp")
            self.on_output(layer, name + "output")
        self.on_output(decoder.norm, "text.norm")
        module = modeling_gemma if self.reference.text.model_type == "gemma" else modeling_gemma2
        self.original, self.module, self.layer = module.apply_rotary_pos_emb, module, 0

        def rotate(q, k, *args, **kwargs):
            rotated = self.original(q, k, *args, **kwargs)
            for part, value in zip("qk", rotated):
                rows = value.detach().transpose(1, 2)[0]  # [S, heads, d]
                self.stages[f"text.layer.{self.layer}.{part}_rope"] = rows.flatten(1).clone()
            self.layer += 1
            return rotated
        module.apply_rotary_pos_emb = rotate

    def close(self):
        for handle in self.handles:
            handle.remove()
        if hasattr(self, "original"):
            self.module.apply_rotary_pos_emb = self.original
        return self.stages


def difference(a, b):
    """Relative, Frobenius."""
    return float((a.double() - b.double()).norm() / b.double().norm())


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
    full = [reference.explicit(ids + tokens[:t], features, len(ids))[1][-1]
            for t in range(NEW_TOKENS)]
    stages["generated.ids"] = torch.tensor(tokens, dtype=torch.int32)
    stages["generated.logits"] = torch.stack(full)
    stages["logits_capped"] = capped[0, 0]
    assert difference(cached, stages["generated.logits"]) < 2e-5
    assert [int(row.argmax()) for row in full] == tokens
    best = stages["generated.logits"].topk(2).values
    return stages, float((best[:, 0] - best[:, 1]).min())


def acceptable(stages, margin):
    """No token ends an answer or is no text, none is a close call, and they are not all the same."""
    ids = stages["generated.ids"].tolist()
    return (margin >= SMALLEST_MARGIN and not STOP_IDS & set(ids) and len(set(ids)) >= 8
            and max(ids) < tiny_tokenizer.IMAGE_ID)


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
    return {"batch.input_ids": ids.int(), "batch.attention_mask": mask.int(),
            "batch.generated.ids": tokens.int(), "batch.generated.logits": uncapped}


def own_dtype(case, directory, stages, prefixes, pixels):
    """The same in the file's own type: logits along the f32 run's tokens."""
    reference = Reference(directory, TORCH_DTYPES[case["dtype"]], None)
    out = {}
    for prefix in prefixes:
        ids = stages[prefix + "input_ids"].long()[None]
        forced = stages[prefix + "generated.ids"].long()
        _, uncapped, _ = reference.native(ids, pixels.to(reference.dtype), NEW_TOKENS, forced=forced)
        out[prefix + "own_dtype.generated.logits"] = uncapped[0]
    return out


# ---- a case --------------------------------------------------------------------------------------


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def write_small_files(case, directory):
    size = case["vision"]["image_size"]
    write_json(directory / "config.json", make_config(case))
    write_json(directory / "generation_config.json",
               {"_from_model_config": True, "bos_token_id": 2, "cache_implementation": "hybrid",
                "eos_token_id": 1, "pad_token_id": 0})
    write_json(directory / "preprocessor_config.json", {
        "do_convert_rgb": None, "do_normalize": True, "do_rescale": True, "do_resize": True,
        "image_mean": [0.5] * 3, "image_std": [0.5] * 3, "rescale_factor": 0.00392156862745098,
        "image_processor_type": "SiglipImageProcessor", "processor_class": "PaliGemmaProcessor",
        "image_seq_length": (size // case["vision"]["patch_size"]) ** 2,
        "resample": 3, "size": {"height": size, "width": size}})
    tiny_tokenizer.write(directory / "tokenizer.json")


def table_normalizer(case):
    """sqrt(hidden_size) as it is in the type of the embedding table."""
    root = torch.tensor(math.sqrt(case["text"]["hidden_size"]), dtype=torch.float32)
    return float(root.to(TORCH_DTYPES[case["dtype"]]))


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
    inputs = [preprocess(picture, case["vision"]["image_size"])
              for picture in pictures[: case["pictures"]]]
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

    prefixes = [f"prompt.{n}." if len(case["prompts"]) > 1 else ""
                for n in range(len(case["prompts"]))]
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
            {"text": prompt, "prefix": prefix, "prefix_length": len(stages[prefix + "input_ids"]),
             "smallest_margin": margin}
            for prompt, prefix, margin in zip(case["prompts"], prefixes, margins)],
        "images": names, "dtype": case["dtype"], "seed": seed,
        "text_normalizer": table_normalizer(case),
        "versions": {"transformers": transformers.__version__, "torch": torch.__version__,
                     "tokenizers": tokenizers.__version__, "numpy": np.__version__,
                     "pillow": PIL.__version__},
        "notes": [
            "float32 arithmetic on the weights as stored, eager attention, positions from 0",
            "text_normalizer is sqrt(hidden_size) rounded to the type of the embedding table",
            "the window limits generated rows only; prefix rows see the whole prefix",
            "logits and generated.logits are before the final soft-cap, logits_capped after it",
            f"{NEW_TOKENS} greedy tokens, not stopped by <eos>"]}


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
