// The web service's figures for Prometheus. One thread, that of the sessions.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "web/cell_store.h"
#include "web/hub.h"

namespace wardpulse::web {

class Metrics {
 public:
  explicit Metrics(std::string_view version);

  void request_done(std::string_view route, int status, std::chrono::nanoseconds took);
  void ws_sent(std::chrono::nanoseconds took) { ws_send_seconds_.Observe(seconds(took)); }
  void records_read(ApplyOutcome outcome, std::uint64_t count) {
    records_[static_cast<std::size_t>(outcome)]->Increment(static_cast<double>(count));
  }
  void connection_refused() { connections_refused_.Increment(); }
  void ws_dropped() { ws_dropped_.Increment(); }
  void connections(std::size_t open) { connections_.Set(static_cast<double>(open)); }

  // The page for a scrape, with what the hub and its store say at this moment.
  // `heartbeat_age`: none when no heartbeats are sent.
  std::string page(const Hub& hub, const Hub& public_hub, std::optional<Duration> heartbeat_age, Time now);

 private:
  static double seconds(std::chrono::nanoseconds duration) { return std::chrono::duration<double>(duration).count(); }

  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Histogram& request_seconds_;
  prometheus::Histogram& ws_send_seconds_;
  prometheus::Gauge& ws_clients_;
  prometheus::Counter& ws_conflated_;
  prometheus::Counter& ws_resyncs_;
  prometheus::Counter& ws_dropped_;
  prometheus::Counter& connections_refused_;
  prometheus::Gauge& connections_;
  prometheus::Gauge& cells_;
  prometheus::Family<prometheus::Gauge>& watermark_age_; // without a value until there is a watermark
  prometheus::Family<prometheus::Gauge>& heartbeat_age_; // likewise
  prometheus::Counter* records_[kApplyOutcomeCount];
};

} // namespace wardpulse::web
