/* Whether a store is what it was: SQLite's own check of the file, the chain from its first entry,
 * and every page against the entry that tells of it. */
#include "store/audit.h"

#include <string.h>

static pali_status broken(const rx_store *store, const char *what, int64_t seq, pali_error *err) {
    return pali_fail(err, PALI_ERROR_INTEGRITY, "%s: %s (entry %lld)", store->path, what,
                     (long long)seq);
}

static pali_status check_file(const rx_store *store, pali_error *err) {
    rx_query q = rx_query_new(store, "is damaged", "PRAGMA integrity_check(1)", err);
    if (rx_query_next(&q) && strcmp(rx_query_column_text(&q, 0), "ok") != 0)
        q.status = pali_fail(err, PALI_ERROR_INTEGRITY, "%s: is damaged: %s", store->path,
                             rx_query_column_text(&q, 0));
    return rx_query_end(&q);
}

/* ---- pages against their entries ---- */

/* Whether the page of this entry is there, and that it is the page the entry tells of. */
static pali_status check_page(const rx_store *store, int64_t seq, const char *digest, bool failed,
                              bool *there, pali_error *err) {
    rx_query q = rx_query_new(
        store, "is damaged",
        "SELECT key, input, page, failed, salt, document FROM results WHERE id = ?", err);
    rx_query_integer(&q, 1, seq);
    *there = rx_query_next(&q);
    if (*there) {
        rx_audit_page page = {.key = rx_query_column_text(&q, 0),
                              .input = rx_query_column_text(&q, 1),
                              .page = rx_query_column_integer(&q, 2),
                              .failed = rx_query_column_integer(&q, 3),
                              .document = rx_query_column_text(&q, 5)};
        page.salt = rx_query_column_blob(&q, 4, &page.salt_size);
        char found[PALI_SHA256_TEXT];
        q.status = rx_audit_digest(found, &page, err);
        if (!q.status && (strcmp(found, digest) != 0 || failed != (page.failed != 0)))
            q.status = broken(store, "a page is not what was read", seq, err);
    }
    return rx_query_end(&q);
}

/* Pages that an entry says are gone must be gone. */
static pali_status check_removed(const rx_store *store, const rx_audit_entry *entry,
                                 rx_store_state *state, pali_error *err) {
    const char *text = entry->subject;
    int64_t first, last;
    rx_query q = rx_query_new(store, "is damaged",
                              "SELECT 1 FROM results WHERE id BETWEEN ? AND ? LIMIT 1", err);
    while (!q.status && rx_audit_next_range(&text, &first, &last)) {
        if (first > last || last >= entry->seq) {
            q.status = broken(store, "it tells of pages that never were", entry->seq, err);
            break;
        }
        state->removed += (uint64_t)(last - first) + 1;
        rx_query_integer(&q, 1, first);
        rx_query_integer(&q, 2, last);
        if (rx_query_next(&q))
            q.status = broken(store, "a page that was removed is there", entry->seq, err);
        sqlite3_reset(q.statement);
    }
    return rx_query_end(&q);
}

/* ---- the chain ---- */

static pali_status check_entry(const rx_store *store, const rx_audit_entry *entry,
                               rx_store_state *state, pali_error *err) {
    bool failed = strcmp(entry->action, "failed") == 0, there = false;
    if (failed || strcmp(entry->action, "read") == 0) {
        pali_status status = check_page(store, entry->seq, entry->digest, failed, &there, err);
        state->results += there && !failed;
        state->failures += there && failed;
        state->readings++;
        return status;
    }
    if (strcmp(entry->action, "erased") == 0 || strcmp(entry->action, "replaced") == 0)
        return check_removed(store, entry, state, err);
    bool known = strcmp(entry->action, "exported") == 0 ||
                 (strcmp(entry->action, "created") == 0 && entry->seq == 1);
    return known ? PALI_OK : broken(store, "an unknown action", entry->seq, err);
}

static pali_status check_chain(const rx_store *store, rx_store_state *state, pali_error *err) {
    memcpy(state->head, rx_audit_origin, PALI_SHA256_TEXT);
    rx_query q = rx_query_new(
        store, "is damaged",
        "SELECT seq, time, actor, action, subject, digest, hash FROM audit ORDER BY seq", err);
    while (rx_query_next(&q)) {
        rx_audit_entry entry = {.seq = rx_query_column_integer(&q, 0),
                                .time = rx_query_column_text(&q, 1),
                                .actor = rx_query_column_text(&q, 2),
                                .action = rx_query_column_text(&q, 3),
                                .subject = rx_query_column_text(&q, 4),
                                .digest = rx_query_column_text(&q, 5)};
        char hash[PALI_SHA256_TEXT];
        q.status = rx_audit_seal(hash, state->head, &entry, err);
        state->entries++;
        if (!q.status && (entry.seq != (int64_t)state->entries ||
                          strcmp(hash, rx_query_column_text(&q, 6)) != 0))
            q.status = broken(store, "the audit trail is broken", entry.seq, err);
        if (!q.status)
            q.status = check_entry(store, &entry, state, err);
        memcpy(state->head, hash, sizeof hash);
    }
    if (!q.status && state->entries == 0)
        q.status = broken(store, "the audit trail is empty", 0, err);
    return rx_query_end(&q);
}

static pali_status check_counts(const rx_store *store, const rx_store_state *state,
                                pali_error *err) {
    uint64_t found = state->results + state->failures;
    uint64_t expected = state->readings - state->removed;
    rx_query q = rx_query_new(store, "is damaged", "SELECT count(*) FROM results", err);
    uint64_t rows = rx_query_next(&q) ? (uint64_t)rx_query_column_integer(&q, 0) : 0;
    pali_status status = rx_query_end(&q);
    if (!status && rows != found)
        return pali_fail(err, PALI_ERROR_INTEGRITY,
                         "%s: %llu pages are there of which the audit trail does not tell",
                         store->path, (unsigned long long)(rows - found));
    if (!status && found != expected)
        return pali_fail(err, PALI_ERROR_INTEGRITY,
                         "%s: of %llu pages that the audit trail tells of, %llu are there",
                         store->path, (unsigned long long)expected, (unsigned long long)found);
    return status;
}

pali_status rx_store_verify(rx_store *store, rx_store_state *out, pali_error *err) {
    rx_store_state state = {0};
    pali_status status = rx_store_run(store, "cannot be read", "BEGIN", err);
    if (status)
        return status;
    status = rx_store_check_schema(store, err);
    if (!status)
        status = check_file(store, err);
    if (!status)
        status = check_chain(store, &state, err);
    if (!status)
        status = check_counts(store, &state, err);
    sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    if (!status)
        *out = state;
    return status;
}
