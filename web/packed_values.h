// The values of a cell in few bytes. A partition's cell is some 700 bytes as JSON and two kilobytes as a Cell; packed
// it is about fifty, which is what lets months of history stay in memory.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "proto/cell.h"

namespace wardpulse::web {

// Packs values one after the other, told as CellReader tells them.
class ValuePacker {
 public:
  // Empty again; keeps its room.
  void clear() { bytes_.clear(); }
  const std::string& bytes() const { return bytes_; }

  void begin(std::size_t field) { out_.u8(static_cast<std::uint8_t>(field)); }
  void null() { kind<std::monostate>(); }
  void integer(std::int64_t value) {
    kind<std::int64_t>();
    out_.i64(value);
  }
  void text(std::string_view text) {
    kind<std::string>();
    out_.text(text);
  }
  void counts(std::size_t n) { list_of<Counts>(n); }
  void count(std::string_view name, std::int64_t count) {
    out_.text(name);
    out_.i64(count);
  }
  void labels(std::size_t n) { list_of<Labels>(n); }
  void label(std::string_view label) { out_.text(label); }
  void list(std::size_t n) { list_of<CountList>(n); }
  void item(std::int64_t item) { out_.i64(item); }
  void histogram(std::size_t entries) {
    kind<MinuteHistogram>();
    begin_entries(entries);
  }
  void histograms(std::size_t n) { list_of<HistogramList>(n); }
  void no_histogram() { out_.u8(0); }
  void listed_histogram(std::size_t entries) {
    out_.u8(1);
    begin_entries(entries);
  }
  void entry(std::int32_t minute, std::int64_t count) {
    out_.i64(minute - minute_);
    out_.i64(count);
    minute_ = minute;
  }

 private:
  template <class Kind>
  void kind() {
    out_.u8(static_cast<std::uint8_t>(Value(Kind()).index()));
  }
  template <class Kind>
  void list_of(std::size_t n) {
    kind<Kind>();
    out_.u64(n);
  }
  void begin_entries(std::size_t n) {
    out_.u64(n);
    minute_ = 0;
  }

  std::string bytes_;
  ByteWriter out_{&bytes_};
  std::int64_t minute_ = 0; // of the entry before
};

using Values = std::vector<std::pair<std::string, Value>>;

// REQUIRES: every name is a field of `family`.
std::string pack_values(const FamilySpec& family, const Values& values);
// REQUIRES: `bytes` were packed for this family.
Values unpack_values(const FamilySpec& family, std::string_view bytes);

} // namespace wardpulse::web
