// All feeds of the generation that is served, and the viewers who follow them. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "web/cell_store.h"
#include "web/feed.h"
#include "web/ws_messages.h"

namespace wardpulse::web {

struct HubCounts {
  std::uint64_t conflated = 0; // deltas that covered more than the newest tick
  std::uint64_t resyncs = 0;   // snapshots sent to someone who already had one
};

// For Hub::open(). 53 bits: exact in every JSON reader. Two services, or two runs of one, do not share an epoch.
std::uint64_t new_epoch();

class Hub {
 public:
  // `also`: its topics can be had here too. `is_public`: for everybody, so that other topics are forbidden, not unknown.
  explicit Hub(const CellStore& store, Hub* also = nullptr, bool is_public = false)
      : store_(store), also_(also), is_public_(is_public) {}
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  // A new epoch: the store is whole, or holds another generation now. Every viewer gets snapshots.
  void open(std::uint64_t epoch);
  bool is_open() const { return !feeds_.empty(); }

  // What changed in the store since the last call; viewers are woken.
  void tick(const std::vector<CellStore::Change>& changes);
  void heartbeat();

  const HubCounts& counts() const { return counts_; }
  std::size_t viewer_count() const { return viewers_.size(); }
  const CellStore& store() const { return store_; }

 private:
  friend class Viewer;
  Feed* find_feed(std::string_view topic);
  bool has_topic(std::string_view topic) const;
  void wake_all();

  const CellStore& store_;
  Hub* const also_;
  const bool is_public_;
  std::map<std::string, std::unique_ptr<Feed>, std::less<>> feeds_;
  std::set<class Viewer*> viewers_;
  HubCounts counts_;
};

// One client of the hub: what it subscribed to, where it stands, and what it is to be told next. The session that owns
// it keeps one write in flight and asks for the next message when that is done; nothing else is ever queued for a
// client.
class Viewer {
 public:
  // `wake`: there may be a message now. Called from within the hub's calls; it must not destroy a viewer.
  Viewer(Hub& hub, std::function<void()> wake);
  ~Viewer();
  Viewer(const Viewer&) = delete;
  Viewer& operator=(const Viewer&) = delete;

  void receive(std::string_view message);
  void refuse(const ProtocolError& error); // tells the client
  // False: it makes mistakes faster than it reads what is said about them, and is to be closed.
  bool is_patient() const { return replies_.size() < kMaxReplies; }
  SharedText next_message(); // null: nothing for now

 private:
  friend class Hub;
  static constexpr std::size_t kMaxReplies = 16;

  void subscribe(const ClientMessage& message);
  void restart_all();
  SharedText heartbeat();
  SharedText next_of(const std::string& topic, FeedPosition* position);

  Hub& hub_;
  std::function<void()> wake_;
  std::map<std::string, FeedPosition> topics_;
  std::string last_topic_; // served last: the next one in turn comes first
  std::deque<SharedText> replies_;
  bool heartbeat_due_ = false;
};

} // namespace wardpulse::web
