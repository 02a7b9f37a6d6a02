//! Which unit is simulated.

/// A model of the family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// Arroyo 4320 LaserSource: 20 A, no cooler.
    Source4320,
    /// Arroyo 6310 ComboSource: 1 A and a cooler.
    Combo6310,
    /// Newport 300-500B: a key.
    Newport,
}

impl Model {
    pub(super) fn has_key(self) -> bool {
        self == Self::Newport
    }

    pub(super) fn has_cooler(self) -> bool {
        self == Self::Combo6310
    }
}

/// A unit as it was built and set up.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Which model it is.
    pub model: Model,
    /// What it answers to `*IDN?`.
    pub identity: String,
    /// Its own number.
    pub serial: String,
    /// What it answers to `VER?`.
    pub firmware: String,
    /// How its answers end.
    pub ending: String,
    /// It says currents in amperes, not in milliamperes.
    pub amperes: bool,
    /// How many digits it says behind the point.
    pub decimals: u32,
    /// The limit of the current as somebody set it.
    pub limit_microamps: u32,
    /// The highest that the limit can be set to.
    pub most_microamps: u32,
    /// Delay between on and output.
    pub on_delay_millis: u16,
    /// How fast the current rises.
    pub rise_microamps_per_ms: u32,
    /// Below this the diode is dark.
    pub threshold_microamps: u32,
    /// How much light it gives above its threshold.
    pub slope_milliwatts_per_ampere: u32,
    /// From a question to the first byte of its answer.
    pub think_ns: u64,
}

impl Plan {
    /// A unit as a clinic has it: 15 A, a diode of 1 W for each ampere above the first.
    pub fn new(model: Model, serial: &str) -> Self {
        let name = match model {
            Model::Source4320 => "Arroyo 4320",
            Model::Combo6310 => "Arroyo 6310",
            Model::Newport => "Newport 300-500B",
        };
        Self {
            model,
            identity: format!("{name} {serial} v3.71"),
            serial: serial.to_owned(),
            firmware: "v3.71".to_owned(),
            ending: "\r\n".to_owned(),
            amperes: false,
            decimals: 1,
            limit_microamps: 15_000_000,
            most_microamps: 20_000_000,
            on_delay_millis: 0,
            rise_microamps_per_ms: 50_000,
            threshold_microamps: 1_000_000,
            slope_milliwatts_per_ampere: 1_000,
            think_ns: 4_000_000,
        }
    }
}
