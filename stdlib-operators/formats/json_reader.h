// One JSON value to one cell of a batch, from the tokens that JsonIndex found. Strict: what is read
// is checked whole; what is skipped only needs to be balanced.
//
// As in Flink's json format, numbers and booleans may stand in quotes, and a STRING takes any value
// as it is written. ARRAY and ROW become the flat form of runtime/abi/nested_value.h; absent fields
// of a ROW are NULL.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "stdlib-operators/formats/cell_parsers.h"
#include "stdlib-operators/formats/json_index.h"

namespace flinkc {

class JsonReader;

// How values of one type are read; made once for each column.
class JsonCell {
 public:
  JsonCell(DataType type, TimestampText timestamps);

  const DataType& type() const { return type_; }
  // Reads the value at the reader's cursor. kNull: it is null, nothing was written.
  RowStatus Read(JsonReader& reader, void* out) const { return read_(*this, reader, out); }
  // The same for one token that is known: no container. The cursor stays.
  RowStatus ReadToken(JsonReader& reader, std::string_view token, void* out) const {
    return read_token_ == nullptr ? RowStatus::kInvalidCast
                                  : read_token_(*this, reader, token, out);
  }

 private:
  friend class JsonReader;
  template <typename Parser>
  friend RowStatus ReadScalarCell(const JsonCell& cell, JsonReader& reader, void* out);
  template <typename Parser>
  friend RowStatus ReadScalarToken(const JsonCell& cell, JsonReader& reader, std::string_view token,
                                   void* out);

  using ReadFunction = RowStatus (*)(const JsonCell& cell, JsonReader& reader, void* out);

  template <typename Parser>
  void SetParser(const Parser& parser) {
    static_assert(sizeof(Parser) <= sizeof(parser_) && std::is_trivially_copyable_v<Parser>);
    std::memcpy(parser_, &parser, sizeof(Parser));
  }
  template <typename Parser>
  Parser GetParser() const {
    Parser parser;
    std::memcpy(&parser, parser_, sizeof(Parser));
    return parser;
  }

  using ReadTokenFunction = RowStatus (*)(const JsonCell& cell, JsonReader& reader,
                                          std::string_view token, void* out);

  ReadFunction read_ = nullptr;
  ReadTokenFunction read_token_ = nullptr;  // nullptr: a nested type
  alignas(8) std::byte parser_[16] = {};
  DataType type_;
  std::vector<JsonCell> children_;
};

// The cursor. Worker thread only.
class JsonReader {
 public:
  explicit JsonReader(CellContext* cells) : cells_(*cells) {}

  // Takes up a run of text; kOk or what JsonIndex::Index says.
  RowStatus Open(const char* text, size_t size);
  // Only tokens before `limit` may be read from now on.
  void SetLimit(uint32_t limit) { limit_ = limit; }

  const char* text() const { return text_; }
  uint32_t position() const { return *at_; }
  const uint32_t* cursor() const { return at_; }
  void SetCursor(const uint32_t* cursor) { at_ = cursor; }
  // What stands from `begin` to the current token, without the blanks before that.
  std::string_view TextBefore(uint32_t begin) const {
    const char* end = text_ + (*at_ < limit_ ? *at_ : limit_);
    while (end > text_ + begin && IsJsonBlank(end[-1])) --end;
    return {text_ + begin, static_cast<size_t>(end - (text_ + begin))};
  }
  uint32_t limit() const { return limit_; }
  bool has_escapes() const { return has_escapes_; }
  bool AtEnd() const { return *at_ >= limit_; }
  // The first byte of the current token, 0 at the end.
  char Peek() const { return AtEnd() ? '\0' : text_[*at_]; }
  void Next() { ++at_; }
  // Takes the token if it is `c`.
  bool Take(char c) {
    if (Peek() != c) return false;
    ++at_;
    return true;
  }
  // To the first token at or behind the limit.
  void SkipToLimit() {
    while (*at_ < limit_) ++at_;
  }
  // Over one value with everything in it; false if it is not balanced.
  bool SkipValue();

  // The token at the cursor, without the blanks behind it.
  std::string_view Token() const {
    const char* begin = text_ + *at_;
    const char* end = text_ + (at_[1] < limit_ ? at_[1] : limit_);
    while (end > begin && IsJsonBlank(end[-1])) --end;
    return {begin, static_cast<size_t>(end - begin)};
  }
  // The content of a string token, escapes replaced; false if it is malformed.
  bool StringContent(std::string_view token, std::string_view* content);
  // A key and its colon; the cursor is then at the value. The view lives as long as the batch.
  bool TakeKey(std::string_view* key);

  // All of `text` as one value of an ARRAY, MAP or ROW type.
  RowStatus ReadNestedText(std::string_view text, const JsonCell& cell, StringValue* out);
  CellContext& cells() { return cells_; }

  static bool IsJsonBlank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

 private:
  friend class JsonCell;

  // One element of a nested value before it is laid out.
  struct Element {
    bool is_null = true;
    alignas(16) char slot[16] = {};  // parsers store whole values into it
    std::string bytes;               // of a view
  };

  static RowStatus ReadNestedCell(const JsonCell& cell, JsonReader& reader, void* out);
  RowStatus ReadNested(const JsonCell& cell, std::string* flat);
  RowStatus ReadArray(const JsonCell& cell, std::vector<Element>* elements);
  RowStatus ReadRow(const JsonCell& cell, std::vector<Element>* elements);
  // Keys and values by turns, sorted by key (functions/native/map.h says why).
  RowStatus ReadMap(const JsonCell& cell, std::vector<Element>* elements);
  RowStatus ReadElement(const JsonCell& cell, Element* element);
  static void LayOut(const JsonCell& cell, const std::vector<Element>& elements, std::string* flat);

  // Constant after construction.
  CellContext& cells_;
  // The text that is open.
  JsonIndex index_;
  const char* text_ = nullptr;
  const uint32_t* at_ = nullptr;
  uint32_t limit_ = 0;
  bool has_escapes_ = false;
};

// Whether a bare token is a number as JSON writes it.
bool IsJsonNumber(std::string_view token);

}  // namespace flinkc
