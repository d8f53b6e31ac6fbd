// Canonical bytes of remembered records: interned texts are written out, so equal contents give equal bytes.
#pragma once

#include "aggregator/texts.h"
#include "base/bytes.h"

namespace wardpulse::aggregator {

void put(const Occurrences& records, const Texts& texts, ByteWriter& out);

// As they are read: sorted, with views into what is read.
using ReadRecords = absl::InlinedVector<Occurrence, 16>;
bool get(ByteReader& in, Texts& texts, ReadRecords* records); // false: not ours

std::uint64_t entry_hash(std::string_view entry_key);

} // namespace wardpulse::aggregator
