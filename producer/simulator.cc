#include "producer/simulator.h"

#include <algorithm>

#include "proto/codec.h"

namespace wardpulse::producer {
namespace {

constexpr std::uint64_t kDisturbanceStream = 1;
constexpr Duration kLateSpread = std::chrono::hours{1};
constexpr Duration kRepeatWithin = std::chrono::minutes{2};

} // namespace

Simulator::Simulator(const SimulatorOptions& options)
    : options_(options), hospital_(options.hospital), random_(options.hospital.seed, kDisturbanceStream),
      truth_(options.partitions) {}

// What is pending may go out as soon as nothing that is still to happen can be due before it.
std::optional<Outgoing> Simulator::next() {
  while (may_create() && (pending_.empty() || pending_.top().outgoing.send_at >= happened_)) create();
  if (pending_.empty()) return std::nullopt;
  // The queue gives its top only to read; it is removed at once, so moving out of it is safe.
  Pending next = std::move(const_cast<Pending&>(pending_.top()));
  pending_.pop();
  truth_.sent(next.fact, next.outgoing.message.key, next.repeat);
  return std::move(next.outgoing);
}

std::optional<double> Simulator::done() const {
  if (!options_.events) return std::nullopt;
  return static_cast<double>(created_) / static_cast<double>(*options_.events);
}

void Simulator::create() {
  const Happening& happening = hospital_.next();
  const Event& event = happening.event;
  Pending made;
  made.fact = fact_of(happening);
  made.outgoing.message = {event_topic(event.type), event.type, event.event_time, std::string(event_key(event)), {}};
  encode_event(event, &made.outgoing.message.value);
  made.outgoing.send_at = event.event_time + delay();
  happened_ = event.event_time;

  const bool repeat = random_.per_million(options_.disturbance.duplicates_per_million);
  if (repeat && (!options_.events || created_ + 1 < *options_.events)) {
    Pending again = made;
    again.repeat = true;
    again.outgoing.send_at += Duration{random_.between(0, kRepeatWithin.count())};
    push(std::move(made));
    push(std::move(again));
  } else {
    push(std::move(made));
  }
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

void Simulator::push(Pending pending) {
  pending.order = order_++;
  ++created_;
  pending_.push(std::move(pending));
}

} // namespace wardpulse::producer
