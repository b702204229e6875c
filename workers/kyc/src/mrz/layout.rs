//! Where the fields of each format are, counted from 0 over all lines joined.

/// A field.
#[derive(Clone, Copy)]
pub(super) struct Span {
    start: usize,
    length: usize,
}

/// A format.
pub(super) struct Layout {
    pub(super) name: &'static str,
    /// Characters of all lines.
    pub(super) length: usize,
    pub(super) code: Span,
    pub(super) issuer: Span,
    pub(super) names: Span,
    /// Its check digit follows, as those of the dates do.
    pub(super) number: Span,
    /// Where a long number goes on.
    pub(super) number_goes_on: Option<Span>,
    pub(super) nationality: Span,
    pub(super) birth: Span,
    pub(super) expiry: Span,
    /// An optional field that has a check digit of its own.
    pub(super) optional_with_digit: Option<Span>,
    /// What the composite check digit covers.
    pub(super) composite: &'static [Span],
    pub(super) composite_digit: Span,
}

impl Span {
    /// The field of a zone, which is ASCII and long enough.
    pub(super) fn of(self, zone: &str) -> &str {
        zone.get(self.start..self.end()).unwrap_or_default()
    }

    pub(super) fn end(self) -> usize {
        self.start + self.length
    }
}

const fn span(start: usize, length: usize) -> Span {
    Span { start, length }
}

pub(super) const LAYOUTS: &[Layout] = &[
    Layout {
        name: "TD3",
        length: 88,
        code: span(0, 2),
        issuer: span(2, 3),
        names: span(5, 39),
        number: span(44, 9),
        number_goes_on: None,
        nationality: span(54, 3),
        birth: span(57, 6),
        expiry: span(65, 6),
        optional_with_digit: Some(span(72, 14)),
        composite: &[span(44, 10), span(57, 7), span(65, 22)],
        composite_digit: span(87, 1),
    },
    Layout {
        name: "TD2",
        length: 72,
        code: span(0, 2),
        issuer: span(2, 3),
        names: span(5, 31),
        number: span(36, 9),
        number_goes_on: Some(span(64, 7)),
        nationality: span(46, 3),
        birth: span(49, 6),
        expiry: span(57, 6),
        optional_with_digit: None,
        composite: &[span(36, 10), span(49, 7), span(57, 14)],
        composite_digit: span(71, 1),
    },
    Layout {
        name: "TD1",
        length: 90,
        code: span(0, 2),
        issuer: span(2, 3),
        names: span(60, 30),
        number: span(5, 9),
        number_goes_on: Some(span(15, 15)),
        nationality: span(45, 3),
        birth: span(30, 6),
        expiry: span(38, 6),
        optional_with_digit: None,
        composite: &[span(5, 25), span(30, 7), span(38, 7), span(48, 11)],
        composite_digit: span(59, 1),
    },
];
