//! What is bound to a unit for the length of one session (SES-01).

use safety::Sites;

use crate::{
    effect::Entry,
    kind::{AnyDose, AnyPrescription},
    name::{PatientKey, SessionId, UnitId},
};

/// A session, its patient and what was confirmed.
#[derive(Clone, Debug)]
pub(crate) struct Booking {
    pub(crate) session: SessionId,
    pub(crate) patient: PatientKey,
    pub(crate) prescription: AnyPrescription,
    /// Where its field lies.
    pub(crate) sites: Sites,
    pub(crate) hash: [u8; 32],
    /// The open mark was handed to the ledger.
    pub(crate) opened: bool,
}

impl Booking {
    pub(crate) fn open_entry(&self, unit: UnitId, up_to: AnyDose) -> Entry {
        Entry::Open {
            session: self.session,
            unit,
            patient: self.patient.clone(),
            prescription: self.prescription.clone(),
            hash: self.hash,
            up_to,
        }
    }
}
