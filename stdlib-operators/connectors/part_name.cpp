#include "stdlib-operators/connectors/part_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "runtime/abi/hash.h"

namespace flinkc {

namespace {

constexpr std::string_view kPrefix = "part-";
constexpr std::string_view kSuffix = ".inprogress";
constexpr size_t kTagDigits = 16;

bool IsTag(std::string_view text) {
  return text.size() == kTagDigits && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

uint64_t HashText(std::string_view text) {
  return HashBytes(text.data(), static_cast<uint32_t>(text.size()));
}

}  // namespace

std::string MakePartName(const PartName& part, std::string_view extension) {
  return fmt::format("{}{}-{}.{}", kPrefix, part.subtask, part.number, extension);
}

std::optional<PartName> ParsePartName(std::string_view name) {
  if (!name.starts_with(kPrefix)) return std::nullopt;
  PartName part;
  const char* end = name.data() + name.size();
  const auto subtask = std::from_chars(name.data() + kPrefix.size(), end, part.subtask);
  if (subtask.ec != std::errc() || subtask.ptr == end || *subtask.ptr != '-') return std::nullopt;
  const auto number = std::from_chars(subtask.ptr + 1, end, part.number);
  if (number.ec != std::errc() || number.ptr == end || *number.ptr != '.') return std::nullopt;
  return part;
}

std::string OwnerTag(std::string_view owner, std::string_view sink) {
  return fmt::format("{:016x}", CombineHash(HashText(owner), HashText(sink)));
}

std::string MakeUnfinishedName(const UnfinishedName& name) {
  return fmt::format(".{}.{}-{}{}", name.part, name.owner, name.writer, kSuffix);
}

std::optional<UnfinishedName> ParseUnfinishedName(std::string_view name) {
  constexpr size_t kTagsBytes = 1 + kTagDigits + 1 + kTagDigits;  // ".<owner>-<writer>"
  if (!name.starts_with('.') || !name.ends_with(kSuffix)) return std::nullopt;
  name.remove_prefix(1);
  name.remove_suffix(kSuffix.size());
  if (name.size() < kTagsBytes) return std::nullopt;
  const std::string_view part = name.substr(0, name.size() - kTagsBytes);
  const std::string_view tags = name.substr(part.size());
  const std::string_view owner = tags.substr(1, kTagDigits);
  const std::string_view writer = tags.substr(kTagDigits + 2);
  if (tags[0] != '.' || tags[kTagDigits + 1] != '-' || !IsTag(owner) || !IsTag(writer) ||
      part.contains('/') || !ParsePartName(part)) {
    return std::nullopt;
  }
  return UnfinishedName{std::string(part), std::string(owner), std::string(writer)};
}

std::string_view FileNameOf(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool IsBelow(std::string_view relative_path) {
  if (relative_path.contains('\0')) return false;
  while (true) {
    const size_t slash = relative_path.find('/');
    const std::string_view part = relative_path.substr(0, slash);
    if (part.empty() || part == "." || part == "..") return false;
    if (slash == std::string_view::npos) return true;
    relative_path.remove_prefix(slash + 1);
  }
}

}  // namespace flinkc
