//! Which sessions the demonstration runs: one on a unit of each dialect that is named.

use anyhow::{Context as _, ensure};
use proto::v1::{PatientKey, Prescription};
use safety::{Laser, Limits, Permille, Wavelength};

use super::prescriptions;
use crate::{
    clock,
    config::{Config, Profile, UnitConfig},
    directory::Modality,
};

/// One session that is to be run.
#[derive(Clone, Debug)]
pub(super) struct Treatment {
    /// The unit.
    pub(super) unit: String,
    /// What it emits.
    pub(super) modality: Modality,
    /// What is asked of it.
    pub(super) prescription: Prescription,
}

/// One session on the first laser and one on the first PEMF unit that speak open-link; or, if
/// dialects are named, one on the first unit of each.
pub(super) fn of(config: &Config, dialects: &[String]) -> anyhow::Result<Vec<Treatment>> {
    if dialects.is_empty() {
        let first = |modality| {
            let mut ours = config.units.iter().filter(|unit| unit.dialect == "open-link");
            let found = ours.find(|unit| unit.modality() == modality);
            found.map(treat).context("the demonstration lacks a unit of each modality")
        };
        return [Modality::Laser, Modality::Pemf].into_iter().map(first).collect();
    }
    let named = |dialect: &String| {
        let mut units = config.units.iter().filter(|unit| unit.dialect == dialect.as_str());
        let known = || {
            let mut all: Vec<_> = config.units.iter().map(|unit| unit.dialect).collect();
            all.dedup();
            format!(
                "no unit of the demonstration speaks `{dialect}`; they speak {}",
                all.join(", ")
            )
        };
        units.next().map(treat).with_context(known)
    };
    let treatments: Vec<_> = dialects.iter().map(named).collect::<anyhow::Result<_>>()?;
    ensure!(!treatments.is_empty(), "no dialect is named");
    Ok(treatments)
}

/// Twenty seconds of light, fifteen of field. Each unit has a patient of its own: nobody gets two
/// sessions at one site within an hour.
fn treat(unit: &UnitConfig) -> Treatment {
    let now = clock::wall();
    let mut prescription = match &unit.profile {
        Profile::Laser(watched, _) => {
            let mut laser = prescriptions::laser(now, 5_000, 100_000, 40_000);
            prescriptions::shine(&mut laser, &mix(&watched.limits));
            laser
        }
        Profile::Pemf(..) => prescriptions::pemf(now, 30_000, 30_000),
        Profile::Stimulator(watched, _) => {
            prescriptions::stimulator(now, watched.limits.unit.applicator.map_or(0, |code| code.0))
        }
    };
    prescription.patient = Some(PatientKey {
        issuer: "demonstration".to_owned(),
        patient_id: format!("0001-{}", unit.name),
    });
    Treatment { unit: unit.name.clone(), modality: unit.modality(), prescription }
}

/// What a laser shines with: 810 and 980 nm by halves if it has both, else its first wavelength.
fn mix(limits: &Limits<Laser>) -> Vec<(Wavelength, Permille)> {
    let has: Vec<_> = limits.unit.lines.iter().flatten().map(|line| line.wavelength).collect();
    let both = [810, 980].map(Wavelength::from_nanometres);
    let half = Permille::new(Permille::WHOLE.get() / 2).unwrap_or_default();
    match has.as_slice() {
        all if both.iter().all(|one| all.contains(one)) => both.map(|one| (one, half)).to_vec(),
        all => all.iter().take(1).map(|one| (*one, Permille::WHOLE)).collect(),
    }
}
