#include "producer/csv_reader.h"

#include <gtest/gtest.h>

#include <sstream>

namespace wardpulse::producer {
namespace {

using Rows = std::vector<std::vector<std::string>>;

struct Read {
  Rows rows;
  std::vector<std::int64_t> lines;
  std::vector<std::string> problems; // "line: what"
};

Read read(const std::string& text, char delimiter = ',', int skipped = 0) {
  std::istringstream in(text);
  CsvReader reader(&in, delimiter);
  reader.skip_lines(skipped);
  Read result;
  for (CsvRecord record; reader.next(&record);) {
    if (!record.problem.empty()) {
      result.problems.push_back(std::to_string(record.line) + ": " + record.problem);
      continue;
    }
    result.rows.push_back(record.cells);
    result.lines.push_back(record.line);
  }
  return result;
}

TEST(CsvReader, TakesEveryLineEndAndAByteOrderMark) {
  EXPECT_EQ(read("\xef\xbb\xbf" "a,b\r\n1,2\n3,4\r5,6").rows, (Rows{{"a", "b"}, {"1", "2"}, {"3", "4"}, {"5", "6"}}));
}

TEST(CsvReader, QuotedCellsHoldDelimitersQuotesAndLineEnds) {
  const Read got = read("\"a,b\",\"say \"\"hi\"\"\",\"two\r\nlines\"\nnext,\"\",x\n");
  EXPECT_EQ(got.rows, (Rows{{"a,b", "say \"hi\"", "two\r\nlines"}, {"next", "", "x"}}));
  EXPECT_EQ(got.lines, (std::vector<std::int64_t>{1, 3}));
}

TEST(CsvReader, AQuoteInsideACellIsText) { EXPECT_EQ(read("5\" pipe,O'Neil\n").rows, (Rows{{"5\" pipe", "O'Neil"}})); }

TEST(CsvReader, OtherDelimiters) {
  EXPECT_EQ(read("a;b,c\n", ';').rows, (Rows{{"a", "b,c"}}));
  EXPECT_EQ(read("a\tb c\n", '\t').rows, (Rows{{"a", "b c"}}));
}

TEST(CsvReader, BlankLinesAreNoRecordsButCount) {
  const Read got = read("\n\na\r\n\r\nb\n\n");
  EXPECT_EQ(got.rows, (Rows{{"a"}, {"b"}}));
  EXPECT_EQ(got.lines, (std::vector<std::int64_t>{3, 5}));
}

TEST(CsvReader, LastCellMayBeEmptyWithAndWithoutLineEnd) {
  EXPECT_EQ(read("a,\n,b\n,").rows, (Rows{{"a", ""}, {"", "b"}, {"", ""}}));
}

TEST(CsvReader, AnOpenQuoteCostsOnlyItsLine) {
  const Read got = read("a,b\n\"open,1\n2,3\n");
  EXPECT_EQ(got.rows, (Rows{{"a", "b"}, {"2", "3"}}));
  EXPECT_EQ(got.problems, (std::vector<std::string>{"2: the quote that opens cell 1 is never closed"}));
  EXPECT_EQ(got.lines.back(), 3);
}

TEST(CsvReader, TextAfterAClosingQuoteIsAProblem) {
  const Read got = read("a,\"b\"c,d\n1,2,3\n");
  EXPECT_EQ(got.problems, (std::vector<std::string>{"1: text after a closing quote, in cell 2"}));
  EXPECT_EQ(got.rows, (Rows{{"1", "2", "3"}}));
}

TEST(CsvReader, AnEndlessRecordIsBoundedAndTheNextIsRead) {
  const Read got = read(std::string(3 << 20, 'x') + "\nnext\n");
  ASSERT_EQ(got.problems.size(), 1u);
  EXPECT_EQ(got.problems[0], "1: it is longer than 1 MiB");
  EXPECT_EQ(got.rows, (Rows{{"next"}}));
}

TEST(CsvReader, SkippedLinesMayHoldAnything) {
  const Read got = read("\xef\xbb\xbf" "a \"quote\r\n\nheader\n1\n", ',', 2);
  EXPECT_EQ(got.rows, (Rows{{"header"}, {"1"}}));
  EXPECT_EQ(got.lines, (std::vector<std::int64_t>{3, 4}));
  EXPECT_TRUE(read("one line", ',', 5).rows.empty());
}

// Cells of any kind, written as RFC 4180 says, come back as they were, wherever the reader's buffer ends.
TEST(CsvReader, WhatIsWrittenIsReadBack) {
  Rows rows;
  std::string text;
  for (std::size_t i = 0; i < 3000; ++i) {
    std::vector<std::string> cells = {std::to_string(i), std::string(i % 97, 'y'), i % 3 == 0 ? "\"" : "x\r\ny", i % 5 == 0 ? "," : "\n"};
    for (std::size_t c = 0; c < cells.size(); ++c) {
      text += c == 0 ? "\"" : ",\"";
      for (const char one : cells[c]) text += one == '"' ? "\"\"" : std::string(1, one);
      text += '"';
    }
    text += i % 2 == 0 ? "\n" : "\r\n";
    rows.push_back(std::move(cells));
  }
  EXPECT_EQ(read(text).rows, rows);
}

} // namespace
} // namespace wardpulse::producer
