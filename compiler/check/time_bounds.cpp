#include "compiler/check/time_bounds.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

namespace flinkc::check {

namespace {

constexpr int64_t kLongest = std::numeric_limits<int64_t>::max() / 16;

}  // namespace

std::optional<TimeBounds::Term> TimeBounds::TermOf(const Expr& expr) const {
  if (expr.kind() == ExprKind::kColumn) {
    for (size_t side = 0; side < 2; ++side) {
      if (expr.column() == times_[side]) return Term{side, 0};
    }
    return std::nullopt;
  }
  if (expr.kind() != ExprKind::kCall) return std::nullopt;
  // More digits of the second change no time.
  if (expr.is_cast() && expr.type().is_timestamp() &&
      expr.arguments()[0]->type().kind() == expr.type().kind() &&
      expr.type().precision() >= expr.arguments()[0]->type().precision()) {
    return TermOf(*expr.arguments()[0]);
  }
  if (expr.name() != "add" && expr.name() != "subtract") return std::nullopt;
  std::optional<Term> term = TermOf(*expr.arguments()[0]);
  const Expr& interval = *expr.arguments()[1];
  if (!term || interval.kind() != ExprKind::kLiteral ||
      interval.type().kind() != TypeKind::kIntervalMicros) {
    return std::nullopt;
  }
  const auto* micros = std::get_if<int64_t>(&interval.literal().data);
  if (micros == nullptr || std::abs(*micros) > kLongest) return std::nullopt;
  term->micros += expr.name() == "add" ? *micros : -*micros;
  return term;
}

void TimeBounds::AtLeast(int64_t micros) { lower_ = lower_ ? std::max(*lower_, micros) : micros; }
void TimeBounds::AtMost(int64_t micros) { upper_ = upper_ ? std::min(*upper_, micros) : micros; }

bool TimeBounds::Take(const Expr& part) {
  if (part.kind() != ExprKind::kCall || part.arguments().size() != 2) return false;
  const std::string& name = part.name();
  const bool is_less = name == "less" || name == "less_equal";
  const bool is_equal = name == "equal";
  if (!is_less && !is_equal && name != "greater" && name != "greater_equal") return false;
  // low <= high
  std::optional<Term> low = TermOf(*part.arguments()[is_less || is_equal ? 0 : 1]);
  std::optional<Term> high = TermOf(*part.arguments()[is_less || is_equal ? 1 : 0]);
  if (!low || !high || low->side == high->side) return false;
  const int64_t strict = name == "less" || name == "greater" ? 1 : 0;
  // low.time + low.micros + strict <= high.time + high.micros
  const int64_t difference = low->micros - high->micros + strict;
  if (is_equal) {
    const int64_t equal = low->side == 0 ? difference : -difference;
    AtLeast(equal);
    AtMost(equal);
  } else if (low->side == 0) {
    AtLeast(difference);
  } else {
    AtMost(-difference);
  }
  return true;
}

}  // namespace flinkc::check
