//! Sets up the log, and writes every change into it in one sentence.
//!
//! The control thread logs nothing: a small task on the ordinary runtime listens to the herald and
//! writes what changed within the span of its unit and session. Nothing that it is told holds
//! anything about a patient, and it writes the kind of a refusal, not the decisions behind it.

use std::{
    collections::HashMap,
    io::IsTerminal as _,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use clinic::{Change, SessionId, Summary, UnitId, What};
use safety::{End, Release};
use tokio::sync::broadcast::error::RecvError;
use tracing::{Span, error, error_span, info, warn};
use tracing_subscriber::{
    EnvFilter, filter::ParseError, fmt, layer::SubscriberExt, util::SubscriberInitExt,
};

use crate::{directory::Directory, herald::Herald, telemetry::quantity::Words, word};

/// For whom the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Human,
    /// For machines: one JSON object a line.
    Json,
}

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter makes no sense.
    #[error("the log filter `{filter}` makes no sense: {reason}")]
    Filter {
        /// The filter.
        filter: String,
        /// Why.
        reason: String,
    },
    /// There is a log already.
    #[error("there is a log already")]
    Twice,
}

/// What is logged if nobody says otherwise. The broker's library shouts about every scan of its port.
pub const FILTER: &str = "info,mqtt5=error,rumqttc=warn";
/// Who never logs, whatever the filter says: the listener of the embedded broker. When it can accept
/// nobody it says so without a pause, and it says so of everybody whom it puts out: that would fill
/// the disk on which the ledger is. What is lost is whom it did not take and why; that telemetry does
/// not reach it is still said, by telemetry.
const NEVER: [&str; 2] = ["mqtt5::broker::server=off", "mqtt5::broker::resource_monitor=off"];

/// Whether standard error is read by a person who wants colours: not by a file or a pipe, and not by
/// one who set `NO_COLOR`.
pub(crate) fn is_coloured() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty())
}

/// Sets up the log of this process on standard error. `filter` is in the form of `RUST_LOG`.
///
/// # Errors
/// If the filter makes no sense or there is a log already.
pub fn init(format: Format, filter: &str) -> Result<(), LogError> {
    let parsed = parse(filter)?;
    let base = tracing_subscriber::registry().with(parsed);
    let coloured = is_coloured();
    let layer = fmt::layer().with_ansi(coloured).with_writer(std::io::stderr);
    let set = match format {
        Format::Human => base.with(layer.with_target(false)).try_init(),
        Format::Json => base.with(layer.json()).try_init(),
    };
    set.map_err(|_twice| LogError::Twice)
}

fn parse(filter: &str) -> Result<EnvFilter, LogError> {
    let wrong = |reason: String| LogError::Filter { filter: filter.into(), reason };
    let parsed = EnvFilter::try_new(filter).map_err(|error| wrong(error.to_string()))?;
    NEVER.into_iter().try_fold(parsed, |filter, never| {
        let never = never.parse().map_err(|error: ParseError| wrong(error.to_string()))?;
        Ok(filter.add_directive(never))
    })
}

/// Logs every change from now on. Spawn what it returns on the ordinary runtime.
/// `leaving` is set before the gateway stops every unit to leave: that is no warning.
pub fn chronicle(
    herald: &Herald,
    leaving: Arc<AtomicBool>,
) -> impl Future<Output = ()> + Send + use<> {
    let mut changes = herald.changes();
    let mut chronicle = Chronicle::new(Arc::clone(herald.directory()), leaving);
    async move {
        loop {
            match changes.recv().await {
                Ok(change) => chronicle.write(&change),
                Err(RecvError::Lagged(count)) => {
                    error!(
                        count,
                        "changes came faster than they could be logged, and are not in this log"
                    );
                }
                Err(RecvError::Closed) => break,
            }
        }
    }
}

/// The open spans: one per unit, and one per session within it.
struct Chronicle {
    directory: Arc<Directory>,
    units: HashMap<UnitId, Span>,
    sessions: HashMap<UnitId, (SessionId, Span)>,
    leaving: Arc<AtomicBool>,
}

impl Chronicle {
    fn new(directory: Arc<Directory>, leaving: Arc<AtomicBool>) -> Self {
        Self { directory, units: HashMap::new(), sessions: HashMap::new(), leaving }
    }

    fn write(&mut self, change: &Change) {
        let span = self.span(change);
        let leaving = self.leaving.load(Ordering::Acquire);
        span.in_scope(|| sentence(&change.what, leaving));
        if matches!(change.what, What::Ended(_)) {
            self.sessions.remove(&change.unit);
        }
    }

    fn span(&mut self, change: &Change) -> Span {
        let directory = &self.directory;
        let unit = self.units.entry(change.unit).or_insert_with(|| {
            let card = directory.card(change.unit);
            let modality = card.map_or("?", |card| word::modality(card.modality));
            let mark = card.map_or("?", word::mark);
            // Above every filter: a warning without its unit helps nobody.
            error_span!("unit", unit = directory.name(change.unit), modality, mark)
        });
        let Some(session) = change.session else { return unit.clone() };
        let open = self.sessions.get(&change.unit).filter(|(open, _)| *open == session);
        if let Some((_, span)) = open {
            return span.clone();
        }
        let span = error_span!(parent: &*unit, "session", session = %session);
        self.sessions.insert(change.unit, (session, span.clone()));
        span
    }
}

fn sentence(what: &What, leaving: bool) {
    match what {
        What::State { from, to } => {
            info!("the unit went from {} to {}", word::state(*from), word::state(*to));
        }
        What::Confirmed => info!("a session was confirmed"),
        What::Ended(summary) => ended(summary),
        What::Latched(cause) => {
            let (cause, released_by) = (word::cause(*cause), cause.release());
            match released_by {
                Release::Operator => warn!(cause, "{cause} is latched; an operator releases it"),
                Release::Presence => error!(
                    cause,
                    "{cause} is latched; it is released at the unit, by a laser safety officer \
                     or a clinician"
                ),
                Release::Reconciliation => error!(
                    cause,
                    "{cause} is latched; service releases it after the records were reconciled"
                ),
            }
        }
        What::Released(cause) => {
            let cause = word::cause(*cause);
            info!(cause, "{cause} was released");
        }
        What::Stopped if leaving => info!("the unit was told to stop, because the gateway leaves"),
        What::Stopped => warn!("the unit was told to stop"),
        What::Proven(safety::Proof::Failed(flaw)) => {
            let flaw = word::flaw(*flaw);
            error!(flaw, "the proof of the relay failed: {flaw}");
        }
        What::Proven(proof) => {
            let proof = word::proof(*proof);
            info!(proof, "the proof of the relay: {proof}");
        }
        What::Metered(true) => info!("a meter agrees with the unit"),
        What::Metered(false) => error!("a meter disagrees with the unit"),
        What::Reviewed(findings) => {
            let findings = word::findings(*findings);
            info!(findings, "a clinician reviewed the session: {findings}");
        }
        What::Refused(refused) => {
            let reason = word::refused(refused);
            info!(reason, "a call was refused: {reason}");
        }
    }
}

fn ended(summary: &Summary) {
    let outcome = word::outcome(summary.outcome);
    let end = match summary.end {
        End::Alarm(cause) => word::cause(cause),
        End::Dose | End::Time | End::Stopped | End::Expired | End::PauseOver => {
            word::end(summary.end)
        }
    };
    let Words { prescribed, charged, delivered, debt } = Words::of(summary);
    let findings = word::findings(summary.findings);
    let review = match findings.as_str() {
        "" => String::new(),
        findings => format!("; a clinician has to review it: {findings}"),
    };
    if summary.uncertain {
        error!(
            outcome,
            end,
            charged,
            delivered,
            debt,
            findings,
            "the session ended {outcome} by {end} and off was never proven: {charged} charged of \
             {prescribed}, as a bound{review}"
        );
    } else if !review.is_empty() {
        error!(
            outcome,
            end,
            charged,
            delivered,
            debt,
            findings,
            "the session ended {outcome} by {end}: {charged} charged and {delivered} delivered of \
             {prescribed}{review}"
        );
    } else {
        info!(
            outcome,
            end,
            charged,
            delivered,
            debt,
            "the session ended {outcome} by {end}: {charged} charged and {delivered} delivered of \
             {prescribed}"
        );
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::{
        io::{self, Write},
        sync::Mutex,
    };

    use super::*;
    use crate::telemetry::samples;

    /// Everything that is logged of these changes, as machines read it.
    pub(crate) fn logged(directory: Arc<Directory>, changes: &[Change]) -> String {
        written("trace", || {
            let mut chronicle = Chronicle::new(directory, Arc::default());
            changes.iter().for_each(|change| chronicle.write(change));
        })
    }

    /// Everything that is logged under a filter while something is done.
    fn written(filter: &str, done: impl FnOnce()) -> String {
        let page = Page::default();
        let writer = page.clone();
        let layer = fmt::layer().json().without_time().with_writer(move || writer.clone());
        let log = tracing_subscriber::registry().with(parse(filter).unwrap()).with(layer);
        tracing::subscriber::with_default(log, done);
        String::from_utf8(page.0.lock().unwrap().clone()).unwrap()
    }

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn every_change_is_one_sentence_in_the_span_of_its_unit_and_session() {
        let changes = samples::changes();
        let log = logged(samples::directory(), &changes);
        assert_eq!(log.lines().count(), changes.len(), "{log}");
        for line in log.lines() {
            assert!(line.contains(r#""unit":"laser-1""#), "{line}");
            assert!(line.contains(r#""session":"7-1""#), "{line}");
        }
        for sentence in [
            "a session was confirmed",
            "the unit went from warning to emitting",
            "link_silence is latched; an operator releases it",
            "the session ended complete by dose: 6001 mJ in 12001 ms charged and 5899 mJ in \
             11799 ms delivered of 6000 mJ in 12000 ms",
            "the session ended partial by deviation and off was never proven",
            "a call was refused: footswitch_held",
        ] {
            assert!(log.contains(sentence), "{sentence}\n{log}");
        }
    }

    /// A warning that does not say of which unit it is helps nobody.
    #[test]
    fn a_filter_keeps_the_unit_of_what_it_lets_through() {
        let log = written("warn", || {
            let mut chronicle = Chronicle::new(samples::directory(), Arc::default());
            samples::changes().iter().for_each(|change| chronicle.write(change));
        });
        assert!(log.contains("is latched"), "{log}");
        for line in log.lines() {
            assert!(line.contains(r#""unit":"laser-1""#), "{line}");
            assert!(line.contains(r#""session":"7-1""#), "{line}");
        }
    }

    /// What the gateway does to leave is no warning; what anybody else does is.
    #[test]
    fn stops_of_a_gateway_that_leaves_are_no_warnings() {
        for (leaving, warned) in [(false, true), (true, false)] {
            let log = written("warn", || {
                let leaving = Arc::new(AtomicBool::new(leaving));
                let mut chronicle = Chronicle::new(samples::directory(), leaving);
                let stopped = Change { what: What::Stopped, ..samples::changes()[0].clone() };
                chronicle.write(&stopped);
            });
            assert_eq!(log.contains("told to stop"), warned, "{log}");
        }
    }

    /// A broker that can accept nobody says so without a pause: never here.
    #[test]
    fn no_filter_lets_the_listener_of_the_broker_speak() {
        for filter in [FILTER, "trace", "info,mqtt5=warn", "mqtt5=trace"] {
            let log = written(filter, || {
                error!(target: "mqtt5::broker::server", "TCP accept error");
                warn!(target: "mqtt5::broker::resource_monitor", "did not accept");
                error!(target: "mqtt5::broker::router", "something else");
            });
            assert!(!log.contains("accept") && log.contains("something else"), "{filter}: {log}");
        }
    }

    #[test]
    fn a_filter_that_makes_no_sense_is_told() {
        let error = init(Format::Human, "gateway=loudly").unwrap_err();
        assert!(error.to_string().contains("gateway=loudly"), "{error}");
    }
}
