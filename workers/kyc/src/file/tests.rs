//! What is kept of a file, and what is refused.

use std::io::{Read as _, Write as _};

use ::image::codecs::jpeg::JpegEncoder;
use ::image::codecs::png::PngEncoder;
use ::image::{ImageEncoder as _, RgbImage};
use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::*;

fn picture(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        ::image::Rgb([(x % 256) as u8, (y % 256) as u8, ((x ^ y) % 256) as u8])
    })
}

fn jpeg(picture: &RgbImage, exif: Option<&[u8]>) -> Vec<u8> {
    let mut written = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut written, 95);
    if let Some(exif) = exif {
        encoder
            .set_exif_metadata(exif.to_vec())
            .expect("JPEG has EXIF");
    }
    picture.write_with_encoder(encoder).expect("written");
    written
}

fn png(picture: &RgbImage) -> Vec<u8> {
    let mut written = Vec::new();
    picture
        .write_with_encoder(PngEncoder::new(&mut written))
        .expect("written");
    written
}

fn contains(content: &[u8], words: &[u8]) -> bool {
    content.windows(words.len()).any(|window| window == words)
}

/// TIFF, little endian: an orientation, and a text that stands for a location.
fn exif(orientation: u8) -> Vec<u8> {
    let mut exif = b"II*\0\x08\0\0\0\x02\0".to_vec();
    exif.extend([0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0]);
    exif.extend([0x0e, 0x01, 2, 0, 16, 0, 0, 0, 38, 0, 0, 0]);
    exif.extend([0, 0, 0, 0]);
    exif.extend(b"GPS 52.5N 13.4E\0");
    exif
}

#[test]
fn an_image_keeps_its_pixels_and_loses_everything_else() {
    let mut content = jpeg(&picture(300, 200), Some(&exif(1)));
    content.extend_from_slice(b"<script>alert(1)</script>PK\x03\x04");
    assert!(contains(&content, b"GPS 52.5N"));
    let safe = make_safe(&content).expect("taken");
    assert_eq!(safe.media_type, "image/jpeg");
    for gone in [&b"GPS"[..], b"Exif", b"<script", b"PK\x03\x04"] {
        assert!(
            !contains(&safe.content, gone),
            "{}",
            String::from_utf8_lossy(gone)
        );
    }
    assert!(safe.content.ends_with(&[0xff, 0xd9]));
    let facts = safe.facts.expect("an image has facts");
    assert_eq!((facts.width, facts.height), (300, 200));
    assert!(facts.contrast > 20, "{facts:?}");
}

#[test]
fn a_picture_that_was_held_sideways_is_turned() {
    let safe = make_safe(&jpeg(&picture(300, 200), Some(&exif(6)))).expect("taken");
    let facts = safe.facts.expect("an image has facts");
    assert_eq!((facts.width, facts.height), (200, 300));
}

#[test]
fn the_same_pixels_have_the_same_digest_whatever_the_metadata() {
    let picture = picture(120, 80);
    let digest = |content: &[u8]| {
        make_safe(content)
            .expect("taken")
            .facts
            .expect("facts")
            .digest
    };
    let plain = png(&picture);
    let mut tailed = plain.clone();
    tailed.extend_from_slice(b"tail");
    assert_eq!(digest(&plain), digest(&tailed));
    assert_ne!(digest(&plain), digest(&png(&RgbImage::new(120, 80))));
}

#[test]
fn a_blank_picture_has_no_contrast() {
    let facts = make_safe(&png(&RgbImage::new(800, 600)))
        .expect("taken")
        .facts
        .expect("facts");
    assert_eq!((facts.brightness, facts.contrast), (0, 0));
}

#[test]
fn what_is_cut_off_or_damaged_is_refused() {
    for content in [jpeg(&picture(300, 200), None), png(&picture(300, 200))] {
        let cut = &content[..content.len() - content.len() / 3];
        assert_eq!(make_safe(cut), Err(FileError::Damaged));
        assert_eq!(make_safe(&content[..20]), Err(FileError::Damaged));
    }
    let mut damaged = png(&picture(300, 200));
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0xff;
    assert_eq!(make_safe(&damaged), Err(FileError::Damaged));
}

#[test]
fn a_hundred_megapixels_are_refused_before_they_are_decoded() {
    // 10,000 by 10,000 black pixels pack into some hundred kilobytes.
    let mut row = vec![0; 10_000 / 8 + 1];
    row[0] = 0;
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
    for _ in 0..10_000 {
        packed.write_all(&row).expect("packed");
    }
    let data = packed.finish().expect("packed");
    let mut bomb = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut head = Vec::new();
    head.extend(10_000u32.to_be_bytes());
    head.extend(10_000u32.to_be_bytes());
    head.extend([1, 0, 0, 0, 0]);
    chunk(&mut bomb, b"IHDR", &head);
    chunk(&mut bomb, b"IDAT", &data);
    chunk(&mut bomb, b"IEND", &[]);
    assert!(bomb.len() < MAX_FILE_BYTES / 100);
    assert_eq!(make_safe(&bomb), Err(FileError::TooManyPixels));
    // A JPEG says its size in its frame header.
    let mut wide = jpeg(&picture(64, 64), None);
    let frame = (0..wide.len())
        .find(|at| wide[*at..].starts_with(&[0xff, 0xc0]))
        .expect("SOF");
    wide[frame + 5..frame + 9].copy_from_slice(&[0x27, 0x10, 0x27, 0x10]);
    assert_eq!(make_safe(&wide), Err(FileError::TooManyPixels));
}

fn chunk(png: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    let mut crc = flate2::Crc::new();
    crc.update(kind);
    crc.update(data);
    png.extend(u32::try_from(data.len()).expect("short").to_be_bytes());
    png.extend(kind);
    png.extend(data);
    png.extend(crc.sum().to_be_bytes());
}

#[test]
fn a_jpeg_of_endless_scans_is_refused() {
    let mut content = jpeg(&picture(64, 64), None);
    let scan = content
        .windows(2)
        .position(|pair| pair == [0xff, 0xda])
        .expect("a scan");
    let coded = content[scan..content.len() - 2].to_vec();
    content.truncate(content.len() - 2);
    for _ in 0..1000 {
        content.extend_from_slice(&coded);
    }
    content.extend([0xff, 0xd9]);
    assert_eq!(make_safe(&content), Err(FileError::Damaged));
}

#[test]
fn the_content_decides_what_a_file_is() {
    for content in [
        &b"GIF89a"[..],
        b"PK\x03\x04",
        b"<svg xmlns=''/>",
        b"\x7fELF",
        b" %PDF-1.4",
    ] {
        assert_eq!(make_safe(content), Err(FileError::Unknown));
    }
    assert_eq!(make_safe(b""), Err(FileError::Size));
    assert_eq!(
        make_safe(&vec![0xff; MAX_FILE_BYTES + 1]),
        Err(FileError::Size)
    );
}

const PLAIN: &str = "%PDF-1.4\n1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj\n\
    2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj\n\
    3 0 obj <</Type /Page /Parent 2 0 R>> endobj\ntrailer <</Root 1 0 R>>\n\
    startxref\n0\n%%EOF\n";

/// The same with an object, and with a packed one.
fn with_object(object: &str) -> Vec<u8> {
    PLAIN
        .replace("trailer", &format!("4 0 obj {object} endobj\ntrailer"))
        .into_bytes()
}

fn with_packed(object: &[u8]) -> Vec<u8> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
    packed.write_all(object).expect("packed");
    let data = packed.finish().expect("packed");
    let (head, tail) = PLAIN.split_once("trailer").expect("a trailer");
    let mut pdf = head.as_bytes().to_vec();
    let length = data.len();
    write!(
        pdf,
        "4 0 obj <</Type /ObjStm /Filter /FlateDecode /Length {length}>>\nstream\n"
    )
    .expect("written");
    pdf.extend(data);
    write!(pdf, "\nendstream endobj\ntrailer{tail}").expect("written");
    pdf
}

#[test]
fn a_plain_pdf_is_taken_as_it_is() {
    let safe = make_safe(PLAIN.as_bytes()).expect("taken");
    assert_eq!(
        (safe.media_type, safe.content.as_slice()),
        ("application/pdf", PLAIN.as_bytes())
    );
    assert!(make_safe(&with_packed(b"1 0 <</Type /Page>>")).is_ok());
}

#[test]
fn a_pdf_that_runs_opens_or_carries_something_is_refused() {
    for (object, name) in [
        ("<</S /JavaScript /JS (app.alert(1))>>", "JavaScript"),
        ("<</S /Java#53cript>>", "JavaScript"),
        ("<</S /Launch /F (cmd.exe)>>", "Launch"),
        ("<</Type /EmbeddedFile>>", "EmbeddedFile"),
        ("<</AcroForm 5 0 R>>", "AcroForm"),
        ("<</OpenAction 5 0 R>>", "OpenAction"),
        ("<</Encrypt 5 0 R>>", "Encrypt"),
    ] {
        let refused = Err(FileError::ActivePdf(name.to_owned()));
        assert_eq!(make_safe(&with_object(object)), refused, "{object}");
        assert_eq!(
            make_safe(&with_packed(object.as_bytes())),
            refused,
            "packed {object}"
        );
    }
    let hidden =
        "<</Type /Obj#53tm /Filter [/ASCIIHexDecode /FlateDecode]>>\nstream\n00\nendstream";
    let refused = Err(FileError::ActivePdf("ObjStm".to_owned()));
    assert_eq!(make_safe(&with_object(hidden)), refused);
}

#[test]
fn a_pdf_that_unpacks_without_end_is_refused_in_bounded_memory() {
    let bomb = with_packed(&vec![b' '; 200 * 1024 * 1024]);
    assert!(bomb.len() < MAX_FILE_BYTES);
    assert_eq!(make_safe(&bomb), Err(FileError::DamagedPdf));
}

#[test]
fn a_pdf_with_a_tail_or_without_a_page_is_refused() {
    let mut tailed = PLAIN.as_bytes().to_vec();
    tailed.extend_from_slice(b"PK\x03\x04 an archive");
    for wrong in [
        tailed,
        PLAIN.replace("%%EOF", "").into_bytes(),
        PLAIN
            .replace("/Page /Parent", "/Other /Parent")
            .into_bytes(),
        b"%PDF-1.4".to_vec(),
    ] {
        assert_eq!(make_safe(&wrong), Err(FileError::DamagedPdf));
    }
}

/// A PDF with a stream of this dictionary and data.
fn with_stream(dictionary: &str, data: &[u8]) -> Vec<u8> {
    let (head, tail) = PLAIN.split_once("trailer").expect("a trailer");
    let mut pdf = format!("{head}4 0 obj <<{dictionary}>>\nstream\n").into_bytes();
    pdf.extend(data);
    write!(pdf, "\nendstream endobj\ntrailer{tail}").expect("written");
    pdf
}

#[test]
fn a_pdf_loses_what_it_says_about_its_maker_and_keeps_its_length() {
    let scan = jpeg(&picture(64, 64), Some(&exif(1)));
    let tailed = [&scan[..], b"Jane Doe"].concat();
    let secrets: [&[u8]; 3] = [b"Jane Doe", b"GPS 52.5N", b"4A616E6520446F65"];
    for pdf in [
        with_object("<</Author (Jane Doe) /Title(of \\) \\( (Jane Doe) it)>>"),
        with_object("<</#41uthor\n(Jane Doe)/Producer <4A616E6520446F65>>>"),
        with_stream("/Type /Metadata /Subtype /XML", b"<dc:creator>Jane Doe"),
        with_stream("/Type /XObject /Filter /DCTDecode", &scan),
        with_stream("/Type /XObject /Filter [/DCTDecode]", &tailed),
    ] {
        let carries = |content: &[u8]| secrets.iter().any(|words| contains(content, words));
        assert!(carries(&pdf));
        let safe = make_safe(&pdf).expect("taken").content;
        assert!(!carries(&safe), "{}", String::from_utf8_lossy(&safe));
        assert_eq!(safe.len(), pdf.len());
        assert_eq!(make_safe(&safe).expect("taken again").content, safe);
    }
}

#[test]
fn the_picture_in_a_pdf_shows_what_it_did() {
    let scan = jpeg(&picture(64, 64), Some(&exif(1)));
    let pdf = with_stream("/Type /XObject /Filter /DCTDecode", &scan);
    let safe = make_safe(&pdf).expect("taken").content;
    let at = pdf.windows(scan.len()).position(|part| part == scan);
    let at = at.expect("the scan");
    let pixels = |data: &[u8]| {
        let picture = ::image::load_from_memory(data).expect("a picture");
        picture.to_rgb8()
    };
    assert_eq!(pixels(&safe[at..at + scan.len()]), pixels(&scan));
}

#[test]
fn packed_objects_lose_it_too_in_the_same_room() {
    let words = "4 0 <</Author (Jane Doe, 1 Long Road, Somewhere)>> <</Type /Page>>";
    let pdf = with_packed(words.as_bytes());
    let safe = make_safe(&pdf).expect("taken").content;
    assert_eq!(safe.len(), pdf.len());
    let start = safe.windows(7).position(|part| part == b"stream\n");
    let data = &safe[start.expect("a stream") + 7..];
    let mut unpacked = String::new();
    let read = flate2::read::ZlibDecoder::new(data).read_to_string(&mut unpacked);
    read.expect("it unpacks");
    let secret = "Jane Doe, 1 Long Road, Somewhere";
    assert_eq!(unpacked, words.replace(secret, &" ".repeat(secret.len())));
}

#[test]
fn metadata_that_cannot_be_reached_is_refused() {
    for pdf in [
        with_object("<</Author 9 0 R>>"),
        with_stream("/Filter [/FlateDecode /DCTDecode]", b"x"),
    ] {
        assert_eq!(make_safe(&pdf), Err(FileError::HiddenMetadata));
    }
    let endless = with_object("<</Author (Jane Doe>>");
    assert_eq!(make_safe(&endless), Err(FileError::DamagedPdf));
}
