// The programs' heap: mimalloc in place of the C library's malloc. A record is allocated on librdkafka's thread and freed on the one that
// folds it, millions of times a minute; the C library's threads wait for each other there. (Builds with a sanitizer keep the sanitizer's.)
#pragma once

namespace wardpulse {

// Memory comes in pages of 2 MiB where the system grants them (transparent huge pages set to `madvise` or `always`, as Debian has it):
// a state of gigabytes is touched at random, and with small pages nearly each touch is a look-up in the page tables too. To be called
// first in main. What is free stays the program's for a second, five where much of it lies together: batches of records come and
// go, and handing their memory to the system and taking it again costs both. Settings of mimalloc's in the environment win.
void set_up_heap();

// Free memory goes back to the system: after much was read, used and let go.
void give_back_memory();

} // namespace wardpulse
