// Any bytes as JSON lines: no crash, the same rows however the bytes are cut into blocks, and each
// line's row or failure is the same whatever its neighbours are.
#include "tests/fuzz/decode_bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace flinkc;
  if (size < 2) return 0;
  SourceDescriptor source;
  source.format = "json";
  source.schema = AllTypes();
  constexpr const char* kFormats[] = {"sql", "iso", "epoch_ms", "sql"};
  source.format_options["timestamp_format"] = kFormats[data[0] >> 1 & 3];
  CheckDecoding(std::move(source), data, size);
  return 0;
}
