#include "web/hub.h"

#include <chrono>
#include <random>

namespace wardpulse::web {
namespace {

Time now() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

SharedText share(std::string text) { return std::make_shared<const std::string>(std::move(text)); }

} // namespace

std::uint64_t new_epoch() {
  std::random_device random;
  return ((static_cast<std::uint64_t>(random()) << 32) | random()) >> 11;
}

void Hub::open(std::uint64_t epoch) {
  feeds_.clear();
  for (const auto& [name, series] : store_.series()) {
    auto feed = std::make_unique<Feed>(series, store_, epoch);
    feed->tick();
    feeds_.emplace(name, std::move(feed));
  }
  for (Viewer* viewer : viewers_) viewer->restart_all();
  wake_all();
}

void Hub::tick(const std::vector<CellStore::Change>& changes) {
  if (!is_open() || changes.empty()) return;
  std::set<Feed*> touched;
  for (const auto& change : changes) {
    Feed* feed = find_feed(change.series->name);
    feed->note(change.key);
    touched.insert(feed);
  }
  bool any = false;
  for (Feed* feed : touched) any = feed->tick() || any;
  if (any) wake_all();
}

void Hub::heartbeat() {
  for (Viewer* viewer : viewers_) viewer->heartbeat_due_ = true;
  wake_all();
}

void Hub::wake_all() {
  for (Viewer* viewer : viewers_) viewer->wake_();
}

Feed* Hub::find_feed(std::string_view topic) {
  const auto found = feeds_.find(topic);
  if (found != feeds_.end()) return found->second.get();
  return also_ != nullptr ? also_->find_feed(topic) : nullptr;
}

bool Hub::has_topic(std::string_view topic) const {
  return store_.find_series(topic) != nullptr || (also_ != nullptr && also_->has_topic(topic));
}

Viewer::Viewer(Hub& hub, std::function<void()> wake) : hub_(hub), wake_(std::move(wake)) { hub_.viewers_.insert(this); }

Viewer::~Viewer() { hub_.viewers_.erase(this); }

void Viewer::refuse(const ProtocolError& error) {
  if (is_patient()) replies_.push_back(share(error_message(error)));
}

void Viewer::receive(std::string_view text) {
  const auto message = parse_client_message(text);
  if (!message) return refuse(message.error());
  switch (message->op) {
    case ClientOp::kSubscribe: return subscribe(*message);
    case ClientOp::kUnsubscribe:
      for (const auto& topic : message->topics) topics_.erase(topic);
      return;
    case ClientOp::kSnapshot:
      for (const auto& topic : message->topics) {
        const auto found = topics_.find(topic);
        if (found == topics_.end()) {
          refuse({.code = "bad_op", .detail = "not subscribed to this topic", .topic = topic});
        } else {
          if (!found->second.needs_snapshot) ++hub_.counts_.resyncs;
          found->second = FeedPosition{};
        }
      }
      return;
  }
}

void Viewer::subscribe(const ClientMessage& message) {
  for (const auto& topic : message.topics) {
    if (!hub_.has_topic(topic) && hub_.is_public_) {
      refuse({.code = "forbidden", .detail = "without a key of scope read there is topic public alone", .topic = topic});
      continue;
    }
    if (!hub_.has_topic(topic)) {
      std::vector<std::string> known;
      for (const auto& [name, series] : hub_.store_.series()) known.push_back(name);
      refuse({.code = "unknown_topic", .detail = "there is no such topic", .topic = topic, .known = std::move(known)});
      continue;
    }
    const auto point = message.resume.find(topic);
    const Feed* feed = hub_.find_feed(topic);
    topics_[topic] = point == message.resume.end() || feed == nullptr
                         ? FeedPosition{}
                         : feed->resume(point->second.epoch, point->second.seq);
  }
}

void Viewer::restart_all() {
  for (auto& [topic, position] : topics_) position = FeedPosition{};
}

SharedText Viewer::next_message() {
  if (!replies_.empty()) {
    auto reply = replies_.front();
    replies_.pop_front();
    return reply;
  }
  if (!hub_.is_open()) return nullptr;
  if (heartbeat_due_) return heartbeat();
  // In turn, so that a busy topic does not keep the others waiting.
  auto at = topics_.upper_bound(last_topic_);
  for (std::size_t i = 0; i < topics_.size(); ++i, ++at) {
    if (at == topics_.end()) at = topics_.begin();
    if (auto message = next_of(at->first, &at->second)) {
      last_topic_ = at->first;
      return message;
    }
  }
  return nullptr;
}

SharedText Viewer::next_of(const std::string& topic, FeedPosition* position) {
  Feed* feed = hub_.find_feed(topic);
  if (feed == nullptr) return nullptr; // of another hub, which is not open yet
  auto message = feed->next_message(position);
  if (message.text && message.kind == FeedMessage::Kind::kCatchUp) ++hub_.counts_.conflated;
  if (message.text && message.kind == FeedMessage::Kind::kResync) ++hub_.counts_.resyncs;
  return message.text;
}

SharedText Viewer::heartbeat() {
  heartbeat_due_ = false;
  std::vector<std::pair<std::string, TopicPoint>> points;
  for (const auto& [topic, position] : topics_) {
    const Feed* feed = hub_.find_feed(topic);
    if (feed != nullptr && !position.needs_snapshot) points.emplace_back(topic, TopicPoint{feed->epoch(), position.seq});
  }
  return share(heartbeat_message(points, hub_.store_.watermark(), now()));
}

} // namespace wardpulse::web
