//! What challans show to a filter, kept beside the rows and written in their transactions.

use chrono_tz::Tz;
use db::{Argument, Clause, Db, DbError, Dialect, Text, Tx, on_tx};
use domain::challan::Challan;
use domain::filter::{Field, Finding, Searched};
use domain::fold::fold;
use sqlx::QueryBuilder;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::challans::decode;
use super::update::{Column, Row, insertion, update};

/// One up whenever a [`Finding`] or these tables change, so that rows are filled anew: a change of a row trusts what it finds.
const SHAPE: u32 = 2;
/// Rows of one statement: few enough for `SQLite`'s 32,766 parameters.
const ROWS_PER_STATEMENT: usize = 100;
/// Rows filled in one transaction, so that others pass in between.
const ROWS_PER_FILL: i64 = 500;

/// The column of a field of days.
pub(super) fn day_column(field: Field) -> Option<&'static str> {
    Some(match field {
        Field::Date => "c.date",
        Field::Dispatched => "f.dispatched_day",
        Field::Delivered => "f.delivered_day",
        Field::PodDate => "f.pod_day",
        Field::InvoiceDate => "f.invoice_day",
        Field::SubmittedOn => "f.submitted_day",
        Field::Voided => "f.voided_day",
        Field::Created => "f.created_day",
        Field::Updated => "f.updated_day",
        Field::Deleted => "f.deleted_day",
        _ => return None,
    })
}

/// The column of a field of texts. `c.number_sort` has its letters large.
pub(super) fn text_column(field: Field) -> Option<&'static str> {
    Some(match field {
        Field::Number => "c.number_sort",
        Field::Customer => "c.customer",
        Field::Invoice => "f.invoice",
        Field::External => "f.external",
        Field::Source => "f.source",
        Field::ReceivedBy => "f.received_by",
        Field::CreatedBy => "f.created_by",
        Field::UpdatedBy => "f.updated_by",
        Field::DeletedBy => "f.deleted_by",
        _ => return None,
    })
}

/// The column with the words of another. Those of the challan's own number, in large letters, are made from it: what is kept
/// here is written before the number is taken, from where on other writers wait. A number has letters, digits, `-` and `/`.
pub(super) fn words_column(column: Searched) -> &'static str {
    match column {
        Searched::Number => {
            "CASE WHEN c.number_sort = '' THEN '' ELSE REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(CONCAT(' ', \
             c.number_sort, ' '), '-', ' '), '/', ' '), ' ', '()'), ')(', ''), '()', ' ') END"
        }
        Searched::Invoice => "f.invoice_words",
        Searched::External => "f.external_words",
        Searched::Customer => "f.customer_words",
        Searched::Executives => "f.executives_words",
        Searched::Summary => "f.summary_words",
        Searched::Remarks => "f.remarks_words",
        Searched::VoidReason => "f.void_reason_words",
    }
}

/// Days of a row beside the challan's own, in the order of the columns below.
const DAYS: [Field; 9] = [
    Field::Dispatched,
    Field::Delivered,
    Field::PodDate,
    Field::InvoiceDate,
    Field::SubmittedOn,
    Field::Voided,
    Field::Created,
    Field::Updated,
    Field::Deleted,
];
const TEXTS: [Field; 7] = [
    Field::Invoice,
    Field::External,
    Field::Source,
    Field::ReceivedBy,
    Field::CreatedBy,
    Field::UpdatedBy,
    Field::DeletedBy,
];

/// What these challans show, with civil days in `tz`.
#[must_use]
pub fn of(challans: &[&Challan], tz: Tz) -> Vec<(Uuid, Finding)> {
    challans.iter().map(|c| (c.id, Finding::of(c, tz))).collect()
}

/// Writes what challans show, in the transaction that writes them.
///
/// # Errors
/// The database's own.
pub async fn write(tx: &mut Tx, found: &[(Uuid, Finding)]) -> db::Result<()> {
    for chunk in found.chunks(ROWS_PER_STATEMENT) {
        let rows = chunk.iter().map(|(id, finding)| (*id, columns(finding))).collect();
        tx.write(insertion("REPLACE INTO tracker_finding", &["number_words"], &SELDOM, rows)).await?;
    }
    Ok(())
}

/// What a challan that a person makes shows seldom from its first day.
const SELDOM: [&str; 15] = [
    "dispatched_day",
    "delivered_day",
    "pod_day",
    "invoice_day",
    "submitted_day",
    "voided_day",
    "deleted_day",
    "invoice",
    "external",
    "source",
    "received_by",
    "deleted_by",
    "invoice_words",
    "external_words",
    "void_reason_words",
];

/// What a changed challan showed and what it shows.
pub struct Changed {
    /// Which.
    pub id: Uuid,
    /// As it was.
    pub before: Finding,
    /// As it is.
    pub after: Finding,
}

/// Writes what challans show otherwise than before, in the transaction that changes them. One of which nothing is here yet is
/// left to [`fill`].
///
/// # Errors
/// The database's own.
pub async fn change(tx: &mut Tx, found: &[Changed]) -> db::Result<()> {
    let mut rows = Vec::with_capacity(found.len());
    for Changed { id, before, after } in found {
        let (before, after) = (columns(before), columns(after));
        if before == after {
            continue;
        }
        // Those without an index are given together, so that there are few kinds of statements.
        let is_set = |(before, after): &(Column, Column)| before != after || !INDEXED.contains(&after.0);
        let columns = before.into_iter().zip(after).filter(is_set).map(|(_, after)| after).collect();
        rows.push(Row { id: *id, version: None, columns });
    }
    update(tx, "tracker_finding", rows).await.map(drop)
}

/// Those with an index of their own.
const INDEXED: [&str; 7] =
    ["age_from", "dispatched_day", "delivered_day", "pod_day", "invoice_day", "invoice", "external"];

/// What stands beside the id.
fn columns(f: &Finding) -> Vec<Column> {
    let mut columns: Vec<Column> = vec![
        ("pod", i64::from(f.pod).into()),
        ("submitted", i64::from(f.submitted).into()),
        ("age_from", Argument::Text(Some(f.age_from.to_string()))),
    ];
    let own = |column: &'static str| column.strip_prefix("f.");
    for field in DAYS {
        let day = f.day(field).map(|day| day.to_string());
        columns.extend(day_column(field).and_then(own).map(|name| (name, Argument::Text(day))));
    }
    for field in TEXTS {
        columns.extend(text_column(field).and_then(own).map(|name| (name, f.text(field).into())));
    }
    for column in Searched::ALL {
        columns.extend(own(words_column(column)).map(|name| (name, f.words(column).into())));
    }
    columns
}

/// Writes whom these challans are carried by, new ones and those where that changed, in the transaction that writes them.
///
/// # Errors
/// The database's own.
pub async fn write_executives(tx: &mut Tx, challans: &[&Challan]) -> db::Result<()> {
    for chunk in challans.chunks(ROWS_PER_STATEMENT) {
        put_executives(tx, chunk).await?;
    }
    Ok(())
}

async fn put_executives(tx: &mut Tx, challans: &[&Challan]) -> db::Result<()> {
    let mut names: Vec<(Uuid, i64, String, &str)> = Vec::new();
    for challan in challans {
        let first = names.len();
        for name in &challan.facts.delivery_executives {
            let folded = fold(name);
            if !folded.is_empty() && !names[first..].iter().any(|(.., known, _)| *known == folded) {
                names.push((challan.id, (names.len() - first) as i64, folded, name.trim()));
            }
        }
    }
    // A new row has none; a row is told to be new by its version, which spares most writers this statement.
    let changed: Vec<Argument> = challans.iter().filter(|c| c.version > 1).map(|c| c.id.into()).collect();
    if !changed.is_empty() {
        let mut sql = Clause::of("DELETE FROM tracker_executives WHERE id IN (");
        sql.values(changed).sql(")");
        tx.write(sql).await?;
    }
    for chunk in names.chunks(1000) {
        let rows = chunk
            .iter()
            .map(|(id, place, name, shown)| [(*id).into(), (*place).into(), name.as_str().into(), (*shown).into()]);
        let mut sql = Clause::of("REPLACE INTO tracker_executives (id, place, name, shown) VALUES ");
        sql.rows(rows);
        tx.write(sql).await?;
    }
    Ok(())
}

/// The challans on invoices with these folded numbers, of whatever year, by id: `most` of them.
///
/// # Errors
/// The database's own.
pub async fn on_invoices(tx: &mut Tx, numbers: &[&str], most: usize) -> db::Result<Vec<Uuid>> {
    let mut found: Vec<Uuid> = Vec::new();
    for chunk in numbers.chunks(ROWS_PER_STATEMENT) {
        found.extend(on_tx!(&mut *tx, conn => {
            let mut sql = QueryBuilder::new("SELECT id FROM tracker_finding WHERE invoice <> '' AND invoice IN (");
            let mut list = sql.separated(", ");
            for number in chunk {
                list.push_bind(Text::from(*number));
            }
            sql.push(") LIMIT ").push_bind(i64::try_from(most).unwrap_or(i64::MAX));
            sql.build_query_scalar::<Uuid>().fetch_all(&mut *conn).await?
        }));
    }
    found.sort_unstable();
    Ok(found)
}

/// Fills what rows of an older shape, or of another time zone, do not have yet. It goes on where it was interrupted, and
/// ends early after `stop`. Several copies may run it at once.
///
/// # Errors
/// The database's own.
pub async fn fill(db: &Db, tz: Tz, stop: &CancellationToken) -> db::Result<()> {
    let made = format!("{SHAPE} {tz}");
    let mut filled = 0;
    while !stop.is_cancelled() {
        match fill_some(db, tz, &made).await {
            Ok(Some(rows)) => {
                filled += rows;
                if filled % 50_000 == 0 {
                    tracing::info!("{filled} challans are ready to be found; the rest follows");
                }
            }
            Ok(None) => break,
            // Another copy is at it; the place is told by the state that it leaves.
            Err(DbError::Conflict(_) | DbError::Duplicate(_)) => {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

/// Fills the next rows and says how many; none where all are filled.
async fn fill_some(db: &Db, tz: Tz, made: &str) -> db::Result<Option<usize>> {
    let mut tx = db.begin().await?;
    let (upto, done) = place(&mut tx, made).await?;
    if done {
        tx.rollback().await?;
        return Ok(None);
    }
    let mut query = "SELECT id, doc FROM tracker_challans WHERE id > ? ORDER BY id LIMIT ?".to_owned();
    if tx.dialect() == Dialect::MySql {
        query.push_str(" FOR UPDATE");
    }
    let rows: Vec<(Uuid, String)> = on_tx!(&mut tx, conn => {
        sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(upto).bind(ROWS_PER_FILL).fetch_all(&mut *conn).await?
    });
    let challans: Vec<Challan> = rows.iter().map(|(_, doc)| decode(doc)).collect::<db::Result<_>>()?;
    let filled: Vec<&Challan> = challans.iter().collect();
    write(&mut tx, &of(&filled, tz)).await?;
    write_executives(&mut tx, &filled).await?;
    let done = (rows.len() as i64) < ROWS_PER_FILL;
    let upto = rows.last().map_or(upto, |(id, _)| *id);
    on_tx!(&mut tx, conn => {
        sqlx::query("UPDATE tracker_finding_state SET upto = ?, done = ? WHERE id = 1")
            .bind(upto)
            .bind(i64::from(done))
            .execute(&mut *conn)
            .await?;
    });
    tx.commit().await?;
    Ok(if done { None } else { Some(rows.len()) })
}

/// How far rows of the shape `made` are filled; the state stays locked until the transaction ends.
async fn place(tx: &mut Tx, made: &str) -> db::Result<(Uuid, bool)> {
    let mut query = "SELECT made, upto, done FROM tracker_finding_state WHERE id = 1".to_owned();
    if tx.dialect() == Dialect::MySql {
        query.push_str(" FOR UPDATE");
    }
    let state: Option<(Text, Uuid, i64)> = on_tx!(&mut *tx, conn => {
        sqlx::query_as(sqlx::AssertSqlSafe(query)).fetch_optional(&mut *conn).await?
    });
    if let Some((known, upto, done)) = state
        && known.as_str() == made
    {
        return Ok((upto, done == 1));
    }
    on_tx!(&mut *tx, conn => {
        sqlx::query("REPLACE INTO tracker_finding_state (id, made, upto, done) VALUES (1, ?, ?, 0)")
            .bind(Text::from(made))
            .bind(Uuid::nil())
            .execute(&mut *conn)
            .await?;
    });
    Ok((Uuid::nil(), false))
}
