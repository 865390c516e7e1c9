/* Claims about the reports: what they say, and that hostile writing stays writing. */
#include "base/utf8.h"
#include "pages.h"
#include "rx/report.h"
#include "schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const hostile[] = {
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'--><b>&amp;",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    " =1+1",
    "\n=1+1",
    "\xef\xbc\x9d"
    "1+1",
    "a,b;c\"d\"\r\ne",
    "line one\nline two",
    "\x1b[2J\x1b]0;title\x07\x08\x7f",
    "\xff\xfe broken \xc3( \xed\xa0\x80 \xf4\x90\x80\x80",
    "\xe2\x80\xae"
    "desrever",
    "\xc2\x9b"
    "31m",
    "",
    " ",
    "%s%n%d",
    "\xe0\xa4\x85\xe0\xa4\xb6\xe0\xa4\xbe \xe5\x8c\xbb\xe7\x94\x9f \xf0\x9f\x92\x8a",
};
enum { NUM_HOSTILE = sizeof hostile / sizeof *hostile };

static pali_buffer empty(void) {
    pali_buffer buffer;
    pali_buffer_init(&buffer, 16 << 20);
    return buffer;
}

static json_t *load(const char *path) {
    json_error_t error;
    json_t *document = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (!document)
        fail_msg("%s: line %d: %s", path, error.line, error.text);
    return document;
}

static void expect_schema(const json_t *schema, const json_t *value) {
    char why[512];
    if (!schema_holds(schema, value, why, sizeof why))
        fail_msg("%s", why);
}

static void expect_in(const char *text, const char *part) {
    assert_non_null(text);
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in:\n%s", part, text);
}

static json_t *json_of(const rx_prescription *p) {
    json_t *document = NULL;
    assert_int_equal(rx_report_json(&document, p, &provenance, NULL), PALI_OK);
    return document;
}

/* ---- JSON ---- */

static void json_keeps_its_schema(void **state) {
    (void)state;
    json_t *schema = load(DOCS "/result.schema.json");
    rx_prescription page = full_page(), blank = {.input = "a.png"};
    json_t *document = json_of(&page);
    expect_schema(schema, document);
    json_object_set_new(document, "extra", json_true());
    char why[512];
    assert_false(schema_holds(schema, document, why, sizeof why));
    json_decref(document);
    document = json_of(&blank);
    expect_schema(schema, document);
    json_decref(document);
    for (size_t i = 0; i < NUM_HOSTILE; i++) {
        page = hostile_page(hostile[i]);
        document = json_of(&page);
        expect_schema(schema, document);
        json_decref(document);
    }
    json_decref(schema);
}

static const json_t *at(const json_t *value, const char *path) {
    char copy[128];
    snprintf(copy, sizeof copy, "%s", path);
    for (char *key = strtok(copy, "."); key; key = strtok(NULL, "."))
        value = json_is_array(value) ? json_array_get(value, (size_t)atoi(key))
                                     : json_object_get(value, key);
    return value;
}

static void json_says_what_was_read(void **state) {
    (void)state;
    rx_prescription page = full_page();
    json_t *d = json_of(&page);
    assert_string_equal(json_string_value(at(d, "medicines.0.name.text")), "Augmentin");
    assert_string_equal(json_string_value(at(d, "medicines.0.name.match.generic")),
                        "amoxicillin / clavulanate");
    assert_int_equal(json_integer_value(at(d, "medicines.0.strength.value")), 625);
    assert_string_equal(json_string_value(at(d, "medicines.0.dose.unit")), "tablet");
    assert_int_equal(json_integer_value(at(d, "medicines.0.dose.value")), 1);
    assert_true(json_is_null(at(d, "medicines.0.dose.text")));
    assert_null(at(d, "medicines.0.dose.reason"));
    assert_true(json_is_true(at(d, "medicines.0.dose.inferred")));
    assert_string_equal(json_string_value(at(d, "medicines.0.duration.unit")), "day");
    assert_int_equal(json_integer_value(at(d, "medicines.0.frequency.per_day")), 2);
    assert_string_equal(json_string_value(at(d, "medicines.0.frequency.when.1")), "night");
    assert_true(json_is_null(at(d, "medicines.0.route")));
    assert_true(json_is_null(at(d, "medicines.1.strength.text")));
    assert_string_equal(json_string_value(at(d, "medicines.1.strength.reason")), "blotted");
    assert_true(json_is_true(at(d, "medicines.1.route.inferred")));
    assert_string_equal(json_string_value(at(d, "medicines.1.review.0.alternatives.1")),
                        "Atenolol");
    assert_string_equal(json_string_value(at(d, "text")),
                        "Tab. Augmentin 625 mg 1-0-1 x 5 days\nAten-D ## 1-0-2 sos");
    assert_true(json_is_true(at(d, "lines.1.struck_out")));
    assert_string_equal(json_string_value(at(d, "date.value")), "2024-03-12");
    assert_null(at(d, "review.0.index"));
    assert_int_equal(json_integer_value(at(d, "review.1.index")), 1);
    json_decref(d);
}

static void json_comes_back_as_it_went(void **state) {
    (void)state;
    for (size_t i = 0; i <= NUM_HOSTILE; i++) {
        rx_prescription page = i < NUM_HOSTILE ? hostile_page(hostile[i]) : full_page(), back;
        rx_provenance from;
        json_t *first = json_of(&page), *second = NULL;
        pali_error err = PALI_ERROR_INIT;
        assert_int_equal(rx_report_parse(&back, &from, first, "result", &err), PALI_OK);
        assert_int_equal(rx_report_json(&second, &back, &from, &err), PALI_OK);
        assert_true(json_equal(first, second));
        json_decref(first);
        json_decref(second);
        pali_arena_free(&back.arena);
    }
}

/* Every place of a document in turn holds something of another type. */
static void parse_survives_wrong_types(void **state) {
    (void)state;
    rx_prescription page = full_page();
    json_t *document = json_of(&page);
    char *text = json_dumps(document, JSON_COMPACT);
    json_decref(document);
    size_t size = strlen(text);
    static const char *const values[] = {"null", "7", "\"x\"", "[]", "{}", "[7]", "{\"a\":[{}]}"};
    for (size_t i = 0; i < size; i++) {
        if (text[i] != ':')
            continue;
        for (size_t k = 0; k < sizeof values / sizeof *values; k++) {
            pali_buffer changed = empty();
            json_error_t ignored;
            size_t used = 0;
            json_t *old = json_loadb(text + i + 1, size - i - 1,
                                     JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK, &ignored);
            if (!old)
                continue;
            used = (size_t)ignored.position;
            json_decref(old);
            pali_buffer_append(&changed, text, i + 1, NULL);
            pali_buffer_append_text(&changed, values[k], NULL);
            pali_buffer_append_text(&changed, text + i + 1 + used, NULL);
            document = json_loadb(changed.data, changed.size, 0, &ignored);
            rx_prescription back = {.arena = PALI_ARENA_INIT};
            rx_provenance from;
            if (document) {
                (void)rx_report_parse(&back, &from, document, "result", NULL);
                pali_arena_free(&back.arena);
                json_decref(document);
            }
            pali_buffer_free(&changed);
        }
    }
    free(text);
}

/* ---- text ---- */

static char *text_of(const rx_prescription *p, size_t columns, bool color) {
    pali_buffer out = empty();
    assert_int_equal(rx_report_text(&out, p, columns, color, NULL), PALI_OK);
    return out.data;
}

static void text_is_a_table_where_it_fits_and_a_list_where_not(void **state) {
    (void)state;
    rx_prescription page = full_page();
    char *wide = text_of(&page, 250, false), *narrow = text_of(&page, 60, false);
    expect_in(wide, "   medicine      ingredient ");
    expect_in(wide, "\n 1 Augmentin     amoxicillin / clavulanate  625 mg ");
    expect_in(wide, " 1 tablet (inferred)  1-0-1 (2 a day)");
    expect_in(wide, "once a week (every 7 days)");
    expect_in(wide, "\n 2 Aten-D ? ");
    expect_in(wide, "unreadable ?");
    assert_null(strstr(wide, "60K ?")); /* worth knowing only */
    expect_in(wide, "  2 name: \"Aten-D\" is in no list of medicines; perhaps Aten, Atenolol "
                    "[not-in-lexicon]\n");
    expect_in(wide, "patient       Asha Verma, 54 yrs, F\n");
    expect_in(wide, "date          12/03/24 (2024-03-12) ?\n");
    expect_in(narrow, "\n 1 Augmentin\n     ingredient   amoxicillin / clavulanate\n");
    expect_in(narrow, "     strength     unreadable ?\n");
    for (char *line = strtok(wide, "\n"); line; line = strtok(NULL, "\n"))
        assert_in_range(strlen(line), 1, 250);
    free(wide);
    free(narrow);
    page.medicines[4].frequency.per_day = page.medicines[4].frequency.per_day_high = 3.0 / 7;
    wide = text_of(&page, 250, false);
    expect_in(wide, "(3 a week)");
    free(wide);
}

static void text_has_colour_only_where_asked(void **state) {
    (void)state;
    rx_prescription page = full_page();
    char *plain = text_of(&page, 200, false), *colored = text_of(&page, 200, true);
    assert_null(strchr(plain, '\033'));
    expect_in(colored, "\033[33mAten-D ?\033[0m");
    free(plain);
    free(colored);
}

static void text_never_moves_the_cursor(void **state) {
    (void)state;
    for (size_t i = 0; i < NUM_HOSTILE; i++) {
        rx_prescription page = hostile_page(hostile[i]);
        for (size_t columns = 20; columns < 1000; columns += 900) {
            char *text = text_of(&page, columns, false);
            assert_true(pali_is_utf8(text, strlen(text)));
            for (char *c = text; *c; c++)
                assert_true(((unsigned char)*c >= 0x20 && *c != 0x7f) || *c == '\n');
            assert_null(strstr(text, "\xc2\x9b"));
            assert_null(strstr(text, "\xe2\x80\xae"));
            free(text);
        }
    }
}

/* ---- CSV ---- */

/* Reads one record (RFC 4180) and returns what follows it. */
static const char *read_record(const char *text, char cells[64][512], size_t *count) {
    *count = 0;
    for (bool more = true; more; ++*count) {
        size_t n = 0;
        assert_in_range(*count, 0, 63);
        char *cell = cells[*count];
        bool quoted = *text == '"';
        text += quoted;
        while (*text && (quoted ? *text != '"' || text[1] == '"' : *text != ',' && *text != '\r')) {
            assert_false(!quoted && (*text == '"' || *text == '\n'));
            text += quoted && *text == '"';
            if (n < 511)
                cell[n++] = *text;
            text++;
        }
        text += quoted;
        cell[n] = '\0';
        more = *text == ',';
        assert_true(more || strncmp(text, "\r\n", 2) == 0);
        text += more ? 1 : 2;
    }
    return text;
}

static size_t column(char head[64][512], size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(head[i], name) == 0)
            return i;
    fail_msg("no column %s", name);
    return 0;
}

static char head[64][512], cells[64][512];

static const char *first_record(const pali_buffer *csv, size_t *count) {
    return read_record(csv->data, head, count);
}

static void csv_has_one_medicine_a_row(void **state) {
    (void)state;
    rx_prescription page = full_page(), blank = {.input = "b.png", .page = 1};
    pali_buffer csv = empty();
    assert_int_equal(rx_report_csv_header(&csv, NULL), PALI_OK);
    assert_int_equal(rx_report_csv(&csv, &page, &provenance, NULL), PALI_OK);
    assert_int_equal(rx_report_csv(&csv, &blank, &provenance, NULL), PALI_OK);
    assert_int_equal(rx_report_csv_failure(&csv, "c.png", 3, "no picture", NULL), PALI_OK);
    size_t columns, count, rows = 0;
    const char *rest = first_record(&csv, &columns);
    static const char *const names[] = {
        "Augmentin", "Aten-D", "Prednisolone", "Crocin", "Vit D3", "TT", "", ""};
    static const char *const units[] = {"mg", "", "mg", "mg", "IU", "", "", ""};
    static const char *const doses[] = {"", "", "2 tab", "5-10 ml", "", "", "", ""};
    static const char *const values[] = {"1", "", "2", "",
                                         "",  "", "",  ""}; /* the first is inferred */
    static const char *const inputs[] = {"inbox/page.jpg", "b.png", "c.png"};
    static const char *const instructions[] = {
        "after food", "", "2 steps, see the line", "", "", "", "", ""};
    static const char *const review[] = {"",
                                         "not-in-lexicon (name); unreadable (strength)",
                                         "",
                                         "",
                                         "error-prone-notation (strength)",
                                         "",
                                         "",
                                         ""};
    for (; *rest; rows++) {
        rest = read_record(rest, cells, &count);
        assert_int_equal(count, columns);
        assert_string_equal(cells[column(head, count, "name")], names[rows]);
        assert_string_equal(cells[column(head, count, "strength_unit")], units[rows]);
        assert_string_equal(cells[column(head, count, "dose")], doses[rows]);
        assert_string_equal(cells[column(head, count, "dose_value")], values[rows]);
        assert_string_equal(cells[column(head, count, "dose_confidence")],
                            *values[rows] || *doses[rows] ? "0.9700" : "");
        assert_string_equal(cells[column(head, count, "input")], inputs[rows < 6 ? 0 : rows - 5]);
        assert_string_equal(cells[column(head, count, "review")], review[rows]);
        assert_string_equal(cells[column(head, count, "instructions")], instructions[rows]);
        assert_string_equal(cells[column(head, count, "error")], rows == 7 ? "no picture" : "");
        assert_string_equal(cells[column(head, count, "program")], rows == 7 ? "" : "rxscan 0.1.0");
    }
    assert_int_equal(rows, 8);
    pali_buffer_free(&csv);
}

static void csv_holds_no_formula(void **state) {
    (void)state;
    for (size_t i = 0; i < NUM_HOSTILE; i++) {
        rx_prescription page = hostile_page(hostile[i]);
        pali_buffer csv = empty();
        assert_int_equal(rx_report_csv_header(&csv, NULL), PALI_OK);
        assert_int_equal(rx_report_csv(&csv, &page, &provenance, NULL), PALI_OK);
        assert_true(pali_is_utf8(csv.data, csv.size));
        size_t columns, count;
        const char *rest = read_record(first_record(&csv, &columns), cells, &count);
        assert_string_equal(rest, "");
        assert_int_equal(count, columns);
        for (size_t k = 0; k < count; k++) {
            const char *cell = cells[k] + strspn(cells[k], " \n");
            assert_null(*cell ? strchr("=+-@\t\r", *cell) : NULL);
            assert_true(strncmp(cell, "\xef\xbc\x9d", 3) != 0);
        }
        pali_buffer_free(&csv);
    }
}

/* ---- FHIR ---- */

static json_t *bundle_of(const rx_prescription *p) {
    json_t *entries = NULL;
    assert_int_equal(rx_report_fhir(&entries, p, &provenance, NULL), PALI_OK);
    return json_pack("{ss, ss, so}", "resourceType", "Bundle", "type", "collection", "entry",
                     entries);
}

static void fhir_keeps_its_schema(void **state) {
    (void)state;
    json_t *schema = load(DATA "/fhir.schema.json");
    for (size_t i = 0; i <= NUM_HOSTILE; i++) {
        rx_prescription page = i < NUM_HOSTILE ? hostile_page(hostile[i]) : full_page();
        json_t *bundle = bundle_of(&page);
        expect_schema(schema, bundle);
        const char *folder = getenv("RX_KEEP_FHIR"); /* for check_fhir.py */
        char path[512];
        snprintf(path, sizeof path, "%s/%zu.json", folder ? folder : "", i);
        if (folder)
            assert_int_equal(json_dump_file(bundle, path, JSON_INDENT(1)), 0);
        json_decref(bundle);
    }
    json_t *entries = NULL;
    assert_int_equal(rx_report_fhir_failure(&entries, "x.png", 0, "no picture", NULL), PALI_OK);
    json_t *bundle =
        json_pack("{ss, ss, so}", "resourceType", "Bundle", "type", "collection", "entry", entries);
    expect_schema(schema, bundle);
    json_decref(bundle);
    json_decref(schema);
}

static void fhir_drafts_say_when_and_how_much(void **state) {
    (void)state;
    rx_prescription page = full_page();
    json_t *b = bundle_of(&page);
    /* Patient, one Condition (the other cannot be read), six requests, Provenance */
    assert_int_equal(json_array_size(at(b, "entry")), 9);
    const json_t *first = at(b, "entry.2.resource"), *second = at(b, "entry.3.resource");
    assert_string_equal(json_string_value(at(first, "status")), "draft");
    assert_string_equal(json_string_value(at(first, "intent")), "proposal");
    assert_string_equal(json_string_value(at(first, "medicationCodeableConcept.text")),
                        "Tab. Augmentin 625 mg");
    const json_t *code = at(first, "medicationCodeableConcept.coding.0");
    assert_string_equal(json_string_value(at(code, "code")), "19711");
    assert_string_equal(json_string_value(at(code, "system")),
                        "http://www.nlm.nih.gov/research/umls/rxnorm");
    assert_string_equal(json_string_value(at(first, "dosageInstruction.0.text")),
                        "1-0-1 5 days after food");
    assert_int_equal(
        json_integer_value(at(first, "dosageInstruction.0.doseAndRate.0.doseQuantity.value")), 1);
    assert_string_equal(json_string_value(at(first, "note.1.text")),
                        "The dose was concluded from 1-0-1");
    const json_t *repeat = at(first, "dosageInstruction.0.timing.repeat");
    assert_int_equal(json_integer_value(at(repeat, "frequency")), 2);
    assert_string_equal(json_string_value(at(repeat, "when.1")), "NIGHT");
    assert_string_equal(json_string_value(at(repeat, "boundsDuration.code")), "d");
    /* no code for a name that the lexicon does not hold; two doses for 1-0-2 */
    assert_null(at(second, "medicationCodeableConcept.coding"));
    assert_int_equal(json_array_size(at(second, "dosageInstruction")), 2);
    assert_int_equal(
        json_integer_value(at(second, "dosageInstruction.1.doseAndRate.0.doseQuantity.value")), 2);
    assert_string_equal(json_string_value(at(second, "dosageInstruction.1.timing.repeat.when.0")),
                        "NIGHT");
    assert_string_equal(
        json_string_value(at(second, "dosageInstruction.0.asNeededCodeableConcept.text")),
        "for pain");
    assert_int_equal(json_array_size(at(b, "entry.4.resource.dosageInstruction")), 2);
    const json_t *weekly = at(b, "entry.6.resource.dosageInstruction.0.timing.repeat");
    assert_int_equal(json_integer_value(at(weekly, "frequency")), 1);
    assert_int_equal(json_integer_value(at(weekly, "period")), 7);
    assert_int_equal(
        json_integer_value(at(b, "entry.7.resource.dosageInstruction.0.timing.repeat.count")), 1);
    assert_string_equal(json_string_value(at(b, "entry.8.resource.agent.1.who.display")),
                        "model tiny BF16 SHA-256 "
                        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
    json_decref(b);
}

static void fhir_codes_of_substances_name_the_substance(void **state) {
    (void)state;
    static const rx_match match = {"Dolo", "paracetamol", "362O9ITL9D", "UNII", 1.0f};
    rx_medicine dolo = {.name = {.written = {.text = "DOLO", .confidence = 1},
                                 .num_matches = 1,
                                 .matches = &match,
                                 .margin = 1,
                                 .in_lexicon = true}};
    rx_prescription page = {.input = "a.png", .num_medicines = 1, .medicines = &dolo};
    json_t *b = bundle_of(&page);
    const json_t *code = at(b, "entry.1.resource.medicationCodeableConcept.coding.0");
    assert_string_equal(json_string_value(at(code, "code")), "362O9ITL9D");
    assert_string_equal(json_string_value(at(code, "system")), "http://fdasis.nlm.nih.gov");
    assert_string_equal(json_string_value(at(code, "display")), "paracetamol");
    json_decref(b);
}

/* ---- HTML ---- */

static char *html_of(const rx_prescription *p, const pali_image *image) {
    pali_buffer out = empty();
    assert_int_equal(rx_report_html_head(&out, NULL), PALI_OK);
    assert_int_equal(rx_report_html(&out, p, &provenance, image, NULL), PALI_OK);
    assert_int_equal(rx_report_html_tail(&out, NULL), PALI_OK);
    return out.data;
}

static pali_image *grey_page(int width, int height) {
    uint8_t *pixels = malloc((size_t)width * (size_t)height * 3);
    memset(pixels, 200, (size_t)width * (size_t)height * 3);
    pali_image *image = NULL;
    assert_int_equal(pali_image_from_rgb(&image, width, height, (size_t)width * 3, pixels, NULL),
                     PALI_OK);
    free(pixels);
    return image;
}

static size_t count(const char *text, const char *part) {
    size_t n = 0;
    for (; (text = strstr(text, part)); text += strlen(part))
        n++;
    return n;
}

static void html_runs_nothing_and_fetches_nothing(void **state) {
    (void)state;
    rx_prescription quiet = hostile_page("x");
    char *expected = html_of(&quiet, NULL);
    for (size_t i = 0; i < NUM_HOSTILE; i++) {
        rx_prescription page = hostile_page(hostile[i]);
        char *html = html_of(&page, NULL);
        assert_true(pali_is_utf8(html, strlen(html)));
        assert_null(strstr(html, "<script"));
        assert_null(strstr(html, "<img"));
        assert_null(strstr(html, "href"));
        /* the page adds no element and no attribute to those that are there anyway; an empty text
         * has nothing to mark */
        if (hostile[i][0])
            assert_int_equal(count(html, "<"), count(expected, "<"));
        assert_true(count(html, "\"") <= count(expected, "\""));
        free(html);
    }
    free(expected);
}

static void html_shows_what_is_doubtful(void **state) {
    (void)state;
    rx_prescription page = full_page();
    page.medicines[1].box[0] = 0.1f;
    page.medicines[1].box[1] = 0.5f;
    page.medicines[1].box[2] = 0.9f;
    page.medicines[1].box[3] = 0.6f;
    pali_image *image = grey_page(2000, 100);
    char *html = html_of(&page, image);
    assert_int_equal(count(html, "<img alt=\"this part of the page\" "
                                 "src=\"data:image/png;base64,iVBORw0KGgo"),
                     1);
    expect_in(html, "<mark title=\"confidence 0.97\">Aten-D</mark>");
    expect_in(html, "<mark title=\"blotted\">unreadable</mark>");
    expect_in(html, "<s>Tab. Struck</s>");
    free(html);
    pali_image_free(&image);
}

static void every_doubt_of_a_person_is_shown(void **state) {
    (void)state;
    static rx_review reasons[] = {{.code = "low-confidence", .field = "age", .message = "blurred"},
                                  {.code = "low-confidence", .field = "sex", .message = "blurred"}};
    rx_prescription page = full_page();
    page.review = (rx_reviews){1, 1, reasons};
    char *html = html_of(&page, NULL), *text = text_of(&page, 250, false);
    expect_in(html, "<mark title=\"confidence 0.97\">54 yrs</mark>");
    assert_null(strstr(html, "\">F</mark>"));
    expect_in(text, "patient       Asha Verma, 54 yrs ?, F\n");
    free(html);
    free(text);
    page.review = (rx_reviews){2, 2, reasons};
    html = html_of(&page, NULL);
    text = text_of(&page, 250, false);
    expect_in(html, "\">F</mark>");
    expect_in(text, "patient       Asha Verma, 54 yrs ?, F ?\n");
    free(html);
    free(text);
}

static void of_two_diagnoses_the_doubtful_one_is_shown_as_such(void **state) {
    (void)state;
    rx_prescription page = full_page(); /* its reason is the second's */
    char *html = html_of(&page, NULL), *text = text_of(&page, 250, false);
    expect_in(html, "<td>Hypertension</td>");
    expect_in(text, "diagnoses     Hypertension\n");
    expect_in(text, "              unreadable ?\n");
    free(html);
    free(text);
}

static void html_names_each_field_where_there_is_no_room_for_columns(void **state) {
    (void)state;
    rx_prescription page = full_page();
    page.medicines[0].as_needed = true;
    page.medicines[0].as_needed_for = (rx_text){0};
    char *html = html_of(&page, NULL);
    expect_in(html, "<td data-label=\"Strength\">625 mg</td>");
    expect_in(html, "<td data-label=\"As needed\">for pain</td>");
    expect_in(html, "<td data-label=\"As needed\">yes</td>");
    assert_null(strstr(html, "\"></td>")); /* nothing is named that is not there */
    expect_in(html, "class=\"line\">2 steps: ");
    free(html);
}

/* ---- drawing ---- */

static void draw_frames_the_medicines(void **state) {
    (void)state;
    rx_prescription page = full_page();
    pali_image *image = grey_page(400, 200), *drawn = NULL;
    assert_int_equal(rx_report_draw(&drawn, &page, image, NULL), PALI_OK);
    const uint8_t *pixels = pali_image_pixels(drawn);
    size_t changed = 0, outside = 0;
    for (size_t y = 0; y < 200; y++)
        for (size_t x = 0; x < 400; x++) {
            if (pixels[(y * 400 + x) * 3] == 200)
                continue;
            changed++;
            outside += x < 50 || x >= 350 || y < 50 || y >= 75;
        }
    assert_true(changed > 0);
    assert_int_equal(outside, 0);
    pali_image_free(&drawn);
    pali_image_free(&image);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_keeps_its_schema),
        cmocka_unit_test(json_says_what_was_read),
        cmocka_unit_test(json_comes_back_as_it_went),
        cmocka_unit_test(parse_survives_wrong_types),
        cmocka_unit_test(text_is_a_table_where_it_fits_and_a_list_where_not),
        cmocka_unit_test(text_has_colour_only_where_asked),
        cmocka_unit_test(text_never_moves_the_cursor),
        cmocka_unit_test(csv_has_one_medicine_a_row),
        cmocka_unit_test(csv_holds_no_formula),
        cmocka_unit_test(fhir_keeps_its_schema),
        cmocka_unit_test(fhir_codes_of_substances_name_the_substance),
        cmocka_unit_test(fhir_drafts_say_when_and_how_much),
        cmocka_unit_test(html_runs_nothing_and_fetches_nothing),
        cmocka_unit_test(html_shows_what_is_doubtful),
        cmocka_unit_test(every_doubt_of_a_person_is_shown),
        cmocka_unit_test(of_two_diagnoses_the_doubtful_one_is_shown_as_such),
        cmocka_unit_test(html_names_each_field_where_there_is_no_room_for_columns),
        cmocka_unit_test(draw_frames_the_medicines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
