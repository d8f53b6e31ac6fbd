#include "base/bytes.h"

#include <gtest/gtest.h>

#include <limits>

namespace wardpulse {
namespace {

TEST(Bytes, ReadsBackWhatWasWritten) {
  const std::int64_t numbers[] = {0, 1, -1, 63, 64, -64, -65, std::numeric_limits<std::int64_t>::max(),
                                  std::numeric_limits<std::int64_t>::min()};
  std::string bytes;
  ByteWriter out(&bytes);
  for (const auto number : numbers) {
    out.i64(number);
    out.u64(static_cast<std::uint64_t>(number));
  }
  out.text("ward");
  out.text("");
  out.u8(255);

  ByteReader in(bytes);
  for (const auto number : numbers) {
    EXPECT_EQ(in.i64(), number);
    EXPECT_EQ(in.u64(), static_cast<std::uint64_t>(number));
  }
  EXPECT_EQ(in.text(), "ward");
  EXPECT_EQ(in.text(), "");
  EXPECT_EQ(in.u8(), 255);
  EXPECT_TRUE(in.ok());
  EXPECT_TRUE(in.at_end());
}

TEST(Bytes, EveryTruncationIsSeen) {
  std::string bytes;
  ByteWriter out(&bytes);
  out.u64(1'000'000);
  out.text("emergency");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ByteReader in(std::string_view(bytes).substr(0, size));
    in.u64();
    in.text();
    EXPECT_FALSE(in.ok()) << size;
  }
}

TEST(Bytes, RefusesNumbersOfMoreThan64Bits) {
  const std::string bytes(10, '\xff');
  ByteReader in(bytes);
  EXPECT_EQ(in.u64(), 0U);
  EXPECT_FALSE(in.ok());
}

} // namespace
} // namespace wardpulse
