//! Tells dashboards how units stand, over MQTT 5, and takes nothing from them.
//!
//! Topics are `therapy/v1/<site>/<gateway>/<unit>/{status,telemetry,event}`, and
//! `therapy/v1/<site>/<gateway>/{gateway,audit}` for the gateway itself; `docs/mqtt.md` describes them and
//! `docs/schemas` binds them. Nothing is ever subscribed to (SEC-11), and no topic or payload holds
//! anything about a patient (AUD-07).
//!
//! Nobody waits for a broker: one that is slow, absent or restarted costs freshness of values, and
//! events only when it is away for thousands of them. The outbox lives in memory.

mod backoff;
#[cfg(test)]
mod canary;
mod connection;
mod counters;
pub(crate) mod event;
#[cfg(test)]
mod golden;
mod head;
pub(crate) mod moment;
mod outbox;
mod presence;
mod publisher;
pub(crate) mod quantity;
#[cfg(test)]
pub(crate) mod samples;
mod status;
mod topics;
pub(crate) mod unit;
pub(crate) mod values;
mod voice;

use std::{fmt, sync::Arc, time::Duration};

use tokio::{
    sync::{oneshot, watch},
    task::JoinHandle,
};

pub use counters::Counters;

use self::publisher::Publisher;
use crate::{audit::Head, herald::Herald};

/// Where the broker is.
#[derive(Clone, Debug)]
pub struct Server {
    /// Its host name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// What the gateway is called there. Two connections of one name put each other off.
    pub client_id: String,
    /// How the gateway proves to be the gateway, where the broker asks for it.
    pub credentials: Option<Credentials>,
}

/// A user and a password. Its `Debug` does not show the password.
#[derive(Clone)]
pub struct Credentials {
    /// The user.
    pub user: String,
    /// The password.
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

/// Telemetry at work, on the ordinary runtime.
#[derive(Debug)]
pub struct Telemetry {
    counters: Arc<Counters>,
    closing: oneshot::Sender<Duration>,
    task: JoinHandle<()>,
}

impl Telemetry {
    /// Starts to publish, beside what the herald carries the newest record of the audit. Must be called on a tokio runtime; returns at once, broker or not.
    pub fn start(server: Server, herald: Herald, audit: watch::Receiver<Head>) -> Self {
        let counters = Arc::new(Counters::default());
        let publisher = Publisher::new(server, herald, audit, Arc::clone(&counters));
        let (closing, closed) = oneshot::channel();
        let task = tokio::spawn(publisher.run(closed));
        Self { counters, closing, task }
    }

    /// What it counts of itself.
    pub fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }

    /// Sends what waits for no longer than `patience`, says offline and disconnects: less than a
    /// second more. Call it when every unit is off and the last change was told.
    pub async fn shut_down(self, patience: Duration) {
        let Self { closing, task, .. } = self;
        if closing.send(patience).is_ok() {
            let _panicked = task.await;
        }
    }
}
