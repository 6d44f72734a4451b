#ifndef CK_BYTES_EPILOGUE_H
#define CK_BYTES_EPILOGUE_H

#include "ck_bytes.h"

// Columns that an epilogue takes at once.
enum { CK_BYTE_COLUMNS = 64 };

// Stores `n` (at most CK_BYTE_COLUMNS) sums of one row. Columns, residual and y point at the first of them; residual and y
// have the element sizes that the epilogue says.
void ck_byte_epilogue_row(
    const ck_byte_epilogue *epilogue, size_t n, const int32_t *sums, const ck_byte_columns *columns, const void *residual,
    void *y);

// Columns, and a row of values of the epilogue's result or residual, from column `first` on.
ck_byte_columns ck_byte_columns_from(const ck_byte_columns *columns, size_t first);
size_t ck_byte_result_size(const ck_byte_epilogue *epilogue);
size_t ck_byte_residual_size(const ck_byte_epilogue *epilogue);

#endif
