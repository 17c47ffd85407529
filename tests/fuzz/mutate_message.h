// Changes a protobuf message by its fields and not by its bytes, so that what comes of it parses
// and gets as far as the checks behind the parser. Bytes choose each change: a fuzzer's input, or
// random ones.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fuzz/choices.h"

namespace flinkc {

class MessageMutator {
 public:
  using Message = google::protobuf::Message;
  using Field = google::protobuf::FieldDescriptor;

  explicit MessageMutator(Choices* choices) : choices_(choices) {}

  // One change somewhere in `root`.
  void Mutate(Message* root) {
    std::vector<Message*> all;
    Collect(root, all);
    Message* message = all[choices_->Below(all.size())];
    if (message->GetDescriptor()->field_count() == 0) return;
    if (choices_->Below(4) == 0) return Replace(message, all);
    const Field* field = message->GetDescriptor()->field(static_cast<int>(
        choices_->Below(static_cast<size_t>(message->GetDescriptor()->field_count()))));
    if (field->is_repeated()) {
      MutateRepeated(message, field);
    } else if (field->cpp_type() == Field::CPPTYPE_MESSAGE) {
      MutateMessage(message, field);
    } else {
      SetScalar(message, field);
    }
  }

 private:
  static void Collect(Message* message, std::vector<Message*>& all) {
    all.push_back(message);
    const auto* reflection = message->GetReflection();
    std::vector<const Field*> fields;
    reflection->ListFields(*message, &fields);
    for (const Field* field : fields) {
      if (field->cpp_type() != Field::CPPTYPE_MESSAGE) continue;
      if (!field->is_repeated()) {
        Collect(reflection->MutableMessage(message, field), all);
        continue;
      }
      for (int i = 0; i < reflection->FieldSize(*message, field); ++i) {
        Collect(reflection->MutableRepeatedMessage(message, field, i), all);
      }
    }
  }

  // Another message of its kind in its place: a type for a type, an expression for an expression.
  void Replace(Message* message, const std::vector<Message*>& all) {
    std::vector<const Message*> alike;
    for (const Message* other : all) {
      if (other->GetDescriptor() == message->GetDescriptor()) alike.push_back(other);
    }
    std::unique_ptr<Message> copy(message->New());
    copy->CopyFrom(*alike[choices_->Below(alike.size())]);
    message->CopyFrom(*copy);
  }

  void MutateMessage(Message* message, const Field* field) {
    const auto* reflection = message->GetReflection();
    if (reflection->HasField(*message, field)) {
      reflection->ClearField(message, field);
    } else {
      reflection->MutableMessage(message, field);
    }
  }

  void MutateRepeated(Message* message, const Field* field) {
    const auto* reflection = message->GetReflection();
    const int size = reflection->FieldSize(*message, field);
    const auto index = [&] { return static_cast<int>(choices_->Below(static_cast<size_t>(size))); };
    const size_t change = size == 0 ? 0 : choices_->Below(4);
    if (change == 1) return reflection->RemoveLast(message, field);
    if (change == 2) return reflection->SwapElements(message, field, index(), index());
    if (field->cpp_type() == Field::CPPTYPE_MESSAGE) {
      const int from = size == 0 ? 0 : index();
      Message* added = reflection->AddMessage(message, field);
      if (size > 0) added->CopyFrom(reflection->GetRepeatedMessage(*message, field, from));
    } else if (field->cpp_type() == Field::CPPTYPE_UINT32) {
      if (change == 3) return reflection->SetRepeatedUInt32(message, field, index(), Number());
      reflection->AddUInt32(message, field, Number());
    } else if (field->cpp_type() == Field::CPPTYPE_STRING) {
      if (change == 3) return reflection->SetRepeatedString(message, field, index(), Text());
      reflection->AddString(message, field, Text());
    }
  }

  void SetScalar(Message* message, const Field* field) {
    const auto* reflection = message->GetReflection();
    switch (field->cpp_type()) {
      case Field::CPPTYPE_UINT32:
        return reflection->SetUInt32(message, field, Number());
      case Field::CPPTYPE_INT32:
        return reflection->SetInt32(message, field, static_cast<int32_t>(Number()));
      case Field::CPPTYPE_UINT64:
        return reflection->SetUInt64(message, field, uint64_t{Number()} << 32 | Number());
      case Field::CPPTYPE_INT64:
        return reflection->SetInt64(message, field,
                                    static_cast<int64_t>(uint64_t{Number()} << 32 | Number()));
      case Field::CPPTYPE_DOUBLE:
        return reflection->SetDouble(message, field, static_cast<int32_t>(Number()));
      case Field::CPPTYPE_BOOL:
        return reflection->SetBool(message, field, !reflection->GetBool(*message, field));
      case Field::CPPTYPE_STRING:
        return reflection->SetString(message, field, Text());
      default:
        return;  // the formats have no floats and enums
    }
  }

  // Mostly small, as ids, indexes and kinds are.
  uint32_t Number() {
    const uint32_t small = choices_->Take(1);
    if (small < 192) return small % 24;
    return small < 224 ? choices_->Take(4) : UINT32_MAX - small % 4;
  }

  std::string Text() {
    constexpr std::string_view kTexts[] = {"",     "\xff\xfe", "$watermark",     "errors", "late",
                                           "cast", "sum",      "utf-8 \xe2\x82", "a",      "0"};
    const size_t chosen = choices_->Below(std::size(kTexts) + 1);
    return chosen < std::size(kTexts) ? std::string(kTexts[chosen]) : std::string(5000, 'x');
  }

  Choices* choices_;
};

}  // namespace flinkc
