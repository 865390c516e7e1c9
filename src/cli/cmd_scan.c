/* scan: reads prescriptions. Pages are opened ahead by another thread, read one after the other, and
 * reported as they are finished; a page that cannot be read is reported as such. With a store, each is
 * kept before it is reported, and a resumed run reports what is kept without reading it again. */
#include "cli/commands.h"
#include "cli/drawing.h"
#include "cli/report_writer.h"
#include "cli/scanning.h"
#include "store/store.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static struct {
    char *draw, *html, *show_pages, *store;
    int resume;
} wanted;

typedef struct session {
    const rx_options *options;
    rx_scanning scanning;
    rx_report_writer results, html;
    rx_store *store;      /* NULL: none */
    rx_store *earlier;    /* the same, for the thread that opens pages; NULL without --resume */
    rx_provenance lookup; /* what a page must come from to be known; its input's digest is open */
    size_t kept;          /* pages that an earlier run had read */
    size_t total, done;   /* pages, as far as they are known */
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
    pali_error unkept = PALI_ERROR_INIT;
    if (s->store && rx_store_put_failure(s->store, page->input, page->page, err, &unkept))
        rx_complain("%s", unkept.message);
    rx_report_writer_failure(&s->results, page->input, page->page, err);
    if (wanted.html)
        rx_report_writer_failure(&s->html, page->input, page->page, err);
}

static bool draw(session *s, const rx_prescription *read, const pali_image *image) {
    char name[RX_PATH_SIZE];
    rx_drawing_name(name, sizeof name, wanted.draw, ++s->drawn);
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
    if (!rx_scan_show(&s->scanning.scanner, &page->prepared, wanted.show_pages, stem, &err))
        return true;
    rx_complain("%s", err.message);
    return false;
}

/* What an earlier run read from this page, if it did. */
static pali_status find_known(void *context, json_t **out, const rx_ready_page *page,
                              pali_error *err) {
    const session *s = context;
    rx_provenance from = s->lookup;
    from.input_sha256 = page->sha256[0] ? page->sha256 : NULL;
    return rx_store_find_result(s->earlier, out, page->input, page->page, &from, err);
}

static void deliver(session *s, const rx_ready_page *page, const rx_prescription *read,
                    const rx_provenance *from) {
    bool good = rx_report_writer_page(&s->results, read, from, page->prepared.image);
    if (wanted.html)
        good &= rx_report_writer_page(&s->html, read, from, page->prepared.image);
    if (wanted.draw)
        good &= draw(s, read, page->prepared.image);
    s->failed |= !good;
}

static void keep(session *s, const rx_prescription *read) {
    pali_error err = PALI_ERROR_INIT;
    if (!s->store || !rx_store_put_result(s->store, read, &s->scanning.provenance, &err))
        return;
    rx_complain("%s", err.message);
    s->failed = true;
}

/* A page that could be opened: recalled or read, kept, delivered. */
static pali_status take(session *s, const rx_ready_page *page, rx_prescription *read,
                        pali_error *err) {
    bool known = page->known != NULL;
    rx_scanning_stamp(&s->scanning, page);
    rx_provenance from = s->scanning.provenance;
    double start = now();
    pali_status status;
    if (known)
        status = rx_report_parse(read, &from, page->known, wanted.store, err);
    else
        status = rx_scan_read(read, &s->scanning.scanner, &page->prepared, on_progress, s, err);
    rx_progress_end();
    if (status)
        return status;
    read->input = page->input;
    read->page = page->page;
    if (known)
        s->kept++;
    else
        keep(s, read);
    deliver(s, page, read, &from);
    if (s->options->verbose && !known)
        rx_note(s->options, "%s: %zu lines read in %.2f s; peak memory %.2f GB", page->input,
                read->num_lines, now() - start, (double)rx_peak_memory() * 1e-9);
    return PALI_OK;
}

static void read_page(session *s, const rx_ready_page *page) {
    pali_error err = page->error;
    rx_prescription read = {0};
    s->input = page->input;
    show_progress(s, 0);
    if (wanted.show_pages && !page->failed && !show_page(s, page))
        s->failed = true;
    pali_status status = page->failed ? err.code : take(s, page, &read, &err);
    rx_progress_end();
    if (status && status != PALI_ERROR_CANCELLED)
        report_failure(s, page, &err);
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
    pali_error err = PALI_ERROR_INIT;
    if (wanted.store && rx_store_open(&s->store, wanted.store, RX_STORE_CREATE, &err)) {
        rx_complain("%s", err.message);
        return false;
    }
    if (wanted.resume && rx_store_open(&s->earlier, wanted.store, RX_STORE_EXISTING, &err)) {
        rx_complain("%s", err.message);
        return false;
    }
    s->lookup = s->scanning.provenance;
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
    const rx_known_pages known = {find_known, s, wanted.html || wanted.draw || wanted.show_pages};
    rx_read_ahead *ahead =
        rx_read_ahead_new(inputs, count, &s->scanning.scanner, wanted.resume ? &known : NULL);
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
    if (s->kept)
        rx_note(s->options, "%zu of %zu pages were in %s already", s->kept, s->done, wanted.store);
    if (rx_interrupted())
        return RX_EXIT_INTERRUPTED;
    return s->failed ? RX_EXIT_SOME_FAILED : RX_EXIT_OK;
}

int rx_cmd_scan(int argc, const char **argv) {
    rx_options options;
    const char **arguments;
    int count;
    int status =
        rx_options_read(&options, &rx_command_scan,
                        RX_TAKES_SCAN | RX_TAKES_LEXICON | RX_TAKES_MODEL | RX_TAKES_REPORT, argc,
                        argv, &arguments, &count);
    if (status < 0 && count < 1)
        status = rx_usage_error("scan", "missing INPUT: rxscan scan INPUT...");
    if (status < 0 && wanted.resume && !wanted.store)
        status = rx_usage_error("scan", "--resume needs --store FILE, where the pages are kept");
    const rx_written files[] = {{"-o", options.output},
                                {"--html", wanted.html},
                                {"--draw", wanted.draw},
                                {"--show-pages", wanted.show_pages},
                                {"--store", wanted.store}};
    if (status < 0)
        status = rx_check_written("scan", files, sizeof files / sizeof *files, arguments, count);
    if (status < 0) {
        session s = {.options = &options};
        rx_interrupt_install();
        status = read_pages(&s, arguments, count);
        rx_scanning_close(&s.scanning);
        rx_store_close(&s.earlier);
        rx_store_close(&s.store);
    }
    free(wanted.draw);
    free(wanted.html);
    free(wanted.show_pages);
    free(wanted.store);
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
    {"store", 0, POPT_ARG_STRING, &wanted.store, 0,
     "keep every result in FILE, with an audit trail; 'rxscan results' tells more", "FILE"},
    {"resume", 0, POPT_ARG_NONE, &wanted.resume, 0,
     "with --store: deliver what was read by an earlier run, read only the rest", NULL},
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
    "  rxscan scan scan.pdf --format fhir\n"
    "  rxscan scan inbox/ --store inbox.db --resume --format csv -o inbox.csv",
    rx_cmd_scan};
