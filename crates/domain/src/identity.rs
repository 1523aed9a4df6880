//! Who asks, and what they may do.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a person is to the organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// May do everything, always.
    Superadmin,
    /// Manages users, permissions, API keys and customers.
    Admin,
    /// May do what is granted.
    User,
}

impl Role {
    /// The word on the wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Superadmin => "superadmin",
            Role::Admin => "admin",
            Role::User => "user",
        }
    }

    /// The role a word names, if any.
    #[must_use]
    pub fn parse(word: &str) -> Option<Role> {
        [Role::Superadmin, Role::Admin, Role::User].into_iter().find(|r| r.as_str() == word)
    }
}

macro_rules! permissions {
    ($($variant:ident = $word:literal, $doc:literal;)*) => {
        /// One thing a person may be allowed to do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Permission {
            $(#[doc = $doc] #[serde(rename = $word)] $variant,)*
        }

        impl Permission {
            /// Every permission there is, in the order they are shown.
            pub const ALL: &'static [Permission] = &[$(Permission::$variant),*];

            /// The word on the wire.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Permission::$variant => $word),* }
            }

            /// What it allows, in a sentence.
            #[must_use]
            pub fn describe(self) -> &'static str {
                match self { $(Permission::$variant => $doc),* }
            }

            /// The permission a word names, if any.
            #[must_use]
            pub fn parse(word: &str) -> Option<Permission> {
                Permission::ALL.iter().copied().find(|p| p.as_str() == word)
            }
        }
    };
}

permissions! {
    ChallanRead = "challan:read", "See challans.";
    ChallanCreate = "challan:create", "Make challans.";
    ChallanUpdate = "challan:update", "Change challans.";
    ChallanDelete = "challan:delete", "Delete and restore challans.";
    ChallanExport = "challan:export", "Export challans to a file.";
    ChallanImport = "challan:import", "Import challans from a file or another system.";
    ChallanBulk = "challan:bulk", "Change many challans at once.";
    FileUpload = "file:upload", "Add files to a visible challan.";
    FileRead = "file:read", "Open files of a visible challan.";
    CustomerManage = "customer:manage", "Edit and merge customers.";
    UserManage = "user:manage", "Manage users and their grants.";
    KeyManage = "key:manage", "Manage API keys.";
    AuditRead = "audit:read", "Read who did what.";
}

impl Permission {
    /// What somebody is told who lacks it: `You need the permission to delete and restore challans (challan:delete).`
    #[must_use]
    pub fn needed(self) -> String {
        let does = self.describe().trim_end_matches('.').to_lowercase();
        format!("You need the permission to {does} ({}).", self.as_str())
    }

    /// Whether it is about single challans, so that a grant of it may carry a row scope and hidden columns.
    #[must_use]
    pub fn is_of_rows(self) -> bool {
        matches!(self.as_str().split_once(':'), Some(("challan" | "file", _)))
    }
}

/// Which rows a grant reaches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Scope {
    /// Only challans of these customers.
    Customers {
        /// Customer ids.
        customers: Vec<Uuid>,
    },
    /// Only challans whose executives hold the asker's own executive name.
    OwnDeliveries {
        /// Always true.
        own_deliveries: bool,
    },
}

/// A permission with its limits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// What it allows.
    pub permission: Permission,
    /// Which rows; none means all.
    #[serde(default)]
    pub scope: Option<Scope>,
    /// Fields that are neither shown, sorted, filtered nor written.
    #[serde(default)]
    pub hidden_columns: Vec<String>,
    /// When it ends, UTC; none means never.
    #[serde(default)]
    pub expires_at: Option<DateTime<Utc>>,
}

impl Grant {
    /// Whether it has not ended at `now`.
    #[must_use]
    pub fn holds(&self, now: DateTime<Utc>) -> bool {
        self.expires_at.is_none_or(|end| end > now)
    }
}

/// How the asker proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Via {
    /// A session cookie of the site.
    Session,
    /// An API key of another system.
    Key,
}

/// The scope of an API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyScope {
    /// Write challans through the ingest API.
    #[serde(rename = "ingest:write")]
    IngestWrite,
    /// Read challans.
    #[serde(rename = "challan:read")]
    ChallanRead,
    /// Follow changes.
    #[serde(rename = "changes:read")]
    ChangesRead,
}

impl KeyScope {
    /// Every scope there is.
    pub const ALL: [KeyScope; 3] = [KeyScope::IngestWrite, KeyScope::ChallanRead, KeyScope::ChangesRead];

    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            KeyScope::IngestWrite => "ingest:write",
            KeyScope::ChallanRead => "challan:read",
            KeyScope::ChangesRead => "changes:read",
        }
    }

    /// What the maker of a key must hold for the key to have this scope. The key reaches what that right reaches and
    /// no more, as long as it is held.
    #[must_use]
    pub fn needs(self) -> Permission {
        match self {
            KeyScope::IngestWrite => Permission::ChallanImport,
            KeyScope::ChallanRead | KeyScope::ChangesRead => Permission::ChallanRead,
        }
    }
}

/// Who asks, as accounts tells the other services. It holds for one second at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The user, or the maker of the API key.
    pub user_id: Uuid,
    /// The name shown beside what they did.
    pub name: String,
    /// The role of the user. A key's is always [`Role::User`], whoever made it: it has its permissions and no more.
    pub role: Role,
    /// How they proved it.
    pub via: Via,
    /// The session's id as accounts stores it (a hash, in hex), or the key's id: what a CSRF token is bound to.
    pub session: String,
    /// The grants that hold now; whole for a superadmin and an admin. For a key: those of its maker that its scopes
    /// need.
    pub permissions: Vec<Grant>,
    /// The name under which deliveries are this user's own.
    pub executive_name: Option<String>,
    /// For a key: what it may do, less what its maker may do no more.
    #[serde(default)]
    pub key_scopes: Vec<KeyScope>,
    /// For a key: the sources it may write as; none means any.
    #[serde(default)]
    pub key_sources: Option<Vec<String>>,
    /// Until when this answer may be relied on, UTC: the next end of a grant, key or session.
    pub valid_until: DateTime<Utc>,
}

impl Identity {
    /// Nobody, who sees every row whole: for what a program counts before anybody asks. Nothing is written by it.
    #[must_use]
    pub fn of_nobody(now: DateTime<Utc>) -> Identity {
        Identity {
            user_id: Uuid::nil(),
            name: String::new(),
            role: Role::Superadmin,
            via: Via::Session,
            session: String::new(),
            permissions: Vec::new(),
            executive_name: None,
            key_scopes: Vec::new(),
            key_sources: None,
            valid_until: now,
        }
    }

    /// The grants that allow `permission` at `now`; empty when nothing does.
    pub fn grants(&self, permission: Permission, now: DateTime<Utc>) -> impl Iterator<Item = &Grant> {
        self.permissions.iter().filter(move |g| g.permission == permission && g.holds(now))
    }

    /// Whether any grant allows `permission` at `now`, on some row.
    #[must_use]
    pub fn may(&self, permission: Permission, now: DateTime<Utc>) -> bool {
        self.role == Role::Superadmin && self.via == Via::Session || self.grants(permission, now).next().is_some()
    }

    /// Whether a key has `scope`; a session has none.
    #[must_use]
    pub fn key_may(&self, scope: KeyScope) -> bool {
        self.via == Via::Key && self.key_scopes.contains(&scope)
    }
}
