#include "web/packed_values.h"

#include <algorithm>

#include "base/check.h"

namespace wardpulse::web {
namespace {

void pack(const std::monostate&, ValuePacker* out) { out->null(); }
void pack(std::int64_t value, ValuePacker* out) { out->integer(value); }
void pack(const std::string& text, ValuePacker* out) { out->text(text); }
void pack(const Counts& counts, ValuePacker* out) {
  out->counts(counts.size());
  for (const auto& [name, count] : counts) out->count(name, count);
}
void pack(const CountList& counts, ValuePacker* out) {
  out->list(counts.size());
  for (const auto count : counts) out->item(count);
}
void pack(const Labels& labels, ValuePacker* out) {
  out->labels(labels.size());
  for (const auto& label : labels) out->label(label);
}
void pack_entries(const MinuteHistogram& histogram, ValuePacker* out) {
  for (const auto& [minute, count] : histogram.minutes) out->entry(minute, count);
}
void pack(const MinuteHistogram& histogram, ValuePacker* out) {
  out->histogram(histogram.minutes.size());
  pack_entries(histogram, out);
}
void pack(const HistogramList& list, ValuePacker* out) {
  out->histograms(list.size());
  for (const auto& histogram : list) {
    if (!histogram) {
      out->no_histogram();
      continue;
    }
    out->listed_histogram(histogram->minutes.size());
    pack_entries(*histogram, out);
  }
}

void read(std::monostate*, ByteReader*) {}
void read(std::int64_t* value, ByteReader* in) { *value = in->i64(); }
void read(Counts* counts, ByteReader* in) {
  for (auto left = in->u64(); left > 0 && in->ok(); --left) {
    std::string name(in->text());
    counts->insert_or_assign(counts->end(), std::move(name), in->i64());
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
  ValuePacker packer;
  for (const auto& [name, value] : values) {
    const auto field =
        std::find_if(family.fields.begin(), family.fields.end(), [&](const FieldSpec& f) { return f.name == name; });
    WP_CHECK(field != family.fields.end());
    packer.begin(static_cast<std::size_t>(field - family.fields.begin()));
    std::visit([&](const auto& v) { pack(v, &packer); }, value);
  }
  return packer.bytes();
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
