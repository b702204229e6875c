//! Files: what is refused, what is kept, and who reads it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use tests::form::{self, Form, picture};
use tests::staff;

use super::{Stage, field_of};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_image_or_plain_scan_is_refused_by_field_in_bounded_memory() {
    let stage = Stage::waiting().await;
    let alice = stage.join("alice").await;
    let right = || Form::passport("L898902C3");
    let started = stage.server.memory_kib().expect("figures");
    let photo = picture("a");
    for (what, content) in [
        ("an archive", b"PK\x03\x04 and more".to_vec()),
        ("a web page", b"<html><script>alert(1)</script>".to_vec()),
        (
            "an image that is cut off",
            photo[..photo.len() / 2].to_vec(),
        ),
        ("nothing", Vec::new()),
        ("a hundred megapixels", bomb(10_000, 10_000)),
        ("a wide one", bomb(60_000, 60_000)),
        (
            "a PDF with a script",
            b"%PDF-1.4\n1 0 obj <</Type /Page /JS (x) /S /JavaScript>> endobj\n\
              startxref\n0\n%%EOF\n"
                .to_vec(),
        ),
    ] {
        for field in ["front", "back", "selfie"] {
            let form = right().with_file(field, content.clone());
            let refused = stage.submit(&form, &alice).await;
            let told = (refused.shown(), field_of(&refused).to_owned());
            let expected = ("400 INVALID_DOCUMENT".to_owned(), field.to_owned());
            assert_eq!(told, expected, "{what}");
        }
    }
    let large = right().with_file("front", vec![0xff; 10 * 1024 * 1024 + 1]);
    let refused = stage.submit(&large, &alice).await;
    assert_eq!(
        (refused.shown().as_str(), field_of(&refused)),
        ("400 MALFORMED", "front")
    );
    let unknown = right().with_file("passport", photo);
    assert_eq!(field_of(&stage.submit(&unknown, &alice).await), "passport");
    let grown = stage
        .server
        .memory_kib()
        .expect("figures")
        .saturating_sub(started);
    assert!(grown < 400 * 1024, "{grown} KiB more");
    assert_eq!(
        stage
            .text("select count(*)::text from exchange.kyc_documents")
            .await,
        "0"
    );
    // The same account may go on: no place was lost.
    assert_eq!(stage.submit(&right(), &alice).await.shown(), "200");
}

/// A PNG of that size: black, so it packs into little.
fn bomb(width: u32, height: u32) -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut head = Vec::new();
    head.extend(width.to_be_bytes());
    head.extend(height.to_be_bytes());
    head.extend([8, 6, 0, 0, 0]);
    for (kind, data) in [
        (b"IHDR", head),
        (b"IDAT", vec![0x78, 0x9c, 0x63, 0]),
        (b"IEND", Vec::new()),
    ] {
        png.extend(u32::try_from(data.len()).expect("short").to_be_bytes());
        let mut crc = crc32fast::Hasher::new();
        crc.update(kind);
        crc.update(&data);
        png.extend(kind);
        png.extend(&data);
        png.extend(crc.finalize().to_be_bytes());
    }
    png
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_routes_keep_their_limit_and_a_form_has_one() {
    let stage = Stage::waiting().await;
    let alice = stage.join("alice").await;
    let long = json!({ "market": "x".repeat(70_000) });
    let refused = stage.post("/api/trade/create-order", &alice, long).await;
    assert_eq!(refused.shown(), "400 BODY_TOO_LARGE");
    let bearer = format!("Bearer {alice}");
    let headers = [("authorization", bearer.as_str())];
    let endless = vec![b'x'; 40 * 1024 * 1024];
    let refused = form::send(stage.port(), &headers, &endless)
        .await
        .expect("an answer");
    assert_eq!(refused.status, 400, "{refused:?}");
    let stranger = form::send(stage.port(), &[], &Form::passport("L898902C3").body()).await;
    assert_eq!(stranger.expect("an answer").shown(), "401 UNAUTHENTICATED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_encrypted_and_only_reviewers_read_it_and_each_read_is_logged() {
    let stage = Stage::waiting().await;
    let alice = stage.join("alice").await;
    let mut photo = picture("a");
    photo.extend_from_slice(b"<script>tail</script>");
    let form = Form::passport("L898902C3").with_file("front", photo);
    assert_eq!(stage.submit(&form, &alice).await.shown(), "200");
    let plain = "select (position('JFIF'::bytea in content) > 0
        or position('\\xffd8ff'::bytea in content) > 0)::text from exchange.kyc_documents";
    assert_eq!(stage.text(plain).await, "false");
    let storage = "select attstorage::text from pg_attribute
        where attrelid = 'exchange.kyc_documents'::regclass and attname = 'content'";
    assert_eq!(stage.text(storage).await, "e");
    let path = "/api/admin/kyc/document?documentId=1";
    for role in ["risk", "finance", "support", "administrator"] {
        let token = staff::login(stage.port(), &stage.owner, role)
            .await
            .expect("a token");
        assert_eq!(
            stage.get(path, &token).await.shown(),
            "403 PERMISSION_DENIED",
            "{role}"
        );
    }
    assert_eq!(stage.get(path, &alice).await.shown(), "401 UNAUTHENTICATED");
    let reads = "select count(*)::text from audit.entries where action = 'kyc_document_read'";
    assert_eq!(stage.text(reads).await, "0");
    let reviewer = staff::login(stage.port(), &stage.owner, "reviewer")
        .await
        .expect("a token");
    let read = stage.get(path, &reviewer).await;
    assert_eq!(read.shown(), "200", "{read:?}");
    assert_eq!(read.headers["cache-control"], "no-store");
    let content = STANDARD
        .decode(read.body["content"].as_str().expect("text"))
        .expect("base64");
    assert!(content.starts_with(&[0xff, 0xd8]) && content.ends_with(&[0xff, 0xd9]));
    assert!(!content.windows(4).any(|window| window == b"tail"));
    assert_eq!(stage.text(reads).await, "1");
    let missing = stage
        .get("/api/admin/kyc/document?documentId=99", &reviewer)
        .await;
    assert_eq!(
        (missing.shown().as_str(), field_of(&missing)),
        ("404 DOCUMENT_NOT_FOUND", "documentId")
    );
    // The API's role has no other way to it.
    let api = stage.database.trader().await;
    for statement in [
        "select content from exchange.kyc_documents",
        "select * from exchange.kyc_documents_of(1)",
        "select full_name from exchange.kyc_cases",
        "select exchange.set_kyc_level(1, 3, null)",
        "select exchange.decide_kyc(1, '[]', 'automatic')",
    ] {
        let (code, words) = tests::trading::refusal(&api, statement).await;
        assert_eq!(code, "42501", "{statement}: {words}");
    }
    let analyst = stage
        .database
        .connect("exchange_analyst")
        .await
        .expect("logged in");
    let (code, _) =
        tests::trading::refusal(&analyst, "select full_name from exchange.kyc_cases").await;
    assert_eq!(code, "42501");
    let seen = tests::trading::rows(&analyst, "select state from exchange.kyc_cases").await;
    assert_eq!(seen, ["submitted"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_was_put_in_anothers_place_does_not_open() {
    let stage = Stage::waiting().await;
    for (name, number) in [("alice", "L898902C3"), ("bob", "AB1234567")] {
        let token = stage.join(name).await;
        assert_eq!(
            stage.submit(&Form::passport(number), &token).await.shown(),
            "200"
        );
    }
    stage
        .run(
            "update exchange.kyc_documents d
        set content = o.content, wrapped_key = o.wrapped_key
        from exchange.kyc_documents o where d.document_id = 1 and o.document_id = 2",
        )
        .await;
    let reviewer = staff::login(stage.port(), &stage.owner, "reviewer")
        .await
        .expect("a token");
    let swapped = stage
        .get("/api/admin/kyc/document?documentId=1", &reviewer)
        .await;
    assert_eq!(swapped.shown(), "500 INTERNAL");
    let whole = stage
        .get("/api/admin/kyc/document?documentId=2", &reviewer)
        .await;
    assert_eq!(whole.shown(), "200");
}
