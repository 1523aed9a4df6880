//! What one person may do to another's account.

use domain::identity::{Grant, Permission, Role};
use domain::rights;
use service::Problem;

use super::State;
use super::caller::Caller;
use super::failure::Failure;
use crate::store::users::User;

/// Whether `who` may change `target` at all: superadmins everybody; admins everybody but superadmins; others with
/// `user:manage` only users who hold nothing that they do not hold themselves, since who can change an account's
/// address can take it over.
///
/// # Errors
/// 403, or the database's.
pub async fn may_manage(state: &State, who: &Caller, target: &User) -> Result<(), Failure> {
    who.must(Permission::UserManage)?;
    if target.id == who.user.id {
        return Ok(());
    }
    may_make(who, target.role)?;
    if who.user.role == Role::User {
        let held = state.store.grants(target.id).await?;
        if !held.iter().all(|g| rights::may_give(&who.permissions, g)) {
            return Err(Problem::forbidden("This user may do more than you; an admin has to change them.").into());
        }
    }
    Ok(())
}

/// What an admin does for others is not for oneself: it would spare whoever found an open browser the old password.
///
/// # Errors
/// 403.
pub fn must_be_another(who: &Caller, target: &User) -> Result<(), Failure> {
    if target.id == who.user.id {
        return Err(Problem::forbidden("For yourself, use your profile, which asks for your password.").into());
    }
    Ok(())
}

/// Whether `who` may make somebody a `role`.
///
/// # Errors
/// 403.
pub fn may_make(who: &Caller, role: Role) -> Result<(), Failure> {
    let needed = match (who.user.role, role) {
        (Role::Superadmin, _) | (Role::Admin, Role::Admin | Role::User) | (Role::User, Role::User) => return Ok(()),
        (_, Role::Superadmin) => "Only a superadmin makes or changes a superadmin.",
        (Role::User, _) => "Only an admin makes or changes an admin.",
    };
    Err(Problem::forbidden(needed).into())
}

/// Whether `who` holds all that these grants give.
///
/// # Errors
/// 403 that names the first grant that is too much.
pub fn may_give(who: &Caller, grants: &[Grant]) -> Result<(), Failure> {
    match grants.iter().find(|g| !rights::may_give(&who.permissions, g)) {
        None => Ok(()),
        Some(g) => {
            let word = g.permission.as_str();
            Err(Problem::forbidden(format!("You may not give {word} so far; you do not hold it so far yourself."))
                .into())
        }
    }
}
