/* Ids to text, as they come. */
#ifndef PALI_TEXT_STREAM_H
#define PALI_TEXT_STREAM_H

#include "base/buffer.h"
#include "text/tokenizer.h"

/* A run of byte tokens is text only if the whole run is valid UTF-8 (otherwise each byte is
 * U+FFFD), so a stream holds bytes back until another token ends the run. */
typedef struct pali_stream pali_stream;

/* The tokenizer must outlive the stream. */
pali_status pali_stream_create(pali_stream **out, const pali_tokenizer *tokenizer, pali_error *err);
void pali_stream_free(pali_stream **stream);

/* Appends to `text` what this token makes certain. Control tokens and unknown ids give nothing. */
pali_status pali_stream_push(pali_stream *stream, int32_t id, pali_buffer *text, pali_error *err);

/* Appends what is held back. */
pali_status pali_stream_flush(pali_stream *stream, pali_buffer *text, pali_error *err);

#endif
