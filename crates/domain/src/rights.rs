//! What an identity may do with one challan.

use chrono::{DateTime, Utc};

use crate::challan::Challan;
use crate::fold::fold;
use crate::identity::{Grant, Identity, KeyScope, Permission, Role, Scope, Via};

/// Whether the identity may use `permission` on `challan`, and which columns are then hidden from it: those that
/// every grant that reaches the row hides.
#[must_use]
pub fn reach(who: &Identity, permission: Permission, challan: &Challan, now: DateTime<Utc>) -> Option<Vec<String>> {
    if is_unlimited(who) {
        return Some(Vec::new());
    }
    if who.via == Via::Key {
        let allowed = permission == Permission::ChallanRead && who.key_may(KeyScope::ChallanRead);
        return allowed.then(Vec::new);
    }
    let mut hidden: Option<Vec<String>> = None;
    for grant in who.grants(permission, now).filter(|g| covers(who, g, challan)) {
        hidden = Some(match hidden {
            None => grant.hidden_columns.clone(),
            Some(so_far) => so_far.into_iter().filter(|c| grant.hidden_columns.contains(c)).collect(),
        });
    }
    hidden
}

/// Whether no grant limits the identity: a superadmin at the site.
#[must_use]
pub fn is_unlimited(who: &Identity) -> bool {
    who.role == Role::Superadmin && who.via == Via::Session
}

fn covers(who: &Identity, grant: &Grant, challan: &Challan) -> bool {
    match &grant.scope {
        None => true,
        Some(Scope::Customers { customers }) => customers.contains(&challan.customer_id),
        Some(Scope::OwnDeliveries { .. }) => who.executive_name.as_deref().is_some_and(|own| {
            let own = fold(own);
            challan.facts.delivery_executives.iter().any(|name| fold(name) == own)
        }),
    }
}
