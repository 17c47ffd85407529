// Bytes as text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace flinkc {

// RFC 4648, section 4, with padding.
void AppendBase64(std::string& out, std::string_view bytes);
// Nothing: it is no base64.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace flinkc
