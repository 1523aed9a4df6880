//! What an identity may do with one challan, what one person may give to another, and why.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::challan::{Challan, Stage};
use crate::fold::fold;
use crate::identity::{Grant, Identity, Permission, Role, Scope, Via};

/// What decides whether a row is reached.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// Whose challan it is.
    pub customer_id: Uuid,
    /// Who carries it.
    pub executives: &'a [String],
    /// The other system it came from, if any.
    pub source: Option<&'a str>,
}

impl<'a> From<&'a Challan> for Row<'a> {
    fn from(challan: &'a Challan) -> Self {
        Row {
            customer_id: challan.customer_id,
            executives: &challan.facts.delivery_executives,
            source: challan.source.as_deref(),
        }
    }
}

/// Whether the identity may use `permission` on `challan`, and which columns are then hidden from it: those that
/// every grant that reaches the row hides. A key reaches rows of its own sources only.
#[must_use]
pub fn reach(who: &Identity, permission: Permission, challan: &Challan, now: DateTime<Utc>) -> Option<Vec<String>> {
    reach_row(who, permission, challan.into(), now)
}

/// As [`reach`], for a row of which only the deciding facts are known.
#[must_use]
pub fn reach_row(who: &Identity, permission: Permission, row: Row<'_>, now: DateTime<Utc>) -> Option<Vec<String>> {
    if is_unlimited(who) {
        return Some(Vec::new());
    }
    if who.key_sources.as_ref().is_some_and(|own| !row.source.is_some_and(|s| own.iter().any(|o| o == s))) {
        return None;
    }
    let mut hidden: Option<Vec<String>> = None;
    for grant in who.grants(permission, now).filter(|g| covers(who, g, row)) {
        hidden = Some(match hidden {
            None => grant.hidden_columns.clone(),
            Some(so_far) => so_far.into_iter().filter(|c| grant.hidden_columns.contains(c)).collect(),
        });
    }
    hidden
}

/// Columns that are hidden from the identity in every row that `permission` reaches.
#[must_use]
pub fn hidden_everywhere(who: &Identity, permission: Permission, now: DateTime<Utc>) -> Vec<String> {
    if is_unlimited(who) {
        return Vec::new();
    }
    let mut grants = who.grants(permission, now);
    let mut hidden = grants.next().map(|g| g.hidden_columns.clone()).unwrap_or_default();
    for grant in grants {
        hidden.retain(|c| grant.hidden_columns.contains(c));
    }
    hidden
}

/// Whether the identity may use `permission` on every row there is, and sees `column` in each of them.
#[must_use]
pub fn reaches_all(who: &Identity, permission: Permission, column: &str, now: DateTime<Utc>) -> bool {
    holds_for_all(who, permission, now, |grant| !grant.hidden_columns.iter().any(|c| c == column))
}

/// Whether `permission` reaches every row, or no row; none where that is another answer for each row.
#[must_use]
pub fn everywhere(who: &Identity, permission: Permission, now: DateTime<Utc>) -> Option<bool> {
    if holds_for_all(who, permission, now, |_| true) {
        return Some(true);
    }
    who.grants(permission, now).next().is_none().then_some(false)
}

/// Whether the identity sees every row there is, and every column of it.
#[must_use]
pub fn sees_all(who: &Identity, now: DateTime<Utc>) -> bool {
    holds_for_all(who, Permission::ChallanRead, now, |grant| grant.hidden_columns.is_empty())
}

/// Whether one grant of `permission` that is such as `wanted` reaches every row.
fn holds_for_all(who: &Identity, permission: Permission, now: DateTime<Utc>, wanted: impl Fn(&Grant) -> bool) -> bool {
    let whole = |grant: &Grant| grant.scope.is_none() && wanted(grant);
    is_unlimited(who) || (who.key_sources.is_none() && who.grants(permission, now).any(whole))
}

/// Whether no grant limits the identity: a superadmin at the site.
#[must_use]
pub fn is_unlimited(who: &Identity) -> bool {
    who.role == Role::Superadmin && who.via == Via::Session
}

fn covers(who: &Identity, grant: &Grant, row: Row<'_>) -> bool {
    match &grant.scope {
        None => true,
        Some(Scope::Customers { customers }) => customers.contains(&row.customer_id),
        Some(Scope::OwnDeliveries { .. }) => who.executive_name.as_deref().is_some_and(|own| {
            let own = fold(own);
            row.executives.iter().any(|name| fold(name) == own)
        }),
    }
}

/// Whether somebody who holds `held` may give `wanted` to another: every row, column and day of it is within what they
/// hold themselves. One's own deliveries are not another's, so that scope is given only by who has every row.
#[must_use]
pub fn may_give(held: &[Grant], wanted: &Grant) -> bool {
    let limits_fit = |h: &&Grant| {
        h.permission == wanted.permission
            && h.hidden_columns.iter().all(|c| wanted.hidden_columns.contains(c))
            && h.expires_at.is_none_or(|end| wanted.expires_at.is_some_and(|w| w <= end))
    };
    let fitting: Vec<&Grant> = held.iter().filter(limits_fit).collect();
    if fitting.iter().any(|h| h.scope.is_none()) {
        return true;
    }
    let Some(Scope::Customers { customers: asked }) = &wanted.scope else { return false };
    let has = |id: &Uuid| {
        fitting.iter().any(|h| matches!(&h.scope, Some(Scope::Customers { customers }) if customers.contains(id)))
    };
    asked.iter().all(has)
}

/// Whether the identity may use `permission`, on `row` where one is given, and why, in a sentence for an admin.
/// `stored` are the person's grants, also those that ended.
#[must_use]
pub fn verdict(
    who: &Identity,
    stored: &[Grant],
    permission: Permission,
    row: Option<Row<'_>>,
    now: DateTime<Utc>,
) -> (bool, String) {
    let word = permission.as_str();
    match who.role {
        Role::Superadmin => return (true, "A superadmin may do everything, always.".into()),
        Role::Admin => return (true, format!("An admin holds every permission, {word} among them, on every row.")),
        Role::User => {}
    }
    let held: Vec<&Grant> = who.grants(permission, now).collect();
    if held.is_empty() {
        let ended = stored.iter().filter(|g| g.permission == permission).filter_map(|g| g.expires_at).max();
        return match ended {
            Some(end) => (false, format!("The grant of {word} ended at {}.", end.to_rfc3339())),
            None => (false, format!("No grant gives {word}.")),
        };
    }
    let Some(row) = row else {
        let limits: Vec<String> = held.iter().map(|g| limit(who, g)).collect();
        return (true, format!("A grant gives {word} {}.", limits.join(", and ")));
    };
    match held.iter().find(|g| covers(who, g, row)) {
        Some(grant) => (true, format!("A grant gives {word} {}; this challan is among them.", limit(who, grant))),
        None => {
            let limits: Vec<String> = held.iter().map(|g| limit(who, g)).collect();
            (false, format!("{word} is granted {}; this challan is not among them.", limits.join(", and ")))
        }
    }
}

fn limit(who: &Identity, grant: &Grant) -> String {
    let mut text = match &grant.scope {
        None => "on every challan".to_owned(),
        Some(Scope::Customers { customers }) => format!("on the challans of {} named customers", customers.len()),
        Some(Scope::OwnDeliveries { .. }) => match &who.executive_name {
            Some(name) => format!("on the deliveries of {name}"),
            None => "on own deliveries, of which there are none without an executive name".to_owned(),
        },
    };
    if !grant.hidden_columns.is_empty() {
        text += &format!(" without {}", grant.hidden_columns.join(", "));
    }
    if let Some(end) = grant.expires_at {
        text += &format!(" until {}", end.to_rfc3339());
    }
    text
}

/// Which customers an identity may see or manage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Customers {
    /// Every one, also those that are not on the list yet.
    pub all: bool,
    /// These.
    pub ids: Vec<Uuid>,
    /// Those to whom this executive, folded, carries something.
    pub carried_by: Option<String>,
}

/// Which customers the identity reaches with `permission`: its row scopes bind the list of customers as they bind challans.
/// A grant that hides the column reaches none, nor does a key that is bound to sources: a customer has none.
#[must_use]
pub fn customers(who: &Identity, permission: Permission, now: DateTime<Utc>) -> Customers {
    let mut reached = Customers { all: is_unlimited(who), ..Customers::default() };
    if who.key_sources.is_some() {
        return reached;
    }
    for grant in who.grants(permission, now).filter(|g| !g.hidden_columns.iter().any(|c| c == "customer")) {
        match &grant.scope {
            None => reached.all = true,
            Some(Scope::Customers { customers }) => reached.ids.extend(customers),
            Some(Scope::OwnDeliveries { .. }) => reached.carried_by = who.executive_name.as_deref().map(fold),
        }
    }
    reached
}

/// What decides, beside rights, what may be done with a challan.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// Where it stands.
    pub stage: Stage,
    /// Whether it was cancelled.
    pub is_void: bool,
    /// Whether it is in the trash.
    pub is_deleted: bool,
}

impl From<&Challan> for Standing {
    fn from(challan: &Challan) -> Standing {
        let Challan { stage, voided_at, deleted_at, .. } = challan;
        Standing { stage: *stage, is_void: voided_at.is_some(), is_deleted: deleted_at.is_some() }
    }
}

impl Standing {
    /// What somebody can do, in the words of the answers, who may change it or delete it.
    #[must_use]
    pub fn can(&self, may_update: bool, may_delete: bool) -> Vec<&'static str> {
        let mut can = Vec::new();
        if may_update && !self.is_deleted && !self.is_void {
            can.push("update");
            can.push(if self.stage == Stage::Draft { "issue" } else { "void" });
        }
        if may_delete && !self.is_deleted {
            can.push("delete");
        }
        can
    }
}

/// What the identity can do with a challan, in the words of the answers.
#[must_use]
pub fn can(who: &Identity, challan: &Challan, now: DateTime<Utc>) -> Vec<&'static str> {
    let may = |permission| reach(who, permission, challan, now).is_some();
    Standing::from(challan).can(may(Permission::ChallanUpdate), may(Permission::ChallanDelete))
}

/// Whether the identity would reach challans of the customer `gone`, or see more of them, once they are those of `kept`: it is limited
/// to some customers, and `kept` is one of them and `gone` is not.
#[must_use]
pub fn gains_by_merge(who: &Identity, gone: Uuid, kept: Uuid, now: DateTime<Utc>) -> bool {
    let names = |grant: &Grant, customer: Uuid| match &grant.scope {
        Some(Scope::Customers { customers }) => customers.contains(&customer),
        _ => false,
    };
    let reaches_as_much = |narrow: &Grant| {
        who.grants(narrow.permission, now).any(|grant| {
            (grant.scope.is_none() || names(grant, gone))
                && grant.hidden_columns.iter().all(|column| narrow.hidden_columns.contains(column))
        })
    };
    let gains = |grant: &Grant| grant.holds(now) && names(grant, kept) && !reaches_as_much(grant);
    !is_unlimited(who) && who.permissions.iter().any(gains)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::KeyScope;

    fn grant(permission: Permission, scope: Option<Scope>, hidden: &[&str]) -> Grant {
        Grant { permission, scope, hidden_columns: hidden.iter().map(|h| (*h).to_owned()).collect(), expires_at: None }
    }

    fn person(permissions: Vec<Grant>) -> Identity {
        Identity {
            user_id: Uuid::now_v7(),
            name: "Ravi".into(),
            role: Role::User,
            via: Via::Session,
            session: String::new(),
            permissions,
            executive_name: Some("Ravi K".into()),
            key_scopes: Vec::new(),
            key_sources: None,
            valid_until: Utc::now(),
        }
    }

    #[test]
    fn a_key_reaches_what_its_maker_reaches_of_its_own_sources() {
        let (customer, now) = (Uuid::now_v7(), Utc::now());
        let mut key = person(vec![grant(
            Permission::ChallanRead,
            Some(Scope::Customers { customers: vec![customer] }),
            &["amount"],
        )]);
        key.via = Via::Key;
        key.key_scopes = vec![KeyScope::ChallanRead];
        key.key_sources = Some(vec!["erp".into()]);
        let row = |customer_id, source| Row { customer_id, executives: &[], source };
        let reached = |row| reach_row(&key, Permission::ChallanRead, row, now);
        assert_eq!(reached(row(customer, Some("erp"))), Some(vec!["amount".to_owned()]));
        assert_eq!(reached(row(customer, Some("crm"))), None);
        assert_eq!(reached(row(customer, None)), None);
        assert_eq!(reached(row(Uuid::now_v7(), Some("erp"))), None);
        assert_eq!(reach_row(&key, Permission::ChallanUpdate, row(customer, Some("erp")), now), None);
    }

    #[test]
    fn every_row_is_reached_by_one_whole_grant() {
        use Permission::{ChallanRead, ChallanUpdate};
        let now = Utc::now();
        let own = || Some(Scope::OwnDeliveries { own_deliveries: true });
        let all = |who: &Identity| reaches_all(who, ChallanRead, "amount", now);
        assert!(!all(&person(Vec::new())) && !all(&person(vec![grant(ChallanRead, own(), &[])])));
        assert!(!all(&person(vec![grant(ChallanRead, None, &["amount"]), grant(ChallanUpdate, None, &[])])));
        let mut whole = person(vec![grant(ChallanRead, own(), &[]), grant(ChallanRead, None, &["remarks"])]);
        assert!(all(&whole));
        whole.key_sources = Some(vec!["erp".into()]);
        assert!(!all(&whole));
    }

    #[test]
    fn nobody_gives_more_than_they_hold() {
        use Permission::{ChallanRead, ChallanUpdate};
        let (a, b) = (Uuid::now_v7(), Uuid::now_v7());
        let of = |ids: &[Uuid]| Some(Scope::Customers { customers: ids.to_vec() });
        let own = Some(Scope::OwnDeliveries { own_deliveries: true });
        let held = [grant(ChallanRead, of(&[a]), &["amount"]), grant(ChallanRead, of(&[b]), &[])];
        assert!(may_give(&held, &grant(ChallanRead, of(&[a, b]), &["amount"])));
        assert!(may_give(&held, &grant(ChallanRead, of(&[b]), &[])));
        assert!(!may_give(&held, &grant(ChallanRead, of(&[a]), &[])), "a column hidden from the giver");
        assert!(!may_give(&held, &grant(ChallanRead, None, &["amount"])));
        assert!(!may_give(&held, &grant(ChallanUpdate, of(&[b]), &[])));
        assert!(!may_give(&[grant(ChallanRead, own.clone(), &[])], &grant(ChallanRead, own.clone(), &[])));
        assert!(may_give(&[grant(ChallanRead, None, &[])], &grant(ChallanRead, own, &[])));
        let ends = |days: i64| Grant {
            expires_at: Some(DateTime::from_timestamp(86_400 * days, 0).unwrap_or_default()),
            ..grant(ChallanRead, None, &[])
        };
        assert!(may_give(&[ends(9)], &ends(9)) && may_give(&[ends(9)], &ends(3)));
        assert!(!may_give(&[ends(9)], &ends(10)) && !may_give(&[ends(9)], &grant(ChallanRead, None, &[])));
    }

    #[test]
    fn who_is_limited_to_one_of_two_customers_gains_by_their_merge() {
        use Permission::{ChallanRead, ChallanUpdate};
        let (a, b, now) = (Uuid::now_v7(), Uuid::now_v7(), Utc::now());
        let of = |ids: &[Uuid]| Some(Scope::Customers { customers: ids.to_vec() });
        let gains = |permissions: Vec<Grant>| {
            let who = person(permissions);
            (gains_by_merge(&who, a, b, now), gains_by_merge(&who, b, a, now))
        };
        assert_eq!(gains(vec![grant(ChallanRead, of(&[b]), &[])]), (true, false));
        assert_eq!(
            gains(vec![grant(ChallanRead, of(&[a, b]), &[]), grant(ChallanUpdate, of(&[a]), &[])]),
            (false, true)
        );
        assert_eq!(
            gains(vec![grant(ChallanRead, of(&[b]), &[]), grant(ChallanRead, None, &["amount"])]),
            (true, false)
        );
        assert_eq!(gains(vec![grant(ChallanRead, of(&[b]), &[]), grant(ChallanRead, of(&[a]), &[])]), (false, false));
        assert_eq!(
            gains(vec![grant(ChallanRead, of(&[b]), &["amount"]), grant(ChallanRead, None, &["amount"])]),
            (false, false)
        );
    }

    #[test]
    fn a_verdict_says_why() {
        let now = Utc::now();
        let own = || grant(Permission::ChallanRead, Some(Scope::OwnDeliveries { own_deliveries: true }), &[]);
        let who = person(vec![own()]);
        let (mine, theirs) = (["ravi  k".to_owned()], ["Asha".to_owned()]);
        let row = |executives| Row { customer_id: Uuid::now_v7(), executives, source: None };
        let says = |row| verdict(&who, &[own()], Permission::ChallanRead, row, now);
        assert_eq!(says(None), (true, "A grant gives challan:read on the deliveries of Ravi K.".into()));
        assert!(says(Some(row(&mine))).0 && !says(Some(row(&theirs))).0);
        let ended = Grant { expires_at: Some(DateTime::UNIX_EPOCH), ..own() };
        let (allowed, why) = verdict(&person(vec![ended.clone()]), &[ended], Permission::ChallanRead, None, now);
        assert!(!allowed && why.contains("ended at 1970-01-01"), "{why}");
    }
}
