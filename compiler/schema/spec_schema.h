// The shape of specs as a JSON Schema (draft 7), by which editors complete, explain and check
// while one types: `flinkc schema`, and specs/flinkc.schema.json. Made from the list of keys that
// the parser is held to (compiler/spec/spec_keys.h), and the records of connectors and formats.
//
// It refuses no spec that the compiler accepts. What needs more than the shape (names, types,
// expressions) only the compiler knows.
#pragma once

#include <string>

#include "runtime/connector/connector_record.h"

namespace flinkc {

std::string SpecSchema(const ConnectorRecords& connectors, const FormatRecords& formats);

}  // namespace flinkc
