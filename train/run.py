"""A training run: a folder, a device, a clock. What is trained, on what, and by which losses is the caller's.

The folder holds `state.pt` (weights, optimisers, clock) and `log.jsonl`. A run resumes when its folder exists. It ends
by itself at the end of its schedule, for this time at `--leave`, and in good order when it is told to (SIGTERM, SIGINT):
then nothing is lost, and what a kill loses is what was learnt since the last saving, `--keep` minutes at most.

Batches come in pools, which worker processes draw. Pool k is a function of the seed and k alone: workers never give the
same twice, and a run that was interrupted goes on with the pools that it would have seen, however many workers there are.
"""
import contextlib
import itertools
import json
import os
import signal
import time

import torch
from torch import nn
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from . import native_library
from .muon import Muon

POOL = 4          # batches that are drawn together
CHECK_EVERY = 800


def add_options(parser):
    """Of every kind of run."""
    parser.add_argument("--run", required=True, help="folder of the run; resumed if it exists")
    parser.add_argument("--minutes", type=float, help="length of the whole run")
    parser.add_argument("--steps", type=int, help="the same in steps: then a run does not depend on the machine's speed")
    parser.add_argument("--leave", type=float, metavar="MINUTES", help="ends this time after so many minutes, from the "
                        "program's start; the next call goes on")
    parser.add_argument("--keep", type=float, default=3, metavar="MINUTES", help="saves so often")
    parser.add_argument("--export", metavar="DIR", help="writes the model there whenever it is saved")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--float32", action="store_true",
                        help="no bfloat16: faster where its products are slow (Intel's AVX-512 without AMX)")
    parser.add_argument("--compile", action="store_true", help="has PyTorch make code for the model first, which takes "
                        "minutes: for long runs on a GPU")
    parser.add_argument("--workers", type=int, help="processes that draw (default: 1 beside a CPU, all processors but one "
                        "beside a GPU)")
    parser.add_argument("--threads", type=int, default=2, help="of the training process, on a CPU")
    parser.add_argument("--log-every", type=int, default=100, metavar="STEPS")
    parser.add_argument("--seed", type=int, default=0)


class Device:
    """Where the arithmetic is done, and in which numbers."""

    def __init__(self, name, float32=False, compile=False):
        if name == "auto":
            name = "cuda" if torch.cuda.is_available() else "cpu"
        if name == "cuda" and not torch.cuda.is_available():
            raise SystemExit("no CUDA device is seen by PyTorch")
        self.name = name
        self.dtype = torch.float32 if float32 else torch.bfloat16
        self.compile = compile
        torch.set_flush_denormal(True)  # probabilities of nearly nothing would cost a processor a hundred cycles each
        if name == "cuda":
            torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True

    def multiplies_tiles(self):
        """Whether it is a processor that learns in bfloat16 several times as fast by our own code (cpu.py)."""
        return self.name == "cpu" and self.dtype == torch.bfloat16 and native_library.runs_here()

    def autocast(self):
        return torch.autocast(self.name, self.dtype, enabled=self.dtype != torch.float32)

    def compiled(self, module):
        """The module, or the same in code made for it, where that was asked for."""
        return torch.compile(module) if self.compile else module

    def moved(self, batch):
        """Tensors of a batch, on the device."""
        return [t.to(self.name, non_blocking=True) if torch.is_tensor(t) else t for t in batch]

    def workers(self):
        return 1 if self.name == "cpu" else max(1, len(os.sched_getaffinity(0)) - 1)

    def busy(self):
        """Share of the last moment in which the GPU worked, as its driver says; None where nobody can tell."""
        with contextlib.suppress(Exception):
            return torch.cuda.utilization() / 100
        return None


class Pools(IterableDataset):
    """The pools of `source` from number `first` on, without end. `source` is a picklable function without arguments;
    what it gives has `pool(k)`, a list of batches."""

    def __init__(self, source, first):
        self.source, self.first = source, first

    def __iter__(self):
        info = get_worker_info()
        if info:  # the run's own signals are for the run; its end ends the workers
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            torch.set_num_threads(1)
        source = self.source()
        for k in itertools.count(self.first + (info.id if info else 0), info.num_workers if info else 1):
            yield source.pool(k)


def pools(source, first, workers, pinned):
    # Twelve batches wait beside one worker, eight beside each of many.
    return iter(DataLoader(Pools(source, first), batch_size=None, num_workers=workers,
                           prefetch_factor=(3 if workers == 1 else 2) if workers else None, pin_memory=pinned))


def optimisers(model, others, dtype):
    """Muon for the model's matrices inside, AdamW for what enters, leaves or scales."""
    inner, outer = [], [p for module in others for p in module.parameters()]
    for name, p in model.named_parameters():
        (inner if p.ndim == 2 and "embed" not in name else outer).append(p)
    return [Muon(inner, weight_decay=0.05, dtype=dtype),
            torch.optim.AdamW(outer, lr=1.0, betas=(0.9, 0.98), weight_decay=0.0)]


def rate(done):
    """Share of the peak rate at share `done` of the run: warm-up, plateau, decay to a hundredth."""
    return min(1, done / 0.01 + 0.01) * min(1, max((1 - done) / 0.5, 0.01))


class Run:
    """`modules`: name to module; "model" is what is exported, and what Muon trains."""

    def __init__(self, args, device, config, modules, samples=0):
        self.args, self.device, self.config, self.modules = args, device, config, modules
        if (args.minutes is None) == (args.steps is None):
            raise SystemExit("a run has a length: --minutes or --steps")
        self.began = time.monotonic()
        for module in modules.values():
            module.to(device.name)
        others = [m for name, m in modules.items() if name != "model"]
        self.optimisers = optimisers(modules["model"], others, device.dtype)
        self.step, self.spent, self.samples = 0, 0.0, samples
        os.makedirs(args.run, exist_ok=True)
        self.path = os.path.join(args.run, "state.pt")
        if os.path.exists(self.path):
            self.resume()
        self.told_to_stop = False
        for sign in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sign, self.stop)

    def stop(self, *_):
        self.told_to_stop = True

    def resume(self):
        state = torch.load(self.path, weights_only=False, map_location="cpu")
        for name, module in self.modules.items():
            module.load_state_dict(state[name])
        for o, s in zip(self.optimisers, state["optimiser"]):
            o.load_state_dict(s)
        self.step, self.spent, self.samples = state["step"], state["spent"], state["samples"]

    def state(self):
        return {**{name: module.state_dict() for name, module in self.modules.items()}, "config": self.config,
                "optimiser": [o.state_dict() for o in self.optimisers], "step": self.step, "spent": self.spent,
                "samples": self.samples}

    def save(self, export):
        state = self.state()
        torch.save(state, self.path + ".new")
        os.replace(self.path + ".new", self.path)
        if self.args.export:
            export(state, self.args.export)

    @property
    def done(self):
        """Share of the run that is behind it."""
        return self.step / self.args.steps if self.args.steps else self.spent / (60 * self.args.minutes)

    def leaves(self):
        late = self.args.leave and time.monotonic() - self.began > 60 * self.args.leave
        return self.done >= 1 or late or self.told_to_stop

    def batches(self, source):
        """From where the run stands on. `source`: see Pools."""
        workers = self.device.workers() if self.args.workers is None else self.args.workers
        skip = self.step % POOL
        for pool in pools(source, self.step // POOL, workers, self.device.name == "cuda"):
            yield from pool[skip:]
            skip = 0

    def go(self, source, losses, check, export, batch_size):
        """Trains to the end, or until it has to leave. `losses(batch, done)`: name to (loss, weight), the batch on the
        device; `check()`: figures of the log; `export(state, directory)` writes the model."""
        batches = self.batches(source)
        sums, waited, saved = {}, 0.0, self.spent
        told = self.step
        last = logged = time.monotonic()
        while not self.leaves():
            try:
                batch = self.device.moved(next(batches))
            except RuntimeError:
                if not self.told_to_stop:
                    raise
                break  # its workers were told as well
            waited += time.monotonic() - last
            self.learn(batch, losses, sums)
            now = time.monotonic()
            self.spent, last = self.spent + min(now - last, 5), now
            self.step, self.samples = self.step + 1, self.samples + batch_size
            if self.step % self.args.log_every == 0:
                self.tell(sums, self.step - told, now - logged, waited, batch_size, check)
                told = self.step
                last = logged = time.monotonic()
                sums, waited = {}, 0.0
            if self.spent - saved > 60 * self.args.keep:
                self.save(export)
                saved = self.spent
        self.save(export)

    def learn(self, batch, losses, sums):
        for o in self.optimisers:
            for group in o.param_groups:
                group["lr"] = self.args.rate * rate(self.done) * (1 if isinstance(o, Muon) else 0.5)
        found = losses(batch, self.done)
        sum(weight * loss for loss, weight in found.values()).backward()
        nn.utils.clip_grad_norm_([p for m in self.modules.values() for p in m.parameters()], 1.0)
        for o in self.optimisers:
            o.step()
            o.zero_grad()
        for name, (loss, _) in found.items():  # stays on the device: to ask for a number would be to wait for it
            sums[name] = sums.get(name, 0) + loss.detach().double()

    def tell(self, sums, steps, seconds, waited, batch_size, check):
        entry = {"step": self.step, "minutes": round(self.spent / 60, 2), "samples": self.samples,
                 **{name: round(float(total) / steps, 4) for name, total in sums.items()},
                 "samples_per_second": round(steps * batch_size / seconds, 2), "waited": round(waited / seconds, 3)}
        if self.device.name == "cuda":
            entry["busy"] = self.device.busy()
        if self.step % CHECK_EVERY == 0:
            entry.update(check())
        with open(os.path.join(self.args.run, "log.jsonl"), "a") as log:
            log.write(json.dumps(entry) + "\n")
