//! What an operator does before a session: has a prescription checked, gives reasons, and confirms.

use proto::v1::{
    CheckPrescriptionRequest, CheckPrescriptionResponse, Confirm, Decision, DecisionOutcome,
    PatientIdentifier, Person, Prescription, PrescriptionCheck, SoftOverride,
    session_service_client::SessionServiceClient,
};
use tonic::{Status, transport::Channel};

/// Has a prescription checked. If nothing but soft limits stands against it, its author gives
/// `reason` for going beyond them, and it is checked once more.
///
/// # Errors
/// If the API does not answer with a check.
pub async fn check(
    client: &mut SessionServiceClient<Channel>,
    unit: &str,
    mut prescription: Prescription,
    reason: &str,
) -> Result<CheckPrescriptionResponse, Status> {
    let request = |prescription: &Prescription| CheckPrescriptionRequest {
        unit_id: unit.to_owned(),
        prescription: Some(prescription.clone()),
    };
    let checked = client.check_prescription(request(&prescription)).await?.into_inner();
    if checked.check() != PrescriptionCheck::OverrideNeeded {
        return Ok(checked);
    }
    let author = prescription.author.clone();
    let soft = checked.decisions.iter();
    let soft = soft.filter(|one| one.outcome() == DecisionOutcome::SoftExceeded);
    let given = |limit| SoftOverride { limit, reason: reason.to_owned(), person: author.clone() };
    prescription.overrides = soft.map(|one| given(one.limit)).collect();
    Ok(client.check_prescription(request(&prescription)).await?.into_inner())
}

/// What stands against a prescription, in sentences.
pub fn objections(decisions: &[Decision]) -> Vec<&str> {
    let permits = [DecisionOutcome::Within, DecisionOutcome::Overridden];
    let against = decisions.iter().filter(|one| !permits.contains(&one.outcome()));
    against.map(|one| one.sentence.as_str()).collect()
}

/// Confirms what the unit can do of a prescription that was checked.
pub fn confirm(unit: &str, checked: &CheckPrescriptionResponse, operator: Person) -> Confirm {
    Confirm {
        unit_id: unit.to_owned(),
        prescription: checked.quantised_prescription.clone(),
        prescription_hash: checked.prescription_hash.clone(),
        operator: Some(operator),
        patient_identifiers_checked: vec![
            PatientIdentifier::RecordNumber.into(),
            PatientIdentifier::BirthDate.into(),
        ],
    }
}
