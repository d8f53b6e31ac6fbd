#include "web/web_config.h"

#include <filesystem>

namespace wardpulse::web {
namespace {

namespace fs = std::filesystem;

constexpr ConfigKey kKeys[] = {
    {.name = "listen",
     .type = ConfigType::kListen,
     .fallback = "127.0.0.1:8080",
     .meaning = "Where the dashboard, the API and the WebSocket are served; port 0 takes a free one.",
     .example = "0.0.0.0:8080"},
    {.name = "private-listen",
     .type = ConfigType::kListen,
     .fallback = "127.0.0.1:9103",
     .meaning = "Where /livez, /readyz and /metrics are served, for operators only; port 0 takes a free one.",
     .example = "127.0.0.1:0"},
    {.name = "keys",
     .meaning = "File of API keys, mode 0600; read again when it changes. Without it nobody gets past the front page.",
     .example = "/etc/wardpulse/keys"},
    {.name = "push-interval",
     .type = ConfigType::kDuration,
     .fallback = "100ms",
     .meaning = "Changes go to WebSocket clients once in each interval of this length, at most.",
     .example = "250ms",
     .least = "10ms",
     .most = "1m"},
    {.name = "pipe-heartbeat",
     .type = ConfigType::kDuration,
     .meaning = "How often a feed.heartbeat is sent through the whole pipe, one for each partition number, to measure it "
                "(default: never). It moves no time and changes no number but the counts of records.",
     .example = "10s",
     .least = "1s",
     .most = "1h"},
    {.name = "tls-cert",
     .meaning = "PEM file of the certificate, with those between it and the root: HTTPS (TLS 1.2 and up) instead of HTTP; "
                 "read again when it changes.",
     .example = "/etc/wardpulse/tls/server.pem"},
    {.name = "tls-key", .meaning = "PEM file of the certificate's private key.", .example = "/etc/wardpulse/tls/server.key"},
    {.name = "request-rate",
     .type = ConfigType::kInteger,
     .fallback = "1000",
     .meaning = "Requests a second that one key, or one address without a key, may make; twice as many at once; 0: no limit.",
     .example = "100",
     .least = "0"},
    {.name = "max-connections",
     .type = ConfigType::kInteger,
     .fallback = "20000",
     .meaning = "Open connections in all; further ones are answered with 503.",
     .example = "5000",
     .least = "1"},
    {.name = "max-connections-per-address",
     .type = ConfigType::kInteger,
     .fallback = "2000",
     .meaning = "Open connections from one address; behind a proxy all have the proxy's.",
     .example = "100",
     .least = "1"},
    {.name = "public-policy",
     .type = ConfigType::kChoice,
     .fallback = "bands",
     .meaning = "How the public view hides small groups: bands (multiples of 11), cms (less than 11), nhs (1 to 7, rounded to 5).",
     .choices = "bands|cms|nhs"},
    {.name = "timezone",
     .fallback = "UTC",
     .meaning = "Zone of check_in_time and timestamp without offset in the short forms of POST /events (IANA name).",
     .example = "Europe/Stockholm"},
    {.name = "dashboard",
     .meaning = "Folder of the built dashboard (default: found beside the program).",
     .example = "/usr/share/wardpulse/dashboard"},
    {.name = "generation",
     .meaning = "Serves or prints this generation whatever is promoted (default: the promoted one, else live).",
     .example = "backfill-1"},
    // keys create
    {.name = "scope",
     .type = ConfigType::kChoice,
     .fallback = "read",
     .meaning = "keys create: what the key may do; admin may do all.",
     .choices = "read|ingest|admin"},
    {.name = "name", .meaning = "keys create: whose key it is, for keys list.", .example = "wall screen"},
    {.name = "expires",
     .type = ConfigType::kDuration,
     .meaning = "keys create: how long the key is valid (default: until it is revoked).",
     .example = "90d",
     .least = "1s"},
    // cells
    {.name = "family", .meaning = "cells: only this family.", .example = "department"},
};

std::span<const ConfigKey> shared_keys() {
  static const std::vector<ConfigKey> keys = [] {
    std::vector<ConfigKey> kept;
    for (const ConfigKey& key : common_config_keys()) {
      if (key.name != "metrics-listen") kept.push_back(key);
    }
    return kept;
  }();
  return keys;
}

fs::path program_folder() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).parent_path();
}

} // namespace

std::vector<std::span<const ConfigKey>> web_config_keys() { return {shared_keys(), kKeys}; }

ServiceOptions service_options(const Config& config) {
  ServiceOptions options;
  options.listen = *parse_listen(config.text("listen"));
  options.private_listen = *parse_listen(config.text("private-listen"));
  options.keys_path = config.text("keys");
  options.push_interval = config.duration("push-interval");
  if (config.is_set("pipe-heartbeat")) options.pipe_heartbeat = config.duration("pipe-heartbeat");
  const auto reader = reader_options(config);
  options.client = reader.client;
  options.topic_prefix = reader.topic_prefix;
  if (!config.text("tls-cert").empty()) options.tls = TlsFiles{config.text("tls-cert"), config.text("tls-key")};
  options.request_rate = config.integer("request-rate");
  options.max_connections = config.integer("max-connections");
  options.max_connections_per_address = config.integer("max-connections-per-address");
  options.public_policy = *public_policy_from_name(config.text("public-policy"));
  options.zone = TimeZone::load(config.text("timezone")).value_or(TimeZone::utc());
  return options;
}

ReaderOptions reader_options(const Config& config) {
  std::string brokers;
  for (const auto& broker : config.list("brokers")) brokers.append(brokers.empty() ? "" : ",").append(broker);
  ReaderOptions options{.client = {brokers, "wardpulse-web", config.client_settings()},
                        .topic_prefix = config.text("topic-prefix"),
                        .generation = std::nullopt};
  if (!config.text("generation").empty()) options.generation = config.text("generation");
  return options;
}

std::optional<std::string> web_config_problem(const Config& config) {
  if (const auto checked = kafka::check_settings(config.client_settings()); !checked) return checked.error().text();
  if (config.text("tls-cert").empty() != config.text("tls-key").empty()) return "tls-cert and tls-key go together: name both files, or none";
  if (const auto zone = TimeZone::load(config.text("timezone")); !zone) return "timezone: " + zone.error().text();
  return std::nullopt;
}

std::string dashboard_folder(const Config& config) {
  if (!config.text("dashboard").empty()) return config.text("dashboard");
  const auto share = program_folder().parent_path() / "share";
  for (const auto& folder : {share / "wardpulse" / "dashboard", share / "dashboard"}) {
    if (fs::exists(folder / "index.html")) return folder.string();
  }
  return (program_folder().parent_path().parent_path() / "web" / "dashboard").string(); // of the checkout, beside build/
}

} // namespace wardpulse::web
