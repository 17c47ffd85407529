#include "stdlib-operators/formats/registry.h"

#include <fmt/format.h>

#include "stdlib-operators/formats/csv_decoder.h"
#include "stdlib-operators/formats/csv_encoder.h"
#include "stdlib-operators/formats/json_decoder.h"
#include "stdlib-operators/formats/json_encoder.h"
#include "stdlib-operators/formats/text_decoder.h"
#include "stdlib-operators/formats/text_encoder.h"

namespace flinkc {

namespace {

std::string RefusesType(const DataType& type) {
  if (type.kind() == TypeKind::kTime || type.kind() == TypeKind::kNull) {
    return fmt::format("{} is not supported yet", type.ToString());
  }
  if (type.kind() == TypeKind::kMap && type.children()[0].kind() != TypeKind::kString) {
    return fmt::format("{}: the keys of a MAP must be STRING, since they become names",
                       type.ToString());
  }
  for (const DataType& child : type.children()) {
    if (std::string reason = RefusesType(child); !reason.empty()) return reason;
  }
  return "";
}

std::string TextRefusesType(const DataType& type) {
  return type.kind() == TypeKind::kString ? "" : "the text format has STRING columns only";
}

void ValidateCsv(const OptionMap& options, OptionProblems* problems) {
  if (const Result<CsvDialect> dialect = MakeCsvDialect(options); !dialect) {
    problems->push_back({OptionProblemKind::kInvalidValue, "delimiter", dialect.error().message,
                         "choose another delimiter"});
  }
}

Schema FixedTextSchema(const OptionMap&) { return TextSchema(); }

}  // namespace

const FormatRecords& StdFormatRecords() {
  static const FormatRecords records = [] {
    FormatRecord csv{"csv", "comma-separated values, one record a line (RFC 4180)"};
    csv.decodes = csv.encodes = true;
    csv.options = CsvOptions();
    csv.refuses_type = RefusesType;
    csv.validate = ValidateCsv;
    FormatRecord json{"json", "JSON lines: one object a line"};
    json.decodes = json.encodes = true;
    json.options = JsonOptions();
    json.refuses_type = RefusesType;
    FormatRecord text{"text", "plain text: each line is a row {line: STRING NOT NULL}"};
    text.decodes = text.encodes = true;
    text.fixed_schema = FixedTextSchema;
    text.refuses_type = TextRefusesType;
    return FormatRecords{csv, json, text};
  }();
  return records;
}

Result<std::unique_ptr<RowDecoder>> MakeRowDecoder(const DecoderContext& context) {
  const SourceDescriptor& source = *context.descriptor;
  for (const Field& field : source.BatchSchema()) {
    if (std::string reason = RefusesType(field.type); !reason.empty()) {
      return MakeError(ErrorCode::kUnsupported, fmt::format("format {}: column `{}`: {}",
                                                            source.format, field.name, reason));
    }
  }
  if (source.format == "csv") {
    ASSIGN_OR_RETURN(CsvDialect dialect, MakeCsvDialect(source.format_options));
    return std::make_unique<CsvDecoder>(context, std::move(dialect));
  }
  if (source.format == "json") {
    ASSIGN_OR_RETURN(const TimestampText timestamps, JsonTimestamps(source.format_options));
    return std::make_unique<JsonDecoder>(context, timestamps);
  }
  if (source.format == "text") {
    if (source.schema != TextSchema()) {
      return MakeError(ErrorCode::kInvalidArgument,
                       "format text: its only column is `line STRING NOT NULL`");
    }
    return std::make_unique<TextDecoder>(context);
  }
  return MakeError(ErrorCode::kUnsupported, fmt::format("no format `{}`", source.format));
}

Result<std::unique_ptr<RowEncoder>> MakeRowEncoder(std::string_view format,
                                                   const OptionMap& format_options, Schema schema) {
  for (const Field& field : schema) {
    if (std::string reason = RefusesType(field.type); !reason.empty()) {
      return MakeError(ErrorCode::kUnsupported,
                       fmt::format("format {}: column `{}`: {}", format, field.name, reason));
    }
  }
  if (format == "csv") {
    ASSIGN_OR_RETURN(CsvDialect dialect, MakeCsvDialect(format_options));
    return std::make_unique<CsvEncoder>(std::move(schema), std::move(dialect));
  }
  if (format == "json") {
    ASSIGN_OR_RETURN(const TimestampText timestamps, JsonTimestamps(format_options));
    return std::make_unique<JsonEncoder>(std::move(schema), timestamps);
  }
  if (format == "text") {
    if (schema.size() != 1 || schema[0].type.kind() != TypeKind::kString) {
      return MakeError(ErrorCode::kInvalidArgument,
                       "format text: a sink needs exactly one column, a STRING");
    }
    return std::make_unique<TextEncoder>();
  }
  return MakeError(ErrorCode::kUnsupported, fmt::format("no format `{}`", format));
}

}  // namespace flinkc
