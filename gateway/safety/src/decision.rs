//! What was decided for each limit: asked, allowed, by which source, and which source won.
//!
//! A decision carries plain counts, so that every limit can stand in one list. What a count means
//! is said by the [`Measure`] of its [`Limit`]. Nothing here knows a patient, a file or a role.

macro_rules! limits {
    ($($(#[$doc:meta])* $name:ident: $measure:ident, $direction:ident, $text:literal;)*) => {
        /// Everything that is limited. Each limit has one direction, so that overriding a lower
        /// bound never overrides an upper one.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Limit {
            $($(#[$doc])* $name,)*
        }

        impl Limit {
            /// Every limit there is, in the order of their places in [`Overrides`].
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// What the counts of its decisions count.
            pub const fn measure(self) -> Measure {
                match self { $(Self::$name => Measure::$measure,)* }
            }

            /// On which side of its bound a value must lie.
            pub const fn direction(self) -> Direction {
                match self { $(Self::$name => Direction::$direction,)* }
            }

            /// Its name in words.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

limits! {
    /// Average laser power.
    Power: Milliwatts, Upper, "average power";
    /// The least laser power that the unit can hold.
    LeastPower: Milliwatts, Lower, "least power of the unit";
    /// Laser power during a pulse.
    PeakPower: Milliwatts, Upper, "peak power";
    /// Average power at one wavelength.
    LinePower: Milliwatts, Upper, "power at one wavelength";
    /// A wavelength that the unit must have (LAS-15).
    Wavelength: Nanometres, Member, "wavelength";
    /// The shares of a wavelength mix must add up to the whole (LAS-15).
    MixSum: Permille, Member, "sum of the wavelength mix";
    /// Whether the unit can emit continuously, or in pulses.
    GateMode: Code, Member, "gate mode";
    /// Pulses per second, from below.
    GateFrequencyLow: Millihertz, Lower, "lowest gate frequency";
    /// Pulses per second, from above.
    GateFrequencyHigh: Millihertz, Upper, "highest gate frequency";
    /// The share of a period with emission, from below.
    DutyLow: Permille, Lower, "lowest duty";
    /// The share of a period with emission, from above.
    DutyHigh: Permille, Upper, "highest duty";
    /// Visible pulses must be faster than this for a patient with epilepsy.
    VisiblePulsing: Millihertz, Lower, "visible pulsing with epilepsy";
    /// The lit spot must not be smaller than this.
    SpotArea: SquareMillimetres, Lower, "spot area";
    /// A scanned field must not be smaller than the spot that scans it.
    FieldArea: SquareMillimetres, Lower, "area of the field";
    /// Average irradiance of the spot.
    Irradiance: MicrowattsPerCm2, Upper, "irradiance of the spot";
    /// Exposure of resting skin as a multiple of what the standard permits, all wavelengths added.
    SkinExposure: Permille, Upper, "skin exposure of a stationary spot";
    /// Exposure by one pulse as a multiple of what the standard permits for it.
    PulseExposure: Permille, Upper, "skin exposure of one pulse";
    /// How long the spot rests (LAS-17).
    Dwell: Nanoseconds, Upper, "dwell";
    /// Whether the prescribed fluence names the area that the technique lights.
    AreaKind: Code, Member, "kind of area";
    /// Fluence over the spot.
    SpotFluence: MicrojoulesPerCm2, Upper, "fluence over the spot";
    /// Fluence over the scanned field.
    FieldFluence: MicrojoulesPerCm2, Upper, "fluence over the field";
    /// Fluence over the spot below this is taken to have no effect (CFG-03).
    EffectiveSpotFluence: MicrojoulesPerCm2, Lower, "least effective fluence over the spot";
    /// Fluence over the field below this is taken to have no effect (CFG-03).
    EffectiveFieldFluence: MicrojoulesPerCm2, Lower, "least effective fluence over the field";
    /// Energy at one site in one visit.
    SiteEnergy: Picojoules, Upper, "energy at the site";
    /// Energy for the patient in one visit.
    VisitEnergy: Picojoules, Upper, "energy in the visit";
    /// Energy for the patient in 24 hours.
    DayEnergy: Picojoules, Upper, "energy in 24 hours";
    /// Emission time at one site in one visit.
    SiteTime: Nanoseconds, Upper, "emission time at the site";
    /// Emission time for the patient in one visit.
    VisitTime: Nanoseconds, Upper, "emission time in the visit";
    /// Emission time for the patient in 24 hours.
    DayTime: Nanoseconds, Upper, "emission time in 24 hours";
    /// A session shorter than this is taken to have no effect (CFG-03).
    EffectiveTime: Nanoseconds, Lower, "least effective time";
    /// The time limit must leave room for the dose at the level asked for.
    Reach: Nanoseconds, Lower, "time that the dose needs";
    /// Sessions at one site in 24 hours (SES-15).
    SiteSessions: Count, Upper, "sessions at the site in 24 hours";
    /// Time since the last session at the site (SES-15).
    SiteInterval: Nanoseconds, Lower, "time since the last session at the site";
    /// Sessions in seven days (SES-15).
    WeekSessions: Count, Upper, "sessions in 7 days";
    /// Sessions in the course, before it must be reviewed (SES-15).
    CourseSessions: Count, Upper, "sessions in the course";
    /// Time since dry needling at the site (SES-16).
    NeedlingInterval: Nanoseconds, Lower, "time since needling at the site";
    /// Time since a thermal trip at the site (SES-16).
    TripInterval: Nanoseconds, Lower, "time since a thermal trip at the site";
    /// The skin type must be known (LAS-16).
    SkinType: Code, Member, "skin type";
    /// Whether tattoo, dense hair or tan in the field was asked for (LAS-16).
    DarkField: Answer, Member, "tattoo, hair or tan in the field";
    /// The share of the power at wavelengths that dark skin must not get (LAS-16).
    SkinContent: Permille, Upper, "content that dark skin absorbs";
    /// How fast the power rises (LAS-20).
    Ramp: MilliwattsPerSecond, Upper, "rise of the power";
    /// Optical density of the patient's eyewear (LAS-13).
    PatientEyewear: TenthsOfDensity, Lower, "eyewear of the patient";
    /// Optical density of the operator's eyewear (LAS-13).
    OperatorEyewear: TenthsOfDensity, Lower, "eyewear of the operator";
    /// The weakest eyewear of anybody else in the room (LAS-13).
    OthersEyewear: TenthsOfDensity, Lower, "eyewear of others";
    /// Days until the calibration is due (LAS-19, CFG-08).
    Calibration: Days, Lower, "days until calibration";
    /// How far the unit's nearest lower power is from the power asked for (COM-09).
    PowerStep: Permille, Upper, "deviation by the steps of power";
    /// How far the unit's mix is from the mix asked for (COM-09).
    MixStep: Permille, Upper, "deviation by the steps of the mix";
    /// How far the unit's nearest lower frequency is from the one asked for (COM-09).
    FrequencyStep: Permille, Upper, "deviation by the steps of frequency";
    /// How far the unit's nearest lower duty is from the one asked for (COM-09).
    DutyStep: Permille, Upper, "deviation by the steps of duty";
    /// How far the unit's nearest lower flux density is from the one asked for (COM-09).
    FluxStep: Permille, Upper, "deviation by the steps of flux density";
    /// How far the unit's nearest lower slew is from the one asked for (COM-09).
    SlewStep: Permille, Upper, "deviation by the steps of slew";
    /// Peak flux density.
    Flux: Microteslas, Upper, "peak flux density";
    /// The least flux density that the unit can hold: a value given in the wrong unit of measure
    /// falls outside of the band between this and the unit's highest (PEM-09).
    LeastFlux: Microteslas, Lower, "least flux density of the unit";
    /// A field weaker than this is taken to have no effect (CFG-03).
    EffectiveFlux: Microteslas, Lower, "least effective flux density";
    /// Field periods per second, from below.
    FrequencyLow: Millihertz, Lower, "lowest frequency";
    /// Field periods per second, from above.
    FrequencyHigh: Millihertz, Upper, "highest frequency";
    /// A waveform that the unit must have.
    Waveform: Code, Member, "waveform";
    /// The fastest rise that the unit can make. Unknown refuses (PEM-02).
    Slew: Micros, Lower, "slew";
    /// The slew of the field as a share of what stimulates nerves (PEM-01, PEM-02).
    Nerve: Permille, Upper, "share of the nerve-stimulation curve";
    /// Exposure at one site in one visit.
    Exposure: FemtoteslaSeconds, Upper, "exposure at the site";
    /// A pacemaker or another active implant in the patient (PEM-05).
    Implant: Answer, Upper, "implant";
    /// Pregnancy (PEM-05).
    Pregnancy: Answer, Upper, "pregnancy";
    /// Epilepsy or another seizure disorder (PEM-05, SES-04).
    Epilepsy: Answer, Upper, "epilepsy";
    /// Metal in the head or neck (PEM-05).
    Metal: Answer, Upper, "metal in head or neck";
    /// An implant in a person beside the patient (PEM-05).
    BystanderImplant: Answer, Upper, "implant of a bystander";
    /// How old the answers are (PEM-05).
    ScreeningAge: Days, Upper, "age of the screening";
    /// The applicator must be the one of the profile (PEM-07).
    Applicator: Code, Member, "applicator";
    /// Magnetic stimulation at the head or the neck (PEM-03).
    HeadNeck: Answer, Upper, "stimulation of head or neck";
    /// The motor threshold, which must be known and within what the unit can discharge.
    MotorThreshold: Permille, Upper, "motor threshold";
    /// Intensity of stimulation as a multiple of the motor threshold.
    ThresholdMultiple: Permille, Upper, "intensity of the motor threshold";
    /// Intensity of stimulation as a share of the most that the unit discharges.
    Intensity: Permille, Upper, "intensity";
    /// The least intensity that the unit can be set to.
    LeastIntensity: Permille, Lower, "least intensity of the unit";
    /// How far the unit's nearest lower intensity is from the one asked for (COM-09).
    IntensityStep: Permille, Upper, "deviation by the steps of intensity";
    /// Pulses per second within a train, from below.
    PulseRateLow: Millihertz, Lower, "lowest pulse rate";
    /// Pulses per second within a train, from above.
    PulseRateHigh: Millihertz, Upper, "highest pulse rate";
    /// Pulses in one train, from above.
    TrainPulses: Count, Upper, "pulses in a train";
    /// Pulses in one train, from below.
    LeastTrainPulses: Count, Lower, "fewest pulses in a train";
    /// The time of one train, which nobody can break off.
    TrainTime: Nanoseconds, Upper, "time of a train";
    /// The wait from the end of a train to the next.
    TrainWait: Nanoseconds, Lower, "wait between trains";
    /// Trains in one session.
    Trains: Count, Lower, "trains";
    /// Pulses at one site in one visit.
    SitePulses: Count, Upper, "pulses at the site";
    /// Pulses for the patient in 24 hours.
    DayPulses: Count, Upper, "pulses in 24 hours";
}

/// What a count in a decision counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// mW.
    Milliwatts,
    /// mW/s.
    MilliwattsPerSecond,
    /// nm.
    Nanometres,
    /// Thousandths of a whole or of a reference.
    Permille,
    /// mHz.
    Millihertz,
    /// mm².
    SquareMillimetres,
    /// µW/cm².
    MicrowattsPerCm2,
    /// µJ/cm².
    MicrojoulesPerCm2,
    /// pJ.
    Picojoules,
    /// ns.
    Nanoseconds,
    /// µs.
    Micros,
    /// Days.
    Days,
    /// A number of times.
    Count,
    /// Tenths of an optical density.
    TenthsOfDensity,
    /// µT.
    Microteslas,
    /// fT·s.
    FemtoteslaSeconds,
    /// 0 is no, 1 is yes.
    Answer,
    /// A code whose meaning the limit defines; it is compared, never measured.
    Code,
}

/// On which side of its bound a value must lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// At the bound or below.
    Upper,
    /// At the bound or above.
    Lower,
    /// Equal to the bound.
    Member,
}

/// What became of a value at one bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// On the right side of the bound.
    Within,
    /// Beyond a soft bound, and nobody gave a reason.
    SoftExceeded,
    /// Beyond a soft bound, which a person overrode with a reason (DOS-07).
    Overridden,
    /// Beyond a bound that nobody can override.
    Refused,
    /// The value or the bound is not known. What is unknown is refused (DOS-03).
    Missing,
}

impl Verdict {
    /// Whether emission may still be permitted.
    pub const fn permits(self) -> bool {
        match self {
            Self::Within | Self::Overridden => true,
            Self::SoftExceeded | Self::Refused | Self::Missing => false,
        }
    }
}

/// Where a bound comes from, in the order of precedence between equal bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// What the unit can do.
    Capability,
    /// What this package never permits, whatever is configured.
    Ceiling,
    /// The clinic's limits library: a hard limit.
    Library,
    /// The prescription itself.
    Prescription,
    /// What earlier sessions left of the library's hard limit.
    Remaining,
    /// The clinic's limits library: a limit that a person may override with a reason.
    LibrarySoft,
}

/// Names the source of a bound. The gateway knows which file, line and revision it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(u16);

impl SourceId {
    /// The ceilings compiled into this package.
    pub const CEILING: Self = Self(0);
    /// The profile of the unit.
    pub const CAPABILITY: Self = Self(1);
    /// The prescription.
    pub const PRESCRIPTION: Self = Self(2);
    /// The ledger.
    pub const REMAINING: Self = Self(3);
    /// The skin-type table compiled into this package.
    pub const SKIN_TYPE: Self = Self(4);

    /// A value that a limits library should hold and does not.
    pub const LIBRARY: Self = Self(5);

    /// The `index`-th value of a limits library, if so many can be told apart.
    pub const fn library(index: u16) -> Option<Self> {
        match index.checked_add(FIRST_OF_LIBRARY) {
            Some(id) => Some(Self(id)),
            None => None,
        }
    }

    /// The inverse of [`library`](Self::library): `None` for the ids of this package.
    pub const fn library_index(self) -> Option<u16> {
        self.0.checked_sub(FIRST_OF_LIBRARY)
    }
}

/// One limit, one source, and what became of the value there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decision {
    /// What is limited.
    pub limit: Limit,
    /// What became of it.
    pub verdict: Verdict,
    /// What was asked for, after quantisation; with the tail where a hard limit needs room for it.
    /// `None` is unknown.
    pub requested: Option<u64>,
    /// What this source permits. `None` is unknown, or no such member.
    pub bound: Option<u64>,
    /// What kind of source it is.
    pub tier: Tier,
    /// The source.
    pub source: SourceId,
    /// Whether this is the strictest of the sources of this limit that cannot be overridden: the
    /// effective limit.
    pub binding: bool,
}

impl Decision {
    /// On which side of the bound the value must lie.
    pub const fn direction(&self) -> Direction {
        self.limit.direction()
    }

    /// What both counts count.
    pub const fn measure(&self) -> Measure {
        self.limit.measure()
    }
}

/// The limits whose soft bound a person overrode. Who, in which role and why is known elsewhere
/// (DOS-07).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Overrides(u128);

impl Overrides {
    /// Nothing is overridden.
    pub const NONE: Self = Self(0);

    /// These, and `limit`.
    #[must_use]
    pub fn with(self, limit: Limit) -> Self {
        Self(self.0 | Self::bit(limit))
    }

    /// Whether `limit` is overridden.
    pub fn holds(self, limit: Limit) -> bool {
        self.0 & Self::bit(limit) != 0
    }

    /// A limit beyond the width of the set has no bit, so it cannot be overridden.
    fn bit(limit: Limit) -> u128 {
        let place = Limit::ALL.iter().position(|each| *each == limit);
        let place = place.and_then(|place| u32::try_from(place).ok());
        place.and_then(|place| 1_u128.checked_shl(place)).unwrap_or(0)
    }
}

/// Ids below this are reserved for sources inside this package.
const FIRST_OF_LIBRARY: u16 = 16;
