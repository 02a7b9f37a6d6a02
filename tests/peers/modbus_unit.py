"""A laser driver whose Modbus RTU is `pymodbus`: the registers of a Maiman SF6030, on a pty.

Takes how it behaves and where the link to its port appears: `well`, `mute`, `late` (every reply
comes half a second after its question) or `corrupt` (one bit of every reply is wrong). Prints what
is written to it, one line each: register and value in hexadecimal.
"""

import asyncio
import sys

from modbus_port import serve
from pymodbus.simulator import DataType, SimData, SimDevice

ADDRESS = 3
COMMAND, CURRENT = 0x0004, 0x0008
STATE = {0x0008: (0, 1 << 1), 0x0010: (1 << 1, 0), 0x0020: (0, 1 << 2), 0x0400: (0, 1 << 4)}
# Address and what is there, by the table of the maker's own software: the plate of the test.
REGISTERS = {
    0x0001: 0x0130,
    0x0003: 0x1A2B,
    COMMAND: 1,
    0x0005: 0,
    CURRENT: 0,
    0x0025: 1_200,
    0x0029: 3_000,
    0x0040: 0,
    0x0042: 250,
    0x0043: 250,
}


async def obey(function, start, address, count, registers, values):
    """Acts on what is written to the command word: it is no memory."""
    if values is None:
        return None
    for place, value in enumerate(values):
        print(f"{address + place:04X} {value:04X}", flush=True)
        if address + place == COMMAND:
            clear, put = STATE.get(value, (0, 0))
            state = registers[COMMAND - start]
            values[place] = state & ~clear | put
    return None


def spoil(behaviour, packet):
    """One bit of the last byte before the checksum."""
    if behaviour == "corrupt":
        return packet[:-3] + bytes([packet[-3] ^ 0x10]) + packet[-2:]
    return packet


async def main():
    behaviour, link = sys.argv[1:]

    def put(packet, write):
        if behaviour == "mute":
            return
        if behaviour == "late":
            asyncio.get_running_loop().call_later(0.5, write, packet)
        else:
            write(spoil(behaviour, packet))

    registers = [
        SimData(address, values=value, datatype=DataType.REGISTERS)
        for address, value in REGISTERS.items()
    ]
    await serve([SimDevice(id=ADDRESS, simdata=registers, action=obey)], link, put)


asyncio.run(main())
