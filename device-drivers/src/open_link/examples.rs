//! The worked examples of the document, byte for byte, both ways (COM-01).

#[cfg(test)]
extern crate std;

use std::{
    string::{String, ToString},
    vec::Vec,
};

use safety::{
    Contacts, Dose, Energy, Exposure, Flux, Frequency, Gate, Identity, Laser, LaserLevel, Modality,
    Nanos, Pemf, PemfLevel, Permille, Power, Setting, Slew, Temperature, Waveform,
};

use crate::test_bench::capabilities::{laser_capability, pemf_capability, share};

use super::{
    capability::Capability,
    codec::{Cut, Cutter, Telegram, crc32},
    identity::Introduction,
    message::{Kind, Reply, State, Status, decode_setting, encode_setting},
    plate::{Plate, Secret},
    spoken::Spoken,
};

const DOCUMENT: &str = include_str!("../../../docs/open-link.md");

const LASER_BOOT: u32 = 0x1A2B_3C4D;
const PEMF_BOOT: u32 = 0x0BAD_CAFE;

/// The bytes of one block of the document.
fn block(name: &str, form: &str) -> Vec<u8> {
    let fence = ["```hex ", name, " ", form, "\n"].concat();
    let (_, rest) = DOCUMENT.split_once(&fence).unwrap_or_else(|| panic!("no {name} {form}"));
    let (text, _) = rest.split_once("```").unwrap();
    text.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

/// The names of all blocks that are lines.
fn lines() -> Vec<String> {
    let fences = DOCUMENT.lines().filter_map(|line| line.strip_prefix("```hex "));
    fences.filter_map(|fence| fence.strip_suffix(" line")).map(ToString::to_string).collect()
}

fn cut(bytes: &[u8]) -> Vec<Cut> {
    let mut cutter = Cutter::EMPTY;
    bytes.iter().filter_map(|byte| cutter.push(*byte)).collect()
}

fn telegram(name: &str) -> Telegram {
    match &cut(&block(name, "line"))[..] {
        [Cut::Telegram(telegram)] => telegram.clone(),
        other => panic!("{name}: {other:?}"),
    }
}

fn reply<M: Spoken>(kind: Kind, name: &str) -> Reply<M> {
    Reply::decode(kind, &telegram(name).payload).unwrap_or_else(|| panic!("{name}"))
}

fn status<M: Spoken>(name: &str) -> Status<M> {
    let Reply::Status(status) = reply(Kind::Status, name) else { panic!("{name}") };
    status
}

/// The level of section 10.4, as it is held.
pub(super) fn laser_level() -> LaserLevel {
    LaserLevel {
        power: Power::from_milliwatts(5_000),
        mix: [Permille::ZERO, share(500), Permille::ZERO, share(500)],
        gate: Gate::Continuous,
    }
}

/// The level of section 10.8.
pub(super) fn pemf_level() -> PemfLevel {
    PemfLevel {
        flux: Flux::from_microteslas(10_000),
        frequency: Frequency::from_millihertz(10_000),
        waveform: Waveform::Rectangular,
        slew: Slew::from_micros(2_000),
        duty: share(500),
    }
}

fn laser_setting(level: LaserLevel) -> Setting<Laser> {
    let preset = Dose { quantity: Energy::from_millijoules(300_000), time: Nanos::from_secs(60) };
    Setting { level, preset }
}

fn pemf_setting() -> Setting<Pemf> {
    let quantity = Exposure::from_microtesla_seconds(18_000_000);
    Setting { level: pemf_level(), preset: Dose { quantity, time: Nanos::from_secs(1_800) } }
}

/// The laser of the examples and of the transcript.
pub(super) fn laser_plate() -> Plate<Laser> {
    Plate {
        address: 1,
        maker: "Open Therapy Works".into(),
        model: "Lumen 15".into(),
        serial: "OL15-0001".into(),
        firmware: Vec::from(["1.3.9".into(), "1.4.0".into()]),
        key: Secret::new(key()),
        applicator: 0x0101,
        capability: laser_capability(),
        lease: Nanos::from_millis(500),
        baud: 115_200,
        poll: Nanos::from_millis(100),
        link: Nanos::from_millis(300),
        off_below: Power::from_milliwatts(50),
        challenge_seed: Secret::new([0; 32]),
    }
}

/// The PEMF unit of the transcript.
pub(super) fn pemf_plate() -> Plate<Pemf> {
    let Plate { address, maker, firmware, key, baud, challenge_seed, .. } = laser_plate();
    Plate {
        address,
        maker,
        model: "Ring 30".into(),
        serial: "RING-0001".into(),
        firmware,
        key,
        applicator: 0x0201,
        capability: pemf_capability(),
        lease: Nanos::from_millis(2_000),
        baud,
        poll: Nanos::from_millis(250),
        link: Nanos::from_millis(1_000),
        off_below: Flux::from_microteslas(100),
        challenge_seed,
    }
}

/// The key of section 10: 00, 01, … 1F.
fn key() -> [u8; 32] {
    let mut key = [0; 32];
    key.iter_mut().zip(0..).for_each(|(place, byte)| *place = byte);
    key
}

#[test]
fn the_check_value_is_that_of_the_document() {
    assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
}

/// COM-01: the frames of the document.
#[test]
fn every_line_is_read_and_written_back_byte_for_byte() {
    let names = lines();
    assert_eq!(names.len(), 24, "{names:?}");
    for name in names {
        assert_eq!(telegram(&name).encode(), block(&name, "line"), "{name}");
    }
}

#[test]
fn headers_say_what_the_document_says() {
    let identify = telegram("identify-ask");
    assert_eq!((identify.kind, identify.address), (Kind::Identify.code(), 1));
    assert_eq!((identify.boot, identify.sequence, identify.uptime_millis), (0, 1, 0));
    let renew = telegram("renew");
    assert_eq!((renew.kind, renew.boot), (Kind::Renew.code(), LASER_BOOT));
    assert_eq!((renew.sequence, renew.uptime_millis), (0x3C, 38_050));
    let reply = telegram("set-pemf-reply");
    assert_eq!((reply.kind, reply.address), (Kind::Set.reply_code(), 2));
    assert_eq!((reply.boot, reply.uptime_millis), (PEMF_BOOT, 30_105));
}

#[test]
fn capability_records_are_those_of_the_document() {
    let laser = reply::<Laser>(Kind::Capabilities, "capabilities-reply-laser");
    assert_eq!(laser, Reply::Capable(laser_capability().record()));
    assert_eq!(laser_capability().record().len(), Laser::RECORD_BYTES);
    let pemf = reply::<Pemf>(Kind::Capabilities, "capabilities-reply-pemf");
    assert_eq!(pemf, Reply::Capable(pemf_capability().record()));
    assert_eq!(pemf_capability().record().len(), Pemf::RECORD_BYTES);
}

fn introduction() -> Introduction {
    let reply = reply::<Laser>(Kind::Identify, "identify-reply");
    let Reply::Introduced(introduction) = reply else { panic!("{reply:?}") };
    introduction
}

#[test]
fn the_proof_of_the_document_is_proven() {
    let mut challenge = [0; 16];
    challenge.iter_mut().zip(0xF0..=0xFF).for_each(|(place, byte)| *place = byte);
    let record = laser_capability().record();
    let judge = |plate: &Plate<Laser>, challenge, boot, record: &[u8]| {
        introduction().judge(plate, challenge, boot, record)
    };
    assert_eq!(judge(&laser_plate(), &challenge, LASER_BOOT, &record), Identity::Proven);
    let claim = introduction().claim;
    assert_eq!((claim.calibrated_on_days, claim.calibration_due_days), (20_454, 20_819));
    // One thing after the other differs (COM-07, LAS-18).
    let differs = |plate: &Plate<Laser>| {
        assert_eq!(judge(plate, &challenge, LASER_BOOT, &record), Identity::Differs);
    };
    differs(&Plate { maker: "Other Works".into(), ..laser_plate() });
    differs(&Plate { model: "Lumen 30".into(), ..laser_plate() });
    differs(&Plate { serial: "OL15-0002".into(), ..laser_plate() });
    differs(&Plate { firmware: Vec::from(["1.4.1".into()]), ..laser_plate() });
    differs(&Plate { key: Secret::new([0; 32]), ..laser_plate() });
    differs(&Plate { applicator: 0x0102, ..laser_plate() });
    let slower = Power::from_milliwatts(4_000);
    let capability = Capability { ramp_per_second: slower, ..laser_capability() };
    differs(&Plate { capability, ..laser_plate() });
    assert_eq!(judge(&laser_plate(), &[0; 16], LASER_BOOT, &record), Identity::Differs);
    assert_eq!(judge(&laser_plate(), &challenge, PEMF_BOOT, &record), Identity::Differs);
    assert_eq!(judge(&laser_plate(), &challenge, LASER_BOOT, &record[1..]), Identity::Differs);
}

#[test]
fn settings_and_digests_are_those_of_the_document() {
    let asked = LaserLevel { power: Power::from_milliwatts(5_030), ..laser_level() };
    let set = encode_setting(&laser_setting(asked), 500).unwrap();
    assert_eq!(set, telegram("set-laser").payload);
    let held = encode_setting(&laser_setting(laser_level()), 500).unwrap();
    assert_eq!(reply::<Laser>(Kind::Set, "set-laser-reply"), Reply::Held(held.clone()));
    assert_eq!(crc32(&held), 0xCCF0_F9E3);
    assert_eq!(decode_setting(&held), Some(laser_setting(laser_level())));
    assert_eq!(crc32(&held).to_le_bytes(), telegram("enable").payload[8..]);

    let set = encode_setting(&pemf_setting(), 2_000).unwrap();
    assert_eq!(set, telegram("set-pemf").payload);
    assert_eq!(reply::<Pemf>(Kind::Set, "set-pemf-reply"), Reply::Held(set.clone()));
    assert_eq!(crc32(&set), 0x6EA8_16F8);
    assert_eq!(decode_setting(&set), Some(pemf_setting()));
}

#[test]
fn status_before_anything() {
    let status = status::<Laser>("status-reply-standby");
    assert_eq!((status.state, status.blockers), (State::Standby, 0));
    assert_eq!((status.nonce, status.last_enable_nonce), (0x8877_6655_4433_2211, 0));
    let contacts = Contacts {
        key: true,
        footswitch: false,
        interlock: true,
        emergency_stop_released: true,
        applicator: true,
    };
    assert_eq!(status.contacts, contacts);
    assert_eq!((status.sample, status.output, status.level), (1_500, Power::ZERO, None));
    assert_eq!(status.temperature, Some(Temperature::from_centicelsius(2_512)));
    assert_eq!((status.applicator, status.faults), (0x0101, 0));
}

#[test]
fn status_while_emitting() {
    let laser = status::<Laser>("status-reply-emitting");
    assert_eq!((laser.state, laser.last_sequence), (State::Emitting, 60));
    assert_eq!(laser.last_enable_nonce, 0x8877_6655_4433_2211);
    assert_eq!(laser.output, Power::from_milliwatts(4_987));
    assert_eq!(laser.counter, Energy::from_microjoules(17_478_905));
    assert_eq!(laser.level, Some(laser_level()));
    let left = Dose { quantity: Energy::from_millijoules(282_522), time: Nanos::from_secs(56) };
    assert_eq!(laser.left, left);
    assert!(laser.contacts.footswitch);

    let pemf = status::<Pemf>("status-reply-pemf");
    assert_eq!((pemf.state, pemf.sample), (State::Emitting, 800));
    assert_eq!(pemf.output, Flux::from_microteslas(10_013));
    assert_eq!(pemf.counter, Exposure::from_femtotesla_seconds(25_024_961 * 1_000_000));
    assert_eq!(pemf.level, Some(pemf_level()));
}

#[test]
fn short_replies_say_done_refused_or_off() {
    assert_eq!(reply::<Laser>(Kind::Warn, "warn-on-reply"), Reply::Done);
    assert_eq!(reply::<Laser>(Kind::Enable, "enable-reply"), Reply::Done);
    assert_eq!(reply::<Laser>(Kind::Renew, "renew-reply"), Reply::Done);
    assert_eq!(reply::<Laser>(Kind::Off, "off-reply"), Reply::Off { sample: 1_908 });
    assert_eq!(reply::<Laser>(Kind::Enable, "enable-again-reply"), Reply::Refused);
    assert_eq!(reply::<Laser>(Kind::Set, "set-out-of-range-reply"), Reply::Refused);
    assert_eq!(reply::<Laser>(Kind::Set, "set-not-ready-reply"), Reply::Refused);
}

/// COM-01: a frame with a wrong CRC-32 is dropped.
#[test]
fn every_single_bit_error_is_found() {
    let line = block("status-reply-emitting", "line");
    for bit in 8..(line.len() - 1) * 8 {
        let mut bad = line.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        let whole = cut(&bad).into_iter().any(|cut| matches!(cut, Cut::Telegram(_)));
        assert!(!whole, "bit {bit}");
    }
}

#[test]
fn a_flood_is_cut_once_and_the_next_frame_is_heard() {
    let mut bytes = std::vec![0xFF; 5_000];
    bytes.extend(block("off-reply", "line"));
    let cuts = cut(&bytes);
    assert_eq!(cuts, [Cut::Garbled, Cut::Telegram(telegram("off-reply"))]);
}

#[test]
fn coarse_presets_do_not_change_on_the_wire() {
    let raw = Dose { quantity: Energy::from_picojoules(1), time: Nanos::new(1) };
    assert_eq!(Laser::encode_preset(raw), None, "a preset is never rounded here (DOS-06)");
    assert_eq!(Laser::encode_preset(Laser::coarse(raw)), Some((1, 1)));
    let largest = Laser::decode_preset(u32::MAX, 5_400_000);
    assert_eq!(Laser::encode_preset(largest), Some((u32::MAX, 5_400_000)));
    assert_eq!(Laser::encode_preset(Laser::decode_preset(0, 1)), None);
    assert_eq!(Laser::encode_preset(Laser::decode_preset(1, 5_400_001)), None);
}
