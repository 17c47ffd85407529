#include "runtime/state/row_translation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "runtime/abi/keyed_table.h"
#include "runtime/base/check.h"
#include "runtime/state/field_access.h"
#include "runtime/state/widen_value.h"

namespace flinkc {

namespace {

constexpr std::string_view kRemedy =
    "undo the change, start from the beginning, or give the operator another `id:` and leave this "
    "state behind with --allow-non-restored-state";

std::unexpected<Error> Incompatible(const StateLayout& wanted, std::string_view what) {
  return MakeError(ErrorCode::kStateIncompatible,
                   fmt::format("the state `{}`: {}; {}", wanted.state_id, what, kRemedy));
}

std::string Describe(const std::optional<WindowLayout>& window) {
  if (!window) return "none";
  const auto millis = [](int64_t micros) { return fmt::format("{} ms", micros / 1000); };
  const std::string size = millis(window->size_micros);
  const std::string slide = millis(window->slide_micros);
  std::string text = window->kind == WindowKind::kSession    ? "session gap " + size
                     : window->kind == WindowKind::kCumulate ? "cumulate " + size + " step " + slide
                     : window->slide_micros == window->size_micros
                         ? "tumble " + size
                         : "hop " + size + " every " + slide;
  if (window->offset_micros != 0) text += ", offset " + millis(window->offset_micros);
  if (window->processing_time) text += ", on processing time";
  if (window->each_row) text += ", emits changes";
  if (window->early_micros != 0) text += ", emits every " + millis(window->early_micros);
  if (window->late_updates) text += ", updated by late rows";
  if (window->takes_back) text += ", over updated rows";
  if (window->lateness_micros != 0) text += ", lateness " + millis(window->lateness_micros);
  return text;
}

// Whether the bytes of `from` mean the same in `to`.
bool IsSame(const StateSchema::Accumulator& from, const StateSchema::Accumulator& to) {
  return from.kind == to.kind && from.bytes == to.bytes &&
         from.distinct_offset.has_value() == to.distinct_offset.has_value() &&
         std::ranges::equal(from.argument_types, to.argument_types,
                            [&](const DataType& a, const DataType& b) {
                              return from.distinct_offset ? a.SameKindAs(b)
                                                          : IsWidening(a.Nullable(), b.Nullable());
                            });
}

std::string TypesOf(const StateSchema::Accumulator& accumulator) {
  std::string text;
  for (const DataType& type : accumulator.argument_types) {
    text += (text.empty() ? "" : ", ") + type.ToString();
  }
  return text;
}

}  // namespace

StateLayout LayoutOf(const StateSchema& schema) {
  StateLayout layout;
  layout.key_bytes = schema.key_bytes;
  layout.row_bytes = schema.row_bytes;
  for (const StateSchema::KeyField& key : schema.keys) {
    if (key.type.is_view()) {
      layout.key_view_offsets.push_back(key.offset - KeyedTable::kHashBytes);
    }
  }
  for (const StateSchema::Accumulator& accumulator : schema.accumulators) {
    layout.blob_offsets.insert(layout.blob_offsets.end(), accumulator.blob_offsets.begin(),
                               accumulator.blob_offsets.end());
  }
  if (schema.rows_offset != 0) layout.blob_offsets.push_back(schema.rows_offset);
  return layout;
}

Result<RowTranslation> RowTranslation::Make(const StoredStateSchema& stored,
                                            const StateLayout& wanted) {
  RowTranslation translation;
  translation.stored_layout_ = LayoutOf(stored.schema);
  translation.stored_layout_.state_id = wanted.state_id;
  translation.row_bytes_ = wanted.row_bytes;
  if (stored.window != wanted.window) {
    return Incompatible(wanted, fmt::format("its window was {}, now it is {}",
                                            Describe(stored.window), Describe(wanted.window)));
  }
  if (stored.schema == wanted.schema) {
    translation.is_identity_ = true;
    return translation;
  }
  if (stored.schema.kind != wanted.schema.kind) {
    return Incompatible(wanted, "it keeps something else for a key than before");
  }
  translation.stored_rows_offset_ = stored.schema.rows_offset;
  translation.rows_offset_ = wanted.schema.rows_offset;
  if (stored.schema.rows != wanted.schema.rows) {
    Result<RowsTranslation> rows = RowsTranslation::Make(stored.schema, wanted.schema);
    if (!rows) return Incompatible(wanted, rows.error().message);
    translation.rows_ = *std::move(rows);
  }
  RETURN_IF_ERROR(translation.PlanKeys(stored.schema, wanted));
  RETURN_IF_ERROR(translation.PlanAccumulators(stored.schema, wanted));
  return translation;
}

Status RowTranslation::PlanKeys(const StateSchema& stored, const StateLayout& wanted) {
  const StateSchema& schema = wanted.schema;
  const auto names = [](const StateSchema& of) {
    std::string list;
    for (const StateSchema::KeyField& key : of.keys) list += (list.empty() ? "" : ", ") + key.name;
    return "(" + list + ")";
  };
  if (names(stored) != names(schema)) {
    return Incompatible(wanted, fmt::format("it is kept by {}, the job groups by {}", names(stored),
                                            names(schema)));
  }
  for (size_t i = 0; i < schema.keys.size(); ++i) {
    const StateSchema::KeyField& from = stored.keys[i];
    const StateSchema::KeyField& to = schema.keys[i];
    if (!IsWidening(from.type, to.type)) {
      return Incompatible(wanted, fmt::format("its key `{}` is {}, which cannot become {}", to.name,
                                              from.type.ToString(), to.type.ToString()));
    }
    keys_.push_back({from.type, to.type, from.offset, to.offset, from.null_offset.value_or(0),
                     to.null_offset.value_or(0)});
  }
  return {};
}

Status RowTranslation::PlanAccumulators(const StateSchema& stored, const StateLayout& wanted) {
  const auto& all = wanted.schema.accumulators;
  if (stored.updated_at_offset && wanted.schema.updated_at_offset) {
    accumulators_.push_back(
        {*stored.updated_at_offset, *wanted.schema.updated_at_offset, sizeof(int64_t)});
  }
  if (stored.rows_offset != 0 && !rows_) {
    accumulators_.push_back({stored.rows_offset, wanted.schema.rows_offset, sizeof(StateBlob)});
  }
  const auto rows = std::ranges::find(all, kRowCountName, &StateSchema::Accumulator::name);
  if (rows != all.end() &&
      std::ranges::none_of(stored.accumulators, [&](const StateSchema::Accumulator& from) {
        return HasSameInput(from, *rows) && IsSame(from, *rows);
      })) {
    return Incompatible(wanted,
                        "its input only grew, so the rows of a group were not counted; now they "
                        "are updated");
  }
  for (const StateSchema::Accumulator& from : stored.accumulators) {
    const auto same = std::ranges::find_if(all, [&](const StateSchema::Accumulator& to) {
      return HasSameInput(from, to) && IsSame(from, to);
    });
    if (same != all.end()) {
      accumulators_.push_back({from.offset, same->offset, from.bytes});
      if (from.distinct_offset) {
        accumulators_.push_back({*from.distinct_offset, *same->distinct_offset, sizeof(StateBlob)});
      }
      continue;
    }
    const auto wider = std::ranges::find_if(all, [&](const StateSchema::Accumulator& to) {
      return HasSameInput(from, to) && FindTranslation(from, to).has_value();
    });
    if (wider != all.end()) {
      accumulators_.push_back({from.offset, wider->offset, 0, *FindTranslation(from, *wider)});
      continue;
    }
    const auto now = std::ranges::find(all, from.name, &StateSchema::Accumulator::name);
    if (now == all.end()) {
      return Incompatible(wanted,
                          fmt::format("it has `{}`, the job has no such aggregate", from.call));
    }
    if (now->call != from.call) {
      return Incompatible(
          wanted, fmt::format("`{}` was {}, now it is {}", from.name, from.call, now->call));
    }
    if (now->argument_types == from.argument_types) {
      return Incompatible(
          wanted, fmt::format("`{}` was kept in another form: whether rows are taken back, "
                              "or which DISTINCT aggregates share their values, has changed",
                              from.call));
    }
    return Incompatible(wanted, fmt::format("`{}` was kept of values of type {}, which cannot "
                                            "become {}",
                                            from.call, TypesOf(from), TypesOf(*now)));
  }
  return {};
}

void RowTranslation::Apply(const char* from, std::string* to) const {
  to->assign(row_bytes_, '\0');
  std::memcpy(to->data(), from, KeyedTable::kHashBytes);
  for (const KeyCopy& key : keys_) {
    const bool is_null = key.from_null != 0 && from[key.from_null] != 0;
    if (is_null) {
      (*to)[key.to_null] = 1;
    } else {
      WidenValue(key.from.physical(), from + key.from_offset, key.to.physical(),
                 to->data() + key.to_offset);
    }
  }
  for (const AccumulatorCopy& copy : accumulators_) {
    if (copy.translate != nullptr) {
      copy.translate(from + copy.from_offset, to->data() + copy.to_offset);
    } else {
      std::memcpy(to->data() + copy.to_offset, from + copy.from_offset, copy.bytes);
    }
  }
  if (!rows_) return;
  const auto stored = LoadField<StateBlob>(from + stored_rows_offset_);
  rows_->Apply({stored.data, stored.size}, to);
  StateBlob blob{};
  blob.size = blob.capacity = static_cast<uint32_t>(to->size() - row_bytes_);
  blob.data = blob.size == 0 ? nullptr : to->data() + row_bytes_;
  StoreField(to->data() + rows_offset_, blob);
}

}  // namespace flinkc
