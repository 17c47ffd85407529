// Types, schemas and values as protobuf messages and back, for all that is stored or sent.
// Reading trusts nothing: a kind that does not exist, a DECIMAL(50, 60), a ROW whose names do not
// match its fields, or nesting deeper than kTypeDepthMax is an Error (kCorrupt).
#pragma once

#include "runtime/base/result.h"
#include "runtime/data/data_type.h"
#include "runtime/data/schema.h"
#include "runtime/data/types.pb.h"
#include "runtime/data/value.h"

namespace flinkc {

inline constexpr int kTypeDepthMax = 64;

proto::DataType ToProto(const DataType& type);
Result<DataType> FromProto(const proto::DataType& message);

proto::Schema ToProto(const Schema& schema);
Result<Schema> FromProto(const proto::Schema& message);

proto::Value ToProto(const Value& value);
// Any value; whether it belongs to a type is told by ValueFits.
Result<Value> FromProto(const proto::Value& message);
// Whether `value` is NULL or of the alternative that a value of `type` has, nested ones included.
// Ranges are checked as well: 300 is no TINYINT.
bool ValueFits(const Value& value, const DataType& type);

}  // namespace flinkc
