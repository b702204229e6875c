//! A device with a passkey and the browser before it, after the W3C's WebAuthn (level 2) and on
//! another library than the API's, so that neither believes its own mistakes.

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

/// Where the pages are that ask for passkeys, unless a server is told otherwise.
pub const ORIGIN: &str = "http://localhost:8080";

/// Flags of authenticator data: the user is there, was known by the device, a key comes with it.
const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const ATTESTED: u8 = 0x40;
/// ECDSA on P-256 with SHA-256, by its COSE number.
const ES256: i64 = -7;

/// A device that holds one passkey. Its clone is what a thief would have copied.
#[derive(Clone, Default)]
pub struct Device {
    key: Option<Key>,
    /// It does not look who touches it.
    pub is_careless: bool,
}

#[derive(Clone)]
struct Key {
    /// PKCS #8.
    private: Vec<u8>,
    credential_id: [u8; 32],
    user_handle: Value,
    counter: u32,
}

impl Device {
    /// What `navigator.credentials.create` gives on a page of that origin.
    ///
    /// # Errors
    /// The browser or the device refuses.
    pub fn create(&mut self, origin: &str, options: &Value) -> Result<Value> {
        let asked = &options["publicKey"];
        let kinds = asked["pubKeyCredParams"].as_array().context("no kinds")?;
        ensure!(
            kinds.iter().any(|kind| kind["alg"] == ES256),
            "no kind of ours"
        );
        let random = SystemRandom::new();
        let private = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random);
        let private = private.ok().context("no key")?.as_ref().to_vec();
        let mut credential_id = [0; 32];
        random
            .fill(&mut credential_id)
            .ok()
            .context("no randomness")?;
        let key = Key {
            private,
            credential_id,
            user_handle: asked["user"]["id"].clone(),
            counter: 1,
        };
        let domain = domain_of(origin, &asked["rp"]["id"])?;
        let mut data = self.authenticator_data(domain, ATTESTED, key.counter);
        // The device's make, which is nobody's.
        data.extend_from_slice(&[0; 16]);
        data.extend_from_slice(&[0, 32]);
        data.extend_from_slice(&key.credential_id);
        data.extend_from_slice(&cose_key(key.pair()?.public_key().as_ref()));
        let id = BASE64.encode(key.credential_id);
        self.key = Some(key);
        Ok(json!({
            "id": id, "rawId": id, "type": "public-key", "clientExtensionResults": {},
            "response": {
                "clientDataJSON": BASE64.encode(client_data("webauthn.create", asked, origin)),
                "attestationObject": BASE64.encode(attestation(&data)?),
            },
        }))
    }

    /// What `navigator.credentials.get` gives on a page of that origin.
    ///
    /// # Errors
    /// The browser or the device refuses.
    pub fn get(&mut self, origin: &str, options: &Value) -> Result<Value> {
        let asked = &options["publicKey"];
        let key = self.key.as_mut().context("no passkey")?;
        key.counter += 1;
        let key = key.clone();
        let id = BASE64.encode(key.credential_id);
        let named = asked["allowCredentials"].as_array();
        let is_named = named.is_none_or(|n| n.is_empty() || n.iter().any(|one| one["id"] == id));
        ensure!(is_named, "not our passkey");
        let domain = domain_of(origin, &asked["rpId"])?;
        let data = self.authenticator_data(domain, 0, key.counter);
        let client_data = client_data("webauthn.get", asked, origin);
        let signed = [&data, digest(&SHA256, &client_data).as_ref()].concat();
        let signature = key.pair()?.sign(&SystemRandom::new(), &signed);
        let signature = signature.ok().context("no signature")?;
        Ok(json!({
            "id": id, "rawId": id, "type": "public-key", "clientExtensionResults": {},
            "response": {
                "clientDataJSON": BASE64.encode(client_data),
                "authenticatorData": BASE64.encode(data),
                "signature": BASE64.encode(signature.as_ref()),
                "userHandle": key.user_handle,
            },
        }))
    }

    fn authenticator_data(&self, domain: &str, flags: u8, counter: u32) -> Vec<u8> {
        let verified = if self.is_careless { 0 } else { VERIFIED };
        let mut data = digest(&SHA256, domain.as_bytes()).as_ref().to_vec();
        data.push(PRESENT | verified | flags);
        data.extend_from_slice(&counter.to_be_bytes());
        data
    }
}

impl Key {
    fn pair(&self) -> Result<EcdsaKeyPair> {
        let kind = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let pair = EcdsaKeyPair::from_pkcs8(kind, &self.private, &SystemRandom::new());
        pair.ok().context("no key")
    }
}

/// The relying party's domain, where a page of that origin may speak for it.
fn domain_of<'a>(origin: &str, asked: &'a Value) -> Result<&'a str> {
    let domain = asked.as_str().context("no domain")?;
    let host = origin.split("//").nth(1).context("no origin")?;
    let host = host.split(':').next().unwrap_or_default();
    ensure!(host == domain, "{host} may not ask for {domain}");
    Ok(domain)
}

/// What the browser saw: the page cannot lie about it.
fn client_data(kind: &str, asked: &Value, origin: &str) -> Vec<u8> {
    let seen = json!({ "type": kind, "challenge": asked["challenge"], "origin": origin,
        "crossOrigin": false });
    seen.to_string().into_bytes()
}

/// CBOR: the point of an uncompressed public key.
fn cose_key(point: &[u8]) -> Vec<u8> {
    let (x, y) = point[1..].split_at(32);
    let head = [0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
    [&head, x, &[0x22, 0x58, 0x20], y].concat()
}

/// CBOR: that nothing is said of the device's make, and the authenticator data.
fn attestation(data: &[u8]) -> Result<Vec<u8>> {
    let length = u8::try_from(data.len())?;
    let head = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58";
    Ok([head, &[length][..], data].concat())
}
