//! The house's side of chains in tests: tokens of two signers with their keys, the hot wallets on
//! both networks, and the workers that pay. And withdrawals as if people had approved them.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Mutex;

use alloy::primitives::{Address, U256};
use anyhow::{Context, Result, ensure};
use chain::extended_key::ExtendedKey;
use chain::network::BitcoinNetwork;
use serde_json::json;
use tokio_postgres::Client;

use crate::api_server::{Build, built};
use crate::chain_fixture::{BITCOIN, ETHEREUM};
use crate::database::Database;
use crate::evm_node::EvmNode;
use crate::node_process::cache;
use crate::token::{Token, words};
use crate::worker::Worker;

/// The third key of the hot wallets: the curve's generator, whose private half is 1.
const COLD_KEY: &str = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
/// PINs of the two signers.
const PINS: [(&str, &str); 2] = [("a", "1111-2222"), ("b", "3333-4444")];

/// A deposit address of Bitcoin that a signer can spend from.
pub struct DepositAddress {
    /// As people write it.
    pub name: String,
    /// What the chain has.
    pub script: Vec<u8>,
    /// The extended public key that it is derived from.
    pub key: String,
}

/// Tokens and public keys.
pub struct House {
    /// Each signer has a folder of its own: SoftHSM stumbles over tokens that others change.
    tokens: [Token; 2],
    hot_keys: Vec<String>,
    /// The wallets that signers believe in: `evm:31337/hot=0x…`.
    pins: Mutex<Vec<String>>,
    build: Build,
}

impl House {
    /// New tokens and keys, and a seed of deposit addresses.
    pub fn make(name: &str) -> Result<House> {
        House::make_as(name, Build::Debug)
    }

    /// The same, for workers built so.
    pub fn make_as(name: &str, build: Build) -> Result<House> {
        let tokens = [
            Token::without_key(&format!("{name}_a"))?,
            Token::without_key(&format!("{name}_b"))?,
        ];
        let mut house = House {
            tokens,
            hot_keys: Vec::new(),
            pins: Mutex::default(),
            build,
        };
        for (signer, pin) in PINS {
            house.token(signer).add(&format!("signer-{signer}"), pin)?;
            house.hsm(signer, "make-signing-key hot")?;
            let key = house.hsm(signer, "public-key hot")?;
            house.hot_keys.push(key.trim().to_owned());
        }
        house.hsm("a", "make-signing-key gas")?;
        house.hsm("a", "make-key")?;
        let seed = house.seed_file();
        house.hsm("a", &format!("make-seed deposits {seed}"))?;
        Ok(house)
    }

    /// The public key of deposit addresses: `bitcoin-test` or `evm`.
    pub fn deposits(&self, kind: &str) -> Result<ExtendedKey> {
        let said = self.hsm("a", &format!("extended-keys {}", self.seed_file()))?;
        let line = said
            .lines()
            .find(|line| line.starts_with(&format!("{kind} ")));
        let key = line
            .and_then(|line| line.split(' ').nth(2))
            .context("no such key")?;
        Ok(key.parse()?)
    }

    /// Gives the first address of Bitcoin the name and script that its number derives. Before a
    /// signer opens the same token: SoftHSM stumbles over tokens that others change.
    pub async fn derive_bitcoin(&self, owner: &Client) -> Result<DepositAddress> {
        let number = first_address(owner, BITCOIN).await?;
        let key = self.deposits("bitcoin-test")?;
        let derived = key.bitcoin_deposit(u32::try_from(number)?, BitcoinNetwork::Regtest)?;
        rename(owner, number, &derived.address, derived.script.as_bytes()).await?;
        Ok(DepositAddress {
            name: derived.address,
            script: derived.script.to_bytes(),
            key: key.to_string(),
        })
    }

    /// The same of Ethereum.
    pub async fn derive_evm(&self, owner: &Client) -> Result<Address> {
        let number = first_address(owner, ETHEREUM).await?;
        let derived = self.deposits("evm")?.evm_deposit(u32::try_from(number)?)?;
        rename(owner, number, &derived.to_string(), derived.as_slice()).await?;
        Ok(derived)
    }

    /// Makes the gas account and the Safe, and gives both money: 100 ETH and 1000 ETH.
    pub async fn settle_evm(&self, database: &Database, node: &EvmNode) -> Result<Address> {
        let said = self.wallets(database, node, "gas")?;
        let gas: Address = said
            .trim()
            .rsplit(' ')
            .next()
            .context("no address")?
            .parse()?;
        give(node, gas, 100).await?;
        node.mine_at_once(true).await?;
        let keys = self.hot_keys.join(" ");
        let said = self.wallets(database, node, &format!("safe hot {keys} {COLD_KEY}"));
        node.mine_at_once(false).await?;
        let safe: Address = said?
            .trim()
            .rsplit(' ')
            .next()
            .context("no address")?
            .parse()?;
        give(node, safe, 1_000).await?;
        self.pin("evm:31337/hot", &safe.to_string());
        Ok(safe)
    }

    /// Makes a cold Safe of three keys, apart by spaces, once the gas account has money.
    pub async fn settle_cold_evm(
        &self,
        database: &Database,
        node: &EvmNode,
        keys: &str,
    ) -> Result<Address> {
        node.mine_at_once(true).await?;
        let said = self.wallets(database, node, &format!("safe cold {keys}"));
        node.mine_at_once(false).await?;
        let safe: Address = said?
            .trim()
            .rsplit(' ')
            .next()
            .context("no address")?
            .parse()?;
        self.pin("evm:31337/cold", &safe.to_string());
        Ok(safe)
    }

    /// Registers the hot Bitcoin wallet; gives its address.
    pub fn settle_bitcoin(&self, database: &Database) -> Result<String> {
        let keys = self.hot_keys.join(" ");
        let command = format!("wallets bitcoin hot {keys} {COLD_KEY}");
        let said = self.run(database, &command, &[])?;
        self.pin("bitcoin:regtest/hot", said.trim());
        Ok(said.trim().to_owned())
    }

    /// Lets signers that are started from now on believe in a wallet: `evm:31337/hot` and its
    /// address.
    pub fn pin(&self, place: &str, address: &str) {
        let mut pins = self.pins.lock().expect("no panic");
        let pin = format!("{place}={address}");
        // Two exchanges may have the same wallets.
        if !pins.contains(&pin) {
            pins.push(pin);
        }
    }

    /// Starts signer a or b.
    pub fn signer(&self, database: &Database, name: &str, more: &[(&str, &str)]) -> Worker {
        let settings = self.signer_settings(database, name, more);
        let command = format!("signer {name}");
        let started = Worker::start_as(database, &command, self.build, &settings);
        started.expect("the signer starts")
    }

    /// Starts signer a; gives it and the file in which its log is kept.
    pub fn heard_signer(&self, database: &Database, more: &[(&str, &str)]) -> (Worker, PathBuf) {
        let settings = self.signer_settings(database, "a", more);
        let log = self.token("a").folder().join("log");
        let started = Worker::start_heard(database, "signer a", &settings, &log);
        (started.expect("the signer starts"), log)
    }

    fn signer_settings<'a>(
        &self,
        database: &Database,
        name: &str,
        more: &[(&'a str, &str)],
    ) -> Vec<(&'a str, String)> {
        let mut settings: Vec<(&str, String)> = self.settings(name);
        let role = format!("exchange_signer_{name}");
        settings.push(("DATABASE_URL", database.url(&role)));
        if name == "a" {
            settings.push(("EXCHANGE_SEED_FILE", self.seed_file()));
        }
        let pins = self.pins.lock().expect("no panic").join(",");
        settings.push(("EXCHANGE_SIGNER_WALLETS", pins));
        settings.extend(
            more.iter()
                .map(|(name, value)| (*name, (*value).to_owned())),
        );
        settings
    }

    /// Starts both.
    pub fn signers(&self, database: &Database) -> [Worker; 2] {
        ["a", "b"].map(|name| self.signer(database, name, &[]))
    }

    /// Starts the worker that pays, with short pauses.
    pub fn payments(&self, database: &Database, more: &[(&str, String)]) -> Worker {
        let mut settings = vec![
            ("EXCHANGE_BATCH_WAIT_MS", "100".to_owned()),
            ("EXCHANGE_RESEND_AFTER_MS", "500".to_owned()),
            ("EXCHANGE_SWEEP_EVERY_MS", "500".to_owned()),
        ];
        settings.extend(more.iter().cloned());
        let started = Worker::start_as(database, "payments", self.build, &settings);
        started.expect("the worker starts")
    }

    fn seed_file(&self) -> String {
        self.token("a").folder().join("seed").display().to_string()
    }

    fn token(&self, signer: &str) -> &Token {
        &self.tokens[usize::from(signer != "a")]
    }

    fn settings(&self, signer: &str) -> Vec<(&'static str, String)> {
        let pin = PINS.iter().find(|(name, _)| *name == signer);
        let pin = pin.map(|(_, pin)| (*pin).to_owned()).unwrap_or_default();
        let [conf, _] = self.token(signer).settings();
        vec![
            conf,
            ("EXCHANGE_SIGNER_TOKEN", format!("signer-{signer}")),
            ("EXCHANGE_SIGNER_PIN", pin),
        ]
    }

    fn hsm(&self, signer: &str, command: &str) -> Result<String> {
        let pin = PINS
            .iter()
            .find(|(name, _)| *name == signer)
            .context("a signer")?
            .1;
        let label = format!("signer-{signer}");
        let own = [
            ("EXCHANGE_HSM_TOKEN", label.as_str()),
            ("EXCHANGE_HSM_PIN", pin),
        ];
        said(&self.token(signer).ask(command, &own)?)
    }

    fn wallets(&self, database: &Database, node: &EvmNode, command: &str) -> Result<String> {
        let artifacts = "npm/node_modules/@safe-global/safe-contracts/build/artifacts";
        let artifacts = cache()?.join(artifacts).display().to_string();
        let settings = [
            ("EXCHANGE_EVM_URL", node.url()),
            ("EXCHANGE_SAFE_ARTIFACTS", artifacts),
        ];
        self.run(database, &format!("wallets {command}"), &settings)
    }

    fn run(&self, database: &Database, command: &str, more: &[(&str, String)]) -> Result<String> {
        let output = Command::new(built("workers", Build::Debug)?)
            .args(command.split(' '))
            .env("RUST_LOG", "error")
            .env("DATABASE_URL", database.url("postgres"))
            .envs(self.settings("a"))
            .envs(more.iter().map(|(name, value)| (*name, value)))
            .output()?;
        said(&output)
    }
}

async fn first_address(owner: &Client, network_id: i32) -> Result<i64> {
    let text = "select min(address_id) from chain.addresses where network_id = $1";
    Ok(owner.query_one(text, &[&network_id]).await?.try_get(0)?)
}

async fn rename(owner: &Client, address_id: i64, name: &str, script: &[u8]) -> Result<()> {
    let text = "update chain.addresses set address = $2, script = $3 where address_id = $1";
    let renamed = owner.execute(text, &[&address_id, &name, &script]).await?;
    ensure!(renamed == 1, "no address {address_id}");
    Ok(())
}

fn said(output: &Output) -> Result<String> {
    ensure!(output.status.success(), "{}", words(output));
    Ok(String::from_utf8(output.stdout.clone())?)
}

/// Gives an account so many ETH, out of nothing.
pub async fn give(node: &EvmNode, to: Address, ether: u64) -> Result<()> {
    let wei = U256::from(ether) * U256::from(10).pow(U256::from(18));
    node.call("anvil_setBalance", json!([to, wei])).await?;
    Ok(())
}

/// Withdrawals as if an owner had asked and everybody had approved.
const ASK: &str = "
    create or replace function public.ask_withdrawal(
        account bigint, coin text, to_script bytea, how_much numeric) returns bigint
    language plpgsql as $$
    declare
        made bigint;
        activity bigint;
        of_coin chain.coins;
        the_fee constant numeric := 0.0001;
    begin
        select c.* into strict of_coin
        from chain.coins c join exchange.assets a using (asset_id) where a.symbol = coin;
        activity := (risk.assess_activity('withdrawal', account, jsonb_build_object(
            'asset', coin, 'amount', how_much::text, 'wallet', encode(to_script, 'hex')))
        ).activity_id;
        insert into exchange.withdrawals (account_id, asset_id, network_id, address, script, amount,
            fee, state, required_reviews, activity_id, fees_account_id, external_account_id,
            approved_at)
        values (account, of_coin.asset_id, of_coin.network_id, '0x' || encode(to_script, 'hex'),
            to_script, how_much, the_fee, 'approved', 0, activity,
            exchange.house_account('withdrawal_fees'), exchange.house_account('external'),
            clock_timestamp())
        returning withdrawal_id into made;
        insert into exchange.withdrawal_approvals values (made, 0);
        update exchange.balances
        set available = available - how_much - the_fee, held = held + how_much + the_fee
        where account_id = account and asset_id = of_coin.asset_id
            and available >= how_much + the_fee;
        if not found then
            raise exception 'less than % % is available', how_much + the_fee, coin;
        end if;
        perform pg_notify('exchange_events', '10921');
        return made;
    end $$;";

/// Gives an account money, and lets it withdraw.
pub async fn fund(owner: &Client, account_id: i64, symbol: &str, amount: &str) {
    owner
        .batch_execute(ASK)
        .await
        .expect("the function is made");
    let level = "update exchange.accounts set kyc_level = 2 where account_id = $1";
    let raised = owner.execute(level, &[&account_id]).await;
    raised.expect("an account that may withdraw");
    let text = "select exchange.adjust_balance($1, $2, $3::text::numeric, 'funded',
        'funded-' || gen_random_uuid())";
    let funded = owner.query(text, &[&account_id, &symbol, &amount]).await;
    funded.expect("the account is funded");
}

/// Asks for an approved withdrawal; gives its number.
pub async fn ask_withdrawal(
    owner: &Client,
    account_id: i64,
    symbol: &str,
    script: &[u8],
    amount: &str,
) -> i64 {
    let text = "select public.ask_withdrawal($1, $2, $3, $4::text::numeric)";
    let asked = owner
        .query_one(text, &[&account_id, &symbol, &script, &amount])
        .await;
    asked.expect("a withdrawal").get(0)
}

/// Text of a query for the state of a withdrawal.
pub fn state_of(withdrawal_id: i64) -> String {
    format!("select state from exchange.withdrawals where withdrawal_id = {withdrawal_id}")
}

/// Text of a query for how many withdrawals are in a state.
pub fn count_in(state: &str) -> String {
    format!("select count(*)::text from exchange.withdrawals where state = '{state}'")
}
