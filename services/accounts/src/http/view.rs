//! Users and grants as the API gives them.

use chrono::{DateTime, Utc};
use domain::identity::{Grant, Permission, Role, Scope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::store::users::{User, at};

/// A grant as the API gives and takes it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantView {
    /// What it allows.
    #[schema(value_type = String, example = "challan:read")]
    pub permission: Permission,
    /// Which rows; null means all.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub scope: Option<Scope>,
    /// Fields that are hidden.
    #[serde(default)]
    pub hidden_columns: Vec<String>,
    /// When it ends.
    #[serde(default)]
    pub expires_at: Option<DateTime<Utc>>,
}

impl From<Grant> for GrantView {
    fn from(g: Grant) -> Self {
        GrantView {
            permission: g.permission,
            scope: g.scope,
            hidden_columns: g.hidden_columns,
            expires_at: g.expires_at,
        }
    }
}

impl From<GrantView> for Grant {
    fn from(g: GrantView) -> Self {
        Grant { permission: g.permission, scope: g.scope, hidden_columns: g.hidden_columns, expires_at: g.expires_at }
    }
}

/// A user as the API gives it.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserView {
    /// The id.
    pub id: Uuid,
    /// The address.
    pub email: String,
    /// The other name to sign in with.
    pub username: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// The name under which deliveries are this user's own.
    pub executive_name: Option<String>,
    /// superadmin, admin or user.
    #[schema(value_type = String)]
    pub role: Role,
    /// Whether the person may sign in.
    pub is_active: bool,
    /// The stored grants.
    pub grants: Vec<GrantView>,
    /// The last sign-in.
    pub last_sign_in_at: Option<DateTime<Utc>>,
    /// When the account was made.
    pub created_at: DateTime<Utc>,
}

impl UserView {
    /// The account with its stored grants.
    #[must_use]
    pub fn of(user: &User, grants: Vec<Grant>) -> UserView {
        UserView {
            id: user.id,
            email: user.email.clone(),
            username: user.username.clone(),
            first_name: user.first_name.clone(),
            last_name: user.last_name.clone(),
            executive_name: user.executive_name.clone(),
            role: user.role,
            is_active: user.is_active,
            grants: grants.into_iter().map(GrantView::from).collect(),
            last_sign_in_at: user.last_sign_in_at.map(at),
            created_at: at(user.created_at),
        }
    }
}
