//! Blanks the metadata of a JPEG in place: EXIF, XMP, comments, thumbnails, and what hangs behind
//! its end. Its pixels, colours and length stay.

use std::ops::RangeInclusive;

/// How a JPEG begins.
pub(super) const START: &[u8] = &[0xff, 0xd8, 0xff];

const MARK: u8 = 0xff;
const END: u8 = 0xd9;
const SCAN: u8 = 0xda;
/// Markers without a length: of arithmetic coding, restarts, the start.
const BARE: [RangeInclusive<u8>; 2] = [0x01..=0x01, 0xd0..=0xd8];

/// Walks over the segments and fills those that are metadata by zeros.
pub(super) fn blank(data: &mut [u8]) {
    let mut at = 0;
    while let Some(&[MARK, marker]) = data.get(at..at + 2) {
        if marker == MARK {
            at += 1;
            continue;
        }
        if BARE.iter().any(|range| range.contains(&marker)) {
            at += 2;
            continue;
        }
        if marker == END {
            data[at + 2..].fill(0);
            return;
        }
        let Some(end) = segment_end(data, at) else {
            return;
        };
        let content = &mut data[at + 4..end];
        if is_metadata(marker, content) {
            content.fill(0);
        }
        at = match marker {
            SCAN => end + coded(&data[end..]),
            _ => end,
        };
    }
}

fn segment_end(data: &[u8], at: usize) -> Option<usize> {
    let length = data.get(at + 2..at + 4)?;
    let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
    let end = at + 2 + length;
    (length >= 2 && end <= data.len()).then_some(end)
}

/// Colours need the frame of JFIF, ICC profiles and Adobe's word on the transformation; all other
/// segments of applications, and comments, are about the picture.
fn is_metadata(marker: u8, content: &[u8]) -> bool {
    match marker {
        0xe0 => !content.starts_with(b"JFIF\0"),
        0xe2 => !content.starts_with(b"ICC_PROFILE\0"),
        0xee => !content.starts_with(b"Adobe"),
        0xe1..=0xef | 0xfe => true,
        _ => false,
    }
}

/// Bytes of coded pixels before the next marker.
fn coded(data: &[u8]) -> usize {
    let next = data
        .windows(2)
        .position(|pair| pair[0] == MARK && !matches!(pair[1], 0 | 0xd0..=0xd7));
    next.unwrap_or(data.len())
}
