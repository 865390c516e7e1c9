"""PaliGemma 2 in plain PyTorch, for training.

The architecture is the reference's (SigLIP vision tower, linear projector, Gemma 2 decoder); module
names are chosen so that `state_dict()` has the tensor names of a Hugging Face checkpoint, and export
is a matter of writing the file. `tests/test_model.py` holds it against transformers.

Shapes: B pictures, N image tokens, T text tokens, S = N + T.
"""
import math

import torch
import torch.nn.functional as F
from torch import nn


class SiglipAttention(nn.Module):
    def __init__(self, c):
        super().__init__()
        d = c["hidden_size"]
        self.heads = c["num_attention_heads"]
        self.q_proj, self.k_proj = nn.Linear(d, d), nn.Linear(d, d)
        self.v_proj, self.out_proj = nn.Linear(d, d), nn.Linear(d, d)

    def forward(self, x):
        b, n, d = x.shape
        q, k, v = (p(x).view(b, n, self.heads, -1).transpose(1, 2)
                   for p in (self.q_proj, self.k_proj, self.v_proj))
        y = F.scaled_dot_product_attention(q, k, v)
        return self.out_proj(y.transpose(1, 2).reshape(b, n, d))


class SiglipMLP(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.fc1 = nn.Linear(c["hidden_size"], c["intermediate_size"])
        self.fc2 = nn.Linear(c["intermediate_size"], c["hidden_size"])

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x), approximate="tanh"))


class SiglipLayer(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.layer_norm1 = nn.LayerNorm(c["hidden_size"], eps=1e-6)
        self.self_attn = SiglipAttention(c)
        self.layer_norm2 = nn.LayerNorm(c["hidden_size"], eps=1e-6)
        self.mlp = SiglipMLP(c)

    def forward(self, x):
        x = x + self.self_attn(self.layer_norm1(x))
        return x + self.mlp(self.layer_norm2(x))


class VisionTower(nn.Module):
    """Pixels [B, 3, H, W] in [-1, 1] to patches [B, N, hidden_size], row by row."""

    def __init__(self, c):
        super().__init__()
        d, patch = c["hidden_size"], c["patch_size"]
        n = (c["image_size"] // patch) ** 2
        self.embeddings = nn.Module()
        self.embeddings.patch_embedding = nn.Conv2d(3, d, patch, patch)
        self.embeddings.position_embedding = nn.Embedding(n, d)
        self.encoder = nn.Module()
        self.encoder.layers = nn.ModuleList(
            SiglipLayer(c) for _ in range(c["num_hidden_layers"]))
        self.post_layernorm = nn.LayerNorm(d, eps=1e-6)

    def forward(self, pixels):
        x = self.embeddings.patch_embedding(pixels).flatten(2).transpose(1, 2)
        x = x + self.embeddings.position_embedding.weight
        for layer in self.encoder.layers:
            x = layer(x)
        return self.post_layernorm(x)


class RMSNorm(nn.Module):
    """Gemma's: scaled by 1 + weight."""

    def __init__(self, d):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(d))

    def forward(self, x):
        x = x.float()
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6) * (1 + self.weight)


def rotate(x, cos, sin):
    """Component i is paired with i + head_dim / 2. x [B, heads, S, head_dim]."""
    a, b = x.chunk(2, -1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)


class GemmaAttention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.d = c["head_dim"]
        self.heads, self.groups = c["num_attention_heads"], c["num_key_value_heads"]
        self.scale = c["query_pre_attn_scalar"] ** -0.5
        self.cap = c["attn_logit_softcapping"]
        h = c["hidden_size"]
        self.q_proj = nn.Linear(h, self.heads * self.d, bias=False)
        self.k_proj = nn.Linear(h, self.groups * self.d, bias=False)
        self.v_proj = nn.Linear(h, self.groups * self.d, bias=False)
        self.o_proj = nn.Linear(self.heads * self.d, h, bias=False)

    def forward(self, x, cos, sin, mask):
        b, s, _ = x.shape
        q = rotate(self.q_proj(x).view(b, s, self.heads, self.d).transpose(1, 2), cos, sin)
        k = rotate(self.k_proj(x).view(b, s, self.groups, self.d).transpose(1, 2), cos, sin)
        v = self.v_proj(x).view(b, s, self.groups, self.d).transpose(1, 2)
        repeat = self.heads // self.groups
        k, v = k.repeat_interleave(repeat, 1), v.repeat_interleave(repeat, 1)
        scores = (q * self.scale) @ k.transpose(2, 3)
        scores = self.cap * torch.tanh(scores / self.cap) + mask
        y = scores.float().softmax(-1).to(v.dtype) @ v
        return self.o_proj(y.transpose(1, 2).reshape(b, s, -1))


class GemmaMLP(nn.Module):
    def __init__(self, c):
        super().__init__()
        d, f = c["hidden_size"], c["intermediate_size"]
        self.gate_proj = nn.Linear(d, f, bias=False)
        self.up_proj = nn.Linear(d, f, bias=False)
        self.down_proj = nn.Linear(f, d, bias=False)

    def forward(self, x):
        return self.down_proj(F.gelu(self.gate_proj(x), approximate="tanh") * self.up_proj(x))


class GemmaLayer(nn.Module):
    def __init__(self, c):
        super().__init__()
        d = c["hidden_size"]
        self.self_attn, self.mlp = GemmaAttention(c), GemmaMLP(c)
        self.input_layernorm, self.post_attention_layernorm = RMSNorm(d), RMSNorm(d)
        self.pre_feedforward_layernorm, self.post_feedforward_layernorm = RMSNorm(d), RMSNorm(d)

    def forward(self, x, cos, sin, mask):
        y = self.self_attn(self.input_layernorm(x), cos, sin, mask)
        x = x + self.post_attention_layernorm(y)
        y = self.mlp(self.pre_feedforward_layernorm(x))
        return x + self.post_feedforward_layernorm(y)


class Decoder(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.embed_tokens = nn.Embedding(c["vocab_size"], c["hidden_size"])
        self.layers = nn.ModuleList(GemmaLayer(c) for _ in range(c["num_hidden_layers"]))
        self.norm = RMSNorm(c["hidden_size"])
        self.head_dim, self.theta = c["head_dim"], c["rope_theta"]

    def forward(self, x, mask):
        """x [B, S, hidden_size], mask [S, S] or [B, 1, S, S], 0 or -inf."""
        half = self.head_dim // 2
        angle = torch.arange(1, x.shape[1] + 1, device=x.device)[:, None] * \
            self.theta ** (-torch.arange(half, device=x.device) / half)
        cos, sin = angle.cos(), angle.sin()
        for layer in self.layers:
            x = layer(x, cos, sin, mask)
        return self.norm(x)


class PaliGemma(nn.Module):
    def __init__(self, config):
        super().__init__()
        v, t = config["vision_config"], config["text_config"]
        self.config = config
        self.hidden_size = t["hidden_size"]
        self.vision_tower = nn.Module()
        self.vision_tower.vision_model = VisionTower(v)
        self.multi_modal_projector = nn.Module()
        self.multi_modal_projector.linear = nn.Linear(v["hidden_size"], t["hidden_size"])
        self.language_model = nn.Module()
        self.language_model.model = Decoder(t)
        self.apply(initialise)
        scale = 0.3 / math.sqrt(self.hidden_size)
        nn.init.normal_(self.embed_tokens.weight, std=scale)

    @property
    def embed_tokens(self):
        return self.language_model.model.embed_tokens

    def encode(self, pixels):
        """[B, N, vision hidden_size]"""
        return self.vision_tower.vision_model(pixels)

    def forward(self, patches, tokens, prefix):
        """Logits [B, T, vocab_size] for the token after each of `tokens` [B, T], of which the first
        `prefix` (<bos>, prompt, newline; one number, or one for each row [B]) and the picture see each other in both
        directions."""
        n, t = patches.shape[1], tokens.shape[1]
        text = self.embed_tokens(tokens) * math.sqrt(self.hidden_size)
        x = torch.cat((self.multi_modal_projector.linear(patches), text), 1)
        position = torch.arange(n + t, device=x.device)
        if torch.is_tensor(prefix):
            prefix = prefix[:, None, None, None]
        hidden = (position[None, :] > position[:, None]) & (position[None, :] >= n + prefix)
        mask = torch.zeros(hidden.shape, device=x.device).masked_fill(hidden, float("-inf"))
        x = self.language_model.model(x, mask)[:, n:]
        return F.linear(x, self.embed_tokens.weight)

    @torch.no_grad()
    def generate(self, patches, prompt, eos, max_new_tokens):
        """Greedy answers as lists of ids; no cache: for evaluation of small models only."""
        tokens = torch.tensor(prompt, device=patches.device).repeat(patches.shape[0], 1)
        done = torch.zeros(patches.shape[0], dtype=torch.bool, device=patches.device)
        for _ in range(max_new_tokens):
            following = self(patches, tokens, len(prompt))[:, -1].argmax(-1)
            following[done] = eos
            tokens = torch.cat((tokens, following[:, None]), 1)
            done |= following == eos
            if done.all():
                break
        answers = [row[len(prompt):].tolist() for row in tokens]
        return [row[:row.index(eos)] if eos in row else row for row in answers]


def initialise(module):
    if isinstance(module, (nn.Linear, nn.Conv2d)):
        fan_in = module.weight[0].numel()
        nn.init.normal_(module.weight, std=fan_in ** -0.5)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Embedding):
        nn.init.normal_(module.weight, std=0.02)
