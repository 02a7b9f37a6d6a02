//! The control thread: tells the clinic what happens, in one order, and does what it wants done.
//!
//! No lock, no log and no wait for anybody: what leaves here goes into bounded queues, and what does
//! not fit is dropped if it is a picture, and a cause if it is a record (OPS-03).

#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, VecDeque},
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::JoinHandle,
};

use clinic::{
    Answer, Call, CallId, Change, Clinic, Effect, Entry, EntryId, Happening, LineId, Past, Receipt,
    StopProof, UnitId,
};
use safety::{Cause, Instant, Nanos};
use tokio::{
    sync::{mpsc, oneshot},
    task::yield_now,
};

use crate::{
    abort::AbortOnPanic,
    clock,
    herald::Mouth,
    inbox::{Outlet, StopCall, StopWhat, Waiting},
    link::{self, Outgoing},
    overhear::Direction,
    port::{Serial, Setting},
    realtime::{self, Granted},
    recorder::Tape,
    timer::Timer,
};

/// Later than this is a cause (OPS-03, LCK-02).
const LATENESS_MAX: Nanos = Nanos::from_millis(50);
/// A gap between boot time and monotonic time that grew by more was a suspend (TIM-04).
const SUSPEND_MIN: Nanos = Nanos::from_millis(20);
/// Happenings of all ports on their way to the clinic.
const HAPPENINGS_MAX: usize = 1_024;
/// Receipts of the ledger on their way to the clinic: as many as entries may wait, and more.
pub const RECEIPTS_MAX: usize = 4_096;
/// How long everything may take to be off and settled at the end.
const FAREWELL: Nanos = Nanos::from_secs(4);

/// Keeps entries. Never waits.
pub trait Keep: Send {
    /// Takes an entry whose receipt comes later, or says that it cannot.
    fn enter(&mut self, now: Instant, id: EntryId, entry: Entry) -> bool;

    /// Has a change recorded, or says that it cannot.
    fn record(&mut self, change: &Change) -> bool;
}

/// Everything that the control thread works with.
pub struct Parts {
    /// What decides.
    pub clinic: Clinic,
    /// What the ledger knew.
    pub past: Past,
    /// The port of each line.
    pub lines: Vec<(LineId, Setting)>,
    /// Where calls and stops come in.
    pub outlet: Outlet,
    /// Where pictures and changes go out.
    pub mouth: Mouth,
    /// Where entries go.
    pub keep: Box<dyn Keep>,
    /// Where receipts come from.
    pub receipts: mpsc::Receiver<(EntryId, Receipt)>,
    /// Causes that arose before the thread began.
    pub causes: Vec<Cause>,
    /// Where everything is recorded that the clinic is told and that follows, if it is.
    pub tape: Option<Tape>,
}

/// What can be read of the control thread from outside, without disturbing it.
#[derive(Debug, Default)]
pub struct Pulse {
    /// The latest that any deadline was met since this was last taken, in nanoseconds.
    pub lateness_max_nanos: AtomicU64,
    /// How many happenings were taken.
    pub steps: AtomicU64,
    /// Everything went off and is settled.
    pub farewell: AtomicBool,
}

/// The control thread at work.
#[derive(Debug)]
pub struct Scheduler {
    thread: JoinHandle<()>,
    farewell: Option<oneshot::Sender<()>>,
    pulse: Arc<Pulse>,
    granted: Granted,
}

impl Scheduler {
    /// Starts the control thread. A panic on it ends the process, and the leases end the emission.
    ///
    /// # Errors
    /// If the machine has no thread, timer or reactor left.
    pub fn start(parts: Parts) -> io::Result<Self> {
        let pulse = Arc::new(Pulse::default());
        let own = Arc::clone(&pulse);
        let (farewell, leave) = oneshot::channel();
        let (reply, granted) = std::sync::mpsc::sync_channel(1);
        let thread = std::thread::Builder::new().name("control".into()).spawn(move || {
            let _abort = AbortOnPanic;
            let _nobody_asks = reply.send(realtime::ask());
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let outcome = runtime.and_then(|runtime| {
                tokio::task::LocalSet::new().block_on(&runtime, run(parts, own, leave))
            });
            assert!(outcome.is_ok(), "the control thread cannot go on: {outcome:?}");
        })?;
        let granted = granted.recv().unwrap_or_default();
        Ok(Self { thread, farewell: Some(farewell), pulse, granted })
    }

    /// What can be read of it.
    pub const fn pulse(&self) -> &Arc<Pulse> {
        &self.pulse
    }

    /// What it was granted.
    pub const fn granted(&self) -> Granted {
        self.granted
    }

    /// Takes no new start, stops everything, proves it off, settles, and ends the thread.
    ///
    /// Blocks for up to four seconds.
    pub fn farewell(mut self) {
        drop(self.farewell.take());
        // A panic there has ended the process already.
        let _ended = self.thread.join();
    }
}

/// Where an answer goes.
enum Reply {
    Call(oneshot::Sender<Answer>),
    /// With how many units have yet to answer.
    Stop(mpsc::Sender<(UnitId, StopProof)>, usize),
}

struct Control {
    clinic: Clinic,
    effects: Vec<Effect>,
    /// What followed from steps and has yet to be done: everything but writing.
    later: VecDeque<Effect>,
    /// A frame waits for its pump to be given a turn.
    wrote: bool,
    lines: HashMap<LineId, Outgoing>,
    replies: HashMap<CallId, Reply>,
    calls: u64,
    mouth: Mouth,
    keep: Box<dyn Keep>,
    tape: Option<Tape>,
    pulse: Arc<Pulse>,
    /// How late a deadline was met since this was last looked at, at worst.
    late: Option<Nanos>,
    suspended: Nanos,
    impaired: bool,
    low_space: bool,
}

async fn run(parts: Parts, pulse: Arc<Pulse>, leave: oneshot::Receiver<()>) -> io::Result<()> {
    let Parts { clinic, past, lines, mut outlet, mouth, keep, mut receipts, causes, tape } = parts;
    let mut timer = Timer::new()?;
    let (happening, mut happenings) = mpsc::channel(HAPPENINGS_MAX);
    let mut control = Control::new(clinic, mouth, keep, pulse);
    control.tape = tape;
    control.step(Happening::Past(past));
    for cause in causes {
        control.step(Happening::Fault(cause));
    }
    for (line, setting) in lines {
        let (outgoing, incoming) = link::way();
        control.lines.insert(line, outgoing);
        let open = async move |said| Serial::open(&setting, said).await;
        tokio::task::spawn_local(link::run(line, open, incoming, happening.clone()));
    }
    let mut leave = Some(leave);
    let mut until = Instant::NEVER;
    loop {
        // Bytes first: whoever hears of a step would compete with them for the processors.
        if control.has_written() {
            yield_now().await;
        }
        control.own_up();
        control.follow();
        if control.is_done(until) {
            return Ok(());
        }
        timer.set(control.clinic.wake().min(until))?;
        tokio::select! {
            biased;
            () = outlet.flags.raised() => control.flags(&outlet),
            Some(stop) = outlet.stops.recv() => control.stop(stop),
            Some(happened) = happenings.recv() => control.step(happened),
            Some((entry, receipt)) = receipts.recv() => {
                control.step(Happening::Receipt(entry, receipt));
            }
            () = outlet.flags.roused() => {}
            fired = timer.fired() => {
                fired?;
                control.step(Happening::Wake);
            }
            Some(call) = outlet.calls.recv() => control.call(call),
            () = gone(&mut leave) => {
                control.step(Happening::ShutDown);
                until = clock::now().after(FAREWELL);
            }
        }
    }
}

/// Waits until the daemon wants to leave; once it did, for ever.
async fn gone(leave: &mut Option<oneshot::Receiver<()>>) {
    match leave {
        Some(receiver) => {
            let _either_way = receiver.await;
            *leave = None;
        }
        None => std::future::pending().await,
    }
}

impl Control {
    fn new(clinic: Clinic, mouth: Mouth, keep: Box<dyn Keep>, pulse: Arc<Pulse>) -> Self {
        Self {
            clinic,
            effects: Vec::new(),
            later: VecDeque::new(),
            wrote: false,
            lines: HashMap::new(),
            replies: HashMap::new(),
            calls: 0,
            mouth,
            keep,
            tape: None,
            pulse,
            late: None,
            suspended: clock::suspended(),
            impaired: false,
            low_space: false,
        }
    }

    /// Tells the clinic what happened, and hands its frames to the pumps. What else follows is done
    /// by [`Self::follow`].
    fn step(&mut self, happening: Happening) {
        self.pulse.steps.fetch_add(1, Ordering::Relaxed);
        let (now, deadline) = (clock::now(), self.clinic.wake());
        if let Happening::Bytes(line, bytes) = &happening {
            self.mouth.overhear(now, *line, Direction::FromUnit, bytes);
        }
        if let Some(tape) = &mut self.tape {
            tape.happens(now, &happening);
        }
        self.clinic.step(now, happening, &mut self.effects);
        // Whatever it was that happened: a deadline that was over and is none any more is met now.
        if deadline <= now && self.clinic.wake() != deadline {
            self.late = self.late.max(Some(now.since(deadline)));
        }
        for effect in self.effects.drain(..) {
            if let Some(tape) = &mut self.tape {
                tape.follows(&effect, &self.clinic);
            }
            match effect {
                Effect::Write(line, frame) => {
                    self.mouth.overhear(now, line, Direction::ToUnit, &frame.bytes);
                    if let Some(line) = self.lines.get(&line) {
                        line.hand_over(frame);
                    }
                    self.wrote = true;
                }
                Effect::Enter(..)
                | Effect::Answer(..)
                | Effect::Show(_)
                | Effect::Tell(_)
                | Effect::Relay(..) => self.later.push_back(effect),
            }
        }
        if let Some(tape) = &mut self.tape {
            tape.done();
        }
    }

    /// Whether a frame was handed to a pump since this was last asked.
    fn has_written(&mut self) -> bool {
        std::mem::take(&mut self.wrote)
    }

    /// Does what followed from steps, and what follows from that.
    fn follow(&mut self) {
        while let Some(effect) = self.later.pop_front() {
            self.perform(effect);
        }
        if let Some(tape) = &mut self.tape {
            tape.turn();
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            // It was handed over when it was made.
            Effect::Write(..) => {}
            Effect::Enter(id, entry) => {
                if !self.keep.enter(clock::now(), id, entry) {
                    self.step(Happening::Receipt(id, Receipt::Failed));
                }
            }
            Effect::Answer(call, answer) => self.answer(call, answer),
            Effect::Show(unit) => {
                if let Some(shown) = self.clinic.shown(unit) {
                    self.mouth.show(unit, shown);
                }
            }
            Effect::Tell(change) => {
                if !self.keep.record(&change) {
                    self.step(Happening::Fault(Cause::Audit));
                }
                if self.mouth.tell(change).is_err() {
                    self.step(Happening::Fault(Cause::LostRecord));
                }
            }
            // Without a relay board there is nothing to move; the unit's own lease stands alone.
            Effect::Relay(_, _) => {}
        }
    }

    fn answer(&mut self, call: CallId, answer: Answer) {
        match (self.replies.remove(&call), answer) {
            (Some(Reply::Call(reply)), answer) => {
                // A caller that left hears nothing; what it asked was done all the same.
                let _left = reply.send(answer);
            }
            (Some(Reply::Stop(reply, waiting)), Answer::Stopped(unit, proof)) => {
                let _left = reply.try_send((unit, proof));
                if waiting > 1 {
                    self.replies.insert(call, Reply::Stop(reply, waiting - 1));
                }
            }
            (Some(Reply::Stop(..)) | None, _) => {}
        }
    }

    fn next_call(&mut self) -> CallId {
        self.calls = self.calls.wrapping_add(1);
        CallId(self.calls)
    }

    fn call(&mut self, waiting: Waiting) {
        let id = self.next_call();
        self.replies.insert(id, Reply::Call(waiting.reply));
        self.step(Happening::Call(Call { id, request: waiting.request, ask: waiting.ask }));
    }

    fn stop(&mut self, stop: StopCall) {
        let id = self.next_call();
        let waiting = match stop.what {
            StopWhat::Unit(_) => 1,
            StopWhat::Room(room) => self.clinic.units_in(Some(room)),
            StopWhat::All => self.clinic.units_in(None),
        };
        if waiting > 0 {
            self.replies.insert(id, Reply::Stop(stop.reply, waiting));
        }
        self.step(match stop.what {
            StopWhat::Unit(unit) => Happening::Stop(id, unit),
            StopWhat::Room(room) => Happening::StopAll(id, Some(room)),
            StopWhat::All => Happening::StopAll(id, None),
        });
    }

    /// What has no place in a queue: stops whose proof nobody waits for, and how the gateway stands.
    fn flags(&mut self, outlet: &Outlet) {
        let (units, all) = outlet.flags.take();
        if outlet.flags.is_impaired() && !std::mem::replace(&mut self.impaired, true) {
            self.step(Happening::Impaired);
        }
        if outlet.flags.take_audit_break() {
            self.step(Happening::Fault(Cause::Audit));
        }
        let low = outlet.flags.is_low_on_space();
        if std::mem::replace(&mut self.low_space, low) != low {
            self.step(Happening::LowSpace(low));
        }
        match outlet.flags.take_days() {
            0 => {}
            days => self.step(Happening::Days(days)),
        }
        if all {
            let id = self.next_call();
            self.step(Happening::StopAll(id, None));
        }
        for unit in units {
            let id = self.next_call();
            self.step(Happening::Stop(id, unit));
        }
    }

    /// Says how late the deadlines of the last turn were met. They were met first: off goes before
    /// anything that is said of it.
    fn own_up(&mut self) {
        let Some(late) = self.late.take() else { return };
        self.pulse.lateness_max_nanos.fetch_max(late.get(), Ordering::Relaxed);
        let suspended = clock::suspended();
        let slept = SUSPEND_MIN < suspended.minus(self.suspended);
        self.suspended = suspended;
        if slept {
            self.step(Happening::Fault(Cause::Suspend));
        } else if LATENESS_MAX < late {
            self.step(Happening::Fault(Cause::Lateness));
        }
    }

    fn is_done(&self, until: Instant) -> bool {
        let leaving = until != Instant::NEVER;
        let done = leaving && (self.clinic.is_at_rest() || until <= clock::now());
        if done {
            self.pulse.farewell.store(self.clinic.is_at_rest(), Ordering::Relaxed);
        }
        done
    }
}
