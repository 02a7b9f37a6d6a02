"""A pty behind which `pymodbus` serves Modbus RTU, and where a line can be as bad as it likes."""

import asyncio
import os
import pty
import tty

from pymodbus.server import ModbusSerialServer


async def serve(devices, link, put):
    """Serves `devices` on a pty that appears at `link`, for ever, and says so. Each answer goes
    through `put`, which writes it, or something else, or nothing."""
    near, far = pty.openpty()
    tty.setraw(near)
    tty.setraw(far)
    if os.path.lexists(link):
        os.unlink(link)
    os.symlink(os.ttyname(far), link)
    # The server opens its port by name, and this end of a pty has none. So it has a pty of its own,
    # and what crosses from one to the other crosses here.
    inner, port = pty.openpty()
    tty.setraw(inner)
    tty.setraw(port)
    loop = asyncio.get_running_loop()
    loop.add_reader(near, lambda: os.write(inner, os.read(near, 512)))
    loop.add_reader(inner, lambda: put(os.read(inner, 512), lambda packet: os.write(near, packet)))
    server = ModbusSerialServer(devices, port=os.ttyname(port), baudrate=115_200)
    print("serving", flush=True)
    await server.serve_forever()
