#include "producer/publish.h"

#include <chrono>

#include <fmt/format.h>

#include "base/log.h"
#include "base/metrics_page.h"
#include "base/stop_signal.h"
#include "kafka/topics.h"
#include "producer/metrics.h"
#include "producer/progress.h"

namespace wardpulse::producer {
namespace {

constexpr Duration kTopicsTimeout = std::chrono::seconds{30};
constexpr Duration kStopTimeout = std::chrono::seconds{7}; // a stopped program ends within 10 s
constexpr Duration kStep = std::chrono::milliseconds{100};
constexpr int kSendsPerLook = 64; // at the clock, for a stop, and at how far it is

// Waits until the record is due. False: a stop was asked for meanwhile. `seen`: the clock, as it stood last.
Result<bool> wait_until(Time due, Sender* sender, Progress* progress, const Feed& feed, Time* seen) {
  for (;;) {
    if (stop_requested()) return false;
    *seen = wall_now();
    const Duration left = due - *seen;
    if (left <= Duration::zero()) return true;
    if (auto waited = sender->wait(std::min(left, kStep)); !waited) return tl::unexpected(waited.error());
    progress->update(sender->counts(), feed.done());
  }
}

Result<void> pump(Feed* feed, Sender* sender, Pacer* pacer, Progress* progress) {
  bool stopping = false;
  Time seen = kNever;
  std::int64_t sends = 0;
  while (auto outgoing = feed->next()) {
    const bool looks = sends++ % kSendsPerLook == 0;
    const Time due = pacer->due(outgoing->send_at);
    if (!stopping && (looks || due > seen)) {
      const auto is_due = wait_until(due, sender, progress, *feed, &seen);
      if (!is_due) return tl::unexpected(is_due.error());
      if (!*is_due) {
        stopping = true;
        feed->stop();
      }
    }
    const auto taken = sender->send(std::move(outgoing->message));
    if (!taken) return tl::unexpected(taken.error());
    if (!*taken) return fail("stopped while the broker did not take records", "the last records were not sent");
    if (looks) progress->update(sender->counts(), feed->done());
  }
  return {};
}

Result<void> drain(Sender* sender, Progress* progress) {
  while (!stop_requested()) {
    const auto empty = sender->finish(kStep);
    if (!empty) return tl::unexpected(empty.error());
    if (*empty) return {};
    progress->update(sender->counts(), std::nullopt);
  }
  const auto empty = sender->finish(kStopTimeout);
  if (!empty) return tl::unexpected(empty.error());
  if (*empty) return {};
  return fail(fmt::format("stopped while {} records were not acknowledged", sender->unacked()), "is the broker reachable?");
}

} // namespace

Result<void> make_topics(const TargetOptions& target) {
  auto admin = kafka::Admin::connect(target.client);
  if (!admin) return tl::unexpected(admin.error());
  return admin->create_topics(
      kafka::wardpulse_topics(target.topic_prefix, "live", target.partitions, target.input_retention), kTopicsTimeout);
}

Time wall_now() { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); }

Result<SenderCounts> publish(Feed* feed, const TargetOptions& target, const PacerOptions& pace, const std::string& what) {
  const auto started = std::chrono::steady_clock::now();
  if (auto made = make_topics(target); !made) return tl::unexpected(made.error());
  Metrics metrics(target.topic_prefix);
  const auto page = MetricsPage::open(target.metrics_listen, target.metrics_listen_chosen, metrics.collectable());
  if (!page) return tl::unexpected(page.error());
  SenderOptions options{pace.speed ? target.client : kafka::sending_much(target.client), target.topic_prefix};
  options.stop = stop_requested;
  options.on_acked = [&](Topic topic, std::int64_t records) { metrics.acked(topic, records); };
  options.on_failed = [&] { metrics.failed(); };
  auto sender = Sender::connect(std::move(options));
  if (!sender) return tl::unexpected(sender.error());

  Pacer pacer(pace);
  Result<void> outcome;
  {
    Progress progress(what);
    outcome = pump(feed, sender->get(), &pacer, &progress);
    if (outcome) outcome = drain(sender->get(), &progress);
  }
  const SenderCounts counts = (*sender)->counts();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  log_info(outcome ? what + " ended" : what + " broke off",
           {{"sent", counts.sent}, {"acked", counts.acked}, {"failed", counts.failed}, {"resent", counts.resent},
            {"seconds", fmt::format("{:.1f}", seconds)},
            {"per_second", static_cast<std::int64_t>(static_cast<double>(counts.acked) / std::max(seconds, 1e-3))}});
  if (!outcome) return tl::unexpected(outcome.error());
  return counts;
}

} // namespace wardpulse::producer
