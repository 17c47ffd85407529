#include "compiler/spec/names.h"

namespace flinkc {

namespace {

constexpr size_t kMaxNameLength = 128;
constexpr size_t kMaxColumnNameLength = 256;

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsLetterOrDigit(char c) { return IsLetter(c) || (c >= '0' && c <= '9'); }

}  // namespace

bool IsIdentifier(std::string_view name) {
  if (name.empty() || name.size() > kMaxNameLength || !IsLetter(name[0])) return false;
  for (char c : name) {
    if (!IsLetterOrDigit(c)) return false;
  }
  return true;
}

std::string ToIdentifier(std::string_view name) {
  std::string identifier;
  for (char c : name) identifier += IsLetterOrDigit(c) ? c : '_';
  if (!identifier.empty() && !IsLetter(identifier[0])) identifier.insert(0, "_");
  bool has_text = identifier.find_first_not_of('_') != std::string::npos;
  return has_text && IsIdentifier(identifier) ? identifier : std::string();
}

std::string_view WhyNoColumnName(std::string_view name) {
  if (name.empty()) return "it is empty";
  if (name.size() > kMaxColumnNameLength) return "it is longer than 256 bytes";
  for (char c : name) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return "it has a control character";
    // Expressions quote a name in backticks.
    if (c == '`') return "it has a backtick";
  }
  return {};
}

}  // namespace flinkc
