"""From a sheet to a picture of it: bent paper, perspective, light, a lens, a sensor or a scanner, compression.

Every layer of ink is moved once, by a map from the picture to the sheet that is made on a coarse mesh and enlarged.
Most of a page is blank: ink is moved, and dims the paper, in those parts of the picture alone that have some (runs.py).
Colour comes last, as products of 8-bit factors, so that a page costs little more than its pixels.
"""
import functools
from dataclasses import dataclass

import cv2
import numpy as np

from .runs import bent, put, taken

DESKS = ((0.55, 0.75, 1), (0.45, 0.65, 0.9), (0.9, 0.95, 1), (1, 1, 1), (0.7, 0.85, 1), (1, 0.9, 0.8), (0.8, 1, 0.9),
         (0.5, 0.55, 0.6))  # wood, cloth, stone: B, G, R
CELL = 12  # pixels of the picture for a cell of the mesh


@dataclass
class Look:
    """How a page was made and caught."""
    kind: str                       # clean, scan, fax, photo, snap, app
    paper: tuple = (250, 250, 250)  # B, G, R
    print_ink: tuple = (40, 40, 40)
    pen_ink: tuple = (110, 42, 28)
    tilt: float = 0.0               # degrees
    perspective: float = 0.0        # how far the corners stray, as a share of the width
    border: float = 0.0             # of desk around the sheet, as a share of the width
    curl: float = 0.0               # pixels
    folds: int = 0
    light: float = 0.0              # unevenness, 0 to 1
    shadow: float = 0.0
    dim: float = 1.0
    blur: float = 0.0
    motion: int = 0
    noise: float = 0.0
    scale: float = 1.0              # pixels of the picture for one of the sheet
    quality: int = 92
    crease: float = 0.0


def look(rng, kind):
    """A random look of a kind: "clean", "scan", "fax", "photo" (careful), "snap" (careless) or "app" (a photo that a scanning
    app has cut out and made black on white)."""
    r = rng.random
    pens = [(120, 50, 30), (150, 70, 30), (60, 50, 45), (30, 30, 30), (95, 35, 25), (140, 60, 60), (40, 40, 150), (60, 90, 30)]
    out = Look(kind, pen_ink=pens[int(min(r() ** 1.6, 0.999) * len(pens))], print_ink=(int(20 + 60 * r()),) * 3)
    if r() < 0.25:
        out.print_ink = [(120, 60, 30), (90, 110, 20), (50, 40, 150), (110, 40, 90)][int(r() * 4)]
    if kind == "clean":
        out.paper = (255, 255, 255) if r() < 0.5 else (250, 252, 253)
        out.quality = 95
    elif kind in ("scan", "fax"):
        shade = int(232 + 23 * r())
        out.paper = (shade - int(8 * r()), shade, shade)
        out.tilt, out.noise, out.blur = rng.normal(0, 0.7), 1 + 5 * r(), 0.3 + 0.6 * r()
        out.light, out.quality, out.scale = 0.06 * r(), int(70 + 25 * r()), 0.75 + 0.25 * r()
        out.crease = 0.3 * r()
    else:
        hard = 1.0 if kind == "snap" else 0.45
        warm = int(14 * r())
        out.paper = (238 - warm - int(12 * r()), 240 - warm // 2, 244)
        out.tilt, out.perspective = rng.normal(0, 2.2 * hard), 0.07 * hard * r()
        out.border = (0.01 + 0.07 * r()) if r() < 0.75 else -0.01
        out.curl = 34 * hard * r() * (r() < 0.6)
        out.folds = int(r() < 0.5 * hard + 0.1) * int(1 + 3 * r())
        out.light, out.shadow = (0.25 + 0.4 * r()) * hard, 0.55 * hard * r() * (r() < 0.5)
        out.dim = 1 - 0.5 * hard * r() * (r() < 0.35 + 0.2 * hard)
        out.blur, out.motion = 0.4 + 0.9 * hard * r(), int(r() < 0.15 * hard) * int(3 + 4 * r())
        out.noise = 2 + 9 * hard * r() + 8 * (out.dim < 0.75)
        out.scale, out.quality, out.crease = 1 - 0.42 * hard * r(), int(55 + 38 * r()), 0.6 * r()
        if kind == "app":
            out.tilt, out.perspective, out.border, out.motion = out.tilt / 2, out.perspective / 4, 0, 0
    out.blur *= out.scale
    return out


@functools.lru_cache(2)
def noise_bank(channels):
    """Noise around 128 [H, W] or [H, W, channels], grey, a little coarser than a pixel, as sensors with a filter give it."""
    rng = np.random.default_rng(11)
    fine = rng.normal(128, 40, (2300, 2300)).astype(np.float32)
    grey = np.clip(0.7 * (fine - 128) + 0.9 * (cv2.GaussianBlur(fine, (0, 0), 0.9) - 128) + 128, 0, 255).astype(np.uint8)
    return grey if channels == 1 else cv2.merge([grey] * channels)


def field(rng, shape, cells, low, high, form=cv2.INTER_CUBIC):
    """A smooth random field [H, W] float32; `cells` (rows, columns) random values, enlarged."""
    coarse = rng.uniform(low, high, cells).astype(np.float32)
    return cv2.resize(coarse, (shape[1], shape[0]), interpolation=form)


class Bend:
    """The geometry of one picture: `mesh` from picture to sheet, `forward` from sheet to picture."""

    def __init__(self, rng, look, width, height, keep):
        """`keep`: x0, y0, x1, y1 of the sheet, which must stay in the picture."""
        self.size = (width, height)
        self.waves = [(rng.uniform(0.5, 1.6) * np.pi / width, rng.uniform(0, 6), rng.normal(0, 0.6)) for _ in range(2)]
        self.curl = look.curl
        self.creases = [(rng.uniform(0.15, 0.85), rng.normal(0, 3.5)) for _ in range(look.folds)]
        pad = look.border * width
        w, h = width, height
        scale = (w - 2 * pad) / w
        corners = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
        centre = np.array([w / 2, h / 2], np.float32)
        a = np.deg2rad(look.tilt)
        turn = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]], np.float32)
        seen = (corners - centre) * scale @ turn.T + centre + rng.uniform(-1, 1, (4, 2)) * look.perspective * width
        for _ in range(40):
            self.matrix = cv2.getPerspectiveTransform(corners, seen.astype(np.float32))
            ends = self.ends([keep])
            if ends.min() >= 0 and ends.max() <= 1:
                break
            seen = centre + (seen - centre) * 0.98
        self.inverse = np.linalg.inv(self.matrix)

    @staticmethod
    def project(matrix, x, y):
        u = matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2]
        v = matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2]
        s = matrix[2, 0] * x + matrix[2, 1] * y + matrix[2, 2]
        return u / s, v / s

    def displacement(self, x, y):
        """How far the paper's bending moves a point of the sheet."""
        dx = dy = 0
        if self.curl:
            dy = sum(self.curl * part * np.sin(k * x + phase + 0.0006 * y) for k, phase, part in self.waves)
            dx = sum(0.25 * self.curl * part * np.sin(k * y + phase) for k, phase, part in self.waves)
        for at, depth in self.creases:
            dy = dy + depth * np.abs(y / self.size[1] - at)
        return dx, dy

    def mesh(self):
        """x and y of the sheet [rows, columns, 2] in the middles of the picture's cells."""
        w, h = self.size
        columns, rows = w // CELL + 2, h // CELL + 2
        # cv2.resize puts the centre of source pixel i at (i + 0.5) * scale - 0.5.
        xs = ((np.arange(columns) + 0.5) * (w / columns) - 0.5).astype(np.float32)
        ys = ((np.arange(rows) + 0.5) * (h / rows) - 0.5).astype(np.float32)
        x, y = self.project(self.inverse, *np.meshgrid(xs, ys))
        dx, dy = self.displacement(x, y)
        return np.stack((x + dx, y + dy), 2).astype(np.float32)

    def forward(self, x, y):
        """Points of the sheet as points of the picture."""
        u, v = np.asarray(x, float), np.asarray(y, float)
        for _ in range(4):
            dx, dy = self.displacement(u, v)
            u, v = x - dx, y - dy
        return self.project(self.matrix, u, v)

    def ends(self, boxes):
        """The sides [n, 4] of the boxes around boxes [n, 4] of the sheet, in fractions of the picture."""
        x0, y0, x1, y1 = np.array(boxes, float).reshape(-1, 4, 1).transpose(1, 0, 2)
        t, same = np.linspace(0, 1, 9), np.ones(9)
        across, down = x0 + (x1 - x0) * t, y0 + (y1 - y0) * t
        xs = np.concatenate((across, across, x0 * same, x1 * same), 1)
        ys = np.concatenate((y0 * same, y1 * same, down, down), 1)
        u, v = self.forward(xs, ys)
        w, h = self.size
        return np.stack((u.min(1) / w, v.min(1) / h, u.max(1) / w, v.max(1) / h), 1)

    def boxes(self, boxes):
        return [[round(end, 4) for end in ends] for ends in np.clip(self.ends(boxes), 0, 1).tolist()]


def pen_map(rng, sheet, hand, mesh):
    """The mesh for the pen's layer: with its shear undone, and trembling."""
    x, y = mesh[..., 0], mesh[..., 1]
    shake = hand.wobble * hand.x
    shape = x.shape
    # Nodes about one letter apart, whatever the mesh's own cells are.
    step = max(1.0, 0.9 * hand.x / CELL)
    cells = (max(2, int(shape[0] / step)), max(2, int(shape[1] / step)))
    wx = field(rng, shape, cells, -1.7, 1.7) * shake
    wy = field(rng, shape, cells, -1.7, 1.7) * shake
    return np.stack((x + sheet.margin + sheet.slant * (y - sheet.height / 2) + wx, y + wy), 2)


def thickened(layer, by):
    """Ink whose strokes are about `by` pixels wider on either side; `by` from 0 to 1."""
    if by <= 0:
        return layer
    wide = cv2.dilate(layer, cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3)))
    cv2.convertScaleAbs(wide, alpha=min(by, 1.0), dst=wide)
    return cv2.max(layer, wide, dst=wide)


def through(layer, ink):
    """What an ink lets through in each of the channels whose levels `ink` has: 255 where there is none."""
    ramp = np.arange(256)
    done = {level: cv2.LUT(layer, np.clip(255 - ramp * (255 - level) / 255, 0, 255).astype(np.uint8)) for level in set(ink)}
    return [done[level] for level in ink]


def photograph(rng, sheet, hand, look):
    """The picture [H, W, 3] (B, G, R) or [H, W] (grey), uint8, and its Bend."""
    boxes = np.array([p.box for p in sheet.pieces] or [[0, 0, 1, 1]])
    bend = Bend(rng, look, sheet.width, sheet.height, (*boxes[:, :2].min(0), *boxes[:, 2:].max(0)))
    size = (round(sheet.width * look.scale), round(sheet.height * look.scale))
    mesh = bend.mesh()
    printed = None if look.kind == "clean" else bent(sheet.print, mesh, size)
    grey = look.kind == "fax" or look.kind in ("scan", "app") and rng.random() < 0.5
    channels = [2] if grey else [0, 1, 2]
    inks = [look.print_ink[c] for c in channels]
    if printed is None:
        picture = [let.copy() for let in through(sheet.print, inks)]
    else:
        picture = [np.full(size[::-1], 255, np.uint8) for _ in channels]
        for plane, let in zip(picture, through(printed[1], inks)):
            put(plane, printed[0], let)
    if hand is not None:
        runs, pen = bent(thickened(sheet.pen, hand.stroke), pen_map(rng, sheet, hand, mesh), size)
        strength = cv2.resize(rng.integers(178, 256, (36, 48), np.uint8), size, interpolation=cv2.INTER_LINEAR)
        pen = cv2.multiply(pen, taken(strength, runs), scale=1.1 / 255)
        for plane, let in zip(picture, through(pen, [look.pen_ink[c] for c in channels])):
            put(plane, runs, cv2.multiply(taken(plane, runs), let, scale=1 / 255))
    shade = shading(rng, look, bend, size)
    for plane, c in zip(picture, channels):
        tone = look.paper[c] * look.dim / 255
        if shade is None:
            cv2.convertScaleAbs(plane, alpha=tone, dst=plane)
        else:
            cv2.multiply(plane, shade, scale=tone / 255, dst=plane)
    picture = picture[0] if grey else cv2.merge(picture)
    if look.kind not in ("clean", "app"):
        on_desk(rng, look, bend, picture)
    return lens(rng, look, picture), bend


def shading(rng, look, bend, size):
    """Light, shadows and creases as 8-bit factors; None where there are none."""
    if look.light == 0 and look.crease == 0 and look.shadow == 0:
        return None
    w, h = size
    small = (max(4, h // 16), max(4, w // 16))
    y, x = np.mgrid[0:small[0], 0:small[1]].astype(np.float32)
    y, x = y / small[0], x / small[1]
    light = 1 - look.light * np.minimum(1, (x - rng.uniform(0, 1)) ** 2 + (y - rng.uniform(0, 1)) ** 2)
    if look.shadow:
        a, offset = rng.uniform(0, 2 * np.pi), rng.uniform(0.1, 0.5)
        edge = np.cos(a) * (x - 0.5) + np.sin(a) * (y - 0.5) - offset + 0.05 * np.sin(9 * (x - y))
        light *= 1 - look.shadow / (1 + np.exp(-edge / rng.uniform(0.01, 0.08)))
    shade = cv2.resize((light * 255).clip(0, 255).astype(np.uint8), size, interpolation=cv2.INTER_LINEAR)
    for at, depth in bend.creases:
        u, v = bend.forward(np.linspace(0, bend.size[0], 12), np.full(12, at * bend.size[1]))
        points = (np.stack((u, v), 1) * look.scale).astype(np.int32)
        top, bottom = max(0, points[:, 1].min() - 8), min(h, points[:, 1].max() + 12)
        if top >= bottom:
            continue
        band = shade[top:bottom]
        dark = band.copy()
        cv2.polylines(dark, [points - [0, top]], False, 110, 2, cv2.LINE_AA)
        cv2.polylines(dark, [points - [0, top - 3]], False, 255, 2, cv2.LINE_AA)
        dark = cv2.GaussianBlur(dark, (0, 0), 1.2)
        cv2.addWeighted(band, 1 - 0.6 * look.crease, dark, 0.6 * look.crease, 0, dst=band)
    return shade


def beside(edges, width, height):
    """Parts of a picture with all that is beside a sheet, whose edges are given as points: top, right, bottom, left."""
    top, bottom = max(0, edges[0, :, 1].max() + 1), max(0, edges[2, :, 1].min())
    left, right = max(0, edges[3, :, 0].max() + 1), max(0, edges[1, :, 0].min())
    parts = np.s_[:top, :], np.s_[bottom:height, :], np.s_[top:bottom, :left], np.s_[top:bottom, right:width]
    return [(rows, columns) for rows, columns in parts
            if len(range(height)[rows]) and len(range(width)[columns])]  # OpenCV does not work on nothing


def on_desk(rng, look, bend, picture):
    """Draws what is seen beside the sheet."""
    h, w = picture.shape[:2]
    t = np.linspace(0, 1, 24)
    across, down = bend.size[0] * t, bend.size[1] * t
    edge_x = np.concatenate((across, np.full(24, bend.size[0]), across[::-1], np.zeros(24)))
    edge_y = np.concatenate((np.zeros(24), down, np.full(24, bend.size[1]), down[::-1]))
    corners = (np.stack(bend.forward(edge_x, edge_y), 1) * look.scale).round().astype(np.int32)
    mask = np.full((h, w), 255, np.uint8)
    cv2.fillPoly(mask, [corners], 0)
    if look.kind in ("scan", "fax"):
        ground = np.broadcast_to(np.uint8(250 if rng.random() < 0.8 else 30), picture.shape)
    else:
        base, grain = rng.uniform(25, 200) * look.dim, rng.uniform(2, 16)
        coarse = (h // 4 + 1, w // 4 + 1)
        wood = field(rng, coarse, (int(rng.integers(3, 90)), int(rng.integers(3, 30))), -1, 1) * grain
        colour = base * np.array(DESKS[int(rng.integers(len(DESKS)))], np.float32)
        ground = cv2.merge([(wood + level).clip(0, 255).astype(np.uint8) for level in colour])
        ground = cv2.resize(ground, (w, h), interpolation=cv2.INTER_LINEAR)
    for side in beside(corners.reshape(4, -1, 2), w, h):
        cv2.copyTo(np.ascontiguousarray(ground[side]), np.ascontiguousarray(mask[side]), picture[side])


def lens(rng, look, picture):
    """Focus, motion, noise, and what a fax or an app makes of it."""
    h, w = picture.shape[:2]
    if look.blur > 0.35:
        picture = cv2.GaussianBlur(picture, (0, 0), look.blur)
    if look.motion:
        kernel = np.zeros((look.motion, look.motion), np.float32)
        a = rng.uniform(0, np.pi)
        c = (look.motion - 1) / 2
        cv2.line(kernel, (round(c - c * np.cos(a)), round(c - c * np.sin(a))), (round(c + c * np.cos(a)), round(c + c * np.sin(a))), 1)
        picture = cv2.filter2D(picture, -1, kernel / kernel.sum())
    if look.noise > 0:
        bank = noise_bank(1 if picture.ndim == 2 else 3)
        y, x = int(rng.integers(0, bank.shape[0] - min(h, 2200))), int(rng.integers(0, bank.shape[1] - min(w, 2200)))
        grain = bank[y:y + h, x:x + w]
        if grain.shape != picture.shape:
            grain = cv2.resize(grain, (w, h))
        cv2.addWeighted(picture, 1, grain, look.noise / 40, -128 * look.noise / 40, dst=picture)
    if look.kind == "fax":
        level = cv2.blur(picture, (61, 61))
        picture = cv2.compare(picture, cv2.subtract(level, int(rng.uniform(14, 34))), cv2.CMP_GT)
    if look.kind == "app":
        picture = cv2.divide(picture, cv2.blur(picture, (81, 81)), scale=200)
        white = rng.uniform(165, 195)
        black = white - rng.uniform(40, 130)
        picture = cv2.LUT(picture, ((np.arange(256) - black) * 255 / (white - black)).clip(0, 255).astype(np.uint8))
    return picture


def encode(look, picture):
    """The file's bytes, JPEG."""
    done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, look.quality])
    if not done:
        raise RuntimeError("the picture cannot be encoded")
    return data.tobytes()
