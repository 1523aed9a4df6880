/**
 * Finding things, by the keyboard where a person would: the search box with its completion, values
 * beside the grid, saved views, a number of the dashboard to its rows, customers and executives that
 * become one.
 * Its settings are those of `browser.mjs`.
 */
import { readFileSync } from 'node:fs';
import { api, assert, launch, person, SITE, Steps, signIn, stamp } from './browser.mjs';
import { look } from './look.mjs';

const steps = new Steps();
const customer = `Meridian ${stamp}`;
const other = `Meridien ${stamp}`;

const rows = (page) => page.locator('[role=row][data-id]');
const box = (page) => page.getByRole('combobox', { name: 'Search challans' });

async function until(page, wanted) {
  await page.waitForFunction(
    (text) => new URLSearchParams(location.search).get('q') === text,
    wanted,
  );
}

const browser = await launch();

try {
  const one = await person(browser);
  const { page, context } = one;
  await signIn(page);
  const make = (fields) =>
    api(context, 'POST', '/api/tracker/data/', { customer, date: '2026-07-01', ...fields });
  await make({ dispatched_at: '2026-07-01', delivered_at: '2026-07-02' });
  const moving = await make({ remarks: `moving ${stamp}` });
  await make({ customer: other });

  await steps.step('a completion is picked by the keyboard', async () => {
    await page.goto(`${SITE}/start/challans`);
    await rows(page).first().waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('cust');
    await page.getByRole('option', { name: /^customer:/ }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.keyboard.type(`"meridian ${stamp}`);
    await page.getByRole('option', { name: customer }).waitFor();
    await look(one, 'completion');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await until(page, `customer:"${customer}"`);
    await rows(page).nth(1).waitFor();
    await page.getByRole('list', { name: 'Filter' }).getByText(`Customer: ${customer}`).waitFor();
  });
  await steps.step('the beginning of a field is no word to look for until Enter', async () => {
    const all = page.getByText(/^[\d,]+ challans?$/);
    await page.getByRole('button', { name: 'Clear search' }).click();
    await until(page, null);
    await all.waitFor();
    const told = await all.textContent();
    const tabs = page.getByRole('navigation', { name: 'Stages' }).getByRole('link');
    const last = async () => (await tabs.nth(8).boundingBox()).x;
    const place = await last();
    await box(page).pressSequentially('exec');
    await page.getByRole('option', { name: /^executive:/ }).waitFor();
    await page.waitForTimeout(900);
    assert((await all.textContent()) === told, 'the list was searched');
    await page.keyboard.press('Enter');
    await until(page, 'exec');
    await page.getByRole('heading', { name: 'No challan matches' }).waitFor();
    await page.getByText('0 challans', { exact: true }).waitFor();
    assert((await tabs.count()) === 9, 'a stage is gone');
    const current = page.getByRole('navigation', { name: 'Stages' }).locator('[aria-current]');
    await page.goto(`${SITE}/start/challans?q=${encodeURIComponent('stage:void exec')}`);
    await current.getByText('Void').waitFor();
    assert((await current.count()) === 1, `${await current.allTextContents()} are current`);
    await page.goto(`${SITE}/start/challans?q=${encodeURIComponent('stage:void,draft exec')}`);
    await page.getByText('0 challans', { exact: true }).waitFor();
    assert((await current.count()) === 0, `${await current.allTextContents()} are current`);
    await page.goto(`${SITE}/start/challans?q=exec`);
    await current.getByText('All').waitFor();
    assert((await last()) === place, 'the stages moved');
    await box(page).fill(`customer:"${customer}" `);
    await until(page, `customer:"${customer}"`);
    await rows(page).nth(1).waitFor();
  });
  await steps.step(
    'a value beside the grid narrows the filter, and its chip widens it',
    async () => {
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Values', exact: true }).click();
      const values = page.getByRole('complementary', { name: 'Values' });
      await values.getByRole('checkbox', { name: /^Delivered/ }).check();
      await until(page, `stage:delivered customer:"${customer}"`);
      await look(one, 'values');
      await page.getByRole('button', { name: 'Remove Stage: Delivered' }).click();
      await until(page, `customer:"${customer}"`);
    },
  );
  await steps.step(
    'values beyond the first hundred are found by name, all with counts',
    async () => {
      const crowd = Array.from({ length: 120 }, (_, i) => ({
        external_id: `crowd-${stamp}-${i}`,
        customer: `Rajdhani Warehousing and Logistics Industries ${i} ${stamp}`,
        date: '2026-07-01',
        dc_summary: `crowd${stamp}`,
      }));
      // One that comes last by its count.
      for (let i = 0; i < 119; i++)
        crowd.push({ ...crowd[i], external_id: `crowd-${stamp}-again-${i}` });
      await api(context, 'POST', '/api/ingest/challans/', crowd, { 'X-Source': `crowd-${stamp}` });
      await page.goto(`${SITE}/start/challans?q=crowd${stamp}`);
      const customers = page
        .getByRole('complementary', { name: 'Values' })
        .getByRole('region', { name: 'Customer' });
      await customers.getByRole('button', { name: 'Show the first 100' }).click();
      await customers.getByText('These 100 have the most challans').waitFor();
      const panel = await page.getByRole('complementary', { name: 'Values' }).boundingBox();
      const count = await customers.getByText('2', { exact: true }).first().boundingBox();
      assert(count.x + count.width < panel.x + panel.width, 'the counts are out of sight');
      const last = crowd[119].customer;
      assert((await customers.getByText(last).count()) === 0, 'the last is told');
      await customers.getByRole('combobox', { name: 'Another customer' }).fill('industries 119');
      await page.getByRole('option', { name: last }).click();
      await until(page, `customer:"${last}" crowd${stamp}`);
      await customers.getByRole('checkbox', { name: last, checked: true }).waitFor();
      await look(one, 'values beyond the first');
      await page.goto(`${SITE}/start/challans?q=${encodeURIComponent(`customer:"${customer}"`)}`);
      await rows(page).nth(1).waitFor();
    },
  );
  await steps.step('a mistake is shown at its place', async () => {
    one.refusals.add(400);
    await box(page).fill('date:soon');
    await page.getByRole('alert').locator('mark').getByText('soon', { exact: true }).waitFor();
    await look(one, 'mistake');
    await box(page).fill('foo:bar');
    await page.getByRole('alert').locator('mark').getByText('foo', { exact: true }).waitFor();
    await page.setViewportSize({ width: 390, height: 844 });
    const { height } = await page.getByRole('alert').boundingBox();
    assert(height < 844 / 6, `the message is ${height} px high`);
    await look(one, 'mistake on a phone');
    await page.setViewportSize({ width: 1440, height: 900 });
    one.refusals.clear();
    await box(page).fill(`customer:"${customer}"`);
    await rows(page).nth(1).waitFor();
  });
  await steps.step('the filter is filled in as a form, and what it cannot show stays', async () => {
    await box(page).press('Escape');
    const q = `"meridian" -stage:void delivered_at:2026-07`;
    await page.goto(`${SITE}/start/challans?q=${encodeURIComponent(q)}`);
    await rows(page).first().waitFor();
    const button = page.getByRole('button', { name: /^Filters/ });
    await button.getByText('1 set').waitFor();
    await page.keyboard.press('f');
    const form = page.getByRole('dialog', { name: 'Filters' });
    await form.getByText('Also in the filter: "meridian" -stage:void').waitFor();
    const first = form.getByRole('group', { name: 'Delivered' }).getByLabel('From');
    assert((await first.inputValue()) === '01-07-2026', 'a month is not its days');
    await first.fill('2/7/26');
    await first.press('Enter');
    await until(page, '"meridian" -stage:void delivered:2026-07-02..2026-07-31');
    await form.getByRole('checkbox', { name: 'Delivered' }).press('Space');
    await form.getByLabel('Customer').fill(`meridian ${stamp}`);
    await form.getByRole('option', { name: customer }).waitFor();
    await page.keyboard.press('Enter');
    await until(
      page,
      `"meridian" -stage:void delivered:2026-07-02..2026-07-31 stage:delivered customer:"${customer}"`,
    );
    await form.getByLabel('Challan date').selectOption('This financial year');
    await form.getByLabel('Signed copy (POD)').selectOption('Not received');
    await form.getByLabel('Invoice submission').selectOption('Not submitted');
    await form.getByLabel('Invoice date').selectOption('Not yet');
    await form.getByLabel('Amount to').fill('1,24,310');
    await form.getByLabel('Amount to').press('Enter');
    await button.getByText('8 set').waitFor();
    await form.getByLabel('Amount from').fill('2,00,000');
    await form.getByLabel('Amount from').press('Enter');
    await form.getByText('This ends before it begins.').waitFor();
    await look(one, 'filter form');
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.locator('[data-theme=dark]').first().waitFor({ state: 'attached' });
    await look(one, 'filter form dark');
    await page.emulateMedia({ colorScheme: 'light' });
    // None of those made has an amount.
    await form.getByLabel('Amount from').fill('');
    await form.getByLabel('Amount to').fill('');
    await form.getByLabel('Amount to').press('Enter');
    await form.getByRole('button', { name: 'Show 1 challan', exact: true }).waitFor();
    await form.getByRole('button', { name: 'Clear' }).press('Enter');
    await until(page, '"meridian" -stage:void');
    await page.keyboard.press('Escape');
    await form.waitFor({ state: 'detached' });
    assert(
      await button.evaluate((it) => it === document.activeElement),
      'the focus is not at the button',
    );
  });
  await steps.step('what the words of the filter found is marked', async () => {
    const found = async (q) => {
      await page.goto(`${SITE}/start/challans?q=${encodeURIComponent(q)}`);
      await rows(page).first().waitFor();
      return page.locator('mark.found').allInnerTexts();
    };
    const words = await found(`mérid ${stamp.toUpperCase()} -"gone" stage:issued`);
    // Two challans of those made, each by its customer.
    assert(words.join() === `Merid,${stamp},Merid,${stamp}`, words.join());
    await look(one, 'marked');
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.locator('[data-theme=dark]').first().waitFor({ state: 'attached' });
    await look(one, 'marked dark');
    await page.emulateMedia({ colorScheme: 'light' });
    const part = moving.challan_number.slice(-5);
    assert((await found(part)).includes(part), 'no part of a number');
    // Wide enough for the remarks.
    await page.setViewportSize({ width: 2600, height: 900 });
    assert((await found(`remarks:mov customer:"${customer}"`)).join() === 'mov', 'a field');
    assert((await found(`customer:"${customer}"`)).length === 0, 'a value is no word');
    await page.setViewportSize({ width: 1440, height: 900 });
  });
  await steps.step('columns are set by the keyboard and saved in a view', async () => {
    await page.goto(`${SITE}/start/challans?q=${encodeURIComponent(`customer:"${customer}"`)}`);
    await rows(page).nth(1).waitFor();
    await page.getByRole('button', { name: /^View:/ }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: 'Columns…' }).press('Enter');
    const columns = page.getByRole('dialog', { name: 'Columns' });
    await columns.locator('select:focus').waitFor();
    await columns.getByRole('button', { name: 'Keep Customer in sight' }).press('Enter');
    await columns.getByRole('checkbox', { name: 'Description' }).press('Space');
    await look(one, 'columns');
    await columns.getByRole('button', { name: 'Done' }).press('Enter');
    await page.locator('.grid-pins [data-field=customer]').first().waitFor();
    await page.getByRole('button', { name: /^View:/ }).press('Enter');
    await page.getByRole('menuitem', { name: 'Save as a new view…' }).press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Save as a new view' });
    await dialog.getByLabel('Name').fill(`Mine ${stamp}`);
    await look(one, 'save view');
    await dialog.getByLabel('Name').press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await page.waitForFunction(() => new URLSearchParams(location.search).has('view'));
  });
  await steps.step('a view is chosen and shows what it held', async () => {
    await page.goto(`${SITE}/start/challans?q=stage:void`);
    await page.getByRole('button', { name: /^View: All challans/ }).press('Enter');
    await page.getByRole('menuitem', { name: new RegExp(`Mine ${stamp}`) }).waitFor();
    await look(one, 'views');
    await page.getByRole('menuitem', { name: new RegExp(`Mine ${stamp}`) }).press('Enter');
    await until(page, `customer:"${customer}"`);
    await page.locator('.grid-pins [data-field=customer]').first().waitFor();
    assert((await page.locator('[data-field=dc_summary]').count()) === 0, 'it should be hidden');
  });
  await steps.step('a heading is dragged to another place, which its view keeps', async () => {
    const heading = (name) => page.getByRole('columnheader', { name, exact: true });
    const order = () =>
      page
        .locator('[role=columnheader][aria-colindex]')
        .evaluateAll((all) => all.map((head) => head.textContent));
    const starts = async (...wanted) => {
      const found = (await order()).slice(0, wanted.length);
      assert(found.join() === wanted.join(), `the columns are ${found}`);
    };
    const pull = async (name, onto, by = 4) => {
      const [from, to] = [await heading(name).boundingBox(), await heading(onto).boundingBox()];
      await page.mouse.move(from.x + 20, from.y + 16);
      await page.mouse.down();
      await page.mouse.move(to.x + to.width / 2 + by, to.y + 60, { steps: 6 });
    };
    const line = page.locator('.column-line');
    const address = page.url();
    const pinned = ['Challan', 'Customer'];
    await starts(...pinned, 'Date', 'Amount', 'Stage');
    await pull('Amount', 'Date', -4);
    assert((await heading('Amount').getAttribute('data-dragged')) !== null, 'it is not marked');
    const [drawn, date] = [await line.boundingBox(), await heading('Date').boundingBox()];
    assert(Math.abs(drawn.x - date.x) <= 2, `the line is at ${drawn.x}, not ${date.x}`);
    const seen = await line.evaluate((at) => {
      const { left, width, top } = at.getBoundingClientRect();
      at.style.pointerEvents = 'auto';
      const above = document.elementFromPoint(left + width / 2, top + 8);
      at.style.pointerEvents = '';
      return above === at;
    });
    assert(seen, 'something lies over the line');
    await look(one, 'a heading is dragged');
    await page.keyboard.press('Escape');
    await line.waitFor({ state: 'detached' });
    await page.mouse.up();
    await starts(...pinned, 'Date', 'Amount', 'Stage');
    await pull('Amount', 'Date', -4);
    await page.mouse.up();
    await starts(...pinned, 'Amount', 'Date', 'Stage');
    await pull('Date', 'Stage');
    await page.mouse.up();
    await starts(...pinned, 'Amount', 'Stage', 'Date');
    // Pinned columns stay among themselves, and no other comes between them.
    await pull('Challan', 'Stage');
    await page.mouse.up();
    await starts('Customer', 'Challan', 'Amount', 'Stage', 'Date');
    await pull('Stage', 'Customer', -40);
    await page.mouse.up();
    const wanted = ['Customer', 'Challan', 'Stage', 'Amount', 'Date'];
    await starts(...wanted);
    assert(page.url() === address, `a drag sorted: ${page.url()}`);
    await page.getByRole('button', { name: /^View:/ }).click();
    await page.getByRole('menuitem', { name: `Save to “Mine ${stamp}”` }).click();
    await page.getByText(`View “Mine ${stamp}” saved`).waitFor();
    await page.evaluate(() => {
      for (const key of Object.keys(localStorage))
        if (key.startsWith('layout.')) localStorage.removeItem(key);
    });
    await page.reload();
    await rows(page).first().waitFor();
    await page.locator('.grid-pins [data-field=customer]').first().waitFor();
    await starts(...wanted);
    await heading('Date').click();
    await page.waitForURL(/sort=date/);
  });
  await steps.step(
    'a row that leaves the filter is greyed, one that enters is counted',
    async () => {
      await page.goto(`${SITE}/start/challans?q=${encodeURIComponent(`remarks:${stamp}`)}`);
      await rows(page).first().waitFor();
      await page.getByText('Live', { exact: true }).waitFor();
      // The stream is opened anew for the filter.
      await page.waitForTimeout(1_500);
      const set = async (id, remarks) => {
        const { version } = await api(context, 'GET', `/api/tracker/data/${id}/`);
        const changes = { remarks, base_version: version };
        await api(context, 'PATCH', `/api/tracker/data/${id}/`, changes);
      };
      await set(moving.id, 'elsewhere');
      await page.locator('.grid-row[data-left=true]').waitFor();
      await make({ remarks: `new ${stamp}` });
      const more = page.getByRole('button', { name: 'Show 1 new row' });
      await more.waitFor();
      const [pill, list] = [await more.boundingBox(), await page.getByRole('grid').boundingBox()];
      assert(pill.y >= list.y + list.height, 'it lies over cells');
      await more.click();
      await page.locator('.grid-row[data-left=true]').waitFor({ state: 'detached' });
    },
  );
  await steps.step('chosen columns are copied under a name, zeros and all', async () => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.goto(`${SITE}/start/challans?q=${encodeURIComponent(`customer:"${customer}"`)}`);
    await rows(page).nth(1).waitFor();
    await page.locator('[role=row] [data-field=date]').first().click();
    await page.keyboard.press('Shift+ArrowDown');
    await page.keyboard.press('Alt+c');
    const dialog = page.getByRole('dialog', { name: 'Copy chosen columns' });
    const main = dialog.getByRole('button', { name: 'Copy 2 rows' });
    await main.waitFor();
    assert(await main.evaluate((it) => it === document.activeElement), 'Enter does not copy');
    await dialog.getByLabel('Kept under the name').selectOption('Register');
    await dialog.getByRole('checkbox', { name: 'Amount' }).press('Space');
    await dialog.getByLabel('Name', { exact: true }).fill(`Kept ${stamp}`);
    await dialog.getByRole('button', { name: 'Keep' }).press('Enter');
    await look(one, 'copy');
    await dialog.getByRole('button', { name: 'Copy 2 rows' }).press('Enter');
    await dialog.waitFor({ state: 'detached' });
    // What another program would be given: reading by the clipboard API would parse it in this page.
    await page.evaluate(() => {
      const take = (event) => {
        event.preventDefault();
        event.stopPropagation();
        const { clipboardData: data } = event;
        window.pasted = { text: data.getData('text/plain'), html: data.getData('text/html') };
      };
      document.addEventListener('paste', take, { capture: true, once: true });
    });
    await page.keyboard.press('Control+v');
    const pasted = await page.waitForFunction(() => window.pasted);
    const { text, html } = await pasted.jsonValue();
    const lines = text.split(/\r?\n/);
    assert(lines.length === 3, `${lines.length} lines`);
    assert(lines[0] === 'Challan\tDate\tCustomer', lines[0]);
    assert(html.includes('mso-number-format'), 'no text format for Excel');
    await page.reload();
    await rows(page).first().waitFor();
    await page.locator('[role=row] [data-field=date]').first().click();
    await page.keyboard.press('Alt+c');
    await dialog.locator('option:checked', { hasText: `Kept ${stamp}` }).waitFor({
      state: 'attached',
    });
    await page.keyboard.press('Escape');
  });
  await steps.step('Back goes through what was searched, ticked, chosen and sorted', async () => {
    const address = () => decodeURIComponent(new URL(page.url()).search).replaceAll('+', ' ');
    const back = async (wanted) => {
      await page.goBack();
      await page.waitForFunction(
        (text) => decodeURIComponent(location.search).replaceAll('+', ' ') === text,
        wanted,
      );
    };
    await page.goto(`${SITE}/start/dashboard`);
    await page.getByRole('link', { name: 'Challans', exact: true }).click();
    await rows(page).first().waitFor();
    const bare = address();
    await box(page).click();
    // With pauses in which the list is searched: they are no steps.
    for (const part of ['meri', 'dian', ` ${stamp}`]) {
      await page.keyboard.type(part);
      await until(page, await box(page).inputValue());
    }
    const searched = address();
    await page.getByRole('link', { name: /^Delivered/ }).click();
    await until(page, `stage:delivered meridian ${stamp}`);
    const tab = address();
    const values = page.getByRole('complementary', { name: 'Values' });
    if (!(await values.isVisible())) {
      await page.getByRole('button', { name: 'Values', exact: true }).click();
    }
    await values.getByRole('checkbox', { name: new RegExp(`^${customer}`) }).check();
    await page.waitForFunction(() => location.search.includes('customer'));
    const ticked = address();
    await page.getByRole('button', { name: 'Remove Stage: Delivered' }).click();
    await page.waitForFunction(() => !location.search.includes('stage'));
    const removed = address();
    await page.getByRole('columnheader', { name: 'Customer' }).getByRole('button').click();
    await page.waitForFunction(() => location.search.includes('sort='));
    const sorted = address();
    // A search that was left, and one that followed it.
    await box(page).fill('first');
    await until(page, 'first');
    await box(page).press('Escape');
    const left = address();
    await box(page).fill('second');
    await until(page, 'second');
    for (const wanted of [left, sorted, removed, ticked, tab, searched, bare]) await back(wanted);
    assert((await box(page).inputValue()) === '', 'the box shows what is not searched');
    await page.goForward();
    await until(page, `meridian ${stamp}`);
    await page.goBack();
    await page.goBack();
    await page.getByRole('heading', { name: 'Dashboard' }).waitFor();
  });
  await steps.step('a number of the dashboard leads to its rows', async () => {
    await page.goto(`${SITE}/start/dashboard`);
    await page.getByRole('heading', { name: 'Dashboard' }).waitFor();
    const tile = page.getByRole('link', { name: /^Delivered, POD missing/ });
    await tile.getByText(/^[0-9,]+$/).waitFor();
    const told = (await tile.textContent()).match(/missing([0-9,]+)/)[1];
    await look(one, 'dashboard');
    await tile.press('Enter');
    await until(page, 'delivered:any pod:no -stage:void,draft');
    await rows(page).first().waitFor();
    await page.getByText(new RegExp(`^${told} challans?$`)).waitFor();
    await page.goBack();
    const oldest = page.getByRole('link', { name: /^16 days or more/ }).first();
    const counted = (await oldest.textContent()).match(/more([0-9,]+)/)[1];
    await oldest.press('Enter');
    await rows(page).first().waitFor();
    await page.getByText(new RegExp(`^${counted} challans?$`)).waitFor();
  });
  await steps.step('two customers become one', async () => {
    await page.goto(`${SITE}/start/customers?search=${encodeURIComponent(other)}`);
    await page.getByRole('button', { name: other }).press('Enter');
    await page.getByRole('dialog', { name: other }).getByLabel('Name').waitFor();
    await look(one, 'customer');
    await page.getByRole('tab', { name: 'Merge' }).click();
    await page.getByRole('combobox', { name: 'The one that stays' }).fill(customer);
    await page.getByRole('option', { name: customer }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByText(`1 challan of ${other} will be of ${customer}`).waitFor();
    await look(one, 'merge');
    await page.getByRole('button', { name: 'Merge', exact: true }).press('Enter');
    await page.getByRole('dialog', { name: customer, exact: true }).waitFor();
    await page.getByRole('list', { name: 'Other names' }).getByText(other).waitFor();
  });
  await steps.step('a number of a week ago leads to what waited then', async () => {
    await page.goto(`${SITE}/start/dashboard`);
    const { delivered_without_pod: pile } = await api(context, 'GET', '/api/tracker/summary/');
    const then = page.getByRole('link', { name: /^[\d,]+ on \d\d-\d\d-\d{4}$/ }).first();
    const [said] = /^[\d,]+/.exec(await then.textContent());
    await then.press('Enter');
    await until(page, pile.before.q);
    await rows(page).first().waitFor();
    // What the link says is what it leads to: not by how many more they are today.
    const { count } = pile.before;
    assert(said === count.toLocaleString('en-IN'), `${said} leads to ${count}`);
    await page.getByText(`${said} challan${count === 1 ? '' : 's'}`, { exact: true }).waitFor();
  });
  await steps.step('two executives become one, and two again', async () => {
    const [gone, kept] = [`Ravi K ${stamp}`, `Ravi Kumar ${stamp}`];
    const carried = await make({ delivery_executives: [gone, 'Gita'] });
    await make({ delivery_executives: [kept] });
    const executives = async () =>
      (await api(context, 'GET', `/api/tracker/data/${carried.id}/`)).delivery_executives.join();
    await page.goto(`${SITE}/start/customers`);
    await page.getByRole('link', { name: 'Executives' }).press('Enter');
    await page.getByLabel('Search executives').fill(stamp);
    await page.getByRole('row', { name: `${gone} 1` }).waitFor();
    await page.getByRole('row', { name: `${kept} 1` }).waitFor();
    await page.getByRole('button', { name: gone }).press('Enter');
    const field = page.getByRole('combobox', { name: 'The one that stays' });
    await field.fill(kept);
    await page.getByRole('option', { name: kept }).waitFor();
    await field.press('Enter');
    await page.getByText(`1 challan of ${gone}`).waitFor();
    await look(one, 'merge of executives');
    await page.getByRole('button', { name: 'Merge', exact: true }).press('Enter');
    await page.getByRole('dialog', { name: kept, exact: true }).waitFor();
    await page.getByRole('row', { name: `${kept} 2` }).waitFor();
    assert((await executives()) === `${kept},Gita`, await executives());
    await page.getByText('1 challan given to the executive that stays').first().waitFor();
    await page.getByRole('button', { name: 'Close' }).press('Enter');
    await page.keyboard.press('Control+z');
    await page.getByText(`Undone: merging ${gone} into ${kept}.`).first().waitFor();
    await page.getByRole('row', { name: `${gone} 1` }).waitFor();
    assert((await executives()) === `${gone},Gita`, await executives());
  });
  await steps.step('the number series shows what a template makes', async () => {
    await page.goto(`${SITE}/start/admin/numbers?series=new`);
    await page.getByLabel('Template').fill('DC/{FY}/{SEQ:4}');
    await page.getByText(/DC\/\d{4}\/0001/).waitFor();
    await look(one, 'number series');
  });
  await steps.step('what was deleted is found in the trash and restored', async () => {
    const gone = await make({ customer: `Trash ${stamp}` });
    const path = `/api/tracker/data/${gone.id}/`;
    await api(context, 'DELETE', path, undefined, { 'If-Match': '*' });
    await page.goto(
      `${SITE}/start/challans?q=${encodeURIComponent(`deleted:any "Trash ${stamp}"`)}`,
    );
    await rows(page).first().waitFor();
    await look(one, 'trash');
    await page.getByRole('button', { name: 'Restore 1 row' }).press('Enter');
    await page.locator('.grid-row[data-left=true]').waitFor();
    assert((await api(context, 'GET', path)).deleted_at === null, 'it should be back');
  });
  const many = `Bulk ${stamp}`;
  const count = 10_500;
  const saving = page.getByRole('dialog', { name: 'Copy chosen columns' });
  /** Presses the button that saves; the lines of the file. */
  const saved = async (label) => {
    const coming = page.waitForEvent('download');
    await saving.getByRole('button', { name: label, exact: true }).press('Enter');
    const file = await coming;
    assert(/^challans-[\d-]+\.tsv$/.test(file.suggestedFilename()), file.suggestedFilename());
    return readFileSync(await file.path(), 'utf8').split('\r\n');
  };
  await steps.step(
    'more rows than a clipboard holds are saved as a file, all of them',
    async () => {
      for (let from = 0; from < count; from += 2_500) {
        const some = Array.from({ length: Math.min(2_500, count - from) }, (_, i) => ({
          external_id: `${stamp}-${from + i}`,
          customer: many,
          date: '2026-07-01',
          dc_summary: `line ${from + i}`,
        }));
        const { created } = await api(context, 'POST', '/api/ingest/challans/', some, {
          'X-Source': `bulk-${stamp}`,
        });
        assert(created === some.length, `${created} of ${some.length} were taken`);
      }
      await page.goto(`${SITE}/start/challans?q=${encodeURIComponent(`customer:"${many}"`)}`);
      await page.getByText('10,500 challans', { exact: true }).waitFor();
      await page.locator('[role=row] [data-field=date]').first().click();
      await page.keyboard.press('Control+a');
      await page.keyboard.press('Control+c');
      await saving.getByText('More than 10,000 rows do not go to the clipboard.').waitFor();
      await look(one, 'save as a file');
      const lines = await saved('Save 10,500 rows');
      assert(lines[0].startsWith('\ufeffChallan\tDate\tCustomer\tDescription'), lines[0]);
      assert(lines.length === count + 1, `${lines.length} lines`);
      const texts = new Set(lines.slice(1).map((line) => line.split('\t')[3]));
      assert(texts.size === count, `${texts.size} of ${count} rows`);
      await saving.waitFor({ state: 'detached' });
      await page.getByText(/^10,500 rows saved as challans-/).waitFor();
    },
  );
  await steps.step('a file is not made of another list than was promised', async () => {
    // A copy with other columns, of a list that grows before it is read.
    await page.keyboard.press('Alt+c');
    await saving.getByRole('button', { name: 'Save 10,500 rows' }).waitFor();
    await make({ customer: many });
    await saving.getByRole('button', { name: 'Save 10,500 rows' }).press('Enter');
    await saving
      .getByRole('alert')
      .getByText('There are 10,501 rows now instead of 10,500 rows')
      .waitFor();
    await look(one, 'file of a list that changed');
    const lines = await saved('Save 10,501 rows');
    assert(lines.length === count + 2, `${lines.length} lines`);
  });
  await steps.step('of too many rows nothing is saved, and what to do is said', async () => {
    // So many are not made for this: the list only says that there are.
    await page.route('**/api/tracker/range/**', async (route) => {
      const answer = await route.fetch();
      const body = await answer.json();
      await route.fulfill({ response: answer, json: { ...body, total: 123_456 } });
    });
    await page.reload();
    await page.getByText('1,23,456 challans', { exact: true }).waitFor();
    await page.locator('[role=row] [data-field=date]').first().click();
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Alt+c');
    await saving.getByRole('alert').getByText('A file takes up to 1,00,000 rows').waitFor();
    assert(
      await saving.getByRole('button', { name: 'Save 1,23,456 rows' }).isDisabled(),
      'it may be pressed',
    );
    await look(one, 'too many rows');
    await page.unroute('**/api/tracker/range/**');
  });
  await steps.step('nothing was said on the console', async () => {
    assert(one.faults.length === 0, one.faults.join('\n'));
  });
} finally {
  await browser.close();
}
steps.end();
