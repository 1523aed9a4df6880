//! What users may do: their grants, the catalogue of permissions, and whether somebody may do something.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::Utc;
use domain::identity::{Identity, Permission, Via};
use domain::rights::{Row, verdict};
use reqwest::header::COOKIE;
use serde::{Deserialize, Serialize};
use service::Problem;
use utoipa::ToSchema;
use uuid::Uuid;

use super::State;
use super::authority::{may_give, may_manage};
use super::body::Body;
use super::body::one;
use super::caller::Caller;
use super::failure::{Answer, Failure};
use super::rules::{COLUMNS, check_grants};
use super::users::{changed_meanwhile, existing};
use super::view::{GrantView, UserView};
use crate::store::grants::holding;
use crate::store::users::User;

/// Every grant of a user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Grants {
    /// They replace those held.
    pub grants: Vec<GrantView>,
}

/// A permission that can be granted.
#[derive(Serialize, ToSchema)]
pub struct PermissionView {
    /// The word.
    pub permission: &'static str,
    /// What it allows.
    pub description: &'static str,
    /// Whether a grant of it may name rows and hide columns.
    pub of_rows: bool,
}

/// Every permission that can be granted.
#[derive(Serialize, ToSchema)]
pub struct Catalogue {
    /// The permissions.
    pub results: Vec<PermissionView>,
    /// Columns that a grant may hide.
    pub columns: Vec<&'static str>,
    /// Always null: they fit one page.
    pub next: Option<String>,
    /// Always null.
    pub previous: Option<String>,
}

/// May this user do that?
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The user.
    pub user_id: Uuid,
    /// The permission.
    #[schema(value_type = String, example = "challan:read")]
    pub permission: Permission,
    /// The challan, where it is about one.
    pub challan_id: Option<Uuid>,
}

/// Whether, and why.
#[derive(Serialize, ToSchema)]
pub struct Verdict {
    /// Whether.
    pub allowed: bool,
    /// Why, in a sentence.
    pub why: String,
}

/// Replaces every grant of a user; their sessions stay, their keys shrink.
///
/// # Errors
/// 401, 403, 404, 409, 422.
#[utoipa::path(put, path = "/api/users/{id}/grants/", params(("id" = Uuid, Path)), request_body = Grants,
    responses((status = 200, body = UserView), (status = 401), (status = 403), (status = 404), (status = 409), (status = 422)))]
pub async fn replace(state: web::Data<State>, who: Caller, id: web::Path<Uuid>, body: Body<Grants>) -> Answer {
    who.must(Permission::UserManage)?;
    let user = existing(&state, *id).await?;
    may_manage(&state, &who, &user).await?;
    if user.id == who.user.id {
        return Err(Problem::forbidden("Another admin has to change what you may do.").into());
    }
    let grants = check_grants(body.into_inner().grants)?;
    may_give(&who, &grants)?;
    let held = state.store.grants(user.id).await?;
    if !state.store.replace_grants(&user, &held, &grants, &who.origin).await? {
        return Err(changed_meanwhile());
    }
    Ok(HttpResponse::Ok().json(UserView::of(&user, grants)))
}

/// The permissions that can be granted.
///
/// # Errors
/// 401.
#[utoipa::path(get, path = "/api/permissions/", responses((status = 200, body = Catalogue), (status = 401)))]
pub async fn catalogue(_who: Caller) -> Answer {
    let view =
        |p: &Permission| PermissionView { permission: p.as_str(), description: p.describe(), of_rows: p.is_of_rows() };
    let results = Permission::ALL.iter().map(view).collect();
    Ok(HttpResponse::Ok().json(Catalogue { results, columns: COLUMNS.to_vec(), next: None, previous: None }))
}

/// Whether a user may do something, on one challan where it is named, and why. Everybody may ask about themselves.
///
/// # Errors
/// 401, 403, 404 where the user or challan is not there or not visible to the asker, 422, 503.
#[utoipa::path(post, path = "/api/permissions/evaluate/", request_body = Question,
    responses((status = 200, body = Verdict), (status = 401), (status = 403), (status = 404), (status = 422), (status = 503)))]
pub async fn evaluate(state: web::Data<State>, request: HttpRequest, who: Caller, body: Body<Question>) -> Answer {
    let Question { user_id, permission, challan_id } = body.into_inner();
    if user_id != who.user.id {
        who.must(Permission::UserManage)?;
    }
    let user = existing(&state, user_id).await?;
    let facts = match challan_id {
        None => None,
        Some(_) if !permission.is_of_rows() => {
            return Err(one("challan_id", format!("{} is not about single challans.", permission.as_str())).into());
        }
        Some(id) => Some(facts_of(&state, &request, id).await?),
    };
    if !user.is_active {
        let why = "This user is disabled and may do nothing.".into();
        return Ok(HttpResponse::Ok().json(Verdict { allowed: false, why }));
    }
    let stored = state.store.grants(user.id).await?;
    let row = facts.as_ref().map(|f| Row {
        customer_id: f.customer_id,
        executives: &f.delivery_executives,
        source: f.source.as_deref(),
    });
    let (allowed, why) = verdict(&as_identity(user, stored.clone()), &stored, permission, row, Utc::now());
    Ok(HttpResponse::Ok().json(Verdict { allowed, why }))
}

/// The user as other services would see them at the site.
fn as_identity(user: User, stored: Vec<domain::identity::Grant>) -> Identity {
    let now = Utc::now();
    Identity {
        permissions: holding(&user, stored, now),
        user_id: user.id,
        name: user.name(),
        role: user.role,
        via: Via::Session,
        session: String::new(),
        executive_name: user.executive_name,
        key_scopes: Vec::new(),
        key_sources: None,
        valid_until: now,
    }
}

/// What decides about a challan.
#[derive(Deserialize)]
struct Facts {
    customer_id: Uuid,
    #[serde(default)]
    delivery_executives: Vec<String>,
    source: Option<String>,
}

/// Asks the tracker for the challan as the asker sees it, so that nobody learns here of one they may not see.
async fn facts_of(state: &State, request: &HttpRequest, id: Uuid) -> Result<Facts, Failure> {
    let cookie = request.cookie(state.config.session_cookie()).ok_or_else(Problem::unauthenticated)?;
    let shown = format!("{}={}", cookie.name(), cookie.value());
    let mut cause = "TRACKER_URL is not set for accounts".to_owned();
    for base in &state.config.tracker_urls {
        let asked = state.tracker.get(format!("{base}/api/tracker/data/{id}/")).header(COOKIE, &shown).send().await;
        match asked {
            Ok(answer) if answer.status().is_success() => match answer.json::<Facts>().await {
                Ok(facts) => return Ok(facts),
                Err(e) => cause = e.to_string(),
            },
            Ok(answer) if matches!(answer.status().as_u16(), 403 | 404) => return Err(Problem::not_found().into()),
            Ok(answer) => cause = format!("status {}", answer.status()),
            Err(e) => cause = e.to_string(),
        }
    }
    tracing::warn!(cause, "the tracker could not be asked about a challan");
    Err(Problem::unavailable("The register does not answer just now; ask without challan_id, or again in a moment.")
        .into())
}
