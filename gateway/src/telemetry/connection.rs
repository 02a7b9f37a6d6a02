//! One MQTT 5 connection, from its CONNECT to its end. The only file that knows the MQTT library.
//!
//! A connection is never revived: the next one is a new client with empty queues, so nothing that
//! was meant for the one before, a status that is no longer true above all, can be sent late.
//! It subscribes to nothing, so no byte that a broker sends can command anything (SEC-11).

use std::time::Duration;

use rumqttc::{
    AsyncClient, Broker, ConnectionError, Event, EventLoop, LastWill, LastWillProperties,
    MqttOptions, NetworkOptions, Packet, PublishOptions, PublishProperties, QoS,
};
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};

use super::Server;

/// The broker hears from us at least this often, and we from it.
const KEEP_ALIVE_SECONDS: u16 = 5;
/// A connection that does nothing for so long, not even ask whether the broker is there, is stuck.
const STUCK: Duration = Duration::from_secs(13);
/// A broker that does not answer a CONNECT for so long is not there.
const CONNECT: Duration = Duration::from_secs(5);

/// A message on its way out.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) topic: String,
    pub(super) payload: Vec<u8>,
    pub(super) manner: Manner,
}

/// How a message is sent and kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// At least once, and kept by the broker for whoever comes later.
    Retained,
    /// At least once.
    Event,
    /// At most once, and no longer than it is worth.
    Values,
}

/// What becomes of a connection.
#[derive(Debug)]
pub(super) enum Signal {
    /// The broker took it.
    Up,
    /// It ended, and why.
    Down(String),
}

/// There is no room for a message, or no connection to put it on.
#[derive(Debug)]
pub(super) struct NoRoom;

/// Whether a message was taken; if not, why.
pub(super) type Delivery = Result<(), String>;

/// One connection.
#[derive(Debug)]
pub(super) struct Connection {
    client: AsyncClient,
    signals: mpsc::Receiver<Signal>,
    task: JoinHandle<()>,
}

impl Connection {
    /// Begins to connect. `room` messages may be on their way at once.
    pub(super) fn open(server: &Server, will: Message, room: usize) -> Self {
        let name = &server.client_id;
        let mut options = MqttOptions::new(name, Broker::tcp(&server.host, server.port));
        let mut network = NetworkOptions::new();
        network.set_tcp_nodelay(true);
        options.set_network_options(network);
        options.set_keep_alive(KEEP_ALIVE_SECONDS);
        options.set_connect_timeout(CONNECT);
        options.set_clean_start(true);
        options.set_session_expiry_interval(Some(0));
        // The library makes room for as many at once: fourteen megabytes unless somebody says less.
        options.set_outgoing_inflight_upper_limit(u16::try_from(room).unwrap_or(u16::MAX).max(1));
        options.set_last_will(last_will(will));
        if let Some(credentials) = &server.credentials {
            options.set_credentials(&credentials.user, credentials.password.clone());
        }
        let (client, events) = AsyncClient::builder(options).capacity(room).build();
        // Up and Down, once each.
        let (signal, signals) = mpsc::channel(2);
        Self { client, signals, task: tokio::spawn(run(events, signal)) }
    }

    /// Hands a message over without waiting. What comes back ends when the broker took it, or when
    /// it was written if the broker does not say.
    pub(super) fn try_publish(
        &self,
        message: Message,
    ) -> Result<impl Future<Output = Delivery> + Send + use<>, NoRoom> {
        let options = match message.manner {
            Manner::Retained => PublishOptions::at_least_once().retained(),
            Manner::Event => PublishOptions::at_least_once(),
            Manner::Values => PublishOptions::at_most_once(),
        };
        let options = options.properties(properties(message.manner));
        let sent = self.client.try_publish_tracked(message.topic, message.payload, options);
        let notice = sent.map_err(|_full_or_gone| NoRoom)?;
        Ok(async move { notice.wait_completion_async().await.map_err(|error| error.to_string()) })
    }

    /// What becomes of it, once each. After its end there is nothing more to wait for.
    pub(super) async fn signal(&mut self) -> Signal {
        let gone = || Signal::Down("the connection's task ended".into());
        self.signals.recv().await.unwrap_or_else(gone)
    }

    /// Says goodbye, so that the broker forgets the will.
    pub(super) async fn close(mut self, patience: Duration) {
        if self.client.try_disconnect().is_ok() {
            let _late = timeout(patience, &mut self.task).await;
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn run(mut events: EventLoop, signal: mpsc::Sender<Signal>) {
    let reason = loop {
        match timeout(STUCK, events.poll()).await {
            Ok(Ok(Event::Incoming(Packet::ConnAck(_)))) => {
                let _nobody_waits = signal.try_send(Signal::Up);
            }
            Ok(Ok(_traffic)) => {}
            Ok(Err(ConnectionError::RequestsDone)) => break "it was closed".to_owned(),
            Ok(Err(error)) => break error.to_string(),
            Err(_elapsed) => break "the broker takes nothing".to_owned(),
        }
    };
    let _nobody_waits = signal.try_send(Signal::Down(reason));
}

fn last_will(will: Message) -> LastWill {
    let properties = LastWillProperties {
        delay_interval: None,
        payload_format_indicator: Some(UTF_8),
        message_expiry_interval: None,
        content_type: Some(JSON.into()),
        response_topic: None,
        correlation_data: None,
        user_properties: Vec::new(),
    };
    LastWill::new(will.topic, will.payload, QoS::AtLeastOnce, true, Some(properties))
}

fn properties(manner: Manner) -> PublishProperties {
    PublishProperties {
        payload_format_indicator: Some(UTF_8),
        message_expiry_interval: match manner {
            Manner::Retained | Manner::Event => None,
            Manner::Values => Some(VALUES_EXPIRE_SECONDS),
        },
        content_type: Some(JSON.into()),
        ..PublishProperties::default()
    }
}

/// A broker forgets a live value after this.
const VALUES_EXPIRE_SECONDS: u32 = 5;
/// What MQTT 5 calls a payload that is UTF-8 text.
const UTF_8: u8 = 1;
const JSON: &str = "application/json";
