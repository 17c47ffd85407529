#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

#include "tests/unit/compiler/expression/checking.h"

namespace flinkc {
namespace {

// Text, and the expression as it is printed with its type.
struct Case {
  std::string_view text;
  std::string_view checked;
};

class Scalar : public testing::TestWithParam<Case> {};

TEST_P(Scalar, IsCheckedAs) { EXPECT_EQ(Checking(GetParam().text).Scalar(), GetParam().checked); }

constexpr Case kLiterals[] = {
    {"1", "1 : INT NOT NULL"},
    {"-1", "-1 : INT NOT NULL"},
    {"2147483647", "2147483647 : INT NOT NULL"},
    {"2147483648", "2147483648 : BIGINT NOT NULL"},
    {"-2147483648", "-2147483648 : INT NOT NULL"},
    {"3000000000", "3000000000 : BIGINT NOT NULL"},
    {"-9223372036854775808", "-9223372036854775808 : BIGINT NOT NULL"},
    {"9223372036854775808", "9223372036854775808 : DECIMAL(19, 0) NOT NULL"},
    {"0.908", "0.908 : DECIMAL(4, 3) NOT NULL"},
    {".5", "0.5 : DECIMAL(1, 1) NOT NULL"},
    {"1.", "1 : INT NOT NULL"},
    {"12.50", "12.50 : DECIMAL(4, 2) NOT NULL"},
    {"1e3", "1000e0 : DOUBLE NOT NULL"},
    {"1.5E-3", "0.0015e0 : DOUBLE NOT NULL"},
    {"'it''s'", "'it''s' : STRING NOT NULL"},
    {"'a\\${b}'", "'a\\${b}' : STRING NOT NULL"},
    {"''", "'' : STRING NOT NULL"},
    {"TRUE", "TRUE : BOOLEAN NOT NULL"},
    {"false", "FALSE : BOOLEAN NOT NULL"},
    {"X'0aFF'", "X'0AFF' : BYTES NOT NULL"},
    {"DATE '2020-02-29'", "DATE '2020-02-29' : DATE NOT NULL"},
    {"DATE '1969-12-31'", "DATE '1969-12-31' : DATE NOT NULL"},
    {"TIMESTAMP '2020-02-29 23:59:59'", "TIMESTAMP '2020-02-29 23:59:59' : TIMESTAMP(0) NOT NULL"},
    {"TIMESTAMP '1969-12-31 23:59:59.123'",
     "TIMESTAMP '1969-12-31 23:59:59.123' : TIMESTAMP(3) NOT NULL"},
    {"INTERVAL '5' MINUTE", "INTERVAL '5' MINUTE : INTERVAL DAY TO SECOND NOT NULL"},
    {"INTERVAL -'90' SECONDS", "INTERVAL '-90' SECOND : INTERVAL DAY TO SECOND NOT NULL"},
    {"INTERVAL '1 02:03:04.5' DAY TO SECOND",
     "INTERVAL '93784.5' SECOND : INTERVAL DAY TO SECOND NOT NULL"},
    {"INTERVAL '10:20' HOUR TO MINUTE", "INTERVAL '620' MINUTE : INTERVAL DAY TO SECOND NOT NULL"},
    {"INTERVAL '1-2' YEAR TO MONTH", "INTERVAL '14' MONTH : INTERVAL YEAR TO MONTH NOT NULL"},
    {"INTERVAL '2' QUARTER", "INTERVAL '6' MONTH : INTERVAL YEAR TO MONTH NOT NULL"},
    {"INTERVAL '3' YEAR", "INTERVAL '3' YEAR : INTERVAL YEAR TO MONTH NOT NULL"},
    {"INTERVAL '1' WEEK", "INTERVAL '7' DAY : INTERVAL DAY TO SECOND NOT NULL"},
    {"INTERVAL '100' DAY(3)", "INTERVAL '100' DAY : INTERVAL DAY TO SECOND NOT NULL"},
    {"ARRAY[1, 2.5]", "ARRAY[1.0, 2.5] : ARRAY<DECIMAL(11, 1) NOT NULL> NOT NULL"},
    {"ROW(1, 'a')", "ROW(1, 'a') : ROW<f0 INT NOT NULL, f1 STRING NOT NULL> NOT NULL"},
    {"${limit}", "100 : INT NOT NULL"},
    {"${city}", "'Bern'' OR ''1''=''1' : STRING NOT NULL"},
    {"/* a comment */ 1 /* and more */", "1 : INT NOT NULL"},
};
INSTANTIATE_TEST_SUITE_P(Literals, Scalar, testing::ValuesIn(kLiterals));

constexpr Case kNames[] = {
    {"n", "n : INT"},
    {"`two words`", "`two words` : INT"},
    {"\"n\"", "n : INT"},
    {"address.city", "address.city : STRING"},
    {"address.zip + 1", "address.zip + 1 : INT"},
    {"tags[1]", "tags[1] : STRING"},
    {"tags[n + 1]", "tags[n + 1] : STRING"},
    {"tags[1] || 'x'", "tags[1] || 'x' : STRING"},
    {"CURRENT_TIMESTAMP", "current_timestamp() : TIMESTAMP_LTZ(3) NOT NULL"},
    {"UPPER(name)", "upper(name) : STRING"},
};
INSTANTIATE_TEST_SUITE_P(Names, Scalar, testing::ValuesIn(kNames));

constexpr Case kOperators[] = {
    {"n + 1", "n + 1 : INT"},
    {"id + n", "id + CAST(n AS BIGINT) : BIGINT"},
    {"id * 0.908", "CAST(id AS DECIMAL(19, 0)) * 0.908 : DECIMAL(24, 3) NOT NULL"},
    {"price + 1", "price + 1 : DECIMAL(13, 2)"},
    {"price * price", "price * price : DECIMAL(25, 4)"},
    {"price / 3", "price / 3 : DECIMAL(23, 13)"},
    {"score * 2", "score * 2e0 : DOUBLE"},
    {"score > 0.5", "score > 0.5e0 : BOOLEAN"},
    {"-n", "-n : INT"},
    {"+n", "n : INT"},
    {"- -1", "-(-1) : INT NOT NULL"},
    {"id % 123 = 0", "id % 123 = 0 : BOOLEAN NOT NULL"},
    {"name || 'x' || label", "name || 'x' || label : STRING"},
    {"n <> 1", "n <> 1 : BOOLEAN"},
    {"n != 1", "n <> 1 : BOOLEAN"},
    {"ts >= '2020-01-01'", "ts >= TIMESTAMP '2020-01-01 00:00:00.000' : BOOLEAN NOT NULL"},
    {"day = '2020-02-29'", "day = DATE '2020-02-29' : BOOLEAN"},
    {"day < ts", "CAST(day AS TIMESTAMP(3)) < ts : BOOLEAN"},
    {"n = NULL", "n = NULL : BOOLEAN"},
};
INSTANTIATE_TEST_SUITE_P(Operators, Scalar, testing::ValuesIn(kOperators));

constexpr Case kConditions[] = {
    {"sure AND TRUE", "sure AND TRUE : BOOLEAN NOT NULL"},
    {"ok AND sure AND n = 1", "ok AND sure AND n = 1 : BOOLEAN"},
    {"ok OR NULL", "ok OR NULL : BOOLEAN"},
    {"NOT ok", "NOT ok : BOOLEAN"},
    {"n IS NULL", "n IS NULL : BOOLEAN NOT NULL"},
    {"n IS NOT NULL", "n IS NOT NULL : BOOLEAN NOT NULL"},
    {"ok IS TRUE", "COALESCE(ok, FALSE) : BOOLEAN NOT NULL"},
    {"ok IS NOT FALSE", "NOT COALESCE(NOT ok, FALSE) : BOOLEAN NOT NULL"},
    {"sure IS TRUE", "sure : BOOLEAN NOT NULL"},
    {"ok IS UNKNOWN", "ok IS NULL : BOOLEAN NOT NULL"},
    {"ok IS NOT UNKNOWN", "ok IS NOT NULL : BOOLEAN NOT NULL"},
    {"n IS DISTINCT FROM id", "CAST(n AS BIGINT) IS DISTINCT FROM id : BOOLEAN NOT NULL"},
    {"n IS NOT DISTINCT FROM 1", "n IS NOT DISTINCT FROM 1 : BOOLEAN NOT NULL"},
    {"n BETWEEN 1 AND 5", "n >= 1 AND n <= 5 : BOOLEAN"},
    {"id NOT BETWEEN 1 AND 5", "NOT (id >= 1 AND id <= 5) : BOOLEAN NOT NULL"},
    {"n BETWEEN SYMMETRIC 5 AND 1", "n >= 5 AND n <= 1 OR n >= 1 AND n <= 5 : BOOLEAN"},
    {"n IN (1, 2)", "n = 1 OR n = 2 : BOOLEAN"},
    {"n IN (1)", "n = 1 : BOOLEAN"},
    {"id NOT IN (1, 2)", "NOT (id = 1 OR id = 2) : BOOLEAN NOT NULL"},
    {"name LIKE 'a%'", "name LIKE 'a%' : BOOLEAN"},
    {"name NOT LIKE 'a!%' ESCAPE '!'", "name NOT LIKE 'a!%' ESCAPE '!' : BOOLEAN"},
    {"name SIMILAR TO 'a|b'", "name SIMILAR TO 'a|b' : BOOLEAN"},
    {"name NOT SIMILAR TO 'a'", "name NOT SIMILAR TO 'a' : BOOLEAN"},
    {"CASE WHEN ok THEN 1 END", "CASE WHEN ok THEN 1 ELSE NULL END : INT"},
    {"CASE WHEN ok THEN 1 ELSE 2.5 END",
     "CASE WHEN ok THEN 1.0 ELSE 2.5 END : DECIMAL(11, 1) NOT NULL"},
    {"CASE n WHEN 1 THEN 'a' WHEN 2 THEN 'b' ELSE name END",
     "CASE WHEN n = 1 THEN 'a' WHEN n = 2 THEN 'b' ELSE name END : STRING"},
    {"COALESCE(n, id)", "COALESCE(CAST(n AS BIGINT), id) : BIGINT NOT NULL"},
    {"COALESCE(n, 0, small)", "COALESCE(n, 0) : INT NOT NULL"},
    {"COALESCE(id, 0)", "id : BIGINT NOT NULL"},
    {"COALESCE(n, small)", "COALESCE(n, CAST(small AS INT)) : INT"},
    {"IFNULL(name, '')", "COALESCE(name, '') : STRING NOT NULL"},
    {"NULLIF(id, 0)", "CASE WHEN id = 0 THEN NULL ELSE id END : BIGINT"},
    {"IF(ok, 1, n)", "CASE WHEN ok THEN 1 ELSE n END : INT"},
};
INSTANTIATE_TEST_SUITE_P(Conditions, Scalar, testing::ValuesIn(kConditions));

constexpr Case kCasts[] = {
    {"CAST(n AS STRING)", "CAST(n AS STRING) : STRING"},
    {"CAST(id AS INT)", "CAST(id AS INT) : INT NOT NULL"},
    {"n::BIGINT", "CAST(n AS BIGINT) : BIGINT"},
    {"-n::BIGINT", "-CAST(n AS BIGINT) : BIGINT"},
    {"CAST(n AS INT)", "n : INT"},
    {"CAST(1 AS DECIMAL(10, 2))", "1.00 : DECIMAL(10, 2) NOT NULL"},
    {"CAST(NULL AS STRING)", "NULL : STRING"},
    {"TRY_CAST(name AS INT)", "TRY_CAST(name AS INT) : INT"},
    {"TRY_CAST(n AS STRING)", "CAST(n AS STRING) : STRING"},
    {"TRY(1 / n)", "TRY(1 / n) : INT"},
    {"TRY(name)", "name : STRING"},
    {"CAST(name AS TIMESTAMP(3) WITHOUT TIME ZONE)", "CAST(name AS TIMESTAMP(3)) : TIMESTAMP(3)"},
};
INSTANTIATE_TEST_SUITE_P(Casts, Scalar, testing::ValuesIn(kCasts));

constexpr Case kSpecialSyntax[] = {
    {"EXTRACT(hour FROM ts)", "EXTRACT(HOUR FROM ts) : BIGINT NOT NULL"},
    {"SUBSTRING(name FROM 2 FOR 3)", "substring(name, 2, 3) : STRING"},
    {"SUBSTRING(name FROM 2)", "substring(name, 2) : STRING"},
    {"SUBSTRING(name, 2, 3)", "substring(name, 2, 3) : STRING"},
    {"TRIM(name)", "trim(name) : STRING"},
    {"TRIM(BOTH FROM name)", "trim(name) : STRING"},
    {"TRIM(BOTH 'x' FROM name)", "btrim(name, 'x') : STRING"},
    {"TRIM('x' FROM name)", "btrim(name, 'x') : STRING"},
    {"TRIM(LEADING 'x' FROM name)", "ltrim(name, 'x') : STRING"},
    {"TRIM(TRAILING FROM name)", "rtrim(name) : STRING"},
    {"POSITION('a' IN name)", "position('a', name) : INT"},
    {"OVERLAY(name PLACING 'x' FROM 2 FOR 1)", "overlay(name, 'x', 2, 1) : STRING"},
    {"FLOOR(ts TO HOUR)", "floor(ts, 'HOUR') : INT NOT NULL"},
    {"CEIL(score)", "ceil(score) : INT"},
    {"TIMESTAMPDIFF(DAY, ts, ts)", "TIMESTAMPDIFF(DAY, ts, ts) : INT NOT NULL"},
};
INSTANTIATE_TEST_SUITE_P(SpecialSyntax, Scalar, testing::ValuesIn(kSpecialSyntax));

}  // namespace
}  // namespace flinkc
