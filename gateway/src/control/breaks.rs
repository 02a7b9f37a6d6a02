//! Tells a stream that broke from one that its client closed.
//!
//! To tonic a request that is reset looks like one that ended. For an operator's stream the two are
//! opposites: an end ends the session, a break is a lost hold (API-04). So what breaks is given a
//! status that tonic does not take for an end.

use std::{
    convert::Infallible,
    task::{Context, Poll},
};

use futures::TryStreamExt;
use tonic::{
    Status,
    body::Body,
    codegen::{Service, http},
    server::NamedService,
};

/// A service whose requests end with an error when they break.
#[derive(Clone, Debug)]
pub(crate) struct Breaks<S>(pub(crate) S);

impl<S: NamedService> NamedService for Breaks<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<http::Request<Body>> for Breaks<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>,
{
    type Response = S::Response;
    type Error = Infallible;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<Body>) -> S::Future {
        self.0.call(request.map(told))
    }
}

fn told(body: Body) -> Body {
    let bytes = axum::body::Body::new(body).into_data_stream();
    let told = bytes.map_err(|_broken| Status::aborted("the stream broke"));
    Body::new(axum::body::Body::from_stream(told))
}
