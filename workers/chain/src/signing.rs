//! Signatures of a PSBT: what is to be signed, who may sign it, and the finished transaction.

use bitcoin::sighash::SighashCache;
use bitcoin::{EcdsaSighashType, Psbt, Txid, Wtxid, consensus, ecdsa};
use miniscript::psbt::PsbtExt as _;

use crate::bitcoin_wallet::BitcoinWallet;
use crate::coin_selection::CoinOwner;
use crate::curve::CURVE;
use crate::error::ChainError;
use crate::public_key::PublicKey;
use crate::seed::AccountKey;
use crate::signature::Signature;

/// What is signed for an input: everything of the transaction, and the amount that is spent
/// (BIP143).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputDigest {
    /// Which input.
    pub input: usize,
    /// Whose coin it spends.
    pub owner: CoinOwner,
    /// What is to be signed.
    pub digest: [u8; 32],
}

/// A transaction that can be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedTransaction {
    /// What nodes take.
    pub bytes: Vec<u8>,
    /// Its name, which signatures do not change.
    pub txid: Txid,
    /// Its name with the signatures.
    pub wtxid: Wtxid,
    /// Its virtual bytes.
    pub vsize: u64,
}

/// What is to be signed, input by input.
///
/// # Errors
/// [`ChainError::Foreign`] where an input is not the wallet's, or asks for another kind of
/// signature.
pub fn digests(psbt: &Psbt, wallet: &BitcoinWallet) -> Result<Vec<InputDigest>, ChainError> {
    let foreign = |words: &str| ChainError::Foreign(words.to_owned());
    let mut cache = SighashCache::new(&psbt.unsigned_tx);
    let mut digests = Vec::with_capacity(psbt.inputs.len());
    for (index, input) in psbt.inputs.iter().enumerate() {
        let owner = wallet.owner_of(input)?;
        if input.sighash_type != Some(EcdsaSighashType::All.into()) {
            return Err(foreign("an input with another kind of signature"));
        }
        let spent = input.witness_utxo.as_ref();
        let spent = spent.ok_or_else(|| foreign("an input without its output"))?;
        let (value, all) = (spent.value, EcdsaSighashType::All);
        let digest = match owner {
            CoinOwner::Hot => cache
                .p2wsh_signature_hash(index, wallet.witness_script(), value, all)
                .map_err(|_| ChainError::Malformed("an input of the transaction"))?,
            CoinOwner::Deposit(_) => cache
                .p2wpkh_signature_hash(index, &spent.script_pubkey, value, all)
                .map_err(|_| ChainError::Malformed("an input of the transaction"))?,
        };
        digests.push(InputDigest {
            input: index,
            owner,
            digest: *digest.as_ref(),
        });
    }
    Ok(digests)
}

/// Signs what the key of the multi-signature script can, by a token for instance. The PSBT only
/// changes where all of it succeeds. Gives how many inputs it signed.
///
/// # Errors
/// As [`digests`]; [`ChainError::BadSignature`] where what `sign` gives is not the key's; `sign`'s.
pub fn sign_hot<E: From<ChainError>>(
    psbt: &mut Psbt,
    wallet: &BitcoinWallet,
    key: &PublicKey,
    mut sign: impl FnMut(&[u8; 32]) -> Result<Signature, E>,
) -> Result<usize, E> {
    let mut signatures = Vec::new();
    for digest in digests(psbt, wallet)? {
        if digest.owner == CoinOwner::Hot {
            signatures.push((digest, *key, sign(&digest.digest)?));
        }
    }
    add_all(psbt, wallet, &signatures)?;
    Ok(signatures.len())
}

/// Signs the inputs that spend deposits. Gives how many.
///
/// # Errors
/// As [`digests`]; [`ChainError::BadSignature`] where the account's key is another.
pub fn sign_deposits(
    psbt: &mut Psbt,
    wallet: &BitcoinWallet,
    account: &AccountKey,
) -> Result<usize, ChainError> {
    let mut signatures = Vec::new();
    for digest in digests(psbt, wallet)? {
        if let CoinOwner::Deposit(index) = digest.owner {
            let key = account.child(index)?;
            signatures.push((digest, key.public_key(), key.sign(&digest.digest)));
        }
    }
    add_all(psbt, wallet, &signatures)?;
    Ok(signatures.len())
}

/// Puts a signature in that was made elsewhere.
///
/// # Errors
/// As [`digests`]; [`ChainError::BadSignature`] where it is none of a key of that input.
pub fn add_signature(
    psbt: &mut Psbt,
    wallet: &BitcoinWallet,
    input: usize,
    key: &PublicKey,
    signature: &Signature,
) -> Result<(), ChainError> {
    let digests = digests(psbt, wallet)?;
    let digest = digests.get(input).ok_or(ChainError::BadSignature)?;
    add_all(psbt, wallet, &[(*digest, *key, *signature)])
}

/// Takes over the signatures of another PSBT of the same transaction, after verifying each.
///
/// # Errors
/// As [`add_signature`]; [`ChainError::Foreign`] where it is another transaction.
pub fn merge(psbt: &mut Psbt, other: &Psbt, wallet: &BitcoinWallet) -> Result<(), ChainError> {
    if psbt.unsigned_tx != other.unsigned_tx {
        return Err(ChainError::Foreign("another transaction".to_owned()));
    }
    let mut signatures = Vec::new();
    for digest in digests(psbt, wallet)? {
        for (key, signature) in &other.inputs[digest.input].partial_sigs {
            if signature.sighash_type != EcdsaSighashType::All {
                return Err(ChainError::BadSignature);
            }
            let bytes = signature.signature.serialize_compact();
            signatures.push((digest, PublicKey(key.inner), Signature::from_bytes(&bytes)?));
        }
    }
    add_all(psbt, wallet, &signatures)
}

fn add_all(
    psbt: &mut Psbt,
    wallet: &BitcoinWallet,
    signatures: &[(InputDigest, PublicKey, Signature)],
) -> Result<(), ChainError> {
    for (digest, key, signature) in signatures {
        if !wallet.keys_of(digest.owner)?.contains(key) {
            return Err(ChainError::BadSignature);
        }
        signature.verify(&digest.digest, key)?;
    }
    for (digest, key, signature) in signatures {
        let key = bitcoin::PublicKey::new(key.0);
        let signature = ecdsa::Signature::sighash_all(signature.inner());
        psbt.inputs[digest.input]
            .partial_sigs
            .insert(key, signature);
    }
    Ok(())
}

/// The keys that have signed an input.
pub fn signers(psbt: &Psbt, input: usize) -> Vec<PublicKey> {
    let input = psbt.inputs.get(input);
    let keys = input
        .into_iter()
        .flat_map(|input| input.partial_sigs.keys());
    keys.map(|key| PublicKey(key.inner)).collect()
}

/// The transaction with its witnesses, each verified by running its script.
///
/// # Errors
/// [`ChainError::Unsigned`] for the first input that lacks signatures; as [`digests`].
pub fn finalise(psbt: &Psbt, wallet: &BitcoinWallet) -> Result<SignedTransaction, ChainError> {
    digests(psbt, wallet)?;
    let mut psbt = psbt.clone();
    for input in 0..psbt.inputs.len() {
        let finished = psbt.finalize_inp_mut(&CURVE, input);
        finished.map_err(|_| ChainError::Unsigned(input))?;
    }
    let extracted = psbt.extract(&CURVE);
    let transaction = extracted.map_err(|_| ChainError::Malformed("a finished transaction"))?;
    Ok(SignedTransaction {
        bytes: consensus::serialize(&transaction),
        txid: transaction.compute_txid(),
        wtxid: transaction.compute_wtxid(),
        vsize: transaction.vsize() as u64,
    })
}
