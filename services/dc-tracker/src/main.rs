//! `dc-tracker`: every service in one process, and the command line.

mod demo;
mod import;
mod reindex;
mod serve;
mod users;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand, ValueEnum};
use service::Config;

/// Ingest makes many small values on one thread and drops them on another: with glibc's allocator a quarter of its time went
/// there (100,000 rows in 20.5 s instead of 13.5 s), and the memory was not given back.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// The live register of delivery challans.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Starts services; all of them where none is named.
    Serve {
        /// The services of this process.
        services: Vec<Service>,
        /// Loads 10,000 sample challans into an empty register.
        #[arg(long)]
        demo: bool,
    },
    /// Makes a superadmin; asks for what is not given.
    Createsuperuser(users::Superuser),
    /// Lists people, disables one, or makes a link to a new password.
    Users {
        #[command(subcommand)]
        what: users::Users,
    },
    /// Brings every table to its newest shape.
    Migrate,
    /// Builds the search index anew; running trackers of this machine do it themselves.
    Reindex,
    /// Checks that nobody edited, removed or moved a row of the log of accounts, and that every challan and customer is what
    /// the log of the register comes to.
    Verify {
        /// A receipt that verify or the log of a process gave earlier: whether every row up to it is still there.
        #[arg(long, value_name = "RECEIPT")]
        since: Option<accounts::Receipt>,
    },
    /// Sends a file of NDJSON challans to a running DC Tracker through its ingest API.
    Import {
        /// One JSON object a line.
        file: PathBuf,
        #[command(flatten)]
        account: import::Account,
    },
    /// Sends 10,000 sample challans to a running DC Tracker.
    Demo {
        #[command(flatten)]
        account: import::Account,
    },
}

/// A service by its name.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Service {
    /// Users, sessions, rights.
    Accounts,
    /// The register and its ingest API.
    Tracker,
    /// The live stream.
    Fanout,
    /// The front door.
    Gateway,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    match runtime.block_on(run(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

/// One plain sentence; its causes follow where there are any.
fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("{error:#}");
    ExitCode::FAILURE
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    if let Command::Import { file, account } = &arguments.command {
        return import::file(file, account).await;
    }
    if let Command::Demo { account } = &arguments.command {
        return import::rows(demo::challans(chrono::Utc::now().date_naive()), account).await;
    }
    let config = Config::from_env()?;
    service::logging::init(&config.log_format);
    match arguments.command {
        Command::Serve { services, demo } => serve::run(config, &services, demo).await,
        Command::Createsuperuser(who) => users::create_superuser(&config, who).await,
        Command::Users { what } => users::run(&config, what).await,
        Command::Migrate => {
            let config = Arc::new(config);
            accounts::migrate(&config).await?;
            tracker::migrate(&config).await?;
            println!("Every table has its newest shape.");
            Ok(())
        }
        Command::Reindex => reindex::run(&config).await,
        Command::Verify { since } => {
            let end = accounts::verify(&config, since.as_ref()).await?;
            println!("The {} rows of the log of accounts are as they were written.", end.map_or(0, |end| end.seq));
            if let Some(receipt) = end {
                println!("Their receipt, to be kept outside the database for verify --since: {receipt}");
            }
            let found = tracker::verify(&config).await?;
            println!(
                "The {} rows of the log of the register come to the {} challans and {} customers that are stored.",
                found.rows, found.challans, found.customers
            );
            Ok(())
        }
        Command::Import { .. } | Command::Demo { .. } => Ok(()),
    }
}
