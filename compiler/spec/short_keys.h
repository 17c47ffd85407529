// The short keys of `job.checkpoint`, `job.state` and `job.restart`, each with the option of
// Flink's that it stands for.
#pragma once

#include <span>
#include <string_view>

namespace flinkc {

struct ShortKey {
  std::string_view map;  // "job checkpoint", its name in SpecMaps
  std::string_view key;
  std::string_view option;
  // Of "job restart": the strategy that the key belongs to, as a spec writes it.
  std::string_view strategy = {};
};

// In the order in which SpecMaps has them. A key of "job restart" may stand for several options,
// of different strategies.
std::span<const ShortKey> ShortKeys();

}  // namespace flinkc
