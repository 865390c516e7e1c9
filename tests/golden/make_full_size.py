"""Writes a checkpoint with the shapes of paligemma2-3b-mix-448 and random BF16 weights.

It has 6.1 GB, serves to compare whole runs at full size, and is never committed.

    python make_full_size.py OUT_DIR --tokenizer GEMMA_DIR

GEMMA_DIR holds Gemma's tokenizer.json; PaliGemma's markers are added to the copy. One shard is
held in memory at a time.
"""

import argparse
import json
import pathlib

import safetensors.torch
import torch

SHARD_BYTES = 1_500_000_000
IMAGE_ID = 257152

# As in the official file: what equals a default of the class is absent.
CONFIG = {
    "_vocab_size": 257152,
    "architectures": ["PaliGemmaForConditionalGeneration"],
    "bos_token_id": 2,
    "eos_token_id": 1,
    "hidden_size": 2048,
    "image_token_index": IMAGE_ID,
    "model_type": "paligemma",
    "num_hidden_layers": 26,
    "pad_token_id": 0,
    "projection_dim": 2304,
    "torch_dtype": "bfloat16",
    "text_config": {
        "architectures": ["Gemma2ForCausalLM"],
        "attn_logit_softcapping": 50.0,
        "cache_implementation": "hybrid",
        "eos_token_id": [1, 107],
        "final_logit_softcapping": 30.0,
        "hidden_act": "gelu_pytorch_tanh",
        "hidden_activation": "gelu_pytorch_tanh",
        "hidden_size": 2304,
        "intermediate_size": 9216,
        "model_type": "gemma2",
        "num_hidden_layers": 26,
        "num_image_tokens": 1024,
        "num_key_value_heads": 4,
        "query_pre_attn_scalar": 256,
        "sliding_window": 4096,
        "torch_dtype": "float32",
        "vocab_size": 257216,
    },
    "vision_config": {
        "hidden_size": 1152,
        "image_size": 448,
        "intermediate_size": 4304,
        "model_type": "siglip_vision_model",
        "num_attention_heads": 16,
        "num_hidden_layers": 27,
        "num_image_tokens": 1024,
        "num_positions": 256,
        "patch_size": 14,
        "projection_dim": 2304,
        "torch_dtype": "float32",
        "vision_use_head": False,
    },
}
PREPROCESSOR = {
    "do_convert_rgb": None,
    "do_normalize": True,
    "do_rescale": True,
    "do_resize": True,
    "image_mean": [0.5] * 3,
    "image_processor_type": "SiglipImageProcessor",
    "image_seq_length": 1024,
    "image_std": [0.5] * 3,
    "processor_class": "PaliGemmaProcessor",
    "resample": 3,
    "rescale_factor": 0.00392156862745098,
    "size": {"height": 448, "width": 448},
}
GENERATION = {
    "_from_model_config": True,
    "bos_token_id": 2,
    "cache_implementation": "hybrid",
    "eos_token_id": 1,
    "pad_token_id": 0,
}


def tensor_plan():
    """(name, shape, mean, deviation) of every tensor.

    Scores of both attentions and the logits come out with a deviation of about two: attention
    prefers some keys without picking one. The final norm has either sign, or the tied table would
    repeat the last token for ever."""
    tower, width, inner = "vision_tower.vision_model.", 1152, 4304
    yield tower + "embeddings.patch_embedding.weight", (width, 3, 14, 14), 0, 0.03
    yield tower + "embeddings.patch_embedding.bias", (width,), 0, 0.1
    yield tower + "embeddings.position_embedding.weight", (1024, width), 0, 0.3
    vision_linear = [(f"self_attn.{part}_proj", width, width) for part in ("q", "k", "v", "out")]
    vision_linear += [("mlp.fc1", inner, width), ("mlp.fc2", width, inner)]
    for i in range(27):
        layer = f"{tower}encoder.layers.{i}."
        for norm in ("layer_norm1", "layer_norm2"):
            yield f"{layer}{norm}.weight", (width,), 1, 0.1
            yield f"{layer}{norm}.bias", (width,), 0, 0.1
        for name, rows, columns in vision_linear:
            sharp = name.endswith(("q_proj", "k_proj"))
            yield f"{layer}{name}.weight", (rows, columns), 0, 0.04 if sharp else 0.03
            yield f"{layer}{name}.bias", (rows,), 0, 0.1
    yield tower + "post_layernorm.weight", (width,), 1, 0.1
    yield tower + "post_layernorm.bias", (width,), 0, 0.1
    width, inner = 2304, 9216
    yield "multi_modal_projector.linear.weight", (width, 1152), 0, 0.03
    yield "multi_modal_projector.linear.bias", (width,), 0, 0.1
    decoder = "language_model.model."
    yield decoder + "embed_tokens.weight", (257216, width), 0, 0.02
    text_linear = [
        ("self_attn.q_proj", 2048, width),
        ("self_attn.k_proj", 1024, width),
        ("self_attn.v_proj", 1024, width),
        ("self_attn.o_proj", width, 2048),
        ("mlp.gate_proj", inner, width),
        ("mlp.up_proj", inner, width),
        ("mlp.down_proj", width, inner),
    ]
    for j in range(26):
        layer = f"{decoder}layers.{j}."
        yield layer + "input_layernorm.weight", (width,), 0.2, 0.1
        yield layer + "post_attention_layernorm.weight", (width,), 0, 0.2
        yield layer + "pre_feedforward_layernorm.weight", (width,), 0.2, 0.1
        yield layer + "post_feedforward_layernorm.weight", (width,), 0.5, 0.2
        for name, rows, columns in text_linear:
            sharp = name.endswith(("q_proj", "k_proj"))
            yield f"{layer}{name}.weight", (rows, columns), 0, 0.025 if sharp else 0.02
    yield decoder + "norm.weight", (width,), -1, 2  # as multiplier: 0, 2


def make_tensor(index, shape, mean, deviation):
    """BF16, drawn in F32 a block at a time; its own seed, so that the order does not matter."""
    generator = torch.Generator().manual_seed(448_000 + index)
    out = torch.empty(shape, dtype=torch.bfloat16)
    for block in out.view(-1).split(1 << 24):
        block.copy_(torch.randn(block.shape, generator=generator) * deviation + mean)
    return out


def split_into_shards(plan):
    shards, size = [[]], 0
    for index, (name, shape, mean, deviation) in enumerate(plan):
        bytes_needed = 2 * torch.Size(shape).numel()
        if shards[-1] and size + bytes_needed > SHARD_BYTES:
            shards.append([])
            size = 0
        shards[-1].append((index, name, shape, mean, deviation))
        size += bytes_needed
    return shards


def write_weights(directory):
    shards, weight_map, total = split_into_shards(tensor_plan()), {}, 0
    for number, shard in enumerate(shards, start=1):
        file = f"model-{number:05d}-of-{len(shards):05d}.safetensors"
        tensors = {
            name: make_tensor(index, shape, mean, deviation)
            for index, name, shape, mean, deviation in shard
        }
        safetensors.torch.save_file(tensors, directory / file, {"format": "pt"})
        (directory / file).chmod(0o644)
        weight_map |= dict.fromkeys(tensors, file)
        total += sum(tensor.nbytes for tensor in tensors.values())
        print(file, flush=True)
    write_json(
        directory / "model.safetensors.index.json",
        {"metadata": {"total_size": total}, "weight_map": dict(sorted(weight_map.items()))},
    )
    print(f"{len(weight_map)} tensors, {total} bytes")


def write_tokenizer(directory, source):
    document = json.loads((source / "tokenizer.json").read_text(encoding="utf-8"))
    known = {token["content"] for token in document["added_tokens"]}
    markers = [f"<loc{n:04d}>" for n in range(1024)] + [f"<seg{n:03d}>" for n in range(128)]
    for offset, content in enumerate(markers + ["<image>"]):
        if content not in known:
            document["added_tokens"].append(
                {
                    "id": 256000 + offset,
                    "content": content,
                    "single_word": False,
                    "lstrip": False,
                    "rstrip": False,
                    "normalized": content != "<image>",
                    "special": content == "<image>",
                }
            )
    (directory / "tokenizer.json").write_text(
        json.dumps(document, ensure_ascii=False, indent=2), encoding="utf-8"
    )


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--tokenizer", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    arguments.directory.mkdir(parents=True, exist_ok=True)
    write_json(arguments.directory / "config.json", CONFIG)
    write_json(arguments.directory / "preprocessor_config.json", PREPROCESSOR)
    write_json(arguments.directory / "generation_config.json", GENERATION)
    write_tokenizer(arguments.directory, arguments.tokenizer)
    write_weights(arguments.directory)


if __name__ == "__main__":
    main()
