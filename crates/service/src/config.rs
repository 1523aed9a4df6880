//! Settings: the environment, then `.env`. Each process reads them once, at the start.

mod sign_in;

pub use sign_in::{MailSettings, SignInSettings};

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use chrono_tz::Tz;
use ipnet::IpNet;
use rand::RngCore;
use thiserror::Error;

/// A setting that is missing or impossible, in a sentence that names the variable.
#[derive(Debug, Error)]
#[error("{name}: {reason}")]
pub struct ConfigError {
    /// The environment variable.
    pub name: &'static str,
    /// What is wrong and what would be right.
    pub reason: String,
}

/// Where the tables are.
#[derive(Clone, Debug)]
pub enum DatabaseSettings {
    /// A file in `DATA_DIR`.
    Sqlite {
        /// The file.
        path: PathBuf,
    },
    /// A MySQL server.
    MySql {
        /// Host name or address.
        host: String,
        /// TCP port.
        port: u16,
        /// Database name.
        name: String,
        /// User.
        user: String,
        /// Password.
        password: String,
        /// PEM file of the server's authority.
        ssl_ca: Option<PathBuf>,
        /// The most connections of one service; the tracker has two more for small writes.
        pool_size: u32,
    },
}

/// The broker.
#[derive(Clone, Debug)]
pub struct KafkaSettings {
    /// `host:port` addresses, separated by commas.
    pub bootstrap_servers: String,
    /// What the topics' names begin with.
    pub topic_prefix: String,
}

/// Everything a process of DC Tracker is told from outside.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the embedded database and made secrets lie.
    pub data_dir: PathBuf,
    /// Where trackers keep their search indexes, each in a folder of its own.
    pub index_dir: PathBuf,
    /// The tables of every service.
    pub database: DatabaseSettings,
    /// From which every key is derived.
    pub secret_key: String,
    /// The broker, or none.
    pub kafka: Option<KafkaSettings>,
    /// Base addresses of accounts, without a slash at the end.
    pub accounts_urls: Vec<String>,
    /// Base addresses of tracker.
    pub tracker_urls: Vec<String>,
    /// Base addresses of fan-out.
    pub fanout_urls: Vec<String>,
    /// How browsers reach the gateway.
    pub public_url: String,
    /// Where the gateway listens.
    pub gateway_addr: SocketAddr,
    /// Where accounts listens.
    pub accounts_addr: SocketAddr,
    /// Where tracker listens.
    pub tracker_addr: SocketAddr,
    /// Where fan-out listens.
    pub fanout_addr: SocketAddr,
    /// `Host` values taken at the gateway; empty for any well-formed one.
    pub allowed_hosts: Vec<String>,
    /// Origins that may write, beside the gateway's own.
    pub csrf_trusted_origins: Vec<String>,
    /// E-mail domains that may exist as users, folded.
    pub allowed_email_domains: Vec<String>,
    /// The organisation's time zone, for "today" and civil dates.
    pub org_timezone: Tz,
    /// The e-mail of the superadmin of an unattended first start.
    pub superadmin_email: Option<String>,
    /// Their password.
    pub superadmin_password: Option<String>,
    /// Tries, sessions and second factors.
    pub sign_in: SignInSettings,
    /// The mail server; without one, admins hand links over.
    pub mail: Option<MailSettings>,
    /// Where the built site lies.
    pub site_dir: PathBuf,
    /// Networks of proxies that say truly whom they speak for, the gateway among them.
    pub trusted_proxies: Vec<IpNet>,
    /// The most connections of one address at the gateway, unless it is a trusted proxy's.
    pub connections_per_address: usize,
    /// `text` or `json`.
    pub log_format: String,
}

impl Config {
    /// Reads the environment, then `.env` for what the environment leaves unset.
    ///
    /// # Errors
    /// The first setting that is missing or impossible.
    pub fn from_env() -> Result<Config, ConfigError> {
        // A missing .env is the usual case.
        let _ = dotenvy::dotenv();
        Config::read(&|name| std::env::var(name).ok().filter(|v| !v.is_empty()))
    }

    /// Reads the settings through `get`, which tests give as they like.
    ///
    /// # Errors
    /// The first setting that is missing or impossible.
    pub fn read(get: &dyn Fn(&'static str) -> Option<String>) -> Result<Config, ConfigError> {
        let data_dir = PathBuf::from(get("DATA_DIR").unwrap_or_else(|| "data".into()));
        let database = database(get, &data_dir)?;
        let secret_key = secret_key(get, &data_dir, &database)?;
        let first_url = |name, alias, default: &str| get(name).or_else(|| get(alias)).unwrap_or_else(|| default.into());
        let gateway_addr: SocketAddr = parse(get, "GATEWAY_ADDR", "127.0.0.1:3000")?;
        let own_url = format!("http://localhost:{}", gateway_addr.port());
        Ok(Config {
            kafka: kafka(get)?,
            accounts_urls: list(&first_url("ACCOUNTS_URL", "DJANGO_API_URL", "")),
            tracker_urls: list(&first_url("TRACKER_URL", "FASTAPI_URL", "")),
            fanout_urls: list(&get("FANOUT_URL").unwrap_or_default()),
            public_url: public_url(&first_url("PUBLIC_URL", "NEXTJS_URL", &own_url))?,
            gateway_addr,
            accounts_addr: parse(get, "ACCOUNTS_ADDR", "127.0.0.1:8000")?,
            tracker_addr: parse(get, "TRACKER_ADDR", "127.0.0.1:8001")?,
            fanout_addr: parse(get, "FANOUT_ADDR", "127.0.0.1:8002")?,
            allowed_hosts: list(&get("ALLOWED_HOSTS").unwrap_or_default()),
            csrf_trusted_origins: list(&get("CSRF_TRUSTED_ORIGINS").unwrap_or_default()),
            allowed_email_domains: list(&get("ALLOWED_EMAIL_DOMAINS").unwrap_or_else(|| "4syz.com".into()))
                .iter()
                .map(|d| domain::fold::fold(d))
                .collect(),
            org_timezone: parse(get, "ORG_TIMEZONE", "Asia/Kolkata")?,
            superadmin_email: get("SUPERADMIN_EMAIL"),
            superadmin_password: get("SUPERADMIN_PASSWORD"),
            sign_in: SignInSettings::read(get)?,
            mail: MailSettings::read(get)?,
            site_dir: PathBuf::from(get("SITE_DIR").unwrap_or_else(|| "frontend/dist".into())),
            trusted_proxies: networks(get)?,
            connections_per_address: parse(get, "CONNECTIONS_PER_ADDRESS", "100")?,
            log_format: get("LOG_FORMAT").unwrap_or_else(|| "text".into()),
            index_dir: get("INDEX_DIR").map_or_else(|| data_dir.join("index"), PathBuf::from),
            data_dir,
            database,
            secret_key,
        })
    }

    /// Whether browsers reach the gateway by https, so that cookies are `Secure` and `__Host-`.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// The name of the session cookie (`__Host-` needs https).
    #[must_use]
    pub fn session_cookie(&self) -> &'static str {
        if self.is_https() { "__Host-sessionid" } else { "sessionid" }
    }

    /// The name of the CSRF cookie.
    #[must_use]
    pub fn csrf_cookie(&self) -> &'static str {
        if self.is_https() { "__Host-csrftoken" } else { "csrftoken" }
    }

    /// Origins that may send unsafe requests: the public address and those listed.
    #[must_use]
    pub fn trusted_origins(&self) -> Vec<String> {
        let mut origins = self.csrf_trusted_origins.clone();
        origins.push(self.public_url.clone());
        origins
    }
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(|part| part.trim().trim_end_matches('/').to_owned()).filter(|part| !part.is_empty()).collect()
}

fn parse<T>(get: &dyn Fn(&'static str) -> Option<String>, name: &'static str, default: &str) -> Result<T, ConfigError>
where
    T: FromStr,
    T::Err: std::fmt::Display,
{
    let text = get(name).unwrap_or_else(|| default.into());
    text.parse().map_err(|e| ConfigError { name, reason: format!("{text:?} is not usable ({e}); {default} would be.") })
}

/// `TRUSTED_PROXIES`: networks or single addresses, separated by commas; this machine unless set.
fn networks(get: &dyn Fn(&'static str) -> Option<String>) -> Result<Vec<IpNet>, ConfigError> {
    let text = get("TRUSTED_PROXIES").unwrap_or_else(|| "127.0.0.0/8,::1".into());
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| {
            part.parse::<IpNet>().or_else(|_| part.parse::<std::net::IpAddr>().map(IpNet::from)).map_err(|_| {
                ConfigError {
                    name: "TRUSTED_PROXIES",
                    reason: format!("{part:?} is no address or network; 10.0.0.0/8 would be."),
                }
            })
        })
        .collect()
}

fn kafka(get: &dyn Fn(&'static str) -> Option<String>) -> Result<Option<KafkaSettings>, ConfigError> {
    if let Some(protocol) = get("KAFKA_SECURITY_PROTOCOL").filter(|p| !p.eq_ignore_ascii_case("plaintext")) {
        return Err(ConfigError {
            name: "KAFKA_SECURITY_PROTOCOL",
            reason: format!("{protocol} is not spoken by this version; PLAINTEXT is."),
        });
    }
    let topic_prefix = get("KAFKA_TOPIC_PREFIX").unwrap_or_else(|| "dc-tracker".into());
    // Kafka's own rule for names, which end in ours: at most 249 of these characters.
    if topic_prefix.len() > 200 || !topic_prefix.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)) {
        return Err(ConfigError {
            name: "KAFKA_TOPIC_PREFIX",
            reason: format!(
                "{topic_prefix:?} is no beginning of a topic's name; letters, digits, '.', '_' and '-' are."
            ),
        });
    }
    Ok(get("KAFKA_BOOTSTRAP_SERVERS").map(|bootstrap_servers| KafkaSettings { bootstrap_servers, topic_prefix }))
}

fn public_url(text: &str) -> Result<String, ConfigError> {
    match url::Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(url.origin().ascii_serialization()),
        _ => Err(ConfigError {
            name: "PUBLIC_URL",
            reason: format!("{text:?} is not an address; https://dc.example.com would be."),
        }),
    }
}

fn database(
    get: &dyn Fn(&'static str) -> Option<String>,
    data_dir: &std::path::Path,
) -> Result<DatabaseSettings, ConfigError> {
    let Some(host) = get("DB_HOST") else {
        return Ok(DatabaseSettings::Sqlite { path: data_dir.join("dc-tracker.sqlite3") });
    };
    Ok(DatabaseSettings::MySql {
        host,
        port: parse(get, "DB_PORT", "3306")?,
        name: get("DB_NAME").unwrap_or_else(|| "dc_tracker".into()),
        user: get("DB_USER").unwrap_or_else(|| "dc_tracker".into()),
        password: get("DB_PASSWORD").unwrap_or_default(),
        ssl_ca: get("DB_SSL_CA").map(PathBuf::from),
        pool_size: parse(get, "DB_POOL_SIZE", "16")?,
    })
}

/// On a laptop the secret is made once and kept beside the database; a shared database needs a shared secret.
fn secret_key(
    get: &dyn Fn(&'static str) -> Option<String>,
    data_dir: &std::path::Path,
    database: &DatabaseSettings,
) -> Result<String, ConfigError> {
    let name = "SECRET_KEY";
    if let Some(key) = get(name) {
        if key.len() < 32 {
            return Err(ConfigError { name, reason: "is too short; 32 characters or more are needed.".into() });
        }
        return Ok(key);
    }
    if matches!(database, DatabaseSettings::MySql { .. }) {
        return Err(ConfigError {
            name,
            reason: "is needed where DB_HOST is set, the same for every service; 32 random characters or more.".into(),
        });
    }
    let unusable = |e: std::io::Error| ConfigError {
        name: "DATA_DIR",
        reason: format!("{} cannot be written ({e}); name a directory that can.", data_dir.display()),
    };
    std::fs::create_dir_all(data_dir).map_err(unusable)?;
    let file = data_dir.join("secret_key");
    if let Ok(key) = std::fs::read_to_string(&file)
        && key.len() >= 32
    {
        return Ok(key);
    }
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    let key = hex::encode(bytes);
    write_private(&file, &key).map_err(unusable)?;
    Ok(key)
}

fn write_private(file: &std::path::Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(file)?.write_all(text.as_bytes())
}
