//! `POST /api/auth/api-keys`.

use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use client::NewApiKey;
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{about, check_label};
use crate::address::network;
use crate::app::App;
use crate::auth::SteppedUp;
use crate::auth::permissions::{Permission, Permissions};
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;
use crate::wire::millis;

/// Networks of a key.
const ADDRESSES_LIMIT: usize = 32;
/// Bytes of a shared secret, of a public id, and of an Ed25519 public key.
const SECRET_BYTES: usize = 32;
const PUBLIC_ID_BYTES: usize = 16;
const PUBLIC_KEY_BYTES: usize = 32;

/// How a key signs.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Scheme {
    /// With a secret that the exchange makes.
    HmacSha256,
    /// With the client's own key, of which the exchange has the public half.
    Ed25519,
}

/// A key to make.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CreateApiKey {
    /// The owner's name for it, 1 to 64 characters.
    label: String,
    scheme: Scheme,
    /// Base64; with `ed25519` alone.
    public_key: Option<String>,
    /// One at least.
    permissions: Vec<Permission>,
    /// Networks such as `192.0.2.0/24` from which it is taken; none: from everywhere.
    #[serde(default)]
    addresses: Vec<String>,
    /// Makes the key for this sub-account alone.
    sub_account_id: Option<i64>,
}

/// A key that was made.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreatedApiKey {
    api_key_id: i64,
    /// Goes into `X-Api-Key`.
    public_id: String,
    /// 64 hexadecimal digits: the bytes of the HMAC key. It is shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    label: String,
    scheme: Scheme,
    permissions: Vec<Permission>,
    addresses: Vec<String>,
    created_at: i64,
    /// Whose key it is, where it is a sub-account's.
    sub_account_id: Option<i64>,
    /// `true`: an earlier request of the same idempotency key made it, and has the secret.
    repeated: bool,
}

/// Makes an API key, of the account or of one of its sub-accounts. Only a session may that has
/// proved of late who it is; an account has at most 50.
#[utoipa::path(post, path = "/api/auth/api-keys", tag = "auth", request_body = CreateApiKey,
    responses((status = 200, body = CreatedApiKey), Refusals))]
pub(crate) async fn create_api_key(
    State(app): State<App>,
    owner: SteppedUp,
    Body(request): Body<CreateApiKey>,
) -> Result<Json<CreatedApiKey>, ApiError> {
    check_label(&request.label)?;
    let public_key = public_key(&request)?;
    let addresses = networks(&request.addresses)?;
    let permissions: Permissions = request.permissions.iter().copied().collect();
    if request.permissions.is_empty() {
        return Err(ApiError::malformed(
            "permissions",
            "give one permission at least",
        ));
    }
    let public_id = hex::encode(random::<PUBLIC_ID_BYTES>()?);
    let secret = match request.scheme {
        Scheme::HmacSha256 => Some(random::<SECRET_BYTES>()?),
        Scheme::Ed25519 => None,
    };
    let seal = |secret: &[u8; SECRET_BYTES]| app.access.secrets.seal(&public_id, secret);
    let sealed = secret
        .as_ref()
        .map(seal)
        .transpose()
        .map_err(no_randomness)?;
    let key = NewApiKey {
        account_id: owner.caller.account_id,
        session_id: owner.session_id,
        public_id: &public_id,
        label: &request.label,
        scheme: match request.scheme {
            Scheme::HmacSha256 => "hmac_sha256",
            Scheme::Ed25519 => "ed25519",
        },
        secret: sealed.as_deref(),
        public_key: public_key.as_ref().map(|key| key.as_slice()),
        permissions: &permissions.names(),
        addresses: &addresses,
        request_key: owner.caller.request_key.as_deref(),
        sub_account_id: request.sub_account_id,
    };
    let made = client::create_api_key(&app.reads, key)
        .await
        .map_err(about("sub_account_id", "ACCOUNT_NOT_FOUND"))?;
    Ok(Json(CreatedApiKey {
        api_key_id: made.api_key_id,
        public_id: made.public_id,
        secret: secret.filter(|_| !made.repeated).map(hex::encode),
        label: request.label,
        scheme: request.scheme,
        permissions: permissions.held().collect(),
        addresses,
        created_at: millis(made.created_at),
        sub_account_id: request.sub_account_id,
        repeated: made.repeated,
    }))
}

fn public_key(request: &CreateApiKey) -> Result<Option<[u8; PUBLIC_KEY_BYTES]>, ApiError> {
    let wrong = |words: &str| Err(ApiError::malformed("publicKey", words));
    match (request.scheme, &request.public_key) {
        (Scheme::HmacSha256, None) => Ok(None),
        (Scheme::HmacSha256, Some(_)) => wrong("a key of hmac_sha256 has no public key"),
        (Scheme::Ed25519, None) => wrong("a key of ed25519 needs its public key"),
        (Scheme::Ed25519, Some(text)) => {
            let bytes = STANDARD.decode(text).unwrap_or_default();
            match bytes.try_into() {
                Ok(key) => Ok(Some(key)),
                Err(_) => wrong("publicKey is 32 bytes in base64"),
            }
        }
    }
}

fn networks(texts: &[String]) -> Result<Vec<String>, ApiError> {
    let wrong = |words| ApiError::malformed("addresses", words);
    if texts.len() > ADDRESSES_LIMIT {
        return Err(wrong("a key has at most 32 networks"));
    }
    let one = |text: &String| network(text).map(|network| network.to_string());
    let networks: Option<Vec<_>> = texts.iter().map(one).collect();
    networks.ok_or_else(|| wrong("an entry is an address or a network such as 192.0.2.0/24"))
}

fn random<const LENGTH: usize>() -> Result<[u8; LENGTH], ApiError> {
    let mut bytes = [0; LENGTH];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(no_randomness)?;
    Ok(bytes)
}

fn no_randomness(_: ring::error::Unspecified) -> ApiError {
    ApiError::Internal("the system gave no randomness".to_owned())
}
