//! Building the search index at the command line.

use std::io::IsTerminal;

use indicatif::ProgressBar;
use service::Config;
use tracker::Reindexed;

/// Rows between two plain lines, where there is no terminal.
const LINE: u64 = 100_000;

/// Builds the index anew and says how many challans it has.
///
/// # Errors
/// The database's and the file system's own.
pub(crate) async fn run(config: &Config) -> anyhow::Result<()> {
    let bar = std::io::stderr().is_terminal().then(ProgressBar::new_spinner);
    let done = tracker::reindex(config, |rows| match &bar {
        Some(bar) => bar.set_message(format!("{rows} challans")),
        None if rows % LINE == 0 => eprintln!("{rows} challans"),
        None => {}
    })
    .await?;
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    match done {
        Reindexed::Built(rows) => println!("The search index of {rows} challans is built."),
        Reindexed::Asked(1) => println!("The running tracker has built its search index anew."),
        Reindexed::Asked(trackers) => println!("The {trackers} running trackers have built their search indexes anew."),
    }
    Ok(())
}
