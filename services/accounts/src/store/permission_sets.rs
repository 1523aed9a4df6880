//! Named sets of grants: what the people of one desk are usually given.

use chrono::Utc;
use db::{DbError, Text, on_db, on_tx};
use domain::fold::fold;
use domain::identity::Grant;
use proto_contracts::events::{FieldChange, Value, value};
use uuid::Uuid;

use super::grants::in_words;
use super::{Store, retried};
use crate::event::{self, Origin, What};

/// A set of grants with a name. Giving it to a user copies its grants; editing it changes no user.
#[derive(Clone, Debug, PartialEq)]
pub struct PermissionSet {
    /// The id.
    pub id: Uuid,
    /// From 1, one up at every change.
    pub version: i64,
    /// Unique without regard to case.
    pub name: String,
    /// What it gives.
    pub grants: Vec<Grant>,
    /// Microseconds UTC.
    pub created_at: i64,
}

type Row = (Uuid, i64, Text, Text, i64);

fn set(row: Row) -> db::Result<PermissionSet> {
    let grants = serde_json::from_str(row.3.as_str())
        .map_err(|e| DbError::Corrupt(format!("the grants of the set {}: {e}", row.0)))?;
    Ok(PermissionSet { id: row.0, version: row.1, name: row.2.0, grants, created_at: row.4 })
}

impl Store {
    /// Every set, by name. There are few.
    ///
    /// # Errors
    /// The database's.
    pub async fn permission_sets(&self) -> db::Result<Vec<PermissionSet>> {
        let rows: Vec<Row> = on_db!(&self.db, pool => sqlx::query_as(
            "SELECT id, version, name, grants, created_at FROM accounts_permission_sets ORDER BY name_folded")
            .fetch_all(pool).await)?;
        rows.into_iter().map(set).collect()
    }

    /// The set with this id.
    ///
    /// # Errors
    /// The database's.
    pub async fn permission_set(&self, id: Uuid) -> db::Result<Option<PermissionSet>> {
        let row: Option<Row> = on_db!(&self.db, pool => sqlx::query_as(
            "SELECT id, version, name, grants, created_at FROM accounts_permission_sets WHERE id = ?")
            .bind(id).fetch_optional(pool).await)?;
        row.map(set).transpose()
    }

    /// Makes a set.
    ///
    /// # Errors
    /// [`DbError::Duplicate`] where the name is taken.
    pub async fn create_permission_set(&self, new: &PermissionSet, by: &Origin) -> db::Result<()> {
        let grants = json(new)?;
        retried(|| async {
            let mut tx = self.db.begin().await?;
            on_tx!(&mut tx, conn => sqlx::query(
                "INSERT INTO accounts_permission_sets (id, version, name, name_folded, grants, created_at) VALUES (?, ?, ?, ?, ?, ?)")
                .bind(new.id).bind(new.version).bind(Text::from(new.name.as_str())).bind(Text(fold(&new.name)))
                .bind(Text(grants.clone())).bind(new.created_at).execute(conn).await.map(drop))?;
            let what = what(new.id, new.version, "created", None, Some(new));
            self.log.commit(tx, &[event::entry(by, what, new.created_at)]).await
        })
        .await
    }

    /// Writes `after` over `before`, if nobody else wrote in between: then false.
    ///
    /// # Errors
    /// [`DbError::Duplicate`] where the name is taken.
    pub async fn change_permission_set(
        &self,
        before: &PermissionSet,
        after: &PermissionSet,
        by: &Origin,
    ) -> db::Result<bool> {
        let grants = json(after)?;
        retried(|| async {
            let mut tx = self.db.begin().await?;
            let rows = on_tx!(&mut tx, conn => sqlx::query(
                "UPDATE accounts_permission_sets SET version = ?, name = ?, name_folded = ?, grants = ? WHERE id = ? AND version = ?")
                .bind(after.version).bind(Text::from(after.name.as_str())).bind(Text(fold(&after.name)))
                .bind(Text(grants.clone())).bind(after.id).bind(before.version)
                .execute(conn).await.map(|done| done.rows_affected()))?;
            if rows == 0 {
                return Ok(false);
            }
            let what = what(after.id, after.version, "updated", Some(before), Some(after));
            self.log.commit(tx, &[event::entry(by, what, Utc::now().timestamp_micros())]).await?;
            Ok(true)
        })
        .await
    }

    /// Removes a set; users keep what they were given. False where it is gone already.
    ///
    /// # Errors
    /// The database's.
    pub async fn delete_permission_set(&self, old: &PermissionSet, by: &Origin) -> db::Result<bool> {
        retried(|| async {
            let mut tx = self.db.begin().await?;
            let rows = on_tx!(&mut tx, conn => sqlx::query("DELETE FROM accounts_permission_sets WHERE id = ?")
                .bind(old.id).execute(conn).await.map(|done| done.rows_affected()))?;
            if rows == 0 {
                return Ok(false);
            }
            let what = what(old.id, old.version + 1, "deleted", Some(old), None);
            self.log.commit(tx, &[event::entry(by, what, Utc::now().timestamp_micros())]).await?;
            Ok(true)
        })
        .await
    }
}

fn json(set: &PermissionSet) -> db::Result<String> {
    serde_json::to_string(&set.grants).map_err(|e| DbError::Corrupt(format!("a set: {e}")))
}

fn what<'a>(
    id: Uuid,
    version: i64,
    kind: &'a str,
    before: Option<&PermissionSet>,
    after: Option<&PermissionSet>,
) -> What<'a> {
    let name = |s: &PermissionSet| Value { kind: Some(value::Kind::Text(s.name.clone())) };
    let grants = |s: &PermissionSet| in_words(&s.grants);
    let fields = [
        FieldChange { field: "name".into(), old: before.map(name), new: after.map(name) },
        FieldChange { field: "grants".into(), old: before.map(grants), new: after.map(grants) },
    ];
    What {
        entity: "permission_set",
        id,
        version,
        kind,
        changes: fields.into_iter().filter(|c| c.old != c.new).collect(),
        user: None,
        ended_sessions: Vec::new(),
        detail: String::new(),
    }
}
