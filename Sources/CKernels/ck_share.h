#ifndef CK_SHARE_H
#define CK_SHARE_H

// Parts of a work that two neighbouring lanes divide between them as they go, so that one that is held up keeps nobody waiting.

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

// One lane goes up from `first`, the other down from `last`, until no part is left.
typedef struct ck_share {
  size_t first, last;
  bool goes_down;
  // How many are taken; NULL for a lane that has them alone.
  _Atomic size_t *taken;
} ck_share;

// What `lane` of `lanes` has of `parts`; the counter of lane i, 0 at first, lies i * `distance` bytes behind `counters`. Of
// lanes that do not share each takes its own.
static inline ck_share ck_share_of(size_t parts, size_t lane, size_t lanes, bool shares, void *counters, size_t distance) {
  const bool has_partner = shares && (lane | 1) < lanes;
  const size_t low = has_partner ? lane & ~(size_t)1 : lane, high = has_partner ? (lane | 1) + 1 : lane + 1;
  ck_share share = {parts * low / lanes, parts * high / lanes, has_partner && (lane & 1), NULL};
  if (has_partner) share.taken = (_Atomic size_t *)((char *)counters + low * distance);
  return share;
}

// The next part of the share, `last` when there is none: `mine` counts those that this lane has taken.
static inline size_t ck_take_next(const ck_share *s, size_t *mine) {
  size_t all = s->last - s->first, before = s->taken ? atomic_fetch_add_explicit(s->taken, 1, memory_order_relaxed) : *mine;
  if (before >= all) return s->last;
  size_t place = (*mine)++;
  return s->goes_down ? s->last - 1 - place : s->first + place;
}

// The part behind `place` on this lane's way, unless the partner takes it; `last` when there is none.
static inline size_t ck_behind(const ck_share *s, size_t place) {
  if (!s->goes_down) return place + 1;
  return place > s->first ? place - 1 : s->last;
}

#endif
