/* Squares to text. A batch of squares is encoded and completed together ("ocr"); the text of a token
 * carries its probability, and the last one that of the answer's end as well, so that "500" is only as
 * certain as that no further zero follows. The squares of a view are joined. Two views of each line are
 * read, greedily; where those disagree, the third as well, and where no two of the three agree, the others: by
 * beam search, since a hard line is often lost by its first wrong letter. */
#include "scan/line_reader.h"

#include "rx/fold.h"
#include "scan/line_consensus.h"
#include "scan/loops.h"

#include "base/buffer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    BATCH = 64,           /* squares: enough for a page in one go */
    MAX_NEW_TOKENS = 110, /* four rows of narrow print hold about 100 characters */
    LOOP_BYTES = 36,      /* a tail of this length that repeats at least LOOP_TIMES */
    LOOP_TIMES = 4,
    MAX_LINE_BYTES = 1 << 20,
    FIRST_VIEWS = 2, /* of every line */
    NUM_BEAMS = 3,   /* for the other views, of lines that are hard to read */
};

/* Runner-ups below this are noise; so are differences between probabilities below the other. */
static const float least_alternative = 0.01f, least_logprob = -9;

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
    const int *order;           /* squares that are read */
    size_t total, first, count; /* of them: all, and those of the batch */
    answer answers[BATCH];
    pali_error *err;
} batch;

/* A line at one size while it is put together. */
typedef struct line_builder {
    pali_buffer text, confidence, choices; /* char, float, rx_choice */
    bool unfinished;
    size_t squares, struck; /* with text; of these, marked as struck out */
    float logprob;          /* of all its tokens */
    size_t num_tokens;
} line_builder;

static const rx_page_square *square_of(const batch *b, size_t index) {
    return &b->page->squares[b->order[b->first + index]];
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
    a->loop_at = rx_loop_start(a->text, a->size, LOOP_BYTES, LOOP_TIMES, LOOP_BYTES / LOOP_TIMES);
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

/* A token, and the bytes that stand beside what it wrote. */
typedef struct placed_token {
    const pali_token *token;
    unsigned char before, behind;
    uint32_t sign; /* that it is there; 0: not one */
} placed_token;

/* The one sign that a token would be there, shapes that mean the same taken together. 0: not one. */
static uint32_t sign_of(const batch *b, const placed_token *p, int32_t id) {
    const char *text = pali_tokenizer_piece(pali_model_tokenizer(b->model), id);
    size_t at = 0, size = text ? strlen(text) : 0;
    uint32_t c = size ? rx_next_code_point(text, size, &at) : 0;
    return at == size ? rx_sign(c, p->before, p->behind) : 0;
}

static placed_token place_token(const batch *b, const pali_token *token, unsigned char before,
                                unsigned char behind) {
    placed_token p = {.token = token, .before = before, .behind = behind};
    p.sign = sign_of(b, &p, token->id);
    return p;
}

/* Whether another token would be the same sign. */
static bool is_same_sign(const batch *b, const placed_token *p, int32_t id) {
    return p->sign && sign_of(b, p, id) == p->sign;
}

/* The probability that the sign of this token is right, in whatever shape. */
static float certainty(const batch *b, const placed_token *p) {
    const pali_token *token = p->token;
    float sum = expf(token->logprob);
    for (size_t i = 0; i < token->num_candidates; i++)
        if (token->candidates[i].id != token->id && is_same_sign(b, p, token->candidates[i].id))
            sum += expf(token->candidates[i].logprob);
    return fminf(sum, 1.0f);
}

static pali_status add_choice(batch *b, line_builder *line, const placed_token *p, size_t at,
                              size_t size) {
    const pali_token *token = p->token;
    for (size_t i = 0; i < token->num_candidates; i++) {
        const pali_candidate *other = &token->candidates[i];
        float probability = expf(other->logprob);
        if (other->id == token->id || probability < least_alternative ||
            is_same_sign(b, p, other->id))
            continue;
        rx_choice choice = {.at = at,
                            .size = size,
                            .other = spell(b, other->id),
                            .probability = expf(token->logprob),
                            .other_probability = probability};
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

static void score(line_builder *line, float logprob) {
    line->logprob += fmaxf(logprob, least_logprob);
    line->num_tokens++;
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
    if (square_of(b, index)->space_before && line->text.size && size > struck)
        status = append(b, line, " ", 1, 1.0f);
    line->squares += size > struck;
    line->struck += struck && size > struck;
    size_t start = line->text.size;
    rx_square_reading *kept = &b->out->squares[b->order[b->first + index]];
    kept->at = start;
    kept->text = pali_arena_text(&b->out->arena, text, size, b->err);
    if (!kept->text)
        return PALI_ERROR_MEMORY;
    float probability = 1.0f; /* of the tokens that share the next bytes */
    for (size_t t = 0; t < a->num_tokens && at < size && !status; t++) {
        size_t skip = at == 0 && a->bytes[t] > 0 ? struck : 0; /* of this token's bytes */
        from = at + skip;
        at += a->bytes[t];
        placed_token placed =
            place_token(b, &tokens[t], from > 0 ? (unsigned char)text[from - 1] : 0,
                        at < size ? (unsigned char)text[at] : 0);
        float certain = certainty(b, &placed);
        score(line, logf(certain));
        probability = fminf(probability, certain);
        if (a->bytes[t] == 0)
            continue;
        if (!skip)
            status = add_choice(b, line, &placed, line->text.size, at - from);
        if (!status)
            status = append(b, line, text + from, at - from, probability);
        probability = 1.0f;
    }
    if (at < size && !status) /* an incomplete character at the end */
        status = append(b, line, text + at, size - at, 0.0f);
    const pali_token *end = pali_result_end(result, index);
    line->unfinished |= a->loop_at != SIZE_MAX || !end;
    weigh_end(line, start, end);
    if (end)
        score(line, end->logprob);
    return status;
}

/* ---- views ---- */

/* Moves what was built into the arena. */
static pali_status finish_view(batch *b, line_builder *line, rx_line_view *out) {
    pali_arena *arena = &b->out->arena;
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
    *out = (rx_line_view){
        .text = text,
        .confidence = confidence,
        .choices = {num_choices, choices},
        .score = line->num_tokens ? line->logprob / (float)line->num_tokens : 0,
        .finished = !line->unfinished,
        .struck_out = line->squares > 0 && line->struck == line->squares,
        .half_struck = half_struck,
    };
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

/* The text of a batch; `line` is the view that the last batch left open. */
static pali_status take_answers(batch *b, line_builder *line, const pali_result *result) {
    pali_status status = PALI_OK;
    for (size_t i = 0; i < b->count && !status; i++) {
        const rx_page_square *square = square_of(b, i);
        rx_page_view view = b->page->lines[square->line].views[square->view];
        status = append_square(b, line, result, i);
        bool last = b->order[b->first + i] + 1 == view.first_square + view.num_squares;
        if (status || !last)
            continue;
        status = finish_view(b, line, &b->out->views[square->line][square->view]);
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
        images[i] = square_of(b, i)->image;
        requests[i] = (pali_request){.features = (const pali_features *const *)&features[i],
                                     .num_features = 1,
                                     .prompt = "ocr"};
        b->answers[i] = (answer){.loop_at = SIZE_MAX};
    }
    pali_generate_options options = PALI_GENERATE_OPTIONS_INIT;
    options.max_new_tokens = MAX_NEW_TOKENS;
    options.num_candidates = 4;
    options.num_beams = square_of(b, 0)->view < FIRST_VIEWS ? 1 : NUM_BEAMS;
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
    for (size_t i = 0; i < b->count; i++) /* kept also after a failure: rx_lines_free */
        b->out->squares[b->order[b->first + i]].features = features[i];
    return status;
}

/* Reads the squares of `order`; `before` of the page's squares need no reading any more. */
static pali_status read_squares(batch *b, size_t before, pali_progress_fn progress, void *context) {
    size_t all = (size_t)b->page->num_squares;
    pali_status status = PALI_OK;
    line_builder line;
    builder_init(&line);
    for (b->first = 0; b->first < b->total && !status; b->first += b->count) {
        b->count = b->total - b->first < BATCH ? b->total - b->first : BATCH;
        status = read_batch(b, &line);
        if (!status && progress && !progress(context, "lines", before + b->first + b->count, all))
            status = pali_fail(b->err, PALI_ERROR_CANCELLED, "reading the page was cancelled");
    }
    builder_free(&line);
    return status;
}

/* Views that are read of every line, those that are read as well where these disagree, and all, which are
 * read where no two of those agree. */
static const int rounds[] = {FIRST_VIEWS, FIRST_VIEWS + 1, RX_PAGE_VIEWS};

static int count_views(const rx_line_view views[RX_PAGE_VIEWS]) {
    int count = 0;
    while (count < RX_PAGE_VIEWS && views[count].text)
        count++;
    return count;
}

/* Whether two of the views that were read agree. */
static bool is_settled(const rx_line_view views[RX_PAGE_VIEWS]) {
    int count = count_views(views);
    for (int a = 0; a < count; a++)
        for (int c = a + 1; c < count; c++)
            if (rx_line_views_agree(&views[a], &views[c]))
                return true;
    return false;
}

/* Reads views [from, to) of the lines that are not settled. */
static pali_status read_round(batch *b, int *order, int from, int to, pali_progress_fn progress,
                              void *context) {
    size_t all = (size_t)b->page->num_squares, left = 0; /* that may still be read */
    b->order = order;
    b->total = 0;
    for (size_t i = 0; i < all; i++) {
        const rx_page_square *square = &b->page->squares[i];
        if (square->view < from || is_settled(b->out->views[square->line]))
            continue;
        left++;
        if (square->view < to)
            order[b->total++] = (int)i;
    }
    return read_squares(b, all - left, progress, context);
}

static pali_status read_views(batch *b, int *order, pali_progress_fn progress, void *context) {
    pali_status status = PALI_OK;
    int from = 0;
    for (size_t i = 0; i < sizeof rounds / sizeof *rounds && !status; from = rounds[i++])
        status = read_round(b, order, from, rounds[i], progress, context);
    return status;
}

/* ---- lines ---- */

static pali_status make_line(batch *b, size_t index, const rx_consensus *consensus) {
    const rx_line_view *views = b->out->views[index];
    rx_line_view line;
    pali_status status =
        rx_line_of_views(&line, views, (size_t)count_views(views), consensus->edits,
                         consensus->num_edits, &b->out->arena, b->err);
    if (status)
        return status;
    rx_line *out = &b->out->lines[index];
    *out = (rx_line){.text = line.text,
                     .confidence = line.confidence,
                     .row = b->page->lines[index].row + 1,
                     .struck_out = line.struck_out};
    memcpy(out->box, b->page->lines[index].box, sizeof out->box);
    memcpy(out->straight, b->page->lines[index].cleaned_box, sizeof out->straight);
    b->out->choices[index] = line.choices;
    b->out->num_unfinished += !line.finished;
    b->out->num_half_struck += line.half_struck;
    return PALI_OK;
}

static pali_status make_lines(batch *b) {
    size_t count = b->out->count;
    bool *doubtful = malloc(count + 1);
    rx_consensus *consensus = malloc((count + 1) * sizeof *consensus);
    pali_status status = PALI_OK;
    if (!doubtful || !consensus)
        status = pali_fail_memory(b->err, count * sizeof *consensus, "lines");
    for (size_t i = 0; i < count && !status; i++)
        doubtful[i] = count_views(b->out->views[i]) > FIRST_VIEWS;
    if (!status)
        status = rx_lines_consensus(consensus, b->out, doubtful, b->page, b->model, b->err);
    for (size_t i = 0; i < count && !status; i++)
        status = make_line(b, i, &consensus[i]);
    free(doubtful);
    free(consensus);
    return status;
}

pali_status rx_lines_read(rx_lines *out, const pali_model *model, const rx_page *page,
                          pali_progress_fn progress, void *context, pali_error *err) {
    rx_lines lines = {.arena = PALI_ARENA_INIT,
                      .count = (size_t)page->num_lines,
                      .num_squares = (size_t)page->num_squares};
    lines.lines =
        pali_arena_alloc(&lines.arena, lines.count + 1, sizeof *lines.lines, "lines", err);
    lines.choices =
        pali_arena_alloc(&lines.arena, lines.count + 1, sizeof *lines.choices, "lines", err);
    lines.views =
        pali_arena_alloc(&lines.arena, lines.count + 1, sizeof *lines.views, "lines", err);
    lines.squares =
        pali_arena_alloc(&lines.arena, lines.num_squares + 1, sizeof *lines.squares, "lines", err);
    batch *b = malloc(sizeof *b);
    int *order = malloc((lines.num_squares + 1) * sizeof *order);
    pali_status status = PALI_OK;
    if (!lines.lines || !lines.choices || !lines.views || !lines.squares)
        status = PALI_ERROR_MEMORY;
    else if (!b || !order)
        status = pali_fail_memory(err, sizeof *b, "lines");
    if (!status) {
        memset(lines.views, 0, (lines.count + 1) * sizeof *lines.views);
        memset(lines.squares, 0, (lines.num_squares + 1) * sizeof *lines.squares);
        *b = (batch){.model = model, .page = page, .out = &lines, .err = err};
        status = read_views(b, order, progress, context);
    }
    if (!status)
        status = make_lines(b);
    free(b);
    free(order);
    if (status)
        rx_lines_free(&lines);
    else
        *out = lines;
    return status;
}

void rx_lines_free(rx_lines *lines) {
    for (size_t i = 0; i < lines->num_squares && lines->squares; i++)
        pali_features_free(&lines->squares[i].features);
    pali_arena_free(&lines->arena);
    *lines = (rx_lines){0};
}
