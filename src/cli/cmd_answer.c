/* The commands whose answer is text: ask, run, caption, describe, ocr. They differ in the prompt,
 * whose wording is that of PaliGemma's training. */
#include "cli/commands.h"
#include "cli/reading.h"
#include "rx/plain.h"
#include "rx/questions.h"

#include <stdlib.h>
#include <string.h>

/* "<verb> <language> <rest>", malloc'ed; language and rest may be NULL. */
static char *join(const char *verb, const char *language, const char *rest) {
    size_t size =
        strlen(verb) + (language ? strlen(language) + 1 : 0) + (rest ? strlen(rest) + 1 : 0) + 1;
    char *prompt = malloc(size);
    if (prompt)
        snprintf(prompt, size, "%s%s%s%s%s", verb, language ? " " : "", language ? language : "",
                 rest ? " " : "", rest ? rest : "");
    return prompt;
}

static const char *language(const rx_options *options) {
    return options->lang ? options->lang : "en";
}

static char *ask_prompt(const rx_options *options, const char *question) {
    return join("answer", language(options), question);
}

static char *caption_prompt(const rx_options *options, const char *argument) {
    (void)argument;
    return join("caption", language(options), NULL);
}

static char *describe_prompt(const rx_options *options, const char *argument) {
    (void)argument;
    return join("describe", language(options), NULL);
}

static char *ocr_prompt(const rx_options *options, const char *argument) {
    (void)options;
    (void)argument;
    return join("ocr", NULL, NULL);
}

static char *run_prompt(const rx_options *options, const char *prompt) {
    (void)options;
    return strdup(prompt);
}

/* All lines in which something was read, by a model that reads lines. */
static pali_status write_lines(pali_buffer *out, const rx_prescription *page, const char *argument,
                               pali_error *err) {
    (void)argument;
    pali_status status = PALI_OK;
    for (size_t i = 0; i < page->num_lines && !status; i++) {
        if (!page->lines[i].text[0])
            continue;
        const char *joint = i > 0 ? page->lines[i - 1].joint : NULL;
        if (out->size > 0)
            status = pali_buffer_append_text(out, joint ? joint : "\n", err);
        if (!status && page->lines[i].struck_out)
            status = pali_buffer_append_text(out, "~", err);
        if (!status)
            status = rx_append_plain(out, page->lines[i].text, err);
    }
    return status;
}

int rx_cmd_ask(int argc, const char **argv) {
    static const rx_reading reading = {.command = &rx_command_ask,
                                       .groups = RX_TAKES_LANGUAGE,
                                       .prompt = ask_prompt,
                                       .recorded = rx_question_answer,
                                       .takes_argument = true,
                                       .streams = true};
    return rx_reading_run(&reading, argc, argv);
}

int rx_cmd_caption(int argc, const char **argv) {
    static const rx_reading reading = {.command = &rx_command_caption,
                                       .groups = RX_TAKES_LANGUAGE,
                                       .prompt = caption_prompt,
                                       .streams = true};
    return rx_reading_run(&reading, argc, argv);
}

int rx_cmd_describe(int argc, const char **argv) {
    static const rx_reading reading = {.command = &rx_command_describe,
                                       .groups = RX_TAKES_LANGUAGE,
                                       .prompt = describe_prompt,
                                       .streams = true};
    return rx_reading_run(&reading, argc, argv);
}

int rx_cmd_ocr(int argc, const char **argv) {
    static const rx_reading reading = {
        .command = &rx_command_ocr, .prompt = ocr_prompt, .recorded = write_lines, .streams = true};
    return rx_reading_run(&reading, argc, argv);
}

int rx_cmd_run(int argc, const char **argv) {
    static const rx_reading reading = {.command = &rx_command_run,
                                       .prompt = run_prompt,
                                       .takes_argument = true,
                                       .any_model = true,
                                       .streams = true};
    return rx_reading_run(&reading, argc, argv);
}

const rx_command rx_command_ask = {
    "ask", "INPUT... QUESTION", "Answers a question about each picture.",
    "INPUT is a file (JPEG, PNG, WebP, TIFF, BMP, HEIC, PDF), a folder, an http(s) URL, or - for\n"
    "standard input. The model is asked \"answer en QUESTION\"; --lang changes the language.\n"
    "The embedded model reads lines: it is asked by scanning the page, and questions about the\n"
    "medicines, their dose, frequency and duration, the diseases, the patient, the doctor and the\n"
    "date are answered from what was read; \" (?)\" marks what a person must check.\n\n"
    "  rxscan ask photo.jpg \"Which medicines are recommended in the prescription\"\n"
    "  rxscan ask inbox/ \"Which diseases are mentioned in the prescription\" --format jsonl\n"
    "  rxscan ask --model google/paligemma2-10b-mix-448 --weights int8 photo.jpg \"Who is the "
    "doctor\"",
    rx_cmd_ask};

const rx_command rx_command_run = {
    "run", "INPUT... PROMPT", "Puts a prompt to the model as it is.",
    "Nothing is added but the newline that ends every prompt.\n\n"
    "  rxscan run photo.jpg \"answer en what is written at the top\"",
    rx_cmd_run};

const rx_command rx_command_caption = {"caption", "INPUT...", "Says in a sentence what is seen.",
                                       "  rxscan caption photo.jpg --lang de", rx_cmd_caption};

const rx_command rx_command_describe = {"describe", "INPUT...",
                                        "Says in several sentences what is seen.",
                                        "  rxscan describe photo.jpg", rx_cmd_describe};

const rx_command rx_command_ocr = {
    "ocr", "INPUT...", "Writes down all text of a picture.",
    "  rxscan ocr page.png\n"
    "  rxscan ocr --model google/paligemma2-3b-mix-448 page.png -n 400",
    rx_cmd_ocr};
