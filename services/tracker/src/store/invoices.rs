//! Invoices: each a row of its own, with its customer and the number of its challans, those in the trash included
//! and void ones not.

use std::collections::BTreeMap;

use db::{Text, Tx, on_tx};
use sqlx::QueryBuilder;
use uuid::Uuid;

/// Rows of one statement.
const CHUNK: usize = 200;

/// An invoice: the financial year of its date, and its number folded.
pub type Key = (i32, String);

/// A stored invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invoice {
    /// Whose it is.
    pub customer_id: Uuid,
    /// How many challans are on it.
    pub challans: i64,
}

/// Those of these invoices that are stored. All are locked until the transaction ends, also those not stored yet; `keys`
/// are in order, each once, so that two writers never wait for each other crosswise.
/// On MySQL a read locks no row that is not there: of two writers who both find none, the second meets the first's row and
/// waits with a shared lock, on which InnoDB lets them deadlock. So empty rows are put first; [`set`] fills or removes them.
///
/// # Errors
/// The database's own.
pub async fn lock(tx: &mut Tx, keys: &[Key]) -> db::Result<BTreeMap<Key, Invoice>> {
    if let Tx::MySql(_) = tx {
        for chunk in keys.chunks(CHUNK) {
            on_tx!(&mut *tx, conn => {
                let mut sql = QueryBuilder::new("INSERT INTO tracker_invoices (financial_year, folded, customer_id, challans) ");
                sql.push_values(chunk, |mut row, (year, folded)| {
                    row.push_bind(*year).push_bind(Text::from(folded.as_str())).push_bind(Uuid::nil()).push_bind(0_i64);
                });
                sql.push(" ON DUPLICATE KEY UPDATE challans = challans").build().execute(&mut *conn).await?;
            });
        }
    }
    let mut found = BTreeMap::new();
    for of_year in keys.chunk_by(|one, next| one.0 == next.0) {
        for chunk in of_year.chunks(CHUNK) {
            let year = chunk[0].0;
            let rows: Vec<(Text, Uuid, i64)> = on_tx!(&mut *tx, conn => {
                let mut sql = QueryBuilder::new(
                    "SELECT folded, customer_id, challans FROM tracker_invoices WHERE challans > 0 AND financial_year = ",
                );
                sql.push_bind(year).push(" AND folded IN (");
                let mut list = sql.separated(", ");
                for (_, folded) in chunk {
                    list.push_bind(Text::from(folded.as_str()));
                }
                sql.push(")").build_query_as().fetch_all(&mut *conn).await?
            });
            let read =
                |(folded, customer_id, challans): (Text, _, _)| ((year, folded.0), Invoice { customer_id, challans });
            found.extend(rows.into_iter().map(read));
        }
    }
    Ok(found)
}

/// Sets what stands of locked invoices; one without challans is no more.
///
/// # Errors
/// The database's own.
pub async fn set(tx: &mut Tx, invoices: &[(Key, Invoice)]) -> db::Result<()> {
    let (standing, gone): (Vec<_>, Vec<_>) = invoices.iter().partition(|(_, invoice)| invoice.challans > 0);
    for chunk in standing.chunks(CHUNK) {
        on_tx!(&mut *tx, conn => {
            let mut sql =
                QueryBuilder::new("REPLACE INTO tracker_invoices (financial_year, folded, customer_id, challans) ");
            sql.push_values(chunk, |mut row, ((year, folded), invoice)| {
                row.push_bind(*year).push_bind(Text::from(folded.as_str()));
                row.push_bind(invoice.customer_id).push_bind(invoice.challans);
            });
            sql.build().execute(&mut *conn).await?;
        });
    }
    // One by one: few are left by their last challan, and a statement about many might look at rows of others.
    for ((year, folded), _) in gone {
        on_tx!(&mut *tx, conn => {
            sqlx::query("DELETE FROM tracker_invoices WHERE financial_year = ? AND folded = ?")
                .bind(*year)
                .bind(Text::from(folded.as_str()))
                .execute(&mut *conn)
                .await?;
        });
    }
    Ok(())
}
