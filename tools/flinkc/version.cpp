#include "tools/flinkc/version.h"

namespace flinkc {

const char* const kVersion = FLINKC_VERSION;

}  // namespace flinkc
