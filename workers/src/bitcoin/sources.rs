//! Where a Bitcoin transaction comes from: the owners of the outputs that it spends; and before a
//! node says which those are, as far as its inputs say it by the key or script that they show.
//! Taproot shows neither.

use bitcoin::script::Instruction;
use bitcoin::{
    Address, CompressedPublicKey, Network, PubkeyHash, PublicKey, Script, Transaction, TxIn,
};

/// Who can spend an output: its address; of bare keys the addresses of their hashes, because lists
/// know no other name for them.
pub(super) fn owners(script: &Script, chain: Network) -> Vec<String> {
    if let Ok(address) = Address::from_script(script, chain) {
        return vec![address.to_string()];
    }
    let keys: Vec<PublicKey> = match script.p2pk_public_key() {
        Some(key) => vec![key],
        None if script.is_multisig() => script
            .instructions()
            .filter_map(|instruction| match instruction {
                Ok(Instruction::PushBytes(bytes)) => PublicKey::from_slice(bytes.as_bytes()).ok(),
                _ => None,
            })
            .collect(),
        None => Vec::new(),
    };
    keys.into_iter()
        .map(|key| Address::p2pkh(PubkeyHash::from(key), chain).to_string())
        .collect()
}

/// The address of the first input, where it can be told.
pub(super) fn source(transaction: &Transaction, chain: Network) -> Option<String> {
    of_input(transaction.input.first()?, chain)
}

/// The address of an input, where it can be told.
pub(super) fn of_input(input: &TxIn, chain: Network) -> Option<String> {
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

#[cfg(test)]
mod tests {
    use bitcoin::opcodes::all::OP_CHECKMULTISIG;
    use bitcoin::script::Builder;

    use super::*;

    #[test]
    fn bare_keys_are_known_by_the_addresses_of_their_hashes() {
        let key = |last: u8| {
            let text = format!("02{}{last:02x}", "11".repeat(31));
            text.parse::<PublicKey>()
        };
        let keys: Vec<PublicKey> = (0..=255)
            .filter_map(|last| key(last).ok())
            .take(3)
            .collect();
        let named =
            |key: &PublicKey| Address::p2pkh(PubkeyHash::from(*key), Network::Bitcoin).to_string();
        let bare = Builder::new().push_key(&keys[0]);
        let bare = bare.push_opcode(bitcoin::opcodes::all::OP_CHECKSIG);
        assert_eq!(
            owners(&bare.into_script(), Network::Bitcoin),
            [named(&keys[0])]
        );
        let several = Builder::new().push_int(2);
        let several = keys.iter().fold(several, |made, key| made.push_key(key));
        let several = several.push_int(3).push_opcode(OP_CHECKMULTISIG);
        let found = owners(&several.into_script(), Network::Bitcoin);
        assert_eq!(found, keys.iter().map(named).collect::<Vec<_>>());
    }
}
