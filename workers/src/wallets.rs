//! Commands of the operator, once for each network: registers the wallets of the house, and makes
//! the Safe. They need an administrator's connection to the database, and signer a's token where
//! the gas account sends something.

use std::path::PathBuf;
use std::time::Duration;

use alloy::primitives::{Address, B256, Bytes, U256, address, keccak256};
use anyhow::{Context as _, bail, ensure};
use chain::bitcoin_wallet::BitcoinWallet;
use chain::evm_transaction::EvmTransaction;
use chain::public_key::PublicKey;
use chain::safe;
use chain::signature::Signature;
use client::{HouseWallet, PaymentNetwork, Pool};
use hsm::SigningKey;
use serde_json::json;

use crate::payments::{EvmNode, Log, PaymentsConfig, Sent};
use crate::signer::SignerConfig;

const USAGE: &str = "workers wallets bitcoin hot|cold KEY KEY KEY | gas | \
    safe hot|cold OWNER OWNER OWNER; a key has 66 hexadecimal digits, an owner is a key or an \
    address";
/// Owners that sign.
const THRESHOLD: u64 = 2;
/// Makes contracts at addresses that depend on their code alone (EIP-1014).
const DEPLOYER: Address = address!("4e59b44847b379578588920ca78fbf26c0b4956c");
/// Where Safe 1.4.1 lies on public networks.
const FACTORY: Address = address!("4e1DCf7AD4e460CfD30791CCC4F9c8a4f820ec67");
const SINGLETON: Address = address!("41675C099F32341bf84BFc5382aF534df5C7461a");
const HANDLER: Address = address!("fd0732Dc9E303f09fCEf3a7388Ad10A83459Ec99");
/// Looks at whether a transaction was mined, and the pause between two.
const LOOKS: u32 = 600;
const LOOK_PAUSE: Duration = Duration::from_millis(200);
/// The most that is offered for a unit of gas: 500 gwei.
const MAX_GAS_WEI: u128 = 500_000_000_000;
/// Blocks in which the creation of a Safe is looked for whose cost is not booked: a week.
const LOOKED_BACK: i64 = 50_400;

/// # Errors
/// What is missing or wrong, in one line.
pub async fn run(pool: &Pool, command: &[&str]) -> anyhow::Result<()> {
    let settings = PaymentsConfig::from_env()?;
    match command {
        ["bitcoin", role, first, second, third] => {
            let keys = [first, second, third].map(|key| key.parse::<PublicKey>());
            let [first, second, third] = keys;
            bitcoin(pool, &settings, role, [first?, second?, third?]).await
        }
        ["gas"] => Gas::open(&settings).await?.register(pool, &settings).await,
        ["safe", role, owners @ ..] if owners.len() == 3 => {
            let owners = owners.iter().map(|text| owner(text));
            let owners = owners.collect::<anyhow::Result<Vec<_>>>()?;
            let gas = Gas::open(&settings).await?;
            gas.register(pool, &settings).await?;
            gas.make_safe(pool, &settings, role, owners).await
        }
        _ => bail!(USAGE),
    }
}

/// Registers the script of three keys, of which two sign.
async fn bitcoin(
    pool: &Pool,
    settings: &PaymentsConfig,
    role: &str,
    keys: [PublicKey; 3],
) -> anyhow::Result<()> {
    let networks = client::payment_networks(pool, "bitcoin").await?;
    let named = |it: &&client::PaymentNetwork| it.name == settings.bitcoin_network;
    let network = networks
        .iter()
        .find(named)
        .context("the network is not listed")?;
    let wallet = BitcoinWallet::new(network.chain.parse()?, keys, None)?;
    let registered = HouseWallet {
        role: role.to_owned(),
        address: wallet.hot_address(),
        script: wallet.hot_script().to_bytes(),
        descriptor: Some(wallet.descriptor()),
    };
    client::add_wallet(pool, &network.name, &registered).await?;
    println!("{}", registered.address);
    Ok(())
}

fn owner(text: &str) -> anyhow::Result<Address> {
    match text.parse::<PublicKey>() {
        Ok(key) => Ok(key.evm_address()),
        Err(_) => text
            .parse()
            .with_context(|| format!("'{text}' is no key and no address")),
    }
}

/// Where costs of the gas account that no payment explains are written down.
struct Books<'a> {
    pool: &'a Pool,
    network: &'a PaymentNetwork,
}

impl Books<'_> {
    async fn add_cost(&self, txid: &[u8], wei: U256) -> anyhow::Result<()> {
        let reason = "gas for contracts of the house";
        client::book_gas(
            self.pool,
            &self.network.name,
            txid,
            &wei.to_string(),
            reason,
        )
        .await?;
        Ok(())
    }
}

/// The gas account, which pays for what is made.
struct Gas {
    node: EvmNode,
    key: SigningKey,
    public: PublicKey,
    address: Address,
    chain_id: u64,
}

impl Gas {
    async fn open(settings: &PaymentsConfig) -> anyhow::Result<Gas> {
        let url = settings
            .evm_url
            .as_deref()
            .context("EXCHANGE_EVM_URL is not set")?;
        let node = EvmNode::new(url)?;
        let signer = SignerConfig::from_env("a")?;
        let key = SigningKey::open(&signer.hsm, &signer.gas_key)?;
        let public = PublicKey::from_bytes(&key.public_key())?;
        Ok(Gas {
            chain_id: node.chain_id().await?,
            address: public.evm_address(),
            node,
            key,
            public,
        })
    }

    async fn register(&self, pool: &Pool, settings: &PaymentsConfig) -> anyhow::Result<()> {
        let wallet = HouseWallet {
            role: "gas".to_owned(),
            address: self.address.to_string(),
            script: self.address.to_vec(),
            descriptor: None,
        };
        client::add_wallet(pool, &settings.evm_network, &wallet).await?;
        println!("gas {}", self.address);
        Ok(())
    }

    /// Makes a Safe and registers it, unless that was done. What was begun and not ended is ended.
    async fn make_safe(
        &self,
        pool: &Pool,
        settings: &PaymentsConfig,
        role: &str,
        owners: Vec<Address>,
    ) -> anyhow::Result<()> {
        let networks = client::payment_networks(pool, "evm").await?;
        let named = |it: &&client::PaymentNetwork| it.name == settings.evm_network;
        let network = networks
            .iter()
            .find(named)
            .context("the network is not listed")?;
        ensure!(
            network.chain == self.chain_id.to_string(),
            "the node is of another chain"
        );
        let known = client::house_wallets(pool, network.network_id).await?;
        if let Some(known) = known.iter().find(|wallet| wallet.role == role) {
            let address = Address::try_from(known.script.as_slice()).context("20 bytes")?;
            self.check_safe(address, &owners).await?;
            println!("{role} {}", known.address);
            return Ok(());
        }
        let books = Books { pool, network };
        let [factory, singleton, handler] = self.contracts(&books).await?;
        let initializer = safe::initializer(&owners, THRESHOLD, handler);
        let salt = U256::from(u8::from(role == "cold"));
        let asked = safe::ask_creation_code();
        let code = self.node.ask(factory, &asked, json!("latest")).await?;
        let code = safe::read_creation_code(&code)?;
        let planned = safe::proxy_address(factory, &code, singleton, &initializer, salt);
        let created = if self.node.has_code(planned).await? {
            self.book_creation(&books, factory, planned).await?;
            planned
        } else {
            let creation = safe::creation(singleton, initializer, salt);
            let logs = self.send(&books, factory, creation).await?;
            let created = logs
                .iter()
                .find_map(|log| safe::read_creation(&log.topics, &log.data));
            created.context("the factory made no Safe")?
        };
        self.check_safe(created, &owners).await?;
        let owners: Vec<String> = owners.iter().map(Address::to_string).collect();
        let wallet = HouseWallet {
            role: role.to_owned(),
            address: created.to_string(),
            script: created.to_vec(),
            descriptor: Some(owners.join(",")),
        };
        client::add_wallet(pool, &network.name, &wallet).await?;
        println!("{role} {created}");
        Ok(())
    }

    /// # Errors
    /// The Safe is another's, or asks for another number of signatures.
    async fn check_safe(&self, safe: Address, owners: &[Address]) -> anyhow::Result<()> {
        let asked = safe::ask_owners();
        let said = self.node.ask(safe, &asked, json!("latest")).await?;
        let mut said = safe::read_owners(&said)?;
        let mut wanted = owners.to_vec();
        said.sort_unstable();
        wanted.sort_unstable();
        ensure!(
            said == wanted,
            "the Safe {safe} is of other owners: {said:?}, not {wanted:?}"
        );
        let asked = safe::ask_threshold();
        let said = self.node.ask(safe, &asked, json!("latest")).await?;
        let threshold = safe::read_threshold(&said)?;
        ensure!(
            threshold == THRESHOLD,
            "the Safe {safe} asks for {threshold} signatures, not for {THRESHOLD}"
        );
        Ok(())
    }

    /// Books what an earlier run paid for a Safe, and did not come to write down.
    async fn book_creation(
        &self,
        books: &Books<'_>,
        factory: Address,
        safe: Address,
    ) -> anyhow::Result<()> {
        let from = books.network.tip.unwrap_or(0).saturating_sub(LOOKED_BACK);
        let topics = [json!(safe::CREATION_TOPIC), json!(safe.into_word())];
        let from = u64::try_from(from.max(0))?;
        let logs = self.node.logs(factory, topics, from).await?;
        let Some(txid) = logs.iter().find_map(|log| log.transaction_hash) else {
            return Ok(());
        };
        let receipt = self.node.receipt(txid.as_slice()).await?;
        // Anybody may make it.
        if let Some(receipt) = receipt.filter(|receipt| receipt.from == self.address) {
            let paid = receipt.gas_used.checked_mul(receipt.effective_gas_price);
            let paid = paid.context("a fee beyond all bounds")?;
            books.add_cost(txid.as_slice(), paid).await?;
        }
        Ok(())
    }

    /// The account's next number, which the worker of payments gives to nothing else: one that an
    /// earlier run took and did not use, before a new one.
    async fn take_nonce(&self, books: &Books<'_>) -> anyhow::Result<i64> {
        let (network_id, script) = (books.network.network_id, self.address.as_slice());
        let used = self.node.nonce(self.address, json!("latest")).await?;
        let pending = self.node.nonce(self.address, json!("pending")).await?;
        let missing = client::missing_nonces(books.pool, network_id, script, used).await?;
        let is_free = |it: &&client::MissingNonce| !it.was_signed && it.nonce >= pending;
        if let Some(missing) = missing.iter().find(is_free) {
            return Ok(missing.nonce);
        }
        Ok(client::take_nonce(books.pool, network_id, script, pending).await?)
    }

    /// Factory, singleton and handler: made of the artifacts in `EXCHANGE_SAFE_ARTIFACTS` where
    /// that is set, which a network of one's own needs.
    async fn contracts(&self, books: &Books<'_>) -> anyhow::Result<[Address; 3]> {
        let Some(folder) = std::env::var_os("EXCHANGE_SAFE_ARTIFACTS").map(PathBuf::from) else {
            for contract in [FACTORY, SINGLETON, HANDLER] {
                let is_there = self.node.has_code(contract).await?;
                ensure!(
                    is_there,
                    "no Safe contract at {contract}: set EXCHANGE_SAFE_ARTIFACTS"
                );
            }
            return Ok([FACTORY, SINGLETON, HANDLER]);
        };
        let mut made = [Address::ZERO; 3];
        let files = [
            "proxies/SafeProxyFactory.sol/SafeProxyFactory.json",
            "SafeL2.sol/SafeL2.json",
            "handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler.json",
        ];
        for (made, file) in made.iter_mut().zip(files) {
            let path = folder.join("contracts").join(file);
            let text = std::fs::read(&path).with_context(|| path.display().to_string())?;
            let artifact: serde_json::Value = serde_json::from_slice(&text)?;
            let code = artifact["bytecode"]
                .as_str()
                .context("an artifact without bytecode")?;
            let code: Bytes = code.parse()?;
            *made = DEPLOYER.create2(B256::ZERO, keccak256(&code));
            if !self.node.has_code(*made).await? {
                let creation = [B256::ZERO.as_slice(), &code].concat();
                self.send(books, DEPLOYER, creation.into()).await?;
            }
        }
        Ok(made)
    }

    /// Sends a call, waits for its block, and books what it cost; gives the logs.
    async fn send(&self, books: &Books<'_>, to: Address, input: Bytes) -> anyhow::Result<Vec<Log>> {
        let gas = self.node.gas(self.address, to, U256::ZERO, &input).await?;
        let gas =
            gas.with_context(|| format!("a call of {to} fails; has {} ether?", self.address))?;
        let nonce = self.take_nonce(books).await?;
        let transaction = EvmTransaction {
            chain_id: self.chain_id,
            nonce: u64::try_from(nonce)?,
            to,
            value: U256::ZERO,
            input,
            gas_limit: gas.saturating_add(gas / 4),
            fees: self.node.fees(MAX_GAS_WEI).await?,
        };
        let signature = self.key.sign(&transaction.signing_hash())?;
        let signed = transaction.signed(&self.public, &Signature::from_bytes(&signature)?)?;
        if let Sent::Refused(words) = self.node.send(&signed.bytes).await? {
            bail!("the node does not take it: {words}");
        }
        for _ in 0..LOOKS {
            if let Some(receipt) = self.node.receipt(signed.hash.as_slice()).await? {
                let paid = receipt.gas_used.checked_mul(receipt.effective_gas_price);
                let paid = paid.context("a fee beyond all bounds")?;
                books.add_cost(signed.hash.as_slice(), paid).await?;
                ensure!(receipt.status.to::<u64>() == 1, "the call of {to} failed");
                return Ok(receipt.logs);
            }
            tokio::time::sleep(LOOK_PAUSE).await;
        }
        bail!("{} is not mined", signed.hash)
    }
}
