/**
 * Two people at two browsers, against a running DC Tracker: a change of one is seen by the other
 * without a reload, and a conflict shows both values. Its settings are those of `browser.mjs`.
 */
import { ADMIN, assert, launch, person, SITE, Steps, signIn, stamp } from './browser.mjs';

const customer = `Zenith ${stamp}`;
/** Wide enough for every column, since a grid draws only those in sight. */
const WIDE = { width: 2600, height: 900 };
const steps = new Steps();
const step = (name, run) => steps.step(name, run);

async function openGrid(page) {
  await page.goto(`${SITE}/start/challans?q=${encodeURIComponent(`"${customer}"`)}`);
  await page.getByText('Live', { exact: true }).waitFor();
  await cell(page, 'customer').getByText(customer).waitFor();
}

/** The cell of a field in the first row. */
const cell = (page, field) => page.locator(`[role=row] [data-field=${field}]`).first();

async function beginEdit(page, field, text) {
  await cell(page, field).click();
  await page.getByRole('grid').press('Enter');
  const editor = page.locator('.cell-editor');
  await editor.fill(text);
  return editor;
}

async function edit(page, field, text) {
  const editor = await beginEdit(page, field, text);
  await editor.press('Enter');
}

const browser = await launch();

try {
  const one = await person(browser, { viewport: WIDE });
  const two = await person(browser, { viewport: WIDE });

  await step('an unknown password is refused in words', async () => {
    one.refusals.add(401);
    await one.page.goto(`${SITE}/login`);
    await one.page.getByLabel('E-mail or user name').fill(ADMIN.email);
    await one.page.getByLabel('Password').fill('not the password');
    await one.page.getByRole('button', { name: 'Sign in' }).click();
    await one.page.getByRole('alert').waitFor();
  });
  await step('two browsers sign in and see the dashboard', async () => {
    await Promise.all([signIn(one.page), signIn(two.page)]);
    await one.page.getByRole('heading', { name: 'Dashboard' }).waitFor();
  });
  await step('a challan is added in the drawer', async () => {
    await one.page.goto(`${SITE}/start/challans?record=new`);
    const drawer = one.page.getByRole('dialog', { name: 'New challan' });
    await drawer.getByLabel('Customer').fill(customer);
    await drawer.getByLabel('Description').fill('12 cartons');
    await drawer.getByRole('button', { name: 'Issue challan' }).click();
    await drawer.waitFor({ state: 'detached' });
  });
  await step('both find it in the grid, live', async () => {
    await Promise.all([openGrid(one.page), openGrid(two.page)]);
  });
  await step('an edit in one browser shows in the other without a reload', async () => {
    await two.page.evaluate(() => {
      window.notReloaded = true;
    });
    const text = `From one ${stamp}`;
    const started = Date.now();
    await edit(one.page, 'remarks', text);
    await cell(two.page, 'remarks').getByText(text).waitFor();
    console.log(`     seen ${Date.now() - started} ms after the editor opened`);
    assert(await two.page.evaluate(() => window.notReloaded === true), 'the page was reloaded');
  });
  await step('different fields merge without a word', async () => {
    const editor = await beginEdit(two.page, 'received_by', 'Gate office');
    await edit(one.page, 'dc_summary', `14 cartons ${stamp}`);
    await cell(two.page, 'dc_summary').getByText(`14 cartons ${stamp}`).waitFor();
    await editor.press('Enter');
    await cell(one.page, 'received_by').getByText('Gate office').waitFor();
    assert((await two.page.getByRole('group', { name: /Conflict/ }).count()) === 0, 'a conflict');
  });
  await step('the same field shows both values, and neither is lost', async () => {
    two.refusals.add(409);
    const editor = await beginEdit(two.page, 'remarks', `Mine ${stamp}`);
    await edit(one.page, 'remarks', `Theirs ${stamp}`);
    await cell(two.page, 'remarks').getByText(`Theirs ${stamp}`).waitFor();
    await editor.press('Enter');
    const conflict = two.page.getByRole('group', { name: 'Conflict in Remarks' });
    await conflict.waitFor();
    assert((await conflict.textContent()).includes(`Theirs ${stamp}`), 'their value is not shown');
    const shown = await cell(two.page, 'remarks').textContent();
    assert(shown.includes(`Mine ${stamp}`), `my text was lost: ${shown}`);
  });
  await step('"Keep mine" saves over it knowingly', async () => {
    await two.page.getByRole('button', { name: 'Keep mine' }).click();
    await cell(one.page, 'remarks').getByText(`Mine ${stamp}`).waitFor();
  });
  await step('a column out of sight is reached by the keyboard', async () => {
    await one.page.setViewportSize({ width: 1000, height: 800 });
    const grid = one.page.getByRole('grid');
    await cell(one.page, 'customer').click();
    await cell(one.page, 'updated_at').waitFor({ state: 'detached' });
    await grid.press('End');
    await cell(one.page, 'updated_at').waitFor();
    const id = await grid.getAttribute('aria-activedescendant');
    const field = await one.page.locator(`#${id}`).getAttribute('data-field');
    assert(field === 'updated_at', `the active cell is ${field}`);
    await one.page.setViewportSize(WIDE);
  });
  await step('a deleted row can be had back', async () => {
    await cell(one.page, 'remarks').click();
    await one.page.getByRole('grid').press('Control+-');
    await two.page.locator('.grid-row[data-gone=true]').first().waitFor();
    await one.page.getByRole('button', { name: 'Undo' }).click();
    await two.page.locator('.grid-row[data-gone=true]').first().waitFor({ state: 'detached' });
  });
  await step('nothing was said on the console', async () => {
    const faults = [...one.faults, ...two.faults];
    assert(faults.length === 0, faults.join('\n'));
  });
  await step('signing out ends the session', async () => {
    await one.page.getByRole('button', { name: /^Account/ }).click();
    await one.page.getByRole('menuitem', { name: 'Sign out' }).click();
    await one.page.waitForURL('**/login**');
  });
} finally {
  await browser.close();
}
steps.end();
