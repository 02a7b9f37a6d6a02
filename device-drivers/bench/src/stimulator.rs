//! What a stimulator is prescribed and permitted in these tests.

use safety::{
    ApplicatorCode, Band, Bands, CoilLimits, Energy, Frequency, Limits, Multiple, Nanos, Output,
    Overrides, Pace, Permille, Power, PulseEnergy, Pulsing, Recovery, Region, Side, Site, Sites,
    Span, Stimulator, StimulatorEverywhere, StimulatorLevel, StimulatorLibrary,
    StimulatorPrescription, StimulatorSiteLimits, StimulatorUnit, Terms, Timing,
};

use super::{
    limits::{Permitted, SCREENING, bound, range},
    room::Treatment,
};

impl Permitted for Stimulator {
    /// Four trains of nine pulses at 10 Hz and 55 %, two seconds apart.
    fn prescription() -> StimulatorPrescription {
        StimulatorPrescription {
            site: Site::new(Region::Forearm, Side::Left).unwrap(),
            touched: Sites::NONE,
            motor_threshold: Permille::new(500).unwrap(),
            intensity: Multiple::from_thousandths(1_100),
            rate: Frequency::from_millihertz(10_000),
            train_pulses: 9,
            trains: 4,
            wait: Nanos::from_secs(2),
            course: 10,
            coil: ApplicatorCode(60),
            screening: SCREENING,
            overrides: Overrides::default(),
        }
    }

    fn limits() -> Limits<Self> {
        let library = StimulatorLibrary {
            trunk_limb: StimulatorSiteLimits {
                intensity: range(Multiple::from_thousandths(1_300)),
                rate: range(Frequency::from_millihertz(25_000)),
                train_time: range(Nanos::from_millis(1_000)),
                wait: range(Nanos::from_millis(500)),
                pulses: range(3_000),
                energy: range(Energy::from_millijoules(400_000_000)),
                interval: bound(Nanos::ZERO),
            },
            everywhere: StimulatorEverywhere {
                day_pulses: range(6_000),
                week_sessions: range(7),
                course_sessions: range(30),
                trip_interval: bound(Nanos::ZERO),
            },
        };
        Limits { library, unit: unit(), tail: Nanos::from_secs(2) }
    }
}

/// A Rapid² by its vendor's numbers.
fn unit() -> StimulatorUnit {
    let percent = Permille::new(10).unwrap();
    let hertz = Frequency::from_millihertz;
    let rates =
        Band { up_to: Permille::WHOLE, value: Span { least: hertz(100), most: hertz(25_000) } };
    StimulatorUnit {
        intensity: Some(Span { least: percent, most: Permille::WHOLE }),
        intensity_step: Some(percent),
        rates: Bands::new(&[rates]).unwrap(),
        rate_step: Some(hertz(100)),
        train_pulses: Some(Span { least: 1, most: 6_000 }),
        least_wait: Some(Nanos::from_millis(500)),
        pulse_energy: Some(ENERGY),
        recovery: Some(Recovery::Supply {
            sustained: Power::from_milliwatts(1_050_000),
            minute: Energy::from_millijoules(63_000_000),
        }),
        applicator: Some(ApplicatorCode(60)),
        calibration_days: Some(100),
    }
}

impl Treatment<Stimulator> {
    /// The prescription above, by a unit that takes two seconds to get ready.
    pub fn stimulator() -> Self {
        let terms = Terms {
            timing: Timing::STIMULATOR,
            lease: Nanos::from_millis(1_000),
            rise: Nanos::from_secs(2),
            off_below: off_below(),
            second_enable: false,
            coil: Some(CoilLimits::STANDARD),
            pace: Pace::Continuous,
            frozen: None,
        };
        Self { prescription: Stimulator::prescription(), limits: Stimulator::limits(), terms }
    }

    /// Single pulses, four seconds apart.
    pub fn single_pulses() -> Self {
        let mut treatment = Self::stimulator();
        treatment.prescription.train_pulses = 1;
        treatment.prescription.rate = Frequency::from_millihertz(2_000);
        treatment.prescription.wait = Nanos::from_secs(4);
        treatment
    }
}

/// Half a pulse per second is none.
pub fn off_below() -> Pulsing {
    Output::from_count(500)
}

/// The vendor's table of a Rapid² (TDb 087).
pub const ENERGY: PulseEnergy = PulseEnergy::Square { microjoules: 25_200 };

/// So much percent, at so many millihertz, so many pulses, and five seconds of rest.
pub fn level(percent: u16, rate: u32, pulses: u32) -> StimulatorLevel {
    let intensity = Permille::new(percent * 10).unwrap();
    let pulse_energy = ENERGY.at(intensity).unwrap();
    let rate = Frequency::from_millihertz(rate);
    StimulatorLevel { intensity, rate, pulses, wait: Nanos::from_secs(5), pulse_energy }
}
