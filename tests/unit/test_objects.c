/* Claims about answers with places in them: boxes, masks, and drawing them. The mask decoder's weights
 * are not ours to ship: the test writes an archive of its own, by a formula, and holds the masks
 * against PyTorch's (data/make_mask.py writes data/mask.txt). */
#include "base/file.h"
#include "image_helpers.h"
#include "pali/pali.h"
#include "tasks/float_resize.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zip.h>

static void must(pali_status status, const pali_error *err) {
    if (status)
        fail_msg("%s: %s", pali_status_name(status), err ? err->message : "");
}

/* ---- boxes ---- */

typedef struct found {
    pali_object *objects;
    size_t count;
} found;

static found parse(const char *answer) {
    found f = {NULL, 0};
    must(pali_objects_parse(answer, 2048, 512, &f.objects, &f.count, NULL), NULL);
    return f;
}

static void assert_box(const pali_object *o, int y_min, int x_min, int y_max, int x_max) {
    assert_int_equal(o->y_min, y_min);
    assert_int_equal(o->x_min, x_min);
    assert_int_equal(o->y_max, y_max);
    assert_int_equal(o->x_max, x_max);
}

static void locations_are_1024ths_of_the_picture_y_first(void **state) {
    (void)state;
    found f =
        parse("<loc0256><loc0128><loc0768><loc0512> cat ; <loc0000><loc0000><loc1023><loc1023>"
              " a dog");
    assert_int_equal(f.count, 2);
    assert_box(&f.objects[0], 128, 256, 384, 1024);
    assert_string_equal(f.objects[0].label, "cat");
    assert_box(&f.objects[1], 0, 0, 512, 2046);
    assert_string_equal(f.objects[1].label, "a dog");
    assert_false(f.objects[1].has_mask_codes);
    pali_objects_free(&f.objects, f.count);
}

#define BOX "<loc0100><loc0100><loc0200><loc0200>"
#define SEG4(a) "<seg00" a "><seg01" a "><seg02" a "><seg127>"

static void what_is_incomplete_or_turned_round_is_left_out(void **state) {
    (void)state;
    static const char *const nothing[] = {
        "",
        "nothing",
        "<loc0100>",
        "<loc0100><loc0100><loc0200> cat",
        "<loc0200><loc0100><loc0100><loc0200> cat", /* y turned round */
        "<loc0100><loc0200><loc0200><loc0100> cat", /* x turned round */
        "<loc0100><loc0100><loc0100><loc0200> cat", /* empty */
        "<loc1024><loc0100><loc0200><loc0200> cat",
        "<loc100><loc0100><loc0200><loc0200> cat",
        BOX SEG4("1") SEG4("2") SEG4("3") "<seg001><seg002><seg003> cat", /* 15 codes */
    };
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++) {
        found f = parse(nothing[i]);
        if (f.count)
            fail_msg("\"%s\" gives %zu objects", nothing[i], f.count);
        pali_objects_free(&f.objects, f.count);
    }
    found f = parse("I see " BOX " cat ; <loc0001> ; " BOX);
    assert_int_equal(f.count, 2);
    assert_string_equal(f.objects[0].label, "cat");
    assert_string_equal(f.objects[1].label, "");
    pali_objects_free(&f.objects, f.count);
}

static void sixteen_codes_are_read_with_or_without_a_space(void **state) {
    (void)state;
    found f = parse(BOX SEG4("1") SEG4("2") SEG4("3") SEG4("4") " cat ; " BOX " " SEG4("5")
                        SEG4("6") SEG4("7") SEG4("8") "dog");
    assert_int_equal(f.count, 2);
    assert_true(f.objects[0].has_mask_codes && f.objects[1].has_mask_codes);
    assert_int_equal(f.objects[0].mask_codes[0], 1);
    assert_int_equal(f.objects[0].mask_codes[15], 127);
    assert_int_equal(f.objects[1].mask_codes[13], 18);
    assert_string_equal(f.objects[1].label, "dog");
    pali_objects_free(&f.objects, f.count);
}

/* ---- masks ---- */

static void float_resize_equals_pillow(void **state) {
    (void)state;
    static const struct {
        int width, height, inside;
        float first, last;
    } cases[] = {
        {30, 90, 1355, -0.72647059f, 0.22647059f},
        {64, 64, 1998, -1.0f, 0.5f},
        {200, 100, 9996, -1.0f, 0.5f},
        {5, 3, 6, -0.00090951f, 0.00110855f},
        {1, 1, 0, -0.00028915f, -0.00028915f},
    };
    float field[64 * 64];
    for (int y = 0; y < 64; y++)
        for (int x = 0; x < 64; x++)
            field[y * 64 + x] = (float)((7 * x + 13 * y) % 41 - 20) / 20.0f;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t count = (size_t)cases[i].width * (size_t)cases[i].height;
        float *out = malloc(count * sizeof *out);
        must(pali_float_resize(field, 64, 64, out, cases[i].width, cases[i].height, NULL), NULL);
        int inside = 0;
        for (size_t k = 0; k < count; k++)
            inside += out[k] > 0.0f;
        assert_int_equal(inside, cases[i].inside);
        assert_true(fabsf(out[0] - cases[i].first) < 1e-8f);
        assert_true(fabsf(out[count - 1] - cases[i].last) < 1e-8f);
        free(out);
    }
}

enum { FIRST_ARRAY = 1600 }; /* as in make_mask.py */

/* As make_mask.py: uniform in [-1, 1) times sqrt(3 / fan_in). */
static float formula(uint64_t number, size_t index, size_t fan_in) {
    uint64_t z = ((uint64_t)index + 1 + (number << 32)) * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z = z ^ (z >> 31);
    return (float)(((double)(z >> 40) * 0x1p-23 - 1.0) * sqrt(3.0 / (double)fan_in));
}

typedef struct archive {
    zip_t *zip;
    uint64_t number; /* of the next array */
} archive;

/* Adds NAME.npy with the next array of the formula. */
static void add_array(archive *a, const char *name, const char *shape, size_t count,
                      size_t fan_in) {
    enum { HEADER = 128 };
    char *file = malloc(HEADER + count * sizeof(float)), full[80];
    memcpy(file, "\x93NUMPY\x01\x00\x76\x00", 10);
    int used = snprintf(file + 10, HEADER - 10,
                        "{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }", shape);
    memset(file + 10 + used, ' ', (size_t)(HEADER - 11 - used));
    file[HEADER - 1] = '\n';
    for (size_t i = 0; i < count; i++) {
        float value = formula(a->number, i, fan_in);
        memcpy(file + HEADER + i * sizeof value, &value, sizeof value);
    }
    a->number++;
    snprintf(full, sizeof full, "%s.npy", name);
    zip_source_t *source = zip_source_buffer(a->zip, file, HEADER + count * sizeof(float), 1);
    assert_true(zip_file_add(a->zip, full, source, 0) >= 0);
}

static void add_layer(archive *a, const char *name, size_t first, size_t second, size_t kernel,
                      bool transposed) {
    char full[64], shape[64];
    size_t out = transposed ? second : first;
    size_t fan_in = transposed ? first * 4 : second * kernel * kernel;
    snprintf(full, sizeof full, "%s.weight", name);
    snprintf(shape, sizeof shape, "%zu, %zu, %zu, %zu", first, second, kernel, kernel);
    add_array(a, full, shape, first * second * kernel * kernel, fan_in);
    snprintf(full, sizeof full, "%s.bias", name);
    snprintf(shape, sizeof shape, "%zu,", out);
    add_array(a, full, shape, out, 12);
}

/* An archive with all arrays of a decoder but the last. */
static void write_decoder(const char *path, bool whole) {
    archive a = {zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, NULL), FIRST_ARRAY};
    assert_non_null(a.zip);
    add_array(&a, "_vq_vae._embedding", "128, 512", (size_t)128 * 512, 3);
    add_layer(&a, "decoder.0", 128, 512, 1, false);
    for (int block = 2; block < 4; block++)
        for (int i = 0; i < 3; i++) {
            char name[32];
            snprintf(name, sizeof name, "decoder.%d.net.%d", block, 2 * i);
            add_layer(&a, name, 128, 128, i < 2 ? 3 : 1, false);
        }
    add_layer(&a, "decoder.4", 128, 128, 4, true);
    add_layer(&a, "decoder.6", 128, 64, 4, true);
    add_layer(&a, "decoder.8", 64, 32, 4, true);
    add_layer(&a, "decoder.10", 32, 16, 4, true);
    if (whole)
        add_layer(&a, "decoder.12", 1, 16, 1, false);
    assert_int_equal(zip_close(a.zip), 0);
}

static char path[] = "/tmp/pali-masks-XXXXXX";

static int make_file(void **state) {
    (void)state;
    strcpy(path + sizeof path - 7, "XXXXXX");
    int fd = mkstemp(path);
    return fd < 0 || close(fd);
}

static int remove_file(void **state) {
    (void)state;
    return unlink(path);
}

/* Against the next rows of mask.txt. */
static void assert_mask(const pali_mask_decoder *decoder, pali_object *object, int width,
                        int height, FILE *expected) {
    uint8_t *mask = NULL;
    char line[256];
    object->x_min = 10;
    object->x_max = 10 + width;
    object->y_min = 20;
    object->y_max = 20 + height;
    must(pali_mask_decoder_run(decoder, object, &mask, NULL), NULL);
    for (int y = 0; y < height; y++) {
        assert_non_null(fgets(line, sizeof line, expected));
        for (int x = 0; x < width; x++)
            if (mask[y * width + x] != line[x] - '0')
                fail_msg("%d x %d: pixel %d, %d is %d", width, height, x, y, mask[y * width + x]);
    }
    free(mask);
}

static void masks_are_those_of_pytorch(void **state) {
    (void)state;
    write_decoder(path, true);
    pali_mask_decoder *decoder = NULL;
    pali_error err = PALI_ERROR_INIT;
    must(pali_mask_decoder_load(&decoder, path, &err), &err);
    FILE *expected = fopen(PALI_TEST_DATA "/mask.txt", "r");
    assert_non_null(expected);
    pali_object object = {.has_mask_codes = true};
    for (int i = 0; i < 16; i++) {
        int code;
        assert_int_equal(fscanf(expected, "%d", &code), 1);
        object.mask_codes[i] = (uint8_t)code;
    }
    assert_int_equal(fgetc(expected), '\n');
    assert_mask(decoder, &object, 64, 64, expected);
    assert_mask(decoder, &object, 30, 90, expected);
    fclose(expected);

    uint8_t none, *mask = &none; /* an empty box gives none */
    object.x_max = object.x_min;
    must(pali_mask_decoder_run(decoder, &object, &mask, &err), &err);
    assert_null(mask);
    pali_mask_decoder_free(&decoder);
}

static void a_damaged_archive_is_refused_with_the_cause(void **state) {
    (void)state;
    pali_mask_decoder *decoder = NULL;
    pali_error err = PALI_ERROR_INIT;
    write_decoder(path, false);
    assert_int_not_equal(pali_mask_decoder_load(&decoder, path, &err), PALI_OK);
    assert_null(decoder);
    assert_non_null(strstr(err.message, path));
    assert_non_null(strstr(err.message, "decoder.12.weight"));
    write_decoder(path, true);
    pali_mapped_file file;
    must(pali_map_file(&file, path, &err), &err);
    char *bytes = malloc(file.size);
    size_t size = file.size;
    memcpy(bytes, file.data, size);
    pali_unmap_file(&file);
    for (size_t i = 0; i < 40; i++) { /* cut anywhere */
        FILE *cut = fopen(path, "wb");
        assert_int_equal(fwrite(bytes, 1, size * i / 40, cut), size * i / 40);
        fclose(cut);
        assert_int_not_equal(pali_mask_decoder_load(&decoder, path, &err), PALI_OK);
        assert_null(decoder);
        assert_non_null(strstr(err.message, path));
    }
    free(bytes);
    assert_int_not_equal(pali_mask_decoder_load(&decoder, "/nowhere.npz", &err), PALI_OK);
    assert_non_null(strstr(err.message, "/nowhere.npz"));
}

/* ---- drawing ---- */

static void objects_are_drawn_where_they_are(void **state) {
    (void)state;
    enum { WIDTH = 40, HEIGHT = 30 };
    uint8_t white[WIDTH * HEIGHT * 3], mask[20 * 10] = {0};
    memset(white, 255, sizeof white);
    mask[5 * 20 + 7] = 1;
    pali_image *image = NULL, *drawn = NULL;
    must(pali_image_from_rgb(&image, WIDTH, HEIGHT, WIDTH * 3, white, NULL), NULL);
    pali_object objects[] = {
        {.x_min = 5, .y_min = 8, .x_max = 25, .y_max = 18},
        {.x_min = 30, .y_min = 20, .x_max = 60, .y_max = 50}, /* reaches beyond the picture */
    };
    const uint8_t *masks[] = {mask, NULL};
    must(pali_image_draw_objects(&drawn, image, objects, masks, 2, NULL), NULL);
    const uint8_t *pixels = pali_image_pixels(drawn);
#define AT(x, y) (pixels + ((y)*WIDTH + (x)) * 3)
    static const uint8_t blue[] = {0, 114, 178}, vermilion[] = {213, 94, 0},
                         tint[] = {128, 185, 217}, paper[] = {255, 255, 255};
    assert_string_equal(pali_object_color_name(0), "blue");
    assert_memory_equal(AT(5, 8), blue, 3); /* corners of the box */
    assert_memory_equal(AT(24, 17), blue, 3);
    assert_memory_equal(AT(25, 18), paper, 3); /* just outside */
    assert_memory_equal(AT(4, 8), paper, 3);
    assert_memory_equal(AT(10, 12), paper, 3); /* inside, not in the mask */
    assert_memory_equal(AT(12, 13), tint, 3);
    assert_memory_equal(AT(39, 20), vermilion, 3);
    assert_memory_equal(pali_image_pixels(image), white, sizeof white); /* the original is whole */
    pali_image_free(&drawn);
    pali_image_free(&image);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(locations_are_1024ths_of_the_picture_y_first),
        cmocka_unit_test(what_is_incomplete_or_turned_round_is_left_out),
        cmocka_unit_test(sixteen_codes_are_read_with_or_without_a_space),
        cmocka_unit_test(float_resize_equals_pillow),
        cmocka_unit_test_setup_teardown(masks_are_those_of_pytorch, make_file, remove_file),
        cmocka_unit_test_setup_teardown(a_damaged_archive_is_refused_with_the_cause, make_file,
                                        remove_file),
        cmocka_unit_test(objects_are_drawn_where_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
