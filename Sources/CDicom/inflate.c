#include "internal.h"

#include <zlib.h>

/// One gzip member or raw stream. Returns CD_OK at its end.
static cd_status inflate_stream(z_stream *stream, size_t *input, size_t *room, cd_error *error) {
    for (;;) {
        uInt given = stream->avail_in = cd_zlib_part(*input), space = stream->avail_out = cd_zlib_part(*room);
        int code = inflate(stream, Z_NO_FLUSH);
        *input -= given - stream->avail_in;
        *room -= space - stream->avail_out;
        if (code == Z_STREAM_END) return CD_OK;
        if (code == Z_MEM_ERROR) return cd_fail(error, CD_NO_MEMORY, "zlib: no memory");
        if (code != Z_OK && code != Z_BUF_ERROR)
            return cd_fail(error, CD_CORRUPT, "zlib: %s", stream->msg ? stream->msg : "damaged data");
        if (stream->avail_out == 0 && *room == 0) {
            // The end marker and checksum may still follow a full buffer; a byte more may not.
            Bytef extra;
            stream->next_out = &extra;
            stream->avail_out = 1;
            given = stream->avail_in = cd_zlib_part(*input);
            code = inflate(stream, Z_NO_FLUSH);
            *input -= given - stream->avail_in;
            if (stream->avail_out == 0) return cd_fail(error, CD_TOO_LARGE, "the compressed data hold more than they should");
            if (code == Z_STREAM_END) return CD_OK;
            if (code != Z_OK && code != Z_BUF_ERROR)
                return cd_fail(error, CD_CORRUPT, "zlib: %s", stream->msg ? stream->msg : "damaged data");
        }
        if (*input == 0) return cd_fail(error, CD_TRUNCATED, "the compressed data end early");
    }
}

cd_status cd_inflate(cd_wrapping wrapping, const uint8_t *source, size_t count, uint8_t *out, size_t capacity, size_t *produced,
                     cd_error *error) {
    *produced = 0;
    z_stream stream = {.next_in = (Bytef *)source, .next_out = out};
    if (inflateInit2(&stream, wrapping == CD_GZIP ? 16 + MAX_WBITS : -MAX_WBITS) != Z_OK)
        return cd_fail(error, CD_NO_MEMORY, "zlib: no memory");
    size_t input = count, room = capacity;
    cd_status status = inflate_stream(&stream, &input, &room, error);
    // More gzip members follow where their signature does; other bytes after the end are padding.
    while (status == CD_OK && wrapping == CD_GZIP && input >= 2 && stream.next_in[0] == 0x1F && stream.next_in[1] == 0x8B) {
        stream.next_out = out + (capacity - room);
        if (inflateReset(&stream) != Z_OK) break;
        status = inflate_stream(&stream, &input, &room, error);
    }
    inflateEnd(&stream);
    *produced = capacity - room;
    return status;
}
