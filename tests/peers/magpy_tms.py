"""Drives a Rapid2 with `magpy-tms`, and prints as JSON what it read back. Takes the port.

Nothing of the gateway is known here: what the client sends and believes is its own.
"""

import json
import sys
import time

import serial

# A pty has no line RTS, which the client lowers when it opens its port.
serial.Serial.setRTS = lambda self, level=True: None

from magpy import magstim  # noqa: E402


def must(answer):
    """What the client was told, if it found no mistake in it."""
    error, told = answer
    if error:
        raise RuntimeError(f"magpy-tms: {error} {told}")
    return told


class Rapid(magstim.Rapid):
    """The client's own, with two things mended that are wrong before version 9."""

    def __init__(self, port):
        super().__init__(port)
        # It asks for remote control, and looks for the state of trains in the answer.
        self._queryCommand = self.getParameters

    def getVersion(self):
        # It takes a byte before the version for granted, which TDb 087 does not have, and so 7.0.0
        # for 0.0.
        error, told = self._processCommand(b"ND", "version", None)
        if not error and told == (0, 0):
            self._version, self._parameterReturnBytes = (7, 0, 0), 22
        return error, self._version


def main():
    rapid = Rapid(sys.argv[1])
    rapid.connect()
    seen = {"version": list(must(rapid.getVersion()))}
    seen["before"] = must(rapid.getParameters())
    must(rapid.rTMSMode(True, receipt=True))
    must(rapid.setPower(40, receipt=True, delay=True))
    must(rapid.setFrequency(10, receipt=True))
    must(rapid.setNPulses(10, receipt=True))
    seen["set"] = must(rapid.getParameters())
    must(rapid.validateSequence())
    must(rapid.arm(receipt=True, delay=True))
    seen["ready"] = rapid.isReadyToFire()
    must(rapid.fire(receipt=True))
    time.sleep(0.3)
    seen["firing"] = must(rapid.getParameters())
    time.sleep(1.5)
    seen["fired"] = must(rapid.getParameters())
    must(rapid.disarm(receipt=True))
    seen["disarmed"] = must(rapid.getParameters())
    seen["refused"] = rapid.fire(receipt=True)[0]
    seen["temperature"] = must(rapid.getTemperature())["magstimTemp"]
    rapid.disconnect()
    print(json.dumps(seen))


if __name__ == "__main__":
    main()
