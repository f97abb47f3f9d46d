import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { until } from '../integration/support/until';
import { chromiumPath, openBrowser } from './status-page/browser';
import { LOOKS, seriousFindings, tooWide } from './status-page/look';
import {
  DIGEST,
  PASSWORD,
  peerOf,
  serveNode,
  usual,
  withDeadPeer,
  withHeldMap,
  type ShownNode,
} from './status-page/shown-node';

jest.setTimeout(300_000);

const executable = chromiumPath();
const why = executable === undefined ? ' (skipped: no Chromium on the PATH; it comes with the package chromium)' : '';
const look = executable === undefined ? describe.skip : describe;
const SHOTS = process.env['NETMAP_SCREENSHOTS'];
const SOON_MS = 60_000;

look(`the status page in a browser${why}`, () => {
  let browser: Browser;
  let node: ShownNode;
  let faults: string[];

  beforeAll(async () => {
    browser = await openBrowser(executable ?? '');
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    faults = [];
    node = await serveNode(usual());
  });
  afterEach(async () => {
    const found = faults;
    faults = [];
    await Promise.all(browser.contexts().map((context) => context.close()));
    await node.close();
    expect(found).toEqual([]);
  });

  async function open(options: BrowserContextOptions = {}): Promise<Page> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
    page.setDefaultTimeout(SOON_MS);
    page.on('pageerror', ({ message }) => faults.push(message));
    page.on('console', (line) => {
      // A refused password is an answer, too.
      if (line.type() === 'error' && !line.text().includes('status of 40')) faults.push(line.text());
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(node.url)) faults.push(`asks ${request.url()}`);
    });
    await page.goto(node.url);
    await page.waitForSelector('body[data-shown]');
    return page;
  }

  const names = (page: Page): Promise<string[]> =>
    page.evaluate<string[]>("[...document.querySelectorAll('#rows tr')].map((row) => row.dataset.peer)");

  const ways: readonly [string, () => ReturnType<typeof usual>, string][] = [
    ['normal', usual, '✓ connected'],
    ['held map', withHeldMap, '5 peers would leave'],
    ['dead peer', withDeadPeer, 'porto.example:10002 refuses the connection'],
  ];
  test.each(ways)(
    '%s: all is there, on a desk, on a phone and in the dark, without a finding of axe',
    async (name, seen, text) => {
      node.show(seen());
      for (const [kind, options] of LOOKS) {
        const page = await open(options);
        expect(await page.locator('body').innerText()).toContain(text);
        expect(await names(page)).toHaveLength(8);
        expect([kind, await seriousFindings(page)]).toEqual([kind, []]);
        expect([kind, await tooWide(page)]).toEqual([kind, []]);
        if (SHOTS !== undefined)
          await page.screenshot({ path: join(SHOTS, `${name.replace(' ', '-')}-${kind}.png`), fullPage: true });
        await page.close();
      }
    },
  );

  test('what changes is seen, after a restart of the node too; while it is away the page says so', async () => {
    const page = await open();
    node.show(withDeadPeer());
    await page.locator('tr[data-peer=DL2]', { hasText: 'waiting' }).waitFor();
    expect(await page.locator('#spoken').textContent()).toBe('Porto Shipping is waiting');
    await node.close();
    await page.locator('#connection', { hasText: 'Not connected' }).waitFor();
    faults = [];
    node = await serveNode(usual(), { port: Number(new URL(node.url).port) });
    await page.locator('tr[data-peer=DL2]', { hasText: 'idle' }).waitFor();
    expect(await page.locator('#connection').textContent()).toBe('✓ Live');
    // The cut itself is told by the browser.
    faults = faults.filter((fault) => !fault.includes('ERR_'));
  });

  test('the table is sorted and filtered by keyboard, and a peer of the graph is found in it', async () => {
    node.show(withDeadPeer());
    const page = await open();
    expect((await names(page)).slice(0, 2)).toEqual(['DL2', 'DL0']);
    await page.locator('#columns button', { hasText: 'Peer' }).focus();
    await page.keyboard.press('Enter');
    expect((await names(page))[0]).toBe('DL5');
    expect(await page.locator('th[data-key=name]').getAttribute('aria-sort')).toBe('ascending');
    await page.keyboard.press('Enter');
    expect((await names(page))[0]).toBe('DL6');
    await page.locator('#filter-text').fill('cork.EXAMPLE');
    expect(await names(page)).toEqual(['DL7']);
    await page.locator('#filter-text').fill('');
    await page.locator('#filter-state').selectOption('trouble');
    expect(await names(page)).toEqual(['DL2']);
    await page.locator('#graph a[data-peer=DL3]').focus();
    await page.keyboard.press('Enter');
    expect(await names(page)).toEqual(['DL3']);
    expect(await page.evaluate('document.activeElement.id')).toBe('peers');
  });

  test('a held map is accepted by who knows the password, and by nobody else', async () => {
    node.show(withHeldMap());
    const page = await open();
    // The map has come from its service: that it is not taken is told once.
    expect(await page.locator('#attention').isHidden()).toBe(true);
    expect((await page.locator('body').innerText()).split('has lost 5 of 8 peers')).toHaveLength(2);
    await page.locator('#login input[type=password]').fill('a wrong password');
    await page.keyboard.press('Enter');
    await page.locator('#held', { hasText: 'The password is wrong.' }).waitFor();
    await page.locator('#login input[type=password]').fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.locator('#accept').click();
    expect(node.accepted).toEqual([]);
    await page.locator('#accept', { hasText: 'Really accept: 5 peers will leave' }).click();
    await until('it is accepted', () => node.accepted.length > 0, SOON_MS);
    expect(node.accepted).toEqual([DIGEST]);
    expect(await page.context().cookies()).toMatchObject([{ httpOnly: true, sameSite: 'Strict', path: '/operator' }]);
    node.show(usual());
    await page.locator('#held').waitFor({ state: 'hidden' });
    await page.locator('#leave').click();
    await page.locator('#operator').waitFor({ state: 'hidden' });
    expect(await page.context().cookies()).toEqual([]);
  });

  test('without an operator there is no button, and the page says how', async () => {
    await node.close();
    node = await serveNode(withHeldMap(), { password: '' });
    const page = await open();
    expect(await page.locator('#held').innerText()).toContain(`netmap map accept ${DIGEST}`);
    expect(await page.locator('#held button, #held input').count()).toBe(0);
  });

  test('what peers and maps say is text, whatever it is', async () => {
    const evil = 'O=<script>alert(1)</script><img src=x onerror=alert(2)>, L="><svg onload=alert(3)>, C=GB';
    const cause = { message: '<img src=x onerror=alert(4)>' };
    const seen = usual([peerOf(0, { name: evil, id: '"><script>alert(5)</script>', phase: 'waiting', cause })]);
    const parked = { origin: '<b>x</b>', code: 'X', message: '</script><script>alert(6)</script>', since: 1 };
    const lines = [{ subject: evil, what: '<i>joins</i>', why: '<u>y</u>', blast: 'nothing' as const }];
    const [change] = seen.changes;
    if (change === undefined) throw new Error('no change');
    node.show({
      ...seen,
      status: { ...seen.status, node: { name: evil, id: 'DLMe' }, map: { ...seen.status.map, parked: [parked] } },
      changes: [{ ...change, lines }],
    });
    const page = await open();
    const dialogs: string[] = [];
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.message());
      void dialog.dismiss();
    });
    await page.reload();
    await page.waitForSelector('body[data-shown]');
    await page.locator('#changes summary').click();
    expect(await page.locator('#rows th').innerText()).toContain(evil);
    expect(await page.locator('#parked').innerText()).toContain(parked.message);
    expect(await page.locator('body :is(script, img, i, u, b, svg svg)').count()).toBe(0);
    expect(dialogs).toEqual([]);
  });

  test('of ten thousand peers a hundred are in the table at once, and it answers', async () => {
    const many = Array.from({ length: 10_000 }, (_, at) =>
      peerOf(at, at % 500 === 3 ? { phase: 'waiting', queued: at } : {}),
    );
    node.show(usual(many));
    const page = await open();
    expect(await names(page)).toHaveLength(100);
    expect(await page.locator('#peers-count').textContent()).toBe('10,000 peers');
    await page.locator('#filter-state').selectOption('waiting');
    expect(await names(page)).toHaveLength(20);
    await page.locator('#filter-state').selectOption('');
    await page.locator('#page-next').click();
    expect(await page.locator('#page-which').textContent()).toBe('Page 2 of 100');
    expect(await page.locator('#graph').getAttribute('data-drawn')).toBe('24');
  });
});
