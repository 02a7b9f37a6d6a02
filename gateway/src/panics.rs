//! Counts the tasks that panic: no session begins any more, and one that runs goes on.
//!
//! A panic in a task ends that task and nothing else, so without this nobody would know that a part
//! of the gateway is missing. The threads on which emission rests end the process by themselves.

use std::{
    panic,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::inbox::Inbox;

/// How many panics there were since it was asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Panics(Arc<AtomicU64>);

impl Panics {
    /// Counts every panic of this process from now on, and has none of them go unnoticed. What says
    /// where it was goes on saying so.
    pub(crate) fn watch(inbox: Inbox) -> Self {
        let panics = Self::default();
        let (count, say) = (Arc::clone(&panics.0), panic::take_hook());
        panic::set_hook(Box::new(move |panicked| {
            // First: to say something may take as long as whoever reads it likes.
            count.fetch_add(1, Ordering::Relaxed);
            inbox.impair();
            say(panicked);
        }));
        panics
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_panics_is_counted_and_no_session_begins() {
        let (inbox, outlet) = Inbox::new(1);
        let panics = Panics::watch(inbox);
        assert!(tokio::spawn(async { panic!("as a test") }).await.is_err());
        // Tests beside this one may panic as well.
        assert!(0 < panics.count());
        assert!(outlet.flags.is_impaired());
    }
}
