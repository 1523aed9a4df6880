//! Saved views.

use poem_openapi::Object;
use poem_openapi::types::Any;
use serde_json::Value;
use uuid::Uuid;

/// Whose a view is.
#[derive(Object)]
pub struct ViewOwner {
    /// Their id.
    pub id: Uuid,
    /// Their name when they saved it first.
    pub name: String,
}

/// A saved view.
#[derive(Object)]
pub struct View {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Whether everybody who reads challans sees it.
    pub shared: bool,
    /// Who made it, and with administrators may change it.
    pub owner: ViewOwner,
    /// The site's own JSON object; its `q` is the filter, where it has one.
    pub state: Any<std::collections::HashMap<String, Value>>,
    /// Whether the asker opens the register with it.
    pub default_for_me: bool,
    /// How many challans its filter finds for the asker, where that was asked and may be known.
    pub count: Option<u64>,
    /// What the asker may do: `update`, `delete`.
    pub can: Vec<String>,
    /// From 1, one up at every change.
    pub version: u64,
}

/// Saved views: one's own, then shared ones.
#[derive(Object)]
pub struct ViewPage {
    /// The views.
    pub results: Vec<View>,
    /// The next ones, path and query.
    pub next: Option<String>,
    /// The page before, path and query.
    pub previous: Option<String>,
}

/// A new view.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct NewView {
    /// 1 to 100 characters, no other view's of the same owner.
    #[oai(validator(min_length = 1, max_length = 100))]
    pub name: String,
    /// Whether everybody who reads challans sees it; no unless said otherwise.
    pub shared: Option<bool>,
    /// The site's own JSON object, at most 32 KiB.
    pub state: Option<Any<std::collections::HashMap<String, Value>>>,
    /// Whether the asker opens the register with it.
    pub default_for_me: Option<bool>,
}

/// Some fields of a view, and the version they were changed from.
#[derive(Object)]
pub struct ViewPatch {
    /// The version that was read. Or `If-Match`.
    pub base_version: Option<u64>,
    /// 1 to 100 characters.
    pub name: Option<String>,
    /// Whether everybody who reads challans sees it.
    pub shared: Option<bool>,
    /// All of the state.
    pub state: Option<Any<std::collections::HashMap<String, Value>>>,
    /// Whether the asker opens the register with it.
    pub default_for_me: Option<bool>,
}
