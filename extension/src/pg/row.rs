//! Rows of Postgres values: written column by column into memory of ours, read from a tuple.

use crate::pg::numeric::{self, NotExact};
use engine::order::Atoms;
use pgrx::pg_sys;

/// Bytes of a chunk; no value of ours is longer.
const CHUNK: usize = 16 * 1024;
/// Longest value with a one-byte length header, header included.
const SHORT_MAX: usize = 0x7F;

/// Memory for the values of many rows, which it gives back all at once.
#[derive(Default)]
pub(crate) struct Arena {
    chunks: Vec<Box<[u32]>>,
    /// Bytes used of the last chunk.
    used: usize,
}

impl Arena {
    /// Copies a value's bytes and returns where they lie until the arena is dropped.
    fn keep(&mut self, bytes: &[u8]) -> *mut u8 {
        assert!(bytes.len() <= CHUNK, "value too long for a row");
        if self.chunks.is_empty() || self.used + bytes.len() > CHUNK {
            self.chunks
                .push(vec![0u32; CHUNK / size_of::<u32>()].into_boxed_slice());
            self.used = 0;
        }
        let chunk = self.chunks.last_mut().expect("a chunk was pushed");
        // SAFETY: `used + len` is within the chunk, whose boxed memory never moves.
        let place = unsafe {
            let place = chunk.as_mut_ptr().cast::<u8>().add(self.used);
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), place, bytes.len());
            place
        };
        self.used = (self.used + bytes.len()).next_multiple_of(size_of::<u32>());
        place
    }

    /// A variable-length value with the given body.
    fn varlena(&mut self, body: &[u8]) -> pg_sys::Datum {
        let mut value = [0u8; SHORT_MAX];
        let short = body.len() + 1;
        let place = if short <= SHORT_MAX {
            value[0] = ((short as u8) << 1) | 1;
            value[1..short].copy_from_slice(body);
            self.keep(&value[..short])
        } else {
            let mut long = ((body.len() as u32 + 4) << 2).to_le_bytes().to_vec();
            long.extend_from_slice(body);
            self.keep(&long)
        };
        pg_sys::Datum::from(place)
    }
}

/// One row under construction: columns in the table's order.
#[derive(Default)]
pub(crate) struct Row {
    pub(super) values: Vec<pg_sys::Datum>,
    pub(super) nulls: Vec<bool>,
}

impl Row {
    fn push(&mut self, value: pg_sys::Datum) {
        self.values.push(value);
        self.nulls.push(false);
    }

    /// Forgets the columns and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.values.clear();
        self.nulls.clear();
    }

    pub(crate) fn null(&mut self) {
        self.values.push(pg_sys::Datum::null());
        self.nulls.push(true);
    }

    pub(crate) fn bigint(&mut self, value: i64) {
        self.push(pg_sys::Datum::from(value));
    }

    pub(crate) fn integer(&mut self, value: i32) {
        self.push(pg_sys::Datum::from(value));
    }

    pub(crate) fn boolean(&mut self, value: bool) {
        self.push(pg_sys::Datum::from(value));
    }

    /// Microseconds since 2000-01-01 UTC.
    pub(crate) fn timestamp(&mut self, value: i64) {
        self.bigint(value);
    }

    pub(crate) fn text(&mut self, arena: &mut Arena, value: &str) {
        let datum = arena.varlena(value.as_bytes());
        self.push(datum);
    }

    /// `units / 10^scale`.
    pub(crate) fn numeric(&mut self, arena: &mut Arena, units: Atoms, scale: u32) {
        let mut body = [0u8; numeric::MAX_BYTES];
        let length = numeric::encode(units, scale, &mut body);
        let datum = arena.varlena(&body[..length]);
        self.push(datum);
    }

    /// Copies a column of a stored row as it is.
    pub(crate) fn copy(&mut self, arena: &mut Arena, stored: &Stored<'_>, column: usize) {
        match stored.varlena_or_plain(column) {
            Column::Null => self.null(),
            Column::Plain(datum) => self.push(datum),
            Column::Body(body) => {
                let datum = arena.varlena(body);
                self.push(datum);
            }
        }
    }
}

enum Column<'a> {
    Null,
    Plain(pg_sys::Datum),
    Body(&'a [u8]),
}

/// A row of a table, readable while its tuple is. Columns count from 0.
pub(crate) struct Stored<'a> {
    pub(super) values: &'a [pg_sys::Datum],
    pub(super) nulls: &'a [bool],
    pub(super) is_varlena: &'a [bool],
}

impl Stored<'_> {
    fn datum(&self, column: usize) -> pg_sys::Datum {
        assert!(!self.nulls[column], "column {column} is null");
        self.values[column]
    }

    fn varlena_or_plain(&self, column: usize) -> Column<'_> {
        if self.nulls[column] {
            Column::Null
        } else if self.is_varlena[column] {
            Column::Body(self.body(column))
        } else {
            Column::Plain(self.values[column])
        }
    }

    pub(crate) fn is_null(&self, column: usize) -> bool {
        self.nulls[column]
    }

    pub(crate) fn bigint(&self, column: usize) -> i64 {
        self.datum(column).value() as i64
    }

    pub(crate) fn integer(&self, column: usize) -> i32 {
        self.datum(column).value() as i32
    }

    pub(crate) fn smallint(&self, column: usize) -> i16 {
        self.datum(column).value() as i16
    }

    pub(crate) fn boolean(&self, column: usize) -> bool {
        self.datum(column).value() & 0xFF != 0
    }

    pub(crate) fn text(&self, column: usize) -> &str {
        std::str::from_utf8(self.body(column)).unwrap_or("")
    }

    /// Whether an array of names contains this one. It looks for the name's bytes: only for arrays
    /// whose constraint knows all names, none of them part of another.
    pub(crate) fn mentions(&self, column: usize, name: &str) -> bool {
        let body = self.body(column);
        body.windows(name.len()).any(|part| part == name.as_bytes())
    }

    /// The value times `10^scale`.
    pub(crate) fn numeric(&self, column: usize, scale: u32) -> Result<Atoms, NotExact> {
        numeric::decode(self.body(column), scale)
    }

    /// As [`Stored::numeric`], for columns whose constraints leave nothing else.
    pub(crate) fn exact(&self, column: usize, scale: u32) -> Atoms {
        let number = self.numeric(column, scale);
        number.unwrap_or_else(|_| panic!("column {column} is not exact at scale {scale}"))
    }

    /// The scale that the numeric needs.
    pub(crate) fn numeric_scale(&self, column: usize) -> u32 {
        numeric::needed_scale(self.body(column))
    }

    /// The bytes of a variable-length value without its header.
    fn body(&self, column: usize) -> &[u8] {
        assert!(
            self.is_varlena[column],
            "column {column} has no variable length"
        );
        let start = self.datum(column).cast_mut_ptr::<u8>();
        // SAFETY: a varlena in a readable tuple. Our tables' values are short: neither compressed
        // nor moved out of line, which is checked.
        unsafe {
            let first = *start;
            if first & 1 == 1 {
                assert!(first != 1, "value out of line");
                std::slice::from_raw_parts(start.add(1), usize::from(first >> 1) - 1)
            } else {
                assert!(first & 3 == 0, "value compressed");
                let length = u32::from_le(start.cast::<u32>().read_unaligned()) >> 2;
                std::slice::from_raw_parts(start.add(4), length as usize - 4)
            }
        }
    }
}
