//! The first account, and superadmins made at the command line.

use anyhow::{Context, bail};
use chrono::Utc;
use db::DbError;
use domain::identity::Role;
use service::Config;
use uuid::Uuid;

use crate::event::Origin;
use crate::http::sign_in::is_own_domain;
use crate::password::{Passwords, objection, random};
use crate::store::Store;
use crate::store::users::User;

/// The claim on making the first account, of which there is one.
const FIRST: &str = "first superadmin";
/// Letters and digits of a made password: 119 bits.
const PASSWORD_LENGTH: usize = 20;

/// The account of a first start. Shown once.
pub struct FirstSuperadmin {
    /// The name to sign in with.
    pub email: String,
    /// The password.
    pub password: String,
}

/// Makes the superadmin of a first start: `SUPERADMIN_EMAIL` and `SUPERADMIN_PASSWORD`, else `admin@` the first
/// allowed domain with a random password. None where somebody has an account; of several callers at once, one makes it.
///
/// # Errors
/// When the database is away, or the settings name an account that may not exist.
pub async fn ensure_superadmin(config: &Config) -> anyhow::Result<Option<FirstSuperadmin>> {
    let store = Store::open(config).await?;
    let made = first(&store, config).await;
    store.db.close().await;
    made
}

/// Makes a superadmin.
///
/// # Errors
/// When the e-mail is taken or of a foreign domain, the password too weak, or the database away.
pub async fn create_superadmin(config: &Config, email: &str, password: &str) -> anyhow::Result<()> {
    let store = Store::open(config).await?;
    let made = async {
        let user = superadmin(config, email, password).await?;
        match store.create_user(&user, &[], None, &command()).await {
            Err(DbError::Duplicate(_)) => bail!("{email} has an account already."),
            made => Ok(made?),
        }
    }
    .await;
    store.db.close().await;
    made
}

async fn first(store: &Store, config: &Config) -> anyhow::Result<Option<FirstSuperadmin>> {
    if store.has_users().await? {
        return Ok(None);
    }
    let email = match &config.superadmin_email {
        Some(email) => email.clone(),
        None => {
            let domain = config.allowed_email_domains.first();
            format!("admin@{}", domain.context("ALLOWED_EMAIL_DOMAINS names no domain; name the organisation's.")?)
        }
    };
    let password = config.superadmin_password.clone().unwrap_or_else(|| random(PASSWORD_LENGTH));
    let user = superadmin(config, &email, &password).await.context("SUPERADMIN_EMAIL, SUPERADMIN_PASSWORD")?;
    match store.create_user(&user, &[], Some(FIRST), &command()).await {
        Err(DbError::Duplicate(_)) => Ok(None),
        made => {
            made?;
            Ok(Some(FirstSuperadmin { email, password }))
        }
    }
}

async fn superadmin(config: &Config, email: &str, password: &str) -> anyhow::Result<User> {
    let email = email.trim();
    if !is_own_domain(config, email) {
        bail!(
            "{email} is of none of the domains in ALLOWED_EMAIL_DOMAINS ({}).",
            config.allowed_email_domains.join(", ")
        );
    }
    if let Some(objection) = objection(config, password, &[email]) {
        bail!("{}", objection.reason);
    }
    let passwords = tokio::task::spawn_blocking(Passwords::new).await??;
    Ok(User {
        id: Uuid::now_v7(),
        version: 1,
        email: email.to_owned(),
        username: email.to_owned(),
        first_name: String::new(),
        last_name: String::new(),
        executive_name: None,
        role: Role::Superadmin,
        is_active: true,
        password_hash: Some(passwords.hash(password.to_owned()).await?),
        settings: "{}".into(),
        last_sign_in_at: None,
        created_at: Utc::now().timestamp_micros(),
    })
}

fn command() -> Origin {
    Origin { via: "command", ..Origin::default() }
}
