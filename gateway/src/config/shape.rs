//! The shape of the limits file: every section, every key, its unit of measure and its tiers.

use safety::{FieldGroup, Group, Limit, Place};

use super::scale::Scale;
use crate::directory::Modality;

/// One section of the limits file.
pub(super) struct Section {
    pub(super) modality: Modality,
    pub(super) place: Place,
    pub(super) name: &'static str,
    pub(super) entries: &'static [Entry],
}

/// One limit of a section.
pub(super) struct Entry {
    pub(super) key: &'static str,
    pub(super) limit: Limit,
    pub(super) scale: Scale,
    pub(super) tiers: Tiers,
}

/// Which values a limit has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tiers {
    /// A soft and a hard one.
    Both,
    /// Only one that a person may override.
    Soft,
    /// Only one that nobody may override.
    Hard,
}

/// The sections of the limits file, in the order in which its values get their source ids.
pub(super) const SECTIONS: &[Section] = &[
    laser(Place::Laser(Group::Cranial), "cranial", LASER_SITE),
    laser(Place::Laser(Group::Suboccipital), "suboccipital", LASER_SITE),
    laser(Place::Laser(Group::Cervical), "cervical", LASER_SITE),
    laser(Place::Laser(Group::TrunkLimb), "trunk_limb", LASER_SITE),
    laser(Place::Everywhere, "everywhere", LASER_EVERYWHERE),
    pemf(Place::Field(FieldGroup::HeadNeck), "head_neck", PEMF_SITE),
    pemf(Place::Field(FieldGroup::TrunkLimb), "trunk_limb", PEMF_SITE),
    pemf(Place::Everywhere, "everywhere", PEMF_EVERYWHERE),
    stimulator(Place::Field(FieldGroup::TrunkLimb), "trunk_limb", STIMULATOR_SITE),
    stimulator(Place::Everywhere, "everywhere", STIMULATOR_EVERYWHERE),
];

/// Which upper limit must not be below which lower one (CFG-03).
pub(super) const PAIRS: [(Limit, Limit); 7] = [
    (Limit::EffectiveSpotFluence, Limit::SpotFluence),
    (Limit::EffectiveFieldFluence, Limit::FieldFluence),
    (Limit::GateFrequencyLow, Limit::GateFrequencyHigh),
    (Limit::DutyLow, Limit::DutyHigh),
    (Limit::EffectiveFlux, Limit::Flux),
    (Limit::FrequencyLow, Limit::FrequencyHigh),
    (Limit::EffectiveTime, Limit::SiteTime),
];

const LASER_SITE: &[Entry] = &[
    both("power_milliwatts", Limit::Power, Scale::Milliwatts),
    both("spot_square_millimetres", Limit::SpotArea, Scale::SquareMillimetres),
    both("irradiance_milliwatts_per_cm2", Limit::Irradiance, Scale::MilliwattsPerCm2),
    both("skin_exposure_permille", Limit::SkinExposure, Scale::Permille),
    both("spot_fluence_millijoules_per_cm2", Limit::SpotFluence, Scale::MillijoulesPerCm2),
    both("field_fluence_millijoules_per_cm2", Limit::FieldFluence, Scale::MillijoulesPerCm2),
    soft(
        "effective_spot_fluence_millijoules_per_cm2",
        Limit::EffectiveSpotFluence,
        Scale::MillijoulesPerCm2,
    ),
    soft(
        "effective_field_fluence_millijoules_per_cm2",
        Limit::EffectiveFieldFluence,
        Scale::MillijoulesPerCm2,
    ),
    both("energy_joules", Limit::SiteEnergy, Scale::Joules),
    both("time_seconds", Limit::SiteTime, Scale::Seconds),
    both("day_sessions", Limit::SiteSessions, Scale::Times),
    hard("interval_minutes", Limit::SiteInterval, Scale::Minutes),
];

const LASER_EVERYWHERE: &[Entry] = &[
    both("visit_energy_joules", Limit::VisitEnergy, Scale::Joules),
    both("day_energy_joules", Limit::DayEnergy, Scale::Joules),
    both("visit_time_seconds", Limit::VisitTime, Scale::Seconds),
    both("week_sessions", Limit::WeekSessions, Scale::Times),
    both("course_sessions", Limit::CourseSessions, Scale::Times),
    both("ramp_milliwatts_per_second", Limit::Ramp, Scale::MilliwattsPerSecond),
    soft("gate_frequency_low_millihertz", Limit::GateFrequencyLow, Scale::Millihertz),
    soft("gate_frequency_high_millihertz", Limit::GateFrequencyHigh, Scale::Millihertz),
    soft("duty_low_permille", Limit::DutyLow, Scale::Permille),
    soft("duty_high_permille", Limit::DutyHigh, Scale::Permille),
    soft("needling_interval_minutes", Limit::NeedlingInterval, Scale::Minutes),
    hard("trip_interval_minutes", Limit::TripInterval, Scale::Minutes),
];

const PEMF_SITE: &[Entry] = &[
    both("flux_microteslas", Limit::Flux, Scale::Microteslas),
    soft("effective_flux_microteslas", Limit::EffectiveFlux, Scale::Microteslas),
    both("nerve_permille", Limit::Nerve, Scale::Permille),
    both("exposure_millitesla_minutes", Limit::Exposure, Scale::MilliteslaMinutes),
];

const PEMF_EVERYWHERE: &[Entry] = &[
    both("frequency_low_millihertz", Limit::FrequencyLow, Scale::Millihertz),
    both("frequency_high_millihertz", Limit::FrequencyHigh, Scale::Millihertz),
    both("session_time_seconds", Limit::SiteTime, Scale::Seconds),
    soft("effective_time_seconds", Limit::EffectiveTime, Scale::Seconds),
    both("day_time_seconds", Limit::DayTime, Scale::Seconds),
    both("week_sessions", Limit::WeekSessions, Scale::Times),
    hard("trip_interval_minutes", Limit::TripInterval, Scale::Minutes),
];

const STIMULATOR_SITE: &[Entry] = &[
    both("threshold_multiple_permille", Limit::ThresholdMultiple, Scale::Permille),
    both("rate_millihertz", Limit::PulseRateHigh, Scale::Millihertz),
    both("train_milliseconds", Limit::TrainTime, Scale::Milliseconds),
    both("wait_seconds", Limit::TrainWait, Scale::Seconds),
    both("pulses", Limit::SitePulses, Scale::Pulses),
    both("energy_joules", Limit::SiteEnergy, Scale::Joules),
    hard("interval_minutes", Limit::SiteInterval, Scale::Minutes),
];

const STIMULATOR_EVERYWHERE: &[Entry] = &[
    both("day_pulses", Limit::DayPulses, Scale::Pulses),
    both("week_sessions", Limit::WeekSessions, Scale::Times),
    both("course_sessions", Limit::CourseSessions, Scale::Times),
    hard("trip_interval_minutes", Limit::TripInterval, Scale::Minutes),
];

const fn laser(place: Place, name: &'static str, entries: &'static [Entry]) -> Section {
    Section { modality: Modality::Laser, place, name, entries }
}

const fn pemf(place: Place, name: &'static str, entries: &'static [Entry]) -> Section {
    Section { modality: Modality::Pemf, place, name, entries }
}

const fn stimulator(place: Place, name: &'static str, entries: &'static [Entry]) -> Section {
    Section { modality: Modality::Stimulator, place, name, entries }
}

const fn both(key: &'static str, limit: Limit, scale: Scale) -> Entry {
    Entry { key, limit, scale, tiers: Tiers::Both }
}

const fn soft(key: &'static str, limit: Limit, scale: Scale) -> Entry {
    Entry { key, limit, scale, tiers: Tiers::Soft }
}

const fn hard(key: &'static str, limit: Limit, scale: Scale) -> Entry {
    Entry { key, limit, scale, tiers: Tiers::Hard }
}
