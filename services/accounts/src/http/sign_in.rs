//! Signing in and out.

use actix_session::SessionExt;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::Utc;
use domain::fold::fold;
use serde::{Deserialize, Serialize};
use service::{Config, Problem};
use utoipa::ToSchema;

use super::State;
use super::body::Body;
use super::caller::{self, Caller, csrf_cookie};
use super::failure::{Answer, Failure};
use super::second::{Asked, Factored, second};
use super::view::UserView;
use crate::event::Origin;
use crate::session_store::{ID, new_id};
use crate::store::sessions::{SignIn, hash};
use crate::store::totp::Second;
use crate::store::tries::{Bucket, Taken};
use crate::store::users::User;
use crate::tries::{self, Account};

/// How long a browser is remembered as one that signed in: half a year.
const BROWSER_DAYS: i64 = 180;

/// A token for unsafe calls.
#[derive(Serialize, ToSchema)]
pub struct CsrfToken {
    /// Goes back in `X-CSRFToken`.
    #[serde(rename = "csrfToken")]
    pub csrf_token: String,
}

/// Who signs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// The e-mail or the user name.
    pub username: String,
    /// The password.
    pub password: String,
    /// The code that the authenticator app shows, where one is asked for.
    pub totp: Option<String>,
    /// A recovery code in its place.
    pub recovery_code: Option<String>,
}

/// How a sign-in with the right password goes on.
#[derive(Default, Serialize, ToSchema)]
pub struct SignInAnswer {
    /// True where the session is made.
    pub success: bool,
    /// The person who is signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<UserView>,
    /// `totp`: send all again with a code. `enrol_totp`: put the secret into an authenticator app, then the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<&'static str>,
    /// With `enrol_totp`: the secret, to be typed into the app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// With `enrol_totp`: the secret as an address, to be shown as a QR code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otpauth_url: Option<String>,
    /// After the first code: what helps when the phone is lost. Shown once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovery_codes: Option<Vec<String>>,
}

/// What came of a sign-in.
enum Verdict {
    /// The reason, for the log, and what the caller is told.
    Refused(&'static str, Failure),
    /// More is asked for.
    Next(SignInAnswer),
    /// A session is due.
    Right { rehashed: Option<String>, second: Second, recovery_codes: Option<Vec<String>> },
}

/// Sets the CSRF cookie for this session, or for nobody, and gives its value.
///
/// # Errors
/// The database's.
#[utoipa::path(get, path = "/api/csrf/", responses((status = 200, body = CsrfToken)))]
pub async fn csrf(state: web::Data<State>, request: HttpRequest) -> Answer {
    let who = caller::find(&request).await?;
    let cookie = csrf_cookie(&state, who.as_ref().map(|c| c.session.hash.as_str()));
    let body = CsrfToken { csrf_token: cookie.value().to_owned() };
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).cookie(cookie).json(body))
}

/// Signs in with e-mail or user name, and with a one-time code where the account or its role asks for one. Unknown,
/// wrong, disabled and foreign answer alike.
///
/// # Errors
/// 401 `wrong_credentials` or `wrong_code`; 422 for unknown fields; 429 after too many failures.
#[utoipa::path(post, path = "/api/session-login/", request_body = Credentials,
    responses((status = 200, body = SignInAnswer), (status = 401), (status = 403), (status = 422), (status = 429)))]
pub async fn sign_in(state: web::Data<State>, request: HttpRequest, body: Body<Credentials>) -> Answer {
    let given = body.into_inner();
    let origin = caller::origin(&request, &state.config);
    let user = state.store.user_by_name(&given.username).await?;
    let tries = tries_of(&state, &request, user.as_ref(), &given.username, &origin);
    take(&state, &tries).await?;
    let verdict = match judge(&state, user.as_ref(), given).await {
        Ok(verdict) => verdict,
        Err(failure) => {
            state.store.give_back(&tries).await?;
            return Err(failure);
        }
    };
    match (verdict, user) {
        (Verdict::Right { rehashed, second, recovery_codes }, Some(user)) => {
            let right = Right { user: &user, rehashed: rehashed.as_deref(), second: &second, tries: &tries };
            let answer = SignInAnswer { success: true, recovery_codes, ..SignInAnswer::default() };
            open_session(&state, &request, &right, answer, origin).await
        }
        (Verdict::Next(answer), _) => {
            state.store.give_back(&tries).await?;
            Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(answer))
        }
        (Verdict::Refused(reason, failure), user) => {
            state.store.refused_sign_in(user.as_ref(), reason, &origin).await?;
            Err(failure)
        }
        (Verdict::Right { .. }, None) => Err(wrong_credentials()),
    }
}

/// Whether the password is right, whether its owner may sign in, and what of a second factor is still missing. One run
/// of Argon2, whatever comes of it.
async fn judge(state: &State, user: Option<&User>, given: Credentials) -> Result<Verdict, Failure> {
    let stored = user.and_then(|u| u.password_hash.clone());
    let checked = state.passwords.check(given.password.clone(), stored).await?;
    let refused = |reason| Ok(Verdict::Refused(reason, wrong_credentials()));
    let user = match user {
        None => return refused("unknown name"),
        Some(_) if !checked.is_right => return refused("wrong password"),
        Some(u) if !u.is_active => return refused("disabled"),
        Some(u) if !is_own_domain(&state.config, &u.email) => return refused("foreign domain"),
        Some(user) => user,
    };
    let asked = Asked { code: given.totp.as_deref(), recovery_code: given.recovery_code.as_deref() };
    Ok(match second(state, user, asked, Utc::now()).await? {
        Factored::Wrong => Verdict::Refused("wrong one-time code", wrong_code()),
        Factored::Code => Verdict::Next(SignInAnswer { next: Some("totp"), ..SignInAnswer::default() }),
        Factored::Enrol { secret, otpauth_url } => Verdict::Next(SignInAnswer {
            next: Some("enrol_totp"),
            secret: Some(secret),
            otpauth_url: Some(otpauth_url),
            ..SignInAnswer::default()
        }),
        Factored::Done { second, recovery_codes } => {
            let rehashed = if checked.is_outdated { Some(state.passwords.hash(given.password).await?) } else { None };
            Verdict::Right { rehashed, second, recovery_codes }
        }
    })
}

/// Somebody whose password and second factor were right.
struct Right<'a> {
    user: &'a User,
    rehashed: Option<&'a str>,
    second: &'a Second,
    tries: &'a [Bucket],
}

async fn open_session(
    state: &State,
    request: &HttpRequest,
    right: &Right<'_>,
    mut answer: SignInAnswer,
    origin: Origin,
) -> Answer {
    let user = right.user;
    let old = caller::find(request).await?;
    let old = old.as_ref().map(|c| (&c.session, &c.user));
    let origin = Origin { actor: Some((user.id, user.name())), ..origin };
    let agent = request.headers().get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let id = new_id();
    let Right { rehashed, second, tries, .. } = *right;
    let new = SignIn { user, id: &id, old, agent, rehashed, second, tries };
    if !state.store.sign_in(&new, &origin).await? {
        let origin = Origin { actor: None, ..origin };
        state.store.refused_sign_in(Some(user), "code used before, or account changed meanwhile", &origin).await?;
        return Err(if *second == Second::None { wrong_credentials() } else { wrong_code() });
    }
    adopt(request, &id)?;
    answer.user = Some(UserView::of(user, state.store.grants(user.id).await?));
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .cookie(csrf_cookie(state, Some(&hash(&id))))
        .cookie(browser_cookie(state, request, user))
        .json(answer))
}

/// Gives the browser the session `id`, which is in the table already.
///
/// # Errors
/// Never for an id of ours.
pub fn adopt(request: &HttpRequest, id: &str) -> Result<(), Failure> {
    let session = request.get_session();
    session.clear();
    session.insert(ID, id).map_err(|e| anyhow::anyhow!("the session id could not be kept: {e}"))?;
    session.renew();
    Ok(())
}

/// Takes one try from each bucket.
///
/// # Errors
/// 429 with the time to wait.
pub async fn take(state: &State, tries: &[Bucket]) -> Result<(), Failure> {
    match state.store.take(tries, Utc::now().timestamp_micros()).await? {
        Taken::Yes => Ok(()),
        Taken::NotYet(micros) => {
            let seconds = u64::try_from(micros).unwrap_or_default().div_ceil(1_000_000);
            let detail = format!("Too many tries; the next one may come in {seconds} seconds.");
            Err(Problem::too_many(detail, seconds).into())
        }
    }
}

fn tries_of(state: &State, request: &HttpRequest, user: Option<&User>, name: &str, origin: &Origin) -> Vec<Bucket> {
    let (secret, limits) = (&state.config.secret_key, &state.config.sign_in);
    let folded = fold(name);
    let account = user.map_or(Account::Unknown(&folded), |u| Account::Known(u.id));
    let cookie = request.cookie(browser_cookie_name(&state.config));
    let browser = user.and_then(|u| tries::browser_of(secret, cookie.as_ref()?.value(), u.id));
    tries::of_sign_in(secret, limits, account, &origin.address, browser.as_deref())
}

fn browser_cookie_name(config: &Config) -> &'static str {
    if config.is_https() { "__Host-browser" } else { "browser" }
}

/// Tells this browser from strangers at the next sign-in; it lets nobody in.
fn browser_cookie(state: &State, request: &HttpRequest, user: &User) -> Cookie<'static> {
    let name = browser_cookie_name(&state.config);
    let held = request.cookie(name).map(|c| c.value().to_owned()).unwrap_or_default();
    Cookie::build(name, tries::browser_cookie(&state.config.secret_key, &held, user.id))
        .path("/")
        .same_site(SameSite::Lax)
        .secure(state.config.is_https())
        .http_only(true)
        .max_age(Duration::days(BROWSER_DAYS))
        .finish()
}

/// Ends this session.
///
/// # Errors
/// 401 where there is none.
#[utoipa::path(post, path = "/api/session-logout/", responses((status = 204), (status = 401), (status = 403)))]
pub async fn sign_out(state: web::Data<State>, request: HttpRequest, who: Caller) -> Answer {
    state.store.sign_out(&who.session, &who.user, &who.origin).await?;
    request.get_session().purge();
    Ok(HttpResponse::NoContent()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("Clear-Site-Data", "\"cache\""))
        .cookie(csrf_cookie(&state, None))
        .finish())
}

/// Whether the address is of one of the organisation's domains.
#[must_use]
pub fn is_own_domain(config: &Config, email: &str) -> bool {
    let folded = fold(email);
    folded.rsplit_once('@').is_some_and(|(_, domain)| config.allowed_email_domains.iter().any(|d| d == domain))
}

/// 401: a password was right, the code beside it was not.
fn wrong_code() -> Failure {
    let detail = "The code is not right, or it was used before; wait for the next one.";
    Problem::new(http::StatusCode::UNAUTHORIZED, "wrong_code", detail).into()
}

fn wrong_credentials() -> Failure {
    Problem::new(http::StatusCode::UNAUTHORIZED, "wrong_credentials", "The name or the password is not right.").into()
}
