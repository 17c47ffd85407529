// Which state backend a job asks for and how much memory it may use: Flink's options `state.*` and
// `taskmanager.memory.managed.*`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "runtime/base/result.h"
#include "runtime/connector/option_record.h"

namespace flinkc {

enum class StateBackendType : uint8_t { kHashMap, kRocksDb };

struct StateBackendOptions {
  StateBackendType type = StateBackendType::kHashMap;
  // Where databases are made; "": the system's temporary directory.
  std::string local_directory;
  // Memory for the backend; 0: managed_fraction of the process's.
  size_t managed_bytes = 0;
  double managed_fraction = 0.4;

  // kInvalidArgument names the option.
  static Result<StateBackendOptions> Parse(const std::map<std::string, std::string>& config);

  // Of a process that may use `process_bytes` (0: it does not know).
  size_t ManagedBytesOf(size_t process_bytes) const;
};

std::span<const OptionRecord> StateBackendOptionRecords();

}  // namespace flinkc
