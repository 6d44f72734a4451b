#include <stdio.h>

// As GDCM builds the library: its memory manager then has one more member than the plain header declares.
#define D_LOSSLESS_SUPPORTED
#include <gdcm-3.0/gdcmjpeg/12/jpeglib.h>
#include <gdcm-3.0/gdcmjpeg/12/jerror.h>

#define CD_JPEG_DECODER cd_jpeg_dct12
#include "jpeg_decoder.h"
