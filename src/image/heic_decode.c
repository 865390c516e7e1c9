/* HEIC, by the programs of libheif: `heif-info` tells the size, then `heif-convert` writes a PNG.
 * libheif turns the picture upright (properties irot and imir); an EXIF orientation beside them is
 * not to be obeyed again. */
#include "image/helper_process.h"
#include "image/helper_reports.h"
#include "image/image.h"
#include "image/image_decode.h"

#include <stdio.h>

static const char package[] = "libheif-examples";

/* Program, code and libraries' tables, and what decoding takes: 16 bytes a pixel. */
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

static pali_status examine(pali_heic_report *report, const pali_work_folder *folder,
                           const pali_image_source *source, pali_error *err) {
    static const char *const arguments[] = {"heif-info", "picture.heic", NULL};
    const pali_helper helper = helper_for(arguments, source, 0);
    pali_helper_outcome outcome;
    pali_status status = pali_helper_run(&helper, folder, &outcome, err);
    if (status)
        return status;
    status = pali_helper_check(&helper, &outcome, err);
    if (!status && !pali_heic_report_parse(report, outcome.output))
        status =
            pali_fail(err, PALI_ERROR_FORMAT, "%s: HEIC: there is no picture in it", source->name);
    if (!status)
        status = pali_image_check_size(source, report->width, report->height, err);
    pali_helper_outcome_free(&outcome);
    return status;
}

static pali_status convert(const pali_heic_report *report, const pali_work_folder *folder,
                           const pali_image_source *source, pali_error *err) {
    static const char *const arguments[] = {"heif-convert", "picture.heic", "picture.png", NULL};
    const pali_helper helper = helper_for(arguments, source, report->width * report->height);
    pali_helper_outcome outcome;
    pali_status status = pali_helper_run(&helper, folder, &outcome, err);
    if (status)
        return status;
    status = pali_helper_check(&helper, &outcome, err);
    pali_helper_outcome_free(&outcome);
    return status;
}

/* Of several pictures each gets a number in its file's name. */
static pali_status read_result(pali_image **out, const pali_heic_report *report,
                               const pali_work_folder *folder, const pali_image_source *source,
                               pali_error *err) {
    char name[32] = "picture.png";
    if (report->pictures > 1)
        snprintf(name, sizeof name, "picture-%d.png", report->primary);
    pali_buffer bytes;
    pali_buffer_init(&bytes, SIZE_MAX / 2);
    pali_status status = pali_work_folder_read(folder, name, &bytes, NULL);
    if (status)
        status =
            pali_fail(err, PALI_ERROR_FORMAT, "%s: heif-convert gave no picture", source->name);
    if (!status) {
        const pali_image_source result = {(const uint8_t *)bytes.data, bytes.size, source->name,
                                          source->options};
        int ignored;
        status = pali_png_decode(out, &ignored, &result, err);
    }
    pali_buffer_free(&bytes);
    return status;
}

pali_status pali_heic_decode(pali_image **out, int *orientation, const pali_image_source *source,
                             pali_error *err) {
    (void)orientation;
    pali_work_folder folder;
    pali_heic_report report;
    pali_status status = pali_work_folder_enter(&folder, source->name, err);
    if (status)
        return status;
    status = pali_work_folder_write(&folder, "picture.heic", source->bytes, source->size, err);
    if (!status)
        status = examine(&report, &folder, source, err);
    if (!status)
        status = convert(&report, &folder, source, err);
    if (!status)
        status = read_result(out, &report, &folder, source, err);
    pali_work_folder_leave(&folder);
    return status;
}
