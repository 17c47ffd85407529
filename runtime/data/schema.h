// The ordered, named columns of a stream.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/data/data_type.h"

namespace flinkc {

struct Field {
  std::string name;
  DataType type;

  bool operator==(const Field&) const = default;
};

class Schema {
 public:
  Schema() = default;
  explicit Schema(std::vector<Field> fields) : fields_(std::move(fields)) {}

  size_t size() const { return fields_.size(); }
  bool empty() const { return fields_.empty(); }
  const Field& operator[](size_t index) const { return fields_[index]; }
  const std::vector<Field>& fields() const { return fields_; }
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }
  void Add(Field field) { fields_.push_back(std::move(field)); }
  // Names are case-sensitive.
  std::optional<size_t> IndexOf(std::string_view name) const;
  // "(a BIGINT NOT NULL, b STRING)"
  std::string ToString() const;
  bool operator==(const Schema&) const = default;

 private:
  std::vector<Field> fields_;
};

// These columns of `schema`, in this order.
Schema Restrict(const Schema& schema, const std::vector<uint32_t>& columns);

// The hidden last column of streams with event time (BIGINT NOT NULL): the watermark of the row's
// split just before the row, microseconds; docs/adr/0003.
inline constexpr const char* kWatermarkColumn = "$watermark";

// The columns of the rows that leave by `.errors`: {at, step, code, message, column, row, raw,
// origin}.
const Schema& ErrorSchema();

}  // namespace flinkc
