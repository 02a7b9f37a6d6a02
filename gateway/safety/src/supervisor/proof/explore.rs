//! Every state that can be reached with every input, and stories of two and three inputs from some
//! of them: from all if STORIES is large enough.

use std::{
    collections::{HashSet, VecDeque},
    env, format,
    string::String,
    vec::Vec,
};

use crate::{
    BootId, Cause, Command, Emission, Fact, Fence, Identity, Input, Instant, Laser, Nanos, Pace,
    Pemf, Report, State, Stimulator, Temperature, Terms, Timing, quantity::Output,
};

use super::{
    super::Phase,
    bench::{Bench, LEVEL, Sample, chunked, contacts, ms},
    invariants::Story,
};

/// All times of the exploration are multiples of this.
const BEAT: Nanos = ms(250);
/// How long the exploration follows the clock.
const SPAN: Nanos = Nanos::from_secs(6);

#[test]
fn every_story_of_a_laser() {
    explore(Laser::terms());
}

#[test]
fn every_story_of_a_coil() {
    explore(Pemf::terms());
}

#[test]
fn every_story_of_a_stimulator() {
    explore(Stimulator::terms());
}

#[test]
fn every_story_of_a_coil_in_chunks() {
    let pace = Pace::Chunks { length: BEAT.times(2) };
    explore(Terms { pace, ..chunked() });
}

/// Times so short that a whole session is a few beats long.
const BRISK: Timing = Timing {
    poll: BEAT,
    link: BEAT.times(2),
    confirm: BEAT,
    relay: BEAT.times(2),
    warning: BEAT.times(2),
    ready: BEAT.times(4),
    confirmation: BEAT.times(6),
    pause: BEAT.times(4),
    hold: BEAT.times(4),
};

/// What can happen, in the words of the exploration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Letter {
    Beat,
    Opened,
    Closed,
    Confirm,
    Arm,
    Start,
    Pause,
    Resume,
    StaleStart,
    Hold,
    OldHold,
    Stop,
    Durable,
    Refused,
    Settled,
    StopAll,
    Stuck,
    Ledger,
    Release,
    /// Everything is as ordered, with the footswitch pressed or not, and the key on or not.
    Poll(bool, bool),
    Off,
    LateOff,
    On(u32),
    Identity(Identity),
    Reboot,
    Garbled,
    NoSetting,
    Degrees(Option<i32>),
    EmergencyStop,
    Fault,
    /// The run of the last grant is over, asked now.
    Ran,
    /// It was over, asked a beat ago.
    LateRan,
    /// The run of the grant before is over.
    OldRan,
}

use Letter as L;

/// All of it.
pub(super) const LETTERS: [Letter; 38] = [
    L::Beat,
    L::Opened,
    L::Closed,
    L::Confirm,
    L::Arm,
    L::Start,
    L::Pause,
    L::Resume,
    L::StaleStart,
    L::Hold,
    L::OldHold,
    L::Stop,
    L::Durable,
    L::Refused,
    L::Settled,
    L::StopAll,
    L::Stuck,
    L::Ledger,
    L::Release,
    L::Poll(true, true),
    L::Poll(false, true),
    L::Poll(true, false),
    L::Off,
    L::LateOff,
    L::On(0),
    L::On(LEVEL),
    L::On(LEVEL - 1),
    L::On(LEVEL * 3 / 2 + 1),
    L::Identity(Identity::Proven),
    L::Identity(Identity::Differs),
    L::Reboot,
    L::Garbled,
    L::NoSetting,
    L::Degrees(Some(4_100)),
    L::Degrees(Some(4_300)),
    L::Degrees(None),
    L::EmergencyStop,
    L::Fault,
];

/// What can happen to a unit that runs.
const OF_RUNS: [Letter; 3] = [L::Ran, L::LateRan, L::OldRan];

/// All that can happen to a unit on `terms`.
pub(super) fn letters<M: Sample>(terms: &Terms<M>) -> impl Iterator<Item = Letter> + use<M> {
    let runs = M::runs(M::admitted().level(), terms.pace).is_some();
    LETTERS.into_iter().chain(OF_RUNS.into_iter().filter(move |_| runs))
}

/// Takes `letter`: the inputs that it stands for, one after the other.
pub(super) fn take<M: Sample>(story: &mut Story<M>, letter: Letter) -> Result<(), String> {
    match (letter, request(story, letter)) {
        (_, Some(input)) => story.step(story.now, input),
        (L::Poll(pressed, key), None) => poll(story, pressed, key),
        (_, None) => story.step(story.now.after(BEAT), Input::Wake),
    }
}

/// The one input that `letter` stands for, if it is one and takes no time.
pub(super) fn request<M: Sample>(story: &Story<M>, letter: Letter) -> Option<Input<M>> {
    let now = story.now;
    let fence = story.supervisor.session.map_or(1, |session| session.token);
    let fence = Fence { token: fence, epoch: story.supervisor.epoch() };
    let stale = Fence { epoch: fence.epoch.wrapping_sub(1), ..fence };
    let beacon = story.supervisor.session.map(|session| session.beacon(now)).unwrap_or_default();
    let asked = story.supervisor.reserve().map(|slice| slice.id).unwrap_or_default();
    let input = match letter {
        L::Beat | L::Poll(..) => return None,
        L::Opened => Input::Opened,
        L::Closed => Input::Closed,
        L::Confirm => Input::Confirm(M::admitted(), fence),
        L::Arm => Input::Command(Command::Arm, fence),
        L::Start => Input::Command(Command::Start, fence),
        L::Pause => Input::Command(Command::Pause, fence),
        L::Resume => Input::Command(Command::Resume(M::admitted()), fence),
        L::StaleStart => Input::Command(Command::Start, stale),
        L::Hold => Input::Hold(fence, beacon),
        L::OldHold => Input::Hold(fence, crate::Beacon(0)),
        L::Stop => Input::Stop,
        L::Durable => Input::Durable(asked),
        L::Refused => Input::Refused(asked),
        L::Settled => Input::Settled,
        L::StopAll => Input::Lock(Cause::StopAll),
        L::Stuck => Input::Lock(Cause::StuckOn),
        L::Ledger => Input::Lock(Cause::Ledger),
        L::Release => {
            let oldest = story.supervisor.causes().iter().next();
            Input::Release(oldest.map_or(Cause::Reboot, |latched| latched.cause))
        }
        L::Off => reading(now, false, 0),
        L::LateOff => reading(earlier(now), false, 0),
        L::On(output) => reading(now, true, output),
        L::Identity(identity) => told(now, Fact::Identity(identity)),
        L::Reboot => told(now, Fact::Boot(BootId(story.now.since_boot() as u32))),
        L::Garbled => told(now, Fact::Garbled),
        L::NoSetting => told(now, Fact::Setting(None)),
        L::Degrees(degrees) => {
            told(now, Fact::Temperature(degrees.map(Temperature::from_centicelsius)))
        }
        L::EmergencyStop => {
            let pressed = crate::Contacts { emergency_stop_released: false, ..contacts(true) };
            told(now, Fact::Contacts(pressed))
        }
        L::Fault => told(now, Fact::Faults(1)),
        L::Ran => told(now, Fact::Ran(story.supervisor.grant)),
        L::LateRan => told(earlier(now), Fact::Ran(story.supervisor.grant)),
        L::OldRan => told(now, Fact::Ran(story.supervisor.grant.before())),
    };
    Some(input)
}

fn earlier(now: Instant) -> Instant {
    Instant::from_boot(now.since_boot() - BEAT.get())
}

fn told<M: Sample>(asked: Instant, fact: Fact<M>) -> Input<M> {
    Input::Report(Report { asked, fact })
}

fn reading<M: Sample>(asked: Instant, enabled: bool, output: u32) -> Input<M> {
    let output = M::Output::from_count(output);
    told(asked, Fact::Emission(Emission { enabled, output, counter: None }))
}

/// An obedient unit answers a question of a nanosecond later.
fn poll<M: Sample>(story: &mut Story<M>, pressed: bool, key: bool) -> Result<(), String> {
    let now = story.now.after(Nanos::new(1));
    let mut bench = Bench::<M>::on_terms(*story.supervisor.terms());
    bench.supervisor = story.supervisor;
    bench.contacts = crate::Contacts { key, ..contacts(pressed) };
    bench.boot = story.supervisor.heard.boot.unwrap_or(bench.boot);
    if now.since_boot().is_multiple_of(2) {
        bench.output = Some(LEVEL);
    }
    for fact in bench.facts() {
        story.step(now, told(now, fact))?;
    }
    Ok(())
}

/// A state without its times and counts: what can be told apart by what happens next.
fn shape<M: Sample>(story: &Story<M>) -> String {
    let one = &story.supervisor;
    let phase: String = format!("{:?}", one.phase).split(' ').next().unwrap_or_default().into();
    let then = format!("{:?}", one.phase).contains("then: Paused");
    let heard = &one.heard;
    let known = [
        heard.opened.is_some(),
        heard.identity.is_some(),
        heard.emission.is_some(),
        heard.off.is_some(),
        heard.contacts.is_some_and(|(_, contacts)| contacts.key),
        heard.faults.is_some(),
        one.lost.is_some(),
        one.ended.is_some(),
        one.stray.is_running(),
        one.relay_closed(),
        then,
    ];
    let beats = |due: Instant| due.since(story.now).get().div_ceil(BEAT.get()).min(9);
    let armed = matches!(
        one.phase,
        Phase::Warning { .. } | Phase::Emitting { .. } | Phase::Stopping { .. }
    );
    // Where something happens by itself, how soon it does so tells states apart.
    let soon = armed.then(|| (beats(one.silence()), beats(one.phase_deadline())));
    let session = one.session.map(|session| {
        let flags = [
            session.account.is_running(),
            session.slices.asked.is_some(),
            session.slices.covered.is_some(),
            session.held.is_some(),
            session.read_back,
            session.end.is_some(),
            session.account.charged(story.now) != M::Dose::default(),
        ];
        format!("{flags:?} {:?}", session.footswitch)
    });
    let causes: Vec<Cause> = one.causes.iter().map(|latched| latched.cause).collect();
    let grave = causes.iter().map(|cause| cause.release()).max();
    let key: String = format!("{:?}", one.key_turn).chars().take(3).collect();
    let runs = one.session.and_then(|session| {
        let runs = session.runs?;
        let flight: String = format!("{:?}", runs.flight).chars().take(2).collect();
        let due = if armed { beats(one.next()) } else { 0 };
        Some((
            flight,
            beats(runs.next),
            session.covers_run(story.now),
            session.is_over(story.now),
            due,
        ))
    });
    let run = runs.map_or(String::new(), |runs| format!(" {runs:?}"));
    format!("{phase} {known:?} {session:?} {grave:?} {} {key} {soon:?}{run}", causes.len().min(2))
}

fn explore<M: Sample>(terms: Terms<M>) {
    let terms = Terms { timing: BRISK, lease: BEAT, rise: BEAT, ..terms };
    let bench = Bench::<M>::on_terms(terms);
    let start = Story::new(bench.supervisor, bench.now);
    let mut seen = HashSet::new();
    let mut queue = VecDeque::from([(start, Vec::new())]);
    let mut reached: Vec<(Story<M>, Vec<Letter>)> = Vec::new();
    seen.insert(shape(&start));
    while let Some((story, path)) = queue.pop_front() {
        for letter in letters(story.supervisor.terms()) {
            let mut next = story;
            let mut longer = path.clone();
            longer.push(letter);
            if let Err(why) = take(&mut next, letter) {
                panic!("{longer:?}: {why}");
            }
            let soon = next.now.since(start.now) < SPAN;
            if soon && seen.insert(shape(&next)) {
                queue.push_back((next, longer));
            }
        }
        reached.push((story, path));
    }
    let most = env::var("STORIES").ok().and_then(|text| text.parse().ok());
    let some = |most: usize| reached.iter().step_by(reached.len().div_ceil(most.max(1)).max(1));
    let pairs: u64 = some(most.unwrap_or(1_200)).map(|one| stories(one, 2)).sum();
    let triples: u64 = some(most.unwrap_or(40)).map(|one| stories(one, 3)).sum();
    let states = reached.len();
    std::println!("{states} states, {pairs} steps of two inputs, {triples} of three");
    assert!(reached.len() > 500, "only {} states were reached", reached.len());
    for state in [State::Offline, State::Standby, State::Ready, State::Emitting, State::Paused] {
        assert!(reached.iter().any(|(one, _)| one.supervisor.state() == state), "no {state:?}");
    }
    let resumed = |one: &Story<M>| {
        let charged = one.supervisor.status().session.map(|session| session.charged);
        one.supervisor.state() == State::Warning
            && charged.is_some_and(|charged| charged != M::Dose::default())
    };
    assert!(reached.iter().any(|(one, _)| resumed(one)), "nothing went on after a pause");
}

/// Every story of `length` letters from here. Returns how many steps that took.
fn stories<M: Sample>(from: &(Story<M>, Vec<Letter>), length: u32) -> u64 {
    let (story, path) = from;
    let mut steps = 0;
    for letter in letters(story.supervisor.terms()) {
        let mut next = *story;
        let taken = take(&mut next, letter);
        steps += 1;
        if taken.is_err() || length > 1 {
            let mut longer = path.clone();
            longer.push(letter);
            if let Err(why) = taken {
                panic!("{longer:?}: {why}");
            }
            steps += stories(&(next, longer), length - 1);
        }
    }
    steps
}
