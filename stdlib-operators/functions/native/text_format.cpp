#include "stdlib-operators/functions/native/text_format.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string_view>
#include <variant>

#include "stdlib-operators/functions/native/math.h"
#include "stdlib-operators/functions/native/utf8.h"
#include "stdlib-operators/kernels/native/float_text.h"
#include "stdlib-operators/kernels/state_text.h"
#include "stdlib-operators/kernels/text.h"

namespace flinkc {
namespace {

enum class Charset : uint8_t { kUtf8, kAscii, kLatin1, kUtf16, kUtf16Be, kUtf16Le };

std::optional<Charset> CharsetOf(const Value& value) {
  constexpr std::pair<std::string_view, Charset> kNames[] = {
      {"UTF-8", Charset::kUtf8},        {"US-ASCII", Charset::kAscii},
      {"ISO-8859-1", Charset::kLatin1}, {"UTF-16", Charset::kUtf16},
      {"UTF-16BE", Charset::kUtf16Be},  {"UTF-16LE", Charset::kUtf16Le},
  };
  const auto* text = std::get_if<std::string>(&value.data);
  if (text == nullptr) return std::nullopt;
  std::string upper = *text;
  std::ranges::transform(upper, upper.begin(), [](char c) {
    return static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  });
  for (auto [name, charset] : kNames) {
    if (name == upper) return charset;
  }
  return std::nullopt;
}

Charset CharsetOf(const void* state) { return *static_cast<const Charset*>(state); }

// The characters of UTF-8; what is none is U+FFFD.
std::u32string CharactersOf(std::string_view text) {
  constexpr char32_t kReplacement = 0xFFFD;
  std::u32string characters;
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t more = lead < 0x80    ? 0
                        : lead >= 0xF0 ? 3
                        : lead >= 0xE0 ? 2
                        : lead >= 0xC2 ? 1
                                       : 9;
    char32_t code = more == 0 ? lead : lead & (0x3F >> more);
    bool valid = more < 4 && i + more < text.size();
    for (size_t k = 1; valid && k <= more; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      valid = (next & 0xC0) == 0x80;
      code = code << 6 | (next & 0x3F);
    }
    characters.push_back(valid ? code : kReplacement);
    i += valid ? more + 1 : 1;
  }
  return characters;
}

void AppendUnit(uint32_t unit, bool little, std::string* out) {
  const char high = static_cast<char>(unit >> 8), low = static_cast<char>(unit & 0xFF);
  out->push_back(little ? low : high);
  out->push_back(little ? high : low);
}

std::string DecodeUtf16(std::string_view bytes, Charset charset) {
  bool little = charset == Charset::kUtf16Le;
  if (charset == Charset::kUtf16 && bytes.size() >= 2) {
    // A mark at the begin says which byte comes first.
    const bool big_mark = bytes.starts_with("\xFE\xFF"),
               little_mark = bytes.starts_with("\xFF\xFE");
    if (big_mark || little_mark) bytes.remove_prefix(2);
    little = little_mark;
  }
  std::string text;
  const auto unit_at = [&](size_t i) {
    const uint32_t first = static_cast<unsigned char>(bytes[i]),
                   second = static_cast<unsigned char>(bytes[i + 1]);
    return little ? second << 8 | first : first << 8 | second;
  };
  for (size_t i = 0; i + 1 < bytes.size(); i += 2) {
    char32_t code = unit_at(i);
    if (code >= 0xD800 && code < 0xDC00 && i + 3 < bytes.size()) {
      const uint32_t low = unit_at(i + 2);
      if (low >= 0xDC00 && low < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        i += 2;
      }
    }
    AppendUtf8(code >= 0xD800 && code < 0xE000 ? 0xFFFD : code, &text);
  }
  if (bytes.size() % 2 != 0) AppendUtf8(0xFFFD, &text);
  return text;
}

int32_t GiveString(KernelContext* context, const std::string& text, StringValue* out) {
  return GiveCopy(context, text.data(), static_cast<uint32_t>(text.size()), out);
}

// ---- printf ----

// One conversion of java.util.Formatter: %[index$][flags][width][.precision]conversion.
struct Conversion {
  int64_t index = 0;  // 0: the next argument
  bool left = false, plus = false, space = false, zero = false, comma = false, alternate = false;
  int64_t width = 0;
  int64_t precision = -1;
  char type = 0;
};

constexpr int64_t kWidthMax = 100'000;

bool ReadConversion(std::string_view* rest, Conversion* conversion) {
  const auto number = [rest](int64_t* value) {
    size_t digits = 0;
    *value = 0;
    for (; digits < rest->size() && (*rest)[digits] >= '0' && (*rest)[digits] <= '9'; ++digits) {
      *value = std::min<int64_t>(*value * 10 + ((*rest)[digits] - '0'), kWidthMax + 1);
    }
    return digits;
  };
  int64_t value = 0;
  size_t digits = number(&value);
  if (digits > 0 && digits < rest->size() && (*rest)[digits] == '$') {
    conversion->index = value;
    rest->remove_prefix(digits + 1);
    if (value == 0) return false;
  }
  for (bool flag = true; flag && !rest->empty();) {
    switch ((*rest)[0]) {
      case '-':
        conversion->left = true;
        break;
      case '+':
        conversion->plus = true;
        break;
      case ' ':
        conversion->space = true;
        break;
      case '0':
        conversion->zero = true;
        break;
      case ',':
        conversion->comma = true;
        break;
      case '#':
        conversion->alternate = true;
        break;
      default:
        flag = false;
        continue;
    }
    rest->remove_prefix(1);
  }
  digits = number(&conversion->width);
  rest->remove_prefix(digits);
  if (!rest->empty() && (*rest)[0] == '.') {
    rest->remove_prefix(1);
    digits = number(&conversion->precision);
    if (digits == 0) return false;
    rest->remove_prefix(digits);
  }
  if (rest->empty() || conversion->width > kWidthMax || conversion->precision > kWidthMax) {
    return false;
  }
  conversion->type = (*rest)[0];
  rest->remove_prefix(1);
  return true;
}

template <typename T>
T Load(const PackedArgument& argument) {
  T value;
  std::memcpy(&value, argument.bytes, sizeof(value));
  return value;
}

std::optional<int64_t> IntegerOf(const PackedArgument& argument) {
  switch (static_cast<ElementKind>(argument.kind)) {
    case ElementKind::kI8:
      return Load<int8_t>(argument);
    case ElementKind::kI16:
      return Load<int16_t>(argument);
    case ElementKind::kI32:
      return Load<int32_t>(argument);
    case ElementKind::kI64:
      return Load<int64_t>(argument);
    default:
      return std::nullopt;
  }
}

std::optional<double> DoubleOf(const PackedArgument& argument) {
  switch (static_cast<ElementKind>(argument.kind)) {
    case ElementKind::kF32:
      return Load<float>(argument);
    case ElementKind::kF64:
      return Load<double>(argument);
    default:
      return std::nullopt;
  }
}

// As %s prints it.
std::string PlainText(const PackedArgument& argument) {
  if (!argument.valid) return "null";
  if (const auto integer = IntegerOf(argument)) return std::to_string(*integer);
  char text[kDoubleTextBytes];
  switch (static_cast<ElementKind>(argument.kind)) {
    case ElementKind::kBoolean:
      return Load<uint8_t>(argument) != 0 ? "true" : "false";
    case ElementKind::kF32:
      return {text, static_cast<size_t>(flinkc_native_format_f32(Load<float>(argument), text))};
    case ElementKind::kF64:
      return {text, static_cast<size_t>(flinkc_native_format_f64(Load<double>(argument), text))};
    default:
      return std::string(reinterpret_cast<const StringValue*>(argument.bytes)->view());
  }
}

// Digits with commas between groups of three; `digits` may have a fraction.
std::string Grouped(const std::string& digits) {
  const size_t whole = std::min(digits.find('.'), digits.size());
  std::string grouped;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && i < whole && (whole - i) % 3 == 0) grouped.push_back(',');
    grouped.push_back(digits[i]);
  }
  return grouped;
}

// A number's magnitude with its sign, padded by zeros where that is asked for.
std::string Signed(const Conversion& conversion, bool negative, std::string magnitude) {
  if (conversion.comma) magnitude = Grouped(magnitude);
  const std::string sign = negative ? "-" : conversion.plus ? "+" : conversion.space ? " " : "";
  const auto width = static_cast<size_t>(conversion.width);
  if (conversion.zero && sign.size() + magnitude.size() < width) {
    magnitude.insert(0, width - sign.size() - magnitude.size(), '0');
  }
  return sign + magnitude;
}

std::optional<std::string> FormatInteger(const Conversion& conversion, int64_t value, int bytes) {
  if (conversion.precision >= 0) return std::nullopt;
  if (conversion.type == 'd') {
    const uint64_t magnitude =
        value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
    return Signed(conversion, value < 0, std::to_string(magnitude));
  }
  // The bits of a negative number, as wide as its type.
  auto bits = static_cast<uint64_t>(value);
  if (bytes < 8) bits &= (uint64_t{1} << (bytes * 8)) - 1;
  char text[32];
  const int size = std::snprintf(text, sizeof(text), conversion.type == 'o' ? "%lo" : "%lx", bits);
  std::string digits(text, static_cast<size_t>(size));
  if (conversion.alternate) digits.insert(0, conversion.type == 'o' ? "0" : "0x");
  return Signed(conversion, false, std::move(digits));
}

std::optional<std::string> FormatDouble(const Conversion& conversion, double value) {
  if (!std::isfinite(value)) {
    Conversion unpadded = conversion;
    unpadded.zero = unpadded.comma = false;
    return std::isnan(value) ? "NaN" : Signed(unpadded, value < 0, "Infinity");
  }
  const int precision = conversion.precision < 0 ? 6 : static_cast<int>(conversion.precision);
  // Half up on the shortest digits, as Java does; snprintf alone would round the binary value.
  if (conversion.type == 'f') value = flinkc_native_round_f64(value, precision);
  const char format[] = {'%', '.', '*', conversion.type, '\0'};
  std::string text(static_cast<size_t>(precision) + 330, '\0');
  const int size = std::snprintf(text.data(), text.size(), format, precision, std::abs(value));
  text.resize(static_cast<size_t>(size));
  return Signed(conversion, std::signbit(value), std::move(text));
}

std::optional<std::string> FormatOne(const Conversion& conversion, const PackedArgument& argument) {
  char type = conversion.type;
  const bool upper = type >= 'A' && type <= 'Z';
  Conversion lower = conversion;
  if (upper) lower.type = type = static_cast<char>(type - 'A' + 'a');
  std::optional<std::string> text;
  const auto kind = static_cast<ElementKind>(argument.kind);
  switch (type) {
    case 's':
      text = PlainText(argument);
      break;
    case 'b':
      text = !argument.valid                 ? "false"
             : kind == ElementKind::kBoolean ? PlainText(argument)
                                             : "true";
      break;
    case 'd':
    case 'o':
    case 'x':
      if (upper && type != 'x') return std::nullopt;
      if (!argument.valid) {
        text = "null";
      } else if (const auto integer = IntegerOf(argument)) {
        text = FormatInteger(lower, *integer, static_cast<int>(SlotBytes(kind)));
      }
      break;
    case 'f':
    case 'e':
      if (upper && type == 'f') return std::nullopt;
      if (!argument.valid) {
        text = "null";
      } else if (const auto number = DoubleOf(argument)) {
        text = FormatDouble(lower, *number);
      }
      break;
    default:
      return std::nullopt;
  }
  if (!text) return std::nullopt;
  const bool cuts = type == 's' || type == 'b';
  if (cuts && conversion.precision >= 0) {
    const auto characters = CharactersOf(*text);
    if (characters.size() > static_cast<size_t>(conversion.precision)) {
      text->clear();
      for (int64_t i = 0; i < conversion.precision; ++i) {
        AppendUtf8(characters[static_cast<size_t>(i)], &*text);
      }
    }
  }
  if (upper) {
    for (char& c : *text) {
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
  }
  const size_t length = CharactersOf(*text).size();
  const auto width = static_cast<size_t>(conversion.width);
  if (length < width) text->insert(conversion.left ? text->size() : 0, width - length, ' ');
  return text;
}

}  // namespace

std::optional<std::string> CheckCharset(std::span<const Value> constants) {
  if (CharsetOf(constants[0])) return std::nullopt;
  return "there is no such character set here: US-ASCII, ISO-8859-1, UTF-8, UTF-16, UTF-16BE and "
         "UTF-16LE are known";
}

FunctionState PrepareCharset(std::span<const Value> constants) {
  return std::make_shared<Charset>(CharsetOf(constants[0]).value_or(Charset::kUtf8));
}

}  // namespace flinkc

using namespace flinkc;  // the definitions below are what the header declares

extern "C" {

int32_t flinkc_native_printf(KernelContext* context, const PackedArgument* arguments, int64_t count,
                             StringValue* out) {
  if (!arguments[0].valid) return kKernelNull;
  std::string_view rest = reinterpret_cast<const StringValue*>(arguments[0].bytes)->view();
  std::string text;
  int64_t next = 0;
  while (!rest.empty()) {
    const size_t percent = std::min(rest.find('%'), rest.size());
    text.append(rest.substr(0, percent));
    rest.remove_prefix(percent);
    if (rest.empty()) break;
    rest.remove_prefix(1);
    Conversion conversion;
    if (!ReadConversion(&rest, &conversion)) return kKernelNull;
    if (conversion.type == '%' || conversion.type == 'n') {
      text.push_back(conversion.type == 'n' ? '\n' : '%');
      continue;
    }
    const int64_t index = conversion.index > 0 ? conversion.index : ++next;
    if (index >= count) return kKernelNull;
    const auto piece = FormatOne(conversion, arguments[index]);
    if (!piece) return kKernelNull;
    text.append(*piece);
  }
  return GiveString(context, text, out);
}

int32_t flinkc_native_elt(const PackedArgument* arguments, int64_t count, StringValue* out) {
  if (!arguments[0].valid) return kKernelNull;
  const int64_t index = Load<int64_t>(arguments[0]);
  if (index < 1 || index >= count || !arguments[index].valid) return kKernelNull;
  std::memcpy(out, arguments[index].bytes, sizeof(*out));
  return kKernelOk;
}

int32_t flinkc_native_encode(KernelContext* context, const void* state, const StringValue* text,
                             StringValue* out) {
  const Charset charset = CharsetOf(state);
  if (charset == Charset::kUtf8) return GiveCopy(context, text->data(), text->size, out);
  std::string bytes;
  // Java marks the order of the bytes where the name does not say it.
  if (charset == Charset::kUtf16) bytes = "\xFE\xFF";
  for (const char32_t code : CharactersOf(text->view())) {
    if (charset == Charset::kAscii || charset == Charset::kLatin1) {
      const bool fits = code < (charset == Charset::kAscii ? 0x80u : 0x100u);
      bytes.push_back(fits ? static_cast<char>(code) : '?');
    } else if (code < 0x10000) {
      AppendUnit(code, charset == Charset::kUtf16Le, &bytes);
    } else {
      AppendUnit(0xD800 + ((code - 0x10000) >> 10), charset == Charset::kUtf16Le, &bytes);
      AppendUnit(0xDC00 + ((code - 0x10000) & 0x3FF), charset == Charset::kUtf16Le, &bytes);
    }
  }
  return GiveString(context, bytes, out);
}

int32_t flinkc_native_decode(KernelContext* context, const void* state, const StringValue* bytes,
                             StringValue* out) {
  const Charset charset = CharsetOf(state);
  std::string text;
  switch (charset) {
    case Charset::kUtf8:
      for (const char32_t code : CharactersOf(bytes->view())) AppendUtf8(code, &text);
      break;
    case Charset::kAscii:
    case Charset::kLatin1:
      for (const char c : bytes->view()) {
        const auto byte = static_cast<unsigned char>(c);
        AppendUtf8(charset == Charset::kAscii && byte >= 0x80 ? 0xFFFD : byte, &text);
      }
      break;
    default:
      text = DecodeUtf16(bytes->view(), charset);
  }
  return GiveString(context, text, out);
}

}  // extern "C"
