//! Proofs of the contact: a golden table, all stories up to a horizon, and chance.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test that fails may panic"
)]

use std::{
    collections::{HashSet, VecDeque},
    env, format, fs,
    path::Path,
    string::String,
    vec,
    vec::Vec,
};

use proptest::prelude::*;

use super::*;

const fn ms(count: u64) -> Nanos {
    Nanos::from_millis(count)
}

const SPAN: Nanos = ms(600);
const TERMS: ContactTerms = ContactTerms { span: SPAN, poll: ms(100) };
const START: Instant = Instant::from_boot(1_000_000_000_000);

/// What can happen, in the words of these tests. What the unit says was asked a moment ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Letter {
    Pass(u64),
    Permit,
    Forbid,
    Cause,
    Uncovered,
    Stale,
    Late,
    Kick,
    Online,
    Lost,
    Closed,
    Open,
    OpenByDoor,
    OldOpen,
    Other,
    Prove,
    Abandon,
    Recall,
}

use Letter as L;

const LETTERS: [Letter; 18] = [
    L::Pass(100),
    L::Permit,
    L::Forbid,
    L::Cause,
    L::Uncovered,
    L::Stale,
    L::Late,
    L::Kick,
    L::Online,
    L::Lost,
    L::Closed,
    L::Open,
    L::OpenByDoor,
    L::OldOpen,
    L::Other,
    L::Prove,
    L::Abandon,
    L::Recall,
];

/// A contact, and what a judge that shares no code with it remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Story {
    now: Instant,
    contact: Contact,
    /// What the supervisor said last, and when it was stepped.
    stands: bool,
    stepped: Instant,
    online: bool,
    /// When the last kick went out.
    kicked: Option<Instant>,
    barred: Instant,
}

impl Story {
    fn new() -> Self {
        Self {
            now: START,
            contact: Contact::new(TERMS, START),
            stands: false,
            stepped: Instant::default(),
            online: false,
            kicked: None,
            barred: Instant::default(),
        }
    }

    fn after(letters: &[Letter]) -> Self {
        let mut story = Self::new();
        letters.iter().for_each(|letter| story.tell(*letter));
        story
    }

    /// As a clinic does: a kick goes out only if it may.
    fn tell(&mut self, letter: Letter) {
        let before = self.contact.proof(self.now);
        let permit = |change: fn(&mut Grounds), stepped| {
            let mut grounds = Grounds { stepped, relay: true, free: true, covered: true };
            change(&mut grounds);
            ContactInput::Permit(grounds)
        };
        let asked = Instant::from_boot(self.now.since_boot() - 1_000_000);
        let seen = |asked, closed, chain| ContactInput::Seen { asked, closed, chain };
        let input = match letter {
            L::Pass(millis) => {
                self.now = self.now.after(ms(millis));
                ContactInput::Wake
            }
            L::Permit => permit(|_| {}, self.now),
            L::Forbid => permit(|grounds| grounds.relay = false, self.now),
            L::Cause => permit(|grounds| grounds.free = false, self.now),
            L::Uncovered => permit(|grounds| grounds.covered = false, self.now),
            L::Stale => {
                let old = self.now.since_boot() - STEPPED_WITHIN.get() - 1;
                permit(|_| {}, Instant::from_boot(old))
            }
            L::Late => ContactInput::Late,
            L::Kick if !self.contact.may_kick(self.now) => return,
            L::Kick => ContactInput::Kicked,
            L::Online => ContactInput::Board(true),
            L::Lost => ContactInput::Board(false),
            L::Closed => seen(asked, true, true),
            L::Open => seen(asked, false, true),
            L::OpenByDoor => seen(asked, false, false),
            L::OldOpen => seen(START, false, true),
            L::Other => ContactInput::OtherOpen(asked),
            L::Prove => ContactInput::Prove,
            L::Abandon => ContactInput::Abandon,
            L::Recall => ContactInput::Recall(Some(ms(1_000))),
        };
        match letter {
            L::Permit => (self.stands, self.stepped) = (true, self.now),
            L::Forbid | L::Cause | L::Uncovered | L::Stale => self.stands = false,
            L::Online => self.online = true,
            L::Lost => self.online = false,
            L::Kick => self.kicked = Some(self.now),
            L::Late => self.barred = self.now.after(SPAN),
            _ => {}
        }
        let _refused = self.contact.step(self.now, input);
        self.judge(letter, before);
    }

    /// What must never be, whatever happened.
    fn judge(&self, letter: Letter, before: Proof) {
        let may = self.contact.may_kick(self.now);
        let fresh = self.now.since(self.stepped) <= STEPPED_WITHIN;
        let stands = self.stands && fresh && self.online && self.barred <= self.now;
        assert!(stands || !may, "kicked without grounds after {letter:?}: {self:?}");
        let held = self.kicked.is_some_and(|kicked| self.now < kicked.after(SPAN));
        let closed = self.contact.is_closed();
        assert!(held || !closed, "counts as closed with no kick within its time: {self:?}");
        let left = self.contact.is_left(self.now);
        assert!(!left || (stands && !may), "left without grounds: {self:?}");
        assert!(may || left || !closed, "counts as closed with no right to be: {self:?}");
        let proof = self.contact.proof(self.now);
        if matches!(proof, Proof::Passed(_)) && !matches!(before, Proof::Passed(_)) {
            let by_sight = before == Proof::Running && letter == L::Closed;
            let by_record = before == Proof::Never && letter == L::Recall;
            assert!(by_sight || by_record, "passed by {letter:?} after {before:?}");
        }
        let passed = matches!(proof, Proof::Passed(_));
        assert_eq!(self.contact.is_startable(self.now), passed);
        assert!(self.now < self.contact.wake(), "a wake that is over: {self:?}");
    }
}

/// Permitted, answered, kicked and seen closed.
const CLOSED: [Letter; 6] = [L::Online, L::Permit, L::Kick, L::Pass(40), L::Permit, L::Closed];
const DROPPED: [Letter; 8] =
    [L::Online, L::Permit, L::Kick, L::Pass(40), L::Permit, L::Closed, L::Prove, L::Permit];

fn picture(story: &Story) -> String {
    let contact = &story.contact;
    let put = if contact.is_closed() { "closed" } else { "open" };
    let may = if contact.may_kick(story.now) { "may be kicked" } else { "may not be kicked" };
    let odd = if contact.mismatch() { ", MISMATCH" } else { "" };
    format!("{put}, {may}, {:?}{odd}", contact.proof(story.now))
}

#[test]
fn the_transitions_are_those_of_the_golden_table() {
    let with = |head: &[Letter], tail: &[Letter]| [head, tail].concat();
    let waits = |steps: usize| [L::Pass(50), L::Permit].repeat(steps);
    let closes = [L::Kick, L::Pass(40), L::Permit, L::Closed];
    let fallen = with(&DROPPED, &waits(13));
    let opened = with(&fallen, &[L::Open]);
    let closing = with(&opened, &waits(20));
    let told = told();
    let off = with(&told, &[L::Pass(50), L::Permit, L::Open]);
    let again = with(&off, &waits(20));
    let passed = with(&again, &closes);
    let stayed = with(&with(&fallen, &waits(10)), &[L::Closed]);
    let held = with(&stayed, &waits(20));
    let failed = with(&DROPPED, &[L::Pass(2), L::Permit, L::Other]);
    let states: [(&str, Vec<Letter>); 14] = [
        ("new", Vec::new()),
        ("permitted", [L::Online, L::Permit].to_vec()),
        ("closed", CLOSED.to_vec()),
        ("left for a proof", DROPPED.to_vec()),
        ("fallen", fallen),
        ("seen open", opened),
        ("closing", closing),
        ("told off", told),
        ("seen off", off),
        ("closing again", again),
        ("passed", passed),
        ("stayed closed when left", stayed),
        ("told off after that", held),
        ("failed", failed),
    ];
    let mut table = String::new();
    for (name, letters) in states {
        let story = Story::after(&letters);
        table.push_str(&format!("{name}: {}\n", picture(&story)));
        for letter in LETTERS {
            let mut next = story;
            next.tell(letter);
            let seen = match picture(&next) {
                same if same == picture(&story) => String::from("as before"),
                other => other,
            };
            table.push_str(&format!("  {:<12} {seen}\n", format!("{letter:?}")));
        }
        table.push('\n');
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/contact.txt");
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &table).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap();
    assert!(table == golden, "golden/contact.txt differs; UPDATE_GOLDEN=1 rewrites it\n{table}");
}

/// Every state within seven letters of each of some states, told apart by all that is in it.
#[test]
fn every_short_story_keeps_the_rules() {
    let mut seen = HashSet::new();
    let mut open: VecDeque<(Story, u32)> = VecDeque::new();
    let told = told();
    for start in [&[][..], &CLOSED, &DROPPED, &told] {
        open.push_back((Story::after(start), 7));
    }
    while let Some((story, left)) = open.pop_front() {
        if left == 0 || !seen.insert((story, left)) {
            continue;
        }
        for letter in LETTERS {
            let mut next = story;
            next.tell(letter);
            open.push_back((next, left - 1));
        }
    }
    assert!(seen.len() > 10_000, "{} states", seen.len());
}

/// A contact that fell when it was left, was closed again, and is told off.
fn told() -> Vec<Letter> {
    let waits = |steps: usize| [L::Pass(50), L::Permit].repeat(steps);
    let closes = vec![L::Kick, L::Pass(40), L::Permit, L::Closed];
    [DROPPED.to_vec(), waits(13), vec![L::Open], waits(20), closes].concat()
}

fn letter() -> impl Strategy<Value = Letter> {
    prop_oneof![
        6 => (1..300_u64).prop_map(L::Pass),
        6 => Just(L::Permit),
        6 => Just(L::Kick),
        6 => prop::sample::select(&LETTERS[..]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]
    /// LCK-01: whatever happens, a kick needs grounds, and nothing counts as closed beyond its kick.
    #[test]
    fn long_stories_keep_the_rules(letters in prop::collection::vec(letter(), 1..120)) {
        Story::after(&letters);
    }
}

/// A unit whose interlock follows its contact, seen every 50 ms; `wired` changes what it sees by how
/// long ago the contact moved, whether it is closed, and whether it is left to itself.
fn prove(wired: impl Fn(u64, bool, bool) -> bool) -> (Proof, bool) {
    let mut story = Story::after(&CLOSED);
    story.tell(L::Prove);
    assert_eq!(story.contact.proof(story.now), Proof::Running);
    let (mut put, mut moved) = (story.contact.is_closed(), story.now);
    let mut mismatch = false;
    for _ in 0..120 {
        story.tell(L::Pass(50));
        mismatch |= story.contact.mismatch();
        story.tell(L::Permit);
        story.tell(L::Kick);
        if put != story.contact.is_closed() {
            (put, moved) = (!put, story.now);
        }
        let since = story.now.since(moved).millis();
        let closed = wired(since, put, story.contact.is_left(story.now));
        story.tell(if closed { L::Closed } else { L::Open });
        mismatch |= story.contact.mismatch();
    }
    (story.contact.proof(story.now), mismatch)
}

#[test]
fn a_proof_tells_a_sound_contact_from_every_other() {
    let passed = |proof| matches!(proof, Proof::Passed(_));
    let (sound, mismatch) = prove(|_, closed, _| closed);
    assert!(passed(sound) && !mismatch);
    let (slow, _) = prove(|since, closed, _| closed || since < 200);
    assert!(passed(slow));
    let (welded, mismatch) = prove(|_, _, _| true);
    assert!(welded == Proof::Failed(Flaw::StayedClosed) && mismatch);
    let (late, _) = prove(|since, closed, left| closed || (!left && since < 330));
    assert_eq!(late, Proof::Failed(Flaw::StayedClosed));
    let (broken, mismatch) = prove(|_, _, _| false);
    assert!(broken == Proof::Failed(Flaw::StayedOpen) && mismatch);
}

#[test]
fn a_proof_that_sees_nothing_or_another_fails() {
    let mut mute = Story::after(&DROPPED);
    (0..40).for_each(|_| {
        mute.tell(L::Pass(50));
        mute.tell(L::Permit);
    });
    assert_eq!(mute.contact.proof(mute.now), Proof::Failed(Flaw::Unseen));
    let other = Story::after(&[&DROPPED[..], &[L::Pass(2), L::Permit, L::Other]].concat());
    assert_eq!(other.contact.proof(other.now), Proof::Failed(Flaw::OtherOpened));
    for end in [L::Forbid, L::Lost, L::Abandon, L::Late] {
        let ended = Story::after(&[&DROPPED[..], &[end]].concat());
        assert_eq!(ended.contact.proof(ended.now), Proof::Failed(Flaw::Interrupted), "{end:?}");
    }
}

/// The first word of a unit that rested may come twice as late, and no later: then nobody knows.
#[test]
fn a_unit_that_rests_is_waited_for() {
    let waits = |steps: usize| [L::Pass(50), L::Permit].repeat(steps);
    let said = |steps, letter| {
        let told = [told(), waits(steps), vec![L::Pass(5), L::Permit, letter]].concat();
        Story::after(&[told, waits(20)].concat())
    };
    let running = |story: &Story| story.contact.proof(story.now) == Proof::Running;
    assert!(running(&said(6, L::Open)));
    let silent = said(10, L::Open);
    assert_eq!(silent.contact.proof(silent.now), Proof::Failed(Flaw::Unseen));
    let closed = said(10, L::Closed);
    assert_eq!(closed.contact.proof(closed.now), Proof::Failed(Flaw::StayedClosed));
}

/// LCK-02: what is left to itself needs the same grounds as what is kicked, or it is told off.
#[test]
fn a_contact_is_left_no_longer_than_its_unit_is_looked_at() {
    let left = Story::after(&DROPPED);
    let fresh = left.now.after(STEPPED_WITHIN);
    assert!(left.contact.is_left(fresh) && !left.contact.is_left(fresh.after(Nanos::new(1))));
}

/// LCK-01: what opens when it is told off and not by itself is no lease, and is no mismatch either.
#[test]
fn a_contact_that_has_to_be_told_fails_its_proof() {
    let (held, mismatch) = prove(|_, closed, left| closed || left);
    assert_eq!((held, mismatch), (Proof::Failed(Flaw::Held), false));
    let (slow, _) = prove(|since, closed, left| closed || (left && since < 330));
    assert_eq!(slow, Proof::Failed(Flaw::Held));
}

/// LCK-01: with every ground there is, and no kick, it counts as open once its time is over.
#[test]
fn a_contact_falls_without_kicks() {
    let mut story = Story::after(&CLOSED);
    let kicked = story.kicked.unwrap();
    for _ in 0..30 {
        story.tell(L::Pass(30));
        story.tell(L::Permit);
        assert_eq!(story.contact.is_closed(), story.now < kicked.after(SPAN));
    }
    assert!(story.contact.may_kick(story.now));
    story.tell(L::Kick);
    assert!(story.contact.is_closed());
}

/// OPS-01: an interlock that was open before the drop is no sign of it.
#[test]
fn what_was_asked_before_the_drop_proves_nothing() {
    let mut story = Story::after(&DROPPED);
    story.tell(L::Open);
    (0..40).for_each(|_| {
        story.tell(L::Pass(50));
        story.tell(L::Permit);
    });
    assert_eq!(story.contact.proof(story.now), Proof::Failed(Flaw::Unseen));
    let early = Story::after(&[L::Online, L::Permit, L::Kick, L::Closed, L::Prove]);
    assert_eq!(early.contact.proof(early.now), Proof::Never, "seen closed before it was kicked");
}

#[test]
fn a_proof_holds_for_a_day() {
    let (_, day) = (0, PROOF_HOLDS);
    let mut contact = Contact::new(TERMS, START);
    let _ = contact.step(START, ContactInput::Recall(Some(ms(1_000))));
    assert!(contact.is_startable(START.after(day.minus(ms(1_001)))));
    assert!(!contact.is_startable(START.after(day.minus(ms(1_000)))));
    assert_eq!(contact.proof(START.after(day)), Proof::Due);
    let mut old = Contact::new(TERMS, START);
    let _ = old.step(START, ContactInput::Recall(Some(day)));
    assert_eq!(old.proof(START), Proof::Due);
    assert!(!Contact::new(TERMS, START).is_startable(START), "nothing known is never");
    let mut failed = Contact::new(TERMS, START);
    let _ = failed.step(START, ContactInput::Recall(None));
    assert_eq!(failed.proof(START), Proof::Failed(Flaw::Earlier));
}

/// A contact that does not follow is noticed; a door, a moment and a board that holds are not that.
#[test]
fn a_mismatch_is_a_contact_that_does_not_follow() {
    let mut opens = Story::after(&CLOSED);
    for count in 0..30 {
        opens.tell(L::Pass(50));
        opens.tell(L::Permit);
        opens.tell(L::Kick);
        opens.tell(L::Open);
        let since = 50 * count;
        assert_eq!(opens.contact.mismatch(), 1_000 <= since, "open since {since} ms");
    }
    opens.tell(L::OpenByDoor);
    assert!(!opens.contact.mismatch());

    let mut stays = Story::after(&CLOSED);
    stays.tell(L::Forbid);
    for count in 1..20 {
        stays.tell(L::Pass(50));
        stays.tell(L::Closed);
        let seen = 50 * count - 1;
        assert_eq!(stays.contact.mismatch(), 250 < seen, "closed for {seen} ms");
    }

    let mut lost = Story::after(&CLOSED);
    lost.tell(L::Lost);
    for count in 1..20 {
        lost.tell(L::Pass(50));
        lost.tell(L::Closed);
        let seen = 40 + 50 * count - 1;
        assert_eq!(lost.contact.mismatch(), 600 + 250 < seen, "closed for {seen} ms");
    }
}
