// Any bytes as a spec: no crash, no endless loop, no place outside of the file, and messages that
// are text. What is said of places holds for every input, so it is checked here.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "compiler/diagnostics/renderer.h"
#include "compiler/source/utf8.h"
#include "compiler/spec/job_config.h"
#include "compiler/spec/parse_spec.h"
#include "compiler/spec/source_reader.h"
#include "compiler/spec/yaml_tree.h"
#include "runtime/base/check.h"

namespace flinkc {
namespace {

void CheckPlaces(const SourceBuffer& buffer, const YamlNode& node) {
  CHECK(node.span.buffer == &buffer);
  CHECK(node.span.begin <= node.span.end);
  CHECK(node.span.end <= buffer.text().size());
  const SourceText& text = node.text;
  if (node.kind == YamlNode::Kind::kScalar) {
    CHECK(ValidUtf8Prefix(text.value) == text.value.size());
    CHECK(text.offsets.empty() || text.offsets.size() == text.value.size() + 1);
    CHECK(std::is_sorted(text.offsets.begin(), text.offsets.end()));
    SourceSpan all = text.SpanOf(0, text.value.size());
    CHECK(all.begin >= node.span.begin);
    CHECK(text.value.empty() || all.end <= buffer.text().size());
  }
  for (const YamlNode* item : node.items) CheckPlaces(buffer, *item);
  for (const YamlEntry& entry : node.entries) {
    CHECK(entry.key->kind == YamlNode::Kind::kScalar);
    CheckPlaces(buffer, *entry.key);
    CheckPlaces(buffer, *entry.value);
  }
}

void CheckTree(const SourceBuffer& buffer) {
  DiagnosticLog log;
  if (!CheckSourceText(buffer, log)) {
    CHECK(log.has_errors());
    return;
  }
  std::optional<YamlTree> tree = ReadYaml(buffer, log);
  CHECK(tree || log.has_errors());
  if (tree && tree->root != nullptr) CheckPlaces(buffer, *tree->root);
}

void CheckSpec(const SourceBuffer& buffer) {
  DiagnosticLog log;
  std::optional<JobSpec> spec = ParseSpec(buffer, {}, log);
  CHECK(spec || log.has_errors());
  if (spec) MakeJobConfig(*spec, {}, "fuzz", log);
  for (const Diagnostic& diagnostic : log.diagnostics()) {
    CHECK(diagnostic.span.begin <= diagnostic.span.end);
    CHECK(diagnostic.span.end <= buffer.text().size());
  }
  // JSON and SARIF list every rule, which would be most of the time spent.
  bool is_chosen = buffer.text().size() % 16 == 0;
  for (DiagnosticFormat format : {DiagnosticFormat::kText, DiagnosticFormat::kGithub,
                                  DiagnosticFormat::kJson, DiagnosticFormat::kSarif}) {
    bool is_document = format == DiagnosticFormat::kJson || format == DiagnosticFormat::kSarif;
    if (is_document && !is_chosen) continue;
    std::string text = RenderDiagnostics(log, {.format = format});
    CHECK(ValidUtf8Prefix(text) == text.size());
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(text.empty() == (log.diagnostics().empty() && !is_document));
  }
}

}  // namespace
}  // namespace flinkc

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  flinkc::SourceBuffer buffer("fuzz.yaml", std::string(reinterpret_cast<const char*>(data), size));
  flinkc::CheckTree(buffer);
  flinkc::CheckSpec(buffer);
  return 0;
}
