//! Verifies, without any database or server, what the exchange says that it owes and has.
//!
//! `cargo run -p chain --example verify_proof -- own.json [published.json]`: `own.json` is the
//! answer of `GET /api/account/proof`, `published.json` that of `GET /api/wallet/proofs`. With
//! both, the own root must be the published one. `published.json` alone verifies the wallets'
//! signatures.

use std::process::ExitCode;

use chain::control::{Custom, Keys, digest};
use chain::liabilities::{Leaf, Node, Proof, Side, Step};
use chain::public_key::PublicKey;
use chain::signature::Signature;
use serde::Deserialize;
use serde_json::Value;

const USAGE: &str = "verify_proof own.json [published.json] | verify_proof published.json";

/// What an account is given.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Own {
    proof_id: i64,
    asset: String,
    scale: usize,
    root: String,
    root_atoms: String,
    leaf: OwnLeaf,
    path: Vec<OwnStep>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OwnLeaf {
    account_id: u64,
    salt: String,
    atoms: String,
}

#[derive(Deserialize)]
struct OwnStep {
    neighbour: Side,
    hash: String,
    atoms: String,
}

/// What everybody is given.
#[derive(Deserialize)]
struct Published {
    proofs: Vec<PublishedProof>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PublishedProof {
    proof_id: i64,
    liabilities: Vec<Liability>,
    statements: Vec<Statement>,
}

#[derive(Deserialize)]
struct Liability {
    asset: String,
    root: String,
    sum: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statement {
    network: String,
    family: String,
    chain_name: String,
    signed_text: String,
    reserves: Vec<Reserve>,
    signatures: Vec<Signed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reserve {
    holder: String,
    wallet_address: Option<String>,
    descriptor: Option<String>,
    asset: String,
    amount: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Signed {
    holder: String,
    signer_key: String,
    signature: String,
}

fn main() -> ExitCode {
    let files: Vec<String> = std::env::args().skip(1).collect();
    match run(&files) {
        Ok(()) => ExitCode::SUCCESS,
        Err(words) => {
            println!("WRONG: {words}");
            ExitCode::FAILURE
        }
    }
}

fn run(files: &[String]) -> Result<(), String> {
    let read = |path: &String| -> Result<Value, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
        serde_json::from_str(&text).map_err(|error| format!("{path}: {error}"))
    };
    match files {
        [own, published] => verify_own(&typed(read(own)?)?, Some(&typed(read(published)?)?)),
        [one] => match read(one)? {
            list if list["proofs"].is_array() => verify_published(&typed(list)?),
            own => verify_own(&typed(own)?, None),
        },
        _ => Err(USAGE.to_owned()),
    }
}

fn typed<T: for<'de> Deserialize<'de>>(value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| format!("not of the documented form: {error}"))
}

fn verify_own(own: &Own, published: Option<&Published>) -> Result<(), String> {
    let root = Node {
        hash: bytes(&own.root)?,
        sum: number(&own.root_atoms)?,
    };
    let step = |step: &OwnStep| -> Result<Step, String> {
        Ok(Step {
            side: step.neighbour,
            node: Node {
                hash: bytes(&step.hash)?,
                sum: number(&step.atoms)?,
            },
        })
    };
    let proof = Proof {
        leaf: Leaf {
            salt: bytes(&own.leaf.salt)?,
            account_id: own.leaf.account_id,
            sum: number(&own.leaf.atoms)?,
        },
        path: own.path.iter().map(step).collect::<Result<_, _>>()?,
    };
    proof.verify(&root).map_err(|error| error.to_string())?;
    let (balance, total) = (
        decimal(&own.leaf.atoms, own.scale),
        decimal(&own.root_atoms, own.scale),
    );
    let (account, asset, number) = (own.leaf.account_id, &own.asset, own.proof_id);
    if let Some(published) = published {
        let proofs = published.proofs.iter();
        let proof = proofs.filter(|proof| proof.proof_id == number);
        let mut all = proof.flat_map(|proof| &proof.liabilities);
        let said = all.find(|one| one.asset == own.asset);
        let said =
            said.ok_or_else(|| format!("proof {number} of {asset} is not published there"))?;
        if said.root != own.root || said.sum != total {
            return Err(format!(
                "published is another root: {} {}",
                said.sum, said.root
            ));
        }
    }
    println!(
        "RIGHT: the {balance} {asset} of account {account} are part of the {total} {asset} of \
         proof {number}, root {}{}",
        own.root,
        match published {
            Some(_) => ", as published",
            None => "; compare it with the published one",
        }
    );
    Ok(())
}

/// Each wallet of each statement that its keys have signed, or ought to.
fn verify_published(published: &Published) -> Result<(), String> {
    let mut wrong = Vec::new();
    for proof in &published.proofs {
        for statement in &proof.statements {
            let place = format!("proof {}, {}", proof.proof_id, statement.network);
            for root in proof.liabilities.iter().filter(|root| {
                let coins = statement.reserves.iter();
                coins.filter(|held| held.asset == root.asset).count() > 0
            }) {
                let line = format!("Owed {} {}, root {}", root.asset, root.sum, root.root);
                if !statement.signed_text.lines().any(|said| said == line) {
                    wrong.push(format!(
                        "{place}: the text is not about this root of {}",
                        root.asset
                    ));
                }
            }
            wallets(&place, statement, &mut wrong);
        }
    }
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(wrong.join("; ")),
    }
}

fn wallets(place: &str, statement: &Statement, wrong: &mut Vec<String>) {
    for held in &statement.reserves {
        let (holder, amount, asset) = (&held.holder, &held.amount, &held.asset);
        let Some(address) = &held.wallet_address else {
            println!("{place}: {amount} {asset} at deposit addresses, which are not named");
            continue;
        };
        let line = format!("Held {asset} {amount}, {holder} {address}");
        if !statement.signed_text.lines().any(|said| said == line) {
            wrong.push(format!("{place}: the text does not say '{line}'"));
        } else if holder == "cold" && !is_signed(statement, holder) {
            println!(
                "{place}: {amount} {asset} in the cold wallet {address}, whose keys have not \
                 signed: they are offline"
            );
        } else {
            match controls(statement, held, address) {
                Ok(()) => println!(
                    "RIGHT: {place}: who published it controls the {holder} wallet {address}, said \
                     to hold {amount} {asset}"
                ),
                Err(words) => wrong.push(format!("{place}: {holder} wallet {address}: {words}")),
            }
        }
    }
}

fn is_signed(statement: &Statement, holder: &str) -> bool {
    let mut signatures = statement.signatures.iter();
    signatures.any(|signed| signed.holder == holder)
}

fn controls(statement: &Statement, held: &Reserve, address: &str) -> Result<(), String> {
    let custom = match statement.family.as_str() {
        "bitcoin" => Custom::Bitcoin,
        "evm" => Custom::Evm,
        other => return Err(format!("an unknown kind of chain, {other}")),
    };
    let parsed = Keys::parse(custom, &statement.chain_name, held.descriptor.as_deref());
    let keys = parsed.map_err(|error| error.to_string())?;
    let of_holder = statement.signatures.iter();
    let signatures = of_holder
        .filter(|signed| signed.holder == held.holder)
        .map(signed);
    let signatures = signatures.collect::<Result<Vec<_>, _>>()?;
    let digest = digest(custom, &statement.signed_text);
    let verified = keys.verify(address, &digest, &signatures);
    verified.map_err(|error| error.to_string())
}

fn signed(signed: &Signed) -> Result<(PublicKey, Signature), String> {
    let key = signed.signer_key.parse::<PublicKey>();
    let key = key.map_err(|error| error.to_string())?;
    let mut bytes = [0; 64];
    hex::decode_to_slice(&signed.signature, &mut bytes).map_err(|error| error.to_string())?;
    let signature = Signature::from_bytes(&bytes).map_err(|error| error.to_string())?;
    Ok((key, signature))
}

fn bytes(text: &str) -> Result<[u8; 32], String> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes).map_err(|error| format!("'{text}': {error}"))?;
    Ok(bytes)
}

/// Atoms: whole and not negative.
fn number(text: &str) -> Result<u128, String> {
    text.parse()
        .map_err(|_| format!("'{text}' is no number of atoms"))
}

/// Atoms as an amount with so many decimals.
fn decimal(atoms: &str, scale: usize) -> String {
    let padded = format!("{atoms:0>width$}", width = scale + 1);
    let (whole, part) = padded.split_at(padded.len() - scale);
    match part.is_empty() {
        true => whole.to_owned(),
        false => format!("{whole}.{part}"),
    }
}
