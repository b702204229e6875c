//! Blanks what a PDF says about who made it, when, where and with what: in place, so that every
//! object stays where the file's index says. What is shown does not change.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::super::FileError;
use super::{MAX_UNPACKED, Stream, jpeg, name, unpack};

/// Keys of the document's information dictionary and of its parts (ISO 32000-1, 14.3.3), and those
/// that usual programs add.
const KEYS: &[&[u8]] = &[
    b"Title",
    b"Author",
    b"Subject",
    b"Keywords",
    b"Creator",
    b"Producer",
    b"CreationDate",
    b"ModDate",
    b"LastModified",
    b"SourceModified",
    b"Company",
    b"Manager",
    b"AAPL:Keywords",
];

/// Blanks the values of known keys, XMP, and the metadata of pictures. Earlier versions of objects,
/// which a file may still have, are treated alike.
///
/// # Errors
/// `HiddenMetadata` where something cannot be blanked in its place.
pub(super) fn blank(content: &mut [u8], streams: &[Stream]) -> Result<(), FileError> {
    blank_values(content)?;
    for stream in streams {
        let data = &mut content[stream.data.clone()];
        if stream.says(b"Type", b"Metadata") || stream.says(b"Subtype", b"XML") {
            data.fill(b' ');
        } else if stream.has(b"ObjStm") {
            repack(data)?;
        } else if data.starts_with(jpeg::START) {
            jpeg::blank(data);
        } else if stream.has(b"DCTDecode") {
            // A picture inside another packing.
            return Err(FileError::HiddenMetadata);
        }
    }
    Ok(())
}

/// Packed objects are packed anew in the same room: blanks need less than words.
fn repack(data: &mut [u8]) -> Result<(), FileError> {
    let (mut unpacked, room) = unpack(data, MAX_UNPACKED)?;
    if !blank_values(&mut unpacked)? {
        return Ok(());
    }
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    let written = encoder.write_all(&unpacked).and_then(|()| encoder.finish());
    let packed = written.map_err(|_| FileError::HiddenMetadata)?;
    let room = data.get_mut(..room).ok_or(FileError::DamagedPdf)?;
    if packed.len() > room.len() {
        return Err(FileError::HiddenMetadata);
    }
    let (used, rest) = room.split_at_mut(packed.len());
    used.copy_from_slice(&packed);
    rest.fill(b' ');
    Ok(())
}

/// Blanks the texts that follow known keys; says whether there were any.
fn blank_values(text: &mut [u8]) -> Result<bool, FileError> {
    let mut blanked = false;
    let mut at = 0;
    while let Some(slash) = text[at..].iter().position(|byte| *byte == b'/') {
        at += slash + 1;
        if !KEYS.contains(&name(&text[at..]).as_slice()) {
            continue;
        }
        let after = text[at..].iter().position(|byte| !is_of_name(*byte));
        at += after.unwrap_or(text.len() - at);
        at += text[at..]
            .iter()
            .take_while(|byte| is_blank(**byte))
            .count();
        blanked |= match text[at..] {
            [b'(', ..] => blank_literal(&mut text[at + 1..])?,
            [b'<', next, ..] if next != b'<' => blank_until(&mut text[at + 1..], b'>')?,
            // A reference to a text that lies anywhere.
            [b'0'..=b'9', ..] => return Err(FileError::HiddenMetadata),
            _ => false,
        };
    }
    Ok(blanked)
}

/// A text in parentheses, which may have balanced ones inside.
fn blank_literal(text: &mut [u8]) -> Result<bool, FileError> {
    let mut depth = 1;
    let mut is_escaped = false;
    for at in 0..text.len() {
        match text[at] {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            text[..at].fill(b' ');
            return Ok(at > 0);
        }
    }
    Err(FileError::DamagedPdf)
}

fn blank_until(text: &mut [u8], end: u8) -> Result<bool, FileError> {
    let length = text.iter().position(|byte| *byte == end);
    let length = length.ok_or(FileError::DamagedPdf)?;
    text[..length].fill(b' ');
    Ok(length > 0)
}

fn is_of_name(byte: u8) -> bool {
    !is_blank(byte) && !b"()<>[]{}/%".contains(&byte)
}

/// White space of ISO 32000-1, table 1.
fn is_blank(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0
}
