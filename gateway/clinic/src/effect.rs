//! Everything that a clinic wants done.

use alloc::vec::Vec;

use device_drivers::Frame;
use safety::{Cause, End, Fence, Findings, Instant, MeterProof, Outcome, Proof, Refusal, SliceId};

use crate::{
    evidence::Attested,
    kind::{AnyChecked, AnyDose, AnyPrescription, AnyStatus},
    name::{CallId, EntryId, LineId, PatientKey, SessionId, UnitId},
    traffic::Traffic,
};

/// Something to be done outside, in the order in which it is told.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Write a frame. A line is given no other, not even one that stops, before it was told that
    /// this one was written.
    Write(LineId, Frame),
    /// Make an entry durable, and say what became of it.
    Enter(EntryId, Entry),
    /// Answer a call.
    Answer(CallId, Answer),
    /// Show how a unit stands: [`Clinic::shown`](crate::Clinic::shown) has it. May be dropped for a
    /// newer one.
    Show(UnitId),
    /// Tell what changed. Must not be dropped: a loss is itself a cause.
    Tell(Change),
    /// Whether the contact in a unit's interlock may be closed. Nothing has to be done: a board that
    /// has the contact is told by frames.
    Relay(UnitId, bool),
}

/// What the ledger keeps.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Entry {
    /// A session is about to emit: with its first slice (SES-08).
    Open {
        /// The session.
        session: SessionId,
        /// Its unit.
        unit: UnitId,
        /// Its patient.
        patient: PatientKey,
        /// What was confirmed.
        prescription: AnyPrescription,
        /// SHA-256 over the values that the operator confirmed.
        hash: [u8; 32],
        /// Everything it may have charged in the end.
        up_to: AnyDose,
    },
    /// A session may charge more.
    Slice {
        /// The session.
        session: SessionId,
        /// The slice.
        slice: SliceId,
        /// Everything it may have charged in the end.
        up_to: AnyDose,
    },
    /// A session ended.
    Settle {
        /// The session.
        session: SessionId,
        /// How.
        summary: Summary,
    },
    /// Emission that belongs to no session: charged to the last patient of the unit, and to nobody
    /// until a person decides.
    Stray {
        /// The unit.
        unit: UnitId,
        /// Its last patient, if it had one.
        patient: Option<PatientKey>,
        /// All of it since the gateway started: cumulative.
        dose: AnyDose,
    },
    /// A cause was latched.
    Latch(UnitId, Cause),
    /// A cause was released.
    Release(UnitId, Cause),
    /// The contact in the interlock of a unit was proven, and passed or not.
    Proof(UnitId, bool),
    /// The output of a unit was measured by a person.
    Meter {
        /// The unit.
        unit: UnitId,
        /// A hash over how it is calibrated.
        calibration: [u8; 32],
        /// Whether the meter agreed with what it was told.
        passed: bool,
        /// What was measured, and who answers for it.
        attested: Attested,
    },
    /// A person reviewed a session in which something was found: its patient may be treated again.
    Review(SessionId),
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Summary {
    /// What was prescribed.
    pub prescribed: AnyDose,
    /// What counts against every limit.
    pub charged: AnyDose,
    /// What was delivered, at best knowledge.
    pub delivered: AnyDose,
    /// What was charged above the hard budget.
    pub debt: AnyDose,
    /// Why.
    pub end: End,
    /// How much it gave.
    pub outcome: Outcome,
    /// Whether off was never proven.
    pub uncertain: bool,
    /// What a person has to judge before the patient's next session.
    pub findings: Findings,
}

/// How a call was answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// All decisions.
    Checked(AnyChecked),
    /// The session is open, and this is what its commands carry.
    Confirmed(SessionId, Fence),
    /// Taken. The epoch stands as it was.
    Accepted(Fence),
    /// The cause is cleared but on these units, which hold it for these reasons.
    Released(Vec<(UnitId, Refusal)>),
    /// The session is reviewed. This had been found in it.
    Reviewed(Findings),
    /// What is known of the stop of a unit.
    Stopped(UnitId, StopProof),
    /// Not taken.
    Refused(Refused),
}

/// The instants of one stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StopProof {
    /// When it was taken.
    pub accepted: Instant,
    /// When the port had taken the last byte of the first frame that stops.
    pub written: Option<Instant>,
    /// When off was confirmed by a fact that was asked for after the stop was taken.
    pub confirmed: Option<Instant>,
}

/// Why a call changed nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Refused {
    /// The unit's own reason.
    Unit(Refusal),
    /// The prescription does not pass its limits: all decisions.
    Prescription(AnyChecked),
    /// The unit cannot do these values exactly; check again and confirm what it can do.
    NotQuantised(AnyChecked),
    /// The prescription is of another modality than the unit.
    WrongModality,
    /// The patient is under treatment on another unit.
    PatientBusy,
    /// An open mark of this patient has yet to be reconciled.
    PatientLocked,
    /// Something was found in the dose of this session of the patient, and nobody has reviewed it.
    ReviewOpen(SessionId),
    /// No such session waits to be reviewed.
    UnknownReview,
    /// No such unit.
    UnknownUnit,
    /// A script may not hold a unit that is real.
    ScriptHold,
    /// Too much is under way; try again.
    TooMany,
    /// The request id was used for something else.
    RequestReused,
    /// The space that is kept for the ledger has run low.
    LowSpace,
    /// A part of the gateway has ended that should not have.
    Impaired,
    /// The gateway is shutting down.
    ShuttingDown,
    /// The contact in its interlock was not proven within a day, or failed.
    RelayUnproven,
    /// A laser without a door switch is not started (LCK-05).
    NoDoor,
    /// Its contact cannot be proven now: it has none, is not in STANDBY without a session, does not
    /// show its interlock closed, or another proof goes on.
    CannotProve,
    /// It is real, and nobody has signed for what its dialect builds on and no document proves.
    Unverified,
    /// It is real, its output is derived, and no meter check of the last day says that it is right.
    MeterUnchecked,
    /// The meter check is of something that this unit cannot be told.
    NotMetered,
}

/// How a unit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shown {
    /// Its status.
    pub status: AnyStatus,
    /// Its session, if one is open.
    pub session: Option<SessionId>,
    /// Whether its relay may be closed.
    pub relay_closed: bool,
    /// How well its line works.
    pub link: Traffic,
    /// The contact in its interlock, if a board has one.
    pub contact: Option<ShownContact>,
    /// What its last meter check is worth.
    pub meter: ShownMeter,
}

/// What the last meter check of a unit is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ShownMeter {
    /// It does not start without one.
    pub needed: bool,
    /// A check has yet to be made durable: it does not count so far.
    pub pending: bool,
    /// The last one that counts.
    pub proof: MeterProof,
}

impl ShownMeter {
    /// Of a unit that needs none and was never measured.
    pub const NONE: Self = Self { needed: false, pending: false, proof: MeterProof::Never };
}

/// How the contact in the interlock of a unit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ShownContact {
    /// Its board answers.
    pub online: bool,
    /// It is kicked.
    pub closed: bool,
    /// Its last proof. One that is due is for a person to begin (OPS-01).
    pub proof: Proof,
    /// The unit whose interlock opened in that proof, if it was another.
    pub opened: Option<UnitId>,
    /// How many proofs were begun since the gateway started: whoever asked for one knows by it
    /// whether what is shown is of before.
    pub begun: u32,
}

/// Something that changed, for the audit, the log and events.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Change {
    /// When.
    pub at: Instant,
    /// The unit it changed on.
    pub unit: UnitId,
    /// The session it belongs to, if any.
    pub session: Option<SessionId>,
    /// What.
    pub what: What,
}

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// The state that people are shown.
    State {
        /// Before.
        from: safety::State,
        /// Now.
        to: safety::State,
    },
    /// A session was confirmed.
    Confirmed,
    /// A session ended and is settled.
    Ended(Summary),
    /// A cause was latched.
    Latched(Cause),
    /// A cause was released.
    Released(Cause),
    /// Somebody stopped the unit.
    Stopped,
    /// A call was refused.
    Refused(Refused),
    /// The proof of the contact in its interlock ended.
    Proven(Proof),
    /// Its output was measured, and the meter agreed with what it was told or not.
    Metered(bool),
    /// A person reviewed the session, in which this had been found.
    Reviewed(Findings),
}
