/* A prescription back from its JSON: for stored results and for scoring. The same members as in
 * report_json.c, in the same order; what is absent stays absent. */
#include "rx/report.h"

#include "base/json.h"
#include "rx/units.h"

#include <string.h>

/* Reads one document; the first failure is kept. */
typedef struct parser {
    pali_arena *arena;
    const char *name;
    pali_status status;
    pali_error *err;
} parser;

static void *room(parser *p, size_t count, size_t size) {
    void *piece = p->status ? NULL : pali_arena_alloc(p->arena, count, size, "a result", p->err);
    if (!piece && !p->status)
        p->status = PALI_ERROR_MEMORY;
    return piece ? memset(piece, 0, count * size) : NULL;
}

/* A copy of a member; NULL when absent or null. */
static const char *text(parser *p, const json_t *object, const char *key) {
    pali_json_reader reader = {object, p->name, p->status, p->err};
    const char *value = pali_json_text(&reader, key, NULL);
    p->status = reader.status;
    char *copy =
        value && !p->status ? pali_arena_text(p->arena, value, strlen(value), p->err) : NULL;
    if (value && !copy && !p->status)
        p->status = PALI_ERROR_MEMORY;
    return copy;
}

static double number(parser *p, const json_t *object, const char *key, double fallback) {
    pali_json_reader reader = {object, p->name, p->status, p->err};
    double value = pali_json_number(&reader, key, fallback, -1e18, 1e18);
    p->status = reader.status;
    return value;
}

static bool flag(parser *p, const json_t *object, const char *key) {
    pali_json_reader reader = {object, p->name, p->status, p->err};
    bool value = pali_json_boolean(&reader, key, false);
    p->status = reader.status;
    return value;
}

static const json_t *object_of(parser *p, const json_t *object, const char *key) {
    pali_json_reader reader = {object, p->name, p->status, p->err};
    const json_t *value = pali_json_object(&reader, key);
    p->status = reader.status;
    return value;
}

/* Whether the member is a list that is not empty. */
static const json_t *list(parser *p, const json_t *object, const char *key, size_t *count) {
    const json_t *value = json_object_get(object, key);
    *count = 0;
    if (p->status || !value || json_is_null(value))
        return NULL;
    if (!json_is_array(value)) {
        p->status = pali_fail(p->err, PALI_ERROR_FORMAT, "%s: \"%s\" is not a list", p->name, key);
        return NULL;
    }
    *count = json_array_size(value);
    return *count ? value : NULL;
}

static rx_text text_of(parser *p, const json_t *object) {
    rx_text out = {0};
    if (!object)
        return out;
    out.text = text(p, object, "text");
    out.unreadable = text(p, object, "reason");
    out.confidence = (float)number(p, object, "confidence", 0.0);
    out.inferred = flag(p, object, "inferred");
    return out;
}

static rx_text text_field(parser *p, const json_t *object, const char *key) {
    return text_of(p, object_of(p, object, key));
}

static rx_coded coded_field(parser *p, const json_t *parent, const char *key) {
    const json_t *object = object_of(p, parent, key);
    return (rx_coded){text_of(p, object), text(p, object, "value")};
}

/* Numbers of a list, four at most; returns how many. */
static int numbers_of(parser *p, const json_t *object, const char *key, double out[4]) {
    size_t count;
    const json_t *items = list(p, object, key, &count);
    int used = 0;
    for (size_t i = 0; i < count && used < 4; i++)
        out[used++] = json_number_value(json_array_get(items, i));
    return used;
}

static bool has(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return value && !json_is_null(value);
}

static rx_quantity quantity_field(parser *p, const json_t *parent, const char *key) {
    const json_t *object = object_of(p, parent, key);
    rx_quantity q = {.written = text_of(p, object), .has_value = has(object, "value")};
    q.value = number(p, object, "value", 0.0);
    q.high = number(p, object, "high", q.value);
    q.unit = text(p, object, "ucum");
    q.per_value = number(p, object, "per_value", 0.0);
    q.per_unit = text(p, object, "per_ucum");
    q.num_parts = numbers_of(p, object, "parts", q.parts);
    return q;
}

static unsigned when_of(parser *p, const json_t *object) {
    size_t count;
    const json_t *words = list(p, object, "when", &count);
    unsigned when = 0;
    for (size_t i = 0; i < count; i++)
        for (unsigned bit = 0; bit < RX_NUM_WHEN; bit++) {
            const char *word = json_string_value(json_array_get(words, i));
            if (word && strcmp(word, rx_when_words[bit]) == 0)
                when |= 1u << bit;
        }
    return when;
}

static rx_frequency frequency_field(parser *p, const json_t *parent, const char *key) {
    const json_t *object = object_of(p, parent, key);
    rx_frequency f = {.written = text_of(p, object), .once = flag(p, object, "once")};
    f.has_value = has(object, "per_day") || f.once;
    f.per_day = number(p, object, "per_day", 0.0);
    f.per_day_high = number(p, object, "per_day_high", f.per_day);
    f.every_hours = number(p, object, "every_hours", 0.0);
    f.every_hours_high = number(p, object, "every_hours_high", f.every_hours);
    f.when = when_of(p, object);
    f.num_slots = numbers_of(p, object, "slots", f.slots);
    return f;
}

static rx_match match_of(parser *p, const json_t *object) {
    rx_match match = {text(p, object, "name"), text(p, object, "generic"), text(p, object, "code"),
                      text(p, object, "system"), (float)number(p, object, "score", 0.0)};
    return match;
}

static rx_name name_field(parser *p, const json_t *parent) {
    const json_t *object = object_of(p, parent, "name");
    const json_t *match = object_of(p, object, "match");
    rx_name name = {.written = text_of(p, object)};
    if (!match)
        return name;
    name.margin = (float)number(p, match, "margin", 0.0);
    name.in_lexicon = flag(p, match, "accepted");
    name.strength_known = flag(p, match, "strength_known");
    size_t others;
    const json_t *candidates = list(p, object, "candidates", &others);
    rx_match *matches = room(p, others + 1, sizeof *matches);
    if (!matches)
        return name;
    matches[0] = match_of(p, match);
    for (size_t i = 0; i < others; i++)
        matches[i + 1] = match_of(p, json_array_get(candidates, i));
    name.matches = matches;
    name.num_matches = others + 1;
    return name;
}

static void box_of(parser *p, const json_t *object, float box[4]) {
    size_t count;
    const json_t *sides = list(p, object, "box", &count);
    for (size_t i = 0; i < 4 && count == 4; i++)
        box[i] = (float)json_number_value(json_array_get(sides, i));
}

static rx_reviews reviews_of(parser *p, const json_t *parent) {
    rx_reviews reviews = {0};
    const json_t *items = list(p, parent, "review", &reviews.count);
    reviews.items = items ? room(p, reviews.count, sizeof *reviews.items) : NULL;
    if (!reviews.items)
        return (rx_reviews){0};
    reviews.capacity = reviews.count;
    for (size_t i = 0; i < reviews.count; i++) {
        const json_t *object = json_array_get(items, i);
        rx_review *review = &reviews.items[i];
        review->code = text(p, object, "code");
        review->field = text(p, object, "field");
        double index = number(p, object, "index", -1.0);
        review->item = index >= 0 && index < 1e6 ? (size_t)index + 1 : 0;
        review->message = text(p, object, "message");
        review->advisory = flag(p, object, "advisory");
        const json_t *others = list(p, object, "alternatives", &review->num_alternatives);
        const char **names = others ? room(p, review->num_alternatives, sizeof *names) : NULL;
        for (size_t k = 0; names && k < review->num_alternatives; k++) {
            const char *other = json_string_value(json_array_get(others, k));
            names[k] =
                pali_arena_text(p->arena, other ? other : "", other ? strlen(other) : 0, p->err);
            if (!names[k] && !p->status)
                p->status = PALI_ERROR_MEMORY;
        }
        review->alternatives = names;
        if (!names)
            review->num_alternatives = 0;
    }
    return reviews;
}

static void steps_of(parser *p, const json_t *object, rx_medicine *m) {
    const json_t *items = list(p, object, "steps", &m->num_steps);
    rx_step *steps = items ? room(p, m->num_steps, sizeof *steps) : NULL;
    for (size_t i = 0; steps && i < m->num_steps; i++) {
        const json_t *step = json_array_get(items, i);
        steps[i] = (rx_step){quantity_field(p, step, "dose"), frequency_field(p, step, "frequency"),
                             quantity_field(p, step, "duration")};
    }
    m->steps = steps;
    if (!steps)
        m->num_steps = 0;
}

static void medicine_of(parser *p, const json_t *object, rx_medicine *m) {
    m->line.text = text(p, object, "line");
    m->line.confidence = (float)number(p, object, "line_confidence", 0.0);
    m->name = name_field(p, object);
    m->strength = quantity_field(p, object, "strength");
    m->form = coded_field(p, object, "form");
    m->route = coded_field(p, object, "route");
    m->dose = quantity_field(p, object, "dose");
    m->frequency = frequency_field(p, object, "frequency");
    m->duration = quantity_field(p, object, "duration");
    m->quantity = quantity_field(p, object, "quantity");
    m->as_needed = flag(p, object, "as_needed");
    m->as_needed_for = text_field(p, object, "as_needed_for");
    m->instructions = text_field(p, object, "instructions");
    steps_of(p, object, m);
    box_of(p, object, m->box);
    m->review = reviews_of(p, object);
}

static void lines_of(parser *p, const json_t *document, rx_prescription *out) {
    const json_t *items = list(p, document, "lines", &out->num_lines);
    rx_line *lines = items ? room(p, out->num_lines, sizeof *lines) : NULL;
    for (size_t i = 0; lines && i < out->num_lines; i++) {
        const json_t *object = json_array_get(items, i);
        const char *written = text(p, object, "text");
        size_t size = written ? strlen(written) : 0;
        float *confidence = room(p, size + 1, sizeof *confidence);
        for (size_t k = 0; confidence && k < size; k++)
            confidence[k] = (float)number(p, object, "confidence", 0.0);
        lines[i].text = written ? written : "";
        lines[i].confidence = confidence;
        lines[i].struck_out = flag(p, object, "struck_out");
        box_of(p, object, lines[i].box);
    }
    out->lines = lines;
    if (!lines)
        out->num_lines = 0;
}

static void lists_of(parser *p, const json_t *document, rx_prescription *out) {
    const json_t *items = list(p, document, "diagnoses", &out->num_diagnoses);
    rx_text *diagnoses = items ? room(p, out->num_diagnoses, sizeof *diagnoses) : NULL;
    for (size_t i = 0; diagnoses && i < out->num_diagnoses; i++)
        diagnoses[i] = text_of(p, json_array_get(items, i));
    out->diagnoses = diagnoses;
    if (!diagnoses)
        out->num_diagnoses = 0;

    items = list(p, document, "medicines", &out->num_medicines);
    out->medicines = items ? room(p, out->num_medicines, sizeof *out->medicines) : NULL;
    for (size_t i = 0; out->medicines && i < out->num_medicines; i++)
        medicine_of(p, json_array_get(items, i), &out->medicines[i]);
    if (!out->medicines)
        out->num_medicines = 0;

    items = list(p, document, "warnings", &out->num_warnings);
    const char **warnings = items ? room(p, out->num_warnings, sizeof *warnings) : NULL;
    for (size_t i = 0; warnings && i < out->num_warnings; i++) {
        const char *warning = json_string_value(json_array_get(items, i));
        warnings[i] = pali_arena_text(p->arena, warning ? warning : "",
                                      warning ? strlen(warning) : 0, p->err);
        if (!warnings[i] && !p->status)
            p->status = PALI_ERROR_MEMORY;
    }
    out->warnings = warnings;
    if (!warnings)
        out->num_warnings = 0;
}

static rx_provenance provenance_of(parser *p, const json_t *document) {
    const json_t *model = object_of(p, document, "model");
    const json_t *from = object_of(p, document, "provenance");
    return (rx_provenance){
        .program = text(p, from, "program"),
        .options = text(p, from, "options"),
        .input_sha256 = text(p, from, "input_sha256"),
        .time = text(p, from, "time"),
        .model_name = text(p, model, "name"),
        .model_sha256 = text(p, model, "sha256"),
        .weights = text(p, model, "weights"),
        .calibrated = flag(p, model, "calibrated"),
    };
}

pali_status rx_report_parse(rx_prescription *out, rx_provenance *from, const json_t *document,
                            const char *name, pali_error *err) {
    *out = (rx_prescription){.arena = PALI_ARENA_INIT};
    parser p = {&out->arena, name, PALI_OK, err};
    if (!json_is_object(document))
        return pali_fail(err, PALI_ERROR_FORMAT, "%s: not a result", name);
    out->input = text(&p, document, "input");
    out->page = (int)number(&p, document, "page", 0.0);
    const json_t *patient = object_of(&p, document, "patient");
    out->patient.name = text_field(&p, patient, "name");
    out->patient.age = quantity_field(&p, patient, "age");
    out->patient.sex = coded_field(&p, patient, "sex");
    out->prescriber = text_field(&p, object_of(&p, document, "prescriber"), "name");
    const json_t *date = object_of(&p, document, "date");
    out->date = text_of(&p, date);
    out->date_value = text(&p, date, "value");
    lists_of(&p, document, out);
    lines_of(&p, document, out);
    out->review = reviews_of(&p, document);
    *from = provenance_of(&p, document);
    return p.status;
}
