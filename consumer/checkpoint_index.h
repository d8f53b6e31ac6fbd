// What one partition of topic `checkpoints` holds: follows its records, finds the newest checkpoint that is whole, sees
// claims of other writers, and knows what may be removed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "consumer/checkpoint_format.h"

namespace wardpulse::consumer {

class CheckpointIndex {
 public:
  explicit CheckpointIndex(std::int32_t partition) : partition_(partition) {}

  // Records in the order of the log. Values are kept until release_values().
  void observe(std::int64_t offset, std::string_view key, std::optional<std::string_view> value);
  void reached_end(std::int64_t offset) { position_ = std::max(position_, offset); }
  std::int64_t position() const { return position_; } // everything before it was observed
  void release_values();

  // Largest epoch that appears anywhere, 0 when none does.
  std::int64_t highest_epoch() const { return highest_epoch_; }
  // The claim with `epoch` and `writer`, acknowledged at `offset`, is void when a higher one was made or when another
  // writer took the same epoch first. REQUIRES: position() > offset.
  bool superseded(std::int64_t epoch, const std::string& writer, std::int64_t offset) const;

  struct Found {
    std::optional<Manifest> newest;       // highest (epoch, seq) whose parts are all there and verify
    std::vector<std::string> passed_over; // newer ones that are damaged, with the reason
  };
  // Error when a manifest was written by a newer version of this program. REQUIRES: values are not released.
  Result<Found> find() const;
  // Gives the entries of the state, of each key the one that counts first. REQUIRES: `manifest` came from find().
  Result<void> load(const Manifest& manifest, ChainReader::Load load) const;

  // Live keys that neither of the two manifests needs and no claim of `epoch` or above holds: to be tombstoned once
  // `current` is known to count.
  std::vector<CheckpointKey> garbage(const Manifest& current, const Manifest* previous, std::int64_t epoch) const;

 private:
  std::string damage(const Manifest& manifest) const; // empty: its parts are all there and verify

  struct Live {
    std::int64_t offset = 0;
    std::string value;
  };
  const std::int32_t partition_;
  std::map<CheckpointKey, Live> live_;
  std::int64_t position_ = 0;
  std::int64_t highest_epoch_ = 0;
  bool keep_values_ = true;
};

} // namespace wardpulse::consumer
