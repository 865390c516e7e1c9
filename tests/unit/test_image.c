/* Claims about pictures in memory: making, cutting, drawing, writing. */
#include "image_helpers.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

static void a_picture_is_a_copy_of_rows_with_a_stride(void **state) {
    (void)state;
    uint8_t rows[2][8] = {{1, 2, 3, 4, 5, 6, 99, 99}, {7, 8, 9, 10, 11, 12, 99, 99}};
    static const uint8_t expected[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    pali_image *image = NULL;
    assert_int_equal(pali_image_from_rgb(&image, 2, 2, 8, rows[0], NULL), PALI_OK);
    memset(rows, 0, sizeof rows);
    assert_int_equal(pali_image_width(image), 2);
    assert_int_equal(pali_image_height(image), 2);
    assert_memory_equal(pali_image_pixels(image), expected, sizeof expected);
    pali_image_free(&image);
    assert_null(image);
    pali_image_free(&image);
    pali_image_free(NULL);
}

static void pictures_without_area_or_with_short_rows_are_refused(void **state) {
    (void)state;
    static const uint8_t rgb[12] = {0};
    pali_image *image = NULL;
    pali_error err = PALI_ERROR_INIT;
    assert_int_equal(pali_image_from_rgb(&image, 0, 2, 6, rgb, &err), PALI_ERROR_ARGUMENT);
    assert_int_equal(pali_image_from_rgb(&image, 2, -1, 6, rgb, &err), PALI_ERROR_ARGUMENT);
    assert_int_equal(pali_image_from_rgb(&image, 2, 2, 5, rgb, &err), PALI_ERROR_ARGUMENT);
    assert_int_equal(pali_image_from_rgb(&image, 2000000, 1, 6000000, rgb, &err), PALI_ERROR_LIMIT);
    assert_null(image);
}

static void a_cut_takes_the_rectangle(void **state) {
    (void)state;
    pali_image *image = synthetic_image(9, 7), *part = NULL;
    assert_int_equal(pali_image_crop(&part, image, 3, 2, 4, 5, NULL), PALI_OK);
    assert_int_equal(pali_image_width(part), 4);
    assert_int_equal(pali_image_height(part), 5);
    for (int y = 0; y < 5; y++)
        assert_memory_equal(pali_image_pixels(part) + y * 12,
                            pali_image_pixels(image) + ((y + 2) * 9 + 3) * 3, 12);
    pali_image_free(&part);
    static const int outside[][4] = {{-1, 0, 2, 2}, {0, -1, 2, 2}, {8, 0, 2, 1},
                                     {0, 6, 1, 2},  {0, 0, 0, 1},  {1, 1, INT32_MAX, 1}};
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
        assert_int_equal(pali_image_crop(&part, image, outside[i][0], outside[i][1], outside[i][2],
                                         outside[i][3], NULL),
                         PALI_ERROR_ARGUMENT);
    assert_null(part);
    pali_image_free(&image);
}

static void a_written_png_reads_back_the_same(void **state) {
    (void)state;
    char folder[] = "/tmp/pali-test-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a.png", folder);
    pali_image *image = synthetic_image(31, 17), *again = NULL;
    assert_int_equal(pali_image_save_png(image, path, NULL), PALI_OK);
    assert_int_equal(pali_image_load(&again, path, NULL, NULL), PALI_OK);
    assert_int_equal(pali_image_width(again), 31);
    assert_int_equal(crc_of(again), crc_of(image));
    unlink(path);
    rmdir(folder);
    pali_error err = PALI_ERROR_INIT;
    assert_int_equal(pali_image_save_png(image, path, &err), PALI_ERROR_NOT_FOUND);
    pali_image_free(&image);
    pali_image_free(&again);
}

static pali_image *white_image(int width, int height) {
    uint8_t *rgb = malloc((size_t)width * (size_t)height * 3);
    assert_non_null(rgb);
    memset(rgb, 255, (size_t)width * (size_t)height * 3);
    pali_image *image = NULL;
    assert_int_equal(pali_image_from_rgb(&image, width, height, (size_t)width * 3, rgb, NULL),
                     PALI_OK);
    free(rgb);
    return image;
}

/* Rows of the picture as text: '.' white, '#' the first colour, '+' half of it, 'o' the second. */
static void expect_drawing(const pali_image *image, const char *expected) {
    static const uint8_t blue[3] = {0, 114, 178}, half[3] = {128, 185, 217},
                         vermilion[3] = {213, 94, 0}, white[3] = {255, 255, 255};
    const uint8_t *pixel = pali_image_pixels(image);
    for (size_t i = 0; expected[i]; i++, pixel += 3) {
        const uint8_t *color = expected[i] == '#'   ? blue
                               : expected[i] == '+' ? half
                               : expected[i] == 'o' ? vermilion
                                                    : white;
        assert_memory_equal(pixel, color, 3);
    }
}

static void boxes_and_masks_are_drawn_on_a_copy(void **state) {
    (void)state;
    static const uint8_t mask[42] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0,
                                     0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    const pali_object objects[2] = {{.x_min = 1, .y_min = 1, .x_max = 8, .y_max = 7},
                                    {.x_min = 9, .y_min = 6, .x_max = 30, .y_max = 30}};
    const uint8_t *const masks[2] = {mask, NULL};
    pali_image *image = white_image(12, 8), *drawn = NULL;
    assert_int_equal(pali_image_draw_objects(&drawn, image, objects, masks, 2, NULL), PALI_OK);
    expect_drawing(drawn, "............"
                          ".#######...."
                          ".#######...."
                          ".##++.##...."
                          ".##.+.##...."
                          ".#######...."
                          ".#######.ooo"
                          ".........ooo");
    expect_drawing(image, "............");
    assert_string_equal(pali_object_color_name(1), "vermilion");
    assert_string_equal(pali_object_color_name(7), pali_object_color_name(0));
    pali_image_free(&image);
    pali_image_free(&drawn);
}

static void objects_outside_the_picture_draw_nothing(void **state) {
    (void)state;
    static const uint8_t mask[4] = {1, 1, 1, 1};
    const pali_object objects[] = {{.x_min = 20, .y_min = 1, .x_max = 22, .y_max = 3},
                                   {.x_min = -9, .y_min = -9, .x_max = -7, .y_max = -7},
                                   {.x_min = 5, .y_min = 5, .x_max = 5, .y_max = 9},
                                   {.x_min = 3, .y_min = 5, .x_max = 1, .y_max = 2}};
    const uint8_t *const masks[] = {mask, mask, NULL, NULL};
    pali_image *image = white_image(12, 8), *drawn = NULL;
    assert_int_equal(pali_image_draw_objects(&drawn, image, objects, masks, 4, NULL), PALI_OK);
    assert_int_equal(crc_of(drawn), crc_of(image));
    pali_image_free(&image);
    pali_image_free(&drawn);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_picture_is_a_copy_of_rows_with_a_stride),
        cmocka_unit_test(pictures_without_area_or_with_short_rows_are_refused),
        cmocka_unit_test(a_cut_takes_the_rectangle),
        cmocka_unit_test(a_written_png_reads_back_the_same),
        cmocka_unit_test(boxes_and_masks_are_drawn_on_a_copy),
        cmocka_unit_test(objects_outside_the_picture_draw_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
