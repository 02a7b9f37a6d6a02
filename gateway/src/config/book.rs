//! The values of the limits file, each with its line, and the libraries that are made of them.

use std::ops::Range as Span;

use safety::{
    Bound, Contradiction, FieldGroup, Group, LaserEverywhere, LaserLibrary, LaserSiteLimits, Limit,
    PemfEverywhere, PemfLibrary, PemfSiteLimits, Place, Range, SourceId, StimulatorEverywhere,
    StimulatorLibrary, StimulatorSiteLimits, Tier,
};

use super::scale::{Counted, Scale};
use crate::directory::Modality;

/// The values of the limits file.
#[derive(Clone, Default)]
pub(super) struct Book(pub(super) Vec<Value>);

/// One value of the limits file.
#[derive(Clone)]
pub(super) struct Value {
    pub(super) modality: Modality,
    pub(super) place: Place,
    pub(super) limit: Limit,
    pub(super) tier: Tier,
    /// In the unit of measure of the core.
    pub(super) count: u64,
    pub(super) scale: Scale,
    pub(super) source: SourceId,
    /// Its full name in the file.
    pub(super) name: String,
    pub(super) span: Span<usize>,
}

impl Book {
    /// The value at a place, if it is there.
    pub(super) fn find(
        &self,
        modality: Modality,
        place: Place,
        limit: Limit,
        tier: Tier,
    ) -> Option<&Value> {
        self.0.iter().find(|value| {
            value.modality == modality
                && value.place == place
                && value.limit == limit
                && value.tier == tier
        })
    }

    /// Takes the value out that a contradiction names, so that the next one shows.
    pub(super) fn take(&mut self, modality: Modality, found: &Contradiction) -> Option<Value> {
        let Contradiction { place, limit, tier, .. } = *found;
        let is_it = |value: &Value| {
            (value.modality, value.place, value.limit, value.tier) == (modality, place, limit, tier)
        };
        let index = self.0.iter().position(is_it)?;
        Some(self.0.remove(index))
    }

    /// The limits for lasers.
    pub(super) fn laser(&self) -> LaserLibrary {
        LaserLibrary {
            cranial: self.laser_site(Group::Cranial),
            suboccipital: self.laser_site(Group::Suboccipital),
            cervical: self.laser_site(Group::Cervical),
            trunk_limb: self.laser_site(Group::TrunkLimb),
            everywhere: self.laser_everywhere(),
        }
    }

    /// The limits for fields.
    pub(super) fn pemf(&self) -> PemfLibrary {
        PemfLibrary {
            head_neck: self.pemf_site(FieldGroup::HeadNeck),
            trunk_limb: self.pemf_site(FieldGroup::TrunkLimb),
            everywhere: self.pemf_everywhere(),
        }
    }

    /// The limits for stimulation.
    pub(super) fn stimulator(&self) -> StimulatorLibrary {
        let place = Place::Field(FieldGroup::TrunkLimb);
        let (site, patient) = (
            self.at(Modality::Stimulator, place),
            self.at(Modality::Stimulator, Place::Everywhere),
        );
        StimulatorLibrary {
            trunk_limb: StimulatorSiteLimits {
                intensity: site.range(Limit::ThresholdMultiple),
                rate: site.range(Limit::PulseRateHigh),
                train_time: site.range(Limit::TrainTime),
                wait: site.range(Limit::TrainWait),
                pulses: site.range(Limit::SitePulses),
                energy: site.range(Limit::SiteEnergy),
                interval: site.hard(Limit::SiteInterval),
            },
            everywhere: StimulatorEverywhere {
                day_pulses: patient.range(Limit::DayPulses),
                week_sessions: patient.range(Limit::WeekSessions),
                course_sessions: patient.range(Limit::CourseSessions),
                trip_interval: patient.hard(Limit::TripInterval),
            },
        }
    }

    fn laser_site(&self, group: Group) -> LaserSiteLimits {
        let at = self.at(Modality::Laser, Place::Laser(group));
        LaserSiteLimits {
            power: at.range(Limit::Power),
            spot: at.range(Limit::SpotArea),
            irradiance: at.range(Limit::Irradiance),
            skin_exposure: at.range(Limit::SkinExposure),
            spot_fluence: at.range(Limit::SpotFluence),
            field_fluence: at.range(Limit::FieldFluence),
            effective_spot_fluence: at.soft(Limit::EffectiveSpotFluence),
            effective_field_fluence: at.soft(Limit::EffectiveFieldFluence),
            energy: at.range(Limit::SiteEnergy),
            time: at.range(Limit::SiteTime),
            sessions: at.range(Limit::SiteSessions),
            interval: at.hard(Limit::SiteInterval),
        }
    }

    fn laser_everywhere(&self) -> LaserEverywhere {
        let at = self.at(Modality::Laser, Place::Everywhere);
        LaserEverywhere {
            visit_energy: at.range(Limit::VisitEnergy),
            day_energy: at.range(Limit::DayEnergy),
            visit_time: at.range(Limit::VisitTime),
            week_sessions: at.range(Limit::WeekSessions),
            course_sessions: at.range(Limit::CourseSessions),
            ramp: at.range(Limit::Ramp),
            gate_frequency_low: at.soft(Limit::GateFrequencyLow),
            gate_frequency_high: at.soft(Limit::GateFrequencyHigh),
            duty_low: at.soft(Limit::DutyLow),
            duty_high: at.soft(Limit::DutyHigh),
            needling_interval: at.soft(Limit::NeedlingInterval),
            trip_interval: at.hard(Limit::TripInterval),
        }
    }

    fn pemf_site(&self, group: FieldGroup) -> PemfSiteLimits {
        let at = self.at(Modality::Pemf, Place::Field(group));
        PemfSiteLimits {
            flux: at.range(Limit::Flux),
            effective_flux: at.soft(Limit::EffectiveFlux),
            nerve: at.range(Limit::Nerve),
            exposure: at.range(Limit::Exposure),
        }
    }

    fn pemf_everywhere(&self) -> PemfEverywhere {
        let at = self.at(Modality::Pemf, Place::Everywhere);
        PemfEverywhere {
            frequency_low: at.range(Limit::FrequencyLow),
            frequency_high: at.range(Limit::FrequencyHigh),
            session_time: at.range(Limit::SiteTime),
            effective_time: at.soft(Limit::EffectiveTime),
            day_time: at.range(Limit::DayTime),
            week_sessions: at.range(Limit::WeekSessions),
            trip_interval: at.hard(Limit::TripInterval),
        }
    }

    const fn at(&self, modality: Modality, place: Place) -> At<'_> {
        At { book: self, modality, place }
    }
}

/// One section of the book.
struct At<'a> {
    book: &'a Book,
    modality: Modality,
    place: Place,
}

impl At<'_> {
    fn range<T: Counted>(&self, limit: Limit) -> Range<T> {
        Range { soft: self.soft(limit), hard: self.hard(limit) }
    }

    fn soft<T: Counted>(&self, limit: Limit) -> Option<Bound<T>> {
        self.bound(limit, Tier::LibrarySoft)
    }

    fn hard<T: Counted>(&self, limit: Limit) -> Option<Bound<T>> {
        self.bound(limit, Tier::Library)
    }

    fn bound<T: Counted>(&self, limit: Limit, tier: Tier) -> Option<Bound<T>> {
        let value = self.book.find(self.modality, self.place, limit, tier)?;
        Some(Bound { value: T::from_count(value.count)?, source: value.source })
    }
}
