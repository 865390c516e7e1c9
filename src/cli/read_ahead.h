/* Pages, opened and prepared by a thread of its own a little ahead of who reads them: a picture is
 * decoded while the model works on the one before. */
#ifndef RX_CLI_READ_AHEAD_H
#define RX_CLI_READ_AHEAD_H

#include "cli/cli.h"
#include "rx/digest.h"
#include "scan/scan.h"

/* A page that is ready to be read, or the reason why it is not. */
typedef struct rx_ready_page {
    char *input; /* malloc'ed */
    int page;
    char sha256[RX_DIGEST_SIZE]; /* of the input's bytes; "" if they could not be read */
    bool failed;
    pali_error error;
    json_t *known;        /* what is known of it already; NULL: nothing */
    rx_prepared prepared; /* all NULL where it failed, or is known and no picture is wanted */
} rx_ready_page;

/* Looks a page up before it is decoded: what is known of it, or NULL, goes to `*out`. Called on the
 * thread that opens the pages. */
typedef struct rx_known_pages {
    pali_status (*find)(void *context, json_t **out, const rx_ready_page *page, pali_error *err);
    void *context;
    bool pictures; /* also pages that are known are decoded */
} rx_known_pages;

typedef struct rx_read_ahead rx_read_ahead;

/* `inputs`, `scanner` and `known` (NULL: nothing is) must stay as they are until rx_read_ahead_free;
 * NULL for lack of memory or threads. */
rx_read_ahead *rx_read_ahead_new(const char *const *inputs, int count, const rx_scanner *scanner,
                                 const rx_known_pages *known);

/* The next page in order, which the caller gives to rx_ready_page_free; false after the last. */
bool rx_read_ahead_next(rx_read_ahead *ahead, rx_ready_page *out);
void rx_ready_page_free(rx_ready_page *page);

/* Stops also where pages are left. */
void rx_read_ahead_free(rx_read_ahead *ahead);

#endif
