// What anybody may see, on its way out: counts go to PublicView at its tick, its rows to topic public, and what comes back
// from there to the public stream.
#include <boost/asio/post.hpp>

#include "web/public_inputs.h"
#include "web/service.h"

namespace wardpulse::web {

// Always at the same pace, never on an event: when something is shown says nothing.
void Service::public_tick() {
  public_timer_.expires_after(options_.public_tick);
  public_timer_.async_wait([this](error_code error) { if (!error) public_tick(); });
  if (!hub_.is_open() || !public_hub_.is_open()) return;
  const auto tick = public_view_.tick(public_inputs(store_, options_.zone));
  const auto topic = options_.topic_prefix + ".public";
  // With Kafka a row is shown when it comes back from the topic: what is shown is never forgotten.
  for (const auto& row : tick.rows) {
    const auto key = public_row_key(row);
    if (!ingest_) show_public(key, row);
    else ingest_->put_row(topic, key, public_row_json(row), [this, key] { net::post(*io_, [this, key] { forget_unpublished(key); }); });
  }
  for (const auto& key : tick.gone) {
    if (ingest_) ingest_->put_row(topic, key, std::nullopt, [] {});
    else show_public(key, std::nullopt);
  }
  if (!ingest_) public_hub_.tick(public_store_.take_changes());
}

// It did not get into the topic, so it was never shown: the next tick tries again from what is shown.
void Service::forget_unpublished(const std::string& key) {
  const auto shown = shown_public_.find(key);
  if (shown == shown_public_.end()) public_view_.forget(key);
  else public_view_.restore(shown->second);
}

void Service::show_public(const std::string& key, std::optional<PublicRow> row) {
  const FamilySpec& family = public_families().front();
  public_summary_.clear();
  if (row) {
    public_store_.apply(update_with(family, public_view_.cell_of(*row, ++public_version_)));
    shown_public_.insert_or_assign(key, *row);
  } else if (const auto shown = shown_public_.find(key); shown != shown_public_.end()) {
    public_store_.apply({.name = name_of(family, public_view_.cell_of(shown->second, 1))});
    shown_public_.erase(shown);
  }
}

// Anybody may ask, as often as they like.
const std::string& Service::public_summary() {
  if (public_summary_.empty()) public_summary_ = public_view_.summary_json(shown_public_);
  return public_summary_;
}

void Service::public_started() {
  net::post(*io_, [this] { is_public_read_ = false; });
}

void Service::public_rows(std::vector<TableRow> rows) {
  net::post(*io_, [this, rows = std::move(rows)] {
    for (const auto& [key, value] : rows) {
      auto row = value ? parse_public_row(*value) : std::nullopt;
      if (row && public_row_key(*row) == key) public_view_.restore(*row);
      else if (!value) public_view_.forget(key);
      if (row || !value) show_public(key, std::move(row));
    }
    public_hub_.tick(public_store_.take_changes());
  });
}

void Service::public_ready() {
  net::post(*io_, [this] {
    if (std::exchange(is_public_read_, true) || public_hub_.is_open()) return;
    public_store_.take_changes();
    public_hub_.open(new_epoch());
    public_tick();
  });
}

TableReader public_reader(const ReaderOptions& options, Service* service) {
  return TableReader(options.client, options.topic_prefix + ".public",
                     {.on_started = [service] { service->public_started(); },
                      .on_rows = [service](std::vector<TableRow> rows) { service->public_rows(std::move(rows)); },
                      .on_end = [service] { service->public_ready(); }});
}

} // namespace wardpulse::web
