//! One unit as the configuration describes it, and what the daemon makes of that.

use std::sync::Arc;

use clinic::{AnyPlan, Evidence, Kind, LineId, Plan, RoomId, UnitId};
use device_drivers::{Budget, Company, Share, open_link::Secret};
use jiff::civil::Date;
use safety::{
    Area, Laser, Limits, METER_TOLERANCE, Nanos, OpticalDensity, Pace, Pemf, Permille, Stimulator,
    Terms, Timing,
};
use sha2::{Digest, Sha256};

use super::{
    lease::Lease,
    link::Link,
    plate::{Calibration, Wiring},
    sign_off::{Fact, Signable},
    speech::{Peer, Speech, SpeechError},
};
use crate::directory::{Modality, Plate, UnitCard};

/// One unit as the configuration describes it.
#[derive(Clone, Debug)]
pub struct UnitConfig {
    /// Its place in the configuration.
    pub id: UnitId,
    /// Its line.
    pub line: LineId,
    /// What the others on its line take of it.
    pub company: Company,
    /// Its room.
    pub room: RoomId,
    /// Its name.
    pub name: String,
    /// The file that describes it.
    pub file: Arc<str>,
    /// Whether it treats people.
    pub real: bool,
    /// The line that it is connected by.
    pub link: Link,
    /// When its calibration falls due.
    pub calibration: Calibration,
    /// How its output is known.
    pub read_back: ReadBack,
    /// The dialect that it speaks.
    pub dialect: &'static str,
    /// What ends its emission when nobody speaks to it any more.
    pub lease: Lease,
    /// What is wired to it.
    pub wiring: Wiring,
    /// What only its modality has.
    pub profile: Profile,
    /// What it builds on that nobody has seen at the hardware, with who signed for it; what its
    /// relay board builds on is among it.
    pub facts: Vec<Fact>,
}

/// How the output of a unit is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadBack {
    /// Measured where it leaves.
    Measured,
    /// Derived from the drive.
    Derived,
    /// Taken to be as it was ordered: nothing tells it, and a relay is in its supply.
    None,
}

/// What only one modality has.
#[derive(Clone, Debug)]
pub enum Profile {
    /// A laser.
    Laser(Box<Watched<Laser>>, LaserHazard),
    /// A PEMF unit.
    Pemf(Box<Watched<Pemf>>, PemfHazard),
    /// A stimulator.
    Stimulator(Box<Watched<Stimulator>>, PemfHazard),
}

/// How a unit is watched, what it may be asked to do, and how it is spoken to.
#[derive(Clone, Debug)]
pub struct Watched<M: Kind> {
    /// How strictly it is watched.
    pub terms: Terms<M>,
    /// What it may be asked to do. Its calibration is unknown, which refuses, until a day is given:
    /// see [`UnitConfig::plan`].
    pub limits: Limits<M>,
    /// Who it must prove to be, as people are shown it.
    pub(super) plate: Plate,
    /// How it is spoken with.
    pub(super) speech: Arc<dyn Speech<M>>,
}

/// What people beside a laser have to know (CFG-04, LAS-13).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaserHazard {
    /// What eyewear must have at every wavelength.
    pub eyewear: OpticalDensity,
    /// Within this distance the beam harms an eye, in millimetres.
    pub ocular_distance_millimetres: u32,
    /// Within this distance its reflection does, in millimetres.
    pub zone_millimetres: u32,
    /// How fast the beam widens, in milliradians.
    pub divergence_milliradians: u32,
    /// The spots that its applicator can make (LAS-18).
    pub spots: Vec<Area>,
}

/// What people beside a coil have to know (PEM-10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PemfHazard {
    /// Within this distance nobody with an implant may be, in millimetres.
    pub keep_out_millimetres: u32,
}

impl Profile {
    /// What can be signed for in the file of the unit.
    pub(super) fn signable(&self) -> Signable {
        match self {
            Self::Laser(watched, _) => watched.speech.signable(),
            Self::Pemf(watched, _) => watched.speech.signable(),
            Self::Stimulator(watched, _) => watched.speech.signable(),
        }
    }
}

impl UnitConfig {
    /// What it emits.
    pub const fn modality(&self) -> Modality {
        match self.profile {
            Profile::Laser(..) => Modality::Laser,
            Profile::Pemf(..) => Modality::Pemf,
            Profile::Stimulator(..) => Modality::Stimulator,
        }
    }

    /// The unit as the clinic takes it, with the calibration that it has `today`. `seed` is fresh
    /// and random for every start of the gateway: challenges are derived from it.
    ///
    /// # Errors
    /// None that [`Config::load`](super::Config::load) has not shown already.
    pub fn plan(&self, today: Date, seed: Secret) -> Result<AnyPlan, SpeechError> {
        let days = self.calibration.days(today);
        match &self.profile {
            Profile::Laser(watched, _) => {
                let mut limits = watched.limits;
                limits.unit.calibration_days = days;
                Ok(AnyPlan::Laser(Box::new(watched.plan(self, limits, seed)?)))
            }
            Profile::Pemf(watched, _) => {
                let mut limits = watched.limits;
                limits.unit.calibration_days = days;
                Ok(AnyPlan::Pemf(Box::new(watched.plan(self, limits, seed)?)))
            }
            Profile::Stimulator(watched, _) => {
                let mut limits = watched.limits;
                limits.unit.calibration_days = days;
                Ok(AnyPlan::Stimulator(Box::new(watched.plan(self, limits, seed)?)))
            }
        }
    }

    /// The longest times that its stop path takes.
    ///
    /// # Errors
    /// None that [`Config::load`](super::Config::load) has not shown already.
    pub fn budget(&self) -> Result<Budget, SpeechError> {
        match &self.profile {
            Profile::Laser(watched, _) => watched.budget(self.company),
            Profile::Pemf(watched, _) => watched.budget(self.company),
            Profile::Stimulator(watched, _) => watched.budget(self.company),
        }
    }

    /// What it takes of a line that it shares. `None`: it shares none.
    pub fn share(&self) -> Option<Share> {
        match &self.profile {
            Profile::Pemf(watched, _) => watched.speech.dialect(KNOWN).ok()?.share(),
            Profile::Laser(..) | Profile::Stimulator(..) => None,
        }
    }

    /// The address under which it is spoken to on a line that it may share.
    pub fn address(&self) -> Option<u8> {
        match &self.profile {
            Profile::Laser(watched, _) => watched.speech.address(),
            Profile::Pemf(watched, _) => watched.speech.address(),
            Profile::Stimulator(watched, _) => watched.speech.address(),
        }
    }

    /// What a simulated unit in its place has to be.
    pub fn peer(&self) -> Peer {
        match &self.profile {
            Profile::Laser(watched, _) => watched.speech.peer(),
            Profile::Pemf(watched, _) => watched.speech.peer(),
            Profile::Stimulator(watched, _) => watched.speech.peer(),
        }
    }

    /// Whether it says of its interlock whether that is closed.
    pub(super) fn shows_interlock(&self) -> bool {
        match &self.profile {
            Profile::Laser(watched, _) => watched.speech.shows_interlock(),
            Profile::Pemf(watched, _) => watched.speech.shows_interlock(),
            Profile::Stimulator(watched, _) => watched.speech.shows_interlock(),
        }
    }

    /// From our last byte to no emission.
    pub const fn lease_time(&self) -> Nanos {
        match &self.profile {
            Profile::Laser(watched, _) => watched.terms.lease,
            Profile::Pemf(watched, _) => watched.terms.lease,
            Profile::Stimulator(watched, _) => watched.terms.lease,
        }
    }

    /// How long it goes on emitting whatever it is told: the length of a chunk.
    pub(super) const fn run(&self) -> Nanos {
        let pace = match &self.profile {
            Profile::Laser(watched, _) => watched.terms.pace,
            Profile::Pemf(watched, _) => watched.terms.pace,
            Profile::Stimulator(watched, _) => watched.terms.pace,
        };
        match pace {
            Pace::Continuous => Nanos::ZERO,
            Pace::Chunks { length } => length,
        }
    }

    /// The times that it is watched by.
    pub const fn timing(&self) -> &Timing {
        match &self.profile {
            Profile::Laser(watched, _) => &watched.terms.timing,
            Profile::Pemf(watched, _) => &watched.terms.timing,
            Profile::Stimulator(watched, _) => &watched.terms.timing,
        }
    }

    /// Within this, emission has to end after any single fault (T_any: 1 s and 3 s).
    pub const fn bound(&self) -> Nanos {
        match self.profile {
            Profile::Laser(..) => Nanos::from_millis(1_000),
            Profile::Pemf(..) => Nanos::from_millis(3_000),
            Profile::Stimulator(..) => Nanos::from_millis(STIMULATOR_BOUND_MS),
        }
    }

    /// What everybody may know of it.
    pub fn card(&self) -> UnitCard {
        let plate = match &self.profile {
            Profile::Laser(watched, _) => watched.plate.clone(),
            Profile::Pemf(watched, _) => watched.plate.clone(),
            Profile::Stimulator(watched, _) => watched.plate.clone(),
        };
        UnitCard {
            name: self.name.clone(),
            room: self.room,
            modality: self.modality(),
            real: self.real,
            dialect: self.dialect.into(),
            port: self.link.place.to_string(),
            line: self.line,
            address: self.address(),
            plate,
        }
    }
}

impl<M: Kind> Watched<M> {
    fn plan(
        &self,
        unit: &UnitConfig,
        limits: Limits<M>,
        seed: Secret,
    ) -> Result<Plan<M>, SpeechError> {
        Ok(Plan {
            id: unit.id,
            line: unit.line,
            room: unit.room,
            real: unit.real,
            terms: self.terms,
            limits,
            wiring: unit.wiring.of_unit(unit.lease),
            evidence: self.evidence(unit),
            byte: unit.link.byte(),
            dialect: self.speech.dialect(seed)?,
        })
    }

    /// What is known of the unit beside what it says.
    fn evidence(&self, unit: &UnitConfig) -> Evidence {
        let open = unit.facts.iter().filter(|fact| fact.signature.is_none()).count();
        let above = match unit.modality() {
            Modality::Laser | Modality::Pemf => self.speech.above().unwrap_or(Permille::ZERO),
            // It is charged by its pulses, whatever each of them is: a fifth is its only bound.
            Modality::Stimulator => METER_TOLERANCE,
        };
        Evidence {
            unsigned: u16::try_from(open).unwrap_or(u16::MAX),
            read_back: match unit.read_back {
                ReadBack::Measured => clinic::ReadBack::Measured,
                // What nobody reads back is no more than derived: a meter has to have seen it.
                ReadBack::Derived | ReadBack::None => clinic::ReadBack::Derived { above },
            },
            calibration: self.calibration(unit),
        }
    }

    /// Which unit it is and how it is calibrated, as a hash: with its curve and its profile, so that
    /// whoever changes one of them measures anew. Secrets show nothing of themselves.
    fn calibration(&self, unit: &UnitConfig) -> [u8; 32] {
        let UnitConfig { name, calibration, .. } = unit;
        let Self { plate, speech, .. } = self;
        Sha256::digest(format!("{name} {calibration:?} {plate:?} {speech:?}")).into()
    }

    /// The longest times that the stop path takes in such company.
    pub(super) fn budget(&self, company: Company) -> Result<Budget, SpeechError> {
        let mut dialect = self.speech.dialect(KNOWN)?;
        dialect.join(company);
        Ok(dialect.budget())
    }
}

/// No port is opened with this.
const KNOWN: Secret = Secret::new([0; 32]);

/// T_any of a stimulator: as long as that of a field. A train that was fired cannot be recalled, and is
/// charged whole.
const STIMULATOR_BOUND_MS: u64 = 3_000;
