"""The weights of a model in a directory, as `train.export` or `rxscan quantize --to int8` wrote them."""
import os
import re

import numpy as np
import torch
from safetensors import safe_open

BLOCK = re.compile(r"\.encoder\.layers\.(\d+)\.")  # of the vision tower
ADDED = re.compile(r"\.(self_attn\.out_proj|mlp\.fc2)\.")  # what a block of it adds to its input

PANEL = 16  # rows that lie together in a packed matrix, four bytes of each in turn (src/kernels/weights.h)


def unpacked(data, rows, columns):
    """A packed 8-bit matrix, bytes [n], as f32 [rows, columns]."""
    groups, panels = -(-columns // 4), -(-rows // PANEL)
    panel = np.frombuffer(data.tobytes(), np.uint8).reshape(panels, -1)
    codes = panel[:, :groups * PANEL * 4].reshape(panels, groups, PANEL, 4).transpose(0, 2, 1, 3)
    scales = np.ascontiguousarray(panel[:, groups * PANEL * 4:]).view("<f4").reshape(panels * PANEL, 1)
    weights = (codes.reshape(panels * PANEL, groups * 4).astype(np.float32) - 128) * scales
    return weights[:rows, :columns]


def tower(names):
    """How many blocks the vision tower has."""
    return 1 + max(int(found[1]) for found in map(BLOCK.search, names) if found)


def origin(name, blocks, there):
    """What a parameter of a model whose tower has `blocks` comes from in one whose tower has `there`, which are spread evenly
    over the taller one; None for what keeps an added block from adding anything."""
    found = BLOCK.search(name)
    if not found:
        return name
    block = int(found[1])
    before = block * there // blocks
    first = block == -(-before * blocks // there)  # of those that come from it
    return BLOCK.sub(f".encoder.layers.{before}.", name) if first or not ADDED.search(name) else None


def load(model, directory):
    """Every parameter of `model` (model.PaliGemma) from `directory`; KeyError names the first that is not there, ValueError
    says that its vision tower has more blocks.

    A vision tower of fewer blocks grows: between its own lie copies of them that add nothing yet, so that the taller
    model gives what the other gave (Gong et al. 2019, "Efficient training of BERT by progressively stacking"; outputs of
    zero as in Chen et al. 2016, arXiv:1511.05641)."""
    state = model.state_dict()
    with safe_open(os.path.join(directory, "model.safetensors"), "np") as file:
        there = set(file.keys())
        blocks, blocks_there = tower(state), tower(there)
        if blocks < blocks_there:
            raise ValueError(f"{directory} has a vision tower of {blocks_there} blocks, more than {blocks}")
        for name, value in state.items():
            source = origin(name, blocks, blocks_there)
            if source is None:
                value.zero_()
                continue
            if source in there:
                array = file.get_tensor(source)
            elif source + ".int8" in there:
                array = unpacked(file.get_tensor(source + ".int8"), value.shape[0], value[0].numel())
            else:
                raise KeyError(f"{directory} has no {source}")
            value.copy_(torch.from_numpy(np.array(array, np.float32)).view(value.shape))
    model.load_state_dict(state)
