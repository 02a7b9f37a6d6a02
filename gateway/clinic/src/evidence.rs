//! What is known of a unit beside what it says of itself: who signed for what no document proves,
//! and what a meter showed of its output.
//!
//! Who a person is, what day it is and which meter it was is kept and not understood here.

use alloc::boxed::Box;
use core::hash::{Hash, Hasher};

use safety::{Cause, Input, Instant, MeterCheck, MeterChecks, MeterProof, Nanos, Permille, agrees};

use crate::{
    Clinic,
    calls::find,
    desk::{Desk, Purpose},
    effect::{Answer, Entry, Refused, ShownMeter},
    kind::{AnyMetered, Kind},
    name::UnitId,
    unit::Unit,
    with,
};

/// What the configuration says of how well a unit is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// What its dialect builds on, no document proves and nobody signed for: so many facts.
    pub unsigned: u16,
    /// How its output is known.
    pub read_back: ReadBack,
    /// A hash over which unit it is and how it is calibrated: a meter check holds for that alone.
    pub calibration: [u8; 32],
}

/// How the output of a unit is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReadBack {
    /// Measured where it leaves.
    #[default]
    Measured,
    /// Derived from its drive: what comes out has to be measured by a person every day.
    Derived {
        /// How much more than it was told may come out, so that no more is given than is charged:
        /// the uncertainty of its calibration.
        above: Permille,
    },
}

/// A meter check, as a person answers for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Attested {
    /// What the unit was told.
    pub told: AnyMetered,
    /// What the meter showed.
    pub shown: AnyMetered,
    /// How long ago that was.
    pub age: Age,
    /// What is kept with it.
    pub record: Attestation,
}

/// A meter check of before the gateway started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PastCheck {
    /// The unit.
    pub unit: UnitId,
    /// As it was calibrated then.
    pub calibration: [u8; 32],
    /// How long ago it was measured.
    pub age: Nanos,
    /// Whether the meter agreed.
    pub passed: bool,
}

/// How long ago something was when it was told. Two asks that differ in nothing else are one ask that
/// is repeated: it has grown older meanwhile.
#[derive(Clone, Copy, Debug)]
pub struct Age(pub Nanos);

impl PartialEq for Age {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Age {}

impl Hash for Age {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

/// What people said of a meter check: kept for whoever asks later, and never decided by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Attestation {
    /// Who measured.
    pub by: Box<str>,
    /// In which role.
    pub role: Box<str>,
    /// When, by the wall clock.
    pub measured: Box<str>,
    /// The serial number of the meter.
    pub meter: Box<str>,
    /// When the calibration of the meter is due.
    pub meter_due: Box<str>,
}

/// How well a unit is known now.
pub(crate) struct Standing {
    real: bool,
    evidence: Evidence,
    checks: MeterChecks,
    /// Checks that have yet to be made durable.
    pending: u32,
}

impl Standing {
    pub(crate) fn new(real: bool, evidence: Evidence) -> Self {
        Self { real, evidence, checks: MeterChecks::default(), pending: 0 }
    }

    /// Nobody is hurt by a simulated unit, so it needs neither signature nor meter.
    const fn is_derived(&self) -> bool {
        self.real && matches!(self.evidence.read_back, ReadBack::Derived { .. })
    }

    /// A check is durable.
    pub(crate) fn keep(&mut self, check: MeterCheck) {
        self.lose();
        self.checks.take(check);
    }

    /// A check will never be durable.
    pub(crate) const fn lose(&mut self) {
        self.pending = self.pending.saturating_sub(1);
    }

    pub(crate) fn shown(&self, now: Instant) -> ShownMeter {
        ShownMeter {
            needed: self.is_derived(),
            pending: self.pending != 0,
            proof: self.checks.proof(now),
        }
    }

    /// Whether what is known is enough for emission (CFG-09, LAS-10).
    fn permits(&self, now: Instant) -> Result<(), Refused> {
        if self.real && self.evidence.unsigned != 0 {
            return Err(Refused::Unverified);
        }
        match self.checks.proof(now) {
            // Whoever measured it knows better than a sensor that was not measured.
            MeterProof::Failed => Err(Refused::MeterUnchecked),
            MeterProof::Never | MeterProof::Due if self.is_derived() => {
                Err(Refused::MeterUnchecked)
            }
            MeterProof::Never | MeterProof::Due | MeterProof::Passed(_) => Ok(()),
        }
    }
}

impl Clinic {
    /// Whether what is known of a unit beside what it says is enough to start it.
    pub(crate) fn evidence_permits(&mut self, now: Instant, id: UnitId) -> Result<(), Refused> {
        with!(find(&mut self.units, id)?, unit => unit.standing.permits(now))
    }

    /// Takes what a meter showed. What it proves counts once it is durable; what speaks against the
    /// unit acts at once, and is recorded after.
    pub(crate) fn attest(
        &mut self,
        desk: &mut Desk<'_>,
        id: UnitId,
        attested: &Attested,
    ) -> Result<Answer, Refused> {
        with!(find(&mut self.units, id)?, unit => {
            let passed = unit.agrees(attested)?;
            let check = MeterCheck { told: desk.now, age: attested.age.0, passed };
            if !passed {
                unit.standing.checks.take(check);
                let _never_refused = unit.input(desk, Input::Lock(Cause::Deviation));
            }
            let calibration = unit.standing.evidence.calibration;
            let attested = attested.clone();
            let entry = Entry::Meter { unit: id, calibration, passed, attested };
            desk.enter(id, Purpose::Meter(check), entry);
            if !desk.is_full {
                unit.standing.pending = unit.standing.pending.saturating_add(1);
            }
            Ok(Answer::Accepted(unit.fence()))
        })
    }

    /// Takes what the ledger remembers. A check of another unit by this name, or of before it was
    /// calibrated anew, says nothing of it.
    pub(crate) fn recall_meters(&mut self, now: Instant, meters: &[PastCheck]) {
        for PastCheck { unit, calibration, age, passed } in meters {
            if let Ok(any) = find(&mut self.units, *unit) {
                with!(any, unit => if unit.standing.evidence.calibration == *calibration {
                    unit.standing.checks.take(MeterCheck {
                        told: now,
                        age: *age,
                        passed: *passed,
                    });
                });
            }
        }
    }
}

impl<M: Kind> Unit<M> {
    /// Whether the meter showed what the unit was told, which has to be something that it can be told.
    fn agrees(&self, attested: &Attested) -> Result<bool, Refused> {
        let (told, shown) = (M::metered(attested.told), M::metered(attested.shown));
        let (told, shown) = told.zip(shown).ok_or(Refused::NotMetered)?;
        let (least, most) = M::told(&self.limits.unit).ok_or(Refused::NotMetered)?;
        if !(least..=most).contains(&told) {
            return Err(Refused::NotMetered);
        }
        let above = match self.standing.evidence.read_back {
            ReadBack::Derived { above } => above,
            // What is charged follows the sensor, and the fifth of the sensor (LAS-10).
            ReadBack::Measured => Permille::FIFTH,
        };
        Ok(agrees(told, shown, above))
    }
}
