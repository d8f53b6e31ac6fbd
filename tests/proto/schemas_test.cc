#include "proto/schemas.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "proto/event_types.h"
#include "proto/rejection.h"

namespace wardpulse {
namespace {

namespace fs = std::filesystem;

const fs::path kProto = fs::path(WARDPULSE_SOURCE_DIR) / "proto";

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

constexpr const char* kRemedy = "build target update-schemas";

TEST(Schemas, FilesAreWhatTheDeclarationsSay) {
  for (const GeneratedFile& file : generated_files())
    EXPECT_EQ(read_file(kProto / file.path), file.text) << file.path << ": " << kRemedy;
}

TEST(Schemas, ReadmeTablesAreWhatTheDeclarationsSay) {
  const std::string readme = read_file(kProto / "README.md");
  EXPECT_EQ(readme, with_tables(readme)) << kRemedy;
}

TEST(Schemas, NoEventSchemaIsLeftOver) {
  std::set<std::string> made;
  for (const GeneratedFile& file : generated_files()) made.insert(file.path);
  for (const auto& entry : fs::directory_iterator(kProto / "schemas" / "events")) {
    EXPECT_TRUE(made.contains("schemas/events/" + entry.path().filename().string())) << entry.path();
  }
}

TEST(Schemas, EveryFileIsJsonAndSaysItsDialect) {
  simdjson::dom::parser parser;
  for (const auto& entry : fs::recursive_directory_iterator(kProto / "schemas")) {
    if (!entry.is_regular_file()) continue;
    simdjson::dom::element root;
    ASSERT_EQ(parser.load(entry.path().string()).get(root), simdjson::SUCCESS) << entry.path();
    std::string_view dialect;
    ASSERT_EQ(root["$schema"].get(dialect), simdjson::SUCCESS) << entry.path();
    EXPECT_EQ(dialect, "https://json-schema.org/draft/2020-12/schema");
  }
}

// Every "$ref" below `value`.
void collect_refs(simdjson::dom::element value, std::set<std::string>* refs) {
  if (value.is_object()) {
    for (const auto [name, member] : simdjson::dom::object(value)) {
      if (name == "$ref") refs->insert(std::string(std::string_view(member)));
      else collect_refs(member, refs);
    }
  } else if (value.is_array()) {
    for (const simdjson::dom::element item : simdjson::dom::array(value)) collect_refs(item, refs);
  }
}

TEST(AsyncApi, RefersOnlyToWhatExists) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  ASSERT_EQ(parser.load((kProto / "asyncapi.json").string()).get(root), simdjson::SUCCESS);
  std::set<std::string> refs;
  collect_refs(root, &refs);
  for (const std::string& ref : refs) {
    if (ref.starts_with("#/")) EXPECT_EQ(root.at_pointer(ref.substr(1)).error(), simdjson::SUCCESS) << ref;
    else EXPECT_TRUE(fs::exists(kProto / ref)) << ref;
  }
  for (const EventTypeSpec& spec : event_types())
    EXPECT_TRUE(refs.contains("./schemas/" + schemas::event_file_name(spec.name)));
}

TEST(Schemas, IngestResultListsEveryReason) {
  const std::string schema = read_file(kProto / "schemas/http/ingest-result.schema.json");
  for (int reason = 0; reason < kRejectReasonCount; ++reason) {
    EXPECT_NE(schema.find("\"" + std::string(reject_reason_name(static_cast<RejectReason>(reason))) + "\""),
              std::string::npos);
  }
}

} // namespace
} // namespace wardpulse
