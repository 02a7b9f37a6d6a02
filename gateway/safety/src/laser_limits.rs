//! The clinic's limits for lasers, and the facts of a laser unit.

use crate::{
    ceiling,
    curve::PowerCurve,
    decision::{Limit, Tier},
    laser::WAVELENGTHS_MAX,
    limits::{Bound, Contradiction, Fault, Place, Range, Row, Span, ordered},
    quantity::{
        Area, Energy, Fluence, Frequency, Irradiance, Multiple, OpticalDensity, Permille, Power,
        PowerRate, Wavelength,
    },
    site::Group,
    time::Nanos,
};

/// The clinic's limits for lasers (CFG-01).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct LaserLibrary {
    /// At the skull and the jaw.
    pub cranial: LaserSiteLimits,
    /// Below the skull.
    pub suboccipital: LaserSiteLimits,
    /// At the back of the neck and the trapezius.
    pub cervical: LaserSiteLimits,
    /// Below.
    pub trunk_limb: LaserSiteLimits,
    /// At every site.
    pub everywhere: LaserEverywhere,
}

/// The limits for lasers at the sites of one group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct LaserSiteLimits {
    /// Average power.
    pub power: Range<Power>,
    /// The smallest spot.
    pub spot: Range<Area>,
    /// Average irradiance of the spot.
    pub irradiance: Range<Irradiance>,
    /// Exposure of resting skin, as a multiple of what the standard permits; of the time that it
    /// may last, and of what one pulse may give.
    pub skin_exposure: Range<Multiple>,
    /// Fluence over the spot, where the spot rests.
    pub spot_fluence: Range<Fluence>,
    /// Fluence over the field, where the spot moves.
    pub field_fluence: Range<Fluence>,
    /// Fluence over the spot below this has no effect (soft).
    pub effective_spot_fluence: Option<Bound<Fluence>>,
    /// Fluence over the field below this has no effect (soft).
    pub effective_field_fluence: Option<Bound<Fluence>>,
    /// Energy at one site in one visit.
    pub energy: Range<Energy>,
    /// Emission time at one site in one visit.
    pub time: Range<Nanos>,
    /// Sessions at one site in 24 hours.
    pub sessions: Range<u32>,
    /// The least time between two sessions at one site (hard).
    pub interval: Option<Bound<Nanos>>,
}

/// The limits for lasers that hold at every site.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct LaserEverywhere {
    /// Energy for the patient in one visit.
    pub visit_energy: Range<Energy>,
    /// Energy for the patient in 24 hours.
    pub day_energy: Range<Energy>,
    /// Emission time for the patient in one visit.
    pub visit_time: Range<Nanos>,
    /// Sessions in seven days.
    pub week_sessions: Range<u32>,
    /// Sessions in a course, before it is reviewed.
    pub course_sessions: Range<u32>,
    /// How fast the power may rise.
    pub ramp: Range<PowerRate>,
    /// The slowest gate (soft).
    pub gate_frequency_low: Option<Bound<Frequency>>,
    /// The fastest gate (soft).
    pub gate_frequency_high: Option<Bound<Frequency>>,
    /// The least duty of a gate (soft).
    pub duty_low: Option<Bound<Permille>>,
    /// The highest duty of a gate (soft).
    pub duty_high: Option<Bound<Permille>>,
    /// The least time since dry needling at the site (soft).
    pub needling_interval: Option<Bound<Nanos>>,
    /// The least time since a thermal trip at the site (hard).
    pub trip_interval: Option<Bound<Nanos>>,
}

/// The facts of a laser unit (CFG-04). What is not known is `None`, and refuses (CFG-09).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct LaserUnit {
    /// The wavelengths it has, in its own order.
    pub lines: [Option<Line>; WAVELENGTHS_MAX],
    /// The average power it can hold.
    pub power: Option<Span<Power>>,
    /// The step in which its power is set.
    pub power_step: Option<Power>,
    /// What it emits at which drive, if it is a diode that is told a current. Then its steps are
    /// those of the drive, and [`Self::power_step`] is unknown.
    pub curve: Option<PowerCurve>,
    /// The highest power in a pulse.
    pub peak_power: Option<Power>,
    /// How the shares of its wavelengths are set.
    pub mix: Option<MixRange>,
    /// Whether it can emit without a break.
    pub continuous: bool,
    /// How it can be gated, if it can.
    pub gate: Option<GateRange>,
    /// How long the output takes from nothing to the full level.
    pub rise: Option<Nanos>,
    /// What eyewear must have at every wavelength of the unit (LAS-13).
    pub optical_density: Option<OpticalDensity>,
    /// Whole days until its calibration is due; zero if it is due or overdue (LAS-19).
    pub calibration_days: Option<u32>,
}

/// One wavelength of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Line {
    /// The wavelength.
    pub wavelength: Wavelength,
    /// The highest average power at it.
    pub most: Power,
}

/// How the shares of the wavelengths of a unit are set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MixRange {
    /// Not at all: they are these, in the order of the unit's lines.
    Fixed([Permille; WAVELENGTHS_MAX]),
    /// Freely, in this step.
    Free {
        /// The step.
        step: Permille,
    },
}

/// How a unit can be gated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GateRange {
    /// Pulses per second.
    pub frequency: Span<Frequency>,
    /// The step in which they are set.
    pub frequency_step: Frequency,
    /// The share of a period with emission.
    pub duty: Span<Permille>,
    /// The step in which it is set.
    pub duty_step: Permille,
}

impl LaserLibrary {
    /// The limits of one group.
    pub const fn site(&self, group: Group) -> &LaserSiteLimits {
        match group {
            Group::Cranial => &self.cranial,
            Group::Suboccipital => &self.suboccipital,
            Group::Cervical => &self.cervical,
            Group::TrunkLimb => &self.trunk_limb,
        }
    }

    pub(crate) fn validate(&self) -> Result<(), Contradiction> {
        let groups = [Group::Cranial, Group::Suboccipital, Group::Cervical, Group::TrunkLimb];
        for group in groups {
            let place = Place::Laser(group);
            let rows = self.site(group).rows(group);
            rows.iter().try_for_each(|row| row.validate(place))?;
            ordered(&rows, Limit::EffectiveSpotFluence, Limit::SpotFluence, place)?;
            ordered(&rows, Limit::EffectiveFieldFluence, Limit::FieldFluence, place)?;
        }
        let (rows, place) = (self.everywhere.rows(), Place::Everywhere);
        rows.iter().try_for_each(|row| row.validate(place))?;
        ordered(&rows, Limit::GateFrequencyLow, Limit::GateFrequencyHigh, place)?;
        ordered(&rows, Limit::DutyLow, Limit::DutyHigh, place)
    }
}

impl LaserSiteLimits {
    /// These limits as a table, beneath the ceilings of `group`.
    pub(crate) fn rows(&self, group: Group) -> [Row; 12] {
        let ceiling = ceiling::laser(group);
        [
            Row::of(Limit::Power, self.power).beneath(ceiling.power),
            Row::of(Limit::SpotArea, self.spot).beneath(ceiling::SPOT),
            Row::of(Limit::Irradiance, self.irradiance).beneath(ceiling::IRRADIANCE),
            Row::of(Limit::SkinExposure, self.skin_exposure),
            Row::of(Limit::SpotFluence, self.spot_fluence).beneath(ceiling.fluence),
            Row::of(Limit::FieldFluence, self.field_fluence).beneath(ceiling.fluence),
            Row::soft(Limit::EffectiveSpotFluence, self.effective_spot_fluence),
            Row::soft(Limit::EffectiveFieldFluence, self.effective_field_fluence),
            Row::of(Limit::SiteEnergy, self.energy).beneath(ceiling::SITE_ENERGY),
            Row::of(Limit::SiteTime, self.time).beneath(ceiling::LASER_TIME),
            Row::of(Limit::SiteSessions, self.sessions).beneath(ceiling::SITE_SESSIONS),
            Row::hard(Limit::SiteInterval, self.interval),
        ]
    }
}

impl LaserEverywhere {
    /// These limits as a table, beneath their ceilings.
    pub(crate) fn rows(&self) -> [Row; 12] {
        [
            Row::of(Limit::VisitEnergy, self.visit_energy).beneath(ceiling::VISIT_ENERGY),
            Row::of(Limit::DayEnergy, self.day_energy).beneath(ceiling::DAY_ENERGY),
            Row::of(Limit::VisitTime, self.visit_time).beneath(ceiling::LASER_TIME),
            Row::of(Limit::WeekSessions, self.week_sessions).beneath(ceiling::LASER_WEEK_SESSIONS),
            Row::of(Limit::CourseSessions, self.course_sessions),
            Row::of(Limit::Ramp, self.ramp),
            Row::soft(Limit::GateFrequencyLow, self.gate_frequency_low)
                .beneath(ceiling::LEAST_FREQUENCY),
            Row::soft(Limit::GateFrequencyHigh, self.gate_frequency_high),
            Row::soft(Limit::DutyLow, self.duty_low).beneath(ceiling::LEAST_DUTY),
            Row::soft(Limit::DutyHigh, self.duty_high),
            Row::soft(Limit::NeedlingInterval, self.needling_interval),
            Row::hard(Limit::TripInterval, self.trip_interval),
        ]
    }
}

impl LaserUnit {
    /// Where `wavelength` stands in the unit's own order.
    pub fn place(&self, wavelength: Wavelength) -> Option<usize> {
        let has = |line: &Option<Line>| line.is_some_and(|line| line.wavelength == wavelength);
        self.lines.iter().position(has)
    }

    pub(crate) fn validate(&self) -> Result<(), Contradiction> {
        let fault = |limit, fault| {
            Err(Contradiction { limit, place: Place::Unit, tier: Tier::Capability, fault })
        };
        for (place, line) in self.lines.iter().enumerate() {
            if let Some(line) = line
                && self.place(line.wavelength) != Some(place)
            {
                return fault(Limit::Wavelength, Fault::Twice);
            }
        }
        if self.power.is_some_and(|span| span.most < span.least) {
            return fault(Limit::LeastPower, Fault::LowerAboveUpper);
        }
        if self.power_step == Some(Power::ZERO) {
            return fault(Limit::PowerStep, Fault::Zero);
        }
        if self.mix == Some(MixRange::Free { step: Permille::ZERO }) {
            return fault(Limit::MixStep, Fault::Zero);
        }
        match self.gate {
            Some(gate) => gate.validate(),
            None => Ok(()),
        }
    }
}

impl GateRange {
    fn validate(&self) -> Result<(), Contradiction> {
        let faults = [
            (
                self.frequency.most < self.frequency.least,
                Limit::GateFrequencyLow,
                Fault::LowerAboveUpper,
            ),
            (self.duty.most < self.duty.least, Limit::DutyLow, Fault::LowerAboveUpper),
            (self.frequency_step == Frequency::ZERO, Limit::FrequencyStep, Fault::Zero),
            (self.duty_step == Permille::ZERO, Limit::DutyStep, Fault::Zero),
        ];
        match faults.into_iter().find(|(found, ..)| *found) {
            Some((_, limit, fault)) => {
                Err(Contradiction { limit, place: Place::Unit, tier: Tier::Capability, fault })
            }
            None => Ok(()),
        }
    }
}
