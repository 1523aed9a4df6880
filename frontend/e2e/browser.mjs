/**
 * What every browser suite starts with: the settings, a browser, people in it, and steps that are counted.
 *
 * Takes BASE_URL, E2E_EMAIL and E2E_PASSWORD from the environment, and CHROMIUM where the browser
 * is not at /usr/bin/chromium.
 */
import { chromium } from 'playwright-core';

const { BASE_URL, E2E_EMAIL, E2E_PASSWORD } = process.env;
if (!BASE_URL || !E2E_EMAIL || !E2E_PASSWORD) {
  console.error('Set BASE_URL, E2E_EMAIL and E2E_PASSWORD.');
  process.exit(2);
}

/** Where the program is, and its superadmin. */
export const SITE = BASE_URL;
export const ADMIN = { email: E2E_EMAIL, password: E2E_PASSWORD };

/** How long anything on a page may take to appear, ms. */
const TIMEOUT = 10_000;

/**
 * How long one step may take, ms; the longest takes some 30 s. What a page is asked to evaluate has no time limit of its
 * own, and a step that waits for ever would tell nobody which one it was.
 */
const STEP_TIMEOUT = 180_000;

/** A text that no other run has used. */
export const stamp = Date.now().toString(36);

export const launch = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });

export function assert(holds, message) {
  if (!holds) throw new Error(message);
}

/** Counts what passed and what failed; `end` says so and leaves with the right code. */
export class Steps {
  #passed = 0;
  #failed = 0;

  async step(name, run) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`Not done after ${STEP_TIMEOUT / 1000} s`)),
        STEP_TIMEOUT,
      );
    });
    try {
      await Promise.race([run(), late]);
      this.#passed += 1;
      console.log(`ok   ${name}`);
    } catch (error) {
      this.#failed += 1;
      console.log(`FAIL ${name}\n     ${String(error).replaceAll('\n', '\n     ')}`);
    } finally {
      clearTimeout(timer);
    }
  }

  end() {
    console.log(`${this.#passed} passed, ${this.#failed} failed`);
    process.exit(this.#failed === 0 ? 0 : 1);
  }
}

/**
 * A person with a browser window of their own. `faults` gathers what must never happen: a refusal
 * by the content security policy, an error on the console, an exception, a request to elsewhere.
 * A refused request is one too, unless its status is in `refusals`.
 */
export async function person(browser, options = {}) {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    reducedMotion: 'reduce',
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(TIMEOUT);
  const faults = [];
  const refusals = new Set();
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      console.error(`Content Security Policy: ${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  page.on('console', (message) => {
    if (message.type() !== 'error' && !/Content Security Policy/i.test(message.text())) return;
    const refused = /the server responded with a status of (\d+)/.exec(message.text());
    if (refused && refusals.has(Number(refused[1]))) return;
    // Six streams a user, and one that was left counts for a second or two: pages opened faster than
    // that are asked to wait, and the site tries again.
    if (refused?.[1] === '429' && message.location().url.includes('/api/stream/')) return;
    faults.push(`${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => faults.push(`Exception: ${error}`));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith('http') && url.origin !== SITE) faults.push(`Asked ${url.origin}`);
  });
  return { context, page, faults, refusals };
}

/** Signs in by the form, as a person does. */
export async function signIn(page, { email, password } = ADMIN) {
  await page.goto(`${SITE}/login`);
  await page.getByLabel('E-mail or user name').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('**/start/dashboard');
}

/** Calls the API with the cookies of a person's browser; what is refused is an error. */
export async function api(context, method, path, body, headers = {}) {
  const cookies = await context.cookies();
  const token = cookies.find(({ name }) => name.endsWith('csrftoken'))?.value ?? '';
  const answer = await context.request.fetch(`${SITE}${path}`, {
    method,
    data: body,
    // Of a connection that is kept the other end may be closed just as the next call goes out on it.
    headers: { 'X-CSRFToken': token, Origin: SITE, Connection: 'close', ...headers },
  });
  assert(
    answer.ok(),
    `${method} ${path} was answered ${answer.status()}: ${await answer.text().catch(() => '')}`,
  );
  const text = await answer.text();
  return text ? JSON.parse(text) : undefined;
}
