//! Decimal text.

use engine::decimal::DecimalError::{Negative, NotANumber, TooLarge, TooManyDecimals};
use engine::decimal::{format, parse};
use engine::random::Random;
use proptest::prelude::*;

#[test]
fn plain_decimals_become_atoms() {
    let cases = [
        ("0", 8, 0),
        ("1", 0, 1),
        ("1", 8, 100_000_000),
        ("0.00000001", 8, 1),
        ("60000.10", 2, 6_000_010),
        ("007.5", 1, 75),
        ("0000", 3, 0),
        ("-0", 2, 0),
        ("-0.00", 2, 0),
    ];
    for (text, scale, atoms) in cases {
        assert_eq!(parse(text, scale), Ok(atoms), "{text}");
    }
}

#[test]
fn a_point_needs_digits_on_one_side_only_as_in_postgres() {
    assert_eq!(parse("1.", 2), Ok(100));
    assert_eq!(parse(".5", 2), Ok(50));
    assert_eq!(parse(".", 2), Err(NotANumber));
}

#[test]
fn trailing_zeros_beyond_the_scale_are_fine_other_digits_are_not() {
    assert_eq!(parse("1.500000", 1), Ok(15));
    assert_eq!(parse("1.0", 0), Ok(1));
    assert_eq!(parse("1.51", 1), Err(TooManyDecimals { allowed: 1 }));
    assert_eq!(parse("0.000000001", 8), Err(TooManyDecimals { allowed: 8 }));
    assert_eq!(parse("1.5", 0), Err(TooManyDecimals { allowed: 0 }));
}

#[test]
fn whatever_is_not_a_plain_decimal_is_no_number() {
    let texts = [
        "",
        " ",
        "-",
        "+1",
        "--1",
        "-+1",
        "1e5",
        "1E-5",
        "NaN",
        "nan",
        "inf",
        "Infinity",
        "-Infinity",
        "0x10",
        "1_000",
        "1,5",
        "1.2.3",
        " 1",
        "1 ",
        "1\n",
        "\0",
        "１",
        "½",
        "abc",
        "-.",
        "1-",
    ];
    for text in texts {
        assert_eq!(parse(text, 8), Err(NotANumber), "{text:?}");
    }
}

#[test]
fn negative_numbers_are_told_from_garbage() {
    assert_eq!(parse("-1", 8), Err(Negative));
    assert_eq!(parse("-0.000000001", 8), Err(Negative));
    assert_eq!(parse("-1e5", 8), Err(NotANumber));
}

#[test]
fn atoms_have_at_most_38_digits() {
    let largest = "9".repeat(38);
    assert_eq!(parse(&largest, 0), Ok(10u128.pow(38) - 1));
    assert_eq!(parse(&format!("1{}", "0".repeat(38)), 0), Err(TooLarge));
    assert_eq!(parse(&largest, 1), Err(TooLarge));
    assert_eq!(parse(&"9".repeat(5_000), 18), Err(TooLarge));
    assert_eq!(parse("1", 38), Err(TooLarge));
    assert_eq!(parse("0", 5_000), Ok(0));
    assert_eq!(
        parse(&format!("{}1.{}", "0".repeat(500), "0".repeat(500)), 2),
        Ok(100)
    );
}

#[test]
fn atoms_print_as_postgres_prints_a_numeric_of_that_scale() {
    let cases = [
        (0, 0, "0"),
        (0, 2, "0.00"),
        (1, 8, "0.00000001"),
        (1_250, 2, "12.50"),
        (12, 0, "12"),
        (7, 39, "0.000000000000000000000000000000000000007"),
    ];
    for (atoms, scale, text) in cases {
        assert_eq!(format(atoms, scale), text);
    }
}

proptest! {
    #[test]
    fn what_is_printed_is_read_back(atoms in 0..10u128.pow(38), scale in 0u32..=18) {
        prop_assert_eq!(parse(&format(atoms, scale), scale), Ok(atoms));
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC*", scale in 0u32..=40) {
        let _ = parse(&text, scale);
    }

    #[test]
    fn texts_of_decimal_characters_are_read_or_refused(text in "[-+.eE0-9]{0,50}") {
        if let Ok(atoms) = parse(&text, 18) {
            prop_assert_eq!(parse(&format(atoms, 18), 18), Ok(atoms));
        }
    }
}

#[test]
fn random_numbers_survive_the_way_there_and_back() {
    let mut random = Random::new(5);
    for _ in 0..10_000 {
        let atoms = u128::from(random.next_u64());
        let scale = random.below(19) as u32;
        assert_eq!(parse(&format(atoms, scale), scale), Ok(atoms));
    }
}
