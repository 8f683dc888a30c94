//! The gate for routes that all need credentials: the provisioning API's.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::AUTHORIZATION;

use super::Users;
use crate::answers::Refusal;

/// Puts the request's [`Identity`](super::Identity) into its extensions, or answers 401 with an error body.
///
/// `router.layer(axum::middleware::from_fn_with_state(users, skerry_gateway::require_identity))`
pub async fn require_identity(State(users): State<Users>, mut request: Request, next: Next) -> Response {
    match users.authenticate(request.headers().get(AUTHORIZATION)).await {
        Ok(identity) => {
            request.extensions_mut().insert(identity);
            next.run(request).await
        }
        Err(reason) => Refusal::from(reason).into_response(),
    }
}
