//! Sample challans: the same 10,000 for the same day, spread over the year before it.

use chrono::{Days, NaiveDate};
use serde_json::{Value, json};

/// How many there are.
const COUNT: u64 = 10_000;
/// The days they are spread over.
const SPAN: u64 = 365;

const NAMES: [&str; 12] = [
    "Asha",
    "Bharat",
    "Coromandel",
    "Dhanush",
    "Everest",
    "Girnar",
    "Jamuna",
    "Konark",
    "Meenakshi",
    "Nilgiri",
    "Saraswati",
    "Vindhya",
];
const TRADES: [&str; 8] =
    ["Traders", "Stationers", "Textiles", "Hospitals", "Engineering", "Foods", "Schools", "Pharma"];
const GOODS: [&str; 10] = [
    "A4 paper, 75 gsm, ream",
    "PVC pipe 2 in, length",
    "cotton bedsheet, pair",
    "steel almirah",
    "LED panel 40 W",
    "toner cartridge",
    "office chair",
    "surgical gloves, box",
    "basmati rice 25 kg",
    "ring binder",
];
const PEOPLE: [&str; 8] =
    ["Arjun Rao", "Deepa Nair", "Farhan Ali", "Gita Joshi", "Kabir Singh", "Leela Das", "Ravi Kumar", "S. Iyer"];

/// A small generator of even numbers' worth: SplitMix64, whose sequence is the same everywhere.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        let place = self.below(from.len() as u64);
        usize::try_from(place).ok().and_then(|i| from.get(i)).copied().unwrap_or_default()
    }
}

/// The samples, oldest first, the last of them of `today`.
pub(crate) fn challans(today: NaiveDate) -> impl Iterator<Item = Value> {
    let mut dice = Dice(26);
    (0..COUNT).map(move |i| {
        let age = SPAN - 1 - i * SPAN / COUNT;
        let date = today.checked_sub_days(Days::new(age)).unwrap_or(today);
        challan(i, date, age, &mut dice)
    })
}

/// The older, the further along; some stay behind, so that the dashboard has something to say.
fn challan(i: u64, date: NaiveDate, age: u64, dice: &mut Dice) -> Value {
    let customer = format!("{} {}", dice.pick(&NAMES), dice.pick(&TRADES));
    let lines: Vec<String> =
        (0..=dice.below(3)).map(|_| format!("{} × {}", 1 + dice.below(40), dice.pick(&GOODS))).collect();
    let dispatched = age > 0 || dice.chance(50);
    let delivered = dispatched && age > 1 && dice.chance(96);
    let signed = delivered && age > 3 && dice.chance(90);
    let invoiced = signed && age > 7 && dice.chance(88);
    let submitted = invoiced && age > 12 && dice.chance(85);
    let after = |days: u64| date.checked_add_days(Days::new(days.min(age))).unwrap_or(date).to_string();
    json!({
        "source": "sample", "external_id": format!("sample-{i:05}"), "date": date.to_string(),
        "customer": customer, "dc_summary": lines.join("; "), "delivery_executives": [dice.pick(&PEOPLE)],
        "amount": format!("{}.{:02}", 500 + dice.below(240_000), dice.below(100)),
        "dispatched_at": dispatched.then(|| after(0)), "delivered_at": delivered.then(|| after(1)),
        "pod_upload_date": signed.then(|| after(3)), "received_by": signed.then_some("Stores"),
        "invoice_number": invoiced.then(|| format!("INV/{i:05}")), "invoice_date": invoiced.then(|| after(5)),
        "invoice_submission": submitted, "invoice_submitted_on": submitted.then(|| after(8)),
    })
}
