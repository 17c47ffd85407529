#include "runtime/connector/connector_record.h"

namespace flinkc {

const ConnectorRecord* FindConnectorRecord(const ConnectorRecords& records, std::string_view name) {
  for (const ConnectorRecord& record : records) {
    if (record.name == name) return &record;
  }
  return nullptr;
}

const FormatRecord* FindFormatRecord(const FormatRecords& records, std::string_view name) {
  for (const FormatRecord& record : records) {
    if (record.name == name) return &record;
  }
  return nullptr;
}

}  // namespace flinkc
