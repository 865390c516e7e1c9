/* Pages in the store: added once, walked, handed out, erased. */
#include "base/json.h"
#include "rx/digest.h"
#include "rx/report.h"
#include "store/audit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* ---- what makes two readings the same ---- */

static pali_status key_of_result(char key[PALI_SHA256_TEXT], const char *input, int page,
                                 const rx_provenance *from, pali_error *err) {
    char number[16];
    snprintf(number, sizeof number, "%d", page);
    const char *const parts[] = {"result",        input,         number,        from->input_sha256,
                                 from->program,   from->weights, from->options, from->model_sha256,
                                 from->model_name};
    return rx_digest_texts(key, parts, sizeof parts / sizeof *parts, err);
}

static pali_status key_of_failure(char key[PALI_SHA256_TEXT], const char *input, int page,
                                  pali_error *err) {
    char number[16];
    snprintf(number, sizeof number, "%d", page);
    const char *const parts[] = {"failure", input, number};
    return rx_digest_texts(key, parts, sizeof parts / sizeof *parts, err);
}

/* The number of the page with this key; 0: none. */
static pali_status find(const rx_store *store, const char *key, int64_t *id, pali_error *err) {
    rx_query q = rx_query_new(store, "cannot be read", "SELECT id FROM results WHERE key = ?", err);
    rx_query_text(&q, 1, key);
    *id = rx_query_next(&q) ? rx_query_column_integer(&q, 0) : 0;
    return rx_query_end(&q);
}

/* Whether nothing new comes with this page: a result with this key is there, or the same failure. */
static pali_status is_known(const rx_store *store, const rx_audit_page *page, bool *known,
                            pali_error *err) {
    rx_query q =
        rx_query_new(store, "cannot be read",
                     "SELECT 1 FROM results WHERE key = ?1 AND (?2 = 0 OR document = ?3)", err);
    rx_query_text(&q, 1, page->key);
    rx_query_integer(&q, 2, page->failed);
    rx_query_text(&q, 3, page->document);
    *known = rx_query_next(&q);
    return rx_query_end(&q);
}

/* A document as it lies in the store. */
static pali_status parse(const rx_store *store, json_t **out, const char *text, pali_error *err) {
    return pali_json_parse(out, text, strlen(text), store->path, err);
}

pali_status rx_store_find_result(rx_store *store, json_t **out, const char *input, int page,
                                 const rx_provenance *from, pali_error *err) {
    char key[PALI_SHA256_TEXT];
    pali_status status = key_of_result(key, input, page, from, err);
    if (status)
        return status;
    rx_query q =
        rx_query_new(store, "cannot be read", "SELECT document FROM results WHERE key = ?", err);
    rx_query_text(&q, 1, key);
    json_t *document = NULL;
    if (rx_query_next(&q))
        q.status = parse(store, &document, rx_query_column_text(&q, 0), err);
    status = rx_query_end(&q);
    if (!status)
        *out = document;
    return status;
}

/* ---- adding ---- */

static pali_status remove_page(const rx_store *store, int64_t id, pali_error *err) {
    rx_query q =
        rx_query_new(store, "cannot remove a page", "DELETE FROM results WHERE id = ?", err);
    rx_query_integer(&q, 1, id);
    rx_query_next(&q);
    return rx_query_end(&q);
}

/* The failure of this page, if there is one, makes way. */
static pali_status replace_failure(rx_store *store, const char *input, int page, pali_error *err) {
    char key[PALI_SHA256_TEXT], number[24];
    int64_t id = 0;
    pali_status status = key_of_failure(key, input, page, err);
    if (!status)
        status = find(store, key, &id, err);
    if (status || id == 0)
        return status;
    snprintf(number, sizeof number, "%lld", (long long)id);
    status = remove_page(store, id, err);
    store->replaced = true;
    rx_audit_entry entry = {.action = "replaced", .subject = number};
    return status ? status : rx_audit_append(store, &entry, NULL, err);
}

static pali_status insert(const rx_store *store, const rx_audit_page *page, pali_error *err) {
    char digest[PALI_SHA256_TEXT];
    int64_t id = 0;
    pali_status status = rx_audit_digest(digest, page, err);
    rx_audit_entry entry = {.action = page->failed ? "failed" : "read", .digest = digest};
    if (!status)
        status = rx_audit_append(store, &entry, &id, err);
    if (status)
        return status;
    rx_query q =
        rx_query_new(store, "cannot add a page", "INSERT INTO results VALUES(?,?,?,?,?,?,?)", err);
    rx_query_integer(&q, 1, id);
    rx_query_text(&q, 2, page->key);
    rx_query_text(&q, 3, page->input);
    rx_query_integer(&q, 4, page->page);
    rx_query_integer(&q, 5, page->failed);
    rx_query_blob(&q, 6, page->salt, page->salt_size);
    rx_query_text(&q, 7, page->document);
    rx_query_next(&q);
    return rx_query_end(&q);
}

/* One transaction: what the page replaces goes, the page comes, the trail tells both. */
static pali_status add(rx_store *store, rx_audit_page *page, pali_error *err) {
    unsigned char salt[RX_SALT_SIZE];
    bool known = false;
    if (getrandom(salt, sizeof salt, 0) != (ssize_t)sizeof salt)
        return pali_fail_errno(err, store->path, "no random numbers");
    page->salt = salt;
    page->salt_size = sizeof salt;
    pali_status status = rx_store_begin(store, err);
    if (status)
        return status;
    status = is_known(store, page, &known, err);
    if (!status && !known)
        status = replace_failure(store, page->input, (int)page->page, err);
    if (!status && !known && page->page != 0 && !page->failed)
        status = replace_failure(store, page->input, 0, err);
    if (!status && !known)
        status = insert(store, page, err);
    return rx_store_end(store, status, err);
}

/* Takes the document's reference. */
static pali_status add_document(rx_store *store, rx_audit_page *page, json_t *document,
                                pali_error *err) {
    char *text = document ? json_dumps(document, JSON_COMPACT) : NULL;
    json_decref(document);
    if (!text)
        return pali_fail_memory(err, 0, "a result");
    page->document = text;
    pali_status status = add(store, page, err);
    free(text);
    return status;
}

pali_status rx_store_put_result(rx_store *store, const rx_prescription *p,
                                const rx_provenance *from, pali_error *err) {
    char key[PALI_SHA256_TEXT];
    json_t *document = NULL;
    pali_status status = key_of_result(key, p->input, p->page, from, err);
    if (!status)
        status = rx_report_json(&document, p, from, err);
    rx_audit_page page = {.key = key, .input = p->input, .page = p->page};
    return status ? status : add_document(store, &page, document, err);
}

pali_status rx_store_put_failure(rx_store *store, const char *input, int page,
                                 const pali_error *failure, pali_error *err) {
    char key[PALI_SHA256_TEXT];
    pali_status status = key_of_failure(key, input, page, err);
    if (status)
        return status;
    json_t *error = json_pack("{ss, so}", "code", pali_status_name(failure->code), "message",
                              rx_json_string(failure->message));
    json_t *document = json_pack("{so, si, so}", "input", rx_json_string(input), "page",
                                 page ? page : 1, "error", error);
    rx_audit_page added = {.key = key, .input = input, .page = page, .failed = 1};
    return add_document(store, &added, document, err);
}

/* ---- walking ---- */

/* A letter or a digit, of ASCII in lower case; any byte of another script's letter as it is. 0: what
 * stands between words. */
static unsigned char letter(const char *c) {
    unsigned char u = (unsigned char)*c;
    bool word = u >= 0x80 || (u >= '0' && u <= '9') || ((u | 0x20) >= 'a' && (u | 0x20) <= 'z');
    return !word ? 0 : u >= 'A' && u <= 'Z' ? u | 0x20 : u;
}

static const char *skip_gap(const char *c) {
    while (*c && !letter(c))
        c++;
    return c;
}

/* Whether `text` from `at` on begins with the words of `name`. */
static bool begins_with(const char *at, const char *name) {
    for (name = skip_gap(name); *name; name = skip_gap(name)) {
        at = skip_gap(at);
        while (letter(name) && letter(at) == letter(name)) {
            at++;
            name++;
        }
        if (letter(name) || letter(at))
            return false;
    }
    return true;
}

static bool names(const char *text, const char *name) {
    if (!*skip_gap(name))
        return false;
    for (const char *at = skip_gap(text); *at; at = skip_gap(at)) {
        if (begins_with(at, name))
            return true;
        while (letter(at))
            at++;
    }
    return false;
}

static bool selected(const rx_selection *select, const json_t *document) {
    const json_t *name = json_object_get(json_object_get(document, "patient"), "name");
    const char *text = json_string_value(json_object_get(name, "text"));
    return !select || !select->patient || (text && names(text, select->patient));
}

/* Up to the page with number `last`. */
static pali_status walk(const rx_store *store, const rx_selection *select, int64_t last,
                        rx_stored_fn fn, void *context, pali_error *err) {
    rx_query q =
        rx_query_new(store, "cannot be read",
                     "SELECT id, time, input, page, failed, document FROM results "
                     "JOIN audit ON seq = id WHERE id <= ?1 AND (?2 IS NULL OR input = ?2) "
                     "ORDER BY id",
                     err);
    rx_query_integer(&q, 1, last);
    rx_query_text(&q, 2, select ? select->input : NULL);
    bool go_on = true;
    while (go_on && rx_query_next(&q)) {
        json_t *document = NULL;
        q.status = parse(store, &document, rx_query_column_text(&q, 5), err);
        if (q.status)
            break;
        rx_stored stored = {.id = rx_query_column_integer(&q, 0),
                            .time = rx_query_column_text(&q, 1),
                            .input = rx_query_column_text(&q, 2),
                            .page = (int)rx_query_column_integer(&q, 3),
                            .failed = rx_query_column_integer(&q, 4) != 0,
                            .document = document};
        if (selected(select, document))
            go_on = fn(context, &stored);
        json_decref(document);
    }
    return rx_query_end(&q);
}

pali_status rx_store_each(rx_store *store, const rx_selection *select, rx_stored_fn fn,
                          void *context, pali_error *err) {
    return walk(store, select, INT64_MAX, fn, context, err);
}

/* ---- handing out and erasing ---- */

typedef struct collection {
    rx_audit_numbers *numbers;
    pali_status status;
    pali_error *err;
} collection;

static bool collect(void *context, const rx_stored *stored) {
    collection *c = context;
    c->status = rx_audit_numbers_add(c->numbers, stored->id, c->err);
    return !c->status;
}

/* Within a transaction: enters what is done with the selection, unless it is empty. The caller frees
 * `numbers`. */
static pali_status enter(const rx_store *store, const rx_selection *select, const char *action,
                         const char *form, rx_audit_numbers *numbers, pali_error *err) {
    collection c = {.numbers = numbers, .err = err};
    pali_status status = rx_audit_numbers_begin(numbers, form, err);
    if (!status)
        status = walk(store, select, INT64_MAX, collect, &c, err);
    if (!status)
        status = c.status ? c.status : rx_audit_numbers_finish(numbers, err);
    rx_audit_entry entry = {.action = action, .subject = numbers->text.data};
    return status || numbers->count == 0 ? status : rx_audit_append(store, &entry, NULL, err);
}

pali_status rx_store_export(rx_store *store, const rx_selection *select, const char *format,
                            rx_stored_fn fn, void *context, pali_error *err) {
    rx_audit_numbers numbers = {0};
    pali_status status = rx_store_begin(store, err);
    if (status)
        return status;
    status = rx_store_end(store, enter(store, select, "exported", format, &numbers, err), err);
    if (!status)
        status = walk(store, select, numbers.last, fn, context, err);
    rx_audit_numbers_free(&numbers);
    return status;
}

static pali_status remove_pages(const rx_store *store, const char *numbers, pali_error *err) {
    int64_t first, last;
    pali_status status = PALI_OK;
    while (!status && rx_audit_next_range(&numbers, &first, &last))
        for (int64_t id = first; id <= last && !status; id++)
            status = remove_page(store, id, err);
    return status;
}

pali_status rx_store_erase(rx_store *store, const rx_selection *select, uint64_t *count,
                           pali_error *err) {
    rx_audit_numbers numbers = {0};
    pali_status status = rx_store_begin(store, err);
    if (status)
        return status;
    status = enter(store, select, "erased", NULL, &numbers, err);
    if (!status)
        status = remove_pages(store, numbers.text.data, err);
    status = rx_store_end(store, status, err);
    if (!status)
        *count = numbers.count;
    /* secure_delete has overwritten the rows; writing the file anew also clears what moving rows may
     * have left between them */
    if (!status && numbers.count)
        status = rx_store_run(store, "erased, but the file cannot be written anew", "VACUUM", err);
    rx_audit_numbers_free(&numbers);
    return status;
}
