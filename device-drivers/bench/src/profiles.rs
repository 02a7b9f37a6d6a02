//! Profiles for tests, of the units that `simulated_units` has.

use std::{borrow::ToOwned, string::String, vec, vec::Vec};

use device_drivers::profile::*;
use safety::{
    Area, Content, Flux, Gate, Laser, Nanos, Permille, Power, Slew, Waveform, Wavelength,
};

use super::room::Treatment;

const fn millis(count: u64) -> Nanos {
    Nanos::from_millis(count)
}

fn link(baud: u32) -> Link {
    Link {
        baud,
        data_bits: 8,
        parity: Parity::None,
        stop_bits: 1,
        gap: millis(1),
        source: Source::Vendor,
    }
}

/// A line that is answered like this within so many milliseconds.
pub fn line(say: &str, first: First, within: u64) -> Command {
    Command {
        say: Say::Line(Template::parse(say).unwrap()),
        reply: Reply { first, ..Reply::default() },
        within: millis(within),
        quiet: Nanos::ZERO,
        source: Source::Vendor,
    }
}

/// A line that is answered with `OK`.
pub fn ok(say: &str) -> Command {
    line(say, First::Text("OK".to_owned()), 30)
}

fn plain(form: Form) -> Value {
    Value { prefix: String::new(), columns: None, form }
}

fn number() -> Value {
    plain(Form::Number(String::new(), Vec::new()))
}

fn poll(name: &str, command: Command, value: Value, means: Means) -> Question {
    Question { name: name.to_owned(), command, value, means }
}

const fn bit(mask: u32, value: u32, sign: Sign, when: bool) -> StatusBit {
    StatusBit { mask, value, sign, when }
}

fn status(bits: Vec<StatusBit>) -> Means {
    Means::Status(Status { bits, ignored: 0, unknown: Unknown::Fault })
}

const ALL: u32 = u32::MAX;
const MILLI: Scale = Scale { times: 1_000, ..Scale::ONE };

/// A laser that is told watts.
pub fn cobolt() -> Profile {
    let ask = |say| line(say, First::Value, 30);
    Profile {
        name: "cobolt".to_owned(),
        revision: "1".to_owned(),
        link: link(115_200),
        wire: Wire::Lines(Lines {
            ours: b"\r".to_vec(),
            theirs: b"\r\n".to_vec(),
            echo: Echo::None,
            capitals: false,
            prompt: Vec::new(),
            cancel: Vec::new(),
            longest: 40,
            errors: vec![ErrorLine {
                begins: "Syntax error".to_owned(),
                severity: Severity::Refused,
            }],
            unasked: Vec::new(),
            source: Source::Vendor,
        }),
        init: Vec::new(),
        introduction: vec![Introduction {
            command: ask("sn?"),
            value: plain(Form::Text),
            expect: Expect::Serial,
        }],
        variants: Vec::new(),
        off: vec![ok("l0")],
        tell: vec![ok("p {level:decimal(4,1/1000)}")],
        enable: Vec::new(),
        fire: vec![ok("l1")],
        chunk: None,
        polls: vec![
            poll("on", ask("l?"), number(), status(vec![bit(1, 1, Sign::Emission, true)])),
            poll("output", ask("pa?"), number(), Means::Output(MILLI)),
            poll("level", ask("p?"), number(), Means::Level(ReadAs { scale: MILLI, tolerance: 0 })),
            poll(
                "interlock",
                ask("ilk?"),
                number(),
                status(vec![bit(1, 0, Sign::InterlockClosed, true)]),
            ),
            poll("faults", ask("f?"), number(), status(vec![bit(ALL, 0, Sign::Fault(0), false)])),
        ],
        keep_alive: Vec::new(),
        forbidden: vec![Forbidden::Line("@cobas 1".to_owned())],
        lease: Lease::Relay(millis(500), Source::Vendor),
        read_back: ReadBack::Measured,
        counts: Counts::Milliwatts,
        fall: millis(10),
    }
}

/// The one of these tests.
pub fn cobolt_plate() -> Plate<Laser> {
    Plate {
        profile: cobolt(),
        variant: String::new(),
        serial: "C-1234".to_owned(),
        firmware: Vec::new(),
        levels: LaserLevels::Watts {
            power: Steps { least: 100, most: 15_000, step: 50 },
            uncertainty: Permille::new(50).unwrap(),
        },
        poll: millis(100),
        link: millis(300),
        off_below: Power::from_milliwatts(50),
        relay: true,
    }
}

/// A field unit that repeats every character, and runs to the end of a run.
pub fn free_pemf() -> Profile {
    let close = |command: Command, then: Vec<Option<String>>| Command {
        reply: Reply { then, ..command.reply },
        ..command
    };
    let run = ok("freq {frequency:decimal(0,1/10)} {seconds}");
    Profile {
        name: "freepemf".to_owned(),
        link: link(9_600),
        wire: Wire::Lines(Lines {
            ours: b"\n".to_vec(),
            theirs: b"\r\n".to_vec(),
            echo: Echo::Character,
            capitals: false,
            prompt: b">".to_vec(),
            cancel: Vec::new(),
            longest: 40,
            errors: vec![
                ErrorLine { begins: "Error".to_owned(), severity: Severity::Refused },
                ErrorLine { begins: "Unknown command".to_owned(), severity: Severity::Refused },
            ],
            unasked: vec![Unasked { begins: ":LowBattery".to_owned(), restarted: false }],
            source: Source::Vendor,
        }),
        introduction: vec![Introduction {
            command: line("print therapy", First::Value, 30),
            value: plain(Form::Text),
            expect: Expect::Text("therapy".to_owned()),
        }],
        off: vec![ok("out 0")],
        tell: vec![ok("pwm {duty:decimal(0,1/10)}")],
        fire: Vec::new(),
        chunk: Some(Chunk {
            most_seconds: 1,
            command: Command {
                reply: Reply { progress: Some(b'.'), ..run.reply.clone() },
                within: millis(1_100),
                ..run
            },
        }),
        polls: vec![poll(
            "battery",
            close(line("bat", First::Value, 30), vec![None]),
            number(),
            Means::Idle,
        )],
        forbidden: vec![Forbidden::Line("off".to_owned()), Forbidden::Line("out 1".to_owned())],
        lease: Lease::Chunk(millis(1_100), Source::Vendor),
        read_back: ReadBack::None,
        counts: Counts::Own,
        fall: Nanos::ZERO,
        ..cobolt()
    }
}

/// The one of these tests.
pub fn free_pemf_plate() -> Plate<safety::Pemf> {
    Plate {
        profile: free_pemf(),
        variant: String::new(),
        serial: String::new(),
        firmware: Vec::new(),
        levels: PemfLevels {
            amount: Steps::only(1),
            at: 1,
            flux: Flux::from_microteslas(10_000),
            uncertainty: Permille::new(50).unwrap(),
            dark: 1,
            frequency: Steps { least: 1_000, most: 60_990, step: 10 },
            duty: Steps { least: 10, most: 990, step: 10 },
            waveform: Waveform::Rectangular,
            slew: Slew::from_micros(2_000),
        },
        poll: millis(250),
        link: millis(2_500),
        off_below: Flux::from_microteslas(100),
        relay: true,
    }
}

/// A question for registers, or a command to them.
pub fn registers(say: Say) -> Command {
    Command {
        say,
        reply: Reply::default(),
        within: millis(50),
        quiet: Nanos::ZERO,
        source: Source::Vendor,
    }
}

/// A bench supply that drives a coil.
pub fn riden() -> Profile {
    let read =
        |first, count| registers(Say::Read(Read { table: Table::Holding, first, count, spare: 1 }));
    let write = |register, value| registers(Say::Write(Write { register, value }));
    let current = Scale { times: 1_000_000, per: 1, offset: 0, variant: true };
    let whole = |kind| plain(Form::Whole(kind));
    let model = |name: &str, first, last, divide| Variant {
        name: name.to_owned(),
        says: Says::Between(first, last),
        divide,
        ambiguous: false,
        source: Source::Vendor,
    };
    Profile {
        name: "riden".to_owned(),
        wire: Wire::Registers(Registers { address: 1, source: Source::Vendor }),
        introduction: vec![
            Introduction { command: read(0, 1), value: whole(Whole::U16), expect: Expect::Variant },
            Introduction {
                command: read(1, 2),
                value: whole(Whole::U32(Order::High)),
                expect: Expect::Serial,
            },
            Introduction {
                command: read(3, 1),
                value: whole(Whole::U16),
                expect: Expect::Firmware,
            },
        ],
        variants: vec![
            model("rd6006", 60_060, 60_069, 1_000),
            model("rd6012", 60_120, 60_129, 100),
        ],
        off: vec![write(18, Written::Word(0))],
        tell: vec![write(9, Written::Slot(Slot::Level, current))],
        fire: vec![write(18, Written::Word(1))],
        polls: vec![
            poll(
                "on",
                read(18, 1),
                whole(Whole::U16),
                status(vec![bit(1, 1, Sign::Emission, true)]),
            ),
            poll("output", read(11, 1), whole(Whole::U16), Means::Output(current)),
            poll(
                "level",
                read(9, 1),
                whole(Whole::U16),
                Means::Level(ReadAs { scale: current, tolerance: 0 }),
            ),
            poll(
                "protection",
                read(16, 1),
                whole(Whole::U16),
                status(vec![bit(3, 0, Sign::Fault(0), false)]),
            ),
        ],
        forbidden: vec![Forbidden::Register(15, u16::MAX), Forbidden::Register(18, 0xFFFE)],
        read_back: ReadBack::Derived,
        counts: Counts::Microamperes,
        ..cobolt()
    }
}

/// The one of these tests, of this variant.
pub fn riden_plate(variant: &str) -> Plate<safety::Pemf> {
    Plate {
        profile: riden(),
        variant: variant.to_owned(),
        serial: "4711".to_owned(),
        firmware: vec!["141".to_owned()],
        levels: PemfLevels {
            amount: Steps { least: 100_000, most: 5_000_000, step: 10_000 },
            at: 1_000_000,
            flux: Flux::from_microteslas(5_000),
            uncertainty: Permille::new(20).unwrap(),
            dark: 10_000,
            frequency: Steps::only(10_000),
            duty: Steps::only(500),
            waveform: Waveform::Rectangular,
            slew: Slew::from_micros(2_000),
        },
        link: millis(1_000),
        ..free_pemf_plate()
    }
}

/// 5 W of its wavelength.
pub fn cobolt_treatment() -> Treatment<Laser> {
    let mut treatment = Treatment::laser();
    let wavelength = Wavelength::from_nanometres(980);
    treatment.prescription.mix =
        [Some(Content { wavelength, share: Permille::WHOLE }), None, None, None];
    treatment.prescription.gate = Gate::Continuous;
    treatment.prescription.spot = Area::from_square_millimetres(1_000);
    treatment.limits.unit.lines =
        [Some(safety::Line { wavelength, most: Power::from_milliwatts(15_000) }), None, None, None];
    treatment.terms.rise = Nanos::from_secs(3);
    treatment.terms.timing.confirm = Nanos::from_millis(400);
    treatment
}
