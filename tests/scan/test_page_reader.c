/* Claims about reading a page in tiles. Whoever answers the prompts here knows the page and tells
 * what a tile shows of it: whole lines, lines that an edge cuts, misread letters. */
#include "scan/page_reader.h"

#include "scan/view_merge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    WIDTH = 600,
    HEIGHT = 700,
    IMAGE_SIZE = 224,
    LETTER = 8, /* pixels: height of small letters and width of any */
    PITCH = 24, /* from line to line */
    MAX_ROWS = 27,
    COLUMNS = WIDTH / LETTER
};

typedef struct cell {
    int column; /* of its first letter */
    char text[COLUMNS + 1];
} cell;

typedef struct row {
    int y0, y1;
    int num_cells;
    cell cells[2];
} row;

enum { CUT_LINES_LEFT_OUT = 1, CUT_LINES_GARBLED = 2, MISREAD = 4, OVERLOOK = 8 };

enum { PAGES = 300 };

typedef struct page {
    row rows[MAX_ROWS];
    int num_rows;
    unsigned habits;
    const rx_tiles *tiles;
    int asked;         /* pictures */
    const char *scans; /* what it answers to "scan en"; NULL: it does not know that */
} page;

static unsigned seed = 1;

static unsigned chance(unsigned below) {
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

/* ---- pages ---- */

static void add_words(cell *c, int column, int most, const char **last) {
    static const char *const words[] = {
        "Tab",     "Cap",       "Augmentin", "625",   "mg",    "1-0-1",   "x",  "5",
        "days",    "after",     "food",      "Syp",   "Dolo",  "Paracip", "at", "night",
        "Aspirin", "Metformin", "500",       "twice", "daily", "Pantop",  "40", "before"};
    c->column = column;
    c->text[0] = '\0';
    for (;;) {
        const char *word = words[chance(sizeof words / sizeof *words)];
        if (word == *last) /* whether it stands there twice only exact places could tell */
            continue;
        size_t used = strlen(c->text);
        if (used + strlen(word) + 1 > (size_t)most)
            return;
        snprintf(c->text + used, sizeof c->text - used, "%s%s", used ? " " : "", word);
        *last = word;
    }
}

/* `height` of a line's box; more than PITCH: no edge goes between two lines. */
static void write_page(page *p, int height, bool two_columns, bool unique) {
    p->num_rows = MAX_ROWS;
    for (int i = 0; i < p->num_rows; i++) {
        row *r = &p->rows[i];
        int middle = 30 + PITCH * i + (int)chance(3);
        *r = (row){.y0 = middle - height / 2, .y1 = middle + height / 2, .num_cells = 1};
        int column = 1 + (int)chance(10);
        const char *last = "";
        add_words(&r->cells[0], column, two_columns ? 24 : 10 + (int)chance(COLUMNS - 28), &last);
        if (unique) { /* no line is like another */
            char mark[16], words[COLUMNS + 1];
            snprintf(mark, sizeof mark, "%c%c%c%02d ", 'a' + (char)chance(26),
                     'a' + (char)chance(26), 'a' + (char)chance(26), i);
            memcpy(words, r->cells[0].text, sizeof words);
            memcpy(r->cells[0].text, mark, 6);
            memcpy(r->cells[0].text + 6, words, sizeof words - 6);
        }
        if (two_columns && chance(3) > 0) {
            r->num_cells = 2;
            add_words(&r->cells[1], 52, 12 + (int)chance(10), &last);
        }
    }
}

static void true_text(char out[2 * COLUMNS], const row *r) {
    snprintf(out, 2 * COLUMNS, "%s%s%s", r->cells[0].text, r->num_cells > 1 ? " " : "",
             r->num_cells > 1 ? r->cells[1].text : "");
}

/* The page as it was found; its lines are malloc'ed. */
static rx_page found_page(const page *p) {
    rx_page found = {.quality = {.text_height = LETTER, .small_text_height = LETTER}};
    found.lines = calloc(2 * MAX_ROWS, sizeof *found.lines);
    for (int i = 0; i < p->num_rows; i++)
        for (int c = 0; c < p->rows[i].num_cells; c++) {
            const cell *k = &p->rows[i].cells[c];
            float *box = found.lines[found.num_lines++].box;
            box[0] = (float)(k->column * LETTER) / WIDTH;
            box[1] = (float)p->rows[i].y0 / HEIGHT;
            box[2] = (float)((k->column + (int)strlen(k->text)) * LETTER) / WIDTH;
            box[3] = (float)p->rows[i].y1 / HEIGHT;
        }
    return found;
}

/* A picture whose pixels say where they are. */
static pali_image *draw(void) {
    uint8_t *rgb = malloc((size_t)WIDTH * HEIGHT * 3), *to = rgb;
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++, to += 3) {
            to[0] = (uint8_t)(x & 255);
            to[1] = (uint8_t)(y & 255);
            to[2] = (uint8_t)((x >> 8) << 4 | y >> 8);
        }
    pali_image *image = NULL;
    assert_int_equal(pali_image_from_rgb(&image, WIDTH, HEIGHT, WIDTH * 3, rgb, NULL), PALI_OK);
    free(rgb);
    return image;
}

/* ---- who answers ---- */

typedef struct answer {
    char text[8192];
    float confidence[8192];
    size_t size;
} answer;

static void say(answer *a, char letter, float confidence) {
    a->text[a->size] = letter;
    a->confidence[a->size++] = confidence;
}

/* Whether another tile shows this letter as well: one that reads it right. */
static bool shared(const page *p, const rx_tile *of, int x, const row *r) {
    int others = 0;
    for (int i = 0; i < p->tiles->rows * p->tiles->columns; i++) {
        const rx_tile *t = &p->tiles->tile[i];
        bool odd = (i / p->tiles->columns + i % p->tiles->columns) % 2;
        others += !odd && (t->x != of->x || t->y != of->y) && x >= t->x + 2 * LETTER &&
                  x + 3 * LETTER <= t->x + t->width && r->y0 >= t->y && r->y1 <= t->y + t->height;
    }
    return others > 0;
}

static void tell_row(answer *a, const page *p, const row *r, const rx_tile *t, bool odd, bool cut) {
    size_t begin = a->size;
    for (int c = 0; c < r->num_cells; c++) {
        const cell *k = &r->cells[c];
        bool first = true;
        for (int i = 0; k->text[i]; i++) {
            int x = (k->column + i) * LETTER;
            int inside = (x + LETTER < t->x + t->width ? x + LETTER : t->x + t->width) -
                         (x > t->x ? x : t->x);
            bool starts = i == 0 || k->text[i - 1] == ' ';
            bool alone = starts || x < t->x; /* no letter of the word is whole before it */
            if (inside < LETTER && (inside < LETTER / 2 || alone))
                continue;
            if (first && a->size > begin && a->text[a->size - 1] != ' ')
                say(a, ' ', 1);
            if (k->text[i] == ' ' && a->size == begin)
                continue;
            first = false;
            bool wrong = (inside < LETTER && k->text[i] != ' ') || (cut && chance(2) > 0);
            if (p->habits & MISREAD && odd && k->text[i] != ' ' && chance(25) == 0)
                wrong |= shared(p, t, x, r);
            say(a, wrong ? (char)('A' + (char)chance(26)) : k->text[i], wrong ? 0.4f : 0.95f);
        }
    }
    while (a->size > begin && a->text[a->size - 1] == ' ')
        a->size--;
    if (a->size > begin)
        say(a, '\n', 1);
}

static rx_tile tile_of(const pali_image *picture) {
    const uint8_t *rgb = pali_image_pixels(picture);
    return (rx_tile){rgb[0] | (rgb[2] >> 4) << 8, rgb[1] | (rgb[2] & 15) << 8,
                     pali_image_width(picture), pali_image_height(picture)};
}

static void transcribe(answer *a, const page *p, const pali_image *picture) {
    rx_tile t = tile_of(picture);
    bool odd = false;
    for (int i = 0; i < p->tiles->rows * p->tiles->columns; i++)
        if (p->tiles->tile[i].x == t.x && p->tiles->tile[i].y == t.y)
            odd = (i / p->tiles->columns + i % p->tiles->columns) % 2;
    for (int i = 0; i < p->num_rows; i++) {
        const row *r = &p->rows[i];
        int shown = (r->y1 < t.y + t.height ? r->y1 : t.y + t.height) - (r->y0 > t.y ? r->y0 : t.y);
        bool cut = shown < r->y1 - r->y0 - LETTER / 2;
        if (p->habits & OVERLOOK && odd && chance(8) == 0)
            continue;
        if (4 * shown < r->y1 - r->y0 || (cut && p->habits & CUT_LINES_LEFT_OUT))
            continue;
        tell_row(a, p, r, &t, odd, cut);
    }
}

static pali_status ask(void *context, rx_said *answers, pali_arena *arena,
                       const pali_image *picture, const rx_prompt *prompts, size_t num_prompts,
                       pali_error *err) {
    page *p = context;
    p->asked++;
    for (size_t i = 0; i < num_prompts; i++) {
        static answer a;
        a.size = 0;
        if (strcmp(prompts[i].text, "ocr") == 0)
            transcribe(&a, p, picture);
        assert_int_equal(strcmp(prompts[i].text, "scan en") == 0, prompts[i].in_scan_grammar);
        for (const char *t = prompts[i].in_scan_grammar ? p->scans : ""; *t; t++)
            say(&a, *t, 0.9f);
        a.text[a.size] = '\0';
        float *confidence = pali_arena_alloc(arena, a.size + 1, sizeof *confidence, "test", err);
        memcpy(confidence, a.confidence, a.size * sizeof *confidence);
        answers[i] = (rx_said){pali_arena_text(arena, a.text, a.size, err), confidence, true};
    }
    return PALI_OK;
}

/* ---- claims ---- */

static rx_page_said read_page(page *p) {
    rx_page found = found_page(p);
    rx_tiles tiles;
    rx_tiles_plan(&tiles, WIDTH, HEIGHT, &found, IMAGE_SIZE);
    assert_in_range(tiles.columns, 2, 6);
    assert_in_range(tiles.rows, 2, 6);
    p->tiles = &tiles;
    p->asked = 0;
    pali_image *image = draw();
    rx_asker asker = {
        .context = p, .image_size = IMAGE_SIZE, .scans = p->scans != NULL, .ask = ask};
    rx_page_said said;
    assert_int_equal(rx_page_lines_read(&said, &asker, image, &found, &tiles, NULL), PALI_OK);
    assert_int_equal(p->asked, tiles.columns * tiles.rows + 1);
    pali_image_free(&image);
    free(found.lines);
    return said;
}

static void print_lines(const page *p, const rx_lines *lines) {
    for (int i = 0; i < p->num_rows; i++) {
        char text[2 * COLUMNS];
        true_text(text, &p->rows[i]);
        print_message("true %2d: %s\n", i, text);
    }
    for (size_t i = 0; i < lines->count; i++)
        print_message("read %2zu: %s\n", i, lines->lines[i].text);
}

/* Reads the page and holds the lines against the true ones, letter by letter. */
static void assert_reads_true(page *p) {
    rx_page_said said = read_page(p);
    bool same = (int)said.lines.count == p->num_rows;
    for (int i = 0; i < p->num_rows && same; i++) {
        char text[2 * COLUMNS];
        true_text(text, &p->rows[i]);
        same = strcmp(said.lines.lines[i].text, text) == 0;
    }
    if (!same) {
        print_lines(p, &said.lines);
        fail_msg("the lines are not the page's");
    }
    rx_lines_free(&said.lines);
}

/* Whether the words in which a line differs from what it comes nearest to are in doubt. */
static bool is_in_doubt(const rx_line *line, const page *p) {
    size_t size = strlen(line->text), best = 0, from = 0, to = size;
    for (int i = 0; i < p->num_rows; i++) {
        char text[2 * COLUMNS];
        true_text(text, &p->rows[i]);
        size_t length = strlen(text), before = 0, after = 0;
        while (before < size && before < length && line->text[before] == text[before])
            before++;
        while (before + after < size && before + after < length &&
               line->text[size - 1 - after] == text[length - 1 - after])
            after++;
        if (before + after <= best)
            continue;
        best = before + after;
        from = before;
        to = size - after;
    }
    from -= from > 0; /* also the word before: what is missing is missing behind it */
    while (from > 0 && line->text[from - 1] != ' ')
        from--;
    while (to < size && line->text[to] != ' ')
        to++;
    float least = 1;
    for (size_t i = from; i < to; i++)
        least = line->confidence[i] < least ? line->confidence[i] : least;
    return least <= 0.71f;
}

/* Whether a line's words are words of one row of the page, in their order. */
static bool is_of_one_row(const char *line, const page *p) {
    for (int i = 0; i < p->num_rows; i++) {
        char text[2 * COLUMNS], words[2 * COLUMNS], *state = NULL;
        true_text(text, &p->rows[i]);
        snprintf(words, sizeof words, "%s", line);
        const char *at = text;
        char *word = strtok_r(words, " ", &state);
        for (; word && at; word = at ? strtok_r(NULL, " ", &state) : word) {
            at = strstr(at, word);
            at = at ? at + strlen(word) : NULL;
        }
        if (!word)
            return true;
    }
    return false;
}

/* Reads the page; returns how many of its lines are not read letter by letter. None is lost, and what
 * is no line of the page is in doubt. */
static int count_misread(page *p) {
    rx_page_said said = read_page(p);
    size_t at = 0;
    int misread = 0;
    for (int i = 0; i < p->num_rows; i++) {
        char text[2 * COLUMNS];
        true_text(text, &p->rows[i]);
        size_t found = at;
        while (found < said.lines.count && strcmp(said.lines.lines[found].text, text) != 0)
            found++;
        bool exact = found < said.lines.count;
        misread += !exact;
        for (; at < found && exact; at++)
            if (!is_in_doubt(&said.lines.lines[at], p)) {
                print_lines(p, &said.lines);
                fail_msg("certain: %s", said.lines.lines[at].text);
            }
        at += exact;
    }
    for (; at < said.lines.count; at++)
        assert_true(is_in_doubt(&said.lines.lines[at], p));
    assert_true((int)said.lines.count >= p->num_rows);
    rx_lines_free(&said.lines);
    return misread;
}

static void any_page_is_put_together_from_its_tiles(void **state) {
    (void)state;
    for (int i = 0; i < PAGES; i++) {
        page p = {.habits = 0};
        write_page(&p, 2 * LETTER, false, false);
        assert_reads_true(&p);
    }
}

/* Where a piece ends or begins just where a view does, a letter may fit by chance. */
static void cells_of_a_row_stay_together(void **state) {
    (void)state;
    int misread = 0;
    for (int i = 0; i < PAGES; i++) {
        page p = {.habits = 0};
        write_page(&p, 2 * LETTER, true, false);
        misread += count_misread(&p);
    }
    assert_in_range(misread, 0, PAGES * MAX_ROWS / 1000);
}

static void lines_that_an_edge_cuts_are_taken_from_the_tile_that_has_them_whole(void **state) {
    (void)state;
    int misread = 0;
    for (int i = 0; i < PAGES; i++) {
        page p = {.habits = i % 2 ? CUT_LINES_LEFT_OUT : CUT_LINES_GARBLED};
        write_page(&p, PITCH + 6, false, true);
        misread += count_misread(&p);
    }
    assert_in_range(misread, 0, PAGES * MAX_ROWS / 1000);
}

static void letters_that_one_tile_misreads_are_taken_from_the_other(void **state) {
    (void)state;
    int misread = 0;
    for (int i = 0; i < PAGES; i++) {
        page p = {.habits = MISREAD};
        write_page(&p, 2 * LETTER, i % 2, false);
        misread += count_misread(&p);
    }
    assert_in_range(misread, 0, PAGES * MAX_ROWS / 1000);
}

/* A model that overlooks a row of a tile must not shift directions from one medicine to the next. */
static void a_row_that_one_tile_overlooks_is_not_mixed_with_another(void **state) {
    (void)state;
    size_t certain = 0;
    for (int i = 0; i < PAGES; i++) {
        page p = {.habits = OVERLOOK};
        write_page(&p, 2 * LETTER, true, false);
        rx_page_said said = read_page(&p);
        for (size_t k = 0; k < said.lines.count; k++) {
            const rx_line *line = &said.lines.lines[k];
            float least = 1;
            for (size_t c = 0; line->text[c]; c++)
                least = line->confidence[c] < least ? line->confidence[c] : least;
            if (least > 0.71f && !is_of_one_row(line->text, &p)) {
                print_lines(&p, &said.lines);
                fail_msg("certain, and of several rows: %s", line->text);
            }
            certain += least > 0.71f;
        }
        rx_lines_free(&said.lines);
    }
    /* with so much overlooked most of a page is in doubt, but not all of it */
    assert_in_range(certain, PAGES * MAX_ROWS / 5, PAGES * MAX_ROWS);
}

static const rx_reply *reply_about(const rx_page_said *said, rx_topic topic) {
    for (size_t i = 0; i < RX_NUM_QUESTIONS; i++)
        if (said->replies[i].topic == topic)
            return &said->replies[i];
    fail_msg("nobody asked");
    return NULL;
}

static void a_model_that_scans_is_asked_to(void **state) {
    (void)state;
    page p = {.scans = "Augmentin|625 mg|Tab.|||1-0-1\n?|40 mg\nDolo|60,000 IU"};
    write_page(&p, 2 * LETTER, false, true);
    rx_page_said said = read_page(&p);
    const rx_reply *reply = reply_about(&said, RX_TOPIC_MEDICINES);
    assert_string_equal(reply->text, "Tab. Augmentin 625 mg 1-0-1\n\nDolo 60,000 IU\n");
    assert_true(reply->one_a_line);
    assert_float_equal(reply->confidence[5], 0.9, 1e-6);
    rx_lines_free(&said.lines);
    p.scans = NULL;
    said = read_page(&p);
    assert_string_equal(reply_about(&said, RX_TOPIC_MEDICINES)->text, "");
    assert_false(reply_about(&said, RX_TOPIC_MEDICINES)->one_a_line);
    rx_lines_free(&said.lines);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_page_is_put_together_from_its_tiles),
        cmocka_unit_test(cells_of_a_row_stay_together),
        cmocka_unit_test(lines_that_an_edge_cuts_are_taken_from_the_tile_that_has_them_whole),
        cmocka_unit_test(letters_that_one_tile_misreads_are_taken_from_the_other),
        cmocka_unit_test(a_row_that_one_tile_overlooks_is_not_mixed_with_another),
        cmocka_unit_test(a_model_that_scans_is_asked_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
