//! Reads a command's line into the json that `exchange.submit` takes. Values pass as written, the
//! wrong ones too: refusing them is what is under test.

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

use super::Labelled;

const TIMES_IN_FORCE: [&str; 3] = ["gtc", "ioc", "fok"];
const SELF_TRADES: [&str; 4] = ["expire_taker", "expire_maker", "expire_both", "none"];

pub(super) fn read(verb: &str, rest: &str, market: &str) -> Result<Labelled> {
    if verb == "raw" {
        let command = serde_json::from_str(rest).context("raw is not json")?;
        return Ok(Labelled {
            label: None,
            command,
        });
    }
    let words: Vec<&str> = rest.split_whitespace().collect();
    let account = format!("${}", words.first().context("no account")?);
    let mut fields = Map::new();
    fields.insert("verb".into(), json!(verb));
    fields.insert("account_id".into(), json!(account));
    let mut label = None;
    match verb {
        "place" => {
            label = Some((*words.get(1).context("no label")?).to_string());
            fields.insert("market".into(), json!(market));
            terms(&mut fields, &words[2..])?;
        }
        "replace" => {
            fields.insert("order_id".into(), order(words.get(1))?);
            label = Some((*words.get(2).context("no label")?).to_string());
            terms(&mut fields, &words[3..])?;
        }
        "cancel" => match words.get(1).and_then(|word| word.strip_prefix("id=")) {
            Some(id) => drop(fields.insert("client_order_id".into(), json!(id))),
            None => drop(fields.insert("order_id".into(), order(words.get(1))?)),
        },
        "reduce" => {
            fields.insert("order_id".into(), order(words.get(1))?);
            fields.insert(
                "quantity".into(),
                json!(words.get(3).context("reduce … to <quantity>")?),
            );
        }
        "cancel_all" => terms(&mut fields, &words[1..])?,
        other => bail!("unknown verb {other}"),
    }
    Ok(Labelled {
        label,
        command: Value::Object(fields),
    })
}

fn order(word: Option<&&str>) -> Result<Value> {
    Ok(json!(format!("${}", word.context("no order")?)))
}

fn terms(fields: &mut Map<String, Value>, words: &[&str]) -> Result<()> {
    let mut words = words.iter();
    while let Some(&word) = words.next() {
        let mut next = || {
            words
                .next()
                .with_context(|| format!("nothing after {word}"))
        };
        let (name, value) = match word {
            "buy" | "sell" => ("side", json!(word)),
            "market" => ("kind", json!(word)),
            "@" => ("price", json!(next()?)),
            "budget" => ("budget", json!(next()?)),
            "in" => ("market", json!(next()?)),
            "post_only" => ("post_only", json!(true)),
            _ if TIMES_IN_FORCE.contains(&word) => ("time_in_force", json!(word)),
            _ if SELF_TRADES.contains(&word) => ("self_trade", json!(word)),
            _ => match word.strip_prefix("id=") {
                Some(id) => ("client_order_id", json!(id)),
                None => ("quantity", json!(word)),
            },
        };
        fields.insert(name.into(), value);
    }
    Ok(())
}

/// The command with every `$name` replaced by its number.
pub(super) fn resolve(command: &Value, number: &dyn Fn(&str) -> Option<u64>) -> Result<Value> {
    let Value::Object(fields) = command else {
        return Ok(command.clone());
    };
    let mut resolved = Map::new();
    for (name, value) in fields {
        let value = match value.as_str().and_then(|text| text.strip_prefix('$')) {
            Some(called) => {
                json!(number(called).with_context(|| format!("nothing is called {called}"))?)
            }
            None => value.clone(),
        };
        resolved.insert(name.clone(), value);
    }
    Ok(Value::Object(resolved))
}
