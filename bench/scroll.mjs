#!/usr/bin/env node
/**
 * How smoothly the grid scrolls: frames per second, the longest frame, the heap, rows seen blank.
 *
 *     npm --prefix frontend install
 *     BASE_URL=http://127.0.0.1:3000 SUPERADMIN_EMAIL=… SUPERADMIN_PASSWORD=… node bench/scroll.mjs
 *
 * Drives a real Chromium against a running DC Tracker with many challans: reads down with the wheel for
 * some seconds, then drags the thumb of the scroll bar from the top to the end and back. A frame is
 * the time between two animation frames; at 60 Hz the best is 60 a second. CHROMIUM names the browser,
 * SECONDS the length of each part (8), HEADED=1 shows the window.
 */
import { createRequire } from 'node:module';

const site = createRequire(new URL('../frontend/package.json', import.meta.url));
const { chromium } = site('playwright-core');
const { BASE_URL, SUPERADMIN_EMAIL, SUPERADMIN_PASSWORD, HEADED } = process.env;
const SECONDS = Number(process.env.SECONDS ?? 8);
if (!BASE_URL || !SUPERADMIN_EMAIL || !SUPERADMIN_PASSWORD) {
  console.error('Set BASE_URL, SUPERADMIN_EMAIL and SUPERADMIN_PASSWORD.');
  process.exit(2);
}

/** In the page: times of frames, and how many drawn rows had no content yet, until `stop`. */
function watchFrames() {
  const frames = [];
  let drawn = 0;
  let blank = 0;
  let unpainted = 0;
  let furthest = 0;
  let last = performance.now();
  let running = true;
  const view = document.querySelector('.grid-view');
  const layer = view.querySelector('.grid-layer');
  const height = view.clientHeight;
  // The positions are read from the styles that the grid sets: asking for boxes would cost a layout a frame.
  const shift = (element) => new DOMMatrix(element.style.transform).m42;
  const frame = (now) => {
    frames.push(now - last);
    last = now;
    const top = shift(layer);
    let seen = 0;
    for (const row of layer.children) {
      const y = top + shift(row);
      if (y + 32 <= 0 || y >= height) continue;
      seen += 1;
      if (row.dataset.id === undefined) blank += 1;
      furthest = Math.max(furthest, Number(row.getAttribute('aria-rowindex')) - 1);
    }
    drawn += seen;
    // Fewer rows than fit: part of the window was not drawn at all.
    if (seen < Math.floor(height / 32)) unpainted += 1;
    if (running) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  window.stopFrames = () => {
    running = false;
    frames.shift();
    return { frames, drawn, blank, unpainted, furthest };
  };
}

/** The heap after a collection, MB. */
async function heap(session) {
  await session.send('HeapProfiler.collectGarbage');
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  return usedSize / 1e6;
}

async function measure(page, name, act) {
  await page.evaluate(watchFrames);
  const before = await work(page);
  await act();
  const after = await work(page);
  const busy = Object.entries(after).map(([part, ms]) => `${part} ${(ms - before[part]).toFixed(0)}`);
  const { frames, drawn, blank, unpainted, furthest } = await page.evaluate(() => window.stopFrames());
  const sum = frames.reduce((total, ms) => total + ms, 0);
  const sorted = [...frames].sort((a, b) => a - b);
  const p99 = sorted[Math.floor(sorted.length * 0.99)];
  const perSecond = (frames.length / sum) * 1000;
  const slow = frames.filter((ms) => ms > 50).length;
  console.log(
    `${name}: ${perSecond.toFixed(1)} fps, longest frame ${sorted.at(-1).toFixed(0)} ms, ` +
      `p99 ${p99.toFixed(0)} ms, ${slow} of ${frames.length} over 50 ms; main thread ms: ${busy.join(', ')}; ` +
      `${((100 * blank) / drawn).toFixed(1)} % of rows seen waited for their content, ${unpainted} frames not filled; to row ${furthest}`,
  );
}

/** Time the main thread spent so far, ms. */
async function work(page) {
  const { metrics } = await page.session.send('Performance.getMetrics');
  const of = (name) => metrics.find((metric) => metric.name === name).value * 1000;
  return {
    script: of('ScriptDuration'),
    style: of('RecalcStyleDuration'),
    layout: of('LayoutDuration'),
    all: of('TaskDuration'),
  };
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  headless: !HEADED,
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
  // A headless browser hides its scroll bars unless told otherwise.
  ignoreDefaultArgs: ['--hide-scrollbars'],
});
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.session = await page.context().newCDPSession(page);
  await page.session.send('Performance.enable');
  await page.goto(`${BASE_URL}/login`);
  await page.getByLabel('E-mail or user name').fill(SUPERADMIN_EMAIL);
  await page.getByLabel('Password').fill(SUPERADMIN_PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('**/start/dashboard');

  const began = Date.now();
  await page.goto(`${BASE_URL}/start/challans`);
  await page.locator('[role=row][data-id]').first().waitFor();
  const rowsAfter = Date.now() - began;
  await page.waitForTimeout(1500);
  const { paint, rows } = await page.evaluate(() => ({
    paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
    rows: Number(document.querySelector('[role=grid]').getAttribute('aria-rowcount')) - 1,
  }));
  console.log(`${rows} rows; first paint ${paint.toFixed(0)} ms, rows on screen after ${rowsAfter} ms`);

  const before = await heap(page.session);
  const grid = await page.locator('.scroller').boundingBox();
  await page.mouse.move(grid.x + 400, grid.y + 300);
  await measure(page, 'wheel', async () => {
    const until = Date.now() + SECONDS * 1000;
    // A quick turn of the wheel.
    while (Date.now() < until) {
      await page.mouse.wheel(0, 400);
      await page.waitForTimeout(14);
    }
  });
  const bar = grid.x + grid.width - 6;
  const thumb = grid.y + 26;
  await page.locator('.scroller').evaluate((element) => element.scrollTo(0, 0));
  await page.waitForTimeout(500);
  await measure(page, 'scroll bar', async () => {
    await page.mouse.move(bar, thumb);
    await page.mouse.down();
    const steps = SECONDS * 30;
    const length = grid.height - 60;
    for (let step = 0; step < steps; step++) {
      // Down to the end in the first half, back up in the second.
      const part = 1 - Math.abs(1 - (2 * step) / steps);
      await page.mouse.move(bar, thumb + part * length);
      await page.waitForTimeout(28);
    }
    await page.mouse.up();
  });
  await page.waitForTimeout(1000);
  const after = await heap(page.session);
  console.log(
    `heap ${before.toFixed(1)} MB before, ${after.toFixed(1)} MB after: ${(after - before).toFixed(1)} MB more`,
  );
} finally {
  await browser.close();
}
