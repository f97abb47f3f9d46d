// For a container's health check: exit code 0 when the page answers 200. Nothing else of the program is loaded.
import { get } from 'node:http';

const url = process.argv[2] ?? process.env.NETMAP_HEALTH_URL ?? 'http://127.0.0.1:9100/health/live';
const TIMEOUT_MS = 4_000;

const request = get(url, { timeout: TIMEOUT_MS, agent: false }, (response) => {
  response.resume();
  end(response.statusCode === 200 ? 0 : 1, `${url} answers ${response.statusCode}`);
});
request.on('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
request.on('error', (error) => end(1, `${url}: ${error.message}`));

function end(code, words) {
  if (code !== 0) console.error(words);
  process.exit(code);
}
