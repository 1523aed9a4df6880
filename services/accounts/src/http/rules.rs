//! What users may be called, and what they may be granted.

use chrono::Utc;
use domain::identity::Grant;

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
    let name = name.trim();
    if name.chars().count() > 100 || name.chars().any(char::is_control) {
        return Err(one(field, "At most 100 characters on one line.").into());
    }
    Ok(name.to_owned())
}

/// An address of one of the organisation's domains, trimmed.
///
/// # Errors
/// 422 with the field.
pub fn check_email(state: &State, email: &str) -> Result<String, Failure> {
    let email = email.trim();
    let is_address = email
        .split_once('@')
        .is_some_and(|(name, domain)| !name.is_empty() && domain.contains('.') && !domain.contains('@'));
    if !is_address || email.len() > 254 || email.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(one("email", "This is no e-mail address.").into());
    }
    if !is_own_domain(&state.config, email) {
        let domains = state.config.allowed_email_domains.join(", ");
        return Err(one("email", format!("Only addresses of {domains} may have an account.")).into());
    }
    Ok(email.to_owned())
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
    if name.contains('@') && domain::fold::fold(&name) != domain::fold::fold(email) {
        return Err(one("username", "A user name has no @.").into());
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

/// At most 100 grants that still hold.
///
/// # Errors
/// 422 with the field.
pub fn check_grants(grants: Vec<GrantView>) -> Result<Vec<Grant>, Failure> {
    if grants.len() > 100 {
        return Err(one("grants", "At most 100 grants.").into());
    }
    let has_ended = |g: &GrantView| g.expires_at.is_some_and(|end| end <= Utc::now());
    if grants.iter().any(has_ended) {
        return Err(one("grants", "A grant ends in the future or never.").into());
    }
    Ok(grants.into_iter().map(Grant::from).collect())
}
