//! Mistakes that people make in the files of units: what is changed, and what is said.

use crate::cases::{Case, case};

const LASER: &str = "units/laser-a.toml";
const LASER_B: &str = "units/laser-b.toml";
const PEMF: &str = "units/pemf-a.toml";

/// Mistakes in the files of units.
pub(crate) const CASES: &[Case] = &[
    // The units: who they are and where (CFG-04).
    case(
        LASER,
        ["room = \"room-1\"", "room = \"rom-1\""],
        "\"rom-1\"",
        ["there is no room `rom-1`", "did you mean `room-1`?"],
    ),
    case(
        LASER,
        ["mark = \"simulated\"", "mark = \"simulate\""],
        "\"simulate\"",
        ["`mark` is `simulate`", "did you mean `simulated`?"],
    ),
    case(
        LASER,
        ["modality = \"laser\"", "modality = \"lazer\""],
        "\"lazer\"",
        ["`modality` is `lazer`", "did you mean `laser`?"],
    ),
    case(
        LASER,
        ["dialect = \"open-link\"", "dialect = \"closed-link\""],
        "\"closed-link\"",
        ["`dialect` is `closed-link`", "write one of \"open-link\", "],
    ),
    case(
        LASER_B,
        ["name = \"laser-b\"", "name = \"laser-a\""],
        "\"laser-a\"",
        ["`laser-a` is the name of units/laser-a.toml as well", "a name of its own"],
    ),
    case(
        LASER_B,
        ["simulated/laser-b\"", "simulated/laser-a\""],
        "\"/run",
        ["the port is that of `laser-a` in units/laser-a.toml as well", "a line carries one unit"],
    ),
    case(LASER_B, ["\"room-2\"", "\"Room 2\""], "\"Room 2\"", ["`room` is no name", "1 to 64"]),
    case(
        LASER,
        ["\"/run/therapy-gateway/simulated/laser-a\"", "\"ttyUSB0\""],
        "\"ttyUSB0\"",
        ["`link.port` is no absolute path", "/dev/serial/by-id"],
    ),
    case(
        LASER,
        [
            "port = \"/run/therapy-gateway/simulated/laser-a\"",
            "usb = { vendor = 0x0403, product = 0x6001 }",
        ],
        "{ vendor",
        ["`link.usb` is true of every adapter of its kind", "add its `serial`, or the `location`"],
    ),
    case(
        LASER,
        [
            "baud = 115_200",
            "baud = 115_200\nusb = { vendor = 0x0403, product = 0x6001, serial = \"A1\" }",
        ],
        "\"/run",
        ["`link.port` and `usb` both say where the port is", "delete one"],
    ),
    case(
        LASER,
        ["lease_by = \"watchdog\"", "lease_by = \"none\""],
        "\"none\"",
        ["`lease_by` is `none`", "one of \"watchdog\", \"preset\", \"chunk\", \"relay\""],
    ),
    // The line is a fact of the unit's family (COM-12).
    case(
        LASER,
        ["baud = 115_200", "baud = 115_000"],
        "115_000",
        ["which no port is set to", "115200"],
    ),
    case(
        LASER,
        ["flow_control = \"none\"", "flow_control = \"hardware\""],
        "\"hardware\"",
        ["`link.flow_control` is `hardware`", "write \"none\""],
    ),
    case(LASER, ["parity = \"none\"\n", ""], "[link]", ["no `link.parity`", "\"none\""]),
    case(LASER, ["address = 1", "address = 248"], "248", ["`link.address` is 248", "1 to 247"]),
    case(
        LASER,
        ["\"Open Therapy Works\"", "\"Open Therapy Works of Somewhere\""],
        "\"Open Therapy Works of",
        ["`plate.maker` is nothing that a unit can say", "1 to 24"],
    ),
    case(LASER, ["[\"1.4.0\"]", "[]"], "[]", ["allows no version", "approved"]),
    // An applicator that nobody knows is refused (PEM-07).
    case(PEMF, ["0x0201", "0"], "0\ncal", ["`plate.applicator` is 0", "from 1 to 65535"]),
    case(
        LASER,
        ["calibration_due = 2036-01-01", "calibration_due = 2025-12-31"],
        "2025-12-31",
        ["is not after `calibrated_on`, 2026-01-01", "first day on which it is overdue"],
    ),
    case(
        LASER,
        ["calibration_due = 2036-01-01", "calibration_due = \"2036-01-01\""],
        "\"2036-01-01\"",
        ["`plate.calibration_due` is a text", "2026-01-31, without quotes"],
    ),
    // The units: how they end an emission.
    case(LASER, ["lease_ms = 500", "lease_ms = 1_001"], "1_001", ["is 1001", "from 1 to 1000"]),
    case(PEMF, ["lease_ms = 2_000", "lease_ms = 3_001"], "3_001", ["is 3001", "from 1 to 3000"]),
    case(
        LASER,
        ["lease_ms = 500", "lease_ms = 199"],
        "199",
        ["`lease_ms` is none that the unit takes: 200 to 1000", "from 200 to 1000"],
    ),
    case(
        LASER,
        ["lease_ms = 500", "lease_seconds = 1"],
        "lease_seconds",
        ["`lease_seconds` does not have the unit", "give it as `lease_ms`"],
    ),
    case(
        LASER,
        ["rise_ms = 3_000", "rise_ms = 2_999"],
        "2_999",
        ["shorter than the ramp of the unit takes, 3000 ms", "at least 3000"],
    ),
    case(
        LASER,
        ["off_below_milliwatts = 50", "off_below_milliwatts = 101"],
        "101 ",
        ["above the least output of the unit, 100", "at most 100"],
    ),
    case(
        PEMF,
        ["off_below_microteslas", "off_below_milliteslas"],
        "off_below_milliteslas",
        ["does not have the unit of measure", "off_below_microteslas"],
    ),
    case(
        LASER,
        ["read_back = \"optical\"", "read_back = \"none\""],
        "\"none\"",
        ["a unit whose output nobody reads back is never ready", "`optical`"],
    ),
    case(
        LASER,
        ["read_back = \"optical\"", "read_back = \"derived\""],
        "true\nlease_min_ms",
        ["`capability.measured` and `read_back` contradict", "`false`"],
    ),
    // At 9600 baud an answer alone takes longer than the polls leave room for (PEM-08).
    case(
        LASER,
        ["baud = 115_200", "baud = 9_600"],
        "9_600",
        ["later than `confirm_ms` permits, 250 ms: detect 300", "raise the speed of the line"],
    ),
    case(
        LASER,
        ["baud = 115_200", "baud = 1_200"],
        "1_200",
        ["ms after a fault, longer than 1000 ms: detect 300", "raise the speed of the line"],
    ),
    // The units: who answers for what no document proves.
    case(
        LASER,
        [
            "[wiring]",
            "[[sign_off]]\nfacts = [\"beam\"]\nby = \"E. Engineer\"\non = 2026-11-20\n\
             how = \"looked at it\"\n\n[wiring]",
        ],
        "\"beam\"",
        ["`beam` is no fact that is unverified here", "delete it: there is none"],
    ),
    case(
        LASER,
        [
            "[wiring]",
            "[[sign_off]]\nfacts = [\"beam\"]\nby = \"E. Engineer\"\non = 2126-11-20\n\
             how = \"looked at it\"\n\n[wiring]",
        ],
        "2126-11-20",
        ["`sign_off.on` is 2126-11-20, a day that has not come", "the unit was looked at"],
    ),
    // The units: what is wired to them (LCK-05, LAS-06, LAS-08).
    case(
        LASER,
        ["door = \"unit\"", "door = \"none\""],
        "\"none\"\ne_stop",
        ["a laser without a door contact does not start", "the unit's interlock"],
    ),
    case(
        LASER,
        ["e_stop = \"unit\"", "e_stop = \"none\""],
        "\"none\"\nfootswitch",
        ["a laser without an emergency stop does not start", "with an emergency stop"],
    ),
    case(PEMF, ["e_stop = \"unit\"\n", ""], "[wiring]", ["no `wiring.e_stop`", "\"unit\""]),
    case(
        LASER,
        ["footswitch = true", "footswitch = false"],
        "\"unit\"\n\n[hazard]",
        ["`wiring.footswitch` and `capability.footswitch` contradict", "if and only if"],
    ),
    // The units: what they can do (LAS-15, LAS-20, PEM-03).
    case(
        LASER,
        ["power_max_milliwatts = 15_000", "power_max_milliwatts = 30_001"],
        "30_001",
        ["30001 mW, beyond the compiled ceiling of 30000 mW", "no file raises"],
    ),
    case(
        LASER,
        ["nanometres = 980\npeak_milliwatts = 10_000", "nanometres = 980\npeak_milliwatts = 4_499"],
        "15_000",
        ["the wavelengths have 14999 mW together", "at most 14999"],
    ),
    case(
        LASER,
        ["power_max_milliwatts = 15_000", "power_max_watts = 15"],
        "power_max_watts",
        ["does not have the unit of measure", "`power_max_milliwatts`"],
    ),
    case(
        LASER,
        ["ramp_milliwatts_per_second = 5_000", "ramp_milliwatts_per_second = 5_001"],
        "5_001",
        ["ramp_milliwatts_per_second` is 5001", "1 to 5000"],
    ),
    case(
        LASER,
        ["sample_ms = 20", "sample_ms = 51"],
        "51",
        ["`capability.sample_ms` is 51", "open-link, section 7.2"],
    ),
    case(
        LASER,
        ["lease_max_ms = 1_000", "lease_max_ms = 199"],
        "200\nlease_max",
        ["`capability.lease_min_ms` is 200, above `lease_max_ms`, 199", "at most 199"],
    ),
    case(
        LASER,
        ["warning_min_ms = 2_000", "warning_min_ms = 4_000"],
        "4_000",
        ["warns for 4000 ms at least, and limits.toml has 3000 ms", "raise `warning_ms`"],
    ),
    case(
        LASER,
        ["nanometres = 915", "nanometres = 810"],
        "810\npeak_milliwatts = 5_000\n\n[[capability.wavelength]]\nnanometres = 980",
        ["the wavelengths do not rise", "the shortest first"],
    ),
    case(
        LASER,
        ["nanometres = 980", "nanometres = 1_550"],
        "1_550",
        ["nanometres` is 1550", "400 to 1400"],
    ),
    case(
        LASER,
        [
            "[wiring]",
            "[[capability.wavelength]]\nnanometres = 1_064\npeak_milliwatts = 1\n\n[wiring]",
        ],
        "[[capability.wavelength]]\nnanometres = 1_064",
        ["a unit has 4 wavelengths at most", "delete one"],
    ),
    case(
        PEMF,
        ["flux_max_microteslas = 30_000", "flux_max_microteslas = 100_001"],
        "100_001",
        ["100001 µT, beyond the compiled ceiling of 100000 µT", "is not for this gateway"],
    ),
    case(
        PEMF,
        ["\"sine\", ", "\"square\", "],
        "\"square\"",
        ["has `square`, which is no waveform", "\"rectangular\""],
    ),
    case(
        PEMF,
        ["slew_min_us = 500", "slew_min_us = 20_001"],
        "20_001",
        ["slew_min_us` is 20001, above `slew_max_us`, 20000", "at most 20000"],
    ),
    // The units: what people beside them have to know (LAS-13, PEM-04, PEM-10).
    case(
        LASER,
        ["eyewear_od_tenths = 50 ", "eyewear_od = 5 "],
        "eyewear_od =",
        ["`hazard.eyewear_od` does not have the unit", "`eyewear_od_tenths`"],
    ),
    case(
        LASER,
        ["nohd_millimetres = 1_400", "nohd_metres = 1.4"],
        "nohd_metres",
        ["does not have the unit of measure", "`nohd_millimetres`"],
    ),
    case(LASER, ["[300, 700", "[49, 700"], "49", ["spots_square_millimetres` is 49", "from 50"]),
    case(
        PEMF,
        ["pause_centicelsius = 4_100", "pause_centicelsius = 4_101"],
        "4_101",
        ["`coil.pause_centicelsius` is 4101", "3000 to 4100"],
    ),
    case(
        PEMF,
        ["pause_centicelsius = 4_100", "pause_centicelsius = 3_900"],
        "3_900\npause",
        ["the temperatures do not rise", "warn below pause, pause below trip"],
    ),
    case(
        PEMF,
        ["keep_out_millimetres = 1_500", "keep_out = true"],
        "keep_out =",
        ["does not have the unit of measure", "`keep_out_millimetres`"],
    ),
];
