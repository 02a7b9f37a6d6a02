//! The hash over what an operator confirms (SES-05, LAS-14).
//!
//! SHA-256 over canonical bytes: a domain with a version, then every field in the order of this file.
//! A number is eight bytes, most significant first; a text is its length and its bytes; a list is its
//! length and its members; what may be absent is a 0, or a 1 and the value. So no two prescriptions
//! have the same bytes, and the encoding of the message on the wire does not matter.

use proto::{
    Timestamp,
    v1::{self, gate::Gate, prescription::Modality},
};
use sha2::{Digest, Sha256};

/// Names what is hashed and how. A change of the canonical bytes is a new version.
const DOMAIN: &str = "therapy.gateway.v1 prescription 2";

/// The hash over a quantised prescription for one unit under one revision of the limits.
pub(crate) fn of(unit: &str, prescription: &v1::Prescription, limits_revision: &str) -> [u8; 32] {
    let mut bytes = Bytes(Sha256::new());
    bytes.text(DOMAIN);
    bytes.text(unit);
    bytes.text(limits_revision);
    bytes.prescription(prescription);
    bytes.0.finalize().into()
}

/// What is hashed, as it grows.
struct Bytes(Sha256);

impl Bytes {
    fn number(&mut self, value: impl Into<u64>) {
        self.0.update(value.into().to_be_bytes());
    }

    fn choice(&mut self, value: i32) {
        self.0.update(i64::from(value).to_be_bytes());
    }

    fn length(&mut self, count: usize) {
        self.number(u64::try_from(count).unwrap_or(u64::MAX));
    }

    fn text(&mut self, text: &str) {
        self.length(text.len());
        self.0.update(text.as_bytes());
    }

    fn list<T>(&mut self, members: &[T], each: impl Fn(&mut Self, &T)) {
        self.length(members.len());
        for member in members {
            each(self, member);
        }
    }

    fn maybe<T>(&mut self, value: Option<&T>, each: impl FnOnce(&mut Self, &T)) {
        self.number(u64::from(value.is_some()));
        if let Some(value) = value {
            each(self, value);
        }
    }

    fn time(&mut self, time: Option<&Timestamp>) {
        self.maybe(time, |bytes, time| {
            bytes.0.update(time.seconds.to_be_bytes());
            bytes.choice(time.nanos);
        });
    }

    fn person(&mut self, person: Option<&v1::Person>) {
        self.maybe(person, |bytes, v1::Person { name, role }| {
            bytes.text(name);
            bytes.choice(*role);
        });
    }

    fn prescription(&mut self, prescription: &v1::Prescription) {
        let v1::Prescription {
            patient,
            prescription_id,
            revision,
            author,
            issued_time,
            expire_time,
            course_id,
            site,
            side,
            screening,
            overrides,
            course_sessions,
            touched_sites,
            modality,
        } = prescription;
        self.maybe(patient.as_ref(), |bytes, v1::PatientKey { issuer, patient_id }| {
            bytes.text(issuer);
            bytes.text(patient_id);
        });
        self.text(prescription_id);
        self.number(*revision);
        self.person(author.as_ref());
        self.time(issued_time.as_ref());
        self.time(expire_time.as_ref());
        self.text(course_id);
        self.number(*course_sessions);
        self.choice(*site);
        self.choice(*side);
        self.list(touched_sites, |bytes, v1::TouchedSite { site, side }| {
            bytes.choice(*site);
            bytes.choice(*side);
        });
        self.list(screening, |bytes, v1::ScreeningAnswer { question, answer, answered_time }| {
            bytes.choice(*question);
            bytes.choice(*answer);
            bytes.time(answered_time.as_ref());
        });
        self.list(overrides, |bytes, v1::SoftOverride { limit, reason, person }| {
            bytes.choice(*limit);
            bytes.text(reason);
            bytes.person(person.as_ref());
        });
        match modality {
            None => self.number(0_u64),
            Some(Modality::Laser(laser)) => {
                self.number(1_u64);
                self.laser(laser);
            }
            Some(Modality::Pemf(pemf)) => {
                self.number(2_u64);
                self.pemf(pemf);
            }
            Some(Modality::Stimulator(stimulator)) => {
                self.number(3_u64);
                self.stimulator(stimulator);
            }
        }
    }

    fn laser(&mut self, laser: &v1::LaserPrescription) {
        let v1::LaserPrescription {
            power_milliwatts,
            wavelengths,
            gate,
            spot_area_square_millimetres,
            field_area_square_millimetres,
            fluence_area,
            technique,
            energy_millijoules,
            time_limit_milliseconds,
            skin,
            eyewear,
            fluence_millijoules_per_square_centimetre,
            stationary_points,
            dwell_time_milliseconds,
        } = laser;
        self.number(*power_milliwatts);
        self.list(wavelengths, |bytes, share| {
            bytes.number(share.wavelength_nanometres);
            bytes.number(share.share_permille);
        });
        self.gate(gate.as_ref());
        self.number(*spot_area_square_millimetres);
        self.number(*field_area_square_millimetres);
        self.choice(*fluence_area);
        self.number(*fluence_millijoules_per_square_centimetre);
        self.choice(*technique);
        self.number(*stationary_points);
        self.number(*dwell_time_milliseconds);
        self.number(*energy_millijoules);
        self.number(*time_limit_milliseconds);
        self.maybe(skin.as_ref(), |bytes, skin| {
            let v1::Skin { fitzpatrick_type, tattoo, dense_hair, tan, test_spot_time } = skin;
            for answer in [fitzpatrick_type, tattoo, dense_hair, tan] {
                bytes.choice(*answer);
            }
            bytes.time(test_spot_time.as_ref());
        });
        self.maybe(eyewear.as_ref(), |bytes, eyewear| {
            let v1::EyewearConfirmation { patient, operator, others_present, others } = eyewear;
            bytes.maybe(patient.as_ref(), Self::eyewear);
            bytes.maybe(operator.as_ref(), Self::eyewear);
            bytes.choice(*others_present);
            bytes.list(others, Self::eyewear);
        });
    }

    fn eyewear(&mut self, eyewear: &v1::Eyewear) {
        self.choice(eyewear.worn);
        self.number(eyewear.optical_density_hundredths);
    }

    fn gate(&mut self, gate: Option<&v1::Gate>) {
        match gate.and_then(|gate| gate.gate.as_ref()) {
            None => self.number(0_u64),
            Some(Gate::Continuous(v1::ContinuousGate {})) => self.number(1_u64),
            Some(Gate::Pulsed(v1::PulsedGate { frequency_millihertz, duty_permille })) => {
                self.number(2_u64);
                self.number(*frequency_millihertz);
                self.number(*duty_permille);
            }
        }
    }

    fn pemf(&mut self, pemf: &v1::PemfPrescription) {
        let v1::PemfPrescription {
            peak_flux_density_microteslas,
            frequency_millihertz,
            waveform,
            ramp_time_microseconds,
            duty_permille,
            exposure_microtesla_seconds,
            time_limit_milliseconds,
            applicator_code,
        } = pemf;
        self.number(*peak_flux_density_microteslas);
        self.number(*frequency_millihertz);
        self.choice(*waveform);
        self.number(*ramp_time_microseconds);
        self.number(*duty_permille);
        self.number(*exposure_microtesla_seconds);
        self.number(*time_limit_milliseconds);
        self.text(applicator_code);
    }

    fn stimulator(&mut self, stimulator: &v1::StimulatorPrescription) {
        let v1::StimulatorPrescription {
            motor_threshold_permille,
            threshold_multiple_permille,
            rate_millihertz,
            pulses_per_train,
            trains,
            wait_milliseconds,
            coil_code,
        } = stimulator;
        self.number(*motor_threshold_permille);
        self.number(*threshold_multiple_permille);
        self.number(*rate_millihertz);
        self.number(*pulses_per_train);
        self.number(*trains);
        self.number(*wait_milliseconds);
        self.text(coil_code);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::sample;

    #[test]
    fn it_stays_the_same_while_nothing_changes() {
        let (one, other) = (sample::laser(), sample::laser());
        assert_eq!(of("lumen", &one, "7"), of("lumen", &other, "7"));
    }

    /// Every change that a person would care about changes it (SES-05, LAS-14).
    #[test]
    fn every_edit_changes_it() {
        let plain = sample::laser();
        let mut seen = vec![of("lumen", &plain, "7"), of("other", &plain, "7")];
        seen.push(of("lumen", &plain, "8"));
        let edits: Vec<fn(&mut v1::Prescription)> = vec![
            |one| one.patient.as_mut().unwrap().patient_id.push('x'),
            |one| one.patient.as_mut().unwrap().issuer.push('x'),
            |one| one.revision += 1,
            |one| one.side = v1::Side::Left.into(),
            |one| one.course_sessions += 1,
            |one| one.touched_sites.push(v1::TouchedSite::default()),
            |one| one.screening[0].answer = v1::Answer::Yes.into(),
            |one| one.screening.clear(),
            |one| one.overrides.push(v1::SoftOverride::default()),
            |one| one.expire_time.as_mut().unwrap().nanos += 1,
            |one| sample::laser_of(one).power_milliwatts += 1,
            |one| sample::laser_of(one).energy_millijoules += 1,
            |one| sample::laser_of(one).wavelengths[0].share_permille -= 1,
            |one| sample::laser_of(one).gate = None,
            |one| sample::laser_of(one).skin = None,
            |one| sample::laser_of(one).skin.as_mut().unwrap().tan = v1::Answer::Yes.into(),
            |one| sample::laser_of(one).eyewear.as_mut().unwrap().others.clear(),
            |one| sample::laser_of(one).dwell_time_milliseconds += 1,
            |one| one.modality = sample::pemf().modality,
            |one| one.modality = sample::stimulator().modality,
        ];
        let stimulation: Vec<fn(&mut v1::StimulatorPrescription)> = vec![
            |one| one.motor_threshold_permille += 1,
            |one| one.threshold_multiple_permille += 1,
            |one| one.rate_millihertz += 1,
            |one| one.pulses_per_train += 1,
            |one| one.trains += 1,
            |one| one.wait_milliseconds += 1,
            |one| one.coil_code.push('1'),
        ];
        for edit in edits {
            let mut edited = plain.clone();
            edit(&mut edited);
            seen.push(of("lumen", &edited, "7"));
        }
        for edit in stimulation {
            let mut edited = sample::stimulator();
            edit(sample::stimulator_of(&mut edited));
            seen.push(of("lumen", &edited, "7"));
        }
        let count = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), count);
    }
}
