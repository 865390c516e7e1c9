/* Claims about src/rx/lexicon: what is found, what is accepted, and which lists are refused. */
#include "rx/handwriting.h"
#include "rx/lexicon.h"
#include "rx/name_list.h"
#include "rx/reading.h"
#include "rx/review.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { NUM_CORRUPTED = 1000, NUM_UNKNOWN = 500, MAX_NAMES = 4000, MAX_TEXT = 80 };

static rx_lexicon *lexicon;
static char names[MAX_NAMES][MAX_TEXT];
static size_t num_names;

/* xorshift: the same numbers everywhere. */
static uint64_t seed;
static size_t random_below(size_t n) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (size_t)(seed % n);
}

static int open_lexicon(void **state) {
    (void)state;
    for (const char *at = RX_NAMES; *at; at = strchr(at, '\n') + 1) {
        size_t size = strcspn(at, "\t\n");
        if (*at == '!' || *at == '?' || size >= MAX_TEXT || num_names == MAX_NAMES)
            continue;
        memcpy(names[num_names], at, size);
        names[num_names++][size] = '\0';
    }
    return rx_lexicon_open(&lexicon, NULL, NULL);
}

static int close_lexicon(void **state) {
    (void)state;
    rx_lexicon_close(&lexicon);
    return lexicon != NULL;
}

/* What the lexicon says of `text`; its matches live until the next call but seven. */
static rx_name match(const char *text) {
    static pali_arena arenas[8];
    static size_t next;
    pali_arena *arena = &arenas[next++ % 8];
    pali_arena_free(arena);
    rx_name name = {.written.text = text};
    assert_int_equal(rx_lexicon_match(lexicon, arena, &name, NULL), PALI_OK);
    return name;
}

/* ---- errors of hand and reader ---- */

/* What is read for what, as observed in handwriting; made without regard to the lexicon's costs. */
static const char *const CONFUSED[][2] = {
    {"m", "rn"}, {"rn", "m"}, {"d", "cl"}, {"cl", "d"}, {"a", "o"}, {"o", "a"}, {"u", "n"},
    {"n", "u"},  {"e", "c"},  {"c", "e"},  {"i", "l"},  {"l", "i"}, {"l", "1"}, {"o", "0"},
    {"h", "b"},  {"t", "f"},  {"f", "t"},  {"t", "l"},  {"r", "v"}, {"v", "r"}, {"g", "y"},
    {"y", "g"},  {"s", "5"},  {"z", "2"},  {"w", "vv"}, {"k", "h"}, {"n", "r"}, {"e", "i"},
    {"i", "e"},  {"a", "u"},  {"s", "r"},  {"x", "y"},  {"p", "f"}, {"b", "l"}, {"nn", "n"},
    {"l", "ll"}, {"ll", "l"}, {"m", "n"},  {"n", "m"},  {"q", "g"}, {"u", "v"}, {"o", "e"}};

static bool confuse(char *text) {
    size_t pair = random_below(sizeof CONFUSED / sizeof *CONFUSED);
    const char *from = CONFUSED[pair][0], *to = CONFUSED[pair][1];
    size_t start = random_below(strlen(text));
    char *at = strstr(text + start, from), rest[MAX_TEXT];
    if (!at)
        at = strstr(text, from);
    if (!at)
        return false;
    snprintf(rest, sizeof rest, "%s%s", to, at + strlen(from));
    strcpy(at, rest);
    return true;
}

/* One letter lost, added, or replaced by any other. */
static bool garble(char *text) {
    size_t size = strlen(text), at = random_below(size);
    char any = (char)('a' + random_below(26));
    switch (random_below(3)) {
    case 0:
        memmove(text + at, text + at + 1, size - at);
        return true;
    case 1:
        memmove(text + at + 1, text + at, size - at + 1);
        text[at] = any;
        return true;
    default:
        if (text[at] == any)
            return false;
        text[at] = any;
        return true;
    }
}

/* Every second time two errors; three quarters of all are confusions. */
static void corrupt(char *text) {
    char before[MAX_TEXT];
    strcpy(before, text);
    do {
        strcpy(text, before);
        for (size_t left = 1 + random_below(2); left > 0;)
            left -= random_below(4) ? confuse(text) : garble(text);
    } while (strcmp(text, before) == 0);
}

static void lower(char *text) {
    for (; *text; text++)
        if (*text >= 'A' && *text <= 'Z')
            *text = (char)(*text + 32);
}

static bool is_name(const char *text) {
    rx_name found = match(text);
    return found.num_matches > 0 && found.matches[0].score >= 1;
}

static void nine_of_ten_misread_names_are_found_first(void **state) {
    (void)state;
    size_t first = 0, among_three = 0;
    seed = 20240131;
    for (size_t n = 0; n < NUM_CORRUPTED;) {
        char text[MAX_TEXT];
        const char *right = names[random_below(num_names)];
        strcpy(text, right);
        lower(text);
        if (strlen(text) < 5)
            continue;
        corrupt(text);
        if (is_name(text)) /* another medicine's name by now */
            continue;
        n++;
        rx_name found = match(text);
        assert_false(found.in_lexicon);
        for (size_t i = 0; i < found.num_matches && i < 3; i++) {
            bool hit = strcmp(found.matches[i].name, right) == 0;
            first += hit && i == 0;
            among_three += hit;
        }
    }
    print_message("of %d misread names %zu are found first, %zu among the first three\n",
                  NUM_CORRUPTED, first, among_three);
    assert_true(first * 100 >= NUM_CORRUPTED * 90);
    assert_true(among_three * 100 >= NUM_CORRUPTED * 97);
}

/* A name of two to four made-up syllables, or a medicine's name with another start, middle or end. */
static void invent(char *text, size_t n) {
    static const char *const syllables[] = {
        "zo",  "vel", "tri",  "max", "pra", "lo",  "fen", "dox", "cli", "ra",  "mi",  "tol",
        "ben", "gly", "ster", "an",  "que", "bro", "nex", "u",   "pi",  "cef", "tan", "wel"};
    size_t count = sizeof syllables / sizeof *syllables;
    *text = '\0';
    if (n % 2 == 0) {
        for (size_t left = 2 + random_below(3); left > 0; left--)
            strcat(text, syllables[random_below(count)]);
        return;
    }
    const char *name = names[random_below(num_names)];
    size_t size = strlen(name), cut = size > 3 ? 2 + random_below(size - 3) : size;
    if (random_below(2))
        snprintf(text, MAX_TEXT, "%.*s%s", (int)cut, name, syllables[random_below(count)]);
    else
        snprintf(text, MAX_TEXT, "%s%s", syllables[random_below(count)], name + size - cut);
}

/* The medicine of a page with this one line; the page stays until the next call. */
static const rx_medicine *read_line(const char *text) {
    static rx_prescription page;
    rx_prescription_free(&page);
    rx_line line = {.text = text};
    assert_int_equal(rx_reading_make(&page, &line, 1, lexicon, NULL), PALI_OK);
    if (page.num_medicines != 1)
        print_error("%zu medicines in \"%s\"\n", page.num_medicines, text);
    assert_int_equal(page.num_medicines, 1);
    return &page.medicines[0];
}

static bool is_flagged(const rx_medicine *m, const char *code, const char *field) {
    const rx_review *review = rx_reviews_find(&m->review, code, field);
    return review && !review->advisory;
}

static void unknown_names_are_never_accepted(void **state) {
    (void)state;
    seed = 7;
    for (size_t n = 0; n < NUM_UNKNOWN;) {
        char text[MAX_TEXT], line[4 * MAX_TEXT];
        invent(text, n);
        if (is_name(text))
            continue;
        n++;
        rx_name found = match(text);
        assert_false(found.in_lexicon);
        snprintf(line, sizeof line, "Tab. %s 10 mg 1-0-1", text);
        const rx_medicine *medicine = read_line(line);
        assert_false(medicine->name.in_lexicon);
        assert_true(is_flagged(medicine, RX_REVIEW_NOT_IN_LEXICON, "name"));
    }
}

static void every_name_is_accepted_as_it_stands(void **state) {
    (void)state;
    for (size_t i = 0; i < num_names; i++) {
        char text[MAX_TEXT];
        strcpy(text, names[i]);
        lower(text);
        for (char *c = text; *c; c++)
            if (*c == '-')
                *c = ' ';
        rx_name found = match(text);
        assert_true(found.in_lexicon);
        assert_string_equal(found.matches[0].name, names[i]);
        assert_float_equal(found.matches[0].score, 1, 0);
    }
}

static void a_salt_or_a_release_leaves_the_name_what_it_is(void **state) {
    (void)state;
    assert_true(match("Metformin Hydrochloride").in_lexicon);
    assert_true(match("Glucophage SR").in_lexicon);
    assert_string_equal(match("metoprolol succinate XL").matches[0].name, "metoprolol succinate");
    assert_false(match("Glucophage Forte").in_lexicon);
    assert_false(match("Glucophage sodium").in_lexicon); /* no ingredient */
}

static void ingredients_are_matched_one_by_one(void **state) {
    (void)state;
    rx_name found = match("Amoxycillin + Clavulanic acid");
    assert_true(found.in_lexicon);
    assert_string_equal(found.matches[0].generic, "amoxicillin / clavulanic acid");
    found = match("Telmisartan and Amlodipime");
    assert_false(found.in_lexicon);
    assert_string_equal(found.matches[0].name, "telmisartan / amlodipine");
    assert_true(found.matches[0].score < 1);
}

/* The names of the list's pairs are taken for each other, in both directions. */
static void every_look_alike_is_flagged(void **state) {
    (void)state;
    size_t count = 0;
    for (const char *at = RX_NAMES; *at; at = strchr(at, '\n') + 1) {
        char pair[2][MAX_TEXT], line[4 * MAX_TEXT];
        if (*at != '!')
            continue;
        assert_int_equal(sscanf(at, "!%79[^\t]\t%79[^\n]", pair[0], pair[1]), 2);
        count++;
        for (int k = 0; k < 2; k++) {
            snprintf(line, sizeof line, "Tab %s twice daily", pair[k]);
            const rx_medicine *medicine = read_line(line);
            const rx_review *review =
                rx_reviews_find(&medicine->review, RX_REVIEW_LOOK_ALIKE, "name");
            assert_non_null(review);
            assert_false(review->advisory);
            bool named = false;
            for (size_t i = 0; i < review->num_alternatives; i++)
                named |= strcasecmp(review->alternatives[i], pair[1 - k]) == 0;
            if (!named)
                print_error("%s is not named beside %s\n", pair[1 - k], pair[k]);
            assert_true(named);
        }
    }
    assert_true(count > 150);
    assert_true(is_flagged(read_line("Isordil 10 mg TDS"), RX_REVIEW_LOOK_ALIKE, "name"));
    assert_true(is_flagged(read_line("Inj. Tazocin 4.5 g TDS"), RX_REVIEW_LOOK_ALIKE, "name"));
}

static void a_strength_that_does_not_exist_is_flagged(void **state) {
    (void)state;
    static const struct {
        const char *line, *code, *field;
    } cases[] = {
        {"Tab Amlong 5 mg once daily", NULL, NULL},
        {"Tab Amlong 7 mg once daily", RX_REVIEW_STRENGTH_NOT_KNOWN, "strength"},
        {"Tab Amlong 50 mg once daily", RX_REVIEW_TENFOLD_DOSE, "strength"},
        {"Tab Amlong 10 mg 5 tabs once daily", RX_REVIEW_TENFOLD_DOSE, "dose"},
        {"Tab Dolo 650 mg 1 tab SOS", NULL, NULL},
        {"Tab Dolo 0.65 g 1 tab SOS", NULL, NULL},
        {"Tab Dolo 650 mg 2 tab SOS", RX_REVIEW_DOSE_ABOVE_USUAL, "dose"},
        {"Tab Dolo 500 mg 12 ml SOS", NULL, NULL}, /* no volume of a tablet is compared */
        {"Syp Paracetamol 250 mg / 5 ml 5 ml TDS", NULL, NULL},
        {"Syp Paracetamol 333 mg / 5 ml 5 ml TDS", RX_REVIEW_STRENGTH_NOT_KNOWN, "strength"},
        {"Tab Thyronorm 100 mcg 1-0-0", NULL, NULL},
        {"Tab Thyronorm 100 mg 1-0-0", RX_REVIEW_STRENGTH_NOT_KNOWN, "strength"},
        {"Tab Thyronorm 100 1 1/2 once daily", NULL, NULL}, /* micrograms */
        {"Tab Thyronorm 130 once daily", RX_REVIEW_STRENGTH_NOT_KNOWN, "strength"},
        {"Tab Amlodipine Zyvarin 7 mg once daily", RX_REVIEW_STRENGTH_NOT_KNOWN, "strength"},
        {"Tab Amlodipine Zyvarin 5 mg once daily", NULL, NULL},
        {"Tab Amlodipinez 7 mg once daily", NULL, NULL}, /* another name */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const rx_medicine *medicine = read_line(cases[i].line);
        static const char *const codes[] = {RX_REVIEW_STRENGTH_NOT_KNOWN, RX_REVIEW_TENFOLD_DOSE,
                                            RX_REVIEW_DOSE_ABOVE_USUAL};
        for (size_t k = 0; k < 3; k++) {
            bool expected = cases[i].code && strcmp(cases[i].code, codes[k]) == 0;
            bool flagged = rx_reviews_find(&medicine->review, codes[k], cases[i].field) != NULL;
            if (expected != flagged)
                print_error("%s: %s is %d\n", cases[i].line, codes[k], flagged);
            assert_int_equal(expected, flagged);
        }
    }
}

/* "OD" is the right eye of what comes as eye drops only. */
static void what_comes_as_a_tablet_is_taken_once_daily(void **state) {
    (void)state;
    static const struct {
        const char *line;
        bool once;
    } lines[] = {
        {"Amlong 5 OD", true},    {"Ofloxacin 200 OD", true}, /* no drops are so strong */
        {"Timolol 20 OD", false}, {"Amlong 7 OD", false},     {"Latanoprost OD", false},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        const rx_medicine *medicine = read_line(lines[i].line);
        print_message("%s\n", lines[i].line);
        assert_int_equal(medicine->frequency.has_value, lines[i].once);
        assert_int_equal(is_flagged(medicine, RX_REVIEW_AMBIGUOUS_ABBREVIATION, "frequency"),
                         !lines[i].once);
        if (lines[i].once)
            assert_float_equal(medicine->frequency.per_day, 1, 0);
    }
}

static void a_bare_number_behind_insulin_may_be_its_units(void **state) {
    (void)state;
    static const struct {
        const char *line;
        bool doubted;
    } lines[] = {{"Inj Lantus 20 HS", true},
                 {"Novorapid 6/6/8 before meals", true},
                 {"NPH 20/10 BD", true},
                 {"Novomix 30 20-0-10", false},
                 {"Inj Novomix 30 20 units BD", false},
                 {"Inj Lantus 100 units/ml 20 units HS", false}};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        print_message("%s\n", lines[i].line);
        assert_int_equal(
            is_flagged(read_line(lines[i].line), RX_REVIEW_AMBIGUOUS_NUMBER, "strength"),
            lines[i].doubted);
    }
}

static void what_is_taken_once_a_week_is_flagged_when_it_is_more_often(void **state) {
    (void)state;
    static const struct {
        const char *line;
        bool flagged;
    } lines[] = {{"Tab Methotrexate 10 mg OD", true},
                 {"Tab Folitrax 10 1-0-0", true},
                 {"Methotrexate 2.5 mg 6 tablets daily", true},
                 {"Tab Methotrexate 10 mg once a week", false},
                 {"Tab Methotrexate 2.5 mg Sat & Sun", false},
                 {"Tab Methotrexate 10 mg", false},
                 {"Tab Alendronate 70 mg once daily", true},
                 {"Tab Alendronate 70 mg weekly", false},
                 {"Tab Alendronate 10 mg once daily", false}};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        print_message("%s\n", lines[i].line);
        assert_int_equal(
            is_flagged(read_line(lines[i].line), RX_REVIEW_DOSE_ABOVE_USUAL, "frequency"),
            lines[i].flagged);
    }
}

/* Or the name has not all of what the tablet is made of. */
static void one_substance_has_one_strength(void **state) {
    (void)state;
    static const struct {
        const char *line;
        bool flagged;
    } lines[] = {{"Tab Amlodipine 5/10 mg once daily", true},
                 {"Tab Methotrexate 10/10/5 mg", true},
                 {"Syp Paracetamol 250/5 5 ml TDS", false},
                 {"Tab Amlodipine 5 mg once daily", false}};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        print_message("%s\n", lines[i].line);
        assert_int_equal(is_flagged(read_line(lines[i].line), RX_REVIEW_CONFLICT, "strength"),
                         lines[i].flagged);
    }
}

static void sevenths_of_digoxin_are_days_of_a_week(void **state) {
    (void)state;
    assert_true(is_flagged(read_line("Tab Digoxin 0.25 mg OD 5/7"), RX_REVIEW_AMBIGUOUS_NUMBER,
                           "duration"));
    assert_false(is_flagged(read_line("Tab Digoxin 0.25 mg OD x 7/7"), RX_REVIEW_AMBIGUOUS_NUMBER,
                            "duration"));
    assert_false(is_flagged(read_line("Tab Amlodipine 5 mg OD 5/7"), RX_REVIEW_AMBIGUOUS_NUMBER,
                            "duration"));
}

static void a_strength_speaks_for_the_name_or_against_it(void **state) {
    (void)state;
    static const struct {
        const char *line;
        bool known, doubted;
    } cases[] = {
        {"Tab Amlong 5 mg once daily", true, false},
        {"Tab Amlong 5 once daily", true, false},
        {"Tab Amlong 7 mg once daily", false, true},
        {"Tab Amlong 50 mg once daily", false, false}, /* ten times: the strength, rather */
        {"Tab Amlong once daily", false, false},
        {"Tab Amlodipinez 5 mg once daily", false, false},
        {"Tab Amlodipine Zyvarin 5 mg once daily", false, false}, /* no name of the lexicon */
        {"Tab Amlodipine Zyvarin 7 mg once daily", false, false},
        {"Syp Paracetamol 250 mg / 5 ml 5 ml TDS", true, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const rx_medicine *medicine = read_line(cases[i].line);
        print_message("%s\n", cases[i].line);
        assert_int_equal(medicine->name.strength_known, cases[i].known);
        assert_int_equal(is_flagged(medicine, RX_REVIEW_STRENGTH_NOT_KNOWN, "name"),
                         cases[i].doubted);
    }
}

/* ---- lists ---- */

static rx_lexicon *make(const char *text) {
    rx_name_list list = {text, strlen(text), "list"};
    rx_lexicon *made = NULL;
    assert_int_equal(rx_lexicon_make(&made, &list, 1, NULL), PALI_OK);
    return made;
}

static void a_list_of_ones_own_adds_and_overrides(void **state) {
    (void)state;
    char path[] = "/tmp/rx_names_XXXXXX";
    int fd = mkstemp(path);
    const char *text = "# our formulary\r\nZyvarin\tparacetamol\t325\r\nDolo\t\t650\n\nPlainname";
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    rx_lexicon *own = NULL, *built_in = lexicon;
    assert_int_equal(rx_lexicon_open(&own, path, NULL), PALI_OK);
    unlink(path);
    assert_int_equal(rx_lexicon_size(own), rx_lexicon_size(built_in) + 2);
    lexicon = own;
    assert_true(match("ZYVARIN").in_lexicon);
    assert_string_equal(match("Zyvarin").matches[0].generic, "paracetamol");
    assert_true(match("plain name").in_lexicon);
    assert_string_equal(match("Dolo").matches[0].generic, "paracetamol");
    assert_string_equal(rx_lexicon_supply(own, "dolo").strengths, "650");
    lexicon = built_in;
    rx_lexicon_close(&own);
    assert_false(match("Zyvarin").in_lexicon);
}

static void assert_code(const rx_name *name, const char *system, const char *code) {
    assert_true(name->num_matches > 0);
    const rx_match *first = &name->matches[0];
    if (!code) {
        assert_null(first->code);
        assert_null(first->system);
        return;
    }
    assert_non_null(first->code);
    assert_string_equal(first->code, code);
    assert_string_equal(first->system, system);
}

/* What is written is short for one medicine, and stays to be checked. */
static void an_abbreviation_is_explained_and_never_certain(void **state) {
    (void)state;
    size_t count = 0;
    for (const char *at = RX_NAMES; *at; at = strchr(at, '\n') + 1) {
        char pair[2][MAX_TEXT], line[2 * MAX_TEXT];
        if (*at != '?')
            continue;
        assert_int_equal(sscanf(at, "?%79[^\t]\t%79[^\n]", pair[0], pair[1]), 2);
        count++;
        rx_name name = match(pair[0]);
        assert_true(name.abbreviated);
        assert_false(name.in_lexicon);
        assert_int_equal(name.num_matches, 1);
        assert_string_equal(name.matches[0].name, pair[1]);
        snprintf(line, sizeof line, "Tab %s twice daily", pair[0]);
        const rx_review *review =
            rx_reviews_find(&read_line(line)->review, RX_REVIEW_ABBREVIATED_NAME, "name");
        assert_non_null(review);
        assert_false(review->advisory);
        assert_string_equal(review->alternatives[0], pair[1]);
    }
    assert_true(count >= 25);
    assert_true(match("p.c.m.").abbreviated);
    assert_false(match("PCM Forte").abbreviated);
    assert_false(match("Dolo").abbreviated);
    static const char *const fluids[] = {"NS 500 ml IV", "RL 1 L @ 100 ml/hr", "DNS 500 ml IV BD",
                                         "D5 500 ml IV"};
    for (size_t i = 0; i < sizeof fluids / sizeof *fluids; i++)
        assert_true(is_flagged(read_line(fluids[i]), RX_REVIEW_ABBREVIATED_NAME, "name"));
    assert_true(is_flagged(read_line("Tab PCM 6500 mg SOS"), RX_REVIEW_TENFOLD_DOSE, "strength"));
    rx_lexicon *built_in = lexicon;
    lexicon =
        make("?Dol\tDolo\n?Dol\tPan\n?Dol\tParacetamol\n?Pan\tDolo\n?Lev\tnobody\n!Nemo\tDolo\n"
             "Dolo\nPan\nParacetamol\n");
    rx_name later = match("Dol"), known = match("Pan"), unknown = match("Lev"),
            other = match("Nemo");
    const char *others[1];
    assert_string_equal(later.matches[0].name, "Paracetamol");
    assert_true(known.in_lexicon && !known.abbreviated);
    assert_false(unknown.abbreviated || other.abbreviated);
    assert_int_equal(rx_lexicon_look_alikes(lexicon, "Pan", others, 1), 0);
    rx_lexicon_close(&lexicon);
    lexicon = built_in;
}

static void a_name_has_its_own_code_or_that_of_its_only_ingredient(void **state) {
    (void)state;
    rx_name name = match("Paracetamol");
    assert_code(&name, "UNII", "362O9ITL9D");
    name = match("Dolo"); /* a brand of it */
    assert_code(&name, "UNII", "362O9ITL9D");
    name = match("Augmentin");
    assert_code(&name, NULL, NULL);
    name = match("Paracetamol + Ibuprofen");
    assert_code(&name, NULL, NULL);
    rx_lexicon *built_in = lexicon;
    lexicon = make("Paracetamol\t\t\t\tUNII 362O9ITL9D\nDolo\tparacetamol\t\t\tRxNorm 161\n"
                   "Crocin\tparacetamol\n");
    rx_name own = match("Dolo"), ingredients = match("Crocin");
    rx_lexicon_close(&lexicon);
    lexicon = built_in;
    assert_code(&own, "RxNorm", "161");
    assert_code(&ingredients, "UNII", "362O9ITL9D");
}

static void a_wrong_line_is_named(void **state) {
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"Dolo\n123456\t\tabc\n", "list: line 2: strengths"},
        {"Dolo\n\n---\n", "list: line 3: no name"},
        {"Dolo\t\t5,10\tmuch\n", "list: line 1: the largest"},
        {"Dolo\xff\n", "list: line 1: not UTF-8"},
        {"!Dolo\n", "list: line 1: behind"},
        {"?PCM\n", "list: line 1: behind"},
        {"?PCM\tparacetamol\tmore\n", "list: line 1: too many columns"},
        {"Dolo\t\t\t5\tUNII 1\tmore\n", "list: line 1: too many columns"},
        {"Dolo\t\t\t5\tmore\n", "list: line 1: a code"},
        {"Dolo\t\t\t\tUNII 1 2\n", "list: line 1: a code"},
        {"Dolo\t\t\t\tUNII \xc3\xa9\n", "list: line 1: a code"},
        {"Dolo\t\t5,,10\n", "list: line 1: strengths"},
        {"Dolo\t\tq5\n", "list: line 1: strengths"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rx_name_list list = {cases[i].text, strlen(cases[i].text), "list"};
        rx_lexicon *made = NULL;
        pali_error err = PALI_ERROR_INIT;
        assert_int_equal(rx_lexicon_make(&made, &list, 1, &err), PALI_ERROR_FORMAT);
        assert_null(made);
        if (strncmp(err.message, cases[i].message, strlen(cases[i].message)) != 0)
            print_error("%s\n", err.message);
        assert_memory_equal(err.message, cases[i].message, strlen(cases[i].message));
    }
}

static void an_empty_list_knows_nothing(void **state) {
    (void)state;
    rx_lexicon *empty = make(""), *built_in = lexicon;
    lexicon = empty;
    rx_name found = match("Dolo");
    lexicon = built_in;
    assert_int_equal(found.num_matches, 0);
    assert_false(found.in_lexicon);
    rx_lexicon_close(&empty);
}

/* ---- handwriting ---- */

static float distance(const rx_writing *writing, const char *a, const char *b) {
    return rx_writing_distance(writing, a, strlen(a), b, strlen(b), 10);
}

/* Each kind of confusion is less than an edit, in both directions; other letters are a whole one. */
static void what_handwriting_confuses_is_near(void **state) {
    (void)state;
    static const struct {
        const char *a, *b;
        float least, most;
    } cases[] = {
        {"aspirin", "aspirin", 0, 0},
        {"aspirin", "ospirin", 0.1f, 0.35f},
        {"cefixime", "cefixima", 0.4f, 0.6f},
        {"metformin", "rnetformin", 0.1f, 0.35f},
        {"diclofenac", "clidofenac", 0.5f, 0.7f},
        {"diclofenac", "cliclofenac", 0.1f, 0.35f},
        {"mupirocin", "mnpirocin", 0.1f, 0.35f},
        {"aspirin", "apsirin", 0.7f, 0.9f},
        {"aspirin", "asspirin", 0.3f, 0.5f},
        {"aspirin", "aspirn", 1, 1},
        {"aspirin", "aszirin", 1, 1},
        {"vitamin12", "vitamini2", 0.1f, 0.35f},
        {"b6", "b0", 0.1f, 0.35f},
        {"aspirin", "asplrln", 0.5f, 0.7f},
    };
    rx_writing writing;
    rx_writing_init(&writing);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float there = distance(&writing, cases[i].a, cases[i].b),
              back = distance(&writing, cases[i].b, cases[i].a);
        if (there < cases[i].least || there > cases[i].most)
            print_error("%s, %s: %g\n", cases[i].a, cases[i].b, (double)there);
        assert_true(there >= cases[i].least && there <= cases[i].most);
        assert_float_equal(there, back, 1e-5);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nine_of_ten_misread_names_are_found_first),
        cmocka_unit_test(unknown_names_are_never_accepted),
        cmocka_unit_test(every_name_is_accepted_as_it_stands),
        cmocka_unit_test(a_salt_or_a_release_leaves_the_name_what_it_is),
        cmocka_unit_test(ingredients_are_matched_one_by_one),
        cmocka_unit_test(every_look_alike_is_flagged),
        cmocka_unit_test(a_strength_that_does_not_exist_is_flagged),
        cmocka_unit_test(what_comes_as_a_tablet_is_taken_once_daily),
        cmocka_unit_test(a_bare_number_behind_insulin_may_be_its_units),
        cmocka_unit_test(what_is_taken_once_a_week_is_flagged_when_it_is_more_often),
        cmocka_unit_test(one_substance_has_one_strength),
        cmocka_unit_test(sevenths_of_digoxin_are_days_of_a_week),
        cmocka_unit_test(a_strength_speaks_for_the_name_or_against_it),
        cmocka_unit_test(a_list_of_ones_own_adds_and_overrides),
        cmocka_unit_test(a_name_has_its_own_code_or_that_of_its_only_ingredient),
        cmocka_unit_test(an_abbreviation_is_explained_and_never_certain),
        cmocka_unit_test(a_wrong_line_is_named),
        cmocka_unit_test(what_handwriting_confuses_is_near),
        cmocka_unit_test(an_empty_list_knows_nothing),
    };
    return cmocka_run_group_tests(tests, open_lexicon, close_lexicon);
}
