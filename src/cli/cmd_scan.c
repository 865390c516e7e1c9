/* scan: reads prescriptions. Pages are opened ahead by another thread, read one after the other, and
 * reported as they are finished; a page that cannot be read is reported as such. */
#include "cli/commands.h"
#include "cli/report_writer.h"
#include "cli/scanning.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static struct { char *draw, *html, *show_pages; } wanted;

typedef struct session {
    const rx_options *options;
    rx_scanning scanning;
    rx_report_writer results, html;
    size_t total, done; /* pages, as far as they are known */
    size_t drawn;
    double start;
    const char *input; /* being read */
    bool failed;       /* something was not delivered */
} session;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* ---- progress ---- */

static void show_progress(const session *s, double part) {
    double seconds = now() - s->start, pages = (double)s->done + part;
    if (s->total <= 1 || s->done >= s->total) {
        rx_progress(s->options, "%s: %.0f %%", s->input, 100 * part);
        return;
    }
    double left = s->done ? seconds / pages * ((double)s->total - pages) : 0;
    if (s->done)
        rx_progress(s->options, "%zu of %zu, %.0f pages a minute, %.0f:%02.0f left: %s",
                    s->done + 1, s->total, 60 * pages / seconds, floor(left / 60),
                    floor(fmod(left, 60)), s->input);
    else
        rx_progress(s->options, "1 of %zu: %s", s->total, s->input);
}

static bool on_progress(void *context, const char *phase, size_t done, size_t total) {
    (void)phase;
    show_progress(context, total ? (double)done / (double)total : 1);
    return !rx_interrupted();
}

/* ---- one page ---- */

static void report_failure(session *s, const rx_ready_page *page, const pali_error *err) {
    s->failed = true;
    rx_complain("%s", err->message);
    rx_report_writer_failure(&s->results, page->input, page->page, err);
    if (wanted.html)
        rx_report_writer_failure(&s->html, page->input, page->page, err);
}

/* "out.png" for the first picture, "out-2.png" for the second. */
static bool draw(session *s, const rx_prescription *read, const pali_image *image) {
    char name[RX_PATH_SIZE];
    const char *path = wanted.draw, *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
    int stem = dot && (!slash || dot > slash) ? (int)(dot - path) : (int)strlen(path);
    if (++s->drawn > 1)
        snprintf(name, sizeof name, "%.*s-%zu%s", stem, path, s->drawn, path + stem);
    else
        snprintf(name, sizeof name, "%s", path);
    pali_error err = PALI_ERROR_INIT;
    pali_image *drawn = NULL;
    pali_status status = rx_report_draw(&drawn, read, image, &err);
    if (!status)
        status = pali_image_save_png(drawn, name, &err);
    pali_image_free(&drawn);
    if (status)
        rx_complain("%s", err.message);
    return !status;
}

/* Files named after the input, "photo.jpg" or, of a document, "paper.pdf-3"; numbered where there
 * are several inputs, whose names may be the same. */
static bool show_page(const session *s, const rx_ready_page *page) {
    char stem[512];
    const char *slash = strrchr(page->input, '/');
    const char *name = slash && slash[1] ? slash + 1 : page->input;
    int used = s->total > 1 ? snprintf(stem, sizeof stem, "%04zu-", s->done + 1) : 0;
    used += snprintf(stem + used, sizeof stem - (size_t)used, "%.200s", name);
    if (page->page)
        snprintf(stem + used, sizeof stem - (size_t)used, "-%d", page->page);
    pali_error err = PALI_ERROR_INIT;
    if (!page->prepared.page)
        return true;
    if (!rx_page_show(page->prepared.page, wanted.show_pages, stem, &err))
        return true;
    rx_complain("%s", err.message);
    return false;
}

static void deliver(session *s, const rx_ready_page *page, rx_prescription *read) {
    rx_scanning_stamp(&s->scanning, page);
    const rx_provenance *from = &s->scanning.provenance;
    read->input = page->input;
    read->page = page->page;
    bool good = rx_report_writer_page(&s->results, read, from, page->prepared.image);
    if (wanted.html)
        good &= rx_report_writer_page(&s->html, read, from, page->prepared.image);
    if (wanted.draw)
        good &= draw(s, read, page->prepared.image);
    s->failed |= !good;
}

static void read_page(session *s, const rx_ready_page *page) {
    pali_error err = page->error;
    rx_prescription read = {0};
    s->input = page->input;
    show_progress(s, 0);
    if (wanted.show_pages && !page->failed && !show_page(s, page))
        s->failed = true;
    pali_status status = page->failed ? err.code : PALI_OK;
    double start = now();
    if (!status)
        status = rx_scan_read(&read, &s->scanning.scanner, &page->prepared, on_progress, s, &err);
    double seconds = now() - start;
    rx_progress_end();
    if (!status)
        deliver(s, page, &read);
    else if (status != PALI_ERROR_CANCELLED)
        report_failure(s, page, &err);
    if (!status && s->options->verbose)
        rx_note(s->options, "%s: %zu lines read in %.2f s; peak memory %.2f GB", page->input,
                read.num_lines, seconds, (double)rx_peak_memory() * 1e-9);
    rx_prescription_free(&read);
    s->done++;
}

/* ---- the command ---- */

static bool make_folder(const char *path) {
    struct stat info;
    if (mkdir(path, 0777) == 0 || (stat(path, &info) == 0 && S_ISDIR(info.st_mode)))
        return true;
    rx_complain("%s: cannot be made: %s", path, strerror(errno));
    return false;
}

static bool open_outputs(session *s) {
    if (wanted.show_pages && !make_folder(wanted.show_pages))
        return false;
    if (!rx_report_writer_open(&s->results, s->options->output, s->options->parsed_format))
        return false;
    if (!wanted.html || rx_report_writer_open(&s->html, wanted.html, RX_HTML))
        return true;
    rx_report_writer_close(&s->results);
    return false;
}

static int read_pages(session *s, const char *const *inputs, int count) {
    int status = rx_scanning_open(&s->scanning, s->options, false);
    if (status >= 0)
        return status;
    if (!open_outputs(s))
        return RX_EXIT_SOME_FAILED;
    s->total = rx_inputs_count(inputs, count);
    s->start = now();
    rx_read_ahead *ahead = rx_read_ahead_new(inputs, count, &s->scanning.scanner);
    rx_ready_page page;
    while (ahead && !rx_interrupted() && rx_read_ahead_next(ahead, &page)) {
        read_page(s, &page);
        rx_ready_page_free(&page);
    }
    if (!ahead)
        rx_complain("not enough memory");
    s->failed |= !ahead;
    rx_read_ahead_free(ahead);
    s->failed |= !rx_report_writer_close(&s->results);
    if (wanted.html)
        s->failed |= !rx_report_writer_close(&s->html);
    if (rx_interrupted())
        return RX_EXIT_INTERRUPTED;
    return s->failed ? RX_EXIT_SOME_FAILED : RX_EXIT_OK;
}

int rx_cmd_scan(int argc, const char **argv) {
    rx_options options;
    const char **arguments;
    int count;
    int status = rx_options_read(&options, &rx_command_scan,
                                 RX_TAKES_SCAN | RX_TAKES_MODEL | RX_TAKES_REPORT, argc, argv,
                                 &arguments, &count);
    if (status < 0 && count < 1)
        status = rx_usage_error("scan", "missing INPUT: rxscan scan INPUT...");
    if (status < 0) {
        session s = {.options = &options};
        rx_interrupt_install();
        status = read_pages(&s, arguments, count);
        rx_scanning_close(&s.scanning);
    }
    free(wanted.draw);
    free(wanted.html);
    free(wanted.show_pages);
    return status;
}

const struct poptOption rx_scan_table[] = {
    {"draw", 0, POPT_ARG_STRING, &wanted.draw, 0,
     "write each page with frames around its medicines: FILE.png, then FILE-2.png, ...",
     "FILE.png"},
    {"html", 0, POPT_ARG_STRING, &wanted.html, 0,
     "write a report with pictures of what is doubtful as well", "FILE"},
    {"show-pages", 0, POPT_ARG_STRING, &wanted.show_pages, 0,
     "write into a folder what the model sees of each page", "FOLDER"},
    POPT_TABLEEND};

const rx_command rx_command_scan = {
    "scan", "INPUT...", "Reads prescriptions: medicines, directions, patient, prescriber, date.",
    "INPUT is a file (JPEG, PNG, WebP, TIFF, BMP, HEIC, PDF page by page), a folder, an http(s) "
    "URL, "
    "or\n"
    "- for standard input. What is doubtful is marked for review, with the reasons; nothing is\n"
    "filled in by guess.\n\n"
    "  rxscan scan photo.jpg\n"
    "  rxscan scan inbox/ --format csv -o today.csv --html today.html\n"
    "  rxscan scan scan.pdf --format fhir",
    rx_cmd_scan};
