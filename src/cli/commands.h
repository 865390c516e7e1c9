/* The commands. */
#ifndef RX_CLI_COMMANDS_H
#define RX_CLI_COMMANDS_H

#include "cli/cli.h"

extern const rx_command rx_command_ask, rx_command_run, rx_command_caption, rx_command_describe,
    rx_command_ocr, rx_command_detect, rx_command_segment, rx_command_info, rx_command_tokenize,
    rx_command_bench, rx_command_scan, rx_command_eval, rx_command_pull, rx_command_models,
    rx_command_quantize, rx_command_results;

/* Options of one command alone. */
extern const struct poptOption rx_bench_table[], rx_quantize_table[], rx_scan_table[],
    rx_eval_table[], rx_results_table[];

int rx_cmd_ask(int argc, const char **argv);
int rx_cmd_run(int argc, const char **argv);
int rx_cmd_caption(int argc, const char **argv);
int rx_cmd_describe(int argc, const char **argv);
int rx_cmd_ocr(int argc, const char **argv);
int rx_cmd_detect(int argc, const char **argv);
int rx_cmd_segment(int argc, const char **argv);
int rx_cmd_info(int argc, const char **argv);
int rx_cmd_tokenize(int argc, const char **argv);
int rx_cmd_pull(int argc, const char **argv);
int rx_cmd_models(int argc, const char **argv);
int rx_cmd_quantize(int argc, const char **argv);
int rx_cmd_scan(int argc, const char **argv);
int rx_cmd_eval(int argc, const char **argv);
int rx_cmd_results(int argc, const char **argv);
int rx_cmd_bench(int argc, const char **argv);

#endif
