#include <fmt/format.h>

#include <array>
#include <bit>
#include <cstring>

#include "base/check.h"
#include "proto/codec.h"
#include "proto/event_types.h"
#include "proto/json_scanner.h"
#include "proto/json_text.h"

namespace wardpulse {
namespace {

constexpr std::size_t kShownCharacters = 40; // of a record's text in a detail

tl::unexpected<Rejection> reject(RejectReason reason, std::string detail) {
  return tl::unexpected(Rejection{reason, std::move(detail), {}});
}

std::string shown(std::string_view text) {
  const std::string_view cut = first_characters(text, kShownCharacters);
  return fmt::format("\"{}{}\"", cut, cut.size() < text.size() ? "..." : "");
}

// Names of fields to their slots: open addressing over json_name_hash, made once.
class SlotTable {
 public:
  SlotTable() {
    for (int slot = 0; slot < slot_count(); ++slot) insert(slot);
  }

  // -1: not a field of any event type.
  int find(const JsonMember& member) const {
    for (std::size_t i = start(member.hash);; i = (i + 1) % kSize) {
      const Entry& entry = entries_[i];
      if (entry.name.data() == nullptr) return -1;
      if (entry.name == member.name) return entry.slot;
    }
  }

 private:
  static constexpr std::size_t kSize = 256; // a quarter full at most, so most names are found or missed at once
  static_assert(kSize >= 4 * kMaxSlots);
  struct Entry {
    std::string_view name;
    int slot = 0;
  };

  static std::size_t start(std::uint64_t hash) { return hash >> 56; }

  void insert(int slot) {
    const std::string_view name = slot_name(slot);
    char padded[64] = {};
    WP_CHECK(name.size() + 8 <= sizeof padded);
    std::memcpy(padded, name.data(), name.size());
    std::size_t i = start(json_name_hash({padded, name.size()}));
    while (entries_[i].name.data() != nullptr) i = (i + 1) % kSize;
    entries_[i] = {name, slot};
  }

  std::array<Entry, kSize> entries_;
};

const SlotTable& slot_table() {
  static const SlotTable table;
  return table;
}

// Which JSON a kind of field is written as.
bool kind_fits(FieldKind kind, JsonKind json) {
  switch (kind) {
    case FieldKind::kText:
    case FieldKind::kDate:
    case FieldKind::kTime: return json == JsonKind::kText;
    case FieldKind::kInteger:
    case FieldKind::kMoney: return json == JsonKind::kNumber;
    case FieldKind::kSwitch: return json == JsonKind::kTrue || json == JsonKind::kFalse;
    case FieldKind::kObject: return json == JsonKind::kObject;
  }
  return false;
}

std::uint64_t required_slots_of_all() {
  std::uint64_t slots = ~std::uint64_t{0};
  for (const EventTypeSpec& spec : event_types()) slots &= spec.required_slots;
  return slots;
}

std::string_view expected_phrase(FieldKind kind) {
  switch (kind) {
    case FieldKind::kText: return "a string";
    case FieldKind::kDate: return "a date such as \"2026-11-21\"";
    case FieldKind::kTime: return "a time with offset such as \"2026-11-21T13:41:07.250Z\"";
    case FieldKind::kInteger: return "an integer";
    case FieldKind::kMoney: return "a number with at most two decimal places";
    case FieldKind::kSwitch: return "true or false";
    case FieldKind::kObject: return "an object";
  }
  return "?";
}

} // namespace

struct Decoder::Impl {
  JsonScanner scanner;
  const SlotTable* table = &slot_table();
  std::array<JsonValue, kMaxSlots> values; // by slot; meaningful where `present` has the bit
  std::uint64_t present = 0;               // members that are there and not null
  Event event;
  const int type_slot = field_slot(kEventTypeMember);
  const int version_slot = field_slot(kSchemaVersionMember);
  const std::uint64_t required_by_all = required_slots_of_all();

  bool has(int slot) const { return (present >> slot & 1) != 0; }
  const JsonValue& value(int slot) const { return values[static_cast<std::size_t>(slot)]; }

  void collect_members() {
    present = 0;
    for (const JsonMember& member : scanner.members()) {
      const int slot = table->find(member);
      if (slot < 0 || member.value.kind == JsonKind::kNull) continue;
      values[static_cast<std::size_t>(slot)] = member.value;
      present |= std::uint64_t{1} << slot;
    }
  }

  // The version counts as larger also when it does not fit 64 bits.
  bool is_newer_schema() const {
    if (!has(version_slot) || value(version_slot).kind != JsonKind::kNumber) return false;
    const std::string_view token = value(version_slot).text;
    const auto version = parse_integer(token);
    const bool is_huge_integer = !version && token.find_first_of(".eE-") == std::string_view::npos;
    return is_huge_integer || (version && *version > kSchemaVersion);
  }

  tl::expected<const EventTypeSpec*, Rejection> find_type(Topic topic) const {
    const JsonValue& type = value(type_slot);
    if (!has(type_slot) || type.kind != JsonKind::kText) {
      // Without a type, what every type requires is judged first, in the order that holds for all records.
      if (const std::uint64_t absent = required_by_all & ~present; absent != 0) return missing(absent);
      return reject(RejectReason::kBadType,
                    fmt::format("event_type: expected a string, found {}", json_kind_phrase(type.kind)));
    }
    const EventTypeSpec* spec = find_event_type(topic, type.text);
    if (spec == nullptr) {
      return reject(RejectReason::kUnknownEventType,
                    fmt::format("event_type {} is not a type of topic {}", shown(type.text), topic_name(topic)));
    }
    return spec;
  }

  static tl::unexpected<Rejection> missing(std::uint64_t slots) {
    std::string names;
    const bool is_one = std::has_single_bit(slots);
    for (; slots != 0; slots &= slots - 1) {
      if (!names.empty()) names += ", ";
      names += slot_name(std::countr_zero(slots));
    }
    return reject(RejectReason::kMissingField, fmt::format("{} {} missing", names, is_one ? "is" : "are"));
  }

  static tl::unexpected<Rejection> bad_type(const EventField& field, const JsonValue& found) {
    return reject(RejectReason::kBadType, fmt::format("{}: expected {}, found {}", field.name,
                                                      expected_phrase(field.kind), json_kind_phrase(found.kind)));
  }
  static tl::unexpected<Rejection> bad_number(const EventField& field, const JsonValue& found) {
    return reject(RejectReason::kBadType,
                  fmt::format("{}: expected {}, found {}", field.name, expected_phrase(field.kind),
                              first_characters(found.text, kShownCharacters)));
  }
  static tl::unexpected<Rejection> too_long(const EventField& field, std::size_t length) {
    return reject(RejectReason::kBadType, fmt::format("{}: expected at most {} characters, found {}", field.name,
                                                      field.max_length, length));
  }
  // Never the text of a date: that is a patient's date of birth.
  static Rejection bad_time(const EventField& field, std::string_view text) {
    const bool may_show = field.kind == FieldKind::kTime;
    return {RejectReason::kBadTime,
            fmt::format("{}: expected {}{}", field.name, expected_phrase(field.kind),
                        may_show ? ", found " + shown(text) : std::string{}),
            {}};
  }

  // Fills the event's member. A time or date that does not read goes to *late_problem, since every bad type comes
  // before it.
  tl::expected<void, Rejection> take(const EventField& field, const JsonValue& found,
                                     std::optional<Rejection>* late_problem) {
    if (!kind_fits(field.kind, found.kind)) return bad_type(field, found);
    switch (field.kind) {
      case FieldKind::kText: return take_text(field, found.text);
      case FieldKind::kInteger:
      case FieldKind::kMoney: return take_number(field, found);
      case FieldKind::kSwitch: event.*field.flag = found.kind == JsonKind::kTrue; break;
      case FieldKind::kDate:
      case FieldKind::kTime:
        if (!take_time(field, found.text) && !*late_problem) *late_problem = bad_time(field, found.text);
        break;
      case FieldKind::kObject: break;
    }
    return {};
  }

  tl::expected<void, Rejection> take_text(const EventField& field, std::string_view text) {
    // Characters are never more than bytes, so most texts need no counting.
    if (text.size() > field.max_length) {
      const std::size_t length = count_characters(text);
      if (length > field.max_length) return too_long(field, length);
    }
    event.*field.text = text;
    return {};
  }

  tl::expected<void, Rejection> take_number(const EventField& field, const JsonValue& found) {
    const auto number = field.kind == FieldKind::kMoney ? parse_cents(found.text) : parse_integer(found.text);
    if (!number) return bad_number(field, found);
    if (field.number != nullptr) event.*field.number = *number;
    return {};
  }

  bool take_time(const EventField& field, std::string_view text) {
    if (field.moment != nullptr) {
      const auto time = parse_rfc3339(text);
      if (time) event.*field.moment = *time;
      return time.has_value();
    }
    if (field.text != nullptr) event.*field.text = text;
    if (is_blank(text)) return true; // rule `required` judges it
    if (field.date != nullptr) return (event.*field.date = parse_date(text)).has_value();
    return (event.*field.time = parse_rfc3339(text)).has_value();
  }

  tl::expected<void, Rejection> fill(const EventTypeSpec& spec) {
    event = Event{};
    event.type = spec.type;
    std::optional<Rejection> late_problem;
    for (const TypeField& field : spec.fields) {
      if (!has(field.slot)) continue;
      if (auto taken = take(*field.field, value(field.slot), &late_problem); !taken) return taken;
    }
    if (late_problem) return tl::unexpected(std::move(*late_problem));
    derive();
    return {};
  }

  void derive() {
    if (event.source.data() == nullptr) event.source = "unknown";
    if (event.gender_text.data() != nullptr) {
      event.gender = gender_from_text(event.gender_text).value_or(Gender::kInvalid);
    }
    if (event.visit_type_text.data() != nullptr) {
      event.visit_type = visit_type_from_text(event.visit_type_text).value_or(VisitType::kOther);
    }
    if (event.type == EventType::kBill) {
      event.bill_status = bill_status_from_text(event.status_text).value_or(BillStatus::kOther);
    }
    if (event.type == EventType::kTreatment && is_blank(event.treatment_id)) event.treatment_id = event.event_id;
    if (event.type == EventType::kPayment && is_blank(event.payment_id)) event.payment_id = event.event_id;
  }
};

Decoder::Decoder() : impl_(std::make_unique<Impl>()) {}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

tl::expected<const Event*, Rejection> Decoder::decode(Topic topic, std::string_view bytes) {
  Impl& impl = *impl_;
  if (bytes.size() > kMaxRecordBytes) {
    return reject(RejectReason::kTooLarge,
                  fmt::format("{} bytes; at most {} are taken", bytes.size(), kMaxRecordBytes));
  }
  if (const auto problem = impl.scanner.scan(bytes)) {
    const std::string where = problem->at ? fmt::format(" (byte {})", *problem->at) : std::string{};
    return reject(RejectReason::kMalformedJson, fmt::format("{}{}", problem->what, where));
  }
  if (impl.scanner.kind() != JsonKind::kObject) {
    return reject(RejectReason::kBadType,
                  fmt::format("expected an object, found {}", json_kind_phrase(impl.scanner.kind())));
  }
  impl.collect_members();
  if (impl.is_newer_schema()) {
    return reject(RejectReason::kUnsupportedSchema,
                  fmt::format("schema_version {} is newer than {}",
                              first_characters(impl.value(impl.version_slot).text, kShownCharacters), kSchemaVersion));
  }
  const auto spec = impl.find_type(topic);
  if (!spec) return tl::unexpected(spec.error());
  if (const std::uint64_t absent = (*spec)->required_slots & ~impl.present; absent != 0) return Impl::missing(absent);
  if (auto filled = impl.fill(**spec); !filled) return tl::unexpected(std::move(filled.error()));
  return &impl.event;
}

} // namespace wardpulse
