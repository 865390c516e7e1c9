"""The weights of a model in a directory, as `train.export` or `rxscan quantize --to int8` wrote them."""
import os
import re

import numpy as np
import torch
from safetensors import safe_open

BLOCK = re.compile(r"^(.*\.layers\.)(\d+)(\..*)$")  # of the vision tower, or of the decoder
# What a block adds to its input is multiplied by these last, and by nothing where they are so.
SILENT = {"self_attn.out_proj.weight": 0, "self_attn.out_proj.bias": 0, "mlp.fc2.weight": 0, "mlp.fc2.bias": 0,
          "post_attention_layernorm.weight": -1, "post_feedforward_layernorm.weight": -1}  # Gemma's norms multiply by 1 + weight

PANEL = 16  # rows that lie together in a packed matrix, four bytes of each in turn (src/kernels/weights.h)


def unpacked(data, rows, columns):
    """A packed 8-bit matrix, bytes [n], as f32 [rows, columns]."""
    groups, panels = -(-columns // 4), -(-rows // PANEL)
    panel = np.frombuffer(data.tobytes(), np.uint8).reshape(panels, -1)
    codes = panel[:, :groups * PANEL * 4].reshape(panels, groups, PANEL, 4).transpose(0, 2, 1, 3)
    scales = np.ascontiguousarray(panel[:, groups * PANEL * 4:]).view("<f4").reshape(panels * PANEL, 1)
    weights = (codes.reshape(panels * PANEL, groups * 4).astype(np.float32) - 128) * scales
    return weights[:rows, :columns]


def blocks(names):
    """How many blocks each stack has, by what stands before their numbers."""
    counts = {}
    for found in filter(None, map(BLOCK.match, names)):
        counts[found[1]] = max(counts.get(found[1], 0), 1 + int(found[2]))
    return counts


def origin(name, here, there):
    """What a parameter of a model with the blocks `here` comes from in one with the blocks `there`, which are spread evenly
    over the taller one, and what it is instead where an added block must not add anything (None: it is as there)."""
    found = BLOCK.match(name)
    if not found:
        return name, None
    stack, block, part = found[1], int(found[2]), found[3]
    before = block * there[stack] // here[stack]
    first = block == -(-before * here[stack] // there[stack])  # of those that come from it
    return f"{stack}{before}{part}", None if first else SILENT.get(part[1:])


def load(model, directory):
    """Every parameter of `model` (model.PaliGemma) from `directory`; KeyError names the first that is not there, ValueError
    says that it has more blocks than the model.

    A model of fewer blocks grows: between its own lie copies of them that add nothing yet, so that the taller one gives what
    the other gave (Gong et al. 2019, "Efficient training of BERT by progressively stacking"; outputs of zero as in Chen et
    al. 2016, arXiv:1511.05641)."""
    state = model.state_dict()
    with safe_open(os.path.join(directory, "model.safetensors"), "np") as file:
        there = set(file.keys())
        here, blocks_there = blocks(state), blocks(there)
        for stack, count in blocks_there.items():
            if here.get(stack, 0) < count:
                raise ValueError(f"{directory} has {count} blocks of {stack}*, more than {here.get(stack, 0)}")
        for name, value in state.items():
            source, silent = origin(name, here, blocks_there)
            if silent is not None:
                value.fill_(silent)
                continue
            if source in there:
                array = file.get_tensor(source)
            elif source + ".int8" in there:
                array = unpacked(file.get_tensor(source + ".int8"), value.shape[0], value[0].numel())
            else:
                raise KeyError(f"{directory} has no {source}")
            value.copy_(torch.from_numpy(np.array(array, np.float32)).view(value.shape))
    model.load_state_dict(state)
