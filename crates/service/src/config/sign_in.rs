//! Settings of signing in, and of the mail that helps people who cannot.

use domain::identity::Role;

use super::{ConfigError, list, parse};

/// How often a wrong sign-in may be tried, how long a session lasts, and who needs a second factor.
#[derive(Clone, Debug)]
pub struct SignInSettings {
    /// `SIGN_IN_TRIES`: failures of one account from one address, or from one known browser, in a quarter of an hour.
    pub tries: u32,
    /// `SIGN_IN_TRIES_ADDRESS`: failures from one address in a quarter of an hour, whatever the account.
    pub tries_address: u32,
    /// `SIGN_IN_TRIES_ACCOUNT`: failures of one account in an hour, whatever the address.
    pub tries_account: u32,
    /// `SESSION_IDLE_HOURS`: hours without a request after which a session ends.
    pub idle_hours: u32,
    /// `SESSION_DAYS`: days after the sign-in at which a session ends.
    pub absolute_days: u32,
    /// `SESSIONS_PER_USER`: sessions of one person; one more ends the oldest.
    pub sessions_per_user: u32,
    /// `INVITATION_DAYS`: days for which an invitation holds.
    pub invitation_days: u32,
    /// `RESET_HOURS`: hours for which a link to a new password holds.
    pub reset_hours: u32,
    /// `TOTP_REQUIRED_ROLES`: who signs in with a one-time code besides the password.
    pub totp_required_roles: Vec<Role>,
}

/// The server that takes mail.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// `SMTP_URL`: `smtps://user:password@host`, or `smtp://host:port?tls=required`.
    pub url: String,
    /// `MAIL_FROM`: the sender, such as `DC Tracker <dc@example.com>`.
    pub from: String,
}

impl SignInSettings {
    pub(super) fn read(get: &dyn Fn(&'static str) -> Option<String>) -> Result<SignInSettings, ConfigError> {
        Ok(SignInSettings {
            tries: at_least_one(get, "SIGN_IN_TRIES", "10")?,
            tries_address: at_least_one(get, "SIGN_IN_TRIES_ADDRESS", "60")?,
            tries_account: at_least_one(get, "SIGN_IN_TRIES_ACCOUNT", "100")?,
            idle_hours: at_least_one(get, "SESSION_IDLE_HOURS", "8")?,
            absolute_days: at_least_one(get, "SESSION_DAYS", "14")?,
            sessions_per_user: at_least_one(get, "SESSIONS_PER_USER", "20")?,
            invitation_days: at_least_one(get, "INVITATION_DAYS", "7")?,
            reset_hours: at_least_one(get, "RESET_HOURS", "2")?,
            totp_required_roles: roles(get)?,
        })
    }
}

impl MailSettings {
    pub(super) fn read(get: &dyn Fn(&'static str) -> Option<String>) -> Result<Option<MailSettings>, ConfigError> {
        let Some(url) = get("SMTP_URL") else { return Ok(None) };
        let known = url::Url::parse(&url).is_ok_and(|u| matches!(u.scheme(), "smtp" | "smtps") && u.has_host());
        if !known {
            // The address holds a password, so it is not repeated.
            let reason = "is no address of a mail server; smtps://user:password@mail.example.com would be.".into();
            return Err(ConfigError { name: "SMTP_URL", reason });
        }
        let Some(from) = get("MAIL_FROM") else {
            let reason = "is needed where SMTP_URL is set; DC Tracker <dc@example.com> would be right.".into();
            return Err(ConfigError { name: "MAIL_FROM", reason });
        };
        Ok(Some(MailSettings { url, from }))
    }
}

/// A whole number from 1 to 100,000.
fn at_least_one(
    get: &dyn Fn(&'static str) -> Option<String>,
    name: &'static str,
    default: &str,
) -> Result<u32, ConfigError> {
    let number: u32 = parse(get, name, default)?;
    if !(1..=100_000).contains(&number) {
        return Err(ConfigError { name, reason: format!("{number} is not from 1 to 100000; {default} would be.") });
    }
    Ok(number)
}

fn roles(get: &dyn Fn(&'static str) -> Option<String>) -> Result<Vec<Role>, ConfigError> {
    let name = "TOTP_REQUIRED_ROLES";
    let read = |word: &String| {
        Role::parse(word).ok_or_else(|| ConfigError {
            name,
            reason: format!("{word:?} is no role; superadmin,admin,user are the roles there are."),
        })
    };
    list(&get(name).unwrap_or_default()).iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_settings_name_their_variable() {
        let of = |name: &'static str, value: &'static str| {
            move |asked: &'static str| (asked == name).then(|| value.to_owned())
        };
        for (name, value) in [("SIGN_IN_TRIES", "0"), ("SESSION_DAYS", "soon"), ("TOTP_REQUIRED_ROLES", "admin,boss")] {
            assert_eq!(SignInSettings::read(&of(name, value)).unwrap_err().name, name);
        }
        assert_eq!(MailSettings::read(&of("SMTP_URL", "mail.example.com:25")).unwrap_err().name, "SMTP_URL");
        assert_eq!(MailSettings::read(&of("SMTP_URL", "smtp://mail.example.com")).unwrap_err().name, "MAIL_FROM");
        let roles = SignInSettings::read(&of("TOTP_REQUIRED_ROLES", "superadmin, admin")).unwrap().totp_required_roles;
        assert_eq!(roles, [Role::Superadmin, Role::Admin]);
    }
}
