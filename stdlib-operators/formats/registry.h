// The list of formats: what the compiler knows of them, and how the connectors make them.
#pragma once

#include <memory>

#include "runtime/base/result.h"
#include "runtime/connector/connector_record.h"
#include "stdlib-operators/formats/row_decoder.h"
#include "stdlib-operators/formats/row_encoder.h"

namespace flinkc {

// csv, json, text.
const FormatRecords& StdFormatRecords();

// For the descriptor's format, options, schema and needed columns.
Result<std::unique_ptr<RowDecoder>> MakeRowDecoder(const DecoderContext& context);
Result<std::unique_ptr<RowEncoder>> MakeRowEncoder(std::string_view format,
                                                   const OptionMap& format_options, Schema schema);

}  // namespace flinkc
