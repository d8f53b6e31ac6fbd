#include "consumer/checkpoint_format.h"

#include <set>

#include <gtest/gtest.h>

namespace wardpulse::consumer {
namespace {

using aggregator::Entry;
using Kind = CheckpointKey::Kind;

Manifest sample() {
  Manifest manifest;
  manifest.partition = 3;
  manifest.epoch = 7;
  manifest.seq = 129;
  manifest.definition_digest = "d1";
  manifest.definition_json = R"({"zone":"UTC"})";
  manifest.cluster_id = "c";
  manifest.next_offsets = {12, 0, kNotInUse, 5'000'000'000};
  manifest.last_record = {1, 0, 0, 0xffffffffffffffff};
  manifest.marts_switch = 4;
  manifest.chain = {{6, 128, {9, 8}}, {7, 129, {1}}};
  return manifest;
}

TEST(CheckpointKey, TextAndBack) {
  const std::vector<std::pair<CheckpointKey, std::string>> cases = {
      {{3, 7, Kind::kManifest, 12, 0, {}}, "3/7/12/m"},
      {{3, 7, Kind::kPart, 12, 40, {}}, "3/7/12/40"},
      {{0, 1, Kind::kClaim, 0, 0, "host-1"}, "0/1/claim/host-1"},
  };
  for (const auto& [key, text] : cases) {
    EXPECT_EQ(key.text(), text);
    EXPECT_EQ(CheckpointKey::parse(text), key);
  }
}

TEST(CheckpointKey, ForeignTextIsNone) {
  for (const char* text : {"", "3", "3/7", "3/7/12", "x/7/12/m", "3/7/12/x", "3/7/12/m/1", "3/-7/12/m", "3/7//m"}) {
    EXPECT_FALSE(CheckpointKey::parse(text)) << text;
  }
}

TEST(Manifest, ReadsAsWritten) {
  const auto read = decode_manifest(encode_manifest(sample()));
  ASSERT_TRUE(read) << read.error().reason;
  EXPECT_EQ(*read, sample());
}

TEST(Manifest, EveryChangedOrMissingByteIsNoticed) {
  const auto bytes = encode_manifest(sample());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 0x10);
    EXPECT_FALSE(decode_manifest(changed)) << i;
    EXPECT_FALSE(decode_manifest(bytes.substr(0, i))) << i;
  }
}

TEST(Manifest, NewerFormatIsToldFromDamage) {
  auto bytes = encode_manifest(sample());
  bytes.resize(bytes.size() - 8);
  bytes[4] = kCheckpointFormat + 1;
  const auto sum = checksum(bytes);
  for (int shift = 0; shift < 64; shift += 8) bytes.push_back(static_cast<char>(sum >> shift));
  const auto read = decode_manifest(bytes);
  ASSERT_FALSE(read);
  EXPECT_TRUE(read.error().newer_format);
}

std::string written(int slice, const std::vector<Entry>& entries) {
  IncrementWriter writer(slice);
  for (const auto& entry : entries) writer.add(entry);
  return writer.take();
}

int other_slice(std::string_view key) { return (aggregator::slice_of(key) + 1) % aggregator::kSliceCount; }

// Newest first.
std::string loaded(const std::vector<std::string>& chain) {
  std::string seen;
  std::set<std::string, std::less<>> keys;
  ChainReader reader([&](std::string_view key, std::string_view value) -> Result<void> {
    if (!keys.emplace(key).second) return {}; // as a state does
    seen.append(key).append("=").append(value).append(";");
    return {};
  });
  for (const auto& raw : chain) EXPECT_TRUE(reader.read(raw));
  return seen;
}

TEST(Increments, TheNewestEntryOfAKeyCounts) {
  const int slice = other_slice("a");
  EXPECT_EQ(loaded({written(slice, {{"a", "2"}}), written(slice, {{"a", "1"}, {"", ""}})}), "a=2;=;");
}

TEST(Increments, WhatWasRemovedStaysAway) {
  const int slice = other_slice("a");
  EXPECT_EQ(loaded({written(slice, {{"a", "", true}}), written(slice, {{"a", "1"}})}), "");
}

TEST(Increments, AWholeSliceEndsWhatIsOlder) {
  const int slice = aggregator::slice_of("a");
  EXPECT_EQ(loaded({written(slice, {}), written(other_slice("a"), {{"a", "1"}})}), "");
  EXPECT_EQ(loaded({written(slice, {{"a", "2"}}), written(slice, {{"a", "1"}})}), "a=2;");
}

TEST(Increments, CutShortIsAnError) {
  const auto raw = written(other_slice("key"), {{"key", "value"}});
  for (std::size_t size = 2; size < raw.size(); ++size) {
    ChainReader reader([](auto, auto) { return Result<void>(); });
    EXPECT_FALSE(reader.read(raw.substr(0, size))) << size;
  }
}

TEST(Part, LargeIncrementIsCutAndPutTogether) {
  std::string raw;
  for (int i = 0; raw.size() < kPartRawBytes * 5 / 2; ++i) raw += std::to_string(i * 2654435761U);
  ASSERT_EQ(part_count(raw.size()), 3U);
  std::string back;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto part = encode_part(raw, i);
    EXPECT_LE(part.size(), 512U * 1024);
    EXPECT_EQ(part, encode_part(raw, i)) << "compressing again gives the same part";
    ASSERT_TRUE(append_part(part, &back));
  }
  EXPECT_EQ(back, raw);
}

TEST(Part, GarbageIsAnError) {
  std::string raw;
  EXPECT_FALSE(append_part("not a frame", &raw));
  auto part = encode_part("some bytes that are long enough to be worth a frame of their own", 0);
  part.resize(part.size() - 3);
  EXPECT_FALSE(append_part(part, &raw));
}

TEST(RecordFingerprint, TellsRecordsApart) {
  const auto one = record_fingerprint("k", "value", from_ms(5));
  EXPECT_EQ(one, record_fingerprint("k", "value", from_ms(5)));
  EXPECT_NE(one, record_fingerprint("k", "value", from_ms(6)));
  EXPECT_NE(one, record_fingerprint("k", "other", from_ms(5)));
  EXPECT_NE(one, record_fingerprint("l", "value", from_ms(5)));
  EXPECT_NE(record_fingerprint("", "", from_ms(0)), 0U);
}

} // namespace
} // namespace wardpulse::consumer
