#include "stdlib-operators/formats/json_reader.h"

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "runtime/abi/nested_value.h"

namespace flinkc {

bool IsJsonNumber(std::string_view token) {
  size_t at = 0;
  const auto is_digit = [&] { return at < token.size() && token[at] >= '0' && token[at] <= '9'; };
  const auto digits = [&] {
    const size_t start = at;
    while (is_digit()) ++at;
    return at > start;
  };
  if (at < token.size() && token[at] == '-') ++at;
  if (at < token.size() && token[at] == '0') {
    ++at;
  } else if (!digits()) {
    return false;
  }
  if (at < token.size() && token[at] == '.') {
    ++at;
    if (!digits()) return false;
  }
  if (at < token.size() && (token[at] == 'e' || token[at] == 'E')) {
    ++at;
    if (at < token.size() && (token[at] == '+' || token[at] == '-')) ++at;
    if (!digits()) return false;
  }
  return at == token.size();
}

namespace {

// What a bare token (neither string nor container) may be for a type.
template <typename Parser>
constexpr bool kTakesNumbers =
    !std::is_same_v<Parser, BooleanParser> && !std::is_same_v<Parser, DateParser> &&
    !std::is_same_v<Parser, TimestampParser> && !std::is_same_v<Parser, BytesParser> &&
    !std::is_same_v<Parser, IntervalMicrosParser>;
template <typename T>
constexpr bool kIsIntegerParser = false;
template <typename T>
constexpr bool kIsIntegerParser<IntegerParser<T>> = true;

// The integer parsers take digits alone: only a sign and leading zeros are left to refuse.
bool IsJsonInteger(std::string_view token) {
  if (token[0] == '-') token.remove_prefix(1);
  return token[0] != '+' && (token[0] != '0' || token.size() == 1);
}

}  // namespace

// A string, number or word.
template <typename Parser>
RowStatus ReadScalarToken(const JsonCell& cell, JsonReader& reader, std::string_view token,
                          void* out) {
  const Parser parser = cell.GetParser<Parser>();
  const auto parse = [&](std::string_view text) {
    return parser(reader.cells(), text.data(), text.data() + text.size(),
                  static_cast<typename Parser::Value*>(out));
  };
  if (token[0] == '"') {
    if (!reader.StringContent(token, &token)) return RowStatus::kMalformedRow;
    return parse(token);
  }
  if (token == "null") return RowStatus::kNull;
  if (std::is_same_v<Parser, StringParser> || std::is_same_v<Parser, BooleanParser>) {
    if (token == "true" || token == "false") return parse(token);
  }
  if (!kTakesNumbers<Parser>) return RowStatus::kInvalidCast;
  if (!kIsIntegerParser<Parser> && !IsJsonNumber(token)) return RowStatus::kInvalidCast;
  const RowStatus status = parse(token);
  if (kIsIntegerParser<Parser> && status == RowStatus::kOk && !IsJsonInteger(token)) {
    return RowStatus::kInvalidCast;
  }
  return status;
}

template <typename Parser>
RowStatus ReadScalarCell(const JsonCell& cell, JsonReader& reader, void* out) {
  if (reader.AtEnd()) return RowStatus::kMalformedRow;
  const std::string_view token = reader.Token();
  switch (token[0]) {
    case '{':
    case '[': {
      const uint32_t begin = reader.position();
      if (!reader.SkipValue()) return RowStatus::kMalformedRow;
      if (!std::is_same_v<Parser, StringParser>) return RowStatus::kInvalidCast;
      // A STRING takes a whole value as it is written.
      const std::string_view text = reader.TextBefore(begin);
      return cell.GetParser<StringParser>()(reader.cells(), text.data(), text.data() + text.size(),
                                            static_cast<StringValue*>(out));
    }
    case '}':
    case ']':
    case ':':
    case ',':
      return RowStatus::kMalformedRow;
    default:
      reader.Next();
      return ReadScalarToken<Parser>(cell, reader, token, out);
  }
}

JsonCell::JsonCell(DataType type, TimestampText timestamps) : type_(std::move(type)) {
  if (type_.is_nested()) {
    read_ = &JsonReader::ReadNestedCell;
    for (const DataType& child : type_.children()) children_.emplace_back(child, timestamps);
    return;
  }
  VisitCellParser(type_, timestamps, [&](const auto& parser) {
    SetParser(parser);
    read_ = &ReadScalarCell<std::decay_t<decltype(parser)>>;
    read_token_ = &ReadScalarToken<std::decay_t<decltype(parser)>>;
  });
}

RowStatus JsonReader::Open(const char* text, size_t size) {
  text_ = text;
  limit_ = static_cast<uint32_t>(size);
  has_escapes_ = std::memchr(text, '\\', size) != nullptr;
  const RowStatus status = index_.Index(text, size);
  at_ = index_.tokens();
  return status;
}

bool JsonReader::SkipValue() {
  const char first = Peek();
  if (first == '\0' || first == '}' || first == ']' || first == ':' || first == ',') return false;
  Next();
  if (first != '{' && first != '[') return true;
  for (uint32_t depth = 1; depth > 0; Next()) {
    const char c = Peek();
    if (c == '\0') return false;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
  }
  return true;
}

bool JsonReader::StringContent(std::string_view token, std::string_view* content) {
  if (token.size() < 2 || token.back() != '"') return false;
  std::string_view inner = token.substr(1, token.size() - 2);
  if (has_escapes_ && std::memchr(inner.data(), '\\', inner.size()) != nullptr) [[unlikely]] {
    char* to = cells_.AllocatePadded(inner.size());
    const char* end = index_.Unescape(inner.data(), to);
    if (end == nullptr) return false;
    inner = {to, static_cast<size_t>(end - to)};
  }
  *content = inner;
  return true;
}

bool JsonReader::TakeKey(std::string_view* key) {
  if (Peek() != '"') return false;
  if (!StringContent(Token(), key)) return false;
  Next();
  return Take(':');
}

RowStatus JsonReader::ReadNestedCell(const JsonCell& cell, JsonReader& reader, void* out) {
  if (reader.Peek() == 'n' && reader.Token() == "null") {
    reader.Next();
    return RowStatus::kNull;
  }
  std::string flat;
  const RowStatus status = reader.ReadNested(cell, &flat);
  if (status != RowStatus::kOk) return status;
  char* copy = reader.cells_.AllocatePadded(flat.size());
  std::memcpy(copy, flat.data(), flat.size());
  *static_cast<StringValue*>(out) = MakePaddedStringValue(copy, static_cast<uint32_t>(flat.size()));
  return RowStatus::kOk;
}

RowStatus JsonReader::ReadNested(const JsonCell& cell, std::string* flat) {
  std::vector<Element> elements;
  const TypeKind kind = cell.type_.kind();
  const RowStatus status = kind == TypeKind::kArray ? ReadArray(cell, &elements)
                           : kind == TypeKind::kMap ? ReadMap(cell, &elements)
                                                    : ReadRow(cell, &elements);
  if (status == RowStatus::kOk) LayOut(cell, elements, flat);
  return status;
}

RowStatus JsonReader::ReadElement(const JsonCell& cell, Element* element) {
  RowStatus status = RowStatus::kOk;
  element->bytes.clear();
  if (cell.type_.is_nested()) {
    if (Peek() == 'n' && Token() == "null") {
      Next();
      status = RowStatus::kNull;
    } else {
      status = ReadNested(cell, &element->bytes);
    }
  } else if (cell.type_.is_view()) {
    StringValue view;
    status = cell.Read(*this, &view);
    if (status == RowStatus::kOk) element->bytes.assign(view.view());
  } else {
    std::memset(element->slot, 0, sizeof(element->slot));
    status = cell.Read(*this, element->slot);
  }
  element->is_null = status == RowStatus::kNull;
  if (!element->is_null) return status;
  return cell.type_.nullable() ? RowStatus::kOk : RowStatus::kNullInNotNull;
}

RowStatus JsonReader::ReadArray(const JsonCell& cell, std::vector<Element>* elements) {
  if (!Take('[')) return SkipValue() ? RowStatus::kInvalidCast : RowStatus::kMalformedRow;
  if (Take(']')) return RowStatus::kOk;
  do {
    const RowStatus status = ReadElement(cell.children_[0], &elements->emplace_back());
    if (status != RowStatus::kOk) return status;
  } while (Take(','));
  return Take(']') ? RowStatus::kOk : RowStatus::kMalformedRow;
}

RowStatus JsonReader::ReadRow(const JsonCell& cell, std::vector<Element>* elements) {
  const std::vector<std::string>& names = cell.type_.field_names();
  if (!Take('{')) return SkipValue() ? RowStatus::kInvalidCast : RowStatus::kMalformedRow;
  elements->resize(names.size());
  if (!Take('}')) {
    do {
      std::string_view key;
      if (!TakeKey(&key)) return RowStatus::kMalformedRow;
      const auto field =
          static_cast<size_t>(std::find(names.begin(), names.end(), key) - names.begin());
      if (field == names.size()) {
        if (!SkipValue()) return RowStatus::kMalformedRow;
        continue;
      }
      const RowStatus status = ReadElement(cell.children_[field], &(*elements)[field]);
      if (status != RowStatus::kOk) return status;
    } while (Take(','));
    if (!Take('}')) return RowStatus::kMalformedRow;
  }
  for (size_t i = 0; i < names.size(); ++i) {
    if ((*elements)[i].is_null && !cell.children_[i].type_.nullable()) {
      return RowStatus::kNullInNotNull;
    }
  }
  return RowStatus::kOk;
}

RowStatus JsonReader::ReadMap(const JsonCell& cell, std::vector<Element>* elements) {
  if (!Take('{')) return SkipValue() ? RowStatus::kInvalidCast : RowStatus::kMalformedRow;
  if (Take('}')) return RowStatus::kOk;
  // By name; of members with the same name the last counts.
  std::map<std::string, Element, std::less<>> entries;
  do {
    std::string_view key;
    if (!TakeKey(&key)) return RowStatus::kMalformedRow;
    Element& value = entries[std::string(key)];
    value = Element();
    const RowStatus status = ReadElement(cell.children_[1], &value);
    if (status != RowStatus::kOk) return status;
  } while (Take(','));
  if (!Take('}')) return RowStatus::kMalformedRow;
  for (auto& [name, value] : entries) {
    Element& key = elements->emplace_back();
    key.is_null = false;
    key.bytes = name;
    elements->push_back(std::move(value));
  }
  return RowStatus::kOk;
}

void JsonReader::LayOut(const JsonCell& cell, const std::vector<Element>& elements,
                        std::string* flat) {
  const bool array = cell.type_.kind() == TypeKind::kArray;
  const auto count = static_cast<uint32_t>(elements.size());
  uint32_t slot_bytes = 16;
  if (array) {
    const DataType& element = cell.children_[0].type_;
    slot_bytes = element.is_view() ? 8 : ByteWidth(element.physical());
  }
  const bool map = cell.type_.kind() == TypeKind::kMap;
  const NestedHeader header{map ? count / 2 : count, slot_bytes};
  const size_t slots_at = sizeof(header) + NestedValidityBytes(count);
  flat->assign(slots_at + static_cast<size_t>(count) * slot_bytes, '\0');
  std::memcpy(flat->data(), &header, sizeof(header));
  for (uint32_t i = 0; i < count; ++i) {
    if (elements[i].is_null) continue;
    (*flat)[sizeof(header) + i / 8] |= static_cast<char>(1 << (i % 8));
    const size_t at = slots_at + static_cast<size_t>(i) * slot_bytes;
    if (cell.children_[array ? 0 : map ? i % 2 : i].type_.is_view()) {
      const uint32_t range[2] = {static_cast<uint32_t>(flat->size()),
                                 static_cast<uint32_t>(elements[i].bytes.size())};
      std::memcpy(flat->data() + at, range, sizeof(range));
      *flat += elements[i].bytes;
    } else {
      std::memcpy(flat->data() + at, elements[i].slot, slot_bytes);
    }
  }
}

RowStatus JsonReader::ReadNestedText(std::string_view text, const JsonCell& cell,
                                     StringValue* out) {
  const RowStatus opened = Open(text.data(), text.size());
  if (opened != RowStatus::kOk) return opened;
  const RowStatus status = cell.Read(*this, out);
  if (status == RowStatus::kNull) return RowStatus::kInvalidCast;
  if (status == RowStatus::kOk && !AtEnd()) return RowStatus::kMalformedRow;
  return status;
}

}  // namespace flinkc
