//! The contact of a relay in the interlock of one unit: closed only while it is kicked (LCK-01, LCK-02).

#[cfg(test)]
mod proof;

use crate::time::{Instant, Nanos};

/// A unit that was last stepped longer ago than this has no say: its decision is too old (LCK-02).
pub const STEPPED_WITHIN: Nanos = Nanos::from_millis(50);
/// Within this the interlock of the unit is seen open after its contact was dropped. A unit that is
/// asked more rarely is asked twice. Needs the clinic's sign-off.
pub const OPENS_WITHIN: Nanos = Nanos::from_millis(250);
/// An interlock that is open for longer, with its contact kicked and its door closed, is broken.
/// Needs the clinic's sign-off.
pub const CLOSES_WITHIN: Nanos = Nanos::from_secs(1);
/// A proof holds for so long: a relay is tested before its first use on a day (OPS-01).
pub const PROOF_HOLDS: Nanos = Nanos::from_secs(24 * 3_600);
/// For so long a proof keeps the contact dropped: every unit that is heard was asked since.
pub const PROOF_DROPS: Nanos = Nanos::from_secs(1);
/// Within this a proof sees the interlock closed again.
pub const PROOF_CLOSES: Nanos = Nanos::from_secs(2);

/// The contact of one channel.
///
/// ```text
///            kicked: grounds stand, board answers
///      OPEN <--------------------------------> CLOSED while kicked
///        ^   grounds gone, board lost, late, fallen |
///        |                                        | prove, interlock seen closed
///        |        opened in time, no other one    v
///        +-- FAILED <---- else ---- DROPPED ---------> CLOSING -- seen closed --> DROPPED, PASSED
/// ```
///
/// A drop is two things, and needs no answer: no kick follows, and an Off goes out. Either alone
/// opens the contact. A proof tries each alone: first no kick follows and no Off goes out, which is
/// what a gateway that is gone leaves to the board; then, closed again, it is told off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Contact {
    terms: ContactTerms,
    now: Instant,
    grounds: Grounds,
    board: bool,
    /// A decision came late: it stays open until then.
    barred: Instant,
    kicked: Option<Instant>,
    put: Put,
    seen: Option<(Instant, bool)>,
    /// Since when what is seen is not where the contact was put.
    odd: Option<Instant>,
    mismatch: bool,
    proof: Test,
}

/// How one channel is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ContactTerms {
    /// From handing over a kick to an open contact if no other follows: what the line and the board
    /// take, and the time for which the board holds it.
    pub span: Nanos,
    /// Between two questions for the switches of the unit.
    pub poll: Nanos,
}

/// What has to stand for a contact to be kicked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Grounds {
    /// When the supervisor of the unit was last stepped.
    pub stepped: Instant,
    /// The supervisor lets the relay be closed.
    pub relay: bool,
    /// No cause is latched that the contact has to show.
    pub free: bool,
    /// What the unit emits or is about to emit is covered by a slice, or it does neither.
    pub covered: bool,
}

/// Where a contact was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Put {
    /// It is to be open from this instant on.
    Open(Instant),
    /// It is kicked since this instant.
    Closed(Instant),
}

/// What can happen to a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ContactInput {
    /// What the supervisor of the unit says.
    Permit(Grounds),
    /// A decision of the unit came later than it may: the contact opens once.
    Late,
    /// A kick was handed to the port of the board.
    Kicked,
    /// Whether the board answers.
    Board(bool),
    /// What the unit says of its interlock.
    Seen {
        /// When it was asked.
        asked: Instant,
        /// Whether it is closed.
        closed: bool,
        /// Whether everything else in that chain is known to be closed.
        chain: bool,
    },
    /// The interlock of another unit was open in an answer to a question of this instant.
    OtherOpen(Instant),
    /// Somebody asks for a proof.
    Prove,
    /// The unit may no longer be used for a proof.
    Abandon,
    /// The ledger knows of the last proof: that it passed so long ago, or that it failed.
    Recall(Option<Nanos>),
    /// Time passed, nothing else.
    Wake,
}

/// The last proof of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Proof {
    /// It was never proven.
    Never,
    /// It passed longer than a day ago.
    Due,
    /// It goes on.
    Running,
    /// It passed, so long ago.
    Passed(Nanos),
    /// It failed.
    Failed(Flaw),
}

/// Why a proof failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flaw {
    /// The interlock stayed closed when the contact was told off, or opened late: the contact is
    /// welded, bridged or of another unit.
    StayedClosed,
    /// The interlock opened when the contact was told off, and not by itself when no kick followed:
    /// nothing would end what a gateway that is gone left on.
    Held,
    /// The interlock of another unit opened.
    OtherOpened,
    /// The unit said nothing of its interlock in time.
    Unseen,
    /// The interlock did not close again.
    StayedOpen,
    /// The unit or the board did something else meanwhile.
    Interrupted,
    /// It failed before the gateway started; what was found then, the log of then says.
    Earlier,
}

/// A proof is not begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NotClosed;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Test {
    Never,
    Dropped(Dropping),
    Closing { how: How, since: Instant },
    Passed { at: Instant, age: Nanos },
    Failed(Flaw),
}

/// A contact that is dropped for a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Dropping {
    how: How,
    /// When it was dropped, and from when on it has to be open.
    begun: Instant,
    since: Instant,
    /// It was seen open in time, and closed when it had to be open.
    opened: bool,
    stayed: bool,
    /// Something was said of its interlock since it has to be open.
    heard: bool,
}

/// How a contact is dropped for a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum How {
    /// By no further kick alone.
    Left,
    /// It is told off as well.
    Told {
        /// It stayed closed when it was left.
        held: bool,
    },
}

impl Put {
    /// Whether it was closed before a question of `asked`.
    fn closed_before(self, asked: Instant) -> bool {
        match self {
            Self::Closed(since) => since < asked,
            Self::Open(_) => false,
        }
    }
}

impl Grounds {
    /// Whether they let a contact be closed at `now`.
    pub fn stand(self, now: Instant) -> bool {
        let fresh = now.since(self.stepped) <= STEPPED_WITHIN;
        fresh && self.relay && self.free && self.covered
    }
}

impl Contact {
    /// An open contact. A gateway that ran before may have kicked it until now.
    pub fn new(terms: ContactTerms, now: Instant) -> Self {
        Self {
            terms,
            now,
            grounds: Grounds::default(),
            board: false,
            barred: now,
            kicked: None,
            put: Put::Open(now.after(terms.span)),
            seen: None,
            odd: None,
            mismatch: false,
            proof: Test::Never,
        }
    }

    /// Takes what happened.
    ///
    /// # Errors
    /// Only [`ContactInput::Prove`] is refused: by a contact that is not kicked and seen closed, or
    /// that is being proven.
    pub fn step(&mut self, now: Instant, input: ContactInput) -> Result<(), NotClosed> {
        self.now = self.now.max(now);
        let outcome = self.take(input);
        self.run_proof();
        self.place();
        outcome
    }

    fn take(&mut self, input: ContactInput) -> Result<(), NotClosed> {
        match input {
            ContactInput::Permit(grounds) => self.grounds = grounds,
            ContactInput::Late => self.barred = self.now.after(self.terms.span),
            ContactInput::Kicked => self.kick(),
            ContactInput::Board(board) => self.board = board,
            ContactInput::Seen { asked, closed, chain } => self.see(asked, closed, chain),
            ContactInput::OtherOpen(asked) => self.see_other(asked),
            ContactInput::Prove => return self.prove(),
            ContactInput::Abandon => self.interrupt(),
            ContactInput::Recall(age) => self.recall(age),
            ContactInput::Wake => {}
        }
        Ok(())
    }

    /// Whether a kick may be handed over at `now`.
    pub fn may_kick(&self, now: Instant) -> bool {
        let late = now < self.barred;
        let dropped = matches!(self.proof, Test::Dropped(_));
        self.grounds.stand(now) && self.board && !late && !dropped
    }

    /// Whether it is neither kicked nor told off: a proof sees whether it opens by itself.
    pub fn is_left(&self, now: Instant) -> bool {
        let left = matches!(self.proof, Test::Dropped(Dropping { how: How::Left, .. }));
        left && self.grounds.stand(now) && self.board && self.barred <= now
    }

    /// The instant of the last step.
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// Whether it is kicked, as of the last step.
    pub const fn is_closed(&self) -> bool {
        matches!(self.put, Put::Closed(_))
    }

    /// From here on it is open if no other kick follows, whatever becomes of an Off.
    pub fn open_from(&self) -> Instant {
        self.kicked.map_or(Instant::default(), |kicked| kicked.after(self.terms.span))
    }

    /// Whether the interlock of the unit is not where the contact was put.
    pub const fn mismatch(&self) -> bool {
        self.mismatch
    }

    /// The last proof.
    pub fn proof(&self, now: Instant) -> Proof {
        match self.proof {
            Test::Never => Proof::Never,
            Test::Dropped(_) | Test::Closing { .. } => Proof::Running,
            Test::Passed { at, age } => match age.plus(now.since(at)) {
                age if age < PROOF_HOLDS => Proof::Passed(age),
                _ => Proof::Due,
            },
            Test::Failed(flaw) => Proof::Failed(flaw),
        }
    }

    /// Whether a unit whose lease is this contact may be started.
    pub fn is_startable(&self, now: Instant) -> bool {
        matches!(self.proof(now), Proof::Passed(_))
    }

    /// When to step next if nothing happens before.
    pub fn wake(&self) -> Instant {
        let proof = match self.proof {
            Test::Never | Test::Passed { .. } | Test::Failed(_) => Instant::NEVER,
            Test::Dropped(drop) => drop.since.after(PROOF_DROPS),
            Test::Closing { since, .. } => since.after(PROOF_CLOSES),
        };
        let barred = if self.now < self.barred { self.barred } else { Instant::NEVER };
        let falls = if self.is_closed() { self.open_from() } else { Instant::NEVER };
        proof.min(barred).min(falls)
    }

    fn kick(&mut self) {
        self.kicked = Some(self.now);
        match self.put {
            Put::Open(_) if self.may_kick(self.now) => self.put_anew(Put::Closed(self.now)),
            Put::Open(since) => self.put = Put::Open(since.max(self.open_from())),
            Put::Closed(_) => {}
        }
    }

    /// Puts the contact where it may be. It closes by a kick alone.
    fn place(&mut self) {
        let may = self.may_kick(self.now);
        let fallen = self.open_from() <= self.now;
        match self.put {
            Put::Closed(_) if fallen => self.put_anew(Put::Open(self.now)),
            Put::Closed(_) if may || self.is_left(self.now) => {}
            Put::Closed(_) if self.board => self.put_anew(Put::Open(self.now)),
            Put::Closed(_) => self.put_anew(Put::Open(self.open_from())),
            // Nobody can tell a lost board to open what it holds: its time has to run out.
            Put::Open(since) if !self.board => self.put = Put::Open(since.max(self.open_from())),
            Put::Open(_) => {}
        }
    }

    fn put_anew(&mut self, put: Put) {
        (self.put, self.odd, self.mismatch) = (put, None, false);
    }

    /// For how long after a drop the unit may still say that its interlock is closed.
    fn patience(&self) -> Nanos {
        OPENS_WITHIN.max(self.terms.poll.times(2))
    }

    fn see(&mut self, asked: Instant, closed: bool, chain: bool) {
        let patience = self.patience();
        if self.seen.is_some_and(|(before, _)| asked < before) {
            return;
        }
        self.seen = Some((asked, closed));
        self.compare(asked, closed, chain);
        match &mut self.proof {
            Test::Dropped(drop) if drop.since < asked => {
                // A unit that rests says nothing for a while: its first word may come twice as late.
                let heard = core::mem::replace(&mut drop.heard, true);
                let patience = if heard { patience } else { patience.times(2) };
                match (asked.since(drop.since) <= patience, closed) {
                    (true, closed) => drop.opened |= !closed,
                    (false, false) if drop.opened || !heard => {}
                    (false, _) => drop.stayed = true,
                }
            }
            // Closed by the kick, not by itself.
            Test::Closing { how, .. } if closed && self.put.closed_before(asked) => {
                self.proof = match how {
                    How::Left => Test::Dropped(self.told(false)),
                    How::Told { .. } => Test::Passed { at: self.now, age: Nanos::ZERO },
                };
            }
            Test::Never
            | Test::Dropped(_)
            | Test::Closing { .. }
            | Test::Passed { .. }
            | Test::Failed(_) => {}
        }
    }

    fn compare(&mut self, asked: Instant, closed: bool, chain: bool) {
        match self.put {
            // What a proof finds it says at its end: it may be that another contact opened.
            Put::Open(_) if matches!(self.proof, Test::Dropped(_)) => {}
            Put::Open(since) => self.mismatch = closed && since.after(self.patience()) < asked,
            Put::Closed(_) if closed || !chain => (self.odd, self.mismatch) = (None, false),
            Put::Closed(since) => {
                let odd = *self.odd.get_or_insert(asked.max(since));
                self.mismatch = odd.after(CLOSES_WITHIN) <= asked;
            }
        }
    }

    fn see_other(&mut self, asked: Instant) {
        if let Test::Dropped(drop) = self.proof
            && drop.begun < asked
        {
            self.proof = Test::Failed(Flaw::OtherOpened);
        }
    }

    fn prove(&mut self) -> Result<(), NotClosed> {
        let seen = self.seen.is_some_and(|(asked, closed)| closed && self.put.closed_before(asked));
        if !seen || self.is_proving() {
            return Err(NotClosed);
        }
        let since = self.open_from().max(self.now);
        let how = How::Left;
        let drop =
            Dropping { how, begun: self.now, since, opened: false, stayed: false, heard: false };
        self.proof = Test::Dropped(drop);
        Ok(())
    }

    /// A drop that begins now, by what it is told.
    const fn told(&self, held: bool) -> Dropping {
        let how = How::Told { held };
        Dropping {
            how,
            begun: self.now,
            since: self.now,
            opened: false,
            stayed: false,
            heard: false,
        }
    }

    const fn is_proving(&self) -> bool {
        matches!(self.proof, Test::Dropped(_) | Test::Closing { .. })
    }

    fn interrupt(&mut self) {
        if self.is_proving() {
            self.proof = Test::Failed(Flaw::Interrupted);
        }
    }

    /// What follows a drop that lasted long enough.
    fn end_drop(&mut self, drop: Dropping) {
        self.proof = match (drop.how, drop.stayed, drop.opened) {
            (How::Left, true, _) => Test::Dropped(self.told(true)),
            (How::Told { .. }, true, _) => Test::Failed(Flaw::StayedClosed),
            (_, false, false) => Test::Failed(Flaw::Unseen),
            (How::Told { held: true }, false, true) => Test::Failed(Flaw::Held),
            (how, false, true) => Test::Closing { how, since: self.now },
        };
        let closed = self.seen.is_some_and(|(_, closed)| closed);
        self.mismatch |= closed && self.proof == Test::Failed(Flaw::StayedClosed);
    }

    fn recall(&mut self, passed: Option<Nanos>) {
        if self.proof == Test::Never {
            self.proof = match passed {
                Some(age) => Test::Passed { at: self.now, age },
                None => Test::Failed(Flaw::Earlier),
            };
        }
    }

    /// What time and lost grounds do to a proof.
    fn run_proof(&mut self) {
        if !self.grounds.stand(self.now) || !self.board || self.now < self.barred {
            self.interrupt();
        }
        match self.proof {
            Test::Dropped(drop) if drop.since.after(PROOF_DROPS) <= self.now => {
                self.end_drop(drop);
            }
            Test::Closing { since, .. } if since.after(PROOF_CLOSES) <= self.now => {
                self.proof = Test::Failed(Flaw::StayedOpen);
            }
            Test::Never
            | Test::Dropped(_)
            | Test::Closing { .. }
            | Test::Passed { .. }
            | Test::Failed(_) => {}
        }
    }
}
