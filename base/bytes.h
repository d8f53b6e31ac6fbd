// Compact, canonical binary coding for snapshots: LEB128 varints, zig-zag for signed, length-prefixed text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace wardpulse {

class ByteWriter {
 public:
  explicit ByteWriter(std::string* out) : out_(out) {}
  void u64(std::uint64_t v) {
    char bytes[10];
    std::size_t size = 0;
    for (; v >= 0x80; v >>= 7) bytes[size++] = static_cast<char>(v | 0x80);
    bytes[size++] = static_cast<char>(v);
    out_->append(bytes, size);
  }
  void i64(std::int64_t v) { u64((static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63)); }
  void u8(std::uint8_t v) { out_->push_back(static_cast<char>(v)); }
  void text(std::string_view v) { u64(v.size()); out_->append(v); }

 private:
  std::string* out_;
};

// Reads what ByteWriter wrote. After the first failure every read gives 0/empty and ok() stays false.
class ByteReader {
 public:
  explicit ByteReader(std::string_view in) : in_(in) {}
  bool ok() const { return ok_; }
  bool at_end() const { return pos_ == in_.size(); }
  std::size_t left() const { return in_.size() - pos_; }
  std::uint64_t u64() {
    if (ok_ && pos_ < in_.size() && static_cast<std::uint8_t>(in_[pos_]) < 0x80) return static_cast<std::uint8_t>(in_[pos_++]); // most are small
    std::uint64_t v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (pos_ >= in_.size()) break;
      const auto b = static_cast<std::uint8_t>(in_[pos_++]);
      if (shift == 63 && b > 1) break;
      v |= static_cast<std::uint64_t>(b & 0x7f) << shift;
      if (b < 0x80) return ok_ ? v : 0;
    }
    ok_ = false;
    return 0;
  }
  std::int64_t i64() { const auto v = u64(); return static_cast<std::int64_t>((v >> 1) ^ (~(v & 1) + 1)); }
  std::uint8_t u8() {
    if (!ok_ || pos_ >= in_.size()) { ok_ = false; return 0; }
    return static_cast<std::uint8_t>(in_[pos_++]);
  }
  std::string_view text() {
    const auto n = u64();
    if (!ok_ || n > left()) { ok_ = false; return {}; }
    const auto v = in_.substr(pos_, n);
    pos_ += n;
    return v;
  }

 private:
  std::string_view in_;
  std::size_t pos_ = 0;
  bool ok_ = true;
};

} // namespace wardpulse
