// Whether bytes are UTF-8.
#pragma once

#include <cstddef>
#include <string_view>

namespace flinkc {

// The length of the longest prefix of `text` that is valid UTF-8 (RFC 3629: no overlong forms, no
// surrogates, nothing above U+10FFFF); text.size() if all of it is.
size_t ValidUtf8Prefix(std::string_view text);

}  // namespace flinkc
