//! Which rows a sender may write: a key those of its sources, and whoever imports for some customers only, theirs.

use std::collections::HashMap;

use domain::challan::{Challan, HIDDEN_RULE, veiled};
use domain::identity::{Grant, Permission, Via};
use domain::reason::{Errors, Reason};
use domain::rights::{is_unlimited, reach};
use serde_json::{Value, json};
use service::Problem;
use uuid::Uuid;

use super::outcome::Outcome;
use super::read::Sent;
use crate::api::caller::Caller;
use crate::store::challans::Stored;
use crate::store::customers::Named;
use crate::write::{self, Planned};

/// A key bound to sources that sends as another is mistaken as a whole: nothing of its call is written.
pub(super) fn check_sources(rows: &[Value], default_source: Option<&str>, caller: &Caller) -> Result<(), Problem> {
    let Some(own) = &caller.who.key_sources else { return Ok(()) };
    let source_of = |row: &Value| row.get("source").and_then(Value::as_str).or(default_source).map(str::to_owned);
    let foreign = |source: &String| !own.contains(source);
    match rows.iter().position(|row| source_of(row).as_ref().is_some_and(foreign)) {
        None => Ok(()),
        Some(i) => Err(Problem::forbidden(format!(
            "Row {} is of another source; this key writes as {} only. Nothing was written.",
            i + 1,
            own.join(", ")
        ))),
    }
}

/// Which rows the sender may write, where that is not every row.
pub(super) struct Limits<'a> {
    caller: &'a Caller,
    /// The customers that the rows name, by folded name; none where the sender may write every row.
    customers: Option<&'a HashMap<String, Named>>,
}

impl<'a> Limits<'a> {
    pub(super) fn of(caller: &'a Caller, named: &'a HashMap<String, Named>) -> Limits<'a> {
        let is_whole = |g: &Grant| g.scope.is_none() && g.hidden_columns.is_empty();
        let wholly = |permission| caller.who.grants(permission, caller.now).any(is_whole);
        let sees_all = caller.who.via == Via::Key || wholly(Permission::ChallanRead);
        let whole = is_unlimited(&caller.who) || (wholly(Permission::ChallanImport) && sees_all);
        Limits { caller, customers: (!whole).then_some(named) }
    }

    /// A customer that the row names anew is looked up before the right is judged; an unknown one has no id yet.
    pub(super) fn name_customer(&self, plan: &mut Planned) {
        let Some(named) = &self.customers else { return };
        let challan = &mut plan.after.challan;
        let is_new = plan.before.as_ref().is_none_or(|b| b.facts.customer != challan.facts.customer);
        if is_new {
            challan.customer_id = Uuid::nil();
            write::set_customer(challan, named);
        }
    }

    /// Why the sender may not change `row`, given the challan as it stands. Says nothing of the challan.
    pub(super) fn refusal_of_change(&self, row: &Sent, challan: &Challan) -> Option<Outcome> {
        self.customers.as_ref()?;
        // Nobody overwrites what they may not read.
        self.refused(row, challan, self.unread(challan))
    }

    /// Why the sender may not write `row`, given the challan as it would be. Says nothing of the challan.
    pub(super) fn refusal(&self, row: &Sent, challan: &Challan) -> Option<Outcome> {
        self.customers.as_ref()?;
        self.refused(row, challan, Vec::new())
    }

    /// The answer to a row that breaks rules, without those that weigh what is hidden from the sender in the challan as it stands.
    pub(super) fn broken(&self, row: &Sent, stored: Option<&Stored>, errors: &Errors) -> Outcome {
        let hidden = stored.filter(|_| self.customers.is_some()).map(|s| self.hidden(&s.challan)).unwrap_or_default();
        let mut shown = veiled(errors, &hidden);
        if shown.is_empty() {
            shown = Errors::of("row", Reason::new(HIDDEN_RULE.0, HIDDEN_RULE.1));
        }
        Outcome::refused(json!(row.external_id), &shown, stored.map(|stored| &stored.challan))
    }

    fn hidden(&self, challan: &Challan) -> Vec<String> {
        let withheld = reach(&self.caller.who, Permission::ChallanImport, challan, self.caller.now);
        self.unread(challan).into_iter().chain(withheld.into_iter().flatten()).collect()
    }

    /// What a person may not read; a system's rows are its own.
    fn unread(&self, challan: &Challan) -> Vec<String> {
        let unread = match self.caller.who.via {
            Via::Session => reach(&self.caller.who, Permission::ChallanRead, challan, self.caller.now),
            Via::Key => None,
        };
        unread.unwrap_or_default()
    }

    fn refused(&self, row: &Sent, challan: &Challan, mut hidden: Vec<String>) -> Option<Outcome> {
        let refused = |field: &str, why| {
            Some(Outcome::rejected(json!(row.external_id), &Errors::of(field, Reason::new("forbidden", why))))
        };
        let Some(withheld) = reach(&self.caller.who, Permission::ChallanImport, challan, self.caller.now) else {
            return refused("row", "This row is not among those you may import.");
        };
        hidden.extend(withheld);
        let field = hidden.iter().find(|column| row.facts.contains_key(*column))?;
        refused(field, "This field is hidden from you.")
    }
}
