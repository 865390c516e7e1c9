/* Measures of quality. Sharpness is the width of edges: at each border of ink, the darkness that is
 * gained divided by the steepest step on the way. Unlike the variance of a Laplacian it does not depend on
 * how much is written or how dark, and it can be compared with the height of the letters. */
#include "page/page_quality.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct weighted {
    float value, weight;
} weighted;

static int by_value(const void *a, const void *b) {
    const weighted *p = a, *q = b;
    return p->value < q->value ? -1 : p->value > q->value;
}

/* The value that a share of the weight does not reach. Sorts. */
static float quantile(weighted *w, int count, float share) {
    double total = 0, below = 0;
    for (int i = 0; i < count; i++)
        total += w[i].weight;
    if (count == 0)
        return 0;
    qsort(w, (size_t)count, sizeof *w, by_value);
    for (int i = 0; i < count; i++)
        if ((below += w[i].weight) >= share * total)
            return w[i].value;
    return w[count - 1].value;
}

/* Median width of the edges that ink has along rows, in pixels of the page. */
static float edge_width(const rx_gray *ink, int threshold) {
    enum { BINS = 160, REACH = 10 };
    uint32_t histogram[BINS] = {0}, count = 0, seen = 0;
    for (int y = 0; y < ink->height; y += 2) {
        const uint8_t *row = ink->pixels + (size_t)y * (size_t)ink->width;
        for (int x = 1; x + REACH < ink->width; x++) {
            if (row[x] < threshold || row[x - 1] >= threshold)
                continue;
            int u = x - 1 > REACH ? x - 1 - REACH : 0, top = x, foot = x - 1, steepest = 1;
            while (top < x + REACH && row[top + 1] > row[top])
                top++;
            while (foot > u && row[foot - 1] < row[foot])
                foot--;
            for (int k = foot; k < top; k++)
                steepest = row[k + 1] - row[k] > steepest ? row[k + 1] - row[k] : steepest;
            int bin = (row[top] - row[foot]) * 10 / steepest;
            histogram[bin < BINS ? bin : BINS - 1]++;
            count++;
        }
    }
    int bin = 0;
    while (bin < BINS - 1 && (seen += histogram[bin]) * 2 < count)
        bin++;
    return count > 0 ? (float)bin / 10 : 0;
}

/* Share of the page whose paper is blown out to white while the rest of it is clearly darker. */
static float glare(const rx_paper *paper) {
    double sum = 0;
    int cells = paper->width * paper->height, white = 0;
    for (int i = 0; i < cells; i++)
        sum += paper->light[i];
    for (int i = 0; i < cells; i++)
        white += paper->light[i] >= 250;
    return sum / cells < 215 ? (float)white / (float)cells : 0;
}

rx_page_quality rx_page_quality_measure(const rx_page_work *work) {
    rx_page_quality q = {.noise = work->noise / 255};
    const rx_text_lines *lines = &work->lines;
    if (work->paper.light)
        q.glare = glare(&work->paper);
    weighted *w = malloc(((size_t)lines->count + 1) * sizeof *w);
    if (lines->count == 0 || !w) {
        free(w);
        return q;
    }
    float zoom = (float)work->pixels_per_pixel;
    for (int i = 0; i < lines->count; i++) {
        const rx_text_line *l = &lines->line[i];
        w[i] = (weighted){(l->core_bottom - l->core_top) * zoom,
                          (l->end - l->begin) / l->letter_height};
    }
    q.text_height = quantile(w, lines->count, 0.5f);
    q.small_text_height = quantile(w, lines->count, 0.1f);
    for (int i = 0; i < lines->count; i++)
        w[i] = (weighted){lines->line[i].darkness / 255, lines->line[i].end - lines->line[i].begin};
    q.contrast = quantile(w, lines->count, 0.5f);
    q.edge_width = edge_width(&work->ink, work->levels.threshold) * zoom;
    free(w);
    return q;
}

void rx_page_warn(rx_page *page, const char *format, ...) {
    if (page->num_warnings == RX_PAGE_MAX_WARNINGS)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(page->warnings[page->num_warnings++], RX_PAGE_WARNING_SIZE, format, arguments);
    va_end(arguments);
}

void rx_page_quality_warn(rx_page *page) {
    const rx_page_quality *q = &page->quality;
    if (page->num_lines == 0) {
        rx_page_warn(page, "no text was found");
        return;
    }
    if (q->text_height < 6)
        rx_page_warn(page,
                     "text is smaller than the model can read: small letters are %.0f pixels high, "
                     "it takes 7 at least",
                     (double)q->text_height);
    else if (q->small_text_height < 5)
        rx_page_warn(page, "some of the text is smaller than the model can read");
    if (q->edge_width > 0.28f * q->text_height)
        rx_page_warn(page, "the picture is blurred");
    if (q->contrast < 0.25f)
        rx_page_warn(page, "the writing is faint");
    if (q->glare > 0.02f)
        rx_page_warn(page, "a reflection whitens %.0f %% of the page", 100 * (double)q->glare);
}
