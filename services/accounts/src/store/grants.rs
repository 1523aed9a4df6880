//! What users may do.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use db::{DbError, Text, Tx, on_db, on_tx};
use domain::identity::{Grant, Permission, Role, Scope};
use proto_contracts::events::{FieldChange, TextList, Value, value};
use sqlx::QueryBuilder;
use uuid::Uuid;

use super::users::{User, update};
use super::{Store, retried};
use crate::event::{self, Origin, What};

impl Store {
    /// The stored grants of a user, also those that ended.
    ///
    /// # Errors
    /// The database's.
    pub async fn grants(&self, user_id: Uuid) -> db::Result<Vec<Grant>> {
        let bodies: Vec<(Text,)> = on_db!(&self.db, pool =>
            sqlx::query_as("SELECT body FROM accounts_grants WHERE user_id = ? ORDER BY id").bind(user_id).fetch_all(pool).await)?;
        bodies.into_iter().map(|(body,)| grant(user_id, &body)).collect()
    }

    /// The stored grants of several users, also those that ended.
    ///
    /// # Errors
    /// The database's.
    pub async fn grants_of(&self, users: &[User]) -> db::Result<HashMap<Uuid, Vec<Grant>>> {
        let mut found: HashMap<Uuid, Vec<Grant>> = HashMap::new();
        if users.is_empty() {
            return Ok(found);
        }
        let rows = on_db!(&self.db, pool => {
            let mut sql = QueryBuilder::new("SELECT user_id, body FROM accounts_grants WHERE user_id IN (");
            let mut list = sql.separated(", ");
            for user in users {
                list.push_bind(user.id);
            }
            sql.push(") ORDER BY id");
            sql.build_query_as::<(Uuid, Text)>().fetch_all(pool).await?
        });
        for (user_id, body) in rows {
            found.entry(user_id).or_default().push(grant(user_id, &body)?);
        }
        Ok(found)
    }

    /// Replaces every grant of `user`, if nobody else wrote the user in between: then false.
    ///
    /// # Errors
    /// The database's.
    pub async fn replace_grants(&self, user: &User, held: &[Grant], grants: &[Grant], by: &Origin) -> db::Result<bool> {
        let after = User { version: user.version + 1, ..user.clone() };
        retried(|| async {
            let mut tx = self.db.begin().await?;
            if !update(&mut tx, &after, user.version).await? {
                return Ok(false);
            }
            remove_grants(&mut tx, user.id).await?;
            write_grants(&mut tx, user.id, grants).await?;
            let what = What {
                entity: "grant",
                id: user.id,
                version: after.version,
                kind: "updated",
                changes: regranted(held, grants).into_iter().collect(),
                user: Some(&after),
                ended_sessions: Vec::new(),
                detail: String::new(),
            };
            let entry = event::entry(by, what, Utc::now().timestamp_micros());
            self.log.commit(tx, &[entry]).await?;
            Ok(true)
        })
        .await
    }
}

/// The grants that hold at `now`: every permission without limit for superadmins and admins.
#[must_use]
pub fn holding(user: &User, stored: Vec<Grant>, now: DateTime<Utc>) -> Vec<Grant> {
    if user.role != Role::User {
        let whole =
            |p: &Permission| Grant { permission: *p, scope: None, hidden_columns: Vec::new(), expires_at: None };
        return Permission::ALL.iter().map(whole).collect();
    }
    stored.into_iter().filter(|g| g.expires_at.is_none_or(|end| end > now)).collect()
}

pub(crate) async fn write_grants(tx: &mut Tx, user_id: Uuid, grants: &[Grant]) -> db::Result<()> {
    for grant in grants {
        let body = serde_json::to_string(grant).map_err(|e| DbError::Corrupt(format!("a grant: {e}")))?;
        let expires = grant.expires_at.map(|end| end.timestamp_micros());
        on_tx!(&mut *tx, conn => sqlx::query("INSERT INTO accounts_grants (id, user_id, body, expires_at) VALUES (?, ?, ?, ?)")
            .bind(Uuid::now_v7()).bind(user_id).bind(Text(body)).bind(expires).execute(conn).await.map(drop))?;
    }
    Ok(())
}

pub(crate) async fn remove_grants(tx: &mut Tx, user_id: Uuid) -> db::Result<()> {
    on_tx!(tx, conn => sqlx::query("DELETE FROM accounts_grants WHERE user_id = ?")
        .bind(user_id).execute(conn).await.map(drop))?;
    Ok(())
}

fn grant(user_id: Uuid, body: &Text) -> db::Result<Grant> {
    serde_json::from_str(body.as_str()).map_err(|e| DbError::Corrupt(format!("a grant of {user_id}: {e}")))
}

/// The change of a user's grants, for the auditor; nothing where they are the same.
pub(crate) fn regranted(before: &[Grant], after: &[Grant]) -> Option<FieldChange> {
    let (old, new) = (in_words(before), in_words(after));
    (old != new).then(|| FieldChange { field: "grants".into(), old: Some(old), new: Some(new) })
}

/// Grants as an auditor reads them, one text each.
#[must_use]
pub fn in_words(grants: &[Grant]) -> Value {
    let one = |g: &Grant| {
        let mut text = g.permission.as_str().to_owned();
        match &g.scope {
            None => {}
            Some(Scope::OwnDeliveries { .. }) => text += " of own deliveries",
            Some(Scope::Customers { customers }) => {
                let ids: Vec<String> = customers.iter().map(Uuid::to_string).collect();
                text += &format!(" of customers {}", ids.join(", "));
            }
        }
        if !g.hidden_columns.is_empty() {
            text += &format!(" without {}", g.hidden_columns.join(", "));
        }
        if let Some(end) = g.expires_at {
            text += &format!(" until {}", end.to_rfc3339());
        }
        text
    };
    Value { kind: Some(value::Kind::List(TextList { items: grants.iter().map(one).collect() })) }
}
