//! Stories of chance: whatever people ask and however late the ledger is, no patient is in two sessions.

use std::collections::BTreeMap;

use clinic::{Ask, PatientKey, Refused, SessionId, Verb, What};
use safety::Nanos;

use crate::house::{House, UNITS, id, patient};

const PATIENTS: [&str; 3] = ["anna", "bert", "cleo"];

struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        let next = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = next.wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }
}

/// Who is in which session, by nothing but what was answered and told.
#[derive(Default)]
struct Book {
    open: BTreeMap<PatientKey, SessionId>,
    read: usize,
    begun: u32,
    refused: u32,
}

impl Book {
    /// Reads what was told since it last looked.
    fn follow(&mut self, house: &House) {
        for change in &house.changes[self.read..] {
            if matches!(change.what, What::Ended(_)) {
                self.open.retain(|_, session| Some(*session) != change.session);
            }
        }
        self.read = house.changes.len();
    }

    fn answered(&mut self, whose: PatientKey, answer: Result<SessionId, Refused>) {
        match answer {
            Ok(session) => {
                self.begun += 1;
                let other = self.open.insert(whose, session);
                assert_eq!(other, None, "beside {session}");
            }
            Err(Refused::PatientBusy) => {
                self.refused += 1;
                assert!(self.open.contains_key(&whose), "nobody treats them");
            }
            Err(_) => {}
        }
    }
}

/// SES-07, over twenty stories: no two sessions of one patient at once, and nobody is refused as busy
/// who is not.
#[test]
fn nobody_is_in_two_sessions() {
    let (mut begun, mut refused) = (0, 0);
    for seed in 0..20 {
        let (mut house, mut chance, mut book) = (House::new(), Chance(seed), Book::default());
        for _ in 0..120 {
            let place = chance.below(UNITS);
            match chance.below(12) {
                0..5 => {
                    let whose = patient(PATIENTS[chance.below(PATIENTS.len())]);
                    let answer = house.confirm(place, &whose);
                    book.follow(&house);
                    book.answered(whose, answer);
                }
                5 | 6 => drop(house.command(place, Verb::Arm)),
                7 => drop(house.command(place, Verb::Start)),
                8 => house.writes = false,
                9 => house.write(),
                10 => house.tell(clinic::Happening::Stop(clinic::CallId(u64::MAX), id(place))),
                _ => {
                    let millis = [50, 900, 4_000, 200_000][chance.below(4)];
                    house.pass(Nanos::from_millis(millis));
                }
            }
            book.follow(&house);
            for cause in house.causes(place) {
                drop(house.ask(Ask::Release(id(place), cause)));
            }
        }
        begun += book.begun;
        refused += book.refused;
    }
    assert!(begun > 200 && refused > 50, "{begun} sessions and {refused} refusals");
}
