// Makes records on a thread of its own while those before are sent: for a feed that goes out as fast as it can.
#pragma once

#include <vector>

#include "producer/feed.h"
#include "producer/helper_thread.h"

namespace wardpulse::producer {

// Gives what the other feed gives, in its order.
class AheadFeed : public Feed {
 public:
  // `feed` must outlive it, and is nobody else's until then.
  explicit AheadFeed(Feed* feed);

  std::optional<Outgoing> next() override;
  // What was made already, two batches at most, comes first.
  void stop() override { stopped_ = true; }
  std::optional<double> done() const override { return batch_.done; }

 private:
  struct Batch {
    std::vector<Outgoing> records; // none: the end
    std::optional<double> done;
  };
  void make();
  void make_next();

  Feed* const feed_; // the maker's while it is busy, as `made_`
  Batch batch_, made_;
  std::size_t at_ = 0;
  bool stopped_ = false;
  HelperThread maker_; // last: uses the others
};

} // namespace wardpulse::producer
