//! Decimal text: never a panic, and what is read prints as itself.

#![no_main]

use engine::decimal::{format, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, u8)| {
    let (text, scale) = (input.0, u32::from(input.1) % 40);
    if let Ok(atoms) = parse(text, scale) {
        assert_eq!(parse(&format(atoms, scale), scale), Ok(atoms));
    }
});
