//! Depth as text: levels, the checksum over the ten best, whole bodies and updates.

use client::Side;

use super::book::{Book, Levels};
use super::units::{Scales, write};

/// Levels a side that the checksum covers.
const CHECKED_LEVELS: usize = 10;

/// Names and scales that texts of a market need.
#[derive(Clone, Debug)]
pub struct Names {
    /// Such as BTC/USDT.
    pub symbol: String,
    /// What is bought and sold.
    pub base: String,
    /// What is paid.
    pub quote: String,
    /// How many decimals its values have.
    pub scales: Scales,
}

/// CRC-32 over the ten best levels a side, as docs/api.md says.
pub fn checksum(book: &Book, scales: &Scales) -> u32 {
    let mut text = String::with_capacity(512);
    checked(&mut text, book.bids().iter().rev(), scales);
    text.push('|');
    checked(&mut text, book.asks().iter(), scales);
    crc32fast::hash(text.as_bytes())
}

fn checked<'a>(
    text: &mut String,
    best_first: impl Iterator<Item = (&'a i128, &'a i128)>,
    scales: &Scales,
) {
    for (index, (price, quantity)) in best_first.take(CHECKED_LEVELS).enumerate() {
        if index > 0 {
            text.push(',');
        }
        write(text, *price, scales.price);
        text.push(':');
        write(text, *quantity, scales.quantity);
    }
}

/// Appends `"bids":[..],"asks":[..],"checksum":n`, best first, at most so many a side.
pub fn write_book(text: &mut String, book: &Book, scales: &Scales, limit: usize) {
    text.push_str("\"bids\":");
    write_levels(text, book.bids().iter().rev().take(limit), scales);
    text.push_str(",\"asks\":");
    write_levels(text, book.asks().iter().take(limit), scales);
    write_checksum(text, book, scales);
}

/// Appends the same of changed levels alone; quantities are absolute, 0 where a level is gone.
pub fn write_changes(text: &mut String, book: &Book, scales: &Scales, changed: &[(Side, i128)]) {
    for (side, name) in [(Side::Buy, "\"bids\":"), (Side::Sell, ",\"asks\":")] {
        text.push_str(name);
        let of_side: Levels = changed
            .iter()
            .filter(|(of, _)| *of == side)
            .map(|(_, price)| (*price, book.quantity_at(side, *price)))
            .collect();
        match side {
            Side::Buy => write_levels(text, of_side.iter().rev(), scales),
            Side::Sell => write_levels(text, of_side.iter(), scales),
        }
    }
    write_checksum(text, book, scales);
}

fn write_checksum(text: &mut String, book: &Book, scales: &Scales) {
    text.push_str(",\"checksum\":");
    text.push_str(&checksum(book, scales).to_string());
}

fn write_levels<'a>(
    text: &mut String,
    levels: impl Iterator<Item = (&'a i128, &'a i128)>,
    scales: &Scales,
) {
    text.push('[');
    for (index, (price, quantity)) in levels.enumerate() {
        text.push_str(if index > 0 { ",[\"" } else { "[\"" });
        write(text, *price, scales.price);
        text.push_str("\",\"");
        write(text, *quantity, scales.quantity);
        text.push_str("\"]");
    }
    text.push(']');
}
