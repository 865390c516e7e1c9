/* Claims about src/base. */
#include "base/arena.h"
#include "base/buffer.h"
#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void buffer_stops_at_its_limit_and_keeps_its_content(void **state) {
    (void)state;
    pali_error err = PALI_ERROR_INIT;
    pali_buffer buffer;
    pali_buffer_init(&buffer, 5);
    assert_int_equal(pali_buffer_append_text(&buffer, "abc", &err), PALI_OK);
    assert_int_equal(pali_buffer_append_text(&buffer, "def", &err), PALI_ERROR_LIMIT);
    assert_string_equal(buffer.data, "abc");
    assert_int_equal(pali_buffer_printf(&buffer, &err, "%d", 42), PALI_OK);
    assert_string_equal(buffer.data, "abc42");
    pali_buffer_free(&buffer);
}

static void buffer_take_never_gives_null(void **state) {
    (void)state;
    pali_buffer buffer;
    pali_buffer_init(&buffer, 5);
    char *bytes = NULL;
    size_t size = 1;
    assert_int_equal(pali_buffer_take(&buffer, &bytes, &size, NULL), PALI_OK);
    assert_int_equal(size, 0);
    assert_string_equal(bytes, "");
    free(bytes);
}

static void arena_pieces_are_aligned_and_apart(void **state) {
    (void)state;
    pali_arena arena = PALI_ARENA_INIT;
    unsigned char *pieces[300];
    for (size_t i = 0; i < 300; i++) {
        size_t size = 1 + i * 257;
        pieces[i] = pali_arena_alloc(&arena, size, 1, "a test", NULL);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % 64, 0);
        memset(pieces[i], (int)i & 255, size);
    }
    for (size_t i = 0; i < 300; i++)
        for (size_t k = 0; k < 1 + i * 257; k++)
            assert_int_equal(pieces[i][k], i & 255);
    pali_arena_free(&arena);
}

/* Blocks grow with what they hold, and what is large gets one of its own. */
static void arena_reserves_no_more_than_twice_what_it_gives(void **state) {
    (void)state;
    static const size_t sizes[] = {100, 40000, 3 << 20, 64};
    pali_arena arena = PALI_ARENA_INIT;
    size_t given = 0;
    for (size_t i = 0; i < 200; i++) {
        size_t size = sizes[i % 4];
        void *piece = pali_arena_alloc(&arena, size, 1, "a test", NULL);
        assert_non_null(piece);
        memset(piece, 1, size);
        given += size;
        assert_true(arena.reserved <= 2 * given + (128 << 10));
    }
    pali_arena_free(&arena);
    assert_int_equal(arena.reserved, 0);
}

static void arena_refuses_a_product_that_overflows(void **state) {
    (void)state;
    pali_arena arena = PALI_ARENA_INIT;
    pali_error err = PALI_ERROR_INIT;
    assert_null(pali_arena_alloc(&arena, SIZE_MAX / 2, 3, "a test", &err));
    assert_int_equal(err.code, PALI_ERROR_MEMORY);
    assert_null(pali_arena_alloc(&arena, SIZE_MAX, 1, "a test", &err));
    pali_arena_free(&arena);
}

static void files_are_replaced_whole(void **state) {
    (void)state;
    char path[] = "/tmp/pali-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    pali_error err = PALI_ERROR_INIT;
    assert_int_equal(pali_write_file(path, "hello", 5, &err), PALI_OK);
    pali_mapped_file file;
    assert_int_equal(pali_map_file(&file, path, &err), PALI_OK);
    assert_int_equal(file.size, 5);
    assert_memory_equal(file.data, "hello", 5);
    pali_unmap_file(&file);
    pali_buffer small;
    pali_buffer_init(&small, 4);
    assert_int_equal(pali_read_file(&small, path, &err), PALI_ERROR_LIMIT);
    assert_non_null(strstr(err.message, path));
    pali_buffer_free(&small);
    unlink(path);
    assert_int_equal(pali_map_file(&file, path, &err), PALI_ERROR_NOT_FOUND);
    assert_int_equal(pali_map_file(&file, "/tmp", &err), PALI_ERROR_IO);
    assert_int_equal(pali_write_file("/nonexistent/x", "a", 1, &err), PALI_ERROR_NOT_FOUND);
    assert_non_null(strstr(err.message, "/nonexistent/x"));
    assert_non_null(strstr(err.message, "No such file or directory")); /* in words */
}

static void paths_are_joined_with_one_slash(void **state) {
    (void)state;
    char *path = NULL;
    assert_int_equal(pali_join_path(&path, "a/", "b", NULL), PALI_OK);
    assert_string_equal(path, "a/b");
    free(path);
    assert_int_equal(pali_join_path(&path, "a", "b", NULL), PALI_OK);
    assert_string_equal(path, "a/b");
    free(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buffer_stops_at_its_limit_and_keeps_its_content),
        cmocka_unit_test(buffer_take_never_gives_null),
        cmocka_unit_test(arena_pieces_are_aligned_and_apart),
        cmocka_unit_test(arena_reserves_no_more_than_twice_what_it_gives),
        cmocka_unit_test(arena_refuses_a_product_that_overflows),
        cmocka_unit_test(files_are_replaced_whole),
        cmocka_unit_test(paths_are_joined_with_one_slash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
