/* The mix checkpoints are trained to write down the text of a picture ("ocr") and to answer questions
 * about it. Each line of a transcription is a line of the page; those of several tiles are merged,
 * first within a row of tiles, then from row to row. */
#include "scan/page_reader.h"

#include "rx/scan_grammar.h"
#include "scan/view_merge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Tokens: a page, or a tile of one, and what a question may be answered with. */
enum { MAX_TEXT_TOKENS = 400, MAX_REPLY_TOKENS = 100 };

/* Of the height of small letters: how near rows of two views are the same row, how wide a letter is
 * at least on average, how wide are so few letters that they only peek in. */
static const float same_row = 1.0f, least_letter = 0.7f, few_letters = 2.0f;

static const struct {
    rx_topic topic;
    const char *prompt;
} questions[RX_NUM_QUESTIONS] = {
    {RX_TOPIC_MEDICINES, "answer en Which medicines are recommended in the prescription"},
    {RX_TOPIC_DIAGNOSES, "answer en Which diseases are mentioned in the prescription"},
    {RX_TOPIC_PATIENT, "answer en What is the name of the patient"},
    {RX_TOPIC_AGE, "answer en What is the age of the patient"},
    {RX_TOPIC_PRESCRIBER, "answer en What is the name of the doctor"},
    {RX_TOPIC_DATE, "answer en What is the date of the prescription"},
};

static const rx_prompt transcribe = {"ocr", MAX_TEXT_TOKENS, false};

/* In the place of the question about medicines, where the model knows it. */
static const rx_prompt scan = {"scan en", MAX_TEXT_TOKENS, true};

typedef struct reader {
    const rx_asker *asker;
    const pali_image *image;
    const rx_page *page;
    const rx_tiles *tiles;
    rx_page_said *out;
    pali_error *err;
} reader;

/* ---- from text to lines ---- */

/* Lines that hold more than blanks; the last one is not finished unless the answer ended. */
static pali_status split(rx_view *out, reader *r, const rx_said *said) {
    pali_arena *arena = &r->out->lines.arena;
    size_t most = 1;
    for (const char *t = said->text; *t; t++)
        most += *t == '\n';
    *out = (rx_view){.lines = pali_arena_alloc(arena, most, sizeof *out->lines, "lines", r->err)};
    if (!out->lines)
        return PALI_ERROR_MEMORY;
    for (const char *at = said->text; *at;) {
        size_t size = strcspn(at, "\n");
        const char *next = at[size] ? at + size + 1 : at + size;
        bool unfinished = !*next && !said->ended;
        if (strspn(at, " \t\r") < size) {
            char *text = pali_arena_text(arena, at, size, r->err);
            float *confidence = pali_arena_alloc(arena, size, sizeof *confidence, "lines", r->err);
            if (!text || !confidence)
                return PALI_ERROR_MEMORY;
            memcpy(confidence, said->confidence + (at - said->text), size * sizeof *confidence);
            if (unfinished)
                memset(confidence, 0, size * sizeof *confidence);
            out->lines[out->count++] = (rx_view_line){.text = text,
                                                      .confidence = confidence,
                                                      .from_left = true,
                                                      .to_right = true,
                                                      .ink_left = -1,
                                                      .ink_right = -1};
        }
        at = next;
    }
    r->out->lines.num_unfinished += !said->ended;
    return PALI_OK;
}

/* ---- rows of a tile ---- */

/* A line found on the page, in its pixels. */
typedef struct box {
    float x0, y0, x1, y1;
} box;

static int by_middle(const void *a, const void *b) {
    const box *p = a, *q = b;
    float difference = p->y0 + p->y1 - q->y0 - q->y1;
    return difference < 0 ? -1 : difference > 0;
}

/* The boxes that show in a tile, from top to bottom; returns how many. */
static size_t boxes_in(box *out, const reader *r, const rx_tile *tile) {
    float width = (float)pali_image_width(r->image), height = (float)pali_image_height(r->image);
    size_t count = 0;
    for (int i = 0; i < r->page->num_lines; i++) {
        const float *f = r->page->lines[i].box;
        box b = {f[0] * width, f[1] * height, f[2] * width, f[3] * height};
        float across = fminf(b.x1, (float)(tile->x + tile->width)) - fmaxf(b.x0, (float)tile->x);
        float down = fminf(b.y1, (float)(tile->y + tile->height)) - fmaxf(b.y0, (float)tile->y);
        if (across > 0 && 4 * down >= b.y1 - b.y0)
            out[count++] = b;
    }
    qsort(out, count, sizeof *out, by_middle);
    return count;
}

/* How much of it is between two places across the page. */
static float inside(const box *b, float from, float to) {
    return fmaxf(fminf(b->x1, to) - fmaxf(b->x0, from), 0);
}

/* One more piece of a row. */
static void add_box(rx_view_row *row, const reader *r, const rx_tile *tile, const box *b) {
    float left = (float)tile->x, right = left + (float)tile->width;
    float across = fminf(b->x1, right) - fmaxf(b->x0, left),
          few = few_letters * r->tiles->text_height;
    float top = (float)tile->y, bottom = top + (float)tile->height;
    bool peeks = across < fminf(b->x1 - b->x0, few), is_first = !row->peeks && row->width == 0;
    if (!peeks)
        row->width += across;
    row->from_left |= b->x0 < left;
    row->to_right |= b->x1 > right;
    row->peeks = peeks && (is_first || row->peeks);
    row->cut |= fmaxf(top - b->y0, b->y1 - bottom) > r->tiles->text_height / 2;
}

/* Boxes whose middle lies within the first one's height are one row; returns how many rows. */
static size_t rows_of(rx_view_row *out, const reader *r, const rx_tile *tile, const rx_tile *left,
                      const rx_tile *right, const box *boxes, size_t count) {
    size_t rows = 0, first = 0;
    for (size_t i = 0; i < count; i++) {
        const box *b = &boxes[i];
        float middle = (b->y0 + b->y1) / 2;
        if (rows == 0 || middle > boxes[first].y1) {
            first = i;
            out[rows++] = (rx_view_row){.y = middle};
        }
        add_box(&out[rows - 1], r, tile, b);
        if (left)
            out[rows - 1].ink_left += inside(b, (float)tile->x, (float)(left->x + left->width));
        if (right)
            out[rows - 1].ink_right += inside(b, (float)right->x, (float)(tile->x + tile->width));
    }
    return rows;
}

static pali_status place(rx_view *view, reader *r, int row, int column) {
    const rx_tile *tile = &r->tiles->tile[row * r->tiles->columns + column];
    const rx_tile *left = column > 0 ? tile - 1 : NULL;
    const rx_tile *right = column + 1 < r->tiles->columns ? tile + 1 : NULL;
    size_t most = (size_t)r->page->num_lines + 1;
    box *boxes = malloc(most * sizeof *boxes);
    rx_view_row *rows = malloc(most * sizeof *rows);
    pali_status status = PALI_OK;
    if (!boxes || !rows) {
        status = pali_fail_memory(r->err, most * sizeof *boxes, "rows of a tile");
    } else {
        size_t count = boxes_in(boxes, r, tile);
        count = rows_of(rows, r, tile, left, right, boxes, count);
        status = rx_view_place(view, rows, count, r->err);
        r->out->num_unplaced += view->count > 0 ? !view->lines[0].placed : count > 0;
    }
    free(boxes);
    free(rows);
    return status;
}

/* ---- tiles ---- */

static pali_status read_tile(rx_view *out, reader *r, int row, int column) {
    const rx_tile *t = &r->tiles->tile[row * r->tiles->columns + column];
    pali_image *picture = NULL;
    rx_said said;
    pali_status status =
        pali_image_crop(&picture, r->image, t->x, t->y, t->width, t->height, r->err);
    if (!status)
        status = r->asker->ask(r->asker->context, &said, &r->out->lines.arena, picture, &transcribe,
                               1, r->err);
    pali_image_free(&picture);
    if (!status)
        status = split(out, r, &said);
    return status ? status : place(out, r, row, column);
}

static pali_status read_row(rx_view *out, reader *r, int row) {
    pali_arena *arena = &r->out->lines.arena;
    float text = r->tiles->text_height;
    pali_status status = read_tile(out, r, row, 0);
    for (int c = 1; c < r->tiles->columns && !status; c++) {
        const rx_tile *tile = &r->tiles->tile[row * r->tiles->columns + c];
        int shared = tile[-1].x + tile[-1].width - tile->x;
        rx_view next, both;
        status = read_tile(&next, r, row, c);
        if (!status)
            status = rx_views_beside(&both, arena, out, &next,
                                     (size_t)((float)shared / (least_letter * text)) + 1,
                                     same_row * text, r->err);
        if (!status)
            *out = both;
    }
    return status;
}

static pali_status read_tiles(rx_view *out, reader *r) {
    pali_arena *arena = &r->out->lines.arena;
    float text = r->tiles->text_height;
    pali_status status = read_row(out, r, 0);
    for (int row = 1; row < r->tiles->rows && !status; row++) {
        const rx_tile *tile = &r->tiles->tile[row * r->tiles->columns];
        int shared = tile[-r->tiles->columns].y + tile[-r->tiles->columns].height - tile->y;
        rx_view next, both;
        status = read_row(&next, r, row);
        if (!status) /* lines are two small letters apart at least */
            status =
                rx_views_below(&both, arena, out, &next, (size_t)((float)shared / (2 * text)) + 1,
                               same_row * text, r->err);
        if (!status)
            *out = both;
    }
    return status;
}

/* ---- the whole picture ---- */

/* The lines of the medicines of a scan's answer, as a reply; those without a name say nothing. */
static pali_status reply_of_scan(rx_reply *out, reader *r, const rx_said *said) {
    pali_arena *arena = &r->out->lines.arena;
    rx_scan_medicine *found;
    size_t count = 0, most = 1, size = 0;
    pali_status status =
        rx_scan_parse(&found, &count, arena, said->text, said->confidence, said->ended, r->err);
    if (status)
        return status;
    for (size_t i = 0; i < count; i++)
        most += found[i].line.size + 1;
    char *text = pali_arena_alloc(arena, most, 1, "a scan", r->err);
    float *confidence = pali_arena_alloc(arena, most, sizeof *confidence, "a scan", r->err);
    if (!text || !confidence)
        return PALI_ERROR_MEMORY;
    for (size_t i = 0; i < count; i++) {
        const rx_source *line = &found[i].line;
        memcpy(text + size, line->text, line->size);
        memcpy(confidence + size, line->confidence, line->size * sizeof *confidence);
        size += line->size;
        confidence[size] = 1;
        text[size++] = '\n';
    }
    text[size] = '\0';
    *out = (rx_reply){.topic = RX_TOPIC_MEDICINES,
                      .text = text,
                      .confidence = confidence,
                      .ended = true, /* what may be cut is left out already */
                      .one_a_line = true};
    return PALI_OK;
}

/* What was said to question `i`. */
static pali_status keep_reply(reader *r, size_t i, const rx_said *said) {
    rx_reply *reply = &r->out->replies[i];
    r->out->num_unended += !said->ended;
    if (r->asker->scans && questions[i].topic == RX_TOPIC_MEDICINES)
        return reply_of_scan(reply, r, said);
    *reply = (rx_reply){.topic = questions[i].topic,
                        .text = said->text,
                        .confidence = said->confidence,
                        .ended = said->ended};
    return PALI_OK;
}

/* The questions and, unless tiles show it better, the transcription. */
static pali_status ask_about_all(rx_view *out, reader *r, bool tiled) {
    enum { MOST = RX_NUM_QUESTIONS + 1 };
    rx_prompt prompts[MOST];
    rx_said said[MOST];
    size_t count = 0;
    if (!tiled)
        prompts[count++] = transcribe;
    for (size_t i = 0; i < RX_NUM_QUESTIONS; i++)
        prompts[count++] = r->asker->scans && questions[i].topic == RX_TOPIC_MEDICINES
                               ? scan
                               : (rx_prompt){questions[i].prompt, MAX_REPLY_TOKENS, false};
    pali_status status = r->asker->ask(r->asker->context, said, &r->out->lines.arena, r->image,
                                       prompts, count, r->err);
    for (size_t i = 0; i < RX_NUM_QUESTIONS && !status; i++)
        status = keep_reply(r, i, &said[i + !tiled]);
    return status || tiled ? status : split(out, r, &said[0]);
}

static pali_status keep(rx_lines *out, const rx_view *view, pali_error *err) {
    out->count = view->count;
    out->lines = pali_arena_alloc(&out->arena, view->count + 1, sizeof *out->lines, "lines", err);
    out->choices =
        pali_arena_alloc(&out->arena, view->count + 1, sizeof *out->choices, "lines", err);
    if (!out->lines || !out->choices)
        return PALI_ERROR_MEMORY;
    for (size_t i = 0; i < view->count; i++) {
        const rx_view_line *line = &view->lines[i];
        out->lines[i] = (rx_line){.text = line->text, .confidence = line->confidence};
        out->choices[i] = line->choices;
    }
    return PALI_OK;
}

size_t rx_num_views(const rx_tiles *tiles) {
    size_t count = (size_t)tiles->columns * (size_t)tiles->rows;
    return count > 1 ? count + 1 : 1;
}

pali_status rx_page_lines_read(rx_page_said *out, const rx_asker *asker, const pali_image *image,
                               const rx_page *page, const rx_tiles *tiles, pali_error *err) {
    rx_page_said said = {.lines = {.arena = PALI_ARENA_INIT}};
    reader r = {asker, image, page, tiles, &said, err};
    bool tiled = rx_num_views(tiles) > 1;
    rx_view view;
    pali_status status = ask_about_all(&view, &r, tiled);
    if (!status && tiled)
        status = read_tiles(&view, &r);
    if (!status)
        status = keep(&said.lines, &view, err);
    if (status)
        rx_lines_free(&said.lines);
    else
        *out = said;
    return status;
}
