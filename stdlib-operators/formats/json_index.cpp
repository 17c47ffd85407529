#include "stdlib-operators/formats/json_index.h"

#include <simdjson.h>

#include <algorithm>

#include "runtime/base/check.h"
#include "stdlib-operators/formats/cell_parsers.h"

namespace flinkc {

static_assert(kParsePadding >= simdjson::SIMDJSON_PADDING);

struct JsonIndex::Parser {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> implementation;
};

JsonIndex::JsonIndex() : parser_(std::make_unique<Parser>()) {
  constexpr size_t kFirstCapacity = 64 * 1024;
  // Only the second stage, which is never run, has a depth.
  constexpr size_t kDepth = 1;
  const simdjson::error_code error =
      simdjson::get_active_implementation()->create_dom_parser_implementation(
          kFirstCapacity, kDepth, parser_->implementation);
  CHECK(error == simdjson::SUCCESS);
}

JsonIndex::~JsonIndex() = default;

RowStatus JsonIndex::Index(const char* text, size_t size) {
  simdjson::internal::dom_parser_implementation& parser = *parser_->implementation;
  if (parser.capacity() < size) {
    const size_t capacity = std::max(size, parser.capacity() * 2);
    CHECK(parser.set_capacity(capacity) == simdjson::SUCCESS);
  }
  token_count_ = 0;
  switch (
      parser.stage1(reinterpret_cast<const uint8_t*>(text), size, simdjson::stage1_mode::regular)) {
    case simdjson::SUCCESS:
      break;
    case simdjson::EMPTY:  // nothing but blanks
      parser.structural_indexes[0] = static_cast<uint32_t>(size);
      tokens_ = parser.structural_indexes.get();
      return RowStatus::kOk;
    case simdjson::UTF8_ERROR:
      return RowStatus::kInvalidUtf8;
    default:
      return RowStatus::kMalformedRow;
  }
  tokens_ = parser.structural_indexes.get();
  token_count_ = parser.n_structural_indexes;
  return RowStatus::kOk;
}

char* JsonIndex::Unescape(const char* content, char* to) const {
  return reinterpret_cast<char*>(parser_->implementation->parse_string(
      reinterpret_cast<const uint8_t*>(content), reinterpret_cast<uint8_t*>(to)));
}

bool IsUtf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

}  // namespace flinkc
