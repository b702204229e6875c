//! A device with a passkey, and the browser before it: another implementation of WebAuthn than the
//! API's, so that neither believes its own mistakes.

use anyhow::{Context, Result};
use async_trait::async_trait;
use passkey_authenticator::{Authenticator, UiHint, UserCheck, UserValidationMethod};
use passkey_client::{Client, DefaultClientData};
use passkey_crypto::AvailableBackend;
use passkey_types::Passkey;
use passkey_types::ctap2::{Aaguid, Ctap2Error};
use serde_json::Value;
use url::Url;

/// Where the pages are that ask for passkeys, unless a server is told otherwise.
pub const ORIGIN: &str = "http://localhost:8080";

/// A device that holds one passkey. Its clone is what a thief would have copied.
#[derive(Clone, Default)]
pub struct Device {
    passkey: Option<Passkey>,
}

/// Somebody who touches the device and is known by it.
struct Owner;

#[async_trait]
impl UserValidationMethod for Owner {
    type PasskeyItem = Passkey;

    async fn check_user<'a>(
        &self,
        _: UiHint<'a, Passkey>,
        presence: bool,
        verification: bool,
    ) -> Result<UserCheck, Ctap2Error> {
        Ok(UserCheck {
            presence,
            verification,
        })
    }

    fn is_presence_enabled(&self) -> bool {
        true
    }

    fn is_verification_enabled(&self) -> Option<bool> {
        Some(true)
    }
}

impl Device {
    /// What `navigator.credentials.create` gives on a page of that origin.
    ///
    /// # Errors
    /// The browser or the device refuses.
    pub async fn create(&mut self, origin: &str, options: &Value) -> Result<Value> {
        let options = serde_json::from_value(options.clone())?;
        let mut authenticator = self.authenticator();
        // So that a copy is found out.
        authenticator.set_make_credentials_with_signature_counter(true);
        let mut client = Client::new(authenticator).allows_insecure_localhost(true);
        let page: Url = origin.parse()?;
        let made = client.register(&page, options, DefaultClientData).await;
        let made = made.map_err(|error| anyhow::anyhow!("{error:?}"))?;
        self.passkey = client.authenticator().store().clone();
        serde_json::to_value(made).context("no JSON")
    }

    /// What `navigator.credentials.get` gives on a page of that origin.
    ///
    /// # Errors
    /// The browser or the device refuses.
    pub async fn get(&mut self, origin: &str, options: &Value) -> Result<Value> {
        let options = serde_json::from_value(options.clone())?;
        let mut client = Client::new(self.authenticator()).allows_insecure_localhost(true);
        let page: Url = origin.parse()?;
        let found = client.authenticate(&page, options, DefaultClientData).await;
        let found = found.map_err(|error| anyhow::anyhow!("{error:?}"))?;
        self.passkey = client.authenticator().store().clone();
        serde_json::to_value(found).context("no JSON")
    }

    fn authenticator(&self) -> Authenticator<Option<Passkey>, Owner, AvailableBackend> {
        Authenticator::new(
            Aaguid::new_empty(),
            self.passkey.clone(),
            Owner,
            AvailableBackend,
        )
    }
}
