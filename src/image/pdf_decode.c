/* Pages of a PDF, by the programs of poppler: `pdfinfo` counts and measures, so that a page of
 * absurd size is refused before it is drawn; `pdftoppm` draws what a viewer shows (the crop box) as
 * PPM, which costs no time to write. */
#include "image/helper_process.h"
#include "image/helper_reports.h"
#include "image/image.h"
#include "image/image_decode.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char package[] = "poppler-utils";

/* Program, fonts and the document's own parts, and the page: 16 bytes a pixel. */
static uint64_t memory_for(uint64_t pixels) {
    return ((uint64_t)1 << 30) + (pixels < ((uint64_t)1 << 50) ? pixels * 16 : 0);
}

static pali_helper helper_for(const char *const *arguments, const pali_image_source *source,
                              uint64_t pixels) {
    return (pali_helper){.arguments = arguments,
                         .package = package,
                         .subject = source->name,
                         .max_memory = memory_for(pixels),
                         .max_file = pixels * 8 + (1 << 20),
                         .timeout_seconds = source->options->timeout_seconds};
}

/* The commonest troubles in words of our own. */
static pali_status check_outcome(const pali_helper *helper, const pali_helper_outcome *outcome,
                                 pali_error *err) {
    if (outcome->exit_code > 0 && strstr(outcome->complaints, "Incorrect password"))
        return pali_fail(err, PALI_ERROR_UNSUPPORTED, "%s: encrypted: it needs a password",
                         helper->subject);
    if (outcome->exit_code > 0 && strstr(outcome->complaints, "Wrong page range"))
        return pali_fail(err, PALI_ERROR_FORMAT, "%s: PDF: it has no pages", helper->subject);
    return pali_helper_check(helper, outcome, err);
}

/* Page `page` (from 1). A page past the end makes pdfinfo fail: then only the pages are counted. */
static pali_status examine(pali_pdf_report *report, int page, const pali_work_folder *folder,
                           const pali_image_source *source, pali_error *err) {
    char number[16];
    snprintf(number, sizeof number, "%d", page);
    const char *const arguments[] = {"pdfinfo", "-f", number, "-l", number, "page.pdf", NULL};
    const pali_helper helper = helper_for(arguments, source, 0);
    pali_helper_outcome outcome;
    pali_status status = pali_helper_run(&helper, folder, &outcome, err);
    if (status)
        return status;
    bool is_past_end =
        outcome.exit_code > 0 && strstr(outcome.complaints, "Wrong page range") && page > 1;
    if (!is_past_end) {
        status = check_outcome(&helper, &outcome, err);
        if (!status && !pali_pdf_report_parse(report, outcome.output, page))
            status = pali_fail(err, PALI_ERROR_FORMAT, "%s: PDF: it has no pages", source->name);
    }
    pali_helper_outcome_free(&outcome);
    return is_past_end ? examine(report, 1, folder, source, err) : status;
}

/* Pixels of the page, rounded up as pdftoppm does. */
static pali_status measure(uint64_t *pixels, const pali_pdf_report *report,
                           const pali_image_source *source, pali_error *err) {
    double scale = source->options->pdf_dpi / 72.0;
    double width = ceil(report->width * scale), height = ceil(report->height * scale);
    pali_status status = pali_image_check_page(source, report->pages, err);
    if (!status) /* numbers of the report have at most nine digits: they fit */
        status = pali_image_check_size(source, (uint64_t)width, (uint64_t)height, err);
    *pixels = status ? 0 : (uint64_t)width * (uint64_t)height;
    return status;
}

static pali_status draw(uint64_t pixels, const pali_work_folder *folder,
                        const pali_image_source *source, pali_error *err) {
    char number[16], dpi[16];
    snprintf(number, sizeof number, "%d", source->options->page + 1);
    snprintf(dpi, sizeof dpi, "%d", source->options->pdf_dpi);
    const char *const arguments[] = {"pdftoppm",    "-r",       dpi,    "-f",
                                     number,        "-l",       number, "-cropbox",
                                     "-singlefile", "page.pdf", "page", NULL};
    const pali_helper helper = helper_for(arguments, source, pixels);
    pali_helper_outcome outcome;
    pali_status status = pali_helper_run(&helper, folder, &outcome, err);
    if (status)
        return status;
    status = check_outcome(&helper, &outcome, err);
    pali_helper_outcome_free(&outcome);
    return status;
}

static pali_status read_result(pali_image **out, const pali_work_folder *folder,
                               const pali_image_source *source, pali_error *err) {
    pali_buffer bytes;
    pali_ppm ppm;
    pali_buffer_init(&bytes, SIZE_MAX / 2);
    pali_status status = pali_work_folder_read(folder, "page.ppm", &bytes, NULL);
    if (status || !pali_ppm_parse(&ppm, (const uint8_t *)bytes.data, bytes.size))
        status = pali_fail(err, PALI_ERROR_FORMAT, "%s: pdftoppm gave no picture", source->name);
    if (!status)
        status = pali_image_check_size(source, ppm.width, ppm.height, err);
    if (!status)
        status = pali_image_from_rgb(out, (int)ppm.width, (int)ppm.height, ppm.width * 3,
                                     ppm.pixels, err);
    pali_buffer_free(&bytes);
    return status;
}

static pali_status draw_page(pali_image **out, const pali_work_folder *folder,
                             const pali_image_source *source, pali_error *err) {
    pali_pdf_report report;
    uint64_t pixels;
    pali_status status = examine(&report, source->options->page + 1, folder, source, err);
    if (!status)
        status = measure(&pixels, &report, source, err);
    if (!status)
        status = draw(pixels, folder, source, err);
    if (!status)
        status = read_result(out, folder, source, err);
    return status;
}

pali_status pali_pdf_decode(pali_image **out, int *orientation, const pali_image_source *source,
                            pali_error *err) {
    (void)orientation;
    pali_work_folder folder;
    pali_status status = pali_work_folder_enter(&folder, source->name, err);
    if (status)
        return status;
    status = pali_work_folder_write(&folder, "page.pdf", source->bytes, source->size, err);
    if (!status)
        status = draw_page(out, &folder, source, err);
    pali_work_folder_leave(&folder);
    return status;
}

pali_status pali_pdf_count_pages(int *out, const pali_image_source *source, pali_error *err) {
    pali_work_folder folder;
    pali_pdf_report report;
    pali_status status = pali_work_folder_enter(&folder, source->name, err);
    if (status)
        return status;
    status = pali_work_folder_write(&folder, "page.pdf", source->bytes, source->size, err);
    if (!status)
        status = examine(&report, 1, &folder, source, err);
    pali_work_folder_leave(&folder);
    if (!status)
        *out = report.pages;
    return status;
}
