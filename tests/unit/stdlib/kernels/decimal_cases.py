#!/usr/bin/env python3
"""Writes decimal_cases.txt: DECIMAL arithmetic by Python's decimal, independent of the kernels.

A line: operation precision_a scale_a precision_b scale_b a b precision scale result
(a, b and result unscaled; the result NULL where it has too many digits). The rules are Flink's: the
exact result (of a division: 38 significant digits, HALF_UP), then the scale, HALF_UP.
"""
import decimal
import random

random.seed(7)
EXACT = decimal.Context(prec=200, rounding=decimal.ROUND_HALF_UP)
FLINK = decimal.Context(prec=38, rounding=decimal.ROUND_HALF_UP)


def adjusted(precision, scale):
    if precision > 38:
        before = precision - scale
        scale = max(38 - before, min(scale, 6))
        precision = 38
    return precision, scale


def result_type(operation, p1, s1, p2, s2):
    if operation in ("add", "subtract"):
        scale = max(s1, s2)
        return adjusted(max(p1 - s1, p2 - s2) + scale + 1, scale)
    if operation == "multiply":
        return adjusted(p1 + p2 + 1, s1 + s2)
    if operation == "divide":
        scale = max(6, s1 + p2 + 1)
        return adjusted(p1 - s1 + s2 + scale, scale)
    scale = max(s1, s2)
    return adjusted(max(min(p1 - s1, p2 - s2) + scale, 1), scale)


def compute(operation, a, b):
    if operation == "add":
        return EXACT.add(a, b)
    if operation == "subtract":
        return EXACT.subtract(a, b)
    if operation == "multiply":
        return EXACT.multiply(a, b)
    if operation == "divide":
        return FLINK.divide(a, b)
    return EXACT.remainder(a, b)


def unscaled(value, precision, scale):
    rounded = value.scaleb(scale, EXACT).quantize(decimal.Decimal(1), context=EXACT)
    return "NULL" if abs(int(rounded)) >= 10**precision else str(int(rounded))


def random_value(precision):
    digits = random.choice([precision, precision, random.randint(1, precision)])
    kind = random.random()
    if kind < 0.1:
        value = 10**digits - 1
    elif kind < 0.2:
        value = 10 ** (digits - 1)
    elif kind < 0.3:  # near a tie
        value = 5 * 10 ** (digits - 1)
    else:
        value = random.randrange(10**digits)
    return random.choice([-1, 1]) * value


def main():
    with open("decimal_cases.txt", "w") as out:
        for operation in ("add", "subtract", "multiply", "divide", "modulo"):
            written = 0
            while written < 1500:
                p1, p2 = random.randint(1, 38), random.randint(1, 38)
                s1, s2 = random.randint(0, p1), random.randint(0, p2)
                a, b = random_value(p1), random_value(p2)
                if b == 0 and operation in ("divide", "modulo"):
                    continue
                if operation == "modulo" and s1 == 0 and s2 == 0:
                    continue  # the result has the type of b
                p, s = result_type(operation, p1, s1, p2, s2)
                x = decimal.Decimal(a).scaleb(-s1, EXACT)
                y = decimal.Decimal(b).scaleb(-s2, EXACT)
                result = unscaled(compute(operation, x, y), p, s)
                print(operation, p1, s1, p2, s2, a, b, p, s, result, file=out)
                written += 1


main()
