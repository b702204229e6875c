//! An outside provider: gets the case with its files by one signed POST, and answers later by a
//! signed POST to `/api/kyc/callback`. The form of both is in docs/accounts.md.
//!
//! Nothing but the secret makes the provider ours, so both directions are signed.

use std::time::Duration;

use anyhow::{Context, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use client::{Pool, ReviewCase, SealedDocument};
use hsm::{Hsm, Sealed};
use ring::hmac;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::config::ProviderConfig;
use super::{Answer, Reviewer, built_in};

/// How long the provider may take to accept a case.
const PATIENCE: Duration = Duration::from_secs(60);

/// An outside provider.
pub(super) struct Provider {
    url: String,
    key: hmac::Key,
    hsm: Hsm,
    agent: ureq::Agent,
}

impl Provider {
    pub(super) fn open(config: &ProviderConfig) -> anyhow::Result<Provider> {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .max_redirects(0)
            .http_status_as_error(false)
            .build();
        Ok(Provider {
            url: config.url.clone(),
            key: hmac::Key::new(hmac::HMAC_SHA256, &config.secret),
            hsm: Hsm::open(&config.hsm)?,
            agent: agent.into(),
        })
    }
}

impl Reviewer for Provider {
    async fn review(&self, pool: &Pool, case: &ReviewCase) -> anyhow::Result<Answer> {
        // Kept first: the answer may come before this call has ended.
        client::note_kyc_findings(pool, case.case_id, &built_in::findings(case)).await?;
        let files = client::kyc_documents_of(pool, case.case_id).await?;
        if files.is_empty() {
            bail!("the case has no files, or is decided");
        }
        let form = form(case);
        let (hsm, key) = (self.hsm.clone(), self.key.clone());
        let (agent, url) = (self.agent.clone(), self.url.clone());
        let sent = tokio::task::spawn_blocking(move || {
            let body = body(&hsm, form, files)?;
            send(&agent, &url, &key, &body)
        });
        sent.await.context("the sending broke down")??;
        Ok(Answer::Later)
    }
}

fn form(case: &ReviewCase) -> Value {
    json!({
        "reference": case.reference,
        "level": case.level,
        "documentType": case.document_type,
        "issuer": case.issuer,
        "documentNumber": case.document_number,
        "fullName": case.full_name,
        "birthDate": case.birth_date.to_string(),
        "expiresOn": case.expires_on.to_string(),
        "mrz": case.mrz,
    })
}

fn body(hsm: &Hsm, mut form: Value, files: Vec<SealedDocument>) -> anyhow::Result<String> {
    let open = |file: SealedDocument| {
        let context = kyc::seal_context(file.account_id, &file.kind, &file.seal_id);
        let sealed = Sealed {
            key_label: file.key_label,
            wrapped_key: file.wrapped_key,
            content: file.content,
        };
        let content = hsm::open(hsm, &context, sealed)?;
        Ok(json!({ "kind": file.kind, "mediaType": file.media_type,
            "content": STANDARD.encode(content) }))
    };
    let opened: Result<Vec<Value>, hsm::HsmError> = files.into_iter().map(open).collect();
    form["documents"] = Value::from(opened?);
    Ok(form.to_string())
}

fn send(agent: &ureq::Agent, url: &str, key: &hmac::Key, body: &str) -> anyhow::Result<()> {
    let now = OffsetDateTime::now_utc();
    let timestamp = (now.unix_timestamp_nanos() / 1_000_000).to_string();
    let signature = hmac::sign(key, format!("{timestamp}\n{body}").as_bytes());
    let answer = agent
        .post(url)
        .header("Content-Type", "application/json")
        .header("X-Timestamp", &timestamp)
        .header("X-Signature", hex::encode(signature))
        .send(body)
        .context("the provider cannot be reached")?;
    match answer.status().as_u16() {
        200..=299 => Ok(()),
        status => bail!("the provider answered {status}"),
    }
}
