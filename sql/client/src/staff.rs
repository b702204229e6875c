//! The people of the exchange: invitations, logins, sessions. Tokens come here as their SHA-256
//! alone, secrets of one-time codes encrypted.

use std::net::IpAddr;

use time::OffsetDateTime;

use crate::error::Error;
use crate::query::{Query, Statement, column};

/// Who is invited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invited {
    /// The member.
    pub staff_id: i64,
    /// Login name.
    pub email: String,
}

/// For whom an invitation is.
///
/// # Errors
/// Rejected: `INVALID_TOKEN`.
pub async fn invited_member(on: &impl Query, invitation_hash: &[u8]) -> Result<Invited, Error> {
    const STATEMENT: Statement = Statement::read(
        "invited_member",
        "select staff_id, email from staff.invited_member($1) limit 1",
    );
    let row = on.row(STATEMENT, &[&invitation_hash]).await?;
    let row = row.ok_or_else(|| Error::Bug("invited_member gave no row".to_owned()))?;
    Ok(Invited {
        staff_id: column(&row, 0)?,
        email: column(&row, 1)?,
    })
}

/// Sets a member's password and secret of one-time codes, once; gives the member.
///
/// # Errors
/// Rejected: `INVALID_TOKEN`.
pub async fn accept_invitation(
    on: &impl Query,
    invitation_hash: &[u8],
    password_hash: &str,
    totp_secret: &[u8],
) -> Result<i64, Error> {
    const STATEMENT: Statement = Statement::write(
        "accept_invitation",
        "select staff.accept_invitation($1, $2, $3)",
    );
    on.value(STATEMENT, &[&invitation_hash, &password_hash, &totp_secret])
        .await
}

/// What is needed to check a member's password and code.
#[derive(Clone, PartialEq, Eq)]
pub struct StaffLogin {
    /// The member.
    pub staff_id: i64,
    /// bcrypt.
    pub password_hash: String,
    /// Encrypted by the API.
    pub totp_secret: Vec<u8>,
    /// Too many codes were wrong: this login is refused whatever it brings.
    pub is_locked: bool,
}

impl std::fmt::Debug for StaffLogin {
    /// Without hash and secret, so that no log has them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StaffLogin")
            .field("staff_id", &self.staff_id)
            .finish_non_exhaustive()
    }
}

/// The login of an active member; `None` where there is none.
///
/// # Errors
/// The database's.
pub async fn staff_login(on: &impl Query, email: &str) -> Result<Option<StaffLogin>, Error> {
    const STATEMENT: Statement = Statement::read(
        "staff_login",
        "select staff_id, password_hash, totp_secret, is_locked \
         from staff.login_member($1) limit 1",
    );
    let login = |row| {
        Ok(StaffLogin {
            staff_id: column(&row, 0)?,
            password_hash: column(&row, 1)?,
            totp_secret: column(&row, 2)?,
            is_locked: column(&row, 3)?,
        })
    };
    on.row(STATEMENT, &[&email]).await?.map(login).transpose()
}

/// A member's login to record.
#[derive(Clone, Copy, Debug)]
pub struct NewStaffSession<'a> {
    /// Whose login it is.
    pub staff_id: i64,
    /// SHA-256 of the token.
    pub token_hash: &'a [u8],
    /// The hash against which the password was checked.
    pub password_hash: &'a str,
    /// The time step of the code; each is taken once.
    pub totp_step: i64,
    /// From where it came.
    pub address: IpAddr,
    /// The program, as it says itself; cut where it is long.
    pub user_agent: Option<&'a str>,
    /// A dearer hash of the same password, which replaces that one.
    pub new_password_hash: Option<&'a str>,
}

/// A member's session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffSession {
    /// Names it in functions.
    pub staff_session_id: i64,
    /// Whose it is.
    pub staff_id: i64,
    /// What the member may do.
    pub roles: Vec<String>,
    /// When it ends at the latest.
    pub expires_at: OffsetDateTime,
}

/// Records a login.
///
/// # Errors
/// Rejected: `INVALID_CREDENTIALS`, also where the code was taken before.
pub async fn open_staff_session(
    on: &impl Query,
    session: NewStaffSession<'_>,
) -> Result<StaffSession, Error> {
    const STATEMENT: Statement = Statement::write(
        "open_staff_session",
        "select staff_session_id, roles, expires_at \
         from staff.open_session($1, $2, $3, $4, $5, $6, $7) limit 1",
    );
    let row = on
        .row(
            STATEMENT,
            &[
                &session.staff_id,
                &session.token_hash,
                &session.password_hash,
                &session.totp_step,
                &session.address,
                &session.user_agent,
                &session.new_password_hash,
            ],
        )
        .await?;
    let row = row.ok_or_else(|| Error::Bug("no session was opened".to_owned()))?;
    Ok(StaffSession {
        staff_session_id: column(&row, 0)?,
        staff_id: session.staff_id,
        roles: column(&row, 1)?,
        expires_at: column(&row, 2)?,
    })
}

/// Counts a login that failed; many wrong codes in a row lock the member for a while.
///
/// # Errors
/// The database's.
pub async fn fail_staff_login(
    on: &impl Query,
    staff_id: i64,
    password_fits: bool,
    address: IpAddr,
) -> Result<(), Error> {
    const STATEMENT: Statement =
        Statement::write("fail_staff_login", "select staff.fail_login($1, $2, $3)");
    on.rows(STATEMENT, &[&staff_id, &password_fits, &address])
        .await
        .map(drop)
}

/// Whose session it is; `None` where the token is unknown, the session has ended, or the member is
/// disabled.
///
/// # Errors
/// The database's.
pub async fn staff_session(
    on: &impl Query,
    token_hash: &[u8],
) -> Result<Option<StaffSession>, Error> {
    const STATEMENT: Statement = Statement::read(
        "staff_session",
        "select staff_session_id, staff_id, roles, expires_at \
         from staff.session_member($1) limit 1",
    );
    let session = |row| {
        Ok(StaffSession {
            staff_session_id: column(&row, 0)?,
            staff_id: column(&row, 1)?,
            roles: column(&row, 2)?,
            expires_at: column(&row, 3)?,
        })
    };
    on.row(STATEMENT, &[&token_hash])
        .await?
        .map(session)
        .transpose()
}

/// Ends a session; a repeat changes nothing.
///
/// # Errors
/// The database's.
pub async fn close_staff_session(on: &impl Query, staff_session_id: i64) -> Result<(), Error> {
    const STATEMENT: Statement =
        Statement::write("close_staff_session", "select staff.close_session($1)");
    on.rows(STATEMENT, &[&staff_session_id]).await.map(drop)
}

/// A member as administrators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Names the member.
    pub staff_id: i64,
    /// Login name.
    pub email: String,
    /// Who it is.
    pub name: String,
    /// What the member may do.
    pub roles: Vec<String>,
    /// active or disabled.
    pub status: String,
    /// First login with a code.
    pub enrolled_at: Option<OffsetDateTime>,
    /// Until when an invitation waits.
    pub invited_until: Option<OffsetDateTime>,
    /// When the member was made.
    pub created_at: OffsetDateTime,
    /// Logins that have not ended.
    pub open_sessions: i32,
}

/// All members, by number.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`, `PERMISSION_DENIED`.
pub async fn members(on: &impl Query, staff_session_id: i64) -> Result<Vec<Member>, Error> {
    const STATEMENT: Statement = Statement::read(
        "members",
        "select staff_id, email, name, roles, status, enrolled_at, invited_until, created_at, \
         open_sessions from staff.list_members($1)",
    );
    let member = |row| {
        Ok(Member {
            staff_id: column(row, 0)?,
            email: column(row, 1)?,
            name: column(row, 2)?,
            roles: column(row, 3)?,
            status: column(row, 4)?,
            enrolled_at: column(row, 5)?,
            invited_until: column(row, 6)?,
            created_at: column(row, 7)?,
            open_sessions: column(row, 8)?,
        })
    };
    let rows = on.rows(STATEMENT, &[&staff_session_id]).await?;
    rows.iter().map(member).collect()
}

/// A member that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeMember {
    /// Names the member.
    pub staff_id: i64,
    /// Until when the invitation waits; `None` once it was accepted.
    pub invited_until: Option<OffsetDateTime>,
    /// An earlier request of the same request key made the member.
    pub repeated: bool,
}

/// Makes a member without roles, and an invitation.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`, `PERMISSION_DENIED`, `DUPLICATE_IDEMPOTENCY_KEY`, `MEMBER_EXISTS`.
pub async fn create_member(
    on: &impl Query,
    staff_session_id: i64,
    email: &str,
    name: &str,
    invitation_hash: &[u8],
    request_key: Option<&str>,
) -> Result<MadeMember, Error> {
    const STATEMENT: Statement = Statement::write(
        "create_member",
        "select staff_id, invited_until, repeated \
         from staff.create_member($1, $2, $3, $4, $5) limit 1",
    );
    let row = on
        .row(
            STATEMENT,
            &[
                &staff_session_id,
                &email,
                &name,
                &invitation_hash,
                &request_key,
            ],
        )
        .await?;
    let row = row.ok_or_else(|| Error::Bug("no member was made".to_owned()))?;
    Ok(MadeMember {
        staff_id: column(&row, 0)?,
        invited_until: column(&row, 1)?,
        repeated: column(&row, 2)?,
    })
}

/// Invites a member anew who has never logged in; gives until when.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`, `PERMISSION_DENIED`, `MEMBER_NOT_FOUND`, `MEMBER_ENROLLED`.
pub async fn invite_member(
    on: &impl Query,
    staff_session_id: i64,
    staff_id: i64,
    invitation_hash: &[u8],
) -> Result<OffsetDateTime, Error> {
    const STATEMENT: Statement =
        Statement::write("invite_member", "select staff.invite_member($1, $2, $3)");
    on.value(STATEMENT, &[&staff_session_id, &staff_id, &invitation_hash])
        .await
}

/// Shuts a member out at once.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`, `PERMISSION_DENIED`, `SECOND_PERSON_REQUIRED`, `MEMBER_NOT_FOUND`.
pub async fn disable_member(
    on: &impl Query,
    staff_session_id: i64,
    staff_id: i64,
    reason: &str,
) -> Result<(), Error> {
    const STATEMENT: Statement =
        Statement::write("disable_member", "select staff.disable_member($1, $2, $3)");
    on.rows(STATEMENT, &[&staff_session_id, &staff_id, &reason])
        .await
        .map(drop)
}
