//! The clinic's limits for magnetic stimulation.
//!
//! They hold for the trunk and the limbs. There are none for the head and the neck: a ceiling
//! refuses every stimulation there, so a number could only mislead.

use crate::{
    ceiling,
    decision::Limit,
    limits::{Bound, Contradiction, Place, Range, Row},
    quantity::{Energy, Frequency, Multiple},
    site::FieldGroup,
    time::Nanos,
};

/// The clinic's limits for magnetic stimulation (CFG-01).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct StimulatorLibrary {
    /// At the trunk and the limbs: everywhere that a stimulator may be used.
    pub trunk_limb: StimulatorSiteLimits,
    /// Whatever the site.
    pub everywhere: StimulatorEverywhere,
}

/// The limits for stimulation at a site.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct StimulatorSiteLimits {
    /// Intensity, in thousandths of the motor threshold.
    pub intensity: Range<Multiple>,
    /// Pulses per second within a train.
    pub rate: Range<Frequency>,
    /// The time of one train.
    pub train_time: Range<Nanos>,
    /// The least wait between two trains.
    pub wait: Range<Nanos>,
    /// Pulses at one site in one visit.
    pub pulses: Range<u32>,
    /// The energy of all discharges at one site in one visit.
    pub energy: Range<Energy>,
    /// The least time since the last session at the site (hard).
    pub interval: Option<Bound<Nanos>>,
}

/// The limits for stimulation that hold for a patient.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct StimulatorEverywhere {
    /// Pulses for the patient in 24 hours.
    pub day_pulses: Range<u32>,
    /// Sessions in seven days.
    pub week_sessions: Range<u32>,
    /// Sessions in one course, before it must be reviewed.
    pub course_sessions: Range<u32>,
    /// The least time since a thermal trip at the site (hard).
    pub trip_interval: Option<Bound<Nanos>>,
}

impl StimulatorLibrary {
    pub(crate) fn validate(&self) -> Result<(), Contradiction> {
        let place = Place::Field(FieldGroup::TrunkLimb);
        self.trunk_limb.rows().iter().try_for_each(|row| row.validate(place))?;
        self.everywhere.rows().iter().try_for_each(|row| row.validate(Place::Everywhere))
    }
}

impl StimulatorSiteLimits {
    /// These limits as a table, beneath their ceilings.
    pub(crate) fn rows(&self) -> [Row; 7] {
        [
            Row::of(Limit::ThresholdMultiple, self.intensity),
            Row::of(Limit::PulseRateHigh, self.rate).beneath(ceiling::PULSE_RATE),
            Row::of(Limit::TrainTime, self.train_time).beneath(ceiling::TRAIN_TIME),
            Row::of(Limit::TrainWait, self.wait),
            Row::of(Limit::SitePulses, self.pulses),
            Row::of(Limit::SiteEnergy, self.energy),
            Row::hard(Limit::SiteInterval, self.interval),
        ]
    }
}

impl StimulatorEverywhere {
    /// These limits as a table.
    pub(crate) fn rows(&self) -> [Row; 4] {
        [
            Row::of(Limit::DayPulses, self.day_pulses),
            Row::of(Limit::WeekSessions, self.week_sessions),
            Row::of(Limit::CourseSessions, self.course_sessions),
            Row::hard(Limit::TripInterval, self.trip_interval),
        ]
    }
}
