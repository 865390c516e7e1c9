"""Hugging Face transformers as the reference: masks made explicit, every stage recorded."""

import numpy as np
import torch
from PIL import Image
from transformers import DynamicCache, PaliGemmaForConditionalGeneration
from transformers.models.gemma import modeling_gemma
from transformers.models.gemma2 import modeling_gemma2


def preprocess(picture, size):
    """(resized [size, size, 3] u8, [3, size, size] f32) as the slow SigLIP processor has it."""
    resized = np.asarray(Image.fromarray(picture).resize((size, size), Image.Resampling.BICUBIC))
    half = np.float32(0.5)
    rescaled = (resized.astype(np.float64) * 0.00392156862745098).astype(np.float32)
    return resized, np.ascontiguousarray(((rescaled - half) / half).transpose(2, 0, 1))


class Reference:
    """transformers on a checkpoint directory, with a recorder."""

    def __init__(self, directory, dtype, normalizer):
        self.model, report = PaliGemmaForConditionalGeneration.from_pretrained(
            directory, attn_implementation="eager", dtype=dtype, output_loading_info=True
        )
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
        return {
            kind: torch.where(seen, 0.0, lowest).to(self.dtype)[None, None]
            for kind, seen in masks.items()
        }

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
            inputs_embeds=embeds,
            attention_mask=masks,
            use_cache=False,
            position_ids=torch.arange(ids.shape[1])[None],
        ).last_hidden_state
        return embeds[0], self.model.lm_head(hidden)[0]

    @torch.no_grad()
    def native(self, ids, pixels, steps, attention_mask=None, forced=None):
        """The model's own forward with its own masks, positions and cache, greedy on `ids` [B, P]:
        tokens [B, steps], uncapped and capped logits [B, steps, V]. `forced` [steps] overrides the
        choice."""
        mask = torch.ones_like(ids) if attention_mask is None else attention_mask
        cache = DynamicCache(config=self.text)
        inputs = {"input_ids": ids, "pixel_values": pixels, "token_type_ids": torch.zeros_like(ids)}
        tokens, uncapped, capped = [], [], []
        for step in range(steps):
            positions = mask.cumsum(-1).clamp(min=1)[:, -inputs["input_ids"].shape[1] :]
            out = self.model(
                **inputs, attention_mask=mask, position_ids=positions, cache=cache, use_cache=True
            )
            uncapped.append(self.uncapped[:, -1].float())
            capped.append(out.logits[:, -1].float())
            choice = uncapped[-1].argmax(-1) if forced is None else forced[step].expand(len(ids))
            tokens.append(choice)
            mask = torch.cat([mask, torch.ones_like(choice)[:, None]], dim=-1)
            inputs = {
                "input_ids": choice[:, None],
                "token_type_ids": torch.ones_like(choice)[:, None],
            }
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
