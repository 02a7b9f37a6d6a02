//! A host of a few lines, written from the document: it builds requests, reads replies, and moves time on.

use simulated_units::{Button, Modality, Plan, Unit};

pub(crate) const MS: u64 = 1_000_000;
pub(crate) const SECOND: u64 = 1_000 * MS;

/// Result codes of section 5.
pub(crate) mod result {
    pub(crate) const OK: u8 = 0;
    pub(crate) const UNSUPPORTED: u8 = 1;
    pub(crate) const BAD_LENGTH: u8 = 2;
    pub(crate) const BOOT_MISMATCH: u8 = 3;
    pub(crate) const STALE_SEQUENCE: u8 = 4;
    pub(crate) const EXPIRED: u8 = 5;
    pub(crate) const TOO_FAR_AHEAD: u8 = 6;
    pub(crate) const WRONG_STATE: u8 = 7;
    pub(crate) const OUT_OF_RANGE: u8 = 8;
    pub(crate) const NOT_READY: u8 = 9;
    pub(crate) const BAD_NONCE: u8 = 10;
    pub(crate) const BAD_DIGEST: u8 = 11;
}

/// States of section 6.
pub(crate) mod state {
    pub(crate) const STANDBY: u8 = 1;
    pub(crate) const SET: u8 = 2;
    pub(crate) const WARNING: u8 = 3;
    pub(crate) const EMITTING: u8 = 4;
    pub(crate) const FAULT: u8 = 5;
}

/// Kinds of section 4.
pub(crate) mod kind {
    pub(crate) const IDENTIFY: u8 = 1;
    pub(crate) const CAPABILITIES: u8 = 2;
    pub(crate) const STATUS: u8 = 3;
    pub(crate) const SET: u8 = 4;
    pub(crate) const WARN: u8 = 5;
    pub(crate) const ENABLE: u8 = 6;
    pub(crate) const RENEW: u8 = 7;
    pub(crate) const OFF: u8 = 8;
}

/// A reply, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) kind: u8,
    pub(crate) boot_id: u32,
    pub(crate) sequence: u32,
    pub(crate) uptime_ms: u64,
    pub(crate) result: u8,
    pub(crate) state: u8,
    pub(crate) detail: u16,
    pub(crate) body: Vec<u8>,
}

/// The facts of a Status that the tests look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) state: u8,
    pub(crate) blockers: u16,
    pub(crate) last_sequence: u32,
    pub(crate) enable_nonce: u64,
    pub(crate) last_enable: (u64, u8),
    pub(crate) stop_cause: u8,
    pub(crate) contacts: u8,
    pub(crate) sensor: u8,
    pub(crate) sample: u32,
    pub(crate) output: u32,
    pub(crate) dose_counter: u64,
    pub(crate) emission_ms: u32,
    pub(crate) temperature: i16,
    pub(crate) applicator: u16,
    pub(crate) faults: u32,
    pub(crate) lease_ms: u16,
    pub(crate) bad_frames: u16,
    pub(crate) dose_left: u32,
    pub(crate) time_left: u32,
    pub(crate) level: u32,
}

/// A unit on a bench, and the host that talks to it.
pub(crate) struct Bench {
    pub(crate) unit: Unit,
    pub(crate) now: u64,
    pub(crate) sequence: u32,
    pub(crate) boot_id: u32,
    pub(crate) setting: Vec<u8>,
    pub(crate) nonce: u64,
}

impl Bench {
    pub(crate) fn laser() -> Self {
        Self::new(Plan::laser("OL15-0001"))
    }

    pub(crate) fn pemf() -> Self {
        Self::new(Plan::pemf("RING-0001"))
    }

    /// A unit that is up and warm, and whose boot id is known.
    pub(crate) fn new(plan: Plan) -> Self {
        let setting = match plan.capability.modality {
            Modality::Laser { .. } => laser_setting(5_000, 300_000, 60_000, 500),
            Modality::Pemf { .. } => pemf_setting(10_000, 18_000_000, 1_800_000, 2_000),
        };
        let unit = Unit::new(plan, 7, 0);
        let mut bench = Self { unit, now: 0, sequence: 0, boot_id: 0, setting, nonce: 0 };
        bench.wait(4 * SECOND);
        bench.meet();
        bench
    }

    /// Learns the boot id.
    pub(crate) fn meet(&mut self) {
        self.boot_id = 0;
        self.sequence = 0;
        self.boot_id = self.ask(kind::STATUS, &[]).expect("a reply").boot_id;
    }

    pub(crate) fn wait(&mut self, ns: u64) {
        self.now += ns;
        self.unit.advance(self.now);
    }

    /// The bytes of a request.
    pub(crate) fn request(
        &self,
        kind: u8,
        boot_id: u32,
        sequence: u32,
        until: u64,
        body: &[u8],
    ) -> Vec<u8> {
        let mut frame = vec![1, kind, self.unit.plan().address, 0];
        frame.extend(boot_id.to_le_bytes());
        frame.extend(sequence.to_le_bytes());
        frame.extend(until.to_le_bytes());
        frame.extend(body);
        frame.extend(crc(&frame).to_le_bytes());
        stuff(&frame)
    }

    /// Puts bytes on the line and gives every reply that comes within 5 ms.
    pub(crate) fn put(&mut self, line: &[u8]) -> Vec<Reply> {
        self.unit.receive(self.now, line);
        self.now += 5 * MS;
        self.hear()
    }

    /// Every reply that has come by now.
    pub(crate) fn hear(&mut self) -> Vec<Reply> {
        let mut wire = Vec::new();
        self.unit.transmit(self.now, &mut wire);
        wire.split(|byte| *byte == 0).filter(|run| !run.is_empty()).filter_map(read).collect()
    }

    pub(crate) fn ask(&mut self, kind: u8, body: &[u8]) -> Option<Reply> {
        let line = self.request(kind, self.boot_id, 0, 0, body);
        self.put(&line).pop()
    }

    /// The bytes of a fresh command, which use up a sequence.
    pub(crate) fn fresh(&mut self, kind: u8, body: &[u8]) -> Vec<u8> {
        self.sequence += 1;
        let uptime = self.now / MS;
        self.request(kind, self.boot_id, self.sequence, uptime + 300, body)
    }

    pub(crate) fn command(&mut self, kind: u8, body: &[u8]) -> Reply {
        let line = self.fresh(kind, body);
        self.put(&line).pop().expect("a reply")
    }

    pub(crate) fn status(&mut self) -> Status {
        self.ask(kind::STATUS, &[]).map(|reply| facts(&reply)).expect("a reply")
    }

    pub(crate) fn set(&mut self) -> Reply {
        let setting = self.setting.clone();
        self.command(kind::SET, &setting)
    }

    pub(crate) fn warn(&mut self) -> Reply {
        self.command(kind::WARN, &[1, 0, 0xE8, 3])
    }

    pub(crate) fn enable(&mut self) -> Reply {
        self.nonce = self.status().enable_nonce;
        let body = self.enabling();
        self.command(kind::ENABLE, &body)
    }

    /// The payload of an Enable with the nonce that was read last.
    pub(crate) fn enabling(&self) -> Vec<u8> {
        let mut body = self.nonce.to_le_bytes().to_vec();
        body.extend(crc(&self.setting).to_le_bytes());
        body
    }

    pub(crate) fn renew(&mut self) -> Reply {
        let body = self.nonce.to_le_bytes();
        self.command(kind::RENEW, &body)
    }

    pub(crate) fn off(&mut self) -> Reply {
        let line = self.request(kind::OFF, 0, 0, 0, &[]);
        self.put(&line).pop().expect("a reply")
    }

    pub(crate) fn press(&mut self, button: Button, on: bool) {
        self.unit.press(self.now, button, on);
    }

    /// Up to WARNING, as long as the unit wants it.
    pub(crate) fn warned(&mut self) -> &mut Self {
        assert_eq!(self.set().result, result::OK);
        for _ in 0..5 {
            assert_eq!(self.warn().state, state::WARNING);
            self.wait(500 * MS);
        }
        self
    }

    /// All the way, with the footswitch pressed.
    pub(crate) fn emitting(&mut self) -> &mut Self {
        self.warned();
        self.press(Button::Footswitch, true);
        assert_eq!(self.enable().result, result::OK);
        self
    }

    /// Keeps an emission alive.
    pub(crate) fn run(&mut self, ns: u64) {
        let until = self.now + ns;
        while self.now < until {
            self.renew();
            self.wait((200 * MS).min(until.saturating_sub(self.now)));
        }
    }

    pub(crate) fn output(&mut self) -> u64 {
        self.unit.advance(self.now);
        self.unit.output_now()
    }
}

pub(crate) fn laser_setting(power: u32, dose: u32, time: u32, lease: u16) -> Vec<u8> {
    let mut body = power.to_le_bytes().to_vec();
    body.extend([0u16, 500, 0, 500].iter().flat_map(|share| share.to_le_bytes()));
    body.extend(0u32.to_le_bytes());
    body.extend(1_000u16.to_le_bytes());
    body.extend(dose.to_le_bytes());
    body.extend(time.to_le_bytes());
    body.extend(lease.to_le_bytes());
    body
}

pub(crate) fn pemf_setting(flux: u32, dose: u32, time: u32, lease: u16) -> Vec<u8> {
    let mut body = flux.to_le_bytes().to_vec();
    body.extend(10_000u32.to_le_bytes());
    body.push(2);
    body.extend(2_000u32.to_le_bytes());
    body.extend(500u16.to_le_bytes());
    body.extend(dose.to_le_bytes());
    body.extend(time.to_le_bytes());
    body.extend(lease.to_le_bytes());
    body
}

/// Bit by bit, so that it shares nothing with the table of the unit.
pub(crate) fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
    !bytes
        .iter()
        .fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}

fn stuff(frame: &[u8]) -> Vec<u8> {
    let mut line = vec![0];
    for run in frame.split(|byte| *byte == 0) {
        line.push(u8::try_from(run.len() + 1).expect("short runs"));
        line.extend(run);
    }
    line.push(0);
    line
}

fn unstuff(mut stuffed: &[u8]) -> Option<Vec<u8>> {
    let mut frame = Vec::new();
    loop {
        let (code, rest) = stuffed.split_first()?;
        let (run, rest) = rest.split_at_checked(usize::from(*code) - 1)?;
        frame.extend(run);
        if rest.is_empty() {
            return Some(frame);
        }
        frame.push(0);
        stuffed = rest;
    }
}

fn read(stuffed: &[u8]) -> Option<Reply> {
    let frame = unstuff(stuffed)?;
    let (guarded, guard) = frame.split_last_chunk::<4>()?;
    if crc(guarded) != u32::from_le_bytes(*guard) {
        return None;
    }
    let number = |at: usize, bytes: usize| little(guarded, at, bytes);
    Some(Reply {
        kind: guarded[1],
        boot_id: u32::try_from(number(4, 4)).ok()?,
        sequence: u32::try_from(number(8, 4)).ok()?,
        uptime_ms: number(12, 8),
        result: guarded[20],
        state: guarded[21],
        detail: u16::try_from(number(22, 2)).ok()?,
        body: guarded[24..].to_vec(),
    })
}

fn little(bytes: &[u8], at: usize, count: usize) -> u64 {
    bytes[at..at + count].iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Section 7.3; the body begins after the head, so offsets are four less than there.
pub(crate) fn facts(reply: &Reply) -> Status {
    let body = &reply.body;
    let word = |at: usize| u32::try_from(little(body, at - 4, 4)).expect("four bytes");
    let half = |at: usize| u16::try_from(little(body, at - 4, 2)).expect("two bytes");
    let byte = |at: usize| body[at - 4];
    Status {
        state: reply.state,
        blockers: reply.detail,
        last_sequence: word(4),
        enable_nonce: little(body, 4, 8),
        last_enable: (little(body, 12, 8), byte(24)),
        stop_cause: byte(25),
        contacts: byte(26),
        sensor: byte(27),
        sample: word(28),
        output: word(32),
        dose_counter: little(body, 32, 8),
        emission_ms: word(44),
        temperature: i16::from_le_bytes(half(48).to_le_bytes()),
        applicator: half(50),
        faults: word(52),
        lease_ms: half(56),
        bad_frames: half(58),
        dose_left: word(60),
        time_left: word(64),
        level: word(68),
    }
}
