// Whole files through a mapping, without Kafka.
#include "producer/import.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "producer/csv_import.h"

namespace wardpulse::producer {
namespace {

class Import : public testing::Test {
 protected:
  void SetUp() override {
    std::string form = testing::TempDir() + "import-XXXXXX";
    folder_ = ::mkdtemp(form.data());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  Result<Imported> read(const std::string& toml, const std::vector<std::string>& paths, Duration shift = Duration{0}) {
    const auto mapping = parse_mapping(toml, "m.toml");
    if (!mapping) return tl::unexpected(mapping.error());
    InputFiles files;
    auto import = CsvImport::open(*mapping, paths, &files);
    if (!import) return tl::unexpected(import.error());
    Rejects rejects(folder_ + "/rejects.csv");
    auto imported = import->read(shift, &rejects);
    rejected_ = rejects.count();
    if (auto finished = rejects.finish(); !finished) return tl::unexpected(finished.error());
    return imported;
  }
  std::string rejects() const {
    std::ifstream in(folder_ + "/rejects.csv", std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::string folder_;
  std::int64_t rejected_ = 0;
};

constexpr const char* kSteps = "[[event]]\ntype = 'step'\n[event.fields]\nevent_time = 'at'\nentity_id = 'id'\n";

TEST_F(Import, GoesOutInEventTimeOrderOverAllFiles) {
  const auto imported = read(kSteps, {write("a.csv", "id,at\n1,2026-01-03T00:00:00Z\n2,1931-01-01T00:00:00Z\n"),
                                      write("b.csv", "at,id\n2190-01-01T00:00:00Z,3\n2026-01-03T00:00:00Z,4\n2026-01-02T00:00:00Z,5\n")});
  ASSERT_TRUE(imported) << imported.error().text();
  ImportFeed feed(imported->messages);
  std::string order;
  while (const auto next = feed.next()) order += next->message.key;
  EXPECT_EQ(order, "25143"); // at one time: in the order of the files
  ImportFeed stopped(imported->messages);
  stopped.next();
  stopped.stop();
  EXPECT_FALSE(stopped.next());
  EXPECT_EQ(stopped.left(), 4U);
}

TEST_F(Import, WritesBadRowsWithLineAndReasonAndKeepsTheRest) {
  const auto imported = read(kSteps, {write("a.csv", "id,at\n1,x\n2,2026-01-02T00:00:00Z\n\"two\nlines\",2026-01-02T00:00:00Z\n3,\"y, \"\"z\"\"\"\n")});
  ASSERT_TRUE(imported);
  EXPECT_EQ(imported->messages.size(), 2u);
  EXPECT_EQ(imported->records, 4);
  EXPECT_EQ(rejected_, 2);
  const std::string file = folder_ + "/a.csv";
  EXPECT_EQ(rejects(), "file,line,reason,record\n" + file + ",2,\"event step, event_time: 'x' is no time written as iso\",\"1,x\"\n" + file +
                           ",6,\"event step, event_time: 'y, \"\"z\"\"' is no time written as iso\",\"3,\"\"y, \"\"\"\"z\"\"\"\"\"\"\"\n");
}

// Batches are mapped beside each other.
TEST_F(Import, ManyRowsKeepTheirOrder) {
  constexpr int kRows = 100'000;
  std::string text = "id,at\n", bad = "file,line,reason,record\n";
  for (int row = 0; row < kRows; ++row) {
    const bool is_bad = row % 9'999 == 17;
    text += std::to_string(row) + (is_bad ? ",x\n" : ",2026-01-02T00:00:00Z\n");
    if (!is_bad) continue;
    bad += folder_ + "/a.csv," + std::to_string(row + 2) + ",\"event step, event_time: 'x' is no time written as iso\",\"" + std::to_string(row) + ",x\"\n";
  }
  const auto imported = read(kSteps, {write("a.csv", text)});
  ASSERT_TRUE(imported);
  EXPECT_EQ(imported->records, kRows);
  EXPECT_EQ(rejects(), bad);
  std::size_t at = 0;
  for (int row = 0; row < kRows; ++row) {
    if (row % 9'999 == 17) continue;
    ASSERT_LT(at, imported->messages.size());
    ASSERT_EQ(imported->messages[at++].key, std::to_string(row));
  }
  EXPECT_EQ(at, imported->messages.size());
}

TEST_F(Import, OtherEncodings) {
  const std::string latin = "id,at\n\x80\xd6,2026-01-02T00:00:00Z\n";
  const auto as_utf8 = read(kSteps, {write("a.csv", latin)});
  EXPECT_EQ(rejected_, 1);
  const auto as_latin1 = read(std::string("encoding = 'latin1'\n") + kSteps, {write("a.csv", latin)});
  EXPECT_EQ(as_latin1->messages.at(0).key, "\xc2\x80Ö");
  const auto as_windows = read(std::string("encoding = 'windows-1252'\n") + kSteps, {write("a.csv", latin)});
  EXPECT_EQ(as_windows->messages.at(0).key, "€Ö");
}

TEST_F(Import, TellsEveryFileThatDoesNotFit) {
  const auto imported = read(kSteps, {write("a.csv", "id,when\n"), write("b.csv", ""), folder_ + "/c.csv"});
  ASSERT_FALSE(imported);
  for (const char* part : {"a.csv: there is no column 'at'", "a.csv: its columns are: id, when", "b.csv is empty", "cannot read " }) {
    EXPECT_NE(imported.error().message.find(part), std::string::npos) << part;
  }
}

TEST_F(Import, AShiftMovesEveryTimeAndNoBirthDate) {
  const std::string toml = "[[event]]\ntype = 'patient.registered'\n[event.fields]\nevent_time = 'at'\npatient_id = 'id'\ngender = { value = 'F' }\n"
                           "birth_date = { value = '1931-02-28' }\nregistered_on = 'on'\n"
                           "[[event]]\ntype = 'visit.completed'\n[event.fields]\nevent_time = 'at'\npatient_id = 'id'\nvisit_id = 'id'\nstarted_at = 'at'\nstatus = { value = 'Completed' }\n";
  const std::string path = write("a.csv", "id,at,on\n1,2026-01-01T00:00:00Z,2025-12-31\n");
  const auto moved = read(toml, {path}, std::chrono::hours{36});
  ASSERT_TRUE(moved) << moved.error().text();
  const auto all = moved->messages.at(0).value + moved->messages.at(1).value;
  EXPECT_NE(all.find("\"event_time\":\"2026-01-02T12:00:00Z\""), std::string::npos) << all;
  EXPECT_NE(all.find("\"started_at\":\"2026-01-02T12:00:00Z\""), std::string::npos) << all;
  EXPECT_NE(all.find("\"birth_date\":\"1931-02-28\""), std::string::npos) << all;
  EXPECT_NE(all.find("\"registered_on\":\"2026-01-01\""), std::string::npos) << all;
}

TEST_F(Import, CountsLocalTimesOfClockChanges) {
  const auto imported = read(std::string("timezone = 'Europe/Stockholm'\n") + kSteps,
                             {write("a.csv", "id,at\n1,2026-03-29 02:30\n2,2026-10-25 02:30\n3,2026-10-25 02:59:59\n4,2026-10-25 03:00\n")});
  EXPECT_EQ(imported->local_times.skipped, 1);
  EXPECT_EQ(imported->local_times.repeated, 2);
}

TEST_F(Import, FindsTheFilesOfAFolder) {
  const auto mapping = *parse_mapping(std::string("[[event]]\nfiles = 'v*.csv'\n") + (kSteps + 10), "m.toml");
  write("v2.csv", "id,at\n");
  write("v1.csv", "id,at\n");
  write("other.csv", "x\n");
  const auto found = find_csv_files(mapping, {folder_}, "m.toml");
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_EQ(*found, (std::vector<std::string>{folder_ + "/v1.csv", folder_ + "/v2.csv"}));
}

} // namespace
} // namespace wardpulse::producer
