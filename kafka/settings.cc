#include "kafka/settings.h"

#include <sys/prctl.h>

#include <array>
#include <span>
#include <string>

#include "base/log.h"
#include "base/version.h"
#include "kafka/errors.h"

namespace wardpulse::kafka {
namespace {

struct Setting {
  const char* name;
  const char* value;
};

// A record of the rejected topic is an input record (2 MiB) and its headers.
constexpr Setting kEveryRole[] = {
    {"message.max.bytes", "4194304"},
    {"reconnect.backoff.max.ms", "1000"},
    {"socket.keepalive.enable", "true"},
    // After it a connection on which nobody answers is given up. Longer than a group waits for a member that died: what stands
    // behind a request to join must not run out before that is answered, or the member begins anew for ever.
    {"socket.timeout.ms", "15000"},
};
constexpr Setting kProducerSettings[] = {
    {"enable.idempotence", "true"},
    {"acks", "all"},
    {"compression.type", "zstd"},
    {"partitioner", "murmur2_random"},
    {"linger.ms", "5"},
    {"queue.buffering.max.kbytes", "131072"},
};
constexpr Setting kConsumerSettings[] = {
    {"enable.auto.commit", "false"},
    {"enable.auto.offset.store", "false"},
    {"auto.offset.reset", "error"},
    {"check.crcs", "true"},
    {"enable.partition.eof", "true"},
    {"partition.assignment.strategy", "range"},
    {"session.timeout.ms", "10000"},
    {"fetch.wait.max.ms", "50"}, // the embedded broker does not wake a waiting fetch when a record comes
};

std::span<const Setting> settings_of(Role role) {
  if (role == Role::kProducer) return kProducerSettings;
  if (role == Role::kConsumer) return kConsumerSettings;
  return {};
}

// Settings that the program's promises rest on.
struct Guarded {
  std::string_view name;
  std::string_view allowed; // the only value; empty: not to be set here at all
  std::string_view reason;
};
constexpr Guarded kGuarded[] = {
    {"bootstrap.servers", "", "use --brokers"},
    {"metadata.broker.list", "", "use --brokers"},
    {"group.id", "", "use --group"},
    {"group.instance.id", "", "use --instance-id"},
    {"transactional.id", "", "aggregates are absolute and versioned: no transactions are used"},
    {"enable.auto.commit", "false", "the position is part of the checkpoint"},
    {"enable.auto.offset.store", "false", "the position is part of the checkpoint"},
    {"auto.offset.reset", "error", "a gap in the log must be seen, not skipped"},
    {"enable.partition.eof", "true", "the end of a partition must be seen"},
    {"check.crcs", "true", "damaged records must be seen"},
    {"partition.assignment.strategy", "range", "a task needs the same partition number of every topic"},
    {"enable.idempotence", "true", "records must stay in order and come once"},
    {"acks", "all", "a record that is acknowledged must not be lost"},
    {"request.required.acks", "all", "a record that is acknowledged must not be lost"},
    {"partitioner", "murmur2_random", "one patient must be in one partition number"},
};

const Guarded* guard_of(std::string_view name) {
  for (const Guarded& guarded : kGuarded) {
    if (guarded.name == name) return &guarded;
  }
  return nullptr;
}

std::string refuse(const std::string& name, const std::string& value) {
  const Guarded* guarded = guard_of(name);
  if (guarded == nullptr || (!guarded->allowed.empty() && guarded->allowed == value)) return {};
  std::string text = "-X " + name;
  if (!guarded->allowed.empty()) text += ": must stay " + std::string(guarded->allowed);
  return text + ": " + std::string(guarded->reason);
}

std::string apply(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  char text[512] = "";
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), text, sizeof text) == RD_KAFKA_CONF_OK) return {};
  return "-X " + name + ": " + text;
}

// librdkafka's syslog levels. What it calls an error (a refused connection) heals by itself: a warning.
void on_log(const rd_kafka_t*, int level, const char* facility, const char* message) noexcept {
  constexpr int kCritical = 2;
  constexpr int kWarning = 4;
  const LogLevel ours =
      level <= kCritical ? LogLevel::kError : level <= kWarning ? LogLevel::kWarning : LogLevel::kDebug;
  log(ours, "kafka client", {{"facility", facility}, {"detail", message}});
}

// Threads that are made while it lives, and theirs, wait up to a millisecond longer than they ask for. librdkafka's do what is due each second:
// they wait for the whole milliseconds until then and turn round for the rest of one, a thousandth of a core for each client.
class LateTimers {
 public:
  LateTimers() : before_(::prctl(PR_GET_TIMERSLACK)) { set(kNanoseconds); }
  ~LateTimers() {
    if (before_ > 0) set(before_);
  }
  LateTimers(const LateTimers&) = delete;
  LateTimers& operator=(const LateTimers&) = delete;

 private:
  static constexpr int kNanoseconds = 1'000'000;
  static void set(int nanoseconds) { static_cast<void>(::prctl(PR_SET_TIMERSLACK, static_cast<unsigned long>(nanoseconds))); }
  const int before_;
};

} // namespace

Result<void> check_settings(const Settings& settings) {
  const ConfHandle scratch(rd_kafka_conf_new());
  std::string problems;
  for (const auto& [name, value] : settings) {
    std::string problem = refuse(name, value);
    if (problem.empty()) problem = apply(scratch.get(), name, value);
    if (!problem.empty()) problems.append(problems.empty() ? "" : "\n").append(problem);
  }
  if (problems.empty()) return {};
  return fail(problems, "librdkafka's CONFIGURATION.md lists the settings");
}

ClientOptions reading_much(ClientOptions options, int waiting_mib) {
  // In front: what the user has set wins.
  options.settings.insert(options.settings.begin(),
                          {{"queued.min.messages", "1000000"}, {"queued.max.messages.kbytes", std::to_string(waiting_mib * 1024)}});
  return options;
}

ClientOptions following_little(ClientOptions options) {
  options.settings.insert(options.settings.begin(), {"fetch.wait.max.ms", "250"});
  return options;
}

ClientOptions sending_much(ClientOptions options) {
  options.settings.insert(options.settings.begin(), {"linger.ms", "20"});
  return options;
}

Result<ConfHandle> make_conf(const ClientOptions& options, Role role, const Settings& own) {
  if (auto checked = check_settings(options.settings); !checked) return tl::unexpected(checked.error());
  ConfHandle conf(rd_kafka_conf_new());
  Settings all = {{"bootstrap.servers", options.brokers},
                  {"client.id", options.client_id},
                  {"client.software.name", "wardpulse"},
                  {"client.software.version", std::string(version())}};
  for (const Setting& setting : kEveryRole) all.emplace_back(setting.name, setting.value);
  for (const Setting& setting : settings_of(role)) all.emplace_back(setting.name, setting.value);
  all.insert(all.end(), own.begin(), own.end());
  all.insert(all.end(), options.settings.begin(), options.settings.end());
  for (const auto& [name, value] : all) {
    if (std::string problem = apply(conf.get(), name, value); !problem.empty()) return fail(std::move(problem));
  }
  rd_kafka_conf_set_log_cb(conf.get(), on_log);
  return conf;
}

Result<ClientHandle> make_client(ConfHandle conf, Role role) {
  const auto type = role == Role::kConsumer ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER;
  char text[512] = "";
  const LateTimers late;
  ClientHandle client(rd_kafka_new(type, conf.get(), text, sizeof text));
  if (client == nullptr) return fail(std::string("starting the Kafka client: ") + text, "check --brokers and -X");
  static_cast<void>(conf.release()); // the client owns it now
  return client;
}

} // namespace wardpulse::kafka
