/* A reply becomes a line with a key before it ("Age: 45 years") and is read as a page's line is, so
 * that both views have the same structure. Medicines are taken apart one by one. */
#include "rx/agreement.h"

#include "rx/checks.h"
#include "rx/directions.h"
#include "rx/handwriting.h"
#include "rx/name_key.h"
#include "rx/page_fields.h"
#include "rx/reading.h"
#include "rx/review.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { MAX_ITEMS = 32, LEAST_PART = 4 };

/* Edits for each letter up to which two names are readings of one word. */
static const float near_names = 0.34f;

typedef struct judge {
    rx_prescription *page;
    const rx_lexicon *lexicon;
    rx_writing writing;
    size_t item; /* the diagnosis that is judged, from 1 on; or 0 */
    pali_error *err;
} judge;

static bool is_written(const rx_text *text) {
    return text->text || text->unreadable;
}

/* ---- replies ---- */

/* What a model says when it has nothing to say. */
static bool says_nothing(const char *text, size_t size) {
    static const char *const nothing[] = {"",        "no",           "yes",          "none",
                                          "na",      "unknown",      "unanswerable", "notvisible",
                                          "nil",     "notmentioned", "unsuitable",   "notgiven",
                                          "nothing", "unreadable",   "notavailable", "noanswer"};
    char key[RX_MAX_KEY];
    size_t length = rx_name_key(key, text, size);
    if (length == 0)
        return size < RX_MAX_KEY; /* signs alone; other scripts and long texts are something */
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++)
        if (strcmp(key, nothing[i]) == 0)
            return true;
    return false;
}

/* The next piece of a list, apart by commas, semicolons, lines or "and", or by lines alone; false
 * after the last. */
static bool next_item(const rx_reply *reply, size_t *at, size_t *begin, size_t *end) {
    const char *text = reply->text;
    while (text[*at] && strchr(reply->one_a_line ? "\n " : ",;\n ", text[*at]))
        ++*at;
    if (!text[*at])
        return false;
    size_t i = *begin = *at;
    if (reply->one_a_line) {
        *at = *end = i + strcspn(text + i, "\n");
        return true;
    }
    while (text[i] && !strchr(",;\n", text[i]) && strncasecmp(text + i, " and ", 5) != 0)
        i++;
    *end = i;
    *at = strncasecmp(text + i, " and ", 5) == 0 ? i + 5 : i;
    return true;
}

/* Bytes that a reply is worth: without its last piece if it did not end. */
static size_t whole_size(const rx_reply *reply) {
    size_t at = 0, begin, end = 0, last = 0;
    if (reply->ended)
        return strlen(reply->text);
    while (next_item(reply, &at, &begin, &end))
        last = begin;
    return last;
}

static const rx_reply *find_reply(const rx_reply *replies, size_t count, rx_topic topic) {
    for (size_t i = 0; i < count; i++)
        if (replies[i].topic == topic && !says_nothing(replies[i].text, whole_size(&replies[i])))
            return &replies[i];
    return NULL;
}

/* A line of the page that says what the reply says. */
static pali_status line_of(rx_line *out, pali_arena *arena, const char *key, const rx_reply *reply,
                           pali_error *err) {
    size_t size = whole_size(reply), before = strlen(key);
    char *text = pali_arena_alloc(arena, before + size + 1, 1, "an answer", err);
    float *confidence =
        pali_arena_alloc(arena, before + size, sizeof *confidence, "an answer", err);
    if (!text || !confidence)
        return PALI_ERROR_MEMORY;
    memcpy(text, key, before);
    for (size_t i = 0; i < before + size; i++)
        confidence[i] = i >= before && reply->confidence ? reply->confidence[i - before] : 1;
    for (size_t i = 0; i < size; i++)
        text[before + i] = reply->text[i] == '\n' ? ' ' : reply->text[i];
    text[before + size] = '\0';
    *out = (rx_line){.text = text, .confidence = confidence};
    return PALI_OK;
}

static pali_status read_replies(rx_prescription *out, pali_arena *arena, const rx_reply *replies,
                                size_t count, pali_error *err) {
    static const struct {
        rx_topic topic;
        const char *key;
    } keys[] = {{RX_TOPIC_PATIENT, "Name: "},
                {RX_TOPIC_AGE, "Age: "},
                {RX_TOPIC_PRESCRIBER, "Doctor: "},
                {RX_TOPIC_DATE, "Date: "},
                {RX_TOPIC_DIAGNOSES, "Diagnosis: "}};
    enum { NUM_KEYS = sizeof keys / sizeof *keys };
    rx_line lines[NUM_KEYS];
    size_t num_lines = 0;
    pali_status status = PALI_OK;
    for (size_t i = 0; i < NUM_KEYS && !status; i++) {
        const rx_reply *reply = find_reply(replies, count, keys[i].topic);
        if (reply)
            status = line_of(&lines[num_lines++], arena, keys[i].key, reply, err);
    }
    return status ? status : rx_reading_make(out, lines, num_lines, NULL, err);
}

/* ---- comparing ---- */

static bool same_key(const char *a, const char *b) {
    char key_a[RX_MAX_KEY], key_b[RX_MAX_KEY];
    size_t size_a = rx_name_key(key_a, a, strlen(a)), size_b = rx_name_key(key_b, b, strlen(b));
    return size_a && size_b ? strcmp(key_a, key_b) == 0 : strcmp(a, b) == 0;
}

/* "Dr. Meera Nair" and "Meera Nair": one ends with the other. */
static bool same_person(const char *a, const char *b) {
    char key_a[RX_MAX_KEY], key_b[RX_MAX_KEY];
    size_t size_a = rx_name_key(key_a, a, strlen(a)), size_b = rx_name_key(key_b, b, strlen(b));
    if (!size_a || !size_b)
        return strcmp(a, b) == 0;
    size_t size = size_a < size_b ? size_a : size_b;
    return (size >= LEAST_PART || size_a == size_b) &&
           strcmp(key_a + size_a - size, key_b + size_b - size) == 0;
}

/* Edits for each letter between two names. */
static float name_distance(const judge *j, const char *a, const char *b) {
    char key_a[RX_MAX_KEY], key_b[RX_MAX_KEY];
    size_t size_a = rx_name_key(key_a, a, strlen(a)), size_b = rx_name_key(key_b, b, strlen(b));
    float longest = (float)(size_a > size_b ? size_a : size_b);
    if (!size_a || !size_b)
        return 1;
    return rx_writing_distance(&j->writing, key_a, size_a, key_b, size_b, longest) / longest;
}

static void agree(rx_text *text, const rx_text *other) {
    text->confidence = fmaxf(text->confidence, other->confidence);
}

static pali_status differ(judge *j, rx_reviews *reviews, const char *field, const rx_text *text,
                          const rx_text *other) {
    const char *const both[] = {text->text, other->text, NULL};
    rx_review review = {.code = RX_REVIEW_VIEWS_DIFFER, .field = field, .item = j->item};
    return rx_review_add(reviews, &j->page->arena, review, both, j->err,
                         "the transcription has \"%s\", the answer to a question \"%s\"",
                         text->text, other->text);
}

/* Takes over what no line of the transcription has. */
static pali_status take_over(judge *j, rx_reviews *reviews, const char *field, rx_text *text,
                             const rx_text *other) {
    *text = *other;
    text->text = pali_arena_text(&j->page->arena, other->text, strlen(other->text), j->err);
    if (!text->text)
        return PALI_ERROR_MEMORY;
    rx_review review = {.code = RX_REVIEW_VIEWS_DIFFER, .field = field, .item = j->item};
    return rx_review_add(reviews, &j->page->arena, review, NULL, j->err,
                         "\"%s\" is the answer to a question; the transcription has nothing there",
                         text->text);
}

static pali_status judge_text(judge *j, const char *field, rx_text *text, const rx_text *other,
                              bool same) {
    if (!other->text || (!text->text && text->unreadable))
        return PALI_OK;
    if (!text->text)
        return take_over(j, &j->page->review, field, text, other);
    if (!same)
        return differ(j, &j->page->review, field, text, other);
    agree(text, other);
    return PALI_OK;
}

static pali_status judge_age(judge *j, const rx_prescription *answered) {
    rx_quantity *age = &j->page->patient.age;
    const rx_quantity *other = &answered->patient.age;
    bool absent = !is_written(&age->written);
    bool same = age->value == other->value && age->unit && other->unit &&
                strcmp(age->unit, other->unit) == 0;
    if (absent && other->written.text) {
        rx_text nothing = age->written;
        *age = *other;
        age->written = nothing;
    }
    return judge_text(j, "age", &age->written, &other->written, same);
}

static pali_status judge_date(judge *j, const rx_prescription *answered) {
    rx_prescription *page = j->page;
    bool absent = !is_written(&page->date);
    bool same = page->date.text && answered->date.text &&
                (page->date_value && answered->date_value
                     ? strcmp(page->date_value, answered->date_value) == 0
                     : strcmp(page->date.text, answered->date.text) == 0);
    if (absent && answered->date_value) {
        page->date_value = pali_arena_text(&page->arena, answered->date_value,
                                           strlen(answered->date_value), j->err);
        if (!page->date_value)
            return PALI_ERROR_MEMORY;
    }
    return judge_text(j, "date", &page->date, &answered->date, same);
}

static pali_status add_diagnosis(judge *j, const rx_text *other) {
    rx_text diagnosis = {0};
    j->item = j->page->num_diagnoses + 1;
    pali_status status = take_over(j, &j->page->review, "diagnoses", &diagnosis, other);
    return status ? status : rx_append_diagnosis(j->page, diagnosis, j->err);
}

static pali_status judge_diagnosis(judge *j, const rx_text *other) {
    rx_prescription *page = j->page;
    rx_text *diagnoses = (rx_text *)(uintptr_t)page->diagnoses; /* of the page's own arena */
    for (size_t i = 0; i < page->num_diagnoses; i++)
        if (diagnoses[i].text && same_key(diagnoses[i].text, other->text)) {
            agree(&diagnoses[i], other);
            return PALI_OK;
        }
    for (size_t i = 0; i < page->num_diagnoses; i++)
        if (diagnoses[i].text && name_distance(j, diagnoses[i].text, other->text) <= near_names) {
            j->item = i + 1;
            return differ(j, &page->review, "diagnoses", &diagnoses[i], other);
        }
    return add_diagnosis(j, other);
}

/* ---- medicines ---- */

/* The page's medicine that the reply means: the one of that name, or the nearest one. */
static rx_medicine *find_medicine(judge *j, const rx_medicine *answered, size_t from_page,
                                  bool *same) {
    rx_medicine *best = NULL;
    float least = near_names;
    const char *name = answered->name.written.text;
    *same = false;
    for (size_t i = 0; i < from_page; i++) {
        rx_medicine *m = &j->page->medicines[i];
        if (!m->name.written.text)
            continue;
        bool equal = same_key(m->name.written.text, name);
        float distance = equal ? 0 : name_distance(j, m->name.written.text, name);
        bool nearer = equal ? !*same : !*same && distance <= least;
        if (!nearer)
            continue;
        best = m;
        least = distance;
        *same = equal;
    }
    return best;
}

/* Amounts are the same if their numbers and units are, however they are written. */
static bool same_amount(const rx_quantity *a, const rx_quantity *b) {
    if (a->num_parts || b->num_parts || !a->has_value || !b->has_value)
        return same_key(a->written.text, b->written.text);
    bool units = !a->unit || !b->unit || strcmp(a->unit, b->unit) == 0;
    return units && a->value == b->value && a->high == b->high;
}

/* However they are written: as often, and at the same times. */
static bool same_frequency(const rx_frequency *a, const rx_frequency *b) {
    if (!a->has_value || !b->has_value || a->num_slots != b->num_slots)
        return same_key(a->written.text, b->written.text);
    for (int i = 0; i < a->num_slots; i++)
        if (a->slots[i] != b->slots[i])
            return false;
    return a->per_day == b->per_day && a->per_day_high == b->per_day_high &&
           a->every_hours == b->every_hours && a->every_hours_high == b->every_hours_high &&
           a->when == b->when && a->once == b->once;
}

/* A field of a medicine. `same`: what both say is, if both say something. */
static pali_status judge_field(judge *j, rx_medicine *m, const char *field, rx_text *text,
                               const rx_text *other, bool same, bool one_of_its_name) {
    if (!other->text || (!text->text && (text->unreadable || text->inferred)))
        return PALI_OK;
    const char *const alternative[] = {other->text, NULL};
    if (!text->text)
        return rx_review_add(
            &m->review, &j->page->arena,
            (rx_review){.code = RX_REVIEW_VIEWS_DIFFER, .field = field}, alternative, j->err,
            "the answer to a question has \"%s\", the transcription no %s", other->text, field);
    if (same) {
        if (one_of_its_name)
            agree(text, other);
        return PALI_OK;
    }
    return one_of_its_name ? differ(j, &m->review, field, text, other) : PALI_OK;
}

static pali_status judge_fields(judge *j, rx_medicine *m, const rx_medicine *answered,
                                bool one_of_its_name) {
    const struct {
        const char *name;
        rx_quantity *own;
        const rx_quantity *other;
    } amounts[] = {{"strength", &m->strength, &answered->strength},
                   {"dose", &m->dose, &answered->dose},
                   {"duration", &m->duration, &answered->duration},
                   {"quantity", &m->quantity, &answered->quantity}};
    pali_status status = PALI_OK;
    for (size_t i = 0; i < sizeof amounts / sizeof *amounts && !status; i++) {
        rx_text *text = &amounts[i].own->written;
        const rx_text *other = &amounts[i].other->written;
        bool same = text->text && other->text && same_amount(amounts[i].own, amounts[i].other);
        status = judge_field(j, m, amounts[i].name, text, other, same, one_of_its_name);
    }
    if (status)
        return status;
    rx_text *text = &m->frequency.written;
    const rx_text *other = &answered->frequency.written;
    bool same = text->text && other->text && same_frequency(&m->frequency, &answered->frequency);
    return judge_field(j, m, "frequency", text, other, same, one_of_its_name);
}

/* Each field of a medicine that only the reply has is in doubt, not its name alone. */
static pali_status doubt_fields(judge *j, rx_medicine *m) {
    const struct {
        const char *name;
        const rx_text *text;
    } fields[] = {{"strength", &m->strength.written},
                  {"dose", &m->dose.written},
                  {"frequency", &m->frequency.written},
                  {"duration", &m->duration.written},
                  {"quantity", &m->quantity.written}};
    pali_status status = PALI_OK;
    for (size_t i = 0; i < sizeof fields / sizeof *fields && !status; i++)
        if (rx_is_known(fields[i].text))
            status = rx_review_add(
                &m->review, &j->page->arena,
                (rx_review){.code = RX_REVIEW_VIEWS_DIFFER, .field = fields[i].name}, NULL, j->err,
                "only the answer to a question has the %s", fields[i].name);
    return status;
}

/* A medicine that the transcription does not have. */
static pali_status add_medicine(judge *j, const rx_medicine *answered) {
    rx_prescription *page = j->page;
    rx_medicine *m = &page->medicines[page->num_medicines++];
    *m = *answered;
    pali_status status =
        j->lexicon ? rx_check_medicine(m, &page->arena, j->lexicon, j->err) : PALI_OK;
    if (!status)
        status = doubt_fields(j, m);
    if (status)
        return status;
    return rx_review_add(&m->review, &page->arena,
                         (rx_review){.code = RX_REVIEW_VIEWS_DIFFER, .field = "name"}, NULL, j->err,
                         "\"%s\" is in the answer to a question; the transcription has no such "
                         "medicine",
                         m->name.written.text);
}

static size_t count_of_name(const judge *j, size_t from_page, const char *name) {
    size_t count = 0;
    for (size_t i = 0; i < from_page; i++) {
        const char *other = j->page->medicines[i].name.written.text;
        count += other && same_key(other, name);
    }
    return count;
}

static pali_status judge_medicine(judge *j, const rx_source *item, size_t from_page) {
    rx_medicine answered;
    pali_status status = rx_parse_directions(&answered, &j->page->arena, item, j->err);
    if (status || !answered.name.written.text)
        return status;
    bool same;
    rx_medicine *m = find_medicine(j, &answered, from_page, &same);
    if (!m)
        return add_medicine(j, &answered);
    if (!same)
        return differ(j, &m->review, "name", &m->name.written, &answered.name.written);
    bool single = count_of_name(j, from_page, answered.name.written.text) == 1;
    if (single)
        agree(&m->name.written, &answered.name.written);
    return judge_fields(j, m, &answered, single);
}

static pali_status judge_medicines(judge *j, const rx_reply *reply) {
    rx_prescription *page = j->page;
    size_t from_page = page->num_medicines, at = 0, begin, end, size = whole_size(reply);
    rx_medicine *grown =
        pali_arena_alloc(&page->arena, from_page + MAX_ITEMS, sizeof *grown, "medicines", j->err);
    if (!grown)
        return PALI_ERROR_MEMORY;
    if (from_page)
        memcpy(grown, page->medicines, from_page * sizeof *grown);
    page->medicines = grown;
    pali_status status = PALI_OK;
    for (int i = 0; i < MAX_ITEMS && !status && next_item(reply, &at, &begin, &end); i++) {
        if (end > size || says_nothing(reply->text + begin, end - begin))
            continue;
        char *text = pali_arena_text(&page->arena, reply->text + begin, end - begin, j->err);
        const float *confidence = reply->confidence ? reply->confidence + begin : NULL;
        rx_source item = {text, confidence, end - begin};
        status = text ? judge_medicine(j, &item, from_page) : PALI_ERROR_MEMORY;
    }
    return status;
}

/* ---- all of it ---- */

static pali_status judge_people(judge *j, const rx_prescription *answered) {
    rx_prescription *page = j->page;
    const rx_text *patient = &answered->patient.name, *doctor = &answered->prescriber;
    pali_status status = judge_text(j, "patient", &page->patient.name, patient,
                                    patient->text && page->patient.name.text &&
                                        same_person(page->patient.name.text, patient->text));
    if (status)
        return status;
    return judge_text(j, "prescriber", &page->prescriber, doctor,
                      doctor->text && page->prescriber.text &&
                          same_person(page->prescriber.text, doctor->text));
}

pali_status rx_agreement_apply(rx_prescription *page, const rx_reply *replies, size_t num_replies,
                               const rx_lexicon *lexicon, pali_error *err) {
    judge j = {.page = page, .lexicon = lexicon, .err = err};
    rx_writing_init(&j.writing);
    pali_arena arena = PALI_ARENA_INIT;
    rx_prescription answered = {0};
    const rx_reply *medicines = find_reply(replies, num_replies, RX_TOPIC_MEDICINES);
    pali_status status = read_replies(&answered, &arena, replies, num_replies, err);
    if (!status)
        status = judge_people(&j, &answered);
    if (!status)
        status = judge_age(&j, &answered);
    if (!status)
        status = judge_date(&j, &answered);
    for (size_t i = 0; i < answered.num_diagnoses && !status; i++)
        status = judge_diagnosis(&j, &answered.diagnoses[i]);
    j.item = 0;
    if (!status && medicines)
        status = judge_medicines(&j, medicines);
    rx_prescription_free(&answered);
    pali_arena_free(&arena);
    return status;
}
