/* Claims about --preview: a picture on a terminal, and nowhere else. */
#include "program.h"

#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pali/pali.h"

#define MODEL MODELS "/base-f32"

static char folder[64], picture[128];

/* 40 x 40: the upper half red, the lower half blue. */
static int make_picture(void **state) {
    (void)state;
    uint8_t pixels[40 * 40 * 3] = {0};
    for (int y = 0; y < 40; y++)
        for (int x = 0; x < 40; x++)
            pixels[(y * 40 + x) * 3 + (y < 20 ? 0 : 2)] = 255;
    make_folder(folder, sizeof folder);
    snprintf(picture, sizeof picture, "%s/two.png", folder);
    pali_image *image = NULL;
    return pali_image_from_rgb(&image, 40, 40, 120, pixels, NULL) ||
           pali_image_save_png(image, picture, NULL) || (pali_image_free(&image), 0);
}

static int remove_picture(void **state) {
    (void)state;
    remove_folder(folder);
    return 0;
}

/* What a terminal of 21 columns and 30 rows receives; malloc'ed. The answer goes elsewhere. */
static char *seen_on_terminal(const char *kind, const char *color) {
    struct winsize size = {.ws_col = 21, .ws_row = 30};
    int terminal;
    pid_t child = forkpty(&terminal, NULL, NULL, &size);
    if (child == 0) {
        if (color)
            setenv("COLORTERM", color, 1);
        else
            unsetenv("COLORTERM");
        setenv("TERM", kind, 1);
        int nowhere = open("/dev/null", O_WRONLY);
        dup2(nowhere, 1);
        execl(RXSCAN, RXSCAN, "caption", "--preview", "--model", MODEL, "-n", "1", picture, NULL);
        _exit(127);
    }
    assert_true(child > 0);
    size_t used = 0, capacity = 1 << 20;
    char *text = malloc(capacity);
    for (ssize_t got;
         used + 1 < capacity && (got = read(terminal, text + used, capacity - used - 1)) > 0;)
        used += (size_t)got;
    text[used] = '\0';
    assert_int_equal(wait_program(child), 0);
    close(terminal);
    return text;
}

static size_t count_of(const char *text, const char *part) {
    size_t count = 0;
    for (const char *p = text; (p = strstr(p, part)); p += strlen(part))
        count++;
    return count;
}

static void a_terminal_with_colour_shows_the_picture(void **state) {
    (void)state;
    char *text = seen_on_terminal("xterm", "truecolor");
    assert_int_equal(count_of(text, "\xe2\x96\x80"), 20 * 10); /* 20 x 20 pixels */
    assert_int_equal(count_of(text, "\033[38;2;255;0;0m"), 20 * 5);
    assert_int_equal(count_of(text, "\033[48;2;0;0;255m"), 20 * 5);
    assert_true(strstr(text, "38;2;255;0;0m") < strstr(text, "38;2;0;0;255m"));
    assert_int_equal(count_of(text, "\033[0m\r\n"), 10); /* colours end with each row */
    free(text);
}

static void another_is_told_why_not(void **state) {
    (void)state;
    char *text = seen_on_terminal("xterm", NULL);
    assert_int_equal(count_of(text, "\xe2\x96\x80"), 0);
    assert_int_equal(count_of(text, "no preview"), 1);
    free(text);
    setenv("COLORTERM", "truecolor", 1);
    outcome o = RUN("caption", "--preview", "--model", MODEL, "-n", "1", picture);
    assert_int_equal(o.status, 0);
    assert_null(strstr(o.out, "\033"));
    assert_null(strstr(o.err, "\033"));
    assert_non_null(strstr(o.err, "no preview"));
    outcome_free(&o);
}

static void a_terminal_that_obeys_nothing_gets_no_control_sequence(void **state) {
    (void)state;
    char *text = seen_on_terminal("dumb", "truecolor");
    assert_int_equal(count_of(text, "\033"), 0);
    assert_int_equal(count_of(text, "no preview"), 1);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_terminal_with_colour_shows_the_picture),
        cmocka_unit_test(another_is_told_why_not),
        cmocka_unit_test(a_terminal_that_obeys_nothing_gets_no_control_sequence),
    };
    return cmocka_run_group_tests(tests, make_picture, remove_picture);
}
