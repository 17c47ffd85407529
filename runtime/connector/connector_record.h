// What the compiler knows of a connector or a format: pure data and function pointers, no open
// resource and no compiler types. stdlib-operators/connectors/registry.h and formats/registry.h
// hold the lists; the composition root hands them to the compiler, beside the ConnectorRuntimes
// that it hands to JobMaster and TaskManager.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/connector/option_record.h"
#include "runtime/data/schema.h"
#include "runtime/graph/descriptors.h"

namespace flinkc {

enum class FormatUse : uint8_t { kNone, kOptional, kRequired };

struct DefaultEventTime {
  std::string column;
  int64_t out_of_order_micros = 0;
};

// The connector as a source. `declared` false: it cannot be one.
struct SourceRecord {
  bool declared = false;
  std::span<const OptionRecord> options = {};
  FormatUse format = FormatUse::kNone;
  bool bounded_always = false;
  // Whether the source ends by itself under these options; nullptr: bounded_always decides.
  bool (*is_bounded)(const OptionMap& options) = nullptr;
  // The columns, where the connector fixes them; nullptr: the spec (or the format) declares them.
  Schema (*fixed_schema)(const OptionMap& options) = nullptr;
  // What holds where the spec says no `event_time`; nullptr: none.
  std::optional<DefaultEventTime> (*default_event_time)(const OptionMap& options) = nullptr;
  // The options with which the source is read as a table: as a whole, and from time to time again.
  // nullptr: it cannot be.
  OptionMap (*table_options)(const OptionMap& options) = nullptr;
  // Checks that need more than one option or the schema; runs after CheckOptions found nothing.
  // nullptr: none.
  void (*validate)(const SourceDescriptor& source, OptionProblems* problems) = nullptr;
};

struct SinkRecord {
  bool declared = false;
  std::span<const OptionRecord> options = {};
  FormatUse format = FormatUse::kNone;
  bool accepts_updates = false;  // takes -U, +U and -D
  // Gets -U before each +U, unless the spec gives the sink a key. False: where the rows have a key
  // it gets upserts, as Flink's blackhole does.
  bool wants_old_rows = true;
  bool transactional = false;    // its output appears at commit or not at all: exactly-once
  void (*validate)(const SinkDescriptor& sink, const Schema& schema,
                   OptionProblems* problems) = nullptr;
};

struct ConnectorRecord {
  std::string_view name;
  std::string_view doc;  // one line
  SourceRecord source;
  SinkRecord sink;
};
using ConnectorRecords = std::vector<ConnectorRecord>;

struct FormatRecord {
  std::string_view name;
  std::string_view doc;
  bool decodes = false;  // for sources
  bool encodes = false;  // for sinks
  std::span<const OptionRecord> options = {};
  // `text` gives {line: STRING NOT NULL}; nullptr: the spec declares the schema.
  Schema (*fixed_schema)(const OptionMap& options) = nullptr;
  // Why a column of this type cannot be read or written, or "".
  std::string (*refuses_type)(const DataType& type) = nullptr;
  void (*validate)(const OptionMap& options, OptionProblems* problems) = nullptr;
};
using FormatRecords = std::vector<FormatRecord>;

const ConnectorRecord* FindConnectorRecord(const ConnectorRecords& records, std::string_view name);
const FormatRecord* FindFormatRecord(const FormatRecords& records, std::string_view name);

}  // namespace flinkc
