#include "runtime/state/key_filter.h"

#include <algorithm>

#include "runtime/abi/hash.h"

namespace flinkc {

namespace {

constexpr uint64_t kBitsOfPlace = 6;  // of a bit in a word
constexpr uint64_t kWordBits = 64;

}  // namespace

// The keys of a subtask share the high bits of their hashes, so the hash is mixed once more.
KeyFilter::Place KeyFilter::PlaceOf(const Layer& layer, uint64_t hash) {
  const uint64_t mixed = MixHash(hash);
  const uint64_t blocks = layer.words.size() / kBlockWords;
  const auto block = static_cast<uint64_t>(static_cast<unsigned __int128>(mixed) * blocks >> 64);
  // Other bits than those that chose the block.
  return {block * kBlockWords, MixHash(mixed)};
}

void KeyFilter::Add(uint64_t hash) {
  if (MayHave(hash)) return;
  if (layers_.empty() || layers_.back().room == 0) {
    const uint64_t keys = KeysOfNextLayer();
    layers_.push_back({std::vector<uint64_t>(keys * kBitsPerKey / kWordBits), keys});
    memory_bytes_ += layers_.back().words.size() * sizeof(uint64_t);
  }
  Layer& layer = layers_.back();
  --layer.room;
  Place place = PlaceOf(layer, hash);
  for (uint64_t i = 0; i < kBlockWords; ++i, place.bits >>= kBitsOfPlace) {
    layer.words[place.block + i] |= uint64_t{1} << (place.bits & (kWordBits - 1));
  }
}

bool KeyFilter::MayHave(uint64_t hash) const {
  return has_given_up_ || std::ranges::any_of(layers_, [hash](const Layer& layer) {
           Place place = PlaceOf(layer, hash);
           uint64_t missing = 0;
           for (uint64_t i = 0; i < kBlockWords; ++i, place.bits >>= kBitsOfPlace) {
             missing |= ~layer.words[place.block + i] >> (place.bits & (kWordBits - 1)) & 1;
           }
           return missing == 0;
         });
}

void KeyFilter::GiveUp() {
  has_given_up_ = true;
  layers_.clear();
  memory_bytes_ = 0;
}

size_t KeyFilter::next_memory_bytes() const {
  if (has_given_up_ || (!layers_.empty() && layers_.back().room > 0)) return memory_bytes_;
  return memory_bytes_ + KeysOfNextLayer() * kBitsPerKey / 8;
}

}  // namespace flinkc
