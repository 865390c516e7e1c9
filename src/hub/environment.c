/* The environment variables that are shared with Python's huggingface_hub: names and defaults are
 * those of its constants module. An empty variable counts as unset. */
#include "hub/environment.h"

#include "base/file.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAX_TOKEN_FILE = 4096 };

static const char *variable(const char *name) {
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static bool is_on(const char *name) {
    static const char *const words[] = {"1", "ON", "YES", "TRUE"};
    const char *value = variable(name);
    for (size_t i = 0; value && i < sizeof words / sizeof *words; i++)
        if (strcasecmp(value, words[i]) == 0)
            return true;
    return false;
}

/* "~" and "~/..." begin in the home folder. */
static pali_status append_path(pali_buffer *out, const char *path, pali_error *err) {
    if (path[0] == '~' && (path[1] == '/' || path[1] == '\0')) {
        const char *home = variable("HOME");
        if (!home)
            return pali_fail(err, PALI_ERROR_NOT_FOUND,
                             "HOME is not set: where is the Hugging Face cache? (HF_HOME)");
        pali_status status = pali_buffer_append_text(out, home, err);
        return status ? status : pali_buffer_append_text(out, path + 1, err);
    }
    return pali_buffer_append_text(out, path, err);
}

static pali_status append_home(pali_buffer *out, pali_error *err) {
    if (variable("HF_HOME"))
        return append_path(out, variable("HF_HOME"), err);
    const char *cache = variable("XDG_CACHE_HOME");
    pali_status status = append_path(out, cache ? cache : "~/.cache", err);
    return status ? status : pali_buffer_append_text(out, "/huggingface", err);
}

pali_status pali_hub_cache_root(pali_buffer *out, pali_error *err) {
    const char *root = variable("HF_HUB_CACHE");
    if (!root)
        root = variable("HUGGINGFACE_HUB_CACHE");
    if (root)
        return append_path(out, root, err);
    pali_status status = append_home(out, err);
    return status ? status : pali_buffer_append_text(out, "/hub", err);
}

pali_status pali_hub_endpoint(pali_buffer *out, pali_error *err) {
    const char *endpoint = variable("HF_ENDPOINT");
    if (!endpoint)
        endpoint = "https://huggingface.co";
    size_t length = strlen(endpoint);
    while (length && endpoint[length - 1] == '/')
        length--;
    return pali_buffer_append(out, endpoint, length, err);
}

/* Without the white space around it and without line breaks, as a token is pasted. */
static pali_status append_clean(pali_buffer *out, const char *token, pali_error *err) {
    while (isspace((unsigned char)*token))
        token++;
    size_t length = strlen(token);
    while (length && isspace((unsigned char)token[length - 1]))
        length--;
    pali_status status = PALI_OK;
    for (size_t i = 0; i < length && !status; i++) {
        unsigned char c = (unsigned char)token[i];
        if (c == '\r' || c == '\n')
            continue;
        if (c <= 0x20 || c >= 0x7f)
            return pali_fail(err, PALI_ERROR_ARGUMENT,
                             "the Hugging Face token has a character that no token has");
        status = pali_buffer_append(out, &token[i], 1, err);
    }
    return status;
}

static pali_status append_token_file(pali_buffer *out, pali_error *err) {
    pali_buffer path, text;
    pali_buffer_init(&path, 65536);
    pali_buffer_init(&text, MAX_TOKEN_FILE);
    const char *named = variable("HF_TOKEN_PATH");
    pali_status status = named ? append_path(&path, named, err) : append_home(&path, err);
    if (!status && !named)
        status = pali_buffer_append_text(&path, "/token", err);
    /* "-" is a file here, not the standard input of pali_read_file. */
    if (!status && strcmp(path.data, "-") != 0 && pali_read_file(&text, path.data, NULL) == PALI_OK)
        status = append_clean(out, text.data ? text.data : "", err);
    pali_buffer_free(&path);
    pali_buffer_free(&text);
    return status;
}

pali_status pali_hub_token(pali_buffer *out, pali_error *err) {
    static const char *const names[] = {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"};
    if (is_on("HF_HUB_DISABLE_IMPLICIT_TOKEN"))
        return PALI_OK;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = variable(names[i]);
        pali_status status = value ? append_clean(out, value, err) : PALI_OK;
        if (status || out->size)
            return status;
    }
    return append_token_file(out, err);
}

bool pali_hub_is_offline(void) {
    return is_on("HF_HUB_OFFLINE") || is_on("TRANSFORMERS_OFFLINE");
}

int pali_hub_timeout(const char *name, int fallback) {
    const char *value = variable(name);
    char *end = NULL;
    long seconds = value ? strtol(value, &end, 10) : 0;
    return value && *end == '\0' && seconds >= 1 && seconds <= 3600 ? (int)seconds : fallback;
}
