#include "producer/ahead_feed.h"

#include <utility>

namespace wardpulse::producer {
namespace {

constexpr std::size_t kBatch = 2048;

} // namespace

AheadFeed::AheadFeed(Feed* feed) : feed_(feed), maker_([this] { make(); }) { make_next(); }

void AheadFeed::make() {
  made_.records.clear();
  while (made_.records.size() < kBatch) {
    auto record = feed_->next();
    if (!record) break;
    made_.records.push_back(std::move(*record));
  }
  made_.done = feed_->done();
}

void AheadFeed::make_next() {
  if (stopped_) feed_->stop();
  maker_.start();
}

std::optional<Outgoing> AheadFeed::next() {
  if (at_ == batch_.records.size()) {
    if (!maker_.is_busy()) return std::nullopt;
    maker_.wait();
    std::swap(batch_, made_);
    at_ = 0;
    if (batch_.records.empty()) return std::nullopt;
    make_next();
  }
  return std::move(batch_.records[at_++]);
}

} // namespace wardpulse::producer
