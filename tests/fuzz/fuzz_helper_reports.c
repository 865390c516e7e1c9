/* Arbitrary bytes as what pdfinfo, heif-info and pdftoppm give back: numbers that can be used, or
 * nothing. */
#include "image/helper_process.h"
#include "image/helper_reports.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_texts(char *text, int page) {
    pali_pdf_report pdf;
    if (pali_pdf_report_parse(&pdf, text, page) &&
        !(pdf.pages > 0 && pdf.width >= 0 && pdf.width < 1e9 + 1 && pdf.height >= 0 &&
          pdf.height < 1e9 + 1))
        __builtin_trap();
    pali_heic_report heic;
    if (pali_heic_report_parse(&heic, text) &&
        !(heic.width > 0 && heic.height > 0 && heic.primary > 0 && heic.primary <= heic.pictures))
        __builtin_trap();
}

/* The end of a process, made of the first bytes, becomes an error of one line. */
static void check_outcome(char *text, int exit_code, int signal) {
    static const char *const arguments[] = {"program", NULL};
    const pali_helper helper = {.arguments = arguments, .package = "package", .subject = "fuzz"};
    const pali_helper_outcome outcome = {exit_code, signal, text, text};
    pali_error err = PALI_ERROR_INIT;
    pali_status status = pali_helper_check(&helper, &outcome, &err);
    if ((status == PALI_OK) != (exit_code == 0) ||
        (status && (strncmp(err.message, "fuzz: ", 6) != 0 || strpbrk(err.message, "\r\n\033"))))
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    pali_ppm ppm;
    if (pali_ppm_parse(&ppm, data, size) &&
        (uint64_t)(data + size - ppm.pixels) != ppm.width * ppm.height * 3)
        __builtin_trap();
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    check_texts(text, size ? data[0] % 4 + 1 : 1);
    if (size >= 2)
        check_outcome(text + 2, (int)data[0] - 1, data[0] ? 0 : data[1]);
    free(text);
    return 0;
}
