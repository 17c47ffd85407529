// How the parsers of the sections read nodes: leaves become values with places, maps are asked for
// their keys, and what does not fit is reported with the reason and the place. Every function
// accepts what is missing or already reported and then says nothing more.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/source/source_buffer.h"
#include "compiler/spec/job_spec.h"
#include "compiler/spec/spec_keys.h"
#include "compiler/spec/yaml_tree.h"

namespace flinkc {

// A value and the name it has in messages: its key. Without a node the key is absent.
struct Field {
  std::string_view name;
  const YamlNode* node = nullptr;

  explicit operator bool() const { return node != nullptr; }
};

template <typename T>
struct Choice {
  std::string_view name;
  T value;
};

class SpecReader {
 public:
  // `params` must outlive the reader; it may grow.
  SpecReader(const std::vector<ParamSpec>& params, DiagnosticLog& log)
      : params_(params), log_(log) {}

  Diagnostic& Report(DiagnosticCode code, SourceSpan span, std::string message) {
    ++problems_;
    return log_.Report(code, span, std::move(message));
  }
  // "expected …, found …". Says nothing about a node that was reported.
  void ReportKind(Field field, std::string_view expected);
  void ReportNotYet(SourceSpan span, std::string_view what);
  // Grows with each report and each invalid node that was met: if it did not grow, an item is
  // sound.
  size_t problems() const { return problems_; }

  // --- leaves; all but names, types and expressions with their `${param}` replaced ---

  std::optional<SourceText> ReadText(Field field);
  std::optional<SpecName> ReadName(Field field);  // an identifier
  std::optional<SpecName> ReadColumnName(Field field);
  std::optional<ExpressionText> ReadExpression(Field field);
  std::optional<TypeText> ReadType(Field field);
  std::optional<Located<int32_t>> ReadInteger(Field field, int32_t min, int32_t max);
  std::optional<Located<bool>> ReadBoolean(Field field);
  std::optional<Located<DurationValue>> ReadDuration(Field field, int64_t min_micros);
  std::optional<Located<OnError>> ReadOnError(Field field);
  // One of several words; those of `not_yet` are known but refused.
  template <typename T>
  std::optional<Located<T>> ReadChoice(Field field, std::initializer_list<Choice<T>> choices,
                                       std::initializer_list<std::string_view> not_yet = {}) {
    std::vector<std::string_view> names;
    for (const Choice<T>& choice : choices) names.push_back(choice.name);
    std::optional<size_t> index = ReadWord(field, names, not_yet);
    if (!index) return std::nullopt;
    return Located<T>{choices.begin()[*index].value, field.node->span};
  }

  // --- lists and maps ---

  std::vector<SpecName> ReadColumnNames(Field field);  // a list that is not empty
  OptionEntries ReadOptions(Field field);
  // An empty vector after a report if the node is no list, or no map, or is empty.
  const std::vector<YamlNode*>& ItemsOf(Field field);
  const std::vector<YamlEntry>& EntriesOf(Field field);

  // True if `name` may be given as a name; else reported. `what`: "the name of a stream".
  bool CheckName(const SourceText& name, std::string_view what);
  bool CheckColumnName(const SourceText& name);

 private:
  // A scalar's text; reports other kinds. Null is nothing to say for.
  const YamlNode* Scalar(Field field, std::string_view expected);
  SourceText Substituted(const YamlNode& node);
  // Whether `node` may stand for a number or a boolean.
  static bool MayBeTyped(const YamlNode& node);
  std::optional<size_t> ReadWord(Field field, const std::vector<std::string_view>& words,
                                 std::initializer_list<std::string_view> not_yet);
  OptionValue ReadOptionValue(const YamlNode& node);

  const std::vector<ParamSpec>& params_;
  DiagnosticLog& log_;
  size_t problems_ = 0;
};

// A map with a fixed set of keys. Take every key that may be there, then Finish.
class MapReader {
 public:
  // `record` is the map's name in SpecMaps; `what` names it in messages: "source `orders`".
  MapReader(SpecReader& reader, Field field, std::string_view record, std::string what);

  // False if the value is no map, which was reported. All keys are then absent.
  bool is_map() const { return is_map_; }
  // `key` must outlive the reader unless it is there.
  Field Take(std::string_view key);
  // Finish reports it if it is missing; `example` says what to write: "connector: file".
  Field Require(std::string_view key, std::string_view example,
                DiagnosticCode code = DiagnosticCode::kMissingKey);
  // The place of a key that is there.
  SourceSpan KeySpan(std::string_view key) const;
  // Reports the keys that are missing, those that are not built yet, and each that is unknown with
  // a suggestion among those that were taken, which must be the record's.
  void Finish();

 private:
  struct MissingKey {
    std::string_view key;
    std::string_view example;
    DiagnosticCode code;
  };
  void ReportMissing(const MissingKey& missing);
  bool RefuseNotYet(const SourceText& key);
  void CheckRecord() const;

  SpecReader& reader_;
  const MapRecord& record_;
  const YamlNode* node_;
  std::string what_;
  bool is_map_ = false;
  std::vector<std::string_view> known_;
  std::vector<bool> taken_;  // parallel to the entries
  std::vector<MissingKey> missing_;
};

}  // namespace flinkc
