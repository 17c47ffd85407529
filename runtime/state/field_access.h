// Fields of state rows and segments, which need not be aligned.
#pragma once

#include <cstring>

namespace flinkc {

template <typename T>
T LoadField(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

template <typename T>
void StoreField(char* to, const T& value) {
  std::memcpy(to, &value, sizeof(value));
}

}  // namespace flinkc
