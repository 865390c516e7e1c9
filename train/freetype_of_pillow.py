"""Single glyphs, straight from the FreeType that Pillow is linked with.

Pillow loads and hints a glyph four times to draw it, and once more to measure it: here it is loaded once. It has to be the
same library, since every version hints and fills a little differently: a handle on Pillow's module finds what the module is
linked with. Where that shows none (a Pillow that has FreeType inside), `LIBRARY` is None, and glyphs.py has Pillow draw.
"""
import ctypes
import functools
import weakref

import numpy as np
from freetype import FT_LOAD_RENDER
from freetype.ft_structs import FT_Face, FT_Size
from PIL import _imagingft


def library():
    """Pillow's FreeType, or None. The interpreter's lock is kept: FreeType does not expect two threads in one font."""
    found, handle = ctypes.PyDLL(_imagingft.__file__), ctypes.c_void_p()
    if not hasattr(found, "FT_Load_Char"):
        return None
    found.FT_New_Face.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_long, ctypes.POINTER(FT_Face))
    found.FT_New_Size.argtypes = (FT_Face, ctypes.POINTER(FT_Size))
    found.FT_Activate_Size.argtypes = found.FT_Done_Size.argtypes = (FT_Size,)
    found.FT_Set_Pixel_Sizes.argtypes = (FT_Face, ctypes.c_uint, ctypes.c_uint)
    found.FT_Load_Char.argtypes = (FT_Face, ctypes.c_ulong, ctypes.c_int32)
    checked(found.FT_Init_FreeType(ctypes.byref(handle)))
    found.handle = handle
    return found


def checked(error):
    if error:
        raise OSError(f"FreeType: error {error}")


LIBRARY = library()


@functools.lru_cache(1024)
def opened(path):
    face = FT_Face()
    checked(LIBRARY.FT_New_Face(LIBRARY.handle, path.encode(), 0, ctypes.byref(face)))
    return face


class Size:
    """A font at a size in pixels."""

    def __init__(self, path, pixels):
        self.face, self.size = opened(path), FT_Size()
        checked(LIBRARY.FT_New_Size(self.face, ctypes.byref(self.size)))
        weakref.finalize(self, LIBRARY.FT_Done_Size, self.size).atexit = False
        checked(LIBRARY.FT_Activate_Size(self.size))
        checked(LIBRARY.FT_Set_Pixel_Sizes(self.face, 0, pixels))
        self.slot = self.face.contents.glyph.contents

    def glyph(self, c):
        """Ink [H, W], x and y of its corner from the place on the base line where it is put, and how far the pen goes on, in
        64ths of a pixel."""
        checked(LIBRARY.FT_Activate_Size(self.size) or LIBRARY.FT_Load_Char(self.face, ord(c), FT_LOAD_RENDER))
        slot = self.slot
        bitmap = slot.bitmap
        height, width, pitch = bitmap.rows, bitmap.width, bitmap.pitch
        ink = np.frombuffer(ctypes.string_at(bitmap.buffer, height * pitch), np.uint8).reshape(height, pitch)[:, :width]
        return ink, slot.bitmap_left, -slot.bitmap_top, slot.advance.x
