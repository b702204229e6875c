//! Sessions of browsers.

use serde_json::{Value, json};
use tests::api_server::PASSWORD;
use tests::raw::{Call, Reply};
use tests::socket::Socket;

use super::{Stage, stage};

/// What a browser keeps of an answer.
struct Browser {
    cookies: Vec<(String, String)>,
    csrf: String,
}

impl Browser {
    fn of(reply: &Reply) -> Browser {
        let csrf = reply.body["csrfToken"].as_str();
        let csrf = csrf.unwrap_or_else(|| panic!("{reply:?}")).to_owned();
        let lines = reply.headers["set-cookie"].lines();
        let pair = |line: &str| {
            let (name, value) = line.split(';').next()?.split_once('=')?;
            Some((name.to_owned(), value.to_owned()))
        };
        Browser {
            cookies: lines.filter_map(pair).collect(),
            csrf,
        }
    }

    fn line(&self) -> String {
        let pairs = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }

    fn session(&self) -> &str {
        let session = self
            .cookies
            .iter()
            .find(|(name, _)| name == "__Host-session");
        &session.expect("a session").1
    }
}

impl Stage {
    async fn browse(&self, cookie: Option<&str>) -> Reply {
        let body = json!({ "email": "alice@example.com", "password": PASSWORD, "cookie": true });
        let call = Call::post("/api/auth/login", &body);
        self.send(match cookie {
            Some(line) => call.with("cookie", line),
            None => call,
        })
        .await
    }

    async fn click(
        &self,
        browser: &Browser,
        path: &str,
        body: &Value,
        csrf: Option<&str>,
    ) -> Reply {
        let call = Call::post(path, body).with("cookie", &browser.line());
        self.send(match csrf {
            Some(value) => call.with("x-csrf-token", value),
            None => call,
        })
        .await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_s_session_is_read_by_no_script_and_used_by_no_other_site() {
    let stage = stage().await;
    let reply = stage.browse(None).await;
    let set = &reply.headers["set-cookie"];
    let line = set.lines().find(|line| line.starts_with("__Host-session="));
    for attribute in ["HttpOnly", "Secure", "SameSite=Strict", "Path=/"] {
        assert!(line.is_some_and(|line| line.contains(attribute)), "{set}");
    }
    assert_eq!(reply.body["token"], json!(null));
    let browser = Browser::of(&reply);
    assert!(!reply.body.to_string().contains(browser.session()));
    let balances = Call::get("/api/account/balances").with("cookie", &browser.line());
    assert_eq!(stage.send(balances).await.status, 200);
    // What another site can make a browser send: the cookie, and no header of its own.
    let order = json!({ "market": "BTC/USDT", "side": "buy", "price": "90", "quantity": "1" });
    let other = Browser::of(&stage.browse(None).await);
    for path in [
        "/api/trade/create-order",
        "/api/trade/cancel-all",
        "/api/auth/logout",
    ] {
        let body = if path.ends_with("order") {
            order.clone()
        } else {
            json!({})
        };
        for csrf in [
            None,
            Some(""),
            Some("x"),
            Some(other.csrf.as_str()),
            Some(browser.session()),
        ] {
            let refused = stage.click(&browser, path, &body, csrf).await;
            assert_eq!(refused.shown(), "403 INVALID_CSRF_TOKEN", "{path} {csrf:?}");
            assert_eq!(refused.body["field"], "X-Csrf-Token");
        }
    }
    let own = Some(browser.csrf.as_str());
    let placed = stage
        .click(&browser, "/api/trade/create-order", &order, own)
        .await;
    assert_eq!(placed.shown(), "422 INSUFFICIENT_BALANCE");
    // Both cookies planted by a neighbour do not fit each other.
    let mut planted = Browser::of(&stage.browse(None).await);
    planted.cookies[1].1.clone_from(&other.csrf);
    let nothing = json!({});
    let refused = stage.click(
        &planted,
        "/api/trade/cancel-all",
        &nothing,
        Some(&other.csrf),
    );
    assert_eq!(refused.await.shown(), "403 INVALID_CSRF_TOKEN");
    // A program is not asked, whatever cookie comes with it; and its token is what counts.
    let token = stage.login("alice").await;
    let call = Call::post("/api/trade/cancel-all", &json!({})).by(&token);
    assert_eq!(
        stage
            .send(call.with("cookie", "__Host-session=x"))
            .await
            .status,
        200
    );
    let call = Call::get("/api/account/balances")
        .by("x")
        .with("cookie", &browser.line());
    assert_eq!(stage.send(call).await.status, 401);
    stage.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_session_is_planted_and_each_proof_makes_a_new_one() {
    let stage = stage().await;
    let planted = format!("__Host-session={}", "ab".repeat(32));
    let browser = Browser::of(&stage.browse(Some(&planted)).await);
    assert_ne!(browser.session(), "ab".repeat(32));
    let call = Call::get("/api/account/balances").with("cookie", &planted);
    assert_eq!(stage.send(call).await.status, 401);
    // A login over a login is another session.
    let second = Browser::of(&stage.browse(Some(&browser.line())).await);
    assert_ne!(second.session(), browser.session());
    // So is a step-up, in a cookie where it came by one; the one before is nobody's.
    let body = json!({ "password": PASSWORD });
    let stepped = stage
        .click(&second, "/api/auth/step-up", &body, Some(&second.csrf))
        .await;
    assert_eq!(stepped.body["token"], json!(null));
    let third = Browser::of(&stepped);
    assert_ne!(third.session(), second.session());
    assert_ne!(third.csrf, second.csrf);
    let sessions = |browser: &Browser| {
        let call = Call::get("/api/auth/sessions").with("cookie", &browser.line());
        stage.send(call)
    };
    assert_eq!(sessions(&second).await.status, 401);
    assert_eq!(sessions(&third).await.status, 200);
    let out = stage
        .click(&third, "/api/auth/logout", &json!({}), Some(&third.csrf))
        .await;
    assert_eq!(out.status, 200, "{out:?}");
    for line in out.headers["set-cookie"].lines() {
        assert!(line.contains("=;") && line.contains("Max-Age=0"), "{line}");
    }
    assert_eq!(sessions(&third).await.status, 401);
    stage.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_factor_comes_before_the_cookie() {
    let stage = stage().await;
    let token = stage.login("alice").await;
    let (app, _) = stage.enrol(&token).await;
    stage.codes_are_new_again().await;
    let first = stage.browse(None).await;
    assert_eq!(first.status, 202, "{first:?}");
    assert!(!first.headers.contains_key("set-cookie"));
    let factor = json!({ "totpCode": app.code(0), "cookie": true });
    let browser = Browser::of(&stage.second(&first, factor).await);
    let call = Call::get("/api/auth/factors").with("cookie", &browser.line());
    assert_eq!(stage.send(call).await.body["totp"], true);
    stage.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_of_a_browser_needs_both_halves_of_its_login() {
    let stage = stage().await;
    let browser = Browser::of(&stage.browse(None).await);
    let port = stage.server.port();
    let authenticate = |csrf: &str| json!({ "op": "authenticate", "csrfToken": csrf });
    let mut socket = Socket::with_cookie(port, &browser.line())
        .await
        .expect("open");
    let refused = socket.refused(authenticate("00")).await.expect("an answer");
    assert_eq!(refused.0, "UNAUTHENTICATED");
    let done = socket
        .must(authenticate(&browser.csrf))
        .await
        .expect("done");
    assert_eq!(done["accountId"], stage.account.to_string());
    let mut socket = Socket::connect(port).await.expect("open");
    let refused = socket.refused(authenticate(&browser.csrf)).await;
    assert_eq!(refused.expect("an answer").0, "UNAUTHENTICATED");
    stage.database.drop().await;
}
