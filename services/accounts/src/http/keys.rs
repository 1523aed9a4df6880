//! API keys: how other systems are let in.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use domain::identity::{KeyScope, Permission, Role};
use serde::{Deserialize, Serialize};
use service::pages::Asked;
use service::{Problem, keys};
use utoipa::ToSchema;
use uuid::Uuid;

use super::State;
use super::body::Body;
use super::body::one;
use super::caller::Caller;
use super::failure::{Answer, Failure};
use super::pages::{MOST, PageQuery};
use super::rules::check_name;
use crate::password::random;
use crate::store::keys::Key;
use crate::store::sessions::hash;
use crate::store::users::at;

/// Keys of one page, unless the caller says.
const PAGE: u32 = 50;
/// Keys that one person may have.
const PER_MAKER: i64 = 100;
/// Sources that one key may be bound to.
const SOURCES: usize = 50;
/// Characters of a source's name, as ingest takes it.
const SOURCE_LENGTH: std::ops::RangeInclusive<usize> = 1..=64;
/// Characters of the key that stay readable: the prefix and 8 of 43.
const SHOWN: usize = keys::PREFIX.len() + 8;

/// A new key.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// What the other system is called.
    pub name: String,
    /// What it may do: ingest:write, challan:read, changes:read.
    #[schema(value_type = Vec<String>)]
    pub scopes: Vec<KeyScope>,
    /// The sources it writes as and reads of; null for any.
    pub sources: Option<Vec<String>>,
    /// When it ends; null for never.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Who made a key.
#[derive(Serialize, ToSchema)]
pub struct Maker {
    /// The user.
    pub id: Uuid,
    /// Their name.
    pub name: String,
}

/// A key as lists show it.
#[derive(Serialize, ToSchema)]
pub struct KeyView {
    /// The id.
    pub id: Uuid,
    /// What the other system is called.
    pub name: String,
    /// How the key begins.
    pub prefix: String,
    /// What it may do at most; never more than its maker.
    #[schema(value_type = Vec<String>)]
    pub scopes: Vec<KeyScope>,
    /// The sources it is bound to; null for any.
    pub sources: Option<Vec<String>>,
    /// When it ends.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// Who made it.
    pub maker: Maker,
}

/// A key on the one occasion it is shown.
#[derive(Serialize, ToSchema)]
pub struct MadeKey {
    /// What lists show from now on.
    #[serde(flatten)]
    pub view: KeyView,
    /// The key. It is not kept and cannot be shown again.
    pub key: String,
}

/// One page of keys, newest first.
#[derive(Serialize, ToSchema)]
pub struct KeyPage {
    /// The keys.
    pub results: Vec<KeyView>,
    /// Path and query of the next page.
    pub next: Option<String>,
    /// Path and query of the page before.
    pub previous: Option<String>,
}

fn view(key: &Key, maker: String) -> KeyView {
    KeyView {
        id: key.id,
        name: key.name.clone(),
        prefix: key.prefix.clone(),
        scopes: key.scopes.clone(),
        sources: key.sources.clone(),
        expires_at: key.expires_at.map(at),
        created_at: at(key.created_at),
        last_used_at: key.last_used_at.map(at),
        maker: Maker { id: key.user_id, name: maker },
    }
}

/// Keys, newest first, 50 of them or `limit`: one's own, and for admins everybody's.
///
/// # Errors
/// 400, 401, 403.
#[utoipa::path(get, path = "/api/keys/", params(PageQuery),
    responses((status = 200, body = KeyPage), (status = 400), (status = 401), (status = 403)))]
pub async fn list(state: web::Data<State>, who: Caller, query: web::Query<PageQuery>) -> Answer {
    who.must(Permission::KeyManage)?;
    let asked = Asked::of(query.limit, (PAGE, MOST), query.cursor.as_deref())?;
    let owner = (who.user.role == Role::User).then_some(who.user.id);
    let store = &state.store;
    let read = |at, limit| async move { store.keys(owner, &at, limit).await };
    let page = asked.page("/api/keys/?", read, |key| key.id).await?;
    let mut names = std::collections::HashMap::new();
    for key in &page.rows {
        if let std::collections::hash_map::Entry::Vacant(unknown) = names.entry(key.user_id) {
            unknown.insert(state.store.user(key.user_id).await?.map(|u| u.name()).unwrap_or_default());
        }
    }
    let results = page.rows.iter().map(|k| view(k, names.get(&k.user_id).cloned().unwrap_or_default())).collect();
    Ok(HttpResponse::Ok().json(KeyPage { results, next: page.next, previous: page.previous }))
}

/// Makes a key, which is shown in this answer and never again.
///
/// # Errors
/// 401, 403 where its scopes are wider than the maker's rights, 422.
#[utoipa::path(post, path = "/api/keys/", request_body = NewKey,
    responses((status = 201, body = MadeKey), (status = 401), (status = 403), (status = 409), (status = 422)))]
pub async fn create(state: web::Data<State>, who: Caller, body: Body<NewKey>) -> Answer {
    who.must(Permission::KeyManage)?;
    let new = body.into_inner();
    let name = check_name("name", &new.name)?;
    if name.is_empty() {
        return Err(one("name", "Name the other system in 1 to 100 characters.").into());
    }
    let scopes: Vec<KeyScope> = KeyScope::ALL.into_iter().filter(|s| new.scopes.contains(s)).collect();
    if scopes.is_empty() {
        return Err(one("scopes", "Name at least one of ingest:write, challan:read and changes:read.").into());
    }
    if let Some(wide) = scopes.iter().find(|s| !who.may(s.needs())) {
        let detail =
            format!("{} needs the permission {}, which you do not hold.", wide.as_str(), wide.needs().as_str());
        return Err(Problem::forbidden(detail).into());
    }
    let sources = new.sources.map(check_sources).transpose()?;
    let now = Utc::now();
    if new.expires_at.is_some_and(|end| end <= now) {
        return Err(one("expires_at", "A key ends in the future or never.").into());
    }
    let secret = format!("{}{}", keys::PREFIX, random(keys::LENGTH));
    let key = Key {
        id: Uuid::now_v7(),
        user_id: who.user.id,
        prefix: secret.chars().take(SHOWN).collect(),
        name,
        scopes,
        sources,
        created_at: now.timestamp_micros(),
        expires_at: new.expires_at.map(|end| end.timestamp_micros()),
        last_used_at: None,
    };
    if !state.store.create_key(&key, &hash(&secret), &who.user, PER_MAKER, &who.origin).await? {
        let detail = format!("You have {PER_MAKER} keys; delete one first.");
        return Err(Problem::new(http::StatusCode::CONFLICT, "too_many_keys", detail).into());
    }
    let made = MadeKey { view: view(&key, who.user.name()), key: secret };
    Ok(HttpResponse::Created().insert_header(("Cache-Control", "no-store")).json(made))
}

/// Ends a key at once: one's own, or for admins anybody's but a superadmin's.
///
/// # Errors
/// 401, 403, 404.
#[utoipa::path(delete, path = "/api/keys/{id}/", params(("id" = Uuid, Path)),
    responses((status = 204), (status = 401), (status = 403), (status = 404)))]
pub async fn delete(state: web::Data<State>, who: Caller, id: web::Path<Uuid>) -> Answer {
    who.must(Permission::KeyManage)?;
    let key = state.store.key(*id).await?.ok_or_else(Problem::not_found)?;
    let own = key.user_id == who.user.id;
    if !own && who.user.role == Role::User {
        return Err(Problem::not_found().into());
    }
    let maker = state.store.user(key.user_id).await?.ok_or_else(Problem::not_found)?;
    if !own && maker.role == Role::Superadmin && who.user.role != Role::Superadmin {
        return Err(Problem::forbidden("Only a superadmin ends a superadmin's key.").into());
    }
    if !state.store.delete_key(&key, &maker, &who.origin).await? {
        return Err(Problem::not_found().into());
    }
    Ok(HttpResponse::NoContent().finish())
}

fn check_sources(sources: Vec<String>) -> Result<Vec<String>, Failure> {
    let is_name = |s: &String| {
        SOURCE_LENGTH.contains(&s.chars().count()) && !s.trim().is_empty() && !s.chars().any(char::is_control)
    };
    if !(1..=SOURCES).contains(&sources.len()) || !sources.iter().all(is_name) {
        let reason = format!("Name 1 to {SOURCES} sources of 1 to 64 characters each, or null for any.");
        return Err(one("sources", reason).into());
    }
    let mut unique = sources;
    unique.sort();
    unique.dedup();
    Ok(unique)
}
