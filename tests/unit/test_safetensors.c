/* Claims about the safetensors reader. */
#include "model/safetensors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A container of this header and `data_size` bytes of data; malloc'ed, so that sanitizers see reads
 * past its end. */
static unsigned char *container(const char *header, size_t data_size, size_t *size) {
    size_t length = strlen(header);
    *size = 8 + length + data_size;
    unsigned char *bytes = malloc(*size);
    assert_non_null(bytes);
    for (size_t i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(length >> (8 * i));
    memcpy(bytes + 8, header, length);
    for (size_t i = 0; i < data_size; i++)
        bytes[8 + length + i] = (unsigned char)i;
    return bytes;
}

static pali_status parse(const char *header, size_t data_size, pali_error *err) {
    size_t size;
    unsigned char *bytes = container(header, data_size, &size);
    pali_safetensors file;
    pali_status status = pali_safetensors_parse(&file, bytes, size, "x.safetensors", err);
    if (!status)
        pali_safetensors_close(&file);
    free(bytes);
    return status;
}

#define TWO_TENSORS                                                       \
    "{\"__metadata__\":{\"format\":\"pt\"},"                              \
    "\"b\":{\"dtype\":\"BF16\",\"shape\":[2,3],\"data_offsets\":[4,16]}," \
    "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}   "

static void tensors_are_found_where_they_lie(void **state) {
    (void)state;
    size_t size;
    unsigned char *bytes = container(TWO_TENSORS, 16, &size);
    pali_safetensors file;
    pali_error err = PALI_ERROR_INIT;
    assert_int_equal(pali_safetensors_parse(&file, bytes, size, "x", &err), PALI_OK);
    assert_int_equal(file.count, 2);
    const pali_tensor *b = pali_safetensors_find(&file, "b");
    assert_non_null(b);
    assert_int_equal(b->dtype, PALI_DTYPE_BF16);
    assert_int_equal(b->rank, 2);
    assert_int_equal(b->shape[1], 3);
    assert_int_equal(b->size, 12);
    assert_int_equal(b->data[0], 4);
    assert_string_equal(pali_safetensors_metadata(&file, "format"), "pt");
    assert_null(pali_safetensors_find(&file, "c"));
    assert_null(pali_safetensors_metadata(&file, "c"));
    pali_safetensors_close(&file);
    free(bytes);
}

static void every_truncation_is_a_clear_error(void **state) {
    (void)state;
    size_t size;
    unsigned char *whole = container(TWO_TENSORS, 16, &size);
    for (size_t cut = 0; cut < size; cut++) {
        unsigned char *bytes = malloc(cut ? cut : 1);
        memcpy(bytes, whole, cut);
        pali_safetensors file;
        pali_error err = PALI_ERROR_INIT;
        assert_int_equal(pali_safetensors_parse(&file, bytes, cut, "cut.safetensors", &err),
                         PALI_ERROR_FORMAT);
        assert_non_null(strstr(err.message, "cut.safetensors"));
        free(bytes);
    }
    free(whole);
}

#define ONE(dtype, shape, offsets) \
    "{\"a\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}}"

static void promises_that_do_not_hold_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *header;
        size_t data_size;
        pali_status status;
        const char *cause;
    } cases[] = {
        {ONE("F32", "[1]", "[0,4]"), 4, PALI_OK, ""},
        {ONE("F32", "[]", "[0,4]"), 4, PALI_OK, ""},
        {ONE("F32", "[0]", "[0,0]"), 0, PALI_OK, ""},
        {ONE("F32", "[2]", "[0,4]"), 4, PALI_ERROR_FORMAT, "needs 8"},
        {ONE("F32", "[1]", "[4,8]"), 8, PALI_ERROR_FORMAT, "hole"},
        {ONE("F32", "[1]", "[0,4]"), 5, PALI_ERROR_FORMAT, "behind the last"},
        {ONE("F32", "[1]", "[4,0]"), 4, PALI_ERROR_FORMAT, "cut"},
        {ONE("F32", "[1]", "[-4,0]"), 4, PALI_ERROR_FORMAT, "cut"},
        {ONE("F32", "[-1]", "[0,4]"), 4, PALI_ERROR_FORMAT, "bad dimension"},
        {ONE("F32", "[4611686018427387905,4]", "[0,16]"), 16, PALI_ERROR_FORMAT, "overflows"},
        {ONE("F32", "[1,1,1,1,1,1,1,1,1]", "[0,4]"), 4, PALI_ERROR_FORMAT, "dimensions"},
        {ONE("F33", "[1]", "[0,4]"), 4, PALI_ERROR_UNSUPPORTED, "F33"},
        {"{\"a\":{}}", 0, PALI_ERROR_FORMAT, "data_offsets"},
        {"{\"a\":1}", 0, PALI_ERROR_FORMAT, "data_offsets"},
        {"{\"a\":{\"data_offsets\":[0,0]}}", 0, PALI_ERROR_FORMAT, "dtype"},
        {"{\"__metadata__\":{\"a\":1}}", 0, PALI_ERROR_FORMAT, "metadata"},
        {"{\"__metadata__\":[]}", 0, PALI_ERROR_FORMAT, "__metadata__"},
        {"{\"a\":1,\"a\":1}", 0, PALI_ERROR_FORMAT, "duplicate"},
        {"[]", 0, PALI_ERROR_FORMAT, "JSON object"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},"
         "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]}}",
         3, PALI_ERROR_FORMAT, "overlap"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pali_error err = PALI_ERROR_INIT;
        assert_int_equal(parse(cases[i].header, cases[i].data_size, &err), cases[i].status);
        if (!strstr(err.message, cases[i].cause))
            fail_msg("case %zu says \"%s\"", i, err.message);
    }
}

static void a_header_of_absurd_length_is_refused(void **state) {
    (void)state;
    unsigned char bytes[16];
    memset(bytes, 0xff, sizeof bytes);
    pali_safetensors file;
    pali_error err = PALI_ERROR_INIT;
    assert_int_equal(pali_safetensors_parse(&file, bytes, sizeof bytes, "x", &err),
                     PALI_ERROR_FORMAT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tensors_are_found_where_they_lie),
        cmocka_unit_test(every_truncation_is_a_clear_error),
        cmocka_unit_test(promises_that_do_not_hold_are_refused),
        cmocka_unit_test(a_header_of_absurd_length_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
