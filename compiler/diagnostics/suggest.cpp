#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "compiler/diagnostics/diagnostic.h"

namespace flinkc {

namespace {

// Longer names are no typing errors of ours; comparing them would only cost time.
constexpr size_t kMaxSuggestedLength = 100;

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Damerau's distance (insert, delete, replace, swap two neighbours), capital letters not counted.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> before_last(b.size() + 1), last(b.size() + 1), current(b.size() + 1);
  std::iota(last.begin(), last.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      char x = Lower(a[i - 1]), y = Lower(b[j - 1]);
      current[j] = std::min({last[j] + 1, current[j - 1] + 1, last[j - 1] + (x == y ? 0 : 1)});
      if (i > 1 && j > 1 && x == Lower(b[j - 2]) && Lower(a[i - 2]) == y) {
        current[j] = std::min(current[j], before_last[j - 2] + 1);
      }
    }
    before_last.swap(last);
    last.swap(current);
  }
  return last[b.size()];
}

}  // namespace

std::string_view Suggest(std::string_view name, const std::vector<std::string_view>& candidates) {
  if (name.empty() || name.size() > kMaxSuggestedLength) return {};
  std::string_view best;
  size_t best_distance = std::max<size_t>(name.size(), 3) / 3 + 1;  // this far is no longer meant
  for (std::string_view candidate : candidates) {
    if (candidate.size() > kMaxSuggestedLength) continue;
    size_t distance = EditDistance(name, candidate);
    // Nothing in common but the length is no resemblance.
    if (distance < best_distance && distance < std::max(name.size(), candidate.size())) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string SuggestText(std::string_view name, const std::vector<std::string_view>& candidates) {
  std::string_view best = Suggest(name, candidates);
  return best.empty() ? std::string() : fmt::format(" did you mean `{}`?", best);
}

}  // namespace flinkc
