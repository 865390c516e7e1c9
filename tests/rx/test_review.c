/* The claim that docs/review-codes.md lists the codes of src/rx/review.h, all of them and no others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MAX_CODES = 64 };

typedef struct codes {
    char list[MAX_CODES][64];
    size_t count;
} codes;

/* The codes of `path`: on each line that starts with `start`, what stands between two `quote`. */
static codes read_codes(const char *path, const char *start, char quote) {
    codes found = {.count = 0};
    char line[1024];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, start, strlen(start)) != 0)
            continue;
        char *from = strchr(line, quote), *to = from ? strchr(from + 1, quote) : NULL;
        if (!to)
            continue;
        assert_true(found.count < MAX_CODES && to - from < 64);
        snprintf(found.list[found.count++], 64, "%.*s", (int)(to - from - 1), from + 1);
    }
    fclose(file);
    return found;
}

static void all_of_one_are_in_the_other(const codes *one, const codes *other) {
    for (size_t i = 0; i < one->count; i++) {
        bool found = false;
        for (size_t k = 0; k < other->count; k++)
            found |= strcmp(one->list[i], other->list[k]) == 0;
        if (!found)
            print_error("%s is not in the other\n", one->list[i]);
        assert_true(found);
    }
}

static void the_page_of_codes_is_complete(void **state) {
    (void)state;
    codes documented = read_codes(REVIEW_CODES, "| `", '`'),
          defined = read_codes(REVIEW_HEADER, "#define RX_REVIEW_", '"');
    assert_true(defined.count > 10);
    all_of_one_are_in_the_other(&defined, &documented);
    all_of_one_are_in_the_other(&documented, &defined);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_page_of_codes_is_complete)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
