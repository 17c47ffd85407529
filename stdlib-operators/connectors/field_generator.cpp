#include "stdlib-operators/connectors/field_generator.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "runtime/abi/hash.h"
#include "stdlib-operators/formats/cell_parsers.h"

namespace flinkc {

namespace {

constexpr uint64_t kGolden = 0x9E3779B97F4A7C15ull;
constexpr int64_t kYear2000Days = 10'957;
constexpr int64_t kYear2030Days = 21'915;
constexpr int64_t kMicrosOfDay = 86'400'000'000;

double Unit(uint64_t draw) { return static_cast<double>(draw >> 11) * 0x1.0p-53; }

// Even over [0, bound): the high half of a 64 by 64 bit product.
uint64_t Below(uint64_t draw, uint64_t bound) {
  return static_cast<uint64_t>(static_cast<unsigned __int128>(draw) * bound >> 64);
}

Int128 PowerOfTen(int exponent) {
  Int128 power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

// Unsigned, since the range of a DECIMAL(38) has more values than a signed number of 128 bits.
using Uint128 = unsigned __int128;

Uint128 StepCount(Int128 low, Int128 high, Int128 step) {
  return (static_cast<Uint128>(high) - static_cast<Uint128>(low)) / static_cast<Uint128>(step) + 1;
}

Int128 AfterSteps(Int128 low, Uint128 count, Int128 step) {
  return static_cast<Int128>(static_cast<Uint128>(low) + count * static_cast<Uint128>(step));
}

bool IsRanged(const DataType& type) {
  return type.is_integer() || type.is_timestamp() || type.is_interval() ||
         type.kind() == TypeKind::kDate || type.kind() == TypeKind::kDecimal;
}

// The widest range of a type, and for times one that looks like data.
void DefaultRange(const DataType& type, Int128* low, Int128* high) {
  switch (type.kind()) {
    case TypeKind::kTinyint:
      *low = INT8_MIN, *high = INT8_MAX;
      break;
    case TypeKind::kSmallint:
      *low = INT16_MIN, *high = INT16_MAX;
      break;
    case TypeKind::kInt:
      *low = INT32_MIN, *high = INT32_MAX;
      break;
    case TypeKind::kBigint:
      *low = INT64_MIN, *high = INT64_MAX;
      break;
    case TypeKind::kDate:
      *low = kYear2000Days, *high = kYear2030Days;
      break;
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
      *low = kYear2000Days * kMicrosOfDay, *high = kYear2030Days * kMicrosOfDay;
      break;
    case TypeKind::kIntervalMonths:
      *low = 0, *high = 120;
      break;
    case TypeKind::kIntervalMicros:
      *low = 0, *high = 30 * kMicrosOfDay;
      break;
    case TypeKind::kDecimal:
      *high = PowerOfTen(type.precision()) - 1;
      *low = -*high;
      break;
    default:
      break;
  }
}

// What stands in an option, as a value of the type.
Result<Value> ParseText(const DataType& type, std::string_view text) {
  if (type.is_nested()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("not possible for {}", type.ToString()));
  }
  std::string padded(text);
  padded.resize(text.size() + kParsePadding);
  CellContext cells(nullptr);
  cells.text_is_utf8 = IsUtf8(text);
  Value value;
  const RowStatus status = VisitCellParser(type, TimestampText::kEither, [&](const auto& parser) {
    using Parser = std::decay_t<decltype(parser)>;
    typename Parser::Value parsed{};
    const RowStatus outcome = parser(cells, padded.data(), padded.data() + text.size(), &parsed);
    if constexpr (std::is_same_v<typename Parser::Value, StringValue>) {
      value.data = std::string(parsed.view());
    } else if constexpr (std::is_same_v<Parser, BooleanParser>) {
      value.data = parsed != 0;
    } else if constexpr (std::is_floating_point_v<typename Parser::Value>) {
      value.data = static_cast<double>(parsed);
    } else if (type.kind() == TypeKind::kDecimal) {
      value.data = static_cast<Int128>(parsed);
    } else {
      value.data = static_cast<int64_t>(parsed);
    }
    return outcome;
  });
  if (status == RowStatus::kOk) return value;
  return MakeError(ErrorCode::kInvalidArgument,
                   fmt::format("`{}` is no {}", text, type.Nullable().ToString()));
}

Int128 ToInt128(const Value& value) {
  if (const auto* wide = std::get_if<Int128>(&value.data)) return *wide;
  return std::get<int64_t>(value.data);
}

std::unexpected<Error> Wrong(const std::string& option, std::string_view why) {
  return MakeError(ErrorCode::kInvalidArgument, fmt::format("option `{}`: {}", option, why));
}

}  // namespace

Result<FieldGenerator> FieldGenerator::Make(const OptionReader& options, const Field& field,
                                            uint32_t column, uint64_t seed) {
  FieldGenerator generator;
  generator.type_ = field.type;
  generator.seed_ = MixHash(seed + column * kGolden);
  const std::string prefix = "fields." + field.name + ".";
  generator.sequence_ = options.Has(prefix + "kind") && options.Text(prefix + "kind") == "sequence";
  RETURN_IF_ERROR(generator.ReadValues(options, prefix));
  RETURN_IF_ERROR(generator.ReadRange(options, prefix));
  if (options.Has(prefix + "null_rate")) {
    ASSIGN_OR_RETURN(const double rate, options.Number(prefix + "null_rate"));
    if (rate < 0 || rate > 1) return Wrong(prefix + "null_rate", "expected a number from 0 to 1");
    if (rate > 0 && !field.type.nullable()) {
      return Wrong(prefix + "null_rate", "the column is NOT NULL");
    }
    generator.null_below_ = rate >= 1 ? UINT64_MAX : static_cast<uint64_t>(rate * 0x1.0p64);
  }
  const TypeKind kind = field.type.kind();
  const bool has_length =
      kind == TypeKind::kString || kind == TypeKind::kBytes || kind == TypeKind::kArray;
  constexpr uint32_t kDefaultLength = 16, kDefaultElements = 3;
  generator.length_ = kind == TypeKind::kArray ? kDefaultElements : kDefaultLength;
  if (kind == TypeKind::kString && field.type.length_max() > 0) {
    generator.length_ = static_cast<uint32_t>(field.type.length_max());
  }
  if (options.Has(prefix + "length")) {
    if (!has_length) return Wrong(prefix + "length", "only STRING, BYTES and ARRAY have a length");
    ASSIGN_OR_RETURN(const int64_t length, options.Integer(prefix + "length"));
    if (kind == TypeKind::kString && field.type.length_max() > 0 &&
        length > field.type.length_max()) {
      return Wrong(prefix + "length", "longer than the column's type");
    }
    generator.length_ = static_cast<uint32_t>(length);
  }
  return generator;
}

Status FieldGenerator::ReadValues(const OptionReader& options, const std::string& prefix) {
  for (const std::string& text : options.List(prefix + "values")) {
    Result<Value> value = ParseText(type_, text);
    if (!value) return Wrong(prefix + "values", value.error().message);
    values_.push_back(*std::move(value));
  }
  return {};
}

Status FieldGenerator::ReadRange(const OptionReader& options, const std::string& prefix) {
  ranged_ = IsRanged(type_);
  DefaultRange(type_, &low_, &high_);
  if (type_.is_timestamp()) step_ = static_cast<Int128>(PowerOfTen(6 - type_.precision()));
  if (sequence_ && values_.empty()) {
    if (!ranged_) return Wrong(prefix + "kind", "no sequence of " + type_.ToString());
    // Counts up from min.
    if (!type_.is_timestamp() && type_.kind() != TypeKind::kDate) low_ = 0;
  }
  for (const char* name : {"min", "max"}) {
    const std::string option = prefix + name;
    if (!options.Has(option)) continue;
    if (!values_.empty()) return Wrong(option, "has no effect beside `values`");
    if (!ranged_ && !type_.is_floating()) {
      return Wrong(option, fmt::format("{} has no range", type_.ToString()));
    }
    const Result<Value> value = ParseText(type_, options.Text(option));
    if (!value) return Wrong(option, value.error().message);
    const bool is_min = option.ends_with("min");
    if (type_.is_floating()) {
      (is_min ? double_low_ : double_high_) = std::get<double>(value->data);
    } else {
      (is_min ? low_ : high_) = ToInt128(*value);
    }
  }
  if (type_.is_floating() && options.Has(prefix + "min") && !options.Has(prefix + "max")) {
    double_high_ = double_low_ + 1;
  }
  if (low_ > high_ || !(double_low_ <= double_high_) || std::isinf(double_high_ - double_low_)) {
    return Wrong(prefix + "min", "min must not be above max, and both must be finite");
  }
  return {};
}

Value FieldGenerator::RandomValue(const DataType& type, uint64_t draw) const {
  const bool own = &type == &type_;
  const auto text = [&](uint32_t size, bool letters) {
    std::string bytes(size, '\0');
    for (uint32_t i = 0; i < size; ++i) {
      const uint64_t part = MixHash(draw + (i + 1) * kGolden);
      bytes[i] = static_cast<char>(letters ? 'a' + Below(part, 26) : part >> 56);
    }
    return bytes;
  };
  constexpr uint32_t kElementLength = 8;
  switch (type.kind()) {
    case TypeKind::kBoolean:
      return Value{(draw >> 63) != 0};
    case TypeKind::kFloat:
    case TypeKind::kDouble:
      return Value{own ? double_low_ + Unit(draw) * (double_high_ - double_low_) : Unit(draw)};
    case TypeKind::kString: {
      uint32_t size = own ? length_ : kElementLength;
      if (!own && type.length_max() > 0) {
        size = std::min(size, static_cast<uint32_t>(type.length_max()));
      }
      return Value{text(size, true)};
    }
    case TypeKind::kBytes:
      return Value{text(own ? length_ : kElementLength, false)};
    case TypeKind::kArray: {
      constexpr uint32_t kInnerElements = 3;
      ValueList elements;
      for (uint32_t i = 0; i < (own ? length_ : kInnerElements); ++i) {
        elements.push_back(RandomValue(type.children()[0], MixHash(draw + (i + 1) * kGolden)));
      }
      return Value{std::move(elements)};
    }
    case TypeKind::kRow: {
      ValueList fields;
      for (size_t i = 0; i < type.children().size(); ++i) {
        fields.push_back(RandomValue(type.children()[i], MixHash(draw + (i + 1) * kGolden)));
      }
      return Value{std::move(fields)};
    }
    default:
      break;
  }
  Int128 low = low_, high = high_, step = step_;
  if (!own) {
    DefaultRange(type, &low, &high);
    step = type.is_timestamp() ? PowerOfTen(6 - type.precision()) : Int128{1};
  }
  const Uint128 count = StepCount(low, high, step);
  Uint128 chosen;
  if (count <= UINT64_MAX) {
    chosen = Below(draw, static_cast<uint64_t>(count));
  } else {
    chosen = (static_cast<Uint128>(draw) << 64 | MixHash(draw + kGolden)) % count;
  }
  const Int128 value = AfterSteps(low, chosen, step);
  if (type.kind() == TypeKind::kDecimal) return Value{value};
  return Value{static_cast<int64_t>(value)};
}

Value FieldGenerator::SequenceValue(int64_t number) const {
  // Behind max it begins again at min.
  const Uint128 count = StepCount(low_, high_, step_);
  const Int128 value = AfterSteps(low_, static_cast<Uint128>(number) % count, step_);
  if (type_.kind() == TypeKind::kDecimal) return Value{value};
  return Value{static_cast<int64_t>(value)};
}

uint64_t FieldGenerator::BaseOf(int64_t number) const {
  return MixHash(seed_ ^ static_cast<uint64_t>(number));
}

bool FieldGenerator::IsNullAt(uint64_t base) const {
  return null_below_ != 0 && MixHash(base + kGolden) <= null_below_;
}

bool FieldGenerator::IsPlainRange() const {
  return values_.empty() && ranged_ && type_.kind() != TypeKind::kDecimal &&
         StepCount(low_, high_, step_) <= UINT64_MAX;
}

// As SequenceValue and RandomValue choose, without a Value of each. What wraps around is right in
// the end: the values lie between low_ and high_.
template <typename T>
void FieldGenerator::FillRange(int64_t first, int32_t rows, RecordBatch& batch,
                               size_t column) const {
  const auto count = static_cast<uint64_t>(StepCount(low_, high_, step_));
  const auto low = static_cast<uint64_t>(low_);
  const auto step = static_cast<uint64_t>(step_);
  T* const values = batch.Values<T>(column);
  uint64_t place = static_cast<uint64_t>(first) % count;
  for (int32_t row = 0; row < rows; ++row) {
    const uint64_t base = sequence_ && null_below_ == 0 ? 0 : BaseOf(first + row);
    const uint64_t chosen = sequence_ ? place : Below(base, count);
    if (++place == count) place = 0;
    if (IsNullAt(base)) {
      batch.SetNull(column, row);
      continue;
    }
    values[row] = static_cast<T>(low + chosen * step);
    batch.SetValid(column, row);
  }
}

void FieldGenerator::Generate(int64_t first, int32_t rows, RecordBatch& batch, size_t column,
                              Arena& arena) const {
  if (IsPlainRange()) {
    switch (ByteWidth(type_.physical())) {
      case 1:
        return FillRange<int8_t>(first, rows, batch, column);
      case 2:
        return FillRange<int16_t>(first, rows, batch, column);
      case 4:
        return FillRange<int32_t>(first, rows, batch, column);
      default:
        return FillRange<int64_t>(first, rows, batch, column);
    }
  }
  for (int32_t row = 0; row < rows; ++row) {
    const int64_t number = first + row;
    const uint64_t base = BaseOf(number);
    if (IsNullAt(base)) {
      batch.SetNull(column, row);
      continue;
    }
    if (values_.empty()) {
      WriteValue(batch, type_, column, row,
                 sequence_ ? SequenceValue(number) : RandomValue(type_, base), arena);
      continue;
    }
    const auto count = static_cast<uint64_t>(values_.size());
    const uint64_t chosen = sequence_ ? static_cast<uint64_t>(number) % count : Below(base, count);
    WriteValue(batch, type_, column, row, values_[chosen], arena);
  }
}

}  // namespace flinkc
