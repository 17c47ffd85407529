// The YAML document as a tree of maps, lists and scalars, with exact places. No other file knows
// which library read it. What docs/language.md forbids (duplicate keys, anchors, tags, …) is
// reported by the reader and is not in the tree.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/source/source_buffer.h"

namespace flinkc {

struct YamlEntry;

struct YamlNode {
  // kInvalid: what stood here was reported.
  enum class Kind : uint8_t { kInvalid, kNull, kScalar, kList, kMap };
  Kind kind = Kind::kInvalid;
  // A scalar written without quotes; only such a one may be a number or a boolean.
  bool is_plain = false;
  // A kNull that is not even written, as in `key:`. Its span is the key's.
  bool is_empty = false;
  // `[…]` or `{…}`.
  bool is_flow = false;
  SourceText text;  // kScalar, and a written kNull
  SourceSpan span;
  std::vector<YamlNode*> items;    // kList
  std::vector<YamlEntry> entries;  // kMap; keys are scalars, each once, in the file's order
};

struct YamlEntry {
  YamlNode* key = nullptr;
  YamlNode* value = nullptr;
};

struct YamlTree {
  std::deque<YamlNode> nodes;  // stable addresses
  YamlNode* root = nullptr;    // nullptr: the file holds nothing
};

// How deep maps and lists may stand in each other.
inline constexpr size_t kMaxYamlDepth = 64;

// The document in `buffer`, which must have passed CheckSourceText, or nothing if its syntax is
// wrong. Never throws.
std::optional<YamlTree> ReadYaml(const SourceBuffer& buffer, DiagnosticLog& log);

// "a map", "a list", "text", "a number", "true or false", "nothing".
std::string_view Describe(const YamlNode& node);

// YAML 1.2 core scalars, of plain text: `yes` and `on` are text.
bool IsYamlInteger(std::string_view text);
bool IsYamlNumber(std::string_view text);
std::optional<bool> ParseYamlBoolean(std::string_view text);

}  // namespace flinkc
