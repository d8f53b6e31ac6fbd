// How a feed writes times and dates.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "base/time_zone.h"

namespace wardpulse {

// What a text says, before a zone is applied.
struct WrittenTime {
  std::chrono::year_month_day date{};
  Duration time_of_day{0};
  std::optional<std::chrono::seconds> offset; // from UTC; none: local time
};

// "iso": RFC 3339 and its looser relatives (a blank for the T, no seconds, no offset). "unix", "unix_ms": since 1970.
// Otherwise letters after % as in strptime: Y m d e H M S f y b B a A I p j z Z F T R D and %%; a blank stands for one or more
// blanks, everything else for itself.
class TimeFormat {
 public:
  // Error: names the letter that is not known, or what is missing.
  static Result<TimeFormat> parse(std::string_view text);

  std::optional<WrittenTime> read(std::string_view text) const; // nullopt: not written this way, or no such date
  bool may_be_local() const;                                    // a text of this form can lack an offset
  const std::string& text() const { return text_; }

 private:
  enum class Kind : std::uint8_t { kPattern, kIso, kUnix, kUnixMs };
  struct Item {
    char letter = 0; // 0: literal
    char literal = 0;
  };
  std::string text_;
  Kind kind_ = Kind::kPattern;
  std::vector<Item> items_;
};

// The moment. Without offset and zone: nullopt.
std::optional<LocalTime> resolve(const WrittenTime& written, const TimeZone* zone);

} // namespace wardpulse
