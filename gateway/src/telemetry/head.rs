//! The newest record of the audit, told outside: whoever cuts off the end of the audit or writes it
//! anew cannot take back what a broker was told of it.

use safety::{Instant, Nanos};
use serde::Serialize;
use tokio::sync::watch;

use super::{moment::Moment, unit::SCHEMA};
use crate::{audit::Head, directory::Directory};

/// Told at most this often: what was cut off shows to within so many seconds.
const EVERY: Nanos = Nanos::from_secs(10);

/// What was told of it.
pub(super) struct HeadVoice {
    newest: watch::Receiver<Head>,
    told: Option<(Instant, Head)>,
}

impl HeadVoice {
    pub(super) const fn new(newest: watch::Receiver<Head>) -> Self {
        Self { newest, told: None }
    }

    /// What is due to be told.
    pub(super) fn due(&self, now: Instant) -> Option<Head> {
        let newest = self.newest.borrow();
        match &self.told {
            Some((at, told)) if *told == *newest || now.since(*at) < EVERY => None,
            Some(_) | None => Some(newest.clone()),
        }
    }

    /// It is on its way.
    pub(super) fn tell(&mut self, now: Instant, head: Head) {
        self.told = Some((now, head));
    }

    /// Nobody knows whether it arrived: it is told anew, and so is what is newest at the end.
    pub(super) fn begin_anew(&mut self) {
        self.told = None;
    }
}

/// As JSON.
pub(super) fn payload(
    directory: &Directory,
    head: &Head,
    moment: Moment,
) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&HeadJson {
        schema: SCHEMA,
        site: &directory.site,
        gateway: &directory.gateway,
        run: directory.run,
        at: moment.wall_at(moment.now),
        at_boottime_nanoseconds: moment.now.since_boot(),
        sequence: head.sequence,
        sha256: &head.hash,
    })
}

#[derive(Debug, Serialize)]
struct HeadJson<'a> {
    schema: u32,
    site: &'a str,
    gateway: &'a str,
    run: u32,
    at: String,
    at_boottime_nanoseconds: u64,
    sequence: u64,
    sha256: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A head is told when it is new, at most every ten seconds, and again to a broker that may not
    /// have it.
    #[test]
    fn a_head_is_told_now_and_then() {
        let (write, read) = watch::channel(Head::default());
        let mut voice = HeadVoice::new(read);
        let at = |seconds| Instant::from_boot(0).after(Nanos::from_secs(seconds));
        let (first, second) = (Head::default(), Head::default().followed_by("{}"));
        assert_eq!(voice.due(at(0)), Some(first.clone()));
        voice.tell(at(0), first);
        assert_eq!(voice.due(at(60)), None);
        write.send_replace(second.clone());
        assert_eq!(voice.due(at(9)), None);
        assert_eq!(voice.due(at(10)), Some(second.clone()));
        voice.tell(at(10), second.clone());
        voice.begin_anew();
        assert_eq!(voice.due(at(11)), Some(second));
    }
}
