//! The clinic's limits for magnetic fields, and the facts of a PEMF unit.

use crate::{
    ceiling,
    decision::{Limit, Tier},
    limits::{Bound, Contradiction, Fault, Place, Range, Row, Span, ordered},
    pemf::Waveform,
    prescription::ApplicatorCode,
    quantity::{Exposure, Flux, Frequency, Multiple, Permille, Slew},
    site::FieldGroup,
    time::Nanos,
};

/// The clinic's limits for magnetic fields (CFG-01).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PemfLibrary {
    /// At the head and neck.
    pub head_neck: PemfSiteLimits,
    /// At the trunk and the limbs.
    pub trunk_limb: PemfSiteLimits,
    /// At every site.
    pub everywhere: PemfEverywhere,
}

/// The limits for fields at the sites of one group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PemfSiteLimits {
    /// Peak flux density at the applicator.
    pub flux: Range<Flux>,
    /// A field weaker than this has no effect (soft).
    pub effective_flux: Option<Bound<Flux>>,
    /// The slew of the field, as a share of the nerve-stimulation curve.
    pub nerve: Range<Multiple>,
    /// Exposure at one site in one visit.
    pub exposure: Range<Exposure>,
}

/// The limits for fields that hold at every site.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PemfEverywhere {
    /// The lowest frequency.
    pub frequency_low: Range<Frequency>,
    /// The highest frequency.
    pub frequency_high: Range<Frequency>,
    /// The time of one session.
    pub session_time: Range<Nanos>,
    /// A session shorter than this has no effect (soft).
    pub effective_time: Option<Bound<Nanos>>,
    /// Emission time for the patient in 24 hours.
    pub day_time: Range<Nanos>,
    /// Sessions in seven days.
    pub week_sessions: Range<u32>,
    /// The least time since a thermal trip at the site (hard).
    pub trip_interval: Option<Bound<Nanos>>,
}

/// The facts of a PEMF unit (CFG-04). What is not known is `None`, and refuses (CFG-09).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PemfUnit {
    /// The peak flux density it can hold: also the band of what is plausible (PEM-09).
    pub flux: Option<Span<Flux>>,
    /// The step in which it is set.
    pub flux_step: Option<Flux>,
    /// Periods per second.
    pub frequency: Option<Span<Frequency>>,
    /// The step in which they are set.
    pub frequency_step: Option<Frequency>,
    /// The share of a period in which the field is on.
    pub duty: Option<Span<Permille>>,
    /// The step in which it is set.
    pub duty_step: Option<Permille>,
    /// The fastest rise from zero to the peak.
    pub slew: Option<Slew>,
    /// The step in which it is set.
    pub slew_step: Option<Slew>,
    /// The waveforms it has.
    pub waveforms: Waveforms,
    /// The applicator that its numbers hold for (PEM-07).
    pub applicator: Option<ApplicatorCode>,
    /// Whole days until its calibration is due; zero if it is due or overdue (CFG-08).
    pub calibration_days: Option<u32>,
}

/// A set of waveforms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Waveforms {
    /// It can make a sine.
    pub sine: bool,
    /// It can make flat pulses.
    pub rectangular: bool,
    /// It can make triangles.
    pub triangular: bool,
}

impl Waveforms {
    /// Whether `waveform` is in the set.
    pub const fn has(self, waveform: Waveform) -> bool {
        match waveform {
            Waveform::Sine => self.sine,
            Waveform::Rectangular => self.rectangular,
            Waveform::Triangular => self.triangular,
        }
    }
}

impl PemfLibrary {
    /// The limits of one group.
    pub const fn site(&self, group: FieldGroup) -> &PemfSiteLimits {
        match group {
            FieldGroup::HeadNeck => &self.head_neck,
            FieldGroup::TrunkLimb => &self.trunk_limb,
        }
    }

    pub(crate) fn validate(&self) -> Result<(), Contradiction> {
        for group in [FieldGroup::HeadNeck, FieldGroup::TrunkLimb] {
            let (rows, place) = (self.site(group).rows(group), Place::Field(group));
            rows.iter().try_for_each(|row| row.validate(place))?;
            ordered(&rows, Limit::EffectiveFlux, Limit::Flux, place)?;
        }
        let (rows, place) = (self.everywhere.rows(), Place::Everywhere);
        rows.iter().try_for_each(|row| row.validate(place))?;
        ordered(&rows, Limit::FrequencyLow, Limit::FrequencyHigh, place)?;
        ordered(&rows, Limit::EffectiveTime, Limit::SiteTime, place)
    }
}

impl PemfSiteLimits {
    /// These limits as a table, beneath the ceilings of `group`.
    pub(crate) fn rows(&self, group: FieldGroup) -> [Row; 4] {
        let ceiling = ceiling::field(group);
        [
            Row::of(Limit::Flux, self.flux).beneath(ceiling.flux),
            Row::soft(Limit::EffectiveFlux, self.effective_flux),
            Row::of(Limit::Nerve, self.nerve).beneath(ceiling.nerve),
            Row::of(Limit::Exposure, self.exposure).beneath(ceiling.exposure),
        ]
    }
}

impl PemfEverywhere {
    /// These limits as a table, beneath their ceilings.
    pub(crate) fn rows(&self) -> [Row; 7] {
        [
            Row::of(Limit::FrequencyLow, self.frequency_low).beneath(ceiling::LEAST_FREQUENCY),
            Row::of(Limit::FrequencyHigh, self.frequency_high).beneath(ceiling::FREQUENCY),
            Row::of(Limit::SiteTime, self.session_time).beneath(ceiling::SESSION_TIME),
            Row::soft(Limit::EffectiveTime, self.effective_time),
            Row::of(Limit::DayTime, self.day_time).beneath(ceiling::FIELD_DAY_TIME),
            Row::of(Limit::WeekSessions, self.week_sessions).beneath(ceiling::FIELD_WEEK_SESSIONS),
            Row::hard(Limit::TripInterval, self.trip_interval),
        ]
    }
}

impl PemfUnit {
    pub(crate) fn validate(&self) -> Result<(), Contradiction> {
        let faults = [
            (inverted(self.flux), Limit::LeastFlux, Fault::LowerAboveUpper),
            (inverted(self.frequency), Limit::FrequencyLow, Fault::LowerAboveUpper),
            (inverted(self.duty), Limit::DutyLow, Fault::LowerAboveUpper),
            (self.flux_step == Some(Flux::ZERO), Limit::FluxStep, Fault::Zero),
            (self.frequency_step == Some(Frequency::ZERO), Limit::FrequencyStep, Fault::Zero),
            (self.duty_step == Some(Permille::ZERO), Limit::DutyStep, Fault::Zero),
            (self.slew == Some(Slew::ZERO), Limit::Slew, Fault::Zero),
            (self.slew_step == Some(Slew::ZERO), Limit::SlewStep, Fault::Zero),
        ];
        match faults.into_iter().find(|(found, ..)| *found) {
            Some((_, limit, fault)) => {
                Err(Contradiction { limit, place: Place::Unit, tier: Tier::Capability, fault })
            }
            None => Ok(()),
        }
    }
}

fn inverted<T: Ord>(span: Option<Span<T>>) -> bool {
    span.is_some_and(|span| span.most < span.least)
}
