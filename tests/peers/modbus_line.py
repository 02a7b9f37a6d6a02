"""Several bench supplies on one line: the registers of a Riden RD6006, served by `pymodbus` on a pty.

Takes where the link to its port appears and the addresses. The serial number of each is 4700 and its
address. Reads commands from its input, one a line: `mute 2` and `speak 2`. Prints what is written,
one line each: address, register and value.
"""

import asyncio
import sys

from modbus_port import serve
from pymodbus.simulator import DataType, SimData, SimDevice

# Register and what is there: model, serial in two words, firmware; what is set; what comes out;
# protection, and whether the output is on.
REGISTERS = {0: 60062, 1: 0, 2: 4700, 3: 141, 9: 0, 11: 0, 16: 0, 18: 0}


def supply(address):
    async def note(function, start, register, count, registers, values):
        for place, value in enumerate(values or []):
            print(f"{address} {register + place} {value}", flush=True)
        return None

    values = REGISTERS | {2: REGISTERS[2] + address}
    registers = [
        SimData(register, values=values.get(register, 0), datatype=DataType.REGISTERS)
        for register in range(20)
    ]
    return SimDevice(id=address, simdata=registers, action=note)


async def main():
    link, *addresses = sys.argv[1:]
    mute = set()

    def put(packet, write):
        if packet[0] not in mute:
            write(packet)

    def command():
        line = sys.stdin.readline().split()
        if line:
            verb, address = line
            {"mute": mute.add, "speak": mute.discard}[verb](int(address))
            print(f"{verb} {address}", flush=True)

    asyncio.get_running_loop().add_reader(sys.stdin, command)
    await serve([supply(int(address)) for address in addresses], link, put)


asyncio.run(main())
