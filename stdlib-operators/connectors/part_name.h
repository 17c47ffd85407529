// Names of output files. The final one is `part-<subtask>-<n>.<ext>`; until it is committed a file
// is called `.<final name>.<owner>-<writer>.inprogress`, so that listings pass over it, everybody
// can tell whose it is, and two writers never share one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace flinkc {

struct PartName {
  uint32_t subtask = 0;
  uint64_t number = 0;
};

std::string MakePartName(const PartName& part, std::string_view extension);
std::optional<PartName> ParsePartName(std::string_view name);

// 16 hexadecimal digits that stand for a job's sink: `owner` of SinkContext and the sink's name.
std::string OwnerTag(std::string_view owner, std::string_view sink);

struct UnfinishedName {
  std::string part;    // the final name
  std::string owner;   // an OwnerTag
  std::string writer;  // 16 hexadecimal digits: which of the owner's writers
};

std::string MakeUnfinishedName(const UnfinishedName& name);
// Nothing: the file is a user's, or another program's.
std::optional<UnfinishedName> ParseUnfinishedName(std::string_view name);

// Behind the last `/`.
std::string_view FileNameOf(std::string_view path);
// Below the directory that it is relative to: no empty part, no `.`, no `..`, no NUL.
bool IsBelow(std::string_view relative_path);

}  // namespace flinkc
