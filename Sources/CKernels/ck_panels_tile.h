// Register tiles of packed products; included where these are defined:
//   TARGET, INLINE  attributes of functions
//   SUM             the type of a vector of sixteen sums; ZERO_SUM
//   STEP(s, x, w)   the sum s and the products of a group that is the same sixteen times with sixteen groups of weights

// What is fetched while a panel is multiplied: `lines` cache lines of those from `at` to `end` for every AHEAD groups.
typedef struct {
  const char *at, *end;
  size_t lines;
} fetching;

// What is fetched one after the other while several panels are multiplied; the last region is empty.
typedef struct {
  fetching regions[4];
  size_t current, count;
} schedule;

// sums[rows, PANEL] = (or +=) rows of a's copy times a panel of 16 `vectors` columns. `rows` and `vectors` are constants
// where this is inlined.
INLINE void one_tile(
    const int rows, const int vectors, const uint32_t *a, size_t stride, const uint32_t *panel, size_t depth, uint32_t *sums,
    int accumulate, fetching *ahead) {
  SUM sum[TILE][2];
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) {
      sum[r][v] = ZERO_SUM;
      if (accumulate) memcpy(&sum[r][v], sums + (size_t)r * PANEL + 16 * v, sizeof(SUM));
    }
  for (size_t k = 0; k < depth;) {
    size_t end = ck_smaller(depth, k + AHEAD);
#pragma clang loop unroll(full)
    for (int i = 0; i < 2; i++)
#pragma clang loop unroll(disable)
      for (size_t line = 0; line < ahead[i].lines && ahead[i].at < ahead[i].end; line++, ahead[i].at += 64)
        __builtin_prefetch(ahead[i].at, 0, 2);
    for (; k < end; k++, panel += 16 * vectors) {
      __m512i left = _mm512_loadu_si512(panel), right = vectors > 1 ? _mm512_loadu_si512(panel + 16) : left;
#pragma clang loop unroll(full)
      for (int r = 0; r < rows; r++) {
        __m512i x = _mm512_set1_epi32((int)a[(size_t)r * stride + k]);
        sum[r][0] = STEP(sum[r][0], x, left);
        if (vectors > 1) sum[r][1] = STEP(sum[r][1], x, right);
      }
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) memcpy(sums + (size_t)r * PANEL + 16 * v, &sum[r][v], sizeof(SUM));
}

#define ROWS(n)                                                                           \
  case n:                                                                                 \
    if (vectors > 1) one_tile(n, 2, a, stride, panel, depth, sums, accumulate, ahead);    \
    else one_tile(n, 1, a, stride, panel, depth, sums, accumulate, ahead);                \
    break;

// The same for any number of rows, in tiles of nearly equal height; meanwhile the panel at `next` is fetched, and what is planned
// for later. Either may be NULL.
TARGET __attribute__((noinline)) static void tiles(
    size_t rows, int vectors, const uint32_t *a, size_t stride, const uint32_t *panel, size_t depth, uint32_t *sums,
    int accumulate, const uint32_t *next, schedule *later) {
  size_t left = ck_ceiling(rows, TILE);
  fetching ahead[2] = {{0}, {0}};
  if (next) {
    const char *end = (const char *)(next + depth * 16 * (size_t)vectors);
    ahead[0] = (fetching){(const char *)next, end, ck_ceiling((size_t)vectors * AHEAD, left)};
  }
  for (; left > 0; left--) {
    size_t height = ck_ceiling(rows, left);
    fetching *now = later ? &later->regions[later->current] : NULL;
    while (now && now->at >= now->end && later->current < later->count) now = &later->regions[++later->current];
    if (now) ahead[1] = *now;
    switch (height) {
      ROWS(1) ROWS(2) ROWS(3) ROWS(4) ROWS(5) ROWS(6) ROWS(7) ROWS(8) ROWS(9) ROWS(10) ROWS(11) ROWS(12)
    }
    if (now) now->at = ahead[1].at;
    rows -= height, a += height * stride, sums += height * PANEL;
  }
}
