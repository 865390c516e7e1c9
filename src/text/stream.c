/* Ids to text, as they come; decoding a list is a stream that is flushed at once. */
#include "text/stream.h"

#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_TEXT = 256 << 20 };

struct pali_stream {
    const pali_tokenizer *tokenizer;
    pali_buffer run; /* bytes held back */
};

pali_status pali_stream_create(pali_stream **out, const pali_tokenizer *tokenizer,
                               pali_error *err) {
    pali_stream *stream = malloc(sizeof *stream);
    if (!stream)
        return pali_fail_memory(err, sizeof *stream, "a stream");
    stream->tokenizer = tokenizer;
    pali_buffer_init(&stream->run, MAX_TEXT);
    *out = stream;
    return PALI_OK;
}

void pali_stream_free(pali_stream **stream) {
    if (!*stream)
        return;
    pali_buffer_free(&(*stream)->run);
    free(*stream);
    *stream = NULL;
}

pali_status pali_stream_flush(pali_stream *stream, pali_buffer *text, pali_error *err) {
    pali_status status = PALI_OK;
    if (stream->run.size == 0)
        return status;
    if (pali_is_utf8(stream->run.data, stream->run.size))
        status = pali_buffer_append(text, stream->run.data, stream->run.size, err);
    else
        for (size_t i = 0; i < stream->run.size && !status; i++)
            status = pali_buffer_append_text(text, "\xef\xbf\xbd", err);
    stream->run.size = 0;
    return status;
}

/* A piece's text with U+2581 as a space. */
static pali_status append_piece(pali_buffer *text, const char *piece, size_t size,
                                pali_error *err) {
    pali_status status = PALI_OK;
    for (size_t i = 0; i < size && !status;) {
        if (size - i >= 3 && memcmp(piece + i, "\xe2\x96\x81", 3) == 0) {
            status = pali_buffer_append(text, " ", 1, err);
            i += 3;
            continue;
        }
        size_t start = i++;
        while (i < size && (unsigned char)piece[i] != 0xe2)
            i++;
        status = pali_buffer_append(text, piece + start, i - start, err);
    }
    return status;
}

pali_status pali_stream_push(pali_stream *stream, int32_t id, pali_buffer *text, pali_error *err) {
    const pali_vocabulary *vocabulary = &stream->tokenizer->vocabulary;
    const pali_piece *piece = pali_vocabulary_piece(vocabulary, id);
    if (!piece || piece->kind == PALI_PIECE_CONTROL)
        return PALI_OK;
    if (piece->kind == PALI_PIECE_BYTE)
        return pali_buffer_append(&stream->run, &piece->byte, 1, err);
    pali_status status = pali_stream_flush(stream, text, err);
    return status ? status : append_piece(text, vocabulary->text + piece->start, piece->size, err);
}

pali_status pali_tokenizer_decode(const pali_tokenizer *tokenizer, const int32_t *ids,
                                  size_t num_ids, char **text, size_t *text_size, pali_error *err) {
    pali_buffer out;
    pali_stream *stream = NULL;
    pali_buffer_init(&out, MAX_TEXT);
    pali_status status = pali_stream_create(&stream, tokenizer, err);
    for (size_t i = 0; i < num_ids && !status; i++)
        status = pali_stream_push(stream, ids[i], &out, err);
    if (!status)
        status = pali_stream_flush(stream, &out, err);
    if (!status)
        status = pali_buffer_take(&out, text, text_size, err);
    pali_stream_free(&stream);
    pali_buffer_free(&out);
    return status;
}
