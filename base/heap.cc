#include "base/heap.h"

#ifdef WARDPULSE_MIMALLOC
#include <mimalloc.h>
#endif

namespace wardpulse {

#ifdef WARDPULSE_MIMALLOC
namespace {

constexpr long kKeptMs = 1'000, kSegmentKeptMs = 5'000;

} // namespace

void set_up_heap() {
  ::mi_option_set_enabled_default(mi_option_large_os_pages, true);
  ::mi_option_set_default(mi_option_decommit_delay, kKeptMs);
  ::mi_option_set_default(mi_option_segment_decommit_delay, kSegmentKeptMs);
}
void give_back_memory() { ::mi_collect(true); }
#else
void set_up_heap() {}
void give_back_memory() {}
#endif

} // namespace wardpulse
