#include <stdio.h>

#include <jpeglib.h>
#include <jerror.h>

#define CD_JPEG_DECODER cd_jpeg_dct8
#include "jpeg_decoder.h"
