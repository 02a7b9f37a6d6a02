//! Waits for facts, with deadlines, on a machine that may be late by itself.

use std::{
    panic::resume_unwind,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use ::gateway::clock;
use safety::{Instant, Nanos};
use tokio::{
    runtime::{Builder, Runtime},
    task::LocalSet,
    time::sleep,
};

/// How long anything may take that has no deadline of its own.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);
/// Between two looks at something that does not tell of its changes.
const LOOK: Duration = Duration::from_millis(10);
/// A machine that was late by this much by itself may have broken a deadline of 50 ms.
const LATE: u64 = 25_000_000;
/// How often a scenario is tried on a machine that is late by itself.
const TRIES: u32 = 3;

/// Runs a scenario against the real clock.
///
/// The gateway takes a late deadline for a fault, and is right: so a scenario that fails while the
/// machine kept this process waiting too is run anew. One that fails on a prompt machine has
/// failed.
pub(super) fn in_real_time<F: Future<Output = ()> + 'static>(scenario: impl Fn() -> F) {
    for attempt in 1..=TRIES {
        let punctuality = Punctuality::measure();
        let runtime = runtime();
        // A task of its own, so that its failure can be weighed.
        let here = LocalSet::new();
        let outcome = here.block_on(&runtime, here.spawn_local(scenario()));
        drop(here);
        runtime.shutdown_timeout(PATIENCE);
        let late = punctuality.end();
        match outcome {
            Ok(()) => return,
            Err(failed) if attempt == TRIES || late < LATE => resume_unwind(failed.into_panic()),
            Err(_) => eprintln!("the machine was late by {} ms: again", late / 1_000_000),
        }
    }
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap()
}

/// Waits until something can be had.
pub(super) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = after(PATIENCE);
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(clock::now() < deadline, "waited too long: {what}");
        sleep(LOOK).await;
    }
}

/// Fails if a future takes too long.
pub(super) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(done) => done,
        Err(_elapsed) => panic!("waited too long: {what}"),
    }
}

/// Lets time pass in which something must not happen.
pub(super) async fn watch_for(time: Duration) {
    sleep(time).await;
}

pub(super) fn after(time: Duration) -> Instant {
    clock::now().after(Nanos::new(u64::try_from(time.as_nanos()).unwrap()))
}

/// How late this process itself is.
struct Punctuality {
    ended: Arc<AtomicBool>,
    worst: Arc<AtomicU64>,
    thread: thread::JoinHandle<()>,
}

impl Punctuality {
    fn measure() -> Self {
        let (ended, worst) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (end, most) = (Arc::clone(&ended), Arc::clone(&worst));
        let thread = thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_time().build().unwrap();
            runtime.block_on(async {
                while !end.load(Ordering::Relaxed) {
                    let due = after(LOOK);
                    sleep(LOOK).await;
                    most.fetch_max(clock::now().since(due).get(), Ordering::Relaxed);
                }
            });
        });
        Self { ended, worst, thread }
    }

    /// The latest that it woke up, in nanoseconds.
    fn end(self) -> u64 {
        self.ended.store(true, Ordering::Relaxed);
        self.thread.join().unwrap();
        self.worst.load(Ordering::Relaxed)
    }
}
