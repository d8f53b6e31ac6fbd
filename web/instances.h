// GET /api/v1/system: what consumers and replays say of themselves in topic `control`, the generation in force, and this
// service's own clients. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "web/http_types.h"
#include "web/router.h"
#include "web/table_reader.h"

namespace wardpulse::web {

// The rows of topic `control`.
class InstanceBoard {
 public:
  void clear();
  void take(const std::vector<TableRow>& rows);

  struct Web {
    std::size_t clients = 0; // WebSockets
    std::string generation;  // that is served
    std::string_view version;
  };
  // Those that were silent for longer than kForgetAfter as of `now` are left out.
  std::string json(const Web& web, Time now) const;

  static constexpr Duration kForgetAfter = std::chrono::hours{1};

 private:
  struct Instance {
    Time at = kNever;
    std::string fields; // its record from behind the first brace on
  };
  struct Switch {
    std::string active, previous; // names of generations; previous: empty, there is none
    std::int64_t number = 0;
    Time at = kNever;
  };
  static std::optional<Instance> parse_instance(std::string_view json);
  static std::optional<Switch> parse_switch(std::string_view json);

  std::map<std::string, Instance> instances_; // by key
  std::optional<Switch> switch_;
};

std::vector<Answer> system_answers();

} // namespace wardpulse::web
