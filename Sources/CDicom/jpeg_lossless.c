#include <stdio.h>

// As GDCM builds the library: its memory manager then has one more member than the plain header declares.
#define D_LOSSLESS_SUPPORTED
#include <gdcm-3.0/gdcmjpeg/16/jpeglib.h>
#include <gdcm-3.0/gdcmjpeg/16/jerror.h>

#define CD_JPEG_DECODER cd_jpeg_lossless
#include "jpeg_decoder.h"
