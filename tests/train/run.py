"""Runs tests/train/test_NAME.py; what cannot run here is said, and is a skip (77) for Meson rather than a pass.

    python -m tests.train.run NAME
"""
import sys
import unittest

suite = unittest.defaultTestLoader.loadTestsFromName("tests.train.test_" + sys.argv[1])
outcome = unittest.TextTestRunner(verbosity=2).run(suite)
if outcome.wasSuccessful() and len(outcome.skipped) == outcome.testsRun:
    sys.exit(77)
sys.exit(not outcome.wasSuccessful())
