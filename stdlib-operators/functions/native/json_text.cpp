#include "stdlib-operators/functions/native/json_text.h"

#include <cstdint>

#include "stdlib-operators/functions/native/utf8.h"
#include "stdlib-operators/kernels/native/float_text.h"

namespace flinkc {

namespace {

// As deep as the parsers of Java go.
constexpr int kDepthMax = 1000;

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

const char* SkipBlanks(const char* at, const char* end) {
  while (at < end && IsBlank(*at)) ++at;
  return at;
}

// Each gives the end of what begins at `at`, nullptr where it is malformed.

const char* CheckString(const char* at, const char* end) {
  for (++at; at < end; ++at) {
    const auto c = static_cast<unsigned char>(*at);
    if (c == '"') return at + 1;
    if (c < 0x20) return nullptr;
    if (c != '\\') continue;
    if (++at == end) return nullptr;
    if (*at == 'u') {
      for (int i = 1; i <= 4; ++i) {
        if (at + i >= end || HexDigit(at[i]) < 0) return nullptr;
      }
      at += 4;
    } else if (std::string_view("\"\\/bfnrt").find(*at) == std::string_view::npos) {
      return nullptr;
    }
  }
  return nullptr;
}

const char* CheckDigits(const char* at, const char* end) {
  const char* begin = at;
  while (at < end && IsDigit(*at)) ++at;
  return at == begin ? nullptr : at;
}

const char* CheckNumber(const char* at, const char* end) {
  if (*at == '-') ++at;
  if (at < end && *at == '0') {
    ++at;
  } else if ((at = CheckDigits(at, end)) == nullptr) {
    return nullptr;
  }
  if (at < end && *at == '.' && (at = CheckDigits(at + 1, end)) == nullptr) return nullptr;
  if (at < end && (*at == 'e' || *at == 'E')) {
    ++at;
    if (at < end && (*at == '+' || *at == '-')) ++at;
    at = CheckDigits(at, end);
  }
  return at;
}

const char* CheckWord(const char* at, const char* end, std::string_view word) {
  return std::string_view(at, static_cast<size_t>(end - at)).starts_with(word) ? at + word.size()
                                                                               : nullptr;
}

const char* CheckValue(const char* at, const char* end, int depth);

const char* CheckItems(const char* at, const char* end, int depth, bool is_object) {
  const char close = is_object ? '}' : ']';
  at = SkipBlanks(at + 1, end);
  if (at < end && *at == close) return at + 1;
  while (true) {
    if (is_object) {
      if (at == end || *at != '"' || (at = CheckString(at, end)) == nullptr) return nullptr;
      at = SkipBlanks(at, end);
      if (at == end || *at != ':') return nullptr;
      at = SkipBlanks(at + 1, end);
    }
    if ((at = CheckValue(at, end, depth + 1)) == nullptr) return nullptr;
    at = SkipBlanks(at, end);
    if (at == end) return nullptr;
    if (*at == close) return at + 1;
    if (*at != ',') return nullptr;
    at = SkipBlanks(at + 1, end);
  }
}

const char* CheckValue(const char* at, const char* end, int depth) {
  if (at == end || depth > kDepthMax) return nullptr;
  switch (*at) {
    case '{':
    case '[':
      return CheckItems(at, end, depth, *at == '{');
    case '"':
      return CheckString(at, end);
    case 't':
      return CheckWord(at, end, "true");
    case 'f':
      return CheckWord(at, end, "false");
    case 'n':
      return CheckWord(at, end, "null");
    default:
      return *at == '-' || IsDigit(*at) ? CheckNumber(at, end) : nullptr;
  }
}

// Over one value of a well-formed document.
const char* SkipValue(const char* at) {
  if (*at != '{' && *at != '[' && *at != '"') {
    while (*at == '-' || *at == '+' || *at == '.' || IsDigit(*at) || (*at >= 'a' && *at <= 'z') ||
           *at == 'E') {
      ++at;
    }
    return at;
  }
  int depth = 0;
  do {
    if (*at == '"') {
      for (++at; *at != '"'; ++at) at += *at == '\\';
    } else if (*at == '{' || *at == '[') {
      ++depth;
    } else if (*at == '}' || *at == ']') {
      --depth;
    }
    ++at;
  } while (depth > 0);
  return at;
}

uint32_t FourHexDigits(const char* at) {
  uint32_t code = 0;
  for (int i = 0; i < 4; ++i) code = code * 16 + static_cast<uint32_t>(HexDigit(at[i]));
  return code;
}

}  // namespace

std::optional<std::string_view> ReadJson(std::string_view text) {
  // SkipValue may look at the byte behind a value, which a document of one bare word does not have;
  // it is never asked there.
  const char* end = text.data() + text.size();
  const char* begin = SkipBlanks(text.data(), end);
  const char* close = CheckValue(begin, end, 0);
  if (close == nullptr || SkipBlanks(close, end) != end) return std::nullopt;
  return std::string_view(begin, static_cast<size_t>(close - begin));
}

JsonKind JsonKindOf(std::string_view value) {
  switch (value[0]) {
    case '{':
      return JsonKind::kObject;
    case '[':
      return JsonKind::kArray;
    case '"':
      return JsonKind::kString;
    case 't':
    case 'f':
      return JsonKind::kBoolean;
    case 'n':
      return JsonKind::kNull;
    default:
      return JsonKind::kNumber;
  }
}

JsonItems::JsonItems(std::string_view collection)
    : at_(collection.data() + 1),
      end_(collection.data() + collection.size() - 1),
      is_object_(collection[0] == '{') {}

bool JsonItems::Next() {
  at_ = SkipBlanks(at_, end_);
  if (at_ < end_ && *at_ == ',') at_ = SkipBlanks(at_ + 1, end_);
  if (at_ == end_) return false;
  if (is_object_) {
    const char* close = SkipValue(at_);
    name_ = {at_, static_cast<size_t>(close - at_)};
    at_ = SkipBlanks(SkipBlanks(close, end_) + 1, end_);
  }
  const char* close = SkipValue(at_);
  value_ = {at_, static_cast<size_t>(close - at_)};
  at_ = close;
  return true;
}

bool IsJsonName(std::string_view name, std::string_view wanted) {
  const std::string_view inner = name.substr(1, name.size() - 2);
  if (inner.find('\\') == std::string_view::npos) return inner == wanted;
  std::string unquoted;
  AppendUnquoted(name, &unquoted);
  return unquoted == wanted;
}

void AppendUnquoted(std::string_view quoted, std::string* out) {
  const char* at = quoted.data() + 1;
  const char* end = quoted.data() + quoted.size() - 1;
  while (at < end) {
    if (*at != '\\') {
      out->push_back(*at++);
      continue;
    }
    const char escape = at[1];
    at += 2;
    switch (escape) {
      case 'b':
        out->push_back('\b');
        break;
      case 'f':
        out->push_back('\f');
        break;
      case 'n':
        out->push_back('\n');
        break;
      case 'r':
        out->push_back('\r');
        break;
      case 't':
        out->push_back('\t');
        break;
      case 'u': {
        uint32_t code = FourHexDigits(at);
        at += 4;
        const bool high = code >= 0xD800 && code < 0xDC00;
        if (high && end - at >= 6 && at[0] == '\\' && at[1] == 'u') {
          const uint32_t low = FourHexDigits(at + 2);
          if (low >= 0xDC00 && low < 0xE000) {
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
            at += 6;
          }
        }
        // Half a pair is no character.
        AppendUtf8(code >= 0xD800 && code < 0xE000 ? 0xFFFD : code, out);
        break;
      }
      default:
        out->push_back(escape);
    }
  }
}

void AppendQuoted(std::string_view text, std::string* out) {
  constexpr char kHex[] = "0123456789ABCDEF";
  out->push_back('"');
  for (char c : text) {
    switch (c) {
      case '"':
      case '\\':
        out->push_back('\\');
        out->push_back(c);
        break;
      case '\b':
        *out += "\\b";
        break;
      case '\f':
        *out += "\\f";
        break;
      case '\n':
        *out += "\\n";
        break;
      case '\r':
        *out += "\\r";
        break;
      case '\t':
        *out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          *out += "\\u00";
          out->push_back(kHex[c >> 4]);
          out->push_back(kHex[c & 15]);
        } else {
          out->push_back(c);
        }
    }
  }
  out->push_back('"');
}

void AppendNumber(std::string_view number, std::string* out) {
  if (number.find_first_of(".eE") == std::string_view::npos) {
    *out += number == "-0" ? "0" : number;
    return;
  }
  double value = 0;
  if (flinkc_native_parse_f64(number.data(), static_cast<int64_t>(number.size()), &value) !=
      kKernelOk) {
    *out += number;
    return;
  }
  char text[kDoubleTextBytes];
  out->append(text, static_cast<size_t>(flinkc_native_format_f64(value, text)));
}

void AppendCompact(std::string_view value, std::string* out) {
  switch (JsonKindOf(value)) {
    case JsonKind::kNumber:
      return AppendNumber(value, out);
    case JsonKind::kString: {
      if (value.find('\\') == std::string_view::npos) {
        *out += value;
        return;
      }
      std::string content;
      AppendUnquoted(value, &content);
      return AppendQuoted(content, out);
    }
    case JsonKind::kArray:
    case JsonKind::kObject: {
      const bool is_object = value[0] == '{';
      out->push_back(value[0]);
      JsonItems items(value);
      for (bool first = true; items.Next(); first = false) {
        if (!first) out->push_back(',');
        if (is_object) {
          AppendCompact(items.name(), out);
          out->push_back(':');
        }
        AppendCompact(items.value(), out);
      }
      out->push_back(is_object ? '}' : ']');
      return;
    }
    default:
      *out += value;
  }
}

}  // namespace flinkc
