// The maps of a spec that have fixed keys, and what each key takes. MapReader holds the parsers
// to this list; compiler/schema makes the JSON Schema for editors from it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace flinkc {

// What the value of a key is.
enum class KeyValue : uint8_t {
  kVersion,  // 1
  kText,     // any scalar
  kScalar,   // of the parameter's type
  kScalars,  // a list of them
  kBoolean,
  kInteger,      // within min and max
  kDuration,     // 10s
  kChoice,       // one of `choices`
  kOnError,      // fail, drop, null, route
  kEmit,         // close, update, end, every 5s
  kRowsBefore,   // 10 preceding, unbounded preceding
  kTimeBefore,   // 1h preceding, unbounded preceding
  kName,         // an identifier
  kReference,    // a stream or an output of one: orders, orders.errors
  kReferences,   // one or a list of them
  kStreamNames,  // names of the user's, each for a reference
  kColumnName,
  kColumnNames,       // a list of them
  kColumnNamesOrAll,  // the same, or `all`
  kOrder,             // a list of them, each alone or `column: asc` or `desc`
  kType,              // DECIMAL(12, 2) NOT NULL
  kExpression,
  kColumns,            // name: a type, or the map `column`
  kNamedExpressions,   // name: an expression, or the map `computed column`
  kGroupingColumns,    // as kNamedExpressions, or a list of names and such maps; may be empty
  kListedExpressions,  // as kGroupingColumns, but not empty
  kOneExpression,      // as kNamedExpressions, of one entry
  kRenames,            // old: new
  kBranches,           // name: condition; else: name
  kConditions,         // name: condition
  kNameLists,          // name: a list of names
  kArguments,          // name: type
  kSchema,             // the name of a type, or kColumns
  kFormat,             // a name, or a map of it to its options
  kOptions,            // the connector's
  kConfig,             // Flink's options of a job
  kMap,                // the map called `map`
  kWordOrMap,          // one of `choices`, or the map called `map`
  kNamedMaps,          // names of the user's, each with the map called `map`
  kNamedColumns,       // names of the user's, each with kColumns
  kPipe,               // a list of the map `pipe item`
};

struct KeyRecord {
  std::string_view name;
  KeyValue value = KeyValue::kText;
  std::string_view doc = {};
  bool required = false;
  std::string_view map = {};
  std::span<const std::string_view> choices = {};
  int32_t min = 0;
  int32_t max = 0;
};

// A map with fixed keys.
struct MapRecord {
  std::string_view name;  // "source"
  std::span<const KeyRecord> keys;
  // Keys of the language that are not built yet.
  std::span<const std::string_view> not_yet = {};
  // Takes an operator as well: a key of the map `operator`.
  bool has_operator = false;
};

std::span<const MapRecord> SpecMaps();
// The record must be there.
const MapRecord& SpecMap(std::string_view name);

// The operators a stream or an item of a pipe may name.
std::vector<std::string_view> OperatorKeywords();
// Also those that are not built yet.
bool IsOperatorKeyword(std::string_view keyword);

}  // namespace flinkc
