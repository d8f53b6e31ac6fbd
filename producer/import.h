// The sub-command `import`.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "producer/feed.h"
#include "producer/imported.h"
#include "producer/options.h"

namespace wardpulse::producer {

int run_import(const ImportOptions& options); // the exit code

// Imported records in event-time order; those of one time in the order of the files.
class ImportFeed : public Feed {
 public:
  explicit ImportFeed(std::vector<Message> messages);
  std::optional<Outgoing> next() override;
  void stop() override { at_ = messages_.size(); }
  std::optional<double> done() const override;
  const std::vector<Message>& messages() const { return messages_; }

 private:
  std::vector<Message> messages_;
  std::size_t at_ = 0;
};

} // namespace wardpulse::producer
