//! The customer list. A name nobody has used before is added to it; an alias is a further name of a customer.

use std::collections::{BTreeMap, HashMap};

use db::{Argument, Clause, Db, DbError, Dialect, Text, Tx, on_db, on_tx};
use domain::fold::fold;
use domain::rights::Customers;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use service::pages::{At, Name};
use sqlx::QueryBuilder;
use uuid::Uuid;

use super::naming;

/// Rows of one statement.
const CHUNK: usize = 200;
/// Shares what nobody is changing and passes over what somebody is. MySQL and MariaDB spell it in their own way, and each reads
/// the other's as a comment.
pub(super) const FREE: &str = " /*M! LOCK IN SHARE MODE */ /*!80000 FOR SHARE */ SKIP LOCKED";

/// What is known of a customer beside its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Further names, each of one customer only.
    pub aliases: Vec<String>,
    /// Checked, in capitals.
    pub gstin: Option<String>,
    /// A GST state code.
    pub state: Option<String>,
    /// As it is written on paper.
    pub address: Option<String>,
    /// Whether it is still dealt with.
    pub active: bool,
}

impl Default for Facts {
    fn default() -> Self {
        Facts { aliases: Vec::new(), gstin: None, state: None, address: None, active: true }
    }
}

/// A row of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// Its id.
    pub id: Uuid,
    /// From 1, one up at every change.
    pub version: u64,
    /// As it was last written.
    pub name: String,
    /// The customer that took this one's challans and names.
    pub merged_into: Option<Uuid>,
    /// Everything else.
    pub facts: Facts,
}

impl Customer {
    /// As the answers and the log have it.
    #[must_use]
    pub fn json(&self) -> Value {
        let f = &self.facts;
        json!({
            "id": self.id, "name": self.name, "aliases": f.aliases, "gstin": f.gstin, "state": f.state,
            "address": f.address, "active": f.active, "merged_into": self.merged_into, "version": self.version,
        })
    }

    /// Its place in the list.
    #[must_use]
    pub fn place(&self) -> Name {
        Name(fold(&self.name))
    }

    /// Every name by which it is found, by its folded form. A merged customer has none.
    fn names(&self) -> BTreeMap<String, String> {
        if self.merged_into.is_some() {
            return BTreeMap::new();
        }
        std::iter::once(&self.name).chain(&self.facts.aliases).map(|name| (fold(name), name.clone())).collect()
    }

    /// The name as it is found. A merged customer has none: its names are the other's now.
    fn folded(&self) -> String {
        if self.merged_into.is_some() { format!("\0{}", self.id) } else { fold(&self.name) }
    }
}

/// A customer as a challan names it.
#[derive(Clone, Debug)]
pub struct Named {
    /// Its id.
    pub id: Uuid,
    /// Its name, whichever of its names was given.
    pub name: String,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    version: i64,
    name: Text,
    merged_into: Option<Uuid>,
    doc: Option<String>,
}

impl Row {
    fn read(self) -> db::Result<Customer> {
        let facts = self.doc.as_deref().map(serde_json::from_str).transpose();
        Ok(Customer {
            id: self.id,
            version: self.version.unsigned_abs(),
            name: self.name.0,
            merged_into: self.merged_into,
            facts: facts.map_err(|e| DbError::Corrupt(e.to_string()))?.unwrap_or_default(),
        })
    }
}

const ROWS: &str = "SELECT c.id, c.version, c.name, f.merged_into, f.doc FROM tracker_customers c \
                    LEFT JOIN tracker_customer_facts f ON f.id = c.id";

/// The customers named, by folded name. They keep their names until the transaction ends: writers share this lock and
/// wait only for whoever renames or merges one of them. Where one is not on the list, nobody else adds to it until then.
///
/// # Errors
/// The database's own.
pub async fn named(tx: &mut Tx, names: &[&str]) -> db::Result<HashMap<String, Named>> {
    if tx.dialect() == Dialect::Sqlite {
        return find_named(tx, names, "").await;
    }
    // What somebody else is changing or adding at this moment is passed over: a lock waited for would, when the other one
    // rolls back, stay on the gap where the name was and keep those who have passed the gate from filling it.
    let mut found = find_named(tx, names, FREE).await?;
    let unknown: Vec<&str> = names.iter().filter(|name| !found.contains_key(&fold(name))).copied().collect();
    if !unknown.is_empty() {
        pass_gate(tx).await?;
        found.extend(find_named(tx, &unknown, " LOCK IN SHARE MODE").await?);
    }
    Ok(found)
}

async fn find_named(tx: &mut Tx, names: &[&str], lock: &str) -> db::Result<HashMap<String, Named>> {
    let wanted = unique(names);
    let mut found = HashMap::with_capacity(wanted.len());
    for chunk in wanted.chunks(CHUNK) {
        let mut sql = Clause::of(
            "SELECT n.folded, c.id, c.name FROM tracker_customer_names n \
             JOIN tracker_customers c ON c.id = n.customer_id WHERE n.folded IN (",
        );
        sql.values(chunk.iter().map(|(folded, _)| Argument::from(folded.as_str()))).sql(")").sql(lock);
        let rows: Vec<(Text, Uuid, Text)> = tx.fetch(sql).await?;
        found.extend(rows.into_iter().map(|(folded, id, name)| (folded.0, Named { id, name: name.0 })));
    }
    Ok(found)
}

/// As [`named`]; unknown names are added with ids from `new_id`, and told.
///
/// # Errors
/// The database's own. [`DbError::Duplicate`] where another writer added one of them meanwhile: run again.
pub async fn resolve(
    tx: &mut Tx,
    names: &[&str],
    now_micros: i64,
    mut new_id: impl FnMut() -> Uuid,
) -> db::Result<(HashMap<String, Named>, Vec<Customer>)> {
    let mut found = named(tx, names).await?;
    let new: Vec<(String, Customer)> = unique(names)
        .into_iter()
        .filter(|(folded, _)| !found.contains_key(folded))
        .map(|(folded, name)| {
            let name = name.trim().to_owned();
            (folded, Customer { id: new_id(), version: 1, name, merged_into: None, facts: Facts::default() })
        })
        .collect();
    for chunk in new.chunks(CHUNK) {
        on_tx!(&mut *tx, conn => {
            let mut sql = QueryBuilder::new("INSERT INTO tracker_customer_names (folded, customer_id, name) ");
            sql.push_values(chunk, |mut row, (folded, c)| {
                row.push_bind(Text(folded.clone())).push_bind(c.id).push_bind(Text(c.name.clone()));
            });
            sql.build().execute(&mut *conn).await?;
            let mut sql = QueryBuilder::new("INSERT INTO tracker_customers (id, name, folded, version, created_at) ");
            sql.push_values(chunk, |mut row, (folded, c)| {
                row.push_bind(c.id).push_bind(Text(c.name.clone())).push_bind(Text(folded.clone()));
                row.push_bind(1_i64).push_bind(now_micros);
            });
            sql.build().execute(&mut *conn).await?;
        });
    }
    found.extend(new.iter().map(|(folded, c)| (folded.clone(), Named { id: c.id, name: c.name.clone() })));
    Ok((found, new.into_iter().map(|(_, customer)| customer).collect()))
}

/// Waits for whoever else adds names to the list and keeps others from it until this transaction ends.
async fn pass_gate(tx: &mut Tx) -> db::Result<()> {
    on_tx!(tx, conn => {
        sqlx::query("SELECT id FROM tracker_customer_gate WHERE id = 1 FOR UPDATE").execute(&mut *conn).await?;
    });
    Ok(())
}

/// Each name once, with its folded form, in the order of that.
fn unique<'a>(names: &[&'a str]) -> Vec<(String, &'a str)> {
    let mut wanted: Vec<(String, &str)> = names.iter().map(|name| (fold(name), *name)).collect();
    wanted.sort();
    wanted.dedup_by(|a, b| a.0 == b.0);
    wanted
}

/// The names of customers by their folded ones, as they were last written.
///
/// # Errors
/// The database's own.
pub async fn shown(db: &Db, folded: &[&str]) -> db::Result<HashMap<String, String>> {
    let mut found = HashMap::with_capacity(folded.len());
    for chunk in folded.chunks(CHUNK) {
        let rows: Vec<(Text, Text)> = on_db!(db, pool => {
            let mut sql = QueryBuilder::new("SELECT folded, name FROM tracker_customers WHERE folded IN (");
            let mut list = sql.separated(", ");
            for name in chunk {
                list.push_bind(Text::from(*name));
            }
            sql.push(")");
            sql.build_query_as().fetch_all(pool).await?
        });
        found.extend(rows.into_iter().map(|(folded, name)| (folded.0, name.0)));
    }
    Ok(found)
}

/// One customer, merged ones included.
///
/// # Errors
/// The database's own.
pub async fn find(db: &Db, id: Uuid) -> db::Result<Option<Customer>> {
    let sql = format!("{ROWS} WHERE c.id = ?");
    let row: Option<Row> =
        on_db!(db, pool => sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(pool).await?);
    row.map(Row::read).transpose()
}

/// A customer that no row of the log tells of, if there is one.
///
/// # Errors
/// The database's own.
pub async fn untold(db: &Db) -> db::Result<Option<Uuid>> {
    let sql = "SELECT id FROM tracker_customers c WHERE NOT EXISTS \
               (SELECT 1 FROM tracker_changes l WHERE l.entity_id = c.id) LIMIT 1";
    Ok(on_db!(db, pool => sqlx::query_scalar(sql).fetch_optional(pool).await?))
}

/// One customer, locked until the transaction ends.
///
/// # Errors
/// The database's own.
pub async fn lock(tx: &mut Tx, id: Uuid) -> db::Result<Option<Customer>> {
    let sql = match tx.dialect() {
        Dialect::MySql => format!("{ROWS} WHERE c.id = ? FOR UPDATE"),
        Dialect::Sqlite => format!("{ROWS} WHERE c.id = ?"),
    };
    let row: Option<Row> =
        on_tx!(tx, conn => sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(&mut *conn).await?);
    row.map(Row::read).transpose()
}

/// The customer that `id` is now: itself, or the one it was merged into, however often.
///
/// # Errors
/// The database's own.
pub async fn present(tx: &mut Tx, id: Uuid) -> db::Result<Option<Named>> {
    let mut at = id;
    loop {
        let row: Option<(Uuid, Text, Option<Uuid>)> = on_tx!(&mut *tx, conn => {
            sqlx::query_as(
                "SELECT c.id, c.name, f.merged_into FROM tracker_customers c \
                 LEFT JOIN tracker_customer_facts f ON f.id = c.id WHERE c.id = ?",
            )
            .bind(at)
            .fetch_optional(&mut *conn)
            .await?
        });
        match row {
            Some((_, _, Some(into))) => at = into,
            Some((id, name, None)) => return Ok(Some(Named { id, name: name.0 })),
            None => return Ok(None),
        }
    }
}

/// Up to `limit` customers whose names or GSTIN hold `search`, folded, from the place of a folded name on, in the order of names.
/// Merged ones are left out.
///
/// # Errors
/// The database's own.
pub async fn page(db: &Db, visible: &Customers, search: &str, at: &At<Name>, limit: u32) -> db::Result<Vec<Customer>> {
    let from = at.beyond().map(|(name, back)| (name.0.as_str().into(), back));
    let from = Clause::by_place("c.folded", false, from, limit);
    let rows: Vec<Row> = on_db!(db, pool => {
        let mut sql = QueryBuilder::new(ROWS);
        sql.push(" WHERE f.merged_into IS NULL");
        if !search.is_empty() {
            sql.push(" AND (EXISTS (SELECT 1 FROM tracker_customer_names n WHERE n.customer_id = c.id AND INSTR(n.folded, ");
            sql.push_bind(Text::from(search)).push(") > 0) OR INSTR(LOWER(f.doc), ");
            sql.push_bind(format!("\"gstin\":\"{search}")).push(") > 0)");
        }
        if !visible.all {
            sql.push(" AND (1 = 0");
            for id in &visible.ids {
                sql.push(" OR c.id = ").push_bind(*id);
            }
            if let Some(name) = &visible.carried_by {
                sql.push(" OR c.folded IN (SELECT t.customer FROM tracker_executives e JOIN tracker_challans t ");
                sql.push("ON t.id = e.id AND t.deleted = 0 WHERE e.name = ").push_bind(Text::from(name.as_str())).push(")");
            }
            sql.push(")");
        }
        from.push(&mut sql);
        sql.build_query_as().fetch_all(pool).await?
    });
    rows.into_iter().map(Row::read).collect()
}

/// Who has this name, if anybody.
///
/// # Errors
/// The database's own.
pub async fn holder(tx: &mut Tx, name: &str) -> db::Result<Option<Uuid>> {
    Ok(on_tx!(tx, conn => {
        sqlx::query_scalar("SELECT customer_id FROM tracker_customer_names WHERE folded = ?")
            .bind(Text(fold(name)))
            .fetch_optional(&mut *conn)
            .await?
    }))
}

/// Writes a customer with all its names, which nobody else holds, in the place of what it was before.
///
/// # Errors
/// [`DbError::Duplicate`] where another writer took one of the names meanwhile: run again.
pub async fn put(tx: &mut Tx, before: Option<&Customer>, customer: &Customer, now_micros: i64) -> db::Result<()> {
    if before.is_some_and(|before| before.name != customer.name || before.names() != customer.names()) {
        naming::change(tx).await?;
    }
    put_names(tx, before, customer).await?;
    let doc = serde_json::to_string(&customer.facts).map_err(|e| DbError::Corrupt(e.to_string()))?;
    on_tx!(&mut *tx, conn => {
        let sql = match before {
            None => "INSERT INTO tracker_customers (name, folded, version, created_at, id) VALUES (?, ?, ?, ?, ?)",
            Some(_) => "UPDATE tracker_customers SET name = ?, folded = ?, version = ? WHERE id = ?",
        };
        let query = sqlx::query(sql)
            .bind(Text(customer.name.clone()))
            .bind(Text(customer.folded()))
            .bind(customer.version.cast_signed());
        let query = if before.is_none() { query.bind(now_micros) } else { query };
        query.bind(customer.id).execute(&mut *conn).await?;
        sqlx::query("DELETE FROM tracker_customer_facts WHERE id = ?").bind(customer.id).execute(&mut *conn).await?;
        sqlx::query("INSERT INTO tracker_customer_facts (id, merged_into, doc) VALUES (?, ?, ?)")
            .bind(customer.id)
            .bind(customer.merged_into)
            .bind(doc)
            .execute(&mut *conn)
            .await?;
    });
    Ok(())
}

/// Only the names that come or go are touched, by their key: writers hold locks on those of other customers.
async fn put_names(tx: &mut Tx, before: Option<&Customer>, after: &Customer) -> db::Result<()> {
    let (old, new) = (before.map(Customer::names).unwrap_or_default(), after.names());
    for (folded, _) in old.iter().filter(|(folded, _)| !new.contains_key(*folded)) {
        on_tx!(&mut *tx, conn => {
            sqlx::query("DELETE FROM tracker_customer_names WHERE folded = ?")
                .bind(Text(folded.clone()))
                .execute(&mut *conn)
                .await?;
        });
    }
    for (folded, name) in new.iter().filter(|(folded, _)| !old.contains_key(*folded)) {
        on_tx!(&mut *tx, conn => {
            sqlx::query("INSERT INTO tracker_customer_names (folded, customer_id, name) VALUES (?, ?, ?)")
                .bind(Text(folded.clone()))
                .bind(after.id)
                .bind(Text(name.clone()))
                .execute(&mut *conn)
                .await?;
        });
    }
    Ok(())
}
