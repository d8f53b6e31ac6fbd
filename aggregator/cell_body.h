// What a cell of the table holds, in 16 bytes: open, to be changed, or packed into the bytes of its snapshot entry. Most cells are
// of windows that have passed, and most of these count so little that their bytes fit in here.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "aggregator/cell_values.h"
#include "base/check.h"

namespace wardpulse::aggregator {

class CellBody {
 public:
  CellBody() : inside_{} {}
  CellBody(const CellBody&) = delete;
  CellBody& operator=(const CellBody&) = delete;
  ~CellBody() { clear(); }

  bool empty() const { return inside_.size == 0 && inside_.zeros == 0; } // neither open nor packed
  CellContent* open() const { return inside_.size == kOpen ? outside_.open : nullptr; } // nullptr: packed or empty

  void hold(std::unique_ptr<CellContent> content) {
    clear();
    outside_ = {kOpen, 0, {.open = content.release()}};
  }
  void pack(std::string_view bytes) {
    clear();
    std::uint8_t zeros = 0; // at the end: of fields that the family has not, and of empty histograms
    for (; !bytes.empty() && bytes.back() == 0 && zeros < UINT8_MAX; ++zeros) bytes.remove_suffix(1);
    if (bytes.size() <= sizeof inside_.bytes) {
      inside_.size = static_cast<std::uint8_t>(bytes.size());
      inside_.zeros = zeros;
      std::memcpy(inside_.bytes, bytes.data(), bytes.size());
      return;
    }
    const auto size = static_cast<std::uint32_t>(bytes.size());
    char* block = static_cast<char*>(std::malloc(sizeof size + size));
    WP_CHECK(block != nullptr);
    std::memcpy(block, &size, sizeof size);
    std::memcpy(block + sizeof size, bytes.data(), size);
    outside_ = {kBlock, zeros, {.block = block}};
  }
  void append_packed(std::string* bytes) const { // REQUIRES: not open
    if (inside_.size == kBlock) {
      std::uint32_t size;
      std::memcpy(&size, outside_.block, sizeof size);
      bytes->append(outside_.block + sizeof size, size);
    } else {
      bytes->append(inside_.bytes, inside_.size);
    }
    bytes->append(inside_.zeros, '\0');
  }
  void clear() {
    if (inside_.size == kOpen) delete outside_.open;
    if (inside_.size == kBlock) std::free(outside_.block);
    inside_ = {};
  }

 private:
  static constexpr std::uint8_t kBlock = 254, kOpen = 255; // else the size of what is inside
  struct Inside {
    std::uint8_t size, zeros;
    char bytes[14];
  };
  struct Outside {
    std::uint8_t size, zeros;
    union {
      CellContent* open;
      char* block; // its size as four bytes, and then the bytes
    };
  };
  union {
    Inside inside_;
    Outside outside_; // begins with the same two members, which may be read from either
  };
};
static_assert(sizeof(CellBody) == 16);

} // namespace wardpulse::aggregator
