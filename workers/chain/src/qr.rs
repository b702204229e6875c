//! A text as a QR code, dark on light, with the quiet zone that readers need.

use std::io::Cursor;

use image::{GrayImage, ImageFormat, Luma};
use qrcode::render::svg;
use qrcode::{Color, QrCode};

use crate::error::ChainError;

/// Light modules around the code (ISO/IEC 18004).
const QUIET_MODULES: usize = 4;
/// Pixels of a module, in both forms.
const MODULE_PIXELS: usize = 8;
const DARK: Luma<u8> = Luma([0]);
const LIGHT: Luma<u8> = Luma([255]);

/// As an SVG document.
///
/// # Errors
/// [`ChainError::TooLong`] beyond some 2,300 bytes.
pub fn svg(text: &str) -> Result<String, ChainError> {
    let code = code(text)?;
    let side = u32::try_from(MODULE_PIXELS).map_err(|_| ChainError::Overflow)?;
    let mut renderer = code.render::<svg::Color<'_>>();
    Ok(renderer.module_dimensions(side, side).build())
}

/// As a PNG image.
///
/// # Errors
/// [`ChainError::TooLong`] beyond some 2,300 bytes.
pub fn png(text: &str) -> Result<Vec<u8>, ChainError> {
    let code = code(text)?;
    let modules = code.width();
    let colors = code.to_colors();
    let side = u32::try_from((modules + 2 * QUIET_MODULES) * MODULE_PIXELS);
    let side = side.map_err(|_| ChainError::TooLong)?;
    // From the picture's edge to the module there; None in the quiet zone.
    let module = |pixel: u32| {
        let module = (pixel as usize / MODULE_PIXELS).checked_sub(QUIET_MODULES)?;
        (module < modules).then_some(module)
    };
    let image = GrayImage::from_fn(side, side, |x, y| match (module(x), module(y)) {
        (Some(x), Some(y)) if colors[y * modules + x] == Color::Dark => DARK,
        _ => LIGHT,
    });
    let mut bytes = Cursor::new(Vec::new());
    let written = image.write_to(&mut bytes, ImageFormat::Png);
    written.map_err(|_| ChainError::TooLong)?;
    Ok(bytes.into_inner())
}

fn code(text: &str) -> Result<QrCode, ChainError> {
    QrCode::new(text).map_err(|_| ChainError::TooLong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_a_picture_in_both_forms() {
        let text = "bitcoin:bcrt1qcr8te4kr609gcawutmrza0j4xv80jy8zeqchgx?amount=0.5";
        let vector = svg(text).expect("it fits");
        assert!(vector.starts_with("<?xml") && vector.ends_with("</svg>"));
        let pixels = image::load_from_memory(&png(text).expect("it fits")).expect("an image");
        let pixels = pixels.to_luma8();
        assert_eq!(pixels.width(), pixels.height());
        // The quiet zone, then the first corner's square.
        assert_eq!(pixels.get_pixel(31, 31), &LIGHT);
        assert_eq!(pixels.get_pixel(32, 32), &DARK);
        // Another text is another picture.
        let other = text.replace("0.5", "0.6");
        assert_ne!(svg(&other), svg(text));
        assert_ne!(png(&other), png(text));
        assert_eq!(svg(&"a".repeat(3_000)), Err(ChainError::TooLong));
    }
}
