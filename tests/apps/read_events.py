"""Prints the scalars of an event file: python3 read_events.py FILE.

Reads TFRecords (length, masked CRC-32C of it, data, masked CRC-32C of it) with Event messages, as
TensorBoard does, and checks every CRC. Each line has the step, the tag and the value.
"""
import struct
import sys


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(data):
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def records(data):
    while data:
        length, crc = struct.unpack("<QI", data[:12])
        assert crc == masked(data[:8]), "wrong CRC of a length"
        record, (crc,) = data[12:12 + length], struct.unpack("<I", data[12 + length:16 + length])
        assert crc == masked(record), "wrong CRC of a record"
        yield record
        data = data[16 + length:]


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return value, at


def fields(data):
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        wire = key & 7
        if wire == 0:
            value, at = varint(data, at)
        else:
            size = {1: 8, 5: 4}.get(wire)
            if size is None:
                assert wire == 2, f"wire type {wire}"
                size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        yield key >> 3, value


assert crc32c(b"123456789") == 0xE3069283
with open(sys.argv[1], "rb") as file:
    events = [list(fields(record)) for record in records(file.read())]
first = dict(events[0])
assert first[3] == b"brain.Event:2", first
for event in events:
    assert struct.unpack("<d", dict(event)[1])[0] > 1e9, "no time"
for event in events[1:]:
    step = dict(event)[2]
    for number, value in fields(dict(event)[5]):
        assert number == 1, number
        scalar = dict(fields(value))
        print(step, scalar[1].decode(), "%.9g" % struct.unpack("<f", scalar[2]))
