/* info: what a model is. */
#include "cli/commands.h"

static void print_info(const pali_model_info *i, FILE *out) {
    fprintf(out, "%s: %s, %.2f billion parameters\n", i->name, i->architecture,
            (double)i->num_parameters * 1e-9);
    fprintf(out, "picture   %d x %d pixels, patches of %d, %d image tokens\n", i->image_size,
            i->image_size, i->patch_size, i->num_image_tokens);
    fprintf(out, "vision    %d layers, width %d, MLP %d, %d heads\n", i->vision_num_hidden_layers,
            i->vision_hidden_size, i->vision_intermediate_size, i->vision_num_attention_heads);
    fprintf(out, "decoder   %d layers, width %d, MLP %d, %d heads of %d, %d key-value heads\n",
            i->num_hidden_layers, i->hidden_size, i->intermediate_size, i->num_attention_heads,
            i->head_dim, i->num_key_value_heads);
    if (i->sliding_window)
        fprintf(out, "window    %d positions in every other layer\n", i->sliding_window);
    fprintf(out, "words     %d\n", i->vocab_size);
    fprintf(out, "weights   %s, %.2f GB\n", i->weights, (double)i->weight_bytes * 1e-9);
    fprintf(out, "KV cache  %.1f KB a position, %.2f GB for one page\n",
            (double)i->kv_cache_bytes * 1e-3,
            (double)i->kv_cache_bytes * (i->num_image_tokens + 64) * 1e-9);
}

static json_t *json_of_info(const pali_model_info *i) {
    return json_pack(
        "{ss, ss, ss, sI, sI, sI, s{si, si, si, si, si, si, si}, s{si, si, si, si, si, si, si, "
        "si}}",
        "name", i->name, "architecture", i->architecture, "weights", i->weights, "num_parameters",
        (json_int_t)i->num_parameters, "weight_bytes", (json_int_t)i->weight_bytes,
        "kv_cache_bytes", (json_int_t)i->kv_cache_bytes, "vision_config", "image_size",
        i->image_size, "patch_size", i->patch_size, "num_image_tokens", i->num_image_tokens,
        "hidden_size", i->vision_hidden_size, "intermediate_size", i->vision_intermediate_size,
        "num_hidden_layers", i->vision_num_hidden_layers, "num_attention_heads",
        i->vision_num_attention_heads, "text_config", "hidden_size", i->hidden_size,
        "intermediate_size", i->intermediate_size, "num_hidden_layers", i->num_hidden_layers,
        "num_attention_heads", i->num_attention_heads, "num_key_value_heads",
        i->num_key_value_heads, "head_dim", i->head_dim, "sliding_window", i->sliding_window,
        "vocab_size", i->vocab_size);
}

int rx_cmd_info(int argc, const char **argv) {
    rx_options options;
    const char **arguments;
    int count;
    int status = rx_options_read(&options, &rx_command_info, RX_TAKES_MODEL | RX_TAKES_OUTPUT, argc,
                                 argv, &arguments, &count);
    if (status >= 0)
        return status;
    if (count > 1 || (count == 1 && options.model))
        return rx_usage_error("info", "one model at a time");
    rx_options named = options;
    if (count == 1)
        named.model = (char *)(uintptr_t)arguments[0];
    pali_model *model = NULL;
    status = rx_engine_load(&model, NULL, &named);
    if (status >= 0)
        return status;
    pali_model_info info;
    pali_model_describe(model, &info);
    rx_output output;
    bool good = rx_output_open(&output, &options);
    if (good) {
        if (options.parsed_format == RX_TEXT)
            print_info(&info, output.stream);
        else
            rx_output_json(&output, json_of_info(&info));
        good = rx_output_close(&output);
    }
    rx_interrupt_watch(NULL);
    pali_model_free(&model);
    return good ? RX_EXIT_OK : RX_EXIT_SOME_FAILED;
}

const rx_command rx_command_info = {"info", "[MODEL]",
                                    "Tells a model's architecture, size and memory.",
                                    "  rxscan info ~/models/paligemma2-3b-mix-448\n"
                                    "  rxscan info google/paligemma2-3b-mix-448 --weights int8",
                                    rx_cmd_info};
