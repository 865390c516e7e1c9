"""The cases: configurations, weights and prompts of the golden models."""

import copy
import math

import numpy as np
import torch

import tiny_tokenizer

TORCH_DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}

# ---- configurations ------------------------------------------------------------------------------

BASE_VISION = {
    "model_type": "siglip_vision_model",
    "hidden_size": 36,
    "intermediate_size": 74,
    "num_hidden_layers": 3,
    "num_attention_heads": 3,
    "image_size": 42,
    "patch_size": 14,
    "projection_dim": 48,
    "torch_dtype": "float32",
    "vision_use_head": False,
}
BASE_TEXT = {
    "model_type": "gemma2",
    "hidden_size": 48,
    "intermediate_size": 54,
    "num_hidden_layers": 5,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "head_dim": 12,
    "vocab_size": 320,
    "query_pre_attn_scalar": 10,
    "attn_logit_softcapping": 2.0,
    "final_logit_softcapping": 3.0,
    "sliding_window": 6,
    "max_position_embeddings": 512,
    "eos_token_id": [1, 107],
    "hidden_act": "gelu_pytorch_tanh",
    "hidden_activation": "gelu_pytorch_tanh",
    "cache_implementation": "hybrid",
    "num_image_tokens": 9,
    "torch_dtype": "float32",
}


def small_vision(**changes):
    return (
        BASE_VISION
        | {
            "hidden_size": 24,
            "intermediate_size": 50,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "projection_dim": 32,
        }
        | changes
    )


def small_text(**changes):
    return (
        BASE_TEXT
        | {
            "hidden_size": 32,
            "intermediate_size": 40,
            "num_hidden_layers": 3,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "head_dim": 10,
            "query_pre_attn_scalar": 8,
        }
        | changes
    )


def gemma1_text():
    text = {
        key: value
        for key, value in small_text().items()
        if "softcapping" not in key
        and key
        not in (
            "sliding_window",
            "query_pre_attn_scalar",
            "hidden_activation",
            "cache_implementation",
        )
    }
    return text | {"model_type": "gemma", "head_dim": 8, "num_key_value_heads": 1}


BASE = {
    "vision": BASE_VISION,
    "text": BASE_TEXT,
    "dtype": "F32",
    "seed": 1,
    "prompts": ["answer en what is it?"],
    "pictures": 1,
}
SMALL = BASE | {"vision": small_vision(), "text": small_text()}

CASES = {
    "base-f32": BASE,
    "base-f16": BASE | {"dtype": "F16"},
    "base-bf16": BASE | {"dtype": "BF16"},
    "sharded": SMALL | {"seed": 2, "shard_size": "100KB"},
    "scaling-28b": SMALL
    | {
        "seed": 3,
        "text": small_text(
            hidden_size=48, intermediate_size=60, head_dim=8, query_pre_attn_scalar=12
        ),
        "vision": small_vision(projection_dim=48),
    },
    "long-window": SMALL | {"seed": 4, "text": small_text(sliding_window=64)},
    "paligemma1": SMALL | {"seed": 5, "text": gemma1_text()},
    "two-images": SMALL | {"seed": 6, "pictures": 2},
    "several-prompts": SMALL
    | {
        "seed": 7,
        "prompts": ["", "answer en what is it?", "cap en ", "d\u00e9tecte\nla t\u00eate"],
    },
    "batch": SMALL | {"seed": 8, "prompts": ["ocr", "answer en where is the cow?"], "batch": True},
    "odd-sizes": SMALL
    | {
        "seed": 9,
        "vision": BASE_VISION
        | {"image_size": 70, "intermediate_size": 75, "num_hidden_layers": 2, "projection_dim": 63},
        "text": small_text(
            hidden_size=63,
            intermediate_size=53,
            num_hidden_layers=3,
            num_attention_heads=9,
            num_key_value_heads=3,
            head_dim=6,
        ),
    },
    "lines": SMALL
    | {
        "seed": 11,
        "vision": small_vision(image_size=64, patch_size=8),
        "prompts": ["ocr"],
    },
    "new-names": SMALL | {"seed": 10, "dtype": "BF16", "new_names": True},
}


def make_config(case):
    """config.json in the manner of the official files: what equals a default is left out."""
    text, vision = copy.deepcopy(case["text"]), copy.deepcopy(case["vision"])
    tokens = (vision["image_size"] // vision["patch_size"]) ** 2
    text["num_image_tokens"] = vision["num_image_tokens"] = tokens
    vision["num_positions"] = 256
    return {
        "architectures": ["PaliGemmaForConditionalGeneration"],
        "model_type": "paligemma",
        "_vocab_size": 257152,
        "bos_token_id": 2,
        "eos_token_id": 1,
        "pad_token_id": 0,
        "hidden_size": 2048,
        "image_token_index": tiny_tokenizer.IMAGE_ID,
        "num_hidden_layers": text["num_hidden_layers"],
        "projection_dim": text["hidden_size"],
        "torch_dtype": {"F32": "float32", "F16": "float16", "BF16": "bfloat16"}[case["dtype"]],
        "text_config": text,
        "vision_config": vision,
    }


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
        tower + "embeddings.position_embedding.weight": (
            (v["image_size"] // v["patch_size"]) ** 2,
            dv,
        ),
    }
    linear = {f"self_attn.{part}_proj": (dv, dv) for part in ("q", "k", "v", "out")}
    linear |= {"mlp.fc1": (v["intermediate_size"], dv), "mlp.fc2": (dv, v["intermediate_size"])}
    for i in range(v["num_hidden_layers"]):
        layer = f"{tower}encoder.layers.{i}."
        for name, shape in linear.items():
            shapes |= {f"{layer}{name}.weight": shape, f"{layer}{name}.bias": shape[:1]}
        for norm in ("layer_norm1", "layer_norm2"):
            shapes |= {f"{layer}{norm}.weight": (dv,), f"{layer}{norm}.bias": (dv,)}
    shapes |= {
        tower + "post_layernorm.weight": (dv,),
        tower + "post_layernorm.bias": (dv,),
        "multi_modal_projector.linear.weight": (d, dv),
        "multi_modal_projector.linear.bias": (d,),
        "language_model.model.embed_tokens.weight": (t["vocab_size"], d),
    }
    norms = ["input_layernorm", "post_attention_layernorm"]
    if t["model_type"] == "gemma2":
        norms += ["pre_feedforward_layernorm", "post_feedforward_layernorm"]
    linear = {
        "self_attn.q_proj": (q, d),
        "self_attn.k_proj": (kv, d),
        "self_attn.v_proj": (kv, d),
        "self_attn.o_proj": (d, q),
        "mlp.gate_proj": (t["intermediate_size"], d),
        "mlp.up_proj": (t["intermediate_size"], d),
        "mlp.down_proj": (d, t["intermediate_size"]),
    }
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


def table_normalizer(case):
    """sqrt(hidden_size) as it is in the type of the embedding table."""
    root = torch.tensor(math.sqrt(case["text"]["hidden_size"]), dtype=torch.float32)
    return float(root.to(TORCH_DTYPES[case["dtype"]]))
