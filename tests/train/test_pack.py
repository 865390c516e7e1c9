"""Archives and parts for a machine without network."""
import os
import tarfile
import tempfile
import unittest
from pathlib import Path

from train import pack


class Pack(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.folder = Path(self.temporary.name)

    def test_parts_come_together_again(self):
        whole = {"weights": os.urandom(2 * pack.MB + 5), "empty": b"", "even": os.urandom(pack.MB)}
        for name, data in whole.items():
            (self.folder / name).write_bytes(data)
        pack.split([self.folder / name for name in whole], self.folder / "parts", 1)
        self.assertLessEqual(max(p.stat().st_size for p in (self.folder / "parts").iterdir()), pack.MB)
        pack.join(self.folder / "parts", self.folder / "back")
        for name, data in whole.items():
            self.assertEqual((self.folder / "back" / name).read_bytes(), data)

    def test_what_does_not_arrive_whole_is_said(self):
        (self.folder / "weights").write_bytes(os.urandom(pack.MB + 1))
        pack.split([self.folder / "weights"], self.folder / "parts", 1)
        (self.folder / "parts" / "weights.01").write_bytes(b"?")
        with self.assertRaisesRegex(SystemExit, "did not arrive"):
            pack.join(self.folder / "parts", self.folder / "back")
        (self.folder / "parts" / "weights.01").unlink()
        with self.assertRaisesRegex(SystemExit, "missing weights.01"):
            pack.join(self.folder / "parts", self.folder / "back")
        self.assertFalse((self.folder / "back" / "weights").exists())

    def test_an_archive_holds_the_material_whoever_made_it(self):
        for path in ("fonts/FONTS.tsv", "data/words/rxhandbd/train_labels.csv", "data/pages/secret.jpg"):
            (self.folder / "m" / path).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / "m" / path).write_text(path)
        archives = [self.folder / "a", self.folder / "b"]
        for archive in archives:
            pack.make(self.folder / "m", None, archive)
            os.utime(self.folder / "m" / "fonts/FONTS.tsv", (1, 1))
        self.assertEqual(*(a.read_bytes() for a in archives))
        with tarfile.open(archives[0]) as archive:
            self.assertEqual(archive.getnames(), ["fonts/FONTS.tsv", "data/words/rxhandbd/train_labels.csv"])


if __name__ == "__main__":
    unittest.main()
