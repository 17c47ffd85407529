#include "compiler/diagnostics/diagnostic.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace flinkc {
namespace {

TEST(DiagnosticCodes, HaveUniqueNumbersThatMatchTheirSeverity) {
  std::set<std::string_view> numbers;
  for (const DiagnosticInfo& info : AllDiagnostics()) {
    EXPECT_TRUE(numbers.insert(info.number).second) << info.number;
    ASSERT_EQ(info.number.size(), 5u);
    EXPECT_EQ(info.number[0] == 'E', info.severity == Severity::kError) << info.number;
    EXPECT_EQ(FindDiagnostic(info.number), info.code);
    EXPECT_EQ(Info(info.code).name, info.name);
  }
  EXPECT_EQ(FindDiagnostic("E9999"), std::nullopt);
}

TEST(DiagnosticLog, CountsErrorsOnly) {
  DiagnosticLog log;
  log.Report(DiagnosticCode::kUnusedStream, {}, "a warning");
  EXPECT_FALSE(log.has_errors());
  log.Report(DiagnosticCode::kUnknownKey, {}, "an error");
  EXPECT_TRUE(log.has_errors());
  EXPECT_EQ(log.error_count(), 1u);
}

TEST(DiagnosticLog, SortsByFileAndPlaceAndDropsRepetitions) {
  SourceBuffer main("main.yaml", std::string(100, 'x')), other("a.yaml", std::string(100, 'x'));
  DiagnosticLog log;
  log.Report(DiagnosticCode::kUnknownColumn, {&main, 50, 60}, "third");
  log.Report(DiagnosticCode::kUnknownColumn, {&other, 1, 2}, "fourth");
  log.Report(DiagnosticCode::kUnknownColumn, {&main, 10, 20}, "second");
  log.Report(DiagnosticCode::kUnknownColumn, {&main, 10, 20}, "second, again");
  log.Report(DiagnosticCode::kUnknownKey, {}, "first");
  std::vector<Diagnostic> sorted = log.Sorted();
  ASSERT_EQ(sorted.size(), 4u);
  EXPECT_EQ(sorted[0].message, "first");
  EXPECT_EQ(sorted[1].message, "second");
  EXPECT_EQ(sorted[2].message, "third");
  EXPECT_EQ(sorted[3].message, "fourth");
}

TEST(DiagnosticLog, CausesStayBeforeConsequencesAtOnePlace) {
  SourceBuffer main("main.yaml", "text");
  DiagnosticLog log;
  log.Report(DiagnosticCode::kUnknownStream, {&main, 0, 4}, "cause");
  log.Report(DiagnosticCode::kUnknownColumn, {&main, 0, 4}, "consequence");
  ASSERT_EQ(log.Sorted().size(), 2u);
  EXPECT_EQ(log.Sorted()[0].message, "cause");
}

TEST(DiagnosticLog, ShowsAtMostFiftyErrors) {
  SourceBuffer main("main.yaml", std::string(100, 'x'));
  DiagnosticLog log;
  for (uint32_t i = 0; i < 80; ++i) log.Report(DiagnosticCode::kUnknownKey, {&main, i, i + 1}, "e");
  log.Report(DiagnosticCode::kUnusedStream, {&main, 90, 91}, "w");
  EXPECT_EQ(log.Sorted().size(), 51u);
  EXPECT_EQ(log.error_count(), 80u);
}

TEST(DiagnosticLog, KeepsNoMoreThanAPersonOrAMachineCanUse) {
  SourceBuffer main("main.yaml", "text");
  DiagnosticLog log;
  for (size_t i = 0; i < 5000; ++i) log.Report(DiagnosticCode::kUnknownKey, {&main, 0, 1}, "e");
  EXPECT_EQ(log.diagnostics().size(), DiagnosticLog::kMaxKept);
  EXPECT_EQ(log.error_count(), 5000u);
  std::string huge;
  for (size_t i = 0; i < 100'000; ++i) huge += "ä";
  DiagnosticLog long_log;
  long_log.Report(DiagnosticCode::kUnknownKey, {}, huge);
  EXPECT_EQ(long_log.diagnostics()[0].message, huge.substr(0, 400) + "…");
}

TEST(Suggest, FindsTypingErrors) {
  std::vector<std::string_view> names = {"amount", "account", "store", "ts", "dateTime"};
  EXPECT_EQ(Suggest("amuont", names), "amount");
  EXPECT_EQ(Suggest("amont", names), "amount");
  EXPECT_EQ(Suggest("stroe", names), "store");
  EXPECT_EQ(Suggest("datetime", names), "dateTime");
  EXPECT_EQ(Suggest("st", names), "ts");
  EXPECT_EQ(SuggestText("stor", names), " did you mean `store`?");
}

TEST(Suggest, SaysNothingWhereNothingIsNear) {
  std::vector<std::string_view> names = {"amount", "store", "a"};
  EXPECT_EQ(Suggest("revenue", names), "");
  EXPECT_EQ(Suggest("b", names), "");
  EXPECT_EQ(Suggest("", names), "");
  EXPECT_EQ(Suggest(std::string(5000, 'a'), names), "");
  EXPECT_EQ(SuggestText("zzz", names), "");
}

}  // namespace
}  // namespace flinkc
