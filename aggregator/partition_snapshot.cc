#include <algorithm>
#include <map>

#include "aggregator/partition_state_impl.h"
#include "aggregator/state_codec.h"
#include "base/bytes.h"
#include "base/check.h"

namespace wardpulse::aggregator {
namespace {

constexpr std::uint64_t kSnapshotFormat = 2;

template <class C, class F>
void each_counter(C& c, F&& f) {
  for (auto* field : {&c.consumed, &c.applied, &c.duplicate, &c.rejected, &c.held, &c.late, &c.content_differs, &c.occurrences_ignored}) f(*field);
  for (auto& field : c.rejected_by_reason) f(field);
}

} // namespace

std::string PartitionState::Impl::encode_meta() const {
  std::string bytes;
  ByteWriter out(&bytes);
  out.u64(kSnapshotFormat);
  for (int t = 0; t < kTopicCount; ++t) {
    out.i64(next_offset[t]);
    out.i64(to_ms(stream[t]));
  }
  each_counter(counters, [&](const std::int64_t& field) { out.i64(field); });
  return bytes;
}

bool PartitionState::Impl::load_meta(std::string_view bytes) {
  ByteReader in(bytes);
  if (in.u64() != kSnapshotFormat) return false;
  for (int t = 0; t < kTopicCount; ++t) {
    next_offset[t] = in.i64();
    stream[t] = from_ms(in.i64());
  }
  each_counter(counters, [&](std::int64_t& field) { field = in.i64(); });
  meta_loaded = true;
  return in.ok() && in.at_end();
}

std::string PartitionState::snapshot() const {
  std::map<std::string, std::string> entries;
  const auto keep = [&](const std::string& key, const std::string& value) { WP_CHECK(entries.emplace(key, value).second); };
  keep(std::string(1, kMetaEntry), impl_->encode_meta());
  impl_->visits.write_all(keep);
  impl_->entities.write_all(keep);
  impl_->holds.write_all(keep);
  impl_->repeats.write_all(keep);
  impl_->cells.write_all(keep);
  std::string bytes;
  ByteWriter out(&bytes);
  for (const auto& [key, value] : entries) {
    out.text(key);
    out.text(value);
  }
  return bytes;
}

Result<PartitionState> PartitionState::restore(const Definition& definition, std::int32_t partition, std::string_view snapshot) {
  PartitionState state(definition, partition);
  ByteReader in(snapshot);
  while (!in.at_end()) {
    const auto key = in.text(), value = in.text();
    if (!in.ok()) return fail("the snapshot of partition " + std::to_string(partition) + " is cut off");
    if (auto loaded = state.load(key, value); !loaded) return tl::unexpected(loaded.error());
  }
  if (auto finished = state.finish_load(); !finished) return tl::unexpected(finished.error());
  return state;
}

void PartitionState::write_increment(int slice, const std::function<void(const Entry&)>& sink) {
  WP_CHECK(slice >= 0 && slice < kSliceCount);
  const auto put = [&](const std::string& key, const std::string& value) { sink({key, value, false}); };
  const auto put_or_remove = [&](const std::string& key, const std::string* value) {
    sink({key, value == nullptr ? std::string_view{} : std::string_view(*value), value == nullptr});
  };
  put(std::string(1, kMetaEntry), impl_->encode_meta());
  impl_->visits.write_changed(slice, put);
  impl_->entities.write_changed(slice, put_or_remove);
  impl_->holds.write_changed(slice, put_or_remove);
  impl_->repeats.write_changed(slice, put_or_remove);
  impl_->cells.write_changed(slice, put_or_remove);
}

std::size_t PartitionState::changed_entries() const {
  return impl_->visits.changed() + impl_->entities.changed() + impl_->cells.changed();
}

Result<void> PartitionState::load(std::string_view key, std::string_view value) {
  const char kind = key.empty() ? '\0' : key.front();
  bool good = false;
  switch (kind) {
    case kMetaEntry: good = impl_->meta_loaded || impl_->load_meta(value); break;
    case kPatientEntry: good = impl_->visits.load(key.substr(1), value); break;
    case kEntityEntry: good = impl_->entities.load(key.substr(1), value); break;
    case kHoldEntry: good = impl_->holds.load(key, value); break;
    case kRepeatEntry: good = impl_->repeats.load(key, value); break;
    case kCellEntry: good = impl_->cells.load(key, value); break;
    default: break;
  }
  if (good) return {};
  return fail("partition " + std::to_string(impl_->partition) + ": a state entry of kind '" + std::string(1, kind) + "' does not read",
              "the checkpoint is damaged or was written by a newer version");
}

Result<void> PartitionState::finish_load() {
  const Counters& c = impl_->counters;
  if (c.consumed != c.applied + c.duplicate + c.rejected + c.held || static_cast<std::int64_t>(impl_->holds.size()) != c.held) {
    return fail("partition " + std::to_string(impl_->partition) + ": the loaded counters do not add up", "the checkpoint is incomplete");
  }
  impl_->visits.finish_load(impl_->log_watermark());
  impl_->entities.finish_load();
  impl_->holds.finish_load();
  impl_->repeats.finish_load();
  impl_->last_log_watermark = impl_->log_watermark();
  impl_->cells.set_log_watermark(impl_->last_log_watermark);
  if (!impl_->cells.finish_load()) {
    return fail("partition " + std::to_string(impl_->partition) + ": the loaded funnels and visits do not fit together", "the checkpoint is incomplete");
  }
  impl_->publish_all = true;
  return {};
}

} // namespace wardpulse::aggregator
