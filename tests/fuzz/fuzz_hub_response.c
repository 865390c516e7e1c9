/* Arbitrary bytes as what a hub sends: header lines, an index, the content of a ref, a redirect.
 * The first byte says which; what is accepted must be safe to use. */
#include "hub/answer.h"
#include "hub/http.h"
#include "hub/names.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good) {
    if (!good)
        __builtin_trap();
}

static bool is_text(const char *text, size_t capacity) {
    size_t length = strnlen(text, capacity);
    for (size_t i = 0; i < length; i++)
        if (text[i] < 0x20 || text[i] > 0x7e)
            return false;
    return length < capacity;
}

static void try_headers(const char *bytes, size_t size) {
    pali_answer a;
    pali_answer_clear(&a);
    while (size) {
        const char *end = memchr(bytes, '\n', size);
        size_t line = end ? (size_t)(end - bytes) + 1 : size;
        pali_answer_header(&a, bytes, line);
        bytes += line;
        size -= line;
    }
    check(a.status == 0 || (a.status >= 100 && a.status <= 999));
    check(a.content_length >= -1 && a.linked_size >= -1 && a.range_start >= -1);
    check(a.range_total >= -1 && a.retry_after >= -1);
    check(is_text(a.commit, sizeof a.commit) && is_text(a.etag, sizeof a.etag));
    check(is_text(a.linked_etag, sizeof a.linked_etag) && is_text(a.location, sizeof a.location));
    check(is_text(a.error_code, sizeof a.error_code));
    check(is_text(a.error_message, sizeof a.error_message));
}

static void try_index(const char *bytes, size_t size) {
    char **names = NULL;
    size_t count = 0;
    pali_error err = PALI_ERROR_INIT;
    if (pali_shards_parse(&names, &count, bytes, size, "index", &err)) {
        check(err.message[0] && !names);
        return;
    }
    check(count > 0);
    for (size_t i = 0; i < count; i++)
        check(!strchr(names[i], '/') && names[i][0] != '.' && strlen(names[i]) <= 255);
    pali_shards_free(&names, count);
}

static void try_ref(const char *bytes, size_t size) {
    char commit[PALI_COMMIT_SIZE];
    check(!pali_parse_ref(commit, bytes, size) || pali_is_commit(commit));
}

static void try_name(const char *text) {
    pali_hub_name name;
    if (!pali_hub_name_parse(&name, text))
        return;
    check(!strstr(name.revision, "/.") && name.revision[0] != '.' && name.revision[0] != '/');
    check(!strstr(name.repository, "..") && !strstr(name.repository, "--"));
}

static void try_location(const char *text) {
    char *url = NULL;
    if (pali_resolve_location(&url, "https://huggingface.co/o/n/resolve/main/f", text, "f", NULL))
        return;
    check(strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0);
    pali_same_origin(url, "https://huggingface.co");
    free(url);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    char *text = malloc(size); /* the bytes after the first, and a NUL */
    check(text != NULL);
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    switch (data[0]) {
    case 'h':
        try_headers(text, size - 1);
        break;
    case 'i':
        try_index(text, size - 1);
        break;
    case 'r':
        try_ref(text, size - 1);
        break;
    case 'n':
        try_name(text);
        break;
    default:
        try_location(text);
    }
    free(text);
    return 0;
}
