"""Loss and gradients of the line reader on a processor with AMX: native/gradients.c in the place of autograd."""
import ctypes

import torch

from . import native_library

BEFORE = ("embeddings.patch_embedding.weight", "embeddings.patch_embedding.bias", "embeddings.position_embedding.weight")
TOWER_BLOCK = tuple(f"{part}.{what}" for part in (
    "layer_norm1", "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.out_proj", "layer_norm2", "mlp.fc1",
    "mlp.fc2") for what in ("weight", "bias"))
DECODER_BLOCK = tuple(f"{part}.weight" for part in (
    "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj",
    "mlp.down_proj", "input_layernorm", "post_attention_layernorm", "pre_feedforward_layernorm", "post_feedforward_layernorm"))


class Shapes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int64) for name in (
        "vision_blocks", "vision_heads", "vision_width", "vision_mlp", "patch", "side", "blocks", "heads", "kv_heads",
        "head_width", "width", "mlp", "vocabulary")] + [("theta", ctypes.c_float), ("cap", ctypes.c_float)]


def order(config):
    """The names of the model's parameters, as the library takes them."""
    tower, decoder = "vision_tower.vision_model.", "language_model.model."
    names = [tower + name for name in BEFORE]
    for block in range(config["vision_config"]["num_hidden_layers"]):
        names += [f"{tower}encoder.layers.{block}.{name}" for name in TOWER_BLOCK]
    names += [tower + "post_layernorm.weight", tower + "post_layernorm.bias",
              "multi_modal_projector.linear.weight", "multi_modal_projector.linear.bias"]
    for block in range(config["text_config"]["num_hidden_layers"]):
        names += [f"{decoder}layers.{block}.{name}" for name in DECODER_BLOCK]
    return names + [decoder + "norm.weight", decoder + "embed_tokens.weight"]


def loaded():
    library = ctypes.CDLL(native_library.built())
    library.learner_new.restype, library.learner_new.argtypes = ctypes.c_void_p, [ctypes.POINTER(Shapes), ctypes.c_int]
    library.learner_free.restype, library.learner_free.argtypes = None, [ctypes.c_void_p]
    library.learner_step.restype = ctypes.c_double
    library.learner_step.argtypes = [ctypes.c_void_p] * 5 + [ctypes.c_int64] * 4
    return library


class Learner:
    """Of `model` (model.PaliGemma), whose parameters are f32 on the CPU."""

    def __init__(self, model, threads):
        v, t = model.config["vision_config"], model.config["text_config"]
        self.native = loaded()
        named = dict(model.named_parameters())
        self.parameters = [named[name] for name in order(model.config)]
        self.gradients = [torch.empty_like(p, requires_grad=False) for p in self.parameters]
        shapes = Shapes(v["num_hidden_layers"], v["num_attention_heads"], v["hidden_size"], v["intermediate_size"],
                        v["patch_size"], v["image_size"], t["num_hidden_layers"], t["num_attention_heads"],
                        t["num_key_value_heads"], t["head_dim"], t["hidden_size"], t["intermediate_size"], t["vocab_size"],
                        t["rope_theta"], t["attn_logit_softcapping"])
        self.learner = self.native.learner_new(ctypes.byref(shapes), threads)
        if not self.learner:
            raise RuntimeError("no memory to train in, no AMX from the system, or widths that are no multiples of 32 (a head's of "
                               "16, at most 64): --float32 trains by autograd")

    def __del__(self):
        if getattr(self, "learner", None):
            self.native.learner_free(self.learner)

    def loss(self, pixels, tokens, prefix, pad):
        """The mean loss of a token that comes after the first `prefix` and is not `pad`, for autograd. pixels [B, 1, S, S]
        u8, tokens [B, T] int64."""
        return Loss.apply(self, pixels, tokens, prefix, pad, *self.parameters)

    def step(self, pixels, tokens, prefix, pad):
        """The loss; `gradients` are written, in the order of `parameters`."""
        pixels, tokens = pixels.contiguous(), tokens.contiguous()
        pointers = ctypes.c_void_p * len(self.parameters)
        values, gradients = (pointers(*(t.data_ptr() for t in these)) for these in (self.parameters, self.gradients))
        loss = self.native.learner_step(self.learner, values, gradients, pixels.data_ptr(), tokens.data_ptr(), len(tokens),
                                        tokens.shape[1], prefix, pad)
        if loss != loss:
            raise MemoryError("no memory to train in")
        return loss


class Loss(torch.autograd.Function):
    @staticmethod
    def forward(ctx, learner, pixels, tokens, prefix, pad, *parameters):
        ctx.gradients = learner.gradients
        return torch.tensor(learner.step(pixels, tokens, prefix, pad))

    @staticmethod
    def backward(ctx, share):
        return (None,) * 5 + tuple(g * share for g in ctx.gradients)
