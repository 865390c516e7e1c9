"""The parts of a picture that show ink of a layer of the sheet, through a mesh of places.

Most of a page is blank. The picture is looked at by tiles; those of a row that may show ink and are neighbours, or nearly, are
a run, a rectangle of the picture, and ink is moved in runs alone. What all runs show is kept in one row of pixels, run
after run, so that what works on single pixels works on all of them at once.
"""
import cv2
import numpy as np

TILE = 24  # pixels of the picture
BLOCK = 8  # pixels of a layer that are looked at together for ink


def between(pixels, nodes):
    """For every pixel along a side of the picture, as cv2.resize has it: the two nodes of the mesh that it lies between, and
    how far it is on its way from the first to the second (float32)."""
    at = ((np.arange(pixels) + 0.5) * (nodes / pixels) - 0.5).astype(np.float32)
    first = np.floor(at).astype(int)
    return first.clip(0, nodes - 1), (first + 1).clip(0, nodes - 1), at - first.astype(np.float32)


def inked_blocks(layer):
    """Where a layer has ink [rows, columns], by blocks."""
    height, width = layer.shape
    whole = height // BLOCK
    rows = np.zeros((whole + 1, -(-width // BLOCK) * BLOCK), np.uint8)
    rows[:whole, :width] = layer[:whole * BLOCK].reshape(whole, BLOCK, width).max(1)
    rows[whole, :width] = layer[whole * BLOCK:].max(0, initial=0)
    return rows.view(np.uint64) > 0  # eight columns at once


def extremes(lows, highs, pixels, axis):
    """The least and the greatest of what the enlarged mesh has in every tile along an axis, given both for its nodes: they lie
    on the tile's first or last pixel, or on a node between them."""
    first, second, share = between(pixels, lows.shape[axis])
    begin = np.arange(0, pixels, TILE)
    end = np.minimum(begin + TILE - 1, pixels - 1)
    ends = np.concatenate((begin, end))
    share = share[ends].reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
    found = []
    for values, best in (lows, np.minimum), (highs, np.maximum):
        at_ends = values.take(first[ends], axis) * (1 - share) + values.take(second[ends], axis) * share
        of_tiles = best(*np.split(at_ends, 2, axis))
        for step in range(1, (first[end] - first[begin]).max() + 1):
            best(of_tiles, values.take(np.minimum(first[begin] + step, first[end]), axis), out=of_tiles)
        found.append(of_tiles)
    return found


def inked(layer, mesh, size):
    """The tiles [rows, columns] of a picture of `size` (width, height) that may show ink: those whose rectangle on the layer has
    some."""
    width, height = size
    lows, highs = extremes(*extremes(mesh, mesh, height, 0), width, 1)
    blocks = inked_blocks(layer)
    count = cv2.integral(blocks.view(np.uint8))
    # cv2.remap mixes the pixel of a place with the next ones, after rounding the place.
    limits = np.array(blocks.shape[::-1], np.float32)
    x0, y0 = np.moveaxis(((lows - 1) / BLOCK).clip(0, limits).astype(int), 2, 0)
    x1, y1 = np.moveaxis(((highs + 2) / BLOCK + 1).clip(0, limits).astype(int), 2, 0)
    return count[y1, x1] - count[y0, x1] - count[y1, x0] + count[y0, x0] > 0


def runs_of(tiles, size):
    """Slices of the picture that hold all of these tiles."""
    tiles[0, 0] |= not tiles.any()  # OpenCV does not work on nothing
    rows, columns = np.nonzero(tiles)
    begin = np.flatnonzero((np.diff(rows, prepend=-1) != 0) | (np.diff(columns, prepend=-1) > 5))
    tops, lefts, rights = rows[begin] * TILE, columns[begin] * TILE, (columns[np.append(begin[1:], len(rows)) - 1] + 1) * TILE
    width, height = size
    return [np.s_[top:min(top + TILE, height), left:min(right, width)]
            for top, left, right in zip(tops.tolist(), lefts.tolist(), rights.tolist())]


def parts(runs, pixels):
    """Every run, and a view [H, W] of its share of the row of pixels."""
    end = 0
    for rows, columns in runs:
        height, width = rows.stop - rows.start, columns.stop - columns.start
        begin, end = end, end + height * width
        yield (rows, columns), pixels[0, begin:end].reshape(height, width)


def bent(layer, mesh, size):
    """The runs of a picture of `size`, and the ink seen in them [1, pixels]."""
    width, height = size
    runs = runs_of(inked(layer, mesh, size), size)
    # The mesh is enlarged as cv2.resize would do it, across and then down, but down in the runs alone.
    across = cv2.resize(mesh, (width, mesh.shape[0]), interpolation=cv2.INTER_LINEAR)
    above, below, share = between(height, mesh.shape[0])
    share = share[:, None, None]
    rest = 1 - share
    seen = np.empty((1, sum((r.stop - r.start) * (c.stop - c.start) for r, c in runs)), np.uint8)
    for (rows, columns), part in parts(runs, seen):
        places, second = across[above[rows], columns], across[below[rows], columns]
        places *= rest[rows]
        second *= share[rows]
        places += second
        cv2.remap(layer, places, None, cv2.INTER_LINEAR, dst=part)
    return runs, seen


def taken(plane, runs):
    """The runs of a plane [1, pixels]."""
    return np.concatenate([plane[run].ravel() for run in runs])[None]


def put(plane, runs, pixels):
    """The other way round."""
    for run, part in parts(runs, pixels):
        plane[run] = part
