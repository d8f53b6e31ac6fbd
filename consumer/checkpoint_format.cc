#include "consumer/checkpoint_format.h"

#include <charconv>
#include <memory>
#include <zstd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/bytes.h"
#include "base/check.h"

namespace wardpulse::consumer {
namespace {

constexpr std::string_view kManifestMagic = "WPCM";
// A checkpoint must not hold up the task, and is soon replaced: nearly as small as at level 1, in 0.6 of the time.
constexpr int kCompressionLevel = -1;
constexpr std::size_t kMaxChain = aggregator::kSliceCount;
constexpr std::size_t kMaxParts = 1 << 20;

std::optional<std::int64_t> parse_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

std::optional<std::vector<std::string_view>> split(std::string_view text, std::size_t most) {
  std::vector<std::string_view> fields;
  for (;;) {
    const auto slash = text.find('/');
    fields.push_back(text.substr(0, slash));
    if (slash == std::string_view::npos) return fields;
    if (fields.size() == most) return std::nullopt;
    text.remove_prefix(slash + 1);
  }
}

void append_u64(std::uint64_t value, std::string* out) {
  for (int shift = 0; shift < 64; shift += 8) out->push_back(static_cast<char>(value >> shift));
}

std::uint64_t read_u64(std::string_view bytes) {
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(bytes[i])) << (8 * i);
  return value;
}

void write_chain(const std::vector<IncrementRef>& chain, ByteWriter& out, std::string* bytes) {
  out.u64(chain.size());
  for (const auto& increment : chain) {
    out.i64(increment.epoch);
    out.i64(increment.seq);
    out.u64(increment.part_checksums.size());
    for (const auto sum : increment.part_checksums) append_u64(sum, bytes);
  }
}

bool read_fixed(ByteReader& in, std::uint64_t* value) {
  char raw[8];
  for (char& c : raw) c = static_cast<char>(in.u8());
  *value = read_u64({raw, 8});
  return in.ok();
}

bool read_chain(ByteReader& in, std::vector<IncrementRef>* chain) {
  const auto count = in.u64();
  if (!in.ok() || count == 0 || count > kMaxChain) return false;
  for (std::uint64_t i = 0; i < count; ++i) {
    IncrementRef ref;
    ref.epoch = in.i64();
    ref.seq = in.i64();
    const auto parts = in.u64();
    if (!in.ok() || parts == 0 || parts > kMaxParts || parts * 8 > in.left()) return false;
    ref.part_checksums.resize(parts);
    for (auto& sum : ref.part_checksums) {
      if (!read_fixed(in, &sum)) return false;
    }
    chain->push_back(std::move(ref));
  }
  return true;
}

void write_time_index(const std::vector<TimeIndex::Entry>& entries, ByteWriter& out) {
  out.u64(entries.size());
  TimeIndex::Entry last{from_ms(0), 0};
  for (const auto& entry : entries) { // what follows differs little from what precedes
    out.i64((entry.stream_time - last.stream_time).count());
    out.i64(entry.offset - last.offset);
    last = entry;
  }
}

bool read_time_index(ByteReader& in, std::vector<TimeIndex::Entry>* entries) {
  const auto count = in.u64();
  if (!in.ok() || count > kMaxTimeIndexEntries) return false;
  TimeIndex::Entry last{from_ms(0), 0};
  for (std::uint64_t i = 0; i < count; ++i) {
    last.stream_time += Duration{in.i64()};
    last.offset += in.i64();
    entries->push_back(last);
  }
  return in.ok();
}

} // namespace

std::string CheckpointKey::text() const {
  const auto start = std::to_string(partition) + "/" + std::to_string(epoch) + "/";
  switch (kind) {
    case Kind::kClaim: return start + "claim/" + writer;
    case Kind::kManifest: return start + std::to_string(seq) + "/m";
    case Kind::kPart: return start + std::to_string(seq) + "/" + std::to_string(part);
  }
  WP_CHECK(false);
}

std::optional<CheckpointKey> CheckpointKey::parse(std::string_view text) {
  const auto fields = split(text, 4);
  if (!fields || fields->size() != 4) return std::nullopt;
  const auto& f = *fields;
  const auto partition = parse_number(f[0]);
  const auto epoch = parse_number(f[1]);
  if (!partition || !epoch) return std::nullopt;
  CheckpointKey key;
  key.partition = static_cast<std::int32_t>(*partition);
  key.epoch = *epoch;
  if (f[2] == "claim") {
    key.kind = Kind::kClaim;
    key.writer = std::string(f[3]);
    return key;
  }
  const auto seq = parse_number(f[2]);
  if (!seq) return std::nullopt;
  key.seq = *seq;
  key.kind = f[3] == "m" ? Kind::kManifest : Kind::kPart;
  if (key.kind == Kind::kPart) {
    const auto part = parse_number(f[3]);
    if (!part) return std::nullopt;
    key.part = *part;
  }
  return key;
}

std::string finished_key(std::int32_t partition) { return "finished/" + std::to_string(partition); }

CheckpointKey Manifest::key() const { return {partition, epoch, CheckpointKey::Kind::kManifest, seq, 0, {}}; }

std::string encode_manifest(const Manifest& manifest) {
  std::string bytes(kManifestMagic);
  ByteWriter out(&bytes);
  out.u64(kCheckpointFormat);
  out.i64(manifest.partition);
  out.i64(manifest.epoch);
  out.i64(manifest.seq);
  out.text(manifest.definition_digest);
  out.text(manifest.definition_json);
  out.text(manifest.cluster_id);
  for (const auto offset : manifest.next_offsets) out.i64(offset);
  for (const auto print : manifest.last_record) append_u64(print, &bytes);
  write_chain(manifest.chain, out, &bytes);
  for (const auto& index : manifest.time_index) write_time_index(index, out);
  out.i64(manifest.marts_switch);
  append_u64(checksum(bytes), &bytes);
  return bytes;
}

tl::expected<Manifest, BadManifest> decode_manifest(std::string_view bytes) {
  const auto bad = [](std::string reason) { return tl::unexpected(BadManifest{std::move(reason)}); };
  if (bytes.size() < kManifestMagic.size() + 8 || !bytes.starts_with(kManifestMagic)) return bad("not a manifest");
  const auto body = bytes.substr(0, bytes.size() - 8);
  if (checksum(body) != read_u64(bytes.substr(body.size()))) return bad("its checksum does not fit");
  ByteReader in(body.substr(kManifestMagic.size()));
  const auto format = in.u64();
  if (format > kCheckpointFormat) {
    return tl::unexpected(BadManifest{"it has format " + std::to_string(format) +
                                          ", this program knows formats up to " + std::to_string(kCheckpointFormat),
                                      true});
  }
  Manifest manifest;
  manifest.partition = static_cast<std::int32_t>(in.i64());
  manifest.epoch = in.i64();
  manifest.seq = in.i64();
  manifest.definition_digest = in.text();
  manifest.definition_json = in.text();
  manifest.cluster_id = in.text();
  for (auto& offset : manifest.next_offsets) offset = in.i64();
  for (auto& print : manifest.last_record) read_fixed(in, &print);
  bool whole = in.ok() && read_chain(in, &manifest.chain);
  for (auto& index : manifest.time_index) whole = whole && (format < 2 || read_time_index(in, &index));
  if (whole && format >= 3) manifest.marts_switch = in.i64();
  if (!whole || !in.ok() || !in.at_end()) return bad("it is cut short or malformed");
  return manifest;
}

IncrementWriter::IncrementWriter(int slice, std::string room) : bytes_(std::move(room)) {
  bytes_.clear();
  ByteWriter(&bytes_).u64(static_cast<std::uint64_t>(slice));
}

void IncrementWriter::add(const aggregator::Entry& entry) {
  ByteWriter out(&bytes_);
  out.u8(entry.removed ? 1 : 0);
  out.text(entry.key);
  if (!entry.removed) out.text(entry.value);
}

Result<void> ChainReader::read(std::string_view raw) {
  ByteReader in(raw);
  const auto slice = in.u64();
  if (!in.ok() || slice >= aggregator::kSliceCount) return fail("increment names no slice");
  while (!in.at_end()) {
    aggregator::Entry entry;
    entry.removed = in.u8() != 0;
    entry.key = in.text();
    if (!entry.removed) entry.value = in.text();
    if (!in.ok()) return fail("increment is cut short");
    if (auto taken = read_entry(entry, static_cast<int>(slice)); !taken) return taken;
  }
  slices_[slice] = {true, {}};
  return {};
}

Result<void> ChainReader::read_entry(const aggregator::Entry& entry, int whole_slice) {
  const int place = aggregator::slice_of(entry.key);
  Slice& slice = slices_[static_cast<std::size_t>(place)];
  const absl::string_view key(entry.key.data(), entry.key.size());
  if (slice.is_whole || (!slice.removed.empty() && slice.removed.contains(key))) return {};
  if (!entry.removed) return load_(entry.key, entry.value);
  if (place != whole_slice) slice.removed.emplace(key); // else nothing older will be looked at
  return {};
}

std::size_t part_count(std::size_t raw_size, std::size_t part_raw_bytes) {
  return (raw_size + part_raw_bytes - 1) / part_raw_bytes;
}

std::string encode_part(std::string_view raw, std::size_t index, std::size_t part_raw_bytes) {
  // Large blocks, and needed many times a second by each thread that writes checkpoints: to have them anew costs a page fault a page.
  thread_local const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(), ZSTD_freeCCtx);
  thread_local std::string room;
  const auto piece = raw.substr(index * part_raw_bytes, part_raw_bytes);
  if (const auto most = ZSTD_compressBound(piece.size()); room.size() < most) room.resize(most);
  const auto size = ZSTD_compressCCtx(context.get(), room.data(), room.size(), piece.data(), piece.size(), kCompressionLevel);
  WP_CHECK(!ZSTD_isError(size)); // the room is large enough for anything
  return room.substr(0, size);
}

Result<void> append_part(std::string_view part, std::string* raw) {
  const auto size = ZSTD_getFrameContentSize(part.data(), part.size());
  if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR || size > kPartRawBytes) {
    return fail("part is not a zstd frame of a known, sane size");
  }
  const auto before = raw->size();
  raw->resize(before + size);
  const auto got = ZSTD_decompress(raw->data() + before, size, part.data(), part.size());
  if (ZSTD_isError(got) || got != size) return fail("part does not decompress");
  return {};
}

std::uint64_t checksum(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

std::uint64_t record_fingerprint(std::string_view key, std::string_view value, Time timestamp) {
  // The first bytes hold the event's id; reading all of a record would cost more than applying it.
  constexpr std::size_t kEnough = 128;
  auto seed = static_cast<std::uint64_t>(to_ms(timestamp)) * 31 + value.size();
  seed = XXH3_64bits_withSeed(key.data(), std::min(key.size(), kEnough), seed);
  const auto print = XXH3_64bits_withSeed(value.data(), std::min(value.size(), kEnough), seed);
  return print == 0 ? 1 : print;
}

} // namespace wardpulse::consumer
