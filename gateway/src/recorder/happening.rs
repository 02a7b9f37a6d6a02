//! How happenings stand in a record: everything that a clinic is told.

use clinic::{
    Age, Ask, Attestation, Attested, Call, CallId, Confirmation, Course, EntryId, Given, Happening,
    HoldSource, LineId, Past, PastCheck, PatientKey, Proposal, Receipt, RequestId, Review, RoomId,
    SessionId, UnitId, Verb,
};
use safety::{Beacon, Fence, Instant};

use super::field::{
    Bytes, Field, Malformed, choices, names, parts, put_bytes, quantities, take_bytes,
};

names!(Age, CallId, EntryId, LineId, RoomId, UnitId, Beacon);

quantities! {
    Instant: from_boot, since_boot;
}

choices! {
    Happening {
        0 Opened(line),
        1 Closed(line),
        2 Bytes(line, bytes),
        3 Written(line),
        4 Call(call),
        5 Stop(call, unit),
        6 StopAll(call, room),
        7 Receipt(entry, receipt),
        8 Fault(cause),
        9 Past(past),
        10 Impaired,
        11 LowSpace(low),
        12 Days(days),
        13 ShutDown,
        14 Wake,
    }
    Ask {
        0 Check(proposal),
        1 Confirm(proposal, confirmation),
        2 Command(unit, verb, fence),
        3 Hold(unit, fence, beacon, source),
        4 Reattach(unit, fence),
        5 Leave(unit, token),
        6 Release(unit, cause),
        7 ProveRelay(unit),
        8 AttestMeter(unit, attested),
        9 Review(session),
    }
    HoldSource { 0 Switch, 1 Key, 2 Script }
    Verb { 0 Arm, 1 Start, 2 Pause, 3 Resume }
    Receipt { 0 Durable, 1 Failed }
}

parts! {
    Call { id, request, ask }
    Proposal { unit, patient, prescription }
    Confirmation { hash, epoch }
    Fence { token, epoch }
    Past { open_marks, causes, given, course, trips, proofs, meters, reviews }
    PastCheck { unit, calibration, age, passed }
    Review { session, unit, patient, findings }
    SessionId { run, token }
    Attested { told, shown, age, record }
    Attestation { by, role, measured, meter, meter_due }
    Given { sites, charged, leaves_day, leaves_week }
    Course { laser, pemf, stimulator }
}

/// Text that a name may not be made of makes none.
fn text<'a>(from: &mut Bytes<'a>) -> Result<&'a str, Malformed> {
    str::from_utf8(take_bytes(from)?).map_err(|_error| Malformed::Value("text"))
}

impl Field for RequestId {
    fn put(&self, out: &mut Vec<u8>) {
        put_bytes(self.as_str().as_bytes(), out);
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Malformed> {
        Self::new(text(from)?).ok_or(Malformed::Value("request id"))
    }
}

impl Field for PatientKey {
    fn put(&self, out: &mut Vec<u8>) {
        put_bytes(self.issuer().as_bytes(), out);
        put_bytes(self.id().as_bytes(), out);
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Malformed> {
        let (issuer, id) = (text(from)?, text(from)?);
        Self::new(issuer, id).ok_or(Malformed::Value("patient"))
    }
}
