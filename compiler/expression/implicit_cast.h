// The rules of types that need no CAST: which type takes the values of another, the type that
// several have in common, and the types of DECIMAL arithmetic. The checker and the overloads of
// functions share them. They are Flink SQL's (LogicalTypeMerging and LogicalTypeCasts), except that
// an implicit cast never loses a value: what Flink narrows silently needs a CAST here.
#pragma once

#include <optional>
#include <span>

#include "runtime/data/data_type.h"

namespace flinkc {

// Whether every value of `from` is one of `to`, so that no CAST is needed: wider integers, integers
// and DECIMALs to a DECIMAL with room for all their digits, any number to DOUBLE, integers and
// DECIMALs to FLOAT, DATE to TIMESTAMP, more digits of the second, TIMESTAMP to TIMESTAMP_LTZ,
// longer strings, NULL to anything. Nullability is not looked at on the outermost type; nested
// types must agree but for lengths and nullability that become wider.
bool CanImplicitlyCast(const DataType& from, const DataType& to);

// Whether values of `from` lie in memory as those of `to` do and mean the same: then an implicit
// cast is nothing but another name (STRING for VARCHAR(10), ARRAY<INT> for ARRAY<INT NOT NULL>).
bool IsSameRepresentation(const DataType& from, const DataType& to);

// The type that takes the values of both, nullable if one of them is: INT and BIGINT give BIGINT,
// INT and DECIMAL(4, 2) give DECIMAL(12, 2), DECIMAL and FLOAT give DOUBLE, TIMESTAMP and
// TIMESTAMP_LTZ give TIMESTAMP_LTZ. NULL takes the type of the other. nullopt: there is none.
// DECIMALs whose digits need more than 38 give up fractional digits, as in Flink SQL.
std::optional<DataType> CommonType(const DataType& a, const DataType& b);
// Of all of `types`; nullopt also for none.
std::optional<DataType> CommonType(std::span<const DataType> types);

// The DECIMAL with the digits of an integer type: TINYINT 3, SMALLINT 5, INT 10, BIGINT 19; a
// DECIMAL itself. nullopt for other types. Keeps nullability.
std::optional<DataType> AsDecimal(const DataType& type);

// Results of arithmetic where at least one side is DECIMAL and the other DECIMAL or an integer;
// nullable if one side is.
//   a + b, a - b   scale max(s1, s2), digits before the point max(p1 - s1, p2 - s2) + 1
//   a * b          scale s1 + s2, precision p1 + p2 + 1
//   a / b          scale max(6, s1 + p2 + 1), precision p1 - s1 + s2 + scale
//   a % b          scale max(s1, s2), digits before the point min(p1 - s1, p2 - s2); the type of b
//                  where neither has a fraction
// A precision above 38 becomes 38 and costs fractional digits, of which min(scale, 6) stay.
DataType DecimalAddType(const DataType& a, const DataType& b);
DataType DecimalMultiplyType(const DataType& a, const DataType& b);
DataType DecimalDivideType(const DataType& a, const DataType& b);
DataType DecimalModuloType(const DataType& a, const DataType& b);
// round(DECIMAL(p, s), digits), with the nullability of `type`.
DataType DecimalRoundType(const DataType& type, int digits);
// sum(DECIMAL(p, s)) is DECIMAL(38, s), avg(DECIMAL(p, s)) is DECIMAL(38, max(6, s)); nullable.
DataType DecimalSumType(const DataType& type);
DataType DecimalAverageType(const DataType& type);

}  // namespace flinkc
