//! The form of a submission: `multipart/form-data`, read piece by piece within limits. A field that
//! is unknown, repeated or too long is refused by name before more is read.

use std::collections::BTreeMap;

use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::StatusCode;
use kyc::file::MAX_FILE_BYTES;

use crate::app::App;
use crate::error::ApiError;
use crate::extract::{TEXT_LIMIT_BYTES, is_too_slow, shorten};

/// Largest body: three files, and the rest.
pub(crate) const FORM_LIMIT_BYTES: usize = 3 * MAX_FILE_BYTES + 64 * 1024;

const FILES: [&str; 3] = ["front", "back", "selfie"];
const TEXTS: [&str; 8] = [
    "level",
    "documentType",
    "issuer",
    "documentNumber",
    "fullName",
    "birthDate",
    "expiresOn",
    "mrz",
];

/// A form that was read.
pub(crate) struct Form {
    texts: BTreeMap<&'static str, String>,
    /// In the order in which they are stored.
    pub(crate) files: BTreeMap<&'static str, Vec<u8>>,
}

impl Form {
    /// Reads the form of a request.
    ///
    /// # Errors
    /// It is not of the form, too large, or came too slowly.
    pub(crate) async fn read(request: Request, app: &App) -> Result<Form, ApiError> {
        let multipart = Multipart::from_request(request, app).await;
        let mut multipart = multipart.map_err(|rejection| {
            ApiError::malformed("Content-Type", shorten(&rejection.body_text()))
        })?;
        let mut form = Form {
            texts: BTreeMap::new(),
            files: BTreeMap::new(),
        };
        while let Some(field) = multipart.next_field().await.map_err(unreadable)? {
            form.take(field).await?;
        }
        Ok(form)
    }

    /// # Errors
    /// There is no such field.
    pub(crate) fn text(&self, name: &'static str) -> Result<&str, ApiError> {
        let text = self.optional(name);
        text.ok_or_else(|| ApiError::malformed(name, format!("missing field `{name}`")))
    }

    pub(crate) fn optional(&self, name: &'static str) -> Option<&str> {
        self.texts.get(name).map(String::as_str)
    }

    /// Every field with its name, for a hash of all of it.
    pub(crate) fn contents(&self) -> impl Iterator<Item = (&'static str, &[u8])> {
        let texts = self
            .texts
            .iter()
            .map(|(name, text)| (*name, text.as_bytes()));
        texts.chain(
            self.files
                .iter()
                .map(|(name, file)| (*name, file.as_slice())),
        )
    }

    async fn take(&mut self, field: Field<'_>) -> Result<(), ApiError> {
        let given = field.name().unwrap_or_default();
        if let Some(name) = FILES.into_iter().find(|name| *name == given) {
            let content = whole(field, name, MAX_FILE_BYTES).await?;
            return once(name, self.files.insert(name, content).is_none());
        }
        let Some(name) = TEXTS.into_iter().find(|name| *name == given) else {
            let given = shorten(given);
            return Err(ApiError::malformed(
                &given,
                format!("unknown field `{given}`"),
            ));
        };
        let content = whole(field, name, TEXT_LIMIT_BYTES).await?;
        let text = String::from_utf8(content)
            .ok()
            .filter(|text| !text.contains('\0'));
        let text = text.ok_or_else(|| ApiError::malformed(name, "this text is not UTF-8"))?;
        once(name, self.texts.insert(name, text).is_none())
    }
}

fn once(name: &str, is_first: bool) -> Result<(), ApiError> {
    match is_first {
        true => Ok(()),
        false => Err(ApiError::malformed(
            name,
            format!("duplicate field `{name}`"),
        )),
    }
}

async fn whole(mut field: Field<'_>, name: &str, limit: usize) -> Result<Vec<u8>, ApiError> {
    let mut content = Vec::new();
    while let Some(piece) = field.chunk().await.map_err(unreadable)? {
        if content.len() + piece.len() > limit {
            let words = format!("{name} has at most {limit} bytes");
            return Err(ApiError::malformed(name, words));
        }
        content.extend_from_slice(&piece);
    }
    Ok(content)
}

fn unreadable(error: MultipartError) -> ApiError {
    if is_too_slow(&error) {
        return ApiError::RequestTimeout;
    }
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::BodyTooLarge {
            limit_bytes: FORM_LIMIT_BYTES,
        },
        _ => ApiError::Malformed {
            field: None,
            message: shorten(&error.body_text()),
        },
    }
}
