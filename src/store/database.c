/* SQLite as the store uses it. */
#include "store/database.h"

#include <string.h>

static pali_status code_of(int code) {
    switch (code & 0xff) {
    case SQLITE_NOMEM:
        return PALI_ERROR_MEMORY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return PALI_ERROR_FORMAT;
    case SQLITE_TOOBIG:
        return PALI_ERROR_LIMIT;
    default:
        return PALI_ERROR_IO;
    }
}

pali_status rx_store_fail(const rx_store *store, const char *what, pali_error *err) {
    int code = sqlite3_extended_errcode(store->db);
    int reason = (code & 0xff) == SQLITE_IOERR ? sqlite3_system_errno(store->db) : 0;
    return pali_fail(err, code_of(code), "%s: %s: %s%s%s", store->path, what,
                     (code & 0xff) == SQLITE_BUSY ? "another program is using it"
                                                  : sqlite3_errmsg(store->db),
                     reason ? ": " : "", reason ? strerror(reason) : "");
}

/* ---- statements ---- */

static void keep(rx_query *q, int code) {
    if (code != SQLITE_OK && !q->status)
        q->status = rx_store_fail(q->store, q->what, q->err);
}

rx_query rx_query_new(const rx_store *store, const char *what, const char *sql, pali_error *err) {
    rx_query q = {.store = store, .what = what, .err = err};
    keep(&q, sqlite3_prepare_v2(store->db, sql, -1, &q.statement, NULL));
    return q;
}

void rx_query_integer(rx_query *q, int index, int64_t value) {
    if (!q->status)
        keep(q, sqlite3_bind_int64(q->statement, index, value));
}

void rx_query_text(rx_query *q, int index, const char *text) {
    if (!q->status)
        keep(q, sqlite3_bind_text64(q->statement, index, text, text ? strlen(text) : 0,
                                    SQLITE_STATIC, SQLITE_UTF8));
}

void rx_query_blob(rx_query *q, int index, const void *bytes, size_t size) {
    if (!q->status)
        keep(q, sqlite3_bind_blob64(q->statement, index, bytes, size, SQLITE_STATIC));
}

bool rx_query_next(rx_query *q) {
    if (q->status)
        return false;
    int code = sqlite3_step(q->statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        keep(q, code);
    return code == SQLITE_ROW;
}

int64_t rx_query_column_integer(rx_query *q, int column) {
    return sqlite3_column_int64(q->statement, column);
}

const char *rx_query_column_text(rx_query *q, int column) {
    const unsigned char *text = sqlite3_column_text(q->statement, column);
    return text ? (const char *)text : "";
}

const void *rx_query_column_blob(rx_query *q, int column, size_t *size) {
    const void *bytes = sqlite3_column_blob(q->statement, column);
    *size = (size_t)sqlite3_column_bytes(q->statement, column);
    return bytes;
}

pali_status rx_query_end(rx_query *q) {
    sqlite3_finalize(q->statement);
    q->statement = NULL;
    return q->status;
}

pali_status rx_store_run(const rx_store *store, const char *what, const char *sql,
                         pali_error *err) {
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK
               ? PALI_OK
               : rx_store_fail(store, what, err);
}

/* ---- transactions ---- */

pali_status rx_store_begin(const rx_store *store, pali_error *err) {
    return rx_store_run(store, "cannot be written", "BEGIN IMMEDIATE", err);
}

pali_status rx_store_end(const rx_store *store, pali_status status, pali_error *err) {
    if (!status)
        status = rx_store_run(store, "cannot be written", "COMMIT", err);
    if (status && !sqlite3_get_autocommit(store->db))
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}
