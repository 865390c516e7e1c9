/* A page reader finds the cells of a table as lines of their own, column by column. Pieces are first
 * chained into bands, from left to right, each to the nearest one at about its own height: only
 * neighbours are compared, so that a slope which is left in the picture does no harm. In a table,
 * which a row of headings begins, bands become rows: a number or an entry starts one, what has
 * neither is a wrapped cell. Elsewhere only pieces that a medicine needs are joined with it. */
#include "rx/rows.h"

#include "rx/amounts.h"
#include "rx/dates.h"
#include "rx/directions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NONE = -1, FEW_BANDS = 4 };

/* What a piece says. */
enum {
    IS_NUMBER = 1 << 0,     /* "1", "2.", "(3)" and nothing else */
    IS_NUMBERED = 1 << 1,   /* a number and then an entry: "1. Tab X" */
    IS_ENTRY = 1 << 2,      /* a medicine's name with a form or a strength */
    IS_FORM_FIRST = 1 << 3, /* an entry that its form begins */
    IS_DIRECTIONS = 1 << 4, /* strength, dose, frequency, duration: no name */
    IS_FIELD = 1 << 5,      /* of the patient, the prescriber, the visit */
    IS_SECTION = 1 << 6,    /* tests, advice: what ends a table */
};

enum { TIME_NONE, TIME_MORNING, TIME_NOON, TIME_EVENING, TIME_NIGHT, TIME_DINNER };

/* Lengths are fractions of the page: horizontal ones of its width, vertical ones of its height. */
static const double touching = 0.01;  /* pieces side by side may overlap so much */
static const double number_gap = 0.1; /* from a number to its entry */
static const double next_line = 3; /* heights of a line from one of a cell to its next, at most */
static const double long_enough = 0.3; /* a band that shows the page's slope */

typedef struct piece {
    const rx_line *line;
    double left, right;
    double level;  /* of its middle; freed of the page's slope once that is known */
    double height; /* for comparisons: near the page's median */
    unsigned is;
    int heads;   /* words of a table's heading, if it is made of nothing else */
    int time;    /* of the day that it heads a column for: TIME_* */
    bool slot;   /* it may be what is taken at such a time: "1", "1/2", "0" */
    bool number; /* nothing but a number */
    bool days;   /* it heads a column of days or weeks: "Days" */
    int unit;    /* the piece that heads its column, which is what its number counts; NONE: none */
    bool hyphened; /* it goes on with the pattern of the piece before it: "1-0-1" */
    bool placed, struck;
    int band, next; /* the band, and the next piece in it, to the right; NONE at the end */
    int row;        /* pieces of one row are joined; NONE: stays alone */
} piece;

typedef struct band {
    int first, last;
    double level; /* mean of its pieces' */
} band;

typedef struct rows {
    pali_arena scratch;
    piece *pieces; /* as given */
    band *bands;   /* top to bottom */
    int num_pieces, num_bands, num_rows;
    pali_error *err;
} rows;

/* ---- what pieces say ---- */

int rx_count_heads(const rx_tokens *tokens) {
    static const char names[] = " medicine medicines medication medications drug drugs name brand ";
    static const char heads[] = " no sno slno srno sl sr # dose dosage strength frequency freq "
                                "timing timings duration days qty quantity instruction "
                                "instructions direction directions remarks remark route ";
    static const char fillers[] = " s of the and in & . / ( ) : - generic ",
                      behind[] = " before after food meal meals breakfast lunch dinner relation ";
    int count = 0, named = 0, times = 0;
    for (size_t i = 0; i < tokens->count; i++) {
        char word[32] = " ";
        rx_found time = rx_find_phrase(tokens, i, RX_KIND(TIME));
        const char *text = tokens->items[i].text;
        if (strlen(text) + 3 > sizeof word)
            return 0;
        strcat(strcat(word, text), " ");
        if (strstr(names, word))
            named++;
        else if (strstr(heads, word))
            count++;
        else if (time.phrase && named > 0) /* "Drug Morning Noon Night": else a direction */
            times++, i += time.count - 1;
        else if (!strstr(fillers, word) && !(named > 0 && strstr(behind, word)))
            return 0;
    }
    return count + named + times;
}

/* Behind "1", "1.", "(1)", "#1:"; 0 if it does not start so. */
static size_t ordinal_length(const rx_tokens *tokens) {
    size_t at =
        rx_token_is(rx_token_at(tokens, 0), "(") || rx_token_is(rx_token_at(tokens, 0), "#");
    if (!rx_is_ordinal(rx_token_at(tokens, at)))
        return 0;
    const rx_token *behind = rx_token_at(tokens, ++at);
    return at + (rx_token_is(behind, ")") || rx_token_is(behind, ".") || rx_token_is(behind, ":"));
}

/* Something of the page that is not about a medicine: "Reg. No. 1", "Dr. A", a date. */
static bool is_field(const rx_tokens *tokens) {
    const uint64_t keys = RX_KIND(KEY_NAME) | RX_KIND(KEY_AGE) | RX_KIND(KEY_SEX) |
                          RX_KIND(KEY_DATE) | RX_KIND(KEY_OTHER);
    rx_found key = rx_find_phrase(tokens, 0, keys);
    return (key.phrase && (key.count > 1 || rx_token_is(rx_token_at(tokens, key.count), ":"))) ||
           rx_find_phrase(tokens, 0, RX_KIND(KEY_DOCTOR)).phrase ||
           (tokens->count > 0 && rx_read_date(tokens, 0).count == tokens->count);
}

static bool is_section(const rx_tokens *tokens) {
    const uint64_t kinds = RX_KIND(TEST) | RX_KIND(ADVICE) | RX_KIND(VITAL) | RX_KIND(PLACE) |
                           RX_KIND(KEY_DIAGNOSIS) | RX_KIND(KEY_COMPLAINT) | RX_KIND(HEADING_RX) |
                           RX_KIND(HEADING_TESTS) | RX_KIND(HEADING_ADVICE);
    return rx_find_phrase(tokens, 0, kinds).phrase != NULL;
}

/* `start`: tokens of the number before the medicine. A letter is a form only beside a strength:
 * "T Lamosyn 25 mg". */
static unsigned judge(const rx_medicine *m, const rx_tokens *tokens, size_t start) {
    bool strength = m->strength.unit || m->strength.num_parts;
    const rx_token *first = rx_token_at(tokens, start);
    bool letter = strength && m->form.value && first->kind == RX_TOKEN_WORD && !first->text[1] &&
                  strncmp(tokens->source + first->begin, m->form.written.text,
                          first->end - first->begin) == 0;
    bool form = letter || rx_find_phrase(tokens, start, RX_KIND(FORM)).phrase != NULL;
    if (m->name.written.text && (form || m->form.written.text || strength))
        return IS_ENTRY | (form ? IS_FORM_FIRST : 0) | (start > 0 ? IS_NUMBERED : 0);
    bool fields = m->dose.written.text || m->frequency.written.text || m->frequency.when ||
                  m->duration.written.text || m->quantity.written.text || m->as_needed ||
                  m->strength.written.text || m->route.written.text;
    return fields && !m->name.written.text ? IS_DIRECTIONS : 0;
}

/* A leading number is the entry's own or the first word of a direction: whichever makes sense. */
static pali_status judge_text(rows *r, unsigned *is, const rx_source *source,
                              const rx_tokens *tokens) {
    size_t start = ordinal_length(tokens);
    if (start > 0 && start == tokens->count) {
        *is = IS_NUMBER;
        return PALI_OK;
    }
    *is = is_field(tokens) ? IS_FIELD : is_section(tokens) ? IS_SECTION : 0;
    for (size_t from = start; !*is; from = 0) {
        size_t skip = rx_token_at(tokens, from)->begin;
        rx_source rest = {source->text + skip,
                          source->confidence ? source->confidence + skip : NULL,
                          source->size - skip};
        rx_medicine medicine = {0};
        pali_status status = rx_parse_directions(&medicine, &r->scratch, &rest, r->err);
        if (status)
            return status;
        unsigned found = judge(&medicine, tokens, from);
        *is = from == 0 || found & IS_ENTRY ? found : 0;
        if (from == 0)
            break;
    }
    return PALI_OK;
}

static bool is_box(const float box[4]) {
    return box[2] > box[0] && box[3] > box[1];
}

/* "Morning", "M", "Lunch": of which time of the day a column's heading is; TIME_NONE: of none. */
static int time_of(const rx_tokens *tokens) {
    static const struct {
        const char *word;
        int time;
    } words[] = {{"m", TIME_MORNING},    {"breakfast", TIME_MORNING}, {"a", TIME_NOON},
                 {"aft", TIME_NOON},     {"lunch", TIME_NOON},        {"e", TIME_EVENING},
                 {"evng", TIME_EVENING}, {"n", TIME_NIGHT},           {"nt", TIME_NIGHT},
                 {"dinner", TIME_DINNER}};
    for (size_t i = 0; i < sizeof words / sizeof *words && tokens->count == 1; i++)
        if (rx_token_is(&tokens->items[0], words[i].word))
            return words[i].time;
    rx_found time = rx_find_phrase(tokens, 0, RX_KIND(TIME));
    unsigned when = time.phrase && time.count == tokens->count ? time.phrase->when : 0;
    return when & RX_WHEN_MORNING                     ? TIME_MORNING
           : when & RX_WHEN_NOON                      ? TIME_NOON
           : when & RX_WHEN_EVENING                   ? TIME_EVENING
           : when & (RX_WHEN_NIGHT | RX_WHEN_BEDTIME) ? TIME_NIGHT
                                                      : TIME_NONE;
}

/* So many tablets or units, or a cross for none. */
static bool is_slot(const rx_tokens *tokens) {
    const double most = 100;
    if (tokens->count == 1 && rx_token_is(&tokens->items[0], "x"))
        return true;
    rx_amount amount = rx_read_amount(tokens, 0);
    rx_found unit = rx_find_phrase(tokens, amount.count, RX_KIND(UNIT) | RX_KIND(COUNT));
    bool units = unit.phrase && (strcmp(unit.phrase->value, "[iU]") == 0 ||
                                 strcmp(unit.phrase->value, "{tablet}") == 0);
    size_t count = amount.count + (units ? unit.count : 0);
    return amount.count > 0 && count == tokens->count && amount.low == amount.high &&
           amount.low <= most && rx_token_at(tokens, 0)->kind == RX_TOKEN_NUMBER;
}

static pali_status make_piece(rows *r, piece *p, const rx_line *line) {
    const float *box = is_box(line->straight) ? line->straight : line->box;
    size_t mark = line->text[0] == '~';
    rx_source source = {line->text + mark, line->confidence ? line->confidence + mark : NULL,
                        strlen(line->text) - mark};
    *p = (piece){.line = line,
                 .left = (double)box[0],
                 .right = (double)box[2],
                 .level = ((double)box[1] + (double)box[3]) / 2,
                 .height = (double)box[3] - (double)box[1],
                 .placed = is_box(box),
                 .struck = line->struck_out || mark > 0,
                 .band = NONE,
                 .next = NONE,
                 .unit = NONE,
                 .row = NONE};
    rx_tokens tokens;
    pali_status status = rx_tokenize(&tokens, &r->scratch, source.text, source.size, r->err);
    if (status)
        return status;
    p->heads = rx_count_heads(&tokens);
    p->time = time_of(&tokens);
    p->slot = is_slot(&tokens);
    p->number = tokens.count == 1 && tokens.items[0].kind == RX_TOKEN_NUMBER;
    p->days = tokens.count == 1 && rx_find_phrase(&tokens, 0, RX_KIND(SPAN)).phrase &&
              tokens.items[0].text[strlen(tokens.items[0].text) - 1] == 's';
    return p->heads ? PALI_OK : judge_text(r, &p->is, &source, &tokens);
}

/* ---- bands ---- */

static int compare(double a, double b) {
    return (a > b) - (a < b);
}

static int by_number(const void *a, const void *b) {
    return compare(*(const double *)a, *(const double *)b);
}

/* The middle one of `count` numbers, which are sorted for it. */
static double median(double *numbers, int count) {
    if (count == 0)
        return 0;
    qsort(numbers, (size_t)count, sizeof *numbers, by_number);
    return numbers[count / 2];
}

/* A dash is low and a letterhead high: neither says how far a row reaches. */
static void limit_heights(rows *r, double *numbers) {
    int count = 0;
    for (int i = 0; i < r->num_pieces; i++)
        if (r->pieces[i].placed)
            numbers[count++] = r->pieces[i].height;
    double usual = median(numbers, count);
    for (int i = 0; i < r->num_pieces; i++)
        r->pieces[i].height = fmin(fmax(r->pieces[i].height, 0.6 * usual), 2 * usual);
}

typedef struct placed_index {
    double key, second;
    int index;
} placed_index;

static int by_key(const void *a, const void *b) {
    const placed_index *x = a, *y = b;
    int order = compare(x->key, y->key);
    order = order ? order : compare(x->second, y->second);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

/* The band of a piece that is known to stand in the same row; NONE if there is none yet. */
static int band_of_row(const rows *r, const piece *p) {
    for (int i = 0; i < r->num_pieces && p->line->row; i++) {
        const piece *other = &r->pieces[i];
        if (other->line->row == p->line->row && other->struck == p->struck && other->band != NONE)
            return other->band;
    }
    return NONE;
}

static int nearest_band(const rows *r, const piece *p) {
    int best = NONE;
    double least = 0;
    for (int i = 0; i < r->num_bands && p->placed; i++) {
        const piece *last = &r->pieces[r->bands[i].last];
        double distance = fabs(p->level - last->level);
        if (last->placed && last->struck == p->struck && last->right <= p->left + touching &&
            distance < 0.25 * (p->height + last->height) && (best == NONE || distance < least)) {
            best = i;
            least = distance;
        }
    }
    return best;
}

static double centre(const piece *p) {
    return (p->left + p->right) / 2;
}

/* How far the page's rows descend over its whole width. */
static double find_slope(const rows *r, double *slopes) {
    int count = 0;
    for (int i = 0; i < r->num_bands; i++) {
        const piece *a = &r->pieces[r->bands[i].first], *b = &r->pieces[r->bands[i].last];
        if (centre(b) - centre(a) >= long_enough)
            slopes[count++] = (b->level - a->level) / (centre(b) - centre(a));
    }
    return median(slopes, count);
}

static void level_bands(rows *r) {
    for (int i = 0; i < r->num_bands; i++) {
        double sum = 0;
        int num = 0;
        for (int k = r->bands[i].first; k != NONE; k = r->pieces[k].next, num++)
            sum += r->pieces[k].level;
        r->bands[i].level = sum / num;
    }
}

static int by_level(const void *a, const void *b) {
    const band *x = a, *y = b;
    int order = compare(x->level, y->level);
    return order ? order : (x->first > y->first) - (x->first < y->first);
}

/* Chains all pieces; `order` has them from left to right. */
static void chain(rows *r, const placed_index *order) {
    r->num_bands = 0;
    for (int i = 0; i < r->num_pieces; i++)
        r->pieces[i].band = r->pieces[i].next = NONE;
    for (int i = 0; i < r->num_pieces; i++) {
        int index = order[i].index, found = band_of_row(r, &r->pieces[index]);
        if (found == NONE)
            found = nearest_band(r, &r->pieces[index]);
        if (found == NONE) {
            found = r->num_bands++;
            r->bands[found] = (band){.first = index};
        } else {
            r->pieces[r->bands[found].last].next = index;
        }
        r->bands[found].last = index;
        r->pieces[index].band = found;
    }
}

/* Twice: what the first round joins shows the slope that the second one allows for. */
static pali_status make_bands(rows *r) {
    size_t count = (size_t)r->num_pieces;
    double *numbers = pali_arena_alloc(&r->scratch, count + 1, sizeof *numbers, "rows", r->err);
    placed_index *order = pali_arena_alloc(&r->scratch, count + 1, sizeof *order, "rows", r->err);
    r->bands = pali_arena_alloc(&r->scratch, count + 1, sizeof *r->bands, "rows", r->err);
    if (!numbers || !order || !r->bands)
        return PALI_ERROR_MEMORY;
    limit_heights(r, numbers);
    for (int i = 0; i < r->num_pieces; i++)
        order[i] = (placed_index){r->pieces[i].left, r->pieces[i].level, i};
    qsort(order, count, sizeof *order, by_key);
    chain(r, order);
    double slope = find_slope(r, numbers);
    for (int i = 0; i < r->num_pieces; i++)
        r->pieces[i].level -= slope * centre(&r->pieces[i]);
    chain(r, order);
    level_bands(r);
    qsort(r->bands, (size_t)r->num_bands, sizeof *r->bands, by_level);
    return PALI_OK;
}

/* ---- tables ---- */

typedef struct table {
    double left, second; /* where the first heading stands, and the one right of it */
    bool numbered;       /* rows start with a number, which ends before `behind_number` */
    double behind_number;
} table;

/* Two headings apart, or three that were found as one line, or one and times of the day. */
static bool is_heading_row(table *out, const rows *r, const band *b) {
    enum { ENOUGH_TIMES = 3 };
    int heads = 0, parts = 0, times = 0;
    *out = (table){.second = 1};
    for (int i = b->first; i != NONE; i = r->pieces[i].next) {
        const piece *p = &r->pieces[i];
        if (p->time && !p->struck && parts > 0) {
            if (times++ == 0 && parts == 1)
                out->second = p->left;
            continue;
        }
        if (!p->heads || p->struck)
            continue;
        if (parts == 0)
            out->left = p->left;
        else if (parts == 1 && times == 0)
            out->second = p->left;
        parts++;
        heads += p->heads;
    }
    return (parts >= 2 && heads >= 2) || heads >= 3 || (parts > 0 && times >= ENOUGH_TIMES);
}

/* A number may stand left of the first heading; anything else there is another column of the page. */
static bool in_table(const table *t, const piece *p) {
    return p->placed && p->row == NONE && (p->right > t->left || p->is & IS_NUMBER);
}

static const piece *first_of(const rows *r, const table *t, const band *b) {
    for (int i = b->first; i != NONE; i = r->pieces[i].next)
        if (in_table(t, &r->pieces[i]))
            return &r->pieces[i];
    return NULL;
}

static void find_numbers(table *t, const rows *r, int heading) {
    for (int k = heading + 1; k < r->num_bands && k <= heading + FEW_BANDS && !t->numbered; k++) {
        const piece *p = first_of(r, t, &r->bands[k]);
        if (!p || !(p->is & (IS_NUMBER | IS_NUMBERED)) || p->left >= t->second)
            continue;
        t->numbered = true;
        t->behind_number = p->is & IS_NUMBER ? p->right + touching : p->left + touching;
    }
}

static bool starts_row(const rows *r, const table *t, const band *b) {
    const piece *p = first_of(r, t, b);
    if (!p || p->left >= t->second - touching)
        return false;
    if (t->numbered)
        return p->is & IS_FORM_FIRST ||
               (p->is & (IS_NUMBER | IS_NUMBERED) && p->left < t->behind_number);
    return p->is & IS_ENTRY || (p->next != NONE && !(p->is & IS_DIRECTIONS));
}

static bool ends_table(const rows *r, const table *t, const band *b, double gap, double widest) {
    const piece *p = first_of(r, t, b);
    if ((p->is & (IS_FIELD | IS_SECTION) && p->left < t->second) ||
        (widest > 0 && gap > 2.5 * widest))
        return true;
    if (starts_row(r, t, b) || p->left >= t->second - touching)
        return false;
    return t->numbered ? p->left < t->behind_number
                       : gap > 0.75 * widest && !(p->is & IS_DIRECTIONS);
}

/* What is struck out in a row and what is not become lines of their own. */
static void take_band(rows *r, const table *t, const band *b, int row) {
    for (int i = b->first; i != NONE; i = r->pieces[i].next)
        if (in_table(t, &r->pieces[i]) && !(r->pieces[i].is & IS_FIELD))
            r->pieces[i].row = row + r->pieces[i].struck;
}

/* Cells that are centred between the rules begin above their row's number: then the nearest row has
 * them, else the one that started last. */
static int row_of(const rows *r, const int *starts, const int *row_at, int k, int end,
                  bool centred) {
    int above = k, below = k;
    while (above >= 0 && !starts[above])
        above--;
    while (below < end && !starts[below])
        below++;
    bool has_above = above >= 0, has_below = below < end;
    double up = has_above ? r->bands[k].level - r->bands[above].level : INFINITY;
    double down = has_below ? r->bands[below].level - r->bands[k].level : INFINITY;
    if (has_below && (!has_above || (centred && down < up)))
        return row_at[below];
    return has_above ? row_at[above] : NONE;
}

/* Takes off what is too far below the last row to be of its cells: the foot of the page. */
static int cut_foot(const rows *r, const table *t, int heading, int end) {
    int last = end - 1;
    while (last > heading && !starts_row(r, t, &r->bands[last]))
        last--;
    for (int k = last + 1, above = last; last > heading && k < end; k++) {
        const piece *p = first_of(r, t, &r->bands[k]);
        if (!p)
            continue;
        if (r->bands[k].level - r->bands[above].level > next_line * p->height)
            return k;
        above = k;
    }
    return end;
}

/* The band behind the last one of the table that band `heading` begins. */
static int find_end(const rows *r, const table *t, int heading) {
    double level = r->bands[heading].level, widest = 0;
    int end = heading + 1;
    for (int k = heading + 1; k < r->num_bands; k++) {
        if (!first_of(r, t, &r->bands[k]))
            continue;
        double gap = r->bands[k].level - level;
        table next;
        if (ends_table(r, t, &r->bands[k], gap, widest) || is_heading_row(&next, r, &r->bands[k]))
            break;
        widest = fmax(widest, gap);
        level = r->bands[k].level;
        end = k + 1;
    }
    return t->numbered ? cut_foot(r, t, heading, end) : end;
}

/* The columns for times of the day below the headings of `b`, if they are those of a pattern. */
static int find_times(const rows *r, const band *b, double centres[4]) {
    int times[4] = {0}, count = 0;
    for (int i = b->first; i != NONE; i = r->pieces[i].next) {
        const piece *p = &r->pieces[i];
        if (!p->time || p->struck)
            continue;
        if (count == 4)
            return 0;
        centres[count] = centre(p);
        times[count++] = p->time;
    }
    static const int three[] = {TIME_MORNING, TIME_NOON, TIME_NIGHT},
                     four[] = {TIME_MORNING, TIME_NOON, TIME_EVENING, TIME_NIGHT};
    for (int k = 0; k < count; k++)
        if (times[k] == TIME_DINNER) /* before bedtime, or the last of three meals */
            times[k] = k == 2 && count == 4 ? TIME_EVENING : TIME_NIGHT;
    return (count == 3 && memcmp(times, three, sizeof three) == 0) ||
                   (count == 4 && memcmp(times, four, sizeof four) == 0)
               ? count
               : 0;
}

/* Makes "1-0-1" of a row's cells below those headings, where none of them is blank: a blank may be a cell that was not
 * found. */
static void join_times(rows *r, int row, const double *centres, int count) {
    int cells[4] = {NONE, NONE, NONE, NONE};
    double reach = (centres[1] - centres[0]) / 2;
    for (int k = 1; k < count; k++)
        reach = fmin(reach, (centres[k] - centres[k - 1]) / 2);
    for (int i = 0; i < r->num_pieces; i++)
        for (int k = 0; k < count && r->pieces[i].row == row; k++)
            if (fabs(centre(&r->pieces[i]) - centres[k]) < reach) {
                if (cells[k] != NONE || !r->pieces[i].slot)
                    return;
                cells[k] = i;
            }
    for (int k = 0; k < count; k++)
        if (cells[k] == NONE)
            return;
    for (int k = 1; k < count; k++)
        r->pieces[cells[k]].hyphened = true;
}

/* Whether `p` is one of several cells of its row, and all of its own: "20" and below it "tabs" are one. */
static bool is_whole_cell(const rows *r, const piece *p) {
    bool alone = true;
    for (int i = 0; i < r->num_pieces; i++) {
        const piece *other = &r->pieces[i];
        if (other == p || other->row != p->row)
            continue;
        if (other->left < p->right + touching && other->right > p->left - touching)
            return false;
        alone = false;
    }
    return !alone;
}

/* A number below "Days" is so many days: it gets the heading's word. */
static void give_units(rows *r, const band *heading, int row) {
    for (int h = heading->first; h != NONE; h = r->pieces[h].next)
        for (int i = 0; i < r->num_pieces && r->pieces[h].days; i++) {
            piece *p = &r->pieces[i];
            double middle = centre(p), reach = touching + p->height;
            bool below = middle > r->pieces[h].left - reach && middle < r->pieces[h].right + reach;
            if (below && p->row == row && p->number && !p->struck && is_whole_cell(r, p))
                p->unit = h;
        }
}

static pali_status join_table(rows *r, table *t, int heading) {
    find_numbers(t, r, heading);
    int end = find_end(r, t, heading);
    size_t count = (size_t)r->num_bands;
    int *starts = pali_arena_alloc(&r->scratch, count, sizeof *starts, "rows", r->err);
    int *row_at = pali_arena_alloc(&r->scratch, count, sizeof *row_at, "rows", r->err);
    if (!starts || !row_at)
        return PALI_ERROR_MEMORY;
    bool begun = false, centred = false;
    for (int k = 0; k < end; k++) {
        starts[k] = k > heading && starts_row(r, t, &r->bands[k]);
        row_at[k] = r->num_rows;
        r->num_rows += 2 * starts[k];
        centred |= k > heading && !begun && !starts[k] && first_of(r, t, &r->bands[k]);
        begun |= starts[k];
    }
    take_band(r, t, &r->bands[heading], r->num_rows);
    r->num_rows += 2;
    for (int k = heading + 1; k < end; k++) {
        int row = row_of(r, starts, row_at, k, end, centred);
        if (row != NONE)
            take_band(r, t, &r->bands[k], row);
    }
    double centres[4];
    int times = find_times(r, &r->bands[heading], centres);
    for (int k = heading + 1; k < end; k++) {
        if (starts[k] && times > 0)
            join_times(r, row_at[k], centres, times);
        if (starts[k])
            give_units(r, &r->bands[heading], row_at[k]);
    }
    return PALI_OK;
}

/* ---- outside of tables ---- */

/* Whether the next piece above `p` in its own column is an entry, whose directions it then is. */
static bool is_below_entry(const rows *r, const piece *p) {
    const piece *above = NULL;
    for (int i = 0; i < r->num_pieces; i++) {
        const piece *q = &r->pieces[i];
        bool over = q->placed && q->level < p->level && q->left < p->right && q->right > p->left;
        if (over && (!above || q->level > above->level))
            above = q;
    }
    return above && above->is & IS_ENTRY && p->level - above->level < 2.5 * p->height &&
           above->left > p->left - 0.1;
}

/* Whether `right`, the next piece in its band, belongs to `left`, where `entry` says that a
 * medicine's line reaches up to `left`. */
static bool belongs(const rows *r, bool entry, const piece *left, const piece *right) {
    if (left->row != NONE && !entry)
        return false;
    if (left->is & IS_NUMBER)
        return (right->is & (IS_ENTRY | IS_NUMBERED)) == IS_ENTRY &&
               right->left - left->right < number_gap;
    return entry && right->is & IS_DIRECTIONS && !is_below_entry(r, right);
}

static void join_entries(rows *r, const band *b) {
    bool entry = false;
    for (int i = b->first; r->pieces[i].next != NONE; i = r->pieces[i].next) {
        piece *left = &r->pieces[i], *right = &r->pieces[left->next];
        entry |= left->is & IS_ENTRY && left->row == NONE;
        if (right->row != NONE || !belongs(r, entry, left, right)) {
            entry = false;
            continue;
        }
        if (left->row == NONE)
            left->row = r->num_rows++;
        right->row = left->row;
        entry |= right->is & IS_ENTRY;
    }
}

/* ---- joining ---- */

/* The pieces of a row cell by cell, from left to right; a cell's own from top to bottom. */
static int collect(const rows *r, int row, placed_index *out) {
    int count = 0;
    for (int i = 0; i < r->num_pieces; i++)
        if (r->pieces[i].row == row)
            out[count++] = (placed_index){r->pieces[i].left, r->pieces[i].level, i};
    qsort(out, (size_t)count, sizeof *out, by_key);
    double cell = 0, right = -INFINITY;
    for (int i = 0; i < count; i++) {
        const piece *p = &r->pieces[out[i].index];
        if (p->left > right - touching)
            cell++;
        right = fmax(right, p->right);
        out[i].key = cell;
    }
    qsort(out, (size_t)count, sizeof *out, by_key);
    return count;
}

void rx_box_widen(float box[4], const float other[4]) {
    if (!is_box(box)) {
        memcpy(box, other, 4 * sizeof *box);
        return;
    }
    for (int i = 0; i < 2; i++) {
        box[i] = fminf(box[i], other[i]);
        box[i + 2] = fmaxf(box[i + 2], other[i + 2]);
    }
}

typedef struct joined {
    char *text;
    float *confidence;
    rx_choice *choices;
    size_t size, num_choices;
} joined;

static void append(joined *j, const rx_line *line, const rx_choices *choices, char between) {
    size_t mark = line->text[0] == '~', size = strlen(line->text) - mark;
    if (j->size > 0 && size > 0) {
        j->text[j->size] = between;
        j->confidence[j->size++] = 1;
    }
    for (size_t i = 0; choices && i < choices->count; i++) {
        rx_choice choice = choices->items[i];
        if (choice.at < mark)
            continue;
        choice.at += j->size - mark;
        j->choices[j->num_choices++] = choice;
    }
    for (size_t i = 0; i < size; i++) {
        j->text[j->size] = line->text[mark + i];
        j->confidence[j->size++] = line->confidence ? line->confidence[mark + i] : 1;
    }
}

static pali_status join_row(rx_rows *out, pali_arena *arena, rows *r, const rx_choices *choices,
                            int row, placed_index *order) {
    int count = collect(r, row, order);
    const rx_line *given = r->pieces[0].line;
    size_t size = 1, num_choices = 1;
    for (int i = 0; i < count; i++) {
        const piece *p = &r->pieces[order[i].index];
        size += strlen(p->line->text) + 1;
        size += p->unit != NONE ? strlen(given[p->unit].text) + 1 : 0;
        num_choices += choices ? choices[order[i].index].count : 0;
    }
    joined j = {.text = pali_arena_alloc(arena, size, 1, "a row", r->err),
                .confidence = pali_arena_alloc(arena, size, sizeof(float), "a row", r->err),
                .choices =
                    pali_arena_alloc(arena, num_choices, sizeof(rx_choice), "a row", r->err)};
    if (!j.text || !j.confidence || !j.choices)
        return PALI_ERROR_MEMORY;
    rx_line line = given[order[0].index];
    for (int i = 0; i < count; i++) {
        int index = order[i].index;
        append(&j, &given[index], choices ? &choices[index] : NULL,
               r->pieces[index].hyphened ? '-' : ' ');
        if (r->pieces[index].unit != NONE)
            append(&j, &given[r->pieces[index].unit], NULL, ' ');
        rx_box_widen(line.box, given[index].box);
        rx_box_widen(line.straight, given[index].straight);
    }
    j.text[j.size] = '\0';
    line.text = j.text;
    line.confidence = j.confidence;
    line.struck_out = r->pieces[order[0].index].struck;
    if (choices)
        out->choices[out->count] = (rx_choices){j.num_choices, j.choices};
    out->lines[out->count++] = line;
    return PALI_OK;
}

static pali_status put_lines(rx_rows *out, pali_arena *arena, rows *r, const rx_choices *choices) {
    size_t count = (size_t)r->num_pieces;
    bool *done =
        pali_arena_alloc(&r->scratch, (size_t)r->num_rows + 1, sizeof *done, "rows", r->err);
    placed_index *order = pali_arena_alloc(&r->scratch, count + 1, sizeof *order, "rows", r->err);
    out->lines = pali_arena_alloc(arena, count + 1, sizeof *out->lines, "rows", r->err);
    out->choices =
        choices ? pali_arena_alloc(arena, count + 1, sizeof *out->choices, "rows", r->err) : NULL;
    if (!done || !order || !out->lines || (choices && !out->choices))
        return PALI_ERROR_MEMORY;
    memset(done, 0, (size_t)r->num_rows + 1);
    pali_status status = PALI_OK;
    for (size_t i = 0; i < count && !status; i++) {
        int row = r->pieces[i].row;
        if (row == NONE) {
            if (choices)
                out->choices[out->count] = choices[i];
            out->lines[out->count++] = *r->pieces[i].line;
        } else if (!done[row]) {
            done[row] = true;
            status = join_row(out, arena, r, choices, row, order);
        }
    }
    return status;
}

static pali_status find_rows(rows *r, const rx_line *lines) {
    pali_status status = PALI_OK;
    for (int i = 0; i < r->num_pieces && !status; i++)
        status = make_piece(r, &r->pieces[i], &lines[i]);
    if (!status)
        status = make_bands(r);
    for (int i = 0; i < r->num_bands && !status; i++) {
        table t;
        if (is_heading_row(&t, r, &r->bands[i]))
            status = join_table(r, &t, i);
    }
    for (int i = 0; i < r->num_bands && !status; i++)
        join_entries(r, &r->bands[i]);
    return status;
}

pali_status rx_rows_join(rx_rows *out, pali_arena *arena, const rx_line *lines,
                         const rx_choices *choices, size_t num_lines, pali_error *err) {
    if (num_lines > RX_MAX_LINES)
        return pali_fail(err, PALI_ERROR_LIMIT, "%zu lines on one page are too many", num_lines);
    rows r = {.scratch = PALI_ARENA_INIT, .num_pieces = (int)num_lines, .err = err};
    rx_rows joined_rows = {0};
    r.pieces = pali_arena_alloc(&r.scratch, num_lines + 1, sizeof *r.pieces, "rows", err);
    pali_status status = r.pieces ? find_rows(&r, lines) : PALI_ERROR_MEMORY;
    if (!status)
        status = put_lines(&joined_rows, arena, &r, choices);
    pali_arena_free(&r.scratch);
    if (!status)
        *out = joined_rows;
    return status;
}
