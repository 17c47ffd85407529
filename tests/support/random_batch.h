// Batches of all types with random values: NULLs, texts of any length, nested values.
#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "runtime/data/record_batch.h"

namespace flinkc {

// A column of each type, nullable and not.
Schema SchemaOfAllTypes();
// The columns of it that a bit of `chosen` stands for, by column modulo 64.
Schema SomeOfAllTypes(uint64_t chosen);

BatchPtr RandomBatch(const Schema& schema, int32_t rows, bool row_kinds, bool key_hashes,
                     std::mt19937_64& random);

// All that a reader of the batch sees, bit for bit: a line a row.
std::string Describe(const Schema& schema, const RecordBatch& batch);

}  // namespace flinkc
