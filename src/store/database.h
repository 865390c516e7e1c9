/* SQLite as the store uses it: statements whose first failure is kept, messages with the file's
 * name, transactions that end in order. */
#ifndef RX_STORE_DATABASE_H
#define RX_STORE_DATABASE_H

#include "base/status.h"
#include "store/store.h"

#include <sqlite3.h>

struct rx_store {
    sqlite3 *db;
    char *path; /* for messages */
    bool
        replaced; /* since it was opened, a failure made way: rx_store_close writes the file anew */
};

/* "<path>: <what>: <what SQLite says>"; what a page says is in none of them. */
pali_status rx_store_fail(const rx_store *store, const char *what, pali_error *err);

/* One statement; after a failure the rest does nothing. Texts and blobs that are bound must last
 * until rx_query_end. */
typedef struct rx_query {
    const rx_store *store;
    sqlite3_stmt *statement;
    const char *what; /* "cannot add a result" */
    pali_status status;
    pali_error *err;
} rx_query;

rx_query rx_query_new(const rx_store *store, const char *what, const char *sql, pali_error *err);
void rx_query_integer(rx_query *q, int index, int64_t value);
void rx_query_text(rx_query *q, int index, const char *text);
void rx_query_blob(rx_query *q, int index, const void *bytes, size_t size);

/* Whether there is another row; its columns last until the next call. */
bool rx_query_next(rx_query *q);
int64_t rx_query_column_integer(rx_query *q, int column);
/* Never NULL. */
const char *rx_query_column_text(rx_query *q, int column);
const void *rx_query_column_blob(rx_query *q, int column, size_t *size);

pali_status rx_query_end(rx_query *q);

/* Runs statements that give nothing and take nothing. */
pali_status rx_store_run(const rx_store *store, const char *what, const char *sql, pali_error *err);

/* A transaction that writes; rx_store_end commits it, or rolls it back where `status` or the commit
 * is a failure, and returns which. */
pali_status rx_store_begin(const rx_store *store, pali_error *err);
pali_status rx_store_end(const rx_store *store, pali_status status, pali_error *err);

/* Whether the tables are those of this version, to the letter, and nothing lies beside the file. */
pali_status rx_store_check_schema(const rx_store *store, pali_error *err);

#endif
