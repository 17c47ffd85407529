// `top:` and `dedupe:`.
#include <utility>

#include <fmt/format.h>

#include "compiler/spec/section_parsers.h"

namespace flinkc {

namespace {

constexpr int32_t kLimitMax = 100'000;

// `- price` or `- price: desc`.
std::optional<OrderSpec> ParseOrder(const YamlNode& item, SpecReader& reader) {
  using Direction = OrderSpec::Direction;
  if (item.kind != YamlNode::Kind::kMap) {
    std::optional<SpecName> column = reader.ReadColumnName({"order_by", &item});
    if (!column) return std::nullopt;
    return OrderSpec{*std::move(column), Direction::kAsc};
  }
  const std::vector<YamlEntry>& entries = reader.EntriesOf({"order_by", &item});
  if (entries.size() > 1) {
    reader
        .Report(DiagnosticCode::kInvalidValue, entries[1].key->span,
                "an item of `order_by` is one column")
        .Help(fmt::format("write `- {}: …` as an item of its own", entries[1].key->text.value));
  }
  if (entries.size() != 1 || !reader.CheckColumnName(entries[0].key->text)) return std::nullopt;
  const auto direction =
      reader.ReadChoice<Direction>({entries[0].key->text.value, entries[0].value},
                                   {{"asc", Direction::kAsc},
                                    {"desc", Direction::kDesc},
                                    {"asc_nulls_last", Direction::kAscNullsLast},
                                    {"desc_nulls_first", Direction::kDescNullsFirst}});
  if (!direction) return std::nullopt;
  return OrderSpec{entries[0].key->text, direction->value};
}

}  // namespace

// `{tumble: 10s}` or `input`.
std::optional<RowWindowSpec> ParseRowWindow(Field field, SpecReader& reader) {
  if (!field) return std::nullopt;
  RowWindowSpec window;
  window.span = field.node->span;
  if (field.node->kind == YamlNode::Kind::kScalar) {
    enum class Of : uint8_t { kInput };
    if (!reader.ReadChoice<Of>(field, {{"input", Of::kInput}})) return std::nullopt;
    return window;
  }
  MapReader map(reader, field, "row window", "`window`");
  if (!map.is_map()) return std::nullopt;
  window.tumble = reader.ReadDuration(map.Require("tumble", "tumble: 10s"), 1000);
  window.offset = reader.ReadDuration(map.Take("offset"), INT64_MIN);
  map.Finish();
  if (!window.tumble) return std::nullopt;
  return window;
}

std::vector<OrderSpec> ParseOrderBy(Field field, SpecReader& reader) {
  std::vector<OrderSpec> order;
  if (!field) return order;
  for (const YamlNode* item : reader.ItemsOf(field)) {
    if (std::optional<OrderSpec> read = ParseOrder(*item, reader)) {
      order.push_back(*std::move(read));
    }
  }
  return order;
}

std::optional<TopSpec> ParseTop(Field field, SpecReader& reader) {
  const size_t before = reader.problems();
  MapReader map(reader, field, "top", "`top`");
  if (!map.is_map()) return std::nullopt;
  TopSpec top;
  top.by = ParseGroupColumns(map.Take("by"), reader);
  top.order_by = ParseOrderBy(map.Require("order_by", "order_by: [{price: desc}]"), reader);
  if (const auto limit = reader.ReadInteger(map.Require("limit", "limit: 10"), 1, kLimitMax)) {
    top.limit = *limit;
  }
  top.rank = reader.ReadColumnName(map.Take("rank"));
  top.window = ParseRowWindow(map.Take("window"), reader);
  top.emit = reader.ReadChoice<EmitMode>(
      map.Take("emit"), {{"close", EmitMode::kClose}, {"update", EmitMode::kUpdate}});
  const auto ties = reader.ReadBoolean(map.Take("ties"));
  top.with_ties = ties && ties->value;
  top.state_ttl = ParseStateTtl(map.Take("state"), "top state", reader);
  map.Finish();
  if (ties && ties->value && !map.KeySpan("window").is_valid()) {
    reader.Report(DiagnosticCode::kConflictingKeys, map.KeySpan("ties"),
                  "`ties` has a meaning only with a `window`");
  }
  if (top.emit && !map.KeySpan("window").is_valid()) {
    reader.Report(DiagnosticCode::kConflictingKeys, map.KeySpan("emit"),
                  "`emit` has a meaning only with a `window`: without one each change is told");
  }
  if (top.emit && top.emit->value == EmitMode::kUpdate && top.with_ties) {
    reader
        .Report(DiagnosticCode::kConflictingKeys, map.KeySpan("ties"),
                "`ties` of a window that tells each change")
        .Also(map.KeySpan("emit"), "that it does")
        .Help("give the first rows when the window is over: leave `emit` out");
  }
  if (top.window && top.state_ttl) {
    reader
        .Report(DiagnosticCode::kConflictingKeys, map.KeySpan("state"),
                "`state: {ttl: …}` has no meaning with a `window`")
        .Also(map.KeySpan("window"), "a window forgets its rows when it is over");
  }
  if (reader.problems() != before) return std::nullopt;
  return top;
}

std::optional<DedupeSpec> ParseDedupe(Field field, SpecReader& reader) {
  using Keep = DedupeSpec::Keep;
  const size_t before = reader.problems();
  MapReader map(reader, field, "dedupe", "`dedupe`");
  if (!map.is_map()) return std::nullopt;
  DedupeSpec dedupe;
  if (Field by = map.Require("by", "by: [id]")) dedupe.by = reader.ReadColumnNames(by);
  if (const auto keep = reader.ReadChoice<Keep>(map.Take("keep"),
                                                {{"first", Keep::kFirst}, {"last", Keep::kLast}})) {
    dedupe.keep = *keep;
  }
  dedupe.order_by = reader.ReadColumnName(map.Take("order_by"));
  dedupe.state_ttl = ParseStateTtl(map.Take("state"), "top state", reader);
  map.Finish();
  if (reader.problems() != before) return std::nullopt;
  return dedupe;
}

}  // namespace flinkc
