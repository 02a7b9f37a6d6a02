//! A unit that emits, with a meter that nobody can deceive, and the faults it may have.

use crate::{BootId, Contacts, Grant, Instant, Modality, Nanos, Run, Setting};

use super::bench::{LEVEL, contacts, ms};

/// What a unit is told.
#[derive(Clone, Copy, Debug)]
pub(super) enum Told<M: Modality> {
    Off,
    Hold(Setting<M>),
    Enable(Grant, Instant),
    Renew(Instant),
}

/// What breaks, and when.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Faults {
    /// Ignores every Off, and its own lease, between these instants.
    pub(super) stuck: Option<(Instant, Instant)>,
    /// Starts anew; and emits by itself afterwards, until it is told off.
    pub(super) reboot: Option<(Instant, bool)>,
    /// Emits this share of what it was told, in thousandths.
    pub(super) gain: Option<(Instant, u64)>,
    /// Its meter shows what it showed at the first instant until the second. Its counter is the
    /// meter's, and stands as well.
    pub(super) frozen: Option<(Instant, Instant)>,
    /// Turns itself off.
    pub(super) quits: Option<Instant>,
    /// Emits by itself, though nothing was asked of it, until it is told off.
    pub(super) wakes: Option<Instant>,
}

/// A unit with physics and a lease of its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unit<M: Modality> {
    pub(super) faults: Faults,
    pub(super) lease: Nanos,
    pub(super) now: Instant,
    pub(super) enabled: bool,
    pub(super) boot: BootId,
    pub(super) setting: Option<Setting<M>>,
    pub(super) contacts: Contacts,
    pub(super) gates: bool,
    pub(super) counts: bool,
    /// What it emitted since the world began: the truth.
    pub(super) emitted: u64,
    /// Whether a relay stands in its interlock, and is closed.
    pub(super) relay: Option<bool>,
    booted_at: u64,
    renewed: Instant,
    last: Option<Grant>,
    /// How often it was turned on.
    pub(super) starts: u64,
    shown: Option<(u32, u64)>,
    noise: u32,
    /// What it gives at once, if it gives runs.
    pub(super) run: Option<Run<M>>,
    /// Off ends a run that has begun.
    pub(super) breaks: bool,
    /// It emits on and on, run or no run.
    free: bool,
    /// When the run that has begun ends.
    runs_until: Option<Instant>,
    /// The run that is over, of which it has to tell.
    pub(super) ran: Option<Grant>,
    /// When the last run ended.
    ended: Option<Instant>,
    /// A run began before the wait after the last was over.
    pub(super) hurried: bool,
}

impl<M: Modality> Unit<M> {
    pub(super) fn new(now: Instant, lease: Nanos, faults: Faults) -> Self {
        Self {
            faults,
            lease,
            now,
            enabled: false,
            boot: BootId(1),
            setting: None,
            contacts: contacts(false),
            gates: false,
            counts: true,
            emitted: 0,
            relay: None,
            booted_at: 0,
            renewed: now,
            last: None,
            starts: 0,
            shown: None,
            noise: 0,
            run: None,
            breaks: true,
            free: false,
            runs_until: None,
            ran: None,
            ended: None,
            hurried: false,
        }
    }

    /// Moves to `now`: what it emitted until then is counted.
    pub(super) fn advance(&mut self, now: Instant) {
        let ends = match self.runs_until {
            Some(until) if !self.free && !self.is_stuck() => until.min(now),
            Some(_) | None => now,
        };
        self.emitted += u64::from(self.output()) * ends.since(self.now).get();
        let before = self.now;
        self.now = now;
        self.noise = self.noise.wrapping_mul(5).wrapping_add(1) % 4;
        let due = |at: Instant| before < at && at <= now;
        if let Some((at, resumes)) = self.faults.reboot
            && due(at)
        {
            self.boot = BootId(self.boot.0 + 1);
            self.booted_at = self.emitted;
            self.shown = None;
            self.setting = None;
            self.enabled = resumes;
            self.free = resumes;
            self.break_run();
            self.renewed = now;
        }
        if self.faults.quits.is_some_and(due) {
            self.enabled = false;
            self.break_run();
        }
        if self.faults.wakes.is_some_and(due) {
            self.enabled = true;
            self.free = true;
            self.renewed = now;
        }
        if self.renewed.after(self.lease) <= now {
            self.turn_off();
        }
        if self.faults.frozen.is_some_and(|(from, _)| due(from)) {
            self.shown = Some((self.output(), self.emitted - self.booted_at));
        }
        if self.faults.frozen.is_some_and(|(_, to)| due(to)) {
            self.shown = None;
        }
        if self.relay == Some(false) {
            self.enabled = false;
            self.break_run();
        }
        self.end_run(now);
    }

    pub(super) fn is_stuck(&self) -> bool {
        self.faults.stuck.is_some_and(|(from, to)| from <= self.now && self.now < to)
    }

    fn turn_off(&mut self) {
        if !self.is_stuck() {
            self.enabled = false;
            self.free = false;
            if self.breaks {
                self.break_run();
            }
        }
    }

    fn break_run(&mut self) {
        if self.runs_until.take().is_some() {
            self.ended = Some(self.now);
        }
    }

    /// Ends a run whose time has come, and says so when it is asked next.
    fn end_run(&mut self, now: Instant) {
        if self.runs_until.is_some_and(|until| until <= now) {
            self.ended = self.runs_until.take();
            self.ran = self.last;
        }
    }

    pub(super) fn take(&mut self, told: Told<M>) {
        match told {
            Told::Off => {
                self.turn_off();
                self.setting = None;
            }
            Told::Hold(setting) => self.setting = Some(setting),
            Told::Enable(grant, until) => {
                let fresh = self.last.is_none_or(|last| last < grant) && self.now < until;
                if fresh && self.setting.is_some() && self.relay != Some(false) {
                    self.last = Some(grant);
                    self.starts += 1;
                    self.enabled = true;
                    self.renewed = self.now;
                    if let Some(run) = self.run {
                        let rested = self.ended.map(|ended| ended.after(run.wait));
                        self.hurried |= self.runs_until.is_some() || Some(self.now) < rested;
                        self.runs_until = Some(self.now.after(run.length));
                    }
                }
            }
            Told::Renew(until) => {
                if self.now < until {
                    self.renewed = self.now;
                }
            }
        }
    }

    /// What leaves it at this moment.
    pub(super) fn output(&self) -> u32 {
        let gated = self.gates && !self.contacts.footswitch;
        let cut = self.relay == Some(false);
        let idle = match self.run {
            Some(_) => self.runs_until.is_none() && !self.free && !self.is_stuck(),
            None => false,
        };
        // A run that cannot be broken off goes on though the unit was disabled.
        let on = self.enabled || (self.runs_until.is_some() && !self.breaks);
        if !on || idle || gated || cut {
            return 0;
        }
        let gain =
            self.faults.gain.filter(|(at, _)| *at <= self.now).map_or(1_000, |(_, gain)| gain);
        (u64::from(LEVEL) * gain / 1_000) as u32
    }

    /// What its meter shows: never less than what leaves it, unless it is frozen.
    pub(super) fn shows(&self) -> (u32, Option<u64>) {
        let output = self.output();
        let output = if output == 0 { 0 } else { output + self.noise };
        let (output, count) = self.shown.unwrap_or((output, self.emitted - self.booted_at));
        (output, self.counts.then_some(count))
    }

    /// Whether its meter says what leaves it.
    pub(super) fn is_honest(&self) -> bool {
        self.shown.is_none()
    }
}

/// Numbers that look random, and are the same for the same seed.
#[derive(Clone, Debug)]
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    pub(super) fn one_in(&mut self, chance: u64) -> bool {
        self.below(chance) == 0
    }

    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }

    /// An instant within a span of milliseconds from `start`.
    pub(super) fn within(&mut self, start: Instant, millis: u64) -> Instant {
        start.after(ms(self.below(millis)))
    }
}
