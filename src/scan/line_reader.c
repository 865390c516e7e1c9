/* Squares to text. A batch of squares is encoded and completed together ("ocr", greedily); the text
 * of a token carries its probability, and the last one that of the answer's end as well, so that
 * "500" is only as certain as that no further zero follows. The squares of a line are joined. */
#include "scan/line_reader.h"

#include "rx/fold.h"

#include "base/buffer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    BATCH = 64,           /* squares: enough for a page in one go */
    MAX_NEW_TOKENS = 110, /* four rows of narrow print hold about 100 characters */
    LOOP_BYTES = 36,      /* a tail of this length that repeats at least LOOP_TIMES */
    LOOP_TIMES = 4,
    MAX_LINE_BYTES = 1 << 20
};

/* Runner-ups below this are noise. */
static const float least_alternative = 0.01f;

/* The answer for one square while it grows. */
typedef struct answer {
    char text[MAX_NEW_TOKENS * 8];
    size_t size;
    unsigned short bytes[MAX_NEW_TOKENS]; /* that each token made certain */
    size_t num_tokens;
    size_t loop_at; /* where a repetition begins; SIZE_MAX: none */
} answer;

typedef struct batch {
    const pali_model *model;
    const rx_page *page;
    rx_lines *out;
    size_t first, count; /* squares of the page */
    answer answers[BATCH];
    pali_error *err;
} batch;

/* A line that is being put together. */
typedef struct line_builder {
    pali_buffer text, confidence, choices; /* char, float, rx_choice */
    bool unfinished;
    size_t squares, struck; /* with text; of these, marked as struck out */
} line_builder;

/* ---- loops ---- */

/* Where the repetition at the end begins (its first period stays); SIZE_MAX: none. */
static size_t loop_start(const char *text, size_t size) {
    for (size_t period = 1; period <= LOOP_BYTES / LOOP_TIMES; period++) {
        size_t same = 0;
        while (same + period < size && text[size - 1 - same] == text[size - 1 - same - period])
            same++;
        if (same + period >= LOOP_BYTES)
            return size - same;
    }
    return SIZE_MAX;
}

static bool on_token(void *context, size_t request, const pali_token *token, const char *text) {
    (void)token;
    answer *a = &((batch *)context)->answers[request];
    size_t size = strlen(text);
    if (a->num_tokens == MAX_NEW_TOKENS || size > sizeof a->text - a->size)
        return false;
    memcpy(a->text + a->size, text, size);
    a->size += size;
    a->bytes[a->num_tokens++] = (unsigned short)size;
    a->loop_at = loop_start(a->text, a->size);
    return a->loop_at == SIZE_MAX;
}

/* ---- one square ---- */

/* What a token would have written, in the arena; NULL if it is no text of its own. */
static const char *spell(batch *b, int32_t id) {
    const pali_tokenizer *tokenizer = pali_model_tokenizer(b->model);
    char *text = NULL;
    size_t size = 0;
    if (pali_tokenizer_decode(tokenizer, &id, 1, &text, &size, NULL))
        return NULL;
    bool whole = !strstr(text, "\xef\xbf\xbd"); /* U+FFFD: a part of a character */
    const char *copy = whole ? pali_arena_text(&b->out->arena, text, size, NULL) : NULL;
    free(text);
    return copy;
}

/* The one sign that a token is, shapes that mean the same taken together: capital and small letters,
 * hyphens and dashes, x and the times sign (as docs/evaluation.md compares fields). 0: not one. */
static uint32_t sign_of(const batch *b, int32_t id) {
    const char *text = pali_tokenizer_piece(pali_model_tokenizer(b->model), id);
    size_t at = 0, size = text ? strlen(text) : 0;
    uint32_t c = size ? rx_next_code_point(text, size, &at) : 0;
    if (at != size)
        return 0;
    if (c >= 'A' && c <= 'Z')
        return c - 'A' + 'a';
    return c >= 0x2010 && c <= 0x2015 ? '-' : c == 0xD7 ? 'x' : c;
}

/* The probability that the sign of this token is right, in whatever shape. */
static float certainty(const batch *b, const pali_token *token) {
    float sum = expf(token->logprob);
    uint32_t sign = sign_of(b, token->id);
    for (size_t i = 0; i < token->num_candidates && sign; i++)
        if (token->candidates[i].id != token->id && sign_of(b, token->candidates[i].id) == sign)
            sum += expf(token->candidates[i].logprob);
    return fminf(sum, 1.0f);
}

static pali_status add_choice(batch *b, line_builder *line, const pali_token *token, size_t at,
                              size_t size) {
    uint32_t sign = sign_of(b, token->id);
    for (size_t i = 0; i < token->num_candidates; i++) {
        const pali_candidate *other = &token->candidates[i];
        float probability = expf(other->logprob);
        if (other->id == token->id || probability < least_alternative ||
            (sign && sign_of(b, other->id) == sign))
            continue;
        rx_choice choice = {at, size, spell(b, other->id), expf(token->logprob), probability};
        return choice.other ? pali_buffer_append(&line->choices, &choice, sizeof choice, b->err)
                            : PALI_OK;
    }
    return PALI_OK;
}

static pali_status append(batch *b, line_builder *line, const char *text, size_t size,
                          float confidence) {
    pali_status status = pali_buffer_append(&line->text, text, size, b->err);
    for (size_t i = 0; i < size && !status; i++)
        status = pali_buffer_append(&line->confidence, &confidence, sizeof confidence, b->err);
    return status;
}

/* The last byte's probability also holds that nothing follows. */
static void weigh_end(line_builder *line, size_t from, const pali_token *end) {
    size_t count = line->confidence.size / sizeof(float);
    float *confidence = (float *)(void *)line->confidence.data;
    const char *text = line->text.data;
    if (!end || count == from)
        return;
    do
        confidence[--count] *= expf(end->logprob);
    while (count > from && ((unsigned char)text[count] & 0xC0) == 0x80);
}

/* Appends what one square says; a first "~" is the mark of a line that is struck out. */
static pali_status append_square(batch *b, line_builder *line, const pali_result *result,
                                 size_t index) {
    const answer *a = &b->answers[index];
    const pali_token *tokens = pali_result_tokens(result, index);
    const char *text = pali_result_text(result, index);
    size_t size = a->loop_at == SIZE_MAX ? strlen(text) : a->loop_at, from = 0, at = 0;
    bool struck = text[0] == '~';
    pali_status status = PALI_OK;
    if (b->page->squares[b->first + index].space_before && line->text.size && size > struck)
        status = append(b, line, " ", 1, 1.0f);
    line->squares += size > struck;
    line->struck += struck && size > struck;
    size_t start = line->text.size;
    float probability = 1.0f; /* of the tokens that share the next bytes */
    for (size_t t = 0; t < a->num_tokens && at < size && !status; t++) {
        probability = fminf(probability, certainty(b, &tokens[t]));
        size_t skip = at == 0 && a->bytes[t] > 0 ? struck : 0; /* of this token's bytes */
        from = at + skip;
        at += a->bytes[t];
        if (a->bytes[t] == 0)
            continue;
        if (!skip)
            status = add_choice(b, line, &tokens[t], line->text.size, at - from);
        if (!status)
            status = append(b, line, text + from, at - from, probability);
        probability = 1.0f;
    }
    if (at < size && !status) /* an incomplete character at the end */
        status = append(b, line, text + at, size - at, 0.0f);
    line->unfinished |= a->loop_at != SIZE_MAX || !pali_result_end(result, index);
    weigh_end(line, start, pali_result_end(result, index));
    return status;
}

/* ---- lines ---- */

/* Moves what was built into the arena as line `index`. */
static pali_status finish_line(batch *b, line_builder *line, size_t index) {
    pali_arena *arena = &b->out->arena;
    const rx_page_line *place = &b->page->lines[index];
    bool half_struck = line->struck > 0 && line->struck < line->squares;
    size_t size = line->text.size, num_choices = line->choices.size / sizeof(rx_choice);
    char *text = pali_arena_text(arena, size ? line->text.data : "", size, b->err);
    float *confidence = pali_arena_alloc(arena, size + 1, sizeof *confidence, "a line", b->err);
    rx_choice *choices =
        pali_arena_alloc(arena, num_choices + 1, sizeof *choices, "a line", b->err);
    if (!text || !confidence || !choices)
        return PALI_ERROR_MEMORY;
    if (size)
        memcpy(confidence, line->confidence.data, size * sizeof *confidence);
    if (num_choices)
        memcpy(choices, line->choices.data, num_choices * sizeof *choices);
    if (half_struck || line->unfinished)
        memset(confidence, 0, size * sizeof *confidence);
    rx_line *out = &b->out->lines[index];
    *out = (rx_line){.text = text,
                     .confidence = confidence,
                     .struck_out = line->squares > 0 && line->struck == line->squares};
    memcpy(out->box, place->box, sizeof out->box);
    b->out->choices[index] = (rx_choices){num_choices, choices};
    b->out->num_unfinished += line->unfinished;
    b->out->num_half_struck += half_struck;
    return PALI_OK;
}

static void builder_init(line_builder *line) {
    *line = (line_builder){0};
    pali_buffer_init(&line->text, MAX_LINE_BYTES);
    pali_buffer_init(&line->confidence, MAX_LINE_BYTES * sizeof(float));
    pali_buffer_init(&line->choices, MAX_LINE_BYTES * sizeof(rx_choice));
}

static void builder_free(line_builder *line) {
    pali_buffer_free(&line->text);
    pali_buffer_free(&line->confidence);
    pali_buffer_free(&line->choices);
}

/* The text of a batch; `line` is the one that the last batch left open. */
static pali_status take_answers(batch *b, line_builder *line, const pali_result *result) {
    pali_status status = PALI_OK;
    for (size_t i = 0; i < b->count && !status; i++) {
        size_t square = b->first + i, index = (size_t)b->page->squares[square].line;
        status = append_square(b, line, result, i);
        bool last = square + 1 == (size_t)b->page->num_squares ||
                    (size_t)b->page->squares[square + 1].line != index;
        if (status || !last)
            continue;
        status = finish_line(b, line, index);
        builder_free(line);
        builder_init(line);
    }
    return status;
}

/* ---- the page ---- */

static pali_status read_batch(batch *b, line_builder *line) {
    const pali_image *images[BATCH];
    pali_features *features[BATCH] = {NULL};
    pali_request requests[BATCH];
    for (size_t i = 0; i < b->count; i++) {
        images[i] = b->page->squares[b->first + i].image;
        requests[i] = (pali_request){.features = (const pali_features *const *)&features[i],
                                     .num_features = 1,
                                     .prompt = "ocr"};
        b->answers[i] = (answer){.loop_at = SIZE_MAX};
    }
    pali_generate_options options = PALI_GENERATE_OPTIONS_INIT;
    options.max_new_tokens = MAX_NEW_TOKENS;
    options.num_candidates = 4;
    options.on_token = on_token;
    options.context = b;
    pali_result *result = NULL;
    pali_status status =
        pali_model_encode_batch(b->model, images, b->count, NULL, NULL, features, b->err);
    if (!status)
        status = pali_model_generate(b->model, requests, b->count, &options, &result, b->err);
    if (!status)
        status = take_answers(b, line, result);
    pali_result_free(&result);
    for (size_t i = 0; i < b->count; i++)
        pali_features_free(&features[i]);
    return status;
}

static pali_status read_batches(batch *b, pali_progress_fn progress, void *context) {
    size_t total = (size_t)b->page->num_squares;
    pali_status status = PALI_OK;
    line_builder line;
    builder_init(&line);
    for (b->first = 0; b->first < total && !status; b->first += b->count) {
        b->count = total - b->first < BATCH ? total - b->first : BATCH;
        status = read_batch(b, &line);
        if (!status && progress && !progress(context, "lines", b->first + b->count, total))
            status = pali_fail(b->err, PALI_ERROR_CANCELLED, "reading the page was cancelled");
    }
    builder_free(&line);
    return status;
}

pali_status rx_lines_read(rx_lines *out, const pali_model *model, const rx_page *page,
                          pali_progress_fn progress, void *context, pali_error *err) {
    rx_lines lines = {.arena = PALI_ARENA_INIT, .count = (size_t)page->num_lines};
    lines.lines =
        pali_arena_alloc(&lines.arena, lines.count + 1, sizeof *lines.lines, "lines", err);
    lines.choices =
        pali_arena_alloc(&lines.arena, lines.count + 1, sizeof *lines.choices, "lines", err);
    batch *b = malloc(sizeof *b);
    pali_status status = PALI_OK;
    if (!lines.lines || !lines.choices)
        status = PALI_ERROR_MEMORY;
    else if (!b)
        status = pali_fail_memory(err, sizeof *b, "lines");
    if (!status) {
        *b = (batch){.model = model, .page = page, .out = &lines, .err = err};
        status = read_batches(b, progress, context);
    }
    free(b);
    if (status)
        pali_arena_free(&lines.arena);
    else
        *out = lines;
    return status;
}

void rx_lines_free(rx_lines *lines) {
    pali_arena_free(&lines->arena);
    *lines = (rx_lines){0};
}
