//! The caller's own account.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use domain::identity::Grant;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use service::Config;
use utoipa::ToSchema;

use super::State;
use super::body::Body;
use super::body::one;
use super::caller::Caller;
use super::failure::Answer;
use super::rules::check_name;
use super::users::changed_meanwhile;
use super::view::{GrantView, UserView};
use crate::store::users::User;

/// The most bytes of a user's settings.
const SETTINGS_LIMIT: usize = 32 * 1024;

/// The organisation.
#[derive(Serialize, ToSchema)]
pub struct Organisation {
    /// Its name: the first allowed domain.
    pub name: String,
    /// IANA time zone of civil dates.
    pub timezone: String,
    /// Today there, YYYY-MM-DD.
    pub today: String,
    /// E-mail domains that users may have.
    pub allowed_domains: Vec<String>,
}

/// Who the caller is.
#[derive(Serialize, ToSchema)]
pub struct Me {
    /// The account.
    #[serde(flatten)]
    pub user: UserView,
    /// What the caller may do now.
    pub permissions: Vec<GrantView>,
    /// The site's own JSON.
    #[schema(value_type = Object)]
    pub settings: Value,
    /// The organisation.
    pub org: Organisation,
    /// The program's version.
    pub build: &'static str,
}

/// What one may change of oneself.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MePatch {
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// Entries to set; null removes one.
    #[schema(value_type = Option<Object>)]
    pub settings: Option<Map<String, Value>>,
}

/// Who I am.
///
/// # Errors
/// 401.
#[utoipa::path(get, path = "/api/users/me/", responses((status = 200, body = Me), (status = 401)))]
pub async fn read(state: web::Data<State>, who: Caller) -> Answer {
    Ok(HttpResponse::Ok().json(me(&state.config, &who.user, who.grants, who.permissions, Utc::now())))
}

/// Changes my names and settings.
///
/// # Errors
/// 401, 422, 409 where the account was changed in between.
#[utoipa::path(patch, path = "/api/users/me/", request_body = MePatch,
    responses((status = 200, body = Me), (status = 401), (status = 403), (status = 409), (status = 422)))]
pub async fn change(state: web::Data<State>, who: Caller, body: Body<MePatch>) -> Answer {
    let patch = body.into_inner();
    let mut after = User { version: who.user.version + 1, ..who.user.clone() };
    if let Some(name) = patch.first_name {
        after.first_name = check_name("first_name", &name)?;
    }
    if let Some(name) = patch.last_name {
        after.last_name = check_name("last_name", &name)?;
    }
    if let Some(entries) = patch.settings {
        after.settings = merged(&who.user.settings, entries);
        if after.settings.len() > SETTINGS_LIMIT {
            return Err(one("settings", format!("Settings have at most {SETTINGS_LIMIT} bytes.")).into());
        }
    }
    if !state.store.change_user(&who.user, &after, false, &who.origin).await? {
        return Err(changed_meanwhile());
    }
    Ok(HttpResponse::Ok().json(me(&state.config, &after, who.grants, who.permissions, Utc::now())))
}

fn me(config: &Config, user: &User, stored: Vec<Grant>, permissions: Vec<Grant>, now: DateTime<Utc>) -> Me {
    Me {
        user: UserView::of(user, stored),
        permissions: permissions.into_iter().map(GrantView::from).collect(),
        settings: Value::Object(settings(&user.settings)),
        org: Organisation {
            name: config.allowed_email_domains.first().cloned().unwrap_or_default(),
            timezone: config.org_timezone.name().to_owned(),
            today: now.with_timezone(&config.org_timezone).date_naive().to_string(),
            allowed_domains: config.allowed_email_domains.clone(),
        },
        build: env!("CARGO_PKG_VERSION"),
    }
}

fn settings(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap_or_default()
}

fn merged(text: &str, entries: Map<String, Value>) -> String {
    let mut all = settings(text);
    for (name, value) in entries {
        if value.is_null() {
            all.remove(&name);
        } else {
            all.insert(name, value);
        }
    }
    Value::Object(all).to_string()
}
