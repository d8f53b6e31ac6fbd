#include "base/heap.h"

#ifdef WARDPULSE_MIMALLOC
#include <mimalloc.h>
#endif

namespace wardpulse {

#ifdef WARDPULSE_MIMALLOC
void use_large_pages() { ::mi_option_set_enabled_default(mi_option_large_os_pages, true); }
void give_back_memory() { ::mi_collect(true); }
#else
void use_large_pages() {}
void give_back_memory() {}
#endif

} // namespace wardpulse
