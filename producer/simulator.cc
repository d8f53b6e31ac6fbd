#include "producer/simulator.h"

#include <algorithm>

#include "proto/codec.h"
#include "proto/heartbeat.h"

namespace wardpulse::producer {
namespace {

constexpr std::uint64_t kDisturbanceStream = 1;
constexpr Duration kLateSpread = std::chrono::hours{1};
constexpr Duration kRepeatWithin = std::chrono::minutes{2};
constexpr std::string_view kHeartbeatSource = "wardpulse-producer";

} // namespace

Simulator::Simulator(const SimulatorOptions& options)
    : options_(options), hospital_(options.hospital), random_(options.hospital.seed, kDisturbanceStream),
      truth_(options.partitions),
      has_faults_(options.faults.any()), faults_(options.faults, options.hospital.seed) {}

// What is pending may go out as soon as nothing that is still to happen can be due before it.
std::optional<Outgoing> Simulator::next() {
  while (may_create() && (due_.empty() || due_.top().send_at >= happened_)) create();
  if (due_.empty()) return std::nullopt;
  if (heartbeats_are_due()) return next_heartbeat();
  free_.push_back(due_.top().slot);
  due_.pop();
  Pending& next = pending_[free_.back()];
  if (!next.is_extra) truth_.sent(next.fact, next.outgoing.message.key, next.repeat);
  note_faults(next);
  return std::move(next.outgoing);
}

bool Simulator::heartbeats_are_due() {
  if (stopped_ || !options_.heartbeats_at || heartbeats_ == kTopicCount * options_.partitions) return false;
  const bool is_history = due_.top().send_at < *options_.heartbeats_at;
  was_history_ |= is_history;
  return was_history_ && !is_history;
}

Outgoing Simulator::next_heartbeat() {
  const auto topic = static_cast<Topic>(heartbeats_ / options_.partitions);
  const std::int32_t partition = heartbeats_++ % options_.partitions;
  const Time time = *options_.heartbeats_at;
  truth_.sent_heartbeat(topic, partition, time);
  return {{topic, EventType::kHeartbeat, time, std::string(kHeartbeatKey), heartbeat_event(topic, partition, time, kHeartbeatSource), partition},
          time};
}

std::optional<double> Simulator::done() const {
  if (!options_.events) return std::nullopt;
  return static_cast<double>(created_) / static_cast<double>(*options_.events);
}

void Simulator::note_faults(const Pending& sent) {
  for (const FaultKind kind : sent.faults) {
    const Message& message = sent.outgoing.message;
    truth_.sent_faulty(fault_name(kind), message.topic, sent.is_extra);
    fault_lines_ += fault_line({kind, message, sent.event_id, sent.source});
  }
}

// Mistakes follow the record from which they are made: what they need to be found is in the log then.
void Simulator::create_faults(const Happening& happening, const Message& made, Time send_at) {
  for (Fault& fault : faults_.beside(happening, made.value)) {
    if (options_.events && created_ + 1 >= *options_.events) return;
    const std::uint32_t slot = new_slot();
    Pending& extra = pending_[slot];
    extra.outgoing = {std::move(fault.message), send_at};
    extra.faults = {fault.kind};
    extra.event_id = std::move(fault.event_id);
    extra.source = fault.source;
    extra.is_extra = true;
    push(slot);
  }
}

void Simulator::create() {
  Happening& happening = hospital_.next();
  happened_ = happening.event.event_time;
  if (faults_.drops(happening.event)) return;
  Event& event = happening.event;
  const std::uint32_t slot = new_slot();
  Pending& made = pending_[slot];
  const Time happened = event.event_time;
  if (faults_.breaks_patient_exists(event)) made.faults.push_back(FaultKind::kPatientExists);
  if (faults_.unsettles(happening, &event)) made.faults.push_back(FaultKind::kOutOfSequence);
  made.source = event.source;
  made.event_id = made.faults.empty() ? std::string_view{} : event.event_id;
  made.fact = fact_of(happening);
  made.outgoing.message = {event_topic(event.type), event.type, event.event_time, std::string(event_key(event)), {}};
  text_.clear();
  encode_event(event, &text_);
  made.outgoing.message.value = text_; // of its own size
  made.outgoing.send_at = happened + delay();

  const bool repeat = random_.per_million(options_.disturbance.duplicates_per_million);
  std::optional<std::uint32_t> again;
  if (repeat && (!options_.events || created_ + 1 < *options_.events)) {
    again = new_slot();
    Pending& copy = pending_[*again];
    copy = made;
    copy.repeat = true;
    copy.faults.clear();
    copy.outgoing.send_at += Duration{random_.between(0, kRepeatWithin.count())};
  }
  push(slot);
  if (has_faults_) create_faults(happening, made.outgoing.message, made.outgoing.send_at);
  if (!again) return;
  if (may_create()) push(*again);
  else free_.push_back(*again);
}

Duration Simulator::delay() {
  const Disturbance& disturbance = options_.disturbance;
  const auto draw = static_cast<std::int64_t>(random_.below(1'000'000));
  if (draw < disturbance.late_per_million) {
    return disturbance.late_by + Duration{random_.between(0, kLateSpread.count())};
  }
  if (draw < disturbance.late_per_million + disturbance.out_of_order_per_million) {
    return Duration{random_.between(0, disturbance.out_of_order_by.count())};
  }
  return Duration{0};
}

std::uint32_t Simulator::new_slot() {
  if (free_.empty()) {
    pending_.emplace_back();
    return static_cast<std::uint32_t>(pending_.size() - 1);
  }
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  Pending& old = pending_[slot];
  old.faults.clear();
  old.repeat = old.is_extra = false;
  return slot;
}

void Simulator::push(std::uint32_t slot) {
  due_.push({pending_[slot].outgoing.send_at, order_++, slot});
  ++created_;
}

} // namespace wardpulse::producer
