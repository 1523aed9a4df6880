//! People at the command line: `createsuperuser` and `users`.

use std::io::{IsTerminal, Read};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use console::Term;
use service::Config;

/// The most bytes of a password on standard input.
const PASSWORD_LIMIT: u64 = 8192;

/// Who becomes a superadmin.
#[derive(Args)]
pub(crate) struct Superuser {
    /// Their e-mail address, of an allowed domain; asked for where it is not given.
    #[arg(long)]
    email: Option<String>,
    /// Takes the password from standard input, so that it stands in no list of processes; else it is asked for.
    #[arg(long, requires = "email")]
    password_stdin: bool,
}

/// What to do with the people who have accounts.
#[derive(Subcommand)]
pub(crate) enum Users {
    /// Shows everybody with an account, one a line.
    List,
    /// Keeps a person out and ends their sessions.
    Disable {
        /// The e-mail or the user name.
        name: String,
    },
    /// Makes a link by which a person sets a new password, to be handed over.
    ResetLink {
        /// The e-mail or the user name.
        name: String,
    },
}

/// Makes a superadmin.
///
/// # Errors
/// A sentence about the e-mail or the password, or the database's.
pub(crate) async fn create_superuser(config: &Config, who: Superuser) -> anyhow::Result<()> {
    let password_stdin = who.password_stdin;
    // A terminal is waited for on a thread of its own.
    let (email, password) =
        tokio::task::spawn_blocking(move || if password_stdin { from_stdin(who.email) } else { asked(who.email) })
            .await??;
    accounts::create_superadmin(config, &email, &password).await?;
    println!("{email} may now do everything.");
    Ok(())
}

fn from_stdin(email: Option<String>) -> anyhow::Result<(String, String)> {
    let mut password = String::new();
    std::io::stdin().take(PASSWORD_LIMIT).read_to_string(&mut password).context("The password is no text")?;
    Ok((email.unwrap_or_default(), password.trim_end_matches(['\r', '\n']).to_owned()))
}

fn asked(email: Option<String>) -> anyhow::Result<(String, String)> {
    let term = Term::stderr();
    if !std::io::stdin().is_terminal() || !term.is_term() {
        bail!("There is no terminal to ask at: give --email and --password-stdin.");
    }
    let ask = |question: &str| term.write_str(question);
    let email = match email {
        Some(email) => email,
        None => {
            ask("E-mail: ")?;
            term.read_line()?.trim().to_owned()
        }
    };
    ask("Password: ")?;
    let password = term.read_secure_line()?;
    ask("Password again: ")?;
    if term.read_secure_line()? != password {
        bail!("The two passwords differ; nothing was made.");
    }
    Ok((email, password))
}

/// Lists people, disables one, or makes a link for one.
///
/// # Errors
/// When nobody has that name, or the database is away.
pub(crate) async fn run(config: &Config, what: Users) -> anyhow::Result<()> {
    match what {
        Users::List => {
            for person in accounts::people(config).await? {
                let state = match (person.is_active, person.has_password) {
                    (false, _) => "disabled",
                    (true, false) => "invited",
                    (true, true) => "active",
                };
                let seen = person.last_sign_in_at.map_or_else(|| "never".into(), |at| at.format("%F %R").to_string());
                println!("{}\t{}\t{state}\t{seen}\t{}", person.email, person.role.as_str(), person.name);
            }
        }
        Users::Disable { name } => {
            if accounts::disable(config, &name).await? {
                println!("{name} is signed out everywhere and cannot sign in any more.");
            } else {
                println!("{name} was disabled already.");
            }
        }
        Users::ResetLink { name } => {
            let link = accounts::reset_link(config, &name).await?;
            println!("{}", link.url);
            eprintln!("Hand this to {name} and nobody else; it holds until {} UTC.", link.expires_at.format("%F %R"));
        }
    }
    Ok(())
}
