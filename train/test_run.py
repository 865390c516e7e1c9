"""Claims about training runs: `python -m unittest train.test_run` (needs torch)."""
import argparse
import json
import os
import signal
import tempfile
import unittest
from types import SimpleNamespace
from unittest import mock

import torch
from torch import nn

from . import run

torch.set_num_threads(1)


class Numbers:
    """Pools of noise."""

    def pool(self, k):
        rng = torch.Generator().manual_seed(k)
        return [(torch.randn(3, 8, generator=rng),) for _ in range(run.POOL)]


def arguments(folder, *more):
    parser = argparse.ArgumentParser()
    run.add_options(parser)
    args = parser.parse_args(["--run", folder, "--device", "cpu", "--float32", "--workers", "0", *more])
    args.rate = 1e-2
    return args


def train(folder, *more, interrupt=None, batch=None):
    """A run of a small model. `interrupt`: called before every step with the run."""
    args = arguments(folder, *more)
    torch.manual_seed(1)
    modules = {"model": nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 8)), "head": nn.Linear(8, 1)}
    device = run.Device(args.device, args.float32, args.compile)
    training = run.Run(args, device, {}, modules)
    head = device.compiled(nn.Sequential(modules["model"], modules["head"]))

    def losses(batch, done):
        if interrupt:
            interrupt(training)
        loss = head(batch[0]).square().mean()
        return {"loss": (loss, 1.0)}

    training.go(Numbers, losses, dict, lambda state, folder: None, 3)
    return training


def saved(folder):
    return torch.load(os.path.join(folder, "state.pt"), weights_only=False)


class Runs(unittest.TestCase):
    def assert_same(self, a, b):
        if isinstance(a, dict):
            self.assertEqual(a.keys(), b.keys())
            for key in a:
                if key != "spent":
                    self.assert_same(a[key], b[key])
        elif isinstance(a, (list, tuple)):
            self.assertEqual(len(a), len(b))
            for x, y in zip(a, b):
                self.assert_same(x, y)
        elif torch.is_tensor(a):
            self.assertTrue(torch.equal(a, b))
        else:
            self.assertEqual(a, b)

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.addCleanup(signal.signal, signal.SIGINT, signal.getsignal(signal.SIGINT))
        self.addCleanup(signal.signal, signal.SIGTERM, signal.getsignal(signal.SIGTERM))

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def test_interrupted_and_resumed_it_ends_as_if_nothing_had_been(self):
        train(self.path("whole"), "--steps", "14")

        def told(training):
            if training.step == 5:
                os.kill(os.getpid(), signal.SIGTERM)
        self.assertEqual(train(self.path("parts"), "--steps", "14", interrupt=told).step, 6)
        train(self.path("parts"), "--steps", "14", "--workers", "3")
        self.assert_same(saved(self.path("whole")), saved(self.path("parts")))

    def test_a_kill_loses_what_came_after_the_last_saving(self):
        def killed(training):
            if training.step == 7:
                raise KeyboardInterrupt
        with self.assertRaises(KeyboardInterrupt):
            train(self.path("often"), "--steps", "14", "--keep", "0", interrupt=killed)
        self.assertEqual(saved(self.path("often"))["step"], 7)
        with self.assertRaises(KeyboardInterrupt):
            train(self.path("seldom"), "--steps", "14", "--keep", "5", interrupt=killed)
        self.assertFalse(os.path.exists(self.path("seldom/state.pt")))

    def test_it_leaves_in_time_and_goes_on(self):
        clock = SimpleNamespace(now=0.0, monotonic=lambda: clock.now)

        def later(_):
            clock.now += 25
        with mock.patch.object(run, "time", clock):
            for step in (3, 6):  # each call has its own minute, of three steps
                ended = train(self.path("late"), "--steps", "9", "--leave", "1", interrupt=later)
                self.assertEqual((ended.step, saved(self.path("late"))["step"]), (step, step))
            self.assertEqual(train(self.path("late"), "--steps", "9", interrupt=later).step, 9)

    def test_workers_draw_every_pool_once_and_in_order(self):
        def first_of(workers):
            drawn = run.pools(Numbers, 2, workers, False)
            return [next(drawn)[0][0] for _ in range(7)]
        alone, together = first_of(0), first_of(3)
        self.assert_same(alone, together)
        self.assertEqual(len({tuple(t.flatten().tolist()) for t in alone}), 7)

    def test_the_log_says_how_fast_it_went_and_how_long_it_waited(self):
        train(self.path("log"), "--steps", "100")
        with open(self.path("log/log.jsonl")) as log:
            entry = json.loads(log.read())
        self.assertEqual((entry["step"], entry["samples"]), (100, 300))
        self.assertGreater(entry["samples_per_second"], 0)
        self.assertTrue(0 <= entry["waited"] <= 1)

    def test_the_first_line_after_an_interruption_is_of_the_steps_since(self):
        def told(training):
            if training.step == 5:
                os.kill(os.getpid(), signal.SIGTERM)
        for interrupt in (told, None):
            train(self.path("log"), "--steps", "10", "--log-every", "10", interrupt=interrupt)
        train(self.path("other"), "--steps", "10", "--log-every", "2")
        with open(self.path("log/log.jsonl")) as log, open(self.path("other/log.jsonl")) as other:
            [entry] = map(json.loads, log)
            entries = list(map(json.loads, other))
        self.assertAlmostEqual(entry["loss"], sum(e["loss"] for e in entries[3:]) / 2, places=3)

    def test_compiled_it_learns_the_same(self):
        with mock.patch.object(torch, "compile", wraps=torch.compile) as made:
            train(self.path("plain"), "--steps", "6")
            self.assertEqual(made.call_count, 0)
            train(self.path("compiled"), "--steps", "6", "--compile")
            self.assertEqual(made.call_count, 1)
        plain, compiled = saved(self.path("plain")), saved(self.path("compiled"))
        for module in ("model", "head"):
            self.assertEqual(plain[module].keys(), compiled[module].keys())
            for name, weight in plain[module].items():
                torch.testing.assert_close(compiled[module][name], weight, rtol=1e-4, atol=1e-5)

    def test_a_schedule_has_one_measure(self):
        for given in ((), ("--steps", "1", "--minutes", "1")):
            with self.assertRaises(SystemExit):
                train(self.path("none"), *given)


if __name__ == "__main__":
    unittest.main()
