//! Absurd prescriptions, limits and histories, drawn from a list of numbers.

use proptest::{collection::vec, prelude::*};
use safety::{
    Answer, ApplicatorCode, Area, AreaFluence, Bound, Checkable, Content, Dose, Energy, Exposure,
    Eyewear, Fluence, Flux, Frequency, Gate, GateRange, Laser, LaserPrescription, Limits, Line,
    MixRange, Nanos, OpticalDensity, Others, Overrides, Pemf, PemfPrescription, Permille, Power,
    Range, Region, Remaining, Screening, Side, Since, Site, Sites, Skin, SkinType, Slew, SourceId,
    Span, Technique, Waveform, Waveforms, Wavelength,
};

use crate::table::{all_overridden, laser_limits, neck, pemf_limits, permille};

/// Numbers of every size, with the ones that break arithmetic.
pub(crate) fn numbers() -> impl Strategy<Value = Draw> {
    let number = prop_oneof![
        Just(0),
        Just(1),
        Just(u64::from(u32::MAX)),
        Just(u64::MAX),
        1_u64..20_000,
        any::<u32>().prop_map(u64::from),
        any::<u64>(),
    ];
    vec(number, 200).prop_map(|numbers| Draw(numbers.into_iter()))
}

/// Draws values from a list of numbers.
#[derive(Debug)]
pub(crate) struct Draw(std::vec::IntoIter<u64>);

impl Draw {
    fn u64(&mut self) -> u64 {
        self.0.next().unwrap_or(0)
    }

    fn u32(&mut self) -> u32 {
        let raw = self.u64();
        u32::try_from(raw).unwrap_or(u32::MAX)
    }

    pub(crate) fn below(&mut self, count: usize) -> usize {
        (self.u64() % count as u64) as usize
    }

    fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.below(8) != 0).then(|| make(self))
    }

    fn permille(&mut self) -> Permille {
        permille(self.below(1_001) as u16)
    }

    fn answer(&mut self) -> Answer {
        [Answer::No, Answer::No, Answer::Yes, Answer::Unanswered][self.below(4)]
    }

    fn overrides(&mut self) -> Overrides {
        [Overrides::NONE, all_overridden()][self.below(2)]
    }

    pub(crate) fn site(&mut self) -> Site {
        let region = Region::ALL[self.below(Region::ALL.len())];
        let side = Side::ALL[self.below(3)];
        Site::new(region, side).unwrap_or(neck().site)
    }

    /// None, or a few, wherever they lie.
    fn sites(&mut self) -> Sites {
        let count = self.below(3);
        (0..count).map(|_| self.site()).collect()
    }

    fn wavelength(&mut self) -> Wavelength {
        let choice = [810, 980, 650, 1_064, 0, u16::MAX][self.below(6)];
        Wavelength::from_nanometres(choice)
    }

    fn range<T>(&mut self, make: impl Fn(u64) -> T) -> Range<T> {
        let mut bound = |index| {
            let value = make(self.u64());
            Some(Bound { value, source: SourceId::library(index).unwrap() })
        };
        Range { soft: bound(0), hard: bound(1) }
    }

    fn span<T>(&mut self, make: impl Fn(u32) -> T) -> Span<T> {
        Span { least: make(self.u32()), most: make(self.u32()) }
    }

    fn since(&mut self) -> Since {
        match self.below(2) {
            0 => Since::Never,
            _ => Since::Ago(Nanos::new(self.u64())),
        }
    }

    pub(crate) fn laser(&mut self) -> LaserPrescription {
        let gate = Gate::Pulsed {
            frequency: Frequency::from_millihertz(self.u32()),
            duty: self.permille(),
        };
        let mut mix = [None; 4];
        for content in &mut mix {
            *content = self
                .maybe(|draw| Content { wavelength: draw.wavelength(), share: draw.permille() });
        }
        let field = Area::from_square_millimetres(self.u32());
        let dwell = Nanos::new(self.u64());
        let points = self.u32();
        let fluence = Fluence::from_microjoules_per_cm2(self.u64());
        LaserPrescription {
            site: self.site(),
            touched: self.sites(),
            power: Power::from_milliwatts(self.u32()),
            mix,
            gate: [Gate::Continuous, gate][self.below(2)],
            spot: Area::from_square_millimetres(self.u32()),
            technique: [Technique::Scanning { field }, Technique::Stationary { points, dwell }]
                [self.below(2)],
            fluence: [AreaFluence::Field(fluence), AreaFluence::Spot(fluence)][self.below(2)],
            dose: Dose {
                quantity: Energy::from_picojoules(self.u64()),
                time: Nanos::new(self.u64()),
            },
            course: self.u32(),
            skin: Skin {
                kind: self
                    .maybe(|draw| [SkinType::One, SkinType::Four, SkinType::Six][draw.below(3)]),
                dark_field: self.answer(),
                test_spot: self.below(2) == 0,
            },
            epilepsy: self.answer(),
            eyewear: Eyewear {
                patient: self.maybe(|draw| OpticalDensity::from_tenths(draw.below(256) as u8)),
                operator: self.maybe(|draw| OpticalDensity::from_tenths(draw.below(256) as u8)),
                others: [Others::Nobody, Others::Unanswered][self.below(2)],
            },
            overrides: self.overrides(),
        }
    }

    pub(crate) fn field(&mut self) -> PemfPrescription {
        PemfPrescription {
            site: self.site(),
            touched: self.sites(),
            flux: Flux::from_microteslas(self.u32()),
            frequency: Frequency::from_millihertz(self.u32()),
            waveform: [Waveform::Sine, Waveform::Rectangular, Waveform::Triangular][self.below(3)],
            slew: Slew::from_micros(self.u32()),
            duty: self.permille(),
            dose: Dose {
                quantity: Exposure::from_femtotesla_seconds(self.u64()),
                time: Nanos::new(self.u64()),
            },
            course: self.u32(),
            applicator: ApplicatorCode(self.below(2) as u32 + 6),
            screening: Screening {
                implant: self.answer(),
                pregnancy: self.answer(),
                epilepsy: self.answer(),
                metal: self.answer(),
                bystander_implant: self.answer(),
                age_days: self.maybe(Self::u32),
            },
            overrides: self.overrides(),
        }
    }

    pub(crate) fn laser_limits(&mut self) -> Limits<Laser> {
        let mut limits = laser_limits();
        let site = &mut limits.library.cervical;
        site.power = self.range(|raw| Power::from_milliwatts(raw as u32));
        site.energy = self.range(Energy::from_picojoules);
        site.time = self.range(Nanos::new);
        site.field_fluence = self.range(Fluence::from_microjoules_per_cm2);
        limits.library.everywhere.day_energy = self.range(Energy::from_picojoules);
        limits.unit.power = self.maybe(|draw| draw.span(Power::from_milliwatts));
        limits.unit.power_step = self.maybe(|draw| Power::from_milliwatts(draw.u32()));
        limits.unit.rise = self.maybe(|draw| Nanos::new(draw.u64()));
        let step = self.permille();
        limits.unit.mix = self.maybe(|_| MixRange::Free { step });
        for line in &mut limits.unit.lines {
            *line = self.maybe(|draw| Line {
                wavelength: draw.wavelength(),
                most: Power::from_milliwatts(draw.u32()),
            });
        }
        limits.unit.gate = self.maybe(|draw| GateRange {
            frequency: draw.span(Frequency::from_millihertz),
            frequency_step: Frequency::from_millihertz(draw.u32()),
            duty: Span { least: draw.permille(), most: draw.permille() },
            duty_step: draw.permille(),
        });
        limits.tail = Nanos::new(self.u64());
        limits
    }

    pub(crate) fn field_limits(&mut self) -> Limits<Pemf> {
        let mut limits = pemf_limits();
        limits.library.head_neck.flux = self.range(|raw| Flux::from_microteslas(raw as u32));
        limits.library.head_neck.exposure = self.range(Exposure::from_femtotesla_seconds);
        limits.library.everywhere.session_time = self.range(Nanos::new);
        limits.unit.flux = self.maybe(|draw| draw.span(Flux::from_microteslas));
        limits.unit.flux_step = self.maybe(|draw| Flux::from_microteslas(draw.u32()));
        limits.unit.frequency_step = self.maybe(|draw| Frequency::from_millihertz(draw.u32()));
        limits.unit.waveforms = Waveforms { sine: true, rectangular: true, triangular: true };
        limits.tail = Nanos::new(self.u64());
        limits
    }

    pub(crate) fn spent<M: Checkable>(
        &mut self,
        dose: impl Fn(u64, Nanos) -> M::Dose,
    ) -> Remaining<M> {
        let mut dose = |draw: &mut Self| {
            draw.maybe(|draw| {
                let quantity = draw.u64();
                dose(quantity, Nanos::new(draw.u64()))
            })
        };
        let dose = &mut dose;
        Remaining {
            site: dose(self),
            visit: dose(self),
            day: dose(self),
            site_sessions: self.maybe(Self::u32),
            site_last: self.maybe(Self::since),
            week_sessions: self.maybe(Self::u32),
            course_sessions: self.maybe(Self::u32),
            needling: self.maybe(Self::since),
            trip: self.maybe(Self::since),
        }
    }
}
