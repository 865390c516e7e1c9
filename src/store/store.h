/* Results in one file, with a trail of what was done with them.
 *
 * A store is an SQLite database that holds what was read from each page, once, and an audit trail:
 * one entry for each reading, export and erasure, each sealed with the hash of the one before it, so
 * that an entry cannot be changed, dropped or slipped in without breaking all that follow. An entry
 * holds no more of a page than a salted digest. Erasing removes the page and its salt; the trail
 * still verifies, and the digest that stays tells nothing.
 *
 * Every change is one transaction: after a kill at any moment the store is as before or as after it.
 * Several processes may use one store; one rx_store is for one thread at a time. */
#ifndef RX_STORE_H
#define RX_STORE_H

#include "rx/prescription.h"
#include "rx/provenance.h"

#include <jansson.h>

typedef struct rx_store rx_store;

typedef enum rx_store_access {
    RX_STORE_EXISTING, /* there must be a store; it may be write-protected */
    RX_STORE_CREATE,   /* made, readable by its owner alone, if there is none */
} rx_store_access;

/* PALI_ERROR_NOT_FOUND: no such file. PALI_ERROR_FORMAT: not a store, or a damaged one.
 * PALI_ERROR_UNSUPPORTED: made by a newer version. */
pali_status rx_store_open(rx_store **out, const char *path, rx_store_access access,
                          pali_error *err);
/* Writes the file anew where a failure was replaced, so that nothing of it stays between the rows. */
void rx_store_close(rx_store **store);

/* ---- reading pages ---- */

/* The result of this page of this input (by name and content), if it was read by the same program and
 * model with the same options, as docs/result.schema.json has it; `*out` is NULL if not. `from` as
 * for rx_store_put_result; its time is not looked at. The caller gives it to json_decref. */
pali_status rx_store_find_result(rx_store *store, json_t **out, const char *input, int page,
                                 const rx_provenance *from, pali_error *err);

/* Adds a result, durably. One that is there already stays as it is; a failure to read the same page
 * or its whole input is replaced. */
pali_status rx_store_put_result(rx_store *store, const rx_prescription *p,
                                const rx_provenance *from, pali_error *err);

/* Adds that a page could not be read (`page` 0: the input as a whole), in place of an earlier
 * failure of the same page. */
pali_status rx_store_put_failure(rx_store *store, const char *input, int page,
                                 const pali_error *failure, pali_error *err);

/* ---- using what was read ---- */

/* Which pages: those for which all that is not NULL holds. */
typedef struct rx_selection {
    const char *input;   /* the input's name as it was given */
    const char *patient; /* words of the patient's name as read, in a row; case does not matter */
} rx_selection;

typedef struct rx_stored {
    int64_t id;       /* number of the audit entry that tells of its reading */
    const char *time; /* of that entry, RFC 3339 in UTC */
    const char *input;
    int page;
    bool failed;            /* `document` holds an error */
    const json_t *document; /* as docs/result.schema.json has it */
} rx_stored;

/* False ends the walk. */
typedef bool (*rx_stored_fn)(void *context, const rx_stored *stored);

/* Calls `fn` for each page of the selection in the order of reading; what it is given lasts for the
 * call. `select` NULL: all. */
pali_status rx_store_each(rx_store *store, const rx_selection *select, rx_stored_fn fn,
                          void *context, pali_error *err);

/* The same for handing out: first it is entered into the trail that exactly these pages leave in
 * this form ("csv"). */
pali_status rx_store_export(rx_store *store, const rx_selection *select, const char *format,
                            rx_stored_fn fn, void *context, pali_error *err);

/* Erases the selection for good, overwriting it in the file, and enters that into the trail.
 * `*count`: how many pages; 0 leaves no entry. */
pali_status rx_store_erase(rx_store *store, const rx_selection *select, uint64_t *count,
                           pali_error *err);

/* ---- the trail ---- */

typedef struct rx_store_state {
    uint64_t entries;  /* of the trail */
    uint64_t readings; /* entries of pages that were read or failed */
    uint64_t removed;  /* of these, pages that were erased and failures that were replaced */
    uint64_t results, failures; /* of these, pages that are there */
    char head[65]; /* hash of the last entry: kept elsewhere, it shows later that none is missing */
} rx_store_state;

/* Checks all of it: the file's structure, the chain, every page against its entry, and that no page
 * is missing or more. PALI_ERROR_INTEGRITY with what is wrong. */
pali_status rx_store_verify(rx_store *store, rx_store_state *out, pali_error *err);

#endif
