/* Claims about the decoders of src/image. Pictures and expected pixels: data/make_images.py. */
#include "image_helpers.h"

#include "image/exif.h"

#include <unistd.h>

/* One line of pictures.txt: the expected CRC-32, or a tolerance and the picture that holds the
 * pixels. */
struct expectation {
    char file[64], expected[64];
    int page, width, height, tolerance;
    unsigned long crc;
};

/* False at the end. */
static bool next_expectation(FILE *list, struct expectation *e) {
    char value[16];
    char line[256];
    *e = (struct expectation){0};
    if (!fgets(line, sizeof line, list))
        return false;
    int fields = sscanf(line, "%63s %d %d %d %15s %63s", e->file, &e->page, &e->width, &e->height,
                        value, e->expected);
    assert_in_range(fields, 5, 6);
    if (fields == 6)
        assert_int_equal(sscanf(value, "~%d", &e->tolerance), 1);
    else
        assert_int_equal(sscanf(value, "%lx", &e->crc), 1);
    return true;
}

static FILE *open_expectations(void) {
    FILE *list = fopen(PALI_TEST_DATA "/pictures.txt", "r");
    assert_non_null(list);
    return list;
}

static bool ends_with(const char *text, const char *end) {
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

static bool needs_program(const char *file) {
    return ends_with(file, ".heic") || ends_with(file, ".pdf");
}

static bool have_programs(void) {
    return system("command -v pdfinfo pdftoppm heif-info heif-convert >/dev/null") == 0;
}

/* At 72 dots per inch a point of a PDF is a pixel. */
static pali_status decode(pali_image **out, const char *file, int page, pali_error *err) {
    pali_image_options options = PALI_IMAGE_OPTIONS_INIT;
    options.page = page;
    options.pdf_dpi = 72;
    pali_buffer bytes;
    read_picture(&bytes, file);
    pali_status status = pali_image_decode(out, bytes.data, bytes.size, file, &options, err);
    pali_buffer_free(&bytes);
    return status;
}

static pali_image *must_decode(const char *file, int page) {
    pali_image *image = NULL;
    pali_error err = PALI_ERROR_INIT;
    if (decode(&image, file, page, &err))
        fail_msg("%s", err.message);
    return image;
}

static int largest_difference(const pali_image *a, const pali_image *b) {
    size_t bytes = (size_t)pali_image_width(a) * (size_t)pali_image_height(a) * 3;
    int largest = 0;
    for (size_t i = 0; i < bytes; i++) {
        int difference = abs(pali_image_pixels(a)[i] - pali_image_pixels(b)[i]);
        largest = difference > largest ? difference : largest;
    }
    return largest;
}

static void check_picture(const struct expectation *e) {
    pali_image *image = must_decode(e->file, e->page);
    if (pali_image_width(image) != e->width || pali_image_height(image) != e->height)
        fail_msg("%s: %d x %d instead of %d x %d", e->file, pali_image_width(image),
                 pali_image_height(image), e->width, e->height);
    if (e->expected[0]) {
        pali_image *expected = must_decode(e->expected, 0);
        assert_int_equal(pali_image_width(expected), e->width);
        assert_int_equal(pali_image_height(expected), e->height);
        int difference = largest_difference(image, expected);
        if (difference > e->tolerance)
            fail_msg("%s: %d levels from Pillow", e->file, difference);
        pali_image_free(&expected);
    } else if (crc_of(image) != e->crc) {
        fail_msg("%s, page %d: not the pixels of Pillow", e->file, e->page);
    }
    pali_image_free(&image);
}

static void every_picture_has_the_pixels_of_pillow(void **state) {
    (void)state;
    FILE *list = open_expectations();
    int count = 0;
    for (struct expectation e; next_expectation(list, &e);) {
        if (needs_program(e.file))
            continue;
        check_picture(&e);
        count++;
    }
    fclose(list);
    assert_in_range(count, 150, 1000);
}

static void heic_and_pdf_pages_have_the_expected_pixels(void **state) {
    (void)state;
    if (!have_programs())
        skip();
    FILE *list = open_expectations();
    int count = 0;
    for (struct expectation e; next_expectation(list, &e);) {
        if (!needs_program(e.file))
            continue;
        check_picture(&e);
        count++;
    }
    fclose(list);
    assert_int_equal(count, 6);
}

static int count_pages(const char *file) {
    int pages = 0;
    pali_buffer bytes;
    read_picture(&bytes, file);
    pali_error err = PALI_ERROR_INIT;
    if (pali_image_count_pages(&pages, bytes.data, bytes.size, file, NULL, &err))
        fail_msg("%s", err.message);
    pali_buffer_free(&bytes);
    return pages;
}

static void pages_are_counted(void **state) {
    (void)state;
    assert_int_equal(count_pages("pages.tif"), 3);
    assert_int_equal(count_pages("tiff-rgb.tif"), 1);
    assert_int_equal(count_pages("rgb8.png"), 1);
    if (have_programs())
        assert_int_equal(count_pages("pages.pdf"), 3);
}

static void fails(const char *file, int page, pali_status expected, const char *message) {
    pali_image *image = NULL;
    pali_error err = PALI_ERROR_INIT;
    assert_int_equal(decode(&image, file, page, &err), expected);
    assert_int_equal(err.code, expected);
    assert_string_equal(err.message, message);
    assert_null(image);
}

static void a_page_past_the_end_is_named(void **state) {
    (void)state;
    fails("pages.tif", 3, PALI_ERROR_NOT_FOUND, "pages.tif: there is no page 4: it has 3");
    fails("rgb8.png", 1, PALI_ERROR_NOT_FOUND, "rgb8.png: there is no page 2: it has 1");
    if (have_programs())
        fails("pages.pdf", 3, PALI_ERROR_NOT_FOUND, "pages.pdf: there is no page 4: it has 3");
}

static void a_pdf_that_cannot_be_read_says_why(void **state) {
    (void)state;
    if (!have_programs())
        skip();
    fails("encrypted.pdf", 0, PALI_ERROR_UNSUPPORTED,
          "encrypted.pdf: encrypted: it needs a password");
    fails("absurd.pdf", 0, PALI_ERROR_LIMIT,
          "absurd.pdf: 900000 x 900000 pixels are more than the limit of 200000000");
    pali_image *image = NULL;
    pali_error err = PALI_ERROR_INIT;
    static const char garbage[] = "%PDF-1.4\nnothing that follows is a PDF";
    assert_int_equal(pali_image_decode(&image, garbage, sizeof garbage, "x.pdf", NULL, &err),
                     PALI_ERROR_FORMAT);
    assert_ptr_equal(strstr(err.message, "x.pdf: pdfinfo: Syntax Error"), err.message);
    assert_int_equal(decode(&image, "no-page.pdf", 0, &err), PALI_ERROR_FORMAT);
    assert_ptr_equal(strstr(err.message, "no-page.pdf: "), err.message);
    assert_null(image);
}

static void a_missing_program_is_named_with_its_package(void **state) {
    (void)state;
    char *path = strdup(getenv("PATH"));
    setenv("PATH", "/nonexistent", 1);
    fails("pages.pdf", 0, PALI_ERROR_UNSUPPORTED,
          "pages.pdf: pdfinfo is not installed: apt install poppler-utils");
    fails("plain.heic", 0, PALI_ERROR_UNSUPPORTED,
          "plain.heic: heif-info is not installed: apt install libheif-examples");
    setenv("PATH", path, 1);
    free(path);
}

/* A file that claims 30,000 x 30,000 pixels and ends with its header: the limit has to speak before
 * anything else does. */
static void a_large_claim_is_refused_by_the_header_alone(void **state) {
    (void)state;
    static const uint8_t png[] =
        "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x75\x30\0\0\x75\x30\x08\x02\0\0\0"
        "\xe9\x45\x6f\xed\0\0\0\0IDAT\x35\xaf\x06\x1e";
    static const uint8_t jpeg[] = "\xff\xd8\xff\xc0\0\x0b\x08\x75\x30\x75\x30\x01\x01\x11\0"
                                  "\xff\xda\0\x08\x01\x01\0\0\x3f\0";
    static const uint8_t webp[] = "RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\x10\0\0\0\x2f\x75\0\x2f\x75\0";
    static const uint8_t bmp[54] = "BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x30\x75\0\0\x30\x75\0\0"
                                   "\x01\0\x18";
    static const uint8_t tiff[] =
        "II*\0\x08\0\0\0\x04\0"
        "\0\x01\x04\0\x01\0\0\0\x30\x75\0\0\x01\x01\x04\0\x01\0\0\0\x30\x75\0\0"
        "\x06\x01\x03\0\x01\0\0\0\x01\0\0\0\x11\x01\x04\0\x01\0\0\0\x08\0\0\0"
        "\0\0\0\0";
    const struct {
        const uint8_t *bytes;
        size_t size;
    } claims[] = {{png, sizeof png - 1},
                  {jpeg, sizeof jpeg - 1},
                  {webp, sizeof webp - 1},
                  {bmp, sizeof bmp},
                  {tiff, sizeof tiff - 1}};
    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
        pali_image *image = NULL;
        pali_error err = PALI_ERROR_INIT;
        pali_image_decode(&image, claims[i].bytes, claims[i].size, "huge", NULL, &err);
        assert_string_equal(err.message,
                            "huge: 30000 x 30000 pixels are more than the limit of 200000000");
        assert_int_equal(err.code, PALI_ERROR_LIMIT);
        assert_null(image);
    }
}

/* Sides of a tile are tags 322 and 323; an entry is tag, type, count, value. */
static void a_tile_larger_than_any_picture_is_refused(void **state) {
    (void)state;
    static const char *const tags[] = {"\x42\x01\x04\0", "\x43\x01\x04\0"};
    pali_buffer bytes;
    read_picture(&bytes, "tiff-tiled.tif");
    for (size_t i = 0; i < 2; i++) {
        char *entry = memmem(bytes.data, bytes.size, tags[i], 4);
        assert_non_null(entry);
        memcpy(entry + 8, "\x30\x75\0\0", 4); /* 30000 */
    }
    pali_image *image = NULL;
    pali_error err = PALI_ERROR_INIT;
    assert_int_equal(pali_image_decode(&image, bytes.data, bytes.size, "x.tif", NULL, &err),
                     PALI_ERROR_LIMIT);
    pali_buffer_free(&bytes);
}

static void limits_of_the_options_hold(void **state) {
    (void)state;
    pali_image *image = NULL;
    pali_error err = PALI_ERROR_INIT;
    pali_image_options options = PALI_IMAGE_OPTIONS_INIT;
    pali_buffer bytes;
    read_picture(&bytes, "rgb8.png"); /* 13 x 11 */
    options.max_pixels = 142;
    assert_int_equal(pali_image_decode(&image, bytes.data, bytes.size, "a.png", &options, &err),
                     PALI_ERROR_LIMIT);
    options.max_pixels = 143;
    options.max_bytes = bytes.size - 1;
    assert_int_equal(pali_image_decode(&image, bytes.data, bytes.size, "a.png", &options, &err),
                     PALI_ERROR_LIMIT);
    options.max_bytes = bytes.size;
    assert_int_equal(pali_image_decode(&image, bytes.data, bytes.size, "a.png", &options, &err),
                     PALI_OK);
    pali_image_free(&image);
    pali_buffer_free(&bytes);
}

static void what_is_no_picture_is_told(void **state) {
    (void)state;
    static const struct {
        const char *bytes, *message;
    } cases[] = {
        {"", "x: is empty"},
        {"hello",
         "x: not a picture of a known format; read are JPEG, PNG, WebP, TIFF, BMP, HEIC and "
         "PDF"},
        {"GIF89a", "x: a GIF picture: read are JPEG, PNG, WebP, TIFF, BMP, HEIC and PDF"},
        {"<!DOCTYPE html>", "x: a web page: read are JPEG, PNG, WebP, TIFF, BMP, HEIC and PDF"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pali_image *image = NULL;
        pali_error err = PALI_ERROR_INIT;
        assert_int_not_equal(
            pali_image_decode(&image, cases[i].bytes, strlen(cases[i].bytes), "x", NULL, &err),
            PALI_OK);
        assert_string_equal(err.message, cases[i].message);
    }
}

/* Cut to `size` bytes, in memory of exactly that size so that a sanitizer sees a read past the end.
 */
static void check_cut(const struct expectation *e, const pali_buffer *whole, size_t size,
                      unsigned long crc) {
    pali_image_options options = PALI_IMAGE_OPTIONS_INIT;
    options.page = e->page;
    uint8_t *bytes = malloc(size ? size : 1);
    assert_non_null(bytes);
    memcpy(bytes, whole->data, size);
    pali_image *image = NULL;
    pali_error err = PALI_ERROR_INIT;
    if (pali_image_decode(&image, bytes, size, e->file, &options, &err)) {
        if (strncmp(err.message, e->file, strlen(e->file)) != 0)
            fail_msg("%s cut to %zu bytes: \"%s\" does not name it", e->file, size, err.message);
        assert_null(image);
    } else if (crc_of(image) != crc) { /* what was cut off may be of no importance */
        fail_msg("%s cut to %zu bytes gives another picture", e->file, size);
    }
    pali_image_free(&image);
    free(bytes);
}

static void a_cut_file_is_an_error_and_never_half_a_picture(void **state) {
    (void)state;
    enum { CUTS = 50 };
    FILE *list = open_expectations();
    for (struct expectation e; next_expectation(list, &e);) {
        if (needs_program(e.file))
            continue;
        pali_image *image = must_decode(e.file, e.page);
        unsigned long crc = crc_of(image);
        pali_image_free(&image);
        pali_buffer whole;
        read_picture(&whole, e.file);
        for (size_t cut = 0; cut < CUTS; cut++)
            check_cut(&e, &whole, whole.size * cut / CUTS, crc);
        for (size_t tail = 1; tail < 9; tail++)
            check_cut(&e, &whole, whole.size - tail, crc);
        pali_buffer_free(&whole);
    }
    fclose(list);
}

static void a_cut_jpeg_or_png_fails_wherever_it_is_cut(void **state) {
    (void)state;
    static const char *const files[] = {"jpeg-420.jpg", "jpeg-progressive.jpg", "rgb8.png",
                                        "rgb8-interlaced.png"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        pali_buffer whole;
        read_picture(&whole, files[i]);
        for (size_t size = 0; size < whole.size; size++) {
            pali_image *image = NULL;
            pali_error err = PALI_ERROR_INIT;
            if (!pali_image_decode(&image, whole.data, size, files[i], NULL, &err))
                fail_msg("%s cut to %zu bytes passes for whole", files[i], size);
        }
        pali_buffer_free(&whole);
    }
}

static void expect_damage(pali_buffer *bytes, const char *message) {
    pali_image *image = NULL;
    pali_error err = PALI_ERROR_INIT;
    assert_int_equal(pali_image_decode(&image, bytes->data, bytes->size, "x.jpg", NULL, &err),
                     PALI_ERROR_FORMAT);
    assert_ptr_equal(strstr(err.message, message), err.message);
    pali_buffer_free(bytes);
}

static void damage_inside_a_jpeg_is_an_error(void **state) {
    (void)state;
    pali_buffer bytes;
    read_picture(&bytes, "jpeg-420.jpg");
    for (size_t i = 0; i < 16; i += 2) /* ones alone are no code; a zero byte follows 0xff */
        memcpy(bytes.data + bytes.size * 3 / 4 + i, "\xff\0", 2);
    expect_damage(&bytes, "x.jpg: JPEG: Corrupt JPEG data: bad Huffman code");

    read_picture(&bytes, "jpeg-420.jpg"); /* a piece is missing, the end is there */
    memmove(bytes.data + bytes.size - 202, bytes.data + bytes.size - 2, 2);
    bytes.size -= 200;
    expect_damage(&bytes, "x.jpg: JPEG: Corrupt JPEG data: premature end of data segment");

    read_picture(&bytes, "jpeg-restart.jpg"); /* the third part comes second */
    char *marker = memmem(bytes.data, bytes.size, "\xff\xd0", 2);
    assert_non_null(marker);
    marker[1] = '\xd1';
    expect_damage(&bytes, "x.jpg: JPEG: Corrupt JPEG data: found marker 0xd1 instead of RST0");
}

/* The first scan of a progressive file, over and over: each costs a walk over the whole picture. */
static void a_jpeg_of_a_thousand_scans_is_refused(void **state) {
    (void)state;
    enum { COPIES = 1000 };
    pali_buffer whole, bomb;
    read_picture(&whole, "jpeg-progressive.jpg");
    pali_buffer_init(&bomb, SIZE_MAX / 2);
    const char *end = whole.data + whole.size;
    const char *scan = memmem(whole.data, whole.size, "\xff\xda", 2);
    assert_non_null(scan);
    const char *next = memmem(scan + 2, (size_t)(end - scan) - 2, "\xff\xc4", 2);
    assert_non_null(next);
    pali_buffer_append(&bomb, whole.data, (size_t)(scan - whole.data), NULL);
    for (int i = 0; i < COPIES; i++)
        pali_buffer_append(&bomb, scan, (size_t)(next - scan), NULL);
    pali_buffer_append(&bomb, next, (size_t)(end - next), NULL);
    pali_image *image = NULL;
    pali_error err = PALI_ERROR_INIT;
    assert_int_equal(pali_image_decode(&image, bomb.data, bomb.size, "x.jpg", NULL, &err),
                     PALI_ERROR_LIMIT);
    assert_string_equal(err.message, "x.jpg: JPEG: more than 100 scans");
    pali_buffer_free(&whole);
    pali_buffer_free(&bomb);
}

static void broken_exif_means_upright(void **state) {
    (void)state;
#define EXIF(text) pali_exif_orientation((const uint8_t *)text, sizeof text - 1)
    assert_int_equal(pali_exif_orientation(NULL, 0), 1);
    assert_int_equal(EXIF("II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0"), 6);
    assert_int_equal(EXIF("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x08\0\0"), 8);
    assert_int_equal(EXIF("Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x03\0\0\0"), 3);
    assert_int_equal(EXIF("II*\0\x08\0\0\0\x01\0\x12\x01\x04\0\x01\0\0\0\x05\0\0\0"), 5); /* LONG */
    assert_int_equal(EXIF("II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x09\0\0\0"), 1); /* 9 */
    assert_int_equal(EXIF("II*\0\x08\0\0\0\x01\0\x12\x01\x02\0\x01\0\0\0\x06\0\0\0"), 1); /* text */
    assert_int_equal(EXIF("II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x02\0\0\0\x06\0\0\0"), 1); /* two */
    assert_int_equal(EXIF("II*\0\x08\0\0\0\xff\xff\x12\x01\x03\0\x01\0\0\0"), 1); /* ends early */
    assert_int_equal(EXIF("II*\0\xff\xff\xff\xff\x01\0"), 1); /* directory outside */
    assert_int_equal(EXIF("II+\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0"), 1);
#undef EXIF
}

static void loading_reads_files_and_standard_input(void **state) {
    (void)state;
    pali_image *image = NULL;
    pali_error err = PALI_ERROR_INIT;
    const char *path = PALI_TEST_DATA "/pictures/rgb8.png";
    assert_int_equal(pali_image_load(&image, path, NULL, &err), PALI_OK);
    unsigned long crc = crc_of(image);
    pali_image_free(&image);
    assert_non_null(freopen(path, "rb", stdin));
    assert_int_equal(pali_image_load(&image, "-", NULL, &err), PALI_OK);
    assert_int_equal(crc_of(image), crc);
    pali_image_free(&image);
    assert_int_equal(pali_image_load(&image, "-", NULL, &err), PALI_ERROR_FORMAT);
    assert_string_equal(err.message, "standard input: is empty");
    assert_int_equal(pali_image_load(&image, "/nonexistent.jpg", NULL, &err), PALI_ERROR_NOT_FOUND);
    pali_image_options options = PALI_IMAGE_OPTIONS_INIT;
    options.max_bytes = 100;
    assert_int_equal(pali_image_load(&image, path, &options, &err), PALI_ERROR_LIMIT);
    assert_null(image);
}

static void options_out_of_range_are_refused(void **state) {
    (void)state;
    const pali_image_options wrong[] = {{1, 1, -1, 200, 60}, {1, 1, 0, 0, 60}, {1, 1, 0, 200, 0}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        pali_image *image = NULL;
        pali_error err = PALI_ERROR_INIT;
        assert_int_equal(pali_image_decode(&image, "x", 1, "x", &wrong[i], &err),
                         PALI_ERROR_ARGUMENT);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_picture_has_the_pixels_of_pillow),
        cmocka_unit_test(heic_and_pdf_pages_have_the_expected_pixels),
        cmocka_unit_test(pages_are_counted),
        cmocka_unit_test(a_page_past_the_end_is_named),
        cmocka_unit_test(a_pdf_that_cannot_be_read_says_why),
        cmocka_unit_test(a_missing_program_is_named_with_its_package),
        cmocka_unit_test(a_large_claim_is_refused_by_the_header_alone),
        cmocka_unit_test(a_tile_larger_than_any_picture_is_refused),
        cmocka_unit_test(limits_of_the_options_hold),
        cmocka_unit_test(what_is_no_picture_is_told),
        cmocka_unit_test(a_cut_file_is_an_error_and_never_half_a_picture),
        cmocka_unit_test(a_cut_jpeg_or_png_fails_wherever_it_is_cut),
        cmocka_unit_test(damage_inside_a_jpeg_is_an_error),
        cmocka_unit_test(a_jpeg_of_a_thousand_scans_is_refused),
        cmocka_unit_test(broken_exif_means_upright),
        cmocka_unit_test(loading_reads_files_and_standard_input),
        cmocka_unit_test(options_out_of_range_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
