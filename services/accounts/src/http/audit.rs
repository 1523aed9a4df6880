//! Who did what: sign-ins, changes of users, grants, keys, sessions and sets, from the log of accounts.

use actix_web::{HttpResponse, web};
use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use domain::identity::Permission;
use proto_contracts::events::{Account, Change, change};
use serde::{Deserialize, Serialize};
use service::Problem;
use service::pages::{Asked, At, address};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::State;
use super::caller::Caller;
use super::failure::{Answer, Failure};
use super::pages::rows;
use crate::store::audit::{Recorded, Wanted, shown};
use crate::store::users::at;

/// Rows of one page, unless the caller says, and at most.
const PAGE: u32 = 50;
const PAGE_LIMIT: u32 = 500;
/// Rows of an export fetched at once.
const EXPORT_ROWS: u32 = 500;
/// The columns of an export.
const HEAD: [&str; 13] = [
    "seq",
    "at",
    "entity",
    "kind",
    "by",
    "by_id",
    "user",
    "user_id",
    "changes",
    "detail",
    "via",
    "address",
    "request_id",
];

/// One page of the log.
#[derive(Serialize, ToSchema)]
pub struct AuditPage {
    /// The rows, newest first. Where a search finds little a page is short, and `next` goes on.
    pub results: Vec<AuditView>,
    /// Path and query of the next page.
    pub next: Option<String>,
    /// Path and query of the page before.
    pub previous: Option<String>,
}

/// Who.
#[derive(Serialize, ToSchema)]
pub struct Who {
    /// The id; null for the program itself and for somebody unknown.
    pub id: Option<Uuid>,
    /// The name, or the e-mail.
    pub name: String,
}

/// One field that changed.
#[derive(Serialize, ToSchema)]
pub struct FieldView {
    /// The field.
    pub field: String,
    /// Before, as text.
    pub old: String,
    /// After, as text.
    pub new: String,
}

/// One row of the log.
#[derive(Serialize, ToSchema)]
pub struct AuditView {
    /// Its place in the log.
    pub seq: i64,
    /// When.
    pub at: String,
    /// user, grant, key, session, sign_in, link, permission_set, …
    pub entity: String,
    /// The record's id.
    pub entity_id: String,
    /// What happened, a past participle.
    pub kind: String,
    /// Who did it.
    pub by: Who,
    /// Whom it is about, by e-mail.
    pub user: Who,
    /// What changed.
    pub changes: Vec<FieldView>,
    /// Further facts in words.
    pub detail: String,
    /// Sessions and keys that ended with it.
    pub ended_sessions: usize,
    /// site, key or command.
    pub via: String,
    /// Where the request came from.
    pub address: String,
    /// The request.
    pub request_id: String,
    /// The writing request's batch.
    pub batch_id: String,
}

/// Which rows of the log.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// 1 to 500, else 50.
    #[serde(default, deserialize_with = "rows")]
    limit: Option<u32>,
    /// As `next` and `previous` give it.
    cursor: Option<String>,
    /// Words that all stand in it.
    search: Option<String>,
    /// user, grant, key, session, sign_in, link, permission_set; several with commas.
    entity: Option<String>,
    /// created, updated, deleted, signed_in, sign_in_failed, …; several with commas.
    kind: Option<String>,
    /// Who did it.
    actor: Option<Uuid>,
    /// Whom it is about.
    user: Option<Uuid>,
    /// From this instant on.
    from: Option<DateTime<Utc>>,
    /// Before this instant.
    to: Option<DateTime<Utc>>,
    /// json (a page), csv or ndjson (a file with every row).
    format: Option<String>,
}

/// The log of accounts, newest first; with `format` every wanted row as a file.
///
/// # Errors
/// 400, 401, 403.
#[utoipa::path(get, path = "/api/audit/", params(AuditQuery),
    responses((status = 200, body = AuditPage), (status = 400), (status = 401), (status = 403)))]
pub async fn list(state: web::Data<State>, who: Caller, query: web::Query<AuditQuery>) -> Answer {
    who.must(Permission::AuditRead)?;
    let asked = query.into_inner();
    let wanted = wanted(&asked)?;
    match asked.format.as_deref() {
        None | Some("json") => {}
        Some("csv") => return Ok(export(state, wanted, Format::Csv)),
        Some("ndjson") => return Ok(export(state, wanted, Format::Ndjson)),
        Some(_) => return Err(Problem::malformed("format is json, csv or ndjson.").into()),
    }
    let page = Asked::of(asked.limit, (PAGE, PAGE_LIMIT), asked.cursor.as_deref())?;
    let (store, wanted) = (&state.store, &wanted);
    let read = |at, limit| async move { store.recorded(wanted, &at, limit).await };
    let page = page.page(&list_address(&asked), read, Recorded::place).await?;
    let results = page.rows.into_iter().map(view).collect();
    Ok(HttpResponse::Ok().json(AuditPage { results, next: page.next, previous: page.previous }))
}

fn wanted(asked: &AuditQuery) -> Result<Wanted, Failure> {
    let words = |given: &Option<String>| -> Vec<String> {
        given.iter().flat_map(|t| t.split(',')).map(|w| w.trim().to_owned()).filter(|w| !w.is_empty()).collect()
    };
    let search = asked.search.clone().unwrap_or_default();
    let (entities, kinds) = (words(&asked.entity), words(&asked.kind));
    if search.len() > 500 || entities.len() > 20 || kinds.len() > 20 {
        return Err(Problem::malformed("At most 500 bytes of search and 20 words of entity and kind.").into());
    }
    Ok(Wanted {
        entities,
        kinds,
        actor: asked.actor,
        user: asked.user,
        from: asked.from.map(|t| t.timestamp_micros()),
        to: asked.to.map(|t| t.timestamp_micros()),
        search,
    })
}

/// Path and query of the same rows.
fn list_address(asked: &AuditQuery) -> String {
    let instant = |t: DateTime<Utc>| t.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    let pairs = [
        ("search", asked.search.clone()),
        ("entity", asked.entity.clone()),
        ("kind", asked.kind.clone()),
        ("actor", asked.actor.map(|id| id.to_string())),
        ("user", asked.user.map(|id| id.to_string())),
        ("from", asked.from.map(instant)),
        ("to", asked.to.map(instant)),
    ];
    address("/api/audit/", pairs)
}

fn view(row: Recorded) -> AuditView {
    let Change {
        entity,
        entity_id,
        kind,
        actor,
        changes,
        batch_id,
        request_id,
        at_micros,
        via,
        address,
        row: after,
        ..
    } = row.change;
    let account = match after {
        Some(change::Row::Account(account)) => account,
        _ => Account::default(),
    };
    let actor = actor.unwrap_or_default();
    let field = |c: proto_contracts::events::FieldChange| FieldView {
        old: shown(c.old.as_ref()),
        new: shown(c.new.as_ref()),
        field: c.field,
    };
    AuditView {
        seq: row.seq,
        at: at(at_micros).to_rfc3339_opts(SecondsFormat::Micros, true),
        entity,
        entity_id,
        kind,
        by: Who { id: actor.id.parse().ok(), name: actor.name },
        user: Who { id: account.user_id.parse().ok(), name: account.email },
        changes: changes.into_iter().map(field).collect(),
        detail: account.detail,
        ended_sessions: account.ended_sessions.len(),
        via,
        address,
        request_id,
        batch_id,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv,
    Ndjson,
}

/// Every wanted row as a file, fetched as fast as it is read.
fn export(state: web::Data<State>, wanted: Wanted, format: Format) -> HttpResponse {
    let rows = async_stream::stream! {
        if format == Format::Csv {
            yield line(&HEAD.map(str::to_owned));
        }
        let mut next = Some(At::Start);
        while let Some(at) = next {
            match state.store.recorded(&wanted, &at, EXPORT_ROWS).await {
                Ok(found) => {
                    let is_full = found.rows.len() == EXPORT_ROWS as usize;
                    let last = found.rows.last().filter(|_| is_full).map(Recorded::place);
                    next = last.or(found.broken_off).map(At::After);
                    let mut piece = Vec::new();
                    for row in found.rows {
                        piece.extend_from_slice(&written(&view(row), format)?);
                    }
                    yield Ok(Bytes::from(piece));
                }
                Err(error) => {
                    // The connection breaks off, so that nobody takes the half for the whole.
                    tracing::warn!("an export of the log broke off: {error:?}");
                    yield Err(std::io::Error::other("the database did not answer"));
                    return;
                }
            }
        }
    };
    let (media_type, name) = match format {
        Format::Csv => ("text/csv; charset=utf-8; header=present", "audit.csv"),
        Format::Ndjson => ("application/x-ndjson", "audit.ndjson"),
    };
    HttpResponse::Ok()
        .content_type(media_type)
        .insert_header(("Content-Disposition", format!("attachment; filename=\"{name}\"")))
        .insert_header(("Cache-Control", "no-store"))
        .streaming(rows)
}

fn written(row: &AuditView, format: Format) -> std::io::Result<Bytes> {
    if format == Format::Ndjson {
        let mut text = serde_json::to_vec(row)?;
        text.push(b'\n');
        return Ok(text.into());
    }
    let id = |who: &Who| who.id.map_or_else(String::new, |id| id.to_string());
    let changes: Vec<String> = row.changes.iter().map(|c| format!("{}: {} → {}", c.field, c.old, c.new)).collect();
    line(&[
        row.seq.to_string(),
        row.at.clone(),
        row.entity.clone(),
        row.kind.clone(),
        row.by.name.clone(),
        id(&row.by),
        row.user.name.clone(),
        id(&row.user),
        changes.join("\n"),
        row.detail.clone(),
        row.via.clone(),
        row.address.clone(),
        row.request_id.clone(),
    ])
}

/// One line of CSV (RFC 4180). A cell that a spreadsheet would run as a formula begins with an apostrophe (OWASP, CSV
/// injection).
fn line(cells: &[String]) -> std::io::Result<Bytes> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let safe = |cell: &String| match cell.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠') => format!("'{cell}"),
        _ => cell.clone(),
    };
    writer.write_record(cells.iter().map(safe)).map_err(std::io::Error::other)?;
    Ok(writer.into_inner().map_err(|e| std::io::Error::other(e.to_string()))?.into())
}
