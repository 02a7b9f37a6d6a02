//! Prescriptions as the core checks them: everything wrong is found, nothing is made up.
//!
//! Ages are counted here, because the core knows no wall clock.

use clinic::{AnyPrescription, PatientKey};
use jiff::Timestamp;
use proto::v1::{self, prescription::Modality};
use safety::{Answer, Overrides, Screening, Site, Sites};

use super::{laser, limit, pemf, person, site, stimulator, violations::Violations};

/// What a request says, read whole.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    pub(crate) patient: PatientKey,
    pub(crate) prescription: AnyPrescription,
    pub(crate) validity: Validity,
}

/// Whether a prescription holds at all, by the wall clock (SES-02).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Validity {
    /// It was issued and has not expired.
    Holds,
    /// It will be issued.
    Ahead,
    /// It has expired.
    Expired,
}

/// What all modalities need.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Common {
    pub(crate) site: Option<Site>,
    pub(crate) touched: Option<Sites>,
    pub(crate) course: Option<u32>,
    pub(crate) screening: Screening,
    pub(crate) overrides: Overrides,
    pub(crate) now: Timestamp,
}

/// Reads a prescription at `now` of the wall clock. `None` if anything is wrong with it.
pub(crate) fn read(
    violations: &mut Violations,
    asked: &v1::Prescription,
    now: Timestamp,
) -> Option<Reading> {
    let patient = person::patient(violations, "patient", asked.patient.as_ref());
    violations.name("prescription_id", &asked.prescription_id, 64);
    violations.number("revision", asked.revision, 1..=u32::MAX, "");
    author(violations, asked.author.as_ref());
    violations.name("course_id", &asked.course_id, 64);
    let validity = validity(violations, asked, now);
    let own = site::read(violations, asked.site, asked.side);
    let common = Common {
        site: own,
        touched: site::touched(violations, own, &asked.touched_sites),
        course: violations.number("course_sessions", asked.course_sessions, 1..=1_000, "sessions"),
        screening: screening(violations, &asked.screening, now),
        overrides: overrides(violations, &asked.overrides),
        now,
    };
    let prescription = match &asked.modality {
        None => {
            let one = "one of `laser`, `pemf` and `stimulator` is needed";
            violations.add("modality", format!("Is missing; {one}."));
            None
        }
        Some(Modality::Laser(asked)) => violations
            .under("laser", |violations| laser::read(violations, asked, common))
            .map(AnyPrescription::Laser),
        Some(Modality::Pemf(asked)) => violations
            .under("pemf", |violations| pemf::read(violations, asked, common))
            .map(AnyPrescription::Pemf),
        Some(Modality::Stimulator(asked)) => violations
            .under("stimulator", |violations| stimulator::read(violations, asked, common))
            .map(AnyPrescription::Stimulator),
    };
    Some(Reading { patient: patient?, prescription: prescription?, validity: validity? })
}

impl Validity {
    /// What the gateway decides of it.
    pub(crate) fn decision(self) -> v1::Decision {
        let sentence = match self {
            Self::Holds => "validity: the prescription was issued and has not expired.",
            Self::Ahead => "validity: the prescription is issued in the future, which refuses.",
            Self::Expired => "validity: the prescription has expired; have it issued anew.",
        };
        super::decision::condition(v1::Limit::Validity, self == Self::Holds, sentence)
    }
}

/// Somebody who may prescribe answers for it: an unsigned prescription is none (SES-02).
fn author(violations: &mut Violations, author: Option<&v1::Person>) {
    match person::read(violations, "author", author) {
        Some(v1::Role::Clinician) | None => {}
        Some(
            role @ (v1::Role::Unspecified
            | v1::Role::Viewer
            | v1::Role::Operator
            | v1::Role::LaserSafetyOfficer
            | v1::Role::Service
            | v1::Role::Admin),
        ) => {
            let role = person::name(role);
            violations.add("author.role", format!("Is {role}; only a clinician prescribes."));
        }
    }
}

fn validity(
    violations: &mut Violations,
    asked: &v1::Prescription,
    now: Timestamp,
) -> Option<Validity> {
    let issued = violations.time("issued_time", asked.issued_time.as_ref());
    let expires = violations.time("expire_time", asked.expire_time.as_ref());
    let (issued, expires) = (issued?, expires?);
    if expires <= issued {
        violations.add("expire_time", "Is not after `issued_time`.");
    }
    Some(if expires <= now {
        Validity::Expired
    } else if now < issued {
        Validity::Ahead
    } else {
        Validity::Holds
    })
}

/// The answers, each question at most once, and the age of the oldest in days, begun ones counted
/// (PEM-05).
fn screening(
    violations: &mut Violations,
    answers: &[v1::ScreeningAnswer],
    now: Timestamp,
) -> Screening {
    let mut screening = Screening::default();
    let mut asked = Vec::new();
    for (place, answer) in answers.iter().enumerate() {
        violations.under(&format!("screening[{place}]"), |violations| {
            if asked.contains(&answer.question) {
                violations.add("question", "Is asked twice.");
            }
            asked.push(answer.question);
            one_answer(violations, answer, now, &mut screening);
        });
    }
    screening
}

fn one_answer(
    violations: &mut Violations,
    asked: &v1::ScreeningAnswer,
    now: Timestamp,
    screening: &mut Screening,
) {
    let question = violations.choice("question", asked.question, question);
    let answer = answer(violations, "answer", asked.answer);
    let at = violations.time("answered_time", asked.answered_time.as_ref());
    let (Some(question), Some(at)) = (question, at) else { return };
    let Ok(age) = u64::try_from(now.as_second().saturating_sub(at.as_second())) else {
        violations.add("answered_time", "Is in the future.");
        return;
    };
    let place = match question {
        v1::ScreeningQuestion::Implant => &mut screening.implant,
        v1::ScreeningQuestion::Pregnancy => &mut screening.pregnancy,
        v1::ScreeningQuestion::Epilepsy => &mut screening.epilepsy,
        v1::ScreeningQuestion::MetalInHeadOrNeck => &mut screening.metal,
        v1::ScreeningQuestion::BystanderImplant => {
            screening.bystander_implant =
                if age <= BYSTANDER_SECONDS { answer } else { Answer::Unanswered };
            return;
        }
        v1::ScreeningQuestion::Unspecified => return,
    };
    *place = answer;
    let days = u32::try_from(age.div_ceil(DAY_SECONDS)).unwrap_or(u32::MAX);
    screening.age_days = screening.age_days.max(Some(days));
}

fn overrides(violations: &mut Violations, asked: &[v1::SoftOverride]) -> Overrides {
    let mut overrides = Overrides::NONE;
    for (place, one) in asked.iter().enumerate() {
        violations.under(&format!("overrides[{place}]"), |violations| {
            let limit = violations.choice("limit", one.limit, limit::read);
            if limit.is_some_and(|limit| overrides.holds(limit)) {
                violations.add("limit", "Is overridden twice.");
            }
            violations.reason("reason", &one.reason);
            let role = person::read(violations, "person", one.person.as_ref());
            if role.is_some_and(|role| !person::overrides(role)) {
                let may = "only a clinician or the laser safety officer overrides.";
                violations.add("person.role", format!("Is another; {may}"));
            }
            if let Some(limit) = limit {
                overrides = overrides.with(limit);
            }
        });
    }
    overrides
}

/// An answer. A question that nobody answered is no violation: the core refuses it as missing, and
/// says so among the decisions.
pub(crate) fn answer(violations: &mut Violations, field: &str, answer: i32) -> Answer {
    let read = violations.choice(field, answer, |answer| {
        Some(match answer {
            v1::Answer::Unspecified => Answer::Unanswered,
            v1::Answer::Yes => Answer::Yes,
            v1::Answer::No => Answer::No,
        })
    });
    read.unwrap_or_default()
}

fn question(question: v1::ScreeningQuestion) -> Option<v1::ScreeningQuestion> {
    match question {
        v1::ScreeningQuestion::Unspecified => None,
        v1::ScreeningQuestion::Implant
        | v1::ScreeningQuestion::Pregnancy
        | v1::ScreeningQuestion::Epilepsy
        | v1::ScreeningQuestion::MetalInHeadOrNeck
        | v1::ScreeningQuestion::BystanderImplant => Some(question),
    }
}

const DAY_SECONDS: u64 = 24 * 60 * 60;
/// A bystander is asked in each session: an older answer is of another one.
const BYSTANDER_SECONDS: u64 = 60 * 60;

#[cfg(test)]
mod tests {
    use safety::{
        ApplicatorCode, Frequency, Multiple, Nanos, Permille, Region, Side, StimulatorPrescription,
    };

    use super::*;
    use crate::control::{denial::Denial, sample};

    type Edit = fn(&mut v1::Prescription);

    fn told(asked: &v1::Prescription) -> Result<Reading, Denial> {
        let mut violations = Violations::default();
        let reading = read(&mut violations, asked, sample::now());
        violations.settle().map(|()| reading.expect("nothing is wrong with it"))
    }

    fn sentence(asked: &v1::Prescription) -> String {
        told(asked).expect_err("something is wrong with it").into_refusal().sentence
    }

    #[test]
    fn whole_prescriptions_are_read() {
        for asked in [sample::laser(), sample::pemf(), sample::stimulator()] {
            let reading = told(&asked).unwrap();
            assert_eq!(reading.validity, Validity::Holds);
        }
    }

    /// Each wrong field is found by itself.
    #[test]
    fn each_wrong_field_is_named() {
        let edits: Vec<(&str, Edit)> = vec![
            ("patient.patient_id", |one| one.patient.as_mut().unwrap().patient_id.clear()),
            ("patient.issuer", |one| one.patient.as_mut().unwrap().issuer.push(' ')),
            ("prescription_id", |one| one.prescription_id = "x".repeat(65)),
            ("revision", |one| one.revision = 0),
            ("author.name", |one| one.author.as_mut().unwrap().name.clear()),
            ("author.role", |one| one.author.as_mut().unwrap().role = v1::Role::Operator.into()),
            ("author.role", |one| one.author.as_mut().unwrap().role = 77),
            ("issued_time", |one| one.issued_time.as_mut().unwrap().nanos = -1),
            ("expire_time", |one| one.expire_time = one.issued_time),
            ("course_id", |one| one.course_id.clear()),
            ("course_sessions", |one| one.course_sessions = 0),
            ("site", |one| one.site = 0),
            ("site", |one| one.site = 99),
            ("side", |one| one.side = v1::Side::Midline.into()),
            ("screening[1].question", |one| one.screening[1].question = 1),
            ("screening[0].answer", |one| one.screening[0].answer = 9),
            ("screening[0].answered_time", |one| {
                one.screening[0].answered_time.as_mut().unwrap().seconds += 10_000;
            }),
            ("overrides[0].limit", |one| one.overrides.push(v1::SoftOverride::default())),
            ("modality", |one| one.modality = None),
            ("laser.wavelengths", |one| sample::laser_of(one).wavelengths.clear()),
            ("laser.wavelengths[1].wavelength_nanometres", |one| {
                sample::laser_of(one).wavelengths[1].wavelength_nanometres = 810;
            }),
            ("laser.wavelengths[0].share_permille", |one| {
                sample::laser_of(one).wavelengths[0].share_permille = 1_001;
            }),
            ("laser.gate", |one| sample::laser_of(one).gate = Some(v1::Gate::default())),
            ("laser.stationary_points", |one| sample::laser_of(one).stationary_points = 0),
            ("laser.field_area_square_millimetres", |one| {
                sample::laser_of(one).field_area_square_millimetres = 1;
            }),
            ("laser.energy_millijoules", |one| {
                sample::laser_of(one).energy_millijoules = u64::MAX;
            }),
            ("laser.fluence_millijoules_per_square_centimetre", |one| {
                sample::laser_of(one).fluence_millijoules_per_square_centimetre = u64::MAX;
            }),
            ("laser.skin.fitzpatrick_type", |one| {
                sample::laser_of(one).skin.as_mut().unwrap().fitzpatrick_type = 0;
            }),
            ("laser.eyewear.others", |one| {
                sample::laser_of(one).eyewear.as_mut().unwrap().others.clear();
            }),
            ("laser.eyewear.patient.optical_density_hundredths", |one| {
                let eyewear = sample::laser_of(one).eyewear.as_mut().unwrap();
                eyewear.patient.as_mut().unwrap().optical_density_hundredths = 2_551;
            }),
        ];
        for (field, edit) in edits {
            let mut asked = sample::laser();
            edit(&mut asked);
            let said = sentence(&asked);
            assert!(said.starts_with(&format!("{field}: ")), "{field}: {said}");
        }
    }

    /// Each wrong field of a stimulator is found by itself, and each right one arrives.
    #[test]
    fn each_field_of_a_stimulator_is_read() {
        type Change = fn(&mut v1::StimulatorPrescription);
        let edits: [(&str, Change); 10] = [
            ("motor_threshold_permille", |one| one.motor_threshold_permille = 0),
            ("motor_threshold_permille", |one| one.motor_threshold_permille = 1_001),
            ("threshold_multiple_permille", |one| one.threshold_multiple_permille = 0),
            ("threshold_multiple_permille", |one| one.threshold_multiple_permille = 10_001),
            ("rate_millihertz", |one| one.rate_millihertz = 0),
            ("pulses_per_train", |one| one.pulses_per_train = 0),
            ("trains", |one| one.trains = 0),
            ("wait_milliseconds", |one| one.wait_milliseconds = 0),
            ("wait_milliseconds", |one| one.wait_milliseconds = 600_001),
            ("coil_code", |one| one.coil_code = "0".to_owned()),
        ];
        for (field, edit) in edits {
            let mut asked = sample::stimulator();
            edit(sample::stimulator_of(&mut asked));
            let said = sentence(&asked);
            assert!(said.starts_with(&format!("stimulator.{field}: ")), "{field}: {said}");
        }
        let Ok(Reading { prescription: AnyPrescription::Stimulator(read), .. }) =
            told(&sample::stimulator())
        else {
            panic!("no stimulator")
        };
        let wanted = StimulatorPrescription {
            site: Site::new(Region::Trapezius, Side::Right).unwrap(),
            touched: Sites::NONE,
            motor_threshold: Permille::new(470).unwrap(),
            intensity: Multiple::from_thousandths(1_090),
            rate: Frequency::from_millihertz(10_000),
            train_pulses: 9,
            trains: 50,
            wait: Nanos::from_secs(10),
            course: 8,
            coil: ApplicatorCode(0x0201),
            screening: read.screening,
            overrides: Overrides::NONE,
        };
        assert_eq!(read, wanted);
        let screening = read.screening;
        assert_eq!((screening.implant, screening.age_days), (Answer::No, Some(1)));
    }

    /// What a caller wrote is never repeated: it could be a name.
    #[test]
    fn a_violation_repeats_no_text() {
        let mut asked = sample::laser();
        asked.patient.as_mut().unwrap().patient_id = "Erika Mustermann".to_owned();
        asked.prescription_id = "für Erika".to_owned();
        let said = sentence(&asked);
        assert!(!said.contains("Erika"), "{said}");
    }

    #[test]
    fn ages_are_counted_towards_refusal() {
        let mut asked = sample::pemf();
        let answered = |asked: &mut v1::Prescription, place: usize, ago: i64| {
            let seconds = sample::now().as_second() - ago;
            asked.screening[place].answered_time = Some(proto::Timestamp { seconds, nanos: 0 });
        };
        answered(&mut asked, 0, 30 * 86_400 + 1);
        answered(&mut asked, 4, 3_601);
        let Ok(Reading { prescription: AnyPrescription::Pemf(pemf), .. }) = told(&asked) else {
            panic!("no field")
        };
        assert_eq!(pemf.screening.age_days, Some(31));
        assert_eq!(pemf.screening.implant, Answer::No);
        assert_eq!(pemf.screening.bystander_implant, Answer::Unanswered, "of another session");
    }

    #[test]
    fn a_prescription_holds_from_its_issue_to_its_end() {
        let mut asked = sample::laser();
        asked.expire_time.as_mut().unwrap().seconds = sample::now().as_second();
        assert_eq!(told(&asked).unwrap().validity, Validity::Expired);
        let mut asked = sample::laser();
        asked.issued_time.as_mut().unwrap().seconds = sample::now().as_second() + 1;
        assert_eq!(told(&asked).unwrap().validity, Validity::Ahead);
    }
}
