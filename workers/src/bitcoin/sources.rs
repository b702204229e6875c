//! Where a Bitcoin transaction comes from, as far as its first input says: the address whose key
//! or script it shows. Taproot shows neither.

use bitcoin::script::Instruction;
use bitcoin::{Address, CompressedPublicKey, Network, PubkeyHash, PublicKey, Script, Transaction};

/// The address of the first input, where it can be told.
pub(super) fn source(transaction: &Transaction, chain: Network) -> Option<String> {
    let input = transaction.input.first()?;
    let script = &input.script_sig;
    let shown: Vec<&[u8]> = input.witness.iter().collect();
    if script.is_empty() {
        return of_witness(&shown, chain).map(|address| address.to_string());
    }
    let pushed = pushed(script)?;
    let last = *pushed.last()?;
    // A script hash shows its script last, a key hash its key after the signature.
    let address = match (shown.is_empty(), pushed.len(), PublicKey::from_slice(last)) {
        (true, 2, Ok(key)) => Address::p2pkh(PubkeyHash::from(key), chain),
        _ => Address::p2sh(Script::from_bytes(last), chain).ok()?,
    };
    Some(address.to_string())
}

fn of_witness(shown: &[&[u8]], chain: Network) -> Option<Address> {
    match shown {
        [signature, key] if !signature.is_empty() && signature[0] == 0x30 => {
            let key = CompressedPublicKey::from_slice(key).ok()?;
            Some(Address::p2wpkh(&key, chain))
        }
        // The first item of a multi-signature is empty (BIP147); taproot's control block is none.
        [[], .., script] => Some(Address::p2wsh(Script::from_bytes(script), chain)),
        _ => None,
    }
}

fn pushed(script: &Script) -> Option<Vec<&[u8]>> {
    script
        .instructions()
        .map(|instruction| match instruction {
            Ok(Instruction::PushBytes(bytes)) => Some(bytes.as_bytes()),
            _ => None,
        })
        .collect()
}
