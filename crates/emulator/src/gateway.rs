//! The one endpoint in front of both emulators: it routes, records and injects faults, and keeps no body.
//!
//! Who made a call is known from its access key id alone. The gateway asks ministack whose it is (once per
//! key): functions, plain users and STS sessions are all in its tables. No header of the caller is trusted.

mod admission;
mod caller;
mod fault;
mod forward;
mod made;
mod routes;
mod serve;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

pub use fault::{Effect, FaultId, Faults, Matcher};

use crate::answers::{Answers, Findings};
use crate::settings::Settings;
use crate::wire::{Backend, Principals, Record, RecordedCall, Reply, UpstreamError, Upstreams};
use caller::Caller;

/// What every request shares. Each part has its own short lock; none is held while waiting.
#[derive(Debug)]
struct Shared {
    backend: Backend,
    faults: Faults,
    principals: Principals,
    answers: Answers,
}

/// The running gateway; dropping it stops it.
#[derive(Debug)]
pub struct Gateway {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

impl Gateway {
    /// Serves `listener` until dropped.
    pub fn serve(listener: TcpListener, upstreams: Upstreams, settings: &Settings) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            backend: Backend {
                record: Record::default(),
                upstreams,
                account_id: settings.account_id.clone(),
            },
            faults: Faults::default(),
            principals: Principals::default(),
            answers: Answers::default(),
        });
        let accepting = tokio::spawn(accept(listener, address, Arc::clone(&shared)));
        Ok(Self {
            address,
            shared,
            accepting,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The calls that have ended so far, in the order in which they began.
    pub fn calls(&self) -> Vec<RecordedCall> {
        self.shared.backend.record.calls()
    }

    /// Now, for [`Gateway::calls_since`].
    pub fn mark(&self) -> u64 {
        self.shared.backend.record.mark()
    }

    /// The calls that began since then and have ended, in the order in which they began.
    pub fn calls_since(&self, mark: u64) -> Vec<RecordedCall> {
        self.shared.backend.record.since(mark)
    }

    /// The faults to inject.
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// What GuardDuty and Security Hub have found.
    pub fn findings(&self) -> &Findings {
        self.shared.answers.findings()
    }

    /// What ministack says on a path of the laboratory's own.
    pub(crate) async fn ask(&self, path: &str) -> Result<Reply, UpstreamError> {
        self.shared.backend.upstreams.get_from_ministack(path).await
    }

    /// Stops accepting and drops what is open.
    pub async fn shutdown(mut self) {
        self.accepting.abort();
        // Only a cancellation can be told here, and that was asked for.
        drop((&mut self.accepting).await);
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, address: SocketAddr, shared: Arc<Shared>) {
    // Aborting this task drops the set, and with it every connection.
    let mut connections = JoinSet::new();
    loop {
        // A connection that could not be accepted is its caller's to try again.
        let Ok((stream, from)) = listener.accept().await else {
            continue;
        };
        let caller = Caller { from, to: address };
        drop(stream.set_nodelay(true));
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let service = service_fn(move |request| serve::serve(Arc::clone(&shared), caller, request));
            // An error here is a caller that hung up, or a connection dropped on purpose by a fault.
            drop(
                http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await,
            );
        });
        while connections.try_join_next().is_some() {}
    }
}
