//! New passwords, new addresses, and the words that prove our mails.

use serde_json::{Value, json};
use tests::api_server::{ApiServer, Build, PASSWORD, open_account};
use tests::database::Database;
use tests::post_office::{
    PostOffice, STRONG, link, post, press_button, set_password, verification,
};
use tests::raw::{Call, Reply};
use tests::trading::{number, rows};
use tests::{fixture, wait};
use tokio_postgres::Client;

const UNLIMITED: [(&str, &str); 1] = [("EXCHANGE_RATE_ADDRESS", "off")];

struct Stage {
    owner: Client,
    server: ApiServer,
    mails: PostOffice,
}

/// Alice and Bob, whose addresses are proved.
async fn stage() -> Stage {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    owner
        .batch_execute(fixture::MARKETS)
        .await
        .expect("markets");
    for name in ["alice", "bob"] {
        open_account(&owner, name).await.expect("an account");
    }
    let verified = "update exchange.accounts set email_verified_at = now()";
    owner.batch_execute(verified).await.expect("verified");
    let server = ApiServer::start_as(&database, Build::Debug, &UNLIMITED).await;
    Stage {
        owner,
        server: server.expect("a server"),
        mails: PostOffice::open(&database).await.expect("mails"),
    }
}

impl Stage {
    async fn login(&self, email: &str, password: &str) -> Reply {
        let body = json!({ "email": email, "password": password });
        self.post("/api/auth/login", body).await
    }

    async fn bearer(&self, email: &str) -> String {
        let login = self.login(email, PASSWORD).await;
        let token = login.body["token"].as_str();
        token.unwrap_or_else(|| panic!("{login:?}")).to_owned()
    }

    async fn post(&self, path: &str, body: Value) -> Reply {
        let reply = post(self.server.port(), path, &body).await;
        reply.expect("an answer")
    }

    async fn act(&self, bearer: &str, path: &str, body: Value) -> Reply {
        let call = Call::post(path, &body).by(bearer);
        call.send(self.server.port()).await.expect("an answer")
    }

    async fn get(&self, bearer: &str, path: &str) -> Reply {
        let call = Call::get(path).by(bearer);
        call.send(self.server.port()).await.expect("an answer")
    }

    /// The next mail, which must have that subject.
    async fn mail(&mut self, subject: &str) -> String {
        self.mails.expect(subject).await.expect("a mail")
    }

    /// Hours until withdrawals are possible again, rounded.
    async fn blocked_hours(&self, email: &str) -> i64 {
        let text = format!(
            "select coalesce(round(extract(epoch from withdrawals_blocked_until - now()) / 3600), 0)
                 ::bigint from exchange.accounts where email = '{email}'"
        );
        number(&self.owner, &text).await
    }

    /// Every request was seen to.
    async fn settled(&self) {
        wait::until("nothing waits", async || {
            let open =
                "select (select count(*) from exchange.mail_requests where answered_at is null)
                + (select count(*) from exchange.mails where sent_at is null)";
            number(&self.owner, open).await == 0
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_is_reset_by_mail_and_withdrawals_wait_a_day() {
    let mut stage = stage().await;
    let port = stage.server.port();
    let bearer = stage.bearer("alice@example.com").await;
    let code = json!({ "antiPhishingCode": "blue heron" });
    assert_eq!(
        stage
            .act(&bearer, "/api/auth/anti-phishing-code", code)
            .await
            .shown(),
        "200"
    );
    let told = stage.mail("Your anti-phishing code was changed").await;
    assert!(told.contains("Your anti-phishing code: blue heron"));
    for email in ["Alice@Example.com ", "nobody@example.com"] {
        let asked = stage
            .post("/api/auth/reset-password", json!({ "email": email }))
            .await;
        assert_eq!(asked.status, 202);
        assert_eq!(asked.body, json!({ "status": "reset_sent" }));
    }
    let mail = stage.mail("Set a new password").await;
    assert!(
        mail.contains("To: alice@example.com") && mail.contains("blue heron"),
        "{mail}"
    );
    set_password(port, &mail, STRONG).await.expect("it is set");
    let told = stage.mail("Your password was changed").await;
    assert!(
        told.contains("blue heron") && told.contains("127.0.0.1"),
        "{told}"
    );
    link(&told, "/freeze").expect("the way to freeze");
    assert_eq!(stage.blocked_hours("alice@example.com").await, 24);
    assert_eq!(
        stage.get(&bearer, "/api/account/balances").await.status,
        401
    );
    assert_eq!(
        stage.login("alice@example.com", PASSWORD).await.shown(),
        "401 INVALID_CREDENTIALS"
    );
    let login = stage.login("alice@example.com", STRONG).await;
    let bearer = login.body["token"].as_str().expect("a token").to_owned();
    let profile = stage.get(&bearer, "/api/account/profile").await.body;
    assert!(profile["withdrawalsBlockedUntil"].is_i64(), "{profile}");
    // The same link once more, and the stranger got no mail.
    let late = verification(&mail).expect("a link").send(port).await;
    assert_eq!(late.expect("an answer").shown(), "400 INVALID_TOKEN");
    stage.mail("Login from a new device").await;
    stage.settled().await;
    assert!(!stage.mails.has_mail());
    assert_eq!(stage.blocked_hours("bob@example.com").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_link_is_good_for_an_hour_and_once_under_a_race() {
    let mut stage = stage().await;
    let port = stage.server.port();
    let ask = json!({ "email": "alice@example.com" });
    stage.post("/api/auth/reset-password", ask.clone()).await;
    let mail = stage.mails.next().await.expect("a mail");
    let old = verification(&mail).expect("a link");
    let age = "update exchange.account_tokens
        set created_at = created_at - interval '61 minutes',
            expires_at = expires_at - interval '60 minutes'";
    stage
        .owner
        .batch_execute(age)
        .await
        .expect("an hour passes");
    let late = old.send(port).await.expect("an answer");
    assert_eq!(late.shown(), "400 INVALID_TOKEN");
    stage.post("/api/auth/reset-password", ask).await;
    let mail = stage.mails.next().await.expect("a mail");
    let click = verification(&mail).expect("a link");
    let verified = futures::future::join_all((0..8).map(|_| click.send(port))).await;
    let mut taken = verified
        .iter()
        .flatten()
        .filter(|reply| reply.status == 200);
    let token = taken.next().expect("one").body["setPasswordToken"].clone();
    assert!(taken.next().is_none(), "{verified:?}");
    // The step after it, pressed twice: one password is set, and it is the answered one.
    let sets = (0..4).map(|number| {
        let password = format!("{STRONG} {number}");
        let body = json!({ "token": token, "password": password });
        async move { (password, post(port, "/api/auth/set-password", &body).await) }
    });
    let mut good = Vec::new();
    for (password, reply) in futures::future::join_all(sets).await {
        let reply = reply.expect("an answer");
        match reply.status {
            200 => good.push(password),
            _ => assert_eq!(reply.shown(), "400 INVALID_TOKEN"),
        }
    }
    assert_eq!(good.len(), 1);
    let login = stage.login("alice@example.com", &good[0]).await;
    assert_eq!(login.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_moves_to_another_address_by_the_mail_that_goes_there() {
    let mut stage = stage().await;
    let port = stage.server.port();
    let bearer = stage.bearer("alice@example.com").await;
    let path = "/api/auth/change-email";
    let wrong = json!({ "email": "new@example.com", "password": "wrong" });
    for _ in 0..5 {
        let refused = stage.act(&bearer, path, wrong.clone()).await;
        assert_eq!(refused.shown(), "401 INVALID_CREDENTIALS");
    }
    let asked = json!({ "email": "New@Example.com", "password": PASSWORD });
    let paused = stage.act(&bearer, path, asked.clone()).await;
    assert_eq!(paused.shown(), "429 LOGIN_PAUSED");
    let over = "update exchange.login_pauses set paused_until = now()";
    stage
        .owner
        .batch_execute(over)
        .await
        .expect("the pause passes");
    assert_eq!(stage.act(&bearer, path, asked).await.status, 202);
    let confirm = stage.mail("Confirm your new e-mail address").await;
    assert!(confirm.contains("To: new@example.com"), "{confirm}");
    assert!(
        link(&confirm, "/freeze").is_err(),
        "nobody proved that address"
    );
    let warning = stage.mail("Somebody asked to change").await;
    assert!(warning.contains("To: alice@example.com"), "{warning}");
    link(&warning, "/freeze").expect("the way to freeze");
    let confirm = link(&confirm, "/confirm-email").expect("a link");
    // Programs that follow every link of a mail confirm nothing.
    assert_eq!(
        Call::get(&confirm).send(port).await.expect("a page").status,
        200
    );
    assert_eq!(
        stage.get(&bearer, "/api/account/balances").await.status,
        200
    );
    let presses = (0..4).map(|_| press_button(port, &confirm));
    let presses = futures::future::join_all(presses).await;
    let done = presses.iter().flatten().filter(|reply| reply.status == 200);
    assert_eq!(done.count(), 1, "{presses:?}");
    let told = stage.mail("Your e-mail address was changed").await;
    assert!(
        told.contains("To: alice@example.com"),
        "the old address hears of it: {told}"
    );
    link(&told, "/freeze").expect("the way to freeze");
    assert_eq!(stage.blocked_hours("new@example.com").await, 24);
    assert_eq!(
        stage.get(&bearer, "/api/account/balances").await.status,
        401
    );
    let old = stage.login("alice@example.com", PASSWORD).await;
    assert_eq!(old.shown(), "401 INVALID_CREDENTIALS");
    assert_eq!(stage.login("new@example.com", PASSWORD).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_somebody_has_is_not_told_and_not_taken() {
    let mut stage = stage().await;
    let port = stage.server.port();
    let bearer = stage.bearer("alice@example.com").await;
    let ask = async |stage: &Stage, email: &str| {
        let body = json!({ "email": email, "password": PASSWORD });
        stage.act(&bearer, "/api/auth/change-email", body).await
    };
    let asked = ask(&stage, "bob@example.com").await;
    assert_eq!(
        (asked.status, asked.text.as_str()),
        (202, "{\"status\":\"confirmation_sent\"}")
    );
    let told = stage.mail("You have an account already").await;
    assert!(told.contains("To: bob@example.com"), "{told}");
    // The own address needs no change.
    assert_eq!(ask(&stage, "alice@example.com").await.status, 202);
    // Two want the same address: the first who follows the link has it.
    assert_eq!(ask(&stage, "new@example.com").await.status, 202);
    let confirm = stage.mail("Confirm your new e-mail address").await;
    let confirm = link(&confirm, "/confirm-email").expect("a link");
    stage.mail("Somebody asked").await;
    open_account(&stage.owner, "new").await.expect("an account");
    let late = press_button(port, &confirm).await.expect("an answer");
    assert_eq!(late.shown(), "409 EMAIL_TAKEN");
    assert_eq!(
        stage.get(&bearer, "/api/account/balances").await.status,
        200
    );
    stage.settled().await;
    assert!(!stage.mails.has_mail());
    assert_eq!(stage.blocked_hours("alice@example.com").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_password_takes_back_a_change_of_address_that_waits() {
    let mut stage = stage().await;
    let port = stage.server.port();
    let bearer = stage.bearer("alice@example.com").await;
    let body = json!({ "email": "thief@example.com", "password": PASSWORD });
    stage.act(&bearer, "/api/auth/change-email", body).await;
    let confirm = stage.mail("Confirm").await;
    stage.mail("Somebody asked").await;
    stage
        .post(
            "/api/auth/reset-password",
            json!({ "email": "alice@example.com" }),
        )
        .await;
    let reset = stage.mail("Set a new password").await;
    set_password(port, &reset, STRONG).await.expect("it is set");
    let confirm = link(&confirm, "/confirm-email").expect("a link");
    let late = press_button(port, &confirm).await.expect("an answer");
    assert_eq!(late.shown(), "400 INVALID_TOKEN");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_mail_shows_the_owner_s_words() {
    let mut stage = stage().await;
    let kinds = rows(
        &stage.owner,
        "select kind from pg_constraint, lateral regexp_matches(
             pg_get_constraintdef(oid), '''([a-z_]+)''', 'g') m, lateral (select m[1]) k (kind)
         where conname = 'mails_kind_known'",
    )
    .await;
    assert_eq!(kinds.len(), 20, "{kinds:?}");
    let code = "update exchange.accounts set anti_phishing_code = 'blue heron 7'
        where email = 'alice@example.com'";
    stage.owner.batch_execute(code).await.expect("set");
    let facts = json!({ "at": "now", "address": "x\r\nBcc: y", "level": 2, "reasons": ["a", "b"] });
    for kind in kinds {
        let text = format!(
            "select exchange.cause_mail(account_id, '{kind}', '{facts}') from exchange.accounts
             where email = 'alice@example.com'"
        );
        stage.owner.batch_execute(&text).await.expect("caused");
        let mail = stage.mails.next().await.expect("a mail");
        assert!(
            mail.contains("Your anti-phishing code: blue heron 7"),
            "{kind}: {mail}"
        );
        let (head, body) = mail.split_once("\r\n\r\n").expect("a body");
        assert!(!head.contains("Bcc"), "{kind}: {head}");
        assert!(!body.contains('{') && !body.contains('}'), "{kind}: {body}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mails_to_one_address_are_limited_whoever_asks() {
    let mut stage = stage().await;
    for _ in 0..4 {
        for path in ["/api/auth/reset-password", "/api/auth/register"] {
            let body = match path {
                "/api/auth/register" => tests::post_office::registration("alice@example.com"),
                _ => json!({ "email": "alice@example.com" }),
            };
            assert_eq!(stage.post(path, body).await.status, 202);
        }
    }
    let bearer = stage.bearer("bob@example.com").await;
    for number in 0..8 {
        let email = format!("someone{number}@example.com");
        let body = json!({ "email": email, "password": PASSWORD });
        assert_eq!(
            stage
                .act(&bearer, "/api/auth/change-email", body)
                .await
                .status,
            202
        );
    }
    stage.settled().await;
    let count = "select count(*) from exchange.mails where recipient = 'alice@example.com'";
    assert_eq!(number(&stage.owner, count).await, 5);
    let count = "select count(*) from exchange.mails where kind = 'confirm_email_change'";
    assert_eq!(number(&stage.owner, count).await, 5);
    stage.mails.next().await.expect("a mail");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_cannot_be_answered_holds_up_nobody() {
    let mut stage = stage().await;
    let text = "
        alter table exchange.accounts
        add constraint accounts_fault check (email <> 'bad@example.com');
        select exchange.request_mail('register', 'bad@example.com');
        select exchange.request_mail('register', 'good@example.com')";
    stage.owner.batch_execute(text).await.expect("asked");
    let mail = stage.mail("Confirm your e-mail address").await;
    assert!(mail.contains("To: good@example.com"), "{mail}");
    let failed = "select failure from exchange.mail_requests where email = 'bad@example.com'";
    let failed = rows(&stage.owner, failed).await;
    assert!(failed[0].contains("accounts_fault"), "{failed:?}");
}
