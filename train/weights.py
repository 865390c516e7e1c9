"""The weights of a model in a directory, as `train.export` or `rxscan quantize --to int8` wrote them."""
import os

import numpy as np
import torch
from safetensors import safe_open

PANEL = 16  # rows that lie together in a packed matrix, four bytes of each in turn (src/kernels/weights.h)


def unpacked(data, rows, columns):
    """A packed 8-bit matrix, bytes [n], as f32 [rows, columns]."""
    groups, panels = -(-columns // 4), -(-rows // PANEL)
    panel = np.frombuffer(data.tobytes(), np.uint8).reshape(panels, -1)
    codes = panel[:, :groups * PANEL * 4].reshape(panels, groups, PANEL, 4).transpose(0, 2, 1, 3)
    scales = np.ascontiguousarray(panel[:, groups * PANEL * 4:]).view("<f4").reshape(panels * PANEL, 1)
    weights = (codes.reshape(panels * PANEL, groups * 4).astype(np.float32) - 128) * scales
    return weights[:rows, :columns]


def load(model, directory):
    """Every parameter of `model` (model.PaliGemma) from `directory`; KeyError names the first that is not there."""
    state = model.state_dict()
    with safe_open(os.path.join(directory, "model.safetensors"), "np") as file:
        there = set(file.keys())
        for name, value in state.items():
            if name in there:
                array = file.get_tensor(name)
            elif name + ".int8" in there:
                array = unpacked(file.get_tensor(name + ".int8"), value.shape[0], value[0].numel())
            else:
                raise KeyError(f"{directory} has no {name}")
            value.copy_(torch.from_numpy(np.array(array, np.float32)).view(value.shape))
    model.load_state_dict(state)
