/* Arbitrary bytes as a question about a page: answered with words of the page, or refused. */
#include "rx/questions.h"
#include "rx/reading.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static rx_prescription read_page(void) {
    static const char *const written[] = {"Patient: Asha Rao   Age: 45", "Dx: Hypertension",
                                          "Tab. Augmentin 625 mg 1-0-1 x 5 days",
                                          "Tab. Dolo 650 mg SOS"};
    enum { COUNT = sizeof written / sizeof *written };
    rx_line lines[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        lines[i] = (rx_line){.text = written[i]};
    static rx_lexicon *lexicon; /* the page points into it */
    rx_prescription page = {0};
    if (rx_lexicon_open(&lexicon, NULL, NULL) ||
        rx_reading_make(&page, lines, COUNT, lexicon, NULL) || page.num_medicines != 2)
        __builtin_trap();
    return page;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static rx_prescription page;
    if (!page.num_medicines)
        page = read_page();
    char *question = strndup((const char *)data, size);
    pali_buffer answer;
    pali_buffer_init(&answer, 1 << 16);
    pali_error err = PALI_ERROR_INIT;
    rx_topic topic = rx_question_topic(question);
    pali_status status = rx_question_answer(&answer, &page, question, &err);
    if ((status == PALI_OK) != (topic != RX_TOPIC_NONE) || (!status && answer.size == 0) ||
        (status && !err.message[0]))
        __builtin_trap();
    pali_buffer_free(&answer);
    free(question);
    return 0;
}
