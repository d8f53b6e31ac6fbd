#include "consumer/instance_status.h"

#include <unistd.h>

#include <array>
#include <numeric>
#include <utility>

#include "base/json_writer.h"
#include "base/log.h"
#include "base/version.h"
#include "proto/control_keys.h"

namespace wardpulse::consumer {
namespace {

constexpr Duration kFarewellLimit = std::chrono::seconds{1};

std::string machine_and_process() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0 || host[0] == '\0') host = {'h', 'o', 's', 't'};
  return std::string(host.data()) + "-" + std::to_string(::getpid());
}

void write_time(const char* name, const std::optional<Time>& time, JsonWriter* out) {
  out->key(name);
  if (time) out->time(*time);
  else out->null();
}

void write_seconds(const char* name, const std::optional<Duration>& duration, JsonWriter* out) {
  out->key(name);
  if (duration) out->decimal(static_cast<double>(duration->count()) / 1000, 3);
  else out->null();
}

void write_progress(const WorkerFigures& figures, JsonWriter* out) {
  std::int64_t lag = 0;
  for (const auto& [at, records] : figures.lag) lag += records;
  out->key("partitions").begin_array();
  for (const auto partition : figures.partitions) out->integer(partition);
  out->end_array();
  out->key("lag_records").integer(lag);
  write_time("watermark", figures.shown_watermark, out);
  out->key("watermarks").begin_object();
  for (int i = 0; i < kTopicCount; ++i) {
    if (figures.watermark[i]) out->key(topic_name(static_cast<Topic>(i))).time(*figures.watermark[i]);
  }
  out->end_object();
}

void write_state(const InstanceStatus& status, JsonWriter* out) {
  const auto& figures = status.figures;
  out->key("held").integer(figures.held);
  out->key("visits").integer(figures.visits);
  out->key("cells").integer(figures.cells);
  out->key("checkpoint").begin_object();
  write_time("at", figures.checkpoint_time, out);
  write_seconds("seconds", status.checkpoint_took, out);
  out->key("failures").integer(figures.checkpoint_failures);
  out->end_object();
  out->key("rebalances").begin_object();
  for (const char* kind : {"assigned", "revoked", "lost"}) {
    const auto count = figures.rebalances.find(kind);
    out->key(kind).integer(count == figures.rebalances.end() ? 0 : count->second);
  }
  out->end_object();
}

} // namespace

std::string encode_status(const InstanceStatus& status) {
  std::string json;
  JsonWriter out(&json);
  out.begin_object();
  out.key("role").text(status.role).key("instance").text(status.instance).key("generation").text(status.generation);
  out.key("version").text(version()).key("started_at").time(status.started_at).key("at").time(status.at);
  out.key("records_per_second");
  if (status.records_per_second) out.decimal(*status.records_per_second, 1);
  else out.null();
  write_progress(status.figures, &out);
  write_state(status, &out);
  out.key("replay");
  if (status.replay) {
    out.begin_object().key("ratio").decimal(status.replay->ratio, 4);
    out.key("records_per_second").decimal(status.replay->records_per_second, 1);
    write_seconds("seconds_left", status.replay->left, &out);
    write_time("event_time", status.figures.replayed_to, &out);
    out.end_object();
  } else {
    out.null();
  }
  out.end_object();
  return json;
}

Result<StatusWriter> StatusWriter::connect(const kafka::ClientOptions& client, const std::string& topic, std::string role,
                                           std::string name, const Metrics& metrics) {
  auto outbox = KafkaOutbox::connect(client);
  if (!outbox) return tl::unexpected(outbox.error());
  InstanceStatus status;
  status.role = std::move(role);
  status.instance = name.empty() ? machine_and_process() : std::move(name);
  status.started_at = SteadyClock().now().wall;
  return StatusWriter(std::move(*outbox), topic, std::move(status), metrics);
}

StatusWriter::StatusWriter(std::unique_ptr<KafkaOutbox> outbox, std::string topic, InstanceStatus status, const Metrics& metrics)
    : outbox_(std::move(outbox)), topic_(std::move(topic)), status_(std::move(status)), metrics_(&metrics) {}

StatusWriter::~StatusWriter() {
  if (!outbox_ || !told_) return;
  send(std::nullopt);
  SteadyClock clock;
  const auto until = clock.now().steady + kFarewellLimit;
  while (outbox_->in_flight() > 0 && clock.now().steady < until) outbox_->pump(std::chrono::milliseconds{10});
}

void StatusWriter::tell(const std::string& generation, std::optional<ProgressMeter::Reading> replay) {
  outbox_->pump(Duration{0});
  const auto now = SteadyClock().now();
  if ((told_ && now.steady - *told_ < kStatusInterval) || outbox_->in_flight() > 0) return;
  const bool is_first = !std::exchange(told_, now.steady);
  status_.generation = generation;
  status_.at = now.wall;
  status_.figures = metrics_->total();
  status_.checkpoint_took = metrics_->last_checkpoint();
  const auto& consumed = status_.figures.counts.consumed;
  const auto records = std::accumulate(consumed.begin(), consumed.end(), std::int64_t{0});
  const auto pace = pace_.update({records, records, std::nullopt}, now.steady);
  if (replay) status_.records_per_second = replay->records_per_second;
  else if (!is_first) status_.records_per_second = pace.records_per_second;
  status_.replay = replay;
  send(encode_status(status_));
}

void StatusWriter::send(std::optional<std::string_view> value) {
  const auto key = std::string(kInstanceKeyPrefix) + status_.role + "/" + status_.instance;
  kafka::ProducerRecord record;
  record.topic = topic_;
  record.key = key;
  record.value = value.value_or(std::string_view());
  record.tombstone = !value;
  outbox_->send(record, [](const Result<kafka::Delivery>& done) {
    if (!done) log_debug("a status record was not written", {{"why", done.error().text()}});
  });
}

} // namespace wardpulse::consumer
