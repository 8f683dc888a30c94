"""Parsing: n records as JSON, written and read again; the sum of what was read."""

import json


def run(n):
    records = (
        f'{{"id": {i}, "name": "sensor {i % 7}", "on": {"true" if i % 3 else "false"}, '
        f'"values": [{i % 100}.5, -{i % 10}, null]}}'
        for i in range(n)
    )
    text = "[" + ", ".join(records) + "]"

    total = 0.0
    for record in json.loads(text):
        total += record["id"] + len(record["name"]) + record["on"]
        total += sum(value for value in record["values"] if value is not None)
    return total
