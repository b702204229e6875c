//! A Safe (version 1.4.1): the multi-signature account of EVM chains. Its calls are described by
//! the contract's interface; hashes are EIP-712's.
//!
//! A transaction here always has `safe_tx_gas` above 0: then an inner call that fails is reported
//! by an event and uses up the Safe's number, instead of reverting everything.

use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use alloy::sol;
use alloy::sol_types::{Eip712Domain, SolCall as _, SolEvent as _, SolStruct as _, SolValue as _};

use crate::error::ChainError;
use crate::public_key::PublicKey;
use crate::signature::Signature;

sol! {
    /// What owners sign.
    #[derive(Debug, PartialEq, Eq)]
    struct SafeTx {
        address to;
        uint256 value;
        bytes data;
        uint8 operation;
        uint256 safeTxGas;
        uint256 baseGas;
        uint256 gasPrice;
        address gasToken;
        address refundReceiver;
        uint256 nonce;
    }

    function execTransaction(
        address to, uint256 value, bytes data, uint8 operation, uint256 safeTxGas, uint256 baseGas,
        uint256 gasPrice, address gasToken, address refundReceiver, bytes signatures
    ) returns (bool success);
    function setup(
        address[] owners, uint256 threshold, address to, bytes data, address fallbackHandler,
        address paymentToken, uint256 payment, address paymentReceiver
    );
    function createProxyWithNonce(address singleton, bytes initializer, uint256 saltNonce)
        returns (address proxy);
    function proxyCreationCode() returns (bytes code);
    function nonce() returns (uint256 number);
    function getThreshold() returns (uint256 threshold);
    function getOwners() returns (address[] owners);
    function getTransactionHash(
        address to, uint256 value, bytes data, uint8 operation, uint256 safeTxGas, uint256 baseGas,
        uint256 gasPrice, address gasToken, address refundReceiver, uint256 nonce
    ) returns (bytes32 hash);

    event ExecutionSuccess(bytes32 indexed txHash, uint256 payment);
    event ExecutionFailure(bytes32 indexed txHash, uint256 payment);
    event ProxyCreation(address indexed proxy, address singleton);
}

/// Gas of what surrounds the inner call: intrinsic cost, calldata, two recovered signatures, the
/// number, the event.
const SURROUNDING_GAS: u64 = 150_000;
/// The Safe keeps this much for its event, and as much again for its own steps (contract's checks
/// GS010).
const KEPT_GAS: u64 = 3_000;

/// A call that a Safe makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SafeTransaction {
    /// On which chain.
    pub chain_id: u64,
    /// Whose call.
    pub safe: Address,
    /// Whom it calls.
    pub to: Address,
    /// Wei that go along.
    pub value: U256,
    /// What it says.
    pub data: Bytes,
    /// The least gas that the inner call gets; above 0.
    pub safe_tx_gas: u64,
    /// The Safe's number of this call.
    pub nonce: u64,
}

/// What became of a Safe's call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Execution {
    /// The hash that owners signed.
    pub hash: B256,
    /// Whether the inner call succeeded. The number is used up either way.
    pub succeeded: bool,
}

impl SafeTransaction {
    /// What owners sign.
    pub fn hash(&self) -> B256 {
        let (chain_id, safe) = (U256::from(self.chain_id), self.safe);
        let domain = Eip712Domain::new(None, None, Some(chain_id), Some(safe), None);
        let content = SafeTx {
            to: self.to,
            value: self.value,
            data: self.data.clone(),
            operation: 0,
            safeTxGas: U256::from(self.safe_tx_gas),
            baseGas: U256::ZERO,
            gasPrice: U256::ZERO,
            gasToken: Address::ZERO,
            refundReceiver: Address::ZERO,
            nonce: U256::from(self.nonce),
        };
        content.eip712_signing_hash(&domain)
    }

    /// Gas that the transaction around it needs at most; `None` where it does not fit.
    pub fn gas_limit(&self) -> Option<u64> {
        // A call passes on 63 parts of 64 (EIP-150).
        let inner = self.safe_tx_gas.checked_mul(64)?.div_ceil(63);
        let data = u64::try_from(self.data.len()).ok()?.checked_mul(16)?;
        inner
            .checked_add(data)?
            .checked_add(SURROUNDING_GAS + KEPT_GAS)
    }

    /// The calldata that makes the Safe call, with signatures in the order of their owners.
    ///
    /// # Errors
    /// [`ChainError::BadSignature`] where one is not its key's, or a key signs twice;
    /// [`ChainError::Malformed`] where `safe_tx_gas` is 0.
    pub fn execution(&self, signatures: &[(PublicKey, Signature)]) -> Result<Bytes, ChainError> {
        if self.safe_tx_gas == 0 {
            return Err(ChainError::Malformed(
                "a Safe transaction with gas of its own",
            ));
        }
        let hash = self.hash();
        let mut signed = Vec::with_capacity(signatures.len());
        for (key, signature) in signatures {
            signed.push((key.evm_address(), signature.for_contract(&hash, key)?));
        }
        signed.sort_unstable();
        if signed.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err(ChainError::BadSignature);
        }
        let joined: Vec<u8> = signed.iter().flat_map(|(_, bytes)| *bytes).collect();
        let call = execTransactionCall {
            to: self.to,
            value: self.value,
            data: self.data.clone(),
            operation: 0,
            safeTxGas: U256::from(self.safe_tx_gas),
            baseGas: U256::ZERO,
            gasPrice: U256::ZERO,
            gasToken: Address::ZERO,
            refundReceiver: Address::ZERO,
            signatures: joined.into(),
        };
        Ok(call.abi_encode().into())
    }
}

impl Execution {
    /// Reads it from a log of the Safe; `None` where the log says something else.
    pub fn read(topics: &[B256], data: &[u8]) -> Option<Execution> {
        let topics = || topics.iter().copied();
        let succeeded = ExecutionSuccess::decode_raw_log(topics(), data);
        let failed = ExecutionFailure::decode_raw_log(topics(), data);
        match (succeeded, failed) {
            (Ok(event), _) => Some(Execution {
                hash: event.txHash,
                succeeded: true,
            }),
            (_, Ok(event)) => Some(Execution {
                hash: event.txHash,
                succeeded: false,
            }),
            _ => None,
        }
    }

    /// First topics of the logs that it reads: of success, of failure.
    pub const TOPICS: [B256; 2] = [
        ExecutionSuccess::SIGNATURE_HASH,
        ExecutionFailure::SIGNATURE_HASH,
    ];
}

/// How a new Safe is set up: who owns it and how many of them sign. It answers callbacks of tokens
/// by `fallback_handler`.
pub fn initializer(owners: &[Address], threshold: u64, fallback_handler: Address) -> Bytes {
    let call = setupCall {
        owners: owners.to_vec(),
        threshold: U256::from(threshold),
        to: Address::ZERO,
        data: Bytes::new(),
        fallbackHandler: fallback_handler,
        paymentToken: Address::ZERO,
        payment: U256::ZERO,
        paymentReceiver: Address::ZERO,
    };
    call.abi_encode().into()
}

/// The calldata by which the factory makes a Safe.
pub fn creation(singleton: Address, initializer: Bytes, salt_nonce: U256) -> Bytes {
    let call = createProxyWithNonceCall {
        singleton,
        initializer,
        saltNonce: salt_nonce,
    };
    call.abi_encode().into()
}

/// The calldata that asks the factory for the code that makes a Safe.
pub fn ask_creation_code() -> Bytes {
    proxyCreationCodeCall {}.abi_encode().into()
}

/// Reads the answer to [`ask_creation_code`].
///
/// # Errors
/// [`ChainError::Malformed`] where it is none.
pub fn read_creation_code(answer: &[u8]) -> Result<Bytes, ChainError> {
    let code = proxyCreationCodeCall::abi_decode_returns(answer);
    code.map_err(|_| ChainError::Malformed("a factory's code"))
}

/// Where the factory makes it (EIP-1014). `creation_code` is what the factory's function
/// `proxyCreationCode` gives.
pub fn proxy_address(
    factory: Address,
    creation_code: &[u8],
    singleton: Address,
    initializer: &[u8],
    salt_nonce: U256,
) -> Address {
    let salt = keccak256((keccak256(initializer), salt_nonce).abi_encode_packed());
    let code = [creation_code, &singleton.into_word().0].concat();
    factory.create2_from_code(salt, code)
}

/// First topic of the factory's log of a Safe; the second one is its address.
pub const CREATION_TOPIC: B256 = ProxyCreation::SIGNATURE_HASH;

/// Reads the address of the Safe that was made from the factory's log.
pub fn read_creation(topics: &[B256], data: &[u8]) -> Option<Address> {
    let event = ProxyCreation::decode_raw_log(topics.iter().copied(), data);
    event.ok().map(|event| event.proxy)
}

/// The calldata that asks for the Safe's next number.
pub fn ask_nonce() -> Bytes {
    nonceCall {}.abi_encode().into()
}

/// Reads the answer to [`ask_nonce`].
///
/// # Errors
/// [`ChainError::Malformed`] where it is none.
pub fn read_nonce(answer: &[u8]) -> Result<u64, ChainError> {
    let number = nonceCall::abi_decode_returns(answer).ok();
    let number = number.and_then(|number| u64::try_from(number).ok());
    number.ok_or(ChainError::Malformed("a Safe's number"))
}

/// The calldata that asks how many owners sign.
pub fn ask_threshold() -> Bytes {
    getThresholdCall {}.abi_encode().into()
}

/// Reads the answer to [`ask_threshold`].
///
/// # Errors
/// [`ChainError::Malformed`] where it is none.
pub fn read_threshold(answer: &[u8]) -> Result<u64, ChainError> {
    let threshold = getThresholdCall::abi_decode_returns(answer).ok();
    let threshold = threshold.and_then(|threshold| u64::try_from(threshold).ok());
    threshold.ok_or(ChainError::Malformed("a Safe's threshold"))
}

/// The calldata that asks who the owners are.
pub fn ask_owners() -> Bytes {
    getOwnersCall {}.abi_encode().into()
}

/// Reads the answer to [`ask_owners`].
///
/// # Errors
/// [`ChainError::Malformed`] where it is none.
pub fn read_owners(answer: &[u8]) -> Result<Vec<Address>, ChainError> {
    getOwnersCall::abi_decode_returns(answer).map_err(|_| ChainError::Malformed("a Safe's owners"))
}
