"""Compares lines of JSON with docs/json.md: python3 json_keys.py DOCUMENT PROGRAM FOLDER.

The files in the folder are named after the kinds of lines that they have. Each key that is printed
must be in the kind's table with its type, and each key in a table must be printed.
"""
import json
import os
import re
import sys

VERSION = 1


def read_tables(document, program):
    """The type of each key, by the titles of the tables in the program's section."""
    tables, inside, title = {}, False, None
    with open(document, encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("## "):
                inside = line[3:].strip() == program
            elif inside and line.startswith("### "):
                title = line[4:].strip()
                tables[title] = {}
            elif inside and (row := re.match(r"\| `(\w+)` \| ([\w ]+) \|", line)):
                if row[1] in tables[title]:
                    failures.append(f"{title}: {row[1]} is listed twice")
                tables[title][row[1]] = row[2]
    return tables


def check(value, kind, place):
    """Adds a failure unless the value has the type that the page calls `kind`, or its plural."""
    plain = {"integer": int, "number": float, "text": str, "boolean": bool}
    kind, null = kind.removesuffix(" or null"), kind.endswith(" or null")
    if kind.startswith(("list of ", "lists of ")):
        if null and value is None:
            return
        if not isinstance(value, list):
            failures.append(f"{place}: {value!r} is no list")
        else:
            for element in value:
                check(element, kind.split(" of ", 1)[1] + (" or null" if null else ""), place)
        return
    if kind == "numbers by class":
        for name, number in value.items():
            check(number, "number or null", f"{place}.{name}")
        return
    if kind not in plain and kind not in tables:
        kind = kind.removesuffix("s")
    if kind in tables:
        check_object(value, kind)
    elif value is None:
        if not null:
            failures.append(f"{place}: null, and the page does not say so")
    elif kind not in plain:
        failures.append(f"{place}: the page has no type {kind}")
    elif type(value) is not plain[kind]:
        failures.append(f"{place}: {value!r} is no {kind}")


def check_object(value, title):
    """Checks each key of an object by the table with this title."""
    for key, element in value.items():
        seen.add((title, key))
        if key in tables[title]:
            check(element, tables[title][key], f"{title}: {key}")
        else:
            failures.append(f"{title}: {key} is printed, and the page does not list it")


def main(document, program, folder):
    global tables
    tables = read_tables(document, program)
    for title in os.listdir(folder):
        if title not in tables:
            failures.append(f"the page has no lines of the kind {title}")
            continue
        with open(os.path.join(folder, title), encoding="utf-8") as lines:
            for line in lines:
                value = json.loads(line)
                if list(value.items())[0] != ("version", VERSION):
                    failures.append(f"{title}: the line does not begin with the version")
                value.pop("version", None)
                check_object(value, title)
    for title, keys in tables.items():
        for key in keys:
            if (title, key) not in seen:
                failures.append(f"{title}: {key} is listed, and never printed")


failures, seen, tables = [], set(), {}
main(*sys.argv[1:])
for failure in sorted(set(failures)):
    print(failure)
sys.exit(1 if failures else 0)
