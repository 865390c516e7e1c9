/* WebP, by libwebp; of an animation the first frame. */
#include "image/exif.h"
#include "image/image.h"
#include "image/image_decode.h"

#include <stdlib.h>
#include <string.h>

#include <webp/decode.h>
#include <webp/demux.h>

static pali_status fail_code(const pali_image_source *source, VP8StatusCode code, pali_error *err) {
    switch (code) {
    case VP8_STATUS_OUT_OF_MEMORY:
        return pali_fail(err, PALI_ERROR_MEMORY, "%s: WebP: not enough memory", source->name);
    case VP8_STATUS_UNSUPPORTED_FEATURE:
        return pali_fail(err, PALI_ERROR_UNSUPPORTED, "%s: WebP: unknown feature", source->name);
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED:
        return pali_fail(err, PALI_ERROR_FORMAT, "%s: WebP: the file ends early", source->name);
    default:
        return pali_fail(err, PALI_ERROR_FORMAT, "%s: WebP: the data is damaged", source->name);
    }
}

/* Reads the container, which also tells whether it is whole. */
static pali_status read_orientation(int *orientation, const pali_image_source *source,
                                    pali_error *err) {
    const WebPData data = {source->bytes, source->size};
    WebPDemuxer *demuxer = WebPDemux(&data);
    if (!demuxer)
        return pali_fail(err, PALI_ERROR_FORMAT, "%s: WebP: the file ends early or is damaged",
                         source->name);
    WebPChunkIterator chunk;
    if (WebPDemuxGetChunk(demuxer, "EXIF", 1, &chunk)) {
        *orientation = pali_exif_orientation(chunk.chunk.bytes, chunk.chunk.size);
        WebPDemuxReleaseChunkIterator(&chunk);
    }
    WebPDemuxDelete(demuxer);
    return PALI_OK;
}

/* The first frame on its canvas, as [height, width, 4]. */
static pali_status decode_animation(uint8_t *pixels, size_t bytes, const pali_image_source *source,
                                    pali_error *err) {
    const WebPData data = {source->bytes, source->size};
    WebPAnimDecoder *decoder = WebPAnimDecoderNew(&data, NULL); /* RGBA, not premultiplied */
    uint8_t *canvas = NULL;
    int timestamp;
    bool ok = decoder && WebPAnimDecoderGetNext(decoder, &canvas, &timestamp) && canvas;
    if (ok)
        memcpy(pixels, canvas, bytes);
    WebPAnimDecoderDelete(decoder);
    return ok ? PALI_OK : fail_code(source, VP8_STATUS_BITSTREAM_ERROR, err);
}

static pali_status decode_still(uint8_t *pixels, size_t bytes,
                                const WebPBitstreamFeatures *features,
                                const pali_image_source *source, pali_error *err) {
    WebPDecoderConfig config;
    if (!WebPInitDecoderConfig(&config))
        return pali_fail(err, PALI_ERROR_INTERNAL, "%s: libwebp has another version", source->name);
    config.output.colorspace = features->has_alpha ? MODE_RGBA : MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = pixels;
    config.output.u.RGBA.stride = features->width * (features->has_alpha ? 4 : 3);
    config.output.u.RGBA.size = bytes;
    VP8StatusCode code = WebPDecode(source->bytes, source->size, &config);
    WebPFreeDecBuffer(&config.output);
    return code == VP8_STATUS_OK ? PALI_OK : fail_code(source, code, err);
}

pali_status pali_webp_decode(pali_image **out, int *orientation, const pali_image_source *source,
                             pali_error *err) {
    WebPBitstreamFeatures features;
    VP8StatusCode code = WebPGetFeatures(source->bytes, source->size, &features);
    if (code != VP8_STATUS_OK)
        return fail_code(source, code, err);
    int width = features.width, height = features.height;
    pali_status status = pali_image_check_size(source, (uint64_t)width, (uint64_t)height, err);
    if (!status)
        status = read_orientation(orientation, source, err);
    if (status)
        return status;
    bool has_alpha = features.has_alpha || features.has_animation;
    /* A side has at most 14 bits, 24 on the canvas of an animation: no overflow. */
    size_t bytes = (size_t)width * (size_t)height * (has_alpha ? 4 : 3);
    uint8_t *pixels = malloc(bytes);
    if (!pixels)
        return pali_fail_memory(err, bytes, "a picture");
    status = features.has_animation ? decode_animation(pixels, bytes, source, err)
                                    : decode_still(pixels, bytes, &features, source, err);
    if (status) {
        free(pixels);
        return status;
    }
    return has_alpha ? pali_image_adopt_rgba(out, width, height, pixels, err)
                     : pali_image_adopt_rgb(out, width, height, pixels, err);
}
