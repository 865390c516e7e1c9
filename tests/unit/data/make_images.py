#!/usr/bin/env python3
"""Writes the pictures that test_image reads, and what Pillow makes of them.

    python3 -m venv venv && venv/bin/pip install pillow==12.1.1 numpy tifffile pillow-heif pikepdf
    venv/bin/python make_images.py

gives, beside this script,
    pictures/       small pictures in every format and kind
    pictures.txt    file, page, width, height, CRC-32 of the RGB bytes (exact), or a tolerance and the
                    picture that holds the expected pixels (formats that decoders may round)
    resize.txt      filter, size before, size after, CRC-32 of the RGB bytes

Expected pixels are Pillow's, transparency laid on white. Where Pillow is not the measure, the script
says so (`pillow_differs`).
"""
import io
import pathlib
import random
import struct
import warnings
import zlib

import numpy as np
import pikepdf
import pillow_heif
import tifffile
from PIL import Image, ImageOps

pillow_heif.register_heif_opener()
here = pathlib.Path(__file__).parent
folder = here / "pictures"
manifest = []
rng = np.random.default_rng(5)


def crc(image):
    return f"{zlib.crc32(image.convert('RGB').tobytes()):08x}"


def on_white(image):
    if "A" in image.getbands() or "transparency" in image.info:
        rgba = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), rgba).convert("RGB")
    return image.convert("RGB")


def exact(name, image, page=0):
    manifest.append(f"{name} {page} {image.width} {image.height} {crc(image)}")


def close(name, image, tolerance):
    """The pixels are stored in a PNG of their own, which is tested exactly."""
    expected = "expected-" + name.rsplit(".", 1)[0] + ".png"
    image.save(folder / expected)
    exact(expected, image)
    manifest.append(f"{name} 0 {image.width} {image.height} ~{tolerance} {expected}")


def write(name, data):
    (folder / name).write_bytes(data)
    return folder / name


def upright(path):
    return ImageOps.exif_transpose(Image.open(path))


def scene(width, height):
    """Gradients, edges and a little noise: [height, width, 3]."""
    y, x = np.mgrid[0:height, 0:width]
    rgb = np.stack([x * 255 // width, y * 255 // height, (x + y) * 127 // (width + height)], -1)
    rgb[height // 4: height // 2, width // 4: width // 2] = (250, 20, 30)
    rgb[height // 2:, 2 * width // 3:] = (10, 30, 240)
    return np.clip(rgb + rng.integers(-4, 5, rgb.shape), 0, 255).astype(np.uint8)


def blocks():
    """24 x 16, flat: no two orientations look alike, and lossy formats keep it."""
    rgb = np.full((16, 24, 3), 230, np.uint8)
    rgb[:8, :8] = (220, 40, 40)
    rgb[8:, :8] = (40, 180, 60)
    rgb[:8, 16:] = (40, 60, 200)
    return rgb


# ---- PNG ------------------------------------------------------------------------------------------

GREY, RGB, PALETTE, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6
CHANNELS = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGB_ALPHA: 4}
PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_rows(samples, depth):
    """Filter byte 0 and packed samples for each row of [height, width, channels]."""
    out = b""
    for row in samples:
        flat = row.reshape(-1)
        if depth == 16:
            packed = flat.astype(">u2").tobytes()
        elif depth == 8:
            packed = flat.astype(np.uint8).tobytes()
        else:
            bits = (flat[:, None] >> np.arange(depth - 1, -1, -1)) & 1
            packed = np.packbits(bits.astype(np.uint8).reshape(-1)).tobytes()
        out += b"\0" + packed
    return out


def png(samples, kind, depth, interlaced=False, chunks=(), late=()):
    height, width, _ = samples.shape
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, int(interlaced))
    if interlaced:
        parts = [samples[y::dy, x::dx] for x, y, dx, dy in PASSES]
        data = b"".join(png_rows(part, depth) for part in parts if part.size)
    else:
        data = png_rows(samples, depth)
    body = b"".join(png_chunk(*chunk) for chunk in chunks)
    tail = b"".join(png_chunk(*chunk) for chunk in late)
    return (b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + body +
            png_chunk(b"IDAT", zlib.compress(data, 9)) + tail + png_chunk(b"IEND", b""))


def png_truth(samples, kind, depth, palette, transparent):
    """RGB on white from the samples themselves; 16 bits keep their high byte."""
    def to8(v):
        return v >> 8 if depth == 16 else v * 255 // ((1 << depth) - 1)
    alpha = np.full(samples.shape[:2], 255)
    if kind == PALETTE:
        rgb = palette[samples[..., 0]]
        if transparent is not None:
            table = np.full(len(palette), 255)
            table[:len(transparent)] = transparent
            alpha = table[samples[..., 0]]
    else:
        color = to8(samples[..., :3] if kind in (RGB, RGB_ALPHA) else samples[..., :1])
        rgb = np.broadcast_to(color, samples.shape[:2] + (3,))
        if kind in (GREY_ALPHA, RGB_ALPHA):
            alpha = to8(samples[..., -1])
        elif transparent is not None:
            alpha = np.where((samples == transparent).all(-1), 0, 255)
    alpha = alpha[..., None].astype(int)
    return Image.fromarray(((rgb * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8))


def make_png():
    kinds = [(GREY, d) for d in (1, 2, 4, 8, 16)] + [(RGB, d) for d in (8, 16)]
    kinds += [(PALETTE, d) for d in (1, 2, 4, 8)]
    kinds += [(k, d) for k in (GREY_ALPHA, RGB_ALPHA) for d in (8, 16)]
    names = {GREY: "grey", RGB: "rgb", PALETTE: "palette", GREY_ALPHA: "grey-alpha", RGB_ALPHA: "rgb-alpha"}
    for kind, depth in kinds:
        for interlaced in (False, True):
            for has_trns in (False, True) if kind in (GREY, RGB, PALETTE) else (False,):
                samples = rng.integers(0, 1 << depth, (11, 13, CHANNELS[kind]))
                if kind in (GREY_ALPHA, RGB_ALPHA):  # wholly clear and wholly opaque pixels as well
                    samples[:3, ..., -1] = 0
                    samples[3:6, ..., -1] = (1 << depth) - 1
                palette = rng.integers(0, 256, (1 << min(depth, 8), 3)) if kind == PALETTE else None
                chunks, transparent = [], None
                if kind == PALETTE:
                    chunks.append((b"PLTE", palette.astype(np.uint8).tobytes()))
                if has_trns and kind == PALETTE:
                    transparent = rng.integers(0, 256, max(1, len(palette) // 2))
                    chunks.append((b"tRNS", transparent.astype(np.uint8).tobytes()))
                elif has_trns:
                    transparent = samples[5, 5]
                    samples[6:8, 2:9] = transparent
                    chunks.append((b"tRNS", transparent.astype(">u2").tobytes()))
                name = f"{names[kind]}{depth}{'-clear' if has_trns else ''}{'-interlaced' if interlaced else ''}.png"
                path = write(name, png(samples, kind, depth, interlaced, chunks))
                truth = png_truth(samples, kind, depth, palette, transparent)
                # Pillow cuts 16-bit greys off at 255, and compares a 16-bit or packed tRNS with
                # samples that it has already scaled.
                pillow_differs = depth == 16 and (kind == GREY or has_trns) or \
                    kind == GREY and has_trns and depth < 8
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    same = crc(on_white(Image.open(path))) == crc(truth)
                assert same or pillow_differs, name
                exact(name, truth)
    # A gamma that would change every pixel if it were applied: Pillow does not.
    samples = scene(13, 11).astype(int)
    path = write("gamma.png", png(samples, RGB, 8, chunks=[(b"gAMA", struct.pack(">I", 100000))]))
    exact("gamma.png", Image.open(path))


# ---- orientation ------------------------------------------------------------------------------------

def exif(orientation, order="<", kind=3):
    value = struct.pack(order + "HH", orientation, 0) if kind == 3 else struct.pack(order + "I", orientation)
    mark = b"II" if order == "<" else b"MM"
    # An entry before and one behind: the walk has to find the right one.
    entries = [struct.pack(order + "HHI", 0x0100, 4, 1) + struct.pack(order + "I", 7),
               struct.pack(order + "HHI", 0x0112, kind, 1) + value,
               struct.pack(order + "HHI", 0x0128, 3, 1) + struct.pack(order + "HH", 2, 0)]
    return (mark + struct.pack(order + "HI", 42, 8) + struct.pack(order + "H", len(entries)) +
            b"".join(entries) + struct.pack(order + "I", 0))


def make_orientations():
    picture = Image.fromarray(blocks())
    for k in range(1, 9):
        order = "<" if k % 2 else ">"
        data = exif(k, order)
        name = f"orientation{k}"
        path = write(name + ".png", png(np.array(picture).astype(int), RGB, 8, chunks=[(b"eXIf", data)]))
        exact(name + ".png", upright(path))
        picture.save(folder / (name + ".jpg"), quality=95, exif=b"Exif\0\0" + data)
        close(name + ".jpg", upright(folder / (name + ".jpg")), 2)
        picture.save(folder / (name + ".webp"), lossless=True, exif=b"Exif\0\0" + data)
        exact(name + ".webp", upright(folder / (name + ".webp")))
        tiff = io.BytesIO()
        picture.save(tiff, "TIFF", compression="tiff_lzw", tiffinfo={274: k})
        exact(name + ".tif", upright(write(name + ".tif", tiff.getvalue())))
    path = write("orientation-late.png", png(np.array(picture).astype(int), RGB, 8, late=[(b"eXIf", exif(6))]))
    exact("orientation-late.png", picture.transpose(Image.Transpose.ROTATE_270))


# ---- JPEG ------------------------------------------------------------------------------------------

def make_jpeg():
    picture = Image.fromarray(scene(37, 29))
    kinds = {
        "grey": (picture.convert("L"), {}),
        "444": (picture, {"subsampling": "4:4:4"}),
        "422": (picture, {"subsampling": "4:2:2"}),
        "420": (picture, {"subsampling": "4:2:0"}),
        "progressive": (picture, {"progressive": True}),
        "restart": (picture, {"restart_marker_blocks": 2}),
        "rgb": (picture, {"keep_rgb": True}),
        "cmyk": (picture.convert("CMYK"), {}),
    }
    for kind, (image, options) in kinds.items():
        name = f"jpeg-{kind}.jpg"
        image.save(folder / name, quality=90, **options)
        close(name, Image.open(folder / name).convert("RGB"), 2)
    # The same data under another colour transform: a valid YCCK file.
    data = (folder / "jpeg-cmyk.jpg").read_bytes()
    at = data.index(b"Adobe") + 11
    assert data[at] == 0
    path = write("jpeg-ycck.jpg", data[:at] + b"\2" + data[at + 1:])
    close("jpeg-ycck.jpg", Image.open(path).convert("RGB"), 2)


# ---- WebP ------------------------------------------------------------------------------------------

def make_webp():
    rgb = scene(37, 29)
    picture = Image.fromarray(rgb)
    alpha = np.clip(np.mgrid[0:29, 0:37][1] * 9 - 20, 0, 255).astype(np.uint8)
    clear = Image.fromarray(np.dstack([rgb, alpha]))
    picture.save(folder / "lossless.webp", lossless=True)
    exact("lossless.webp", Image.open(folder / "lossless.webp"))
    clear.save(folder / "lossless-alpha.webp", lossless=True, exact=True)
    exact("lossless-alpha.webp", on_white(Image.open(folder / "lossless-alpha.webp")))
    picture.save(folder / "lossy.webp", quality=85)
    close("lossy.webp", Image.open(folder / "lossy.webp").convert("RGB"), 2)
    clear.save(folder / "lossy-alpha.webp", quality=85)
    close("lossy-alpha.webp", on_white(Image.open(folder / "lossy-alpha.webp")), 2)
    picture.save(folder / "animated.webp", lossless=True, save_all=True,
                 append_images=[Image.new("RGB", picture.size, "red")], duration=100)
    exact("animated.webp", Image.open(folder / "animated.webp"))


# ---- TIFF ------------------------------------------------------------------------------------------

def make_tiff():
    rgb = scene(37, 29)
    picture = Image.fromarray(rgb)
    grey = picture.convert("L")
    bilevel = picture.convert("1")
    kinds = {
        "rgb": (picture, "raw"), "rgb-lzw": (picture, "tiff_lzw"), "rgb-deflate": (picture, "tiff_adobe_deflate"),
        "grey": (grey, "packbits"), "palette": (picture.quantize(50), "tiff_lzw"),
        "bilevel-g4": (bilevel, "group4"), "bilevel-g3": (bilevel, "group3"), "bilevel": (bilevel, "raw"),
    }
    for kind, (image, compression) in kinds.items():
        name = f"tiff-{kind}.tif"
        image.save(folder / name, compression=compression)
        exact(name, Image.open(folder / name))
    picture.save(folder / "tiff-jpeg.tif", compression="jpeg", quality=90)
    close("tiff-jpeg.tif", Image.open(folder / "tiff-jpeg.tif").convert("RGB"), 2)
    picture.convert("CMYK").save(folder / "tiff-cmyk.tif", compression="tiff_lzw")
    close("tiff-cmyk.tif", Image.open(folder / "tiff-cmyk.tif").convert("RGB"), 2)
    alpha = np.clip(np.mgrid[0:29, 0:37][1] * 9 - 20, 0, 255).astype(np.uint8)
    rgba = np.dstack([rgb, alpha])
    Image.fromarray(rgba).save(folder / "tiff-alpha.tif", compression="tiff_lzw")
    exact("tiff-alpha.tif", on_white(Image.fromarray(rgba)))

    def by_tifffile(name, array, expected, **options):
        tifffile.imwrite(folder / name, array, metadata=None, software=False, **options)
        exact(name, Image.fromarray(expected))
    by_tifffile("tiff-tiled.tif", rgb, rgb, photometric="rgb", tile=(16, 16))
    by_tifffile("tiff-planar.tif", np.moveaxis(rgb, -1, 0).copy(), rgb, photometric="rgb", planarconfig="separate")
    by_tifffile("tiff-big.tif", rgb, rgb, photometric="rgb", bigtiff=True)
    by_tifffile("tiff-motorola.tif", rgb, rgb, photometric="rgb", byteorder=">", rowsperstrip=5)
    by_tifffile("tiff-white-is-zero.tif", 255 - rgb[..., 0], np.dstack([rgb[..., 0]] * 3), photometric="miniswhite")
    # 16 bits: a multiple of 257 is the same value in 8 bits however it is scaled. Pillow would cut
    # the grey off at 255.
    wide = rgb.astype(np.uint16) * 257
    by_tifffile("tiff-grey16.tif", wide[..., 0], np.dstack([rgb[..., 0]] * 3), photometric="minisblack")
    by_tifffile("tiff-rgb16.tif", wide, rgb, photometric="rgb")

    pages = [Image.fromarray(scene(20 + 5 * i, 15 + i)) for i in range(3)]
    pages[0].save(folder / "pages.tif", save_all=True, append_images=pages[1:], compression="tiff_lzw")
    for page, image in enumerate(pages):
        exact("pages.tif", image, page)


# ---- BMP -------------------------------------------------------------------------------------------

def bmp(width, height, bits, data, palette=b"", header_size=40, compression=0, masks=(), top_down=False,
        colors=0):
    if header_size == 12:
        header = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        header = struct.pack("<IiiHHIIIIII", header_size, width, -height if top_down else height, 1, bits,
                             compression, len(data), 2835, 2835, colors, 0)
        header += b"".join(struct.pack("<I", mask) for mask in masks)
        header += bytes(max(0, header_size - len(header)))
    offset = 14 + len(header) + len(palette)
    return b"BM" + struct.pack("<IHHI", offset + len(data), 0, 0, offset) + header + palette + data


def bmp_rows(values, bits, top_down=False):
    """Packed rows, padded to four bytes, the last one first."""
    out = []
    for row in values:
        if bits < 8:
            packed = np.packbits(((row[:, None] >> np.arange(bits - 1, -1, -1)) & 1).astype(np.uint8).reshape(-1)).tobytes()
        else:
            packed = b"".join(int(v).to_bytes(bits // 8, "little") for v in row)
        out.append(packed + bytes(-len(packed) % 4))
    return b"".join(out if top_down else out[::-1])


def make_bmp():
    rgb = scene(19, 13)
    picture = Image.fromarray(rgb)
    for kind, image in {"1": picture.convert("1"), "grey": picture.convert("L"), "palette": picture.quantize(40),
                        "rgb": picture}.items():
        name = f"bmp-{kind}.bmp"
        image.save(folder / name)
        exact(name, Image.open(folder / name))

    def indexed(bits, header_size, count=None):
        count = count or 1 << bits
        palette = rng.integers(0, 256, (count, 3)).astype(np.uint8)
        bgr = palette[:, ::-1]
        entries = bgr.tobytes() if header_size == 12 else np.pad(bgr, ((0, 0), (0, 1))).tobytes()
        index = rng.integers(0, count, (13, 19))
        return index, palette, entries

    def check(name, data, expected, pillow_differs=False):
        path = write(name, data)
        expected = Image.fromarray(expected.astype(np.uint8))
        try:
            same = crc(on_white(Image.open(path))) == crc(expected)
        except (OSError, ValueError):
            same = False
        assert same or pillow_differs, name
        exact(name, expected)

    for bits in (1, 4, 8):
        for header_size in (12, 40, 124):
            index, palette, entries = indexed(bits, header_size)
            check(f"bmp-{bits}bit-v{header_size}.bmp",
                  bmp(19, 13, bits, bmp_rows(index, bits), entries, header_size), palette[index])
    index, palette, entries = indexed(8, 40, 77)
    index[:4] += 77  # colours that the file leaves out are black
    check("bmp-short-palette.bmp", bmp(19, 13, 8, bmp_rows(index, 8), entries, colors=77),
          np.pad(palette, ((0, 77), (0, 0)))[index])
    index, palette, entries = indexed(2, 40)
    check("bmp-2bit.bmp", bmp(19, 13, 2, bmp_rows(index, 2), entries), palette[index], pillow_differs=True)

    def packed(shifts, widths):
        """Pixels of random samples; and the samples as 0..255."""
        value, planes = np.zeros((13, 19), np.int64), []
        for shift, width in zip(shifts, widths):
            sample = rng.integers(0, 1 << width, (13, 19))
            value |= sample << shift
            planes.append(sample * 255 // ((1 << width) - 1))
        return value, np.dstack(planes)
    value, expected = packed((10, 5, 0), (5, 5, 5))
    check("bmp-555.bmp", bmp(19, 13, 16, bmp_rows(value, 16)), expected)
    check("bmp-top-down.bmp", bmp(19, 13, 16, bmp_rows(value, 16, True), top_down=True), expected)
    value, expected = packed((11, 5, 0), (5, 6, 5))
    masks = (0xf800, 0x7e0, 0x1f)
    check("bmp-565.bmp", bmp(19, 13, 16, bmp_rows(value, 16), compression=3, masks=masks), expected)
    # The fourth byte of a plain 32-bit pixel means nothing.
    value, expected = packed((16, 8, 0, 24), (8, 8, 8, 8))
    check("bmp-32.bmp", bmp(19, 13, 32, bmp_rows(value, 32)), expected[..., :3])
    masks = (0xff0000, 0xff00, 0xff, 0xff000000)
    alpha = expected[..., 3:].astype(int)
    white = (expected[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255
    check("bmp-alpha.bmp", bmp(19, 13, 32, bmp_rows(value, 32), header_size=124, compression=3, masks=masks), white)
    # Zero everywhere: written by programs that know no alpha.
    check("bmp-no-alpha.bmp", bmp(19, 13, 32, bmp_rows(value & 0xffffff, 32), header_size=124, compression=3,
                                  masks=masks), expected[..., :3], pillow_differs=True)
    value, expected = packed((20, 10, 0), (10, 10, 10))
    check("bmp-10bit.bmp", bmp(19, 13, 32, bmp_rows(value, 32), compression=3,
                               masks=(0x3ff << 20, 0x3ff << 10, 0x3ff)), expected, pillow_differs=True)
    make_bmp_runs(check)


def make_bmp_runs(check):
    """Runs, literals, the end of a row, a jump and the end of the picture, 8 and 4 bits. Pillow reads
    four bytes for the two of a jump, and halves an odd number of literals."""
    palette = rng.integers(0, 256, (16, 3)).astype(np.uint8)
    entries = np.pad(palette[:, ::-1], ((0, 0), (0, 1))).tobytes()
    index = np.zeros((4, 9), int)  # rows as stored: from the bottom
    index[0] = [3] * 9
    index[1] = [1, 2, 3, 4, 5, 7, 7, 7, 7]
    index[3, 2:] = 9
    eol, end = b"\0\0", b"\0\1"
    jump = b"\0\2\2\1"  # two to the right, one row up
    rle8 = b"\x09\3" + eol + b"\0\5\1\2\3\4\5\0" + b"\4\7" + eol + jump + b"\7\x09" + end
    check("bmp-rle8.bmp", bmp(9, 4, 8, rle8, entries, compression=1, colors=16), palette[index][::-1],
          pillow_differs=True)
    rle4 = b"\x09\x33" + eol + b"\0\5\x12\x34\x50\0" + b"\4\x77" + eol + jump + b"\7\x99" + end
    check("bmp-rle4.bmp", bmp(9, 4, 4, rle4, entries, compression=2, colors=16), palette[index][::-1],
          pillow_differs=True)


# ---- HEIC and PDF ----------------------------------------------------------------------------------

def make_heic():
    picture = Image.fromarray(np.kron(scene(8, 6), np.ones((8, 8, 1), np.uint8)))
    picture.save(folder / "plain.heic", quality=90)
    close("plain.heic", Image.open(folder / "plain.heic").convert("RGB"), 4)
    picture.save(folder / "turned.heic", quality=90, exif=b"Exif\0\0" + exif(6))
    turned = Image.open(folder / "turned.heic").convert("RGB")
    assert turned.size == (48, 64)
    close("turned.heic", turned, 4)
    file = pillow_heif.from_pillow(Image.new("RGB", (32, 32), "red"))
    file.add_from_pillow(picture)
    file.save(folder / "second-is-primary.heic", quality=90, primary_index=1)
    close("second-is-primary.heic", Image.open(folder / "second-is-primary.heic").convert("RGB"), 4)


def pdf(pages, extra=""):
    """A PDF of `pages`: (attributes of the page, drawing operators)."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>",
               f"<< /Type /Pages /Count {len(pages)} /Kids [{' '.join(f'{3 + 2 * i} 0 R' for i in range(len(pages)))}] >>"]
    for i, (attributes, drawing) in enumerate(pages):
        objects.append(f"<< /Type /Page /Parent 2 0 R /Contents {4 + 2 * i} 0 R {attributes} >>")
        objects.append(f"<< /Length {len(drawing)} >>\nstream\n{drawing}\nendstream")
    out, offsets = "%PDF-1.4\n", []
    for i, text in enumerate(objects):
        offsets.append(len(out))
        out += f"{i + 1} 0 obj\n{text}\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n" + "".join(f"{o:010d} 00000 n \n" for o in offsets)
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R {extra}>>\nstartxref\n{start}\n%%EOF\n"
    return out.encode()


def make_pdf():
    """At 72 dots per inch a point is a pixel: the expected pictures are drawn here."""
    box = "/MediaBox [0 0 60 40]"
    red, green = "1 0 0 rg 10 5 20 15 re f", "0 1 0 rg 0 0 30 40 re f"
    write("pages.pdf", pdf([(box, red), (box + " /Rotate 90", red), (box + " /CropBox [10 0 50 40]", green)]))
    first = Image.new("RGB", (60, 40), "white")
    first.paste((255, 0, 0), (10, 20, 30, 35))
    exact("pages.pdf", first, 0)
    exact("pages.pdf", first.transpose(Image.Transpose.ROTATE_270), 1)
    third = Image.new("RGB", (40, 40), "white")
    third.paste((0, 255, 0), (0, 0, 20, 40))
    exact("pages.pdf", third, 2)
    write("absurd.pdf", pdf([("/MediaBox [0 0 900000 900000]", red)]))
    write("no-page.pdf", pdf([]))
    with pikepdf.open(folder / "pages.pdf") as document:
        document.save(folder / "encrypted.pdf", encryption=pikepdf.Encryption(owner="owner", user="user"),
                      deterministic_id=False)


# ---- resize ------------------------------------------------------------------------------------------

def synthetic(width, height):
    y, x, c = np.mgrid[0:height, 0:width, 0:3]
    return Image.fromarray(((37 * x + 59 * y + 101 * c + ((x * y) >> 3)) & 255).astype(np.uint8))


def make_resize():
    random.seed(11)
    fixed = [(7, 5, 3, 3), (1, 1, 224, 224), (30, 20, 224, 224), (100, 50, 224, 224), (448, 448, 224, 224),
             (640, 427, 224, 224), (1000, 1333, 448, 448), (5, 300, 5, 20), (300, 5, 20, 5), (9, 9, 9, 9),
             (3, 900, 50, 10)]
    random_pairs = [tuple(random.randint(1, random.choice((8, 60, 400))) for _ in range(4)) for _ in range(489)]
    lines = []
    for width, height, to_width, to_height in fixed + random_pairs:
        image = synthetic(width, height)
        for name, resample in ("bicubic", Image.Resampling.BICUBIC), ("bilinear", Image.Resampling.BILINEAR):
            lines.append(f"{name} {width} {height} {to_width} {to_height} {crc(image.resize((to_width, to_height), resample))}")
    (here / "resize.txt").write_text("\n".join(lines) + "\n")


def main():
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for make in (make_png, make_orientations, make_jpeg, make_webp, make_tiff, make_bmp, make_heic, make_pdf):
        make()
    (here / "pictures.txt").write_text("\n".join(manifest) + "\n")
    make_resize()


if __name__ == "__main__":
    main()
