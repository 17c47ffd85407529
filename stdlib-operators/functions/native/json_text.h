// JSON as text: values are ranges of a document that was found to be well-formed, so that nothing
// is built to look into it. Strict as RFC 8259; of members with the same name the last counts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace flinkc {

enum class JsonKind : uint8_t { kNull, kBoolean, kNumber, kString, kArray, kObject };

// The one value of `text`, without the blanks around it; nullopt: it is no JSON.
std::optional<std::string_view> ReadJson(std::string_view text);

// Of a value as ReadJson or a JsonItems gives it.
JsonKind JsonKindOf(std::string_view value);
inline bool IsJsonScalar(std::string_view value) { return JsonKindOf(value) < JsonKind::kArray; }

// The elements of an array, or the members of an object, one after the other.
class JsonItems {
 public:
  explicit JsonItems(std::string_view collection);

  bool Next();
  // Of an object's member: the name, still in quotes.
  std::string_view name() const { return name_; }
  std::string_view value() const { return value_; }

 private:
  const char* at_;
  const char* end_;
  bool is_object_;
  std::string_view name_;
  std::string_view value_;
};

// Whether the name, in quotes, is `wanted`.
bool IsJsonName(std::string_view name, std::string_view wanted);

// The content of a string in quotes, escapes replaced.
void AppendUnquoted(std::string_view quoted, std::string* out);
// The text in quotes, with only the escapes that JSON asks for.
void AppendQuoted(std::string_view text, std::string* out);
// A number as Java prints it: 1.10 is 1.1.
void AppendNumber(std::string_view number, std::string* out);
// The value without blanks, strings and numbers in their shortest form.
void AppendCompact(std::string_view value, std::string* out);

}  // namespace flinkc
