// Which keys have left the memory of a table: a key that never did need not be looked for in the
// store. A blocked Bloom filter (Putze, Sanders and Singler, "Cache-, Hash- and Space-Efficient
// Bloom Filters", WEA 2007) in layers, each for twice as many keys as the one before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace flinkc {

// One thread.
class KeyFilter {
 public:
  // `hash`: of a key. Adding it again changes nothing.
  void Add(uint64_t hash);
  // False: it was not added. Of others each layer takes one in 30 or so for added.
  bool MayHave(uint64_t hash) const;
  // From now on everything may have been added.
  void GiveUp();
  bool has_given_up() const { return has_given_up_; }

  // What the layers take, and what they take when one more key is added.
  size_t memory_bytes() const { return memory_bytes_; }
  size_t next_memory_bytes() const;

 private:
  static constexpr uint64_t kBlockWords = 8;  // a line of the cache
  static constexpr uint64_t kBitsPerKey = 8;
  static constexpr uint64_t kKeysMin = 4096;

  struct Layer {
    std::vector<uint64_t> words;
    uint64_t room = 0;  // for so many more keys
  };
  // The bits of a key: in each word of its block one.
  struct Place {
    uint64_t block = 0;
    uint64_t bits = 0;  // 6 bits a word
  };

  static Place PlaceOf(const Layer& layer, uint64_t hash);
  uint64_t KeysOfNextLayer() const { return kKeysMin << layers_.size(); }

  std::vector<Layer> layers_;
  size_t memory_bytes_ = 0;
  bool has_given_up_ = false;
};

}  // namespace flinkc
