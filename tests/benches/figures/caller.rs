//! A client that calls and waits, on the thread that asks it to.

use std::{net::SocketAddr, time::Duration};

use proto::v1::{StopRequest, session_service_client::SessionServiceClient};
use tokio::{runtime::Runtime, time::sleep};
use tonic::transport::{Channel, Endpoint};

/// One connection to one server.
pub(crate) struct Caller {
    runtime: Runtime,
    client: SessionServiceClient<Channel>,
}

impl Caller {
    pub(crate) fn new(server: SocketAddr) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let channel = runtime.block_on(connect(server))?;
        Ok(Self { runtime, client: SessionServiceClient::new(channel) })
    }

    /// Stops a unit, and waits for what is known of it.
    pub(crate) fn stop(&mut self, unit: &str) -> anyhow::Result<()> {
        let request = StopRequest { unit_id: unit.to_owned(), ..StopRequest::default() };
        self.runtime.block_on(self.client.stop(request))?;
        Ok(())
    }

    /// Lets time pass, in which the connection is served.
    pub(crate) fn rest(&self, time: Duration) {
        self.runtime.block_on(async { sleep(time).await });
    }
}

/// A connection without a delay for small frames.
pub(crate) async fn connect(server: SocketAddr) -> anyhow::Result<Channel> {
    let endpoint = Endpoint::from_shared(format!("http://{server}"))?;
    Ok(endpoint.tcp_nodelay(true).connect().await?)
}
