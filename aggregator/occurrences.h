// The records a visit, patient or entity remembers, packed one behind the other in one block of memory.
#pragma once

#include <cstdint>
#include <cstring>
#include <iterator>
#include <memory>
#include <span>
#include <string_view>

#include <absl/container/inlined_vector.h>

#include "base/time.h"
#include "proto/cell.h"

namespace wardpulse::aggregator {

using TextId = std::uint32_t;   // interned text, see texts.h; 0 = none
using SizeMask = std::uint8_t;  // bit s: window size s admitted the record
using TypeCode = std::uint32_t; // an EventType, or kWorkflowTypes + TextId of a workflow type

inline constexpr SizeMask kAllSizes = (1 << kWindowSizeCount) - 1;
inline constexpr TypeCode kWorkflowTypes = 1 << 8;
constexpr SizeMask size_bit(WindowSize size) { return static_cast<SizeMask>(1 << static_cast<int>(size)); }

// One remembered record. Views point into the list and die when it changes.
struct Occurrence {
  TypeCode type = 0;
  Time time{};
  std::string_view event_id;
  std::string_view item_id;       // treatment_id, admission_id, bill_id, ...; empty for the other types
  std::string_view link;          // payment: its bill_id
  TextId department = 0;          // the record's own; 0: it takes its visit's
  TextId detail = 0;              // visit.left: reason; patient.registered: city; else 0
  TextId source = 0;              // feed; 0: unknown
  TextId party = 0;               // bill, claim: payer; treatment: treatment_code
  TextId facility = 0;            // checkin: facility; claim: organization
  std::uint32_t content = 0;      // digest of the record's bytes
  std::uint32_t conditions = 0;   // bit c: fulfils field condition c of the funnels
  std::int64_t amount = 0;        // cents: treatment's cost, bill's total, payment, claim; discharge: admitted_at in ms; patient.registered: birth in days since 1970
  std::int64_t amount2 = 0;       // cents: bill's insurance part, claim's covered part
  std::int64_t amount3 = 0;       // cents: bill's patient part
  SizeMask admitted = 0;
  std::uint8_t flag = 0;          // checkin-side: VisitType; bill: BillStatus; patient.registered: Gender; roomed, provider.seen: ventilated, admit.decision: observation, as Said
};

// A yes or no that may be left out.
enum class Said : std::uint8_t { kNothing, kNo, kYes };

// Sorted by (type, time, event_id). Move-only; sixteen bytes, since there are millions of them.
class Occurrences {
 public:
  Occurrences() = default;
  Occurrences(Occurrences&& other) noexcept { swap(other); }
  Occurrences& operator=(Occurrences&& other) noexcept { swap(other); return *this; }
  ~Occurrences() { std::free(bytes_); }

  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = Occurrence;
    using difference_type = std::ptrdiff_t;
    using pointer = const Occurrence*;
    using reference = const Occurrence&;
    Iterator() = default;
    Iterator(const char* at, const char* end) : at_(at), end_(end) { if (at_ != end_) next_ = unpack(at_, &current_); }
    const Occurrence& operator*() const { return current_; }
    const Occurrence* operator->() const { return &current_; }
    Iterator& operator++() { at_ = next_; if (at_ != end_) next_ = unpack(at_, &current_); return *this; }
    bool operator==(const Iterator& other) const { return at_ == other.at_; }
    const char* position() const { return at_; }
    const char* next_position() const { return next_; }

   private:
    const char* at_ = nullptr;
    const char* end_ = nullptr;
    const char* next_ = nullptr;
    Occurrence current_;
  };
  Iterator begin() const { return {bytes_, bytes_ + size_.used}; }
  Iterator end() const { return {bytes_ + size_.used, bytes_ + size_.used}; }
  bool empty() const { return size_.used == 0; }
  void prefetch() const {
    constexpr std::uint32_t kLine = 64;
    for (std::uint32_t at = 0; at < size_.used; at += kLine) __builtin_prefetch(bytes_ + at);
  }
  std::size_t memory() const { return size_.units * kUnit; }

  // AND of all admissions; kAllSizes when empty.
  SizeMask admitted_by_all() const { return static_cast<SizeMask>(size_.admitted_by_all); }

  // All of them at once, in one block of their size. REQUIRES: sorted, of another memory, and there were none.
  void assign(std::span<const Occurrence> sorted);
  static bool before(const Occurrence& a, const Occurrence& b);
  // At this place in the list. REQUIRES: it is sorted then. Every iterator and view dies, of these two calls.
  void insert_at(std::size_t place, const Occurrence& occurrence);
  void erase_at(std::size_t place);
  // Behind this one, which was unpacked from here; nullptr: in front of all.
  void insert_behind(const Occurrence* own, const Occurrence& occurrence) { put(own == nullptr ? 0 : end_of(*own), occurrence); }

  // Appends all, or those before the first that `until` is true of.
  template <class List, class Until>
  void unpack_to(List* list, Until&& until) const {
    for (const char* at = bytes_; at != bytes_ + size_.used;) {
      Occurrence& o = list->emplace_back();
      at = unpack(at, &o);
      if (!until(o)) continue;
      list->pop_back();
      return;
    }
  }

 private:
  static const char* unpack(const char* at, Occurrence* to); // gives where the next one begins
  void put(std::size_t at, const Occurrence& occurrence); // at this byte
  void reserve(std::size_t size);
  // A packed record ends with its item_id.
  std::size_t end_of(const Occurrence& own) const { return static_cast<std::size_t>(own.item_id.data() + own.item_id.size() - bytes_); }
  void swap(Occurrences& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(size_, other.size_);
  }
  static constexpr std::size_t kUnit = 16; // what capacity is counted in
  struct Size {
    std::uint32_t used = 0; // bytes
    std::uint32_t units : 32 - kWindowSizeCount = 0;
    std::uint32_t admitted_by_all : kWindowSizeCount = kAllSizes;
  };
  char* bytes_ = nullptr;
  Size size_;
};
static_assert(sizeof(Occurrences) == 16);

// The same in the open, to be gone through more than once. Sorted likewise.
using Records = std::span<const Occurrence>;
class Unpacked {
 public:
  explicit Unpacked(const Occurrences& packed) : admitted_by_all_(packed.admitted_by_all()) {
    packed.unpack_to(&records_, [](const Occurrence&) { return false; });
  }
  operator Records() const { return {records_.data(), records_.size()}; } // NOLINT: it is the same list
  SizeMask admitted_by_all() const { return admitted_by_all_; }
  void insert_at(std::size_t place, const Occurrence& occurrence) {
    records_.insert(records_.begin() + static_cast<std::ptrdiff_t>(place), occurrence);
    admitted_by_all_ &= occurrence.admitted;
  }
  void erase_at(std::size_t place) {
    records_.erase(records_.begin() + static_cast<std::ptrdiff_t>(place));
    admitted_by_all_ = kAllSizes;
    for (const Occurrence& o : records_) admitted_by_all_ &= o.admitted;
  }

 private:
  absl::InlinedVector<Occurrence, 16> records_;
  SizeMask admitted_by_all_;
};

} // namespace wardpulse::aggregator
