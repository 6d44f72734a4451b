#include "internal.h"

#include <zlib.h>

size_t cd_gzip_bound(size_t count) { return count + count / 1000 + 1024; }

cd_status cd_gzip(const uint8_t *source, size_t count, uint8_t *out, size_t capacity, size_t *produced, cd_error *error) {
    *produced = 0;
    z_stream stream = {.next_in = (Bytef *)source, .next_out = out};
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return cd_fail(error, CD_NO_MEMORY, "zlib: no memory");
    size_t input = count, room = capacity;
    int code = Z_OK;
    while (code != Z_STREAM_END && room > 0) {
        uInt given = stream.avail_in = cd_zlib_part(input), space = stream.avail_out = cd_zlib_part(room);
        code = deflate(&stream, given == input ? Z_FINISH : Z_NO_FLUSH);
        input -= given - stream.avail_in;
        room -= space - stream.avail_out;
    }
    deflateEnd(&stream);
    *produced = capacity - room;
    return code == Z_STREAM_END ? CD_OK : cd_fail(error, CD_TOO_LARGE, "the compressed data do not fit");
}
