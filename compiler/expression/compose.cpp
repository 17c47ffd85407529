#include "compiler/expression/compose.h"

#include <algorithm>
#include <string>
#include <utility>

#include "compiler/expression/expression_checker.h"
#include "compiler/expression/higher_order.h"
#include "compiler/expression/implicit_cast.h"

namespace flinkc {

namespace {

// What is composed here reads no parameter of a lambda but its own, so all can have the same level.
constexpr uint32_t kLevel = 0;

class Composer {
 public:
  Composer(const FunctionRegistry& registry, SourceSpan span) : registry_(registry), span_(span) {}

  ExprPtr Cast(const ExprPtr& expr, const DataType& type) const {
    const DataType& from = expr->type();
    if (from.Nullable() == type.Nullable()) return expr;
    if (from.kind() == TypeKind::kNull) return Expr::Literal({}, type.Nullable(), span_);
    if (from.is_nested() && IsSameRepresentation(from, type)) return Named(expr, type);
    if (from.is_nested() && type.kind() == TypeKind::kString) return CastToText(expr, type);
    if (from.is_nested() || type.is_nested()) {
      if (from.kind() != type.kind()) return nullptr;
      if (from.kind() == TypeKind::kArray) return CastArray(expr, type);
      return from.kind() == TypeKind::kMap ? CastMap(expr, type) : CastRow(expr, type);
    }
    auto resolution = registry_.ResolveCast(from, type.WithNullable(from.nullable()));
    if (resolution) return Expr::Cast(*std::move(resolution), expr, span_);
    return IsSameRepresentation(from, type) ? expr : nullptr;
  }

  ExprPtr Call(std::string_view name, std::vector<ExprPtr> arguments) const {
    if (std::ranges::count(arguments, nullptr) > 0) return nullptr;
    const FunctionRecord* record = registry_.FindFunction(name);
    if (record == nullptr) return nullptr;
    std::vector<ResolvedArgument> described;
    std::vector<ArgumentInfo> infos;
    for (const ExprPtr& argument : arguments) {
      described.push_back({argument->type(), std::nullopt});
      if (argument->kind() == ExprKind::kLiteral) described.back().literal = argument->literal();
    }
    for (const ResolvedArgument& argument : described) {
      infos.push_back({argument.type, argument.literal ? &*argument.literal : nullptr});
    }
    for (size_t i = 0; i < record->overloads.size(); ++i) {
      auto resolution = record->overloads[i].resolve(infos);
      if (!resolution) continue;
      resolution->overload = static_cast<uint32_t>(i);
      resolution->resolved_from = std::move(described);
      for (size_t a = 0; a < arguments.size(); ++a) {
        arguments[a] = ImplicitCast(arguments[a], resolution->parameters[a], registry_);
        if (arguments[a] == nullptr) return nullptr;
      }
      return Expr::Call(std::string(record->name), *std::move(resolution), std::move(arguments),
                        span_);
    }
    return nullptr;
  }

  ExprPtr JsonText(const ExprPtr& expr) const {
    const DataType& type = expr->type();
    switch (type.kind()) {
      case TypeKind::kNull:
        return Expr::Literal({}, DataType::String(), span_);
      case TypeKind::kBoolean:
        return Call("lower", {Cast(expr, DataType::String())});
      case TypeKind::kTinyint:
      case TypeKind::kSmallint:
      case TypeKind::kInt:
      case TypeKind::kBigint:
      case TypeKind::kDecimal:
        return Cast(expr, DataType::String());
      case TypeKind::kFloat:
      case TypeKind::kDouble:
      case TypeKind::kString:
        return Call("json_string", {expr});
      case TypeKind::kBytes:
        return Call("json_string", {Call("to_base64", {expr})});
      case TypeKind::kArray:
        return Bracketed("[",
                         Call("array_join", {Transform(expr,
                                                       [&](const ExprPtr& element) {
                                                         return OrText(JsonText(element), "null");
                                                       }),
                                             Text(",")}),
                         "]");
      case TypeKind::kMap:
        return JsonObject(expr);
      case TypeKind::kRow:
        return JsonRow(expr);
      default:
        return Call("json_string", {Cast(expr, DataType::String())});
    }
  }

 private:
  ExprPtr Text(std::string text) const {
    return Expr::Literal({std::move(text)}, DataType(TypeKind::kString, false), span_);
  }

  // The text, or `otherwise` where it is NULL.
  ExprPtr OrText(const ExprPtr& text, std::string otherwise) const {
    if (text == nullptr || !text->type().nullable()) return text;
    return Expr::Special(ExprKind::kCoalesce, DataType(TypeKind::kString, false),
                         {text, Text(std::move(otherwise))}, span_);
  }

  ExprPtr Bracketed(std::string open, const ExprPtr& text, std::string close) const {
    return Call("concat", {Text(std::move(open)), text, Text(std::move(close))});
  }

  // array_transform(array, x -> make(x)), an array of `type` where that is given.
  template <typename Make>
  ExprPtr Transform(const ExprPtr& array, const Make& make) const {
    if (array == nullptr) return nullptr;
    ExprPtr body = make(Expr::Parameter(kLevel, "x", array->type().children()[0], span_));
    if (body == nullptr) return nullptr;
    DataType type = DataType::Array(body->type(), array->type().nullable());
    return Expr::HigherOrder("array_transform", std::move(type), kLevel, {"x"},
                             {array, std::move(body)}, span_);
  }

  // let(value, x -> make(x)): `value` is evaluated once, however often `make` uses it.
  template <typename Make>
  ExprPtr Let(const ExprPtr& value, const Make& make) const {
    if (value->kind() == ExprKind::kColumn || value->kind() == ExprKind::kParameter) {
      return make(value);
    }
    ExprPtr body = make(Expr::Parameter(kLevel, "x", value->type(), span_));
    if (body == nullptr) return nullptr;
    DataType type = body->type();
    return Expr::HigherOrder("let", std::move(type), kLevel, {"x"}, {value, std::move(body)},
                             span_);
  }

  // `made`, which is of a value that is not NULL; NULL where it is.
  ExprPtr UnlessNull(const ExprPtr& value, ExprPtr made) const {
    if (made == nullptr || !value->type().nullable()) return made;
    ExprPtr is_null =
        Expr::Special(ExprKind::kIsNull, DataType(TypeKind::kBoolean, false), {value}, span_);
    DataType type = made->type().Nullable();
    ExprPtr null = Expr::Literal({}, type, span_);
    return Expr::Special(ExprKind::kCase, std::move(type),
                         {std::move(is_null), std::move(null), std::move(made)}, span_);
  }

  ExprPtr FieldOf(const ExprPtr& row, size_t index) const {
    ExprPtr number =
        Expr::Literal({static_cast<int64_t>(index)}, DataType(TypeKind::kInt, false), span_);
    return Call("row_get", {row, std::move(number)});
  }

  ExprPtr CastArray(const ExprPtr& expr, const DataType& type) const {
    const DataType& element = type.children()[0];
    return Transform(expr, [&](const ExprPtr& x) -> ExprPtr {
      ExprPtr cast = Cast(x, element);
      return cast != nullptr && cast->type().nullable() && !element.nullable() ? nullptr : cast;
    });
  }

  ExprPtr CastMap(const ExprPtr& expr, const DataType& type) const {
    ExprPtr map = expr;
    for (size_t half = 0; half < 2; ++half) {
      const DataType& from = map->type().children()[half];
      const DataType& to = type.children()[half];
      ExprPtr body = Cast(
          Expr::Parameter(kLevel + static_cast<uint32_t>(half), half == 0 ? "k" : "v", from, span_),
          to);
      if (body == nullptr || (body->type().nullable() && !to.nullable())) return nullptr;
      const HigherOrderFunction function = half == 0 ? HigherOrderFunction::kMapTransformKeys
                                                     : HigherOrderFunction::kMapTransformValues;
      DataType made = *HigherOrderResult(function, std::vector{map->type()}, body->type());
      map = Expr::HigherOrder(half == 0 ? "map_transform_keys" : "map_transform_values",
                              std::move(made), kLevel, {"k", "v"}, {map, std::move(body)}, span_);
    }
    return map;
  }

  ExprPtr CastRow(const ExprPtr& expr, const DataType& type) const {
    const std::vector<DataType>& fields = type.children();
    if (expr->type().children().size() != fields.size()) return nullptr;
    return Let(expr, [&](const ExprPtr& row) -> ExprPtr {
      std::vector<ExprPtr> values;
      for (size_t i = 0; i < fields.size(); ++i) {
        ExprPtr field = FieldOf(row, i);
        if (field != nullptr) field = Cast(field, fields[i]);
        if (field == nullptr ||
            (field->type().nullable() && !fields[i].nullable() && !row->type().nullable())) {
          return nullptr;
        }
        values.push_back(std::move(field));
      }
      return Named(UnlessNull(row, Call("row", std::move(values))), type);
    });
  }

  // The same value as one of `type`: other names of fields, other digits.
  ExprPtr Named(const ExprPtr& value, const DataType& type) const {
    if (value == nullptr) return nullptr;
    const DataType named = type.WithNullable(value->type().nullable());
    return Expr::HigherOrder("let", named, kLevel, {"x"},
                             {value, Expr::Parameter(kLevel, "x", named, span_)}, span_);
  }

  ExprPtr CastToText(const ExprPtr& expr, const DataType& type) const {
    ExprPtr text;
    if (expr->type().kind() == TypeKind::kArray) {
      text = Bracketed(
          "[",
          Call("array_join",
               {Transform(expr, [&](const ExprPtr& element) { return ElementText(element); }),
                Text(", ")}),
          "]");
    } else if (expr->type().kind() == TypeKind::kMap) {
      text = Bracketed(
          "{",
          Call("array_join", {Transform(Call("map_entries", {expr}),
                                        [&](const ExprPtr& entry) {
                                          return Call("concat",
                                                      {ElementText(FieldOf(entry, 0)), Text("="),
                                                       ElementText(FieldOf(entry, 1))});
                                        }),
                              Text(", ")}),
          "}");
    } else {
      text = Let(expr, [&](const ExprPtr& row) {
        std::vector<ExprPtr> fields;
        for (size_t i = 0; i < row->type().children().size(); ++i) {
          fields.push_back(ElementText(FieldOf(row, i)));
        }
        ExprPtr joined = Call("array_join", {Call("array", std::move(fields)), Text(", ")});
        return UnlessNull(row, Bracketed("(", joined, ")"));
      });
    }
    return text == nullptr ? nullptr : Cast(text, type);
  }

  ExprPtr ElementText(const ExprPtr& element) const {
    return element == nullptr ? nullptr : OrText(Cast(element, DataType::String()), "NULL");
  }

  ExprPtr JsonObject(const ExprPtr& map) const {
    if (map->type().children()[0].kind() != TypeKind::kString) return nullptr;
    ExprPtr entries = Transform(Call("map_entries", {map}), [&](const ExprPtr& entry) -> ExprPtr {
      ExprPtr key = FieldOf(entry, 0), value = FieldOf(entry, 1);
      if (key == nullptr || value == nullptr) return nullptr;
      return Call("concat",
                  {OrText(JsonText(key), "\"null\""), Text(":"), OrText(JsonText(value), "null")});
    });
    return Bracketed("{", Call("array_join", {entries, Text(",")}), "}");
  }

  ExprPtr JsonRow(const ExprPtr& expr) const {
    return Let(expr, [&](const ExprPtr& row) -> ExprPtr {
      std::vector<ExprPtr> fields;
      for (size_t i = 0; i < row->type().children().size(); ++i) {
        ExprPtr value = FieldOf(row, i);
        if (value == nullptr) return nullptr;
        ExprPtr name = Call("json_string", {Text(row->type().field_names()[i])});
        fields.push_back(Call("concat", {name, Text(":"), OrText(JsonText(value), "null")}));
      }
      ExprPtr joined = Call("array_join", {Call("array", std::move(fields)), Text(",")});
      return UnlessNull(row, Bracketed("{", joined, "}"));
    });
  }

  const FunctionRegistry& registry_;
  SourceSpan span_;
};

}  // namespace

ExprPtr MakeCast(const ExprPtr& expr, const DataType& type, const FunctionRegistry& registry,
                 SourceSpan span) {
  return Composer(registry, span).Cast(expr, type);
}

ExprPtr MakeCall(std::string_view name, std::vector<ExprPtr> arguments,
                 const FunctionRegistry& registry, SourceSpan span) {
  return Composer(registry, span).Call(name, std::move(arguments));
}

ExprPtr MakeJsonText(const ExprPtr& expr, const FunctionRegistry& registry, SourceSpan span) {
  return Composer(registry, span).JsonText(expr);
}

}  // namespace flinkc
