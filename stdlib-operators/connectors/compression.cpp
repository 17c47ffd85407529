#include "stdlib-operators/connectors/compression.h"

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include "runtime/base/check.h"

namespace flinkc {

namespace {

constexpr std::string_view kGzipMagic("\x1F\x8B", 2);
constexpr std::string_view kZstdMagic("\x28\xB5\x2F\xFD", 4);

std::unexpected<Error> Truncated(std::string_view format) {
  return MakeError(ErrorCode::kInvalidData,
                   fmt::format("the {} stream is truncated: the file ends before it does", format));
}

std::unexpected<Error> Broken(std::string_view format, std::string_view reason) {
  return MakeError(ErrorCode::kInvalidData,
                   fmt::format("the {} stream is damaged: {}", format, reason));
}

class GzipDecompressor final : public Decompressor {
 public:
  explicit GzipDecompressor(CompressedInput input) : input_(std::move(input)) {
    // 16: gzip's header, not zlib's.
    CHECK(inflateInit2(&stream_, 16 + MAX_WBITS) == Z_OK);
  }
  ~GzipDecompressor() override { inflateEnd(&stream_); }

  Result<size_t> Read(std::span<char> out) override {
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    while (stream_.avail_out > 0 && !at_end_) {
      if (stream_.avail_in == 0) {
        ASSIGN_OR_RETURN(const std::string_view more, input_());
        if (more.empty()) {
          // Between two members, or in an empty file, the end is where it should be.
          if (within_member_) return Truncated("gzip");
          at_end_ = true;
          break;
        }
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(more.data()));
        stream_.avail_in = static_cast<uInt>(more.size());
      }
      within_member_ = true;
      const int outcome = inflate(&stream_, Z_NO_FLUSH);
      if (outcome == Z_STREAM_END) {
        // Files put one behind the other are one file.
        within_member_ = false;
        CHECK(inflateReset(&stream_) == Z_OK);
      } else if (outcome != Z_OK && outcome != Z_BUF_ERROR) {
        return Broken("gzip", stream_.msg == nullptr ? "unknown reason" : stream_.msg);
      }
    }
    return out.size() - stream_.avail_out;
  }

 private:
  const CompressedInput input_;
  z_stream stream_{};
  bool within_member_ = false;
  bool at_end_ = false;
};

class ZstdDecompressor final : public Decompressor {
 public:
  explicit ZstdDecompressor(CompressedInput input)
      : input_(std::move(input)), stream_(ZSTD_createDCtx()) {
    CHECK(stream_ != nullptr);
  }
  ~ZstdDecompressor() override { ZSTD_freeDCtx(stream_); }

  Result<size_t> Read(std::span<char> out) override {
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    while (to.pos < to.size && !at_end_) {
      if (from_.pos == from_.size && !flushing_) {
        ASSIGN_OR_RETURN(const std::string_view more, input_());
        if (more.empty()) {
          if (within_frame_) return Truncated("zstd");
          at_end_ = true;
          break;
        }
        from_ = {more.data(), more.size(), 0};
      }
      const size_t outcome = ZSTD_decompressStream(stream_, &to, &from_);
      if (ZSTD_isError(outcome) != 0) return Broken("zstd", ZSTD_getErrorName(outcome));
      within_frame_ = outcome != 0;
      // A full output may leave decoded bytes behind within the decoder.
      flushing_ = within_frame_ && to.pos == to.size;
    }
    return to.pos;
  }

 private:
  const CompressedInput input_;
  ZSTD_DCtx* const stream_;
  ZSTD_inBuffer from_{nullptr, 0, 0};
  bool within_frame_ = false;
  bool flushing_ = false;
  bool at_end_ = false;
};

class GzipCompressor final : public Compressor {
 public:
  GzipCompressor() {
    constexpr int kMemoryLevel = 8;
    CHECK(deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 16 + MAX_WBITS, kMemoryLevel,
                       Z_DEFAULT_STRATEGY) == Z_OK);
  }
  ~GzipCompressor() override { deflateEnd(&stream_); }

  void Append(std::string_view bytes, std::string& out) override { Run(bytes, Z_NO_FLUSH, out); }
  void Finish(std::string& out) override { Run({}, Z_FINISH, out); }

 private:
  void Run(std::string_view bytes, int flush, std::string& out) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    do {
      char buffer[16 * 1024];
      stream_.next_out = reinterpret_cast<Bytef*>(buffer);
      stream_.avail_out = sizeof(buffer);
      CHECK(deflate(&stream_, flush) != Z_STREAM_ERROR);
      out.append(buffer, sizeof(buffer) - stream_.avail_out);
    } while (stream_.avail_out == 0);
  }

  z_stream stream_{};
};

class ZstdCompressor final : public Compressor {
 public:
  ZstdCompressor() : stream_(ZSTD_createCCtx()) { CHECK(stream_ != nullptr); }
  ~ZstdCompressor() override { ZSTD_freeCCtx(stream_); }

  void Append(std::string_view bytes, std::string& out) override {
    Run(bytes, ZSTD_e_continue, out);
  }
  void Finish(std::string& out) override { Run({}, ZSTD_e_end, out); }

 private:
  void Run(std::string_view bytes, ZSTD_EndDirective directive, std::string& out) {
    ZSTD_inBuffer from{bytes.data(), bytes.size(), 0};
    size_t left = 0;
    do {
      char buffer[16 * 1024];
      ZSTD_outBuffer to{buffer, sizeof(buffer), 0};
      left = ZSTD_compressStream2(stream_, &to, &from, directive);
      CHECK(ZSTD_isError(left) == 0);
      out.append(buffer, to.pos);
    } while (from.pos < from.size || (directive == ZSTD_e_end && left != 0));
  }

  ZSTD_CCtx* const stream_;
};

}  // namespace

Compression DetectCompression(std::string_view first_bytes) {
  if (first_bytes.starts_with(kGzipMagic)) return Compression::kGzip;
  if (first_bytes.starts_with(kZstdMagic)) return Compression::kZstd;
  return Compression::kNone;
}

std::string_view FileSuffix(Compression compression) {
  switch (compression) {
    case Compression::kNone:
      return "";
    case Compression::kGzip:
      return ".gz";
    case Compression::kZstd:
      return ".zst";
  }
  CHECK(false);
}

std::unique_ptr<Decompressor> MakeDecompressor(Compression compression, CompressedInput input) {
  CHECK(compression != Compression::kNone);
  if (compression == Compression::kGzip)
    return std::make_unique<GzipDecompressor>(std::move(input));
  return std::make_unique<ZstdDecompressor>(std::move(input));
}

std::unique_ptr<Compressor> MakeCompressor(Compression compression) {
  switch (compression) {
    case Compression::kNone:
      return nullptr;
    case Compression::kGzip:
      return std::make_unique<GzipCompressor>();
    case Compression::kZstd:
      return std::make_unique<ZstdCompressor>();
  }
  CHECK(false);
}

}  // namespace flinkc
