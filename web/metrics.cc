#include "web/metrics.h"

#include <prometheus/text_serializer.h>

#include "web/hospital_metrics.h"

namespace wardpulse::web {
namespace {

using prometheus::BuildCounter, prometheus::BuildGauge, prometheus::BuildHistogram;

const prometheus::Histogram::BucketBoundaries kRequestSeconds = {0.001, 0.0025, 0.005, 0.01, 0.025,
                                                                 0.05,  0.1,    0.25,  1,    5};
const prometheus::Histogram::BucketBoundaries kSendSeconds = {0.0005, 0.001, 0.005, 0.025, 0.1, 0.25, 1, 5};

void raise_to(prometheus::Counter* counter, std::uint64_t value) {
  counter->Increment(static_cast<double>(value) - counter->Value());
}

} // namespace

Metrics::Metrics(std::string_view version)
    : requests_(BuildCounter()
                    .Name("wardpulse_http_requests_total")
                    .Help("Requests by route and status.")
                    .Register(registry_)),
      request_seconds_(BuildHistogram()
                           .Name("wardpulse_http_request_seconds")
                           .Help("From the head of a request until its answer is ready.")
                           .Register(registry_)
                           .Add({}, kRequestSeconds)),
      ws_send_seconds_(BuildHistogram()
                           .Name("wardpulse_ws_send_seconds")
                           .Help("From handing a message to a client's socket until it is taken.")
                           .Register(registry_)
                           .Add({}, kSendSeconds)),
      ws_clients_(BuildGauge().Name("wardpulse_ws_clients").Help("WebSocket clients now.").Register(registry_).Add({})),
      ws_conflated_(BuildCounter()
                        .Name("wardpulse_ws_conflated_total")
                        .Help("Deltas that skipped intermediate values for a slow client.")
                        .Register(registry_)
                        .Add({})),
      ws_resyncs_(BuildCounter()
                      .Name("wardpulse_ws_resyncs_total")
                      .Help("Snapshots sent to a client that had one already.")
                      .Register(registry_)
                      .Add({})),
      ws_dropped_(BuildCounter()
                      .Name("wardpulse_ws_dropped_total")
                      .Help("WebSocket clients that were cut off: they took nothing any more, or only made mistakes.")
                      .Register(registry_)
                      .Add({})),
      connections_refused_(BuildCounter()
                               .Name("wardpulse_connections_refused_total")
                               .Help("Connections closed at once because there were too many.")
                               .Register(registry_)
                               .Add({})),
      connections_(BuildGauge()
                       .Name("wardpulse_connections")
                       .Help("Open connections of both listeners.")
                       .Register(registry_)
                       .Add({})),
      cells_(BuildGauge().Name("wardpulse_cells").Help("Merged cells in memory.").Register(registry_).Add({})),
      watermark_age_(BuildGauge()
                         .Name("wardpulse_watermark_age_seconds")
                         .Help("Wall clock minus the least watermark of the partitions.")
                         .Register(registry_)),
      heartbeat_age_(BuildGauge()
                         .Name("wardpulse_heartbeat_age_seconds")
                         .Help("Age of the newest heartbeat that came through the whole pipe, in the partition where it is oldest.")
                         .Register(registry_)) {
  auto& records = BuildCounter()
                      .Name("wardpulse_aggregates_read_total")
                      .Help("Records of the aggregates topic by outcome.")
                      .Register(registry_);
  for (int i = 0; i < kApplyOutcomeCount; ++i) {
    records_[i] = &records.Add({{"outcome", std::string(apply_outcome_name(static_cast<ApplyOutcome>(i)))}});
  }
  BuildGauge().Name("wardpulse_build_info").Help("Always 1; the version is a label.").Register(registry_)
      .Add({{"version", std::string(version)}}).Set(1);
}

void Metrics::request_done(std::string_view route, int status, std::chrono::nanoseconds took) {
  requests_.Add({{"route", std::string(route)}, {"code", std::to_string(status)}}).Increment();
  request_seconds_.Observe(seconds(took));
}

std::string Metrics::page(const Hub& hub, const Hub& public_hub, std::optional<Duration> heartbeat_age, Time now) {
  ws_clients_.Set(static_cast<double>(hub.viewer_count() + public_hub.viewer_count()));
  raise_to(&ws_conflated_, hub.counts().conflated + public_hub.counts().conflated);
  raise_to(&ws_resyncs_, hub.counts().resyncs + public_hub.counts().resyncs);
  cells_.Set(static_cast<double>(hub.store().cell_count()));
  if (const Time watermark = hub.store().watermark(); watermark != kNever)
    watermark_age_.Add({}).Set(seconds(now - watermark));
  if (heartbeat_age) heartbeat_age_.Add({}).Set(seconds(*heartbeat_age));
  auto families = registry_.Collect();
  add_hospital_metrics(hub.store(), &families);
  return prometheus::TextSerializer().Serialize(families);
}

} // namespace wardpulse::web
