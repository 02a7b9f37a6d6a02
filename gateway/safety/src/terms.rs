//! How strictly one unit is watched: the times of the safety model and the facts of its profile.

use crate::{
    modality::Modality,
    quantity::{Output, Temperature},
    run::Pace,
    time::Nanos,
};

/// The terms on which one unit is supervised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Terms<M: Modality> {
    /// The times of its modality.
    pub timing: Timing,
    /// The unit's own lease: from the last byte that renews it to no emission.
    pub lease: Nanos,
    /// How long the output takes from nothing to the full level.
    pub rise: Nanos,
    /// Output below this counts as none: the noise of the meter.
    pub off_below: M::Output,
    /// Whether a footswitch is the second enable (LAS-06).
    pub second_enable: bool,
    /// The temperatures at which a coil is warned of, paused and tripped, if it has a sensor.
    pub coil: Option<CoilLimits>,
    /// Whether it emits without a break or in pieces.
    pub pace: Pace,
    /// How long its read-back may stay the same to the last bit; `None` if it is a register that
    /// may rightly do so (LAS-11).
    pub frozen: Option<Nanos>,
}

/// The times of one modality (`T_…` of the time budget; proposals that need the clinic's sign-off
/// unless a standard is named).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Timing {
    /// Between two questions for the same fact while emitting.
    pub poll: Nanos,
    /// Without a fact for longer than this, the link is lost.
    pub link: Nanos,
    /// Within this, off is confirmed after it was ordered.
    pub confirm: Nanos,
    /// After this, a stop that is not confirmed opens the relay.
    pub relay: Nanos,
    /// From the warning to emission: 2 to 20 s for a laser (21 CFR 1040.10(f)(5), LAS-04).
    pub warning: Nanos,
    /// READY without emission falls back to STANDBY (LAS-03).
    pub ready: Nanos,
    /// A confirmation expires (LAS-02).
    pub confirmation: Nanos,
    /// The longest pause.
    pub pause: Nanos,
    /// The hold lease, from the instant of the beacon that was echoed.
    pub hold: Nanos,
}

/// Temperatures of a coil (PEM-04; IEC 60601-1 gives 41 °C for applied parts, IECEE DSH 422).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CoilLimits {
    /// Shown.
    pub warn: Temperature,
    /// Pauses the session.
    pub pause: Temperature,
    /// Locks the unit.
    pub trip: Temperature,
}

impl CoilLimits {
    /// 39, 41 and 43 °C.
    pub const STANDARD: Self = Self {
        warn: Temperature::from_centicelsius(3_900),
        pause: Temperature::from_centicelsius(4_100),
        trip: Temperature::from_centicelsius(4_300),
    };
}

impl Timing {
    /// A laser.
    pub const LASER: Self = Self {
        poll: Nanos::from_millis(100),
        link: Nanos::from_millis(300),
        confirm: Nanos::from_millis(250),
        relay: Nanos::from_millis(500),
        warning: Nanos::from_secs(3),
        ready: Nanos::from_secs(60),
        confirmation: Nanos::from_secs(180),
        pause: Nanos::from_secs(600),
        hold: Nanos::from_secs(2),
    };

    /// A PEMF unit.
    pub const PEMF: Self = Self {
        poll: Nanos::from_millis(250),
        link: Nanos::from_millis(1_000),
        confirm: Nanos::from_millis(500),
        relay: Nanos::from_millis(1_000),
        warning: Nanos::from_secs(1),
        ready: Nanos::from_secs(120),
        confirmation: Nanos::from_secs(180),
        pause: Nanos::from_secs(900),
        hold: Nanos::from_secs(5),
    };

    /// A magnetic stimulator. The vendor of the Magstim wants a word at least every second while it
    /// is armed, and advises one every 500 ms (TDb 086 and 087): two polls.
    pub const STIMULATOR: Self = Self {
        poll: Nanos::from_millis(250),
        link: Nanos::from_millis(500),
        confirm: Nanos::from_millis(500),
        relay: Nanos::from_millis(1_000),
        warning: Nanos::from_secs(3),
        ready: Nanos::from_secs(60),
        confirmation: Nanos::from_secs(180),
        pause: Nanos::from_secs(600),
        hold: Nanos::from_secs(2),
    };
}

impl<M: Modality> Terms<M> {
    /// How long emission may go on after the core decided against it: what every hard limit keeps in
    /// reserve. A chunk is charged whole before it begins; what remains is what a meter may show of
    /// it beyond its level before that is a deviation: half as much again (LAS-11).
    pub fn tail(&self) -> Nanos {
        match self.pace {
            Pace::Continuous => self.lease.plus(self.timing.poll).plus(self.timing.confirm),
            Pace::Chunks { length } => length.half(),
        }
    }

    /// How late the output of a run may still be seen: the unit takes its time to begin, and the
    /// meter to show the end.
    pub(crate) fn late(&self) -> Nanos {
        self.rise.plus(self.timing.confirm)
    }

    /// Within this from its order, a run of `length` is heard to be over: it begins, it ends, and
    /// the unit is asked.
    pub(crate) fn overdue(&self, length: Nanos) -> Nanos {
        length.plus(self.late()).plus(self.timing.link)
    }

    /// Whether a meter that shows `output` shows none.
    pub fn is_off(&self, output: M::Output) -> bool {
        output.count() < self.off_below.count()
    }
}

/// How long an order to emit stays valid without a new step.
pub const VALIDITY: Nanos = Nanos::from_millis(300);
/// The emission that one slice covers, beside its tail.
pub const SLICE: Nanos = Nanos::from_secs(2);
/// Between two beacons of a session.
pub const BEACON: Nanos = Nanos::from_millis(250);
/// A footswitch open for longer pauses the session.
pub const FOOTSWITCH_OPEN: Nanos = Nanos::from_secs(10);
/// A read-back of a meter that stays the same to the last bit for this long is frozen (LAS-11).
pub const FROZEN: Nanos = Nanos::from_secs(2);
/// Three alarms within this lock the unit (SES-12).
pub const ALARM_WINDOW: Nanos = Nanos::from_secs(600);
