/* The words of a question tell its topic; the topic tells which fields of the record answer it. Where
 * several words speak, the more special one wins ("dose of the medicine"), then the one that comes
 * first ("which medicines did the doctor prescribe"). */
#include "rx/questions.h"

#include "rx/plain.h"
#include "rx/report.h"
#include "rx/review.h"
#include "rx/tokens.h"
#include "rx/units.h"

#include <string.h>

typedef struct keyword {
    const char *words; /* folded, apart by one blank; the last may end with '*' for any ending */
    rx_topic topic;
    bool special;
} keyword;

static const keyword KEYWORDS[] = {
    {"how often", RX_TOPIC_FREQUENCY, true},
    {"how many times", RX_TOPIC_FREQUENCY, true},
    {"how frequent*", RX_TOPIC_FREQUENCY, true},
    {"frequenc*", RX_TOPIC_FREQUENCY, true},
    {"how long", RX_TOPIC_DURATION, true},
    {"how many days", RX_TOPIC_DURATION, true},
    {"how many weeks", RX_TOPIC_DURATION, true},
    {"duration*", RX_TOPIC_DURATION, true},
    {"dos*", RX_TOPIC_STRENGTH, true},
    {"strength*", RX_TOPIC_STRENGTH, true},
    {"how much", RX_TOPIC_STRENGTH, true},
    {"how many mg", RX_TOPIC_STRENGTH, true},
    {"age", RX_TOPIC_AGE, true},
    {"how old", RX_TOPIC_AGE, true},
    {"sex", RX_TOPIC_SEX, true},
    {"gender", RX_TOPIC_SEX, true},
    {"suffer*", RX_TOPIC_DIAGNOSES, true},
    {"diseas*", RX_TOPIC_DIAGNOSES, false},
    {"diagnos*", RX_TOPIC_DIAGNOSES, false},
    {"condition*", RX_TOPIC_DIAGNOSES, false},
    {"illness*", RX_TOPIC_DIAGNOSES, false},
    {"disorder*", RX_TOPIC_DIAGNOSES, false},
    {"ailment*", RX_TOPIC_DIAGNOSES, false},
    {"when", RX_TOPIC_DATE, false},
    {"date*", RX_TOPIC_DATE, false},
    {"which day", RX_TOPIC_DATE, false},
    {"doctor*", RX_TOPIC_PRESCRIBER, false},
    {"physician*", RX_TOPIC_PRESCRIBER, false},
    {"prescriber*", RX_TOPIC_PRESCRIBER, false},
    {"who prescribed", RX_TOPIC_PRESCRIBER, false},
    {"who wrote", RX_TOPIC_PRESCRIBER, false},
    {"patient*", RX_TOPIC_PATIENT, false},
    {"for whom", RX_TOPIC_PATIENT, false},
    {"prescription for", RX_TOPIC_PATIENT, false},
    {"medicine*", RX_TOPIC_MEDICINES, false},
    {"medication*", RX_TOPIC_MEDICINES, false},
    {"drug*", RX_TOPIC_MEDICINES, false},
    {"tablet*", RX_TOPIC_MEDICINES, false},
    {"pills", RX_TOPIC_MEDICINES, false},
    {"what is prescribed", RX_TOPIC_MEDICINES, false},
    {"what was prescribed", RX_TOPIC_MEDICINES, false},
};

/* ---- what is asked ---- */

static bool word_fits(const rx_token *token, const char *word, size_t size) {
    if (size > 0 && word[size - 1] == '*')
        return strncmp(token->text, word, size - 1) == 0;
    return strlen(token->text) == size && strncmp(token->text, word, size) == 0;
}

static bool words_fit(const rx_tokens *tokens, size_t at, const char *words) {
    for (; *words; at++) {
        size_t size = strcspn(words, " ");
        if (!word_fits(rx_token_at(tokens, at), words, size))
            return false;
        words += size + (words[size] == ' ');
    }
    return true;
}

/* The keyword that tells the topic, and where its token is; NULL: none. */
static const keyword *find_keyword(const rx_tokens *tokens, size_t *at) {
    const keyword *best = NULL;
    for (size_t i = 0; i < tokens->count; i++)
        for (size_t k = 0; k < sizeof KEYWORDS / sizeof *KEYWORDS; k++)
            if ((!best || (KEYWORDS[k].special && !best->special)) &&
                words_fit(tokens, i, KEYWORDS[k].words)) {
                best = &KEYWORDS[k];
                *at = i;
            }
    return best;
}

rx_topic rx_question_topic(const char *question) {
    pali_arena arena = PALI_ARENA_INIT;
    rx_tokens tokens;
    size_t at;
    const keyword *found = NULL;
    if (!rx_tokenize(&tokens, &arena, question, strlen(question), NULL))
        found = find_keyword(&tokens, &at);
    rx_topic topic = found ? found->topic : RX_TOPIC_NONE;
    pali_arena_free(&arena);
    return topic;
}

/* Whether the words of `name` stand one after the other in the question. */
static bool names(const rx_tokens *question, const rx_tokens *name) {
    for (size_t i = 0; name->count > 0 && i + name->count <= question->count; i++) {
        size_t n = 0;
        while (n < name->count && strcmp(question->items[i + n].text, name->items[n].text) == 0)
            n++;
        if (n == name->count)
            return true;
    }
    return false;
}

/* Whether a medicine is named behind "of", "is", "take", ...: a word that no question has by itself. */
static bool names_another(const rx_tokens *question, size_t topic_at) {
    static const char *const usual[] = {
        "of",          "for",      "the",        "is",           "are",
        "should",      "be",       "taken",      "take",         "to",
        "a",           "an",       "each",       "every",        "all",
        "any",         "these",    "those",      "this",         "that",
        "it",          "them",     "in",         "on",           "what",
        "which",       "how",      "prescribed", "prescription", "mentioned",
        "recommended", "medicine", "medicines",  "medication",   "medications",
        "drug",        "drugs",    "tablet",     "tablets",      "patient",
        "doctor",      "by",       "and",        "given",        "must",
        "i",           "he",       "she",        "they",         "used",
        "written",     "please",   "day",        "per",          "one",
        "mg",          "many",     "much",       "often",        "long",
        "times",       "days",     "weeks",      "with",         "capsule",
        "syrup"};
    for (size_t i = topic_at + 1; i < question->count; i++) {
        const rx_token *token = &question->items[i];
        bool is_usual = token->kind != RX_TOKEN_WORD;
        for (size_t u = 0; u < sizeof usual / sizeof *usual && !is_usual; u++)
            is_usual = rx_token_is(token, usual[u]);
        if (!is_usual)
            return true;
    }
    return false;
}

/* ---- the answer ---- */

typedef struct answer {
    pali_buffer *out;
    size_t begin; /* where it starts in `out` */
    pali_error *err;
    pali_status status;
} answer;

static void say(answer *a, const char *text) {
    if (!a->status)
        a->status = rx_append_plain(a->out, text, a->err);
}

static void say_separator(answer *a, const char *separator) {
    if (a->out->size > a->begin)
        say(a, separator);
}

static void say_text(answer *a, const rx_text *text, bool doubtful) {
    say(a, text->text ? text->text : text->unreadable ? "unreadable" : "not visible");
    if (text->text && doubtful)
        say(a, " (?)");
}

static void say_inferred(answer *a, const rx_quantity *quantity, bool doubtful) {
    if (!a->status)
        a->status = rx_append_inferred(a->out, quantity, a->err);
    if (doubtful)
        say(a, " (?)");
}

static void say_medicines(answer *a, const rx_prescription *page) {
    for (size_t i = 0; i < page->num_medicines; i++) {
        say_separator(a, ", ");
        say_text(a, &page->medicines[i].name.written, rx_is_doubtful(&page->medicines[i], "name"));
    }
}

static void say_diagnoses(answer *a, const rx_prescription *page) {
    for (size_t i = 0; i < page->num_diagnoses; i++) {
        say_separator(a, ", ");
        say_text(a, &page->diagnoses[i], rx_reviews_hold_item(&page->review, "diagnoses", i + 1));
    }
}

static void say_dose(answer *a, const rx_quantity *dose, bool doubtful) {
    if (!dose->written.text && dose->written.inferred)
        say_inferred(a, dose, doubtful);
    else
        say_text(a, &dose->written, doubtful);
}

/* One step, or each of a taper: "BD, then OD". */
static void say_steps(answer *a, const rx_medicine *m, rx_topic topic) {
    const rx_step only = {m->dose, m->frequency, m->duration};
    const rx_step *steps = m->num_steps ? m->steps : &only;
    for (size_t i = 0; i < (m->num_steps ? m->num_steps : 1); i++) {
        if (i > 0)
            say(a, ", then ");
        if (topic == RX_TOPIC_STRENGTH)
            say_dose(a, &steps[i].dose, rx_is_doubtful(m, "dose"));
        else if (topic == RX_TOPIC_FREQUENCY)
            say_text(a, &steps[i].frequency.written, rx_is_doubtful(m, "frequency"));
        else
            say_text(a, &steps[i].duration.written, rx_is_doubtful(m, "duration"));
    }
}

/* Strength and dose: "625 mg, 1 tab". */
static void say_strength(answer *a, const rx_medicine *m) {
    bool strength = m->strength.written.text || m->strength.written.unreadable;
    bool dose = rx_is_known(&m->dose.written) || m->dose.written.unreadable;
    if (strength || !dose)
        say_text(a, &m->strength.written, rx_is_doubtful(m, "strength"));
    if (strength && dose)
        say(a, ", ");
    if (dose)
        say_steps(a, m, RX_TOPIC_STRENGTH);
}

static void say_of_medicine(answer *a, const rx_medicine *m, rx_topic topic) {
    if (topic == RX_TOPIC_STRENGTH)
        say_strength(a, m);
    else
        say_steps(a, m, topic);
}

static void say_of_medicines(answer *a, const rx_prescription *page, rx_topic topic,
                             const rx_tokens *question, size_t topic_at, pali_arena *arena) {
    size_t named = 0;
    for (size_t i = 0; i < page->num_medicines && !a->status; i++) {
        const rx_medicine *m = &page->medicines[i];
        const char *name = m->name.written.text ? m->name.written.text : "";
        rx_tokens words;
        a->status = rx_tokenize(&words, arena, name, strlen(name), a->err);
        if (a->status || !names(question, &words))
            continue;
        if (named++)
            say(a, "; ");
        say_of_medicine(a, m, topic);
    }
    if (named || names_another(question, topic_at))
        return;
    for (size_t i = 0; i < page->num_medicines; i++) {
        say_separator(a, "; ");
        say_text(a, &page->medicines[i].name.written, rx_is_doubtful(&page->medicines[i], "name"));
        say(a, ": ");
        say_of_medicine(a, &page->medicines[i], topic);
    }
}

static void say_topic(answer *a, const rx_prescription *page, rx_topic topic) {
    if (topic == RX_TOPIC_MEDICINES)
        say_medicines(a, page);
    else if (topic == RX_TOPIC_DIAGNOSES)
        say_diagnoses(a, page);
    else if (topic == RX_TOPIC_PATIENT)
        say_text(a, &page->patient.name, rx_reviews_hold(&page->review, "patient"));
    else if (topic == RX_TOPIC_AGE)
        say_text(a, &page->patient.age.written, rx_reviews_hold(&page->review, "age"));
    else if (topic == RX_TOPIC_SEX)
        say_text(a, &page->patient.sex.written, rx_reviews_hold(&page->review, "sex"));
    else if (topic == RX_TOPIC_PRESCRIBER)
        say_text(a, &page->prescriber, rx_reviews_hold(&page->review, "prescriber"));
    else
        say_text(a, &page->date, rx_reviews_hold(&page->review, "date"));
}

pali_status rx_question_answer(pali_buffer *out, const rx_prescription *page, const char *question,
                               pali_error *err) {
    pali_arena arena = PALI_ARENA_INIT;
    answer a = {.out = out, .begin = out->size, .err = err};
    rx_tokens tokens;
    size_t at = 0;
    a.status = rx_tokenize(&tokens, &arena, question, strlen(question), err);
    const keyword *found = a.status ? NULL : find_keyword(&tokens, &at);
    if (found && found->topic >= RX_TOPIC_STRENGTH)
        say_of_medicines(&a, page, found->topic, &tokens, at, &arena);
    else if (found)
        say_topic(&a, page, found->topic);
    else if (!a.status)
        a.status =
            pali_fail(err, PALI_ERROR_UNSUPPORTED,
                      "this model reads lines and answers questions about the medicines, their "
                      "dose, frequency and duration, the diseases, the patient's name, age and "
                      "sex, the doctor and the date; for others name a PaliGemma 2 mix "
                      "checkpoint with --model");
    if (found && out->size == a.begin)
        say(&a, "not visible");
    pali_arena_free(&arena);
    return a.status;
}
