//! Starting services, in one process or alone, and stopping them in order.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, bail};
use service::Config;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{Service, demo, import};

/// Says something on standard output. A reader that has gone away is no reason to stop serving.
macro_rules! say {
    ($($text:tt)*) => {{
        let mut out = std::io::stdout().lock();
        let _ = writeln!(out, $($text)*);
        let _ = out.flush();
    }};
}

/// The services in the order in which they start; they stop in the opposite one.
const ORDER: [Service; 4] = [Service::Accounts, Service::Tracker, Service::Fanout, Service::Gateway];

struct Started {
    service: Service,
    stop: CancellationToken,
    ended: JoinHandle<anyhow::Result<()>>,
}

/// Runs services until the process is told to stop.
///
/// # Errors
/// A setting, a taken port or a database that is away, in a sentence; or a service that ended by itself.
pub(crate) async fn run(mut config: Config, named: &[Service], demo: bool) -> anyhow::Result<()> {
    let wanted: Vec<Service> = ORDER.into_iter().filter(|s| named.is_empty() || named.contains(s)).collect();
    let mut listeners = Vec::new();
    for service in wanted {
        let (name, address) = address(&config, service);
        let listener = TcpListener::bind(address).await.map_err(|error| unusable(name, address, &error))?;
        let url = format!("http://{}", listener.local_addr()?);
        let urls = match service {
            Service::Accounts => &mut config.accounts_urls,
            Service::Tracker => &mut config.tracker_urls,
            Service::Fanout => &mut config.fanout_urls,
            Service::Gateway => &mut Vec::new(),
        };
        if urls.is_empty() {
            urls.push(url.clone());
        }
        say!("listening {name} {url}");
        listeners.push((service, listener, url));
    }
    require_addresses(&config, named)?;
    let config = Arc::new(config);
    let with_accounts = named.is_empty() || named.contains(&Service::Accounts);
    let first = if with_accounts { accounts::ensure_superadmin(&config).await? } else { None };
    let mut started = Vec::new();
    let mut site = None;
    for (service, listener, url) in listeners {
        let stop = CancellationToken::new();
        let (config, token) = (Arc::clone(&config), stop.clone());
        let ended = match service {
            Service::Accounts => accounts::start(config, listener, token).await?,
            Service::Tracker => tracker::start(config, listener, token).await?,
            Service::Fanout => fanout::start(config, listener, token).await?,
            Service::Gateway => {
                site = Some(url);
                gateway::start(config, listener, token).await?
            }
        };
        started.push(Started { service, stop, ended });
    }
    say!("ready");
    if let Some(site) = &site {
        greet(&config, site);
    }
    if let Some(first) = first.as_ref().filter(|_| config.superadmin_password.is_none()) {
        say!("Sign in as {} with the password {} (shown this once).", first.email, first.password);
    }
    if let Some(site) = site.filter(|_| demo)
        && let Err(error) = load_demo(&config, site, first.as_ref()).await
    {
        say!("{error:#}");
    }
    until_told(&mut started).await?;
    // Fan-out is told together with the gateway, which waits for the streams that only fan-out can end.
    for service in started.iter().filter(|s| matches!(s.service, Service::Gateway | Service::Fanout)) {
        service.stop.cancel();
    }
    for service in started.into_iter().rev() {
        service.stop.cancel();
        service.ended.await??;
    }
    Ok(())
}

fn address(config: &Config, service: Service) -> (&'static str, SocketAddr) {
    match service {
        Service::Accounts => ("accounts", config.accounts_addr),
        Service::Tracker => ("tracker", config.tracker_addr),
        Service::Fanout => ("fanout", config.fanout_addr),
        Service::Gateway => ("gateway", config.gateway_addr),
    }
}

fn unusable(name: &str, address: SocketAddr, error: &std::io::Error) -> anyhow::Error {
    let setting = format!("{}_ADDR", name.to_uppercase());
    if error.kind() == std::io::ErrorKind::AddrInUse {
        return anyhow::anyhow!(
            "Port {} is taken by another program; stop it, or set {setting} to another address such as 127.0.0.1:{}.",
            address.port(),
            address.port().wrapping_add(100)
        );
    }
    anyhow::anyhow!("{setting}={address} cannot be listened on: {error}.")
}

/// A service alone must be told where the others are.
fn require_addresses(config: &Config, named: &[Service]) -> anyhow::Result<()> {
    let needs = |service| named.is_empty() || named.contains(&service);
    let others = needs(Service::Tracker) || needs(Service::Fanout) || needs(Service::Gateway);
    if others && config.accounts_urls.is_empty() {
        bail!("ACCOUNTS_URL is needed where accounts runs in another process.");
    }
    if (needs(Service::Fanout) || needs(Service::Gateway)) && config.tracker_urls.is_empty() {
        bail!("TRACKER_URL is needed where tracker runs in another process.");
    }
    if needs(Service::Gateway) && config.fanout_urls.is_empty() {
        bail!("FANOUT_URL is needed where fanout runs in another process.");
    }
    Ok(())
}

fn greet(config: &Config, site: &str) {
    let address = if config.gateway_addr.port() == 0 { site } else { &config.public_url };
    say!("DC Tracker is open at {address}");
    if !config.is_https() && !["localhost", "127.0.0.1"].iter().any(|h| config.public_url.contains(h)) {
        say!("Sign-in travels unencrypted at this address; set PUBLIC_URL to an https address behind a proxy.");
    }
}

async fn load_demo(config: &Config, site: String, first: Option<&accounts::FirstSuperadmin>) -> anyhow::Result<()> {
    let Some(first) = first else {
        say!("The samples are loaded at the first start only; dc-tracker demo sends them at any time.");
        return Ok(());
    };
    let account = import::Account::of(site, first.email.clone(), first.password.clone());
    let today = chrono::Utc::now().with_timezone(&config.org_timezone).date_naive();
    import::rows(demo::challans(today), &account).await.context("the samples were not loaded")
}

/// Waits for Ctrl-C, SIGTERM, or a service that ends by itself, which is an error.
async fn until_told(started: &mut [Started]) -> anyhow::Result<()> {
    let mut terminated = signal(SignalKind::terminate())?;
    loop {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => return Ok(()),
            _ = terminated.recv() => return Ok(()),
            () = tokio::time::sleep(std::time::Duration::from_millis(500)) => {
                if started.iter().any(|s| s.ended.is_finished()) {
                    bail!("A service ended by itself; the log above says why.");
                }
            }
        }
    }
}
