#ifndef CKERNELS_H
#define CKERNELS_H

// The flat C face of every kernel written in C or taken from oneDNN. Buffers belong to the caller, are dense float32
// unless a name says otherwise, and never overlap unless a comment allows it.

#include "ck_status.h"
#include "ck_threads.h"
#include "ck_elementwise.h"
#include "ck_bf16.h"
#include "ck_bytes.h"
#include "ck_cpu.h"
#include "ck_dense.h"
#include "ck_depthwise.h"
#include "ck_loss.h"
#include "ck_panels.h"
#include "ck_resample.h"
#include "ck_rows.h"
#include "ck_search.h"
#include "ck_spin.h"
#include "ck_training.h"
#include "ck_winograd.h"

#endif
