//! Who carries challans: the names in use on challans that the asker may see.

use std::collections::BTreeMap;

use domain::filter::Filter;
use domain::fold::fold;
use domain::identity::{Identity, Permission};
use domain::rights::is_unlimited;
use poem::Response;
use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::Query;
use serde_json::{Value, json};
use service::Problem;

use super::caller::Caller;
use super::contract::Shown;
use super::{Answer, schema};
use crate::App;
use crate::store::executives;
use crate::store::filter::Selection;

/// The most names of an answer; a search narrows them.
const MOST: usize = 200;

/// Who carries challans.
pub(crate) struct Executives;

#[OpenApi(prefix_path = "/api/tracker")]
impl Executives {
    /// Names of executives that hold `search`, with the number of visible challans that carry each.
    #[oai(path = "/executives/", method = "get")]
    async fn list_executives(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Query(search): Query<Option<String>>,
    ) -> Answer<Shown<schema::ExecutivePage>> {
        caller.require(Permission::ChallanRead)?;
        let who = seeing_executives(&caller);
        let search = fold(&search.unwrap_or_default());
        if search.contains('|') {
            return Err(Problem::malformed("A name has no | in it.").into());
        }
        let (filter, today) = (Filter { root: None }, caller.now.with_timezone(&app.config.org_timezone).date_naive());
        let selection = Selection { filter: &filter, who: &who, now: caller.now, today };
        let found = executives::in_use(&app.db, &selection, &search, MOST).await?;
        let mut found: BTreeMap<String, Value> = found
            .into_iter()
            .map(|(folded, e)| (folded, json!({ "name": e.name, "user": null, "count": e.count })))
            .collect();
        // Colleagues without a challan yet are for those who see every row, which a key that is bound to sources does not.
        let sees_all = who.key_sources.is_none()
            && who.grants(Permission::ChallanRead, caller.now).any(|grant| grant.scope.is_none());
        if is_unlimited(&who) || sees_all {
            for (name, user) in app.identity.executives().await.map_err(Problem::from)? {
                let folded = fold(&name);
                if folded.contains(&search) {
                    let row = found.entry(folded).or_insert_with(|| json!({ "name": name, "user": null, "count": 0 }));
                    row["name"] = json!(name);
                    row["user"] = json!(user);
                }
            }
        }
        let results: Vec<Value> = found.into_values().take(MOST).collect();
        let body = json!({ "results": results, "next": null, "previous": null });
        Ok(Response::builder().content_type("application/json").body(body.to_string()).into())
    }
}

/// The asker with those rights alone under which the column is not hidden.
fn seeing_executives(caller: &Caller) -> Identity {
    let mut who = Identity::clone(&caller.who);
    if !is_unlimited(&who) {
        who.permissions.retain(|grant| !grant.hidden_columns.iter().any(|c| c == "delivery_executives"));
    }
    who
}
