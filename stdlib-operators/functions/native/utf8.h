// UTF-8, as functions on texts make it.
#pragma once

#include <cstdint>
#include <string>

namespace flinkc {

// Appends the character `code` (at most 0x10FFFF).
void AppendUtf8(uint32_t code, std::string* out);

}  // namespace flinkc
