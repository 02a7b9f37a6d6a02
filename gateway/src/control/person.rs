//! People: who acts, in which role, and whom it is for.
//!
//! Without TLS nobody proves a role: it is taken as claimed, and recorded as claimed.

use clinic::PatientKey;
use proto::v1::{self, Role};

use super::violations::Violations;

/// A name and a role that a person claims.
pub(crate) fn read(
    violations: &mut Violations,
    field: &str,
    person: Option<&v1::Person>,
) -> Option<Role> {
    let person = violations.present(field, person)?;
    violations.under(field, |violations| {
        let long = person.name.chars().count();
        if !(1..=128).contains(&long) || person.name.chars().any(char::is_control) {
            violations.add("name", format!("Has {long} characters; it must be 1 to 128."));
        }
        violations.choice("role", person.role, role)
    })
}

/// A patient, by the key that the clinic's software gave out.
pub(crate) fn patient(
    violations: &mut Violations,
    field: &str,
    key: Option<&v1::PatientKey>,
) -> Option<PatientKey> {
    let key = violations.present(field, key)?;
    violations.under(field, |violations| {
        let issuer = violations.name("issuer", &key.issuer, 64);
        let id = violations.name("patient_id", &key.patient_id, 64);
        PatientKey::new(issuer?, id?)
    })
}

/// Whether a person in this role may operate a unit.
pub(crate) const fn treats(role: Role) -> bool {
    match role {
        Role::Operator | Role::Clinician => true,
        Role::Unspecified
        | Role::Viewer
        | Role::LaserSafetyOfficer
        | Role::Service
        | Role::Admin => false,
    }
}

/// Whether a person in this role may override a soft limit.
pub(crate) const fn overrides(role: Role) -> bool {
    match role {
        Role::Clinician | Role::LaserSafetyOfficer => true,
        Role::Unspecified | Role::Viewer | Role::Operator | Role::Service | Role::Admin => false,
    }
}

/// The role in words.
pub(crate) const fn name(role: Role) -> &'static str {
    match role {
        Role::Unspecified => "nobody",
        Role::Viewer => "viewer",
        Role::Operator => "operator",
        Role::Clinician => "clinician",
        Role::LaserSafetyOfficer => "laser safety officer",
        Role::Service => "service",
        Role::Admin => "administrator",
    }
}

fn role(role: Role) -> Option<Role> {
    match role {
        Role::Unspecified => None,
        Role::Viewer
        | Role::Operator
        | Role::Clinician
        | Role::LaserSafetyOfficer
        | Role::Service
        | Role::Admin => Some(role),
    }
}
