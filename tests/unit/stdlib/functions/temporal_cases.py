#!/usr/bin/env python3
"""Writes temporal_cases.txt: functions of dates and times by Python's datetime and zoneinfo.

A line: an expression, a tab, its result as CAST(... AS STRING) prints it. Lines that begin with `@`
are for the kernels of local time: @ZONE, the operation, its unit, UTC microseconds, the result.
"""
import datetime as dt
import random
import zoneinfo

random.seed(11)
LINES = []
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September",
          "October", "November", "December"]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
EPOCH = dt.datetime(1970, 1, 1)
EDGES = [dt.datetime(1900, 1, 1), dt.datetime(1900, 2, 28, 23, 59, 59, 999000),
         dt.datetime(1900, 3, 1), dt.datetime(1969, 12, 31, 23, 59, 59, 999000),
         dt.datetime(1970, 1, 1), dt.datetime(1999, 12, 31, 23, 59, 59, 1000),
         dt.datetime(2000, 2, 29, 12), dt.datetime(2001, 1, 1), dt.datetime(2004, 12, 31, 23, 0),
         dt.datetime(2012, 12, 31, 11, 59, 59), dt.datetime(2020, 2, 29),
         dt.datetime(2038, 1, 19, 3, 14, 8), dt.datetime(2099, 12, 31, 23, 59, 59, 999000),
         dt.datetime(2100, 2, 28, 0, 0, 1), dt.datetime(2100, 12, 31)]


def any_time(first=1900, last=2100):
    start, end = dt.datetime(first, 1, 1), dt.datetime(last + 1, 1, 1)
    millis = (end - start) // dt.timedelta(milliseconds=1)
    return start + dt.timedelta(milliseconds=random.randrange(millis))


def times(count):
    return EDGES + [any_time() for _ in range(count)]


def text(at, digits=3):
    base = at.strftime("%Y-%m-%d %H:%M:%S").rjust(19, "0")
    return base + ("." + f"{at.microsecond:06}"[:digits] if digits else "")


def literal(at):
    return f"TIMESTAMP '{text(at)}'"


def case(expression, result):
    LINES.append(f"{expression}\t{result}")


def fields(at):
    year, week, weekday = at.isocalendar()
    return {"YEAR": at.year, "QUARTER": (at.month + 2) // 3, "MONTH": at.month, "WEEK": week,
            "DAY": at.day, "HOUR": at.hour, "MINUTE": at.minute, "SECOND": at.second,
            "MILLISECOND": at.microsecond // 1000, "DOY": at.timetuple().tm_yday,
            "DOW": weekday % 7 + 1, "ISODOW": weekday, "ISOYEAR": year,
            "CENTURY": (at.year + 99) // 100, "DECADE": at.year // 10,
            "MILLENNIUM": (at.year + 999) // 1000,
            "EPOCH": (at - EPOCH) // dt.timedelta(seconds=1)}


def floor(at, unit):
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "YEAR":
        return day.replace(month=1, day=1)
    if unit == "QUARTER":
        return day.replace(month=(at.month - 1) // 3 * 3 + 1, day=1)
    if unit == "MONTH":
        return day.replace(day=1)
    if unit == "WEEK":  # begins on Sunday, as Calcite's
        return day - dt.timedelta(days=at.isoweekday() % 7)
    if unit == "DAY":
        return day
    if unit == "HOUR":
        return at.replace(minute=0, second=0, microsecond=0)
    if unit == "MINUTE":
        return at.replace(second=0, microsecond=0)
    return at.replace(microsecond=0)


def add_months(at, months):
    index = at.year * 12 + at.month - 1 + months
    year, month = divmod(index, 12)
    month += 1
    after = dt.datetime(year + month // 12, month % 12 + 1, 1)
    last_day = (after - dt.timedelta(days=1)).day
    return at.replace(year=year, month=month, day=min(at.day, last_day))


UNITS = {"WEEK": dt.timedelta(weeks=1), "DAY": dt.timedelta(days=1), "HOUR": dt.timedelta(hours=1),
         "MINUTE": dt.timedelta(minutes=1), "SECOND": dt.timedelta(seconds=1)}
MONTH_UNITS = {"YEAR": 12, "QUARTER": 3, "MONTH": 1}


def add(at, count, unit):
    return add_months(at, count * MONTH_UNITS[unit]) if unit in MONTH_UNITS \
        else at + count * UNITS[unit]


def ceil(at, unit):
    low = floor(at, unit)
    return low if low == at else add(low, 1, unit)


def whole_units(start, end, unit):
    """From start to end, start <= end."""
    if unit in UNITS:
        return (end - start) // UNITS[unit]
    months = (end.year - start.year) * 12 + end.month - start.month
    if add_months(start, months) > end:
        months -= 1
    return months // MONTH_UNITS[unit]


def java_format(at):
    hour12 = at.hour % 12 or 12
    weekday, month = DAYS[at.weekday()], MONTHS[at.month - 1]
    return [
        ("yyyy-MM-dd HH:mm:ss.SSS", text(at)),
        ("EEE, d MMM yy", f"{weekday[:3]}, {at.day} {month[:3]} {at.year % 100:02}"),
        ("EEEE, MMMM d, yyyy h:mm a",
         f"{weekday}, {month} {at.day}, {at.year} {hour12}:{at.minute:02} "
         f"{'AM' if at.hour < 12 else 'PM'}"),
        ("DDD/yyyy Q", f"{at.timetuple().tm_yday:03}/{at.year} {(at.month + 2) // 3}"),
        ("''yyyyMMdd''HH", f"'{at:%Y%m%d}'{at.hour:02}"),
        ("k K hh", f"{at.hour or 24} {at.hour % 12} {hour12:02}"),
    ]


for at in times(45):
    for unit, value in random.sample(list(fields(at).items()), 4):
        case(f"EXTRACT({unit} FROM {literal(at)})", value)
    for unit in random.sample(list(MONTH_UNITS) + list(UNITS), 2):
        case(f"FLOOR({literal(at)} TO {unit})", text(floor(at, unit)))
        case(f"CEIL({literal(at)} TO {unit})", text(ceil(at, unit)))
    for pattern, formatted in random.sample(java_format(at), 2):
        quoted = pattern.replace("'", "''")
        case(f"date_format({literal(at)}, '{quoted}')", formatted)
    unit = random.choice(list(MONTH_UNITS) + list(UNITS))
    count = random.randint(-40, 40)
    case(f"TIMESTAMPADD({unit}, {count}, {literal(at)})", text(add(at, count, unit)))
    case(f"to_timestamp('{at:%d.%m.%Y %H:%M:%S}', 'dd.MM.yyyy HH:mm:ss')",
         text(at.replace(microsecond=0)))
    case(f"to_timestamp('{text(at)}')", text(at))
    seconds = (at - EPOCH) // dt.timedelta(seconds=1)
    case(f"from_unixtime({seconds})", text(at, 0))
    case(f"unix_timestamp('{text(at, 0)}')", seconds)
    case(f"to_date('{at:%Y-%m-%d}')", f"{at:%Y-%m-%d}")

for first in EDGES + [any_time() for _ in range(30)]:
    start, end = sorted([first, any_time()])
    for unit in random.sample(list(MONTH_UNITS) + ["WEEK", "DAY", "HOUR"], 2):
        n = whole_units(start, end, unit)
        case(f"TIMESTAMPDIFF({unit}, {literal(start)}, {literal(end)})", n)
        if unit in UNITS:
            case(f"TIMESTAMPDIFF({unit}, {literal(end)}, {literal(start)})", -n)

for wrong in ["2100-02-29 00:00:00", "1900-02-29 00:00:00", "2001-04-31 00:00:00",
              "2001-13-01 00:00:00", "2001-01-01 24:00:01", "2001-01-01 00:60:00"]:
    case(f"to_timestamp('{wrong}')", "NULL")
    case(f"TRY_CAST('{wrong}' AS TIMESTAMP(3))", "NULL")

# --- time zones ---

ZONES = ["Europe/Vienna", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe",
         "America/St_Johns", "Pacific/Apia", "America/Sao_Paulo", "Asia/Kathmandu",
         "Africa/Casablanca", "UTC"]
# Up to 2037 (docs/deviations.md). Around changes of the clock: gaps, hours that occur twice, half
# hours, a day that never was.
CHANGES = [("Europe/Vienna", "2020-03-29 01:59:59"), ("Europe/Vienna", "2020-03-29 02:30:00"),
           ("Europe/Vienna", "2020-03-29 03:00:00"), ("Europe/Vienna", "2020-10-25 02:30:00"),
           ("Europe/Vienna", "2020-10-25 03:00:00"), ("America/New_York", "1967-04-30 02:00:00"),
           ("America/New_York", "2007-03-11 02:15:00"), ("America/New_York", "2007-11-04 01:15:00"),
           ("Australia/Lord_Howe", "2019-04-07 01:45:00"),
           ("Australia/Lord_Howe", "2019-10-06 02:15:00"), ("Pacific/Apia", "2011-12-29 23:59:59"),
           ("Pacific/Apia", "2011-12-30 12:00:00"), ("Pacific/Apia", "2011-12-31 00:00:00"),
           ("America/Sao_Paulo", "2018-11-04 00:30:00"), ("Asia/Kathmandu", "1986-01-01 00:05:00"),
           ("Europe/Vienna", "1940-04-01 02:30:00"), ("Europe/Vienna", "2037-07-01 12:00:00")]


def utc_of(local, zone):
    """The earlier of two, and in a gap by the offset before it, as Java: fold=0."""
    aware = local.replace(tzinfo=zoneinfo.ZoneInfo(zone), fold=0)
    return aware.astimezone(dt.timezone.utc).replace(tzinfo=None)


def local_of(utc, zone):
    aware = utc.replace(tzinfo=dt.timezone.utc)
    return aware.astimezone(zoneinfo.ZoneInfo(zone)).replace(tzinfo=None, fold=0)


def convert_case(local, source, target):
    result = local_of(utc_of(local, source), target)
    case(f"convert_tz('{text(local, 0)}', '{source}', '{target}')", text(result, 0))


for zone, local in CHANGES:
    convert_case(dt.datetime.fromisoformat(local), zone, "UTC")
    convert_case(dt.datetime.fromisoformat(local), "UTC", zone)
for _ in range(60):
    source, target = random.sample(ZONES, 2)
    convert_case(any_time(1900, 2024).replace(microsecond=0), source, target)

for _ in range(60):
    zone = random.choice(ZONES)
    utc = any_time(1910, 2024)
    local = local_of(utc, zone)
    micros = (utc - EPOCH) // dt.timedelta(microseconds=1)
    unit, value = random.choice([f for f in fields(local).items() if f[0] != "EPOCH"])
    LINES.append(f"@{zone} extract {unit} {micros} {value}")
    unit = random.choice(list(MONTH_UNITS) + list(UNITS))
    for operation, rounded in (("floor", floor(local, unit)), ("ceil", ceil(local, unit))):
        result = (utc_of(rounded, zone) - EPOCH) // dt.timedelta(microseconds=1)
        LINES.append(f"@{zone} {operation} {unit} {micros} {result}")

# A local time of a zone as a point in time.
PATTERN = "d.M.yyyy HH:mm:ss"
for zone, local in CHANGES + [(random.choice(ZONES), text(any_time(1910, 2024), 0))
                              for _ in range(40)]:
    at = dt.datetime.fromisoformat(local).replace(microsecond=0)
    written = f"{at.day}.{at.month}.{at.year} {at:%H:%M:%S}"
    seconds = (utc_of(at, zone) - EPOCH) // dt.timedelta(seconds=1)
    case(f"to_timestamp_ltz('{written}', '{PATTERN}', '{zone}') = "
         f"to_timestamp_ltz({seconds}, 0)", "TRUE")

with open(__file__.replace(".py", ".txt"), "w", encoding="utf-8") as out:
    out.write("\n".join(LINES) + "\n")
