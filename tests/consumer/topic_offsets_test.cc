#include "consumer/topic_offsets.h"

#include <gtest/gtest.h>

namespace wardpulse::consumer {
namespace {

TEST(TopicOffsets, TextAndBack) {
  const TopicOffsets offsets = {12, kNotInUse, 0, 5'000'000'000};
  EXPECT_EQ(encode_offsets(offsets), "checkins=12,billing=0,workflow=5000000000");
  EXPECT_EQ(parse_offsets(encode_offsets(offsets)), offsets);
  EXPECT_EQ(parse_offsets(""), no_offsets());
}

TEST(TopicOffsets, ForeignTextIsNone) {
  for (const char* text : {"checkins", "checkins=", "checkins=-1", "checkins=1x", "wards=1", "=1", "checkins=1,,"}) {
    EXPECT_FALSE(parse_offsets(text)) << text;
  }
}

TEST(TopicOffsets, OnlyTopicsInUseAreWaitedFor) {
  EXPECT_TRUE(reached({5, 5, 5, 5}, {5, 4, 0, kNotInUse}));
  EXPECT_FALSE(reached({5, 5, 5, 5}, {6, 0, 0, 0}));
  EXPECT_TRUE(reached({5, kNotInUse, 5, 5}, {5, 9, 0, 0}));
  EXPECT_EQ(furthest({1, kNotInUse, 3, 0}, {0, 2, 4, kNotInUse}), (TopicOffsets{1, 2, 4, 0}));
}

} // namespace
} // namespace wardpulse::consumer
