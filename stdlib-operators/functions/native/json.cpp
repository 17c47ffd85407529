#include "stdlib-operators/functions/native/json.h"

#include <charconv>
#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "stdlib-operators/functions/native/element_list.h"
#include "stdlib-operators/functions/native/json_path.h"
#include "stdlib-operators/functions/native/json_text.h"
#include "stdlib-operators/kernels/native/float_text.h"
#include "stdlib-operators/kernels/state_text.h"

namespace flinkc {
namespace {

// What is given where there is nothing, or an error.
enum class Otherwise : uint8_t {
  kNull,
  kError,
  kDefault,
  kEmptyArray,
  kEmptyObject,
  kTrue,
  kFalse,
  kUnknown,
};

enum class Wrapper : uint8_t { kWithout, kConditional, kUnconditional };

struct PreparedPath {
  JsonPath path;
  Wrapper wrapper = Wrapper::kWithout;
  Otherwise on_empty = Otherwise::kNull;
  Otherwise on_error = Otherwise::kNull;
};

const PreparedPath& PathOf(const void* state) { return *static_cast<const PreparedPath*>(state); }

Otherwise OtherwiseOf(std::string_view word) {
  constexpr std::pair<std::string_view, Otherwise> kWords[] = {
      {"NULL", Otherwise::kNull},        {"UNKNOWN", Otherwise::kUnknown},
      {"ERROR", Otherwise::kError},      {"DEFAULT", Otherwise::kDefault},
      {"ARRAY", Otherwise::kEmptyArray}, {"OBJECT", Otherwise::kEmptyObject},
      {"TRUE", Otherwise::kTrue},        {"FALSE", Otherwise::kFalse},
  };
  for (auto [name, otherwise] : kWords) {
    if (name == word) return otherwise;
  }
  return Otherwise::kNull;
}

std::vector<std::string_view> Words(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const size_t end = text.find(' ');
    words.push_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return words;
}

enum class Outcome : uint8_t { kFound, kEmpty, kError };

// What the path leads to in the document: one value, or `text` with an array of them.
struct Lookup {
  Outcome outcome = Outcome::kError;
  std::string_view value;
};

// `several` keeps the array of a path that leads to more than one place.
Lookup Look(const PreparedPath& prepared, std::string_view document, std::string* several) {
  const JsonPath& path = prepared.path;
  const Outcome nothing = path.is_lax() ? Outcome::kEmpty : Outcome::kError;
  const auto root = ReadJson(document);
  if (!root) return {nothing, {}};
  const std::vector<std::string_view> found = path.Find(*root);
  if (!path.is_definite()) {
    *several = "[";
    for (std::string_view value : found) {
      if (several->size() > 1) several->push_back(',');
      several->append(value);
    }
    several->push_back(']');
    return {Outcome::kFound, *several};
  }
  if (found.empty()) return {nothing, {}};
  if (JsonKindOf(found[0]) == JsonKind::kNull) return {Outcome::kEmpty, {}};
  return {Outcome::kFound, found[0]};
}

int32_t GiveBytes(KernelContext* context, const std::string& text, StringValue* out) {
  return GiveCopy(context, text.data(), static_cast<uint32_t>(text.size()), out);
}

int32_t GiveNumber(KernelContext* context, double number, std::string_view text, StringValue* out) {
  if (std::isfinite(number)) {
    return GiveCopy(context, text.data(), static_cast<uint32_t>(text.size()), out);
  }
  return GiveBytes(context, '"' + std::string(text) + '"', out);
}

template <typename T>
int32_t GiveFixed(T value, void* out) {
  std::memcpy(out, &value, sizeof(value));
  return kKernelOk;
}

// False: the scalar is not of the type.
template <typename T>
bool ReadInteger(std::string_view value, T* number) {
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), *number);
  return error == std::errc() && end == value.data() + value.size();
}

bool GiveScalar(KernelContext* context, std::string_view value, JsonReturning returning,
                void* out) {
  const JsonKind kind = JsonKindOf(value);
  switch (returning) {
    case JsonReturning::kString: {
      std::string text;
      if (kind == JsonKind::kString) {
        AppendUnquoted(value, &text);
      } else {
        AppendCompact(value, &text);
      }
      GiveBytes(context, text, static_cast<StringValue*>(out));
      return true;
    }
    case JsonReturning::kBoolean:
      if (kind != JsonKind::kBoolean) return false;
      GiveFixed<uint8_t>(value == "true", out);
      return true;
    case JsonReturning::kInt: {
      int32_t number = 0;
      if (kind != JsonKind::kNumber || !ReadInteger(value, &number)) return false;
      GiveFixed(number, out);
      return true;
    }
    case JsonReturning::kBigint: {
      int64_t number = 0;
      if (kind != JsonKind::kNumber || !ReadInteger(value, &number)) return false;
      GiveFixed(number, out);
      return true;
    }
    case JsonReturning::kDouble: {
      double number = 0;
      if (kind != JsonKind::kNumber ||
          flinkc_native_parse_f64(value.data(), static_cast<int64_t>(value.size()), &number) !=
              kKernelOk) {
        return false;
      }
      GiveFixed(number, out);
      return true;
    }
  }
  return false;
}

int32_t GiveDefault(const PackedArgument& value, void* out) {
  if (!value.valid) return kKernelNull;
  GiveValue(ElementOf(value), static_cast<ElementKind>(value.kind), out);
  return kKernelOk;
}

// The value that json_query gives, in `text`; kKernelOk, kKernelNull or a failure.
int32_t Query(const PreparedPath& prepared, std::string_view document, std::string* text) {
  std::string several;
  Lookup lookup = Look(prepared, document, &several);
  const bool wraps =
      lookup.outcome == Outcome::kFound &&
      (prepared.wrapper == Wrapper::kUnconditional ||
       (prepared.wrapper == Wrapper::kConditional && JsonKindOf(lookup.value) != JsonKind::kArray));
  if (lookup.outcome == Outcome::kFound && !wraps && IsJsonScalar(lookup.value)) {
    lookup.outcome = prepared.path.is_lax() ? Outcome::kEmpty : Outcome::kError;
  }
  if (lookup.outcome == Outcome::kFound) {
    if (wraps) text->push_back('[');
    AppendCompact(lookup.value, text);
    if (wraps) text->push_back(']');
    return kKernelOk;
  }
  switch (lookup.outcome == Outcome::kEmpty ? prepared.on_empty : prepared.on_error) {
    case Otherwise::kError:
      return Failure(RowStatus::kInvalidArgument);
    case Otherwise::kEmptyArray:
      *text = "[]";
      return kKernelOk;
    case Otherwise::kEmptyObject:
      *text = "{}";
      return kKernelOk;
    default:
      return kKernelNull;
  }
}

}  // namespace

std::optional<std::string> CheckJsonPath(std::span<const Value> constants) {
  const auto* text = std::get_if<std::string>(&constants[0].data);
  if (text == nullptr) return "the path is NULL";
  std::string problem;
  if (JsonPath::Parse(*text, &problem)) return std::nullopt;
  return "the path `" + *text + "` is not valid: " + problem;
}

FunctionState PrepareJsonPath(std::span<const Value> constants) {
  std::string problem;
  auto prepared = std::make_shared<PreparedPath>();
  const auto* text = std::get_if<std::string>(&constants[0].data);
  if (auto path = JsonPath::Parse(text == nullptr ? "$" : *text, &problem)) {
    prepared->path = *std::move(path);
  }
  const auto* options =
      constants.size() < 2 ? nullptr : std::get_if<std::string>(&constants[1].data);
  if (options == nullptr) return prepared;
  const std::vector<std::string_view> words = Words(*options);
  if (words.size() == 1) prepared->on_error = OtherwiseOf(words[0]);
  if (words.size() < 3) return prepared;
  prepared->wrapper = words[0] == "CONDITIONAL"     ? Wrapper::kConditional
                      : words[0] == "UNCONDITIONAL" ? Wrapper::kUnconditional
                                                    : Wrapper::kWithout;
  prepared->on_empty = OtherwiseOf(words[1]);
  prepared->on_error = OtherwiseOf(words[2]);
  return prepared;
}

}  // namespace flinkc

using namespace flinkc;  // the definitions below are what the header declares

extern "C" {

int32_t flinkc_native_json_value(KernelContext* context, const void* state,
                                 const PackedArgument* arguments, int64_t count, int64_t returning,
                                 void* out) {
  if (!arguments[0].valid) return kKernelNull;
  const PreparedPath& prepared = PathOf(state);
  const auto* document = reinterpret_cast<const StringValue*>(arguments[0].bytes);
  std::string several;
  Lookup lookup = Look(prepared, document->view(), &several);
  if (lookup.outcome == Outcome::kFound && !IsJsonScalar(lookup.value)) {
    lookup.outcome = prepared.path.is_lax() ? Outcome::kEmpty : Outcome::kError;
  }
  if (lookup.outcome == Outcome::kFound) {
    if (GiveScalar(context, lookup.value, static_cast<JsonReturning>(returning), out)) {
      return kKernelOk;
    }
    lookup.outcome = Outcome::kError;
  }
  const bool empty = lookup.outcome == Outcome::kEmpty;
  switch (empty ? prepared.on_empty : prepared.on_error) {
    case Otherwise::kError:
      return Failure(RowStatus::kInvalidArgument);
    case Otherwise::kDefault:
      return GiveDefault(arguments[empty ? 1 : 2], out);
    default:
      return kKernelNull;
  }
}

int32_t flinkc_native_json_query(KernelContext* context, const void* state, const StringValue* json,
                                 StringValue* out) {
  std::string text;
  const int32_t status = Query(PathOf(state), json->view(), &text);
  return status == kKernelOk ? GiveBytes(context, text, out) : status;
}

int32_t flinkc_native_json_query_array(KernelContext* context, const void* state,
                                       const StringValue* json, StringValue* out) {
  std::string text;
  const int32_t status = Query(PathOf(state), json->view(), &text);
  if (status != kKernelOk) return status;
  if (JsonKindOf(text) != JsonKind::kArray) {
    return PathOf(state).on_error == Otherwise::kError ? Failure(RowStatus::kInvalidArgument)
                                                       : kKernelNull;
  }
  std::vector<std::string> texts;
  std::vector<bool> valid;
  JsonItems items(text);
  while (items.Next()) {
    const JsonKind kind = JsonKindOf(items.value());
    texts.emplace_back();
    valid.push_back(kind != JsonKind::kNull);
    if (kind == JsonKind::kString) {
      AppendUnquoted(items.value(), &texts.back());
    } else {
      texts.back() = items.value();
    }
  }
  ElementList elements;
  for (size_t i = 0; i < texts.size(); ++i) {
    if (valid[i]) {
      elements.push_back({texts[i].data(), static_cast<uint32_t>(texts[i].size())});
    } else {
      elements.push_back({});
    }
  }
  return GiveArray(context, elements, ElementKind::kText, out);
}

int32_t flinkc_native_json_exists(const void* state, const StringValue* json, bool* out) {
  const PreparedPath& prepared = PathOf(state);
  std::string several;
  const Lookup lookup = Look(prepared, json->view(), &several);
  if (lookup.outcome != Outcome::kError) {
    *out = lookup.outcome == Outcome::kFound;
    return kKernelOk;
  }
  if (prepared.on_error == Otherwise::kError) return Failure(RowStatus::kInvalidArgument);
  if (prepared.on_error == Otherwise::kUnknown) return kKernelNull;
  *out = prepared.on_error == Otherwise::kTrue;
  return kKernelOk;
}

int32_t flinkc_native_json_objectagg_result(KernelContext* context, const ValuesState* state,
                                            StringValue* out) {
  // In the order in which the names first came, each with its last value.
  std::vector<std::pair<std::string_view, std::string_view>> members;
  std::unordered_map<std::string_view, size_t> by_name;
  for (KeptValues kept(*state); kept.Next();) {
    const std::string_view name(kept.bytes(), kept.size());
    kept.Next();
    const auto [found, is_new] = by_name.emplace(name, members.size());
    if (is_new) members.emplace_back(name, std::string_view());
    members[found->second].second = {kept.bytes(), kept.size()};
  }
  std::string text = "{";
  for (const auto& [name, value] : members) {
    if (text.size() > 1) text.push_back(',');
    text.append(name).push_back(':');
    text.append(value);
  }
  text.push_back('}');
  return GiveBytes(context, text, out);
}

bool flinkc_native_is_json(const StringValue* text, int64_t kinds) {
  const auto value = ReadJson(text->view());
  return value && (kinds >> static_cast<int64_t>(JsonKindOf(*value)) & 1) != 0;
}

int32_t flinkc_native_json_string(KernelContext* context, const StringValue* text,
                                  StringValue* out) {
  std::string quoted;
  AppendQuoted(text->view(), &quoted);
  return GiveBytes(context, quoted, out);
}

int32_t flinkc_native_json_quote(KernelContext* context, const StringValue* text,
                                 StringValue* out) {
  std::string quoted;
  AppendQuoted(text->view(), &quoted);
  // Flink's also escapes the slash, and all that is not ASCII, in UTF-16.
  constexpr char kHex[] = "0123456789abcdef";
  std::string ascii;
  const auto add_unit = [&](uint32_t unit) {
    ascii += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) ascii.push_back(kHex[unit >> shift & 15]);
  };
  for (size_t i = 0; i < quoted.size(); ++i) {
    const auto c = static_cast<unsigned char>(quoted[i]);
    if (c == '/') {
      ascii += "\\/";
    } else if (c < 0x80) {
      ascii.push_back(static_cast<char>(c));
    } else {
      const int more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;
      uint32_t code = c & (0x3Fu >> more);
      for (int k = 0; k < more && i + 1 < quoted.size(); ++k) {
        code = code << 6 | (static_cast<unsigned char>(quoted[++i]) & 0x3Fu);
      }
      if (code >= 0x10000) {
        add_unit(0xD800 + ((code - 0x10000) >> 10));
        add_unit(0xDC00 + ((code - 0x10000) & 0x3FF));
      } else {
        add_unit(code);
      }
    }
  }
  return GiveBytes(context, ascii, out);
}

int32_t flinkc_native_json_unquote(KernelContext* context, const StringValue* text,
                                   StringValue* out) {
  const auto value = ReadJson(text->view());
  if (!value || value->size() != text->size || JsonKindOf(*value) != JsonKind::kString) {
    return GiveCopy(context, text->data(), text->size, out);
  }
  std::string content;
  AppendUnquoted(*value, &content);
  return GiveBytes(context, content, out);
}

int32_t flinkc_native_json_f64(KernelContext* context, double number, StringValue* out) {
  char text[kDoubleTextBytes];
  return GiveNumber(context, number,
                    {text, static_cast<size_t>(flinkc_native_format_f64(number, text))}, out);
}

int32_t flinkc_native_json_f32(KernelContext* context, float number, StringValue* out) {
  char text[kDoubleTextBytes];
  return GiveNumber(context, number,
                    {text, static_cast<size_t>(flinkc_native_format_f32(number, text))}, out);
}

}  // extern "C"
