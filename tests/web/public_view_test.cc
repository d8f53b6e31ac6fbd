// The public view against somebody who keeps everything that was ever shown and solves for the small counts behind it.
#include "web/public_view.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <set>

#include "tests/web/cells.h"

namespace wardpulse::web {
namespace {

using std::chrono::hours, std::chrono::days;

constexpr Time kDayStart = test::kStart - hours{8};
Window hour_of(int hour) { return {WindowSize::k1h, kDayStart + hours{hour}, kDayStart + hours{hour + 1}}; }
const Window kDay{WindowSize::k1d, kDayStart, kDayStart + hours{24}};

PublicInput input(const Window& window, std::int64_t patients, const std::string& department = "Emergency") {
  return {.department = department, .window = window, .patients = patients, .wait_minutes = {}, .stay_minutes = {}};
}

std::string key_of(const std::string& department, const Window& window) {
  return public_row_key({.department = department, .window = window, .patients = {}, .median_wait_minutes = {}, .median_stay_minutes = {}});
}

struct Interval {
  std::int64_t low = 0, high = 1'000'000;
  void cut(std::int64_t l, std::int64_t h) { low = std::max(low, l), high = std::min(high, h); }
};

// What somebody knows who read every answer since the beginning, how the view works, and when another generation was put in
// force. Between those moments counts never fall, so a later number bounds an earlier one and the other way round; patients of
// a day are at least those of each of its hours and at most their sum.
class Attacker {
 public:
  // What is seen from this tick on was counted anew: there may be fewer than before.
  void counts_may_fall(int tick) {
    falls_.insert(tick);
    shown_since_.clear();
  }
  // `low` to `high`: the counts that the shown value can stand for.
  void see(int tick, const std::string& cell, std::int64_t low, std::int64_t high, bool is_new) {
    Interval& now = known_[cell].try_emplace(tick).first->second;
    const auto before = last_high_.find(cell);
    if (is_new) shown_since_.insert(cell);
    if (!is_new) {
      // It stood for the count when it was published; fewer were added since than it takes to publish it again.
      now.cut(shown_since_.contains(cell) ? low : 0, high + kLeastContributors - 1);
    } else {
      now.cut(before == last_high_.end() ? low : std::max(low, before->second + kLeastContributors), high);
      last_high_[cell] = high;
    }
  }
  void solve() {
    for (int round = 0; round < 4; ++round) {
      for (auto& [cell, ticks] : known_) order_in_time(&ticks);
      relate_days_and_hours();
    }
  }
  // Cells and ticks of which the count is known, and small.
  std::set<std::pair<std::string, int>> found() const {
    std::set<std::pair<std::string, int>> found;
    for (const auto& [cell, ticks] : known_) {
      for (const auto& [tick, interval] : ticks) {
        EXPECT_LE(interval.low, interval.high) << cell;
        if (interval.low == interval.high && interval.high <= 10) found.emplace(cell, tick);
      }
    }
    return found;
  }
  const Interval& at(const std::string& cell, int tick) const { return known_.at(cell).at(tick); }

 private:
  void order_in_time(std::map<int, Interval>* ticks) const {
    std::int64_t low = 0;
    for (auto& [tick, interval] : *ticks) {
      if (falls_.contains(tick)) low = 0;
      low = interval.low = std::max(low, interval.low);
    }
    std::int64_t high = Interval().high;
    for (auto at = ticks->rbegin(); at != ticks->rend(); ++at) {
      high = at->second.high = std::min(high, at->second.high);
      if (falls_.contains(at->first)) high = Interval().high;
    }
  }

  void relate_days_and_hours() {
    for (auto& [cell, ticks] : known_) {
      if (cell.find("|1d|") == std::string::npos) continue;
      const auto department = cell.substr(0, cell.find('|'));
      for (auto& [tick, day] : ticks) relate(department, tick, &day);
    }
  }
  void relate(const std::string& department, int tick, Interval* day) {
    std::vector<Interval*> parts;
    std::int64_t low = 0, high = 0;
    for (auto& [cell, ticks] : known_) {
      if (!cell.starts_with(department + "|1h|") || !ticks.contains(tick)) continue;
      Interval* hour = &ticks.at(tick);
      parts.push_back(hour);
      low = std::max(low, hour->low);
      high += hour->high;
    }
    if (parts.size() != 24) return;
    day->cut(low, high);
    for (Interval* hour : parts) hour->cut(day->low - (high - hour->high), day->high);
  }

  std::map<std::string, std::map<int, Interval>> known_;
  std::map<std::string, std::int64_t> last_high_; // of what was shown when it was published
  std::set<std::string> shown_since_;             // published since counts may have fallen last
  std::set<int> falls_;
};

// A random hospital day: check-ins come, also late ones, and now and then a replay is put in force that takes in what was too
// late, or leaves out what its definition refuses; the view ticks, and is started anew from what it published.
struct Stream {
  explicit Stream(unsigned seed) : random(seed) {
    for (int d = 0; d < 2; ++d) departments.push_back("D" + std::to_string(d));
  }
  void admit() {
    for (const auto& department : departments) {
      const int visits = static_cast<int>(random() % 25);
      for (int i = 0; i < visits; ++i) {
        const int hour = static_cast<int>(random() % 24);
        const auto patient = random() % 300;
        hours_of[department][hour].insert(patient);
        day_of[department].insert(patient);
      }
    }
  }
  void replay() {
    for (const auto& department : departments) {
      for (int i = 0; i < 40; ++i) {
        const auto patient = random() % 300;
        hours_of[department][static_cast<int>(random() % 24)].insert(patient);
        day_of[department].insert(patient);
      }
    }
  }
  void replay_by_stricter_rules() {
    for (const auto& department : departments) {
      auto& whole_day = day_of[department];
      whole_day.clear();
      for (auto& [hour, patients] : hours_of[department]) {
        std::erase_if(patients, [&](auto) { return random() % 2 == 0; });
        whole_day.insert(patients.begin(), patients.end());
      }
    }
  }
  std::vector<PublicInput> inputs() const {
    std::vector<PublicInput> all;
    for (const auto& department : departments) {
      const auto day = day_of.find(department);
      all.push_back(input(kDay, day == day_of.end() ? 0 : static_cast<std::int64_t>(day->second.size()), department));
      for (int hour = 0; hour < 24; ++hour) all.push_back(input(hour_of(hour), count(department, hour), department));
    }
    return all;
  }
  std::int64_t count(const std::string& department, int hour) const {
    const auto by_hour = hours_of.find(department);
    if (by_hour == hours_of.end()) return 0;
    const auto patients = by_hour->second.find(hour);
    return patients == by_hour->second.end() ? 0 : static_cast<std::int64_t>(patients->second.size());
  }

  std::mt19937 random;
  std::vector<std::string> departments;
  std::map<std::string, std::map<int, std::set<unsigned long>>> hours_of;
  std::map<std::string, std::set<unsigned long>> day_of;
};

// Runs a stream and lets the attacker read along. `bound`: what a shown value can stand for, by policy.
template <class Bound>
Attacker attack(unsigned seed, PublicPolicy policy, Bound bound) {
  Stream stream(seed);
  auto view = std::make_unique<PublicView>(policy);
  Attacker attacker;
  std::map<std::pair<std::string, int>, std::int64_t> truth;
  for (int tick = 0; tick < 12; ++tick) {
    stream.admit();
    if (stream.random() % 5 == 0) stream.replay();
    if (stream.random() % 6 == 0) {
      stream.replay_by_stricter_rules();
      attacker.counts_may_fall(tick);
    }
    if (stream.random() % 4 == 0) { // a restart: all that is left is what was published
      auto fresh = std::make_unique<PublicView>(policy);
      for (const auto& [key, row] : view->rows()) fresh->restore(parse_public_row(public_row_json(row)).value());
      view = std::move(fresh);
    }
    std::set<std::string> changed;
    for (const auto& row : view->tick(stream.inputs()).rows) changed.insert(public_row_key(row));
    for (const auto& [key, row] : view->rows()) {
      const auto [low, high] = bound(row);
      attacker.see(tick, key, low, high, changed.contains(key));
    }
    for (const auto& one : stream.inputs()) {
      const auto key = key_of(one.department, one.window);
      if (view->rows().contains(key)) truth[{key, tick}] = one.patients;
    }
  }
  attacker.solve();
  // The attacker is right: what is true lies in the intervals.
  for (const auto& [place, patients] : truth) {
    EXPECT_LE(attacker.at(place.first, place.second).low, patients) << place.first;
    EXPECT_GE(attacker.at(place.first, place.second).high, patients) << place.first;
  }
  return attacker;
}

TEST(PublicView, HidesSmallCountsFromWhoRemembersEverything) {
  const auto bound = [](const PublicRow& row) {
    return row.patients ? std::pair(*row.patients, *row.patients + 10) : std::pair(std::int64_t{0}, std::int64_t{10});
  };
  for (unsigned seed = 1; seed <= 1000; ++seed) {
    const auto found = attack(seed, PublicPolicy::kBands, bound).found();
    ASSERT_TRUE(found.empty()) << "seed " << seed << ": " << found.begin()->first;
  }
}

TEST(PublicView, HidesSmallCountsUnderTheOtherPoliciesToo) {
  const auto exact = [](const PublicRow& row) {
    return row.patients ? std::pair(*row.patients, *row.patients) : std::pair(std::int64_t{0}, std::int64_t{10});
  };
  const auto rounded = [](const PublicRow& row) {
    if (!row.patients) return std::pair(std::int64_t{1}, std::int64_t{7});
    return *row.patients == 0 ? std::pair(std::int64_t{0}, std::int64_t{0}) : std::pair(*row.patients - 2, *row.patients + 2);
  };
  for (unsigned seed = 1; seed <= 1000; ++seed) {
    const auto cms = attack(seed, PublicPolicy::kCms, exact).found();
    ASSERT_TRUE(cms.empty()) << "seed " << seed << ": " << cms.begin()->first;
    // This policy says 0 as it is.
    const auto nhs = attack(seed, PublicPolicy::kNhs, rounded);
    for (const auto& [cell, tick] : nhs.found()) ASSERT_EQ(nhs.at(cell, tick).high, 0) << "seed " << seed << ": " << cell;
  }
}

// The same attacker finds what an unprotected feed gives away: small counts as they are, and those hidden in exact totals.
TEST(PublicView, TheAttackerFindsWhatIsNotProtected) {
  std::size_t found_plain = 0;
  for (unsigned seed = 1; seed <= 20; ++seed) {
    Stream stream(seed);
    Attacker plain;
    for (int tick = 0; tick < 2; ++tick) {
      stream.admit();
      for (const auto& one : stream.inputs()) {
        const auto key = key_of(one.department, one.window);
        plain.see(0, key + std::to_string(tick), one.patients, one.patients, true);
      }
    }
    plain.solve();
    found_plain += plain.found().size();
  }
  EXPECT_GT(found_plain, 100U);
  // A day whose other hours are known.
  Attacker differences;
  for (int hour = 0; hour < 24; ++hour) {
    const auto key = key_of("D", hour_of(hour));
    differences.see(0, key, hour == 3 ? 0 : 20, hour == 3 ? 10 : 20, true);
  }
  differences.see(0, "D|1d|x", 23 * 20 + 10, 23 * 20 + 10, true);
  differences.solve();
  EXPECT_EQ(differences.found().size(), 1U);
}

TEST(PublicView, ShowsBands) {
  PublicView view(PublicPolicy::kBands);
  const auto shown = [&](std::int64_t patients, int hour) {
    view.tick({input(hour_of(hour), patients)});
    for (const auto& [key, row] : view.rows()) {
      if (row.window == hour_of(hour)) return view.shown(row);
    }
    return std::string("nothing");
  };
  EXPECT_EQ(shown(0, 0), "<11");
  EXPECT_EQ(shown(10, 1), "<11");
  EXPECT_EQ(shown(11, 2), "11");
  EXPECT_EQ(shown(21, 3), "11");
  EXPECT_EQ(shown(22, 4), "22");
}

TEST(PublicView, ChangesOnlyWhenElevenMoreAreCertain) {
  PublicView view(PublicPolicy::kBands);
  const auto rows = [&](std::int64_t patients) { return view.tick({input(kDay, patients)}).rows; };
  EXPECT_EQ(rows(12).size(), 1U);
  for (const std::int64_t patients : {13, 22, 31, 5}) EXPECT_TRUE(rows(patients).empty()) << patients;
  const auto changed = rows(32);
  ASSERT_EQ(changed.size(), 1U);
  EXPECT_EQ(changed[0].patients, 22);
}

TEST(PublicView, MediansNeedElevenContributorsAndAreRounded) {
  PublicView view(PublicPolicy::kBands);
  auto one = input(kDay, 30);
  one.wait_minutes.add(23, 10);
  one.stay_minutes.add(23, 11);
  const auto rows = view.tick({one}).rows;
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].median_wait_minutes, std::nullopt);
  EXPECT_EQ(rows[0].median_stay_minutes, 25);
  auto few = input(hour_of(1), 10);
  few.stay_minutes.add(23, 50);
  EXPECT_EQ(view.tick({few}).rows[0].median_stay_minutes, std::nullopt) << "the patients are hidden";
}

TEST(PublicView, OldWindowsLeaveAndDoNotComeBack) {
  PublicView view(PublicPolicy::kBands);
  view.tick({input(hour_of(0), 20)});
  const auto later = view.tick({input(hour_of(0), 20), input(hour_of(60), 20)});
  EXPECT_EQ(later.gone.size(), 1U);
  EXPECT_TRUE(view.tick({input(hour_of(0), 90)}).rows.empty());
}

TEST(PublicView, OtherPolicies) {
  PublicView cms(PublicPolicy::kCms), nhs(PublicPolicy::kNhs);
  EXPECT_TRUE(cms.tick({input(hour_of(0), 50)}).rows.empty()) << "days only";
  EXPECT_EQ(cms.tick({input(kDay, 50)}).rows[0].patients, 50);
  EXPECT_EQ(nhs.tick({input(kDay, 8)}).rows[0].patients, 10);
  EXPECT_EQ(nhs.tick({input(kDay, 7, "A")}).rows[0].patients, std::nullopt);
  EXPECT_EQ(nhs.tick({input(kDay, 0, "B")}).rows[0].patients, 0);
}

TEST(PublicView, RowsComeBackAsTheyWereWritten) {
  const PublicRow row{.department = "A|\"B\"", .window = {WindowSize::k1d, kDayStart, kDayStart + hours{24}, hours{1}, hours{2}},
                      .patients = 33, .median_wait_minutes = std::nullopt, .median_stay_minutes = 5};
  EXPECT_EQ(parse_public_row(public_row_json(row)), row);
  PublicRow oldest = row;
  oldest.window = {WindowSize::k1d, *parse_rfc3339("0001-01-01T00:00:00Z") - hours{1}, *parse_rfc3339("0001-01-01T23:00:00Z"), hours{1}, hours{1}};
  EXPECT_EQ(parse_public_row(public_row_json(oldest)), oldest) << "an event of the first day, seen from further east: " << public_row_json(oldest);
  EXPECT_EQ(parse_public_row("{}"), std::nullopt);
}

} // namespace
} // namespace wardpulse::web
