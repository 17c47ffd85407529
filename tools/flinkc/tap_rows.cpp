#include "tools/flinkc/tap_rows.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "compiler/explain/text_width.h"
#include "runtime/base/check.h"
#include "runtime/data/record_batch.h"
#include "runtime/data/value.h"
#include "stdlib-operators/formats/registry.h"
#include "tools/flinkc/rest_client.h"

namespace flinkc {

namespace {

using nlohmann::json;

// Characters of one cell of a table.
constexpr size_t kCellMax = 48;

// A text cell of `row`; `null` where it is NULL.
std::string CellIn(const json& row, size_t column, const std::string& null) {
  const json& cells = MemberOf(row, "cells");
  if (!cells.is_array() || column >= cells.size() || !cells[column].is_string()) return null;
  return cells[column].get<std::string>();
}

class JsonRows final : public TapRows {
 public:
  explicit JsonRows(bool updates) : updates_(updates) {}
  const char* rest_format() const override { return "json"; }
  std::string Print(const std::vector<json>& rows) override {
    std::string text;
    for (const json& row : rows) {
      if (updates_) text += TextIn(row, "kind") + " ";
      text += TextIn(row, "row") + "\n";
    }
    return text;
  }

 private:
  const bool updates_;
};

class CsvRows final : public TapRows {
 public:
  CsvRows(const std::vector<std::string>& columns, bool updates) : updates_(updates) {
    for (const std::string& name : columns) schema_.Add({name, DataType(TypeKind::kString, true)});
    auto encoder = MakeRowEncoder("csv", {}, schema_);
    CHECK(encoder.has_value());
    encoder_ = *std::move(encoder);
    header_ = encoder_->Header();
  }
  const char* rest_format() const override { return "cells"; }
  std::string Print(const std::vector<json>& rows) override {
    std::string text;
    for (const json& row : rows) {
      text += std::exchange(header_, "");
      if (updates_) text += TextIn(row, "kind") + " ";
      AppendRow(row, text);
    }
    return text;
  }

 private:
  void AppendRow(const json& row, std::string& text) {
    RecordBatch batch(schema_, 1, /*row_kinds=*/false, /*key_hashes=*/false, nullptr);
    const auto arena = std::make_shared<Arena>();
    batch.KeepAlive(arena);
    for (size_t column = 0; column < schema_.size(); ++column) {
      const json& cells = MemberOf(row, "cells");
      const bool is_text = cells.is_array() && column < cells.size() && cells[column].is_string();
      const Value value = is_text ? Value{cells[column].get<std::string>()} : Value{};
      WriteValue(batch, schema_[column].type, column, 0, value, *arena);
    }
    batch.set_row_count(1);
    encoder_->Encode(batch, 0, text);
  }

  const bool updates_;
  Schema schema_;
  std::unique_ptr<RowEncoder> encoder_;
  std::string header_;
};

// Columns become wider with what comes, never narrower.
class TableRows final : public TapRows {
 public:
  TableRows(std::vector<std::string> columns, bool updates) : updates_(updates) {
    titles_ = std::move(columns);
    if (updates_) titles_.insert(titles_.begin(), "op");
    for (std::string& title : titles_) {
      title = WithoutControl(std::move(title));
      widths_.push_back(CountCodePoints(title));
    }
  }
  const char* rest_format() const override { return "cells"; }
  std::string Print(const std::vector<json>& rows) override {
    std::vector<std::vector<std::string>> lines;
    for (const json& row : rows) lines.push_back(CellsOf(row));
    for (const auto& line : lines) {
      for (size_t i = 0; i < line.size(); ++i) {
        widths_[i] = std::max(widths_[i], CountCodePoints(line[i]));
      }
    }
    std::string text;
    if (!lines.empty() && !std::exchange(has_titles_, true)) AppendLine(titles_, text);
    for (const auto& line : lines) AppendLine(line, text);
    return text;
  }

 private:
  std::vector<std::string> CellsOf(const json& row) const {
    std::vector<std::string> cells;
    if (updates_) cells.push_back(TextIn(row, "kind"));
    for (size_t column = 0; cells.size() < titles_.size(); ++column) {
      cells.push_back(Cut(WithoutControl(CellIn(row, column, "NULL"))));
    }
    return cells;
  }

  static std::string Cut(std::string text) {
    if (CountCodePoints(text) <= kCellMax) return text;
    size_t end = 0;
    for (size_t characters = 0; characters + 1 < kCellMax; ++characters) {
      ++end;
      while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
    }
    return text.substr(0, end) + "…";
  }

  void AppendLine(const std::vector<std::string>& cells, std::string& text) const {
    for (size_t i = 0; i < cells.size(); ++i) {
      text += cells[i];
      if (i + 1 == cells.size()) break;
      text.append(widths_[i] + 2 - CountCodePoints(cells[i]), ' ');
    }
    text += '\n';
  }

  const bool updates_;
  std::vector<std::string> titles_;
  std::vector<size_t> widths_;
  bool has_titles_ = false;
};

}  // namespace

std::string WithoutControl(std::string text) {
  std::ranges::replace_if(text, [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  // U+0080 to U+009F.
  for (size_t i = 0; i + 1 < text.size(); ++i) {
    const auto second = static_cast<unsigned char>(text[i + 1]);
    if (text[i] == '\xC2' && second >= 0x80 && second <= 0x9F) text.replace(i, 2, " ");
  }
  return text;
}

std::unique_ptr<TapRows> MakeTapRows(const std::string& format, std::vector<std::string> columns,
                                     bool updates) {
  if (format == "json") return std::make_unique<JsonRows>(updates);
  if (format == "csv") return std::make_unique<CsvRows>(columns, updates);
  return std::make_unique<TableRows>(std::move(columns), updates);
}

}  // namespace flinkc
