//! Decides what one therapy unit may do.
//!
//! One function changes a [`Supervisor`]: [`step`](Supervisor::step). The others read it. One
//! function makes what a session may deliver: [`check`](check()).
//!
//! This package is `no_std`, allocates nothing and has no dependencies, so it cannot read a clock,
//! open a port or spawn a task. Time enters as the `now` of each step.

#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

mod account;
mod admitted;
mod cause;
mod ceiling;
mod check;
mod command;
mod contact;
mod curve;
mod decision;
mod finding;
mod laser;
mod laser_check;
mod laser_limits;
mod limits;
mod meter;
mod meter_check;
mod modality;
pub mod nerve;
mod order;
mod pemf;
mod pemf_check;
mod pemf_limits;
mod prescription;
mod quantity;
mod question;
mod report;
mod root;
mod run;
mod screening;
mod session;
mod set;
mod site;
mod sites;
pub mod skin;
mod step;
mod stimulator;
mod stimulator_check;
mod stimulator_limits;
mod stimulator_unit;
mod supervisor;
mod terms;
mod time;
mod warning;

pub use admitted::Admitted;
pub use cause::{CAUSES, Cause, Causes, Latched, Release, Scope};
pub use check::{Checkable, Checked, check};
pub use command::{Beacon, Command, Fence, Refusal};
pub use contact::{
    CLOSES_WITHIN, Contact, ContactInput, ContactTerms, Flaw, Grounds, NotClosed, OPENS_WITHIN,
    PROOF_CLOSES, PROOF_DROPS, PROOF_HOLDS, Proof, STEPPED_WITHIN,
};
pub use curve::{CurveError, Drive, POINTS_MAX, PowerCurve};
pub use decision::{Decision, Direction, Limit, Measure, Overrides, SourceId, Tier, Verdict};
pub use finding::{Allowance, Finding, Findings};
pub use laser::{Gate, Laser, LaserLevel, WAVELENGTHS_MAX};
pub use laser_limits::{
    GateRange, LaserEverywhere, LaserLibrary, LaserSiteLimits, LaserUnit, Line, MixRange,
};
pub use limits::{Bound, Contradiction, Fault, Limits, Place, Range, Remaining, Since, Span};
pub use meter_check::{CHECK_HOLDS, METER_TOLERANCE, MeterCheck, MeterChecks, MeterProof, agrees};
pub use modality::{Dose, LaserDose, Modality, PemfDose};
pub use order::{Demand, Grant, Order, Setting};
pub use pemf::{Pemf, PemfLevel, Waveform};
pub use pemf_limits::{PemfEverywhere, PemfLibrary, PemfSiteLimits, PemfUnit, Waveforms};
pub use prescription::{
    Answer, ApplicatorCode, AreaFluence, Content, Eyewear, LaserPrescription, Others,
    PemfPrescription, Screening, Skin, SkinType, StimulatorPrescription, Technique,
};
pub use quantity::{
    Area, Energy, Exposure, Fluence, Flux, FluxRate, Frequency, Integral, Irradiance, Multiple,
    OpticalDensity, Output, Permille, Power, PowerRate, Pulses, Slew, Temperature, Wavelength,
    over, until,
};
pub use report::{BootId, Contacts, Emission, Fact, Identity, Report};
pub use run::{Pace, Run};
pub use session::{End, Ended, Outcome, Slice, SliceId};
pub use site::{FieldGroup, Group, Region, Side, Site};
pub use sites::Sites;
pub use stimulator::{Pulsing, Stimulator, StimulatorDose, StimulatorLevel};
pub use stimulator_limits::{StimulatorEverywhere, StimulatorLibrary, StimulatorSiteLimits};
pub use stimulator_unit::{BANDS_MAX, Band, Bands, PulseEnergy, Recovery, StimulatorUnit};
pub use supervisor::{Beam, Input, SessionStatus, State, Status, Supervisor};
pub use terms::{
    ALARM_WINDOW, BEACON, CoilLimits, FOOTSWITCH_OPEN, FROZEN, SLICE, Terms, Timing, VALIDITY,
};
pub use time::{Instant, Nanos};
pub use warning::{Warning, Warnings};
