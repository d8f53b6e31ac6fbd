#include "web/packed_values.h"

#include <algorithm>
#include <type_traits>

#include "base/bytes.h"
#include "base/check.h"

namespace wardpulse::web {
namespace {

void write(const std::monostate&, ByteWriter*) {}
void write(std::int64_t value, ByteWriter* out) { out->i64(value); }
void write(const Counts& counts, ByteWriter* out) {
  out->u64(counts.size());
  for (const auto& [name, count] : counts) {
    out->text(name);
    out->i64(count);
  }
}
void write(const CountList& counts, ByteWriter* out) {
  out->u64(counts.size());
  for (const auto count : counts) out->i64(count);
}
void write(const MinuteHistogram& histogram, ByteWriter* out) {
  out->u64(histogram.minutes.size());
  std::int64_t before = 0;
  for (const auto& [minute, count] : histogram.minutes) {
    out->i64(minute - before);
    out->i64(count);
    before = minute;
  }
}
void write(const HistogramList& list, ByteWriter* out) {
  out->u64(list.size());
  for (const auto& histogram : list) {
    out->u8(histogram.has_value());
    if (histogram) write(*histogram, out);
  }
}
void write(const Labels& labels, ByteWriter* out) {
  out->u64(labels.size());
  for (const auto& label : labels) out->text(label);
}
void write(const std::string& text, ByteWriter* out) { out->text(text); }

void read(std::monostate*, ByteReader*) {}
void read(std::int64_t* value, ByteReader* in) { *value = in->i64(); }
void read(Counts* counts, ByteReader* in) {
  for (auto left = in->u64(); left > 0 && in->ok(); --left) {
    const auto name = in->text();
    counts->emplace_hint(counts->end(), name, in->i64());
  }
}
void read(CountList* counts, ByteReader* in) {
  for (auto left = in->u64(); left > 0 && in->ok(); --left) counts->push_back(in->i64());
}
void read(MinuteHistogram* histogram, ByteReader* in) {
  std::int64_t minute = 0;
  for (auto left = in->u64(); left > 0 && in->ok(); --left) {
    minute += in->i64();
    histogram->minutes.emplace_back(static_cast<std::int32_t>(minute), in->i64());
  }
}
void read(HistogramList* list, ByteReader* in) {
  for (auto left = in->u64(); left > 0 && in->ok(); --left) {
    auto& histogram = list->emplace_back();
    if (in->u8() != 0) read(&histogram.emplace(), in);
  }
}
void read(Labels* labels, ByteReader* in) {
  for (auto left = in->u64(); left > 0 && in->ok(); --left) labels->emplace_back(in->text());
}
void read(std::string* text, ByteReader* in) { *text = in->text(); }

// Makes the alternative that was written current, by its index in Value.
template <std::size_t Index = 0>
void read_value(std::size_t index, Value* value, ByteReader* in) {
  if constexpr (Index < std::variant_size_v<Value>) {
    if (index == Index) read(&value->emplace<Index>(), in);
    else read_value<Index + 1>(index, value, in);
  } else {
    WP_CHECK(index < std::variant_size_v<Value>);
  }
}

} // namespace

std::string pack_values(const FamilySpec& family, const Values& values) {
  thread_local std::string bytes; // keeps its room; what is given away has no more than it needs
  bytes.clear();
  ByteWriter out(&bytes);
  for (const auto& [name, value] : values) {
    const auto field =
        std::find_if(family.fields.begin(), family.fields.end(), [&](const FieldSpec& f) { return f.name == name; });
    WP_CHECK(field != family.fields.end());
    out.u8(static_cast<std::uint8_t>(field - family.fields.begin()));
    out.u8(static_cast<std::uint8_t>(value.index()));
    std::visit([&](const auto& v) { write(v, &out); }, value);
  }
  return std::string(bytes);
}

Values unpack_values(const FamilySpec& family, std::string_view bytes) {
  Values values;
  values.reserve(family.fields.size());
  ByteReader in(bytes);
  while (!in.at_end() && in.ok()) {
    const std::size_t field = in.u8();
    const std::size_t kind = in.u8();
    WP_CHECK(field < family.fields.size());
    auto& [name, value] = values.emplace_back(family.fields[field].name, Value());
    read_value(kind, &value, &in);
  }
  WP_CHECK(in.ok());
  return values;
}

} // namespace wardpulse::web
