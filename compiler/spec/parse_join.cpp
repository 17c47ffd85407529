// `join:` of a stream.
#include <utility>

#include <fmt/format.h>

#include "compiler/spec/section_parsers.h"

namespace flinkc {

namespace {

constexpr std::string_view kInputsExample = "inputs: {o: orders, p: payments}";

bool ParseInputs(Field field, JoinSpec& join, StreamSpec* stream, SpecReader& reader) {
  if (!field) return false;
  const std::vector<YamlEntry>& entries = reader.EntriesOf(field);
  for (const YamlEntry& entry : entries) {
    const bool is_named = reader.CheckName(entry.key->text, "the name of a join's input");
    std::optional<StreamReference> reference =
        ParseStreamReference({entry.key->text.value, entry.value}, reader);
    if (!is_named || !reference) return false;
    join.aliases.push_back(entry.key->text);
    stream->from.push_back(*std::move(reference));
  }
  if (entries.size() == 2) return true;
  if (!entries.empty()) {
    reader
        .Report(DiagnosticCode::kInvalidValue, field.node->span,
                fmt::format("a join has two inputs, not {}", entries.size()))
        .Help(entries.size() < 2
                  ? fmt::format("write `{}`", kInputsExample)
                  : "join two of them in a stream of its own, and that with the next");
  }
  return false;
}

void ParseState(Field field, JoinSpec& join, SpecReader& reader) {
  if (!field) return;
  MapReader map(reader, field, "join state", "`state`");
  if (!map.is_map()) return;
  const auto both = reader.ReadDuration(map.Take("ttl"), 1);
  join.left_ttl = reader.ReadDuration(map.Take("left_ttl"), 1);
  join.right_ttl = reader.ReadDuration(map.Take("right_ttl"), 1);
  map.Finish();
  if (join.temporal && map.KeySpan("left_ttl").is_valid()) {
    reader.Report(DiagnosticCode::kConflictingKeys, map.KeySpan("left_ttl"),
                  "`left_ttl` has no meaning with `temporal`: a row waits for the watermark alone");
  }
  if (!join.left_ttl) join.left_ttl = both;
  if (!join.right_ttl) join.right_ttl = both;
}

// `once` or `{refresh: 10m}`.
std::optional<JoinSpec::Lookup> ParseLookup(Field field, SpecReader& reader) {
  if (!field) return std::nullopt;
  JoinSpec::Lookup lookup{field.node->span, std::nullopt};
  if (field.node->kind == YamlNode::Kind::kScalar) {
    enum class How : uint8_t { kOnce };
    if (!reader.ReadChoice<How>(field, {{"once", How::kOnce}})) return std::nullopt;
    return lookup;
  }
  MapReader map(reader, field, "lookup", "`lookup`");
  if (!map.is_map()) return std::nullopt;
  lookup.refresh = reader.ReadDuration(map.Require("refresh", "refresh: 10m"), 1000);
  map.Finish();
  return lookup;
}

// `{as_of: o.made, valid_from: r.since}`.
std::optional<JoinSpec::Temporal> ParseTemporal(Field field, SpecReader& reader) {
  if (!field) return std::nullopt;
  MapReader map(reader, field, "temporal", "`temporal`");
  if (!map.is_map()) return std::nullopt;
  std::optional<ExpressionText> as_of =
      reader.ReadExpression(map.Require("as_of", "as_of: o.ordered_at"));
  std::optional<ExpressionText> valid_from = reader.ReadExpression(map.Take("valid_from"));
  map.Finish();
  if (!as_of) return std::nullopt;
  return JoinSpec::Temporal{field.node->span, *std::move(as_of), std::move(valid_from)};
}

// What says how rows are kept excludes each other.
void CheckConflicts(const JoinSpec& join, const MapReader& map, SpecReader& reader) {
  struct Key {
    const char* name;
    const char* keeps;
  };
  std::vector<Key> keys;
  if (join.within) keys.push_back({"within", "which says how long rows are kept"});
  if (join.window) keys.push_back({"window", "which forgets its rows when it is over"});
  if (join.temporal) keys.push_back({"temporal", "which keeps rows until their time has come"});
  if (join.lookup) keys.push_back({"lookup", "which keeps no rows but the table's"});
  const bool has_state = join.left_ttl || join.right_ttl;
  if (has_state && !join.temporal) keys.push_back({"state", ""});
  for (size_t i = 1; i < keys.size(); ++i) {
    reader
        .Report(DiagnosticCode::kConflictingKeys, map.KeySpan(keys[i].name),
                fmt::format("`{}` has no meaning with `{}`", keys[i].name, keys[0].name))
        .Also(map.KeySpan(keys[0].name), keys[0].keeps);
  }
}

}  // namespace

void ParseJoin(Field field, SourceSpan keyword, StreamSpec* stream, SpecReader& reader) {
  using Kind = JoinSpec::Kind;
  MapReader map(reader, field, "join", "`join`");
  if (!map.is_map()) return;
  JoinSpec join;
  join.keyword = {"join", keyword};
  join.span = field.node->span;
  const bool has_inputs = ParseInputs(map.Require("inputs", kInputsExample), join, stream, reader);
  const auto kind = reader.ReadChoice<Kind>(map.Take("kind"), {{"inner", Kind::kInner},
                                                               {"left", Kind::kLeft},
                                                               {"right", Kind::kRight},
                                                               {"full", Kind::kFull},
                                                               {"semi", Kind::kSemi},
                                                               {"anti", Kind::kAnti}});
  if (kind) join.kind = *kind;
  std::optional<ExpressionText> match =
      reader.ReadExpression(map.Require("match", "match: o.id = p.order_id"));
  join.within = reader.ReadExpression(map.Take("within"));
  join.window = ParseRowWindow(map.Take("window"), reader);
  join.temporal = ParseTemporal(map.Take("temporal"), reader);
  join.lookup = ParseLookup(map.Take("lookup"), reader);
  ParseState(map.Take("state"), join, reader);
  map.Finish();
  if (!has_inputs || !match) return;
  join.match = *std::move(match);
  CheckConflicts(join, map, reader);
  stream->join = std::move(join);
}

}  // namespace flinkc
