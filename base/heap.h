// The programs' heap: mimalloc in place of the C library's malloc. A record is allocated on librdkafka's thread and freed on the one that
// folds it, millions of times a minute; the C library's threads wait for each other there. (Builds with a sanitizer keep the sanitizer's.)
#pragma once

namespace wardpulse {

// Memory comes in pages of 2 MiB where the system grants them (transparent huge pages set to `madvise` or `always`, as Debian has it):
// a state of gigabytes is touched at random, and with small pages nearly each touch is a look-up in the page tables too. To be called
// first in main. MIMALLOC_LARGE_OS_PAGES=0 in the environment wins.
void use_large_pages();

// Free memory goes back to the system: after much was read, used and let go.
void give_back_memory();

} // namespace wardpulse
