#include "stdlib-operators/connectors/datagen_source.h"

#include <fmt/format.h>

#include <algorithm>

#include "stdlib-operators/connectors/field_generator.h"
#include "stdlib-operators/connectors/striped_splits.h"

namespace flinkc {

namespace {

constexpr std::string_view kKinds[] = {"random", "sequence"};
constexpr OptionRecord kOptions[] = {
    {"rows", OptionType::kInteger, "rows in all; absent: without end", "", {}, 1},
    {"rows_per_second",
     OptionType::kInteger,
     "rows in a second; absent: as fast as it goes",
     "",
     {},
     1},
    {"seed", OptionType::kInteger, "another seed gives other random values", "0"},
    {"fields.*.kind", OptionType::kChoice,
     "random values, or counting up from min (timestamps by their smallest unit) and over again",
     "random", kKinds},
    {"fields.*.min", OptionType::kString, "the smallest value"},
    {"fields.*.max", OptionType::kString, "the largest value"},
    {"fields.*.length",
     OptionType::kInteger,
     "letters of a STRING, bytes of BYTES (16), elements of an ARRAY (3)",
     "",
     {},
     0,
     1'000'000},
    {"fields.*.null_rate", OptionType::kNumber, "the share of NULLs, from 0 to 1", "0"},
    {"fields.*.values", OptionType::kList, "only these values"},
};

Result<std::vector<FieldGenerator>> MakeGenerators(const SourceDescriptor& source) {
  const OptionReader options(kOptions, source.options);
  ASSIGN_OR_RETURN(const int64_t seed, options.Integer("seed"));
  std::vector<FieldGenerator> generators;
  for (uint32_t column = 0; column < source.schema.size(); ++column) {
    ASSIGN_OR_RETURN(
        FieldGenerator generator,
        FieldGenerator::Make(options, source.schema[column], column, static_cast<uint64_t>(seed)));
    generators.push_back(std::move(generator));
  }
  return generators;
}

std::string RefusesType(const DataType& type) {
  if (type.kind() == TypeKind::kMap || type.kind() == TypeKind::kTime) return "not supported yet";
  for (const DataType& child : type.children()) {
    if (std::string reason = RefusesType(child); !reason.empty()) return reason;
  }
  return "";
}

void Validate(const SourceDescriptor& source, OptionProblems* problems) {
  for (const Field& field : source.schema) {
    if (!RefusesType(field.type).empty()) {
      problems->push_back(
          {OptionProblemKind::kInvalidValue, "fields." + field.name,
           fmt::format("column `{}`: datagen cannot make {}", field.name, field.type.ToString()),
           ""});
      return;
    }
  }
  // Every option of a field belongs to a column.
  constexpr std::string_view kFields = "fields.";
  for (const auto& [name, text] : source.options) {
    if (!name.starts_with(kFields)) continue;
    const bool known = std::any_of(
        source.schema.begin(), source.schema.end(),
        [&](const Field& field) { return name.starts_with("fields." + field.name + "."); });
    if (known) continue;
    const std::string column = name.substr(kFields.size(), name.rfind('.') - kFields.size());
    problems->push_back({OptionProblemKind::kInvalidValue, name,
                         fmt::format("option `{}`: the schema has no column `{}`", name, column),
                         ""});
  }
  if (!problems->empty()) return;
  const OptionReader options(kOptions, source.options);
  for (uint32_t column = 0; column < source.schema.size(); ++column) {
    const Result<FieldGenerator> made =
        FieldGenerator::Make(options, source.schema[column], column, 0);
    if (made) continue;
    const std::string& message = made.error().message;
    // The message begins with the option's name in back quotes.
    const size_t begin = message.find('`') + 1;
    problems->push_back({OptionProblemKind::kInvalidValue,
                         message.substr(begin, message.find('`', begin) - begin), message, ""});
  }
}

class DatagenReader final : public StripedReader {
 public:
  DatagenReader(const SourceContext& context, std::vector<FieldGenerator> generators,
                const Stripes& stripes, double rows_per_second)
      : StripedReader(context, "datagen", stripes, rows_per_second),
        needed_(context.descriptor->needed_columns),
        generators_(std::move(generators)),
        memory_(context.memory) {}

 private:
  void Fill(int64_t first, int32_t rows, RecordBatch& batch) override {
    auto arena = std::make_shared<Arena>(memory_);
    for (size_t column = 0; column < needed_.size(); ++column) {
      generators_[needed_[column]].Generate(first, rows, batch, column, *arena);
    }
    batch.set_row_count(rows);
    batch.KeepAlive(std::move(arena));
  }

  // Constant after construction.
  const std::vector<uint32_t> needed_;
  const std::vector<FieldGenerator> generators_;  // of all declared columns
  MemoryPool* const memory_;
};

Status CheckSource(const SourceDescriptor& source) {
  OptionProblems problems = CheckOptions(kOptions, source.options);
  if (problems.empty()) Validate(source, &problems);
  if (problems.empty()) return {};
  return MakeError(ErrorCode::kInvalidArgument,
                   fmt::format("source `{}`: {}", source.name, problems[0].message));
}

Result<Stripes> StripesOf(const OptionMap& given) {
  Stripes stripes{kDatagenSplits, kDatagenBlockRows, 0};
  const OptionReader options(kOptions, given);
  if (options.Has("rows")) {
    ASSIGN_OR_RETURN(stripes.total, options.Integer("rows"));
  }
  return stripes;
}

Result<std::unique_ptr<SplitEnumerator>> MakeEnumerator(const SourceDescriptor& source) {
  RETURN_IF_ERROR(CheckSource(source));
  ASSIGN_OR_RETURN(const Stripes stripes, StripesOf(source.options));
  return std::make_unique<StripedEnumerator>(stripes);
}

Result<std::unique_ptr<SourceReader>> MakeReader(SourceContext context) {
  RETURN_IF_ERROR(CheckSource(*context.descriptor));
  const OptionReader options(kOptions, context.descriptor->options);
  double rate = 0;
  ASSIGN_OR_RETURN(const Stripes stripes, StripesOf(context.descriptor->options));
  if (options.Has("rows_per_second")) {
    ASSIGN_OR_RETURN(rate, options.Number("rows_per_second"));
  }
  ASSIGN_OR_RETURN(std::vector<FieldGenerator> generators, MakeGenerators(*context.descriptor));
  return std::make_unique<DatagenReader>(context, std::move(generators), stripes, rate);
}

}  // namespace

ConnectorRecord DatagenRecord() {
  ConnectorRecord record{"datagen", "rows of random or counted values"};
  record.source.declared = true;
  record.source.options = kOptions;
  record.source.is_bounded = [](const OptionMap& options) { return options.contains("rows"); };
  record.source.validate = Validate;
  return record;
}

ConnectorRuntime DatagenRuntime() {
  ConnectorRuntime runtime;
  runtime.name = "datagen";
  runtime.make_enumerator = MakeEnumerator;
  runtime.make_reader = MakeReader;
  return runtime;
}

}  // namespace flinkc
