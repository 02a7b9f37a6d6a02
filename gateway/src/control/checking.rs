//! What every limit says about a prescription, told to people (LAS-14, CFG-01).

use clinic::{Answer, AnyChecked, Ask, Proposal, Refused, UnitId};
use proto::v1::{self, PrescriptionCheck};
use safety::{Checkable, Checked, Verdict};

use super::{
    Control,
    admission::Caller,
    decision,
    denial::Denial,
    hash,
    prescription::{Reading, Validity},
    quantised, status,
};
use crate::{clock, directory::Directory};

/// What was asked of the limits, and what they said.
pub(crate) struct Opinion {
    pub(crate) decisions: Vec<v1::Decision>,
    checked: Option<AnyChecked>,
    validity: Validity,
}

/// Asks the core what its limits say. A prescription of another modality is no error: that is a
/// decision as well.
///
/// # Errors
/// If the core could not be asked.
pub(crate) async fn ask(
    control: &Control,
    caller: &Caller,
    unit: UnitId,
    reading: &Reading,
) -> Result<Opinion, Denial> {
    caller.waits()?;
    let proposal = Proposal {
        unit,
        patient: reading.patient.clone(),
        prescription: reading.prescription.clone(),
    };
    let mut decisions = vec![reading.validity.decision()];
    let checked = match control.inbox().call(None, Ask::Check(proposal)).await {
        Ok(Answer::Checked(checked)) => {
            decisions.extend(self::decisions(control.directory(), &checked));
            Some(checked)
        }
        Ok(Answer::Refused(Refused::WrongModality)) => {
            decisions.push(wrong_modality());
            None
        }
        Ok(Answer::Refused(refused)) => return Err(control.denied(unit, &refused)),
        Ok(
            Answer::Confirmed(..)
            | Answer::Accepted(_)
            | Answer::Released(_)
            | Answer::Reviewed(_)
            | Answer::Stopped(..),
        ) => None,
        Err(unheard) => return Err(control.about(unit, Denial::unheard(unheard))),
    };
    Ok(Opinion { decisions, checked, validity: reading.validity })
}

impl Opinion {
    /// As it is answered to a check of `asked`.
    pub(crate) fn answer(
        self,
        control: &Control,
        unit: UnitId,
        asked: &v1::Prescription,
    ) -> v1::CheckPrescriptionResponse {
        let wavelengths = &control.facts(unit).wavelengths;
        let checked = self.checked.as_ref();
        let made = checked.and_then(|checked| quantised::of(asked, checked, wavelengths));
        let name = control.directory().name(unit);
        let hash = made
            .as_ref()
            .map(|(quantised, _)| hash::of(name, quantised, &control.0.limits_revision).to_vec());
        let check = self.check();
        let (quantised_prescription, quantised_values) = made.unzip();
        let newest = control.herald().shown(unit);
        v1::CheckPrescriptionResponse {
            check: check.into(),
            decisions: self.decisions,
            quantised_prescription,
            quantised_values: quantised_values.unwrap_or_default(),
            prescription_hash: hash.unwrap_or_default(),
            epoch: newest.map_or(0, |shown| status::marks(&shown).0.into()),
            limits_revision: control.0.limits_revision.clone(),
            checked_boottime_nanoseconds: clock::now().since_boot(),
        }
    }

    /// Whether the prescription was issued and has not expired.
    pub(crate) fn holds(&self) -> bool {
        self.validity == Validity::Holds
    }

    fn check(&self) -> PrescriptionCheck {
        let core = match &self.checked {
            None => PrescriptionCheck::Refused,
            Some(AnyChecked::Laser(checked)) => check(checked),
            Some(AnyChecked::Pemf(checked)) => check(checked),
            Some(AnyChecked::Stimulator(checked)) => check(checked),
        };
        match self.validity {
            Validity::Holds => core,
            Validity::Ahead | Validity::Expired => PrescriptionCheck::Refused,
        }
    }
}

/// All decisions of the core.
pub(crate) fn decisions(directory: &Directory, checked: &AnyChecked) -> Vec<v1::Decision> {
    let decisions = match checked {
        AnyChecked::Laser(checked) => checked.decisions(),
        AnyChecked::Pemf(checked) => checked.decisions(),
        AnyChecked::Stimulator(checked) => checked.decisions(),
    };
    let mut shown: Vec<_> =
        decisions.iter().map(|one| decision::shown(&directory.sources, one)).collect();
    shown.sort_by_key(|one| (one.limit, one.direction, one.tier));
    shown
}

/// The one decision about a prescription for another kind of unit.
pub(crate) fn wrong_modality() -> v1::Decision {
    let sentence = "modality: the unit does not give what is prescribed; choose another unit.";
    decision::condition(v1::Limit::Modality, false, sentence)
}

fn check<M: Checkable>(checked: &Checked<M>) -> PrescriptionCheck {
    let mut objections = checked.objections().peekable();
    if objections.peek().is_none() {
        return match checked.admitted() {
            Some(_) => PrescriptionCheck::Admissible,
            None => PrescriptionCheck::Refused,
        };
    }
    match objections.all(|decision| decision.verdict == Verdict::SoftExceeded) {
        true => PrescriptionCheck::OverrideNeeded,
        false => PrescriptionCheck::Refused,
    }
}
