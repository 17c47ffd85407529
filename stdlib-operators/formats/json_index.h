// Where the tokens of JSON text begin, found by simdjson's first stage (with the widest vectors of
// this CPU), which also proves that the text is UTF-8 and that no string holds a line end. So once
// it succeeds on a run of lines, each line's tokens are its own, and one broken line can no longer
// hide the next (as it can with simdjson's document streams). The wall around simdjson.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "runtime/abi/row_error.h"

namespace flinkc {

class JsonIndex {
 public:
  JsonIndex();
  ~JsonIndex();

  // Finds the tokens of the text, which must stay and have kParsePadding bytes behind it.
  // kInvalidUtf8; kMalformedRow: a string that is not closed or holds a control character.
  RowStatus Index(const char* text, size_t size);

  // Ascending positions of braces, brackets, colons, commas, opening quotes and the first byte of
  // every other run of non-blanks; behind the last stands the text's size.
  const uint32_t* tokens() const { return tokens_; }
  size_t token_count() const { return token_count_; }

  // Replaces the escapes of a string. `content` begins behind its opening quote; `to` has room for
  // the string and kParsePadding bytes. The end of what was written, or nullptr if malformed.
  char* Unescape(const char* content, char* to) const;

 private:
  struct Parser;

  std::unique_ptr<Parser> parser_;
  const uint32_t* tokens_ = nullptr;
  size_t token_count_ = 0;
};

}  // namespace flinkc
