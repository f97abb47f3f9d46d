import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { BrowserContextOptions, Page } from 'playwright-core';

const AXE = readFileSync(createRequire(__filename).resolve('axe-core/axe.min.js'), 'utf8');

/** How the page is looked at, and what it is called then. */
export const LOOKS: readonly (readonly [string, BrowserContextOptions])[] = [
  ['desktop', {}],
  ['phone', { viewport: { width: 390, height: 844 }, hasTouch: true }],
  ['dark', { colorScheme: 'dark' }],
];

/** What axe finds, but for what is minor. */
export async function seriousFindings(page: Page): Promise<string[]> {
  // What the page itself may not load, the test may look at it with.
  const results = await page.evaluate<AxeResults>(`${AXE};axe.run()`);
  return results.violations
    .filter(({ impact }) => impact !== 'minor')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

/** What is wider than the window, and is not in something that scrolls by itself. */
export function tooWide(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    return [...document.querySelectorAll('body *')]
      .filter((one) => one.closest('.scroll') === null && one.getBoundingClientRect().right > clientWidth)
      .map((one) => one.outerHTML.slice(0, 100));
  })()`);
}
