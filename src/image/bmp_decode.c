/* BMP: headers of OS/2 1 to Windows 5; 1, 2, 4, 8, 16, 24 and 32 bits a pixel, masks, run lengths.
 *
 * Read here, because stb_image, the only packaged library that offers it, takes zeros for what a
 * short file lacks, takes the palette of OS/2 files for four entries shorter than it is (and memory
 * that was never written for its colours), and reads no run lengths. Method: Windows GDI reference,
 * "Bitmap Storage"; samples of fewer than 8 bits are scaled as in Pillow. */
#include "image/image.h"
#include "image/image_decode.h"

#include "base/checked.h"

#include <stdlib.h>
#include <string.h>

enum { FILE_HEADER = 14, CORE_HEADER = 12 };
enum { BI_RGB = 0, BI_RLE8 = 1, BI_RLE4 = 2, BI_BITFIELDS = 3, BI_ALPHABITFIELDS = 6 };

struct bmp {
    const pali_image_source *source;
    int width, height;
    bool is_top_down;
    uint32_t bits, compression;
    size_t data, header_end; /* offsets in the file */
    uint32_t masks[4];       /* R, G, B, alpha */
    uint8_t palette[256][3]; /* R, G, B; what the file leaves out is black */
};

static uint32_t number(const pali_image_source *source, size_t offset, size_t length) {
    uint32_t value = 0;
    for (size_t i = 0; i < length; i++)
        value |= (uint32_t)source->bytes[offset + i] << (8 * i);
    return value;
}

static pali_status fail_short(const struct bmp *bmp, pali_error *err) {
    return pali_fail(err, PALI_ERROR_FORMAT, "%s: BMP: the file ends early", bmp->source->name);
}

/* Width, height, depth, compression, offsets; the caller knows that the header is there. */
static pali_status read_header(struct bmp *bmp, pali_error *err) {
    const pali_image_source *source = bmp->source;
    uint32_t header = number(source, FILE_HEADER, 4);
    bool is_core = header == CORE_HEADER;
    uint32_t width = is_core ? number(source, 18, 2) : number(source, 18, 4);
    uint32_t height = is_core ? number(source, 20, 2) : number(source, 22, 4);
    bmp->is_top_down = height > INT32_MAX;
    if (bmp->is_top_down)
        height = 0u - height;
    pali_status status = pali_image_check_size(source, width, height, err);
    if (status)
        return status;
    bmp->width = (int)width;
    bmp->height = (int)height;
    bmp->bits = number(source, is_core ? 24 : 28, 2);
    bmp->compression = is_core ? BI_RGB : number(source, 30, 4);
    bmp->data = number(source, 10, 4);
    bmp->header_end = FILE_HEADER + (size_t)header;
    return PALI_OK;
}

/* Masks of colours stand at the same place, inside a long header or behind a short one. */
static pali_status read_masks(struct bmp *bmp, pali_error *err) {
    enum { MASKS = 54, WITH_ALPHA = 56 + FILE_HEADER };
    static const uint32_t masks_15[3] = {0x7c00, 0x3e0, 0x1f};
    static const uint32_t masks_24[3] = {0xff0000, 0xff00, 0xff};
    if (bmp->compression == BI_RGB) {
        memcpy(bmp->masks, bmp->bits == 16 ? masks_15 : masks_24, sizeof masks_24);
        return PALI_OK;
    }
    bool has_alpha = bmp->compression == BI_ALPHABITFIELDS || bmp->header_end >= WITH_ALPHA;
    size_t count = has_alpha ? 4 : 3;
    if (bmp->source->size < MASKS + 4 * count)
        return fail_short(bmp, err);
    for (size_t i = 0; i < count; i++)
        bmp->masks[i] = number(bmp->source, MASKS + 4 * i, 4);
    return PALI_OK;
}

/* As many colours as there can be, or as there is room for before the pixels. */
static void read_palette(struct bmp *bmp) {
    size_t entry = bmp->header_end == FILE_HEADER + CORE_HEADER ? 3 : 4;
    size_t count = (size_t)1 << bmp->bits;
    size_t room = (bmp->data - bmp->header_end) / entry; /* the file has all of it */
    if (room < count)
        count = room;
    const uint8_t *bytes = bmp->source->bytes + bmp->header_end;
    for (size_t i = 0; i < count; i++)
        for (size_t c = 0; c < 3; c++)
            bmp->palette[i][c] = bytes[i * entry + 2 - c];
}

/* The kinds that exist. */
static bool is_known(const struct bmp *bmp) {
    switch (bmp->compression) {
    case BI_RGB:
        return bmp->bits == 1 || bmp->bits == 2 || bmp->bits == 4 || bmp->bits == 8 ||
               bmp->bits == 16 || bmp->bits == 24 || bmp->bits == 32;
    case BI_RLE8:
        return bmp->bits == 8;
    case BI_RLE4:
        return bmp->bits == 4;
    case BI_BITFIELDS:
    case BI_ALPHABITFIELDS:
        return bmp->bits == 16 || bmp->bits == 32;
    default:
        return false;
    }
}

static pali_status open_bmp(struct bmp *bmp, pali_error *err) {
    if (bmp->source->size < FILE_HEADER + (size_t)number(bmp->source, FILE_HEADER, 4))
        return fail_short(bmp, err);
    pali_status status = read_header(bmp, err);
    if (status)
        return status;
    if (!is_known(bmp))
        return pali_fail(err, PALI_ERROR_UNSUPPORTED,
                         "%s: BMP: %u bits a pixel with compression %u", bmp->source->name,
                         bmp->bits, bmp->compression);
    if (bmp->data < bmp->header_end)
        return pali_fail(err, PALI_ERROR_FORMAT, "%s: BMP: the header is damaged",
                         bmp->source->name);
    if (bmp->data > bmp->source->size)
        return fail_short(bmp, err);
    if (bmp->bits > 8)
        return read_masks(bmp, err);
    read_palette(bmp);
    return PALI_OK;
}

/* Row `y` from the top of what is stored from the bottom, as a rule. */
static size_t stored_row(const struct bmp *bmp, size_t y) {
    return bmp->is_top_down ? y : (size_t)bmp->height - 1 - y;
}

static void unpack_indices(uint8_t *rgb, const struct bmp *bmp, const uint8_t *row) {
    size_t bits = bmp->bits;
    for (size_t x = 0; x < (size_t)bmp->width; x++) {
        size_t first = x * bits;
        size_t index = (row[first / 8] >> (8 - bits - first % 8)) & ((1u << bits) - 1);
        memcpy(rgb + 3 * x, bmp->palette[index], 3);
    }
}

/* The bits of a mask as 0..255; `none` where the mask is empty. */
static uint8_t masked(uint32_t pixel, uint32_t mask, uint8_t none) {
    if (!mask)
        return none;
    int shift = __builtin_ctz(mask);
    return (uint8_t)((uint64_t)((pixel & mask) >> shift) * 255 / (mask >> shift));
}

/* [width, 3], or [width, 4] if the masks have alpha. Gives the alphas, joined by "or". */
static uint8_t unpack_masked(uint8_t *out, const struct bmp *bmp, const uint8_t *row) {
    size_t bytes = bmp->bits / 8, channels = bmp->masks[3] ? 4 : 3;
    uint8_t alphas = 0;
    for (size_t x = 0; x < (size_t)bmp->width; x++, row += bytes, out += channels) {
        uint32_t pixel = 0;
        for (size_t i = 0; i < bytes; i++)
            pixel |= (uint32_t)row[i] << (8 * i);
        for (size_t c = 0; c < channels; c++)
            out[c] = masked(pixel, bmp->masks[c], 0);
        alphas |= masked(pixel, bmp->masks[3], 255);
    }
    return alphas;
}

/* Everything but run lengths. */
static pali_status read_rows(const struct bmp *bmp, uint8_t *pixels, uint8_t *alphas,
                             pali_error *err) {
    size_t width = (size_t)bmp->width, height = (size_t)bmp->height;
    size_t used = (width * bmp->bits + 7) / 8, stride = (used + 3) / 4 * 4;
    size_t row = width * (bmp->bits > 8 && bmp->masks[3] ? 4 : 3);
    if (bmp->source->size - bmp->data < stride * (height - 1) + used)
        return fail_short(bmp, err);
    for (size_t y = 0; y < height; y++) {
        const uint8_t *from = bmp->source->bytes + bmp->data + stored_row(bmp, y) * stride;
        if (bmp->bits <= 8)
            unpack_indices(pixels + y * row, bmp, from);
        else
            *alphas |= unpack_masked(pixels + y * row, bmp, from);
    }
    return PALI_OK;
}

/* Where the next run goes: rows are counted as stored. */
struct pen {
    const struct bmp *bmp;
    uint8_t *pixels; /* [height, width, 3] */
    size_t x, y;
};

/* `count` pixels whose indices are those of `bytes`, one or two in each, again and again if
 * `repeat`. What goes past the end of a row is cut off. */
static void draw_run(struct pen *pen, const uint8_t *bytes, size_t count, bool repeat) {
    const struct bmp *bmp = pen->bmp;
    for (size_t i = 0; i < count; i++, pen->x++) {
        if (pen->x >= (size_t)bmp->width || pen->y >= (size_t)bmp->height)
            continue;
        size_t index;
        if (bmp->bits == 8)
            index = bytes[repeat ? 0 : i];
        else
            index = bytes[repeat ? 0 : i / 2] >> (i % 2 ? 0 : 4) & 15;
        size_t at = stored_row(bmp, pen->y) * (size_t)bmp->width + pen->x;
        memcpy(pen->pixels + 3 * at, bmp->palette[index], 3);
    }
}

/* A pair of zero and `code`: end of row, end of picture, a jump, or `code` literal indices. Gives
 * the bytes that follow the pair, or false past the end. */
static bool take_escape(struct pen *pen, uint8_t code, const uint8_t *bytes, size_t left,
                        size_t *taken) {
    enum { END_OF_ROW = 0, JUMP = 2 };
    *taken = 0;
    if (code == END_OF_ROW) {
        pen->x = 0;
        pen->y++;
        return true;
    }
    if (code == JUMP) {
        if (left < 2)
            return false;
        pen->x += bytes[0];
        pen->y += bytes[1];
        *taken = 2;
        return true;
    }
    size_t used = pen->bmp->bits == 8 ? code : (code + 1u) / 2;
    if (left < used)
        return false;
    draw_run(pen, bytes, code, false);
    *taken = used + (used % 2 && left > used); /* padded to an even length */
    return true;
}

static pali_status read_runs(const struct bmp *bmp, uint8_t *pixels, pali_error *err) {
    enum { END_OF_PICTURE = 1 };
    const uint8_t *bytes = bmp->source->bytes + bmp->data;
    size_t size = bmp->source->size - bmp->data, position = 0;
    size_t count = (size_t)bmp->width * (size_t)bmp->height;
    for (size_t i = 0; i < count; i++) /* what no run covers */
        memcpy(pixels + 3 * i, bmp->palette[0], 3);
    struct pen pen = {bmp, pixels, 0, 0};
    while (size - position >= 2) {
        uint8_t run = bytes[position], code = bytes[position + 1];
        position += 2;
        if (run) {
            draw_run(&pen, &code, run, true);
            continue;
        }
        if (code == END_OF_PICTURE)
            return PALI_OK;
        size_t taken;
        if (!take_escape(&pen, code, bytes + position, size - position, &taken))
            break;
        position += taken;
    }
    return fail_short(bmp, err);
}

static pali_status decode(const struct bmp *bmp, uint8_t *pixels, bool has_alpha, pali_error *err) {
    if (bmp->compression == BI_RLE8 || bmp->compression == BI_RLE4)
        return read_runs(bmp, pixels, err);
    uint8_t alphas = 0;
    pali_status status = read_rows(bmp, pixels, &alphas, err);
    if (!status && has_alpha && alphas == 0) {
        /* Programs that know no alpha leave zeros in it: nothing would be seen. */
        size_t count = (size_t)bmp->width * (size_t)bmp->height;
        for (size_t i = 0; i < count; i++)
            pixels[4 * i + 3] = 255;
    }
    return status;
}

pali_status pali_bmp_decode(pali_image **out, int *orientation, const pali_image_source *source,
                            pali_error *err) {
    (void)orientation;
    struct bmp bmp = {.source = source};
    pali_status status = open_bmp(&bmp, err);
    if (status)
        return status;
    bool has_alpha = bmp.bits > 8 && bmp.masks[3] != 0;
    size_t bytes;
    if (!pali_mul_size((size_t)bmp.width * (has_alpha ? 4 : 3), (size_t)bmp.height, &bytes))
        return pali_fail_memory(err, SIZE_MAX, "a picture");
    uint8_t *pixels = malloc(bytes);
    if (!pixels)
        return pali_fail_memory(err, bytes, "a picture");
    status = decode(&bmp, pixels, has_alpha, err);
    if (status) {
        free(pixels);
        return status;
    }
    return has_alpha ? pali_image_adopt_rgba(out, bmp.width, bmp.height, pixels, err)
                     : pali_image_adopt_rgb(out, bmp.width, bmp.height, pixels, err);
}
