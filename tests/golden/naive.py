"""PaliGemma in float64, written for reading: one image, one sequence, no cache, no batching, one
head and one row at a time where that is bearable. It shares no code with the reference
(transformers) nor with the engine, and guards both: `check_naive.py` compares its stages with the
committed values, `check_traps.py` springs its traps.

A trap is a mistake that this model has invited elsewhere. It is named in `TRAPS` and switched on
with `Naive(directory, trap="...")`.
"""

import json
import math
import pathlib
import struct

import numpy as np

TRAPS = {
    "causal-prefix": "prefix rows see only what is before them",
    "bilinear-resize": "the picture is resized with the bilinear filter",
    "missing-newline": "the prompt is not closed with a newline",
    "missing-attention-softcap": "attention scores are not capped",
    "missing-final-softcap": "logits are not capped",
    "image-features-scaled": "image features are multiplied by sqrt(hidden_size)",
    "text-not-scaled": "text embeddings are not multiplied by sqrt(hidden_size)",
    "gqa-interleaved": "query head h reads key-value head h mod K instead of h / (H / K)",
    "rope-pairs-adjacent": "RoPE turns (x[2i], x[2i+1]) instead of (x[i], x[i + d/2])",
    "rope-reversed": "RoPE turns the other way",
    "window-on-odd-layers": "the window is on layers 1, 3, ... instead of 0, 2, ...",
    "window-on-prefix": "the window also limits prefix rows",
    "window-off-by-one": "a row sees one key more than the window",
    "scale-by-head-dim": "scores are scaled by head_dim^-0.5, not query_pre_attn_scalar^-0.5",
    "norm-without-one": "RMSNorm multiplies by w instead of 1 + w",
    "gelu-erf": "the exact GELU instead of its tanh form",
    "cap-after-mask": "the soft-cap is applied to masked scores, so that the mask is lost",
    "bos-missing": "no <bos> between image and prompt",
    "patch-order-transposed": "patches are numbered column by column",
}

DTYPES = {
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "I32": np.dtype("<i4"),
    "I64": np.dtype("<i8"),
    "U8": np.dtype("u1"),
}


# ---- files -------------------------------------------------------------------------------------


def read_safetensors(path):
    """{name: (array, dtype name)}; BF16 becomes float32."""
    data = pathlib.Path(path).read_bytes()
    (size,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + size])
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        raw = data[8 + size + begin : 8 + size + end]
        if entry["dtype"] == "BF16":
            array = (np.frombuffer(raw, "<u2").astype(np.uint32) << 16).view(np.float32)
        else:
            array = np.frombuffer(raw, DTYPES[entry["dtype"]])
        tensors[name] = (array.reshape(entry["shape"]), entry["dtype"])
    return tensors


def classic_name(name):
    """The names of the official files, whichever of the known spellings a file uses."""
    name = name.removeprefix("model.")
    if name.startswith("vision_tower.") and not name.startswith("vision_tower.vision_model."):
        name = "vision_tower.vision_model." + name.removeprefix("vision_tower.")
    if name.startswith("language_model.") and not name.startswith("language_model.model."):
        name = "language_model.model." + name.removeprefix("language_model.")
    return name


def read_checkpoint(directory):
    """({classic name: float64 array}, dtype of the embedding table)."""
    index = directory / "model.safetensors.index.json"
    files = ["model.safetensors"]
    if index.exists():
        files = sorted(set(json.loads(index.read_text())["weight_map"].values()))
    weights = {}
    for file in files:
        weights.update(read_safetensors(directory / file))
    weights = {classic_name(name): value for name, value in weights.items()}
    table_dtype = weights["language_model.model.embed_tokens.weight"][1]
    return {name: array.astype(np.float64) for name, (array, _) in weights.items()}, table_dtype


def round_to(value, dtype):
    """`value` as the nearest number of a storage format, ties to even."""
    if dtype == "F16":
        return float(np.float16(value))
    single = np.float32(value)
    if dtype == "F32":
        return float(single)
    bits = int(single.view(np.uint32))
    bits = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000
    return float(np.uint32(bits).view(np.float32))


# ---- the picture -------------------------------------------------------------------------------


def bicubic(x):
    a, t = -0.5, abs(x)
    if t < 1:
        return ((a + 2) * t - (a + 3)) * t * t + 1
    return (((t - 5) * t + 8) * t - 4) * a if t < 2 else 0.0


def bilinear(x):
    return max(0.0, 1 - abs(x))


def resize_axis(pixels, length, function, radius):
    """Pillow's 8-bit resampling along the first axis: [n, m, 3] to [length, m, 3]."""
    n = pixels.shape[0]
    if n == length:
        return pixels
    scale = n / length
    stretch = max(scale, 1.0)
    out = np.empty((length,) + pixels.shape[1:], np.uint8)
    for o in range(length):
        center = (o + 0.5) * scale
        low = max(0, int(center - radius * stretch + 0.5))
        high = min(n, int(center + radius * stretch + 0.5))
        w = [function((x - center + 0.5) * (1.0 / stretch)) for x in range(low, high)]
        total = 0.0
        for value in w:
            total += value
        fixed = [int(v / total * (1 << 22) + (-0.5 if v < 0 else 0.5)) for v in w]
        acc = np.full(pixels.shape[1:], 1 << 21, np.int64)
        for x, k in zip(range(low, high), fixed):
            acc += pixels[x].astype(np.int64) * k
        out[o] = np.clip(acc >> 22, 0, 255)
    return out


def resize(pixels, size, filter_name):
    """[height, width, 3] u8 to [size, size, 3] u8: columns first, then rows."""
    function, radius = (bicubic, 2.0) if filter_name == "bicubic" else (bilinear, 1.0)
    across = resize_axis(pixels.transpose(1, 0, 2), size, function, radius).transpose(1, 0, 2)
    return resize_axis(across, size, function, radius)


def normalize(pixels):
    """[size, size, 3] u8 to [3, size, size], rounded to f32 where the reference rounds."""
    rescaled = (pixels.astype(np.float64) * 0.00392156862745098).astype(np.float32)
    half = np.float32(0.5)
    return ((rescaled - half) / half).transpose(2, 0, 1).astype(np.float64)


# ---- operations --------------------------------------------------------------------------------


def gelu_tanh(x):
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def gelu_erf(x):
    return 0.5 * x * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


def layer_norm(x, weight, bias, eps):
    mean = x.mean(axis=-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(axis=-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + eps) * weight + bias


class Naive:
    """A checkpoint directory, read whole."""

    def __init__(self, directory, trap=None):
        assert trap is None or trap in TRAPS, trap
        directory = pathlib.Path(directory)
        config = json.loads((directory / "config.json").read_text())
        self.trap = trap
        self.w, self.table_dtype = read_checkpoint(directory)
        self.image_id = config.get("image_token_index", config.get("image_token_id"))
        self.text = config["text_config"]
        self.vision = config["vision_config"]
        self.gemma2 = self.text["model_type"] == "gemma2"
        self.hidden_size = self.text["hidden_size"]
        self.normalizer = round_to(math.sqrt(self.hidden_size), self.table_dtype)
        self.gelu = gelu_erf if trap == "gelu-erf" else gelu_tanh

    # ---- vision --------------------------------------------------------------------------------

    def preprocess(self, pixels):
        name = "bilinear" if self.trap == "bilinear-resize" else "bicubic"
        return normalize(resize(pixels, self.vision["image_size"], name))

    def vision_linear(self, x, name):
        name = "vision_tower.vision_model." + name
        return x @ self.w[name + ".weight"].T + self.w[name + ".bias"]

    def vision_norm(self, x, name):
        name = "vision_tower.vision_model." + name
        eps = self.vision.get("layer_norm_eps", 1e-6)
        return layer_norm(x, self.w[name + ".weight"], self.w[name + ".bias"], eps)

    def vision_attention(self, x, prefix):
        heads = self.vision["num_attention_heads"]
        size = self.vision["hidden_size"] // heads
        q, k, v = (self.vision_linear(x, f"{prefix}.{part}_proj") for part in "qkv")
        out = np.zeros_like(x)
        for h in range(heads):
            cols = slice(h * size, (h + 1) * size)
            for i in range(len(x)):
                p = softmax(k[:, cols] @ q[i, cols] / math.sqrt(size))
                out[i, cols] = p @ v[:, cols]
        return self.vision_linear(out, f"{prefix}.out_proj")

    def encode(self, pixels, stages):
        """[3, S, S] to [N, hidden_size of the decoder]; appends each stage to `stages`."""

        def keep(name, value):
            stages.setdefault(name, []).append(value)
            return value

        patch = self.vision["patch_size"]
        side = self.vision["image_size"] // patch
        kernel = self.w["vision_tower.vision_model.embeddings.patch_embedding.weight"]
        bias = self.w["vision_tower.vision_model.embeddings.patch_embedding.bias"]
        x = np.empty((side * side, len(bias)))
        for row in range(side):
            for col in range(side):
                box = pixels[:, row * patch : (row + 1) * patch, col * patch : (col + 1) * patch]
                p = col * side + row if self.trap == "patch-order-transposed" else row * side + col
                x[p] = (kernel * box).sum(axis=(1, 2, 3)) + bias
        keep("vision.patch_embedding", x)
        x = x + self.w["vision_tower.vision_model.embeddings.position_embedding.weight"]
        keep("vision.embeddings", x)
        for i in range(self.vision["num_hidden_layers"]):
            layer = f"encoder.layers.{i}"
            normed = self.vision_norm(x, f"{layer}.layer_norm1")
            x = x + self.vision_attention(normed, f"{layer}.self_attn")
            normed = self.vision_norm(x, f"{layer}.layer_norm2")
            inner = self.gelu(self.vision_linear(normed, f"{layer}.mlp.fc1"))
            x = x + self.vision_linear(inner, f"{layer}.mlp.fc2")
            keep(f"vision.layer.{i}", x)
        x = keep("vision.post_layernorm", self.vision_norm(x, "post_layernorm"))
        weight = self.w["multi_modal_projector.linear.weight"]
        return keep("projector", x @ weight.T + self.w["multi_modal_projector.linear.bias"])

    # ---- decoder -------------------------------------------------------------------------------

    def embed(self, ids, features):
        """[S, hidden_size]: scaled text, image features as they are."""
        table = self.w["language_model.model.embed_tokens.weight"]
        text_scale = 1.0 if self.trap == "text-not-scaled" else self.normalizer
        image_scale = self.normalizer if self.trap == "image-features-scaled" else 1.0
        x = np.empty((len(ids), self.hidden_size))
        next_feature = 0
        for t, token in enumerate(ids):
            if token == self.image_id:
                x[t] = features[next_feature] * image_scale
                next_feature += 1
            else:
                x[t] = table[token] * text_scale
        assert next_feature == len(features)
        return x

    def rms_norm(self, x, name):
        eps = self.text.get("rms_norm_eps", 1e-6)
        one = 0.0 if self.trap == "norm-without-one" else 1.0
        y = x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + eps)
        return y * (one + self.w[f"language_model.model.{name}.weight"])

    def text_linear(self, x, name):
        return x @ self.w[f"language_model.model.{name}.weight"].T

    def rope(self, x, heads):
        """[S, heads * d], positions from 0."""
        d = self.text.get("head_dim", 256)
        theta = self.text.get("rope_theta") or self.text.get("rope_parameters", {}).get(
            "rope_theta"
        )
        theta = theta or 10000.0
        y = np.empty_like(x)
        for pos in range(len(x)):
            for h in range(heads):
                for i in range(d // 2):
                    angle = pos * theta ** (-2 * i / d)
                    if self.trap == "rope-reversed":
                        angle = -angle
                    a, b = h * d + i, h * d + i + d // 2
                    if self.trap == "rope-pairs-adjacent":
                        a, b = h * d + 2 * i, h * d + 2 * i + 1
                    c, s = math.cos(angle), math.sin(angle)
                    y[pos, a] = x[pos, a] * c - x[pos, b] * s
                    y[pos, b] = x[pos, b] * c + x[pos, a] * s
        return y

    def visible(self, layer, i, j, prefix):
        """May row i see key j?"""
        allowed = j <= i or (i < prefix and j < prefix and self.trap != "causal-prefix")
        window = self.text.get("sliding_window", 4096) if self.gemma2 else None
        if window is None:
            return allowed
        kinds = self.text.get("layer_types")
        local = kinds[layer] == "sliding_attention" if kinds else layer % 2 == 0
        if self.trap == "window-on-odd-layers":
            local = not local
        if self.trap == "window-off-by-one":
            window += 1
        if local and (i >= prefix or self.trap == "window-on-prefix"):
            allowed = allowed and j > i - window
        return allowed

    def attention(self, layer, q, k, v, prefix):
        heads, kv_heads = self.text["num_attention_heads"], self.text["num_key_value_heads"]
        d = self.text.get("head_dim", 256)
        scalar = self.text.get("query_pre_attn_scalar", 256) if self.gemma2 else d
        if self.trap == "scale-by-head-dim":
            scalar = d
        cap = self.text.get("attn_logit_softcapping", 50.0) if self.gemma2 else None
        if self.trap == "missing-attention-softcap":
            cap = None
        out = np.empty((len(q), heads * d))
        for h in range(heads):
            kv = h % kv_heads if self.trap == "gqa-interleaved" else h // (heads // kv_heads)
            keys, values = k[:, kv * d : (kv + 1) * d], v[:, kv * d : (kv + 1) * d]
            for i in range(len(q)):
                score = keys @ q[i, h * d : (h + 1) * d] / math.sqrt(scalar)
                shut = np.array([not self.visible(layer, i, j, prefix) for j in range(len(q))])
                if self.trap == "cap-after-mask":
                    score = np.where(shut, -1e30, score)
                if cap is not None:
                    score = cap * np.tanh(score / cap)
                if self.trap != "cap-after-mask":
                    score = np.where(shut, -np.inf, score)
                out[i, h * d : (h + 1) * d] = softmax(score) @ values
        return out

    def decode(self, x, prefix, stages):
        """[S, hidden_size] merged embeddings to [S, hidden_size] after the final norm."""
        stages["text.input_embeddings"] = x
        for j in range(self.text["num_hidden_layers"]):
            layer, out = f"layers.{j}", f"text.layer.{j}"
            normed = stages[f"{out}.input_layernorm"] = self.rms_norm(x, f"{layer}.input_layernorm")
            q, k, v = (self.text_linear(normed, f"{layer}.self_attn.{part}_proj") for part in "qkv")
            q_rope = self.rope(q, self.text["num_attention_heads"])
            k_rope = self.rope(k, self.text["num_key_value_heads"])
            attended = self.attention(j, q_rope, k_rope, v, prefix)
            projected = self.text_linear(attended, f"{layer}.self_attn.o_proj")
            stages.update(
                {
                    f"{out}.q": q,
                    f"{out}.k": k,
                    f"{out}.v": v,
                    f"{out}.q_rope": q_rope,
                    f"{out}.k_rope": k_rope,
                    f"{out}.attention": attended,
                    f"{out}.attention_output": projected,
                }
            )
            after = f"{layer}.post_attention_layernorm"
            if self.gemma2:
                x = x + self.rms_norm(projected, after)
                stages[f"{out}.post_attention_layernorm"] = self.rms_norm(projected, after)
                inner = self.rms_norm(x, f"{layer}.pre_feedforward_layernorm")
            else:
                x = x + projected
                inner = stages[f"{out}.post_attention_layernorm"] = self.rms_norm(x, after)
            gated = self.gelu(self.text_linear(inner, f"{layer}.mlp.gate_proj"))
            gated = gated * self.text_linear(inner, f"{layer}.mlp.up_proj")
            mlp = self.text_linear(gated, f"{layer}.mlp.down_proj")
            stages[f"{out}.gated"], stages[f"{out}.mlp"] = gated, mlp
            x = x + (
                self.rms_norm(mlp, f"{layer}.post_feedforward_layernorm") if self.gemma2 else mlp
            )
            stages[f"{out}.output"] = x
        x = stages["text.norm"] = self.rms_norm(x, "norm")
        return x

    def logits(self, ids, features, prefix, stages):
        """Uncapped logits [V] of the last row."""
        x = self.decode(self.embed(ids, features), prefix, stages)
        return self.w["language_model.model.embed_tokens.weight"] @ x[-1]

    def cap(self, logits):
        cap = self.text.get("final_logit_softcapping", 30.0) if self.gemma2 else None
        if cap is None or self.trap == "missing-final-softcap":
            return logits
        return cap * np.tanh(logits / cap)

    def prefix_ids(self, ids):
        """The prompt as the trap would have it."""
        if self.trap == "missing-newline":
            return ids[:-1]
        if self.trap == "bos-missing":
            return [token for token in ids if token != 2]
        return ids

    # ---- everything that expected.safetensors has ------------------------------------------------

    def run_vision(self, pictures):
        """Stages of all pictures [height, width, 3] u8, their tokens one after the other."""
        stages = {}
        pixels = [self.preprocess(picture) for picture in pictures]
        for planes in pixels:
            self.encode(planes, stages)
        stages = {name: np.concatenate(parts) for name, parts in stages.items()}
        stages["pixel_values"] = np.stack(pixels)
        return stages

    def run_prompt(self, ids, features, continuation):
        """Stages of one prompt, and the logits of each step of a given continuation."""
        ids = self.prefix_ids([int(token) for token in ids])
        stages = {}
        stages["logits"] = self.logits(ids, features, len(ids), stages)
        stages["logits_capped"] = self.cap(stages["logits"])
        steps = [stages["logits"]]
        for t in range(1, len(continuation)):
            sequence = ids + [int(token) for token in continuation[:t]]
            steps.append(self.logits(sequence, features, len(ids), {}))
        stages["generated.logits"] = np.stack(steps)
        return stages
