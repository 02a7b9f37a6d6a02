//! What is wrong with a profile is found, all of it, with the place where it stands.

use alloc::{borrow::ToOwned, string::String, vec, vec::Vec};

use safety::{
    Frequency, Gate, Laser, LaserLevel, Nanos, Pemf, PemfLevel, Permille, Power, Setting,
};

use crate::exchange::Tongue;

use super::{examples::*, *};

fn paths(profile: &Profile) -> Vec<String> {
    profile.validate().into_iter().map(|mistake| mistake.path).collect()
}

#[test]
fn what_is_well_has_no_mistake() {
    for profile in [cobolt(), free_pemf(), riden()] {
        assert_eq!(profile.validate(), Vec::new(), "{}", profile.name);
    }
}

/// Each change is one mistake, found where it stands.
#[test]
fn every_mistake_is_found_where_it_stands() {
    type Change = fn(&mut Profile);
    let changes: &[(Change, &str)] = &[
        (|own| own.link.baud = 0, "link.baud"),
        (
            |own| {
                let Wire::Lines(lines) = &mut own.wire else { panic!() };
                lines.ours = b";l1\r".to_vec();
            },
            "framing.ours",
        ),
        (|own| own.off.clear(), "off"),
        (|own| own.fire.clear(), "fire"),
        (|own| own.introduction.clear(), "introduction"),
        (|own| own.polls[1].command.reply.first = First::Any, "poll[1].reply"),
        (|own| own.polls[0].command.within = Nanos::ZERO, "poll[0].within"),
        (|own| own.polls[3].name = "on".to_owned(), "poll[0].name"),
        (|own| own.polls[2].value.form = Form::Whole(Whole::U16), "poll[2].value"),
        (|own| drop(own.polls.remove(0)), "poll"),
        (|own| drop(own.polls.remove(1)), "poll"),
        (|own| drop(own.polls.remove(2)), "poll"),
        (|own| own.off[0] = ok("l{level}"), "off[0].say"),
        (|own| own.off[0] = ok(""), "off[0].say"),
        (|own| own.off[0] = ok(" "), "off[0].say"),
        (|own| own.fire[0] = ok("@COBAS  1"), "fire[0].say"),
        (|own| own.fire[0] = ok("l1;@cobas 1"), "fire[0].say"),
        (|own| own.tell[0] = ok("@cobas {level}"), "tell[0].say"),
        (|own| own.tell[0] = ok("p 1"), "tell"),
        (|own| own.lease = Lease::Watchdog(Nanos::from_secs(4), Source::Vendor), "lease"),
        (|own| own.lease = Lease::Chunk(Nanos::from_secs(1), Source::Vendor), "lease"),
        (|own| own.enable = vec![ok("en")], "enable"),
        (
            |own| own.keep_alive = vec![KeepAlive { poll: "x".to_owned(), every: Nanos::new(1) }],
            "keep_alive[0].poll",
        ),
        (
            |own| {
                let Means::Status(status) = &mut own.polls[0].means else { panic!() };
                status.bits[0].value = 2;
            },
            "poll[0].means.bit[0]",
        ),
    ];
    for (change, path) in changes {
        let mut profile = cobolt();
        change(&mut profile);
        let found = paths(&profile);
        assert!(found.iter().any(|own| own == path), "{path}: {found:?}");
    }
}

#[test]
fn every_mistake_is_found_at_once() {
    let mut profile = cobolt();
    profile.link.baud = 0;
    profile.link.stop_bits = 3;
    profile.polls[1].command.within = Nanos::ZERO;
    assert_eq!(paths(&profile), ["link.baud", "link.stop_bits", "poll[1].within"]);
}

#[test]
fn a_register_that_is_forbidden_is_not_written_by_any_slot() {
    let mut profile = riden();
    profile.forbidden.push(Forbidden::Register(9, 0x8000));
    assert_eq!(paths(&profile), ["tell[0].say"]);
    let mut profile = riden();
    profile.fire[0] = registers(Say::Write(Write { register: 18, value: Written::Word(3) }));
    assert_eq!(paths(&profile), ["fire[0].say"]);
}

/// What the maker does not say is listed by its path, and what other models answer to by its name.
#[test]
fn what_the_maker_does_not_say_is_unverified() {
    let ids = |profile: &Profile, variant: &str| -> Vec<String> {
        profile.unverified(variant).into_iter().map(|fact| fact.id.into_owned()).collect()
    };
    assert_eq!(ids(&cobolt(), ""), Vec::<String>::new());
    let mut profile = cobolt();
    profile.polls[1].command.source = Source::ThirdParty;
    profile.link.source = Source::Unknown;
    assert_eq!(ids(&profile, ""), ["link", "poll[1]"]);
    assert_eq!(profile.unverified("")[1].source, "third-party");
    let mut profile = riden();
    profile.variants[0].ambiguous = true;
    assert_eq!(ids(&profile, "rd6006"), ["rd6006"]);
    assert_eq!(ids(&profile, "rd6012"), Vec::<String>::new());
}

/// What is blind, cannot be stopped or cannot be cancelled needs a relay, whoever signs.
#[test]
fn what_no_signature_mends_needs_a_relay() {
    let mut profile = cobolt();
    assert_eq!(profile.reasons(false), []);
    profile.read_back = ReadBack::None;
    assert_eq!(profile.reasons(false), [Reason::Blind]);
    assert_eq!(profile.reasons(true), []);
    let reasons = free_pemf().reasons(false);
    assert_eq!(reasons, [Reason::Blind, Reason::Unstoppable, Reason::Uncancelled]);
    assert!(!Plate::<Pemf> { relay: false, ..free_pemf_plate() }.is_startable());
    assert!(free_pemf_plate().is_startable());
}

#[test]
fn a_plate_that_no_unit_can_have_is_refused() {
    let error = |plate: Plate<Pemf>| plate.validate().unwrap_err();
    let plate = || riden_plate("rd6012");
    assert_eq!(plate().validate(), Ok(()));
    let unknown = PlateError::Variant("rd1".to_owned());
    assert_eq!(error(Plate { variant: "rd1".to_owned(), ..plate() }), unknown);
    assert_eq!(error(Plate { serial: String::new(), ..plate() }), PlateError::Empty("serial"));
    assert_eq!(error(Plate { poll: Nanos::ZERO, ..plate() }), PlateError::Time("poll"));
    let lasts = Lease::Relay(Nanos::from_millis(1_001), Source::Vendor);
    let long = Plate { profile: Profile { lease: lasts, ..cobolt() }, ..cobolt_plate() };
    assert_eq!(long.validate(), Err(PlateError::Lease));
    let mut seldom = plate();
    seldom.profile.keep_alive =
        vec![KeepAlive { poll: "on".to_owned(), every: Nanos::from_millis(249) }];
    assert_eq!(error(seldom), PlateError::KeepAlive);
    // The RD6012 counts in tens of milliamperes, the RD6006 in one.
    let mut fine = plate();
    fine.levels.amount = Steps { least: 100_000, most: 5_000_000, step: 1_000 };
    assert_eq!(error(fine.clone()), PlateError::Coarse("tell[0]".to_owned()));
    assert_eq!(Plate { variant: "rd6006".to_owned(), ..fine }.validate(), Ok(()));
    assert_eq!(crate::ascii_line::dialect(plate()).err(), Some(PlateError::Dialect));
}

/// What is forbidden is not said even if it is only forbidden now, and off is said all the same.
#[test]
fn what_is_forbidden_is_not_said_whatever_the_profile_has() {
    let none = Permille::ZERO;
    let level = LaserLevel {
        power: Power::from_milliwatts(5_000),
        mix: [Permille::WHOLE, none, none, none],
        gate: Gate::Continuous,
    };
    let setting = Setting { level, preset: Default::default() };
    let mut reader = Reader::<Laser>::new(cobolt_plate(), false).unwrap();
    assert!(reader.tell(&setting).is_some() && reader.fire(&setting).len() == 1);
    reader.profile.forbidden = vec![Forbidden::Line("P5.0".to_owned())];
    assert!(reader.tell(&setting).is_none() && reader.fire(&setting).len() == 1);
    reader.profile.forbidden = vec![Forbidden::Line("L 1".to_owned())];
    assert!(reader.tell(&setting).is_some() && reader.fire(&setting).is_empty());
    assert_eq!(reader.say(reader.off()[0], 0).bytes, b"l0\r");

    let mut reader = Reader::<Pemf>::new(riden_plate("rd6006"), true).unwrap();
    let levels = riden_plate("rd6006").levels;
    let level = PemfLevel {
        flux: safety::Flux::from_microteslas(10_000),
        frequency: Frequency::from_millihertz(10_000),
        waveform: levels.waveform,
        slew: levels.slew,
        duty: Permille::new(500).unwrap(),
    };
    let setting = Setting { level, preset: Default::default() };
    assert!(reader.tell(&setting).is_some());
    // 2 A are 07D0 there.
    reader.profile.forbidden = vec![Forbidden::Register(9, 0x0400)];
    assert!(reader.tell(&setting).is_none());
}
