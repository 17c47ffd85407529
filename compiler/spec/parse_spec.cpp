#include "compiler/spec/parse_spec.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "compiler/spec/limits.h"
#include "compiler/spec/section_parsers.h"
#include "compiler/spec/short_keys.h"
#include "compiler/spec/source_reader.h"
#include "compiler/spec/spec_keys.h"
#include "compiler/spec/spec_reader.h"
#include "compiler/spec/yaml_tree.h"

namespace flinkc {

namespace {

bool IsStrategy(std::string_view word) {
  if (word.empty()) return false;
  return word == "none" || std::ranges::any_of(ShortKeys(), [&](const ShortKey& key) {
           return key.strategy == word;
         });
}

class SpecParser {
 public:
  SpecParser(const SourceBuffer& buffer, const ParseOptions& options, DiagnosticLog& log)
      : options_(options), reader_(spec_.params, log) {
    spec_.buffer = &buffer;
  }

  JobSpec Parse(const YamlNode& root);

 private:
  void CheckVersion(const YamlNode& root, Field version);
  void ParseJob(Field field);
  // One of the maps whose keys stand for one option each; `what` names it in messages.
  void ParseShortKeys(Field field, std::string_view record, const char* what);
  void ParseRestart(Field field);
  void TakeShortKey(const ShortKey& key, Field field);
  void CheckNames();

  const ParseOptions& options_;
  JobSpec spec_;
  SpecReader reader_;
};

JobSpec SpecParser::Parse(const YamlNode& root) {
  MapReader map(reader_, {"the spec", &root}, "spec", "the spec");
  if (!map.is_map()) return std::move(spec_);
  CheckVersion(root, map.Take("flinkc"));
  // First, wherever they stand: all other leaves may use them.
  spec_.params =
      ParseParams(map.Take("params"), options_.parameters, options_.environment, reader_);
  ParseJob(map.Take("job"));
  spec_.types = ParseTypes(map.Take("types"), reader_);
  spec_.functions = ParseFunctions(map.Take("functions"), reader_);
  spec_.sources = ParseSources(map.Require("sources", "sources: {…}"), reader_);
  spec_.streams = ParseStreams(map.Take("streams"), reader_);
  spec_.sinks = ParseSinks(
      map.Require("sinks", "sinks: {out: {from: …, connector: console}}", DiagnosticCode::kNoSink),
      reader_);
  map.Finish();
  CheckNames();
  return std::move(spec_);
}

void SpecParser::CheckVersion(const YamlNode& root, Field version) {
  if (!version) {
    SourceSpan start{root.span.buffer, root.span.begin, root.span.begin + 1};
    if (!root.entries.empty()) start = root.entries[0].key->span;
    reader_
        .Report(DiagnosticCode::kLanguageVersion, start,
                "the spec does not say its language version")
        .Help("make `flinkc: 1` its first line");
    return;
  }
  const YamlEntry& first = root.entries[0];
  if (first.value != version.node) {
    reader_
        .Report(DiagnosticCode::kLanguageVersion, version.node->span,
                "`flinkc` must be the first key of a spec")
        .Also(first.key->span, "this comes before it");
  }
  if (version.node->kind == YamlNode::Kind::kInvalid) return;
  if (version.node->kind != YamlNode::Kind::kScalar || version.node->text.value != "1") {
    reader_
        .Report(DiagnosticCode::kLanguageVersion, version.node->span,
                "this flinkc knows version 1 of the language only")
        .Help("write `flinkc: 1`");
  }
}

void SpecParser::ParseJob(Field field) {
  if (!field) return;
  JobSection& job = spec_.job;
  MapReader map(reader_, field, "job", "`job`");
  job.span = field.node->span;
  if (auto name = reader_.ReadText(map.Take("name"))) job.name = *std::move(name);
  job.parallelism = reader_.ReadInteger(map.Take("parallelism"), 1, kMaxParallelism);
  job.max_parallelism = reader_.ReadInteger(map.Take("max_parallelism"), 1, kMaxParallelism);
  job.time_zone = reader_.ReadText(map.Take("time_zone"));
  job.on_error = reader_.ReadOnError(map.Take("on_error"));
  ParseShortKeys(map.Take("checkpoint"), "job checkpoint", "`checkpoint` of `job`");
  ParseShortKeys(map.Take("state"), "job state", "`state` of `job`");
  ParseRestart(map.Take("restart"));
  job.config = reader_.ReadOptions(map.Take("config"));
  map.Finish();
}

void SpecParser::TakeShortKey(const ShortKey& key, Field field) {
  if (auto text = reader_.ReadText(field)) {
    spec_.job.short_options.push_back({key.option, *std::move(text)});
  }
}

void SpecParser::ParseShortKeys(Field field, std::string_view record, const char* what) {
  if (!field) return;
  MapReader map(reader_, field, record, what);
  for (const ShortKey& key : ShortKeys()) {
    if (key.map == record) TakeShortKey(key, map.Take(key.key));
  }
  map.Finish();
}

void SpecParser::ParseRestart(Field field) {
  if (!field) return;
  MapReader map(reader_, field, "job restart", "`restart` of `job`");
  std::string strategy;
  std::map<std::string_view, Field> given;
  for (const ShortKey& key : ShortKeys()) {
    if (key.map != "job restart") continue;
    if (!key.strategy.empty()) {
      if (!given.contains(key.key)) given[key.key] = map.Take(key.key);
      continue;
    }
    const Field value = map.Require(key.key, "strategy: exponential_delay");
    if (auto text = reader_.ReadText(value)) strategy = text->value;
    std::ranges::replace(strategy, '-', '_');
    TakeShortKey(key, value);
  }
  for (const auto& [name, value] : given) {
    if (!value) continue;
    const auto of_strategy = [&, &name = name](const ShortKey& key) {
      return key.map == "job restart" && key.key == name && key.strategy == strategy;
    };
    const auto key = std::ranges::find_if(ShortKeys(), of_strategy);
    if (key != ShortKeys().end()) {
      TakeShortKey(*key, value);
    } else if (IsStrategy(strategy)) {
      reader_
          .Report(DiagnosticCode::kInvalidValue, map.KeySpan(name),
                  fmt::format("`{}` means nothing with `strategy: {}`", name, strategy))
          .Help("`flinkc schema` tells which key belongs to which strategy");
    }
  }
  map.Finish();
}

// Sources and streams are consumed by name and share their names.
void SpecParser::CheckNames() {
  std::unordered_map<std::string_view, SourceSpan> sources;
  for (const SourceSpec& source : spec_.sources) {
    sources.emplace(source.name.value, source.name.span);
  }
  for (const StreamSpec& stream : spec_.streams) {
    auto source = sources.find(stream.name.value);
    if (source == sources.end()) continue;
    reader_
        .Report(DiagnosticCode::kNameTaken, stream.name.span,
                fmt::format("`{}` is the name of a source already", stream.name.value))
        .Also(source->second, "the source");
  }
}

}  // namespace

std::optional<JobSpec> ParseSpec(const SourceBuffer& buffer, const ParseOptions& options,
                                 DiagnosticLog& log) {
  if (!CheckSourceText(buffer, log)) return std::nullopt;
  std::optional<YamlTree> tree = ReadYaml(buffer, log);
  if (!tree) return std::nullopt;
  if (tree->root == nullptr) {
    log.Report(DiagnosticCode::kLanguageVersion, {&buffer, 0, 0}, "the spec is empty")
        .Help("a spec starts with `flinkc: 1`, then `sources`, `streams` and `sinks`");
    return std::nullopt;
  }
  return SpecParser(buffer, options, log).Parse(*tree->root);
}

}  // namespace flinkc
