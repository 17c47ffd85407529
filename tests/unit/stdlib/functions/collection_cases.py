#!/usr/bin/env python3
"""Writes collection_cases.txt: lambdas, arrays, maps and JSON by Python's lists, dicts and json.

A line: an expression, a tab, its result as CAST(... AS STRING) prints it, or `error: CODE`.
"""
import json
import random

random.seed(7)
LINES = []


class DivisionByZero(Exception):
    pass


def case(expression, value):
    LINES.append(f"{expression}\t{show(value)}")


def show(value):
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, list):
        return "[" + ", ".join(map(show, value)) + "]"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(show, value)) + ")"
    if isinstance(value, dict):
        ordered = sorted(value, key=lambda k: (k is not None, k if k is not None else 0))
        return "{" + ", ".join(f"{show(k)}={show(value[k])}" for k in ordered) + "}"
    return str(value)


def literal(value, kind):
    if value is None:
        return f"CAST(NULL AS {kind})"
    if kind == "STRING":
        return "'" + value.replace("'", "''") + "'"
    return str(value)


def array(values, kind):
    if not values:
        return f"array_filter(ARRAY[CAST(NULL AS {kind})], x -> FALSE)"
    return "ARRAY[" + ", ".join(literal(v, kind) for v in values) + "]"


def mapping(items):
    flat = [f"{literal(k, 'STRING')}, {literal(v, 'INT')}" for k, v in items]
    return "MAP[" + ", ".join(flat) + "]"


def add(a, b):
    return None if a is None or b is None else a + b


def over(a, b):
    if a is None or b is None:
        return None
    if b == 0:
        raise DivisionByZero()
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


def greater(a, b):
    return None if a is None or b is None else a > b


def any_of(truths):
    saw_null = False
    for truth in truths:
        if truth:
            return True
        saw_null = saw_null or truth is None
    return None if saw_null else False


def negation(truth):
    return None if truth is None else not truth


def ints():
    return [random.choice([None, *range(-4, 5)]) for _ in range(random.randrange(6))]


def words():
    pool = [None, "", "a", "b", "zebra", "a text of more than twelve bytes", "é", "it's"]
    return [random.choice(pool) for _ in range(random.randrange(5))]


def lambdas():
    for _ in range(60):
        a, n = ints(), random.randrange(-3, 4)
        text = array(a, "INT")
        case(f"array_transform({text}, x -> x + {n})", [add(x, n) for x in a])
        case(f"array_filter({text}, x -> x > {n})", [x for x in a if greater(x, n)])
        truths = [greater(x, n) for x in a]
        case(f"any_match({text}, x -> x > {n})", any_of(truths))
        case(f"all_match({text}, x -> x > {n})", negation(any_of(map(negation, truths))))
        case(f"none_match({text}, x -> x > {n})", negation(any_of(truths)))
        total = 0
        for x in a:
            total = add(total, x)
        case(f"array_reduce({text}, 0, (s, x) -> s + x)", total)
        try:
            quotients = show([over(12, x) for x in a])
        except DivisionByZero:
            quotients = "error: DIVISION_BY_ZERO"
        LINES.append(f"array_transform({text}, x -> 12 / x)\t{quotients}")
        tried = []
        for x in a:
            try:
                tried.append(over(12, x))
            except DivisionByZero:
                tried.append(None)
        case(f"array_transform({text}, x -> TRY(12 / x))", tried)
        # A lambda within a lambda, which reads the outer one's parameter.
        b = ints()
        case(f"array_transform({text}, x -> array_transform({array(b, 'INT')}, y -> y + x))",
             [[add(y, x) for y in b] for x in a])
        # The inner lambda's parameter hides the outer one's.
        case(f"array_transform({text}, x -> cardinality(array_filter({array(b, 'INT')}, "
             f"x -> x > {n})))", [len([y for y in b if greater(y, n)]) for _ in a])
    for _ in range(40):
        a = words()
        text = array(a, "STRING")
        case(f"array_transform({text}, x -> x || '!')",
             [None if x is None else x + "!" for x in a])
        case(f"array_transform({text}, x -> char_length(x))",
             [None if x is None else len(x) for x in a])
        joined = ""
        for x in a:
            joined = None if joined is None or x is None else joined + x
        case(f"array_reduce({text}, '', (s, x) -> s || x)", joined)
        case(f"array_filter({text}, x -> x IS NOT NULL)", [x for x in a if x is not None])
        case(f"array_transform({text}, x -> ROW(x, 1))", [(x, 1) for x in a])
        case(f"array_transform(array_transform({text}, x -> ROW(x, 1)), r -> r.f0)", a)


def entries():
    keys = ["a", "b", "", "a key of more than twelve bytes", "é", "z", None]
    return [(random.choice(keys), random.choice([None, *range(5)]))
            for _ in range(random.randrange(1, 6))]


def maps():
    for _ in range(60):
        one, two = entries(), entries()
        first, second = dict(one), dict(two)
        m, n = mapping(one), mapping(two)
        ordered = sorted(first, key=lambda k: (k is not None, (k or "").encode()))
        case(m, first)
        case(f"cardinality({m})", len(first))
        case(f"map_keys({m})", ordered)
        case(f"map_values({m})", [first[k] for k in ordered])
        case(f"map_entries({m})", [(k, first[k]) for k in ordered])
        case(f"map_from_entries(map_entries({m}))", first)
        case(f"map_from_arrays(map_keys({m}), map_values({m})) = {m}", True)
        case(f"map_union({m}, {n})", {**first, **second})
        key = random.choice(["a", "b", "", "nowhere"])
        case(f"{m}['{key}']", first.get(key))
        case(f"map_contains_key({m}, '{key}')", key in first)
        case(f"{m} = {n}", first == second)
        case(f"map_filter({m}, (k, v) -> v > 1)",
             {k: v for k, v in first.items() if greater(v, 1)})
        case(f"map_transform_values({m}, (k, v) -> v * 2)",
             {k: None if v is None else v * 2 for k, v in first.items()})
        renamed = {}
        for k in ordered:
            renamed[None if k is None else len(k)] = first[k]
        case(f"map_transform_keys({m}, (k, v) -> char_length(k))", renamed)
        case(f"CAST({m} AS MAP<STRING, STRING>)",
             {k: None if v is None else str(v) for k, v in first.items()})
        case(f"CAST({m} AS STRING)", show(first))


def casts():
    for _ in range(40):
        a, b = ints(), words()
        case(f"CAST({array(a, 'INT')} AS ARRAY<STRING>)",
             [None if x is None else str(x) for x in a])
        case(f"CAST({array(a, 'INT')} AS STRING)", show(a))
        case(f"CAST(array_transform({array(a, 'INT')}, x -> ARRAY[x, 1]) AS ARRAY<ARRAY<BIGINT>>)",
             [[x, 1] for x in a])
        case(f"array_concat({array(a, 'INT')}, {array(a, 'BIGINT')})", a + a)
        if a and b:
            row = f"ROW({literal(a[0], 'INT')}, {literal(b[0], 'STRING')})"
            case(f"CAST({row} AS ROW<n BIGINT, s STRING>).n", a[0])
            case(f"CAST({row} AS ROW<n STRING, s STRING>)",
                 (None if a[0] is None else str(a[0]), b[0]))
            case(f"CAST({row} AS STRING)", show((a[0], b[0])))
            case(f"{row} = {row}", True)


def any_json(depth):
    kind = random.randrange(8 if depth else 6)
    if kind == 6:
        return [any_json(depth - 1) for _ in range(random.randrange(4))]
    if kind == 7:
        return {random.choice(["a", "b", "c d", "é", "q\"x"]): any_json(depth - 1)
                for _ in range(random.randrange(4))}
    return [None, True, False, random.randrange(-99, 99), random.randrange(-9, 9) + 0.5,
            random.choice(["", "x", "tab\there", "quote \" and \\", "é€😀", "a/b"])][kind]


def find(value, path):
    """The value that the path leads to, ok; False where there is none."""
    for step in path:
        if isinstance(step, str):
            if not isinstance(value, dict) or step not in value:
                return None, False
            value = value[step]
        else:
            if not isinstance(value, list) or not -len(value) <= step < len(value):
                return None, False
            value = value[step]
    return value, True


def scalar_text(value):
    return json.dumps(value) if not isinstance(value, str) else value


def json_functions():
    for _ in range(150):
        value = any_json(3)
        path = [random.choice(["a", "b", "c d", "é", 0, 1, -1]) for _ in range(random.randrange(3))]
        style = random.choice([{"separators": (",", ":")}, {"indent": 1}, {}])
        text = json.dumps(value, ensure_ascii=random.random() < 0.5, **style)
        document = literal(text, "STRING")
        if "\t" in text or "\n" in text:
            continue
        steps = "".join(f"[''{s}'']" if isinstance(s, str) else f"[{s}]" for s in path)
        found, there = find(value, path)
        is_scalar = there and not isinstance(found, (list, dict))
        case(f"JSON_EXISTS({document}, '${steps}')", there and found is not None)
        case(f"JSON_VALUE({document}, '${steps}')",
             scalar_text(found) if is_scalar and found is not None else None)
        default = "none" if not there or not is_scalar else "empty" if found is None else None
        case(f"JSON_VALUE({document}, 'strict ${steps}' DEFAULT 'empty' ON EMPTY "
             "DEFAULT 'none' ON ERROR)", default or scalar_text(found))
        case(f"JSON_VALUE({document}, 'lax ${steps}' DEFAULT 'empty' ON EMPTY "
             "DEFAULT 'none' ON ERROR)",
             scalar_text(found) if is_scalar and found is not None else "empty")
        compact = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
        case(f"JSON_QUERY({document}, '${steps}')", compact if there and not is_scalar else None)
        case(f"{document} IS JSON", True)
        case(f"{literal(text[:-1], 'STRING')} IS JSON SCALAR",
             isinstance(value, (int, float)) and not isinstance(value, bool) and
             is_number(text[:-1]))
        case(f"{document} IS JSON OBJECT", isinstance(value, dict))
    for text in ["", "a", "say \"hi\"", "back\\slash", "é€😀", "a/b"]:
        quoted = json.dumps(text, ensure_ascii=False)
        case(f"JSON_STRING({literal(text, 'STRING')})", quoted)
        case(f"json_unquote({literal(quoted, 'STRING')})", text)
        ascii_only = json.dumps(text).replace("/", "\\/")
        case(f"json_quote({literal(text, 'STRING')})", ascii_only)
    for _ in range(30):
        a, b = ints(), words()
        case(f"JSON_STRING({array(a, 'INT')})", json.dumps(a, separators=(",", ":")))
        case(f"JSON_STRING({array(b, 'STRING')})",
             json.dumps(b, ensure_ascii=False, separators=(",", ":")))
        if b:
            value = literal(b[0], "STRING")
            case(f"JSON_OBJECT('k' VALUE {value}, 'n' VALUE 1)",
                 json.dumps({"k": b[0], "n": 1}, ensure_ascii=False, separators=(",", ":")))
            kept = {"n": 1} if b[0] is None else {"k": b[0], "n": 1}
            case(f"JSON_OBJECT('k' VALUE {value}, 'n' VALUE 1 ABSENT ON NULL)",
                 json.dumps(kept, ensure_ascii=False, separators=(",", ":")))
            case(f"JSON_ARRAY({value}, 2)",
                 json.dumps([x for x in [b[0], 2] if x is not None], ensure_ascii=False,
                            separators=(",", ":")))


def is_number(text):
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


for family in (lambdas, maps, casts, json_functions):
    family()
with open(__file__.replace("cases.py", "cases.txt"), "w", encoding="utf-8") as out:
    out.write("\n".join(LINES) + "\n")
print(len(LINES), "cases")
