//! Decodes an image whole and writes its pixels anew as a JPEG: EXIF, thumbnails, comments and
//! whatever follows the image are gone.

use std::io::Cursor;

use ::image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use ::image::codecs::png::PngDecoder;
use ::image::{DynamicImage, ImageDecoder, Limits, RgbImage};
use ring::digest;

use super::{FileError, ImageFacts, MAX_DECODED_BYTES, MAX_PIXELS, SafeFile};

/// Of the JPEG that is written.
const QUALITY: u8 = 90;
/// Longest side.
const MAX_SIDE: u32 = 16_384;
/// Scans of a JPEG; cameras write up to a dozen, a bomb thousands.
const MAX_SCANS: usize = 64;
/// A part of the luminance is enough to see whether there is anything.
const SAMPLES: usize = 65_536;

pub(super) fn rewrite_jpeg(content: &[u8]) -> Result<SafeFile, FileError> {
    // In coded data FF is always followed by 00 or by a marker, so these are markers.
    let places =
        |marker| (0..content.len() - 1).filter(move |at| content[*at..at + 2] == [0xff, marker]);
    let last_scan = places(0xda).next_back().ok_or(FileError::Damaged)?;
    let has_end = places(0xd9).any(|at| at > last_scan);
    if !has_end || places(0xda).count() > MAX_SCANS {
        return Err(FileError::Damaged);
    }
    let decoder = JpegDecoder::new(Cursor::new(content)).map_err(damaged)?;
    rewrite(decoder)
}

pub(super) fn rewrite_png(content: &[u8]) -> Result<SafeFile, FileError> {
    let decoder = PngDecoder::with_limits(Cursor::new(content), limits()).map_err(damaged)?;
    rewrite(decoder)
}

fn limits() -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_DECODED_BYTES);
    limits
}

fn rewrite(mut decoder: impl ImageDecoder) -> Result<SafeFile, FileError> {
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    let is_large = width.max(height) > MAX_SIDE || decoder.total_bytes() > MAX_DECODED_BYTES;
    if pixels > MAX_PIXELS || is_large {
        return Err(FileError::TooManyPixels);
    }
    decoder.set_limits(limits()).map_err(damaged)?;
    // How the picture was held is in the metadata, which goes: so the pixels are turned.
    let orientation = decoder.orientation().map_err(damaged)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    picture.apply_orientation(orientation);
    let picture = picture.into_rgb8();
    let mut written = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut written, QUALITY);
    picture.write_with_encoder(encoder).map_err(damaged)?;
    Ok(SafeFile {
        media_type: "image/jpeg",
        content: written,
        facts: Some(facts(&picture)),
    })
}

fn facts(picture: &RgbImage) -> ImageFacts {
    let pixels = picture.as_raw().chunks_exact(3);
    let step = (pixels.len() / SAMPLES).max(1);
    // Rec. 601 in thousandths.
    let luminance = |pixel: &[u8]| {
        let [red, green, blue] = [0, 1, 2].map(|at| u64::from(pixel[at]));
        (299 * red + 587 * green + 114 * blue) / 1000
    };
    let samples: Vec<u64> = pixels.step_by(step).map(luminance).collect();
    let count = samples.len().max(1) as u64;
    let mean = samples.iter().sum::<u64>() / count;
    let distance = samples
        .iter()
        .map(|sample| sample.abs_diff(mean))
        .sum::<u64>()
        / count;
    let digest = digest::digest(&digest::SHA256, picture.as_raw());
    ImageFacts {
        width: picture.width(),
        height: picture.height(),
        brightness: u32::try_from(mean).unwrap_or(u32::MAX),
        contrast: u32::try_from(distance).unwrap_or(u32::MAX),
        digest: hex::encode(digest.as_ref()),
    }
}

fn damaged(error: ::image::ImageError) -> FileError {
    match error {
        ::image::ImageError::Limits(_) => FileError::TooManyPixels,
        _ => FileError::Damaged,
    }
}
