//! Tokens (ERC-20): calls and the one event that counts. A token is known by its contract.

use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::sol;
use alloy::sol_types::{SolCall as _, SolEvent as _};

use crate::error::ChainError;

sol! {
    function transfer(address to, uint256 value);
    function balanceOf(address owner) returns (uint256 balance);
    event Transfer(address indexed from, address indexed to, uint256 value);
}

/// The first topic of a transfer's log.
pub const TRANSFER_TOPIC: B256 = Transfer::SIGNATURE_HASH;

/// A transfer that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenTransfer {
    /// Whose tokens.
    pub from: Address,
    /// Whose they are now.
    pub to: Address,
    /// How many atoms.
    pub value: U256,
}

impl TokenTransfer {
    /// Reads it from a log; `None` where the log says something else, such as the transfer of a
    /// token that is not fungible (ERC-721), which has a fourth topic in place of an amount.
    pub fn read(topics: &[B256], data: &[u8]) -> Option<TokenTransfer> {
        let [topic, from, to] = topics else {
            return None;
        };
        let is_address = |word: &B256| word[..12].iter().all(|byte| *byte == 0);
        if *topic != TRANSFER_TOPIC || data.len() != 32 || !is_address(from) || !is_address(to) {
            return None;
        }
        Some(TokenTransfer {
            from: Address::from_word(*from),
            to: Address::from_word(*to),
            value: U256::from_be_slice(data),
        })
    }
}

/// The calldata that sends tokens.
pub fn transfer(to: Address, value: U256) -> Bytes {
    transferCall { to, value }.abi_encode().into()
}

/// Reads the calldata of [`transfer`]: to whom and how many atoms; `None` where it is another call.
pub fn read_transfer(input: &[u8]) -> Option<(Address, U256)> {
    let call = transferCall::abi_decode_validate(input).ok()?;
    // Nothing may follow that a decoder overlooks.
    (call.abi_encode() == input).then_some((call.to, call.value))
}

/// The calldata that asks for a balance.
pub fn ask_balance(owner: Address) -> Bytes {
    balanceOfCall { owner }.abi_encode().into()
}

/// Reads the answer to [`ask_balance`].
///
/// # Errors
/// [`ChainError::Malformed`] where it is none: there is no token at that address.
pub fn read_balance(answer: &[u8]) -> Result<U256, ChainError> {
    balanceOfCall::abi_decode_returns(answer).map_err(|_| ChainError::Malformed("a balance"))
}

/// Whether the answer to a simulated [`transfer`] means success: true, or, as some tokens have it,
/// nothing.
pub fn is_success(answer: &[u8]) -> bool {
    answer.is_empty() || (answer.len() >= 32 && U256::from_be_slice(&answer[..32]) == U256::ONE)
}
