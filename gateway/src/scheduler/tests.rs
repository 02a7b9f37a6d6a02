//! What becomes of the process when the control thread cannot go on.

use std::{
    env,
    os::unix::process::ExitStatusExt,
    process::Command,
    sync::{Arc, atomic::Ordering},
    thread,
    time::Duration,
};

use clinic::{AnyPlan, Change, Clinic, Entry, EntryId, Happening, Past};
use device_drivers::{Budget, Dialect, Event, Out, open_link::Secret};
use jiff::civil::date;
use safety::{Instant, Laser, LaserLevel, Nanos};
use tokio::sync::mpsc;

use super::{Control, Keep, Parts, Pulse, Scheduler};
use crate::{clock, config::Config, herald::Herald, inbox::Inbox};

/// Tells a process that it is the one that has to end.
const CHILD: &str = "SCHEDULER_TEST_CHILD";

/// A dialect that is broken.
struct Broken;

impl Dialect<Laser> for Broken {
    fn exact(&self, level: LaserLevel) -> Option<LaserLevel> {
        Some(level)
    }

    fn step(&mut self, _: Instant, _: Event<'_, Laser>, _: &mut Out<Laser>) {
        panic!("as a test wants it");
    }

    fn wake(&self) -> Instant {
        Instant::NEVER
    }

    fn budget(&self) -> Budget {
        unreachable!("nobody asks")
    }
}

/// A dialect that takes its time once, and with it that of everybody.
struct Slow(bool);

impl Dialect<Laser> for Slow {
    fn exact(&self, level: LaserLevel) -> Option<LaserLevel> {
        Some(level)
    }

    fn step(&mut self, now: Instant, _: Event<'_, Laser>, _: &mut Out<Laser>) {
        if std::mem::replace(&mut self.0, false) {
            while clock::now() < now.after(Nanos::from_millis(300)) {
                std::hint::spin_loop();
            }
        }
    }

    fn wake(&self) -> Instant {
        Instant::NEVER
    }

    fn budget(&self) -> Budget {
        unreachable!("nobody asks")
    }
}

struct Nowhere;

impl Keep for Nowhere {
    fn enter(&mut self, _: Instant, _: EntryId, _: Entry) -> bool {
        false
    }

    fn record(&mut self, _: &Change) -> bool {
        true
    }
}

/// A clinic with one laser, which speaks its own dialect or this one.
fn clinic(config: &Config, dialect: Option<Box<dyn Dialect<Laser> + Send>>) -> Clinic {
    let plan = config.units[0].plan(date(2026, 11, 22), Secret::new([7; 32])).unwrap();
    let AnyPlan::Laser(mut plan) = plan else { panic!("the first unit is no laser") };
    plan.dialect = dialect.unwrap_or(plan.dialect);
    Clinic::new(1, vec![AnyPlan::Laser(plan)], Vec::new(), clock::now())
}

fn start(dialect: Box<dyn Dialect<Laser> + Send>) -> Scheduler {
    let config = Config::demo(|name| format!("/nowhere/{name}").into()).unwrap();
    let clinic = clinic(&config, Some(dialect));
    let (_inbox, outlet) = Inbox::new(1);
    let (_herald, mouth, _carry) = Herald::new(Arc::new(config.directory));
    let (_receipt, receipts) = mpsc::channel(1);
    let (lines, keep, causes) = (Vec::new(), Box::new(Nowhere), Vec::new());
    let (past, tape) = (Past::default(), None);
    let parts = Parts { clinic, past, lines, outlet, mouth, keep, receipts, causes, tape };
    Scheduler::start(parts).unwrap()
}

/// OPS-03: a deadline that something else runs into before the timer does is measured too, once, and
/// is a cause like any other.
#[test]
fn a_deadline_that_a_happening_overtakes_is_measured() {
    let config = Config::demo(|name| format!("/nowhere/{name}").into()).unwrap();
    let clinic = clinic(&config, None);
    let (_herald, mouth, _carry) = Herald::new(Arc::new(config.directory));
    let pulse = Arc::new(Pulse::default());
    let mut control = Control::new(clinic, mouth, Box::new(Nowhere), Arc::clone(&pulse));
    let line = config.units[0].line;
    control.step(Happening::Opened(line));
    control.own_up();
    pulse.lateness_max_nanos.store(0, Ordering::Relaxed);

    let late = Nanos::from_millis(80);
    while clock::now() < control.clinic.wake().after(late) {
        thread::park_timeout(Duration::from_millis(1));
    }
    let before = pulse.steps.load(Ordering::Relaxed);
    control.step(Happening::Bytes(line, Vec::new()));
    control.own_up();
    assert!(late.get() <= pulse.lateness_max_nanos.swap(0, Ordering::Relaxed));
    assert_eq!(pulse.steps.load(Ordering::Relaxed), before + 2, "what came, and the cause");
    control.own_up();
    assert_eq!(pulse.lateness_max_nanos.load(Ordering::Relaxed), 0);
    assert_eq!(pulse.steps.load(Ordering::Relaxed), before + 2);
}

/// OPS-03: the control thread itself looks, on every turn, whether a deadline was met late.
#[test]
fn a_late_control_thread_says_so() {
    let scheduler = start(Box::new(Slow(true)));
    let pulse = Arc::clone(scheduler.pulse());
    let most = Nanos::from_secs(10);
    let begun = clock::now();
    while pulse.lateness_max_nanos.load(Ordering::Relaxed) < Nanos::from_millis(150).get() {
        assert!(clock::now().since(begun) < most, "it was late, and said nothing");
        thread::park_timeout(Duration::from_millis(1));
    }
    scheduler.farewell();
}

/// OPS-03: a panic on the control thread ends the process at once, so that the leases end the
/// emission; it does not leave a gateway that looks alive.
#[test]
fn a_panic_of_the_control_thread_ends_the_process() {
    if env::var_os(CHILD).is_some() {
        let _scheduler = start(Box::new(Broken));
        thread::park_timeout(Duration::from_secs(20));
        return;
    }
    let name = "scheduler::tests::a_panic_of_the_control_thread_ends_the_process";
    let mut child = Command::new(env::current_exe().unwrap());
    let child = child.args([name, "--exact", "--nocapture", "--test-threads=1"]).env(CHILD, "1");
    let output = child.output().unwrap();
    let aborted = Some(rustix::process::Signal::ABORT.as_raw());
    assert_eq!(output.status.signal(), aborted, "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("as a test wants it"), "{output:?}");
}
