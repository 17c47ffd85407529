#include "stdlib-operators/formats/csv_dialect.h"

#include "runtime/connector/option_values.h"

namespace flinkc {

std::span<const OptionRecord> CsvOptions() {
  static constexpr OptionRecord kOptions[] = {
      {"header", OptionType::kBoolean,
       "each file begins with a line of column names; without one, fields are columns in their "
       "declared order",
       "true"},
      {"delimiter", OptionType::kCharacter, "what stands between two fields", ","},
      {"quote", OptionType::kCharacter,
       "encloses fields that hold delimiters, quotes (doubled) or line ends", "\""},
      {"null", OptionType::kString, "an unquoted field of this text is NULL", ""},
      {"trim", OptionType::kBoolean, "drop blanks around fields", "false"},
  };
  return kOptions;
}

Result<CsvDialect> MakeCsvDialect(const OptionMap& format_options) {
  const OptionReader options(CsvOptions(), format_options);
  CsvDialect dialect;
  ASSIGN_OR_RETURN(dialect.header, options.Boolean("header"));
  ASSIGN_OR_RETURN(dialect.delimiter, options.Character("delimiter"));
  ASSIGN_OR_RETURN(dialect.quote, options.Character("quote"));
  ASSIGN_OR_RETURN(dialect.trim, options.Boolean("trim"));
  dialect.null_text = options.Text("null");
  if (dialect.delimiter == dialect.quote) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "format csv: delimiter and quote must be two different characters");
  }
  return dialect;
}

}  // namespace flinkc
