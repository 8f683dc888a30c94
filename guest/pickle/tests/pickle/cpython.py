"""The other side of cpython.rs: real pickles of real objects, and what pickles of ours are to a real Python.

make: prints, for each value and protocol, its description and its pickle in hexadecimal.
read: for each pickle on standard input, prints its description.
json: for each JSON text (in hexadecimal) on standard input, prints its description, or the word "invalid".
"""
import datetime
import decimal
import json
import pickle
import pickletools
import struct
import sys

if hasattr(sys, "set_int_max_str_digits"):
    sys.set_int_max_str_digits(0)


def bits(number):
    return struct.pack(">d", number).hex()


def of_delta(delta):
    return f"{delta.days} {delta.seconds} {delta.microseconds}"


class Description:
    def __init__(self):
        self.numbers = {}

    def of(self, value):
        if type(value) in (list, dict, set, bytearray):
            if id(value) in self.numbers:
                return f"#{self.numbers[id(value)]}"
            number = len(self.numbers)
            self.numbers[id(value)] = number
            return f"#{number}=" + self.of_value(value)
        return self.of_value(value)

    def all(self, values):
        return ",".join([self.of(value) for value in values])

    def of_time(self, time):
        zone = self.of(time.tzinfo)
        return f"{time.hour} {time.minute} {time.second} {time.microsecond} {time.fold} {zone}"

    def of_value(self, value):
        kind = type(value)
        if value is None or kind is bool:
            return str(value)
        if kind is int:
            return f"int {value}"
        if kind is float:
            return "float " + bits(value)
        if kind is complex:
            return f"complex {bits(value.real)} {bits(value.imag)}"
        if kind is str:
            return "str " + value.encode().hex()
        if kind in (bytes, bytearray):
            return f"{kind.__name__} {value.hex()}"
        if kind is list:
            return "[" + self.all(value) + "]"
        if kind is tuple:
            return "(" + self.all(value) + ")"
        if kind in (set, frozenset):
            return kind.__name__ + "{" + ",".join(sorted(self.of(item) for item in value)) + "}"
        if kind is dict:
            return "{" + ",".join([self.of(key) + ":" + self.of(item) for key, item in value.items()]) + "}"
        if kind is datetime.datetime:
            return f"datetime {value.year} {value.month} {value.day} {self.of_time(value)}"
        if kind is datetime.date:
            return f"date {value.year} {value.month} {value.day}"
        if kind is datetime.time:
            return "time " + self.of_time(value)
        if kind is datetime.timedelta:
            return "timedelta " + of_delta(value)
        if kind is datetime.timezone:
            arguments = value.__getinitargs__()
            name = arguments[1].encode().hex() if len(arguments) > 1 else ""
            return f"timezone {of_delta(arguments[0])} {name}"
        if kind is decimal.Decimal:
            return f"Decimal {value}"
        raise TypeError(kind)


def values():
    """Values whose pickles have something special."""
    utc = datetime.timezone.utc
    india = datetime.timezone(datetime.timedelta(hours=5, minutes=30), "IST")
    odd = datetime.timezone(-datetime.timedelta(hours=3, microseconds=7))
    yield from (None, True, False, 0, 1, 255, 256, 65535, 65536, -1, 2**31 - 1, 2**31, -(2**31), 2**63 - 1, 2**63)
    yield from (-(2**63), -(2**63) - 1, 2**64, 2**2039, -(2**2039), 2**2040, 10**5000, -(10**5000), 255 << 2040)
    yield from (0.0, -0.0, 1.5, float("inf"), float("-inf"), float("nan"), 5e-324, 1 + 2j, -0j, complex("nan+infj"))
    yield from ("", "a", "ä€😀\0\n", "x" * 255, "x" * 256, "x" * 70000, "\x80\xff")
    yield from (b"", b"\0\xff", b"y" * 255, b"y" * 256, b"y" * 70000, bytearray(), bytearray(b"\x00\x80\xff"))
    yield from ([], [1], (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), {}, {"a": 1}, set(), {1, "a"}, frozenset())
    yield from (frozenset([1, (2, 3)]), {frozenset([b"x"]): [()]}, list(range(2500)), {n: str(n) for n in range(2500)})
    yield [[str(n)] for n in range(1000)]
    yield set(range(2000))
    yield from (datetime.date(1, 1, 1), datetime.date(9999, 12, 31), datetime.date(2024, 2, 29))
    yield from (datetime.time(), datetime.time(23, 59, 59, 999999), datetime.time(1, 2, 3, 4, utc))
    yield from (datetime.datetime(2024, 2, 29, 1, 2, 3, 4), datetime.datetime(1, 1, 1, tzinfo=india))
    yield [datetime.datetime(2000, 1, 1, tzinfo=odd), datetime.datetime(2000, 1, 2, tzinfo=odd), odd, utc]
    yield from (datetime.timedelta.min, datetime.timedelta.max, datetime.timedelta(), datetime.timedelta(-1, 5, 7))
    yield [decimal.Decimal(text) for text in ("0", "-0", "1.50", "1E+400", "-2E-7", "NaN", "-sNaN12", "-Infinity")]
    shared, text = [1], "shared" * 50
    yield [shared, shared, {"k": shared}, (shared,), text, text, bytearray(b"z"), frozenset([text])]
    array = bytearray(b"shared")
    yield (array, [array])
    loop = []
    loop.append(loop)
    yield loop
    table = {}
    table["self"] = [table, (table,)]
    yield table
    inner = []
    around = (inner, 1, 2, 3, 4)
    inner.append(around)
    yield around
    pair = ([], [])
    pair[0].append(pair)
    pair[1].extend((pair, pair[0]))
    yield (pair, pair)
    yield [[[[[[[[[[[]]]]]]]]]]]


def late_values():
    """Only protocols from 4 on keep the fold."""
    yield datetime.time(1, 2, fold=1)
    yield datetime.datetime(2024, 10, 27, 2, 30, fold=1, tzinfo=datetime.timezone.utc)


def make():
    for protocol in range(2, 6):
        for value in list(values()) + (list(late_values()) if protocol >= 4 else []):
            text = Description().of(value)
            fast, slow = pickle.dumps(value, protocol), pickle._dumps(value, protocol)
            for made in {fast, slow, pickletools.optimize(fast)}:
                print(text, made.hex(), sep="\t")


def read():
    for line in sys.stdin:
        print(Description().of(pickle.loads(bytes.fromhex(line))))


def read_json():
    for line in sys.stdin:
        try:
            print(Description().of(json.loads(bytes.fromhex(line).decode())))
        except (ValueError, RecursionError):
            print("invalid")


{"make": make, "read": read, "json": read_json}[sys.argv[1]]()
