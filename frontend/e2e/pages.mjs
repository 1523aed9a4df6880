/**
 * Every page and state of the site, wide and on a phone, light and dark: no finding of axe-core, no
 * refusal by the content security policy, nothing on the console. Its settings are those of
 * `browser.mjs`; it wants a database without challans. With SHOTS=<folder> it leaves a picture of each.
 */
import { ADMIN, api, assert, launch, person, SITE, Steps, signIn, stamp } from './browser.mjs';
import { look } from './look.mjs';

const LOOKS = [
  { name: 'wide light', viewport: { width: 1440, height: 900 }, colorScheme: 'light' },
  { name: 'wide dark', viewport: { width: 1440, height: 900 }, colorScheme: 'dark' },
  { name: 'phone light', viewport: { width: 390, height: 844 }, colorScheme: 'light' },
  { name: 'phone dark', viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
];
const steps = new Steps();

const isPhone = (page) => page.viewportSize().width < 768;
const grid = (q = '') => `${SITE}/start/challans?q=${encodeURIComponent(q)}`;
const rows = (page) =>
  page.locator(isPhone(page) ? '.grid-layer li button' : '[role=row][data-id]');

async function openRows(page, q = '') {
  await page.goto(grid(q));
  await rows(page).first().waitFor();
}

async function openDrawer(page, id) {
  await page.goto(`${SITE}/start/challans?record=${id}`);
  const drawer = page.locator('.drawer[role=dialog]');
  await drawer.getByRole('tab', { name: 'Details' }).waitFor();
  await rows(page).first().waitFor();
  return drawer;
}

const newChallan = (context, fields) =>
  api(context, 'POST', '/api/tracker/data/', { customer: `Asha Traders ${stamp}`, ...fields });

/** Somebody else's change, made while a person types. */
async function changeMeanwhile(context, id, changes) {
  const { version } = await api(context, 'GET', `/api/tracker/data/${id}/`);
  await api(context, 'PATCH', `/api/tracker/data/${id}/`, { ...changes, base_version: version });
}

/** Pages that need nobody signed in. */
const OUTSIDE = {
  async login({ page }) {
    await page.goto(`${SITE}/login`);
    await page.getByRole('heading', { name: 'Sign in to DC Tracker' }).waitFor();
  },
  async 'login refused'({ page, refusals }) {
    refusals.add(401);
    await page.getByLabel('E-mail or user name').fill('nobody@4syz.com');
    await page.getByLabel('Password').fill('not the password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').waitFor();
  },
  async 'API, every contract'({ page }) {
    await page.goto(`${SITE}/api/docs/`);
    for (const service of ['tracker', 'fanout', 'accounts'])
      await page.locator(`#${service} .opblock`).first().waitFor();
  },
};

/** Links that are handed over. */
const LINKS = {
  async 'password forgotten'({ page }) {
    await page.goto(`${SITE}/forgot`);
    await page.getByLabel('E-mail or user name').waitFor();
  },
  async 'password forgotten, sent'({ page }) {
    await page.getByLabel('E-mail or user name').fill(`nobody-${stamp}@4syz.com`);
    await page.getByRole('button', { name: 'Send the link' }).click();
    await page.getByRole('heading', { name: 'Look at your mail' }).waitFor();
  },
  async invitation({ page }, { invitation }) {
    await page.goto(`${SITE}${invitation}`);
    await page.getByLabel('Choose a password').waitFor();
  },
  async 'invitation, password refused'({ page, refusals }) {
    refusals.add(422);
    await page.getByLabel('Choose a password').fill('password');
    await page.getByRole('button', { name: 'Set password and go on' }).click();
    await page.locator('[aria-invalid=true]').waitFor();
  },
  async 'invitation over'({ page, refusals }) {
    refusals.add(400);
    await page.goto(`${SITE}/login`);
    await page.goto(`${SITE}/invitation#not-one`);
    await page.getByRole('heading', { name: 'This invitation does not hold' }).waitFor();
  },
  async reset({ page }, { reset }) {
    await page.goto(`${SITE}${reset}`);
    await page.getByLabel('New password').waitFor();
  },
  async 'reset over'({ page }) {
    await page.goto(`${SITE}/reset`);
    await page.getByRole('heading', { name: 'This link does not hold' }).waitFor();
  },
};

/** States of an empty register, before challans, users and keys are made. */
const EMPTY = {
  async 'no API keys yet'({ page }) {
    await page.goto(`${SITE}/start/admin/keys`);
    await page.getByRole('heading', { name: 'No API keys yet' }).waitFor();
  },
  async 'no challans yet'({ page }) {
    await page.goto(grid());
    await page.getByRole('heading', { name: 'No challans yet' }).waitFor();
  },
  async 'dashboard, nothing yet'({ page }) {
    await page.goto(`${SITE}/start/dashboard`);
    await page.getByText('Nothing waits here.').first().waitFor();
  },
};

const INSIDE = {
  async dashboard({ page }) {
    await page.goto(`${SITE}/start/dashboard`);
    await page.getByText(`Asha Traders ${stamp}`).first().waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
  },
  async 'account menu'({ page }) {
    await page.getByRole('button', { name: /^(Account|Me)/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).waitFor();
  },
  async shortcuts({ page }) {
    await page.goto(`${SITE}/start/dashboard`);
    await page.getByRole('heading', { name: 'Dashboard' }).waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
  },
  async grid({ page }) {
    await openRows(page);
    await page.getByRole('link', { name: /^Delivered/ }).waitFor();
  },
  async 'grid, one stage'({ page }) {
    await openRows(page, 'stage:delivered');
  },
  async 'nothing found'({ page }) {
    // A chip that is wider than a phone.
    await page.goto(
      grid('nosuchword (delivered:<=2026-07-01 OR pod:yes pod_date:none date:<=2026-07-01)'),
    );
    await page.getByRole('heading', { name: 'No challan matches' }).waitFor();
  },
  async 'search not understood'({ page, refusals }) {
    refusals.add(400);
    await page.goto(grid('date:soon'));
    await page.getByRole('heading', { name: 'This search cannot be read' }).waitFor();
  },
  async 'cell being edited'({ page }) {
    if (isPhone(page)) return;
    await openRows(page);
    await page.locator('[role=row] [data-field=dc_summary]').first().click();
    await page.getByRole('grid').press('Enter');
    await page.locator('.cell-editor').waitFor();
  },
  async 'cell refused'({ page }) {
    if (isPhone(page)) return;
    await page.keyboard.press('Escape');
    await page.locator('[role=row] [data-field=date]').first().click();
    await page.getByRole('grid').press('Enter');
    await page.locator('.cell-editor').fill('soon');
    await page.locator('.cell-editor').press('Enter');
    await page.locator('.cell-editor[aria-invalid=true], .cell-note').first().waitFor();
  },
  async 'conflict in the grid'({ page, context, refusals }, { id }) {
    if (isPhone(page)) return;
    refusals.add(409);
    await openRows(page, `"Conflict ${stamp}"`);
    await page.locator(`[data-id="${id}"] [data-field=dc_summary]`).click();
    await page.getByRole('grid').press('Enter');
    await page.locator('.cell-editor').fill('conflict: mine');
    await changeMeanwhile(context, id, { dc_summary: `conflict: theirs ${Math.random()}` });
    await page.locator('.cell-editor').press('Enter');
    await page.getByRole('group', { name: 'Conflict in Description' }).waitFor();
  },
  async 'new challan'({ page }) {
    await page.goto(`${SITE}/start/challans?record=new`);
    await page.getByRole('dialog', { name: 'New challan' }).getByLabel('Customer').waitFor();
    await rows(page).first().waitFor();
  },
  async 'new challan, refused fields'({ page }) {
    const drawer = page.getByRole('dialog', { name: 'New challan' });
    await drawer.getByLabel('Amount').fill('twelve');
    await drawer.getByRole('button', { name: 'Issue challan' }).click();
    await drawer.locator('[aria-invalid=true]').first().waitFor();
  },
  async drawer({ page }, { id }) {
    await openDrawer(page, id);
  },
  async history({ page }, { id }) {
    const drawer = await openDrawer(page, id);
    await drawer.getByRole('tab', { name: 'History' }).click();
    await drawer.getByRole('listitem').first().waitFor();
  },
  async 'conflict in the drawer'({ page, context, refusals }, { id }) {
    refusals.add(409);
    const drawer = await openDrawer(page, id);
    await drawer.getByLabel('Remarks').fill('conflict: mine');
    await changeMeanwhile(context, id, { remarks: `conflict: theirs ${Math.random()}` });
    await drawer.getByRole('button', { name: 'Save' }).click();
    await drawer.getByRole('group', { name: 'Conflict' }).waitFor();
  },
  async 'no such challan'({ page, refusals }) {
    refusals.add(404);
    await page.goto(`${SITE}/start/challans?record=01890000-0000-7000-8000-000000000000`);
    await page.getByRole('alert').waitFor();
  },
  async users({ page }) {
    await page.goto(`${SITE}/start/admin`);
    await page.getByText(`nobody-${stamp}@4syz.com`).first().waitFor();
  },
  async 'no user found'({ page }) {
    await page.getByLabel('Search users').fill('zzzz');
    await page.getByRole('heading', { name: 'No user matches' }).waitFor();
  },
  async 'new user, refused fields'({ page, refusals }) {
    refusals.add(422);
    await page.goto(`${SITE}/start/admin/users?user=new`);
    const drawer = page.getByRole('dialog', { name: 'New user' });
    await drawer.getByLabel('E-mail').fill('ravi@elsewhere.com');
    await drawer.getByRole('button', { name: 'Create user' }).click();
    await drawer.locator('[aria-invalid=true]').first().waitFor();
    await page.getByText(`nobody-${stamp}@4syz.com`).first().waitFor();
  },
  async user({ page }, { limited }) {
    await page.goto(`${SITE}/start/admin/users?user=${limited.id}`);
    await page.getByRole('dialog').getByLabel('First name').waitFor();
    await page.getByText(`nobody-${stamp}@4syz.com`).first().waitFor();
  },
  async 'rights of a user'({ page }) {
    await page.getByRole('tab', { name: 'Rights' }).click();
    await page.getByText('May see challans they deliver themselves, without Amount').waitFor();
  },
  async 'access of a user'({ page }) {
    await page.getByRole('tab', { name: 'Access' }).click();
    await page.getByText('Signed in nowhere.').waitFor();
    await page.getByRole('button', { name: 'Make a link' }).click();
    await page.getByRole('region', { name: 'Link to a new password' }).waitFor();
  },
  async 'sets of rights'({ page }) {
    await page.goto(`${SITE}/start/admin/sets`);
    await page.getByRole('button', { name: 'Dispatch' }).waitFor();
  },
  async 'set of rights'({ page }) {
    await page.getByRole('button', { name: 'Dispatch' }).click();
    await page.getByRole('dialog', { name: 'Dispatch' }).getByLabel('Name').waitFor();
  },
  async 'deleting a set'({ page }) {
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('alertdialog', { name: 'Delete the set Dispatch?' }).waitFor();
  },
  async 'new key, refused fields'({ page, refusals }) {
    refusals.add(422);
    await page.goto(`${SITE}/start/admin/keys?key=new`);
    const drawer = page.getByRole('dialog', { name: 'New API key' });
    await drawer.getByRole('button', { name: 'Make key' }).click();
    await drawer.locator('[aria-invalid=true]').waitFor();
  },
  async 'key shown once'({ page }) {
    const drawer = page.getByRole('dialog', { name: 'New API key' });
    await drawer.getByLabel('Name').fill('Warehouse');
    await drawer.getByLabel('Only for these sources').fill('warehouse, erp');
    await drawer.getByRole('button', { name: 'Make key' }).click();
    await drawer.getByText(/^dct_/).waitFor();
    await page.getByRole('button', { name: 'Warehouse' }).first().waitFor();
  },
  async 'API keys'({ page }) {
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  },
  async 'API key'({ page }) {
    await page.getByRole('button', { name: 'Warehouse' }).first().click();
    await page.getByRole('button', { name: 'Revoke key' }).waitFor();
  },
  async 'revoking a key'({ page }) {
    await page.getByRole('button', { name: 'Revoke key' }).click();
    await page.getByRole('alertdialog', { name: 'Revoke the key of Warehouse?' }).waitFor();
  },
  async audit({ page }) {
    await page.goto(`${SITE}/start/admin/audit`);
    await page.getByText('made an API key').first().waitFor();
  },
  async 'audit of one user'({ page }, { limited }) {
    await page.goto(`${SITE}/start/admin/audit?user=${limited.id}`);
    await page.getByText(`made the account of ${limited.email}`).waitFor();
  },
  async 'audit, nothing found'({ page }) {
    await page.getByLabel('Search the log').fill('nosuchword');
    await page.getByRole('heading', { name: 'Nothing matches' }).waitFor();
  },
  async profile({ page }) {
    await page.goto(`${SITE}/start/profile`);
    await page.getByText('This one').first().waitFor();
    await page.getByRole('button', { name: 'Set up' }).waitFor();
  },
  async 'password refused'({ page, refusals }) {
    refusals.add(403);
    await page.getByLabel('Present password').fill('not my password');
    await page.getByLabel('New password').fill(`something else ${stamp}`);
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.locator('[aria-invalid=true]').waitFor();
  },
  async values({ page }) {
    await openRows(page, 'stage:delivered "Traders"');
    await page.getByRole('button', { name: 'Values', exact: true }).click();
    await page.getByRole('complementary', { name: 'Values' }).getByText('Delivered').waitFor();
  },
  async views({ page }) {
    await openRows(page);
    await page.getByRole('button', { name: /^View:/ }).click();
    await page.getByRole('menuitem', { name: 'Save as a new view…' }).waitFor();
  },
  async 'saving a view'({ page }) {
    await page.getByRole('menuitem', { name: 'Save as a new view…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Save as a new view' });
    await dialog.getByRole('button', { name: 'Save view' }).click();
    await dialog.locator('[aria-invalid=true]').waitFor();
  },
  async columns({ page }) {
    if (isPhone(page)) return;
    await openRows(page);
    await page.getByRole('button', { name: /^View:/ }).click();
    await page.getByRole('menuitem', { name: 'Columns…' }).click();
    await page.getByRole('dialog', { name: 'Columns' }).waitFor();
  },
  async trash({ page }) {
    await page.goto(grid('deleted:any'));
    await page.getByText('Deleted challans keep their numbers').waitFor();
    await page.getByText('0 challans').waitFor();
  },
  async customers({ page }) {
    await page.goto(`${SITE}/start/customers`);
    await page.getByRole('button', { name: `Asha Traders ${stamp}` }).waitFor();
  },
  async customer({ page }) {
    await page.getByRole('button', { name: `Asha Traders ${stamp}` }).click();
    await page.getByRole('dialog').getByLabel('GSTIN').waitFor();
  },
  async 'merging a customer'({ page }) {
    await page.getByRole('tab', { name: 'Merge' }).click();
    await page.getByRole('combobox', { name: 'The one that stays' }).fill('Conflict');
    await page.getByRole('option', { name: `Conflict ${stamp}` }).click();
    await page.getByText('This cannot be undone.').waitFor();
  },
  async executives({ page }) {
    await page.goto(`${SITE}/start/customers/executives`);
    await page.getByRole('button', { name: 'Ravi', exact: true }).waitFor();
  },
  async 'merging an executive'({ page }) {
    await page.getByRole('button', { name: 'Ravi', exact: true }).click();
    await page.getByRole('combobox', { name: 'The one that stays' }).fill('Kumar');
    await page.getByRole('option', { name: /^Ravi Kumar/ }).click();
    await page.getByText('This can be undone.').waitFor();
  },
  async 'executive of a user'({ page }) {
    await page.goto(`${SITE}/start/customers/executives?executive=Ravi+Kumar`);
    await page.getByRole('link', { name: 'Go to the user' }).waitFor();
  },
  async numbers({ page }) {
    await page.goto(`${SITE}/start/admin/numbers`);
    await page.getByRole('button', { name: /^Challans/ }).waitFor();
    const { x, width } = await page.locator('nav[aria-label=Admin] [aria-current]').boundingBox();
    assert(x >= 0 && x + width <= page.viewportSize().width, 'the tab is not in view');
  },
  async 'number series'({ page }) {
    await page.getByRole('button', { name: /^Challans/ }).click();
    await page.getByText('First numbers of this period').waitFor();
  },
  async 'rights of some customers'({ page }, { limited }) {
    await page.goto(`${SITE}/start/admin/users?user=${limited.id}`);
    await page.getByRole('tab', { name: 'Rights' }).click();
    await page.getByLabel('Of which challans').first().selectOption('customers');
    await page.getByRole('combobox', { name: 'Add a customer' }).fill('Asha');
    await page.getByRole('option', { name: `Asha Traders ${stamp}` }).click();
    await page.getByRole('list', { name: 'Chosen customers' }).getByText('Asha').waitFor();
  },
  async 'no such page'({ page }) {
    await page.goto(`${SITE}/start/nowhere`);
    await page.getByRole('heading', { name: 'There is no such page' }).waitFor();
  },
  async 'API, tried out'({ page }) {
    await page.goto(`${SITE}/api/docs/`);
    const me = page.locator('#accounts .opblock-get:has([data-path="/api/users/me/"])');
    await me.locator('button').first().click();
    await me.getByRole('button', { name: 'Try it out' }).click();
    await me.getByRole('button', { name: 'Execute' }).click();
    await me.locator('.live-responses-table', { hasText: ADMIN.email }).waitFor();
  },
  async 'session ended'({ page, context, refusals }) {
    refusals.add(401);
    await openRows(page);
    await context.clearCookies();
    // Whichever asks first: the live numbers may, and then the dialog already lies over the link.
    await page.locator('a[href$="q=stage%3Adelivered"]').first().dispatchEvent('click');
    await page.getByRole('dialog', { name: 'Your session has ended' }).waitFor();
  },
};

/** What somebody without any right sees. */
const DENIED = {
  async 'denied dashboard'({ page }) {
    await page.goto(`${SITE}/start/dashboard`);
    await page.getByRole('heading', { name: 'You may not see challans' }).waitFor();
  },
  async 'denied admin'({ page }) {
    await page.goto(`${SITE}/start/admin/users`);
    await page.getByRole('heading', { name: 'This is for admins' }).waitFor();
  },
  async 'denied grid'({ page, refusals }) {
    refusals.add(403);
    await page.goto(grid());
    await page.getByRole('heading', { name: 'You may not see challans' }).waitFor();
  },
};

const browser = await launch();

/** Signs in once; every look begins with these cookies. */
async function cookiesOf(who) {
  const one = await person(browser);
  await signIn(one.page, who);
  const kept = await one.context.storageState();
  return { kept, ...one };
}

/** Takes one look at each of `pages`, in one window. */
async function tour(pages, looking, storageState, known) {
  const one = await person(browser, { ...looking, storageState });
  for (const [name, open] of Object.entries(pages)) {
    await steps.step(`${name}, ${looking.name}`, async () => {
      await open(one, known);
      await look(one, `${name} ${looking.name}`);
    });
    one.refusals.clear();
    one.faults.length = 0;
  }
  await one.context.close();
}

async function makeChallans(context) {
  const today = '2026-07-01';
  const delivered = { date: today, dispatched_at: today, delivered_at: today };
  await newChallan(context, { ...delivered, amount: '124310.50', delivery_executives: ['Ravi'] });
  await newChallan(context, {
    ...delivered,
    pod_upload_date: today,
    received_by: 'Gate office',
    invoice_number: `INV-${stamp}`,
    invoice_date: today,
    dc_summary: 'Ten cartons of copier paper, two laser toners and a chair for the reception',
  });
  await newChallan(context, { date: today, draft: true });
  await newChallan(context, { date: today, dispatched_at: today });
  return newChallan(context, { date: today, customer: `Conflict ${stamp}` });
}

/** Somebody with two sets of rights that have other limits. */
const makeUser = (context) =>
  api(context, 'POST', '/api/users/', {
    email: `limited-${stamp}@4syz.com`,
    first_name: 'Ravi',
    last_name: 'Kumar',
    executive_name: 'Ravi Kumar',
    password: `a long enough ${stamp}`,
    grants: [
      {
        permission: 'challan:read',
        scope: { own_deliveries: true },
        hidden_columns: ['amount'],
      },
      { permission: 'challan:export', expires_at: '2099-12-31T18:30:00Z' },
    ],
  });

/** The paths of an invitation and of a link to a new password. */
async function makeLinks(context, user) {
  const path = (url) => url.slice(new URL(url).origin.length);
  const email = `invited-${stamp}@4syz.com`;
  const invited = await api(context, 'POST', '/api/users/', { email, first_name: 'Meera' });
  const { reset_url } = await api(context, 'POST', `/api/users/${user.id}/reset-link/`);
  return { invitation: path(invited.invitation_url), reset: path(reset_url) };
}

try {
  const admin = await cookiesOf(ADMIN);
  for (const looking of LOOKS) await tour(EMPTY, looking, admin.kept);
  const known = await makeChallans(admin.context);
  known.limited = await makeUser(admin.context);
  Object.assign(known, await makeLinks(admin.context, known.limited));
  const nobody = { email: `nobody-${stamp}@4syz.com`, password: `a long enough ${stamp}` };
  await api(admin.context, 'POST', '/api/users/', { ...nobody, role: 'user' });
  const { kept: denied } = await cookiesOf(nobody);
  for (const looking of LOOKS) {
    await tour({ ...OUTSIDE, ...LINKS }, looking, undefined, known);
    await tour(INSIDE, looking, admin.kept, known);
    await tour(DENIED, looking, denied);
  }
} finally {
  await browser.close();
}
steps.end();
