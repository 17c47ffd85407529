// A RowStore over a std::map, for tests.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "runtime/state/row_store.h"

namespace flinkc {

class MapStore final : public RowStore {
 public:
  using Map = std::map<std::string, std::string, std::less<>>;

  Result<bool> Get(std::string_view key, std::string* value) override {
    std::lock_guard lock(mutex_);
    if (fails_) return MakeError(ErrorCode::kIo, "the store is broken");
    const auto found = map_.find(key);
    if (found == map_.end()) return false;
    *value = found->second;
    return true;
  }
  Status GetAll(std::span<const std::string_view> sorted, const Found& found) override {
    std::string value;
    for (size_t i = 0; i < sorted.size(); ++i) {
      if (i > 0) EXPECT_LT(sorted[i - 1], sorted[i]);
      const Result<bool> has = Get(sorted[i], &value);
      if (!has) return std::unexpected(has.error());
      if (*has) found(i, value);
    }
    return {};
  }
  std::unique_ptr<RowCursor> Scan(std::string_view begin, std::string_view end) override {
    std::lock_guard lock(mutex_);
    return std::make_unique<Cursor>(std::make_shared<const Map>(map_), begin, end);
  }
  uint64_t EstimateBytes(std::string_view begin, std::string_view end) override {
    std::lock_guard lock(mutex_);
    uint64_t bytes = 0;
    for (auto it = map_.lower_bound(begin); it != map_.end() && it->first < end; ++it) {
      bytes += it->first.size() + it->second.size();
    }
    return bytes;
  }
  Status Write(std::span<const StoredEntry> sorted) override {
    std::lock_guard lock(mutex_);
    if (fails_) return MakeError(ErrorCode::kIo, "the store is broken");
    for (size_t i = 0; i < sorted.size(); ++i) {
      if (i > 0) EXPECT_LT(sorted[i - 1].key, sorted[i].key);
      map_.insert_or_assign(std::string(sorted[i].key), std::string(sorted[i].value));
    }
    return {};
  }
  Status Delete(std::string_view key) override {
    std::lock_guard lock(mutex_);
    if (const auto found = map_.find(key); found != map_.end()) map_.erase(found);
    return {};
  }
  Status DeleteRange(std::string_view begin, std::string_view end) override {
    std::lock_guard lock(mutex_);
    map_.erase(map_.lower_bound(begin), map_.lower_bound(end));
    return {};
  }
  Result<std::shared_ptr<StoreCut>> Cut(bool) override {
    std::lock_guard lock(mutex_);
    return std::make_shared<MapCut>(std::make_shared<const Map>(map_));
  }

  size_t size() {
    std::lock_guard lock(mutex_);
    return map_.size();
  }
  void Break() {
    std::lock_guard lock(mutex_);
    fails_ = true;
  }

 private:
  class Cursor final : public RowCursor {
   public:
    Cursor(std::shared_ptr<const Map> map, std::string_view begin, std::string_view end)
        : map_(std::move(map)), at_(map_->lower_bound(begin)), end_(map_->lower_bound(end)) {}
    Result<bool> Next(StoredEntry* entry) override {
      if (at_ == end_) return false;
      *entry = {at_->first, at_->second};
      ++at_;
      return true;
    }

   private:
    std::shared_ptr<const Map> map_;
    Map::const_iterator at_;
    Map::const_iterator end_;
  };
  class MapCut final : public StoreCut {
   public:
    explicit MapCut(std::shared_ptr<const Map> map) : map_(std::move(map)) {}
    std::unique_ptr<RowCursor> Scan(std::string_view begin, std::string_view end) override {
      return std::make_unique<Cursor>(map_, begin, end);
    }
    const std::vector<StoreFile>& files() const override { return files_; }

   private:
    std::shared_ptr<const Map> map_;
    std::vector<StoreFile> files_;
  };

  // Guarded by mutex_.
  std::mutex mutex_;
  Map map_;
  bool fails_ = false;
};

}  // namespace flinkc
