#ifndef CK_RESAMPLE_ROW_H
#define CK_RESAMPLE_ROW_H

#include "ck_resample.h"

// Floats behind a row that vectors may read.
enum { CK_RESAMPLE_SLACK = 48 };

// y = the row made of x, which may be read CK_RESAMPLE_SLACK floats beyond its end.
void ck_resample_widen(const ck_resample_row *row, const float *x, float *y);

#endif
