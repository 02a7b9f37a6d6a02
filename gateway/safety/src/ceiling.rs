//! Ceilings compiled into the gateway: what no configuration can permit (CFG-05).
//!
//! No standard sets a maximum therapeutic dose. Where no source is named, a ceiling is a proposal
//! that needs the sign-off of the clinic's medical lead and laser safety officer.

use crate::{
    quantity::{
        Area, Energy, Exposure, Fluence, Flux, Frequency, Irradiance, Multiple, OpticalDensity,
        Permille, Power,
    },
    site::{FieldGroup, Group},
    time::Nanos,
};

/// What a laser may never exceed at the sites of one group.
pub(crate) struct LaserCeiling {
    pub(crate) power: Power,
    pub(crate) fluence: Fluence,
}

/// What a field may never exceed at the sites of one group (PEM-03).
pub(crate) struct FieldCeiling {
    pub(crate) flux: Flux,
    pub(crate) nerve: Multiple,
    pub(crate) exposure: Exposure,
}

/// The ceilings of a laser by group: 5 W and 15 J/cm² on the skull, where no trial used Class IV;
/// 15 W and 15 J/cm² below it, near bone and hair; 30 W and 30 J/cm² elsewhere, four times what the
/// manual of a Class IV unit gives for the neck (proposals).
pub(crate) const fn laser(group: Group) -> LaserCeiling {
    let (milliwatts, millijoules_per_cm2) = match group {
        Group::Cranial => (5_000, 15_000),
        Group::Suboccipital => (15_000, 15_000),
        Group::Cervical | Group::TrunkLimb => (30_000, 30_000),
    };
    LaserCeiling {
        power: Power::from_milliwatts(milliwatts),
        fluence: Fluence::from_microjoules_per_cm2(microjoules(millijoules_per_cm2)),
    }
}

/// The ceilings of a field by group (PEM-03): above 100 mT, or above the mean threshold of nerve
/// stimulation, a unit is a transcranial stimulator and no low-field device. At the head it is 20
/// mT and the 80 % that IEC 60601-2-33 calls normal mode. Exposure ends at 600 mT·min at the head
/// and at 1800 mT·min elsewhere: 10 and 30 mT for an hour (proposals).
pub(crate) const fn field(group: FieldGroup) -> FieldCeiling {
    match group {
        FieldGroup::HeadNeck => FieldCeiling {
            flux: Flux::from_microteslas(20_000),
            nerve: Multiple::from_thousandths(800),
            exposure: Exposure::from_microtesla_seconds(36_000_000),
        },
        FieldGroup::TrunkLimb => FieldCeiling {
            flux: Flux::from_microteslas(100_000),
            nerve: Multiple::from_thousandths(1_000),
            exposure: Exposure::from_microtesla_seconds(108_000_000),
        },
    }
}

const fn microjoules(millijoules: u64) -> u64 {
    millijoules.saturating_mul(1_000)
}

/// Average irradiance of a moving spot: 5 W/cm² (proposal; veterinary guides end at 3).
pub(crate) const IRRADIANCE: Irradiance = Irradiance::from_microwatts_per_cm2(5_000_000);
/// The smallest spot: 0.5 cm² (proposal).
pub(crate) const SPOT: Area = Area::from_square_millimetres(50);
/// Energy at one site in one visit: 10 kJ (proposal).
pub(crate) const SITE_ENERGY: Energy = Energy::from_millijoules(10_000_000);
/// Energy for a patient in one visit: 15 kJ (proposal).
pub(crate) const VISIT_ENERGY: Energy = Energy::from_millijoules(15_000_000);
/// Energy for a patient in 24 hours: 15 kJ (proposal).
pub(crate) const DAY_ENERGY: Energy = Energy::from_millijoules(15_000_000);
/// Emission time of a laser, at one site or in one visit: 45 min (proposal).
pub(crate) const LASER_TIME: Nanos = Nanos::from_secs(2_700);
/// Laser sessions at one site in 24 hours (proposal).
pub(crate) const SITE_SESSIONS: u32 = 2;
/// Laser sessions in seven days (proposal; WALT treats daily).
pub(crate) const LASER_WEEK_SESSIONS: u32 = 7;
/// Field frequency: 1 kHz (proposal; migraine trials used 10 Hz).
pub(crate) const FREQUENCY: Frequency = Frequency::from_millihertz(1_000_000);
/// The time of one field session: 90 min (proposal; trials used 1 h).
pub(crate) const SESSION_TIME: Nanos = Nanos::from_secs(5_400);
/// Field time in 24 hours: 180 min (proposal).
pub(crate) const FIELD_DAY_TIME: Nanos = Nanos::from_secs(10_800);
/// Field sessions in seven days (proposal; trials used five).
pub(crate) const FIELD_WEEK_SESSIONS: u32 = 10;
/// A gate must have a frequency: nothing is pulsed at 0 Hz.
pub(crate) const LEAST_FREQUENCY: Frequency = Frequency::from_millihertz(1);
/// A gate or a field must be on for a part of its period.
pub(crate) const LEAST_DUTY: u32 = 1;
/// A gate that is on for the whole period is no gate, and its level says so.
pub(crate) const GATE_DUTY: u32 = 999;
/// Pulses of visible light slower than 30 Hz may set off a seizure (ASLMS and manufacturers' lists
/// of contraindications).
pub(crate) const VISIBLE_PULSING: Frequency = Frequency::from_millihertz(30_000);
/// Light up to here is seen, faintly beyond 700 nm.
pub(crate) const VISIBLE_NANOMETRES: u16 = 780;
/// Sites at head or neck that a stimulator may be used at: none (PEM-03). Trains can set off a
/// seizure there, and nobody can call back the rest of one (Wassermann 1998, Rossi 2009 and 2021).
pub(crate) const HEAD_NECK: u64 = 0;
/// Pulses per second within a train of a stimulator: 30 Hz (proposal; the published tables of safe
/// trains end at 25 Hz).
pub(crate) const PULSE_RATE: Frequency = Frequency::from_millihertz(30_000);
/// The time of one train: 1 s, the longest lease of a stimulator (design, "Lease"), because a train
/// that has begun ends by itself alone.
pub(crate) const TRAIN_TIME: Nanos = Nanos::from_secs(1);
/// An intensity of nothing gives nothing.
pub(crate) const LEAST_INTENSITY: u32 = 1;
/// A train has a pulse, and a session a train.
pub(crate) const LEAST_COUNT: u32 = 1;
/// Answers to the screening hold for 30 days (proposal, PEM-05).
pub(crate) const SCREENING_DAYS: u32 = 30;
/// A unit whose calibration is due today is overdue (LAS-19).
pub(crate) const CALIBRATION_DAYS: u32 = 1;
/// A quantised value may be this many thousandths below the one asked for (COM-09).
pub(crate) const QUANTISATION: u32 = 10;
/// A dose counts as reachable within its time when this many thousandths of it are: all but what
/// quantisation may take.
pub(crate) const REACHED: u64 = 990;
/// The whole, in thousandths.
pub(crate) const WHOLE: Permille = Permille::WHOLE;
/// Nobody needs eyewear beside a unit that needs none.
pub(crate) const NO_EYEWEAR: OpticalDensity = OpticalDensity::ZERO;
