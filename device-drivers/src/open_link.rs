//! open-link, our own protocol, as the host speaks it: `docs/open-link.md`.
//!
//! One machine for both modalities. It knows no limit, no patient and no session: what it is
//! ordered it brings about, what it hears it reports. It keeps three rules of its own, because only
//! it sees the frames: off outruns everything and is repeated until it is proven (COM-04); what
//! turns on goes out once (COM-05); an answer that nobody waits for is not believed (COM-03).

mod agenda;
mod answer;
mod capability;
mod challenge;
mod codec;
#[cfg(test)]
mod examples;
mod fields;
mod identity;
mod laser;
mod message;
mod path;
mod pemf;
mod plate;
mod question;
mod spoken;
#[cfg(test)]
mod steps;
mod stop;
#[cfg(test)]
mod transcript;
mod unit;

use alloc::vec::Vec;

use safety::{Demand, Grant, Instant, Setting};

use crate::{Budget, Dialect, Event, Out};

use self::{challenge::Challenge, codec::Cutter, question::Questions, stop::Stop, unit::Unit};

pub(crate) use codec::{explain, is_telegram};

pub use capability::{Capability, Range, Steps};
pub use identity::Claim;
pub use laser::{Optics, Source};
pub use pemf::Coil;
pub use plate::{Plate, PlateError, Secret};
pub use spoken::Spoken;

/// open-link with one unit.
///
/// ```text
///              the port opens                          ordered to prepare or warn
///   closed ---------------------> stopping --proven--> off ---------------------> preparing
///      ^                           ^    ^               ^     challenge, Set, Warn    |
///      |                           |    |               |                             | Enable, once
///      +------- the port closes    |    +--- ordered off, stopped, lapsed, a new boot |
///                                  +------------------------------------ emitting <---+
///                                                                         Renew
/// ```
///
/// There is no state for this: where it stands follows from the order, from the proof of off and
/// from what is known of the unit, and is worked out anew for each frame.
#[derive(Clone, Debug)]
pub struct OpenLink<M: Spoken> {
    plate: Plate<M>,
    open: bool,
    cutter: Cutter,
    questions: Questions,
    /// The number of the last frame. It goes on through boots and closed ports.
    sequence: u32,
    /// How many challenges were made. None is made twice.
    challenges: u64,
    /// No question goes out before this.
    rest_until: Instant,
    order: Demand<M>,
    /// The setting of the order as it goes into Set and under the digest.
    wanted: Option<Vec<u8>>,
    /// The order ran out, and off was said for that.
    lapsed: bool,
    /// The newest grant that was used or voided. None up to it is used again (COM-05).
    used: Option<Grant>,
    stop: Stop,
    challenge: Challenge,
    /// A challenge came to a verdict since the port opened or the unit started.
    judged: bool,
    claim: Option<Claim>,
    /// When Status was last asked for.
    polled: Instant,
    /// Status is wanted at once.
    hurry: bool,
    /// What is known of the unit; nothing before its first answer.
    unit: Option<Unit>,
}

impl<M: Spoken> OpenLink<M> {
    /// A dialect for the unit of `plate`, its port closed.
    ///
    /// # Errors
    /// What no unit can be, and is therefore wrong in the profile.
    pub fn new(plate: Plate<M>) -> Result<Self, PlateError> {
        plate.validate()?;
        let stop = Stop::new(plate.capability.sample);
        Ok(Self {
            plate,
            open: false,
            cutter: Cutter::EMPTY,
            questions: Questions::default(),
            sequence: 0,
            challenges: 0,
            rest_until: Instant::default(),
            order: Demand::Off,
            wanted: None,
            lapsed: false,
            used: None,
            stop,
            challenge: Challenge::Due(Instant::default()),
            judged: false,
            claim: None,
            polled: Instant::default(),
            hurry: false,
            unit: None,
        })
    }

    /// What the unit last said of itself since the port opened, and what came of its proof.
    pub fn identity(&self) -> Option<&Claim> {
        self.claim.as_ref()
    }

    fn opened(&mut self, now: Instant) {
        self.closed();
        self.open = true;
        self.start_over(now);
    }

    /// Nobody answers any more, and nothing is known of the unit.
    fn closed(&mut self) {
        self.open = false;
        self.cutter = Cutter::EMPTY;
        self.questions.clear();
        self.unit = None;
    }

    /// The unit forgot everything, or may have: it is told off and asked who it is. What was
    /// granted to it before is void.
    fn start_over(&mut self, now: Instant) {
        self.void_grant();
        self.stop.begin(now);
        self.challenge = Challenge::Due(now);
        self.judged = false;
        self.claim = None;
        self.polled = now;
        self.hurry = false;
    }

    fn void_grant(&mut self) {
        if let Demand::Emit { grant, .. } = self.order {
            self.used = self.used.max(Some(grant));
        }
    }

    fn ordered(&mut self, now: Instant, order: Demand<M>) {
        let setting = setting_of(&order);
        if setting_of(&self.order) != setting {
            self.wanted = setting.and_then(|setting| self.encode_wanted(&setting));
        }
        let (before, after) = (grant_of(&self.order), grant_of(&order));
        let was_off = matches!(self.order, Demand::Off);
        let is_off = matches!(order, Demand::Off);
        self.order = order;
        match order {
            Demand::Emit { valid_until, .. } => self.lapsed &= valid_until <= now,
            Demand::Off | Demand::Prepare(_) | Demand::Warn(_) => self.lapsed = false,
        }
        // What was emitted under one grant is not emitted under another, or under none.
        let revoked = before.is_some() && before != after;
        if revoked || (is_off && !was_off) {
            self.stop.begin(now);
        }
        if was_off && !is_off {
            self.challenge = Challenge::Due(now);
        }
    }
}

impl<M: Spoken> Dialect<M> for OpenLink<M> {
    fn exact(&self, level: M::Level) -> Option<M::Level> {
        M::exact(level, &self.plate.capability)
    }

    fn step(&mut self, now: Instant, event: Event<'_, M>, out: &mut Out<M>) {
        self.expire(now, out);
        match event {
            Event::Opened => self.opened(now),
            Event::Closed => self.closed(),
            Event::Order(order) => self.ordered(now, order.demand()),
            Event::Stop => self.stop.begin(now),
            Event::Turn => self.turn(now, out),
            Event::Sent => self.questions.sent(now),
            Event::Bytes(bytes) => self.receive(now, bytes, out),
            Event::Wake => {}
        }
    }

    fn wake(&self) -> Instant {
        self.next_wake()
    }

    fn budget(&self) -> Budget {
        self.stop_path()
    }
}

fn grant_of<M: Spoken>(order: &Demand<M>) -> Option<Grant> {
    match order {
        Demand::Off | Demand::Prepare(_) | Demand::Warn(_) => None,
        Demand::Emit { grant, .. } => Some(*grant),
    }
}

fn setting_of<M: Spoken>(order: &Demand<M>) -> Option<Setting<M>> {
    match order {
        Demand::Off => None,
        Demand::Prepare(setting) | Demand::Warn(setting) | Demand::Emit { setting, .. } => {
            Some(*setting)
        }
    }
}
