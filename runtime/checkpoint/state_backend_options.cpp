#include "runtime/checkpoint/state_backend_options.h"

#include "runtime/checkpoint/read_options.h"
#include "runtime/connector/option_values.h"

namespace flinkc {

namespace {

constexpr std::string_view kGroups[] = {"state.", "taskmanager.memory.managed."};
constexpr std::string_view kTypes[] = {"hashmap", "rocksdb"};

constexpr std::string_view kType = "state.backend.type";
constexpr std::string_view kLocalDirectory = "state.backend.rocksdb.localdir";
constexpr std::string_view kManagedSize = "taskmanager.memory.managed.size";
constexpr std::string_view kManagedFraction = "taskmanager.memory.managed.fraction";

// Of a process that does not know its limit.
constexpr size_t kManagedBytesUnknown = size_t{512} << 20;

constexpr OptionRecord kRecords[] = {
    {.name = kType,
     .type = OptionType::kChoice,
     .doc = "Where state is kept: in memory, or in RocksDB with as much of it in memory as fits.",
     .default_value = "hashmap",
     .choices = kTypes},
    {.name = kLocalDirectory,
     .type = OptionType::kString,
     .doc = "Where RocksDB keeps its files while the job runs; the system's temporary directory "
            "without it."},
    {.name = kManagedSize,
     .type = OptionType::kSize,
     .doc = "Memory of the RocksDB backend: rows, write buffers and cached blocks together."},
    {.name = kManagedFraction,
     .type = OptionType::kNumber,
     .doc = "The same as a part of the process's memory, where no size is given.",
     .default_value = "0.4"},
};

}  // namespace

std::span<const OptionRecord> StateBackendOptionRecords() { return kRecords; }

Result<StateBackendOptions> StateBackendOptions::Parse(
    const std::map<std::string, std::string>& config) {
  ASSIGN_OR_RETURN(const OptionMap map, ReadOptionGroup(config, kGroups, kRecords));
  const OptionReader reader(kRecords, map);
  StateBackendOptions options;
  if (reader.Text(kType) == kTypes[1]) options.type = StateBackendType::kRocksDb;
  options.local_directory = reader.Text(kLocalDirectory);
  if (reader.Has(kManagedSize)) {
    ASSIGN_OR_RETURN(const int64_t bytes, reader.SizeBytes(kManagedSize));
    constexpr int64_t kLeast = int64_t{1} << 20;
    if (bytes < kLeast) {
      return MakeError(ErrorCode::kInvalidArgument,
                       "the option `taskmanager.memory.managed.size`: expected at least 1mb");
    }
    options.managed_bytes = static_cast<size_t>(bytes);
  }
  ASSIGN_OR_RETURN(options.managed_fraction, reader.Number(kManagedFraction));
  if (!(options.managed_fraction > 0 && options.managed_fraction <= 1)) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "the option `taskmanager.memory.managed.fraction`: expected a number above 0 "
                     "and up to 1");
  }
  return options;
}

size_t StateBackendOptions::ManagedBytesOf(size_t process_bytes) const {
  if (managed_bytes != 0) return managed_bytes;
  if (process_bytes == 0) return kManagedBytesUnknown;
  return static_cast<size_t>(static_cast<double>(process_bytes) * managed_fraction);
}

}  // namespace flinkc
