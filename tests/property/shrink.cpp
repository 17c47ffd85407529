#include "tests/property/shrink.h"

#include <algorithm>
#include <cstddef>

namespace flinkc::property {

namespace {

class Shrinker {
 public:
  Shrinker(std::vector<uint32_t> choices, int attempts,
           const std::function<bool(const std::vector<uint32_t>&)>& fails)
      : choices_(std::move(choices)), attempts_(attempts), fails_(fails) {}

  std::vector<uint32_t> Run() {
    for (bool smaller = true; smaller && attempts_ > 0;) {
      smaller = false;
      for (size_t block = std::max<size_t>(1, choices_.size() / 2); block > 0; block /= 2) {
        smaller |= RemoveBlocks(block);
        smaller |= ZeroBlocks(block);
      }
      smaller |= LowerEach();
    }
    return choices_;
  }

 private:
  bool Try(std::vector<uint32_t> candidate) {
    if (attempts_ <= 0 || candidate == choices_) return false;
    --attempts_;
    if (!fails_(candidate)) return false;
    choices_ = std::move(candidate);
    return true;
  }

  // From the end: what was drawn last depends on nothing.
  bool RemoveBlocks(size_t block) {
    bool any = false;
    for (size_t end = choices_.size(); end >= block && end > 0;) {
      std::vector<uint32_t> candidate = choices_;
      candidate.erase(candidate.begin() + static_cast<std::ptrdiff_t>(end - block),
                      candidate.begin() + static_cast<std::ptrdiff_t>(end));
      const bool removed = Try(std::move(candidate));
      any |= removed;
      end = std::min(end - block, choices_.size());
    }
    return any;
  }

  bool ZeroBlocks(size_t block) {
    bool any = false;
    for (size_t begin = 0; begin + block <= choices_.size(); begin += block) {
      std::vector<uint32_t> candidate = choices_;
      std::fill_n(candidate.begin() + static_cast<std::ptrdiff_t>(begin), block, 0u);
      any |= Try(std::move(candidate));
    }
    return any;
  }

  bool LowerEach() {
    bool any = false;
    for (size_t i = 0; i < choices_.size(); ++i) {
      while (i < choices_.size() && choices_[i] > 0) {
        std::vector<uint32_t> candidate = choices_;
        candidate[i] /= 2;
        if (!Try(candidate)) {
          candidate[i] = choices_[i] - 1;
          if (!Try(std::move(candidate))) break;
        }
        any = true;
      }
    }
    return any;
  }

  std::vector<uint32_t> choices_;
  int attempts_;
  const std::function<bool(const std::vector<uint32_t>&)>& fails_;
};

}  // namespace

std::vector<uint32_t> Shrink(std::vector<uint32_t> choices, int attempts,
                             const std::function<bool(const std::vector<uint32_t>&)>& fails) {
  return Shrinker(std::move(choices), attempts, fails).Run();
}

}  // namespace flinkc::property
