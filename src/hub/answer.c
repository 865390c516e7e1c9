/* What a server answers. Header lines are taken apart here and nowhere else: everything in a
 * pali_answer is bounded, NUL-terminated and, where it will be shown, printable. */
#include "hub/answer.h"

#include <curl/curl.h>
#include <string.h>
#include <strings.h>
#include <time.h>

void pali_answer_clear(pali_answer *answer) {
    memset(answer, 0, sizeof *answer);
    answer->content_length = answer->linked_size = answer->retry_after = -1;
    answer->range_start = answer->range_total = -1;
}

/* A piece of a header line. */
typedef struct span {
    const char *text;
    size_t size;
} span;

static span trim(span s) {
    while (s.size && strchr(" \t\r\n", s.text[0])) {
        s.text++;
        s.size--;
    }
    while (s.size && strchr(" \t\r\n", s.text[s.size - 1]))
        s.size--;
    return s;
}

/* Copies what consists of printable ASCII; a text that does not fit counts as absent. */
static void copy(char *out, size_t capacity, span value) {
    out[0] = '\0';
    if (value.size >= capacity)
        return;
    for (size_t i = 0; i < value.size; i++)
        if (value.text[i] < 0x20 || value.text[i] > 0x7e)
            return;
    memcpy(out, value.text, value.size);
    out[value.size] = '\0';
}

/* A text for people: cut where it is too long, other bytes as question marks. */
static void copy_message(char *out, size_t capacity, span value) {
    size_t length = value.size < capacity - 1 ? value.size : capacity - 1;
    for (size_t i = 0; i < length; i++)
        out[i] = (char)(value.text[i] >= 0x20 && value.text[i] <= 0x7e ? value.text[i] : '?');
    out[length] = '\0';
}

/* Decimal digits at the start; the rest is left in `value`. -1: none, or too many. */
static int64_t take_number(span *value) {
    int64_t number = 0;
    size_t digits = 0;
    while (value->size && value->text[0] >= '0' && value->text[0] <= '9') {
        if (++digits > 18)
            return -1;
        number = number * 10 + (value->text[0] - '0');
        value->text++;
        value->size--;
    }
    return digits ? number : -1;
}

static int64_t whole_number(span value) {
    int64_t number = take_number(&value);
    return value.size ? -1 : number;
}

static void copy_etag(char *out, size_t capacity, span value) {
    if (value.size >= 2 && memcmp(value.text, "W/", 2) == 0)
        value = (span){value.text + 2, value.size - 2};
    if (value.size >= 2 && value.text[0] == '"' && value.text[value.size - 1] == '"')
        value = (span){value.text + 1, value.size - 2};
    copy(out, capacity, value);
}

/* Seconds, or a date. */
static int64_t parse_retry_after(span value) {
    int64_t seconds = whole_number(value);
    char text[64];
    copy(text, sizeof text, value);
    if (seconds >= 0 || !text[0])
        return seconds;
    time_t date = curl_getdate(text, NULL), now = time(NULL);
    return date < 0 ? -1 : date > now ? (int64_t)(date - now) : 0;
}

/* "bytes 100-199/200", or "bytes" and an asterisk for the range, as 416 answers have it. */
static void parse_range(pali_answer *answer, span value) {
    if (value.size < 6 || strncasecmp(value.text, "bytes ", 6) != 0)
        return;
    value = (span){value.text + 6, value.size - 6};
    int64_t start = take_number(&value);
    const char *slash = memchr(value.text, '/', value.size);
    if (!slash)
        return;
    answer->range_start = start;
    answer->range_total =
        whole_number((span){slash + 1, value.size - (size_t)(slash + 1 - value.text)});
}

static void parse_status(pali_answer *answer, span line) {
    const char *space = memchr(line.text, ' ', line.size);
    pali_answer_clear(answer);
    if (!space)
        return;
    span rest = {space + 1, line.size - (size_t)(space + 1 - line.text)};
    int64_t status = take_number(&rest);
    answer->status = status >= 100 && status <= 999 ? (int)status : 0;
}

void pali_answer_header(pali_answer *answer, const char *line, size_t size) {
    span whole = trim((span){line, size});
    if (whole.size >= 5 && memcmp(whole.text, "HTTP/", 5) == 0) {
        parse_status(answer, whole);
        return;
    }
    const char *colon = whole.size ? memchr(whole.text, ':', whole.size) : NULL;
    if (!colon)
        return;
    size_t length = (size_t)(colon - whole.text);
    span value = trim((span){colon + 1, whole.size - length - 1});
#define IS(name) (length == sizeof name - 1 && strncasecmp(whole.text, name, length) == 0)
    if (IS("Content-Length"))
        answer->content_length = whole_number(value);
    else if (IS("X-Linked-Size"))
        answer->linked_size = whole_number(value);
    else if (IS("Content-Range"))
        parse_range(answer, value);
    else if (IS("Retry-After"))
        answer->retry_after = parse_retry_after(value);
    else if (IS("X-Repo-Commit"))
        copy(answer->commit, sizeof answer->commit, value);
    else if (IS("ETag"))
        copy_etag(answer->etag, sizeof answer->etag, value);
    else if (IS("X-Linked-ETag"))
        copy_etag(answer->linked_etag, sizeof answer->linked_etag, value);
    else if (IS("Location"))
        copy(answer->location, sizeof answer->location, value);
    else if (IS("X-Error-Code"))
        copy(answer->error_code, sizeof answer->error_code, value);
    else if (IS("X-Error-Message"))
        copy_message(answer->error_message, sizeof answer->error_message, value);
#undef IS
}
