//! A TCP connection that can be stalled and cut, between an operator and a gateway.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::JoinHandle,
};

/// Where an operator connects instead.
pub(super) struct Tunnel {
    pub(super) address: SocketAddr,
    flows: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Tunnel {
    pub(super) async fn to(gateway: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (flows, flowing) = watch::channel(true);
        let task = tokio::spawn(async move {
            let (near, _) = listener.accept().await.unwrap();
            let far = TcpStream::connect(gateway).await.unwrap();
            let ((hear, say), (listen, tell)) = (near.into_split(), far.into_split());
            let there = carry(hear, tell, flowing.clone());
            let back = carry(listen, say, flowing);
            tokio::join!(there, back);
        });
        Self { address, flows, task }
    }

    /// From now on nothing comes through, and nobody is told.
    pub(super) fn stall(&self) {
        self.flows.send_replace(false);
    }

    /// What was stuck comes through, and everything after it.
    pub(super) fn flow(&self) {
        self.flows.send_replace(true);
    }

    /// Both ends lose the connection.
    pub(super) fn cut(&self) {
        self.task.abort();
    }
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut flows: watch::Receiver<bool>) {
    let mut buffer = vec![0; 65_536];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        if flows.wait_for(|flows| *flows).await.is_err() {
            return;
        }
        if to.write_all(buffer.get(..count).unwrap()).await.is_err() {
            return;
        }
    }
}
