import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { loadConfig } from '../../sidecar/config/load-config';
import { mapAccess } from '../../sidecar/control/map-access';
import { X500Name } from '../../sidecar/certificates/x500-name';
import { PLATFORM_VERSION } from '../../sidecar/dev-network/build-node';
import type { ServedPages } from '../../sidecar/http/serve-pages';
import { systemClock } from '../../sidecar/lib/clock';
import { cordaAddresses } from '../../sidecar/plan/address-profile';
import { chromiumPath, openBrowser } from '../interop/status-page/browser';
import { LOOKS, seriousFindings, tooWide } from '../interop/status-page/look';
import { breaks, Collector } from './support/collector';
import { freePorts } from './support/free-ports';
import { ServedNetwork } from './support/map-service';
import { TestNode } from './support/node';
import { nodeAccess } from './support/node-access';
import { NumberedSender } from './support/numbered-sender';
import { nodeInfoAt } from './support/published';
import { configurePage, serveForeign, servePage } from './support/shown-page';
import { until } from './support/until';

jest.setTimeout(600_000);

const PASSWORD = 'correct horse battery';
const SOON_MS = 120_000;
const SHOTS = process.env['NETMAP_SCREENSHOTS'];
const LEAVING = ['Bergen', 'Rotterdam', 'Porto', 'Gdynia', 'Trieste'].map(nameIn);
const STAYING = ['Marseille', 'Antwerp', 'Hamburg'].map(nameIn);
const COMING = nameIn('Cork');
const OWN = 'O=Harbour Clearing, L=London, C=GB';

const executable = chromiumPath();
const why = executable === undefined ? ' (skipped: no Chromium on the PATH; it comes with the package chromium)' : '';
const look = executable === undefined ? describe.skip : describe;

function nameIn(town: string): string {
  return `O=${town} Shipping, L=${town}, C=GB`;
}

/** One node with a broker, whose peers are all on the map of a service, and none of whom runs at first. */
look(`the status page of a node with a broker, in a browser${why}`, () => {
  let served: ServedNetwork;
  let nodes: TestNode[];
  let own: TestNode;
  let peer: TestNode;
  let pages: ServedPages | undefined;
  let browser: Browser;
  /** Open from the first test to the last one: whatever it shows has come without a reload. */
  let page: Page;
  let url: string;
  let sender: NumberedSender | undefined;
  let collector: Collector | undefined;
  const faults: string[] = [];

  beforeAll(async () => {
    const names = [OWN, COMING, ...LEAVING, ...STAYING];
    served = await ServedNetwork.create(names.map((name, at) => ({ alias: `n${at}`, name })));
    await served.serve();
    const [port = 0] = await freePorts(1);
    const [first, second] = served.network.nodes;
    if (first === undefined || second === undefined) throw new Error('no nodes');
    await configurePage(first, port, PASSWORD);
    nodes = await Promise.all(
      served.network.nodes.map(async (dev) => TestNode.of(dev, await loadConfig(dev.files.config))),
    );
    [own, peer] = nodes as [TestNode, TestNode];
    for (const node of nodes.slice(2)) await publish(node);
    await own.start();
    pages = await servePage(own);
    url = `http://127.0.0.1:${port}`;
    browser = await openBrowser(executable ?? '');
    page = await open();
    await page.evaluate('window.since = "the first test"');
  });
  afterAll(async () => {
    await browser.close();
    await Promise.allSettled([sender?.close(), collector?.close()]);
    await pages?.close();
    await Promise.allSettled([own, peer].map((node) => node.stop()));
    await served.remove();
  });
  afterEach(() => {
    expect(faults.splice(0)).toEqual([]);
  });

  async function open(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    const opened = await context.newPage();
    opened.setDefaultTimeout(SOON_MS);
    opened.on('pageerror', ({ message }) => faults.push(message));
    opened.on('console', (line) => {
      // A refused password is an answer, too.
      if (line.type() === 'error' && !line.text().includes('status of 40')) faults.push(line.text());
    });
    opened.on('request', (request) => {
      if (!request.url().startsWith(url)) faults.push(`asks ${request.url()}`);
    });
    await opened.goto(url);
    await opened.waitForSelector('body[data-shown]');
    return opened;
  }

  /** On a desk, on a phone and in the dark. */
  async function looksWell(name: string, text: string): Promise<void> {
    for (const [kind, options] of LOOKS) {
      const seen = await open(options);
      await seen.locator('main', { hasText: text }).waitFor();
      if (SHOTS !== undefined) await seen.screenshot({ path: join(SHOTS, `live-${name}-${kind}.png`), fullPage: true });
      expect([kind, await seriousFindings(seen)]).toEqual([kind, []]);
      expect([kind, await tooWide(seen)]).toEqual([kind, []]);
      await seen.context().close();
    }
  }

  const names = (): Promise<string[]> =>
    page.evaluate<string[]>("[...document.querySelectorAll('#rows th')].map((cell) => cell.innerText.split('\\n')[1])");
  const rowOf = (node: TestNode) => page.locator(`tr[data-peer=${node.id}]`);
  const stateOf = (node: TestNode) => own.sidecar.status().peers.find(({ id }) => id === node.id);
  const heldNow = () => own.sidecar.status().networkMap?.held;
  const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });

  test('a map that loses peers is held: the page shows why and who, though nobody has loaded it again', async () => {
    await until('all peers are there', async () => (await names()).length === 8, SOON_MS);
    for (const name of LEAVING) await served.service.remove(X500Name.parse(name));
    await page.locator('#held-who', { hasText: '5 peers would leave' }).waitFor();
    expect(await page.locator('#held-reason').innerText()).toContain('5 of 8');
    expect((await page.locator('#held-lost li').allTextContents()).sort()).toEqual([...LEAVING].sort());
    await peer.start();
    expect(await names()).toHaveLength(8);
    await looksWell('held', 'A network map waits for you');
  });

  test('of nobody but who has logged in the map is accepted', async () => {
    const { digest = '' } = heldNow() ?? {};
    expect((await post('/operator/login', { password: 'a wrong password' })).status).toBe(403);
    const login = await post('/operator/login', { password: PASSWORD });
    const { proof } = (await login.json()) as { proof: string };
    const cookie = (login.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const tried: readonly [string, Record<string, string>][] = [
      ['with nothing', {}],
      ['without a cookie', { 'x-netmap-proof': proof }],
      ['without the proof', { cookie }],
      ['with a proof that is another', { cookie, 'x-netmap-proof': `${proof}x` }],
      ['with a cookie that is another', { cookie: `${cookie}x`, 'x-netmap-proof': proof }],
    ];
    for (const [how, headers] of tried)
      expect([how, (await post('/operator/accept', { digest }, headers)).status]).toEqual([how, 401]);
    const good = { cookie, 'x-netmap-proof': proof };
    const foreign = await post('/operator/accept', { digest }, { ...good, 'sec-fetch-site': 'cross-site' });
    expect(foreign.status).toBe(403);
    expect((await post('/operator/accept', { digest: 'A1B2' }, good)).status).toBe(409);
    await post('/operator/logout', {}, good);
    expect((await post('/operator/accept', { digest }, good)).status).toBe(401);
    expect(heldNow()?.digest).toBe(digest);
  });

  test('a wrong password is refused; with the right one he is in, and a foreign page in his browser can do nothing', async () => {
    const password = page.locator('#login input[type=password]');
    await password.fill('a wrong password');
    await page.keyboard.press('Enter');
    await page.locator('#held', { hasText: 'The password is wrong.' }).waitFor();
    await password.fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.locator('#accept').waitFor();

    const { digest = '' } = heldNow() ?? {};
    const evil = await serveForeign(`<iframe id="frame" src="${url}/"></iframe>
      <form method="post" enctype="text/plain" action="${url}/operator/accept" target="answer">
        <input name='{"digest":"${digest}","x":"' value='"}'></form><iframe name="answer"></iframe>`);
    try {
      // As another site, and as another port of the same one, for which the cookie goes along.
      for (const host of ['localhost', '127.0.0.1']) {
        const bad = await page.context().newPage();
        await bad.goto(`http://${host}:${evil.port}/`);
        const answers = new Set<number>();
        bad.on('response', (answer) => {
          if (answer.url() === `${url}/operator/accept`) answers.add(answer.status());
        });
        await bad.evaluate('document.forms[0].submit()');
        await until('the form is answered', () => answers.size > 0, SOON_MS);
        const asked = await bad.evaluate<string>(
          `fetch(${JSON.stringify(`${url}/operator/accept`)}, { method: 'POST', credentials: 'include',
            headers: { 'content-type': 'application/json', 'x-netmap-proof': 'x' }, body: '{}' })
            .then(() => 'answered', () => 'refused')`,
        );
        const framed = bad.frames().find((frame) => frame.url().startsWith(url) && frame.name() !== 'answer');
        expect([host, asked, [...answers].every((status) => status >= 400)]).toEqual([host, 'refused', true]);
        expect([host, await framed?.locator('#held').count()]).toEqual([host, framed === undefined ? undefined : 0]);
        await bad.close();
      }
    } finally {
      evil.close();
    }
    expect(heldNow()?.digest).toBe(digest);
    expect(await names()).toHaveLength(8);
  });

  test('he accepts it, and logs out: the map goes live, messages go to who has come with it', async () => {
    await page.locator('#accept').click();
    await page.locator('#accept', { hasText: 'Really accept: 5 peers will leave' }).click();
    await rowOf(peer).waitFor();
    await until('the others have left', async () => (await names()).length === 4, SOON_MS);
    expect((await names()).sort()).toEqual([COMING, ...STAYING].sort());
    await page.locator('#held').waitFor({ state: 'hidden' });
    await page.locator('#operator button', { hasText: 'Log out' }).click();
    await page.locator('#operator').waitFor({ state: 'hidden' });
    expect((await page.context().cookies()).filter(({ value }) => value !== '')).toEqual([]);

    await until('its queue is there', () => stateOf(peer)?.phase !== undefined, SOON_MS);
    const [atOwn, atPeer] = [await nodeAccess(own.dev), await nodeAccess(peer.dev)];
    sender = new NumberedSender({ access: atOwn, to: cordaAddresses.peerQueue(peer.id), run: 'run' });
    collector = new Collector(atPeer, peer.id);
    const arrived = collector.of('run').numbers;
    await Promise.all([sender.start(), collector.start()]);
    sender.sendSteadily(20);
    await until('messages arrive', () => arrived.length > 100, SOON_MS);
    await rowOf(peer).filter({ hasText: 'connected' }).waitFor();
    await looksWell('normal', '✓ connected');
  });

  test('a peer dies and is there again: its state and what waits for it are seen at once, and nothing is lost', async () => {
    await peer.stop();
    await rowOf(peer).filter({ hasText: 'waiting' }).waitFor();
    await until('much waits', () => (stateOf(peer)?.queued ?? 0) > 50, SOON_MS);
    await page.locator('#rows', { hasText: 'refuse' }).waitFor();
    await looksWell('dead', 'waiting');
    await peer.start();
    await rowOf(peer).filter({ hasText: 'connected' }).waitFor();
    sender?.stop();
    const numbers = collector?.of('run').numbers ?? [];
    await until('the last one has come', () => numbers.at(-1) === sender?.sent, SOON_MS);
    expect([breaks(numbers), sender?.refused]).toEqual([[], []]);
    expect(await page.evaluate('window.since')).toBe('the first test');
  });
});

async function publish(node: TestNode): Promise<void> {
  const access = await mapAccess(node.config, PLATFORM_VERSION, systemClock);
  const addresses = [{ host: '127.0.0.1', port: node.dev.ports.p2p }];
  const nodeInfo = await nodeInfoAt(node.dev, addresses, BigInt(Date.now()));
  await access?.client.publish(Buffer.from(nodeInfo), new AbortController().signal);
}
