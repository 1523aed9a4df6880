//! Pages of challans as texts. A row that its asker sees whole is handed on as it is stored, and a page is kept until the
//! register changes: decoding rows and encoding them again is most of what a page takes (`bench/README.md`).

use std::sync::Arc;
use std::time::Duration;

use db::DbError;
use domain::challan::Stage;
use domain::identity::Permission;
use domain::rights::{Standing, everywhere, sees_all};
use moka::sync::Cache;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

use super::caller::Caller;
use super::shown::rendered;
use crate::store::challans::decode;
use crate::store::list::Listed;

/// How long a page is kept at most. A change of the register or of the asker's rights makes a new one at once.
const KEPT: Duration = Duration::from_secs(60);
/// Bytes of pages that are kept.
const MOST_KEPT: u64 = 8 << 20;

/// Pages by what was asked, by whose rights, and the place in the log that was read before their rows: no page is older.
#[derive(Clone)]
pub(crate) struct KeptPages(Cache<String, Arc<str>>);

impl Default for KeptPages {
    fn default() -> KeptPages {
        let weigh = |key: &String, page: &Arc<str>| u32::try_from(key.len() + page.len()).unwrap_or(u32::MAX);
        KeptPages(Cache::builder().max_capacity(MOST_KEPT).weigher(weigh).time_to_live(KEPT).build())
    }
}

impl KeptPages {
    /// The page kept under `key`.
    pub(super) fn get(&self, key: &str) -> Option<Arc<str>> {
        self.0.get(key)
    }

    /// Keeps a page.
    pub(super) fn keep(&self, key: String, page: &Arc<str>) {
        self.0.insert(key, Arc::clone(page));
    }
}

/// A page of `rows`, with `rest` beside them: an object that has at least one member. With `columns`, a row has these alone.
///
/// # Errors
/// Where a stored row is none.
pub(super) fn page(caller: &Caller, rows: &[Listed], columns: Option<&[String]>, rest: &Value) -> db::Result<String> {
    let rights = Rights::of(caller).filter(|_| columns.is_none());
    let mut text = String::with_capacity(rows.iter().map(|row| row.doc.len() + 64).sum::<usize>() + 512);
    text.push_str("{\"results\":[");
    for (i, row) in rows.iter().enumerate() {
        if i > 0 {
            text.push(',');
        }
        match &rights {
            Some(rights) => rights.push(&mut text, &row.doc)?,
            None => text.push_str(&shown(caller, &row.doc, columns)?.to_string()),
        }
    }
    text.push_str("],");
    text.push_str(rest.to_string().trim_start_matches('{'));
    Ok(text)
}

fn shown(caller: &Caller, doc: &str, columns: Option<&[String]>) -> db::Result<Value> {
    let mut row = rendered(caller, &decode(doc)?).unwrap_or(Value::Object(Map::new()));
    if let (Some(columns), Some(fields)) = (columns, row.as_object_mut()) {
        fields.retain(|name, _| columns.contains(name));
    }
    Ok(row)
}

/// The rights of an asker who sees every row whole, and whose other rights are the same in every row.
struct Rights {
    update: bool,
    delete: bool,
}

/// What is read of a stored row that is handed on as it is.
#[derive(Deserialize)]
struct Stored {
    stage: Stage,
    voided_at: Option<IgnoredAny>,
    deleted_at: Option<IgnoredAny>,
}

impl Rights {
    fn of(caller: &Caller) -> Option<Rights> {
        let (who, now) = (&caller.who, caller.now);
        let update = everywhere(who, Permission::ChallanUpdate, now)?;
        let delete = everywhere(who, Permission::ChallanDelete, now)?;
        sees_all(who, now).then_some(Rights { update, delete })
    }

    fn push(&self, text: &mut String, doc: &str) -> db::Result<()> {
        let stored: Stored = serde_json::from_str(doc).map_err(|e| DbError::Corrupt(e.to_string()))?;
        let Stored { stage, voided_at, deleted_at } = stored;
        let state = Standing { stage, is_void: voided_at.is_some(), is_deleted: deleted_at.is_some() };
        let open = doc.strip_suffix('}').ok_or_else(|| DbError::Corrupt("a row that is not an object".to_owned()))?;
        text.push_str(open);
        text.push_str(",\"hidden\":[],\"can\":");
        text.push_str(&json!(state.can(self.update, self.delete)).to_string());
        text.push('}');
        Ok(())
    }
}
