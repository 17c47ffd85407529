// What a barrier is sent for; its numbers stand in messages.
#pragma once

#include <cstdint>

namespace flinkc {

// What a checkpoint is taken for, and with it how.
enum class BarrierKind : uint32_t {
  kCheckpoint,     // incremental, in the job's own directory
  kSavepoint,      // whole, in a directory of its own
  kStop,           // a savepoint, and nothing comes from the sources after it
  kStopWithDrain,  // the same behind the final watermark
};

}  // namespace flinkc
