/* The audit trail: a hash chain (Haber and Stornetta, "How to time-stamp a digital document", 1991)
 * over entries that commit to pages by salted digests, so that a page can be erased and the chain
 * keeps. */
#include "store/audit.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

const char rx_audit_origin[PALI_SHA256_TEXT] =
    "0000000000000000000000000000000000000000000000000000000000000000";

/* With its length in front, so that no two lists of members are one row of bytes. */
static void add_member(pali_sha256 *hash, const void *bytes, size_t size) {
    char length[24];
    int digits = snprintf(length, sizeof length, "%zu:", size);
    pali_sha256_add(hash, length, (size_t)digits);
    pali_sha256_add(hash, bytes, size);
}

static void add_text(pali_sha256 *hash, const char *text) {
    add_member(hash, text ? text : "", text ? strlen(text) : 0);
}

pali_status rx_audit_seal(char hash[PALI_SHA256_TEXT], const char *previous,
                          const rx_audit_entry *entry, pali_error *err) {
    char seq[24];
    snprintf(seq, sizeof seq, "%lld", (long long)entry->seq);
    const char *const members[] = {
        previous, seq, entry->time, entry->actor, entry->action, entry->subject, entry->digest};
    pali_sha256 *sum = NULL;
    pali_status status = pali_sha256_new(&sum, err);
    if (status)
        return status;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        add_text(sum, members[i]);
    return pali_sha256_finish(&sum, hash, err);
}

static void find_actor(char *out, size_t size) {
    char room[4096];
    struct passwd entry, *found = NULL;
    if (getpwuid_r(getuid(), &entry, room, sizeof room, &found) == 0 && found)
        snprintf(out, size, "%s", entry.pw_name);
    else
        snprintf(out, size, "uid %lu", (unsigned long)getuid());
}

static void tell_time(char *out, size_t size) {
    time_t now = time(NULL);
    struct tm utc;
    strftime(out, size, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
}

static pali_status read_head(const rx_store *store, int64_t *seq, char hash[PALI_SHA256_TEXT],
                             pali_error *err) {
    rx_query q = rx_query_new(store, "the audit trail cannot be read",
                              "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1", err);
    *seq = 0;
    memcpy(hash, rx_audit_origin, PALI_SHA256_TEXT);
    if (rx_query_next(&q)) {
        *seq = rx_query_column_integer(&q, 0);
        snprintf(hash, PALI_SHA256_TEXT, "%s", rx_query_column_text(&q, 1));
    }
    return rx_query_end(&q);
}

pali_status rx_audit_append(const rx_store *store, const rx_audit_entry *entry, int64_t *seq,
                            pali_error *err) {
    char previous[PALI_SHA256_TEXT], hash[PALI_SHA256_TEXT], actor[256], now[32];
    rx_audit_entry sealed = *entry;
    find_actor(actor, sizeof actor);
    tell_time(now, sizeof now);
    sealed.actor = actor;
    sealed.time = now;
    pali_status status = read_head(store, &sealed.seq, previous, err);
    sealed.seq++;
    if (!status)
        status = rx_audit_seal(hash, previous, &sealed, err);
    if (status)
        return status;
    rx_query q = rx_query_new(store, "an audit entry cannot be added",
                              "INSERT INTO audit VALUES(?,?,?,?,?,?,?)", err);
    rx_query_integer(&q, 1, sealed.seq);
    rx_query_text(&q, 2, sealed.time);
    rx_query_text(&q, 3, sealed.actor);
    rx_query_text(&q, 4, sealed.action);
    rx_query_text(&q, 5, sealed.subject ? sealed.subject : "");
    rx_query_text(&q, 6, sealed.digest ? sealed.digest : "");
    rx_query_text(&q, 7, hash);
    rx_query_next(&q);
    if (seq)
        *seq = sealed.seq;
    return rx_query_end(&q);
}

/* ---- what entries say of pages ---- */

pali_status rx_audit_digest(char digest[PALI_SHA256_TEXT], const rx_audit_page *page,
                            pali_error *err) {
    char numbers[48];
    snprintf(numbers, sizeof numbers, "%lld %lld", (long long)page->page, (long long)page->failed);
    const char *const members[] = {page->key, page->input, numbers, page->document};
    pali_sha256 *hash = NULL;
    pali_status status = pali_sha256_new(&hash, err);
    if (status)
        return status;
    add_member(hash, page->salt, page->salt_size);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        add_text(hash, members[i]);
    return pali_sha256_finish(&hash, digest, err);
}

/* ---- numbers ---- */

pali_status rx_audit_numbers_begin(rx_audit_numbers *numbers, const char *word, pali_error *err) {
    *numbers = (rx_audit_numbers){.first = 0};
    pali_buffer_init(&numbers->text, SIZE_MAX / 4);
    return word ? pali_buffer_printf(&numbers->text, err, "%s ", word)
                : pali_buffer_append(&numbers->text, "", 0, err);
}

pali_status rx_audit_numbers_finish(rx_audit_numbers *numbers, pali_error *err) {
    if (!numbers->first)
        return PALI_OK;
    const char *comma = numbers->more ? "," : "";
    long long first = numbers->first, last = numbers->last;
    numbers->first = 0;
    numbers->more = true;
    return first == last
               ? pali_buffer_printf(&numbers->text, err, "%s%lld", comma, first)
               : pali_buffer_printf(&numbers->text, err, "%s%lld-%lld", comma, first, last);
}

pali_status rx_audit_numbers_add(rx_audit_numbers *numbers, int64_t number, pali_error *err) {
    numbers->count++;
    if (numbers->first && number == numbers->last + 1) {
        numbers->last = number;
        return PALI_OK;
    }
    pali_status status = numbers->first ? rx_audit_numbers_finish(numbers, err) : PALI_OK;
    numbers->first = numbers->last = number;
    return status;
}

void rx_audit_numbers_free(rx_audit_numbers *numbers) {
    pali_buffer_free(&numbers->text);
}

bool rx_audit_next_range(const char **text, int64_t *first, int64_t *last) {
    char *end;
    if (!**text)
        return false;
    *first = strtoll(*text, &end, 10);
    *last = *end == '-' ? strtoll(end + 1, &end, 10) : *first;
    bool good = end != *text && *first > 0 && (*end == ',' || !*end);
    if (!good)
        *last = *first - 1;
    *text = good && *end == ',' ? end + 1 : "";
    return true;
}
