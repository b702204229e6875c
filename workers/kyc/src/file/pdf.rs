//! Looks through a PDF (ISO 32000-1): it begins and ends as one, and no object of it, packed ones
//! included, names anything that runs, opens or carries something else. Then its metadata is
//! blanked. It is never rendered here.

mod jpeg;
mod metadata;

use std::io::Read as _;
use std::ops::Range;

use flate2::bufread::ZlibDecoder;

use super::FileError;

/// Bytes that packed objects may unpack to, of one stream and of all.
const MAX_UNPACKED: u64 = 8 * 1024 * 1024;
/// Streams; a scan has a few a page.
const MAX_STREAMS: usize = 10_000;
/// The end marker is within so many bytes of the end (ISO 32000-1, annex H.3.4.4 allows 1024).
const TAIL: usize = 1024;
/// Longest name that is compared.
const MAX_NAME: usize = 32;
/// The dictionary of a stream is looked for in so many bytes before it.
const MAX_DICTIONARY: usize = 4096;

/// Names of what runs, opens, submits or carries something, of what hides the rest, and of where
/// programs keep data of their own.
const FORBIDDEN: &[&[u8]] = &[
    b"JavaScript",
    b"EmbeddedFile",
    b"EmbeddedFiles",
    b"FileAttachment",
    b"Launch",
    b"RichMedia",
    b"Rendition",
    b"Movie",
    b"Sound",
    b"XFA",
    b"AcroForm",
    b"SubmitForm",
    b"ImportData",
    b"GoToR",
    b"GoToE",
    b"Encrypt",
    b"Collection",
    b"OpenAction",
    b"PieceInfo",
    // A picture in a form whose metadata is not known here.
    b"JPXDecode",
];

/// A stream.
struct Stream {
    /// Names in its dictionary, in order.
    names: Vec<Vec<u8>>,
    /// Where its data lies.
    data: Range<usize>,
}

impl Stream {
    fn has(&self, wanted: &[u8]) -> bool {
        self.names.iter().any(|name| name == wanted)
    }

    /// Whether the value of this key is that name.
    fn says(&self, key: &[u8], value: &[u8]) -> bool {
        self.names
            .windows(2)
            .any(|pair| pair[0] == key && pair[1] == value)
    }
}

/// Checks it, and gives it back without metadata.
///
/// # Errors
/// It is no plain PDF, or its metadata cannot be taken out.
pub(super) fn make_safe(content: &[u8]) -> Result<Vec<u8>, FileError> {
    let streams = check(content)?;
    let mut plain = content.to_vec();
    metadata::blank(&mut plain, &streams)?;
    Ok(plain)
}

fn check(content: &[u8]) -> Result<Vec<Stream>, FileError> {
    let start = content.len().saturating_sub(TAIL);
    let end = rfind(&content[start..], b"%%EOF").ok_or(FileError::DamagedPdf)?;
    let tail = &content[start + end + b"%%EOF".len()..];
    let has_start = find(content, b"startxref").is_some();
    if !has_start || !tail.iter().all(u8::is_ascii_whitespace) {
        return Err(FileError::DamagedPdf);
    }
    check_names(content)?;
    let streams = streams(content)?;
    let pages = check_packed(content, &streams)?;
    if pages || has_page(content) {
        return Ok(streams);
    }
    Err(FileError::DamagedPdf)
}

/// Reads every name as a viewer does, with `#xx` for any byte.
fn check_names(text: &[u8]) -> Result<(), FileError> {
    let mut at = 0;
    while let Some(slash) = text[at..].iter().position(|byte| *byte == b'/') {
        at += slash + 1;
        let name = name(&text[at..]);
        if FORBIDDEN.contains(&name.as_slice()) {
            let words = String::from_utf8_lossy(&name).into_owned();
            return Err(FileError::ActivePdf(words));
        }
    }
    Ok(())
}

fn name(text: &[u8]) -> Vec<u8> {
    let mut name = Vec::new();
    let mut at = 0;
    while name.len() < MAX_NAME && text.get(at).copied().is_some_and(is_regular) {
        let escaped = (text[at] == b'#')
            .then(|| text.get(at + 1..at + 3))
            .flatten();
        let byte = escaped.and_then(|digits| {
            let digits = std::str::from_utf8(digits).ok()?;
            u8::from_str_radix(digits, 16).ok()
        });
        name.push(byte.unwrap_or(text[at]));
        at += if byte.is_some() { 3 } else { 1 };
    }
    name
}

fn is_regular(byte: u8) -> bool {
    !byte.is_ascii_whitespace() && byte != 0 && !b"()<>[]{}/%".contains(&byte)
}

fn streams(content: &[u8]) -> Result<Vec<Stream>, FileError> {
    let mut streams = Vec::new();
    let mut at = 0;
    let mut keywords = 0;
    while let Some(found) = find(&content[at..], b"stream") {
        keywords += 1;
        if keywords > 2 * MAX_STREAMS {
            return Err(FileError::DamagedPdf);
        }
        let keyword = at + found;
        at = keyword + b"stream".len();
        if content[..keyword].ends_with(b"end") {
            continue;
        }
        let dictionary = &content[keyword.saturating_sub(MAX_DICTIONARY)..keyword];
        let start = rfind(dictionary, b"obj").map_or(0, |at| at + 3);
        let data = &content[at..];
        let data = data.strip_prefix(b"\r").unwrap_or(data);
        let data = data.strip_prefix(b"\n").unwrap_or(data);
        let from = content.len() - data.len();
        let length = find(data, b"endstream").unwrap_or(data.len());
        streams.push(Stream {
            names: names(&dictionary[start..]),
            data: from..from + length,
        });
    }
    Ok(streams)
}

/// Looks through what is in packed objects, and says whether a page was there.
fn check_packed(content: &[u8], streams: &[Stream]) -> Result<bool, FileError> {
    let mut left = MAX_UNPACKED;
    let mut pages = false;
    for stream in streams.iter().filter(|stream| stream.has(b"ObjStm")) {
        // One filter that is known: what cannot be unpacked cannot be looked through.
        let filters = stream.names.iter();
        let filters = filters.filter(|name| name.ends_with(b"Decode")).count();
        if filters != 1 || !stream.has(b"FlateDecode") || stream.has(b"DecodeParms") {
            return Err(FileError::ActivePdf("ObjStm".to_owned()));
        }
        let (unpacked, _) = unpack(&content[stream.data.start..], left)?;
        left -= unpacked.len() as u64;
        check_names(&unpacked)?;
        pages |= has_page(&unpacked);
    }
    Ok(pages)
}

/// What is packed at the beginning of the data, and how many bytes of it that took.
fn unpack(data: &[u8], most: u64) -> Result<(Vec<u8>, usize), FileError> {
    let mut unpacked = Vec::new();
    let mut reader = ZlibDecoder::new(data).take(most + 1);
    reader
        .read_to_end(&mut unpacked)
        .map_err(|_| FileError::DamagedPdf)?;
    let packed = usize::try_from(reader.get_ref().total_in()).unwrap_or(usize::MAX);
    match unpacked.len() as u64 > most {
        true => Err(FileError::DamagedPdf),
        false => Ok((unpacked, packed)),
    }
}

fn names(text: &[u8]) -> Vec<Vec<u8>> {
    let slashes = text.iter().enumerate().filter(|(_, byte)| **byte == b'/');
    slashes.map(|(at, _)| name(&text[at + 1..])).collect()
}

fn has_page(text: &[u8]) -> bool {
    names(text).iter().any(|name| name == b"Page")
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len())
        .position(|window| window == wanted)
}

fn rfind(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len())
        .rposition(|window| window == wanted)
}
