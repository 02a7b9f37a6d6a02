//! Units whose family a profile describes: the examples of the document, and what is refused.

use clinic::AnyPlan;
use device_drivers::{Dialect, Event, Out, open_link::Secret};
use gateway::config::{Config, Memory, Peer, Profile, Style, render, report};
use jiff::civil::date;
use safety::{
    Fact, Gate, Identity, Instant, LaserLevel, Modality, Nanos, Pace, PemfLevel, Permille, Waveform,
};
use simulated_units::{
    Device,
    cobolt::Cobolt,
    riden::{Riden, RidenModel},
};

use crate::shelf::{change, errors, text};

const DOCUMENT: &str = include_str!("../../../docs/profile.md");
const LASER: &str = "units/cobolt-a.toml";
const COIL: &str = "units/riden-a.toml";
const RUNS: &str = "units/freepemf-a.toml";
const BOARD: &str = "boards/board-1.toml";

/// The shipped configuration with the units that the document shows.
fn shown() -> Memory {
    let mut blocks = DOCUMENT.split("```toml\n").skip(1).map(|rest| rest.split("```").next());
    let mut next = || blocks.next().flatten().unwrap();
    let mut files = Memory::whole();
    files.put(LASER, next());
    files.put(COIL, next());
    files.put(RUNS, next());
    let board = format!("{}\n{}", text(&files, BOARD), next());
    files.put(BOARD, board);
    files
}

fn read(files: &Memory) -> Config {
    Config::read(files).unwrap_or_else(|errors| panic!("{}", render(&errors, Style::Plain)))
}

fn unit<'a>(config: &'a Config, name: &str) -> &'a gateway::config::UnitConfig {
    config.units.iter().find(|unit| unit.name == name).unwrap()
}

#[test]
fn the_examples_of_the_document_load() {
    let config = read(&shown());
    let (laser, coil) = (unit(&config, "cobolt-a"), unit(&config, "riden-a"));
    assert_eq!((laser.dialect, coil.dialect), ("ascii-line", "modbus-rtu"));
    assert!(matches!(laser.peer(), Peer::Cobolt(serial) if serial == "C-1234"));
    assert!(matches!(coil.peer(), Peer::Riden { variant, .. } if variant == "rd6006"));
    let Profile::Laser(watched, _) = &laser.profile else { panic!() };
    let own = watched.limits.unit;
    assert_eq!(own.power_step.map(|step| step.milliwatts()), Some(50));
    assert!(own.curve.is_none());
    let Profile::Pemf(watched, _) = &coil.profile else { panic!() };
    let flux = watched.limits.unit.flux.unwrap();
    assert_eq!((flux.least.microteslas(), flux.most.microteslas()), (500, 20_000));
    let runs = unit(&config, "freepemf-a");
    assert!(matches!(runs.peer(), Peer::FreePemf));
    let Profile::Pemf(watched, _) = &runs.profile else { panic!() };
    assert_eq!(watched.terms.pace, Pace::Chunks { length: Nanos::from_secs(1) });
    for unit in [laser, coil, runs] {
        // Its levels can be told: it is no unit that is only looked at.
        let plan = unit.plan(date(2026, 11, 23), Secret::new([7; 32])).unwrap();
        assert!(exact(&plan), "{}", unit.name);
        assert!(unit.budget().unwrap().worst() <= unit.bound(), "{}", unit.name);
    }
}

/// Whether the dialect of a unit can tell it the least that its limits know.
fn exact(plan: &AnyPlan) -> bool {
    match plan {
        AnyPlan::Laser(plan) => {
            let level = LaserLevel {
                power: plan.limits.unit.power.unwrap().least,
                mix: [Permille::WHOLE, Permille::ZERO, Permille::ZERO, Permille::ZERO],
                gate: Gate::Continuous,
            };
            plan.dialect.exact(level) == Some(level)
        }
        AnyPlan::Pemf(plan) => {
            let unit = plan.limits.unit;
            let level = PemfLevel {
                flux: unit.flux.unwrap().least,
                frequency: unit.frequency.unwrap().least,
                waveform: Waveform::Rectangular,
                slew: unit.slew.unwrap(),
                duty: unit.duty.unwrap().least,
            };
            plan.dialect.exact(level) == Some(level)
        }
        AnyPlan::Stimulator(_) => false,
    }
}

/// A laser of a profile that is told a current has a curve instead of a step.
#[test]
fn a_laser_of_a_profile_can_be_told_a_current() {
    let mut files = shown();
    let maiman = text(&files, "units/maiman-a.toml");
    let begin = maiman.find("[calibration]").unwrap();
    let curve = maiman[begin..].split("[maiman]").next().unwrap();
    let curve = curve.replacen("step_micro", "dark_milliamperes = 500\nstep_micro", 1);
    let mut watts = text(&files, LASER);
    let begin = watts.find("[watts]").unwrap();
    let end = watts.find("[wiring]").unwrap();
    watts.replace_range(begin..end, &curve);
    files.put(LASER, watts.replace("power_min_milliwatts = 100", "power_min_milliwatts = 500"));
    // Told as watts, a microampere would be a milliwatt, and would be read back as one.
    let shown = render(&errors(&files), Style::Plain);
    let said = "no unit of `cobolt` can be this: its calibration is not of what the profile counts";
    assert!(shown.contains(&said[..60]), "{shown}");
    change(&mut files, "profiles/cobolt.toml", "\"milliwatts\"", "\"microamperes\"");
    let config = read(&files);
    let Profile::Laser(watched, _) = &unit(&config, "cobolt-a").profile else { panic!() };
    assert!(watched.limits.unit.curve.is_some() && watched.limits.unit.power_step.is_none());
}

/// Every profile is read and told of, whether a unit names it or not.
#[test]
fn check_tells_of_every_profile() {
    let config = read(&Memory::whole());
    assert_eq!(config.families.len(), 9);
    let shown = report(&config, &Memory::whole(), date(2026, 11, 23)).to_string();
    for part in [
        "cobolt               cannot be started as it is:",
        "- lease: The maker does not say so. Its source is unknown: sign for it",
        "- its output is not read back: put a relay into its supply",
        "- sf6-v1: Other models say the same of themselves. Its source is",
    ] {
        assert!(shown.contains(part), "{part} is not in\n{shown}");
    }
    let mut files = Memory::whole();
    change(&mut files, "profiles/obis.toml", "baud = ", "bauds = ");
    let shown = render(&errors(&files), Style::Plain);
    assert!(shown.contains("[profiles/obis.toml:") && shown.contains("`baud`"), "{shown}");
}

/// A profile whose facts keep its units from being used says so, and what would change it; whoever
/// does as it says has a profile that can be used.
#[test]
fn check_tells_what_a_profile_cannot_be_used_as() {
    let mut files = Memory::whole();
    let told = |files: &Memory, name: &str| {
        let config = read(files);
        config.families.iter().find(|own| own.name == name).unwrap().limits()
    };
    for name in ["cobolt", "riden-rd60xx"] {
        assert_eq!(told(&files, name), Vec::<String>::new(), "{name}");
    }
    let [ipg, ..] = &told(&files, "ipg-ylr")[..] else { panic!("it cannot be a laser") };
    assert!(ipg.starts_with("as a laser: no, its level is a share of its own drive"), "{ipg}");
    let [runs] = &told(&files, "freepemf")[..] else { panic!("it can be a coil") };
    assert!(runs.starts_with("as a laser: no, it says nothing during a run"), "{runs}");
    let [obis] = &told(&files, "obis")[..] else { panic!("its stop is slow") };
    let slow = "as a laser: no, a stop is proven after";
    assert!(obis.starts_with(slow) && obis.contains("its relay opens after"), "{obis}");
    let within = obis.split("answered within ").nth(1).unwrap().split(' ').next().unwrap();
    let found = text(&files, "profiles/obis.toml");
    files.put(
        "profiles/obis.toml",
        found.replace("within_ms = 200", &format!("within_ms = {within}")),
    );
    assert_eq!(told(&files, "obis"), Vec::<String>::new(), "within {within} ms");
    let shown = report(&read(&Memory::whole()), &Memory::whole(), date(2026, 11, 23)).to_string();
    assert!(shown.contains("* as a laser: no, a stop is proven after"), "{shown}");
}

/// A run that outlasts the lease of its profile is told at the line that says how long it is.
#[test]
fn a_run_beyond_its_lease_is_told_where_it_stands() {
    let mut files = Memory::whole();
    change(&mut files, "profiles/freepemf.toml", "most_seconds = 1", "most_seconds = 2");
    let found = errors(&files);
    let path = "profiles/freepemf.toml";
    let whole = text(&files, path);
    let line = whole.lines().position(|line| line == "most_seconds = 2").unwrap() + 1;
    let shown = render(&found, Style::Plain);
    assert!(shown.contains("within the lease"), "{shown}");
    assert!(shown.contains(&format!("[{path}:{line}:")), "{shown}");
}

/// CFG-07: a profile is part of what a session ran under.
#[test]
fn a_profile_is_hashed() {
    let hash = read(&Memory::whole()).hash;
    let mut files = Memory::whole();
    change(&mut files, "profiles/cobolt.toml", "fall_ms = 20", "fall_ms = 21");
    assert_ne!(read(&files).hash, hash);
}

/// What no signature mends keeps a real unit of a profile from being loaded: a relay does.
#[test]
fn a_real_unit_of_a_profile_that_is_blind_needs_a_relay() {
    let mut files = shown();
    change(&mut files, LASER, "mark = \"simulated\"", "mark = \"real\"");
    change(&mut files, LASER, "2036-01-01", "2027-01-01");
    let said = "a unit of `cobolt` is not started";
    assert!(!render(&errors(&files), Style::Plain).contains(said));
    change(&mut files, "profiles/cobolt.toml", "kind = \"relay\"", "kind = \"watchdog\"");
    change(&mut files, LASER, "lease_by = \"relay\"", "lease_by = \"watchdog\"");
    change(&mut files, LASER, "lease_ms = 800", "lease_ms = 1_000");
    change(&mut files, "profiles/cobolt.toml", "echo = \"none\"", "echo = \"character\"");
    let shown = render(&errors(&files), Style::Plain);
    assert!(shown.contains(&format!("{said}: a broken line cannot be cancelled")), "{shown}");
}

/// What a unit's file and its profile do not agree on is told at the unit, once.
#[test]
fn what_contradicts_the_profile_is_told() {
    for (path, out, put, what, fix) in [
        (LASER, "\"cobolt\"", "\"cobalt\"", "no profile `cobalt`", "did you mean `cobolt`?"),
        (LASER, "\"ascii-line\"", "\"modbus-rtu\"", "another dialect", "\"ascii-line\""),
        (LASER, "baud = 115_200", "baud = 9_600", "another line", "115200 bit/s"),
        (LASER, "parity = \"none\"", "parity = \"even\"", "another line", "parity none"),
        (LASER, "\"optical\"", "\"derived\"", "otherwise than `read_back`", "is measured"),
        (LASER, "step_milliwatts", "step_watts", "step_watts", "step_milliwatts"),
        (LASER, "[watts]", "[wats]", "wats", "watts"),
        (COIL, "variant = \"rd6006\"", "", "has no model ``", ""),
        (COIL, "\"rd6006\"", "\"rd60\"", "has no model `rd60`", ""),
        (COIL, "amount_step = 10_000", "amount_step = 10_001", "no whole number", "a step"),
        (COIL, "amount_max = 4_000_000", "amount_max = 90_000_000", "beyond the compiled", ""),
        (COIL, "\"relay\"", "\"watchdog\"", "another lease", "\"relay\""),
        (COIL, "waveform = \"rect", "waveform = \"reck", "reckangular", "rectangular"),
        (RUNS, "lease_ms = 1_100", "lease_ms = 999", "outlasts `lease_ms`", "at least 1000"),
        (RUNS, "link_ms = 1_500", "link_ms = 1_100", "up to 1100 ms in each run", "raise"),
        (RUNS, "\"none\"\n\n[link]", "\"derived\"\n\n[link]", "otherwise than", "write \"none\""),
        (RUNS, "\"relay\"", "\"chunk\"", "nobody reads back is never ready", "in its supply"),
    ] {
        let mut files = shown();
        change(&mut files, path, out, put);
        let found = errors(&files);
        let [mistake] = found.mistakes() else {
            panic!("{out} -> {put}: not one mistake\n{}", render(&found, Style::Plain))
        };
        assert_eq!(mistake.file(), path, "{mistake}");
        assert!(mistake.what().contains(what), "{mistake}, not {what:?}");
        assert!(mistake.fix().contains(fix), "{}, not {fix:?}", mistake.fix());
    }
}

/// What the shipped profiles say is what the simulated units answer: they prove who they are, are
/// seen off, and report no fault.
#[test]
fn the_simulated_units_are_those_of_the_shipped_profiles() {
    let config = read(&shown());
    let plan = |name| unit(&config, name).plan(date(2026, 11, 23), Secret::new([7; 32])).unwrap();
    let AnyPlan::Laser(laser) = plan("cobolt-a") else { panic!() };
    is_known(laser.dialect, &mut Cobolt::new("C-1234"));
    let AnyPlan::Pemf(coil) = plan("riden-a") else { panic!() };
    is_known(coil.dialect, &mut Riden::new(RidenModel::Rd6006, 4711));
    let AnyPlan::Laser(other) = plan("cobolt-a") else { panic!() };
    let facts = heard(other.dialect, &mut Cobolt::new("C-9999"));
    assert!(facts.iter().any(|fact| matches!(fact, Fact::Identity(Identity::Differs))));
}

fn is_known<M: Modality>(dialect: Box<dyn Dialect<M> + Send>, device: &mut dyn Device) {
    let facts = heard(dialect, device);
    let has = |wanted: fn(&Fact<M>) -> bool| facts.iter().any(wanted);
    assert!(has(|fact| matches!(fact, Fact::Identity(Identity::Proven))), "{facts:?}");
    assert!(!has(|fact| matches!(fact, Fact::Identity(Identity::Differs) | Fact::Garbled)));
    assert!(has(|fact| matches!(fact, Fact::Emission(emission) if !emission.enabled)));
    assert!(has(|fact| matches!(fact, Fact::Faults(0))), "{facts:?}");
}

/// What is reported within two seconds of an opened port, in milliseconds of virtual time.
fn heard<M: Modality>(
    mut dialect: Box<dyn Dialect<M> + Send>,
    device: &mut dyn Device,
) -> Vec<Fact<M>> {
    let mut facts = Vec::new();
    let mut tell = |now: u64, event: Event<'_, M>| {
        let mut out = Out::default();
        dialect.step(Instant::from_boot(now), event, &mut out);
        facts.extend(out.reports.into_iter().map(|report| report.fact));
        out.frame
    };
    let _none = tell(5_000_000_000, Event::Opened);
    let mut arrives: Option<(u64, Vec<u8>)> = None;
    for millis in 5_000..7_000_u64 {
        let now = millis * 1_000_000;
        if let Some((at, bytes)) = arrives.take() {
            if at <= now {
                device.receive(now, &bytes);
                let _none = tell(now, Event::Sent);
            } else {
                arrives = Some((at, bytes));
            }
        } else if let Some(frame) = tell(now, Event::Turn) {
            let length = u64::try_from(frame.bytes.len()).unwrap();
            arrives = Some((now + length * 86_806, frame.bytes));
        }
        let mut bytes = Vec::new();
        device.transmit(now, &mut bytes);
        if !bytes.is_empty() {
            let _none = tell(now, Event::Bytes(&bytes));
        }
    }
    facts
}
