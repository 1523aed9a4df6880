//! What users may be called, and what they may be granted.

use chrono::Utc;
use domain::fold::{canonical, fold, has_invisible};
use domain::identity::{Grant, Scope};

use super::State;
use super::body::one;
use super::failure::Failure;
use super::sign_in::is_own_domain;
use super::view::GrantView;
use crate::password::objection;
use crate::store::users::User;

/// A name of a person: trimmed, at most 100 characters, no control characters.
///
/// # Errors
/// 422 with the field.
pub fn check_name(field: &str, name: &str) -> Result<String, Failure> {
    let name = canonical(name);
    // Some Indian scripts join letters by these two.
    let without_joiners = name.replace(['\u{200c}', '\u{200d}'], "");
    if name.chars().count() > 100 || name.chars().any(char::is_control) || has_invisible(&without_joiners) {
        return Err(one(field, "At most 100 visible characters on one line.").into());
    }
    Ok(name)
}

/// An address of one of the organisation's domains, trimmed.
///
/// # Errors
/// 422 with the field.
pub fn check_email(state: &State, email: &str) -> Result<String, Failure> {
    let email = canonical(email);
    let folded = fold(&email);
    let is_address = email
        .split_once('@')
        .is_some_and(|(name, domain)| !name.is_empty() && domain.contains('.') && !domain.contains('@'));
    // Folded, a look-alike of the @ is one too.
    let is_plain = folded.matches('@').count() == 1 && !has_invisible(&email);
    let has_gap = email.chars().any(|c| c.is_whitespace() || c.is_control());
    if !is_address || !is_plain || has_gap || email.len() > 254 || folded.len() > 254 {
        return Err(one("email", "This is no e-mail address.").into());
    }
    if !is_own_domain(&state.config, &email) {
        let domains = state.config.allowed_email_domains.join(", ");
        return Err(one("email", format!("Only addresses of {domains} may have an account.")).into());
    }
    Ok(email)
}

/// A new password of `user`.
///
/// # Errors
/// 422 with the field and the code of the rule.
pub fn check_password(state: &State, field: &str, password: &str, user: &User) -> Result<(), Failure> {
    let names = [&user.email, &user.username, &user.first_name, &user.last_name].map(String::as_str);
    let Some(objection) = objection(&state.config, password, &names) else { return Ok(()) };
    let mut problem = one(field, objection.reason);
    objection.code.clone_into(&mut problem.code);
    Err(problem.into())
}

/// A user name has no `@`, so that it never is another person's e-mail.
///
/// # Errors
/// 422 with the field.
pub fn check_username(given: Option<String>, email: &str) -> Result<String, Failure> {
    let Some(name) = given.filter(|n| !n.trim().is_empty()) else { return Ok(email.to_owned()) };
    let name = check_name("username", &name)?;
    let folded = fold(&name);
    if folded.contains('@') && folded != fold(email) {
        return Err(one("username", "A user name has no @.").into());
    }
    if has_invisible(&name) {
        return Err(one("username", "A user name has visible characters only.").into());
    }
    Ok(name)
}

/// The executive name, or none where it is empty.
///
/// # Errors
/// 422 with the field.
pub fn executive(given: Option<String>) -> Result<Option<String>, Failure> {
    let name = check_name("executive_name", &given.unwrap_or_default())?;
    Ok(Some(name).filter(|n| !n.is_empty()))
}

/// Columns of a challan that a grant may hide: what identifies the row and its place is not among them.
pub const COLUMNS: &[&str] = &[
    "dc_summary",
    "delivery_executives",
    "amount",
    "dispatched_at",
    "delivered_at",
    "invoice_number",
    "invoice_date",
    "invoice_submission",
    "invoice_submitted_on",
    "proof_of_delivery",
    "pod_upload_date",
    "received_by",
    "remarks",
    "void_reason",
    "source",
    "external_id",
];
/// The most customers that one grant names.
const CUSTOMERS: usize = 500;

/// At most 100 grants that still hold; those about rows may name rows and hide columns.
///
/// # Errors
/// 422 with the field.
pub fn check_grants(grants: Vec<GrantView>) -> Result<Vec<Grant>, Failure> {
    if grants.len() > 100 {
        return Err(one("grants", "At most 100 grants.").into());
    }
    let mut checked: Vec<Grant> = Vec::with_capacity(grants.len());
    for (i, grant) in grants.into_iter().enumerate() {
        let grant = Grant::from(grant);
        if let Some(reason) = objection_to(&grant) {
            return Err(one("grants", format!("Grant {}: {reason}", i + 1)).into());
        }
        if !checked.contains(&grant) {
            checked.push(grant);
        }
    }
    Ok(checked)
}

fn objection_to(grant: &Grant) -> Option<String> {
    let word = grant.permission.as_str();
    if grant.expires_at.is_some_and(|end| end <= Utc::now()) {
        return Some("it ends in the future or never.".into());
    }
    if !grant.permission.is_of_rows() && (grant.scope.is_some() || !grant.hidden_columns.is_empty()) {
        return Some(format!("{word} is not about rows, so it takes no scope and no hidden columns."));
    }
    match &grant.scope {
        Some(Scope::OwnDeliveries { own_deliveries: false }) => return Some("own_deliveries is true.".into()),
        Some(Scope::Customers { customers }) if !(1..=CUSTOMERS).contains(&customers.len()) => {
            return Some(format!("name 1 to {CUSTOMERS} customers."));
        }
        _ => {}
    }
    let unknown = grant.hidden_columns.iter().find(|c| !COLUMNS.contains(&c.as_str()))?;
    Some(format!("{:?} is no column that can be hidden.", unknown.chars().take(64).collect::<String>()))
}
