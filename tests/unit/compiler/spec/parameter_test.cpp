#include "compiler/spec/parameter.h"

#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/compiler/spec/parsed_spec.h"

namespace flinkc {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

ParseOptions WithParams(std::vector<std::string> options) {
  ParseOptions parse;
  for (const std::string& option : options) {
    parse.parameters.push_back(*ParseParameterOption(option));
  }
  return parse;
}

std::string WithParamsSection(std::string_view params) {
  return fmt::format(
      "flinkc: 1\nparams:\n{}\nsources: {{a: {{connector: file}}}}\n"
      "sinks: {{o: {{from: a, connector: console}}}}\n",
      params);
}

// The canonical text, or "!" and what was expected.
std::string Canonical(std::string_view type, std::string_view value) {
  auto parsed = ParameterType::Parse(type);
  if (!parsed) return "no type";
  auto canonical = parsed->Canonical(value);
  return canonical ? *canonical : "!" + canonical.error();
}

TEST(ParameterType, ReadsValuesOfEachType) {
  EXPECT_EQ(Canonical("BOOLEAN", "TRUE"), "true");
  EXPECT_EQ(Canonical("boolean not null", "false"), "false");
  EXPECT_EQ(Canonical("INT", "+007"), "7");
  EXPECT_EQ(Canonical("BIGINT", "-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(Canonical("DOUBLE", "1e10"), "1e10");
  EXPECT_EQ(Canonical("DECIMAL(5,2)", "-012.30"), "-12.3");
  EXPECT_EQ(Canonical("DECIMAL(5, 2)", "-0.00"), "0");
  EXPECT_EQ(Canonical("STRING", ""), "");
  EXPECT_EQ(Canonical("VARCHAR(3)", "äöü"), "äöü");
  EXPECT_EQ(Canonical("DATE", "2024-02-29"), "2024-02-29");
  EXPECT_EQ(Canonical("TIMESTAMP(3)", "2026-01-31T12:00:00.5"), "2026-01-31 12:00:00.5");
  EXPECT_EQ(Canonical("TIMESTAMP_LTZ(3)", "2026-01-31"), "2026-01-31 00:00:00");
}

TEST(ParameterType, RefusesWhatDoesNotFit) {
  EXPECT_EQ(Canonical("BOOLEAN", "yes"), "!expected true or false");
  EXPECT_EQ(Canonical("INT", "1.5"), "!expected a whole number");
  EXPECT_EQ(Canonical("TINYINT", "128"), "!expected a number from -128 to 127");
  EXPECT_EQ(Canonical("INT", "99999999999999999999"),
            "!expected a number from -2147483648 to 2147483647");
  EXPECT_EQ(Canonical("DOUBLE", "1e999"), "!expected a finite number");
  EXPECT_EQ(Canonical("DOUBLE", "nan"), "!expected a number");
  EXPECT_EQ(Canonical("DECIMAL(5,2)", "1234"),
            "!expected at most 3 digits before the point and 2 after it");
  EXPECT_EQ(Canonical("VARCHAR(3)", "abcd"), "!expected at most 3 characters");
  EXPECT_EQ(Canonical("DATE", "2023-02-29"), "!expected a date such as 2026-01-31");
  EXPECT_EQ(Canonical("TIMESTAMP(3)", "2026-01-31 24:00:00"),
            "!expected a time such as 2026-01-31 12:00:00");
  EXPECT_EQ(Canonical("TIMESTAMP(3)", "2026-01-31 12:00:00.1234"),
            "!expected a time such as 2026-01-31 12:00:00");
}

TEST(ParameterType, RefusesOtherTypes) {
  for (std::string_view type : {"", "ARRAY<INT>", "INT(3)", "DECIMAL(50,2)", "DECIMAL(2,5)",
                                "DECIMAL(1,2,3)", "TIMESTAMP(9)", "DECIMAL(x)", "STRING(5)"}) {
    EXPECT_EQ(Canonical(type, "1"), "no type") << type;
  }
}

TEST(ParameterType, ComparesByValue) {
  auto compare = [](std::string_view type, std::string_view a, std::string_view b) {
    return ParameterType::Parse(type)->Compare(a, b);
  };
  EXPECT_LT(compare("INT", "9", "10"), 0);
  EXPECT_GT(compare("INT", "-9", "-10"), 0);
  EXPECT_LT(compare("INT", "-1", "1"), 0);
  EXPECT_EQ(compare("DECIMAL(9,3)", "1.5", "1.500"), 0);
  EXPECT_LT(compare("DECIMAL(9,3)", "1.49", "1.5"), 0);
  EXPECT_LT(compare("DOUBLE", "5", "1e1"), 0);
  EXPECT_LT(compare("DATE", "2025-12-31", "2026-01-01"), 0);
  EXPECT_EQ(compare("TIMESTAMP(3)", "2026-01-01 00:00:00", "2026-01-01 00:00:00.000"), 0);
}

TEST(Params, TakeTheMostBindingValue) {
  std::string text = WithParamsSection("  n: {type: INT, default: 1, env: N}");
  auto value = [&](ParseOptions options) {
    Parsed parsed(text, std::move(options));
    EXPECT_THAT(parsed.reports(), IsEmpty());
    return parsed.spec->params[0].value;
  };
  ParseOptions options;
  EXPECT_EQ(value(options), "1");
  options.environment = [](const std::string& name) {
    return name == "N" ? std::optional<std::string>("2") : std::nullopt;
  };
  EXPECT_EQ(value(options), "2");
  options.parameters.push_back({"n", "4", ParamSpec::Origin::kCommandLine, {}});
  options.parameters.push_back({"n", "3", ParamSpec::Origin::kFile, {}});
  EXPECT_EQ(value(options), "4");
  options.parameters.push_back({"n", "5", ParamSpec::Origin::kCommandLine, {}});
  EXPECT_EQ(value(options), "5");
}

TEST(Params, ReportContradictions) {
  Parsed parsed(
      WithParamsSection("  a: {type: ARRAY<INT>, default: 1}\n"
                        "  b: {type: INT, default: x}\n"
                        "  c: {type: INT, default: 1, min: 5, max: 2}\n"
                        "  d: {type: STRING, default: x, min: a}\n"
                        "  e: {type: STRING, default: x, choices: [a, b]}\n"
                        "  f: {type: INT, default: 11, max: 10}\n"
                        "  g: {type: INT}\n"
                        "  h: {default: 1}\n"
                        "  i-j: {type: INT, default: 1}\n"
                        "  k: {type: INT, default: 1, chioces: [1]}"));
  EXPECT_THAT(parsed.reports(),
              ElementsAre("E0211 3:13 `ARRAY<INT>`: a parameter cannot have the type ARRAY<INT>",
                          "E0211 4:27 `x`: `default` is no value of the parameter's type",
                          "E0211 5:43 `2`: `max` is below `min`, which is 5",
                          "E0211 6:33 `min`: a STRING has no `min`",
                          "E0212 7:3 `e`: the parameter `e` must be one of a, b, not x",
                          "E0212 8:3 `f`: the parameter `f` must be at most 10, not 11",
                          "E0212 9:3 `g`: the parameter `g` has no value",
                          "E0203 10:6 `{`: the parameter `h` has no `type`",
                          "E0205 11:3 `i-j`: `i-j` cannot be a parameter's name",
                          "E0201 12:30 `chioces`: unknown key `chioces` in the parameter `k`"));
}

TEST(Params, ReportValuesFromOutside) {
  Parsed parsed(WithParamsSection("  count: {type: INT, default: 1}"),
                WithParams({"cuont=5", "count=many"}));
  EXPECT_THAT(parsed.reports(),
              ElementsAre("E0210 -: the spec has no parameter `cuont`",
                          "E0212 3:3 `count`: the value `many` of the parameter `count` (from -p) "
                          "does not fit its type INT"));
}

TEST(Params, ComeFromAFile) {
  SourceBuffer file("params.yaml", "n: 7\nname: \"x y\"\nlist: [1]\n");
  DiagnosticLog log;
  std::vector<ParameterSetting> settings = ParseParametersFile(file, log);
  ASSERT_EQ(settings.size(), 2u);
  EXPECT_EQ(settings[0].name, "n");
  EXPECT_EQ(settings[0].value, "7");
  EXPECT_EQ(settings[1].value, "x y");
  EXPECT_THAT(Reports(log), ElementsAre("E0204 3:7 `[1]`: the value of `list` must be text or a "
                                        "number, not a list"));
}

TEST(Params, OptionsHaveOneForm) {
  EXPECT_EQ(ParseParameterOption("a=b=c")->value, "b=c");
  EXPECT_EQ(ParseParameterOption("a=")->value, "");
  EXPECT_FALSE(ParseParameterOption("a"));
  EXPECT_FALSE(ParseParameterOption("=x"));
  EXPECT_FALSE(ParseParameterOption("a b=x"));
}

constexpr char kSubstituted[] = R"(flinkc: 1
params:
  dir: {type: STRING, default: "in/${nope}"}
  n: {type: INT, default: 4}
  wait: {type: STRING, default: 5s}
  on: {type: BOOLEAN, default: true}
job: {parallelism: "${n}"}
sources:
  a:
    connector: file
    options: {path: "${dir}/x-${n}.csv", literal: '\${n}', quoted: "\\${n}", rows: "${n}"}
    event_time: {column: ts, out_of_order: "${wait}", ordered: "${on}"}
streams:
  s: {from: a, filter: "n > ${n} AND x = '\\${n}'"}
sinks: {o: {from: s, connector: console}}
)";

TEST(Substitution, HappensInLeavesAndOnlyOnce) {
  Parsed parsed(kSubstituted);
  ASSERT_THAT(parsed.reports(), IsEmpty());
  EXPECT_EQ(parsed.spec->job.parallelism->value, 4);
  const SourceSpec& a = parsed.spec->sources[0];
  // The value of `dir` holds a `${`, which stays text: nothing can be injected.
  EXPECT_EQ(FindOption(a.options, "path")->text.value, "in/${nope}/x-4.csv");
  EXPECT_EQ(FindOption(a.options, "literal")->text.value, "${n}");
  EXPECT_EQ(FindOption(a.options, "quoted")->text.value, "${n}");
  EXPECT_TRUE(FindOption(a.options, "rows")->is_plain);
  EXPECT_EQ(a.event_time->out_of_order->value.micros, 5'000'000);
  EXPECT_TRUE(a.event_time->ordered->value);
}

TEST(Substitution, LeavesExpressionsToTheirLexer) {
  Parsed parsed(kSubstituted);
  EXPECT_EQ(std::get<FilterSpec>(parsed.stream("s").operators[0].op).predicate.value,
            "n > ${n} AND x = '\\${n}'");
}

TEST(Substitution, KeepsPlacesAroundTheValues) {
  Parsed parsed(kSubstituted);
  const SourceText& path = FindOption(parsed.spec->sources[0].options, "path")->text;
  size_t at = path.value.find("/x-");
  EXPECT_EQ(Covered(path.SpanOf(at, at + 3)), "/x-");
  size_t csv = path.value.find(".csv");
  EXPECT_EQ(Covered(path.SpanOf(csv, csv + 4)), ".csv");
}

TEST(Substitution, ReportsWhatItCannotReplace) {
  Parsed parsed(R"(flinkc: 1
params: {count: {type: INT, default: 1}}
sources: {a: {connector: "${cuont}", options: {x: "a ${", y: "${a b}", z: [{w: "${}"}]}}}
sinks: {o: {from: a, connector: console}}
)");
  EXPECT_THAT(parsed.reports(),
              ElementsAre("E0210 3:27 `${cuont}`: unknown parameter `cuont`",
                          "E0217 3:54 `${`: `${` must be followed by a parameter's name and `}`",
                          "E0217 3:63 `${`: `${` must be followed by a parameter's name and `}`",
                          "E0217 3:81 `${`: `${` must be followed by a parameter's name and `}`"));
  EXPECT_EQ(parsed.log.diagnostics()[0].label, " did you mean `count`?");
}

TEST(Substitution, AParameterWithoutAValueIsReportedOnce) {
  Parsed parsed(R"(flinkc: 1
params: {n: {type: INT}}
job: {parallelism: "${n}"}
sources: {a: {connector: file, options: {rows: "${n}"}}}
sinks: {o: {from: a, connector: console}}
)");
  EXPECT_THAT(parsed.reports(), ElementsAre("E0212 2:10 `n`: the parameter `n` has no value"));
}

}  // namespace
}  // namespace flinkc
