/* pali.h: the public face of libpali, an inference engine for PaliGemma 2.
 *
 * Life of a program that uses it:
 *
 *     pali_model *model = NULL;
 *     pali_model_options mo = PALI_MODEL_OPTIONS_INIT;
 *     pali_error err = PALI_ERROR_INIT;
 *     if (pali_model_load(&model, "/path/to/paligemma2-3b-mix-448", &mo, &err)) fail(err.message);
 *
 *     pali_image *image = NULL;
 *     pali_image_load(&image, "photo.jpg", NULL, &err);
 *     pali_features *features = NULL;
 *     pali_model_encode(model, image, NULL, &features, &err);           // the vision tower, once
 *
 *     pali_request request = {.features = &features, .num_features = 1, .prompt = "caption en"};
 *     pali_generate_options go = PALI_GENERATE_OPTIONS_INIT;
 *     pali_result *result = NULL;                                       // any number of prompts
 *     pali_model_generate(model, &request, 1, &go, &result, &err);
 *     puts(pali_result_text(result));
 *
 * Conventions
 * - Every function that can fail returns a pali_status: 0 (PALI_OK) on success. Its last parameter,
 *   `pali_error *err`, may be NULL; on failure it receives the code and a message that names the
 *   file or the argument and the cause. On success it is left alone.
 * - Constructors write `*out` on success only and leave it untouched on failure. The caller owns
 *   what it receives and gives it to the matching `_free`, which takes a pointer to the pointer,
 *   accepts NULL and sets it to NULL.
 * - A pali_model, a pali_image and a pali_features are immutable once made and may be shared by
 *   threads. Calls that compute on one model run one after the other.
 * - The library never prints, exits, aborts or opens a network connection by itself.
 * - Results do not depend on the number of threads.
 */
#ifndef PALI_H
#define PALI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define PALI_API __attribute__((visibility("default")))
#else
#define PALI_API
#endif

#define PALI_VERSION_MAJOR 0
#define PALI_VERSION_MINOR 1
#define PALI_VERSION_PATCH 0

/* "0.1.0" */
PALI_API const char *pali_version(void);

/* ---- errors ---- */

/* Stable codes: new ones are added at the end, none changes its number. */
typedef enum pali_status {
    PALI_OK = 0,
    PALI_ERROR_ARGUMENT = 1,    /* the caller passed something that no input file can excuse */
    PALI_ERROR_MEMORY = 2,      /* out of memory, or a size that cannot be had */
    PALI_ERROR_IO = 3,          /* the operating system refused a file or a pipe */
    PALI_ERROR_NOT_FOUND = 4,   /* file, repository, revision or tensor that is not there */
    PALI_ERROR_FORMAT = 5,      /* the bytes are not what they claim to be: truncated or corrupt */
    PALI_ERROR_UNSUPPORTED = 6, /* well formed, but not something this library handles */
    PALI_ERROR_LIMIT = 7,       /* larger than a limit in the options allows */
    PALI_ERROR_CANCELLED = 8,   /* a callback asked to stop */
    PALI_ERROR_NETWORK = 9,     /* connection, time-out, or a server's answer */
    PALI_ERROR_DENIED = 10,     /* a gated repository, a missing or a rejected token */
    PALI_ERROR_INTEGRITY = 11,  /* a checksum or a length differs from the announced one */
    PALI_ERROR_INTERNAL = 12    /* a bug in this library */
} pali_status;

#define PALI_ERROR_MESSAGE_SIZE 1024

typedef struct pali_error {
    pali_status code;
    char message[PALI_ERROR_MESSAGE_SIZE]; /* UTF-8, one line, without a final period or newline */
} pali_error;

/* clang-format off */
#define PALI_ERROR_INIT { PALI_OK, "" }
/* clang-format on */

/* A short constant name of a code: "format", "not-found", ... */
PALI_API const char *pali_status_name(pali_status code);

/* ---- images ---- */

/* An 8-bit RGB picture: upright (EXIF orientation applied), transparency laid on white. */
typedef struct pali_image pali_image;

typedef struct pali_image_options {
    uint64_t max_pixels; /* refuse larger pictures before memory is taken; default 200 million */
    uint64_t max_bytes;  /* refuse larger files and downloads; default 512 MiB */
    int page;            /* 0-based page of a PDF or a multi-page TIFF; default 0 */
    int pdf_dpi;         /* resolution at which PDF pages are drawn; default 200 */
    int timeout_seconds; /* for PDF and HEIC decoders, which run in a process of their own, and for
                            downloads; default 60 */
} pali_image_options;

#define PALI_IMAGE_OPTIONS_INIT \
    { 200000000u, 536870912u, 0, 200, 60 }

/* JPEG, PNG, WebP, TIFF, BMP, HEIC or a page of a PDF, told apart by content, not by name.
 * `path` "-" reads standard input. `options` may be NULL. */
PALI_API pali_status pali_image_load(pali_image **out, const char *path,
                                     const pali_image_options *options, pali_error *err);

/* The same from memory. `name` is used in messages only. The bytes are not kept. */
PALI_API pali_status pali_image_decode(pali_image **out, const void *bytes, size_t size,
                                       const char *name, const pali_image_options *options,
                                       pali_error *err);

/* Number of pages of the same bytes: 1 for anything but PDF and TIFF. */
PALI_API pali_status pali_image_count_pages(int *out, const void *bytes, size_t size,
                                            const char *name, const pali_image_options *options,
                                            pali_error *err);

/* A copy of `height` rows of `width` RGB triples, `stride` bytes from row to row. */
PALI_API pali_status pali_image_from_rgb(pali_image **out, int width, int height, size_t stride,
                                         const uint8_t *rgb, pali_error *err);

PALI_API int pali_image_width(const pali_image *image);
PALI_API int pali_image_height(const pali_image *image);

/* [height, width, 3], rows without gaps; valid as long as the image. */
PALI_API const uint8_t *pali_image_pixels(const pali_image *image);

typedef enum pali_filter { PALI_FILTER_BICUBIC = 0, PALI_FILTER_BILINEAR = 1 } pali_filter;

/* Equal to Pillow's `Image.resize((width, height), filter)` to the bit. */
PALI_API pali_status pali_image_resize(pali_image **out, const pali_image *image, int width,
                                       int height, pali_filter filter, pali_error *err);

/* The rectangle [x, x + width) x [y, y + height), which must lie inside the picture. */
PALI_API pali_status pali_image_crop(pali_image **out, const pali_image *image, int x, int y,
                                     int width, int height, pali_error *err);

/* Writes a PNG, whole or not at all. */
PALI_API pali_status pali_image_save_png(const pali_image *image, const char *path,
                                         pali_error *err);

/* The same in memory: `*bytes` is malloc'ed. */
PALI_API pali_status pali_image_encode_png(void **bytes, size_t *size, const pali_image *image,
                                           pali_error *err);

PALI_API void pali_image_free(pali_image **image);

/* ---- models ---- */

typedef struct pali_model pali_model;

/* How the large matrices are held in memory. */
typedef enum pali_weights {
    PALI_WEIGHTS_AUTO = 0, /* as the files have them */
    PALI_WEIGHTS_F32 = 1,
    PALI_WEIGHTS_F16 = 2,
    PALI_WEIGHTS_BF16 = 3,
    PALI_WEIGHTS_INT8 = 4,
    PALI_WEIGHTS_INT4 = 5
} pali_weights;

/* Work in progress: `done` of `total` steps of `phase` ("load", "vision", "prefill"). Return false
 * to stop: the call in progress then fails with PALI_ERROR_CANCELLED. Called from the calling
 * thread. */
typedef bool (*pali_progress_fn)(void *context, const char *phase, size_t done, size_t total);

typedef struct pali_model_options {
    pali_weights weights;
    int num_threads;           /* 0: one for each processor that this process may use */
    bool no_attention_softcap; /* switches of the reference's variants (MODEL.md); default false */
    bool no_final_softcap;
    bool no_sliding_window;
    bool all_vocabulary_rows;  /* padding rows of the table may win, as in transformers */
    pali_progress_fn progress; /* may be NULL */
    void *progress_context;
} pali_model_options;

#define PALI_MODEL_OPTIONS_INIT \
    { PALI_WEIGHTS_AUTO, 0, false, false, false, false, NULL, NULL }

/* Loads a directory in Hugging Face format (config.json, safetensors, tokenizer). Weights that need
 * no conversion are memory-mapped and used in place. `options` may be NULL. */
PALI_API pali_status pali_model_load(pali_model **out, const char *directory,
                                     const pali_model_options *options, pali_error *err);

/* A model of the true shapes with pseudo-random weights held in memory, for measuring: `size` is
 * "3b", "10b" or "28b", `resolution` 224, 448 or 896. Its answers mean nothing. */
PALI_API pali_status pali_model_synthesize(pali_model **out, const char *size, int resolution,
                                           const pali_model_options *options, pali_error *err);

/* Writes the checkpoint in `directory` again with its matrices as `options->weights` (INT8 or INT4),
 * as a new directory `out_directory` that pali_model_load maps without converting anything: one
 * safetensors file, which holds the SHA-256 of the source's weights, and the source's JSON and
 * tokenizer files. All of `out_directory` appears at the end, or nothing does. It may exist before
 * as an empty directory only; PALI_ERROR_IO is about it alone. Matrices pass through in pieces: about 3 MB of memory for each
 * thread serve any size. Progress is told as the phases "hash" and "quantize", in MB. */
PALI_API pali_status pali_model_quantize(const char *directory, const char *out_directory,
                                         const pali_model_options *options, pali_error *err);

PALI_API void pali_model_free(pali_model **model);

/* Ends the call in progress on this model within milliseconds, and every later one at once, with
 * PALI_ERROR_CANCELLED. May be called from any thread and from a signal handler. */
PALI_API void pali_model_cancel(const pali_model *model);

/* What a model is; strings are valid as long as the model. */
typedef struct pali_model_info {
    const char *name;         /* of the directory */
    const char *architecture; /* "PaliGemma 2" or "PaliGemma 1" */
    const char *weights;      /* "F32", "BF16", "int8", ...: of the decoder's matrices as held */
    int image_size, patch_size, num_image_tokens;
    int vision_hidden_size, vision_intermediate_size, vision_num_hidden_layers,
        vision_num_attention_heads;
    int hidden_size, intermediate_size, num_hidden_layers, num_attention_heads, num_key_value_heads,
        head_dim, sliding_window, vocab_size;
    uint64_t num_parameters;
    uint64_t weight_bytes;   /* of the tensors, as held in memory or mapped */
    uint64_t kv_cache_bytes; /* per token */
    bool converted; /* an original's matrices were quantised while loading, which takes its time */
} pali_model_info;

PALI_API void pali_model_describe(const pali_model *model, pali_model_info *out);

/* What this machine can do at best with the model's threads, to set the model's speed beside. */
typedef enum pali_yardstick {
    PALI_YARDSTICK_MULTIPLY = 0, /* operations on numbers in registers, with the instructions that
                                    the decoder's products use, for 10 ms; a multiplication and an
                                    addition are two */
    PALI_YARDSTICK_READ = 1,     /* bytes of the decoder's matrices, each read once: what a token
                                    cannot do without */
} pali_yardstick;

typedef struct pali_measured {
    double amount, seconds;
} pali_measured;

/* Measures now. May be called from a callback of pali_model_encode and pali_model_generate, so that
 * work and yardstick are measured in turn; not while another thread uses the model. */
PALI_API pali_measured pali_model_measure(const pali_model *model, pali_yardstick yardstick);

/* ---- text ---- */

typedef struct pali_tokenizer pali_tokenizer;

/* Reads `tokenizer.json`, else `tokenizer.model`, of a directory, or such a file itself. */
PALI_API pali_status pali_tokenizer_load(pali_tokenizer **out, const char *path, pali_error *err);
PALI_API void pali_tokenizer_free(pali_tokenizer **tokenizer);

/* The model's own; NULL for a synthetic model. Owned by the model. */
PALI_API const pali_tokenizer *pali_model_tokenizer(const pali_model *model);

PALI_API size_t pali_tokenizer_vocab_size(const pali_tokenizer *tokenizer);

/* Text to ids, without <bos> and newline. `*ids` is malloc'ed: the caller frees it. Control tokens
 * and <image> in the text are plain text unless `parse_special`. Broken UTF-8 becomes U+FFFD. */
PALI_API pali_status pali_tokenizer_encode(const pali_tokenizer *tokenizer, const char *text,
                                           size_t text_size, bool parse_special, int32_t **ids,
                                           size_t *num_ids, pali_error *err);

/* Ids to text, special tokens left out. `*text` is malloc'ed and NUL-terminated. */
PALI_API pali_status pali_tokenizer_decode(const pali_tokenizer *tokenizer, const int32_t *ids,
                                           size_t num_ids, char **text, size_t *text_size,
                                           pali_error *err);

/* The piece of an id as the file spells it (NUL-terminated, owned by the tokenizer), or NULL. */
PALI_API const char *pali_tokenizer_piece(const pali_tokenizer *tokenizer, int32_t id);

/* ---- encoding pictures and generating ---- */

/* A picture as the decoder sees it: [num_image_tokens, hidden_size] f32. */
typedef struct pali_features pali_features;

/* `progress` may be NULL. */
PALI_API pali_status pali_model_encode(const pali_model *model, const pali_image *image,
                                       pali_progress_fn progress, void *progress_context,
                                       pali_features **out, pali_error *err);

/* Several pictures together, which costs less than one after the other where the model is small:
 * out[i] becomes what pali_model_encode gives for images[i]. `out` holds `count` pointers, all NULL
 * after a failure. Progress is told for each group of pictures that passes through together. */
PALI_API pali_status pali_model_encode_batch(const pali_model *model,
                                             const pali_image *const *images, size_t count,
                                             pali_progress_fn progress, void *progress_context,
                                             pali_features **out, pali_error *err);
PALI_API void pali_features_free(pali_features **features);

/* One sequence to complete. A prompt needs no newline and no special token: they are added. */
typedef struct pali_request {
    const pali_features *const *features; /* one or more encoded pictures, in order */
    size_t num_features;
    const char *prompt;        /* UTF-8; used if prompt_ids is NULL */
    const int32_t *prompt_ids; /* the text part as ids, nothing is added */
    size_t num_prompt_ids;
} pali_request;

typedef struct pali_candidate {
    int32_t id;
    float logprob; /* natural logarithm of the probability, after the final soft-cap */
} pali_candidate;

#define PALI_MAX_CANDIDATES 16
#define PALI_MAX_BEAMS 8

/* One generated token, valid during the callback or as long as the result. */
typedef struct pali_token {
    int32_t id;
    float logprob;
    size_t num_candidates; /* best first; the chosen one is among them in greedy decoding */
    const pali_candidate *candidates;
} pali_token;

/* Called for each token as it is made, with the text that became certain by it (UTF-8, perhaps
 * empty; special tokens give none). Bytes that the end of the answer leaves incomplete are in the
 * result's text only. Return false to stop that sequence. */
typedef bool (*pali_token_fn)(void *context, size_t request, const pali_token *token,
                              const char *text);

/* Called before a token is chosen, with the logits [vocab_size] of the position, soft-capped; rows
 * that pad the vocabulary are among them and are not chosen from. Entries may be set to -INFINITY:
 * constrained decoding. */
typedef void (*pali_logits_fn)(void *context, size_t request, size_t position, float *logits,
                               size_t vocab_size);

typedef struct pali_generate_options {
    int max_new_tokens; /* default 100 */
    float temperature;  /* 0: greedy */
    float top_p;        /* in (0, 1]; used when temperature > 0 */
    uint64_t seed;
    size_t num_candidates; /* alternatives to record for each token, at most PALI_MAX_CANDIDATES */
    size_t num_beams; /* 1: greedy, or sampling. More (at most PALI_MAX_BEAMS): beam search for the
                         likeliest answer, measured by the sum of its tokens' logarithms, as
                         transformers does with length_penalty 0. Nothing is sampled then, tokens are
                         told when all are known, and on_logits has to be NULL. */
    pali_progress_fn progress;
    pali_token_fn on_token;
    pali_logits_fn on_logits;
    void *context; /* of the three callbacks, each of which may be NULL */
} pali_generate_options;

#define PALI_GENERATE_OPTIONS_INIT \
    { 100, 0.0f, 1.0f, 0, 5, 1, NULL, NULL, NULL, NULL }

/* The completed sequences of one call, in the order of the requests. */
typedef struct pali_result pali_result;

typedef enum pali_finish {
    PALI_FINISH_EOS = 0,    /* the model ended its answer */
    PALI_FINISH_LENGTH = 1, /* max_new_tokens was reached */
    PALI_FINISH_STOPPED = 2 /* on_token returned false */
} pali_finish;

/* Completes all requests together: each gives what it gives alone. */
PALI_API pali_status pali_model_generate(const pali_model *model, const pali_request *requests,
                                         size_t num_requests, const pali_generate_options *options,
                                         pali_result **out, pali_error *err);

PALI_API size_t pali_result_count(const pali_result *result);
PALI_API const char *pali_result_text(const pali_result *result, size_t request);
PALI_API pali_finish pali_result_finish(const pali_result *result, size_t request);
PALI_API size_t pali_result_num_tokens(const pali_result *result, size_t request);
PALI_API const pali_token *pali_result_tokens(const pali_result *result, size_t request);

/* The token by which the model ended its answer: its probability is that of nothing more being
 * there. NULL unless it finished with PALI_FINISH_EOS. */
PALI_API const pali_token *pali_result_end(const pali_result *result, size_t request);

/* Seconds and tokens of the phases of a call. */
typedef struct pali_timing {
    double prefill_seconds, decode_seconds;
    size_t prefill_tokens, decode_tokens;
} pali_timing;
PALI_API pali_timing pali_result_timing(const pali_result *result);

PALI_API void pali_result_free(pali_result **result);

/* An answer that may be the model's: its tokens, without the one that ends it. */
typedef struct pali_continuation {
    size_t request; /* which of the requests it answers */
    const int32_t *ids;
    size_t num_ids;
    float *logprobs; /* [num_ids + 1], the caller's: receives the natural logarithm of each token's
                        probability after those before it, and last that of the answer's end */
} pali_continuation;

/* How probable given answers are: what pali_model_generate would have written down had it chosen these
 * tokens, all of one answer in one pass. Answers to one request share the work on its prefix. */
PALI_API pali_status pali_model_score(const pali_model *model, const pali_request *requests,
                                      size_t num_requests, const pali_continuation *continuations,
                                      size_t num_continuations, pali_error *err);

/* ---- answers with places in them ---- */

/* One object of a `detect` or `segment` answer. Pixels of the picture that was encoded. */
typedef struct pali_object {
    int y_min, x_min, y_max, x_max;
    bool has_mask_codes;
    uint8_t mask_codes[16]; /* 0..127, row by row of a 4 x 4 grid */
    char *label;            /* UTF-8, perhaps empty */
} pali_object;

/* Parses an answer's text; objects that are incomplete are dropped. `*objects` is freed with
 * pali_objects_free. No object is no error: *num_objects is then 0. */
PALI_API pali_status pali_objects_parse(const char *answer, int image_width, int image_height,
                                        pali_object **objects, size_t *num_objects,
                                        pali_error *err);
PALI_API void pali_objects_free(pali_object **objects, size_t num_objects);

/* The decoder of mask codes, from the `vae-oid.npz` that is published with PaliGemma. */
typedef struct pali_mask_decoder pali_mask_decoder;
PALI_API pali_status pali_mask_decoder_load(pali_mask_decoder **out, const char *npz_path,
                                            pali_error *err);

/* `mask` receives (x_max - x_min) * (y_max - y_min) values 0 or 1, row by row; malloc'ed. An empty
 * box gives NULL. */
PALI_API pali_status pali_mask_decoder_run(const pali_mask_decoder *decoder,
                                           const pali_object *object, uint8_t **mask,
                                           pali_error *err);
PALI_API void pali_mask_decoder_free(pali_mask_decoder **decoder);

/* A copy of the picture with the objects on it: each box as an outline, and the mask that
 * pali_mask_decoder_run gave for it, if any, as a tint. `masks` may be NULL, and so may each of
 * them. Object i is drawn in colour pali_object_color_name(i): "blue", "vermilion", ... (seven,
 * repeated). */
PALI_API pali_status pali_image_draw_objects(pali_image **out, const pali_image *image,
                                             const pali_object *objects,
                                             const uint8_t *const *masks, size_t num_objects,
                                             pali_error *err);
PALI_API const char *pali_object_color_name(size_t index);

#ifdef __cplusplus
}
#endif
#endif
