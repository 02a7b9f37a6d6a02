//! A small MQTT broker inside the gateway, for the demonstration: nothing has to be installed.
//!
//! It listens on the loopback interface alone and keeps everything in memory. Anybody on this machine
//! may look; only the gateway may publish, and it proves to be the gateway by a password that is made
//! anew at each start (SEC-11). A clinic has a broker of its own.

use std::{
    fs::File,
    future::Future,
    io::{self, Read},
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use mqtt5::{
    broker::{
        AuthProvider, AuthResult, BrokerConfig, BrokerShutdownHandle, MqttBroker,
        config::{StorageBackend, StorageConfig},
        resource_monitor::ResourceLimits,
    },
    packet::connect::ConnectPacket,
    protocol::v5::reason_codes::ReasonCode,
};
use tokio::{sync::watch, task::JoinHandle, time::timeout};

use crate::telemetry::{Credentials, Server};

/// What names of clients begin with that nobody else may take.
const RESERVED: &str = "therapy-gateway-";
/// Who may publish.
const GATEWAY: &str = "gateway";
/// Dashboards that may watch at once.
const CLIENTS_MAX: usize = 64;
/// Nothing that the gateway says is nearly as long.
const PACKET_BYTES_MAX: usize = 64 * 1024;
/// Connections that it takes in a second. It waits ten seconds for each to say who it is and counts
/// none before that, so this is what keeps silent ones from using up the descriptors that a stop
/// needs: they are five hundred at most.
const CONNECTIONS_A_SECOND_MAX: u32 = 50;
/// How long the last messages may take to leave.
const FAREWELL: Duration = Duration::from_secs(1);

/// A broker at work.
pub struct Broker {
    address: SocketAddr,
    password: String,
    stop: BrokerShutdownHandle,
    task: JoinHandle<()>,
    runs: watch::Receiver<()>,
}

/// Why there is no broker.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// It could not listen.
    #[error("the embedded broker cannot listen on {address}: {reason}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        reason: String,
    },
    /// The machine gave no random bytes for the password.
    #[error("the embedded broker has no password: {0}")]
    Random(#[from] io::Error),
}

impl Broker {
    /// Starts to serve at an address of this machine; port 0 takes a free one.
    ///
    /// # Errors
    /// If other machines could reach it, it is taken, or the machine gives no random bytes.
    pub async fn start(asked: SocketAddr) -> Result<Self, BrokerError> {
        let password = password()?;
        let refused = |reason: String| BrokerError::Listen { address: asked, reason };
        if !asked.ip().to_canonical().is_loopback() {
            return Err(refused(
                "other machines could reach it, and anybody may read there".into(),
            ));
        }
        let broker = MqttBroker::with_config(config(asked)).await;
        let broker = broker.map_err(|error| refused(error.to_string()))?;
        let door = Arc::new(Door { password: password.clone().into_bytes() });
        let mut broker = broker.with_auth_provider(door);
        broker.resource_monitor().update_limits(limits());
        let address = broker.local_addr().ok_or_else(|| refused("it has no address".into()))?;
        let stop = broker.shutdown_handle();
        let (running, runs) = watch::channel(());
        let task = tokio::spawn(async move {
            let _until_it_ends = running;
            if let Err(error) = broker.run().await {
                tracing::error!(%error, "the embedded broker ended");
            }
        });
        Ok(Self { address, password, stop, task, runs })
    }

    /// Waits until it has ended, however it did.
    pub fn ended(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut runs = self.runs.clone();
        async move { while runs.changed().await.is_ok() {} }
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// How telemetry reaches it.
    pub fn server(&self) -> Server {
        let password = self.password.clone();
        Server {
            host: self.address.ip().to_string(),
            port: self.address.port(),
            client_id: format!("{RESERVED}{GATEWAY}"),
            credentials: Some(Credentials { user: GATEWAY.into(), password }),
        }
    }

    /// Ends it. Call it after telemetry has shut down.
    pub async fn shut_down(mut self) {
        self.stop.shutdown();
        if timeout(FAREWELL, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn config(address: SocketAddr) -> BrokerConfig {
    BrokerConfig {
        bind_addresses: vec![address],
        max_clients: CLIENTS_MAX,
        max_packet_size: PACKET_BYTES_MAX,
        sys_topics_enabled: false,
        storage_config: StorageConfig {
            backend: StorageBackend::Memory,
            enable_persistence: false,
            ..StorageConfig::default()
        },
        ..BrokerConfig::default()
    }
}

fn limits() -> ResourceLimits {
    let of_messages = BrokerConfig::default();
    ResourceLimits {
        max_connections: CLIENTS_MAX,
        max_connections_per_ip: CLIENTS_MAX,
        max_message_rate_per_client: of_messages.max_message_rate_per_client,
        max_bandwidth_per_client: of_messages.max_bandwidth_per_client,
        max_connection_rate: CONNECTIONS_A_SECOND_MAX,
        rate_limit_window: Duration::from_secs(1),
    }
}

/// 128 random bits as text.
fn password() -> io::Result<String> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Lets everybody look and the gateway alone speak.
struct Door {
    password: Vec<u8>,
}

impl Door {
    fn admit(&self, connect: &ConnectPacket) -> AuthResult {
        let password = connect.password.as_deref();
        match connect.username.as_deref() {
            // The password is as random as it is long: how long a comparison takes says nothing.
            Some(GATEWAY) if password == Some(&self.password) => {
                AuthResult::success_with_user(GATEWAY)
            }
            Some(_) => AuthResult::fail(ReasonCode::BadUsernameOrPassword),
            // A client that takes the gateway's name would put the gateway off the broker.
            None if connect.client_id.starts_with(RESERVED) => {
                AuthResult::fail(ReasonCode::ClientIdentifierNotValid)
            }
            None => AuthResult::success(),
        }
    }
}

impl AuthProvider for Door {
    fn authenticate<'a>(
        &'a self,
        connect: &'a ConnectPacket,
        _from: SocketAddr,
    ) -> Pin<Box<dyn Future<Output = mqtt5::Result<AuthResult>> + Send + 'a>> {
        Box::pin(async move { Ok(self.admit(connect)) })
    }

    fn authorize_publish<'a>(
        &'a self,
        _client: &str,
        user: Option<&'a str>,
        _topic: &'a str,
    ) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        Box::pin(async move { user == Some(GATEWAY) })
    }

    fn authorize_subscribe<'a>(
        &'a self,
        _client: &str,
        _user: Option<&'a str>,
        _filter: &'a str,
    ) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        Box::pin(async { true })
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use futures::FutureExt as _;
    use tokio::{io::AsyncReadExt as _, net::TcpStream, task::unconstrained, time::sleep};

    use super::*;

    /// SEC-06: whoever says nothing takes few descriptors from the gateway.
    #[tokio::test]
    async fn a_crowd_of_silent_connections_is_put_out() {
        let broker = Broker::start((Ipv4Addr::LOCALHOST, 0).into()).await.unwrap();
        let mut crowd = Vec::new();
        for _ in 0..400 {
            crowd.push(TcpStream::connect(broker.local_addr()).await.unwrap());
        }
        sleep(Duration::from_millis(200)).await;
        let closed =
            crowd.iter_mut().filter_map(|stream| unconstrained(stream.read_u8()).now_or_never());
        // The crowd may have come in two or three seconds.
        let closed = closed.count();
        assert!((200..400).contains(&closed), "{closed}");
    }

    #[tokio::test]
    async fn a_broker_that_ends_is_noticed() {
        let broker = Broker::start((Ipv4Addr::LOCALHOST, 0).into()).await.unwrap();
        assert!(broker.ended().now_or_never().is_none());
        broker.task.abort();
        timeout(Duration::from_secs(5), broker.ended()).await.unwrap();
    }
}
