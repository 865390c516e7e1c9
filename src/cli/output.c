/* Results: to standard output as they come, or to a file that appears whole or not at all. */
#include "base/file.h"
#include "cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A stream to a new file beside the one that it will replace. */
static bool open_beside(rx_output *output, const char *path) {
    output->target = pali_write_target(path);
    size_t size = output->target ? strlen(output->target) + sizeof ".XXXXXX" : 0;
    output->temporary = size ? malloc(size) : NULL;
    if (!output->temporary)
        return false;
    snprintf(output->temporary, size, "%s.XXXXXX", output->target);
    /* before it is there: a signal may come right behind */
    rx_interrupt_removes(output->temporary);
    int fd = mkstemp(output->temporary);
    if (fd < 0)
        return false;
    fchmod(fd, pali_write_mode(output->target));
    output->stream = fdopen(fd, "wb");
    return output->stream != NULL;
}

/* A stream that is at `path` itself. */
static bool open_itself(rx_output *output, const char *path) {
    output->stream = fopen(path, "wb");
    return output->stream != NULL;
}

static void forget_names(rx_output *output) {
    if (output->temporary)
        rx_interrupt_leaves(output->temporary);
    free(output->temporary);
    free(output->target);
}

bool rx_output_open_file(rx_output *output, const char *path, rx_format format) {
    *output = (rx_output){.format = format, .stream = stdout};
    if (!path || strcmp(path, "-") == 0)
        return true;
    output->path = path;
    if (pali_is_special(path) ? open_itself(output, path) : open_beside(output, path))
        return true;
    rx_complain("%s: cannot write: %s", path, strerror(errno));
    forget_names(output);
    return false;
}

bool rx_output_open(rx_output *output, const rx_options *options) {
    return rx_output_open_file(output, options->output, options->parsed_format);
}

json_t *rx_json_text(const char *text) {
    json_t *string = json_string(text);
    char *copy = string ? NULL : strdup(text);
    if (!copy)
        return string;
    for (char *c = copy; *c; c++)
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    string = json_string(copy);
    free(copy);
    return string;
}

json_t *rx_json_page(const char *input, int page) {
    json_t *object = json_object();
    json_object_set_new(object, "input", rx_json_text(input));
    json_object_set_new(object, "page", json_integer(page ? page : 1));
    return object;
}

json_t *rx_json_error(const pali_error *err) {
    json_t *object = json_object();
    json_object_set_new(object, "code", json_string(pali_status_name(err->code)));
    json_object_set_new(object, "message", rx_json_text(err->message));
    return object;
}

void rx_output_json(rx_output *output, json_t *result) {
    bool lines = output->format == RX_JSONL;
    if (!lines)
        fputs(output->count ? ",\n" : "[\n", output->stream);
    json_dumpf(result, output->stream, lines ? JSON_COMPACT : JSON_INDENT(2));
    if (lines)
        fputc('\n', output->stream);
    fflush(output->stream);
    output->count++;
    json_decref(result);
}

bool rx_output_close(rx_output *output) {
    if (output->format == RX_JSON)
        fputs(output->count ? "\n]\n" : "[]\n", output->stream);
    bool good = fflush(output->stream) == 0 && !ferror(output->stream);
    const char *name = output->path ? output->path : "standard output";
    if (output->path && !output->temporary) {
        good = fclose(output->stream) == 0 && good;
    } else if (output->temporary) {
        good = good && fsync(fileno(output->stream)) == 0;
        good = fclose(output->stream) == 0 && good;
        good = good && rename(output->temporary, output->target) == 0;
    }
    if (!good)
        rx_complain("%s: cannot write: %s", name, strerror(errno));
    if (output->temporary && !good)
        unlink(output->temporary);
    forget_names(output);
    return good;
}
