//! What an operator's client asks on a stream, read whole (API-01, SES-05).

use clinic::{HoldSource, RequestId, Verb};
use proto::v1::{self, RefusalReason as Reason, operate_request::Ask as Asked};
use safety::{Beacon, Fence};

use super::{
    clocks::Clocks,
    denial::Denial,
    person,
    prescription::{self, Reading},
    session_service::unread,
    violations::Violations,
};

/// One ask with everything it needs.
pub(crate) enum Spoken {
    Confirm(Box<Confirming>),
    Reattach { request: RequestId, fence: Fence, session_id: String, operator: v1::Person },
    Command { request: RequestId, fence: Fence, verb: Verb, hash: Option<[u8; 32]> },
    Hold { fence: Fence, beacon: Beacon, source: HoldSource },
}

/// A confirmation, read.
pub(crate) struct Confirming {
    pub(crate) request: RequestId,
    pub(crate) epoch: u32,
    pub(crate) unit_id: String,
    pub(crate) asked: v1::Prescription,
    pub(crate) reading: Reading,
    pub(crate) hash: [u8; 32],
    pub(crate) operator: v1::Person,
    pub(crate) role: v1::Role,
    pub(crate) identifiers: usize,
}

/// Reads an ask.
///
/// # Errors
/// Everything that is wrong with it.
pub(crate) fn read(request: &v1::OperateRequest) -> Result<Spoken, Denial> {
    let mut violations = Violations::default();
    let Some(ask) = &request.ask else {
        violations.add("ask", "Is missing.");
        violations.settle()?;
        return Err(unread());
    };
    let spoken = match ask {
        Asked::Hold(hold) => self::hold(&mut violations, request, hold),
        Asked::Confirm(asked) => confirm(&mut violations, request, asked),
        Asked::Reattach(asked) => reattach(&mut violations, request, asked),
        Asked::Arm(v1::Arm { prescription_hash }) => {
            command(&mut violations, request, Verb::Arm, Some(("arm", prescription_hash)))
        }
        Asked::Start(v1::Start { prescription_hash }) => {
            command(&mut violations, request, Verb::Start, Some(("start", prescription_hash)))
        }
        Asked::Resume(v1::Resume { prescription_hash }) => {
            command(&mut violations, request, Verb::Resume, Some(("resume", prescription_hash)))
        }
        Asked::Pause(v1::Pause {}) => command(&mut violations, request, Verb::Pause, None),
        // The listener acts on it before anything is read.
        Asked::Stop(_) => None,
    };
    violations.settle()?;
    spoken.ok_or_else(unread)
}

fn confirm(
    violations: &mut Violations,
    request: &v1::OperateRequest,
    asked: &v1::Confirm,
) -> Option<Spoken> {
    let id = request_id(violations, request);
    let fence = fence(violations, request);
    violations.under("confirm", |violations| {
        violations.name("unit_id", &asked.unit_id, 64);
        let text = violations.present("prescription", asked.prescription.as_ref());
        let now = Clocks::read().wall;
        let reading = text.and_then(|text| {
            violations.under("prescription", |found| prescription::read(found, text, now))
        });
        let hash = hash(violations, &asked.prescription_hash);
        let role = person::read(violations, "operator", asked.operator.as_ref());
        let mut identifiers = Vec::new();
        for identifier in &asked.patient_identifiers_checked {
            let field = "patient_identifiers_checked";
            let read = violations.choice(field, *identifier, identifier_of);
            identifiers.extend(read.filter(|read| !identifiers.contains(read)));
        }
        Some(Spoken::Confirm(Box::new(Confirming {
            request: id?,
            epoch: fence?.epoch,
            unit_id: asked.unit_id.clone(),
            asked: asked.prescription.clone()?,
            reading: reading?,
            hash: hash?,
            operator: asked.operator.clone()?,
            role: role?,
            identifiers: identifiers.len(),
        })))
    })
}

fn reattach(
    violations: &mut Violations,
    request: &v1::OperateRequest,
    asked: &v1::Reattach,
) -> Option<Spoken> {
    let id = request_id(violations, request);
    let fence = fence(violations, request);
    violations.under("reattach", |violations| {
        let session_id = violations.name("session_id", &asked.session_id, 64);
        person::read(violations, "operator", asked.operator.as_ref());
        Some(Spoken::Reattach {
            request: id?,
            fence: fence?,
            session_id: session_id?.to_owned(),
            operator: asked.operator.clone()?,
        })
    })
}

fn command(
    violations: &mut Violations,
    request: &v1::OperateRequest,
    verb: Verb,
    hashed: Option<(&str, &[u8])>,
) -> Option<Spoken> {
    let id = request_id(violations, request);
    let fence = fence(violations, request);
    let hash = match hashed {
        None => None,
        Some((field, bytes)) => {
            Some(violations.under(field, |violations| hash(violations, bytes))?)
        }
    };
    Some(Spoken::Command { request: id?, fence: fence?, verb, hash })
}

fn hold(
    violations: &mut Violations,
    request: &v1::OperateRequest,
    asked: &v1::Hold,
) -> Option<Spoken> {
    let fence = fence(violations, request);
    violations.under("hold", |violations| {
        let first = asked.beacon_sequence.checked_sub(1);
        if first.is_none() {
            violations.add("beacon_sequence", "Is 0; beacons count from 1.");
        }
        let source = violations.choice("source", asked.source, source);
        Some(Spoken::Hold { fence: fence?, beacon: Beacon(first?), source: source? })
    })
}

fn request_id(violations: &mut Violations, request: &v1::OperateRequest) -> Option<RequestId> {
    RequestId::new(violations.name("request_id", &request.request_id, 36)?)
}

fn fence(violations: &mut Violations, request: &v1::OperateRequest) -> Option<Fence> {
    let fence = violations.present("fence", request.fence.as_ref())?;
    violations.under("fence", |violations| {
        let token = violations.counter("token", fence.token);
        let epoch = violations.counter("epoch", fence.epoch);
        Some(Fence { token: token?, epoch: epoch? })
    })
}

fn hash(violations: &mut Violations, bytes: &[u8]) -> Option<[u8; 32]> {
    let read = bytes.try_into().ok();
    if read.is_none() {
        let long = bytes.len();
        violations.add("prescription_hash", format!("Has {long} bytes; it must have 32 bytes."));
    }
    read
}

/// Fewer than two identifiers are no two-identifier check (SES-03).
pub(crate) fn patient_was_checked(identifiers: usize) -> Result<(), Denial> {
    if identifiers >= 2 {
        return Ok(());
    }
    let why = format!("{identifiers} identifiers of the patient were checked; check at least 2.");
    Err(Denial::new(Reason::PatientUnchecked, why))
}

fn source(source: v1::HoldSource) -> Option<HoldSource> {
    match source {
        v1::HoldSource::Unspecified => None,
        v1::HoldSource::Switch => Some(HoldSource::Switch),
        v1::HoldSource::Key => Some(HoldSource::Key),
        v1::HoldSource::Script => Some(HoldSource::Script),
    }
}

fn identifier_of(identifier: v1::PatientIdentifier) -> Option<v1::PatientIdentifier> {
    match identifier {
        v1::PatientIdentifier::Unspecified => None,
        v1::PatientIdentifier::Name
        | v1::PatientIdentifier::BirthDate
        | v1::PatientIdentifier::RecordNumber
        | v1::PatientIdentifier::Photograph
        | v1::PatientIdentifier::ScannedCode => Some(identifier),
    }
}
