//! One request from its first byte to its record.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode};
use thiserror::Error;
use tokio::time::sleep;

use super::caller::Caller;
use super::fault::Effect;
use super::routes::{Route, route};
use super::{Shared, admission, forward, made};
use crate::wire::{
    AwsRequest, Ending, Exchange, Reply, RequestUnits, UpstreamError, denied, internal, throttled,
};

/// The largest request body: more than any call of a drill, little enough to hold.
const MAX_BODY: usize = 192 * 1024 * 1024;

/// Hyper closes the connection without an answer when a service fails: what a lost response looks like.
#[derive(Debug, Error)]
#[error("the connection was dropped on purpose")]
pub(super) struct Dropped;

pub(super) async fn serve(
    shared: Arc<Shared>,
    caller: Caller,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Dropped> {
    let (parts, body) = request.into_parts();
    if let Some(refusal) = forward::refusal(&parts.uri, caller.to) {
        return Ok(refusal.into_response());
    }
    let Ok(body) = Limited::new(body, MAX_BODY).collect().await else {
        let text = "the body is longer than 192 MiB, or the connection broke";
        return Ok(Reply::new(StatusCode::PAYLOAD_TOO_LARGE, "text/plain", text).into_response());
    };
    let body = body.to_bytes();
    let asked = AwsRequest::read(&parts, &body);
    let begun = shared.backend.record.begin();
    let principal = shared
        .principals
        .who(asked.access_key_id.as_deref(), &shared.backend.upstreams)
        .await;
    let exchange = Exchange {
        asked,
        principal,
        body,
        parts,
    };

    let effect = shared.faults.take(&exchange.principal, &exchange.asked);
    let reply = with_fault(&shared, &exchange, effect.as_ref(), caller).await;
    let ending = Ending {
        status: reply.as_ref().map(|reply| reply.status().as_u16()),
        error_code: reply.as_ref().and_then(Reply::error_code),
        request_id: reply.as_ref().and_then(Reply::request_id),
        made: reply
            .as_ref()
            .and_then(|reply| made::key(&exchange.asked.service, &exchange.asked.action, reply)),
        fault: effect.as_ref().map(Effect::name),
        units: reply.as_ref().and_then(|reply| units(&exchange, reply)),
    };
    shared
        .backend
        .record
        .end(begun, &exchange.asked, exchange.principal, ending);
    reply.map(Reply::into_response).ok_or(Dropped)
}

/// What is throttled, or fails in the service, isn't billed; a condition that doesn't hold is.
fn units(exchange: &Exchange, reply: &Reply) -> Option<RequestUnits> {
    let code = reply.error_code();
    let is_billed = code.is_none_or(|code| {
        matches!(
            code.as_str(),
            "ConditionalCheckFailedException" | "TransactionCanceledException"
        )
    });
    (exchange.asked.service == "dynamodb" && is_billed)
        .then(|| RequestUnits::of(&exchange.asked.action, &exchange.body, reply.body()))
        .flatten()
}

/// None is a connection to drop.
async fn with_fault(
    shared: &Shared,
    exchange: &Exchange,
    effect: Option<&Effect>,
    caller: Caller,
) -> Option<Reply> {
    match effect {
        None => Some(answer(shared, exchange).await),
        Some(Effect::Latency(delay)) => {
            sleep(*delay).await;
            Some(answer(shared, exchange).await)
        }
        Some(Effect::LostResponse) => {
            answer(shared, exchange).await;
            None
        }
        Some(Effect::Killed) => {
            answer(shared, exchange).await;
            caller.kill();
            None
        }
        Some(Effect::Timeout(wait)) => {
            sleep(*wait).await;
            None
        }
        Some(Effect::Throttle) => Some(throttled(&exchange.asked)),
        Some(Effect::InternalError) => Some(internal(&exchange.asked)),
        Some(Effect::AccessDenied { message }) => Some(denied(&exchange.asked, message)),
    }
}

async fn answer(shared: &Shared, exchange: &Exchange) -> Reply {
    let ministack = shared
        .backend
        .upstreams
        .ministack(&exchange.parts, &exchange.body)
        .await;
    let ministack = match ministack {
        Ok(reply) => reply,
        Err(error) => return error.into_reply(),
    };
    let to = route(&exchange.asked);
    if to == Route::Ministack || admission::is_refused(&ministack) {
        return ministack;
    }
    match to {
        Route::Answered => shared.answers.answer(&shared.backend, exchange).await,
        Route::Ministack | Route::Moto => {
            let moto = shared
                .backend
                .upstreams
                .moto(&exchange.parts, &exchange.body)
                .await;
            moto.unwrap_or_else(UpstreamError::into_reply)
        }
    }
}
