#include "web/packed_values.h"

#include <gtest/gtest.h>

#include "tests/proto/sample_cells.h"

namespace wardpulse::web {
namespace {

TEST(PackedValues, ComeBackAsTheyWere) {
  wardpulse::test::Random random(1);
  for (const FamilySpec& family : families()) {
    for (int i = 0; i < 200; ++i) {
      const auto values = wardpulse::test::random_cell(family, 3, random).values;
      ASSERT_EQ(unpack_values(family, pack_values(family, values)), values) << family.name;
    }
  }
}

TEST(PackedValues, KeepWhatIsLeftOutLeftOut) {
  const auto& family = *find_family("department");
  const Values values = {{"checkins", std::int64_t{-7}}, {"stay_minutes", MinuteHistogram{{{3, 1}, {60, 2}}}}};
  EXPECT_EQ(unpack_values(family, pack_values(family, values)), values);
  EXPECT_EQ(unpack_values(family, pack_values(family, {})), Values());
}

TEST(PackedValues, AreSmall) {
  const auto& family = *find_family("department");
  Values values;
  for (const FieldSpec& field : family.fields) {
    if (field.merge == Merge::kSum) values.emplace_back(field.name, std::int64_t{0});
  }
  EXPECT_LE(pack_values(family, values).size(), 3 * values.size());
}

} // namespace
} // namespace wardpulse::web
