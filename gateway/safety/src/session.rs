//! One delivery on one unit, from its confirmation to its settlement.

use crate::{
    account::Account,
    admitted::Admitted,
    cause::Cause,
    command::Beacon,
    finding::{Finding, Findings},
    modality::Modality,
    order::Setting,
    quantity::Output,
    run::{Pace, Runs},
    terms::{BEACON, SLICE, Terms, VALIDITY},
    time::{Instant, Nanos},
};

/// Names one slice. Never used twice on a unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SliceId(pub u32);

/// Dose that must be durable before it may be emitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Slice<M: Modality> {
    /// Its name.
    pub id: SliceId,
    /// Everything the session may have charged in the end, tail included: cumulative, so that
    /// writing it twice does no harm.
    pub up_to: M::Dose,
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// The prescribed dose is charged.
    Dose,
    /// The prescribed time of emission is over.
    Time,
    /// Somebody stopped it, or its holder left.
    Stopped,
    /// It was confirmed, but not armed in time, or armed but not started.
    Expired,
    /// It was paused for too long.
    PauseOver,
    /// A cause was latched.
    Alarm(Cause),
}

/// How much of what was prescribed a session gave. Nothing is topped up (DOS-13).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// At least 95 % was delivered.
    Complete,
    /// Something between, or an alarm ended it.
    Partial,
    /// Less than 80 % was delivered: it does not count as a treatment (PEM-06).
    Under,
    /// Nothing was emitted (DOS-15).
    Aborted,
}

/// What is known of a session once it is over: what the ledger settles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ended<M: Modality> {
    /// Who held it.
    pub token: u32,
    /// What was prescribed.
    pub prescribed: M::Dose,
    /// What counts against every limit.
    pub charged: M::Dose,
    /// What was delivered, at best knowledge.
    pub delivered: M::Dose,
    /// What was charged above the hard budget.
    pub debt: M::Dose,
    /// Why it ended.
    pub end: End,
    /// How much it gave.
    pub outcome: Outcome,
    /// Whether off was never proven, so that the charge is a bound and not a count.
    pub uncertain: bool,
    /// What a person has to judge before the patient's next session.
    pub findings: Findings,
}

/// A session in progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Session<M: Modality> {
    pub(crate) admitted: Admitted<M>,
    pub(crate) token: u32,
    pub(crate) confirmed: Instant,
    pub(crate) account: Account<M>,
    pub(crate) slices: Slices<M>,
    /// How far its runs have come, if it is given in runs.
    pub(crate) runs: Option<Runs<M>>,
    /// The instant of the newest beacon that the operator echoed.
    pub(crate) held: Option<Instant>,
    pub(crate) footswitch: Footswitch,
    /// Since when the unit was asked to hold the setting, and what it was asked to hold.
    pub(crate) setting: Option<(Instant, Setting<M>)>,
    pub(crate) read_back: bool,
    pub(crate) end: Option<End>,
    /// The unit was lost while it may have emitted.
    pub(crate) uncertain: bool,
}

/// What was seen of the footswitch since the unit was armed (LAS-06).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Footswitch {
    /// It must be seen released first.
    Unknown,
    /// It was released.
    Released,
    /// It was pressed after it had been released.
    Pressed,
}

/// What the ledger holds of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Slices<M: Modality> {
    pub(crate) asked: Option<(Slice<M>, M::Dose)>,
    /// Up to here emission is covered, the tail not counted.
    pub(crate) covered: Option<M::Dose>,
}

impl<M: Modality> Slices<M> {
    pub(crate) const VOID: Self = Self { asked: None, covered: None };
}

impl<M: Modality> Session<M> {
    pub(crate) fn new(now: Instant, admitted: Admitted<M>, token: u32, pace: Pace) -> Self {
        let run = M::runs(admitted.level(), pace);
        Self {
            admitted,
            token,
            confirmed: now,
            account: Account::new(now),
            slices: Slices::VOID,
            runs: run.map(|run| Runs::new(run, now)),
            held: None,
            footswitch: Footswitch::Unknown,
            setting: None,
            read_back: false,
            end: None,
            uncertain: false,
        }
    }

    /// The newest beacon at `now`.
    pub(crate) fn beacon(&self, now: Instant) -> Beacon {
        Beacon(now.since(self.confirmed).get().checked_div(BEACON.get()).unwrap_or(0))
    }

    /// When `beacon` was due.
    pub(crate) fn instant_of(&self, beacon: Beacon) -> Instant {
        self.confirmed.after(BEACON.times(beacon.0))
    }

    /// What is left of the prescribed dose at `now`.
    pub(crate) fn left(&self, now: Instant) -> M::Dose {
        M::minus(self.admitted.dose(), self.account.charged(now))
    }

    /// How long emission may go on from `now`: until the dose, the time or the slice is used up, at
    /// the rate at which it is charged (SES-09).
    pub(crate) fn lasts(&self, now: Instant) -> Nanos {
        let covered = self.slices.covered.unwrap_or_default();
        self.dose_lasts(now).min(self.until(now, covered))
    }

    /// How long the prescribed dose lasts from `now`.
    pub(crate) fn dose_lasts(&self, now: Instant) -> Nanos {
        self.until(now, self.admitted.dose())
    }

    /// How long it takes from `now` to charge `dose`.
    fn until(&self, now: Instant, dose: M::Dose) -> Nanos {
        let rate = self.account.rate().greater(M::output(self.admitted.level()));
        M::lasts_at(M::minus(dose, self.account.charged(now)), rate)
    }

    /// Whether nothing of the prescribed dose is left that could be given: a run is whole.
    pub(crate) fn is_over(&self, now: Instant) -> bool {
        match &self.runs {
            Some(runs) => {
                let next = M::plus(self.account.charged(now), runs.run.dose);
                !M::covers(self.admitted.dose(), next)
            }
            None => self.dose_lasts(now) == Nanos::ZERO,
        }
    }

    /// Whether the next run lies within what is durable.
    pub(crate) fn covers_run(&self, now: Instant) -> bool {
        let covered = self.slices.covered.unwrap_or_default();
        self.runs.as_ref().is_some_and(|runs| {
            M::covers(covered, M::plus(self.account.charged(now), runs.run.dose))
        })
    }

    /// Until when an order to emit is good. Runs use up no slice between them.
    pub(crate) fn valid_until(&self, now: Instant) -> Instant {
        match self.runs {
            Some(_) => now.after(VALIDITY),
            None => now.after(self.lasts(now).min(VALIDITY)),
        }
    }

    /// The setting for what is left; of a unit that runs, for one run. Its preset has room for the tail, so that the unit's own meter,
    /// which may read higher than ours, does not end the session first.
    pub(crate) fn setting(&self, now: Instant, terms: &Terms<M>) -> Setting<M> {
        let level = self.admitted.level();
        if let Some(runs) = &self.runs {
            return Setting { level, preset: runs.run.dose };
        }
        let preset = M::accrue(self.left(now), M::output(level), terms.tail());
        Setting { level, preset: M::coarse(preset) }
    }

    /// The slice that should be durable next, if one should: the window of emission it opens.
    pub(crate) fn next_window(&self, now: Instant) -> Option<M::Dose> {
        if self.slices.asked.is_some() {
            return None;
        }
        if let Some(runs) = &self.runs {
            let (charged, dose) = (self.account.charged(now), self.admitted.dose());
            return runs.next_window(charged, self.slices.covered, dose, SLICE);
        }
        let output = M::output(self.admitted.level());
        let ahead = M::accrue(self.account.charged(now), output, SLICE);
        let window = M::lesser(ahead, self.admitted.dose());
        if let Some(covered) = self.slices.covered {
            let left = self.until(now, covered);
            // The last slice ends where the dose does: another would open nothing.
            if left > SLICE.half() || self.until(now, window) <= left {
                return None;
            }
        }
        Some(window)
    }

    /// Everything that may be charged where `window` is covered: what is emitted may go on for a
    /// while, or be more than was ordered. The pulses of a train are counted to the last one before
    /// it begins.
    pub(crate) fn up_to(&self, window: M::Dose, terms: &Terms<M>) -> M::Dose {
        match (&self.runs, terms.pace) {
            (Some(_), Pace::Continuous) => window,
            (Some(_) | None, Pace::Chunks { .. }) | (None, Pace::Continuous) => {
                M::accrue(window, M::output(self.admitted.level()), terms.tail())
            }
        }
    }

    /// Whether a run that was ordered is covered, and what a meter showed beyond it.
    pub(crate) fn covers_charged(&self, now: Instant, terms: &Terms<M>) -> bool {
        let covers = |window| M::covers(self.up_to(window, terms), self.account.charged(now));
        self.slices.covered.is_some_and(covers)
    }

    pub(crate) fn ended(&self, now: Instant) -> Ended<M> {
        let charged = self.account.charged(now);
        let end = self.end.unwrap_or(End::Stopped);
        let delivered = self.account.delivered();
        let debt = M::minus(charged, self.admitted.budget());
        let findings = [
            (Finding::CountsDiffer, self.account.is_apart()),
            (Finding::Unseen, self.account.is_unseen()),
            (Finding::Debt, debt != M::Dose::default()),
        ];
        Ended {
            token: self.token,
            prescribed: self.admitted.dose(),
            charged,
            delivered,
            debt,
            end,
            outcome: Self::outcome(end, M::share(delivered, self.admitted.dose()), charged),
            uncertain: self.uncertain,
            findings: findings.into_iter().collect(),
        }
    }

    fn outcome(end: End, share: u64, charged: M::Dose) -> Outcome {
        if charged == M::Dose::default() {
            return Outcome::Aborted;
        }
        match end {
            End::Alarm(_) => Outcome::Partial,
            End::Dose | End::Time | End::Stopped | End::Expired | End::PauseOver => match share {
                950.. => Outcome::Complete,
                ..800 => Outcome::Under,
                800..950 => Outcome::Partial,
            },
        }
    }
}
