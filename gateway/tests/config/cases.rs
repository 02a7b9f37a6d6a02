//! Mistakes that people make in the limits and the settings: what is changed, and what is said.

/// One mistake.
pub(crate) struct Case {
    /// The file that is changed.
    pub(crate) file: &'static str,
    /// What is taken out, once.
    pub(crate) out: &'static str,
    /// What is put in its place.
    pub(crate) put: &'static str,
    /// What the mark begins at, in the changed file. Empty is the beginning of the file.
    pub(crate) at: &'static str,
    /// Words of the message.
    pub(crate) what: &'static str,
    /// Words of the fix.
    pub(crate) fix: &'static str,
}

pub(crate) const fn case(
    file: &'static str,
    [out, put]: [&'static str; 2],
    at: &'static str,
    [what, fix]: [&'static str; 2],
) -> Case {
    Case { file, out, put, at, what, fix }
}

const LIMITS: &str = "limits.toml";
const GATEWAY: &str = "gateway.toml";
const ROOMS: &str = "rooms.toml";

const CRANIAL_POWER: &str = "power_milliwatts = { soft = 2_000, hard = 4_000, basis = \"proposal: \
                             trials at temporal points used 100 mW, none found with Class IV\" }";
const CRANIAL_SPOT: &str = "spot_square_millimetres = { soft = 300, hard = 100, basis = \
                            \"proposal: a small spot burns before a hand moves\" }\n\
                            irradiance_milliwatts_per_cm2";

const STIMULATOR_PULSES: &str = "pulses = { soft = 1_500, hard = 3_000, basis = \"proposal: an \
                                 engineering default without a source, 150 and 300 trains of ten \
                                 pulses\" }\n";

/// Mistakes in the settings, the rooms and the limits.
pub(crate) const CASES: &[Case] = &[
    // The limits: schema, keys, types (CFG-01, CFG-09).
    case(LIMITS, ["schema = 1", "schema = 2"], "2", ["schema 2 is not known", "written for"]),
    case(LIMITS, ["schema = 1\n", ""], "", ["there is no `schema`", "schema = 1"]),
    case(LIMITS, ["schema = 1", "schema = \"1\""], "\"1\"", ["`schema` is a text", "whole number"]),
    case(
        LIMITS,
        ["revision =", "revison ="],
        "revison",
        ["`revison` is not a key", "did you mean `revision`?"],
    ),
    case(
        LIMITS,
        ["approvers = []", "approvers = []\ncolour = \"red\""],
        "colour",
        ["`colour` is not a key that is known here", "delete it"],
    ),
    case(
        LIMITS,
        [CRANIAL_POWER, ""],
        "[laser.cranial]",
        ["there is no `laser.cranial.power_milliwatts`", "add to the section `power_milliwatts ="],
    ),
    case(
        LIMITS,
        ["power_milliwatts = { soft = 2_000", "power_watts = { soft = 2_000"],
        "power_watts",
        ["`laser.cranial.power_watts` does not have the unit", "give it as `power_milliwatts`"],
    ),
    case(
        LIMITS,
        ["power_milliwatts = { soft = 2_000", "power = { soft = 2_000"],
        "power = {",
        ["`laser.cranial.power` does not have the unit", "give it as `power_milliwatts`"],
    ),
    case(
        LIMITS,
        ["{ soft = 2_000, hard = 4_000", "{ soft = nan, hard = 4_000"],
        "nan",
        ["soft` is not a number", "whole number from 0 to 1000000"],
    ),
    case(
        LIMITS,
        ["{ soft = 2_000, hard = 4_000", "{ soft = 2_000, hard = inf"],
        "inf",
        ["hard` is infinite", "whole number"],
    ),
    case(
        LIMITS,
        ["{ soft = 2_000, hard = 4_000", "{ soft = -2_000, hard = 4_000"],
        "-2_000",
        ["soft` is negative", "from 0"],
    ),
    case(
        LIMITS,
        ["{ soft = 2_000, hard = 4_000", "{ soft = 2_000.5, hard = 4_000"],
        "2_000.5",
        ["soft` is a number with a fraction", "whole number"],
    ),
    case(
        LIMITS,
        ["{ soft = 2_000, hard = 4_000", "{ soft = \"2_000\", hard = 4_000"],
        "\"2_000\"",
        ["soft` is a text", "whole number"],
    ),
    case(
        LIMITS,
        ["{ soft = 2_000, hard = 4_000", "{ soft = 99_999_999_999_999_999_999, hard = 4_000"],
        "99_999",
        ["soft` is 99999999999999999999", "from 0 to 1000000"],
    ),
    case(
        LIMITS,
        ["{ soft = 2_000, hard = 4_000", "{ soft = 2_000"],
        "{ soft = 2_000, basis",
        ["there is no `laser.cranial.power_milliwatts.hard`", "`hard = …`"],
    ),
    case(
        LIMITS,
        ["{ soft = 2_000, hard = 4_000", "{ sofft = 2_000, hard = 4_000"],
        "sofft",
        ["`laser.cranial.power_milliwatts.sofft` is not a key", "did you mean `soft`?"],
    ),
    case(
        LIMITS,
        ["hard = 360, basis = \"proposal: six hours between two sessions of a day\"", "hard = 360"],
        "{ hard = 360 }",
        ["there is no `laser.cranial.interval_minutes.basis`", "a text in quotes"],
    ),
    case(
        LIMITS,
        ["{ hard = 360, basis = \"proposal: six", "{ hard = 0, basis = \"proposal: six"],
        "0, basis = \"proposal: six",
        ["interval_minutes.hard` is 0", "from 1"],
    ),
    case(
        LIMITS,
        ["[pemf.trunk_limb]", "[pemf.trunk_limbs]"],
        "trunk_limbs]",
        ["`pemf.trunk_limbs` is not a section", "did you mean `trunk_limb`?"],
    ),
    // The limits: contradictions (CFG-02, CFG-03, CFG-05).
    case(
        LIMITS,
        ["{ soft = 2_000, hard = 4_000", "{ soft = 4_500, hard = 4_000"],
        "4_500",
        ["is 4500 mW, beyond the hard limit of 4000 mW", "at most 4000 mW"],
    ),
    case(
        LIMITS,
        ["{ soft = 2_000, hard = 4_000", "{ soft = 2_000, hard = 5_001"],
        "5_001",
        ["is 5001 mW, beyond the compiled ceiling of 5000 mW", "no file raises a ceiling"],
    ),
    case(
        LIMITS,
        [
            CRANIAL_SPOT,
            "spot_square_millimetres = { soft = 300, hard = 20, basis = \"proposal\" }\n\
             irradiance_milliwatts_per_cm2",
        ],
        "20, basis",
        ["is 20 mm², beyond the compiled ceiling of 50 mm²", "at least 50 mm²"],
    ),
    case(
        LIMITS,
        [
            CRANIAL_SPOT,
            "spot_square_millimetres = { soft = 90, hard = 100, basis = \"proposal\" }\n\
             irradiance_milliwatts_per_cm2",
        ],
        "90, hard",
        ["is 90 mm², beyond the hard limit of 100 mm²", "at least 100 mm²"],
    ),
    case(
        LIMITS,
        [
            "{ soft = 1_000, basis = \"proposal: trials",
            "{ soft = 7_000, basis = \"proposal: trials",
        ],
        "7_000",
        ["asks for 7000 mJ/cm² at least", "at most 6000 mJ/cm²"],
    ),
    case(
        LIMITS,
        ["{ soft = 1_000, hard = 500", "{ soft = 60_000, hard = 500"],
        "60_000",
        ["asks for 60000 mHz at least", "at most 50000 mHz"],
    ),
    case(
        LIMITS,
        ["{ soft = 150, hard = 300", "{ soft = 150, hard = 601"],
        "601, basis",
        ["is 601 mT·min, beyond the compiled ceiling of 600 mT·min", "no file raises"],
    ),
    // The limits for stimulators (PEM-03, CFG-02, CFG-05).
    case(
        LIMITS,
        ["[stimulator.everywhere]", "[stimulator.everywher]"],
        "everywher]",
        ["`stimulator.everywher` is not a section", "did you mean `everywhere`?"],
    ),
    case(
        LIMITS,
        ["[stimulator.everywhere]", "[stimulator.head_neck]\n[stimulator.everywhere]"],
        "head_neck]\n[stimulator",
        ["`stimulator.head_neck` is not a section", ""],
    ),
    case(
        LIMITS,
        [STIMULATOR_PULSES, ""],
        "[stimulator.trunk_limb]",
        ["there is no `stimulator.trunk_limb.pulses`", "add to the section `pulses ="],
    ),
    case(
        LIMITS,
        ["wait_seconds = { soft = 10", "wait_ms = { soft = 10"],
        "wait_ms",
        ["`stimulator.trunk_limb.wait_ms` does not have the unit", "give it as `wait_seconds`"],
    ),
    case(
        LIMITS,
        ["{ soft = 900, hard = 1_000", "{ soft = 900, hard = 1_001"],
        "1_001",
        ["is 1001 ms, beyond the compiled ceiling of 1000 ms", "no file raises a ceiling"],
    ),
    case(
        LIMITS,
        ["{ soft = 20_000, hard = 25_000", "{ soft = 20_000, hard = 30_001"],
        "30_001",
        ["is 30001 mHz, beyond the compiled ceiling of 30000 mHz", "at most 30000 mHz"],
    ),
    case(
        LIMITS,
        ["{ soft = 10, hard = 5", "{ soft = 4, hard = 5"],
        "4, hard = 5",
        ["is 4 s, beyond the hard limit of 5 s", "at least 5 s"],
    ),
    case(
        LIMITS,
        [
            "{ soft = 3_000, hard = 6_000, basis = \"proposal: two sites with",
            "{ soft = 6_001, hard = 6_000, basis = \"proposal: two sites with",
        ],
        "6_001",
        ["`stimulator.everywhere.day_pulses.soft` is 6001 pulses", "at most 6000 pulses"],
    ),
    case(
        LIMITS,
        ["link_ms = 500             # two polls", "link_ms = 499             # two polls"],
        "499",
        ["`stimulator.timing.link_ms` is shorter than two polls", "at least 500"],
    ),
    case(
        LIMITS,
        [
            "relay_ms = 1_000\nwarning_ms = 3_000\nready_seconds = 60",
            "relay_ms = 1_000\nwarning_ms = 1_999\nready_seconds = 60",
        ],
        "1_999",
        ["`stimulator.timing.warning_ms` is 1999", "2000 to 20000"],
    ),
    // The limits: who signed them, and the times (CFG-01, LAS-04).
    case(
        LIMITS,
        ["approvers = []", "approvers = [\"A. Lead\"]"],
        "[\"A. Lead\"]",
        ["two different persons", "laser safety officer"],
    ),
    case(
        LIMITS,
        ["approvers = []", "approvers = [\"A. Lead\", \"a. lead\"]"],
        "[\"A. Lead\"",
        ["two different persons", "laser safety officer"],
    ),
    case(
        LIMITS,
        ["poll_ms = 100", "poll_ms = 101"],
        "101",
        ["poll_ms` is 101", "20 to 100 (the time budget"],
    ),
    case(
        LIMITS,
        ["warning_ms = 3_000", "warning_ms = 1_999"],
        "1_999",
        ["`laser.timing.warning_ms` is 1999", "21 CFR 1040.10(f)(5)"],
    ),
    case(
        LIMITS,
        ["link_ms = 300", "link_ms = 150"],
        "150",
        ["`laser.timing.link_ms` is shorter than two polls", "at least 200"],
    ),
    case(
        LIMITS,
        ["relay_ms = 500", "relay_ms = 200"],
        "200            # else",
        ["`laser.timing.relay_ms` is shorter than `confirm_ms`", "at least 250"],
    ),
    // No TOML.
    case(
        LIMITS,
        ["approvers = []", "approvers = []\napprovers = []"],
        "approvers = []\n\n#",
        ["duplicate key", "toml.io"],
    ),
    case(LIMITS, ["revision = \"2026", "revision = 2026\""], "2026\"-11", ["", "toml.io"]),
    // The settings (SEC-01, SEC-08).
    case(
        GATEWAY,
        ["127.0.0.1:50051", "0.0.0.0:50051"],
        "\"0.0.0.0",
        ["`grpc.listen` is open to other machines: without [grpc.tls]", "127.0.0.1:50051"],
    ),
    case(
        GATEWAY,
        ["127.0.0.1:50051", "localhost:grpc"],
        "\"localhost",
        ["`grpc.listen` is no address and port", "127.0.0.1:50051"],
    ),
    case(
        GATEWAY,
        ["127.0.0.1:9464", "[::]:9464"],
        "\"[::]",
        ["`metrics.listen` is open to other machines", "127.0.0.1:9464"],
    ),
    case(
        GATEWAY,
        ["127.0.0.1:9464", "127.0.0.1:50051"],
        "\"127.0.0.1:50051\"\n\n[data]",
        ["`grpc.listen` and `metrics.listen` are one address and port", "a port of its own"],
    ),
    case(
        GATEWAY,
        ["127.0.0.1:1883", "127.0.0.1:9464"],
        "\"127.0.0.1:9464\"\n\n[data]",
        ["`mqtt.embedded.listen` and `metrics.listen` are one", "a port of its own"],
    ),
    case(
        GATEWAY,
        ["127.0.0.1:1883", "192.0.2.7:1883"],
        "\"192",
        ["the embedded broker lets anybody in", "127.0.0.1:1883"],
    ),
    case(
        GATEWAY,
        ["\"demo-clinic\"", "\"Demo Clinic\""],
        "\"Demo",
        ["`site` is no name", "1 to 64 of a-z, 0-9 and -"],
    ),
    case(GATEWAY, ["\"gateway-1\"", "\"\""], "\"\"", ["`gateway` is no name", "1 to 64 of a-z"]),
    case(
        GATEWAY,
        ["folder = \"/var/lib/therapy-gateway\"", "folder = \"\""],
        "\"\"",
        ["`data.folder` is empty", "1 to 300 visible characters"],
    ),
    case(
        GATEWAY,
        ["[mqtt.embedded]\nlisten = \"127.0.0.1:1883\"", "[mqtt]"],
        "[mqtt]",
        ["[mqtt] has neither", "`[mqtt.embedded]` or `[mqtt.broker]`"],
    ),
    case(
        GATEWAY,
        ["[metrics]", "[mqtt.broker]\nhost = \"b\"\nport = 1\nclient_id = \"c\"\n\n[metrics]"],
        "[mqtt.embedded]\nlisten",
        ["has both `embedded` and `broker`", "keep one"],
    ),
    case(
        GATEWAY,
        [
            "[mqtt.embedded]\nlisten = \"127.0.0.1:1883\"",
            "[mqtt.broker]\nhost = \"b\"\nport = 1883\nclient_id = \"c\"\nusername = \"u\"",
        ],
        "\"u\"",
        ["`username` and `password_file` come together", "add the other"],
    ),
    case(
        GATEWAY,
        [
            "[mqtt.embedded]\nlisten = \"127.0.0.1:1883\"",
            "[mqtt.broker]\nhost = \"b\"\nport = 1883\nclient_id = \"c\"\nusername = \"u\"\n\
             password_file = \"nowhere\"",
        ],
        "\"nowhere\"",
        ["the secret file cannot be read", "relative to the folder"],
    ),
    case(
        GATEWAY,
        ["[metrics]", "password = \"CANARY\"\n\n[metrics]"],
        "password =",
        ["`mqtt.embedded.password`: a secret does not stand in this file", "change the secret"],
    ),
    case(
        GATEWAY,
        ["filter = \"info,mqtt5=error,rumqttc=warn\"", "filter = \"gateway=loud\""],
        "\"gateway=loud\"",
        ["`log.filter` is no filter", "write a level"],
    ),
    case(
        GATEWAY,
        ["format = \"text\"", "format = \"jsn\""],
        "\"jsn\"",
        ["`log.format` is `jsn`", "did you mean `json`?"],
    ),
    // The rooms.
    case(
        ROOMS,
        ["name = \"room-2\"", "name = \"room-1\"\n\n[[room]]\nname = \"room-2\""],
        "\"room-1\"\n\n[[room]]\nname = \"room-2\"",
        ["there is a room `room-1` already", "a name of its own"],
    ),
    case(
        ROOMS,
        ["name = \"room-2\"", "name = \"room-2\"\nfloor = 1"],
        "floor",
        ["`room.floor` is not a key", "known here: `name`"],
    ),
];
