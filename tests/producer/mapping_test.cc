#include <gtest/gtest.h>

#include "producer/mapping.h"
#include "producer/row_mapper.h"

namespace wardpulse::producer {
namespace {

constexpr const char* kWorkflow = "[[event]]\ntype = 'x'\n[event.fields]\nevent_time = { column = 't', format = 'unix' }\nentity_id = ";

// The events of one row, or why there is none.
struct Mapped {
  std::string problem;
  Messages messages;
  std::string value() const { return problem.empty() && messages.size() == 1 ? messages[0].value.substr(messages[0].value.find("\"event_type\"")) : problem; }
};

Mapped map(const std::string& toml, const std::vector<std::string>& header, const std::vector<std::string>& cells, Duration shift = Duration{0}) {
  const auto mapping = parse_mapping(toml, "m.toml");
  if (!mapping) return {mapping.error().message, {}};
  auto mapper = RowMapper::bind(*mapping, "dir/f.csv", header);
  if (!mapper) return {mapper.error().message, {}};
  Mapped result;
  LocalTimeCounts counts;
  result.problem = mapper->map(cells, 7, shift, &result.messages, &counts);
  return result;
}

std::string entity(const std::string& rule, const std::string& cell) {
  const Mapped got = map(kWorkflow + rule, {"t", "e"}, {"0", cell});
  return got.problem.empty() ? got.messages.at(0).key : "problem: " + got.problem;
}

TEST(Mapping, IdsAreTextsWhateverTheyLookLike) {
  for (const char* id : {"NA", "null", "007", "1e5", "true", "1.50", " a ", "Ö/#\"x", "0"}) EXPECT_EQ(entity("'e'", id), id);
}

TEST(Mapping, ValuesGoThroughStripTrimEmptyDefaultAndMap) {
  EXPECT_EQ(entity("{ column = 'e', trim = true }", "  a "), "a");
  EXPECT_EQ(entity("{ column = 'e', strip = ['Dr. ', '-'] }", "Dr. a-b-"), "ab");
  EXPECT_EQ(entity("{ column = 'e', empty = ['NULL'], default = 'none' }", "NULL"), "none");
  EXPECT_EQ(entity("{ column = 'e', map = { a = 'b' } }", "a"), "b");
  EXPECT_EQ(entity("{ column = 'e', map = { a = 'b' }, otherwise = 'c' }", "z"), "c");
  EXPECT_EQ(entity("{ column = 'e', map = { a = 'b' } }", "z"), "problem: event x, entity_id: 'z' is not in its map, and there is no otherwise");
  EXPECT_EQ(entity("{ column = 'e', map = { '' = 'b', a = 1 } }", ""), "b");
  EXPECT_EQ(entity("{ column = 'e', default = 'd' }", " "), " "); // a blank is a text; trim it to make it empty
  EXPECT_EQ(entity("{ column = 'e', digest = true }", "a name").size(), 32u);
  EXPECT_EQ(entity("'e'", ""), "problem: event x, entity_id: it is empty, and the event needs it");
  EXPECT_EQ(entity("'e'", std::string(65, 'x')), "problem: event x, entity_id: '" + std::string(60, 'x') + "...' is longer than 64 characters");
}

TEST(Mapping, Templates) {
  EXPECT_EQ(entity("{ template = '{{{e}}}-{@line}-{@file}' }", "1"), "{1}-7-f.csv");
  EXPECT_EQ(entity("{ template = 'adm-{e}' }", ""), "problem: event x, entity_id: it is empty, and the event needs it");
  EXPECT_EQ(entity("{ template = 'adm-{e}', empty = 'NA', default = 'none' }", "NA"), "none");
  EXPECT_EQ(map(kWorkflow + std::string("{ template = 'a{e' }"), {}, {}).problem,
            "m.toml:5: event x, entity_id: template 'a{e' has a { without a column's name and }; a brace itself is written {{");
}

std::string money(const std::string& rule, const std::vector<std::string>& cells) {
  const Mapped got = map("[[event]]\ntype = 'payment'\n[event.fields]\nevent_time = 't'\npaid_at = 't'\npatient_id = 't'\nvisit_id = 't'\nbill_id = 't'\namount = " + rule,
                         {"t", "a", "b"}, cells);
  if (!got.problem.empty()) return got.problem;
  const std::string& json = got.messages.at(0).value;
  const std::size_t at = json.find("\"amount\":") + 9;
  return json.substr(at, json.find(',', at) - at);
}

TEST(Mapping, Amounts) {
  const std::string t = "2026-01-01T00:00:00Z";
  EXPECT_EQ(money("'a'", {t, "007.5", ""}), "7.50");
  EXPECT_EQ(money("'a'", {t, " -.5 ", ""}), "-0.50");
  EXPECT_EQ(money("{ column = 'a', decimal = ',', thousands = '.' }", {t, "1.234.567,8", ""}), "1234567.80");
  EXPECT_EQ(money("{ column = 'a', decimal = ',', thousands = ' ' }", {t, "1 234,56", ""}), "1234.56");
  EXPECT_EQ(money("{ column = 'a', decimal = ',' }", {t, "1.234", ""}), "event payment, amount: '1.234' is no amount with at most two decimals (round = true?)");
  EXPECT_EQ(money("{ column = 'a', round = true }", {t, "18856.281305978155", ""}), "18856.28");
  EXPECT_EQ(money("{ column = 'a', round = true }", {t, "0.995", ""}), "1.00");
  EXPECT_EQ(money("{ column = 'a', round = true }", {t, "-0.125", ""}), "-0.13");
  EXPECT_EQ(money("{ column = 'a', round = true }", {t, "-0.004", ""}), "0.00");
  EXPECT_EQ(money("{ column = 'a', strip = '$', thousands = ',' }", {t, "$1,234.50", ""}), "1234.50");
  EXPECT_EQ(money("{ sum = ['a', '-b'] }", {t, "200", "150.25"}), "49.75");
  EXPECT_EQ(money("{ sum = ['a', '-b'], empty = 'NA' }", {t, "NA", "150.25"}), "-150.25");
  EXPECT_EQ(money("{ sum = ['a', 'b'], default = 0 }", {t, "", ""}), "0.00");
  EXPECT_EQ(money("{ sum = ['a', 'b'] }", {t, "x", "1"}), "event payment, amount: 'x' is no amount with at most two decimals (round = true?)");
}

TEST(Mapping, DurationsMoveTimes) {
  const auto time = [](const std::string& move, const std::string& amount) {
    return map("[[event]]\ntype = 'x'\n[event.fields]\nentity_id = 'e'\nevent_time = { column = 't', " + move + " }", {"t", "e", "d"},
               {"2026-01-01T00:00:00Z", "1", amount}).value();
  };
  EXPECT_NE(time("plus = { column = 'd', unit = 'days' }", "1.5").find("2026-01-02T12:00:00Z"), std::string::npos);
  EXPECT_NE(time("minus = { value = 90, unit = 'seconds' }", "").find("2025-12-31T23:58:30Z"), std::string::npos);
  EXPECT_EQ(time("plus = { column = 'd', unit = 'minutes' }", ""), "event x, event_time: it is empty, and the event needs it");
  EXPECT_EQ(time("plus = { column = 'd', unit = 'days' }", "x"), "event x, event_time: 'x' is no number of units to move a time by");
  EXPECT_EQ(time("plus = { column = 'd', unit = 'days' }", "9999999"), "event x, event_time: moved by '9999999' it lies outside the years 1 to 9999");
}

TEST(Mapping, AgesAreYearsBeforeTheLocalDateOfTheEvent) {
  const auto born = [](const std::string& age) {
    return map("timezone = 'Asia/Tokyo'\n[[event]]\ntype = 'patient.registered'\n[event.fields]\nevent_time = 't'\npatient_id = 't'\n"
               "gender = { value = 'M' }\nbirth_date = { column = 'a', format = 'age' }", {"t", "a"}, {"2024-02-28T20:00:00Z", age}).value();
  };
  EXPECT_NE(born("4").find("\"birth_date\":\"2020-02-29\""), std::string::npos);
  EXPECT_NE(born("3.9").find("\"birth_date\":\"2021-02-28\""), std::string::npos);
  EXPECT_EQ(born("-1"), "event patient.registered, birth_date: '-1' is no age in years");
}

TEST(Mapping, TellsAllProblemsAtOnceWithTheirLines) {
  const auto problem = parse_mapping("delimiter = 'ab'\nnothing = 1\n[[event]]\ntype = 'chekin'\n[event.fields]\nvisit_id = 'v'\n"
                                     "[[event]]\ntype = 'triage'\n[event.fields]\nacuity = { value = 'high', format = 'iso' }\npatient_id = 7\n"
                                     "visit_id = 'v'\nheight = 'h'\nevent_time = { column = 't', format = '%d/%m/%Y', plus = { unit = 'years', value = 1 } }\n", "m.toml");
  ASSERT_FALSE(problem);
  const std::string& text = problem.error().message;
  for (const char* line : {"m.toml:1: the mapping: 'delimiter' must be one character", "m.toml:2: the mapping: 'nothing' is not known here",
                           "m.toml:4: 'chekin' is no event type", "m.toml:10: event triage, acuity: 'format' is for times and dates",
                           "m.toml:10: event triage, acuity: 'high' is no whole number", "m.toml:11: event triage, patient_id: must be a column's name",
                           "m.toml:13: event triage: there is no field 'height'", "m.toml:14: event triage, event_time, plus: 'unit' must be",
                           "'%d/%m/%Y' has no offset, so a time zone is needed"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "\nin\n" << text;
  }
}

TEST(Mapping, MissingColumnsAreToldTogetherUnlessOptional) {
  const std::string toml = "[[event]]\ntype = 'x'\nwhen = { column = 'w', not = 'q', optional = true }\n[event.fields]\nevent_time = 't'\n"
                           "entity_id = { template = '{a}-{b}' }\nactor_role = { column = 'c', optional = true }\n";
  EXPECT_EQ(map(toml, {"x", "a"}, {}).problem, "dir/f.csv: there is no column 't', which event x needs\n"
                                               "dir/f.csv: there is no column 'b', which event x needs\ndir/f.csv: its columns are: x, a");
  EXPECT_EQ(map(toml, {" t ", "a", "b"}, {"2026-01-01T00:00:00Z", "1", "2"}).value(),
            "\"event_type\":\"x\",\"event_time\":\"2026-01-01T00:00:00Z\",\"entity_id\":\"1-2\"}");
}

TEST(Mapping, RaggedRowsAreRefusedButForEmptyCellsAtTheEnd) {
  EXPECT_EQ(map(kWorkflow + std::string("'e'"), {"t", "e"}, {"0"}).problem, "it has 1 cells, the header has 2");
  EXPECT_EQ(map(kWorkflow + std::string("'e'"), {"t", "e"}, {"0", "1", "2"}).problem, "it has 3 cells, the header has 2");
  EXPECT_EQ(map(kWorkflow + std::string("'e'"), {"t", "e"}, {"0", "1", "", ""}).problem, "");
  EXPECT_EQ(map(kWorkflow + std::string("'e'"), {"t", "e"}, {"0", "\xff"}).problem, "cell 2 is not UTF-8 (encoding = \"latin1\"?)");
}

TEST(Mapping, ARowMakesAllItsEventsOrNone) {
  const std::string two = kWorkflow + std::string("'e'\n") + kWorkflow + "{ column = 'e', map = { a = 'b' } }";
  EXPECT_EQ(map(two, {"t", "e"}, {"0", "a"}).messages.size(), 2u);
  EXPECT_EQ(map(two, {"t", "e"}, {"0", "x"}).messages.size(), 0u);
}

TEST(Mapping, TheSameContentHasTheSameEventIdAlsoWhenItIsShifted) {
  const auto id = [](const Mapped& got) { return got.messages.at(0).value.substr(0, 50); };
  const std::string toml = kWorkflow + std::string("'e'");
  EXPECT_EQ(id(map(toml, {"t", "e"}, {"0", "a"})), id(map(toml, {"t", "e"}, {"0", "a"}, std::chrono::hours{5})));
  EXPECT_NE(id(map(toml, {"t", "e"}, {"0", "a"})), id(map(toml, {"t", "e"}, {"0", "b"})));
  EXPECT_NE(map(toml, {"t", "e"}, {"0", "a"}, std::chrono::hours{5}).value().find("1970-01-01T05:00:00Z"), std::string::npos);
}

} // namespace
} // namespace wardpulse::producer
