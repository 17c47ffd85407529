// The `blackhole` sink: reads every value of every row, the bytes of strings included, and keeps a
// checksum of them, so that nothing before it can be left out. The sum does not depend on the order
// of rows.
#pragma once

#include <cstdint>

#include "runtime/connector/connector_record.h"
#include "runtime/connector/connector_runtime.h"

namespace flinkc {

class BlackholeWriter final : public SinkWriter {
 public:
  explicit BlackholeWriter(Schema schema) : schema_(std::move(schema)) {}

  Status Write(const BatchPtr& batch) override;
  uint64_t checksum() const { return checksum_; }

 private:
  // Constant after construction.
  const Schema schema_;
  // Worker thread only. Volatile: its value is the point of the writer, though nobody asks for it.
  volatile uint64_t checksum_ = 0;
};

ConnectorRecord BlackholeRecord();
ConnectorRuntime BlackholeRuntime();

}  // namespace flinkc
