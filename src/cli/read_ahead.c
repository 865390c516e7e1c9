/* One thread walks over the inputs and puts pages into a short queue; it waits where that is full. */
#include "cli/read_ahead.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { AHEAD = 2 }; /* pages in the queue: a picture of 200 million pixels takes 600 MB */

struct rx_read_ahead {
    const char *const *inputs;
    int count;
    const rx_scanner *scanner;
    const rx_known_pages *known;
    char sha256[RX_DIGEST_SIZE]; /* of the input that is being walked over */
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    rx_ready_page queue[AHEAD];
    size_t first, filled;
    bool ended, stopping;
};

/* Takes the page over; false if nobody wants it any more. */
static bool push(rx_read_ahead *a, rx_ready_page *page) {
    pthread_mutex_lock(&a->mutex);
    while (a->filled == AHEAD && !a->stopping)
        pthread_cond_wait(&a->changed, &a->mutex);
    bool wanted = !a->stopping;
    if (wanted)
        a->queue[(a->first + a->filled++) % AHEAD] = *page;
    pthread_cond_broadcast(&a->changed);
    pthread_mutex_unlock(&a->mutex);
    if (!wanted)
        rx_ready_page_free(page);
    return wanted;
}

static pali_status open_page(const rx_read_ahead *a, rx_ready_page *page, rx_input *in) {
    pali_status status = PALI_OK;
    if (a->known)
        status = a->known->find(a->known->context, &page->known, page, &page->error);
    if (status || (page->known && !a->known->pictures))
        return status;
    status = rx_input_decode(in);
    if (status) {
        page->error = in->error;
        return status;
    }
    return rx_scan_prepare(&page->prepared, a->scanner, &in->image, &page->error);
}

static bool on_input(void *context, rx_input *in) {
    rx_read_ahead *a = context;
    rx_ready_page page = {.input = strdup(in->input), .page = in->page, .error = in->error};
    if (!page.input)
        return false;
    if (in->page <= 1) { /* the pages of a document share its bytes */
        a->sha256[0] = '\0';
        if (in->bytes && rx_digest(a->sha256, in->bytes, in->size, &page.error))
            page.failed = true;
    }
    memcpy(page.sha256, a->sha256, sizeof page.sha256);
    page.failed = page.failed || !in->bytes || open_page(a, &page, in);
    return push(a, &page);
}

static void *walk(void *argument) {
    rx_read_ahead *a = argument;
    rx_inputs_walk(a->inputs, a->count, on_input, a);
    pthread_mutex_lock(&a->mutex);
    a->ended = true;
    pthread_cond_broadcast(&a->changed);
    pthread_mutex_unlock(&a->mutex);
    return NULL;
}

rx_read_ahead *rx_read_ahead_new(const char *const *inputs, int count, const rx_scanner *scanner,
                                 const rx_known_pages *known) {
    rx_read_ahead *a = calloc(1, sizeof *a);
    if (!a)
        return NULL;
    a->inputs = inputs;
    a->count = count;
    a->scanner = scanner;
    a->known = known;
    pthread_mutex_init(&a->mutex, NULL);
    pthread_cond_init(&a->changed, NULL);
    if (pthread_create(&a->thread, NULL, walk, a) != 0) {
        pthread_cond_destroy(&a->changed);
        pthread_mutex_destroy(&a->mutex);
        free(a);
        return NULL;
    }
    return a;
}

bool rx_read_ahead_next(rx_read_ahead *a, rx_ready_page *out) {
    pthread_mutex_lock(&a->mutex);
    while (a->filled == 0 && !a->ended)
        pthread_cond_wait(&a->changed, &a->mutex);
    bool any = a->filled > 0;
    if (any) {
        *out = a->queue[a->first];
        a->first = (a->first + 1) % AHEAD;
        a->filled--;
        pthread_cond_broadcast(&a->changed);
    }
    pthread_mutex_unlock(&a->mutex);
    return any;
}

void rx_ready_page_free(rx_ready_page *page) {
    rx_prepared_free(&page->prepared);
    json_decref(page->known);
    page->known = NULL;
    free(page->input);
    page->input = NULL;
}

void rx_read_ahead_free(rx_read_ahead *a) {
    if (!a)
        return;
    pthread_mutex_lock(&a->mutex);
    a->stopping = true;
    pthread_cond_broadcast(&a->changed);
    pthread_mutex_unlock(&a->mutex);
    pthread_join(a->thread, NULL);
    for (; a->filled; a->filled--, a->first = (a->first + 1) % AHEAD)
        rx_ready_page_free(&a->queue[a->first]);
    pthread_cond_destroy(&a->changed);
    pthread_mutex_destroy(&a->mutex);
    free(a);
}
