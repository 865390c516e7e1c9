/* Claims about src/image/resize.c and pixel_values.c. Expected values are Pillow's (resize.txt,
 * written by make_images.py) and those of the reference's image processor. */
#include "image_helpers.h"

#include "image/pixel_values.h"

static void resize_equals_pillow_bit_for_bit(void **state) {
    (void)state;
    FILE *table = fopen(PALI_TEST_DATA "/resize.txt", "r");
    assert_non_null(table);
    char name[16];
    int before[2], after[2], rows = 0;
    unsigned long expected;
    while (fscanf(table, "%15s %d %d %d %d %lx", name, &before[0], &before[1], &after[0], &after[1],
                  &expected) == 6) {
        pali_filter filter =
            strcmp(name, "bicubic") == 0 ? PALI_FILTER_BICUBIC : PALI_FILTER_BILINEAR;
        pali_image *image = synthetic_image(before[0], before[1]), *resized = NULL;
        assert_int_equal(pali_image_resize(&resized, image, after[0], after[1], filter, NULL),
                         PALI_OK);
        assert_int_equal(pali_image_width(resized), after[0]);
        assert_int_equal(pali_image_height(resized), after[1]);
        if (crc_of(resized) != expected)
            fail_msg("%s %d x %d -> %d x %d", name, before[0], before[1], after[0], after[1]);
        pali_image_free(&resized);
        pali_image_free(&image);
        rows++;
    }
    fclose(table);
    assert_int_equal(rows, 1000);
}

static void resize_of_seven_by_five_is_known_pixel_by_pixel(void **state) {
    (void)state;
    static const uint8_t expected[27] = {48,  161, 116, 141, 157, 82,  180, 84,  169,
                                         158, 103, 87,  153, 79,  171, 80,  163, 147,
                                         154, 80,  165, 91,  168, 92,  148, 135, 90};
    pali_image *image = synthetic_image(7, 5), *resized = NULL;
    assert_int_equal(pali_image_resize(&resized, image, 3, 3, PALI_FILTER_BICUBIC, NULL), PALI_OK);
    assert_memory_equal(pali_image_pixels(resized), expected, sizeof expected);
    pali_image_free(&resized);
    pali_image_free(&image);
}

/* What lies between the passes would be 192 MB: it goes in strips, which must not show. Reference:
 * the same columns resized by themselves, one axis at a time. */
static void strips_of_a_very_high_picture_do_not_show(void **state) {
    (void)state;
    pali_image *image = synthetic_image(3, 400000), *whole = NULL, *wide = NULL, *steps = NULL;
    assert_int_equal(pali_image_resize(&whole, image, 160, 7, PALI_FILTER_BICUBIC, NULL), PALI_OK);
    assert_int_equal(pali_image_resize(&wide, image, 160, 400000, PALI_FILTER_BICUBIC, NULL),
                     PALI_OK);
    assert_int_equal(pali_image_resize(&steps, wide, 160, 7, PALI_FILTER_BICUBIC, NULL), PALI_OK);
    assert_int_equal(crc_of(whole), crc_of(steps));
    pali_image_free(&image);
    pali_image_free(&whole);
    pali_image_free(&wide);
    pali_image_free(&steps);
}

static void resize_refuses_sizes_without_area(void **state) {
    (void)state;
    pali_error err = PALI_ERROR_INIT;
    pali_image *image = synthetic_image(4, 4), *resized = NULL;
    assert_int_equal(pali_image_resize(&resized, image, 0, 4, PALI_FILTER_BICUBIC, &err),
                     PALI_ERROR_ARGUMENT);
    assert_int_equal(pali_image_resize(&resized, image, 4, -1, PALI_FILTER_BICUBIC, &err),
                     PALI_ERROR_ARGUMENT);
    assert_int_equal(pali_image_resize(&resized, image, 4, 2, (pali_filter)7, &err),
                     PALI_ERROR_ARGUMENT);
    assert_null(resized);
    pali_image_free(&image);
}

static const pali_preprocessing siglip = {.size = 2,
                                          .filter = PALI_FILTER_BICUBIC,
                                          .rescale_factor = 0.00392156862745098,
                                          .mean = {0.5f, 0.5f, 0.5f},
                                          .std = {0.5f, 0.5f, 0.5f}};

static void pixel_values_equal_the_reference_bit_for_bit(void **state) {
    (void)state;
    static const struct {
        uint8_t byte;
        float value;
    } known[] = {
        {0, -1.0f},          {1, -0x1.fbfbfcp-1f},  {64, -0x1.fdfdfcp-2f}, {127, -0x1.0101p-8f},
        {128, 0x1.0102p-8f}, {200, 0x1.232324p-1f}, {254, 0x1.fbfbfcp-1f}, {255, 1.0f}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const uint8_t rgb[3] = {known[i].byte, known[i].byte, known[i].byte};
        pali_image *image = NULL;
        float pixels[12];
        assert_int_equal(pali_image_from_rgb(&image, 1, 1, 3, rgb, NULL), PALI_OK);
        assert_int_equal(pali_pixel_values(image, &siglip, pixels, NULL), PALI_OK);
        assert_memory_equal(&pixels[0], &known[i].value, sizeof(float));
        assert_memory_equal(&pixels[11], &known[i].value, sizeof(float));
        pali_image_free(&image);
    }
}

static void pixel_values_are_planes_in_the_order_r_g_b(void **state) {
    (void)state;
    static const uint8_t rgb[12] = {255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255};
    static const float expected[12] = {1, -1, -1, 1, -1, 1, -1, 1, -1, -1, 1, 1};
    pali_image *image = NULL;
    float pixels[12];
    assert_int_equal(pali_image_from_rgb(&image, 2, 2, 6, rgb, NULL), PALI_OK);
    assert_int_equal(pali_pixel_values(image, &siglip, pixels, NULL), PALI_OK);
    assert_memory_equal(pixels, expected, sizeof expected);
    pali_image_free(&image);
}

static void each_channel_has_its_own_mean_and_deviation(void **state) {
    (void)state;
    pali_preprocessing how = siglip;
    how.rescale_factor = 1;
    memcpy(how.mean, (float[]){10, 20, 30}, sizeof how.mean);
    memcpy(how.std, (float[]){1, 2, 4}, sizeof how.std);
    pali_image *image = NULL;
    float pixels[12];
    assert_int_equal(pali_image_from_rgb(&image, 1, 1, 3, (uint8_t[]){50, 50, 50}, NULL), PALI_OK);
    assert_int_equal(pali_pixel_values(image, &how, pixels, NULL), PALI_OK);
    assert_memory_equal(&pixels[0], &(float){40}, sizeof(float));
    assert_memory_equal(&pixels[4], &(float){15}, sizeof(float));
    assert_memory_equal(&pixels[8], &(float){5}, sizeof(float));
    pali_image_free(&image);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resize_equals_pillow_bit_for_bit),
        cmocka_unit_test(resize_of_seven_by_five_is_known_pixel_by_pixel),
        cmocka_unit_test(strips_of_a_very_high_picture_do_not_show),
        cmocka_unit_test(resize_refuses_sizes_without_area),
        cmocka_unit_test(pixel_values_equal_the_reference_bit_for_bit),
        cmocka_unit_test(pixel_values_are_planes_in_the_order_r_g_b),
        cmocka_unit_test(each_channel_has_its_own_mean_and_deviation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
