//! A Safe's hash, calls and events, against what the contract's source says (version 1.4.1).

use alloy::primitives::{Address, B256, Bytes, U256, address, b256, keccak256};
use alloy::sol_types::{SolCall as _, SolValue as _};
use chain::ChainError;
use chain::safe::{self, Execution, SafeTransaction, execTransactionCall};

use crate::stage::hot_key;

/// Constants of the contract.
const SAFE_TX: B256 = b256!("bb8310d486368db6bd6f849402fdd73ad53d316b5a4b2644ad6efe0f941286d8");
const DOMAIN: B256 = b256!("47e79534a245952e8b16893a336b85a3d9ea9fa8c573f3d803afb92a79469218");

fn transaction() -> SafeTransaction {
    SafeTransaction {
        chain_id: 31_337,
        safe: address!("00000000000000000000000000000000005afe00"),
        to: address!("70997970C51812dc3A010C7d01b50e0d17dc79C8"),
        value: U256::from(1_500),
        data: Bytes::from_static(b"\x01\x02\x03"),
        safe_tx_gas: 60_000,
        nonce: 7,
    }
}

#[test]
fn the_hash_is_the_one_that_the_contract_computes() {
    let call = transaction();
    let domain = (DOMAIN, U256::from(call.chain_id), call.safe).abi_encode();
    let zero = U256::ZERO;
    let content = (
        (SAFE_TX, call.to, call.value, keccak256(&call.data), zero),
        (
            U256::from(call.safe_tx_gas),
            zero,
            zero,
            Address::ZERO,
            Address::ZERO,
        ),
        U256::from(call.nonce),
    );
    let (domain, content) = (keccak256(domain), keccak256(content.abi_encode()));
    let packed = [b"\x19\x01".as_slice(), &domain[..], &content[..]].concat();
    assert_eq!(call.hash(), keccak256(packed));
}

#[test]
fn each_field_of_a_call_changes_its_hash() {
    let call = transaction();
    let other: [fn(&mut SafeTransaction); 7] = [
        |call| call.chain_id += 1,
        |call| call.safe = Address::repeat_byte(1),
        |call| call.to = Address::repeat_byte(1),
        |call| call.value += U256::ONE,
        |call| call.data = Bytes::new(),
        |call| call.safe_tx_gas += 1,
        |call| call.nonce += 1,
    ];
    let mut hashes = vec![call.hash()];
    for change in other {
        let mut changed = call.clone();
        change(&mut changed);
        hashes.push(changed.hash());
    }
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), 8);
}

#[test]
fn signatures_stand_in_the_order_of_their_owners() {
    let call = transaction();
    let hash = call.hash();
    let keys = [hot_key(1), hot_key(2)];
    let signed = keys
        .each_ref()
        .map(|key| (key.public_key(), key.sign(&hash)));
    let calldata = call.execution(&signed).expect("signed");
    let [first, second] = signed;
    assert_eq!(call.execution(&[second, first]).expect("signed"), calldata);
    let decoded = execTransactionCall::abi_decode(&calldata).expect("a call");
    assert_eq!(
        (decoded.to, decoded.value, decoded.operation),
        (call.to, call.value, 0)
    );
    assert_eq!(decoded.signatures.len(), 130);
    let owner = |bytes: &[u8]| {
        let signature = alloy::primitives::Signature::from_raw(bytes).expect("a signature");
        signature
            .recover_address_from_prehash(&hash)
            .expect("an owner")
    };
    let owners = [
        owner(&decoded.signatures[..65]),
        owner(&decoded.signatures[65..]),
    ];
    assert!(owners[0] < owners[1]);
    let mut expected = keys.each_ref().map(|key| key.public_key().evm_address());
    expected.sort_unstable();
    assert_eq!(owners, expected);
    assert_eq!(
        call.execution(&[first, first]),
        Err(ChainError::BadSignature)
    );
    let wrong = (keys[1].public_key(), first.1);
    assert_eq!(
        call.execution(&[first, wrong]),
        Err(ChainError::BadSignature)
    );
}

#[test]
fn a_call_without_gas_of_its_own_is_not_made() {
    let mut call = transaction();
    assert!(
        call.gas_limit()
            .is_some_and(|gas| gas > call.safe_tx_gas * 64 / 63 + 3_000)
    );
    call.safe_tx_gas = 0;
    let key = hot_key(1);
    let signed = [(key.public_key(), key.sign(&call.hash()))];
    assert!(matches!(
        call.execution(&signed),
        Err(ChainError::Malformed(_))
    ));
    call.safe_tx_gas = u64::MAX;
    assert_eq!(call.gas_limit(), None);
}

#[test]
fn events_say_which_call_and_whether_it_succeeded() {
    // Of the contract's own build.
    let names = [
        "ExecutionSuccess(bytes32,uint256)",
        "ExecutionFailure(bytes32,uint256)",
    ];
    assert_eq!(Execution::TOPICS, names.map(keccak256));
    let hash = transaction().hash();
    for (topic, succeeded) in Execution::TOPICS.into_iter().zip([true, false]) {
        let read = Execution::read(&[topic, hash], &[0; 32]);
        assert_eq!(read, Some(Execution { hash, succeeded }));
        assert_eq!(Execution::read(&[topic], &[0; 64]), None);
        assert_eq!(Execution::read(&[topic, hash], &[0; 31]), None);
    }
    assert_eq!(Execution::read(&[hash, hash], &[0; 32]), None);
    assert_eq!(Execution::read(&[], &[]), None);
}

#[test]
fn a_new_safe_has_its_owners_and_an_address_that_is_known_before() {
    let owners = [1, 2, 3].map(|number| hot_key(number).public_key().evm_address());
    let setup = safe::initializer(&owners, 2, Address::repeat_byte(0xfb));
    assert_eq!(hex::encode(&setup[..4]), "b63e800d");
    let singleton = Address::repeat_byte(0x51);
    let creation = safe::creation(singleton, setup.clone(), U256::from(5));
    assert_eq!(hex::encode(&creation[..4]), "1688f0b9");
    let factory = Address::repeat_byte(0xfa);
    let at = |number: u64| {
        safe::proxy_address(
            factory,
            &[0x60, 0x80],
            singleton,
            &setup,
            U256::from(number),
        )
    };
    let salt = [
        keccak256(&setup).as_slice(),
        &U256::from(5).to_be_bytes::<32>(),
    ]
    .concat();
    let code = [&[0x60, 0x80][..], &[0; 12], singleton.as_slice()].concat();
    assert_eq!(at(5), factory.create2_from_code(keccak256(salt), code));
    assert_ne!(at(5), at(6));
    let topic = keccak256("ProxyCreation(address,address)");
    let read = safe::read_creation(
        &[topic, at(5).into_word()],
        singleton.into_word().as_slice(),
    );
    assert_eq!(read, Some(at(5)));
}

#[test]
fn a_safe_is_asked_for_its_number_threshold_and_owners() {
    let asked = [safe::ask_nonce(), safe::ask_threshold(), safe::ask_owners()];
    assert_eq!(asked.map(hex::encode), ["affed0e0", "e75235b8", "a0e67e2b"]);
    let word = U256::from(9).to_be_bytes::<32>();
    assert_eq!(safe::read_nonce(&word), Ok(9));
    assert_eq!(safe::read_threshold(&word), Ok(9));
    assert!(safe::read_nonce(&[]).is_err() && safe::read_nonce(&[0xff; 32]).is_err());
    let owners = vec![Address::repeat_byte(1), Address::repeat_byte(2)];
    assert_eq!(safe::read_owners(&owners.abi_encode()), Ok(owners));
    assert!(safe::read_owners(&word).is_err());
}
