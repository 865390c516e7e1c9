"""Muon (Jordan et al., 2024): momentum whose matrices are made nearly orthogonal before the step, by
five Newton-Schulz iterations. Matrices of one shape are computed together, in bf16: on a CPU that is
many times faster than one after the other. The step's size is matched to AdamW's (Liu et al., 2025,
arXiv 2502.16982)."""
import torch


def orthogonalise(x, dtype):
    """x [n, rows, columns]: each matrix with all its singular values brought near 1."""
    x = x.to(dtype)
    tall = x.shape[1] > x.shape[2]
    if tall:
        x = x.mT
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(5):
        square = x @ x.mT
        both = torch.baddbmm(square, square, square, beta=-4.7750, alpha=2.0315)
        x = torch.baddbmm(x, both, x, beta=3.4445)
    return (x.mT if tall else x).float()


class Muon(torch.optim.Optimizer):
    def __init__(self, parameters, lr=1e-3, momentum=0.95, weight_decay=0.0, dtype=torch.bfloat16):
        self.dtype = dtype
        shapes = {}
        for p in parameters:
            shapes.setdefault(p.shape, []).append(p)
        super().__init__([{"params": group} for group in shapes.values()],
                         {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            matrices = [p for p in group["params"] if p.grad is not None]
            if not matrices:
                continue
            gradients = [p.grad for p in matrices]
            buffers = [self.state[p].setdefault("momentum", torch.zeros_like(p)) for p in matrices]
            torch._foreach_lerp_(buffers, gradients, 1 - group["momentum"])
            moved = torch._foreach_lerp(gradients, buffers, group["momentum"])
            size = 0.2 * max(matrices[0].shape) ** 0.5
            torch._foreach_mul_(matrices, 1 - group["lr"] * group["weight_decay"])
            torch._foreach_add_(matrices, list(orthogonalise(torch.stack(moved), self.dtype)), alpha=-group["lr"] * size)
