//! A key pair of the curve secp256k1 whose private half never leaves the token.

use std::sync::Arc;

use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;

use crate::config::HsmConfig;
use crate::connection::{Connection, Keys};
use crate::error::HsmError;
use crate::token::{self, KEPT, Module, failed};

/// The curve's object identifier, 1.3.132.0.10 (SEC 2), in DER.
const SECP256K1: [u8; 7] = [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a];
/// An octet string of 65 bytes, in DER: how PKCS#11 has a point.
const POINT_HEAD: [u8; 2] = [0x04, 65];
/// First byte of a point that is not compressed (SEC 1).
const UNCOMPRESSED: u8 = 4;

/// The module, logged in, with a key that signs. Cheap to clone; calls go through one session, one
/// after the other.
#[derive(Clone)]
pub struct SigningKey {
    connection: Arc<Connection<Pair>>,
    public_key: [u8; 33],
}

struct Pair {
    private: ObjectHandle,
    public_key: [u8; 33],
}

impl Keys for Pair {
    fn find(session: &Session, config: &HsmConfig) -> Result<Pair, HsmError> {
        let label = &config.key;
        let (private, public) = match halves(session, label)? {
            (Some(private), Some(public)) => (private, public),
            (None, None) => return Err(HsmError::NoSigningKey(label.clone())),
            _ => return Err(HsmError::HalfKey(label.clone())),
        };
        token::check_kept(session, private, label)?;
        let public_key = read_point(session, public, label)?;
        Ok(Pair {
            private,
            public_key,
        })
    }
}

impl std::fmt::Debug for SigningKey {
    /// Without the PIN.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey")
            .field("token", &self.connection.config().token)
            .field("label", &self.label())
            .finish_non_exhaustive()
    }
}

impl SigningKey {
    /// Loads the module, logs in, and finds the pair of that label. `config.key` plays no part.
    ///
    /// # Errors
    /// Each of [`HsmError`]: what is missing or wrong is named.
    pub fn open(config: &HsmConfig, label: &str) -> Result<SigningKey, HsmError> {
        let connection = Arc::new(Connection::<Pair>::open(&labelled(config, label))?);
        let public_key = connection.with(|_, pair| Ok(pair.public_key))?;
        Ok(SigningKey {
            connection,
            public_key,
        })
    }

    /// Makes the pair in the token, unless it is there: it signs and does nothing else, and cannot
    /// be read or extracted. Gives whether it was made now.
    ///
    /// # Errors
    /// As [`SigningKey::open`], but for a pair that is missing.
    pub fn make(config: &HsmConfig, label: &str) -> Result<bool, HsmError> {
        let session = Module::load(config)?.session(config)?;
        match halves(&session, label)? {
            (None, None) => {}
            (Some(_), Some(_)) => return Ok(false),
            _ => return Err(HsmError::HalfKey(label.to_owned())),
        }
        let mut public = token::template(ObjectClass::PUBLIC_KEY, KeyType::EC, label);
        public.extend([
            Attribute::EcParams(SECP256K1.to_vec()),
            Attribute::Verify(true),
            Attribute::Private(false),
            Attribute::Modifiable(false),
        ]);
        let mut private = token::template(ObjectClass::PRIVATE_KEY, KeyType::EC, label);
        private.extend(KEPT);
        private.extend([
            Attribute::Sign(true),
            Attribute::Decrypt(false),
            Attribute::Derive(false),
            Attribute::Unwrap(false),
        ]);
        let made = session.generate_key_pair(&Mechanism::EccKeyPairGen, &public, &private);
        made.map(|_| true).map_err(failed)
    }

    /// Its label in the token.
    pub fn label(&self) -> &str {
        &self.connection.config().key
    }

    /// The public half, compressed.
    pub fn public_key(&self) -> [u8; 33] {
        self.public_key
    }

    /// Signs 32 bytes as they are (ECDSA): r and s, 32 bytes each, big-endian. Tokens give a low or
    /// a high s; whoever uses it makes it low and verifies it.
    ///
    /// # Errors
    /// [`HsmError::OtherKey`] where the token has another pair of that label by now; the token's.
    pub fn sign(&self, digest: &[u8; 32]) -> Result<[u8; 64], HsmError> {
        let signature = self.connection.with(|session, pair| {
            if pair.public_key != self.public_key {
                return Ok(None);
            }
            session
                .sign(&Mechanism::Ecdsa, pair.private, digest)
                .map(Some)
        })?;
        let other = || HsmError::OtherKey(self.label().to_owned());
        let signature = signature.ok_or_else(other)?;
        let length = signature.len();
        let words = || HsmError::Failed(format!("a signature of {length} bytes"));
        signature.try_into().map_err(|_| words())
    }
}

fn labelled(config: &HsmConfig, label: &str) -> HsmConfig {
    HsmConfig {
        key: label.to_owned(),
        ..config.clone()
    }
}

type Halves = (Option<ObjectHandle>, Option<ObjectHandle>);

fn halves(session: &Session, label: &str) -> Result<Halves, HsmError> {
    let find = |class| token::find(session, class, KeyType::EC, label).map_err(failed);
    Ok((
        find(ObjectClass::PRIVATE_KEY)?,
        find(ObjectClass::PUBLIC_KEY)?,
    ))
}

/// The public half, which must be a point of the right curve.
fn read_point(session: &Session, key: ObjectHandle, label: &str) -> Result<[u8; 33], HsmError> {
    let wanted = [AttributeType::EcParams, AttributeType::EcPoint];
    let found = session.get_attributes(key, &wanted).map_err(failed)?;
    let is_curve = found.contains(&Attribute::EcParams(SECP256K1.to_vec()));
    let point = found.iter().find_map(|attribute| match attribute {
        Attribute::EcPoint(der) => compressed(der),
        _ => None,
    });
    let other = || HsmError::OtherCurve(label.to_owned());
    point.filter(|_| is_curve).ok_or_else(other)
}

/// x, and whether y is odd.
fn compressed(der: &[u8]) -> Option<[u8; 33]> {
    let point = der.strip_prefix(&POINT_HEAD)?;
    let (form, coordinates) = point.split_first()?;
    if *form != UNCOMPRESSED || coordinates.len() != 64 {
        return None;
    }
    let (x, y) = coordinates.split_at(32);
    let mut bytes = [2 + y[31] % 2; 33];
    bytes[1..].copy_from_slice(x);
    Some(bytes)
}
