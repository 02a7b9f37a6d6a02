//! The bytes of the document: every worked example of `docs/open-link.md`, made by this code and compared with the page (COM-11).

use std::collections::BTreeMap;

use crate::{
    answer::head,
    capability::Capability,
    cobs,
    fault::Sensor,
    frame::{Cutter, Frame, Run, crc32},
    identity,
    outcome::Outcome,
    plan::Plan,
    setting::Setting,
    state::{State, StopCause},
    status::{Remaining, Status},
};

const PAGE: &str = include_str!("../../../docs/open-link.md");

const BOOT: u32 = 0x1A2B_3C4D;
const PEMF_BOOT: u32 = 0x0BAD_CAFE;
const NONCE: u64 = 0x8877_6655_4433_2211;
const NEXT_NONCE: u64 = 0x1032_5476_98BA_DCFE;

/// The hex blocks of the page: name and form, such as `off line`, to bytes.
fn blocks() -> BTreeMap<String, Vec<u8>> {
    let mut blocks = BTreeMap::new();
    for block in PAGE.split("```hex ").skip(1) {
        let (name, rest) = block.split_once('\n').expect("a line with the name");
        let (body, _) = rest.split_once("```").expect("an end");
        let bytes = body.split_whitespace().map(|hex| u8::from_str_radix(hex, 16).expect("hex"));
        assert!(blocks.insert(name.to_owned(), bytes.collect()).is_none(), "{name} twice");
    }
    blocks
}

fn frame(kind: u8, boot_id: u32, sequence: u32, uptime_ms: u64, payload: Vec<u8>) -> Frame {
    let address = if boot_id == PEMF_BOOT { 2 } else { 1 };
    Frame { kind, address, boot_id, sequence, uptime_ms, payload }
}

fn laser_plan() -> Plan {
    let mut key = [0; 32];
    (0..).zip(&mut key).for_each(|(number, byte)| *byte = number);
    Plan { key, calibration_due: 20_819, ..Plan::laser("OL15-0001") }
}

fn setting(wanted: &[u8], can: &Capability) -> Setting {
    Setting::parse(wanted, can).expect("in range")
}

fn laser_asked() -> Vec<u8> {
    let mut asked = 5_030u32.to_le_bytes().to_vec();
    asked.extend([0u16, 500, 0, 500].iter().flat_map(|share| share.to_le_bytes()));
    asked.extend(0u32.to_le_bytes());
    asked.extend(1_000u16.to_le_bytes());
    asked.extend(300_000u32.to_le_bytes());
    asked.extend(60_000u32.to_le_bytes());
    asked.extend(500u16.to_le_bytes());
    asked
}

fn pemf_asked() -> Vec<u8> {
    let mut asked = 10_000u32.to_le_bytes().to_vec();
    asked.extend(10_000u32.to_le_bytes());
    asked.push(2);
    asked.extend(2_000u32.to_le_bytes());
    asked.extend(500u16.to_le_bytes());
    asked.extend(18_000_000u32.to_le_bytes());
    asked.extend(1_800_000u32.to_le_bytes());
    asked.extend(2_000u16.to_le_bytes());
    asked
}

fn standby() -> Status {
    Status {
        last_sequence: 0,
        enable_nonce: NONCE,
        last_enable: None,
        stop_cause: StopCause::None,
        contacts: 0x1D,
        sensor: Sensor::Ok,
        sample: 1_500,
        output: 0,
        dose_counter: 0,
        emission_ms: 0,
        temperature_centi: 2_512,
        applicator: 0x0101,
        faults: 0,
        lease_remaining_ms: 0,
        bad_frames: 0,
        remaining: Remaining::default(),
        held: None,
    }
}

fn laser_emitting() -> Status {
    Status {
        last_sequence: 60,
        enable_nonce: NEXT_NONCE,
        last_enable: Some((NONCE, Outcome::Ok)),
        contacts: 0x1F,
        sample: 1_900,
        output: 4_987,
        dose_counter: 17_478_905,
        emission_ms: 4_000,
        temperature_centi: 2_688,
        lease_remaining_ms: 412,
        remaining: Remaining { dose: 282_522, time_ms: 56_000 },
        held: Some(setting(&laser_asked(), &laser_plan().capability)),
        ..standby()
    }
}

fn pemf_emitting() -> Status {
    Status {
        last_sequence: 39,
        enable_nonce: NEXT_NONCE,
        last_enable: Some((NONCE, Outcome::Ok)),
        sample: 800,
        output: 10_013,
        dose_counter: 25_024_961,
        emission_ms: 2_750,
        temperature_centi: 2_931,
        applicator: 0x0201,
        lease_remaining_ms: 1_350,
        bad_frames: 2,
        remaining: Remaining { dose: 17_974_976, time_ms: 1_797_250 },
        held: Some(setting(&pemf_asked(), &Plan::pemf("A").capability)),
        ..standby()
    }
}

/// A reply that says `ok`.
fn ok(state: State, body: impl IntoIterator<Item = u8>) -> Vec<u8> {
    let mut payload = head(Outcome::Ok, state, 0);
    payload.extend(body);
    payload
}

fn asks() -> Vec<(&'static str, Frame)> {
    let plan = laser_plan();
    let challenge: Vec<u8> = (0xF0..=0xFF).collect();
    let mut identity = identity::fields(&plan, 0x0101);
    identity.extend(identity::proof(&plan, &challenge, BOOT, 0x0101));
    let laser = plan.capability.record();
    let pemf = Plan::pemf("A").capability.record();
    let reply = |kind, sequence, uptime, payload| frame(kind, BOOT, sequence, uptime, payload);
    vec![
        ("identify-ask", frame(1, 0, 1, 0, challenge)),
        ("identify-reply", reply(0x81, 1, 30_000, ok(State::Standby, identity))),
        ("capabilities-ask", frame(2, 0, 2, 0, vec![])),
        ("capabilities-reply-laser", reply(0x82, 2, 30_020, ok(State::Standby, laser))),
        ("capabilities-reply-pemf", frame(0x82, PEMF_BOOT, 2, 30_020, ok(State::Standby, pemf))),
        ("status-ask", frame(3, BOOT, 3, 0, vec![])),
        ("status-reply-standby", reply(0x83, 3, 30_040, ok(State::Standby, standby().encode(18)))),
        (
            "status-reply-emitting",
            reply(0x83, 61, 37_840, ok(State::Emitting, laser_emitting().encode(18))),
        ),
        (
            "status-reply-pemf",
            frame(0x83, PEMF_BOOT, 40, 36_000, ok(State::Emitting, pemf_emitting().encode(15))),
        ),
    ]
}

fn commands() -> Vec<(&'static str, Frame)> {
    let laser = setting(&laser_asked(), &laser_plan().capability);
    let pemf = setting(&pemf_asked(), &Plan::pemf("A").capability);
    let mut enable = NONCE.to_le_bytes().to_vec();
    enable.extend(laser.digest().to_le_bytes());
    let host = |kind, sequence, until, payload| frame(kind, BOOT, sequence, until, payload);
    let reply = |kind, sequence, uptime, payload| frame(kind, BOOT, sequence, uptime, payload);
    vec![
        ("set-laser", host(4, 4, 30_400, laser_asked())),
        ("set-laser-reply", reply(0x84, 4, 30_105, ok(State::Set, laser.encode()))),
        ("warn-on", host(5, 5, 30_500, vec![1, 0, 0xE8, 3])),
        ("warn-on-reply", reply(0x85, 5, 30_205, ok(State::Warning, []))),
        ("enable", host(6, 20, 33_500, enable)),
        ("enable-reply", reply(0x86, 20, 33_205, ok(State::Emitting, []))),
        (
            "enable-again-reply",
            reply(0x86, 20, 33_260, head(Outcome::StaleSequence, State::Emitting, 0)),
        ),
        ("renew", host(7, 60, 38_050, NONCE.to_le_bytes().to_vec())),
        ("renew-reply", reply(0x87, 60, 37_752, ok(State::Emitting, []))),
        ("off", frame(8, 0, 0, 0, vec![])),
        ("off-reply", reply(0x88, 0, 38_000, ok(State::Standby, 1_908u32.to_le_bytes()))),
        ("set-pemf", frame(4, PEMF_BOOT, 4, 30_400, pemf_asked())),
        ("set-pemf-reply", frame(0x84, PEMF_BOOT, 4, 30_105, ok(State::Set, pemf.encode()))),
        (
            "set-out-of-range-reply",
            reply(0x84, 70, 39_000, head(Outcome::OutOfRange, State::Standby, 1)),
        ),
        (
            "set-not-ready-reply",
            reply(0x84, 71, 39_200, head(Outcome::NotReady, State::Standby, 0b100)),
        ),
    ]
}

/// COM-11: written from the document and from nothing else.
#[test]
fn the_page_and_the_code_make_the_same_bytes() {
    let mut page = blocks();
    for (name, frame) in asks().into_iter().chain(commands()) {
        assert_eq!(page.remove(&format!("{name} frame")), Some(frame.encode()), "{name} frame");
        assert_eq!(page.remove(&format!("{name} line")), Some(frame.line()), "{name} line");
    }
    page.remove("identify proof-message");
    assert!(page.is_empty(), "nobody makes {:?}", page.keys());
}

#[test]
fn the_line_of_the_page_reads_as_its_frame() {
    let page = blocks();
    for (name, line) in page.iter().filter(|(name, _)| name.ends_with(" line")) {
        let mut cutter = Cutter::default();
        let runs: Vec<Run> = line.iter().filter_map(|byte| cutter.push(*byte)).collect();
        let [Run::Whole(stuffed)] = &runs[..] else { panic!("{name}: {runs:?}") };
        let frame = &page[&name.replace(" line", " frame")];
        assert_eq!(cobs::decode(stuffed).as_ref(), Some(frame), "{name}");
        assert_eq!(
            Frame::decode(stuffed).map(|read| read.encode()).as_ref(),
            Some(frame),
            "{name}"
        );
    }
}

/// Written by hand from the tables of sections 2, 3 and 7, without the code; the CRCs are those of another implementation.
#[test]
fn an_off_and_its_reply_are_what_a_hand_writes() {
    let off = [
        0, // ends whatever came before
        4, 1, 8, 1, // version, kind, address; the run ends at the reserved byte
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        1, // 17 zeros: reserved, boot, sequence, uptime
        5, 0xAF, 0x0B, 0x41, 0x8C, // CRC
        0,
    ];
    assert_eq!(frame(8, 0, 0, 0, vec![]).line(), off);
    let reply = [
        0, 4, 1, 0x88, 1, // version, kind, address
        5, 0x4D, 0x3C, 0x2B, 0x1A, // boot id
        1, 1, 1, 3, 0x70, 0x94, 1, 1, 1, 1, 1, // sequence 0, uptime 38000
        1, 2, 1, 1, 3, 0x74, 7, 1, // ok, STANDBY, no detail, sample 1908
        3, 0x80, 0x6F, 2, 0xBF, // CRC with a zero in it
        0,
    ];
    let made = frame(0x88, BOOT, 0, 38_000, ok(State::Standby, 1_908u32.to_le_bytes())).line();
    assert_eq!(made, reply);
}

#[test]
fn the_numbers_in_the_text_are_right() {
    let laser = setting(&laser_asked(), &laser_plan().capability);
    let pemf = setting(&pemf_asked(), &Plan::pemf("A").capability);
    assert!(PAGE.contains(&format!("the digest is 0x{:08X}, the CRC-32 of", laser.digest())));
    assert!(PAGE.contains(&format!("the digest is 0x{:08X}.", pemf.digest())));
    assert!(PAGE.contains(&format!("is\n0x{:08X})", crc32(b"123456789"))));
    let plan = laser_plan();
    let mut message = b"open-link 1 identity\0".to_vec();
    message.extend(0xF0..=0xFFu8);
    message.extend(BOOT.to_le_bytes());
    message.extend(identity::fields(&plan, 0x0101));
    let written = &blocks()["identify proof-message"];
    assert_eq!(written[..written.len() - 32], message[..]);
}
