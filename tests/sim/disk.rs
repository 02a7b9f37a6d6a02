//! The ledger and its disk: slow, stalled or failing, and durable in groups.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use clinic::{
    AnyDose, AnyPrescription, Course, Entry, EntryId, Given, Past, PatientKey, Receipt, Review,
    SessionId, Summary, UnitId,
};
use rand::{Rng, rngs::StdRng};
use safety::{Cause, Instant, Nanos, Outcome, Sites};

use crate::glance::quantity;

const MS: u64 = 1_000_000;
const DAY: Nanos = Nanos::from_secs(24 * 3_600);

/// How a disk behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// A few milliseconds for a group.
    Fast,
    /// Up to a second for a group.
    Slow,
    /// Nothing comes back until it recovers.
    Stalled,
    /// Groups fail, and some of what failed is there all the same.
    Failing,
}

/// What is durable, and what is on its way.
#[derive(Debug)]
pub(crate) struct Disk {
    mood: Mood,
    /// A ledger that failed once keeps nothing more until it is opened anew.
    failed: bool,
    queue: VecDeque<(EntryId, Entry)>,
    /// When the group in progress is done, and how many entries it has.
    group: Option<(u64, usize)>,
    /// Everything durable, told in order.
    pub(crate) book: Book,
}

/// What the durable entries say, put together as a ledger would.
#[derive(Debug, Default)]
pub(crate) struct Book {
    /// Sessions in the order in which they were opened.
    pub(crate) sessions: Vec<Kept>,
    /// Causes that were latched and not released, by unit.
    pub(crate) causes: BTreeMap<UnitId, Vec<Cause>>,
    /// Emission without a session, by unit and start of the gateway.
    pub(crate) stray: BTreeMap<(UnitId, u32), u64>,
    /// What cannot be: an entry that contradicts an earlier one.
    pub(crate) contradiction: Option<String>,
}

/// One session as the ledger keeps it.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) session: SessionId,
    pub(crate) unit: UnitId,
    pub(crate) patient: PatientKey,
    pub(crate) sites: Sites,
    pub(crate) up_to: AnyDose,
    pub(crate) settled: Option<Summary>,
    reconciled: bool,
    reviewed: bool,
    at: Instant,
}

impl Disk {
    pub(crate) fn new() -> Self {
        Self {
            mood: Mood::Fast,
            failed: false,
            queue: VecDeque::new(),
            group: None,
            book: Book::default(),
        }
    }

    /// Takes an entry, or says that it cannot.
    pub(crate) fn enter(
        &mut self,
        now: u64,
        id: EntryId,
        entry: Entry,
        chance: &mut StdRng,
    ) -> bool {
        if self.failed || (self.mood == Mood::Failing && chance.random_bool(0.3)) {
            self.failed = true;
            return false;
        }
        self.queue.push_back((id, entry));
        self.begin(now, chance);
        true
    }

    pub(crate) fn set_mood(&mut self, now: u64, mood: Mood, chance: &mut StdRng) {
        self.mood = mood;
        self.group = None;
        self.begin(now, chance);
    }

    /// Whether it has failed since it was opened.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed
    }

    /// When the group in progress is done.
    pub(crate) fn due(&self) -> u64 {
        self.group.map_or(u64::MAX, |(at, _)| at)
    }

    /// Ends the group in progress: what is durable now, and the receipts.
    pub(crate) fn complete(
        &mut self,
        now: u64,
        run: u32,
        chance: &mut StdRng,
    ) -> Vec<(EntryId, Receipt)> {
        let Some((_, count)) = self.group.take() else { return Vec::new() };
        let began = self.failed;
        self.failed |= self.mood == Mood::Failing;
        let failed = self.failed;
        let kept = if began {
            0
        } else if failed {
            chance.random_range(0..=count)
        } else {
            count
        };
        let receipt = if failed { Receipt::Failed } else { Receipt::Durable };
        let group: Vec<_> = self.queue.drain(..count).collect();
        let mut receipts = Vec::new();
        for (place, (id, entry)) in group.into_iter().enumerate() {
            if place < kept {
                self.book.keep(now, run, entry);
            }
            receipts.push((id, receipt));
        }
        self.begin(now, chance);
        receipts
    }

    /// The gateway is gone. A coin decides how much of what was on its way is durable: a log keeps
    /// its order.
    pub(crate) fn crash(&mut self, now: u64, run: u32, chance: &mut StdRng) -> (usize, usize) {
        let waiting = self.queue.len();
        let kept = if self.failed { 0 } else { chance.random_range(0..=waiting) };
        for (_, entry) in self.queue.drain(..kept) {
            self.book.keep(now, run, entry);
        }
        self.queue.clear();
        self.group = None;
        self.failed = false;
        (kept, waiting)
    }

    fn begin(&mut self, now: u64, chance: &mut StdRng) {
        if self.group.is_some() || self.queue.is_empty() {
            return;
        }
        let takes = match self.mood {
            Mood::Fast => chance.random_range(MS..8 * MS),
            Mood::Slow => chance.random_range(50 * MS..1_000 * MS),
            Mood::Failing => chance.random_range(MS..100 * MS),
            Mood::Stalled => return,
        };
        self.group = Some((now + takes, self.queue.len()));
    }
}

impl Book {
    fn keep(&mut self, now: u64, run: u32, entry: Entry) {
        match entry {
            // No unit of these stories has a relay, and none is measured.
            Entry::Proof(..) | Entry::Meter { .. } => {}
            Entry::Open { session, unit, patient, prescription, up_to, .. } => {
                if self.find(session).is_some() {
                    self.contradict(format!("{session} was opened twice"));
                }
                self.sessions.push(Kept {
                    session,
                    unit,
                    patient,
                    sites: sites(&prescription),
                    up_to,
                    settled: None,
                    reconciled: false,
                    reviewed: false,
                    at: Instant::from_boot(now),
                });
            }
            Entry::Slice { session, up_to, .. } => match self.find(session) {
                Some(kept) if kept.settled.is_none() => kept.up_to = greater(kept.up_to, up_to),
                Some(_) => self.contradict(format!("{session} has a slice after its end")),
                None => self.contradict(format!("{session} has a slice and was never opened")),
            },
            Entry::Settle { session, summary } => match self.find(session) {
                Some(kept) if kept.settled.is_none() => {
                    kept.settled = Some(summary);
                    kept.at = Instant::from_boot(now);
                }
                Some(_) => self.contradict(format!("{session} was settled twice")),
                None => self.contradict(format!("{session} was settled and never opened")),
            },
            Entry::Review(session) => match self.find(session) {
                Some(kept) if kept.has_findings() => kept.reviewed = true,
                Some(_) | None => self.contradict(format!("{session} has nothing to review")),
            },
            Entry::Stray { unit, dose, .. } => {
                let most = self.stray.entry((unit, run)).or_default();
                *most = (*most).max(quantity(dose));
            }
            Entry::Latch(unit, cause) => {
                let causes = self.causes.entry(unit).or_default();
                if !causes.contains(&cause) {
                    causes.push(cause);
                }
            }
            Entry::Release(unit, cause) => {
                self.causes.entry(unit).or_default().retain(|other| *other != cause);
                if cause == Cause::OpenMark {
                    let of_unit = self.sessions.iter_mut().filter(|kept| kept.unit == unit);
                    of_unit
                        .filter(|kept| kept.session.run < run)
                        .for_each(|kept| kept.reconciled = true);
                }
            }
        }
    }

    pub(crate) fn find(&mut self, session: SessionId) -> Option<&mut Kept> {
        self.sessions.iter_mut().rev().find(|kept| kept.session == session)
    }

    /// What a gateway that starts now is told.
    pub(crate) fn past(&self) -> Past {
        let open = self.sessions.iter().filter(|kept| kept.is_open());
        let causes = self.causes.iter();
        let mut course: BTreeMap<PatientKey, Course> = BTreeMap::new();
        let mut given = Vec::new();
        for kept in self.sessions.iter().filter(|kept| kept.counts()) {
            let charged = kept.charged();
            let count = course.entry(kept.patient.clone()).or_default();
            match charged {
                AnyDose::Laser(_) => count.laser += 1,
                AnyDose::Pemf(_) => count.pemf += 1,
                AnyDose::Stimulator(_) => count.stimulator += 1,
            }
            let (leaves_day, leaves_week) = (kept.at.after(DAY), kept.at.after(DAY.times(7)));
            let one = Given { sites: Some(kept.sites), charged, leaves_day, leaves_week };
            given.push((kept.patient.clone(), one));
        }
        Past {
            open_marks: open.map(|kept| (Some(kept.unit), kept.patient.clone())).collect(),
            causes: causes
                .flat_map(|(unit, causes)| causes.iter().map(|cause| (*unit, *cause)))
                .collect(),
            given,
            course: course.into_iter().collect(),
            // No story goes on within minutes of a trip and a restart.
            trips: Vec::new(),
            proofs: Vec::new(),
            meters: Vec::new(),
            reviews: self.reviews(),
        }
    }

    /// The sessions that nobody has reviewed.
    pub(crate) fn reviews(&self) -> Vec<Review> {
        let waits = self.sessions.iter().filter(|kept| kept.has_findings() && !kept.reviewed);
        let review = |kept: &Kept| Review {
            session: kept.session,
            unit: Some(kept.unit),
            patient: kept.patient.clone(),
            findings: kept.settled.map(|summary| summary.findings).unwrap_or_default(),
        };
        waits.map(review).collect()
    }

    /// What the durable entries of starts before `run` charge to `unit`.
    pub(crate) fn charged_before(&self, unit: UnitId, run: u32) -> u128 {
        let sessions = self.sessions.iter();
        let before = sessions.filter(|kept| kept.unit == unit && kept.session.run < run);
        let charged: u128 = before.map(|kept| u128::from(quantity(kept.charged()))).sum();
        let strays = self.stray.iter().filter(|((of, at), _)| *of == unit && *at < run);
        charged + strays.map(|(_, dose)| u128::from(*dose)).sum::<u128>()
    }

    /// The patients whose sessions nobody knows the end of.
    pub(crate) fn marked(&self) -> BTreeSet<(UnitId, PatientKey)> {
        let open = self.sessions.iter().filter(|kept| kept.is_open());
        open.map(|kept| (kept.unit, kept.patient.clone())).collect()
    }

    fn contradict(&mut self, what: String) {
        self.contradiction.get_or_insert(what);
    }
}

impl Kept {
    /// What counts: what was settled, or everything that it may have charged.
    pub(crate) fn charged(&self) -> AnyDose {
        self.settled.map_or(self.up_to, |summary| summary.charged)
    }

    fn has_findings(&self) -> bool {
        self.settled.is_some_and(|summary| !summary.findings.is_empty())
    }

    fn is_open(&self) -> bool {
        self.settled.is_none() && !self.reconciled
    }

    fn counts(&self) -> bool {
        self.settled.is_none_or(|summary| summary.outcome != Outcome::Aborted)
    }
}

fn greater(one: AnyDose, other: AnyDose) -> AnyDose {
    if quantity(one) < quantity(other) { other } else { one }
}

fn sites(prescription: &AnyPrescription) -> Sites {
    match prescription {
        AnyPrescription::Laser(laser) => laser.sites(),
        AnyPrescription::Pemf(pemf) => pemf.sites(),
        AnyPrescription::Stimulator(stimulator) => stimulator.sites(),
    }
}
