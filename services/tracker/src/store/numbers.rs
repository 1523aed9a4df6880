//! Challan numbers: one counter row a series and period, locked by the transaction that draws from it.

use std::collections::HashSet;

use chrono::NaiveDate;
use db::{DbError, Dialect, Text, Tx, on_tx};
use domain::challan::financial_year;

use super::series::Stored;

/// Numbers looked up at once.
const LOOK_AHEAD: usize = 200;

/// Draws `count` numbers of `series` for challans of `date`, in order, passing over numbers that are taken. `None` where
/// the period has no more numbers.
///
/// # Errors
/// The database's own.
pub async fn draw(tx: &mut Tx, series: &Stored, date: NaiveDate, count: usize) -> db::Result<Option<Vec<String>>> {
    let period = series.series.period(date);
    let year = financial_year(date);
    let mut drawn = Vec::with_capacity(count);
    while drawn.len() < count {
        let ahead = (count - drawn.len()).min(LOOK_AHEAD);
        let first = match take(tx, &series.counter, &period, ahead).await? {
            Some(first) => first,
            None => {
                make(tx, &series.counter, &period).await?;
                let made = take(tx, &series.counter, &period, ahead).await?;
                made.ok_or_else(|| DbError::Corrupt(format!("the counter of {period} cannot be made")))?
            }
        };
        let mut candidates = Vec::with_capacity(ahead);
        for sequence in first..first + ahead as u64 {
            let Some(number) = series.series.number(date, sequence) else { return Ok(None) };
            candidates.push(number);
        }
        let taken = taken(tx, &candidates.iter().map(|n| (year, n.as_str())).collect::<Vec<_>>()).await?;
        drawn.extend(candidates.into_iter().filter(|n| !taken.contains(&(year, n.clone()))));
    }
    Ok(Some(drawn))
}

/// Takes the next `count` of a counter, which stays locked until the transaction ends, and gives the first; none where there
/// is no such counter. One statement, since other writers of the period wait from here on.
async fn take(tx: &mut Tx, counter: &str, period: &str, count: usize) -> db::Result<Option<u64>> {
    let count = i64::try_from(count).map_err(|e| DbError::Corrupt(e.to_string()))?;
    Ok(match tx {
        Tx::MySql(tx) => {
            let sql = "UPDATE tracker_counters SET next_number = LAST_INSERT_ID(next_number) + ? WHERE series = ? AND period = ?";
            let query = sqlx::query(sql).bind(count).bind(Text::from(counter)).bind(Text::from(period));
            let done = query.execute(&mut **tx).await?;
            (done.rows_affected() == 1).then(|| done.last_insert_id())
        }
        Tx::Sqlite(tx, ..) => {
            let sql = "UPDATE tracker_counters SET next_number = next_number + ? WHERE series = ? AND period = ? \
                       RETURNING next_number";
            let query = sqlx::query_scalar(sql).bind(count).bind(Text::from(counter)).bind(Text::from(period));
            let next: Option<i64> = query.fetch_optional(&mut **tx).await?;
            next.map(|next| (next - count).unsigned_abs())
        }
    })
}

/// Makes a counter. Only where there is none: an INSERT of a row that exists takes a shared lock, and two writers that both
/// hold one can never both make it exclusive.
async fn make(tx: &mut Tx, counter: &str, period: &str) -> db::Result<()> {
    let sql = match tx.dialect() {
        Dialect::MySql => "INSERT IGNORE INTO tracker_counters (series, period, next_number) VALUES (?, ?, 1)",
        Dialect::Sqlite => "INSERT OR IGNORE INTO tracker_counters (series, period, next_number) VALUES (?, ?, 1)",
    };
    on_tx!(tx, conn => {
        sqlx::query(sql).bind(Text::from(counter)).bind(Text::from(period)).execute(&mut *conn).await?;
    });
    Ok(())
}

/// The number that a challan of `date` would take from `series` next; none where the period has no more.
///
/// # Errors
/// The database's own.
pub async fn next(tx: &mut Tx, series: &Stored, date: NaiveDate) -> db::Result<Option<String>> {
    let counter: Option<i64> = on_tx!(&mut *tx, conn => {
        sqlx::query_scalar("SELECT next_number FROM tracker_counters WHERE series = ? AND period = ?")
            .bind(Text(series.counter.clone()))
            .bind(Text(series.series.period(date)))
            .fetch_optional(&mut *conn)
            .await?
    });
    let mut from = counter.unwrap_or(1).unsigned_abs();
    loop {
        let ahead: Vec<String> =
            (from..from + LOOK_AHEAD as u64).map_while(|sequence| series.series.number(date, sequence)).collect();
        if ahead.is_empty() {
            return Ok(None);
        }
        let year = financial_year(date);
        let taken = taken(tx, &ahead.iter().map(|n| (year, n.as_str())).collect::<Vec<_>>()).await?;
        from += ahead.len() as u64;
        if let Some(free) = ahead.into_iter().find(|number| !taken.contains(&(year, number.clone()))) {
            return Ok(Some(free));
        }
    }
}

/// Which of these numbers some challan already has, in its financial year, deleted ones included.
///
/// # Errors
/// The database's own.
pub async fn taken(tx: &mut Tx, numbers: &[(i32, &str)]) -> db::Result<HashSet<(i32, String)>> {
    let mut found = HashSet::new();
    let years: HashSet<i32> = numbers.iter().map(|(year, _)| *year).collect();
    for year in years {
        let of_year: Vec<&str> = numbers.iter().filter(|(y, _)| *y == year).map(|(_, n)| *n).collect();
        for chunk in of_year.chunks(200) {
            let rows: Vec<(Text,)> = on_tx!(tx, conn => {
                let mut sql = sqlx::QueryBuilder::new("SELECT challan_number FROM tracker_challans WHERE financial_year = ");
                sql.push_bind(year).push(" AND challan_number IN (");
                let mut list = sql.separated(", ");
                for number in chunk {
                    list.push_bind(Text::from(*number));
                }
                sql.push(")");
                sql.build_query_as().fetch_all(&mut *conn).await?
            });
            found.extend(rows.into_iter().map(|(n,)| (year, n.0)));
        }
    }
    Ok(found)
}
