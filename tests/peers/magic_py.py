"""Drives a MagPro with `magicpy`, and prints as JSON what it read back. Takes the port.

Nothing of the gateway is known here: what the client sends and believes is its own.
"""

import json
import sys
import time

import magicpy


def must(answer):
    """What the client was told, if it found no mistake in it."""
    told, error = answer
    if error:
        raise RuntimeError(f"magicpy: {error} {told}")
    return told


def main():
    unit = magicpy.MagVenture(sys.argv[1], wait_s=0.3, wait_l=0.3)
    unit.connect()
    seen = {"before": must(unit.get_status())}
    unit.set_amplitude(45)
    time.sleep(0.2)
    seen["set"] = must(unit.get_status())
    # An X100 tells of this in three frames, and the client knows that it does.
    seen["arming"] = must(unit.arm(get_response=True))
    time.sleep(0.5)
    seen["armed"] = must(unit.get_status())
    # One pulse is told in one frame.
    seen["pulse"] = must(unit.fire(get_response=True))
    unit.disarm()
    time.sleep(0.2)
    seen["disarmed"] = must(unit.get_status())
    unit.disconnect()
    print(json.dumps(seen))


if __name__ == "__main__":
    main()
