// Frames of a channel between processes, damaged anywhere: an exchange takes rows that can be read
// from them, or fails the channel. The bytes choose frames and damage; they are also read as a
// frame and as a batch themselves.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tests/fuzz/damage_frames.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace flinkc;
  static const Schema* const schema = new Schema(SchemaOfAllTypes());
  static BatchReader* const batches = new BatchReader(*schema, false, false, nullptr);
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static_cast<void>(ReadFrameHeader(bytes));
  if (const Result<BatchPtr> batch = batches->Read(bytes)) {
    static_cast<void>(Describe(*schema, **batch));
  }
  FrameDamage(bytes).Run();
  return 0;
}
