// The sub-command `import`.
#pragma once

#include <optional>
#include <utility>

#include "producer/feed.h"
#include "producer/imported.h"
#include "producer/options.h"

namespace wardpulse::producer {

int run_import(const ImportOptions& options); // the exit code

// Imported records in event-time order; those of one time in the order of the files.
class ImportFeed : public Feed {
 public:
  explicit ImportFeed(Messages messages);
  std::optional<Outgoing> next() override;
  void stop() override { left_ = messages_.size() - std::exchange(at_, messages_.size()); }
  std::optional<double> done() const override;
  const Messages& messages() const { return messages_; }
  std::size_t left() const { return left_; } // that a stop kept from being sent

 private:
  Messages messages_;
  std::size_t at_ = 0, left_ = 0;
};

} // namespace wardpulse::producer
