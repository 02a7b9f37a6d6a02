//! What is known of a unit since its last start. A new boot id voids all of it (COM-08).

use alloc::vec::Vec;

use safety::{Grant, Instant, Nanos};

/// What is known of one start of a unit.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    pub(super) boot: u32,
    uptime_millis: u64,
    heard: Instant,
    /// A Status of this start told the last sequence, so that a command can go on above it.
    pub(super) counted: bool,
    /// The applicator of the last Status.
    pub(super) applicator: Option<u16>,
    /// What the last Status offered for an Enable.
    pub(super) offer: Option<Offer>,
    /// The setting that was last told to it.
    pub(super) told: Option<Vec<u8>>,
    /// The setting that it answered to hold.
    pub(super) held: Option<Vec<u8>>,
    pub(super) set_due: Instant,
    pub(super) warn_due: Instant,
    /// When the last Warn was handed over that it answered.
    pub(super) warned: Option<Instant>,
    /// The emission that was asked for.
    pub(super) run: Option<Run>,
}

/// What a Status offered for an Enable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) nonce: u64,
    pub(super) asked: Instant,
    /// It warns, and nothing stands in the way.
    pub(super) ready: bool,
}

/// An emission that an Enable asked for. It may have begun, or may yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) grant: Grant,
    /// What the Enable carried: it names the emission until it ends.
    pub(super) nonce: u64,
    pub(super) asked: Instant,
    pub(super) renew_due: Instant,
}

/// Both clocks may be off by 0.1 % (open-link, section 8).
const CLOCK_SHARE: u64 = 500;

impl Unit {
    pub(super) fn new(boot: u32, uptime_millis: u64, heard: Instant) -> Self {
        Self {
            boot,
            uptime_millis,
            heard,
            counted: false,
            applicator: None,
            offer: None,
            told: None,
            held: None,
            set_due: Instant::default(),
            warn_due: Instant::default(),
            warned: None,
            run: None,
        }
    }

    /// An answer came in that was made at this uptime.
    pub(super) fn hear(&mut self, uptime_millis: u64, heard: Instant) {
        self.uptime_millis = uptime_millis;
        self.heard = heard;
    }

    /// The unit's uptime `validity` from now, never ahead of the unit: counted from when its newest
    /// answer was received, which is after it was made (COM-02; open-link, section 9, rule 1).
    pub(super) fn valid_until(&self, now: Instant, validity: Nanos) -> u64 {
        let passed = now.since(self.heard);
        let passed = passed.minus(Nanos::new(passed.get() / CLOCK_SHARE));
        self.uptime_millis.saturating_add(passed.millis()).saturating_add(validity.millis())
    }

    /// It was told off: whatever it held is gone, and nothing of it may be built upon.
    pub(super) fn drop_setting(&mut self) {
        self.offer = None;
        self.told = None;
        self.held = None;
        self.set_due = Instant::default();
        self.warn_due = Instant::default();
        self.warned = None;
        self.run = None;
    }

    /// What an Enable would carry, if one would be taken: an offer made after the last Warn (COM-02).
    pub(super) fn ready(&self) -> Option<Offer> {
        let warned = self.warned?;
        self.offer.filter(|offer| offer.ready && warned <= offer.asked)
    }
}
