//! The floor: the least that a gRPC server can be that writes a frame to a pty.

use std::{
    net::{Ipv4Addr, SocketAddr},
    os::fd::OwnedFd,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use proto::v1::{
    self,
    session_service_server::{SessionService, SessionServiceServer},
};
use rusqlite::Connection;
use tokio::{net::TcpListener, runtime::Runtime, task::spawn_blocking};
use tonic::{
    Request, Response, Status, Streaming, async_trait,
    codegen::BoxStream,
    transport::{Server, server::TcpIncoming},
};

/// As many bytes as the gateway's Off, with its two zeros and its head.
const OFF: [u8; 27] =
    [0, 4, 1, 8, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0];

/// A server that does nothing else.
pub(crate) struct Floor {
    pub(crate) grpc: SocketAddr,
    _runtime: Runtime,
}

/// What answers its calls.
struct Writer {
    near: OwnedFd,
    /// Where something is made durable first, if that is part of the floor.
    ledger: Option<Arc<Mutex<Connection>>>,
}

impl Floor {
    /// Serves until it is dropped. Its frames go out at `near`.
    pub(crate) fn start(near: OwnedFd, ledger: Option<Connection>) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
        let grpc = listener.local_addr()?;
        let writer = Writer { near, ledger: ledger.map(|file| Arc::new(Mutex::new(file))) };
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
        let server = Server::builder().add_service(SessionServiceServer::new(writer));
        runtime.spawn(server.serve_with_incoming(incoming));
        Ok(Self { grpc, _runtime: runtime })
    }
}

/// A file with the settings of the gateway's ledger.
pub(crate) fn ledger(folder: &Path) -> anyhow::Result<Connection> {
    let file = Connection::open(folder.join("floor.sqlite3"))?;
    file.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    file.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0))?;
    file.pragma_update(None, "synchronous", "FULL")?;
    file.execute_batch("CREATE TABLE entries (entry TEXT NOT NULL) STRICT")?;
    Ok(file)
}

fn enter(file: &Mutex<Connection>) -> rusqlite::Result<usize> {
    let file = file.lock().unwrap_or_else(PoisonError::into_inner);
    file.execute("INSERT INTO entries VALUES (?1)", ["as long as an entry is: ".repeat(20)])
}

#[async_trait]
impl SessionService for Writer {
    type OperateStream = BoxStream<v1::OperateResponse>;
    type WatchSessionStream = BoxStream<v1::WatchSessionResponse>;

    async fn stop(
        &self,
        _: Request<v1::StopRequest>,
    ) -> Result<Response<v1::StopResponse>, Status> {
        if let Some(file) = self.ledger.clone() {
            let entered = spawn_blocking(move || enter(&file)).await;
            entered.map_err(broken)?.map_err(broken)?;
        }
        rustix::io::write(&self.near, &OFF).map_err(broken)?;
        Ok(Response::new(v1::StopResponse::default()))
    }

    async fn stop_all(
        &self,
        _: Request<v1::StopAllRequest>,
    ) -> Result<Response<v1::StopAllResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn check_prescription(
        &self,
        _: Request<v1::CheckPrescriptionRequest>,
    ) -> Result<Response<v1::CheckPrescriptionResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn operate(
        &self,
        _: Request<Streaming<v1::OperateRequest>>,
    ) -> Result<Response<Self::OperateStream>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn watch_session(
        &self,
        _: Request<v1::WatchSessionRequest>,
    ) -> Result<Response<Self::WatchSessionStream>, Status> {
        Err(Status::unimplemented(""))
    }
}

fn broken(error: impl std::fmt::Display) -> Status {
    Status::internal(error.to_string())
}
