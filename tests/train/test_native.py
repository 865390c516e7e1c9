"""The C of training compiles without a warning; what it computes needs PyTorch to be held against (train/test_lines.py)."""
import platform
import subprocess
import tempfile
import unittest
from pathlib import Path

from train import native_library

WARNINGS = ("-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-Werror")


@unittest.skipUnless(platform.machine() == "x86_64", "for x86-64 alone")
class Native(unittest.TestCase):
    def test_it_compiles_without_a_warning(self):
        with tempfile.TemporaryDirectory() as folder:
            try:
                native_library.compile_to(Path(folder) / "library.so", *WARNINGS)
            except subprocess.CalledProcessError as error:
                self.fail(error.stderr)
