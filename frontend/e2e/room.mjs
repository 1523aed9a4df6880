/**
 * Where room is short: the longest names and amounts, a slow network, a small window. Its settings are
 * those of `browser.mjs`.
 */
import { api, assert, launch, person, SITE, Steps, signIn, stamp } from './browser.mjs';
import { look } from './look.mjs';

const steps = new Steps();
const step = (name, run) => steps.step(name, run);
const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1440, height: 900 };
const longest = `${stamp}${'W'.repeat(200 - stamp.length)}`;
const list = (q) => `${SITE}/start/challans?q=${encodeURIComponent(q)}`;
const filter = `customer:"${longest}"`;

const browser = await launch();

try {
  const one = await person(browser);
  const { page, context } = one;
  await signIn(page);
  await api(context, 'POST', '/api/tracker/data/', {
    customer: longest,
    date: '2026-07-01',
    dc_summary: 'six pumps',
    amount: '999999999999.99',
  });
  await api(context, 'POST', '/api/tracker/data/', {
    customer: `Other ${stamp}`,
    date: '2026-07-01',
  });
  const row = page.locator('[role=row][data-id]').first();
  /** Whether all of an element's text lies within it. */
  const fits = (element) => element.evaluate((at) => at.scrollWidth <= at.clientWidth);

  for (const [on, viewport] of [
    ['', DESKTOP],
    [' on a phone', PHONE],
  ]) {
    await step(`merging a customer with the longest name says all of it${on}`, async () => {
      await page.setViewportSize(viewport);
      await page.goto(`${SITE}/start/customers?q=${longest}`);
      await page.getByText(longest).first().click();
      const drawer = page.locator('.drawer[role=dialog]');
      await drawer.getByRole('tab', { name: 'Merge' }).click();
      await drawer.getByLabel('The one that stays').fill(`Other ${stamp}`);
      await drawer.getByRole('option', { name: `Other ${stamp}` }).click();
      const warning = drawer.getByText('This cannot be undone.');
      await warning.waitFor();
      for (const part of await drawer.locator('form, form *').all())
        assert(await fits(part), await part.evaluate((at) => at.outerHTML.slice(0, 120)));
      const [inner, outer] = [await warning.boundingBox(), await drawer.boundingBox()];
      assert(inner.x + inner.width <= outer.x + outer.width, 'it is wider than the drawer');
      await look(one, `merge with the longest name${on}`);
    });
  }
  await page.setViewportSize(DESKTOP);

  await step('the largest amount is shown as a whole', async () => {
    await page.goto(list(filter));
    const amount = row.locator('[data-field=amount]');
    await amount.getByText('9,99,99,99,99,999.99').waitFor();
    assert(await fits(amount), 'it is cut');
  });

  await step('the number stays in sight beside the last columns', async () => {
    await page.getByRole('grid').evaluate((grid) => {
      grid.scrollLeft = grid.scrollWidth;
    });
    await row.locator('[data-field=updated_at]').waitFor();
    const number = row.locator('[data-field=challan_number]');
    const [inner, outer] = [await number.boundingBox(), await page.getByRole('grid').boundingBox()];
    assert(inner.x >= outer.x, `it is at ${inner.x}`);
    await look(one, 'the last columns');
  });

  await step('no line cuts a range at the edge of what stays in sight', async () => {
    await page.getByRole('grid').focus();
    await page.keyboard.press('Control+Home');
    await page.keyboard.press('Shift+End');
    const ranges = page.locator('.range');
    await ranges.nth(1).waitFor();
    const borders = await ranges.evaluateAll((all) =>
      all.map((at) => {
        const { borderLeftWidth, borderRightWidth } = getComputedStyle(at);
        return `${borderLeftWidth} ${borderRightWidth}`;
      }),
    );
    assert(borders.join() === '1px 0px,0px 1px', borders.join());
    await page.keyboard.press('Control+Home');
  });

  await step('a text that is cut is told where the mouse stands', async () => {
    await page.goto(list(filter));
    await row.waitFor();
    const text = row.locator('[data-field=customer]');
    assert(!(await fits(text)), 'the name is not cut');
    await text.hover();
    assert((await text.getAttribute('title')) === longest, await text.getAttribute('title'));
    const whole = row.locator('[data-field=challan_number]');
    await whole.hover();
    assert((await whole.getAttribute('title')) === null, 'a whole text is told as well');
  });

  await step('while a list is read its cells are bars, and no old counts stand there', async () => {
    const tabs = page.getByRole('navigation', { name: 'Stages' });
    await tabs.getByRole('link', { name: /Issued\s*1/ }).waitFor();
    let answer = () => {};
    const asked = new Promise((resolve) => {
      answer = resolve;
    });
    const late = async (route) => {
      await asked;
      await route.continue();
    };
    for (const path of ['range', 'facets']) await page.route(`**/api/tracker/${path}/**`, late);
    await page
      .getByRole('combobox', { name: 'Search challans' })
      .fill(`customer:"Nobody ${stamp}"`);
    await page.keyboard.press('Enter');
    await page.locator('.grid-row[aria-busy=true]').nth(5).waitFor();
    assert(/\d/.test(await tabs.textContent()) === false, await tabs.textContent());
    await look(one, 'list being read');
    answer();
    await page.getByRole('heading', { name: 'No challan matches' }).waitFor();
    await page.unrouteAll();
  });

  await step('the buttons of the columns are in sight', async () => {
    await page.goto(list(filter));
    await row.waitFor();
    await page.getByRole('button', { name: /^View: / }).click();
    await page.getByRole('menuitem', { name: 'Columns…' }).click();
    const done = page
      .getByRole('dialog', { name: 'Columns' })
      .getByRole('button', { name: 'Done' });
    const { y, height } = await done.boundingBox();
    const box = await page.getByRole('dialog', { name: 'Columns' }).boundingBox();
    assert(y + height <= box.y + box.height, `at ${y} of ${box.y + box.height}`);
    await look(one, 'columns');
    await done.click();
  });

  await step('on a phone neither the view nor the search box is cut', async () => {
    await page.setViewportSize(PHONE);
    await page.goto(`${SITE}/start/challans`);
    const name = page.getByRole('button', { name: /^View: / }).getByText('All challans');
    await name.waitFor();
    assert(await fits(name), 'the name of the view is cut');
    const box = page.getByRole('combobox', { name: 'Search challans' });
    // What an empty box says is not part of its scrolled width.
    const room = await box.evaluate((at) => {
      const style = getComputedStyle(at);
      const pen = document.createElement('canvas').getContext('2d');
      pen.font = style.font;
      const inner = at.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
      return inner - pen.measureText(at.placeholder).width;
    });
    assert(room >= 0, `the search box is ${-room} px too narrow for what it says`);
    await page.setViewportSize(DESKTOP);
  });

  await step('on a phone a long view name leaves the stages free', async () => {
    const state = { q: filter, sort: '-date', columns: [] };
    const name = `${stamp} ${'long name of a view '.repeat(3)}`.trim();
    const view = { name, shared: false, default_for_me: false, state };
    const { id } = await api(context, 'POST', '/api/tracker/views/', view);
    await page.setViewportSize(PHONE);
    await page.goto(`${list(filter)}&view=${id}`);
    const button = page.getByRole('button', { name: /^View: / });
    await button.getByText(view.name).waitFor();
    const [left, tabs] = [
      await button.boundingBox(),
      await page.getByRole('navigation', { name: 'Stages' }).boundingBox(),
    ];
    assert(left.x + left.width <= tabs.x, `${left.x + left.width} over ${tabs.x}`);
    await page.locator('.card').first().waitFor();
    await look(one, 'long view name on a phone');
    await api(context, 'DELETE', `/api/tracker/views/${id}/`, undefined, { 'If-Match': '*' });
  });

  await step('the card of a long name shows what is delivered', async () => {
    const card = page.locator('.card').first();
    const text = card.getByText('six pumps');
    const [inner, outer] = [await text.boundingBox(), await card.boundingBox()];
    assert(inner.x + inner.width <= outer.x + outer.width, 'it lies beyond the card');
    for (const part of await card.locator('> *').all()) {
      const at = await part.boundingBox();
      assert(at.y + at.height <= outer.y + outer.height, 'something lies below the card');
    }
  });

  await step('a new invoice number shows the date that goes along', async () => {
    await page.setViewportSize(DESKTOP);
    const dated = { invoice_number: `I/${stamp}`, invoice_date: '2026-07-03' };
    const { id } = await api(context, 'POST', '/api/tracker/data/', {
      customer: `Other ${stamp}`,
      date: '2026-07-01',
      ...dated,
    });
    const other = await api(context, 'POST', '/api/tracker/data/', {
      customer: `Other ${stamp}`,
      date: '2026-07-01',
    });
    const me = await api(context, 'GET', '/api/users/me/');
    const today = me.org.today.split('-').reverse().join('-');
    await page.goto(`${list(filter)}&record=${other.id}`);
    const number = page.getByLabel('Invoice no.');
    const date = page.getByLabel('Invoice date');
    await number.fill(`new ${stamp}`);
    assert((await date.inputValue()) === today, `a new one has ${await date.inputValue()}`);
    await number.fill(`i/${stamp}`);
    await page.waitForFunction(
      () => document.querySelector('#field-invoice_date').value === '03-07-2026',
    );
    await date.fill('04-07-2026');
    assert((await date.inputValue()) === '04-07-2026', 'what is typed does not stay');
    await page.getByRole('button', { name: 'Discard' }).click();
    assert((await date.inputValue()) === '', 'it stays after discarding');
    await number.fill(`I/${stamp}`);
    const answered = page.waitForResponse((answer) => answer.request().method() === 'PATCH');
    await page.keyboard.press('Control+Enter');
    await answered;
    await page.getByRole('button', { name: 'Save', disabled: true }).waitFor();
    await page.waitForFunction(
      () => document.querySelector('#field-invoice_date').value === '03-07-2026',
    );
    const saved = await api(context, 'GET', `/api/tracker/data/${other.id}/`);
    assert(saved.invoice_date === dated.invoice_date, `${saved.invoice_date}, as of ${id}`);
  });

  await step('nothing was said on the console', async () => {
    assert(one.faults.length === 0, one.faults.join('\n'));
  });
} finally {
  await browser.close();
}
steps.end();
