//! Value that contracts move by calls inside a transaction, from the node's call trees
//! (`debug_traceBlockByHash`, callTracer).

use alloy::primitives::{Address, B256, U256};
use anyhow::{Context as _, bail, ensure};
use client::ChainTransfer;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::block::transfer;

/// Calls inside calls are followed as deep as the EVM allows (yellow paper: 1024).
const DEEPEST: usize = 1_024;
/// A place is written out up to this length; a longer one is the call's number in the transaction,
/// so that every place fits into an index.
const LONGEST_PLACE: usize = 500;

/// The call tree of a transaction as the node wrote it, or why there is none.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Traced {
    pub(super) tx_hash: Option<B256>,
    pub(super) result: Option<Box<RawValue>>,
}

/// A call. The one that it is part of comes before it in the list of calls.
#[derive(Debug, Default)]
struct Call {
    parent: Option<usize>,
    /// Counts the calls of the parent from 0.
    number: usize,
    depth: usize,
    /// Calls inside it.
    inner: usize,
    kind: String,
    from: Option<Address>,
    to: Option<Address>,
    value: U256,
    is_undone: bool,
}

/// What came by calls inside the transaction's own, which is its value and counted as that. What
/// failed, and all inside it, is undone.
///
/// # Errors
/// The text is no call tree, or one deeper than there can be.
pub(super) fn inner_calls(hash: B256, tree: &RawValue) -> anyhow::Result<Vec<ChainTransfer>> {
    let mut calls = Tree::new(tree.get()).calls()?;
    let mut found = Vec::new();
    for index in 0..calls.len() {
        let Some(parent) = calls[index].parent else {
            continue;
        };
        calls[index].is_undone |= calls[parent].is_undone;
        let call = &calls[index];
        // A delegate call shows the value of the call that it is part of, and moves nothing.
        let moves = matches!(call.kind.as_str(), "CALL" | "SELFDESTRUCT");
        if call.is_undone || !moves || call.value.is_zero() {
            continue;
        }
        if let Some(to) = call.to {
            let position = format!("trace:{}", place(&calls, index));
            found.push(transfer(hash, position, call.from, to, None, call.value));
        }
    }
    Ok(found)
}

/// Where a call stands: the numbers of the calls that lead to it.
fn place(calls: &[Call], index: usize) -> String {
    let mut numbers = Vec::new();
    let mut call = &calls[index];
    while let Some(parent) = call.parent {
        numbers.push(call.number.to_string());
        call = &calls[parent];
    }
    numbers.reverse();
    let place = numbers.join(".");
    match place.len() > LONGEST_PLACE {
        true => format!("..{index}"),
        false => place,
    }
}

/// Walks through the text of a tree without recursion, because a stranger decides how deep it is.
/// The text is known to be JSON.
struct Tree<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Tree<'a> {
    fn new(text: &'a str) -> Tree<'a> {
        Tree { text, at: 0 }
    }

    fn calls(mut self) -> anyhow::Result<Vec<Call>> {
        let mut calls = vec![Call::default()];
        let mut current = 0;
        ensure!(self.next()? == b'{', "a call tree is no object");
        self.at += 1;
        loop {
            match self.next()? {
                b'"' => {
                    let name = self.string()?;
                    ensure!(self.next()? == b':', "a name without a value");
                    self.at += 1;
                    if name == "\"calls\"" && self.next()? == b'[' {
                        self.at += 1;
                    } else {
                        calls[current].take(name, self.value()?)?;
                    }
                }
                b'{' => {
                    self.at += 1;
                    let made = calls[current].make_inner(current);
                    ensure!(made.depth <= DEEPEST, "a call tree deeper than {DEEPEST}");
                    current = calls.len();
                    calls.push(made);
                }
                b'}' => {
                    self.at += 1;
                    match calls[current].parent {
                        None => return Ok(calls),
                        Some(parent) => current = parent,
                    }
                }
                b',' | b']' => self.at += 1,
                other => bail!("'{}' in a call tree", char::from(other)),
            }
        }
    }

    /// The next byte that is no space; it stays the next.
    fn next(&mut self) -> anyhow::Result<u8> {
        let rest = self.text.get(self.at..).unwrap_or_default().as_bytes();
        let spaces = rest.iter().take_while(|byte| byte.is_ascii_whitespace());
        let spaces = spaces.count();
        self.at += spaces;
        rest.get(spaces).copied().context("a call tree that ends")
    }

    /// A string with its quotes.
    fn string(&mut self) -> anyhow::Result<&'a str> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let mut at = start + 1;
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'"' => {
                    self.at = at + 1;
                    return Ok(&self.text[start..=at]);
                }
                b'\\' => at += 2,
                _ => at += 1,
            }
        }
        bail!("a string that does not end")
    }

    /// Any value, with all inside it.
    fn value(&mut self) -> anyhow::Result<&'a str> {
        let first = self.next()?;
        if first == b'"' {
            return self.string();
        }
        let (start, mut depth) = (self.at, 0_usize);
        loop {
            match self.text.as_bytes().get(self.at) {
                None => bail!("a value that does not end"),
                Some(b'"') => {
                    self.string()?;
                    continue;
                }
                Some(b'{' | b'[') => depth += 1,
                Some(b'}' | b']' | b',') if depth == 0 => return Ok(&self.text[start..self.at]),
                Some(b'}' | b']') => depth -= 1,
                Some(_) => {}
            }
            self.at += 1;
            let is_closed = matches!(first, b'{' | b'[') && depth == 0;
            if is_closed {
                return Ok(&self.text[start..self.at]);
            }
        }
    }
}

impl Call {
    fn make_inner(&mut self, place: usize) -> Call {
        let number = self.inner;
        self.inner += 1;
        Call {
            parent: Some(place),
            number,
            depth: self.depth + 1,
            ..Call::default()
        }
    }

    /// Takes a field, both as they are written.
    fn take(&mut self, name: &str, value: &str) -> anyhow::Result<()> {
        match name {
            "\"type\"" => self.kind = serde_json::from_str(value)?,
            "\"from\"" => self.from = serde_json::from_str(value)?,
            "\"to\"" => self.to = serde_json::from_str(value)?,
            "\"value\"" => {
                let value: Option<U256> = serde_json::from_str(value)?;
                self.value = value.unwrap_or_default();
            }
            "\"error\"" => self.is_undone = value != "null",
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn positions(tree: serde_json::Value) -> Vec<String> {
        let found = inner_calls(B256::ZERO, &raw(tree.to_string())).expect("a tree");
        found.into_iter().map(|one| one.position).collect()
    }

    fn raw(text: String) -> Box<RawValue> {
        RawValue::from_string(text).expect("JSON")
    }

    fn call(kind: &str, value: &str, calls: serde_json::Value) -> serde_json::Value {
        let (from, to) = (Address::repeat_byte(1), Address::repeat_byte(2));
        json!({ "type": kind, "from": from, "to": to, "value": value, "calls": calls })
    }

    #[test]
    fn inner_value_counts_and_the_outer_does_not() {
        let inner = json!([call("CALL", "0x1", json!([call("CALL", "0x2", json!([]))]))]);
        assert_eq!(
            positions(call("CALL", "0x5", inner)),
            ["trace:0", "trace:0.0"]
        );
    }

    #[test]
    fn what_moves_nothing_does_not_count() {
        let inner = json!([
            call("DELEGATECALL", "0x1", json!([])),
            call("STATICCALL", "0x0", json!([])),
            call("CALL", "0x0", json!([])),
            call("SELFDESTRUCT", "0x3", json!([])),
        ]);
        assert_eq!(positions(call("CALL", "0x5", inner)), ["trace:3"]);
    }

    #[test]
    fn what_failed_is_undone_with_all_inside_it() {
        let mut failed = call("CALL", "0x1", json!([call("CALL", "0x2", json!([]))]));
        failed["error"] = json!("execution reverted");
        assert!(positions(call("CALL", "0x5", json!([failed.clone()]))).is_empty());
        assert!(positions(failed).is_empty());
    }
    /// So many calls, each inside the one before it; the last one moves a wei.
    fn nested(calls: usize) -> Box<RawValue> {
        let (from, to) = (Address::repeat_byte(1), Address::repeat_byte(2));
        let open = format!(
            r#"{{"from":"{from}","input":"0x","output":"}}]","logs":[{{"data":["0x"]}}],"calls":["#
        );
        let last = format!(r#"{{"type":"CALL","from":"{from}","to":"{to}","value":"0x1"}}"#);
        let close = r#"],"value":"0x0","type":"CALL"}"#;
        raw(open.repeat(calls) + &last + &close.repeat(calls))
    }

    #[test]
    fn a_tree_as_deep_as_the_chain_allows_is_read() {
        for deep in [1, 63, 64, 200, DEEPEST] {
            let found = inner_calls(B256::ZERO, &nested(deep)).expect("a tree");
            let places = vec!["0"; deep].join(".");
            let place = match deep {
                DEEPEST => format!("trace:..{DEEPEST}"),
                _ => format!("trace:{places}"),
            };
            let positions: Vec<&str> = found.iter().map(|one| &*one.position).collect();
            assert_eq!(positions, [place]);
        }
        let error = inner_calls(B256::ZERO, &nested(DEEPEST + 1)).expect_err("too deep");
        assert!(error.to_string().contains("deeper than 1024"), "{error}");
    }

    #[test]
    fn what_is_no_tree_is_an_error() {
        for text in [
            "[]",
            "7",
            "\"tree\"",
            r#"{"calls":[7]}"#,
            r#"{"value":"x"}"#,
        ] {
            let found = inner_calls(B256::ZERO, &raw(text.to_owned()));
            assert!(found.is_err(), "{text}: {found:?}");
        }
    }
}
