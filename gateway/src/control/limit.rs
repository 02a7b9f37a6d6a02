//! Limits and what their numbers measure. The core and the API use the same names.

use proto::v1::{self, Quantity};
use safety::{Limit, Measure};

macro_rules! limits {
    ($($name:ident)*) => {
        /// A limit as the API names it.
        pub(crate) const fn shown(limit: Limit) -> v1::Limit {
            match limit { $(Limit::$name => v1::Limit::$name,)* }
        }

        /// A limit of the core. The ones that the gateway itself decides are none.
        pub(crate) const fn read(limit: v1::Limit) -> Option<Limit> {
            match limit {
                v1::Limit::Unspecified | v1::Limit::Validity | v1::Limit::Modality => None,
                $(v1::Limit::$name => Some(Limit::$name),)*
            }
        }
    };
}

limits! {
    Power LeastPower PeakPower LinePower Wavelength MixSum GateMode GateFrequencyLow
    GateFrequencyHigh DutyLow DutyHigh VisiblePulsing SpotArea FieldArea Irradiance SkinExposure
    PulseExposure Dwell AreaKind SpotFluence FieldFluence EffectiveSpotFluence
    EffectiveFieldFluence SiteEnergy VisitEnergy DayEnergy SiteTime VisitTime DayTime EffectiveTime
    Reach SiteSessions SiteInterval WeekSessions CourseSessions NeedlingInterval TripInterval
    SkinType DarkField SkinContent Ramp PatientEyewear OperatorEyewear OthersEyewear Calibration
    PowerStep MixStep FrequencyStep DutyStep FluxStep SlewStep Flux LeastFlux EffectiveFlux
    FrequencyLow FrequencyHigh Waveform Slew Nerve Exposure Implant Pregnancy Epilepsy Metal
    BystanderImplant ScreeningAge Applicator HeadNeck MotorThreshold ThresholdMultiple Intensity
    LeastIntensity IntensityStep PulseRateLow PulseRateHigh TrainPulses LeastTrainPulses TrainTime
    TrainWait Trains SitePulses DayPulses
}

/// How a number of the core becomes one of the API.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    pub(crate) quantity: Quantity,
    /// What people read after the number.
    pub(crate) unit: &'static str,
    /// So many of the core's are one of the API's.
    pub(crate) per: u64,
    /// One of the core's is so many of the API's.
    pub(crate) times: u64,
}

/// What the numbers of a measure become.
pub(crate) const fn scale(measure: Measure) -> Scale {
    match measure {
        Measure::Milliwatts => same(Quantity::PowerMilliwatts, "mW"),
        Measure::MilliwattsPerSecond => same(Quantity::PowerRateMilliwattsPerSecond, "mW/s"),
        Measure::Nanometres => same(Quantity::WavelengthNanometres, "nm"),
        Measure::Permille => same(Quantity::SharePermille, "‰"),
        Measure::Millihertz => same(Quantity::FrequencyMillihertz, "mHz"),
        Measure::SquareMillimetres => same(Quantity::AreaSquareMillimetres, "mm²"),
        Measure::MicrowattsPerCm2 => {
            coarser(Quantity::IrradianceMilliwattsPerSquareCentimetre, "mW/cm²", 1_000)
        }
        Measure::MicrojoulesPerCm2 => {
            coarser(Quantity::FluenceMillijoulesPerSquareCentimetre, "mJ/cm²", 1_000)
        }
        Measure::Picojoules => coarser(Quantity::EnergyMillijoules, "mJ", 1_000_000_000),
        Measure::Nanoseconds => coarser(Quantity::TimeMilliseconds, "ms", 1_000_000),
        Measure::Micros => same(Quantity::TimeMicroseconds, "µs"),
        Measure::Days => same(Quantity::TimeDays, "days"),
        Measure::Count => same(Quantity::Count, "times"),
        Measure::TenthsOfDensity => {
            let fine = same(Quantity::OpticalDensityHundredths, "hundredths of optical density");
            Scale { times: 10, ..fine }
        }
        Measure::Microteslas => same(Quantity::FluxDensityMicroteslas, "µT"),
        Measure::FemtoteslaSeconds => {
            coarser(Quantity::ExposureMicroteslaSeconds, "µT·s", 1_000_000_000)
        }
        Measure::Answer => same(Quantity::Answer, "(0 is no, 1 is yes)"),
        Measure::Code => same(Quantity::Code, "(a code)"),
    }
}

const fn same(quantity: Quantity, unit: &'static str) -> Scale {
    Scale { quantity, unit, per: 1, times: 1 }
}

const fn coarser(quantity: Quantity, unit: &'static str, per: u64) -> Scale {
    Scale { quantity, unit, per, times: 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_goes_out_and_comes_back() {
        for limit in Limit::ALL {
            assert_eq!(read(shown(*limit)), Some(*limit));
        }
    }
}
