/**
 * The register by touch on a phone: challans chosen by a long press or from the menu, changed together,
 * undone; the filter as a form. Its settings are those of `browser.mjs`.
 */
import { api, assert, launch, person, SITE, Steps, signIn, stamp } from './browser.mjs';
import { look } from './look.mjs';

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const steps = new Steps();
const customer = `Phone ${stamp}`;
const filter = `customer:"${customer}"`;
const list = `${SITE}/start/challans?sort=challan_number&q=${encodeURIComponent(filter)}`;
const cards = (page) => page.locator('.card:not([aria-hidden])');
const boxes = (page) => page.getByRole('checkbox');
const bar = (page) => page.getByRole('toolbar', { name: 'Rows chosen' });
const toast = (page, text) => page.locator('.floating').filter({ hasText: text }).first();

async function open(page) {
  await page.goto(list);
  await cards(page).first().waitFor();
  await page.getByText('Live', { exact: true }).waitFor();
}

/** A state in light and in dark. */
async function both(someone, name) {
  await look(someone, name);
  await someone.page.emulateMedia({ colorScheme: 'dark' });
  await someone.page.locator('[data-theme=dark]').first().waitFor({ state: 'attached' });
  await look(someone, `${name} dark`);
  await someone.page.emulateMedia({ colorScheme: 'light' });
}

/** A finger that rests on something, until what it does is seen. */
async function longPress({ page, context }, target, seen) {
  const touch = await context.newCDPSession(page);
  const { x, y, width, height } = await target.boundingBox();
  const touchPoints = [{ x: x + width / 2, y: y + height / 2 }];
  await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints });
  await seen.waitFor();
  await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
}

/** Everything that is pressed in the bar is as high as a thumb wants it. */
async function assertForThumbs(page) {
  for (const button of await bar(page).getByRole('button').all()) {
    const { height, width } = await button.boundingBox();
    assert(height >= 44 && width >= 44, `${await button.textContent()} is ${width} × ${height}`);
  }
}

const browser = await launch();

try {
  const one = await person(browser, PHONE);
  const { page, context } = one;
  await signIn(page);
  const made = [];
  for (let i = 0; i < 8; i++) {
    const fields = { customer, date: '2026-07-01', dc_summary: `item ${i}` };
    made.push(await api(context, 'POST', '/api/tracker/data/', fields));
  }
  const read = (id) => api(context, 'GET', `/api/tracker/data/${id}/`);

  await steps.step('a tap opens, a long press chooses, and taps choose further', async () => {
    await open(page);
    await cards(page).first().tap();
    await page.getByRole('dialog').getByLabel('Close', { exact: true }).tap();
    await longPress(one, cards(page).nth(1), bar(page).getByText('1 selected'));
    assert((await page.getByRole('dialog').count()) === 0, 'the end of the press opened a record');
    assert((await boxes(page).nth(1).getAttribute('aria-checked')) === 'true', 'not ticked');
    await boxes(page).nth(0).tap();
    await bar(page).getByText('2 selected').waitFor();
    await boxes(page).nth(1).tap();
    await bar(page).getByText('1 selected').waitFor();
    await assertForThumbs(page);
    await both(one, 'phone choosing');
  });
  await steps.step('a long press further on chooses what lies between', async () => {
    await boxes(page).nth(2).tap();
    await longPress(one, boxes(page).nth(4), bar(page).getByText('4 selected'));
  });
  await steps.step('the cross, Escape and back end it', async () => {
    await bar(page).getByRole('button', { name: 'Stop choosing' }).tap();
    await bar(page).waitFor({ state: 'detached' });
    assert((await boxes(page).count()) === 0, 'cards are boxes still');
    await page.getByRole('link', { name: 'Dashboard' }).waitFor();
    await longPress(one, cards(page).nth(0), bar(page).getByText('1 selected'));
    await page.keyboard.press('Escape');
    await bar(page).waitFor({ state: 'detached' });
    await longPress(one, cards(page).nth(0), bar(page).getByText('1 selected'));
    await page.goBack();
    await bar(page).waitFor({ state: 'detached' });
    await cards(page).first().waitFor();
    assert(new URL(page.url()).pathname === '/start/challans', page.url());
  });
  await steps.step('the menu begins it, and all that are found are chosen', async () => {
    await page.getByRole('button', { name: /^View:/ }).tap();
    await look(one, 'phone list menu');
    await page.getByRole('menuitem', { name: 'Select challans' }).tap();
    await bar(page).getByText('Tap what you choose').waitFor();
    assert(await bar(page).getByRole('button', { name: 'Edit' }).isDisabled(), 'nothing to edit');
    await both(one, 'phone choosing none');
    await bar(page).getByRole('button', { name: 'Select all 8' }).tap();
    await bar(page).getByText('All 8 selected').waitFor();
    await both(one, 'phone all chosen');
  });
  await steps.step('all are changed after a look, told about, and changed back', async () => {
    await bar(page).getByRole('button', { name: 'Edit' }).tap();
    const dialog = page.getByRole('dialog', { name: 'Edit one field: 8 challans' });
    await dialog.getByLabel('Field').selectOption('Remarks');
    await dialog.getByLabel('Value').fill('by thumb');
    await dialog.getByRole('button', { name: 'Check' }).tap();
    await dialog.getByText('8 challans would be changed.').waitFor();
    await both(one, 'phone bulk edit');
    await dialog.getByRole('button', { name: 'Change 8 challans' }).tap();
    const told = toast(page, '8 challans changed');
    await told.waitFor();
    await look(one, 'phone bulk done');
    assert((await read(made[0].id)).remarks === 'by thumb', 'not written');
    await told.getByRole('button', { name: 'Undo' }).tap();
    await toast(page, /^Undone: /).waitFor();
    assert(!(await read(made[0].id)).remarks, 'not undone');
    await bar(page).getByText('All 8 selected').waitFor();
  });
  await steps.step('some are deleted, which ends it, and the menu brings them back', async () => {
    await bar(page).getByRole('button', { name: 'Stop choosing' }).tap();
    await longPress(one, cards(page).nth(0), bar(page).getByText('1 selected'));
    await boxes(page).nth(1).tap();
    await bar(page).getByRole('button', { name: 'Delete' }).tap();
    const dialog = page.getByRole('dialog', { name: 'Delete: 2 challans' });
    await dialog.getByRole('button', { name: 'Delete 2 challans' }).tap();
    await toast(page, '2 challans deleted').waitFor();
    await bar(page).waitFor({ state: 'detached' });
    await page.getByText('6 challans', { exact: true }).waitFor();
    await page.getByRole('button', { name: /^View:/ }).tap();
    await page.getByRole('menuitem', { name: 'Undo' }).tap();
    await page.getByText('8 challans', { exact: true }).waitFor();
  });
  await steps.step('the filter is a sheet with labelled fields', async () => {
    await page.getByRole('button', { name: /^Filters/ }).tap();
    const sheet = page.getByRole('dialog', { name: 'Filters' });
    await sheet.getByLabel('Challan date').selectOption('From … to …');
    await sheet.getByLabel('From', { exact: true }).fill('2026-07-01');
    await sheet.getByRole('checkbox', { name: 'Issued' }).tap();
    const wanted = `${filter} date:>=2026-07-01 stage:issued`;
    await page.waitForFunction((q) => new URLSearchParams(location.search).get('q') === q, wanted);
    await sheet.getByRole('button', { name: 'Show 8 challans' }).waitFor();
    await both(one, 'phone filters');
    await sheet.getByLabel('Order').selectOption('Challan, highest first');
    await cards(page).first().getByText(made.at(-1).challan_number).waitFor();
    await sheet.getByRole('button', { name: 'Show 8 challans' }).tap();
    await sheet.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Filters 3 set' }).waitFor();
    await both(one, 'phone filtered');
  });
  await steps.step('nothing was said on the console', async () => {
    assert(one.faults.length === 0, one.faults.join('\n'));
  });
} finally {
  await browser.close();
}
steps.end();
