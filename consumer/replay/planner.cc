#include "consumer/replay/planner.h"

#include <algorithm>

namespace wardpulse::consumer {
namespace {

using Kind = RangeEnd::Kind;
using Found = LogLookup::Found;

constexpr Duration kVisitMemory = std::chrono::hours{24 * 120};
constexpr Duration kFinanceMemory = std::chrono::hours{24 * 90};

class Planner {
 public:
  Planner(const PlanRequest& request, const LogViews& logs, const TopicNames& names, LogLookup& lookup)
      : request_(request), logs_(logs), names_(names), lookup_(lookup) {}

  Result<ReplayPlan> run() {
    plan_.generation = request_.generation;
    plan_.definition_json = request_.definition.canonical_json();
    plan_.definition_digest = request_.definition.digest();
    plan_.from_text = request_.from_text;
    plan_.to_text = request_.to_text;
    if (auto begun = find_begin(); !begun) return tl::unexpected(begun.error());
    if (auto ended = find_end(); !ended) return tl::unexpected(ended.error());
    if (plan_.from && plan_.to && *plan_.from >= *plan_.to) return fail("--from is not before --to");
    plan_.whole = true;
    each([&](std::size_t p, int t) {
      auto& begin = plan_.begin[p][t];
      begin = std::min(begin, plan_.end[p][t]);
      plan_.whole = plan_.whole && begin == 0;
    });
    if (plan_.records() == 0) return fail("there is nothing to read between --from and --to");
    return plan_;
  }

 private:
  template <class Do>
  void each(Do&& take) const {
    for (std::size_t p = 0; p < logs_.size(); ++p) {
      for (int t = 0; t < kTopicCount; ++t) {
        if (request_.definition.topics[t]) take(p, t);
      }
    }
  }

  std::vector<TopicOffsets> bounds(bool high) const {
    std::vector<TopicOffsets> offsets(logs_.size(), no_offsets());
    each([&](std::size_t p, int t) { offsets[p][t] = high ? logs_[p][t].high : logs_[p][t].low; });
    return offsets;
  }

  std::string place(std::size_t p, int t) const { return names_.inputs[t] + " partition " + std::to_string(p); }

  Result<void> find_begin() {
    if (request_.from.kind == Kind::kEarliest) {
      plan_.begin = bounds(false);
      return {};
    }
    if (request_.from.kind == Kind::kLatest) return fail("--from latest leaves nothing to replay");
    if (request_.from.kind == Kind::kEventTime) {
      plan_.from = request_.from.time;
      const auto first = lookup_.by_event_time(*plan_.from);
      if (!first) return tl::unexpected(first.error());
      if (!first->any) {
        return fail("--from " + request_.from_text + ": no record in the log is of that time or later",
                    "times are event times; --from-log-time takes the time of writing");
      }
    } else {
      const auto offsets = explicit_offsets(request_.from, "--from");
      if (!offsets) return tl::unexpected(offsets.error());
      if (*offsets == bounds(true)) {
        return fail("--from " + request_.from_text + ": that is the log's end, there is nothing to read after it");
      }
      const auto before = lookup_.event_time_before(*offsets);
      if (!before) return tl::unexpected(before.error());
      if (*before == kNever) {
        plan_.begin = *offsets;
        return {};
      }
      plan_.from = *before + Duration{1};
    }
    const auto warm_up = request_.warm_up.value_or(default_warm_up(request_.definition));
    auto begin = lookup_.by_event_time(*plan_.from - warm_up);
    if (!begin) return tl::unexpected(begin.error());
    plan_.begin = std::move(begin->offsets);
    return check_nothing_missing(warm_up);
  }

  // A log that has lost its beginning cannot tell whether what is missing was of the range.
  Result<void> check_nothing_missing(Duration warm_up) const {
    std::string missing;
    each([&](std::size_t p, int t) {
      const auto& log = logs_[p][t];
      if (log.low == 0 || plan_.begin[p][t] > log.low) return;
      missing.append(missing.empty() ? "" : ", ").append(place(p, t)) += ": records 0.." + std::to_string(log.low - 1);
    });
    if (missing.empty()) return {};
    return fail("--from " + request_.from_text + " needs records from " + format_rfc3339(*plan_.from - warm_up) +
                    " on (windows need what came " + format_duration(warm_up) +
                    " before them), and the log no longer has " + missing,
                "choose a later --from, a shorter --warm-up, or --from earliest for what there is");
  }

  Result<void> find_end() {
    const auto kind = request_.to.kind;
    if (kind == Kind::kEarliest) return fail("--to earliest leaves nothing to replay");
    if (kind == Kind::kLatest) {
      plan_.end = bounds(true);
      return {};
    }
    if (kind == Kind::kOffsets || kind == Kind::kLogTime) {
      auto offsets = explicit_offsets(request_.to, "--to");
      if (!offsets) return tl::unexpected(offsets.error());
      plan_.end = std::move(*offsets);
      return {};
    }
    plan_.to = request_.to.time;
    const auto inside = lookup_.by_event_time(*plan_.to);
    if (!inside) return tl::unexpected(inside.error());
    if (!inside->any) {
      return fail("--to " + request_.to_text + " is after the last record of the log", "--to latest takes all there is");
    }
    const auto settle = request_.settle ? request_.settle : default_settle(request_.definition);
    if (!settle) {
      plan_.end = bounds(true);
      return {};
    }
    auto end = lookup_.by_event_time(*plan_.to + *settle);
    if (!end) return tl::unexpected(end.error());
    plan_.end = std::move(end->offsets);
    // The record that brings the log there is read as well: it is the one that closes the windows.
    each([&](std::size_t p, int t) { plan_.end[p][t] = std::min(plan_.end[p][t] + 1, logs_[p][t].high); });
    return {};
  }

  Result<std::vector<TopicOffsets>> explicit_offsets(const RangeEnd& end, const std::string& flag) {
    if (end.kind == Kind::kLogTime) {
      auto found = lookup_.by_log_time(end.time);
      if (!found) return tl::unexpected(found.error());
      return std::move(found->offsets);
    }
    auto offsets = std::vector<TopicOffsets>(logs_.size(), no_offsets());
    std::string problems;
    const auto problem = [&](const std::string& what) { problems.append(problems.empty() ? "" : "\n").append(what); };
    each([&](std::size_t p, int t) {
      const auto at = end.offsets.find({names_.inputs[t], static_cast<std::int32_t>(p)});
      if (at == end.offsets.end()) return problem(flag + ": no offset for " + place(p, t));
      const auto& log = logs_[p][t];
      if (at->second < log.low) {
        problem(flag + ": " + place(p, t) + ": records " + std::to_string(at->second) + ".." +
                std::to_string(log.low - 1) + " are gone from the log");
      } else if (at->second > log.high) {
        problem(flag + ": " + place(p, t) + ": offset " + std::to_string(at->second) + " is after the log's end " +
                std::to_string(log.high));
      }
      offsets[p][t] = at->second;
    });
    for (const auto& [at, offset] : end.offsets) {
      const bool known = std::any_of(names_.inputs.begin(), names_.inputs.end(),
                                     [&, &topic = at.first](const auto& name) { return name == topic; }) &&
                         at.second < static_cast<std::int32_t>(logs_.size());
      if (!known) problem(flag + ": there is no input " + at.first + " partition " + std::to_string(at.second));
    }
    if (!problems.empty()) return fail(problems);
    return offsets;
  }

  const PlanRequest& request_;
  const LogViews& logs_;
  const TopicNames& names_;
  LogLookup& lookup_;
  ReplayPlan plan_;
};

Duration largest_grace(const aggregator::Definition& definition) {
  return *std::max_element(definition.grace.begin(), definition.grace.end());
}

} // namespace

// What a visit is remembered for: afterwards nothing of before changes it. Without a limit of lateness, the grace that
// is usual.
Duration default_warm_up(const aggregator::Definition& definition) {
  const auto grace = largest_grace(definition);
  return kVisitMemory + (grace == aggregator::kNoGrace ? aggregator::Definition{}.grace.back() : grace);
}

std::optional<Duration> default_settle(const aggregator::Definition& definition) {
  const auto grace = largest_grace(definition);
  if (grace == aggregator::kNoGrace) return std::nullopt;
  Duration longest = kFinanceMemory;
  for (const auto& funnel : definition.funnels) longest = std::max(longest, funnel.window);
  return grace + longest;
}

Result<ReplayPlan> make_plan(const PlanRequest& request, const LogViews& logs, const TopicNames& names,
                             LogLookup& lookup) {
  return Planner(request, logs, names, lookup).run();
}

} // namespace wardpulse::consumer
