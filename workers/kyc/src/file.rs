//! Files that strangers upload, made safe to keep: images are decoded whole and written anew, so
//! that nothing but pixels is left; PDFs are looked through, and their metadata is blanked.
//!
//! The content decides what a file is, never its name or what the client says. Memory and time are
//! bounded before anything is decoded.

mod image;
mod pdf;

/// Largest file.
pub const MAX_FILE_BYTES: usize = 10 * 1024 * 1024;
/// Most pixels of an image: the photos of today's telephones, and far below 100 megapixels.
pub const MAX_PIXELS: u64 = 25_000_000;
/// Most bytes of an image in memory: that many pixels with alpha, of 8 bits.
pub const MAX_DECODED_BYTES: u64 = 4 * MAX_PIXELS;

/// A file that is safe to keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SafeFile {
    /// `image/jpeg` or `application/pdf`.
    pub media_type: &'static str,
    /// What is kept.
    pub content: Vec<u8>,
    /// What the review asks of an image; none of a PDF.
    pub facts: Option<ImageFacts>,
}

/// What the review asks of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageFacts {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Mean luminance, 0 to 255.
    pub brightness: u32,
    /// Mean distance of the luminance from its mean.
    pub contrast: u32,
    /// SHA-256 of the pixels, in hexadecimal digits: the same picture under another name or with
    /// other metadata has the same.
    pub digest: String,
}

/// Why a file is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// Nothing, or more than the limit.
    #[error("a file has 1 to {MAX_FILE_BYTES} bytes")]
    Size,
    /// Another kind of file.
    #[error("a file is a JPEG, a PNG or a PDF by its content")]
    Unknown,
    /// More pixels than the limit.
    #[error("an image has at most {MAX_PIXELS} pixels")]
    TooManyPixels,
    /// It cannot be decoded whole.
    #[error("the image is damaged or cut off")]
    Damaged,
    /// A PDF that is not of the form.
    #[error("the PDF is damaged, or something follows or precedes it")]
    DamagedPdf,
    /// A PDF that does something.
    #[error("the PDF holds '{0}': send a plain scan")]
    ActivePdf(String),
    /// A PDF with metadata that lies where it cannot be blanked.
    #[error("the PDF holds metadata that cannot be taken out: send a plain scan")]
    HiddenMetadata,
}

/// Looks through a file, and gives what is kept of it.
///
/// # Errors
/// What is wrong with it.
pub fn make_safe(content: &[u8]) -> Result<SafeFile, FileError> {
    if content.is_empty() || content.len() > MAX_FILE_BYTES {
        return Err(FileError::Size);
    }
    match content {
        [0xff, 0xd8, 0xff, ..] => image::rewrite_jpeg(content),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => image::rewrite_png(content),
        [b'%', b'P', b'D', b'F', b'-', ..] => {
            let content = pdf::make_safe(content)?;
            Ok(SafeFile {
                media_type: "application/pdf",
                content,
                facts: None,
            })
        }
        _ => Err(FileError::Unknown),
    }
}

#[cfg(test)]
mod tests;
