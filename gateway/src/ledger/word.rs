//! The words that records use for our enums. A word that was written is never changed.

use safety::{Answer, Cause, Finding, Outcome, Region, Side, SkinType, Waveform};

use crate::directory::Modality;

/// An enum that records name by words.
pub(super) trait Word: Sized {
    fn word(self) -> &'static str;
    fn from_word(word: &str) -> Option<Self>;
}

macro_rules! words {
    ($kind:ident { $($variant:ident: $word:literal),* $(,)? }) => {
        impl Word for $kind {
            fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

words!(Modality { Laser: "laser", Pemf: "pemf", Stimulator: "stimulator" });
words!(Side { Left: "left", Midline: "midline", Right: "right" });
words!(Answer { Unanswered: "unanswered", No: "no", Yes: "yes" });
words!(Waveform { Sine: "sine", Rectangular: "rectangular", Triangular: "triangular" });
words!(SkinType { One: "I", Two: "II", Three: "III", Four: "IV", Five: "V", Six: "VI" });
words!(Outcome { Complete: "complete", Partial: "partial", Under: "under", Aborted: "aborted" });
words!(Finding { CountsDiffer: "counts_differ", Unseen: "unseen", Debt: "debt" });
words!(Region {
    Forehead: "forehead",
    Temple: "temple",
    Jaw: "jaw",
    Parietal: "parietal",
    Vertex: "vertex",
    Occiput: "occiput",
    Suboccipital: "suboccipital",
    PosteriorNeck: "posterior_neck",
    Trapezius: "trapezius",
    Shoulder: "shoulder",
    UpperBack: "upper_back",
    LowerBack: "lower_back",
    UpperArm: "upper_arm",
    Forearm: "forearm",
    Hand: "hand",
    InnerThigh: "inner_thigh",
    Knee: "knee",
    LowerLeg: "lower_leg",
    Foot: "foot",
});
words!(Cause {
    LinkSilence: "link_silence",
    Reboot: "reboot",
    Interlock: "interlock",
    KeyOff: "key_off",
    Applicator: "applicator",
    UnexpectedOff: "unexpected_off",
    ErrorRate: "error_rate",
    StopAll: "stop_all",
    UnitFault: "unit_fault",
    SettingDiffers: "setting_differs",
    StuckOn: "stuck_on",
    StopUnconfirmed: "stop_unconfirmed",
    Deviation: "deviation",
    FrozenReadBack: "frozen_read_back",
    Identity: "identity",
    EmergencyStop: "emergency_stop",
    RelayMismatch: "relay_mismatch",
    RepeatedStops: "repeated_stops",
    OverTemperature: "over_temperature",
    SensorMissing: "sensor_missing",
    Ledger: "ledger",
    Audit: "audit",
    Lateness: "lateness",
    LostRecord: "lost_record",
    Suspend: "suspend",
    ClockBack: "clock_back",
    OpenMark: "open_mark",
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::word;

    /// What is read in the ledger is found again in the log and in telemetry.
    #[test]
    fn the_ledger_names_things_by_the_words_of_telemetry() {
        for cause in Cause::ALL {
            assert_eq!(cause.word(), word::cause(*cause));
        }
        for finding in Finding::ALL {
            assert_eq!(finding.word(), word::finding(*finding));
        }
    }
}
