#include "runtime/checkpoint/checkpoint_paths.h"

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <charconv>

namespace flinkc {

namespace {

constexpr std::string_view kCheckpointPrefix = "chk-";
constexpr std::string_view kSavepointPrefix = "savepoint-";
constexpr std::string_view kStateSuffix = ".state";

bool IsPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool AllPlain(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsPlain);
}

// The number in its shortest form: "7", never "07" or "+7".
std::optional<uint64_t> ParseNumber(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  return value;
}

std::string_view BaseName(std::string_view path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 == 0
}

// Calls `visit` with each part between the slashes until it says false; whether it never did.
template <typename Visit>
bool AllParts(std::string_view path, Visit visit) {
  while (true) {
    const size_t slash = path.find('/');
    if (!visit(path.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

}  // namespace

std::string JobDirectoryName(std::string_view job_name) {
  constexpr size_t kBytesMax = 120;
  std::string name;
  for (const char c : job_name) {
    if (IsPlain(c) || c == '-' || c == '_' || (c == '.' && !name.empty())) {
      name += c;
    } else {
      name += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  if (name.empty()) return "%";
  if (name.size() <= kBytesMax) return name;
  return fmt::format("{}%{:016x}", name.substr(0, kBytesMax - 17),
                     XXH3_64bits(job_name.data(), job_name.size()));
}

std::string CheckpointDirectoryName(uint64_t checkpoint_id) {
  return fmt::format("{}{}", kCheckpointPrefix, checkpoint_id);
}

std::optional<uint64_t> ParseCheckpointDirectoryName(std::string_view name) {
  if (!name.starts_with(kCheckpointPrefix)) return std::nullopt;
  return ParseNumber(name.substr(kCheckpointPrefix.size()));
}

std::string StateFilePath(uint64_t checkpoint_id, std::string_view random, bool savepoint) {
  return fmt::format("{}{}{}-{}{}", savepoint ? "" : kSharedDirectory, savepoint ? "" : "/",
                     checkpoint_id, random, kStateSuffix);
}

std::optional<uint64_t> CreatorOfStateFile(std::string_view path) {
  std::string_view name = BaseName(path);
  if (!name.ends_with(kStateSuffix)) return std::nullopt;
  name.remove_suffix(kStateSuffix.size());
  const size_t dash = name.find('-');
  if (dash == std::string_view::npos || !AllPlain(name.substr(dash + 1))) return std::nullopt;
  return ParseNumber(name.substr(0, dash));
}

std::string SavepointDirectoryName(std::string_view job_id, std::string_view random) {
  return fmt::format("{}{}-{}", kSavepointPrefix, job_id.substr(0, 6), random);
}

bool IsSavepointDirectoryName(std::string_view name) {
  if (!name.starts_with(kSavepointPrefix)) return false;
  name.remove_prefix(kSavepointPrefix.size());
  const size_t dash = name.rfind('-');
  return dash != std::string_view::npos && AllPlain(name.substr(dash + 1));
}

bool IsSafeRelativePath(std::string_view path) {
  constexpr size_t kBytesMax = 1024;
  if (path.size() > kBytesMax) return false;
  return AllParts(path, [](std::string_view part) {
    return !part.empty() && part != "." && part != ".." &&
           std::none_of(part.begin(), part.end(),
                        [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; });
  });
}

bool HasParentReference(std::string_view path) {
  return !AllParts(path, [](std::string_view part) { return part != ".."; });
}

}  // namespace flinkc
