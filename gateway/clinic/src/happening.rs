//! Everything that can happen to a clinic.

use alloc::vec::Vec;

use safety::{Beacon, Cause, Fence, Instant, Nanos, Sites};

use crate::{
    evidence::{Attested, PastCheck},
    kind::AnyPrescription,
    name::{CallId, EntryId, LineId, PatientKey, RequestId, RoomId, SessionId, UnitId},
    patient::{Course, Given},
    review::Review,
};

/// Something that happened outside. With the instant at which it is told, it determines everything
/// that follows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Happening {
    /// A port opened.
    Opened(LineId),
    /// A port closed, failed or hung up.
    Closed(LineId),
    /// Bytes came in.
    Bytes(LineId, Vec<u8>),
    /// The port took the last byte of the frame that it was given.
    Written(LineId),
    /// Somebody asks for something.
    Call(Call),
    /// Somebody wants one unit off. Outruns every call.
    Stop(CallId, UnitId),
    /// Somebody wants every unit of a room off, or of all rooms. Latches.
    StopAll(CallId, Option<RoomId>),
    /// The ledger answers an entry.
    Receipt(EntryId, Receipt),
    /// Something outside every unit forbids emission.
    Fault(Cause),
    /// What the ledger knew when the gateway started.
    Past(Past),
    /// A part of the gateway has ended that should not have. No session begins any more; one that
    /// runs goes on.
    Impaired,
    /// Whether the space that is kept for the ledger has run low. While it has, no session begins; one
    /// that runs goes on (JRN-02).
    LowSpace(bool),
    /// So many days of the calendar began. Calibrations run out while a gateway runs too (LAS-19).
    Days(u32),
    /// No new start is taken; everything goes off (SIGTERM).
    ShutDown,
    /// Time passed, nothing else.
    Wake,
}

/// A request that is answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Call {
    /// Where the answer goes.
    pub id: CallId,
    /// What the client calls it, if repeating it must do nothing twice.
    pub request: Option<RequestId>,
    /// What is asked.
    pub ask: Ask,
}

/// What somebody may ask.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ask {
    /// Which limits a prescription meets. Changes nothing.
    Check(Proposal),
    /// Binds a prescription to a unit and its patient.
    Confirm(Proposal, Confirmation),
    /// The holder of a session commands.
    Command(UnitId, Verb, Fence),
    /// The operator echoes a beacon.
    Hold(UnitId, Fence, Beacon, HoldSource),
    /// The holder of a session is back after its stream broke.
    Reattach(UnitId, Fence),
    /// The holder of a session ends it.
    Leave(UnitId, u32),
    /// Somebody with the right to do so clears a cause.
    Release(UnitId, Cause),
    /// Somebody with the right to do so has judged the dose of a session.
    Review(SessionId),
    /// Somebody has the contact in a unit's interlock proven: it is dropped and closed again. What
    /// came of it is told.
    ProveRelay(UnitId),
    /// Somebody measured the output of a unit with a meter, and answers for what it showed.
    AttestMeter(UnitId, Attested),
}

/// A prescription, for whom and on which unit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Proposal {
    /// The unit.
    pub unit: UnitId,
    /// The patient.
    pub patient: PatientKey,
    /// What is asked.
    pub prescription: AnyPrescription,
}

/// What an operator confirms beside the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Confirmation {
    /// SHA-256 over the values as they were shown (SES-05, LAS-14).
    pub hash: [u8; 32],
    /// The epoch of the unit that the operator last saw.
    pub epoch: u32,
}

/// How an operator proves to be present.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HoldSource {
    /// A switch that springs back.
    Switch,
    /// A key that is held down.
    Key,
    /// A program. Refused on a unit that is real.
    Script,
}

/// What the holder of a session may command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// STANDBY to READY.
    Arm,
    /// READY to WARNING.
    Start,
    /// Off, with the session kept.
    Pause,
    /// PAUSED to WARNING.
    Resume,
}

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Receipt {
    /// It survives a crash.
    Durable,
    /// It may be lost.
    Failed,
}

/// What the ledger knew when the gateway started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Past {
    /// Sessions that were open: nobody knows how they ended. They lock the patient, and the unit
    /// if it is still configured.
    pub open_marks: Vec<(Option<UnitId>, PatientKey)>,
    /// Causes that were not released, oldest first.
    pub causes: Vec<(UnitId, Cause)>,
    /// What patients were given within the longest window.
    pub given: Vec<(PatientKey, Given)>,
    /// How many sessions patients ever had.
    pub course: Vec<(PatientKey, Course)>,
    /// On whom something got too hot, where, and when: oldest first.
    pub trips: Vec<(PatientKey, Sites, Instant)>,
    /// How long ago the contact of a unit passed its last proof, or that it failed it.
    pub proofs: Vec<(UnitId, Option<Nanos>)>,
    /// The meter checks of the longest window, in the order in which they were told.
    pub meters: Vec<PastCheck>,
    /// Sessions that nobody has reviewed yet, oldest first.
    pub reviews: Vec<Review>,
}
