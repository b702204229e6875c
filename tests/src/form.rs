//! Submissions of identity documents: passports of Utopia with right check digits, pictures, and
//! the request that carries them.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use anyhow::{Context, Result};
use image::codecs::jpeg::JpegEncoder;
use image::{Rgb, RgbImage};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::raw::Reply;
use crate::wait;

const BOUNDARY: &str = "a-boundary-that-no-file-has";

/// A form of `multipart/form-data`.
#[derive(Clone, Debug)]
pub struct Form {
    /// Texts by name.
    pub texts: BTreeMap<&'static str, String>,
    /// Files by name.
    pub files: BTreeMap<&'static str, Vec<u8>>,
}

impl Form {
    /// A passport of this number that will be approved: level 1, Anna Maria Eriksson.
    pub fn passport(number: &str) -> Form {
        let zone = zone(number, "740812", "350415");
        let texts = [
            ("level", "1"),
            ("documentType", "passport"),
            ("issuer", "UTO"),
            ("documentNumber", number),
            ("fullName", "Anna Maria Eriksson"),
            ("birthDate", "1974-08-12"),
            ("expiresOn", "2035-04-15"),
            ("mrz", &zone),
        ];
        Form {
            texts: texts.map(|(name, text)| (name, text.to_owned())).into(),
            files: [("front", picture(number))].into(),
        }
    }

    /// With another text.
    pub fn with(mut self, name: &'static str, text: &str) -> Form {
        self.texts.insert(name, text.to_owned());
        self
    }

    /// Without a text.
    pub fn without(mut self, name: &'static str) -> Form {
        self.texts.remove(name);
        self
    }

    /// With a file.
    pub fn with_file(mut self, name: &'static str, content: Vec<u8>) -> Form {
        self.files.insert(name, content);
        self
    }

    /// The body.
    pub fn body(&self) -> Vec<u8> {
        let mut body = Vec::new();
        for (name, text) in &self.texts {
            part(&mut body, name, None, text.as_bytes());
        }
        for (name, content) in &self.files {
            // A lie, because the content decides.
            part(&mut body, name, Some("text/plain"), content);
        }
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        body
    }

    /// Submits it.
    pub async fn submit(&self, port: u16, token: &str) -> Result<Reply> {
        self.submit_with(port, token, &[]).await
    }

    /// The same, with further headers.
    pub async fn submit_with(
        &self,
        port: u16,
        token: &str,
        headers: &[(&str, &str)],
    ) -> Result<Reply> {
        let bearer = format!("Bearer {token}");
        let mut all = vec![("authorization", bearer.as_str())];
        all.extend_from_slice(headers);
        send(port, &all, &self.body()).await
    }
}

/// The header that says how the body is divided.
pub fn content_type() -> String {
    format!("multipart/form-data; boundary={BOUNDARY}")
}

fn part(body: &mut Vec<u8>, name: &str, media_type: Option<&str>, content: &[u8]) {
    let mut head = format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"");
    if let Some(media_type) = media_type {
        head.push_str(&format!(
            "; filename=\"{name}.exe\"\r\ncontent-type: {media_type}"
        ));
    }
    body.extend_from_slice(format!("{head}\r\n\r\n").as_bytes());
    body.extend_from_slice(content);
    body.extend_from_slice(b"\r\n");
}

/// Posts a body to `/api/kyc/submit`.
pub async fn send(port: u16, headers: &[(&str, &str)], body: &[u8]) -> Result<Reply> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    let mut head = format!(
        "POST /api/kyc/submit HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\
         content-type: {}\r\ncontent-length: {}\r\n",
        content_type(),
        body.len()
    );
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{head}\r\n").as_bytes()).await?;
    // A server that refuses early need not read all of it.
    let _ = stream.write_all(body).await;
    let mut bytes = Vec::new();
    let all = tokio::time::timeout(wait::PATIENCE, stream.read_to_end(&mut bytes)).await;
    let _ = all.context("no end of the answer")?;
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").context("no answer")?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let header = |line: &str| {
        let (name, value) = line.split_once(": ")?;
        Some((name.to_ascii_lowercase(), value.to_owned()))
    };
    Ok(Reply {
        status: status.context("no status")?.parse()?,
        headers: lines.filter_map(header).collect(),
        body: serde_json::from_str(body).unwrap_or(Value::Null),
        text: body.to_owned(),
    })
}

/// The zone of a passport of Utopia, with right check digits (ICAO Doc 9303-4).
pub fn zone(number: &str, birth: &str, expiry: &str) -> String {
    let number = format!("{number:<<9}");
    let first = format!("{:<<44}", "P<UTOERIKSSON<<ANNA<MARIA");
    let (number, birth, expiry) = (digit(&number), digit(birth), digit(expiry));
    let optional = digit(&"<".repeat(14));
    let composite = digit(&format!("{number}{birth}{expiry}{optional}"));
    let composite = composite.chars().last().unwrap_or('<');
    format!("{first}\n{number}UTO{birth}F{expiry}{optional}{composite}")
}

/// The text with its check digit.
fn digit(text: &str) -> String {
    let weights = [7, 3, 1].into_iter().cycle();
    let value = |character: char| character.to_digit(36).unwrap_or(0);
    let sum: u32 = text
        .chars()
        .zip(weights)
        .map(|(one, weight)| value(one) * weight)
        .sum();
    format!("{text}{}", sum % 10)
}

/// A picture that differs by its seed.
pub fn picture(seed: &str) -> Vec<u8> {
    let mix = |sum: u32, byte: u8| sum.wrapping_mul(31).wrapping_add(u32::from(byte));
    // Odd, so that no other seed's picture is the same.
    let salt = seed.bytes().fold(7, mix).wrapping_mul(2) | 1;
    let pixel = |x: u32, y: u32| {
        let mix = (x / 8).wrapping_mul(salt) ^ (y / 8).wrapping_mul(2_654_435_761);
        Rgb([(mix >> 8) as u8, (mix >> 16) as u8, (x ^ y) as u8])
    };
    jpeg(&RgbImage::from_fn(640, 480, pixel))
}

/// As a JPEG.
pub fn jpeg(picture: &RgbImage) -> Vec<u8> {
    let mut written = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut written, 90);
    picture
        .write_with_encoder(encoder)
        .expect("it is written to memory");
    written
}
