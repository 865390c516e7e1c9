/* The audit trail: entries that are sealed one upon the other. */
#ifndef RX_STORE_AUDIT_H
#define RX_STORE_AUDIT_H

#include "base/buffer.h"
#include "base/sha256.h"
#include "store/database.h"

/* Members that are NULL count as empty. */
typedef struct rx_audit_entry {
    int64_t seq;         /* 1, 2, 3 ... */
    const char *time;    /* RFC 3339 in UTC */
    const char *actor;   /* login name of whoever ran the program */
    const char *action;  /* "created", "read", "failed", "replaced", "exported", "erased" */
    const char *subject; /* the numbers of the readings it is about; of an export, first its form */
    const char *digest;  /* of a reading: what rx_audit_digest gives for the page */
} rx_audit_entry;

/* Within a transaction: adds the entry, with number, time and actor of its own, and gives its number
 * to `*seq` (may be NULL). */
pali_status rx_audit_append(const rx_store *store, const rx_audit_entry *entry, int64_t *seq,
                            pali_error *err);

/* SHA-256 of the hash of the entry before (64 zeros before the first) and of every member in the order
 * above, each as "<bytes>:<member>". */
pali_status rx_audit_seal(char hash[PALI_SHA256_TEXT], const char *previous,
                          const rx_audit_entry *entry, pali_error *err);

extern const char rx_audit_origin[PALI_SHA256_TEXT]; /* 64 zeros */

/* ---- what entries say of pages ---- */

enum { RX_SALT_SIZE = 32 };

/* A row of results. */
typedef struct rx_audit_page {
    const char *key, *input;
    int64_t page, failed;
    const void *salt; /* RX_SALT_SIZE random bytes, which are erased with the page */
    size_t salt_size;
    const char *document;
} rx_audit_page;

/* SHA-256 of the salt, the key, the input, "<page> <failed>" and the document, each likewise. */
pali_status rx_audit_digest(char digest[PALI_SHA256_TEXT], const rx_audit_page *page,
                            pali_error *err);

/* Ascending numbers as "1-57,60", behind a word if there is one: "csv 1-57,60". */
typedef struct rx_audit_numbers {
    pali_buffer text;
    bool more;           /* a range is written */
    int64_t first, last; /* of the range that is not written yet; first 0: none */
    uint64_t count;
} rx_audit_numbers;

/* `word` may be NULL. */
pali_status rx_audit_numbers_begin(rx_audit_numbers *numbers, const char *word, pali_error *err);
pali_status rx_audit_numbers_add(rx_audit_numbers *numbers, int64_t number, pali_error *err);
/* The text so far, complete; add nothing afterwards. */
pali_status rx_audit_numbers_finish(rx_audit_numbers *numbers, pali_error *err);
void rx_audit_numbers_free(rx_audit_numbers *numbers);

/* Reads the next range of such a text and moves `*text` behind it; false at the end. A text that is
 * none gives an empty range (first > last). */
bool rx_audit_next_range(const char **text, int64_t *first, int64_t *last);

#endif
