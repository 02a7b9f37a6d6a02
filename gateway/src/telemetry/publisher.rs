//! Says what is due, takes what changed, and never waits for the broker.
//!
//! Two tasks: the connection's own, which alone may wait for the network, and this one, which only
//! ever tries. At most one status and one set of values per unit, one event and one presence are on
//! their way at a time, so a broker that is slow costs freshness and not memory.

use std::{pin::Pin, sync::Arc, time::Duration};

use clinic::{Change, Shown, UnitId};
use futures::stream::{FuturesUnordered, StreamExt};
use safety::Instant;
use tokio::{
    sync::{broadcast, oneshot, watch},
    time::{Interval, MissedTickBehavior, interval, timeout},
};

use super::{
    Counters, Server,
    backoff::Backoff,
    connection::{Connection, Delivery, Manner, Message, Signal},
    event,
    head::{self, HeadVoice},
    moment::Moment,
    outbox::Outbox,
    presence::Presence,
    topics::{self, UnitTopics},
    values,
    voice::{Due, Voice},
};
use crate::{audit::Head, herald::Herald};

/// How often units are looked at: a fifth of the time between two values.
const LOOK: Duration = Duration::from_millis(20);
/// Events that are kept while there is no broker: hours of a busy gateway, some megabytes.
const EVENTS_MAX: usize = 4_096;
/// How long the goodbye itself may take.
const GOODBYE: Duration = Duration::from_millis(300);

/// The task that says everything.
pub(super) struct Publisher {
    server: Server,
    herald: Herald,
    changes: broadcast::Receiver<Arc<Change>>,
    units: Vec<Speaker>,
    outbox: Outbox,
    audit: HeadVoice,
    counters: Arc<Counters>,
    line: Line,
    backoff: Backoff,
    sending: FuturesUnordered<OnItsWay>,
    was_connected: bool,
    is_complaining: bool,
}

/// A message and what becomes of it.
type OnItsWay = Pin<Box<dyn Future<Output = (Ticket, Delivery)> + Send>>;

/// One unit and what was said of it.
struct Speaker {
    id: UnitId,
    topics: UnitTopics,
    watch: watch::Receiver<Option<Shown>>,
    voice: Voice,
}

/// Whether there is a broker.
enum Line {
    Down { retry: Instant },
    Connecting(Connection),
    Up(Connection),
}

/// What a delivery is of.
#[derive(Clone, Copy, Debug)]
enum Ticket {
    Presence,
    Status(UnitId),
    Values(UnitId),
    Event,
    Audit,
}

impl Publisher {
    pub(super) fn new(
        server: Server,
        herald: Herald,
        audit: watch::Receiver<Head>,
        counters: Arc<Counters>,
    ) -> Self {
        let directory = Arc::clone(herald.directory());
        let ids = (0..=u16::MAX).map(UnitId);
        let units = directory.units.iter().zip(ids).filter_map(|(card, id)| {
            let topics = UnitTopics::new(&directory, card);
            Some(Speaker { id, topics, watch: herald.watch(id)?, voice: Voice::default() })
        });
        Self {
            server,
            changes: herald.changes(),
            outbox: Outbox::new(directory.units.len(), EVENTS_MAX),
            units: units.collect(),
            audit: HeadVoice::new(audit),
            herald,
            counters,
            line: Line::Down { retry: Instant::default() },
            backoff: Backoff::default(),
            sending: FuturesUnordered::new(),
            was_connected: false,
            is_complaining: false,
        }
    }

    /// Speaks until told to stop, and says goodbye within the time that it is then given.
    pub(super) async fn run(mut self, mut closing: oneshot::Receiver<Duration>) {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let patience = loop {
            tokio::select! {
                patience = &mut closing => break patience.unwrap_or_default(),
                () = self.once(&mut look) => {}
            }
        };
        let _late = timeout(patience, self.finish(&mut look)).await;
        self.depart().await;
    }

    /// Takes the next thing that happens, whatever it is. Nothing is lost if it is dropped halfway.
    async fn once(&mut self, look: &mut Interval) {
        tokio::select! {
            signal = self.line.signal() => self.turn(signal),
            Some((ticket, delivery)) = self.sending.next(), if !self.sending.is_empty() => {
                self.settle(ticket, delivery);
            }
            change = self.changes.recv() => self.hear(change),
            _ = look.tick() => self.look(Moment::read()),
        }
        self.send_event();
        self.counters.set_outbox(self.outbox.len(), self.outbox.lost());
    }

    /// Everything that was said until now goes out, as far as there is a broker.
    async fn finish(&mut self, look: &mut Interval) {
        while let Ok(change) = self.changes.try_recv() {
            self.hear(Ok(change));
        }
        // The audit goes on until the end, and its end is what nobody may cut off.
        self.audit.begin_anew();
        self.look(Moment::read());
        while self.line.is_up() && !self.is_all_said() {
            self.once(look).await;
        }
    }

    fn is_all_said(&self) -> bool {
        self.outbox.is_empty() && self.units.iter().all(|unit| unit.voice.is_quiet())
    }

    /// Says offline and goodbye. Without a broker there is nobody to say it to: the will stands.
    async fn depart(mut self) {
        self.sending.clear();
        self.say_presence(Presence::ShutDown);
        let _late = timeout(GOODBYE, self.sending.next()).await;
        if let Line::Up(connection) = self.line {
            connection.close(GOODBYE).await;
        }
        self.counters.set_connected(false);
    }

    /// The connection came up or went down.
    fn turn(&mut self, signal: Signal) {
        match signal {
            Signal::Up => self.connected(),
            Signal::Down(reason) => self.hang_up(&reason),
        }
    }

    /// A broker that is new to us knows nothing: everything is told again (rebirth).
    fn connected(&mut self) {
        let line = std::mem::replace(&mut self.line, Line::Down { retry: Instant::NEVER });
        self.line = match line {
            Line::Connecting(connection) | Line::Up(connection) => Line::Up(connection),
            Line::Down { retry } => Line::Down { retry },
        };
        if std::mem::replace(&mut self.was_connected, true) {
            self.counters.count_reconnect();
        }
        self.backoff.reset();
        self.is_complaining = false;
        self.counters.set_connected(true);
        tracing::info!(host = self.server.host, port = self.server.port, "connected to the broker");
        self.say_presence(Presence::Connected);
        self.look(Moment::read());
    }

    /// Drops the connection and what was on its way. Only the first failure in a row is logged.
    fn hang_up(&mut self, reason: &str) {
        let now = crate::clock::now();
        self.line = Line::Down { retry: self.backoff.after(now) };
        self.sending.clear();
        self.outbox.recall();
        self.audit.begin_anew();
        self.units.iter_mut().for_each(|unit| unit.voice.begin_anew());
        self.counters.set_connected(false);
        if !std::mem::replace(&mut self.is_complaining, true) {
            let Server { host, port, .. } = &self.server;
            tracing::warn!(host, port, reason, "no broker: events wait, values are dropped");
        }
    }

    fn hear(&mut self, change: Result<Arc<Change>, broadcast::error::RecvError>) {
        match change {
            Ok(change) => {
                let wall = Moment::read().wall_at(change.at);
                self.outbox.push(Change::clone(&change), wall);
            }
            Err(broadcast::error::RecvError::Lagged(count)) => self.outbox.miss(count),
            // Nobody will change anything any more; the units are still looked at.
            Err(broadcast::error::RecvError::Closed) => {}
        }
    }

    /// Looks at every unit and says what is due.
    fn look(&mut self, moment: Moment) {
        if let Line::Down { retry } = self.line
            && retry <= moment.now
        {
            self.connect(moment);
        }
        self.say_audit(moment);
        for place in 0..self.units.len() {
            let Some(speaker) = self.units.get_mut(place) else { continue };
            let Some(shown) = *speaker.watch.borrow_and_update() else { continue };
            speaker.voice.look(&shown, moment.now);
            let id = speaker.id;
            if self.line.is_up() {
                self.say_status(id, moment);
                self.say_values(id, &shown, moment);
            }
        }
    }

    fn connect(&mut self, moment: Moment) {
        let directory = self.herald.directory();
        let Ok(payload) = Presence::Lost.payload(directory, moment) else { return };
        let topic = topics::gateway(directory);
        let will = Message { topic, payload, manner: Manner::Retained };
        // A status and values of each unit, an event, a presence and the head of the audit.
        let room = self.units.len().saturating_mul(2).saturating_add(3);
        self.line = Line::Connecting(Connection::open(&self.server, will, room));
    }

    fn say_presence(&mut self, presence: Presence) {
        let directory = self.herald.directory();
        let Ok(payload) = presence.payload(directory, Moment::read()) else { return };
        let topic = topics::gateway(directory);
        let _next_connect = self.say(Ticket::Presence, topic, payload, Manner::Retained);
    }

    fn say_audit(&mut self, moment: Moment) {
        let Some(head) = self.audit.due(moment.now) else { return };
        let directory = self.herald.directory();
        let Ok(payload) = head::payload(directory, &head, moment) else { return };
        let topic = topics::audit(directory);
        if self.say(Ticket::Audit, topic, payload, Manner::Retained) {
            self.audit.tell(moment.now, head);
        }
    }

    fn say_status(&mut self, id: UnitId, moment: Moment) {
        let directory = Arc::clone(self.herald.directory());
        let Some(card) = directory.card(id) else { return };
        let Some(speaker) = self.units.get(usize::from(id.0)) else { return };
        let Some(standing) = speaker.voice.status() else { return };
        let topic = speaker.topics.status.clone();
        let Ok(payload) = standing.payload(&directory, card, moment) else { return };
        if self.say(Ticket::Status(id), topic, payload, Manner::Retained)
            && let Some(speaker) = self.units.get_mut(usize::from(id.0))
        {
            speaker.voice.tell(standing);
        }
    }

    fn say_values(&mut self, id: UnitId, shown: &Shown, moment: Moment) {
        let directory = Arc::clone(self.herald.directory());
        let Some(card) = directory.card(id) else { return };
        let Some(speaker) = self.units.get_mut(usize::from(id.0)) else { return };
        match speaker.voice.values(shown, moment.now) {
            Due::NotYet => {}
            Due::Dropped => self.counters.count_dropped(),
            Due::Now => {
                let topic = speaker.topics.telemetry.clone();
                let Ok(payload) = values::payload(&directory, card, shown, moment) else { return };
                if !self.say(Ticket::Values(id), topic, payload, Manner::Values) {
                    self.counters.count_dropped();
                } else if let Some(speaker) = self.units.get_mut(usize::from(id.0)) {
                    speaker.voice.speak();
                }
            }
        }
    }

    /// Sends the oldest event if none is on its way, so that they arrive in their order.
    fn send_event(&mut self) {
        if !self.line.is_up() {
            return;
        }
        let Some(entry) = self.outbox.send() else { return };
        let directory = self.herald.directory();
        let unit = self.units.get(usize::from(entry.change.unit.0));
        let card = directory.card(entry.change.unit);
        let said = unit.zip(card).and_then(|(unit, card)| {
            Some((unit.topics.event.clone(), event::payload(directory, card, entry).ok()?))
        });
        match said {
            Some((topic, payload)) => {
                if !self.say(Ticket::Event, topic, payload, Manner::Event) {
                    self.outbox.recall();
                }
            }
            // The outbox takes no event of a unit that is not there.
            None => self.outbox.taken(),
        }
    }

    /// Hands a message to the connection. Says whether there was room.
    fn say(&mut self, ticket: Ticket, topic: String, payload: Vec<u8>, manner: Manner) -> bool {
        let Line::Up(connection) = &self.line else { return false };
        let message = Message { topic, payload, manner };
        let Ok(delivery) = connection.try_publish(message) else { return false };
        self.sending.push(Box::pin(async move { (ticket, delivery.await) }));
        true
    }

    /// A message was taken, or not. A broker that refuses one is left and tried again later: what
    /// it was told it may not have kept either.
    fn settle(&mut self, ticket: Ticket, delivery: Delivery) {
        if let Err(reason) = delivery {
            self.hang_up(&reason);
            return;
        }
        self.counters.count_published();
        let units = &mut self.units;
        match ticket {
            Ticket::Presence | Ticket::Audit => {}
            Ticket::Event => self.outbox.taken(),
            Ticket::Status(id) => {
                if let Some(unit) = units.get_mut(usize::from(id.0)) {
                    unit.voice.told();
                }
            }
            Ticket::Values(id) => {
                if let Some(unit) = units.get_mut(usize::from(id.0)) {
                    unit.voice.spoken();
                }
            }
        }
    }
}

impl Line {
    const fn is_up(&self) -> bool {
        matches!(self, Self::Up(_))
    }

    /// What becomes of the connection; never, while there is none.
    async fn signal(&mut self) -> Signal {
        match self {
            Self::Connecting(connection) | Self::Up(connection) => connection.signal().await,
            Self::Down { .. } => std::future::pending().await,
        }
    }
}
