// gzip and zstd as streams, behind one face: the wall around zlib and libzstd.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace flinkc {

enum class Compression : uint8_t { kNone, kGzip, kZstd };

// By the first bytes of a file, whatever its name says.
Compression DetectCompression(std::string_view first_bytes);
// ".gz", ".zst", "".
std::string_view FileSuffix(Compression compression);

// Gives the next compressed bytes, an empty view at the end of the file. The view is used before
// the next call.
using CompressedInput = std::function<Result<std::string_view>()>;

// One thread at a time.
class Decompressor {
 public:
  virtual ~Decompressor() = default;
  // Fills `out` as far as it goes; less only at the end. A file that ends within its stream is
  // kInvalidData, as is a broken one.
  virtual Result<size_t> Read(std::span<char> out) = 0;
};
std::unique_ptr<Decompressor> MakeDecompressor(Compression compression, CompressedInput input);

class Compressor {
 public:
  virtual ~Compressor() = default;
  // Appends to `out` what is compressed so far.
  virtual void Append(std::string_view bytes, std::string& out) = 0;
  virtual void Finish(std::string& out) = 0;
};
// nullptr for kNone.
std::unique_ptr<Compressor> MakeCompressor(Compression compression);

}  // namespace flinkc
